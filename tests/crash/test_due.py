"""What time brings, under a daemon that is killed: at each step that has a name, and at random
moments. Each warning, deadline, wake and reminder is told once all the same. CRASH_KILLS says how
often (default 200; a tenth of it)."""

import collections
import os
import random
import time

import pytest

from harness.milter import MilterClient
from harness.ground import wait_until

KILLS = int(os.environ.get("CRASH_KILLS", "200")) // 10
TICKETS = 30
SLAS = [{"name": "quick", "respond": "4s", "resolve": "6s", "warn_percent": 50}]
KINDS = ("sla-warned", "overdue", "wake", "remind")


def mail(number):
    return (
        f"From: Carla <carla{number}@customer.example>\r\nTo: support@example.com\r\n"
        f"Subject: Printer {number}\r\nMessage-ID: <{number}.due@customer.example>\r\n\r\nIt burns.\r\n"
    ).encode()


@pytest.fixture
def office(daemon):
    """A daemon whose tickets all have deadlines, reminders and waits within seconds."""
    daemon.add_queue("support")
    daemon.add_agent("anna", address="anna@example.com", queue=["support"])
    daemon.configure(slas=SLAS)
    return daemon


def hand_in(daemon):
    """False: it died meanwhile."""
    try:
        with MilterClient(daemon.socket) as milter:
            for number in range(TICKETS):
                milter.send(
                    f"carla{number}@customer.example", ["support@example.com"], mail(number)
                )
    except OSError:
        return False
    return True


def told(daemon, numbers):
    """How often each kind of thing was told of each ticket, promises apart by what they promise."""
    counts = collections.Counter()
    for number in numbers:
        for event in daemon.show(number)["events"]:
            if event["kind"] in KINDS and not (event["kind"] == "remind" and event["to"]):
                what = event["to"] if event["kind"] in KINDS[:2] else ""
                counts[number, event["kind"], what] += 1
    return counts


def expected(numbers):
    return {(n, "overdue", what): 1 for n in numbers for what in ("respond", "resolve")}


def open_all(daemon):
    while not hand_in(daemon):
        daemon.start()
    return [ticket["number"] for ticket in daemon.ticket("list", "--all")]


def assert_told_once(daemon, numbers, wanted):
    """What is told twice, or not to be told, is seen as well as what is missing. Of a deadline that
    has passed while nothing ran there is no warning."""

    def found():
        return {key: n for key, n in told(daemon, numbers).items() if key[1] != "sla-warned"}

    wait_until(lambda: len(found()) >= len(wanted), "all that is due", 60)
    time.sleep(1.5)
    assert found() == wanted
    assert set(told(daemon, numbers).values()) == {1}
    assert daemon.run_ticket("check", check=False).returncode == 0


@pytest.mark.parametrize("step", ("due-before-commit", "due-after-commit"))
def test_deadlines_are_told_once_when_it_dies_at(step, office):
    office.start()
    numbers = open_all(office)
    office.kill()
    office.start(env={"MILTICKET_DIE_AT": f"{step}:2"})
    wait_until(office.ended, f"death at {step}")
    office.start()
    assert_told_once(office, numbers, expected(numbers))
    office.stop()


def test_deadlines_are_told_once_under_random_kills(office):
    dice = random.Random(24)
    office.start()
    numbers = open_all(office)
    words = [str(number) for number in numbers[: TICKETS // 2]]
    office.run_ticket("remind", "5s", *words, "-m", "look")
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.05, 0.7))
        office.kill()
        office.start()
    wanted = expected(numbers)
    wanted |= {(number, "remind", ""): 1 for number in numbers[: TICKETS // 2]}
    assert_told_once(office, numbers, wanted)
    office.stop()


def test_another_configuration_is_gone_through_whenever_it_dies(office):
    office.configure(slas=[])
    office.start()
    open_all(office)
    office.kill()
    office.configure(slas=[{"name": "slow", "respond": "2d"}])
    office.launch(env={"MILTICKET_DIE_AT": "replan-before-commit:1"})
    wait_until(office.ended, "death")
    assert all(ticket["respond_by"] is None for ticket in office.tickets())
    office.start()
    wait_until(lambda: all(ticket["respond_by"] for ticket in office.tickets()), "deadlines of all")
    office.stop()

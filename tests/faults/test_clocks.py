"""A clock that is set wrong while everybody works, and right again."""
import json
import re
import subprocess
import time
from datetime import datetime, timezone

import pytest

from harness.client import compose, field
from harness.daemon import SUPPORT, Daemon
from harness.desk import DESK, Customer
from harness.ground import program, stop_process, wait_until
from harness.mailboxes import GROUP, make_directory
from harness.milter import MilterClient

HOUR, DAY = 3600, 86400
ANNA = "anna@example.com"
SETTINGS = {
    "slas": [{"name": "gold", "respond": "4h", "update": "4h", "resolve": "5d"}],
    "automations": [
        {"name": "nudge", "when": "status:waiting idle:3d..", "do": ["tag +nudged"]},
    ],
    "digest": {"at": "Mon-Sun 00:00", "to": "agents"},
    "policy": {"answers_per_hour": 8},
}


def seconds(time_of):
    return datetime.fromisoformat(time_of.replace("Z", "+00:00")).timestamp()


class Office:
    """Customers write, Anna answers; a follower reads the log."""

    def __init__(self, sink, faults):
        self.sink, self.faults, self.asked = sink, faults, {}
        self.boxes = make_directory()
        self.daemon = Daemon(
            sink.port,
            [{**SUPPORT, "autoresponse": {"opened": "opened.eml"}}],
            settings={**SETTINGS, "mailboxes": {"path": self.boxes, "group": GROUP}},
        ).start(env=faults.env)
        self.daemon.add_agent("anna", name="Anna Berg", address=ANNA, queue="support")
        self.followed = self.daemon.directory / "followed"
        with self.followed.open("wb") as out:
            self.follower = subprocess.Popen(
                [program("ticket"), "log", "--config", self.daemon.config, "--follow", "--json"],
                stdout=out,
                stdin=subprocess.DEVNULL,
            )

    def close(self):
        stop_process(self.follower)
        print(self.daemon.log_text()[-6000:])
        if not self.daemon.ended():
            self.daemon.kill()

    def clock(self, ahead):
        self.faults.set(f"clock {ahead}")

    def send(self, sender, to, data, authen=None):
        with MilterClient(self.daemon.socket) as mta:
            result = mta.send(sender, to, data, authen)
        assert result.accepted, result.reply
        return result

    def asks(self, subject, number=None):
        """A new ticket, or more to one that there is."""
        carla, asked = self.asked.get(number, (Customer(), None))
        headers = [f"In-Reply-To: {asked}"] if asked else []
        data = compose(carla.header, subject=subject, body=f"{subject}\n", headers=headers)
        result = self.send(carla.address, [DESK], data)
        number = int(result.headers("X-Ticket")[0])
        self.asked.setdefault(number, (carla, field(data, "Message-ID")))
        return number

    def answers(self, number):
        carla, asked = self.asked[number]
        headers = [f"In-Reply-To: {asked}"]
        data = compose(f"Anna Berg <{ANNA}>", carla.address, "Re: it", headers=headers)
        self.send(ANNA, [carla.address], data, "anna")

    def ticket(self, *words):
        return self.daemon.run_ticket(*words, env=self.faults.env)

    def list(self, *words):
        return [t["number"] for t in self.daemon.ticket("list", *words, env=self.faults.env)]

    def sent(self, number):
        """Automatic answers that its customer got."""
        return self.sink.mails(self.asked[number][0].address)

    def files(self, folder):
        return len(list((self.boxes / "anna").glob(f".{folder}/[cn][ue][rw]/*")))

    def events(self, number, *kinds):
        return [e for e in self.daemon.show(number)["events"] if e["kind"] in kinds]


@pytest.fixture
def office(sink, faults):
    office = Office(sink, faults)
    yield office
    office.close()


def is_newest_first(office, *numbers):
    wait_until(
        lambda: office.list("--all")[: len(numbers)] == list(numbers),
        f"tickets {numbers} on top; there are {office.list('--all')}",
        15,
    )


def nothing_lies_ahead(office):
    """No ticket tells of what is yet to come."""
    names = ("opened", "updated", "last_in", "last_out", "first_response", "closed")

    def ahead():
        return [
            (ticket["number"], name, ticket[name])
            for ticket in office.daemon.tickets()
            for name in names
            if ticket[name] and seconds(ticket[name]) > time.time() + 2
        ]

    wait_until(lambda: not ahead(), f"times that have been, not {ahead()}", 25)


def all_is_well(office):
    daemon = office.daemon
    wait_until(lambda: not daemon.outbox(), f"an empty outbox: {daemon.outbox()}", 25)
    log = daemon.ticket("log")
    wait_until(
        lambda: len(office.followed.read_text().splitlines()) >= len(log), "the follower", 10
    )
    followed = [json.loads(line) for line in office.followed.read_text().splitlines()]
    assert [e["serial"] for e in followed] == sorted({e["serial"] for e in followed})
    assert not re.search(r"-\d", json.dumps(daemon.ticket("stats")))
    assert not daemon.ticket("check")
    assert not office.follower.poll()


def test_a_clock_a_year_ahead_and_back(office):
    daemon, year = office.daemon, 365 * DAY
    first, waits = office.asks("before"), office.asks("sleeps")
    office.answers(waits)
    closed = office.asks("closed")
    office.ticket("assign", closed, "anna")
    office.ticket("close", closed)
    wait_until(lambda: office.files("Closed"), "a closed ticket's mail")
    office.sink.script = {"rcpt": "450 4.2.0 greylisted"}
    late = office.asks("deferred before")
    wait_until(lambda: any(o["attempts"] for o in daemon.outbox()), "a try")
    office.clock(year)
    during, answered = office.asks("during"), office.asks("answered")
    office.answers(answered)
    office.asks("more, during", first)
    office.ticket("wait", during, "3d")
    wait_until(lambda: office.events(waits, "automation"), "what is due in a year")
    wait_until(
        lambda: all(o["attempts"] for o in daemon.outbox() if o["event"] == "opened"),
        "a try of each",
        30,
    )
    office.faults.clear()
    office.sink.script = {}
    after = office.asks("after")
    # No mail waits a year for its next try, or is given up for its age.
    for number in (first, waits, late, during, answered, after):
        wait_until(lambda n=number: office.sent(n), f"an answer to {number}", 25)
        assert len(office.sent(number)) == 1
    nothing_lies_ahead(office)
    office.asks("more, after", late)
    is_newest_first(office, late, after)
    # What is owed is owed again, from now on, and what was answered is not.
    assert office.list("is:unanswered status:new,open") and answered not in office.list(
        "is:unanswered"
    )
    respond_by = seconds(daemon.show(first)["respond_by"])
    assert 3 * HOUR < respond_by - time.time() < 5 * HOUR
    office.answers(first)
    assert daemon.show(first)["respond_by"] is None and first not in office.list("is:unanswered")
    office.asks("and more", answered)
    assert answered in office.list("is:unanswered")
    assert 3 * HOUR < seconds(daemon.show(answered)["respond_by"]) - time.time() < 5 * HOUR
    # It waits for three days, not for a year and three.
    assert 2 * DAY < seconds(daemon.show(during)["wait_until"]) - time.time() < 4 * DAY
    assert len(office.events(waits, "automation")) == 1
    wait_until(lambda: office.list("--all", "body-of-nothing") == [], "a search")
    wait_until(lambda: answered in office.list("--all", "answered"), "what was written is found")
    wait_until(lambda: office.files("Mine.Waiting"), "the agent's folders")
    assert office.files("Closed")
    all_is_well(office)


def test_a_clock_a_day_behind_and_forward_again(office):
    daemon = office.daemon
    first, second, third = (office.asks(word) for word in ("one", "two", "three"))
    office.answers(third)
    wait_until(lambda: len(office.sent(third)) == 1, "an answer")
    office.sink.script = {"rcpt": "450 4.2.0 greylisted"}
    late = office.asks("deferred before")
    wait_until(lambda: any(o["attempts"] for o in daemon.outbox()), "a try")
    office.sink.script = {}
    office.clock(-DAY)
    # Sent at once, rather than in a day.
    wait_until(lambda: office.sent(late), "the deferred mail", 25)
    office.answers(first)
    office.asks("more", third)
    office.ticket("close", second)
    fourth = office.asks("by the wrong clock")
    wait_until(lambda: office.sent(fourth), "an answer by the wrong clock", 25)
    for ahead in (-DAY, 0):
        office.clock(ahead)
        assert first not in office.list("is:unanswered") and third in office.list("is:unanswered")
        shown = {n: daemon.show(n) for n in (first, second, third)}
        assert shown[first]["respond_by"] is None and shown[third]["respond_by"]
        assert shown[first]["first_response"] >= shown[first]["opened"]
        assert shown[second]["closed"] >= shown[second]["opened"]
    office.asks("and more", first)
    assert 3 * HOUR < seconds(daemon.show(first)["respond_by"]) - time.time() < 5 * HOUR
    is_newest_first(office, first)
    office.answers(third)
    assert daemon.show(third)["respond_by"] is None
    all_is_well(office)

"""Promises, calendars and reminders at the shell."""

import pytest

from harness.daemon import Daemon
from harness.ground import new_directory, wait_until
from harness.house import House

OFFICE = {
    "name": "office",
    "zone": "Europe/Berlin",
    "hours": ["Mon-Fri 08:00-17:00"],
    "holidays": ["12-25"],
}
GOLD = {
    "name": "gold",
    "when": "requester:@big.example",
    "calendar": "office",
    "respond": "4bh",
    "resolve": "5bd",
}


@pytest.fixture(scope="module")
def house():
    # A warning at 0.8 s would sometimes come with the deadline, and sometimes before.
    rest = {"name": "rest", "respond": "1s", "warn_percent": 0}
    house = House(calendars=[OFFICE], slas=[GOLD, rest])
    house.daemon.add_agent("anna", address="anna@example.com", queue=["support"])
    yield house
    house.end()


def test_a_customer_of_a_promise_has_deadlines_in_json_and_in_the_mail(house):
    arrival = house.mail("Carla <carla@big.example>", subject="Printer")
    ticket = house.ticket(arrival.number)
    assert ticket["respond_by"].endswith("Z") and ticket["resolve_by"] > ticket["respond_by"]
    assert ticket["overdue"] is None
    assert arrival.header("X-Ticket-Due") == ticket["respond_by"]
    shown = house.daemon.run_ticket("show", str(arrival.number)).stdout.decode()
    assert "respond by" in shown and "gold" in shown
    (due,) = house.daemon.ticket("list", "due:1y", "requester:@big.example")
    assert due["number"] == arrival.number
    assert (
        house.daemon.run_ticket("list", "is:overdue requester:@big.example", check=False).returncode
        == 1
    )


def test_a_promise_for_those_of_a_saved_query():
    """Of the store: until it is there the promise is nobody's, for the daemon and at the shell."""
    house = House(slas=[{"name": "gold", "when": "@big", "respond": "4h"}])
    try:
        number = house.mail("Carla <carla@big.example>").number
        house.daemon.run_ticket("title", "One", str(number))
        assert house.ticket(number)["respond_by"] is None
        house.daemon.run_ticket("query", "save", "--shared", "firms", "requester:@big.example")
        house.daemon.run_ticket("query", "save", "--shared", "big", "@firms -tag:poor")
        house.daemon.run_ticket("title", "Two", str(number))
        assert house.ticket(number)["respond_by"]
        house.daemon.reload()
        assert house.ticket(house.mail("Carla <carla@big.example>").number)["respond_by"]
        assert not house.ticket(house.mail("Carla <carla@small.example>").number)["respond_by"]
    finally:
        house.end()


def test_a_deadline_that_passes_is_an_event_a_fact_and_a_notice(house):
    arrival = house.mail("Dora <dora@other.example>", subject="Screen")
    number = arrival.number
    event = wait_for_event(house, number, "overdue")
    assert (event["actor"], event["to"]) == ("sla:rest", "respond")
    assert house.ticket(number)["overdue"] == "respond"
    assert [t["number"] for t in house.daemon.ticket("list", "is:overdue")] == [number]
    notices = [entry for entry in house.daemon.outbox() if entry["event"] == "notice"]
    assert [entry["to"] for entry in notices if entry["ticket"] == number] == [["anna@example.com"]]
    (stats,) = house.daemon.ticket("stats")
    (rest,) = [part for part in stats["slas"] if part["name"] == "rest"]
    assert rest == {
        "name": "rest",
        "respond": {"kept": 0, "missed": 1},
        "resolve": {"kept": 0, "missed": 0},
        "overdue": 1,
    }
    metrics = house.daemon.run_ticket("stats", "--prometheus").stdout.decode()
    assert 'milticket_promises_total{sla="rest",promise="respond",result="missed"} 1\n' in metrics
    assert 'milticket_overdue_tickets{sla="rest"} 1\n' in metrics
    assert "promises kept" in house.daemon.run_ticket("stats").stdout.decode()


def wait_for_event(house, number, kind):
    (event,) = wait_until(lambda: house.events(number, kind), kind)
    return event


def test_a_reload_sets_deadlines_again(house):
    number = house.mail("Emil <emil@big.example>", subject="Mouse").number
    before = house.ticket(number)["respond_by"]
    house.daemon.configure(slas=[{**GOLD, "respond": "8bh"}, {"name": "rest", "respond": "1s"}])
    house.daemon.reload()
    wait_until(lambda: house.ticket(number)["respond_by"] > before, "another deadline")


def test_a_queue_has_a_calendar_that_there_is(house):
    daemon = house.daemon
    (queue,) = daemon.ticket("queue", "set", "support", "--calendar", "office")
    assert queue["calendar"] == "office"
    number = house.mail("Fritz <fritz@other.example>", subject="Mat").number
    daemon.run_ticket("wait", "2bd", str(number))
    assert house.ticket(number)["wait_until"]
    refused = daemon.run_ticket("queue", "set", "support", "--calendar", "ofice", check=False)
    assert refused.returncode == 1 and b"there is no calendar 'ofice'" in refused.stderr
    (queue,) = daemon.ticket("queue", "set", "support", "--calendar", "")
    assert queue["calendar"] is None


def test_an_agent_has_a_zone_that_there_is(house):
    (agent,) = house.daemon.ticket("agent", "set", "anna", "--zone", "Asia/Tokyo")
    assert agent["zone"] == "Asia/Tokyo"
    refused = house.daemon.run_ticket("agent", "set", "anna", "--zone", "Mars/Phobos", check=False)
    assert refused.returncode == 65 and b"there is no time zone 'Mars/Phobos'" in refused.stderr


def test_an_agent_has_a_language_that_there_is(house):
    (agent,) = house.daemon.ticket("agent", "set", "anna", "--language", "de")
    assert agent["language"] == "de"
    refused = house.daemon.run_ticket("agent", "set", "anna", "--language", "fr", check=False)
    assert refused.returncode == 65 and b"'fr' is no language of milticket" in refused.stderr
    (agent,) = [a for a in house.daemon.ticket("agent", "list") if a["login"] == "anna"]
    assert agent["language"] == "de"
    (agent,) = house.daemon.ticket("agent", "set", "anna", "--language", "")
    assert agent["language"] is None


def test_a_reminder_is_set_taken_away_and_refused(house):
    daemon = house.daemon
    number = str(house.mail("Gerd <gerd@other.example>", subject="Key").number)
    said = daemon.run_ticket("remind", "2d", number, "-m", "call them").stdout.decode()
    assert said.startswith(f"#{number} reminder at 20")
    assert house.ticket(number)["status"] == "new"
    (event,) = [e for e in house.events(number, "remind") if e["to"]]
    assert event["text"] == "call them"
    said = daemon.run_ticket("remind", "-", number).stdout.decode()
    assert said == f"#{number} without a reminder\n"
    refused = daemon.run_ticket("remind", "yesterday", number, check=False)
    assert refused.returncode == 64 and b"'yesterday' is not DURATION|DATE" in refused.stderr


def test_impossible_ones_are_named_when_the_configuration_is_checked():
    daemon = Daemon(relay_port=9, directory=new_directory("promises"))
    for changes, says in (
        ({"calendars": [{**OFFICE, "hours": []}]}, "calendars.hours: expected open hours"),
        ({"calendars": [{**OFFICE, "zone": "Europe/Berlyn"}]}, "no 'Europe/Berlyn'"),
        ({"slas": [{**GOLD, "when": "status:opne"}]}, "did you mean 'open'?"),
        ({"slas": [{**GOLD, "calendar": "night"}]}, "expected the name of a calendar above"),
    ):
        daemon.configure(calendars=[OFFICE], slas=[])
        daemon.configure(**changes)
        done = daemon.run_ticket("config", "check", check=False)
        assert done.returncode == 78 and says in done.stderr.decode(), done.stderr

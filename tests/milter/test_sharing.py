"""Tickets that get an agent by themselves, and agents who are away."""
import collections
import threading

import pytest

from harness.client import compose
from harness.daemon import SUPPORT
from harness.house import House

CONNECTIONS, EACH = 4, 9
TEAM = ("anna", "ben", "carl")
BOTH = {**SUPPORT, "deliver": "both", "autoresponse": {"opened": ""}}


@pytest.fixture
def team():
    house = House(
        accounts=[
            {**SUPPORT, "autoresponse": {"opened": ""}},
            {**BOTH, "address": "both@example.com"},
        ]
    )
    for login in TEAM:
        house.daemon.add_agent(login, address=f"{login}@example.com", queue="support")
    yield house
    house.end()


def agents(house):
    return [ticket["agent"] for ticket in house.daemon.tickets()]


def asked(house, n, **more):
    return [house.mail(subject=f"Question {i}", **more) for i in range(n)]


def assign(house, policy):
    house.daemon.run_ticket("queue", "set", "support", "--assign", policy)


def test_in_turn(team):
    assign(team, "round-robin")
    asked(team, 5)
    assert agents(team) == ["anna", "ben", "carl", "anna", "ben"]
    (event,) = team.events(1, "agent")
    assert (event["actor"], event["to"]) == ("milticket", "anna")
    assert [mail["to"] for mail in team.daemon.outbox() if mail["ticket"] == 1] == [
        ["anna@example.com"]
    ]
    (queue,) = team.daemon.ticket("queue", "show", "support")
    assert queue["assign"] == "round-robin"


def test_nobody_by_default(team):
    asked(team, 1)
    assert agents(team) == [None]


def test_who_is_away_inactive_or_elsewhere_is_passed_over(team):
    assign(team, "round-robin")
    team.daemon.run_ticket("away", "3d", "--agent", "ben")
    team.daemon.add_queue("other")
    team.daemon.add_agent("bob", address="bob@example.com", queue="other")
    asked(team, 3)
    assert agents(team) == ["anna", "carl", "anna"]
    team.daemon.run_ticket("back", "--agent", "ben")
    team.daemon.run_ticket("agent", "set", "carl", "--inactive", "--move-to", "ben")
    asked(team, 2)
    assert agents(team)[3:] == ["ben", "anna"]


def test_the_least_loaded(team):
    assign(team, "least-loaded")
    asked(team, 4)
    assert agents(team) == ["anna", "ben", "carl", "anna"]
    team.daemon.run_ticket("close", "2")
    asked(team, 2)
    assert agents(team)[4:] == ["ben", "carl"]


def test_at_once_each_gets_the_same(team):
    """Fair over connections that come at the same time, and over kills."""
    assign(team, "round-robin")
    failed = []

    def send(name):
        try:
            for i in range(EACH):
                assert team.mail(f"{name}@customer.example", subject=f"{name} {i}").number
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=send, args=(f"c{i}",)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    team.daemon.restart()
    asked(team, 3)
    shares = collections.Counter(agents(team))
    assert set(shares.values()) == {(CONNECTIONS * EACH + 3) // len(TEAM)} and len(shares) == 3


def test_what_an_agent_opens_or_takes_is_theirs(team):
    assign(team, "round-robin")
    data = compose(
        "anna@example.com", "carla@customer.example", headers=["Cc: support@example.com"]
    )
    opened = team.hand_in(
        data, "anna@example.com", ["carla@customer.example", "support@example.com"], "anna"
    )
    asked(team, 1)
    assert opened.number == 1 and agents(team) == ["anna", "anna"]


def test_a_ticket_that_is_moved_is_shared_there(team):
    team.daemon.add_queue("other")
    team.daemon.add_agent("dora", address="dora@example.com", queue="other")
    team.daemon.run_ticket("queue", "set", "other", "--assign", "round-robin")
    asked(team, 1)
    team.daemon.run_ticket("move", "--queue", "other", "1")
    assert agents(team) == ["dora"]


@pytest.mark.parametrize("how", ["mail", "command"])
def test_a_reopened_ticket_whose_agent_is_gone_goes_back(team, how):
    first = asked(team, 1)[0]
    team.daemon.run_ticket("assign", "carl", "1")
    team.daemon.run_ticket("close", "1")
    team.daemon.run_ticket("agent", "set", "carl", "--inactive")
    if how == "mail":
        team.mail(reply_to=first)
    else:
        team.daemon.run_ticket("reopen", "1")
    assert agents(team) == [None]
    last = team.events(1, "agent")[-1]
    assert (last["from"], last["to"], last["text"]) == ("carl", None, "no agent any more")


def test_deactivating_asks_who_gets_the_open_tickets(team):
    asked(team, 1)
    team.daemon.run_ticket("assign", "carl", "1")
    done = team.daemon.run_ticket("agent", "set", "carl", "--inactive", check=False)
    assert done.returncode == 77 and b"1 open ticket: name another with --move-to" in done.stderr
    assert team.daemon.ticket("agent", "list")[-1]["active"]
    team.daemon.run_ticket("agent", "set", "carl", "--inactive", "--move-to", "ben")
    assert agents(team) == ["ben"]


# --- away ---------------------------------------------------------------------------------------


def recipients(arrival):
    return sorted(edit[3].strip("<>") for edit in arrival.result.edits if edit[0] == "recipient")


def test_follow_ups_go_to_the_deputy_and_the_ticket_stays(team):
    first = team.mail(to="both@example.com")
    team.daemon.run_ticket("assign", "anna", "1")
    team.daemon.run_ticket("away", "2d", "ben", "--agent", "anna")
    assert recipients(team.mail(to="both@example.com", reply_to=first)) == ["ben@example.com"]
    assert agents(team) == ["anna"]
    team.daemon.run_ticket("back", "--agent", "anna")
    assert recipients(team.mail(to="both@example.com", reply_to=first)) == ["anna@example.com"]


def test_without_a_deputy_to_the_queue(team):
    first = team.mail(to="both@example.com")
    team.daemon.run_ticket("assign", "anna", "1")
    team.daemon.run_ticket("away", "2d", "--agent", "anna")
    got = recipients(team.mail(to="both@example.com", reply_to=first))
    assert got == ["ben@example.com", "carl@example.com"]


def test_who_is_named_for_new_tickets_and_away_is_stood_in_for(team):
    team.daemon.run_ticket("queue", "set", "support", "--responsible", "anna")
    team.daemon.run_ticket("away", "2d", "ben", "--agent", "anna")
    asked(team, 1)
    team.daemon.run_ticket("away", "2d", "--agent", "anna")
    asked(team, 1)
    assign(team, "round-robin")
    asked(team, 1)
    assert agents(team) == ["ben", None, "ben"]


def test_by_mail(team):
    data = compose("anna@example.com", "tickets@example.com", body="away 2099-12-24 ben\n")
    team.hand_in(data, "anna@example.com", "tickets@example.com", "anna")
    anna = team.daemon.ticket("agent", "list")[0]
    assert anna["deputy"] == "ben" and anna["away_until"].startswith("2099-12-2")
    data = compose("anna@example.com", "tickets@example.com", body="back\n")
    team.hand_in(data, "anna@example.com", "tickets@example.com", "anna")
    anna = team.daemon.ticket("agent", "list")[0]
    assert (anna["deputy"], anna["away_until"]) == (None, None)


@pytest.mark.parametrize(
    "words, code, said",
    [
        (("2020-01-01",), 64, "not in the future"),
        (("3d", "nobody"), 1, "there is no agent 'nobody'"),
        (("3d", "anna"), 77, "nobody is their own deputy"),
        (("3d", "carl"), 77, "carl is away, too"),
    ],
)
def test_mistakes(team, words, code, said):
    team.daemon.run_ticket("away", "1w", "--agent", "carl")
    done = team.daemon.run_ticket("away", *words, "--agent", "anna", check=False)
    assert (done.returncode, said in done.stderr.decode()) == (code, True), done.stderr
    assert team.daemon.ticket("agent", "list")[0]["away_until"] is None

"""Automations in the daemon: what is named before, what is done once over kills, and what tells of it."""
import re
import time

import pytest

from harness.client import compose
from harness.daemon import SUPPORT
from harness.ground import program, run, wait_until
from harness.limits import LIMITS

QUIET = {**SUPPORT, "autoresponse": {"opened": ""}}
SEEN = {"name": "seen", "when": "is:open -tag:seen", "do": ["tag +seen", "priority high"]}
STAY = {"name": "stay", "when": "is:open", "do": ["tag +seen"]}

WRONG = {
    "an unknown command": ({"do": ["cloes"]}, "did you mean 'close'?"),
    "an unknown word": ({"do": ["priority hgih"]}, "'hgih' is not low|normal|high|urgent"),
    "what only a person can do": ({"do": ["take"]}, "take is nothing that an automation can do"),
    "an answer": ({"do": ["reply opened"]}, "reply is nothing that an automation can do"),
    "an unknown template": ({"do": ["mail none.eml"]}, "there is no template 'none.eml'"),
    "nothing to do": ({"do": []}, "expected one to ten commands"),
    "a query that is none": ({"when": "statsu:open"}, "there is no field 'statsu'"),
    "times alone": ({"when": "idle:3d.."}, "expected a condition that can end"),
    "what a ticket is for ever": ({"when": "number:7"}, "expected a condition that can end"),
    "an unknown calendar": ({"calendar": "office"}, "expected the name of a calendar"),
}


@pytest.mark.parametrize("changes, says", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_before(build, changes, says):
    daemon = build([QUIET]).daemon
    daemon.configure(automations=[{**SEEN, **changes}])
    for words in (("milticketd", "-t"), ("ticket", "config", "check")):
        done = run(program(words[0]), *words[1:], "--config", daemon.config, check=False)
        assert done.returncode == 78, done.stderr
        said = done.stderr.decode()
        assert f"{daemon.config}:" in said and "automations." in said and says in said, said


@pytest.mark.parametrize("past", [0, 1], ids=["at", "past"])
def test_an_automation_has_up_to_ten_commands(build, past):
    daemon = build([QUIET]).daemon
    commands = ["close"] * (LIMITS["LIMIT_AUTOMATION_ACTIONS"] + past)
    daemon.configure(automations=[{**SEEN, "do": commands}])
    done = run(program("milticketd"), "-t", "--config", daemon.config, check=False)
    assert done.returncode == (78 if past else 0), done.stderr
    assert ("expected one to ten commands" in done.stderr.decode()) == bool(past)


@pytest.mark.parametrize(
    "action, what", [("assign bob", "agent"), ("queue ops", "queue"), ("tell bob", "agent")]
)
def test_what_only_the_store_knows_is_a_warning(build, action, what):
    daemon = build([QUIET]).daemon
    daemon.configure(automations=[{**SEEN, "do": [action]}])
    done = run(program("milticketd"), "-t", "--config", daemon.config, check=False)
    assert done.returncode == 0 and f"{what} of the store" in (done.stderr + done.stdout).decode()


def test_a_name_comes_once(build):
    daemon = build([QUIET]).daemon
    daemon.configure(automations=[SEEN, SEEN])
    done = run(program("milticketd"), "-t", "--config", daemon.config, check=False)
    assert done.returncode == 78 and b"expected each name once" in done.stderr


def test_a_condition_may_name_a_saved_query(build):
    house = build([QUIET])
    daemon = house.daemon
    daemon.configure(automations=[{**SEEN, "when": "@fresh -tag:late"}])
    for words in (("milticketd", "-t"), ("ticket", "config", "check")):
        done = run(program(words[0]), *words[1:], "--config", daemon.config, check=False)
        assert done.returncode == 0
        said = (done.stderr + done.stdout).decode()
        assert "automations.when: expected a saved query of the store" in said, said
    number = house.mail().number
    daemon.reload()
    wait_until(lambda: "there is no saved query 'fresh'" in daemon.log_text(), "a warning")
    assert daemon.ticket("list", "is:open")[0]["tags"] == [] and did(house, number) == []
    daemon.run_ticket("query", "save", "--shared", "fresh", "is:open -tag:seen")
    daemon.reload()
    wait_until(lambda: did(house, number), "the automation")
    daemon.run_ticket("query", "save", "--shared", "fresh", "number:7")
    before = len(daemon.log_text())
    daemon.configure(automations=[{**SEEN, "when": "@fresh"}])
    daemon.reload()
    wait_until(
        lambda: "can end, such as status:waiting or is:open; it holds for no ticket"
        in daemon.log_text()[before:],
        "a warning",
    )
    assert house.mail().number == 2
    daemon.stop()
    daemon.start()
    time.sleep(1.5)
    assert did(house, 2) == []


def did(house, number):
    return house.events(number, "automation")


def test_a_reload_reaches_tickets_that_are_there(build):
    house = build([QUIET])
    house.mail()
    house.mail()
    house.daemon.configure(automations=[SEEN])
    (first, second) = house.daemon.ticket("list", "--automation", "seen")
    assert {first["number"], second["number"]} == {1, 2} and first["tags"] == []
    house.daemon.reload()
    (event,) = wait_until(lambda: did(house, 2), "the automation")
    assert (event["actor"], event["text"]) == ("automation:seen", "tag +seen; priority high")
    assert house.ticket(1)["priority"] == "high" and house.ticket(1)["status"] == "new"
    assert house.daemon.ticket("list", "--automation", "seen") == []


def test_each_counts_in_the_statistics(build):
    """Two that undo each other run ten times in all, and the one of the last is named."""
    house = build([QUIET])
    house.daemon.configure(
        automations=[
            {"name": "up", "when": "is:open -priority:high", "do": ["priority high"]},
            {"name": "down", "when": "is:open priority:high", "do": ["priority normal"]},
        ]
    )
    house.daemon.reload()
    number = house.mail().number
    wait_until(lambda: house.events(number, "automation-stopped"), "the end", seconds=60)
    (stats,) = house.daemon.ticket("stats")
    assert stats["automations"] == [
        {"name": "down", "runs": 5, "stopped": 0},
        {"name": "up", "runs": 5, "stopped": 1},
    ]
    metrics = house.daemon.run_ticket("stats", "--prometheus").stdout.decode()
    assert 'milticket_automation_runs_total{automation="down"} 5\n' in metrics
    assert 'milticket_automation_stopped_total{automation="up"} 1\n' in metrics
    said = house.daemon.run_ticket("stats").stdout.decode()
    assert re.search(r"^  automations .*\n  down +5 +0\n  up +5 +1$", said, re.M)


@pytest.mark.parametrize("point", ["due-before-commit", "due-after-commit", "replan-before-commit"])
def test_once_over_kills(build, point):
    house = build([QUIET])
    numbers = [house.mail().number for _ in range(3)]
    house.daemon.kill()
    house.daemon.configure(automations=[STAY])
    house.daemon.launch(env={"MILTICKET_DIE_AT": point})
    wait_until(house.daemon.ended, f"the daemon to die at {point}")
    house.daemon.start()
    for number in numbers:
        wait_until(lambda: did(house, number), f"automation of {number}")
    house.mail(subject="later")
    wait_until(lambda: did(house, 4), "automation of a new ticket")
    time.sleep(1.5)
    assert [len(did(house, number)) for number in [*numbers, 4]] == [1] * 4
    for words in ([], ["--sort", "number"]):
        assert house.daemon.ticket("list", "--automation", "stay", *words) == []
    house.daemon.stop()


def test_a_note_in_the_words_of_an_automation_is_a_note(build):
    house = build([QUIET])
    house.daemon.add_agent("anna", address="anna@example.com", queue="support")
    first = house.mail()
    data = compose(
        "anna@example.com",
        "support@example.com",
        body="tell ben\n",
        headers=[f"In-Reply-To: {first.id}"],
    )
    assert house.hand_in(data, "anna@example.com", "support@example.com", "anna").event == "note"
    assert [mail["event"] for mail in house.daemon.outbox()] == []

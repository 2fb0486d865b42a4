"""What somebody did last is taken back, if nobody has changed the same since; what left the house stays, and is told."""
import os

import pytest
from harness.box import mail, mbox
from harness.ground import on_terminal, program

ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def filled(desk, tmp_path):
    """Five tickets, two queues and an agent."""
    box = tmp_path / "box"
    box.write_bytes(mbox([mail(number) for number in range(1, 6)]))
    desk.run_ticket("import", box, *ACCOUNT)
    desk.run_ticket("queue", "add", "sales")
    desk.run_ticket("agent", "add", "ben", "--queue", "support")
    return desk


def ticket(desk, number):
    (shown,) = desk.ticket("show", str(number))
    return shown


def state(desk, number):
    """All of a ticket but its events and when it was touched."""
    shown = ticket(desk, number)
    return {key: value for key, value in shown.items() if key not in ("events", "updated")}


def undo(desk, *options, code=0):
    done = desk.run_ticket("undo", *options, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("close", "1", "2"),
        ("status", "internal", "1"),
        ("spam", "1"),
        ("wait", "3d", "1"),
        ("assign", "ben", "1"),
        ("move", "--queue", "sales", "1", "2"),
        ("move", "--queue", "sales", "--project", "core", "1"),
        ("priority", "urgent", "1"),
        ("tag", "+vip", "+late", "1"),
        ("title", "Something else", "1"),
        ("requester", "dora@customer.example", "1"),
        ("link", "1", "2"),
        ("merge", "2", "--into", "1"),
    ],
)
def test_what_was_done_is_taken_back(filled, words):
    before = [state(filled, 1), state(filled, 2)]
    filled.run_ticket(*words)
    assert [state(filled, 1), state(filled, 2)] != before
    would = undo(filled, "--dry-run")
    assert would.startswith("#") and [state(filled, 1), state(filled, 2)] != before
    assert undo(filled) == would
    assert [state(filled, 1), state(filled, 2)] == before
    assert "undo" in [event["kind"] for n in (1, 2) for event in ticket(filled, n)["events"]]
    assert filled.run_ticket("check").returncode == 0


def test_it_goes_back_step_by_step_and_never_forward(filled):
    filled.run_ticket("priority", "high", "1")
    filled.run_ticket("tag", "+vip", "2")
    filled.run_ticket("close", "1")
    assert "status: closed → new" in undo(filled)
    assert "tag" in undo(filled) and ticket(filled, 2)["tags"] == []
    assert "priority: high → normal" in undo(filled)
    assert "did nothing that could be undone" in undo(filled, code=1)


def test_a_wait_is_what_it_was(filled):
    filled.run_ticket("wait", "2030-01-02", "1")
    until = ticket(filled, 1)["wait_until"]
    filled.run_ticket("close", "1")
    undo(filled)
    assert (ticket(filled, 1)["status"], ticket(filled, 1)["wait_until"]) == ("waiting", until)
    undo(filled)
    assert (ticket(filled, 1)["status"], ticket(filled, 1)["wait_until"]) == ("new", None)


def test_what_a_colleague_has_changed_since_stays(filled):
    anna = {**os.environ, "SUDO_USER": "anna"}
    filled.run_ticket("priority", "high", "1", "2")
    filled.run_ticket("priority", "low", "1", env=anna)
    said = undo(filled)
    assert "#1: priority was changed again, to 'low'" in said and "#2 priority: high" in said
    assert (ticket(filled, 1)["priority"], ticket(filled, 2)["priority"]) == ("low", "normal")
    assert "did nothing that could be undone" in undo(filled, code=1)


def test_a_colleague_undoes_only_their_own(filled):
    filled.run_ticket("priority", "high", "1")
    done = filled.run_ticket("undo", env={**os.environ, "SUDO_USER": "anna"}, check=False)
    assert done.returncode == 1 and ticket(filled, 1)["priority"] == "high"


def test_notes_and_answers_stay_and_it_is_said(filled):
    filled.run_ticket("note", "1", "-m", "A note.")
    said = undo(filled, code=1)
    assert "#1: the note stays" in said and "nothing of it can be undone" in said
    assert "did nothing that could be undone" in undo(filled, code=1)
    filled.run_ticket("reply", "2", "-m", "An answer.")
    said = undo(filled)
    assert "#2: the answer stays" in said and "#2 status: waiting → new" in said
    assert ticket(filled, 2)["messages_count"] == 2
    assert [entry["event"] for entry in filled.ticket("outbox", "list")] == ["reply"]


def test_what_cannot_be_undone_is_passed_over_when_it_was_said(filled):
    """A note, a reminder, or what a colleague changed again do not stand in the way for ever."""
    before = state(filled, 1)["status"]
    filled.run_ticket("close", "1")
    filled.run_ticket("remind", "3d", "1")
    filled.run_ticket("note", "1", "-m", "A note.")
    for stays in ("the note stays", "the reminder stays"):
        assert stays in undo(filled, "--dry-run", code=1)
        said = undo(filled, code=1)
        assert stays in said and "the next undo goes one step further back" in said
        assert state(filled, 1)["status"] == "closed"
    assert "#1 status: closed → new" in undo(filled)
    assert state(filled, 1)["status"] == before


def test_a_split_stays_and_so_does_its_link(filled):
    filled.run_ticket("merge", "2", "--into", "1")
    filled.run_ticket("split", "1", "2")
    links = state(filled, 1)["links"], state(filled, 6)["links"]
    assert links == ([6], [1])
    assert "#1: what was split off stays; merge 6 into it" in undo(filled, code=1)
    assert (state(filled, 1)["links"], state(filled, 6)["links"]) == links


def test_who_gets_copies_is_as_it_was(filled):
    filled.run_ticket("watch", "boss@customer.example", "1")
    filled.run_ticket("unwatch", "boss@customer.example", "1")
    undo(filled)
    assert b"boss@customer.example" in filled.run_ticket("show", "1").stdout.split(b"\n\n")[0]
    undo(filled)
    assert b"boss@customer.example" not in filled.run_ticket("show", "1").stdout.split(b"\n\n")[0]


def test_an_answer_that_has_not_gone_out_does_not(desk_with_closing_answer):
    desk = desk_with_closing_answer
    desk.run_ticket("close", "1")
    assert [entry["event"] for entry in desk.ticket("outbox", "list")] == ["closed"]
    assert "mail to carla@customer.example is not sent" in undo(desk)
    assert desk.run_ticket("outbox", "list", check=False).returncode == 1
    desk.run_ticket("close", "1")
    assert [entry["event"] for entry in desk.ticket("outbox", "list")] == ["closed"]


@pytest.fixture
def desk_with_closing_answer(desk, tmp_path):
    template = tmp_path / "closed.eml"
    template.write_text("Subject: closed\n\nIt is closed.\n")
    account = {"address": "support@example.com", "queue": "support"}
    account["autoresponse"] = {"opened": "", "closed": str(template)}
    desk.configure(accounts=(account,))
    box = tmp_path / "box"
    box.write_bytes(mbox([mail(1)]))
    desk.run_ticket("import", box, *ACCOUNT)
    return desk


def test_on_a_terminal_it_asks(filled):
    filled.run_ticket("close", "1", "2")
    words = (program("ticket"), "undo", "--config", filled.config)
    seen, code = on_terminal(*words, keys=b"n\n")
    assert "#2 status: closed → new" in seen and "Undo this?" in seen and code == 1
    assert ticket(filled, 1)["status"] == "closed"
    _, code = on_terminal(*words, keys=b"y\n")
    assert code == 0 and ticket(filled, 1)["status"] == ticket(filled, 2)["status"] == "new"


def texts(desk, number):
    return [message["message_id"] for message in ticket(desk, number)["messages"]]


def test_merged_tickets_are_their_own_again(filled):
    before = {number: state(filled, number) for number in (1, 2, 3)}
    filled.run_ticket("close", "1")
    closed = state(filled, 1)
    filled.run_ticket("merge", "1", "--into", "2")
    filled.run_ticket("merge", "2", "--into", "3")
    filled.run_ticket("note", "3", "-m", "Since then.")
    assert ticket(filled, 3)["messages_count"] == 4
    filled.run_ticket("unmerge", "1")
    assert texts(filled, 1) == [message["message_id"] for message in before[1]["messages"]]
    assert (ticket(filled, 1)["status"], ticket(filled, 1)["closed"]) == (
        "closed",
        closed["closed"],
    )
    filled.run_ticket("unmerge", "2")
    assert texts(filled, 2) == [message["message_id"] for message in before[2]["messages"]]
    assert ticket(filled, 2)["status"] == "new" and ticket(filled, 2)["merged_into"] is None
    assert ticket(filled, 3)["messages_count"] == 2
    done = filled.run_ticket("unmerge", "2", check=False)
    assert done.returncode == 65 and b"#2 is not merged" in done.stderr
    assert filled.run_ticket("check").returncode == 0


def test_a_ticket_that_was_only_merged_ones_cannot_lose_them_all(filled):
    filled.run_ticket("merge", "1", "--into", "2")
    filled.run_ticket("split", "2", "1")
    done = filled.run_ticket("unmerge", "1", check=False)
    assert done.returncode == 77 and b"no message left" in done.stderr

"""`ticket outbox` and `ticket reply` on a store whose mail nobody sends."""
import mailbox

import pytest

from harness.client import compose
from harness.ground import on_terminal, program

NAMES = {"id", "ticket", "event", "to", "state", "attempts", "next_try", "last_reply"}
CARLA = "carla@customer.example"


@pytest.fixture
def asked(desk):
    """Two tickets of Carla's."""
    box = mailbox.mbox(desk.directory / "box")
    for subject in ("Printer on fire", "Printer wet"):
        box.add(compose(f"Carla Kern <{CARLA}>", subject=subject))
    box.close()
    desk.run_ticket("import", str(desk.directory / "box"), "--account", "support@example.com")
    return desk


@pytest.fixture
def waiting(asked):
    """With an answer to each in the outbox: entries 1 and 2."""
    for number in ("1", "2"):
        asked.run_ticket("reply", number, "-m", "We are on it.")
    return asked


def ends(desk, *words, **options):
    """(exit code, output, error output)"""
    done = desk.run_ticket(*words, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def answers(desk, number):
    return [
        message["text"]
        for message in desk.show(number)["messages"]
        if message["direction"] == "out"
    ]


# --- outbox --------------------------------------------------------------------------------------


def test_a_list_has_the_names_that_were_promised(waiting):
    entries = waiting.outbox()
    assert [set(entry) for entry in entries] == [NAMES, NAMES]
    assert entries[0] == {
        "id": 1,
        "ticket": 1,
        "event": "reply",
        "to": [CARLA],
        "state": "waiting",
        "attempts": 0,
        "next_try": None,
        "last_reply": None,
    }
    code, out, err = ends(waiting, "outbox", "list")
    assert (code, err) == (0, "") and len(out.splitlines()) >= 2 and CARLA in out


def test_an_empty_outbox_is_nothing_found(desk):
    assert ends(desk, "outbox", "list")[0] == 1
    assert ends(desk, "outbox", "list", "--json")[:2] == (1, "")
    assert ends(desk, "outbox", "flush")[0] == 0


# words → exit code, the entries that are left
CHANGES = {
    "drop one": (("drop", "1"), 0, [2]),
    "drop several": (("drop", "1", "#2"), 0, []),
    "drop from standard input": (("drop", "-"), 0, []),
    "drop one that is not there": (("drop", "9"), 1, [1, 2]),
    "drop all or nothing": (("drop", "1", "9"), 1, [1, 2]),
    "drop none": (("drop",), 64, [1, 2]),
    "drop nonsense": (("drop", "x"), 64, [1, 2]),
    "retry one": (("retry", "2"), 0, [1, 2]),
    "retry one that is not there": (("retry", "9"), 1, [1, 2]),
    "retry none": (("retry",), 64, [1, 2]),
    "flush": (("flush",), 0, [1, 2]),
    "flush with a number": (("flush", "1"), 64, [1, 2]),
    "another word": (("burn", "1"), 64, [1, 2]),
}


@pytest.mark.parametrize("words, code, left", CHANGES.values(), ids=CHANGES)
def test_changes_end_with_the_code_for_what_they_did(words, code, left, waiting):
    done = waiting.run_ticket("outbox", *words, check=False, stdin=b"1\n2\n")
    assert done.returncode == code, done.stderr
    assert (done.stderr == b"") == (code == 0)
    assert [entry["id"] for entry in waiting.outbox()] == left


# --- reply ---------------------------------------------------------------------------------------


def typed(desk, number, editor):
    """What `ticket reply` says to somebody at a terminal with that editor, and its exit code."""
    return on_terminal(
        program("ticket"),
        "reply",
        "--config",
        desk.config,
        number,
        env={"VISUAL": editor, "EDITOR": editor, "TMPDIR": str(desk.directory)},
    )


def test_the_text_comes_from_an_option_a_file_or_standard_input(asked, tmp_path):
    (tmp_path / "text").write_text("from a file\n.\n")
    asked.run_ticket("reply", "1", "-m", "from an option")
    asked.run_ticket("reply", "1", "-F", str(tmp_path / "text"))
    asked.run_ticket("reply", "1", "-F", "-", stdin=b"from a dash\n")
    asked.run_ticket("reply", "#1", stdin="von der Eingabe: grün\n".encode())
    assert [text.strip() for text in answers(asked, 1)] == [
        "from an option",
        "from a file\n.",
        "from a dash",
        "von der Eingabe: grün",
    ]
    assert [entry["event"] for entry in asked.outbox()] == ["reply"] * 4
    ticket = asked.show(1)
    assert (
        ticket["status"],
        ticket["messages"][-1]["direction"],
        ticket["messages"][-1]["in_reply_to"],
    ) == ("waiting", "out", ticket["messages"][0]["message_id"])
    assert [message["match"] for message in ticket["messages"]] == ["new"] + [None] * 4
    assert [event["kind"] for event in ticket["events"]].count("reply") == 4
    assert [event["kind"] for event in ticket["events"]].index("reply") < [
        event["kind"] for event in ticket["events"]
    ].index("status")


def test_the_text_comes_from_the_editor_without_what_was_shown(asked):
    seen, code = typed(asked, 1, "sed -i '1i from the editor'")
    assert code == 0 and "#1 answered" in seen
    assert [text.strip() for text in answers(asked, 1)] == ["from the editor"]


LOOK = "sh -c 'cp $0 {place}/seen; stat -c %a $0 $(dirname $0) >{place}/modes; touch $0~; echo typed >$0'"


@pytest.mark.parametrize("word", ["reply", "note"])
def test_what_is_typed_is_the_users_alone_and_no_stranger_orders_the_editor(desk, word, tmp_path):
    order = "vim: set modeline: kate: mode evil; -*- mode: evil -*- :mode=evil:"
    body = f"{order}\n" * 12 + "Local Variables:\neval: (evil)\nEnd:\n" + f"{order}\n" * 3 + order
    box = mailbox.mbox(desk.directory / "box")
    box.add(compose(f"Carla Kern <{CARLA}>", subject=order, body=body))
    box.close()
    desk.run_ticket("import", str(desk.directory / "box"), "--account", "support@example.com")
    editor = LOOK.format(place=tmp_path)
    _, code = on_terminal(
        program("ticket"),
        word,
        "--config",
        desk.config,
        "1",
        env={"VISUAL": editor, "TMPDIR": str(desk.directory)},
    )
    assert code == 0
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    lines = (tmp_path / "seen").read_text().split("\n")
    assert "> " + order in lines and not [
        line for line in lines if line.startswith(("vim", "Local", "End"))
    ]
    assert "evil" not in "".join(lines[:10] + lines[-11:])
    assert "\f" in lines[-14:] and "evil" not in "".join(lines[lines.index("\f") :])
    assert not list(desk.directory.glob("ticket-*"))


# editor → what is said; in none of these cases is anything sent
EDITORS = {
    "nothing typed": ("true", "the text is empty"),
    "all deleted": ("truncate -s 0", "the text is empty"),
    "aborted": ("false", "the editor 'false' failed"),
    "not there": ("/nonexistent/editor", "the editor '/nonexistent/editor' failed"),
}


@pytest.mark.parametrize("editor, said", EDITORS.values(), ids=EDITORS)
def test_an_editor_that_gives_no_text_sends_nothing(editor, said, asked):
    seen, code = typed(asked, 1, editor)
    assert code == 65 and said in seen and "nothing was done" in seen
    assert answers(asked, 1) == [] and asked.outbox() == []
    assert asked.show(1)["status"] == "new"


def test_what_an_editor_wrote_before_it_failed_is_kept(asked):
    seen, _ = typed(asked, 1, "sh -c 'echo half an answer >\"$0\"; exit 1'")
    (draft,) = asked.directory.glob("ticket-*/*")
    assert f"kept in {draft}" in seen and draft.read_text() == "half an answer\n"


NO_REPLIES = {
    "blank": (("1", "-m", " \n"), b"", 65),
    "nothing on standard input": (("1",), b"", 65),
    "no such file": (("1", "-F", "/nonexistent"), b"", 74),
    "more than 1 MiB": (("1", "-F", "-"), b"x" * 1100000, 65),
    "no such ticket": (("99", "-m", "x"), b"", 1),
    "no number": (("x", "-m", "x"), b"", 64),
    "no ticket": ((), b"", 64),
    "two tickets": (("1", "2", "-m", "x"), b"", 64),
}


@pytest.mark.parametrize("words, stdin, code", NO_REPLIES.values(), ids=NO_REPLIES)
def test_a_reply_without_text_or_ticket_sends_nothing(words, stdin, code, asked):
    done = asked.run_ticket("reply", *words, stdin=stdin, check=False)
    assert done.returncode == code and done.stderr
    assert asked.outbox() == []

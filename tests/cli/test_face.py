"""How `ticket` behaves to the person in front of it: mistakes, several tickets at once, terminals, hostile mail, who acted."""
import json
import os
import re
import shutil
import signal
import subprocess
import unicodedata

import pytest
from harness.box import mail, mbox
from harness.client import compose
from harness.daemon import Daemon
from harness.ground import new_directory, on_terminal, program, run, wait_until
from harness.milter import MilterClient
from prometheus_client.parser import text_string_to_metric_families

ACCOUNT = ("--account", "support@example.com")
HOSTILE = b"""From: "Evil \x1b]0;pwned\x07 \xe2\x80\xaeName" <evil@bad.example>
To: support@example.com
Subject: \x1b[31mred\x1b[0m \xe2\x80\xaeevil \x07 bell \xc2\x9b5n
Message-ID: <hostile@bad.example>
Date: Tue, 24 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hello \x1b[2J \xc2\x9b5n \xe2\x81\xa6 there
"""
# What would move the cursor, ring, or turn text: all controls but line ends and tabs, and
# bidirectional marks.
DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """Five tickets and a hostile one, in two queues; anna and ben are agents."""
    desk = Daemon(relay_port=9, directory=new_directory("face-pattern"))
    desk.add_queue("support", title="First level")
    desk.add_queue("ops")
    desk.add_agent("anna", address="anna@example.com", queue=["support", "ops"])
    desk.add_agent("ben", address="ben@example.com", queue="ops")
    box = tmp_path_factory.mktemp("box") / "box"
    box.write_bytes(mbox([*[mail(number) for number in range(1, 6)], HOSTILE]))
    desk.run_ticket("import", box, *ACCOUNT)
    return desk


@pytest.fixture
def filled(pattern):
    desk = Daemon(relay_port=9, directory=new_directory("face"))
    desk.copy_store(pattern)
    shutil.copytree(pattern.archive, desk.archive, dirs_exist_ok=True)
    return desk


def ends(desk, *words, **options):
    done = desk.run_ticket(*words, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def lines(desk, *words, **options):
    return desk.run_ticket(*words, **options).stdout.decode().splitlines()


def numbers(desk, *words):
    return [
        int(line) for line in ends(desk, "list", "--format", "{number}", *words)[1].splitlines()
    ]


def seen_on_terminal(desk, *words, columns=80, env=None, keys=b""):
    seen, _ = on_terminal(
        program("ticket"),
        words[0],
        "--config",
        desk.config,
        *words[1:],
        env={"COLUMNS": str(columns), "PAGER": "", **(env or {})},
        keys=keys,
    )
    return seen.replace("\r\n", "\n")


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


# --- mistakes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, says",
    [
        (("shwo", "1"), "did you mean 'show'"),
        (("queue", "lsit"), "did you mean 'queue list'"),
        (("queue",), "usage: ticket queue add [options] QUEUE"),
        (("agnet", "list"), "did you mean 'agent'"),
        (("xyzzy",), "'ticket help' lists them"),
        (("list", "--statsu", "new"), "did you mean '--status'"),
        (("list", "--status", "opne"), "did you mean 'open'"),
        (("list", "--sort", "agee"), "'agee' is no order"),
        (("list", "--limit", "0"), "'0' is no number above 0"),
        (("list", "statsu:new"), "column 1: there is no field 'statsu'; did you mean 'status'"),
        (("list", "--since", "yesterday"), "neither a date"),
        (("status", "opne", "1"), "'opne' is not new|open"),
        (("wait", "2001-01-01", "1"), "not in the future"),
        (("move", "1"), "--queue or --project"),
        (("merge", "1"), "--into"),
        (("show",), "expected NUMBER"),
        (("show", "1", "--raw", "x"), "no message's number"),
        (("show", "1", "--raw", "1", "--mbox"), "give one of"),
        (("close", "-x"), "unknown option '-x'"),
        (("outbox", "retry", "x"), "'x' is no id of a mail"),
        (("agent", "set", "ben", "--active", "--inactive"), "give one of"),
    ],
)
def test_a_mistake_is_named_with_its_usage(pattern, words, says):
    code, out, err = ends(pattern, *words)
    assert (code, out) == (64, "") and says in err, err


def test_help_is_on_standard_output_and_grouped():
    alone = subprocess.run([program("ticket")], capture_output=True, text=True)
    assert (
        alone.returncode == 64
        and "queue list|show|add|set|remove" in alone.stdout
        and len(alone.stdout.splitlines()) < 20
    )
    every = subprocess.run([program("ticket"), "help"], capture_output=True, text=True)
    assert every.returncode == 0 and every.stderr == "" and "\nwork\n" in every.stdout
    for words in (
        ("--help",),
        ("-h",),
        ("help", "show"),
        ("show", "--help"),
        ("help", "queue"),
        ("--version",),
        ("version",),
    ):
        done = subprocess.run([program("ticket"), *words], capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout and not done.stderr, words


# --- several tickets ---------------------------------------------------------------------


def test_numbers_come_as_words_with_a_hash_and_from_standard_input(filled):
    filled.run_ticket("close", "1", "#2", "-", stdin=b"3\tnew\tnormal\n\n #4 x\n")
    assert numbers(filled, "--status", "closed", "--sort", "number") == [1, 2, 3, 4]
    code, _, err = ends(filled, "close", "-", stdin=b"5\nfive\n")
    assert code == 65 and "line 2: 'five'" in err and 5 in numbers(filled)
    assert ends(filled, "close", "-")[0] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("close", "1", "2", "99"),
        ("assign", "anna", "1", "2", "99"),
        ("tag", "+x", "1", "2", "99"),
        ("move", "--queue", "ops", "--project", "core", "1", "2", "99"),
        ("merge", "1", "2", "99", "--into", "3"),
        ("merge", "1", "3", "--into", "3"),
        ("link", "1", "2", "99", "3"),
        ("split", "1", "1", "7"),
    ],
)
def test_one_that_fails_leaves_all_as_they_were_and_is_named(filled, words):
    before = filled.run_ticket("export", "--json").stdout
    code, out, err = ends(filled, *words)
    assert code in (1, 65) and out == "" and ("#99" in err or "#3" in err or "#1" in err), err
    if words[0] != "split":
        assert "nothing was changed" in err
    assert filled.run_ticket("export", "--json").stdout == before


def test_moving_to_a_queue_and_a_project_is_one_change(filled):
    assert ends(filled, "move", "1", "--queue", "nowhere", "--project", "core")[0] == 1
    assert filled.show(1)["project"] == "helpdesk"
    filled.run_ticket("move", "1", "--queue", "ops", "--project", "core")
    assert (filled.show(1)["queue"], filled.show(1)["project"]) == ("ops", "core")


@pytest.mark.parametrize(
    "words, field, value",
    [
        (("assign", "anna", "1"), "agent", "anna"),
        (("assign", "1", "anna"), "agent", "anna"),
        (("priority", "high", "#1"), "priority", "high"),
        (("status", "clarify", "1"), "status", "clarify"),
        (("title", "Smoke in room 7", "1"), "subject", "Smoke in room 7"),
        (("title", "1", "Smoke"), "subject", "Smoke"),
        (("tag", "+x", "1", "+y"), "tags", ["x", "y"]),
        (("spam", "1"), "status", "spam"),
    ],
)
def test_an_argument_and_numbers_are_told_apart(filled, words, field, value):
    (changed,) = filled.ticket(*words)
    assert changed[field] == value and filled.show(1)[field] == value


def test_merged_and_split_tickets_keep_their_histories_and_lead_on(filled):
    filled.run_ticket("note", "1", "-m", "mine")
    filled.run_ticket("merge", "1", "--into", "2")
    old, new = filled.show(1), filled.show(2)
    assert (old["merged_into"], old["messages_count"], new["messages_count"]) == (2, 0, 3)
    assert "opened" in [event["kind"] for event in old["events"]]
    filled.run_ticket("priority", "high", "1")
    assert filled.show(2)["priority"] == "high"
    first, part = filled.ticket("split", "2", "2", "3")
    assert (first["number"], first["messages_count"], part["messages_count"], part["links"]) == (
        2,
        1,
        2,
        [2],
    )


def test_what_is_split_off_is_of_who_wrote_it(filled, tmp_path):
    box = tmp_path / "box"
    box.write_bytes(
        mbox([mail(1, sender="dora@other.example", name="Dora", subject="My own trouble")])
    )
    filled.run_ticket("import", "--account", "support@example.com", str(box))
    (dora,) = filled.ticket("list", "--json", "--requester", "dora@other.example")
    filled.run_ticket("merge", str(dora["number"]), "--into", "1")
    carla, part = filled.ticket("split", "1", "2")
    assert (part["requester"], part["participants"], part["subject"]) == (
        {"name": "Dora", "address": "dora@other.example"},
        ["dora@other.example"],
        "My own trouble",
    )
    assert (part["last_in"], carla["requester"]["address"]) == (
        part["opened"],
        "carla@customer.example",
    )


def test_a_ticket_is_not_split_from_its_last_message(filled):
    before = filled.run_ticket("export", "--json").stdout
    code, out, err = ends(filled, "split", "1", "1")
    assert (code, out) == (65, "") and "no message left" in err
    assert filled.run_ticket("export", "--json").stdout == before
    filled.run_ticket("note", "1", "-m", "mine")
    assert [ticket["messages_count"] for ticket in filled.ticket("split", "1", "1")] == [1, 1]


# --- queues that go ---------------------------------------------------------------------


def test_a_queue_takes_no_ticket_along_when_it_goes(filled):
    filled.run_ticket("close", "1")
    filled.run_ticket("merge", "2", "--into", "3")
    code, _, err = ends(filled, "queue", "remove", "support")
    assert code == 77 and "4 open tickets" in err and filled.show(1)["queue"] == "support"
    (told,) = filled.ticket("queue", "remove", "support", "--move-to", "ops")
    assert told["moved"] >= 5
    assert {ticket["queue"] for ticket in filled.tickets()} == {"ops"} and filled.show(3)[
        "merged_into"
    ] is None
    assert [event["kind"] for event in filled.show(1)["events"]][-1] == "queue"
    assert filled.ticket("agent", "list")[0]["queues"] == ["ops"]
    assert ends(filled, "check")[0] == 0


def test_a_closed_ticket_brings_its_queue_back(filled):
    filled.run_ticket("move", "--queue", "ops", "1")
    filled.run_ticket("close", "1")
    filled.run_ticket("queue", "remove", "ops")
    assert [queue["name"] for queue in filled.ticket("queue", "list")] == ["support"]
    filled.run_ticket("reopen", "1")
    assert [(queue["name"], queue["open"]) for queue in filled.ticket("queue", "list")] == [
        ("ops", 1),
        ("support", 5),
    ]


@pytest.mark.parametrize(
    "words, code",
    [
        (("ops", "--move-to", "ops"), 65),
        (("ops", "--move-to", "none"), 1),
        (("none",), 1),
        (("none", "--move-to", "ops"), 1),
    ],
)
def test_what_cannot_be_is_said_before_a_queue_goes(filled, words, code):
    before = filled.run_ticket("export", "--json").stdout
    assert ends(filled, "queue", "remove", *words)[0] == code
    assert filled.run_ticket("export", "--json").stdout == before


def test_showing_goes_on_behind_a_number_that_is_not_there(filled):
    code, out, err = ends(filled, "show", "1", "99", "2")
    assert code == 1 and "#99" in err and "#1]" in out and "#2]" in out


# --- who acted ---------------------------------------------------------------------------------


def test_the_unix_user_is_recorded_through_sudo_too(filled):
    filled.run_ticket("close", "1", env={**os.environ, "SUDO_USER": "hostmaster"})
    filled.run_ticket("close", "2", env={**os.environ, "SUDO_USER": "a b\x1b"})
    actors = [
        event["actor"]
        for number in (1, 2)
        for event in filled.show(number)["events"]
        if event["kind"] == "status"
    ]
    assert actors == ["unix:hostmaster", "unix:root"] if os.getuid() == 0 else len(set(actors)) == 1


def test_somebody_who_is_an_agent_takes_tickets_and_finds_them(filled):
    anna = {**os.environ, "MILTICKET_AGENT": "anna"}
    filled.run_ticket("take", "1", "2", env=anna)
    assert [ticket["agent"] for ticket in filled.ticket("list", "--agent", "me", env=anna)] == [
        "anna",
        "anna",
    ]
    assert 1 not in numbers(filled, "--agent", "none") and numbers(
        filled, "--agent", "anna@example.com", "--sort", "number"
    ) == [1, 2]
    code, _, err = ends(filled, "take", "3", env={**os.environ, "MILTICKET_AGENT": "nobody-here"})
    assert code == 77 and "nobody-here" in err and "MILTICKET_AGENT" in err


ADMINS = 54000  # a group; its members and the others are numbers that no file of users knows


@pytest.fixture
def shared(filled):
    """Store and archive as they are when installed: of the daemon's user and the admins' group."""
    for top in (filled.store, filled.archive):
        for path in (top, *top.rglob("*")):
            os.chown(path, -1, ADMINS)
            path.chmod(0o2770 if path.is_dir() else 0o660)
    return filled


def as_user(desk, uid, group, *words, **options):
    done = run(
        "setpriv",
        f"--reuid={uid}",
        f"--regid={uid}",
        f"--groups={group}",
        program("ticket"),
        words[0],
        "--config",
        desk.config,
        *words[1:],
        check=False,
        **options,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_member_of_the_group_does_it_all_without_root(shared, tmp_path):
    box = shared.directory / "more"
    box.write_bytes(mbox([mail(9)]))
    secret = shared.directory / "secret"
    secret.write_text("for the daemon alone")
    secret.chmod(0o600)
    shared.configure(mail_out={"username": "milticket", "password_file": str(secret)})
    for words in (
        ("list",),
        ("show", "1"),
        ("close", "1"),
        ("note", "2", "-m", "x"),
        ("reply", "2", "-m", "x"),
        ("import", str(box), *ACCOUNT),
        ("queue", "add", "new"),
        ("check",),
        ("export", "--json"),
        ("redact", "evil@bad.example"),
    ):
        code, _, err = as_user(shared, 54321, ADMINS, *words)
        assert code == 0, (words, err)
    assert as_user(shared, 54322, ADMINS, "show", "7", "--raw", "1")[1] == mail(9).decode()
    assert [event["actor"] for event in shared.show(1)["events"] if event["kind"] == "status"] == [
        "unix:54321"
    ]
    assert shared.show(7)["subject"] == "Question 9" and {
        path.stat().st_gid for path in shared.archive.rglob("*")
    } == {ADMINS}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_nobody_but_root_says_who_they_are_for(shared):
    as_user(
        shared,
        54321,
        ADMINS,
        "close",
        "1",
        env={**os.environ, "SUDO_USER": "root", "USER": "root", "LOGNAME": "root"},
    )
    assert shared.show(1)["events"][-1]["actor"] == "unix:54321"


@pytest.mark.embedded("the server says who may")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("show", "1"),
        ("close", "1"),
        ("stats",),
        ("check",),
        ("backup", "/nowhere/copy"),
        ("reload",),
    ],
)
def test_who_is_not_in_the_group_is_told_who_is(shared, words):
    code, out, err = as_user(shared, 54321, 54321, *words)
    assert (
        (code, out) == (77, "")
        and "members of the group 'nogroup'" in err
        and len(err.splitlines()) == 1
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_who_may_not_read_the_configuration_is_told_so(shared):
    shared.config.chmod(0o600)
    code, out, err = as_user(shared, 54321, ADMINS, "list")
    assert (code, out) == (77, "") and "cannot read" in err and str(shared.config) in err


# --- lists ----------------------------------------------------------------------------------------


def test_filters_and_orders(filled):
    filled.run_ticket("priority", "urgent", "4")
    filled.run_ticket("move", "--queue", "ops", "5")
    filled.run_ticket("tag", "+vip", "3")
    filled.run_ticket("close", "2")
    assert numbers(filled, "--sort", "number") == [1, 3, 4, 5, 6]
    assert numbers(filled, "--all", "--sort", "number") == [1, 2, 3, 4, 5, 6]
    assert numbers(filled, "--sort", "priority")[0] == 4
    assert numbers(filled, "--sort", "number", "--limit", "2") == [1, 3]
    assert numbers(filled, "--limit", "1") == [3]
    assert numbers(filled, "--sort", "oldest")[-1] == 3
    assert numbers(filled, "--queue", "ops") == [5]
    assert numbers(filled, "--tag", "vip", "--priority", "normal") == [3]
    assert numbers(filled, "--requester", "EVIL@bad.example") == [6]
    assert numbers(filled, "--since", "1h", "--sort", "number") == [3, 4, 5]
    assert ends(filled, "list", "--queue", "nowhere")[::2] == (
        1,
        "ticket: there is no queue 'nowhere'\n",
    )


def test_a_format_has_every_name_of_a_ticket(filled):
    (ticket,) = filled.ticket("list", "--requester", "evil@bad.example")
    (line,) = lines(
        filled,
        "list",
        "--requester",
        "evil@bad.example",
        "--format",
        "\\t".join(f"{{{name}}}" for name in ticket),
    )
    values = dict(zip(ticket, line.split("\t")))
    assert (
        values["number"] == "6"
        and values["tag"] == "[example.com #6]"
        and values["requester"] == "evil@bad.example"
    )
    assert (values["agent"], values["undelivered"], values["queues"], values["merged_into"]) == (
        "",
        "false",
        "support",
        "",
    )


def test_a_piped_list_is_whole_and_separated_by_tabs(filled):
    filled.run_ticket("title", "long " * 60, "1")
    filled.run_ticket("title", "a\tb\nc", "2")
    rows = [line.split("\t") for line in lines(filled, "list")]
    assert all(len(row) == 8 for row in rows)
    found = {row[0]: row for row in rows}
    assert found["1"][7] == ("long " * 60).strip() and found["2"][7] == "a b c"
    assert found["3"][1:5] == ["new", "normal", "support", "-"] and re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["3"][5]
    )


def test_who_reads_only_the_first_line_is_no_error(filled):
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'set -o pipefail; "{program("ticket")}" show 1 2 3 4 5 --config "{filled.config}" | head -n 1',
        ],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("[example.com #1]")


# --- searching ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, found",
    [
        (("note-only",), [1]),
        (("NOTE-ONLY", "carla"), [1]),
        (("note-only", "nothing-like-it"), []),
        (("#3",), [3]),
        (("evil@bad",), [6]),
        (("ärger",), [2]),
        (("ARGER",), [2]),
        (("a\u0308rger",), [2]),
        (("vip",), [4]),
        (("anna@example.org",), [5]),
    ],
)
def test_a_search_looks_everywhere(filled, words, found, tmp_path):
    filled.run_ticket("note", "1", "-m", "a note-only word")
    filled.run_ticket("title", "ÄRGER mit dem Drucker", "2")
    filled.run_ticket("tag", "+vip", "4")
    box = tmp_path / "answer"
    box.write_bytes(
        mbox(
            [
                compose(
                    to="support@example.com",
                    headers=("Cc: anna@example.org", "In-Reply-To: <box-5@customer.example>"),
                )
            ]
        )
    )
    filled.run_ticket("import", box, *ACCOUNT)
    filled.run_ticket("close", "5")
    code, out, _ = ends(filled, "search", *words, "--format", "{number}")
    assert [int(line) for line in out.splitlines()] == found and code == (0 if found else 1)


# --- terminals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("show", "6"),
        ("show", "6", "--raw", "1"),
        ("show", "6", "--mbox"),
        ("search", "evil"),
        ("log",),
        ("list", "--format", "{subject} {requester_name}"),
        ("title", "\x1b[5mblink", "5"),
    ],
)
def test_nothing_of_a_mail_reaches_a_terminal_but_text(filled, words):
    seen = without_colours(seen_on_terminal(filled, *words, columns=100))
    assert seen and not DANGEROUS.search(seen), repr(seen)


# What nobody sees in a mail, or what turns what they see; a list shows Subjects, a ticket all of
# it.
UNSEEN = [
    "\u200b",
    "\u202e",
    "\u2066",
    "\u00ad",
    "\u200f",
    "\ufeff",
    "\u3164",
    "\U000e0041",
    "\u2060",
    "\ufff9",
]


@pytest.fixture
def unseen(filled, tmp_path):
    """Ticket 7, whose Subject, author and text have each of them; and an emoji and Persian, which need theirs."""
    text = "".join(f"a{each}b" for each in UNSEEN)
    box = tmp_path / "box"
    data = compose(
        f'"{text}" <eve@bad.example>',
        subject=text,
        body=f"{text} \u2764\ufe0f\u200d\U0001f525 \u0645\u06cc\u200c\u062e",
    )
    box.write_bytes(mbox([data]))
    filled.run_ticket("import", box, *ACCOUNT)
    return filled


def shown(character):
    return f"a<U+{ord(character):04X}>b"


@pytest.mark.parametrize(
    "words, times",
    [
        (("list",), 2),
        (("show", "7"), 3),
        (("show", "7", "--raw", "1"), 1),
        (("list", "--format", "{subject}"), 1),
        (("search", "eve"), 2),
    ],
)
def test_what_nobody_sees_is_shown_as_such_on_a_terminal(unseen, words, times):
    seen = without_colours(seen_on_terminal(unseen, *words, columns=1000))
    for each in UNSEEN:
        assert each not in seen and seen.count(shown(each)) >= times, (hex(ord(each)), seen)
    assert words != ("show", "7") or "\u2764\ufe0f\u200d\U0001f525 \u0645\u06cc\u200c\u062e" in seen


def test_json_has_what_was_written_and_escapes_it_for_a_terminal(unseen):
    (ticket,) = unseen.ticket("show", "7")
    seen = seen_on_terminal(unseen, "show", "7", "--json")
    for each in UNSEEN:
        assert f"a{each}b" in ticket["subject"] and f"a{each}b" in ticket["messages"][0]["text"]
        assert each not in seen
    assert json.loads(seen)["subject"] == ticket["subject"]


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "words, stdin",
    [
        (("show", LONG), b""),
        (("list", "--status", LONG), b""),
        (("show", "-"), LONG.encode()),
        (("queue", "add", LONG), b""),
        ((LONG,), b""),
        (("note", "1", "-F", LONG), b""),
        (("import", "--json", "-"), b'{"type":"' + LONG.encode() + b'"}'),
        (("list", "--queue", LONG), b""),
        (("agent", "add", "bo", "--address", LONG), b""),
        (("backup", LONG), b""),
        (("list", "--" + LONG), b""),
        (("show", "1", "--raw", LONG), b""),
    ],
)
def test_an_error_echoes_no_more_than_a_line_can_hold(filled, words, stdin):
    code, _, err = ends(filled, *words, stdin=stdin)
    first = err.splitlines()[0]
    assert code not in (0,) and first.startswith("ticket: ") and len(first) < 600, (
        code,
        first[:200],
        len(first),
    )


def test_an_error_shows_what_it_echoes(filled):
    _, _, err = ends(filled, "list", "--queue", "a\u202eb\x1b[31m\u200b")
    assert "a<U+202E>b<U+001B>[31m<U+200B>" in err


def test_a_raw_message_is_raw_in_a_file_and_said_to_be_rebuilt_when_it_is(filled):
    done = filled.run_ticket("show", "6", "--raw", "1")
    assert (done.stdout, done.stderr) == (HOSTILE, b"")
    shutil.rmtree(filled.archive)
    done = filled.run_ticket("show", "6", "--raw", "1")
    assert b"Subject: " in done.stdout and b"not in the archive" in done.stderr


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_list_fits_the_terminal_whatever_the_script(filled, columns):
    for number, title in (
        (1, "プリンターが燃えています、助けてください、急いでください、早く早く早く早く早く"),
        (2, "🔥 it burns 👍 " * 20),
        (3, "e\u0301" * 200),
    ):
        filled.run_ticket("title", title, str(number))
    rows = without_colours(seen_on_terminal(filled, "list", columns=columns)).splitlines()
    assert len(rows) == 7 and max(width(row) for row in rows) <= columns
    subject_at = {row[: width_prefix(row, rows[0].index("SUBJECT"))] for row in rows}
    assert len({width(text) for text in subject_at}) == 1


def width(text):
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def width_prefix(text, columns):
    """How many characters of text fill so many columns."""
    return next((n for n in range(len(text) + 1) if width(text[:n]) >= columns), len(text))


@pytest.fixture
def wide(filled):
    """Queues, agents, accounts and outgoing mail with more to say than sixty columns hold."""
    for name in ("a-queue-with-a-rather-long-name", "another-queue-with-a-longer-name"):
        filled.run_ticket("queue", "add", name, "--title", "What nobody else takes care of")
    filled.run_ticket(
        "agent",
        "add",
        "maximiliane",
        "--name",
        "Maximiliane von und zu Hohenfels",
        "--address",
        "maximiliane.hohenfels@example.com",
        "--address",
        "max@example.com",
        "--queue",
        "a-queue-with-a-rather-long-name",
        "--queue",
        "another-queue-with-a-longer-name",
    )
    filled.run_ticket(
        "queue", "set", "a-queue-with-a-rather-long-name", "--responsible", "maximiliane"
    )
    filled.run_ticket(
        "move", "--queue", "a-queue-with-a-rather-long-name", "--project", "the-long-project", "1"
    )
    filled.run_ticket("assign", "maximiliane", "1")
    filled.run_ticket("reply", "1", "-m", "We are on it.")
    account = {
        "address": "a.support.address.of.length@example.com",
        "project": "a-long-project-name",
        "queue": "a-queue-with-a-rather-long-name",
        "sender": "Everybody in Support <everybody@example.com>",
    }
    filled.configure(accounts=[*filled.settings["accounts"], account])
    return filled


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize(
    "words",
    [
        ("list", "--all"),
        ("queue", "list"),
        ("agent", "list"),
        ("account", "list"),
        ("outbox", "list"),
    ],
)
def test_no_table_is_wider_than_the_terminal(wide, words, columns):
    rows = without_colours(seen_on_terminal(wide, *words, columns=columns)).splitlines()
    assert len(rows) > 1 and max(map(width, rows)) <= columns, rows
    assert [row for row in rows if row != row.rstrip()] == []


def test_what_cannot_wait_is_seen_at_eighty_columns_and_no_colour_is_dark_blue(wide):
    wide.run_ticket("priority", "urgent", "1")
    for words in (("list", "--all"), ("show", "1")):
        assert "\x1b[31murgent\x1b[0m" in seen_on_terminal(wide, *words, columns=80)
    for words in (("list", "--all"), ("show", "1"), ("log",), ("stats",), ("outbox", "list")):
        assert not re.search(r"\x1b\[[0-9;]*34m", seen_on_terminal(wide, *words))


def test_times_are_the_readers_on_a_terminal_and_utc_elsewhere(filled):
    zone = {"TZ": "Asia/Tokyo"}
    said = seen_on_terminal(filled, "wait", "2099-01-01", "1", env=zone)
    assert said == "#1 waiting until 2099-01-01 00:00\n"
    shown = without_colours(seen_on_terminal(filled, "show", "1", env=zone))
    assert "2099-01-01 00:00" in shown and not re.search(r"\dZ\b", shown)
    (event,) = [event for event in filled.show(1)["events"] if event["to"] == "waiting"]
    assert event["text"] == "2098-12-31T15:00:00Z"
    done = filled.run_ticket("wait", "2099-01-02", "1", env={**os.environ, **zone})
    assert done.stdout == b"#1 waiting until 2099-01-01T15:00:00Z\n"
    piped = filled.run_ticket("log", "1", env={**os.environ, **zone}).stdout.decode()
    assert "2098-12-31T15:00:00Z" in piped


def test_nobody_is_told_of_what_they_did_themselves(filled):
    filled.add_agent("otto", name="Otto Ohm", address="otto@example.com", queue="support")
    env = {**os.environ, "MILTICKET_AGENT": "otto"}
    before = filled.outbox()
    filled.run_ticket("take", "1", env=env)
    filled.run_ticket("assign", "me", "2", env=env)
    assert [filled.show(number)["agent"] for number in (1, 2)] == ["otto", "otto"]
    assert filled.outbox() == before
    filled.run_ticket("assign", "otto", "3")
    assert [entry["to"] for entry in filled.outbox()[len(before) :]] == [["otto@example.com"]]
    assert ends(filled, "assign", "me", "3")[0] == 77


def test_colours_are_for_terminals_that_want_them(filled):
    assert "\x1b[31mnew\x1b[0m" in seen_on_terminal(filled, "list")
    assert "\x1b" not in seen_on_terminal(filled, "list", env={"NO_COLOR": "1"})
    assert "\x1b" not in seen_on_terminal(filled, "list", env={"TERM": "dumb"})
    assert "\x1b" not in filled.run_ticket("list").stdout.decode()
    assert seen_on_terminal(filled, "list", "--json").startswith("{")


def test_a_pager_is_used_as_git_does(filled, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\necho paged $LESS\ncat >{tmp_path}/page\n")
    pager.chmod(0o755)
    env = {"MILTICKET_PAGER": str(pager)}
    for words in (("list",), ("show", "1"), ("search", "box"), ("log",), ("stats",)):
        assert "paged FRX" in seen_on_terminal(filled, *words, env=env), words
        (tmp_path / "page").unlink()
    for words in (("list", "--no-pager"), ("list", "--json"), ("close", "1")):
        assert "paged" not in seen_on_terminal(filled, *words, env=env), words
    assert "paged" not in filled.run_ticket("list", env={**os.environ, **env}).stdout.decode()
    assert "paged" in seen_on_terminal(filled, "list", env={"PAGER": str(pager)})
    assert "NUMBER" in seen_on_terminal(
        filled, "list", env={"MILTICKET_PAGER": "no-such-program -x"}
    )


# --- the log --------------------------------------------------------------------------------------


def test_the_log_is_of_all_or_of_one(filled):
    filled.run_ticket("close", "1", "2")
    assert [(event["ticket"], event["kind"]) for event in filled.ticket("log", "-n", "2")] == [
        (1, "status"),
        (2, "status"),
    ]
    assert {event["ticket"] for event in filled.ticket("log", "2")} == {2} and len(
        filled.ticket("log", "2")
    ) == 2
    assert [row.split("\t")[1:4] for row in lines(filled, "log", "2", "--limit", "1")] == [
        ["2", "status", "unix:root"]
    ] or os.getuid()
    assert ends(filled, "log", "99")[0] == 1


def test_the_log_goes_on_after_a_serial(filled):
    filled.run_ticket("close", "1", "2")
    whole = filled.ticket("log", "--after", "0")
    assert len(whole) > 3 and [event["serial"] for event in whole] == sorted(
        {event["serial"] for event in whole}
    )
    assert filled.ticket("log", "--after", str(whole[1]["serial"])) == whole[2:]
    assert filled.ticket("log", "--after", str(whole[1]["serial"]), "-n", "1") == whole[2:3]
    assert ends(filled, "log", "--after", str(whole[-1]["serial"]))[:2] == (1, "")
    for nonsense in ("x", "-1", "", "1 2"):
        assert ends(filled, "log", "--after", nonsense)[0] == 64


def test_following_the_log_shows_what_happens_and_ends_in_order(filled, tmp_path):
    with (tmp_path / "log").open("wb") as out:
        follower = subprocess.Popen(
            [program("ticket"), "log", "--follow", "--config", str(filled.config)],
            stdout=out,
            stderr=subprocess.PIPE,
        )
        text = lambda: (tmp_path / "log").read_text()
        wait_until(lambda: "opened" in text(), "the past")
        filled.run_ticket("close", "1")
        wait_until(lambda: "new → closed" in text(), "what happened")
        filled.run_ticket("note", "2", "-m", "x")
        wait_until(lambda: "\tnote\t" in text(), "what happened then")
        follower.send_signal(signal.SIGINT)
        assert follower.wait(20) == 0 and follower.stderr.read() == b""
    assert len(text().splitlines()) == len(set(text().splitlines()))


def test_following_shows_mail_while_the_daemon_takes_it(tmp_path):
    daemon = Daemon(relay_port=9).start()
    try:
        with (tmp_path / "log").open("wb") as out, MilterClient(daemon.socket) as milter:
            follower = subprocess.Popen(
                [program("ticket"), "log", "-f", "--json", "--config", str(daemon.config)],
                stdout=out,
            )
            for number in (1, 2):
                milter.send(
                    "carla@customer.example",
                    ["support@example.com"],
                    compose(subject=f"Question {number}"),
                )
                wait_until(
                    lambda: (number, "opened") in kinds(tmp_path / "log"),
                    f"the mail of ticket {number}",
                )
            daemon.run_ticket("close", "1")
            wait_until(
                lambda: (1, "status") in kinds(tmp_path / "log"), "the change beside the daemon"
            )
            follower.send_signal(signal.SIGINT)
            assert follower.wait(20) == 0
    finally:
        daemon.kill()


def kinds(log):
    """(ticket, kind) of every whole line."""
    return [
        (event["ticket"], event["kind"])
        for event in map(json.loads, log.read_text().split("\n")[:-1])
    ]


def test_following_ends_when_nobody_reads(filled):
    follower = subprocess.Popen(
        [program("ticket"), "log", "--follow", "--config", str(filled.config)],
        stdout=subprocess.PIPE,
    )
    follower.stdout.readline()
    follower.stdout.close()
    assert follower.wait(20) == 0


# --- writing --------------------------------------------------------------------------------------


def test_texts_come_from_an_option_a_file_standard_input_or_an_editor(filled, tmp_path):
    (tmp_path / "text").write_text("from a file\n")
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\ncp "$1" {tmp_path}/shown; {{ echo from an editor; cat "$1"; }} >"$1.new"; mv "$1.new" "$1"\n'
    )
    editor.chmod(0o755)
    filled.run_ticket("note", "1", "-m", "from an option")
    filled.run_ticket("note", "1", "-F", tmp_path / "text")
    filled.run_ticket("note", "1", stdin=b"from standard input\n")
    assert "#1 noted" in seen_on_terminal(
        filled, "note", "1", env={"EDITOR": str(editor), "VISUAL": str(editor)}
    )
    notes = [
        message["text"].strip()
        for message in filled.show(1)["messages"]
        if message["direction"] == "note"
    ]
    assert notes == ["from an option", "from a file", "from standard input", "from an editor"]
    assert (
        "box-1" in (tmp_path / "shown").read_text()
        or "# A note on ticket #1" in (tmp_path / "shown").read_text()
    )
    assert ends(filled, "note", "1", "-m", " \n ")[0] == 65
    code, _, err = ends(filled, "note", "1", "-F", tmp_path / "none")
    assert code == 74 and f"cannot read '{tmp_path}/none': No such file or directory" in err
    code, _, err = ends(filled, "note", "1", stdin=b"x" * (2 << 20))
    assert code == 65 and "standard input is longer than 1 MiB" in err


def test_no_editor_opens_for_a_ticket_that_is_not_there(filled, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\ntouch {tmp_path}/opened\n")
    editor.chmod(0o755)
    assert "there is no ticket #99" in seen_on_terminal(
        filled, "reply", "99", env={"EDITOR": str(editor), "VISUAL": str(editor)}
    )
    assert not (tmp_path / "opened").exists()


# --- queues, agents -------------------------------------------------------------------------------


def test_a_queue_or_agent_with_open_tickets_stays_unless_they_move(filled):
    filled.run_ticket("assign", "ben", "1", "2")
    filled.run_ticket("queue", "set", "ops", "--responsible", "ben")
    code, _, err = ends(filled, "queue", "remove", "support")
    assert code == 77 and "6 open tickets" in err and "--move-to" in err
    assert ends(filled, "agent", "remove", "ben")[0] == 77
    assert ends(filled, "queue", "remove", "support", "--move-to", "nowhere")[0] == 1
    assert ends(filled, "queue", "remove", "support", "--move-to", "support")[0] == 65
    assert {queue["name"] for queue in filled.ticket("queue", "list")} == {"ops", "support"}
    filled.run_ticket("queue", "remove", "support", "--move-to", "ops")
    filled.run_ticket("agent", "remove", "ben", "--move-to", "anna")
    (queue,) = filled.ticket("queue", "list")
    assert (queue["name"], queue["open"], queue["responsible"]) == ("ops", 6, "anna")
    assert numbers(filled, "--agent", "anna", "--sort", "number") == [1, 2]


# --- statistics -----------------------------------------------------------------------------------


def test_statistics_agree_with_the_tickets_in_every_form(filled):
    filled.run_ticket("assign", "anna", "1")
    filled.run_ticket("close", "2")
    (stats,) = filled.ticket("stats")
    assert (stats["total"], stats["open"], stats["status"]["closed"], stats["status"]["new"]) == (
        6,
        5,
        1,
        4,
    )
    assert (
        stats["resolution"]["count"] == 1
        and stats["resolution"]["median_s"] == stats["resolution"]["p90_s"] > 0
    )
    assert stats["first_response"] == {"count": 0, "median_s": None, "p90_s": None}
    assert [(agent["name"], agent["open"]) for agent in stats["agents"]] == [("anna", 1), (None, 4)]
    assert filled.ticket("stats", "--since", "2026-11-01")[0]["total"] < 6
    families = {
        family.name: family
        for family in text_string_to_metric_families(
            filled.run_ticket("stats", "--prometheus").stdout.decode()
        )
    }
    by_status = {
        sample.labels["status"]: sample.value for sample in families["milticket_tickets"].samples
    }
    assert by_status == {name: float(count) for name, count in stats["status"].items()}
    closing = families["milticket_queue_resolution_seconds"]
    assert closing.type == "summary" and closing.documentation
    assert {
        sample.name: sample.value for sample in closing.samples if "quantile" not in sample.labels
    }["milticket_queue_resolution_seconds_count"] == 1
    seen = seen_on_terminal(filled, "stats")
    assert "█" in seen and "support" in seen and "median" in seen

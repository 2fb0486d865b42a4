"""The manual, the completions and the schema know every command and option, and what they say is so."""
import datetime
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

import jsonschema
import pytest
from harness.box import mail, mbox
from harness.daemon import Daemon
from harness.ground import SOURCE, new_directory, program, run, tool

PAGE = SOURCE / "tools" / "ticket.1"
SCHEMA = json.loads((SOURCE / "tools" / "ticket.schema.json").read_text())
COMPLETIONS = SOURCE / "tools" / "completions"


def told(*words):
    return run(program("ticket"), *words).stdout.decode()


def commands():
    """Every command that help lists, and "complete", which is for programs."""
    listed = [line[2:20].strip() for line in told("help").splitlines() if line.startswith("  ")]
    return [*listed, "complete"]


def options(command):
    """Long names and letters of a command's options, the common ones left out."""
    common = {"config", "json", "no-pager", "help"}
    lines = [
        line
        for line in told("help", *command.split()).splitlines()
        if re.match(r"  (-\w, |    )--", line)
    ]
    found = [re.match(r"  (?:-(\w), |    )--([\w-]+)", line).groups() for line in lines]
    return [(letter, name) for letter, name in found if name not in common]


def manual():
    return PAGE.read_text()


def described(command):
    """The page's text on one command: from its item to the next command's."""
    parts = re.split(r"^\.It Cm (?=\w)", manual().split(".Sh JSON")[0], flags=re.M)
    return next(
        (
            part
            for part in parts
            if part.split(".El")[0].startswith(command + "\n") or part.startswith(command + " ")
        ),
        None,
    )


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """Five tickets, an agent, a note, an answer, a merge, and something in the outbox."""
    desk = Daemon(relay_port=9, directory=new_directory("cli-pattern"))
    desk.add_queue("support", title="First level")
    desk.run_ticket(
        "agent",
        "add",
        "anna",
        "--name",
        "Anna Adler",
        "--address",
        "anna@example.com",
        "--queue",
        "support",
    )
    box = tmp_path_factory.mktemp("box") / "box"
    box.write_bytes(mbox([mail(number) for number in range(1, 6)]))
    desk.run_ticket("import", box, "--account", "support@example.com")
    desk.run_ticket("assign", "anna", "1")
    desk.run_ticket("note", "1", "-m", "she called")
    desk.run_ticket("reply", "1", "-m", "We are on it.")
    desk.run_ticket("close", "2")
    desk.run_ticket("merge", "3", "--into", "4")
    return desk


@pytest.fixture
def filled(pattern):
    """A copy of it."""
    desk = Daemon(relay_port=9, directory=new_directory("cli"))
    desk.copy_store(pattern)
    shutil.copytree(pattern.archive, desk.archive, dirs_exist_ok=True)
    return desk


# --- the manual -------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    (PAGE, SOURCE / "conf" / "milticket.conf.5", SOURCE / "conf" / "milticket-agents.7"),
    ids=lambda page: page.name,
)
def test_the_manual_is_well_formed(page):
    found = subprocess.run([tool("mandoc"), "-Tlint", page], capture_output=True, text=True).stdout
    # Whether other pages and mandoc's database are installed is no matter of this one.
    assert [
        line
        for line in found.splitlines()
        if "referenced manual not found" not in line and "mandoc.db" not in line
    ] == []


@pytest.mark.parametrize("command", commands())
def test_the_manual_has_every_command_and_each_of_its_options(command):
    # Commands that share their options are described together: the options come behind one of them.
    shared = {"search": "list", "note": "reply", "queue add": "queue set", "agent add": "agent set"}
    shared["away"] = "back"
    text = described(command)
    assert text, f"{command} is not in {PAGE.name}"
    text += described(shared[command]) if command in shared else ""
    # Those of a query are described once, before the first command that has them.
    text += (
        manual().split(".Ss Working")[1].split(".It Cm take")[0]
        if "query" in dict(map(reversed, options(command)))
        else ""
    )
    for letter, name in options(command):
        assert re.search(
            rf"Fl {letter + ' , ' if letter else ''}-{name}\b", text
        ), f"{command} --{name}"


def test_the_manual_describes_no_command_that_there_is_not():
    known = set(commands())
    for line in re.findall(r"^\.It Cm (\w.*)", manual().split(".Sh JSON")[0], flags=re.M):
        words = line.split()
        assert words[0] in known or " ".join(words[:2]) in known, line


def test_the_manual_names_every_member_of_the_schema():
    # \& and the macros between names are of no interest: a name is a word.
    words = set(re.findall(r"[a-z0-9_]+", manual().split(".Sh JSON")[1]))
    of_others = {"ok", "config", "tag.name"}
    missing = (
        {name for kind in SCHEMA["$defs"].values() for name in kind.get("properties", {})}
        - words
        - of_others
    )
    assert missing == set()


@pytest.mark.parametrize("code", ["0", "1", "64", "65", "73", "74", "75", "77", "78"])
def test_the_manual_has_every_exit_status(code):
    assert f".It {code}\n" in manual().split(".Sh EXIT STATUS")[1]


# --- JSON -----------------------------------------------------------------------------


def valid(kind, value):
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]}).validate(
        value
    )


@pytest.mark.parametrize(
    "kind, words",
    [
        ("ticket", ("list", "--all")),
        ("ticket", ("search", "customer")),
        ("shown", ("show", "1", "2", "3", "4")),
        ("logged", ("log", "-n", "100")),
        ("logged", ("log", "1")),
        ("queue", ("queue", "list")),
        ("queue", ("queue", "show", "support")),
        ("queue", ("queue", "add", "ops", "--title", "Operations")),
        ("queue", ("queue", "set", "support", "--title", "Desk")),
        ("agent", ("agent", "list")),
        ("agent", ("agent", "add", "ben")),
        ("agent", ("agent", "set", "anna", "--name", "Anna A.")),
        ("account", ("account", "list")),
        ("account", ("account", "test", "support@example.com")),
        ("outgoing", ("outbox", "list")),
        ("outgoing", ("outbox", "retry", "1")),
        ("outgoing", ("outbox", "flush")),
        ("outgoing", ("outbox", "drop", "1", "2")),
        ("stats", ("stats",)),
        ("stats", ("stats", "--since", "1d")),
        ("settings", ("config", "show")),
        ("checked", ("config", "check")),
        ("version", ("version",)),
        ("ticket", ("take", "4")),
        ("ticket", ("requester", "dora@customer.example", "4")),
        ("ticket", ("watch", "boss@customer.example", "4")),
        ("ticket", ("release", "1")),
        ("ticket", ("assign", "anna", "4", "5")),
        ("ticket", ("status", "clarify", "4")),
        ("ticket", ("close", "4")),
        ("ticket", ("reopen", "2")),
        ("ticket", ("wait", "3d", "4")),
        ("ticket", ("remind", "3d", "4", "-m", "call them")),
        ("ticket", ("spam", "5")),
        ("ticket", ("move", "--project", "core", "4")),
        ("ticket", ("priority", "high", "4")),
        ("ticket", ("tag", "+vip", "4")),
        ("ticket", ("title", "Smoke", "4")),
        ("ticket", ("merge", "5", "--into", "4")),
        ("ticket", ("split", "1", "1")),
        ("ticket", ("link", "4", "5")),
        ("ticket", ("note", "4", "-m", "x")),
        ("ticket", ("reply", "4", "-m", "x")),
        ("ticket", ("send", "4", "anna")),
        ("purged", ("purge", "--closed-before", "0s")),
        ("redacted", ("redact", "carla@customer.example")),
        ("exported", ("export",)),
    ],
)
def test_json_is_as_the_schema_has_it(filled, kind, words):
    printed = filled.ticket(*words, env={**os.environ, "MILTICKET_AGENT": "anna"})
    assert printed
    for value in printed:
        valid(kind, value)
        jsonschema.Draft202012Validator(SCHEMA).validate(value)


def test_json_of_a_check_is_as_the_schema_has_it(filled):
    next(filled.archive.rglob("*.eml")).unlink()
    done = filled.run_ticket("check", "--json", check=False)
    assert done.returncode == 65 and done.stdout
    for line in done.stdout.splitlines():
        valid("found", json.loads(line))


# PRODUCT's names, word for word; the schema may not drift from them together with the code.
NAMES = {
    "shown": "number tag subject queue queues project status priority agent requester participants tags opened updated last_in last_out"
    " first_response closed wait_until respond_by resolve_by overdue undelivered links merged_into messages_count attachments_count messages events",
    "message": "seq direction message_id in_reply_to references from to cc subject date received match size attachments text archive queue_id reply_to",
    "event": "time actor way kind from to text",
    "queue": "name title responsible members open new signature assign calendar",
    "agent": "login name addresses queues active away_until deputy zone language",
    "outgoing": "id ticket event to state attempts next_try last_reply",
}


def test_the_names_of_json_are_those_that_were_promised(filled):
    shown = filled.show(1)
    found = {
        "shown": shown,
        "message": shown["messages"][0],
        "event": shown["events"][0],
        "queue": filled.ticket("queue", "list")[0],
        "agent": filled.ticket("agent", "list")[0],
        "outgoing": filled.outbox()[0],
    }
    for kind, names in NAMES.items():
        assert set(found[kind]) == set(names.split()), kind
    assert shown["requester"].keys() == {"name", "address"}
    assert filled.ticket("list")[0].keys() == shown.keys() - {"messages", "events"}


def test_json_of_an_explanation_is_as_the_schema_has_it(filled):
    (value,) = [
        json.loads(line)
        for line in filled.run_ticket(
            "explain", "-", "--json", stdin=mail(7, answers=[1])
        ).stdout.splitlines()
    ]
    valid("explained", value)


def test_json_of_attachments_is_as_the_schema_has_it(filled, tmp_path):
    headers = ["Content-Type: application/pdf; name=a.pdf", "Content-Disposition: attachment"]
    (tmp_path / "box").write_bytes(mbox([mail(8, headers=headers)]))
    filled.run_ticket("import", tmp_path / "box", "--account", "support@example.com")
    newest = max(ticket["number"] for ticket in filled.tickets())
    (value,) = filled.ticket("attachment", str(newest))
    valid("listed_attachment", value)


def test_json_of_the_doctor_is_as_the_schema_has_it(filled):
    (value, *more) = filled.ticket("doctor", "--postfix-config", "/nonexistent")
    for finding in (value, *more):
        valid("diagnosed", finding)


def test_json_of_an_import_is_as_the_schema_has_it(filled, tmp_path):
    (tmp_path / "box").write_bytes(mbox([mail(7)]))
    (value,) = filled.ticket("import", tmp_path / "box", "--account", "support@example.com")
    valid("imported", value)


@pytest.mark.parametrize("words", [("queue", "remove", "ops"), ("agent", "remove", "ben")])
def test_json_of_a_removal_is_as_the_schema_has_it(filled, words):
    filled.add_queue("ops")
    filled.add_agent("ben")
    (value,) = filled.ticket(*words)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)


# --- completions -------------------------------------------------------------------------


def candidates(desk, *words):
    done = run(program("ticket"), "complete", "--", f"--config={desk.config}", *words)
    assert done.stderr == b""
    return [line.split("\t")[0] for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize("command", commands()[:-1])
def test_every_command_and_option_is_completed(pattern, command):
    *before, last = command.split()
    assert last in candidates(pattern, *before, last[:2])
    assert {f"--{name}" for _, name in options(command)} <= set(
        candidates(pattern, *command.split(), "--")
    )


@pytest.mark.parametrize(
    "words, expected",
    [
        (("show", ""), {"1", "4", "5"}),
        (("close", "1", ""), {"1", "4", "5"}),
        (("show", "#"), {"#1", "#4", "#5"}),
        (("reopen", ""), {"2"}),
        (("assign", ""), {"anna"}),
        (("assign", "anna", "4"), {"4"}),
        (("list", "--queue", ""), {"support"}),
        (("list", "--queue="), {"--queue=support"}),
        (("list", "-q", "su"), {"support"}),
        (("list", "--agent", ""), {"anna", "none", "me"}),
        (("list", "--status", "new,o"), {"new,open"}),
        (("list", "--sort", "o"), {"oldest", "opened"}),
        (("status", "c"), {"clarify", "closed"}),
        (("priority", "u"), {"urgent"}),
        (("merge", "4", "--into", ""), {"1", "4", "5"}),
        (("agent", "remove", "--move-to", ""), {"anna"}),
        (("import", "--account", ""), {"support@example.com"}),
        (("help", "queue", "re"), {"remove"}),
        (("import", ""), set()),
        (("nonsense", ""), set()),
    ],
)
def test_what_may_stand_where(pattern, words, expected):
    assert set(candidates(pattern, *words)) == expected


def test_completing_says_nothing_when_there_is_no_store(tmp_path):
    done = run(program("ticket"), "complete", "--", f"--config={tmp_path}/none.conf", "show", "")
    assert (done.stdout, done.stderr) == (b"", b"")


def shell_environment():
    return {
        **os.environ,
        "PATH": f"{os.path.dirname(program('ticket'))}:/usr/bin:/bin",
        "TERM": "dumb",
    }


def test_bash_completes(pattern):
    script = f"""source {COMPLETIONS}/ticket.bash
        try() {{ COMP_WORDS=(ticket "$@"); COMP_CWORD=$#; COMPREPLY=(); _ticket ticket
            echo "${{COMPREPLY[*]}}"; }}
        try lis
        try --config {pattern.config} assign ''
        try --config = {pattern.config} close 4
        try --config {pattern.config} list --queue = su
        complete -p ticket"""
    done = run("bash", "--norc", "-c", script, env=shell_environment())
    assert done.stdout.decode().splitlines() == [
        "list",
        "anna",
        "4",
        "support",
        "complete -o nosort -F _ticket ticket",
    ]


def bash_completes(desk, words):
    """What bash offers, where it splits words at colons, with the program's own questions in between."""
    asked = desk.directory / "asked"
    (desk.directory / "ticket").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{asked}\nexec {program("ticket")} "$@"\n'
    )
    (desk.directory / "ticket").chmod(0o755)
    script = f"""source {COMPLETIONS}/ticket.bash
        try() {{ COMP_WORDS=(ticket "$@"); COMP_CWORD=$#; COMPREPLY=(); _ticket ticket
            printf '%s\\n' "${{COMPREPLY[@]}}"; }}
        try {words}"""
    env = shell_environment()
    env["PATH"] = f"{desk.directory}:{env['PATH']}"
    done = run("bash", "--norc", "-c", script, env=env)
    return done.stdout.decode().splitlines(), asked.read_text().splitlines()[2:]


@pytest.mark.parametrize(
    "words, step", [("list --since ''", -1), ("stats --since ''", -1), ("wait ''", 1)]
)
def test_bash_completes_dates(pattern, words, step):
    offered, _ = bash_completes(pattern, words)
    today = datetime.date.today()
    assert str(today + datetime.timedelta(days=step)) in offered and "3d" in offered
    assert str(today - datetime.timedelta(days=step)) not in offered


def test_bash_asks_for_a_time_of_day_as_one_word(pattern):
    _, asked = bash_completes(pattern, "list --since 2026-11-24T03 : 15 --until 2026-11-24T05 : 1")
    assert asked == ["list", "--since", "2026-11-24T03:15", "--until", "2026-11-24T05:1"]
    _, asked = bash_completes(pattern, "list --since = 2026-11-24T03 : ''")
    assert asked == ["list", "--since", "2026-11-24T03:"]


@pytest.mark.parametrize(
    "words, wanted",
    [
        ("list \"'is:open queue:supp\"", ["is:open queue:support"]),
        ("close --query '\"(is:op'", ["(is:open"]),
        ("list \"'is:open requester\"", ["is:open requester:", "is:open requester: "]),
        ("list is : op", ["open"]),
        ("list \"'nosuch:\"", [""]),
    ],
)
def test_bash_completes_queries_in_quotes(pattern, words, wanted):
    """Bash replaces all that stands after the quote; of one candidate it would close the quote."""
    words = words.split(" ", 1)
    offered, _ = bash_completes(pattern, f"{words[0]} --config {pattern.config} {words[1]}")
    assert offered == wanted


def test_fish_completes(pattern):
    script = f"""source {COMPLETIONS}/ticket.fish
        complete -C 'ticket lis'
        complete -C 'ticket --config {pattern.config} assign '
        complete -C 'ticket --config {pattern.config} list --queue='"""
    done = run(
        "fish",
        "--no-config",
        "-c",
        script,
        env={**shell_environment(), "HOME": str(pattern.directory)},
    )
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == [
        "list",
        "anna",
        "--queue=support",
    ]


def typed(command, env, keys, expect, seconds=30):
    """What a shell on a terminal shows after these keys, each pair sent once the text before it was seen."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, env)
    seen, end = "", time.monotonic() + seconds
    try:
        for prompt, text in keys:
            seen = wait_for(terminal, prompt, end)
            os.write(terminal, text.encode())
        return wait_for(terminal, expect, end)
    finally:
        os.kill(process, 9)
        os.close(terminal)
        os.waitpid(process, 0)


def wait_for(terminal, text, end):
    seen = ""
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"waited in vain for {text!r}; saw {seen!r}"
        seen += os.read(terminal, 65536).decode(errors="replace")
    return seen


def test_zsh_completes(pattern, tmp_path):
    (tmp_path / "_ticket").write_text((COMPLETIONS / "ticket.zsh").read_text())
    (tmp_path / ".zshrc").write_text(
        f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D; PROMPT='ready> '\n"
    )
    keys = [
        ("ready> ", "ticket lis\t"),
        ("ticket list ", f"\x15ticket --config {pattern.config} assign an\t"),
    ]
    typed(
        ["zsh", "-d", "-i"], {**shell_environment(), "ZDOTDIR": str(tmp_path)}, keys, "assign anna"
    )

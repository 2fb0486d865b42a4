"""Neither the daemon nor a command waits for the other longer than one commit: what a person takes hours over is outside of transactions."""
import fcntl
import json
import os
import struct
import subprocess
import termios

import pytest
from harness import lmdb, postgresql
from harness.box import mail, mbox
from harness.daemon import Daemon
from harness.ground import new_directory, program, wait_until

ACCOUNT = ("--account", "support@example.com")
PIPE, PAGE = 4096, 1000


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """More tickets than are read in one go, and a long line of everything there is."""
    desk = Daemon(
        relay_port=9,
        directory=new_directory("waiting-pattern"),
        settings={"store": {"durable": False}, "archive": {"path": ""}},
    )
    box = tmp_path_factory.mktemp("box") / "box"
    box.write_bytes(mbox(mail(number) for number in range(1, PAGE + 301)))
    desk.run_ticket("import", box, *ACCOUNT)
    desk.add_queue("ops", title="Operations " * 1000)
    desk.add_agent(
        "anna", name="Anna " * 3000, address="anna@example.com", queue=["support", "ops"]
    )
    desk.run_ticket("note", "1", "-m", "It burns. " * 5000)
    desk.run_ticket("reply", "1", "-m", "It does not.")
    return desk


@pytest.fixture
def filled(pattern):
    desk = Daemon(
        relay_port=9, directory=new_directory("waiting"), settings={"archive": {"path": ""}}
    )
    desk.copy_store(pattern)
    return desk


def start(desk, *words):
    """Runs a command whose output nobody reads yet."""
    process = subprocess.Popen(
        [program("ticket"), *words, "--config", desk.config], stdout=subprocess.PIPE, pipesize=PIPE
    )
    wait_until(
        lambda: unread(process) == PIPE or process.poll() is not None, f"{words} to fill the pipe"
    )
    assert process.poll() is None, f"{words} ended with {process.returncode}"
    return process


def unread(process):
    return struct.unpack("i", fcntl.ioctl(process.stdout, termios.FIONREAD, b"    "))[0]


def holds_a_transaction(desk, process):
    """On a server nobody else is at that database."""
    if desk.base:
        return postgresql.shared().transactions(desk.base)
    return process.pid in lmdb.readers(desk.store)


def listed(output):
    return [json.loads(line)["number"] for line in output.splitlines()]


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--json"),
        ("list", "--all", "--format", "{number} {subject} {participants}"),
        ("list", "--sort", "number"),
        ("search", "customer", "--limit", "900"),
        ("show", "1", "--json"),
        ("show", "1"),
        ("show", "1", "--mbox"),
        ("log", "-n", "900"),
        ("log", "-n", "900", "--follow"),
        ("queue", "list"),
        ("queue", "list", "--json"),
        ("agent", "list"),
        ("export", "--json"),
        ("export", "--mbox"),
    ],
)
def test_a_reader_who_stops_reading_holds_up_no_transaction(pattern, words):
    process = start(pattern, *words)
    assert not holds_a_transaction(pattern, process)
    process.stdout.close()
    process.wait(30)


def test_a_long_list_is_whole_in_order_and_has_nothing_twice(filled):
    tickets = filled.ticket("list")
    assert len(tickets) == PAGE + 300 and tickets == sorted(
        tickets, key=lambda ticket: (ticket["updated"], ticket["number"]), reverse=True
    )
    every = [ticket["number"] for ticket in tickets]
    assert sorted(every) == list(range(1, PAGE + 301))
    assert (
        listed(filled.run_ticket("list", "--json", "--limit", str(PAGE + 7)).stdout)
        == every[: PAGE + 7]
    )
    assert (
        listed(filled.run_ticket("list", "--json", "--sort", "oldest").stdout)[:5]
        == every[::-1][:5]
    )
    found = listed(filled.run_ticket("search", "customer", "--limit", "5000", "--json").stdout)
    assert sorted(found) == sorted(every)
    assert (
        listed(filled.run_ticket("search", "customer", "--sort", "activity", "--json").stdout)
        == every[:50]
    )


def test_tickets_that_change_while_somebody_reads_are_listed_once(filled):
    process = start(filled, "list", "--json")
    order = listed(filled.run_ticket("list", "--json").stdout)
    filled.run_ticket("priority", "high", str(order[10]), str(order[PAGE + 10]))
    filled.run_ticket("close", str(order[PAGE + 20]))
    seen = listed(process.communicate(timeout=60)[0])
    assert sorted(seen) == sorted(set(order) - {order[PAGE + 20]})


@pytest.mark.embedded("its commits are counted in the file")
@pytest.mark.parametrize(
    "words, count",
    [
        (("list",), 0),
        (("show", "1"), 0),
        (("search", "customer"), 0),
        (("log",), 0),
        (("stats",), 0),
        (("queue", "list"), 0),
        (("check",), 0),
        (("close", "1", "2", "3"), 1),
        (("take", "4"), 1),
        (("assign", "anna", "5", "6"), 1),
        (("move", "--queue", "ops", "--project", "x", "7", "8"), 1),
        (("tag", "+x", "9"), 1),
        (("merge", "10", "11", "--into", "12"), 1),
        (("link", "13", "14"), 1),
        (("note", "15", "-m", "x"), 1),
        (("reply", "16", "-m", "x"), 1),
        (("send", "17", "anna"), 1),
        (("queue", "set", "ops", "--title", "x"), 1),
        (("agent", "set", "anna", "--name", "x"), 1),
        (("queue", "remove", "support", "--move-to", "ops"), 1),
        (("outbox", "retry", "1"), 1),
    ],
)
def test_a_command_commits_once_however_many_tickets_it_changes(filled, words, count):
    before = lmdb.commits(filled.store)
    filled.run_ticket(*words, env={**os.environ, "MILTICKET_AGENT": "anna"})
    assert lmdb.commits(filled.store) - before == count


def test_the_store_is_everybodys_while_an_editor_is_open(filled, tmp_path):
    """What is typed is typed outside of transactions: the editor itself writes to the store."""
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\n{program("ticket")} close 2 --config {filled.config} || exit 1\necho typed >"$1"\n'
    )
    editor.chmod(0o755)
    subprocess.run(
        ["script", "-qec", f'{program("ticket")} note 1 --config {filled.config}', "/dev/null"],
        check=True,
        timeout=60,
        env={**os.environ, "VISUAL": str(editor)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    assert (
        filled.show(2)["status"] == "closed" and filled.show(1)["messages"][-1]["text"] == "typed"
    )


@pytest.mark.embedded("its commits are counted in the file")
def test_a_queue_with_many_closed_tickets_goes_in_short_transactions(filled):
    filled.run_ticket("close", *map(str, range(1, 1201)))
    before = lmdb.commits(filled.store)
    (told,) = filled.ticket("queue", "remove", "support", "--move-to", "ops")
    assert (told["moved"], lmdb.commits(filled.store) - before) == (PAGE + 300, 1200 // 500 + 2)
    assert [(queue["name"], queue["open"]) for queue in filled.ticket("queue", "list")] == [
        ("ops", PAGE + 300 - 1200)
    ]

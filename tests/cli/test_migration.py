"""A store of format 2, as the version before wrote it, opened by this one: every command says what
it said.

format-2/rows.dump is mdb_dump's text of a store that mail and commands were given to; answers.jsonl
is what each command of that version printed about it as JSON (of listings, the numbers). Of the
check it is how many findings, and none is expected: that version took the ids of automatic mail of
purged tickets for damage."""
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.client import compose
from harness.daemon import Daemon
from harness.ground import give, program
from harness.milter import MilterClient

HERE = Path(__file__).resolve().parent / "format-2"
ACCOUNTS = (
    {"address": "support@example.com", "queue": "support", "project": "helpdesk"},
    {"address": "sales@example.com", "queue": "sales"},
    {"address": "archive@example.com", "queue": "archive", "close_on_arrival": True},
)
pytestmark = pytest.mark.embedded("no database ever had that format")
STEPS = ("migration-begun", "lists-deleted", "migration-written", "migrated")


def old_store(directory):
    subprocess.run(
        ["mdb_load", "-f", HERE / "rows.dump", directory], check=True, stderr=subprocess.DEVNULL
    )
    for file in directory.iterdir():
        give(file)
        file.chmod(0o660)


@pytest.fixture
def desk():
    daemon = Daemon(relay_port=9, accounts=ACCOUNTS, settings={"archive": {"path": ""}})
    old_store(daemon.store)
    return daemon


def answer(desk, command):
    words = command.split()
    done = desk.run_ticket(*words, "--json", check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if words[0] in ("list", "search") and command != "list --all":
        lines = [line["number"] for line in lines]
    if command == "check":
        lines = len(lines)
    return {"command": command, "code": done.returncode, "lines": lines}


def answers_before():
    return [json.loads(line) for line in (HERE / "answers.jsonl").read_text().splitlines()]


def known(before, now):
    """What is said now without what was not said then: fields that came since."""
    if isinstance(before, dict) and isinstance(now, dict):
        return {key: known(before.get(key), now[key]) for key in now if key in before}
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [known(*pair) for pair in zip(before, now)]
    return now


def assert_says_what_it_said(desk):
    for before in answers_before():
        assert known(before, answer(desk, before["command"])) == before


def test_every_command_says_the_same_before_and_after(desk):
    assert_says_what_it_said(desk)


def test_a_daemon_brings_it_up_to_date_and_goes_on(desk):
    """What it may do by itself, now that years may have passed, is wake tickets and send mail."""
    desk.start()
    mail = compose(
        "carla@customer.example",
        "support@example.com",
        "Re: The printer",
        headers=["In-Reply-To: <m1@customer.example>"],
    )
    with MilterClient(desk.socket) as client:
        result = client.send("carla@customer.example", ["support@example.com"], mail)
    desk.stop()
    assert result.headers("X-Ticket") == [" 1"]
    before = next(a for a in answers_before() if a["command"] == "check")
    assert answer(desk, "check") == before
    assert [t["number"] for t in desk.ticket("list", "--limit", "1")] == [1]


@pytest.mark.parametrize("step", STEPS)
def test_whoever_dies_on_the_way_leaves_a_store_that_can_be_used(desk, step):
    done = desk.run_ticket("list", check=False, env={**os.environ, "MILTICKET_DIE_AT": step})
    assert done.returncode == -9
    assert_says_what_it_said(desk)


def test_not_while_a_daemon_runs_that_may_know_only_the_old_format(desk):
    with (desk.store / "daemon.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = desk.run_ticket("list", check=False)
    assert done.returncode == 75
    assert b"format 2" in done.stderr and b"restart it" in done.stderr
    assert_says_what_it_said(desk)


def test_commands_that_come_at_once_wait_for_the_first(desk):
    words = [program("ticket"), "list", "--config", desk.config]
    running = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(8)]
    assert [process.wait() for process in running] == [0] * 8
    assert_says_what_it_said(desk)


def test_a_backup_of_the_old_format_is_restored(desk, tmp_path):
    backup = tmp_path / "backup.mdb"
    shutil.move(desk.store / "data.mdb", backup)
    desk.run_ticket("restore", backup)
    assert_says_what_it_said(desk)

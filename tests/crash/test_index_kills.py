"""The search index under a daemon that is killed again and again: in the end it has what the store has."""
import os
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from harness.box import mail, mbox
from harness.daemon import INDEX, Daemon
from harness.ground import new_directory, program, wait_until
from harness.load import Load

KILLS = int(os.environ.get("CRASH_KILLS", "200")) // 20


def test_the_index_is_whole_after_any_number_of_kills(daemon, sink):
    daemon.start()
    load, dice = Load(daemon, seed=7).run(), random.Random(7)
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.05, 1.2))
        daemon.kill()
        daemon.start()
    load.finish()

    def whole():
        status = daemon.ticket("index", "status")
        return status and status[0]["behind"] == 0 and status[0]["missing"] == 0 and status[0]

    assert wait_until(whole, "the index")["tickets"] == len(daemon.ticket("list", "--all"))
    for ticket in daemon.ticket("list", "--all")[:50]:
        done = daemon.run_ticket(
            "search", ticket["subject"], "--format", "{number}", "--limit", "100000"
        )
        assert str(ticket["number"]).encode() in done.stdout.split()
    daemon.stop()


# --- the tool's own -----------------------------------------------------------------------

TICKETS = 400
# Of every ticket a word of its own, of every tenth another.
BODY = "Word unique{0}x of many, {1}."


@pytest.fixture
def desk():
    desk = Daemon(relay_port=9, directory=new_directory("killed"))
    desk.run_ticket("queue", "add", "support")
    box = desk.directory / "box"
    mails = [
        mail(n, body=BODY.format(n, "hexareme" if n % 10 == 0 else "bireme") + " padding" * 200)
        for n in range(1, TICKETS + 1)
    ]
    box.write_bytes(mbox(mails))
    desk.run_ticket("import", box, "--account", "support@example.com")
    return desk


def start(desk, *words):
    return subprocess.Popen(
        [program("ticket"), words[0], "--config", str(desk.config), *map(str, words[1:])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def found(desk, *words):
    done = desk.run_ticket("search", *words, "--format", "{number}", "--limit", "9999", check=False)
    return sorted(int(line) for line in done.stdout.split()), done.stderr.decode()


def is_whole(desk):
    """It says what the store says, and SQLite finds nothing wrong with it."""
    assert found(desk, "hexareme") == (list(range(10, TICKETS + 1, 10)), "")
    assert found(desk, f"unique{TICKETS}x") == ([TICKETS], "")
    for name in INDEX:
        file = sqlite3.connect(desk.store / name)
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        file.execute("INSERT INTO words(words) VALUES('integrity-check')")
        file.close()


def test_a_rebuild_that_is_killed_leaves_what_can_be_gone_on_with(desk):
    dice = random.Random(11)
    for _ in range(KILLS * 2):
        rebuild = start(desk, "index", "rebuild")
        time.sleep(dice.uniform(0.0, 0.15))
        rebuild.kill()
        rebuild.wait()
        numbers, _ = found(desk, "hexareme")
        assert numbers == list(range(10, TICKETS + 1, 10))
    is_whole(desk)


def test_several_at_once_make_one_index(desk):
    for _ in range(KILLS // 2 + 1):
        for path in desk.store.glob("search.sqlite*"):
            path.unlink()
        both = [start(desk, "index", "rebuild"), start(desk, "search", "hexareme")]
        both += [start(desk, "index", "rebuild"), start(desk, "note", "1", "-m", "A note.")]
        assert [one.wait(60) for one in both][1::2] == [0, 0]
        is_whole(desk)


def everything(desk):
    return b"".join(path.read_bytes() for path in desk.store.glob("search.sqlite*")).lower()


@pytest.mark.parametrize(
    "step, words",
    [
        ("batch-purged", ("purge", "--closed-before", "1s")),
        ("tickets-redacted", ("redact", "carla@customer.example")),
    ],
)
def test_what_was_taken_out_by_one_that_was_killed_is_out_when_it_has_run_again(desk, step, words):
    desk.run_ticket("close", *range(10, TICKETS + 1, 10))
    is_whole(desk)
    assert b"hexareme" in everything(desk) and b"carla" in everything(desk)
    time.sleep(1.1)
    done = subprocess.run(
        [program("ticket"), words[0], "--config", str(desk.config), *words[1:]],
        env={**os.environ, "MILTICKET_DIE_AT": step},
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found(desk, "bireme")  # follows the log
    desk.run_ticket(*words, check=False)
    gone = b"hexareme" if words[0] == "purge" else b"carla"
    assert gone not in everything(desk)
    assert found(desk, gone.decode())[0] == []
    assert found(desk, "unique1x") == ([1], "")

"""Libraries that are loaded when they are used: without them, all that does not use them works."""

import json
import os
import re

import pytest

from harness.box import mail, mbox
from harness.client import compose
from harness.daemon import SUPPORT, Daemon
from harness.ground import BUILD, new_directory, program, run, wait_until
from harness.milter import MilterClient

NAMES = dict(
    re.findall(r'^#define (\w+)_LIBRARY "(.*)"', (BUILD / "build-config.h").read_text(), re.M)
)


@pytest.fixture
def without():
    """An environment in which none of them can be loaded, by the daemon's user neither."""
    directory = new_directory("libraries")
    directory.chmod(0o755)
    for name in NAMES.values():
        (directory / name).touch()
    return {**os.environ, "LD_LIBRARY_PATH": str(directory)}


def failure(prefix):
    return f"cannot load library '{NAMES[prefix]}': file too short"


@pytest.mark.parametrize("name", ["milticketd", "ticket"])
def test_none_of_them_is_linked(name):
    needed = run("objdump", "-p", program(name)).stdout.decode()
    assert "NEEDED" in needed and len(NAMES) == 4
    assert not [library for library in NAMES.values() if library in needed]


@pytest.mark.embedded("libpq is needed for another store")
def test_a_list_and_a_check_need_none(desk, without):
    assert desk.run_ticket("list", env=without, check=False).returncode == 1
    desk.run_ticket("check", env=without)


@pytest.mark.embedded("libpq is needed for another store")
def test_a_search_says_what_is_missing_and_reads_the_messages(desk, without, tmp_path):
    (tmp_path / "box").write_bytes(mbox([mail(1, subject="Ships", body="of nineveh\n")]))
    desk.run_ticket("import", tmp_path / "box", "--account", "support@example.com")
    desk.run_ticket("index", "rebuild")
    done = desk.run_ticket("search", "nineveh", env=without)
    assert failure("SQLITE") in done.stderr.decode() and b"Ships" in done.stdout
    done = desk.run_ticket("index", "rebuild", env=without, check=False)
    assert done.returncode == 74 and failure("SQLITE") in done.stderr.decode()


def test_holidays_in_a_file_say_what_is_missing(desk, without, tmp_path):
    (tmp_path / "days.ics").write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    desk.configure(calendars=[{"name": "office", "ics": str(tmp_path / "days.ics")}])
    done = desk.run_ticket("config", "check", env=without, check=False)
    assert done.returncode == 78 and failure("ICAL") in done.stderr.decode()


def test_a_store_in_postgresql_says_what_is_missing(desk, without):
    desk.configure(store={"url": "postgresql://127.0.0.1:9/milticket"})
    done = desk.run_ticket("list", env=without, check=False)
    assert done.returncode == 74 and failure("PQ") in done.stderr.decode()


@pytest.mark.embedded("libpq is needed for another store")
def test_answers_wait_for_a_library_that_is_missing(without):
    """It is not known until the first mail is to go out: the others have been taken by then."""
    daemon = Daemon(relay_port=9, accounts=[SUPPORT]).start(env=without)
    try:
        with MilterClient(daemon.socket) as client:
            assert client.send(
                "carla@customer.example", ["support@example.com"], compose()
            ).accepted
        wait_until(lambda: failure("CURL") in daemon.log_text(), "the sender's try")
        (waiting,) = daemon.ticket("outbox", "list")
        assert failure("CURL") in json.dumps(waiting)
    finally:
        daemon.stop()

"""What a query takes of memory does not grow with what it finds. Of a million tickets by hand:
QUERY_TICKETS=1000000."""
import os
import resource
import subprocess

import pytest
from harness.ground import BUILD, program, run

TICKETS = int(os.environ.get("QUERY_TICKETS", "100000"))
# Of the goal of 64 MiB for a million; 8 MiB are the program's own, and 10 those of an order.
MOST = (64 if TICKETS > 100000 else 20) << 20


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A configuration with that many tickets, nine of ten closed, of a mail each."""
    directory = tmp_path_factory.mktemp("many")
    fill = BUILD / "tests" / "bench" / "bench-fill"
    run(fill, "--messages", TICKETS, "--per-ticket", 1, directory, seconds=3600)
    return directory / "milticket.conf"


def bounded():
    """All memory but that of files: pages of the store are the cache's, and do not count."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))


def printed(config, *words):
    done = subprocess.run(
        [program("ticket"), words[0], "--config", config, *words[1:]],
        capture_output=True,
        preexec_fn=bounded,
        timeout=3600,
    )
    assert (done.returncode, done.stderr) == (0, b""), (words, done.returncode, done.stderr[-400:])
    return done.stdout


NUMBER = ("--format", "{number}")


def numbers(config, *words):
    return list(map(int, printed(config, *words, *NUMBER).split()))


def test_all_of_them(many):
    assert len(numbers(many, "list", "--all")) == TICKETS
    assert printed(many, "list", "opened:2020.. is:open,closed", "--json").count(b"\n") == TICKETS


def test_all_of_them_in_an_order(many):
    assert numbers(many, "list", "--all", "--sort", "number") == list(range(1, TICKETS + 1))
    last = numbers(many, "list", "--all", "--sort", "number", "--reverse", "--limit", "5000")
    assert last == list(range(TICKETS, TICKETS - 5000, -1))
    subjects = printed(many, "list", "--all", "--sort", "subject", "--format", "{subject}")
    assert subjects.count(b"\n") == TICKETS


def test_equal_ones_stay_in_the_order_of_activity(many):
    newest = {number: place for place, number in enumerate(numbers(many, "list", "--all"))}
    for more in ([], ["--reverse"]):
        lines = printed(
            many, "list", "--all", "--sort", "queue", "--format", "{queue} {number}", *more
        )
        rows = [line.split() for line in lines.decode().splitlines()]
        assert len(rows) == TICKETS
        by_queue = sorted(rows, key=lambda row: newest[int(row[1])])
        assert rows == sorted(by_queue, key=lambda row: row[0], reverse=bool(more))


def test_numbers_for_others(many):
    chosen = printed(many, "tag", "+x", "--query", "is:closed", "--dry-run")
    assert chosen.count(b"\n") > TICKETS * 0.9
    assert printed(many, "export", "--json", "is:closed priority:high").count(b"\n") > TICKETS / 20
    assert printed(many, "export", "--mbox", "is:open")[:5] == b"From "
    assert printed(many, "stats", "--json").startswith(b"{")

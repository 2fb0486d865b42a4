"""A digest a day, whoever is killed when; and at the shell."""
import pytest

from harness.daemon import SUPPORT
from harness.ground import wait_until

QUIET = {**SUPPORT, "autoresponse": {"opened": ""}}


def digests(house):
    return [mail["to"] for mail in house.daemon.outbox() if mail["event"] == "notice"]


@pytest.mark.parametrize("point", ["digest-before-commit", "digest-after-commit"])
def test_one_over_kills(build, point):
    house = build([QUIET])
    for login in ("anna", "ben"):
        house.daemon.add_agent(login, address=f"{login}@example.com", queue="support")
    house.mail()
    house.daemon.kill()
    house.daemon.configure(digest={"at": "Mon-Sun 00:00"})
    house.daemon.launch(env={"MILTICKET_DIE_AT": point})
    wait_until(house.daemon.ended, f"the daemon to die at {point}")
    house.daemon.start()
    wait_until(lambda: len(digests(house)) == 2, "the digests")
    house.daemon.restart()
    assert sorted(digests(house)) == [["anna@example.com"], ["ben@example.com"]]


def test_at_the_shell(build):
    house = build([QUIET])
    house.daemon.add_agent("anna", address="anna@example.com", queue="support")
    house.daemon.add_agent("ben", address="ben@example.com")
    house.mail(subject="Printer")
    said = house.daemon.run_ticket("digest", "--to", "anna", "--print").stdout.decode()
    assert "Nobody's in your queues:\n  #1 support, new, nobody, " in said and "Printer" in said
    assert digests(house) == []
    done = house.daemon.run_ticket("digest", "--to", "ben", "--print", check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    house.daemon.run_ticket("digest", "--to", "anna")
    assert digests(house) == [["anna@example.com"]]


@pytest.mark.parametrize("at", ["08:00", "Mon-Fri", "Mon-Fri 08:00-09:00", "Mon-Fri 25:00", "x"])
def test_a_time_that_is_none(build, at):
    house = build([QUIET])
    house.daemon.configure(digest={"at": at})
    done = house.daemon.run_ticket("config", "check", check=False)
    assert done.returncode == 78 and b'such as "Mon-Fri 08:00"' in done.stderr

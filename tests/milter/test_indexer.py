"""The daemon keeps the search index up to date, and mail does not mind what becomes of the index."""
import json

from harness.ground import wait_until

ASK = ("--format", "{number}")


def index(house):
    return house.daemon.store / "search.sqlite"


def up_to_date(house):
    """What it says of itself; None as long as it is not all there, or just being made."""
    done = house.daemon.run_ticket("index", "status", "--json", check=False)
    status = json.loads(done.stdout) if done.returncode == 0 else {"behind": 1}
    return status if status["behind"] == 0 and status["missing"] == 0 else None


def test_the_daemon_follows_the_log(build, carla):
    house = build()
    number = house.mail(carla, body="A trireme was seen.\n").number
    wait_until(lambda: up_to_date(house), "the index")
    assert up_to_date(house)["tickets"] == 1
    house.daemon.run_ticket("note", str(number), "-m", "A bireme, too.")
    wait_until(lambda: up_to_date(house), "the note in the index")
    done = house.daemon.run_ticket("search", "bireme", *ASK)
    assert done.stdout.split() == [str(number).encode()]


def test_an_index_that_vanishes_is_made_anew(build, carla):
    house = build()
    house.mail(carla, body="A trireme was seen.\n")
    wait_until(lambda: up_to_date(house), "the index")
    for path in house.daemon.store.glob("search.sqlite*"):
        path.unlink()
    wait_until(lambda: up_to_date(house), "a new index")
    assert house.daemon.run_ticket("search", "trireme", *ASK).stdout.split() == [b"1"]


def test_an_index_that_cannot_be_written_is_a_line_in_the_log_and_nothing_else(build, carla):
    house = build()
    house.mail(carla)
    wait_until(lambda: up_to_date(house), "the index")
    house.daemon.kill()
    for path in house.daemon.store.glob("search.sqlite*"):
        path.unlink()
    index(house).mkdir()
    house.daemon.start()
    wait_until(lambda: "search index" in house.daemon.log_text(), "a line in the log")
    assert house.mail(carla, body="A trireme was seen.\n").number == 2
    assert house.daemon.log_text().count("searches read all messages") == 1
    done = house.daemon.run_ticket("search", "trireme", *ASK)
    assert done.stdout.split() == [b"2"] and b"all messages are read instead" in done.stderr

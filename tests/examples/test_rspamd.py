"""rspamd learns what agents say: a real one, and the script that its timer starts."""
import os

import pytest

from harness.ground import SOURCE, new_directory, program, run, tool
from harness.rspamd import CLOSED, Rspamd

EXAMPLE = SOURCE / "conf" / "examples" / "rspamd"
TEXTS = (
    "win a prize of one million today, only for you and for all your friends and family members",
    "our printer on the second floor prints nothing but stripes, could somebody please have a look",
)


@pytest.fixture
def rspamd():
    rspamd = Rspamd()
    yield rspamd.start()
    rspamd.stop()


class Learner:
    """The script, with `ticket` of this house in its PATH."""

    def __init__(self, house):
        self.directory = new_directory("learn")
        self.place = self.directory / "place"
        ticket = self.directory / "ticket"
        ticket.write_text(
            f'#!/bin/sh\nexec {program("ticket")} "$@" --config {house.daemon.config}\n'
        )
        ticket.chmod(0o755)

    def learns(self, rspamd, check=True):
        env = {**os.environ, "PATH": f"{self.directory}:/usr/bin:/bin"}
        return run(EXAMPLE / "milticket-learn", self.place, *rspamd.rspamc, check=check, env=env)


@pytest.fixture
def learner(house):
    return Learner(house)


def asks(house, who, text):
    return house.mail(f"{who}@customer.example", subject=text[:20], body=text + "\n").number


def test_what_agents_call_spam_is_learnt_once(house, rspamd, learner):
    spam, _ = (str(asks(house, f"c{i}", text)) for i, text in enumerate(TEXTS))
    learner.learns(rspamd)
    assert rspamd.learned() == (0, 0)
    house.daemon.run_ticket("spam", spam)
    learner.learns(rspamd)
    assert rspamd.learned() == (1, 0)
    before = learner.place.read_text()
    learner.learns(rspamd)
    assert (rspamd.learned(), learner.place.read_text()) == ((1, 0), before)


def test_what_they_take_out_of_spam_is_learnt_as_ham(house, rspamd, learner):
    number = house.mail(
        "eve@customer.example",
        subject="A question",
        body=TEXTS[1] + "\n",
        headers=["X-Spam-Flag: YES"],
    ).number
    assert house.ticket(number)["status"] == "spam"
    house.daemon.run_ticket("reopen", str(number))
    learner.learns(rspamd)
    assert rspamd.learned() == (0, 1)


def test_a_mistake_that_is_taken_back_is_learnt_anew(house, rspamd, learner):
    number = str(asks(house, "carla", TEXTS[1]))
    house.daemon.run_ticket("spam", number)
    learner.learns(rspamd)
    assert rspamd.learned() == (1, 0)
    house.daemon.run_ticket("reopen", number)
    learner.learns(rspamd)
    assert rspamd.learned()[1] == 1


def test_while_rspamd_is_away_nothing_is_passed_over(house, rspamd, learner):
    numbers = [str(asks(house, f"c{i}", text)) for i, text in enumerate(TEXTS)]
    house.daemon.run_ticket("spam", numbers[0])
    learner.learns(rspamd)
    house.daemon.run_ticket("spam", numbers[1])
    rspamd.stop()
    done = learner.learns(rspamd, check=False)
    assert done.returncode == 1 and b"learn_spam of #2" in done.stderr
    rspamd.start()
    learner.learns(rspamd)
    assert rspamd.learned() == (2, 0)


def test_what_is_too_short_to_learn_does_not_stop_the_rest(house, rspamd, learner):
    short, whole = asks(house, "c1", "buy"), asks(house, "c2", TEXTS[0])
    house.daemon.run_ticket("spam", str(short), str(whole))
    learner.learns(rspamd)
    assert rspamd.learned() == (1, 0)


def test_an_rspamd_that_does_not_let_us_in_is_an_error(house, learner):
    rspamd = Rspamd(CLOSED).start()
    try:
        house.daemon.run_ticket("spam", str(asks(house, "carla", TEXTS[0])))
        done = learner.learns(rspamd, check=False)
        assert done.returncode == 1 and b"learn_spam of #1" in done.stderr, done.stderr
    finally:
        rspamd.stop()


def test_systemd_finds_nothing_wrong_with_service_and_timer():
    directory = new_directory("units")
    for path in EXAMPLE.glob("milticket-learn.*"):
        (directory / path.name).write_text(
            path.read_text().replace(
                "/usr/local/bin/milticket-learn", str(EXAMPLE / "milticket-learn")
            )
        )
    done = run(tool("systemd-analyze"), "verify", "--man=no", *sorted(directory.iterdir()))
    assert b"milticket-learn" not in done.stdout + done.stderr, done.stderr

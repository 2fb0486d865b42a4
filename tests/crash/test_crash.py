"""The daemon is killed, at random moments and at each step that has a name, and afterwards the store is compared with what the
clients were told. CRASH_KILLS says how often (default 200), CRASH_SEED repeats a run."""
import os
import random
import re
import time

import pytest

from harness import client
from harness.ground import SOURCE, wait_until
from harness.load import Load, PostfixLoad, compare, compare_answers
from harness.sink import unique

KILLS = int(os.environ.get("CRASH_KILLS", "200"))
SEED = int(os.environ.get("CRASH_SEED", str(int(time.time()))))
OF_A_MESSAGE = (
    "before-archive",
    "after-archive",
    "before-commit",
    "after-commit",
    "before-edits",
    "after-edits",
    "before-answer",
    "after-answer",
)
OF_AN_ANSWER = ("before-send", "after-send", "before-record", "after-record")
FAILPOINTS = OF_A_MESSAGE + OF_AN_ANSWER


def settle(load, daemon, sink):
    """Every answer is on its way or delivered; those that a kill interrupted are tried at once."""

    def done():
        daemon.run_ticket("outbox", "flush")
        return not daemon.outbox()

    wait_until(done, f"an empty outbox: {daemon.outbox()[:3]}", 120)


def kill(daemon):
    """Returns when it was dead, and starts it again."""
    daemon.kill()
    when = time.time()
    daemon.start()
    return when


def verify(load, daemon, sink, kills):
    settle(load, daemon, sink)
    checked = daemon.run_ticket("check", check=False)
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()
    assert compare(load, daemon) == []
    assert compare_answers(load, sink, kills) == []


def test_nothing_is_lost_or_doubled_under_random_kills(daemon, sink):
    print(f"CRASH_SEED={SEED} CRASH_KILLS={KILLS}")
    dice = random.Random(SEED)
    daemon.start()
    load = Load(daemon, seed=SEED).run()
    kills = []
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.005, 0.15))
        kills.append(kill(daemon))
    load.finish()
    assert any(sent.tries > 1 for sent in load.sent), "no kill ever hit a message"
    verify(load, daemon, sink, kills)
    daemon.stop()


def test_every_step_that_has_a_name_is_one_of_those_tried():
    named = [
        name
        for directory in ("lib", "milter")
        for path in (SOURCE / directory).rglob("*.c")
        for name in re.findall(r'\bfailpoint\("([a-z-]+)"\)', path.read_text())
    ]
    tests = "".join(
        path.read_text()
        for pattern in ("*/*.py", "unit/*/*.c")
        for path in (SOURCE / "tests").glob(pattern)
    )
    assert set(FAILPOINTS) <= set(named)
    # tests/mailboxes/test_keeping.py dies at each of these, as it finds them.
    assert any(name.startswith("mailbox-") for name in named)
    named = [name for name in named if not name.startswith("mailbox-")]
    assert [
        name for name in named if named.count(name) > 1 or not re.search(rf"\b{name}\b", tests)
    ] == []


@pytest.mark.parametrize("count", (1, 4))
@pytest.mark.parametrize("name", FAILPOINTS)
def test_nothing_is_lost_or_doubled_when_it_dies_at(name, count, daemon, sink):
    daemon.start(env={"MILTICKET_DIE_AT": f"{name}:{count}"})
    load = Load(daemon, threads=2).run()
    wait_until(daemon.ended, f"death at {name}:{count}")
    died = time.time()
    daemon.start()
    time.sleep(0.2)
    load.finish()
    verify(load, daemon, sink, [died])


def send_until_accepted(postfix, sender, data, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = client.send(postfix.port, sender, "support@example.com", data)
        if answer.accepted:
            return
        assert answer.code // 100 == 4, f"refused for good: {answer}"
        time.sleep(0.05)
    raise AssertionError(f"not accepted within {seconds} s")


def test_what_postfix_accepted_is_in_one_mailbox_and_one_ticket(daemon, sink, postfix, mailbox):
    dice = random.Random(SEED)
    daemon.start()
    ids = []
    for index in range(20):
        sender, message_id = (
            f"{unique('p')}@customer.example",
            f"<{unique('crash')}@customer.example>",
        )
        ids.append(message_id)
        if index % 2:
            daemon.kill()
            daemon.start(env={"MILTICKET_DIE_AT": f"{dice.choice(OF_A_MESSAGE)}:1"})
        data = client.compose(sender, message_id=message_id)
        if index % 2:
            answer = client.send(postfix.port, sender, "support@example.com", data)
            assert answer.code // 100 in (2, 4), answer
            wait_until(daemon.ended, "death at its failpoint")
            daemon.start()
            if answer.accepted:
                continue
        send_until_accepted(postfix, sender, data)
    delivered = [
        client.field(mail.data, "Message-ID")
        for mail in mailbox.wait_mails("support@example.com", len(ids))
    ]
    recorded = [
        message["message_id"]
        for ticket in daemon.ticket("show", *[t["number"] for t in daemon.tickets()])
        for message in ticket["messages"]
        if message["direction"] == "in"
    ]
    assert sorted(delivered) == sorted(ids)
    assert sorted(recorded) == sorted(ids)


def test_nothing_of_postfix_is_lost_or_doubled_under_random_kills(daemon, sink, postfix, mailbox):
    dice = random.Random(SEED)
    daemon.start()
    load = PostfixLoad(postfix, daemon, seed=SEED).run()
    kills = []
    for _ in range(max(1, KILLS // 5)):
        time.sleep(dice.uniform(0.02, 0.4))
        kills.append(kill(daemon))
    load.finish()
    assert any(sent.tries > 1 for sent in load.sent), "no kill ever hit a message"
    wait_until(lambda: not postfix.queue_ids(), "an empty queue", 30)
    assert load.learn(mailbox) == {}
    verify(load, daemon, sink, kills)

"""The search index under a daemon that is killed again and again: in the end it has what the store has."""
import os
import random
import time

from harness.ground import wait_until
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

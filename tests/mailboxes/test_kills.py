"""The daemon and the IMAP server are killed, at steps that have a name and at random moments, while
customers write and agents work in their mail clients. After each kill the folders are what the
tickets are, no command was run twice, and no mark is lost. CRASH_KILLS says how often: a fifth of
it (1,000 with CRASH_KILLS=5000); CRASH_SEED repeats a run as far as threads allow."""
import collections
import os
import random
import threading
import time

from test_keeping import POINTS

from harness.ground import answers, wait_until
from harness.load import compare, show_all
from harness.mailbox_load import (
    Agent,
    Customers,
    Work,
    commands_too_many,
    filed,
    lost_marks,
    misplaced,
    served,
)

KILLS = int(os.environ.get("CRASH_KILLS", "200")) // 5
SEED = int(os.environ.get("CRASH_SEED", str(int(time.time()))))
# What leaves an agent's view leaves it with its marks.
AGENTS = {"anna": ("support", "ops"), "ben": ("support", "ops")}
# A server that dies after it made a folder's lock and before it wrote into it whose it is leaves a
# lock that the next one respects for two minutes.
SERVED_WITHIN = 180


class Killing:
    """A house in which everybody works, and what dies there."""

    def __init__(self, house):
        self.house, self.dice = house, random.Random(SEED)
        house.daemon.run_ticket("agent", "set", "ben", "--queue", "support", "--queue", "ops")
        wait_until((house.path / "ben" / ".Colleagues.ops").exists, "ben's folders")
        self.go, self.work = threading.Event(), Work()
        self.customers = Customers(house.daemon, self.go, seed=SEED).run()
        self.agents = [
            Agent(house.imap, login, self.work, self.go, SEED + n)
            for n, login in enumerate(2 * list(AGENTS))
        ]
        self.deaths = collections.Counter()
        self.armed = None  # the step at which the daemon will die

    # --- deaths ---

    def revive(self, arm):
        """Starts what is dead; the daemon so that it dies at some step, if it is to be armed."""
        daemon = self.house.daemon
        if daemon.ended() and self.armed:
            self.deaths[self.armed] += 1
        while daemon.ended():
            self.armed = arm and f"{self.dice.choice(POINTS)}:{self.dice.choice((1, 1, 2, 3, 5))}"
            daemon.launch(env={"MILTICKET_DIE_AT": self.armed} if self.armed else None)
            wait_until(lambda: daemon.ended() or answers(daemon.socket), "the daemon", 30)
            arm = False
        tries = 5
        while self.house.imap.dovecot.process.poll() is not None:
            tries -= 1
            try:
                self.house.imap.start()
            except AssertionError:
                # Meanwhile a client of whatever kind may have had its port.
                assert tries

    def kill_daemon(self):
        if not self.house.daemon.ended():
            self.house.daemon.kill()
            self.armed = None
            self.deaths["daemon"] += 1

    def kill_server(self):
        self.house.imap.kill()
        self.deaths["server"] += 1

    def kill_in_a_move(self):
        """Within the few steps that a server's move is made of."""
        self.work.moving.clear()
        self.work.moving.wait(1)
        time.sleep(self.dice.uniform(0, 0.004))
        self.kill_server()

    def kill_both(self):
        self.kill_server()
        self.kill_daemon()

    def wait_for_a_step(self):
        """The daemon dies by itself where it is armed, if it comes there."""
        end = time.monotonic() + 1
        while not self.house.daemon.ended() and time.monotonic() < end:
            time.sleep(0.01)
        self.kill_daemon()

    def once(self):
        self.work.note(None, None, "revived")
        ways = (self.wait_for_a_step, self.kill_daemon, self.kill_server)
        ways += (self.kill_in_a_move, self.kill_both)
        way = self.dice.choices(ways, (45, 20, 10, 15, 10))[0]
        stepwise = way == self.wait_for_a_step
        if stepwise != bool(self.armed):
            self.kill_daemon()
        self.revive(stepwise)
        self.go.set()
        time.sleep(self.dice.uniform(0.05, 0.4))
        self.work.note(None, None, way.__name__, self.armed)
        way()
        self.work.note(None, None, "dead")
        if self.dice.random() < 0.5:
            # They are at work when it comes back, too.
            self.revive(False)
            time.sleep(self.dice.uniform(0, 0.3))

    # --- what must be so then ---

    def pause(self):
        self.go.clear()
        for agent in self.agents:
            assert agent.idle.wait(30), f"{agent.login}'s client hangs"

    def is_settled(self):
        self.revive(False)
        self.wrong = [str(self.house.daemon.ticket("mailboxes", "status"))]
        if self.house.daemon.ticket("mailboxes", "status")[0]["behind"]:
            return False
        self.wrong = misplaced(self.house.path, self.house.daemon.tickets(), AGENTS)
        # A copy too many is claimed while all else is in its place.
        self.wrong += map(str, (self.house.path / "+claims").rglob("*;*"))
        return not self.wrong

    def settle(self):
        self.wrong = []
        end = time.monotonic() + 30
        while not self.is_settled():
            assert time.monotonic() < end, self.wrong
            time.sleep(0.05)

    def look(self, thoroughly):
        self.settle()
        with self.work.lock:
            marked, deeds = set(self.work.marked), list(self.work.deeds)
        lost = lost_marks(self.house.path, marked)
        for login, ticket, *_ in lost:
            print(login, ticket, *self.work.story(login, ticket), sep="\n  ")
        assert lost == []
        self.work.thrown.clear()
        if thoroughly:
            assert commands_too_many(show_all(self.house.daemon).values(), deeds) == []
            for login in AGENTS:
                # A mail that was on its way may still come.
                same = lambda: served(self.house.imap, login) == filed(self.house.path, login)
                what = f"{login}'s folders by the server to be the files"
                wait_until(same, what, SERVED_WITHIN)

    def end(self):
        self.kill_daemon()
        self.revive(False)
        self.go.set()
        for agent in self.agents:
            agent.end()
        self.customers.finish()

    def dropped_wrongly(self):
        """Mails that were dropped in and are not in one ticket; those that nobody dropped."""
        times = collections.Counter(
            message["message_id"]
            for ticket in show_all(self.house.daemon).values()
            for message in ticket["messages"]
            if "elsewhere.example" in message["message_id"]
        )
        wrong = [name for name in self.work.dropped if times[name] != 1]
        return wrong + [
            name for name, n in times.items() if n > 1 or name not in self.work.maybe_dropped
        ]


def test_the_folders_are_the_tickets_after_any_kill(house):
    print(f"CRASH_SEED={SEED} CRASH_KILLS={KILLS * 5}")
    killing = Killing(house)
    while sum(killing.deaths.values()) < KILLS:
        killing.once()
        killing.pause()
        killing.look(sum(killing.deaths.values()) % 5 == 0)
    killing.end()
    killing.look(True)
    print(dict(killing.deaths), [dict(agent.done) for agent in killing.agents])
    assert killing.dropped_wrongly() == []
    wrong = compare(killing.customers, house.daemon)
    assert [text for text in wrong if "elsewhere.example" not in text] == []
    assert not list(house.path.glob("*/.Not taken/[cn][ue][rw]/*"))
    done = collections.Counter()
    for agent in killing.agents:
        done += agent.done
    assert len([name for name in done if name[0] == "_"]) == 6, done

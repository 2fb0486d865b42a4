"""A hundred connections that stay, mails of all sizes that answer each other's threads, and administrators who read and write meanwhile.
LOAD_MESSAGES says how many mails (default 600; by hand 10000). SOAK_MESSAGES says how many the
daemon's memory is watched over (default 3000; by hand
100000): what it has after all must be what it had after the first tenth, or after 1000.

Over a soak, memory is RSS without the store: that is a mapped file, whose pages count as RSS while
they are cached, and which grows with what is stored; the system takes them back when it needs them.
For one mail it is RssAnon, what the process itself has allocated."""
import os
import random
import re
import threading

from harness.client import compose
from harness.ground import wait_until
from harness.load import ACCOUNT, Crowd, Load, compare, compare_answers
from harness.milter import MilterClient
from harness.sink import unique

CONNECTIONS = 100
MESSAGES = int(os.environ.get("LOAD_MESSAGES", "600"))
SOAK = int(os.environ.get("SOAK_MESSAGES", "3000"))
MIB = 1 << 20


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def anonymous_memory(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return int(re.search(r"^RssAnon:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024


def memory_without_store(daemon):
    """The sum over all mappings (proc(5), smaps), each of which begins with a line that names its file."""
    total, counts = 0, True
    with open(f"/proc/{daemon.process.pid}/smaps") as smaps:
        for line in smaps:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                counts = not line.rstrip().endswith("/data.mdb")
            elif counts and line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total


class Administrators:
    """Run commands without a pause until finish(); 0 and 1 (nothing found) are the only codes they may get."""

    READ = (
        ["list"],
        ["list", "--all", "--limit", "500"],
        ["show", "{n}"],
        ["search", "load"],
        ["stats"],
        ["outbox", "list"],
        ["log", "{n}"],
    )
    WRITE = (
        ["note", "{n}", "-m", "seen"],
        ["tag", "+seen", "{n}"],
        ["priority", "high", "{n}"],
        ["status", "waiting", "{n}"],
        ["title", "Printer", "{n}"],
    )

    def __init__(self, daemon, load):
        self.daemon, self.load, self.ending, self.wrong = daemon, load, threading.Event(), []
        self.done = {"read": 0, "write": 0}
        self.threads = [
            threading.Thread(target=self._work, args=(kind, commands, seed))
            for seed, (kind, commands) in enumerate(
                (
                    ("read", self.READ),
                    ("read", self.READ),
                    ("write", self.WRITE),
                    ("write", self.WRITE),
                )
            )
        ]
        for thread in self.threads:
            thread.start()

    def _work(self, kind, commands, seed):
        dice = random.Random(seed)
        while not self.ending.is_set():
            number = self.load.some_ticket(dice)
            command = [word.format(n=number) for word in dice.choice(commands)]
            ended = self.daemon.run_ticket(*command, check=False)
            if ended.returncode not in (0, 1):
                self.wrong.append(
                    (command, ended.returncode, ended.stderr.decode(errors="replace"))
                )
            self.done[kind] += 1

    def finish(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        assert self.wrong == []
        assert all(self.done.values())


def test_a_hundred_connections_and_administrators_meet_no_error(daemon, sink):
    daemon.start()
    first = Load(daemon, threads=1, limit=1).run()
    first.join()
    wait_until(lambda: not daemon.outbox(), "an empty outbox")
    before = descriptors(daemon)
    load = Crowd(daemon, threads=CONNECTIONS, seed=4, limit=-(-MESSAGES // CONNECTIONS)).run()
    administrators = Administrators(daemon, load)
    load.join(60 + MESSAGES)
    administrators.finish()
    assert len(load.sent) >= MESSAGES and any(sent.parent for sent in load.sent)
    assert all(sent.tries == len(sent.told) for sent in load.sent), "a message had to be repeated"
    assert not re.search(
        r"^milticketd: (error|warning): .*$", daemon.log_text(), re.M
    ), daemon.log_text()[-2000:]
    wait_until(lambda: not daemon.outbox(), "an empty outbox", 60 + MESSAGES // 10)
    wait_until(
        lambda: descriptors(daemon) <= before,
        f"{before} descriptors again, there are {descriptors(daemon)}",
        60,
    )
    checked = daemon.run_ticket("check", check=False)
    assert checked.returncode == 0, checked.stdout
    load.sent += first.sent
    assert compare(load, daemon) == []
    assert compare_answers(load, sink, kills=[]) == []
    print(f"{len(load.sent)} mails, commands: {administrators.done}")
    daemon.stop()


def soak(daemon, name, count):
    """Each opens a ticket or, every third, answers one of the last."""
    dice, ids = random.Random(count), []
    with MilterClient(daemon.socket) as client:
        for index in range(count):
            ids.append(f"<{unique(name)}@customer.example>")
            headers = [f"In-Reply-To: {ids[-2]}"] if index % 3 == 2 else []
            sender = f"{unique(name)}@customer.example"
            result = client.send(
                sender,
                [ACCOUNT],
                compose(
                    sender,
                    message_id=ids[-1],
                    headers=headers,
                    body="text\n" * dice.randint(1, 1000),
                ),
            )
            assert result.accepted and result.headers("X-Ticket"), result


def is_indexed(daemon):
    status = daemon.ticket("index", "status")
    return status and status[0]["behind"] == 0 and not [*daemon.store.glob("search.sqlite*-wal")]


def soak_all(daemon, sink, count):
    """Returns memory and descriptors when all is done."""
    for start in range(0, count, 10_000):
        part = min(10_000, count - start) // 4
        threads = [threading.Thread(target=soak, args=(daemon, name, part)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: not daemon.outbox(), "an empty outbox", 60 + part)
        wait_until(lambda: is_indexed(daemon), "the search index", 60 + part)
        assert sink.mails()
        sink.clear()
        print(
            f"{part * 4} mails more: RSS without the store {memory_without_store(daemon) / MIB:.2f} MiB, RssAnon {anonymous_memory(daemon) / MIB:.2f} MiB"
        )
    return memory_without_store(daemon), descriptors(daemon)


def test_memory_and_descriptors_are_flat_over_a_soak(daemon, sink):
    daemon.configure(store={"durable": False})
    daemon.start()
    first = max(SOAK // 10, 1000)
    memory, count = soak_all(daemon, sink, first)
    memory_after, count_after = soak_all(daemon, sink, SOAK - first)
    print(f"{first} mails: {count} descriptors; {SOAK} mails: {count_after}")
    assert memory_after <= memory * 1.1
    assert count_after <= count
    assert len(daemon.ticket("list", "--all", "--limit", "1")) == 1
    daemon.stop()


class Watch:
    """The most memory that was seen until end()."""

    def __init__(self, daemon):
        self.daemon, self.most, self.ending = daemon, anonymous_memory(daemon), threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self):
        while not self.ending.wait(0.002):
            self.most = max(self.most, anonymous_memory(self.daemon))

    def end(self):
        self.ending.set()
        self.thread.join()
        return self.most


def test_a_mail_of_50_mb_takes_less_than_a_mib_of_memory(daemon):
    daemon.start()
    data = compose(body="0123456789 line after line\n" * (50 * MIB // 27))
    clients = [MilterClient(daemon.socket) for _ in range(2)]
    for client in clients:
        assert client.send("carla@customer.example", [ACCOUNT], compose()).accepted
    before, watch, ends = anonymous_memory(daemon), Watch(daemon), []
    for client in clients:
        *steps, end = client._steps(
            "carla@customer.example",
            [ACCOUNT],
            data.replace(b"<m", b"<n%d" % len(ends), 1),
            {"i": f"Q{len(ends)}"},
        )
        assert all(client._step(*step).verdict == "continue" for step in steps)
        ends.append(end)
    each = (watch.end() - before) / len(clients)
    watch = Watch(daemon)
    assert all(client._step(*end).accepted for client, end in zip(clients, ends))
    more = watch.end() - before
    print(
        f"{each / MIB:.2f} MiB for each on its way, {more / MIB:.2f} MiB in all while they are recorded"
    )
    assert each < MIB and more < 4 * MIB
    assert [path.stat().st_size > 50_000_000 for path in daemon.archive.rglob("*.eml")].count(
        True
    ) == len(clients)
    for client in clients:
        client.close()
    daemon.stop()

"""What fails under the daemon, and what PRODUCT calls the outcome: the sender is asked to try again, one line says why, other people's
mail passes, and all is well again when the reason is gone."""
import errno
import os
import random
import socket
import subprocess
import time

import pytest

from harness.client import compose
from harness.daemon import Daemon
from harness.ground import give, program, run, tool, wait_until
from harness.load import ACCOUNT
from harness.milter import MilterClient

CARLA = "carla@customer.example"


class Client:
    """One connection, so that a fault meets no half-made one."""

    def __init__(self, daemon):
        self.daemon, self.client = daemon, MilterClient(daemon.socket)

    def accepted(self, size=0):
        result = self.client.send(CARLA, [ACCOUNT], compose(body=text(size)))
        assert result.accepted and result.headers("X-Ticket"), (
            result,
            self.daemon.log_text()[-2000:],
        )

    def refused(self, why, size=0):
        """451 4.3.0, one log line that says why, and mail of others unaffected."""
        before = len(self.daemon.log_text())
        result = self.client.send(CARLA, [ACCOUNT], compose(body=text(size)))
        assert result.reply.startswith("451 4.3.0"), (result, self.daemon.log_text()[-2000:])
        lines = [
            line
            for line in self.daemon.log_text()[before:].splitlines()
            if "is asked to try again" in line
        ]
        assert len(lines) == 1 and why in lines[0], lines
        assert self.client.send(CARLA, ["bob@example.com"], compose()).verdict == "accept"


def text(size):
    return "".join(random.choices("abcdefgh \n", k=size)) + "\nThe end.\n"


def clean(daemon):
    """Stopped in order, it leaves a store without a fault."""
    daemon.stop()
    assert daemon.run_ticket("check", check=False).returncode == 0, daemon.run_ticket(
        "check", check=False
    )


class SmallDisk:
    """A file system of a few MiB on a directory of the daemon's."""

    def __init__(self, path, mib):
        self.path, self.filler = path, path / "filler"
        run(tool("mount"), "-t", "tmpfs", "-o", f"size={mib}m,mode=0770", "none", path)
        give(path)

    def fill(self):
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def free(self):
        self.filler.unlink()

    def close(self):
        run(tool("umount"), "--lazy", self.path)


@pytest.fixture
def disk(request, daemon):
    disk = SmallDisk(getattr(daemon, request.param), 4)
    yield disk
    daemon.kill()
    disk.close()


@pytest.mark.parametrize("disk", ("store", "archive"), indirect=True)
def test_a_full_disk_is_mended_by_space(daemon, disk):
    daemon.start()
    client = Client(daemon)
    client.accepted()
    disk.fill()
    for size in (100_000, 1_000_000):
        client.refused("No space left on device", size)
    disk.free()
    client.accepted(100_000)
    client.accepted()
    assert len(daemon.tickets()) == 3


@pytest.mark.parametrize(
    "line, words",
    (
        (f"write {errno.ENOSPC}", "No space left on device"),
        (f"write {errno.EIO}", "Input/output error"),
        (f"write {errno.EROFS}", "Read-only file system"),
        (f"sync {errno.EIO}", "Input/output error"),
    ),
)
@pytest.mark.parametrize("archive", (True, False), ids=("archive", "no-archive"))
def test_a_write_that_fails_is_no_accepted_message(line, words, archive, sink, faults):
    daemon = Daemon(sink.port, settings={} if archive else {"archive": {"path": ""}}).start(
        env=faults.env
    )
    client = Client(daemon)
    client.accepted()
    faults.set(line)
    for _ in range(3):
        client.refused(words)
    assert [ticket["number"] for ticket in daemon.tickets()] == [1]
    faults.clear()
    client.accepted()
    assert [ticket["number"] for ticket in daemon.tickets()] == [1, 2]
    clean(daemon)


def test_a_map_that_cannot_grow_refuses_until_it_can(sink, faults):
    daemon = Daemon(sink.port, settings={"store": {"map_size_mib": 1}}).start(env=faults.env)
    client = Client(daemon)
    client.accepted()
    faults.set(f"map {errno.ENOMEM}")
    refused = False
    for _ in range(200):
        result = client.client.send(CARLA, [ACCOUNT], compose(body=text(16_000)))
        refused = not result.accepted
        if refused:
            break
    assert refused and result.reply.startswith("451 4.3.0")
    client.refused("cannot write store", 16_000)
    faults.clear()
    client.accepted(16_000)
    clean(daemon)


def test_an_archive_directory_that_is_gone_is_made_again_or_refuses(daemon):
    daemon.start()
    client = Client(daemon)
    client.accepted()
    moved = daemon.archive.rename(daemon.directory / "moved")
    daemon.archive.write_text("in the way")
    for size in (0, 1_000_000):
        client.refused("Not a directory", size)
    daemon.archive.unlink()
    moved.rename(daemon.archive)
    client.accepted()
    clean(daemon)


def test_a_read_only_store_is_refused_at_the_start(daemon):
    daemon.start()
    daemon.kill()
    run(tool("mount"), "--bind", daemon.store, daemon.store)
    try:
        run(tool("mount"), "-o", "remount,bind,ro", daemon.store)
        done = run(program("milticketd"), "-f", "--config", daemon.config, check=False)
    finally:
        run(tool("umount"), "--lazy", daemon.store)
    assert done.returncode in (73, 77) and b"Read-only file system" in done.stderr
    daemon.start()
    Client(daemon).accepted()


def test_without_descriptors_new_connections_wait_and_those_there_are_go_on(daemon):
    daemon.start(within=["/usr/bin/prlimit", "--nofile=40:40"])
    client = Client(daemon)
    client.accepted()
    others = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    for other in others:
        other.connect(str(daemon.socket))
    wait_until(lambda: "new connections wait" in daemon.log_text(), "the line that says so")
    client.accepted(size=2 * 1024 * 1024)
    assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 40
    for other in others:
        other.close()
    wait_until(lambda: len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 30, "free descriptors")
    client.accepted()
    with MilterClient(daemon.socket) as another:
        assert another.send(CARLA, [ACCOUNT], compose()).accepted
    clean(daemon)


def test_without_threads_it_takes_no_connection_and_goes_on_when_there_are_some(daemon, faults):
    daemon.start(env=faults.env)
    client = Client(daemon)
    client.accepted()
    faults.set(f"thread {errno.EAGAIN}")
    waiting = [
        subprocess.Popen(["/usr/bin/python3", "-c", CONNECT, daemon.socket]) for _ in range(8)
    ]
    time.sleep(1)
    client.accepted()
    faults.clear()
    for process in waiting:
        process.wait(30)
    assert not daemon.ended(), daemon.log_text()
    with MilterClient(daemon.socket) as other:
        assert other.send(CARLA, [ACCOUNT], compose()).accepted
    clean(daemon)


CONNECT = """
import socket, sys, time
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(5)
try:
    sock.connect(sys.argv[1])
    sock.sendall(b"\\0\\0\\0\\x0dO" + b"\\0\\0\\0\\6\\0\\0\\1\\xff\\0\\x1f\\xff\\xff")
    sock.recv(100)
except OSError:
    pass
"""


def test_a_clock_that_goes_back_gives_no_number_twice_and_loses_no_answer(daemon, sink, faults):
    daemon.start(env=faults.env)
    client = Client(daemon)
    client.accepted()
    for seconds in (-86400 * 400, 86400 * 400, -3600, 0):
        faults.set(f"clock {seconds}")
        client.accepted()
    faults.clear()
    client.accepted()
    assert [ticket["number"] for ticket in daemon.tickets()] == [1, 2, 3, 4, 5, 6]
    wait_until(lambda: not daemon.outbox(), "an empty outbox", 30)
    clean(daemon)


DAMAGES = {
    "empty": lambda data: bytes(8192) + data[8192:],
    "zeros": lambda data: data[:8192] + bytes(len(data) - 8192),
    "noise": lambda data: data[:8192] + random.Random(7).randbytes(len(data) - 8192),
    "other pages": lambda data: data[:8192] + data[8192:16384] * ((len(data) - 8192) // 8192),
    "pages moved by one": lambda data: data[:8192] + data[12288:] + data[8192:12288],
    "cut": lambda data: data[: len(data) // 8192 * 4096],
    "cut to its head": lambda data: data[:8192],
    "cut by a page": lambda data: data[:-4096],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_ends_in_words_not_in_a_crash(damage, daemon):
    daemon.start()
    client = Client(daemon)
    for _ in range(20):
        client.accepted(10_000)
    daemon.stop()
    path = daemon.store / "data.mdb"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    done = run(program("milticketd"), "-f", "--config", daemon.config, check=False, seconds=20)
    assert done.returncode in (65, 73, 74), (done.returncode, done.stderr)
    assert b"store" in done.stderr and b"milticketd: " in done.stderr, done.stderr
    assert (
        not damage.startswith("cut")
        or b"is damaged: its file is shorter than it was; restore a backup" in done.stderr
    ), done.stderr
    for words in (["list"], ["check"]):
        told = daemon.run_ticket(*words, check=False)
        assert told.returncode in (65, 73, 74), (words, told.returncode, told.stderr)
        assert b"ticket: " in told.stderr and b"store" in told.stderr, (words, told.stderr)

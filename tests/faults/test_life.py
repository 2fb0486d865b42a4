"""Start, stop, reload, what systemd is told, and who may open what."""
import ctypes
import grp
import os
import re
import shutil
import signal
import socket
import stat
import threading
import time

import pytest

from harness.client import compose
from harness.daemon import INDEX, Daemon
from harness.ground import (
    SOURCE,
    UNPRIVILEGED,
    answers,
    free_ports,
    new_directory,
    program,
    run,
    stop_process,
    wait_until,
)
from harness.load import ACCOUNT, Load, compare
from harness.milter import MilterClient

CARLA = "carla@customer.example"


class Message:
    """A message of which the daemon has seen all but its end."""

    def __init__(self, daemon):
        self.client = MilterClient(daemon.socket)
        steps = list(self.client._steps(CARLA, [ACCOUNT], compose(), {"i": "Q1"}))
        for step in steps[:-1]:
            assert self.client._step(*step).verdict == "continue"
        self.last = steps[-1]

    def end(self):
        return self.client._step(*self.last)


def deliver(daemon, data=None, to=ACCOUNT):
    with MilterClient(daemon.socket) as client:
        return client.send(CARLA, [to], data or compose())


# --- stop ---


def test_it_stops_within_two_seconds(daemon):
    daemon.start()
    with MilterClient(daemon.socket) as client:
        assert client.send(CARLA, [ACCOUNT], compose()).accepted
        began = time.monotonic()
        daemon.stop()
    assert time.monotonic() - began < 2
    assert not daemon.socket.exists()


def test_it_stops_as_fast_on_a_tcp_socket(sink):
    (port,) = free_ports(1)
    daemon = Daemon(
        sink.port, settings={"socket": f"inet:{port}@127.0.0.1"}, socket=("127.0.0.1", port)
    ).start()
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 2


def test_a_stop_lets_the_message_at_hand_come_to_its_end_and_takes_no_other(daemon):
    daemon.start()
    message = Message(daemon)
    with MilterClient(daemon.socket) as other:
        daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in daemon.log_text(), "the daemon's word that it stops")
        refused = other.send(CARLA, [ACCOUNT], compose())
        assert refused.retry and refused.reply.startswith("451 4.3.2")
        assert other.send(CARLA, ["bob@example.com"], compose()).accepted
    result = message.end()
    assert result.accepted and result.headers("X-Ticket")
    assert stop_process(daemon.process, 5) == 0
    assert [ticket["messages_count"] for ticket in daemon.tickets()] == [1]


def test_no_thread_but_the_first_takes_the_signal(daemon):
    daemon.start()
    message = Message(daemon)
    for task in os.listdir(f"/proc/{daemon.process.pid}/task"):
        if int(task) != daemon.process.pid:
            TGKILL(daemon.process.pid, int(task), int(signal.SIGTERM))
    time.sleep(0.2)
    result = message.end()
    assert result.accepted and result.headers("X-Ticket")
    assert deliver(daemon).accepted and "stopping" not in daemon.log_text()
    daemon.stop()


# Python sends signals to processes only, of which the system then chooses a thread.
TGKILL = ctypes.CDLL(None).tgkill


def test_a_second_signal_stops_it_at_once(daemon):
    daemon.start()
    message = Message(daemon)
    daemon.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in daemon.log_text(), "the daemon's word that it stops")
    assert stop_process(daemon.process, 5) == 0
    assert "their senders will try again" in daemon.log_text()
    with pytest.raises(OSError):
        message.end()
    daemon.start()
    assert daemon.tickets() == []


def test_a_client_that_went_away_in_its_message_does_not_hold_up_the_stop(daemon):
    daemon.start()
    Message(daemon).client.sock.close()
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("how", (signal.SIGINT, signal.SIGHUP))
def test_the_other_stop_signals_stop_it_as_well(how, daemon):
    daemon.start()
    assert stop_process(daemon.process, 5, how) == 0


# --- start ---


def refusal(daemon, code):
    done = run(program("milticketd"), "-f", "--config", daemon.config, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr.decode()


def test_a_socket_that_a_killed_daemon_left_is_replaced(daemon):
    daemon.start()
    daemon.kill()
    assert daemon.socket.exists()
    daemon.start()
    assert deliver(daemon).accepted


def test_a_second_daemon_on_the_same_socket_is_refused_and_the_first_goes_on(daemon, sink):
    daemon.start()
    second = Daemon(sink.port, settings={"socket": daemon.milter})
    assert "another daemon answers on socket" in refusal(second, 75)
    assert deliver(daemon).accepted


def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_goes_on(daemon, sink):
    daemon.start()
    second = Daemon(sink.port, settings={"store": {"path": daemon.store}})
    assert "milticketd runs on store" in refusal(second, 75)
    assert deliver(daemon).accepted


@pytest.mark.parametrize("kind", ("file", "link to a file", "dangling link", "directory"))
def test_what_is_no_socket_is_never_removed(kind, daemon):
    target = daemon.directory / "precious"
    if kind == "file":
        daemon.socket.write_text("mine")
    elif kind == "directory":
        daemon.socket.mkdir()
    else:
        if kind == "link to a file":
            target.write_text("mine")
        daemon.socket.symlink_to(target)
    assert "is there already and no socket" in refusal(daemon, 77)
    assert daemon.socket.is_symlink() or daemon.socket.exists()
    assert target.exists() == (kind == "link to a file")


def test_a_store_of_a_newer_version_is_not_touched(daemon):
    daemon.start()
    daemon.kill()
    run("/usr/bin/python3", "-c", NEWER, daemon.store / "data.mdb")
    assert "is of a newer milticket" in refusal(daemon, 77)


# The value of "format" is one byte beside its key.
NEWER = """
import re, sys
data = bytearray(open(sys.argv[1], "rb").read())
places = [m.end() for m in re.finditer(rb"format(?=[0-9])", data)]
assert places
for place in places:
    data[place:place + 1] = b"9"
open(sys.argv[1], "wb").write(data)
"""


@pytest.mark.parametrize(
    "text, expected",
    (
        ("nonsense = 1;\n", "nonsense"),
        ("socket = 5;\n", "socket"),
        ("socket_mode = \"9999\";\n", "socket_mode"),
        ("store = {\n", "expected }"),
        ("user = \"no-such-user\";\n", "no-such-user"),
        ("user = \"root\"; group = \"nogroup\";\n", "root"),
    ),
)
def test_a_configuration_with_an_error_ends_with_78_and_says_where(text, expected, daemon):
    daemon.config.write_text(text)
    said = refusal(daemon, 78)
    assert expected in said and str(daemon.config) in said


def test_a_configuration_that_is_not_there_ends_with_78(daemon):
    done = run(program("milticketd"), "-t", "--config", daemon.directory / "none.conf", check=False)
    assert done.returncode == 78 and b"none.conf" in done.stderr


def test_wrong_options_end_with_64():
    assert run(program("milticketd"), "--no-such-option", check=False).returncode == 64
    assert run(program("milticketd"), "argument", check=False).returncode == 64


def test_in_the_background_the_parent_waits_until_mail_can_come(daemon):
    assert run(program("milticketd"), "--config", daemon.config).returncode == 0
    assert answers(daemon.socket)
    (line,) = run("/usr/bin/pgrep", "-f", f"milticketd --config {daemon.config}").stdout.split()
    os.kill(int(line), signal.SIGTERM)
    wait_until(lambda: not daemon.socket.exists(), "the end of the daemon")


def test_in_the_background_the_parent_tells_of_a_failure(daemon):
    daemon.socket.write_text("mine")
    done = run(program("milticketd"), "--config", daemon.config, check=False)
    assert done.returncode == 77


# --- reload ---


def test_a_reload_under_load_drops_nothing_and_a_broken_file_keeps_the_old_settings(daemon):
    daemon.start()
    good = daemon.config.read_text()
    load = Load(daemon, threads=4, seed=3).run()
    for text in (good, "nonsense = 1;\n", good, "accounts = (", good):
        daemon.config.write_text(text)
        daemon.reload()
    load.finish()
    assert all(sent.tries == len(sent.told) for sent in load.sent), "a message had to be repeated"
    assert compare(load, daemon) == []
    assert daemon.log_text().count("reload refused, the old settings stay") == 2
    assert daemon.log_text().count("configuration reloaded") >= 3
    daemon.stop()


# --- systemd ---


class Notified:
    """The end of NOTIFY_SOCKET that systemd has."""

    def __init__(self):
        self.path = new_directory("notify") / "notify.sock"
        self.sock, self.words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), []
        self.sock.bind(str(self.path))
        self.path.chmod(0o777)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            self.words += self.sock.recv(4096).decode().split("\n")

    def wait(self, word, count=1):
        wait_until(lambda: self.words.count(word) >= count, f"{count} times {word}: {self.words}")


def test_systemd_hears_of_start_health_reload_and_stop(daemon):
    notified = Notified()
    daemon.start(env={"NOTIFY_SOCKET": str(notified.path), "WATCHDOG_USEC": "3000000"})
    notified.wait("READY=1")
    notified.wait("WATCHDOG=1", 2)
    daemon.reload()
    notified.wait("RELOADING=1")
    notified.wait("READY=1", 2)
    daemon.stop()
    notified.wait("STOPPING=1")


def test_a_store_that_hangs_is_no_sign_of_life(sink, faults):
    daemon = Daemon(sink.port, settings={"archive": {"path": ""}})
    notified = Notified()
    daemon.start(
        env={"NOTIFY_SOCKET": str(notified.path), "WATCHDOG_USEC": "3000000", **faults.env}
    )
    notified.wait("WATCHDOG=1")
    faults.set("hang 1")
    stuck = threading.Thread(target=deliver, args=(daemon,))
    stuck.start()
    time.sleep(1.5)
    count = notified.words.count("WATCHDOG=1")
    time.sleep(2.5)
    assert notified.words.count("WATCHDOG=1") == count
    faults.clear()
    notified.wait("WATCHDOG=1", count + 1)
    stuck.join(20)
    daemon.stop()


# --- who may open what ---


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.mark.parametrize("umask", (0o000, 0o022, 0o077))
def test_modes_depend_on_no_umask(umask, sink):
    daemon = Daemon(sink.port, settings={"socket_mode": "0660"})
    for path in (daemon.store, daemon.archive):
        path.rmdir()
    daemon.directory.chmod(0o777)
    old = os.umask(umask)
    try:
        daemon.start()
    finally:
        os.umask(old)
    assert deliver(daemon).accepted
    wait_until(
        lambda: daemon.run_ticket("index", "status", check=False).returncode == 0,
        "the search index",
    )
    assert mode(daemon.socket) == 0o660
    assert mode(daemon.store) == 0o2770
    wait_until(lambda: not [*daemon.store.glob("search.sqlite*-wal")], "the index to be closed")
    modes = {path.name: mode(path) for path in daemon.store.iterdir()}
    assert set(modes.values()) == {0o660}
    assert set(modes) == {"data.mdb", "lock.mdb", "daemon.lock", *INDEX}
    directories = [daemon.archive, *(path for path in daemon.archive.rglob("*") if path.is_dir())]
    assert {mode(path) for path in directories} == {0o2770}
    assert {mode(path) for path in daemon.archive.rglob("*.eml")} == {0o640}
    assert {
        os.lstat(path).st_gid
        for path in (daemon.socket, *daemon.store.iterdir(), *daemon.archive.rglob("*"))
    } == {os.lstat(daemon.store).st_gid}
    daemon.kill()


def test_a_socket_is_born_with_its_mode_and_group(sink):
    """An MTA that meets it earlier would be refused: the daemon dies before it can touch up anything."""
    daemon = Daemon(sink.port, settings={"socket_mode": "0660"})
    daemon.launch(env={"MILTICKET_DIE_AT": "socket-bound"})
    daemon.process.wait(20)
    assert mode(daemon.socket) == 0o660
    assert os.lstat(daemon.socket).st_gid == (
        grp.getgrnam(UNPRIVILEGED[1]).gr_gid if os.getuid() == 0 else os.getgid()
    )


@pytest.mark.parametrize(
    "permissions, group, code, words",
    (
        (0o640, UNPRIVILEGED[1], 0, ""),
        (0o600, "root", 78, "cannot read the relay's password"),
        (0o644, UNPRIVILEGED[1], 78, "expected a file that others cannot read"),
        (0o604, UNPRIVILEGED[1], 78, "expected a file that others cannot read"),
    ),
)
def test_the_password_is_for_the_daemons_group_and_nobody_else(
    permissions, group, code, words, daemon
):
    secret = daemon.directory / "password"
    secret.write_text("for the relay\n")
    shutil.chown(secret, "root", group)
    secret.chmod(permissions)
    daemon.configure(mail_out={"username": "desk", "password_file": str(secret)})
    if code:
        assert words in refusal(daemon, code)
    else:
        assert deliver(daemon.start()).accepted


def test_no_symbolic_link_leads_out_of_the_archive(daemon):
    outside = new_directory("outside")
    outside.chmod(0o777)
    daemon.start()
    year = daemon.archive / time.strftime("%Y", time.gmtime())
    year.symlink_to(outside)
    os.lchown(year, os.stat(daemon.archive).st_uid, -1)
    result = deliver(daemon)
    assert result.retry and result.reply.startswith("451 4.3.0")
    assert list(outside.iterdir()) == []
    daemon.kill()


# --- the manual ---


def test_every_option_is_in_the_manual():
    page = (SOURCE / "milter" / "milticketd.8").read_text()
    source = (SOURCE / "milter" / "main.c").read_text()
    options = re.findall(r'\{ "([\w-]+)", (?:required|no)_argument, NULL, \'(\w)\' \}', source)
    assert len(options) >= 5
    assert [option for option in options if f".It Fl {option[1]} , -{option[0]}" not in page] == []
    assert (
        run("mandoc", "-Tlint", "-Wwarning", SOURCE / "milter" / "milticketd.8", check=False).stdout
        == b""
    )

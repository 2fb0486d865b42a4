"""What happens to a store in PostgreSQL: the sender is asked to try again within store.deadline_s,
other people's mail passes, the daemon lives and needs no restart, nothing is lost or doubled."""
import concurrent.futures
import contextlib
import email.utils
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from harness.client import compose
from harness.daemon import SUPPORT, Daemon
from harness.ground import (
    answers,
    free_ports,
    give,
    new_directory,
    program,
    run,
    stop_process,
    tool,
    wait_until,
)
from harness.load import ACCOUNT
from harness.mailboxes import GROUP, make_directory
from harness.milter import MilterClient
from harness.postgresql import HOME, UNPRIVILEGED, PostgreSQL, environment
from harness.proxy import Proxy

CARLA = "carla@customer.example"
ANNA = "anna@example.com"
DEADLINE = 3
ACCOUNT_WITH_ANSWER = {**SUPPORT, "autoresponse": {"opened": "opened.eml"}}


@pytest.fixture(scope="module")
def shared_server():
    server = PostgreSQL().start().prepare()
    yield server
    server.stop()


@pytest.fixture
def server(shared_server):
    """Of all tests of this file, and up again when one ends."""
    yield shared_server
    if shared_server.ended():
        shared_server.start()


def settings(url, **more):
    store = {"url": url, "require_sync": False, "deadline_s": DEADLINE, **more}
    return {
        "store": store,
        "mail_out": {"timeout_s": 10},
        "policy": {"answers_per_hour": 0},
        "agents_auth": {"sasl": True},
    }


@pytest.fixture
def daemon(sink, server):
    daemon = Daemon(sink.port, settings=settings(server.url(server.database())))
    yield daemon
    if not daemon.ended():
        daemon.kill()


@pytest.fixture
def proxy(server):
    directory = new_directory("proxy")
    proxy = Proxy(directory, server.directory)
    yield proxy
    proxy.close()


def send(client, body="The printer is out of paper.\n", **more):
    return client.send(CARLA, [ACCOUNT], compose(body=body, **more))


def accepted(client):
    result = send(client)
    assert result.accepted and result.headers("X-Ticket"), (result.reply, result.verdict)
    return result


def refused(client, within=DEADLINE + 2):
    began = time.monotonic()
    result = send(client)
    took = time.monotonic() - began
    assert result.reply and result.reply.startswith("451 4.3.0"), result
    assert took < within, took
    return took


def passes(client):
    """Other people's mail, whether the store is there or not."""
    began = time.monotonic()
    assert client.send("x@y.example", ["bob@z.example"], compose()).verdict == "accept"
    assert time.monotonic() - began < DEADLINE - 1


def comes_back(daemon, seconds=20):
    """By itself."""

    def try_it():
        with MilterClient(daemon.socket) as client:
            return send(client).accepted

    wait_until(try_it, "the store to be there again", seconds)
    assert not daemon.ended()


def numbers(daemon):
    return [ticket["number"] for ticket in daemon.tickets()]


def sound(daemon):
    daemon.stop()
    done = daemon.run_ticket("check", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_server_that_is_away_is_waited_for(daemon, server):
    daemon.start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        server.stop()
        assert refused(client) >= DEADLINE - 1
        passes(client)
        server.start()
        accepted(client)
    assert len(numbers(daemon)) == 2
    sound(daemon)


def test_a_server_that_is_back_in_time_costs_nothing_but_time(daemon, server):
    daemon.configure(store={"deadline_s": 20})
    daemon.start()
    with MilterClient(daemon.socket) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        accepted(client)
        server.stop()
        waits = pool.submit(send, client)
        time.sleep(1)
        server.start()
        assert waits.result().accepted
    assert len(numbers(daemon)) == 2


def test_a_killed_server_loses_nothing_and_doubles_nothing(daemon, server):
    """Mail by mail, each until it is told 250: what was told is there, once."""
    daemon.start()
    told = []

    def deliver(which):
        for n in range(8):
            subject = f"mail {which} {n}"
            message_id = f"<{which}.{n}.{os.getpid()}@customer.example>"
            mail = compose(subject=subject, message_id=message_id)
            for _ in range(60):
                try:
                    with MilterClient(daemon.socket) as client:
                        if client.send(CARLA, [ACCOUNT], mail).accepted:
                            told.append(subject)
                            break
                except OSError:
                    pass
                time.sleep(0.2)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = [pool.submit(deliver, which) for which in range(4)]
        for _ in range(3):
            time.sleep(0.7)
            server.kill()
            server.start()
        for one in done:
            one.result()
    assert not daemon.ended()
    assert sorted(ticket["subject"] for ticket in daemon.tickets()) == sorted(told)
    assert len(told) == 32
    sound(daemon)


def kill_a_backend(server, name):
    """Of the daemon's; false while the server cannot be asked."""
    done = server.sql(
        "select pid from pg_stat_activity where usename = 'milticket'"
        f" and datname = '{name}' order by random() limit 1",
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        return False
    os.kill(int(done.stdout), signal.SIGKILL)
    return True


def test_a_killed_backend_costs_no_mail_more_than_time(daemon, server):
    """The server throws everybody out when one of its processes was killed, and is back soon: who
    is in the middle of something tries again by himself. A busy disk may make it take its time."""
    daemon.configure(store={"deadline_s": 50})
    daemon.start()
    opened(daemon)
    stop = threading.Event()
    done = []

    def deliver(which):
        while not stop.is_set():
            done.append(accepted_once(daemon, f"<{which}.{len(done)}.{os.getpid()}@c.example>"))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(deliver, which) for which in range(6)]
        try:
            for _ in range(3):
                time.sleep(1)
                wait_until(lambda: kill_a_backend(server, base_of(daemon)), "the server", 20)
            time.sleep(1)
        finally:
            stop.set()
        for worker in workers:
            worker.result()
    assert len(done) > 20
    assert len(numbers(daemon)) == len(done) + 1
    sound(daemon)


def accepted_once(daemon, message_id):
    with MilterClient(daemon.socket) as client:
        result = send(client, message_id=message_id)
        assert result.accepted, daemon.log_text()[-800:]
    return message_id


@pytest.mark.parametrize("point", ("group-written", "group-committed"))
@pytest.mark.parametrize("count", (1, 3))
def test_a_daemon_that_dies_beside_its_commit_doubles_nothing(daemon, point, count):
    """Before the COMMIT is sent, and after it was answered but before anybody is told 250."""
    daemon.launch(env={"MILTICKET_DIE_AT": f"{point}:{count}"})
    wait_until(lambda: daemon.ended() or answers(daemon.socket), "it to begin")
    mails = [
        (f"mail {n}", compose(subject=f"mail {n}", message_id=f"<{n}.{point}.{count}@c.example>"))
        for n in range(4)
    ]
    died = False
    for subject, mail in mails:
        for _ in range(60):
            if daemon.ended():
                died = True
                daemon.start()
            try:
                with MilterClient(daemon.socket) as client:
                    if client.send(CARLA, [ACCOUNT], mail).accepted:
                        break
            except OSError:
                pass
            time.sleep(0.1)
    assert died
    assert sorted(ticket["subject"] for ticket in daemon.tickets()) == [name for name, _ in mails]
    sound(daemon)


def test_a_connection_that_is_cut_is_made_anew(sink, server, proxy):
    name = server.database()
    url = server.url(name).replace(str(server.directory), str(proxy.path.parent))
    daemon = Daemon(sink.port, settings=settings(url)).start()
    with MilterClient(daemon.socket) as client:
        for n in range(5):
            accepted(client)
            proxy.cut()
        accepted(client)
    assert len(numbers(daemon)) == 6
    sound(daemon)


def test_a_silent_server_is_given_up_in_time(sink, server, proxy):
    url = server.url(server.database()).replace(str(server.directory), str(proxy.path.parent))
    daemon = Daemon(sink.port, settings=settings(url)).start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        proxy.silent = True
        refused(client)
        passes(client)
        proxy.silent = False
        comes_back(daemon)
    sound(daemon)


def test_a_slow_server_is_slow_and_no_more(sink, server, proxy):
    url = server.url(server.database()).replace(str(server.directory), str(proxy.path.parent))
    daemon = Daemon(sink.port, settings=settings(url, deadline_s=20)).start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        proxy.delay = 0.1
        accepted(client)
        proxy.delay = 0
    assert len(numbers(daemon)) == 2
    sound(daemon)


def test_a_full_disk_is_mended_by_space(sink):
    directory = new_directory("small-disk")
    run(tool("mount"), "-t", "tmpfs", "-o", "size=120m,mode=0755", "none", directory)
    server = None
    try:
        server = PostgreSQL(
            "max_wal_size = 32MB\nmin_wal_size = 32MB\n", directory=directory
        ).start()
        server.prepare()
        daemon = Daemon(
            sink.port,
            settings={
                **settings(server.url(server.database())),
                "archive": {"path": "database"},
            },
        ).start()
        filler = directory / "filler"
        with MilterClient(daemon.socket) as client:
            accepted(client)
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                except OSError:
                    pass
            result = send(client, body="x" * 70 + "\n" + "many words " * 2_000_000)
            assert result.reply.startswith("451 4.3.0"), result
            passes(client)
            filler.unlink()
            if server.ended():
                server.start()
        comes_back(daemon, 60)
        daemon.kill()
    finally:
        if server:
            server.kill()
        run(tool("umount"), "--lazy", directory)


def test_no_connection_left_is_a_reason_to_wait(sink):
    server = PostgreSQL("max_connections = 8\nsuperuser_reserved_connections = 3\n").start()
    server.prepare()
    name = server.database()
    daemon = Daemon(sink.port, settings=settings(server.url(name))).start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
    server.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'milticket'")
    hogs = []

    def full():
        """The daemon's threads are thrown out until others have their places."""
        server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'milticket' and query not like '%pg_sleep(600)'"
        )
        hogs.append(
            subprocess.Popen(
                [HOME / "psql", "-X", "-q", server.url(name), "-c", "select pg_sleep(600)"],
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        time.sleep(0.05)
        return (
            server.sql(
                "select count(*) >= 5 from pg_stat_activity"
                " where usename = 'milticket' and query like '%pg_sleep(600)'"
            )
            == "t"
        )

    try:
        wait_until(full, "the server to be full")
        with MilterClient(daemon.socket) as client:
            refused(client)
            passes(client)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%600)'"
        )
    comes_back(daemon)
    daemon.stop()
    server.stop()


def test_a_standby_takes_no_mail_and_is_passed_over(sink):
    """Read-only, until it is promoted; of several hosts the primary is found."""
    first = PostgreSQL("wal_level = replica\n").start().prepare()
    name = first.database()
    directory = new_directory("standby")
    give(directory)
    second = PostgreSQL(directory=directory, copy_of=first).start()
    try:
        daemon = Daemon(sink.port, settings=settings(second.url(name))).start()
        with MilterClient(daemon.socket) as client:
            refused(client)
            passes(client)
        assert "a standby" in daemon.log_text()
        daemon.stop()
        both = "%2C".join(str(s.directory).replace("/", "%2F") for s in (second, first))
        daemon.configure(store={"url": f"postgresql://milticket@/{name}?host={both}"})
        daemon.start()
        with MilterClient(daemon.socket) as client:
            accepted(client)
            # It is behind by a moment, which can be the one in which the tables were made.
            end = first.sql("select pg_current_wal_lsn()")
            wait_until(
                lambda: second.sql(f"select pg_last_wal_replay_lsn() >= '{end}'::pg_lsn") == "t",
                "the standby to have the ticket",
            )
            first.stop()
            second.sql("select pg_promote()")
            accepted(client)
        assert numbers(daemon) == [1, 2]
        daemon.stop()
    finally:
        first.kill()
        second.kill()


def test_a_lock_that_somebody_holds_is_waited_for_in_time(daemon, server):
    daemon.start()
    name = base_of(daemon)
    with MilterClient(daemon.socket) as client:
        accepted(client)
        holder = subprocess.Popen(
            [HOME / "psql", "-X", "-q", server.url(name, "postgres")],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        holder.stdin.write(b"begin; lock table milticket.tickets, milticket.meta;\n")
        holder.stdin.flush()
        wait_until(
            lambda: server.sql(
                "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted"
                " and relation = 'milticket.tickets'::regclass",
                name,
            )
            != "0",
            "the lock",
        )
        refused(client)
        passes(client)
        holder.stdin.close()
        holder.wait()
        accepted(client)
    assert len(numbers(daemon)) == 2
    sound(daemon)


# --- what a database's administrator sets for a role ------------------------------------------


def base_of(daemon):
    return daemon.settings["store"]["url"].split("/")[3].split("?")[0]


@pytest.fixture
def limited(server):
    """Sets how many connections the role may have."""
    yield lambda n: server.sql(f"alter role milticket connection limit {n}")
    server.sql("alter role milticket connection limit -1")


def test_hosts_that_start_at_once_on_an_empty_database_share_it(sink, server):
    """Whatever isolation the role's transactions have by default: who waits for another that makes
    the tables sees them then."""
    name = server.database()
    server.sql(
        f"alter role milticket in database {name} set default_transaction_isolation = 'serializable'"
    )
    hosts = [
        Daemon(sink.port, settings={**settings(server.url(name)), "archive": {"path": "database"}})
        for _ in range(3)
    ]
    try:
        for host in hosts:
            host.launch()
        for host in hosts:
            wait_until(lambda: host.ended() or answers(host.socket), "it to be ready")
            assert not host.ended(), host.log_text()
        # The same mails at all of them: in the archive, too, one is first.
        mails = [compose(message_id=f"<{n}.{name}@customer.example>") for n in range(4)]

        def deliver(host, mail):
            with MilterClient(host.socket) as client:
                return client.send(CARLA, [ACCOUNT], mail)

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            results = list(pool.map(deliver, hosts * len(mails), [m for m in mails for _ in hosts]))
        assert all(result.accepted for result in results), [r.reply for r in results]
        assert len(numbers(hosts[0])) == len(mails)
        assert hosts[0].run_ticket("check", check=False).returncode == 0
    finally:
        for host in hosts:
            host.kill()


def test_rows_that_a_policy_hides_are_no_empty_store(daemon, server):
    daemon.start()
    opened(daemon)
    server.sql(
        "alter table milticket.tickets enable row level security;"
        "alter table milticket.tickets force row level security",
        base_of(daemon),
    )
    with MilterClient(daemon.socket) as client:
        refused(client)
    done = daemon.run_ticket("list", check=False)
    assert done.returncode == 77 and b"row-level security" in done.stderr, done
    server.sql("alter table milticket.tickets disable row level security", base_of(daemon))
    comes_back(daemon)


def test_a_role_that_may_only_write_rows_is_enough(daemon, sink, server):
    """Once the owner has made the tables; and where one right is missing, that is said."""
    daemon.start()
    opened(daemon)
    name = base_of(daemon)
    server.sql(
        "create role writer login; grant usage on schema milticket to writer;"
        "grant select, insert, update, delete on all tables in schema milticket to writer",
        name,
    )
    other = Daemon(sink.port, settings=settings(server.url(name, "writer"))).start()
    try:
        opened(other)
        assert other.run_ticket("note", "1", "-m", "a note").returncode == 0
        server.sql("revoke insert on milticket.texts from writer", name)
        with MilterClient(other.socket) as client:
            refused(client)
        assert "permission denied for table texts" in other.log_text()
        server.sql("grant insert on milticket.texts to writer", name)
        opened(other)
    finally:
        other.kill()
        server.sql("drop owned by writer", name)
        server.sql("drop role writer")


def test_the_last_connection_is_for_mail_and_not_for_listening(daemon, server, limited):
    daemon.start()
    name = base_of(daemon)
    opened(daemon)
    wait_until(lambda: listens(server, name), "it to listen")
    limited(1)
    server.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        f" where datname = '{name}' and usename = 'milticket' and query <> 'listen milticket'"
    )
    comes_back(daemon, 25)
    assert not listens(server, name)
    limited(-1)
    wait_until(lambda: listens(server, name), "it to listen again", 25)


def test_connections_that_nobody_uses_are_given_up(sink, server, limited):
    """A burst leaves none behind that others could have, `ticket` for one."""
    daemon = Daemon(sink.port, settings=settings(server.url(server.database()), deadline_s=20))
    daemon.start()
    name = base_of(daemon)
    limited(4)
    mails = [compose(message_id=f"<{n}.{name}@customer.example>") for n in range(40)]

    def deliver(mail):
        with MilterClient(daemon.socket) as client:
            return client.send(CARLA, [ACCOUNT], mail).accepted

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(deliver, mails))
    # How many of them were at work at the same time is chance.
    done = daemon.run_ticket("list", check=False)
    assert done.returncode == 0 or b"too many connections" in done.stderr, done

    def lists():
        """At rest all threads look at the same moment, and have one each."""
        time.sleep(1)
        return daemon.run_ticket("list", check=False).returncode == 0

    wait_until(lists, "a connection for others", 2 * LOOKS)
    daemon.stop()


HELD = """begin;
select pg_advisory_lock(classid::bigint << 32 | objid::bigint) from pg_locks
  where locktype = 'advisory';
select pg_advisory_lock(1835824235);
select count(*) from milticket_report.tickets;
select 'held', pg_sleep(20);
"""


def test_who_may_read_reports_holds_up_no_mail(daemon, server):
    """Nor has he rights to anything but the views."""
    daemon.start()
    opened(daemon)
    name = base_of(daemon)
    server.sql("create role reader login in role milticket_report")
    reader = subprocess.Popen(
        [HOME / "psql", "-X", "-q", server.url(name, "reader"), "-c", HELD],
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    try:
        asleep = "select count(*) from pg_stat_activity where usename = 'reader' and wait_event = 'PgSleep'"
        wait_until(lambda: server.sql(asleep) == "1", "the reader to have what he may")
        began = time.monotonic()
        opened(daemon)
        assert time.monotonic() - began < DEADLINE
    finally:
        reader.kill()
        reader.wait()
    for (table,) in server.rows(
        "select tablename from pg_tables where schemaname = 'milticket'", name
    ):
        for words in (f"table milticket.{table}", f"lock milticket.{table} in access share mode"):
            done = server.sql(f"begin; {words}", name, role="reader", check=False)
            assert done.returncode and b"permission denied for schema" in done.stderr, done
    for view in ("tickets", "messages", "queues", "agents", "outbox", "events"):
        assert server.sql(f"select count(*) from milticket_report.{view}", name, role="reader")
        done = server.sql(f"delete from milticket_report.{view}", name, role="reader", check=False)
        assert done.returncode and b"ERROR" in done.stderr, done


# --- refused in words, at the start ----------------------------------------------------------


def exit_of(daemon):
    """Its exit code and what it said."""
    daemon.launch()
    daemon.process.wait(30)
    return daemon.process.returncode, daemon.log_text()


def test_a_newer_schema_is_refused(daemon, server):
    daemon.start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
    daemon.stop()
    name = base_of(daemon)
    server.sql(
        "insert into milticket.schema (version, shape, program) values (99, '', 'next')", name
    )
    code, said = exit_of(daemon)
    assert code != 0 and "schema 99 is of a newer milticket" in said, said
    done = daemon.run_ticket("list", check=False)
    assert done.returncode == 77 and b"newer milticket" in done.stderr, done


def test_another_programs_schema_is_refused(daemon, server):
    name = base_of(daemon)
    server.sql(
        "create schema milticket authorization milticket;"
        "create table milticket.tickets (number text, subject integer);"
        "alter table milticket.tickets owner to milticket",
        name,
    )
    code, said = exit_of(daemon)
    assert code != 0 and "tickets.number is not of the type" in said, said
    assert server.sql("select count(*) from pg_tables where schemaname = 'milticket'", name) == "1"


def test_a_database_that_is_not_there_is_named(daemon, server):
    daemon.configure(store={"url": server.url("nowhere")})
    code, said = exit_of(daemon)
    assert code != 0 and 'database "nowhere" does not exist' in said, said


def receiver_of(server, log):
    """A standby that is a program which only takes the log."""
    return subprocess.Popen(
        [HOME / "pg_receivewal", "-D", log, "--synchronous", "-d",
         f"host={server.directory} user=postgres application_name=second"],
        env=environment(), **server.user(),
    )  # fmt: skip


@contextlib.contextmanager
def receiving(server, log):
    receiver = receiver_of(server, log)
    try:
        yield receiver
    finally:
        stop_process(receiver)


def test_a_quorum_that_is_gone_is_seen_by_a_running_daemon(sink):
    server = PostgreSQL("synchronous_standby_names = 'ANY 1 (second)'\n").start()
    log = new_directory("receiver")
    give(log)
    receiver = receiver_of(server, log)
    try:
        server.prepare()
        daemon = Daemon(
            sink.port, settings=settings(server.url(server.database()), require_sync=True)
        ).start()
        with MilterClient(daemon.socket) as client:
            accepted(client)
            # A standby that hangs: committed here, and who knows where else.
            stop_process(receiver)
            refused(client)
            passes(client)
            receiver = receiver_of(server, log)
            comes_back(daemon, 30)
            # It is told that it has none: mail must not be taken for safe.
            server.sql("alter system set synchronous_standby_names = ''")
            server.sql("select pg_reload_conf()")
            time.sleep(6)
            refused(client)
            server.sql("alter system reset synchronous_standby_names")
            server.sql("select pg_reload_conf()")
            comes_back(daemon, 30)
        sound(daemon)
    finally:
        stop_process(receiver)
        server.kill()


# --- away when the daemon starts ---------------------------------------------------------------


def said_once(daemon, text):
    assert daemon.log_text().count(text) == 1, daemon.log_text()


def test_a_database_that_is_away_is_waited_for_by_a_daemon_that_starts(daemon, server):
    """As one that goes away later: nothing of it was ever seen, and the schema is not there."""
    server.stop()
    daemon.start()
    try:
        with MilterClient(daemon.socket) as client:
            refused(client, within=10)
            passes(client)
            # Nobody knows yet who is an agent.
            mail = compose(sender=ANNA, to="bob@z.example")
            result = client.send(ANNA, ["bob@z.example"], mail, authen="anna")
            assert result.reply.startswith("451 4.3.0"), result
        (found,) = [f for f in daemon.ticket("doctor") if f["check"] == "database"]
        assert "cannot open store" in found["text"], found
        time.sleep(DEADLINE + 2)
        said_once(daemon, "tickets cannot be recorded until that works")
        assert "cannot read the outbox" not in daemon.log_text()
    finally:
        server.start()
    comes_back(daemon, 40)
    wait_until(lambda: "the store is there again" in daemon.log_text(), "that to be said")
    with MilterClient(daemon.socket) as client:
        assert client.send(ANNA, ["bob@z.example"], mail, authen="anna").accepted
        result = accepted(client)
    assert daemon.ticket("queue", "list")[0]["name"] == "support"
    assert result.headers("X-Ticket")
    sound(daemon)


def test_tokens_of_a_daemon_that_started_without_its_database_are_the_stores(sink, server):
    """The secret that they are made with is in the database."""
    daemon = Daemon(
        sink.port,
        accounts=(ACCOUNT_WITH_ANSWER,),
        settings=settings(server.url(server.database()), deadline_s=20),
    )
    server.stop()
    try:
        daemon.start()
        with concurrent.futures.ThreadPoolExecutor(1) as pool, MilterClient(daemon.socket) as one:
            waits = pool.submit(send, one)
            time.sleep(1)
            server.start()
            assert waits.result().accepted
    finally:
        if server.ended():
            server.start()
    (mail,) = sink.wait_mails(CARLA)
    token = email.message_from_bytes(mail.data)["Reply-To"]
    daemon.stop()
    daemon.start()
    with MilterClient(daemon.socket) as client:
        to = email.utils.parseaddr(token)[1]
        assert client.send(CARLA, [to], compose(to=to, subject="more")).accepted
    assert len(numbers(daemon)) == 1
    daemon.stop()


def test_an_asynchronous_server_gets_no_mail_where_a_quorum_is_asked_for(sink):
    """Nor is it a reason to end: the server is mended, and the daemon goes on."""
    server = PostgreSQL().start().prepare()
    daemon = Daemon(sink.port, settings=settings(server.url(server.database()), require_sync=True))
    log = new_directory("receiver")
    give(log)
    try:
        daemon.start()
        with MilterClient(daemon.socket) as client:
            refused(client)
            passes(client)
        assert "synchronous_standby_names is empty" in daemon.log_text()
        with receiving(server, log):
            server.sql("alter system set synchronous_standby_names = 'ANY 1 (second)'")
            server.sql("select pg_reload_conf()")
            comes_back(daemon, 30)
            daemon.stop()
    finally:
        server.kill()


# --- passwords --------------------------------------------------------------------------------


@pytest.fixture
def guarded():
    """A server that asks for passwords."""
    server = PostgreSQL().start().prepare()
    server.sql("alter role milticket password 'open sesame'")
    (server.data / "pg_hba.conf").write_text(
        "local all postgres trust\nlocal all milticket scram-sha-256\n"
    )
    server.sql("select pg_reload_conf()")
    yield server
    server.stop()


def password_file(daemon, text, mode=0o600):
    path = daemon.directory / "store-password"
    path.write_text(text)
    path.chmod(mode)
    give(path)
    return str(path)


def test_the_password_comes_from_a_file_and_is_seen_nowhere(sink, guarded):
    daemon = Daemon(sink.port, settings=settings(guarded.url(guarded.database())))
    daemon.configure(store={"password_file": password_file(daemon, "open sesame\n")})
    daemon.start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        guarded.restart()
        accepted(client)
    shown = daemon.run_ticket("config", "show").stdout + daemon.run_ticket("list").stdout
    processes = run(tool("ps"), "axww", "-o", "args").stdout
    environ = open(f"/proc/{daemon.process.pid}/environ", "rb").read()
    for where in (shown, processes, environ, daemon.log_text().encode()):
        assert b"sesame" not in where
    daemon.stop()


def test_a_wrong_password_is_refused_in_words(sink, guarded):
    daemon = Daemon(sink.port, settings=settings(guarded.url(guarded.database())))
    daemon.configure(store={"password_file": password_file(daemon, "open barley\n")})
    code, said = exit_of(daemon)
    assert code != 0 and "password authentication failed" in said and "barley" not in said, said


def test_a_password_that_is_changed_is_451_until_it_is_right(sink, guarded):
    daemon = Daemon(sink.port, settings=settings(guarded.url(guarded.database())))
    daemon.configure(store={"password_file": password_file(daemon, "open sesame\n")})
    daemon.start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        guarded.sql("alter role milticket password 'another'")
        guarded.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'milticket'"
        )
        refused(client)
        passes(client)
        guarded.sql("alter role milticket password 'open sesame'")
        comes_back(daemon)
    daemon.stop()


def test_a_password_that_everyone_can_read_is_refused(sink, guarded):
    daemon = Daemon(sink.port, settings=settings(guarded.url(guarded.database())))
    daemon.configure(store={"password_file": password_file(daemon, "open sesame\n", 0o644)})
    code, said = exit_of(daemon)
    assert code == 78 and "others cannot read" in said and "sesame" not in said, said


def test_a_password_in_the_url_is_refused_unseen(sink, guarded):
    url = guarded.url(guarded.database()).replace("milticket@", "milticket:sesame@")
    daemon = Daemon(sink.port, settings=settings(url))
    code, said = exit_of(daemon)
    assert code == 78 and "without a password" in said and "sesame" not in said, said


# --- what stands between ---------------------------------------------------------------------


def test_a_pooler_is_refused_in_words(sink, server):
    name, directory = server.database(), new_directory("pgbouncer")
    (port,) = free_ports(1)
    give(directory)
    (directory / "users").write_text('"milticket" ""\n')
    (directory / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host={server.directory} dbname={name}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {directory}/users\npool_mode = transaction\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    with (directory / "log").open("wb") as log:
        pooler = subprocess.Popen(
            [tool("pgbouncer"), directory / "pgbouncer.ini"],
            stdout=log, stderr=log, **server.user(),
        )  # fmt: skip
    try:
        url = f"postgresql://milticket@127.0.0.1:{port}/{name}"
        ready = [HOME / "pg_isready", "-q", "-d", url]
        wait_until(lambda: run(*ready, check=False).returncode == 0, "pgbouncer")
        daemon = Daemon(sink.port, settings=settings(url))
        code, said = exit_of(daemon)
        assert code != 0 and "a connection pooler such as pgbouncer stands between" in said, said
    finally:
        stop_process(pooler)


# --- agents ----------------------------------------------------------------------------------


def test_agents_wait_while_the_store_is_away_and_others_do_not(daemon, server):
    daemon.start()
    daemon.add_agent("anna", address=ANNA, queue="support")
    with MilterClient(daemon.socket) as client:
        accepted(client)
        mail = compose(sender=ANNA, to="bob@z.example")
        assert client.send(ANNA, ["bob@z.example"], mail, authen="anna").accepted
        time.sleep(6)  # who is an agent is looked up every five seconds
        server.stop()
        result = client.send(ANNA, ["bob@z.example"], mail, authen="anna")
        assert result.reply.startswith("451 4.3.0"), result
        passes(client)
        # Somebody who logs in, and is no agent.
        began = time.monotonic()
        assert client.send("u@example.com", ["bob@z.example"], compose(), authen="u").accepted
        assert time.monotonic() - began < DEADLINE - 1
        server.start()
        assert client.send(ANNA, ["bob@z.example"], mail, authen="anna").accepted


# --- several hosts ---------------------------------------------------------------


def test_a_mail_of_the_outbox_is_one_hosts_at_a_time(sink, server):
    url = server.url(server.database())
    hosts = [
        Daemon(sink.port, accounts=(ACCOUNT_WITH_ANSWER,), settings=settings(url)) for _ in range(2)
    ]
    customers = [f"c{number}@customer.example" for number in range(12)]
    try:
        for host in hosts:
            host.start()
        for number, customer in enumerate(customers):
            with MilterClient(hosts[number % 2].socket) as client:
                mail = compose(sender=customer, body="The printer is out of paper.\n")
                assert client.send(customer, [ACCOUNT], mail).accepted
        for customer in customers:
            sink.wait_mails(customer)
        wait_until(lambda: not hosts[0].ticket("outbox", "list"), "the outbox to be empty", 20)
        assert sorted(r for mail in sink.mails() for r in mail.recipients) == sorted(customers)
        assert len(hosts[0].ticket("list")) == len(customers)
    finally:
        for host in hosts:
            if not host.ended():
                host.kill()


# --- who has written -----------------------------------------------------------------------


def writers(server, name):
    return [id for (id,) in server.rows("select id from milticket.writers", name)]


def test_writers_that_are_gone_for_long_are_forgotten(daemon, server):
    """Each process is one."""
    daemon.start()
    name = base_of(daemon)
    with MilterClient(daemon.socket) as client:
        accepted(client)
    live = set(writers(server, name))
    server.sql(
        "insert into milticket.writers select decode(lpad(to_hex(n), 32, '0'), 'hex'), 1,"
        " now() - case when n > 5 then interval '25 hours' else interval '23 hours' end"
        " from generate_series(1, 40) n",
        name,
    )
    daemon.run_ticket("note", "1", "-m", "a new writer")
    left = set(writers(server, name))
    young = {f"\\x{n:032x}" for n in range(1, 6)}
    assert live | young < left and len(left - live - young) == 1, left
    sound(daemon)


@pytest.mark.parametrize("lost", (True, False))
def test_a_forgotten_writer_still_learns_what_became_of_its_commit(sink, server, proxy, lost):
    """The connection breaks in the COMMIT of a daemon whose row is gone: what it sent has come to
    its end, or the question has; the mail is there once."""
    name = server.database()
    daemon = Daemon(
        sink.port,
        settings=settings(
            server.url(name).replace(str(server.directory), str(proxy.path.parent)), deadline_s=20
        ),
    ).start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
        server.sql("delete from milticket.writers", name)
        proxy.lose_commit = "asked" if lost else "answered"
        accepted(client)
        assert proxy.lose_commit is None
    assert len(numbers(daemon)) == 2
    sound(daemon)


# --- who is told ---------------------------------------------------------------------------

LOOKS = 30  # seconds between looks of who is told, and at least as many of those who look
SOON = 10
LISTENERS = "select pid from pg_stat_activity where query = 'listen milticket'"


def listens(server, name):
    return [pid for (pid,) in server.rows(f"{LISTENERS} and datname = '{name}'", name) if pid]


@pytest.fixture
def told(sink, server, proxy):
    """A daemon that listens through the proxy."""
    url = server.url(server.database())
    daemon = Daemon(
        sink.port,
        settings=settings(
            url.replace(str(server.directory), str(proxy.path.parent)), deadline_s=20
        ),
    )
    daemon.base = url.split("/")[3].split("?")[0]
    daemon.start()
    wait_until(lambda: listens(server, daemon.base), "it to listen")
    time.sleep(1.5)  # nobody has anything to do any more, and all rest for long
    yield daemon
    if not daemon.ended():
        daemon.kill()


def replied_soon(daemon, sink, number, text):
    """What another process puts into the outbox is sent, and how long that took."""
    before = len(sink.mails())
    daemon.run_ticket("reply", str(number), "-m", text)
    began = time.monotonic()
    wait_until(lambda: len(sink.mails()) > before, "the reply to be sent", SOON)
    assert any(text.encode() in mail.data for mail in sink.mails()[before:])
    return time.monotonic() - began


def opened(daemon):
    with MilterClient(daemon.socket) as client:
        accepted(client)
    return numbers(daemon)[-1]


def test_what_another_process_commits_is_sent_when_it_is_told(told, sink):
    daemon = told
    number = opened(daemon)
    time.sleep(1.5)
    for n in range(2):
        assert replied_soon(daemon, sink, number, f"answer {n}") < SOON


def test_a_cut_listener_listens_again(told, sink, server):
    daemon = told
    number = opened(daemon)
    (before,) = listens(server, daemon.base)
    server.sql(f"select pg_terminate_backend({before})")
    wait_until(lambda: listens(server, daemon.base) not in ([], [before]), "it to listen again")
    time.sleep(1.5)
    assert replied_soon(daemon, sink, number, "an answer") < SOON
    assert not daemon.ended() and "error" not in daemon.log_text(), daemon.log_text()


def test_who_cannot_listen_looks(told, sink, server, proxy):
    daemon = told
    number = opened(daemon)
    proxy.deaf = True
    server.sql(f"select pg_terminate_backend(pid) from ({LISTENERS}) as them")
    wait_until(lambda: proxy.refused > 1, "it to try")
    assert not listens(server, daemon.base)
    for n in range(2):
        assert replied_soon(daemon, sink, number, f"answer {n}") < SOON
    assert not listens(server, daemon.base)
    proxy.deaf = False
    wait_until(lambda: listens(server, daemon.base), "it to listen again", 15)
    time.sleep(1.5)
    assert replied_soon(daemon, sink, number, "the last") < SOON


def test_what_another_host_takes_is_soon_in_the_index_and_in_the_log(told, sink, server):
    """A daemon of its own directory is another host, as far as the store knows."""
    daemon = told
    other = Daemon(sink.port, settings=settings(server.url(daemon.base))).start()
    follower = subprocess.Popen(
        [program("ticket"), "log", "--config", daemon.config, "--follow"], stdout=subprocess.PIPE
    )
    try:
        wait_until(lambda: len(listens(server, daemon.base)) == 3, "all to listen")
        time.sleep(1.5)
        number = opened(other)
        began = time.monotonic()
        assert f"\t{number}\topened".encode() in follower.stdout.readline()
        wait_until(
            lambda: daemon.ticket("index", "status")[0]["behind"] == 0, "the index to have it", SOON
        )
        assert time.monotonic() - began < SOON
    finally:
        follower.kill()
        follower.wait()
        other.stop()


def logged(server):
    """Statements of sessions that log them."""
    return re.findall(r"LOG:  (?:execute|statement).*", server.log.read_text(errors="replace"))


@pytest.fixture
def idle(sink, server):
    """A daemon that has nothing to do, of a database whose sessions log what they are asked."""
    name = server.database()
    server.sql(f"alter database {name} set log_statement = 'all'")
    daemon = Daemon(sink.port, settings=settings(server.url(name))).start()
    daemon.base = name
    opened(daemon)
    wait_until(lambda: listens(server, name), "it to listen")
    time.sleep(7)  # it looks at what it has done itself, and at agents five seconds later
    yield daemon
    if not daemon.ended():
        daemon.kill()


def test_an_idle_daemon_asks_little(idle, server):
    """Twice a minute each of its threads looks, and the one that listens six times."""
    seconds, before = 12, len(logged(server))
    time.sleep(seconds)
    said = logged(server)[before:]
    assert len(said) / seconds < 4, said


def test_what_another_host_makes_due_earlier_is_done_in_time(idle, server):
    """By a host that tells, and between two looks. What was due was far off."""
    idle.run_ticket("wait", "1", "3d")
    time.sleep(2)
    began = time.monotonic()
    server.sql(
        "begin; update milticket.tickets set wait_until = now() + interval '4 s';"
        " update milticket.due set time = (select wait_until from milticket.tickets);"
        " select pg_notify('milticket', ''); commit",
        idle.base,
    )
    wait_until(
        lambda: server.sql("select status from milticket.tickets", idle.base) == "open",
        "the ticket to be woken",
        LOOKS - 10,
    )
    assert time.monotonic() - began > 3.9


# --- away when the daemon ends -----------------------------------------------------------------


def end_takes(daemon):
    """Seconds from the signal to the end."""
    began = time.monotonic()
    daemon.process.terminate()
    assert daemon.process.wait(60) == 0, daemon.log_text()
    return time.monotonic() - began


@pytest.mark.parametrize("how", ("away", "silent"))
def test_a_daemon_ends_within_one_deadline_while_its_database_is_away(sink, server, proxy, how):
    """Each of its threads waits for it, a mail at hand too; what each would wait for next is not
    added to that."""
    deadline = 4
    url = server.url(server.database()).replace(str(server.directory), str(proxy.path.parent))
    daemon = Daemon(
        sink.port,
        settings={
            **settings(url, deadline_s=deadline),
            "mailboxes": {"path": make_directory(), "group": GROUP},
        },
    )
    daemon.start()
    with MilterClient(daemon.socket) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        accepted(client)
        time.sleep(1)
        proxy.silent = how == "silent"
        if how == "away":
            server.stop()
            proxy.cut()
        at_hand = pool.submit(send, client)
        time.sleep(deadline / 2)
        took = end_takes(daemon)
        assert at_hand.result().reply.startswith("451 4.3.0")
    assert took < deadline + 2, took
    proxy.silent = False
    if how == "away":
        server.start()
    daemon.start()
    with MilterClient(daemon.socket) as client:
        accepted(client)
    assert len(numbers(daemon)) >= 2
    sound(daemon)

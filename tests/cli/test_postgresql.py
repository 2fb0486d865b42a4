"""What is peculiar to a store in PostgreSQL: what people with SQL see, what is its administrator's,
mails in the database, and the way from one engine to the other."""
import json
import os
import pathlib

import pytest

from harness.box import mail, mbox
from harness.client import compose
from harness.daemon import Daemon
from harness.ground import new_directory, run, wait_until
from harness.milter import MilterClient
from harness.postgresql import HOME, PostgreSQL, environment

CARLA = "carla@customer.example"
SUPPORT = "support@example.com"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server():
    server = PostgreSQL().start().prepare()
    yield server
    server.stop()


def in_database(server, relay_port=9, **settings):
    """A daemon that is not started, with an empty database."""
    name = server.database()
    store = {"url": server.url(name), "require_sync": False}
    daemon = Daemon(relay_port, settings={**settings, "store": store})
    daemon.name = name
    return daemon


def in_files():
    daemon = Daemon(relay_port=9, directory=new_directory("files"))
    daemon.configure(store={"url": ""})
    return daemon


@pytest.fixture
def desk(server):
    desk = in_database(server, archive={"path": "database"})
    desk.run_ticket("queue", "add", "support", "--title", "First level")
    return desk


def said(done):
    return (done.stdout + done.stderr).decode()


# --- from one engine to the other ------------------------------------------------------------


@pytest.fixture
def files():
    """What has happened in a store of files, whichever the suite is for."""
    daemon = in_files()
    daemon.run_ticket("queue", "add", "support", "--title", "First level")
    box = daemon.directory / "box"
    box.write_bytes(
        mbox(
            [
                mail(1, subject="Printer"),
                mail(2, subject="Re: Printer", answers=[1]),
                mail(3, subject="Gr\xfc\xdfe \U0001f680", sender="vera@other.example"),
            ]
        )
    )
    daemon.run_ticket("import", box, "--account", SUPPORT)
    daemon.run_ticket("agent", "add", "anna", "--address", "anna@example.com", "--queue", "support")
    daemon.run_ticket("note", "1", "-m", "Called. ")
    daemon.run_ticket("tag", "+vip", "1")
    daemon.run_ticket("close", "2")
    daemon.run_ticket("reply", "1", "-m", "It is mended.")
    return daemon


def test_an_export_is_the_same_from_either_engine(files, server):
    before = files.run_ticket("export", "--json", "--with-secret").stdout
    database = in_database(server, archive={"path": files.archive})
    database.run_ticket("import", "--json", "-", stdin=before)
    there = database.run_ticket("export", "--json", "--with-secret").stdout
    assert there == before
    assert database.tickets() == files.tickets()
    assert [database.show(n) for n in (1, 2)] == [files.show(n) for n in (1, 2)]
    assert database.run_ticket("check").returncode == 0
    back = in_files()
    back.run_ticket("import", "--json", "-", stdin=there)
    assert back.run_ticket("export", "--json", "--with-secret").stdout == before


# --- what people with SQL see ----------------------------------------------------------------


def test_views_have_what_reports_need_and_neither_secrets_nor_texts(files, server):
    database = in_database(server)
    database.run_ticket("import", "--json", "-", stdin=files.run_ticket("export", "--json").stdout)
    server.sql("create role analyst login in role milticket_report")

    def ask(sql, check=True):
        return server.sql(sql, database.name, role="analyst", check=check)

    try:
        assert ask("select number, status, tags from milticket_report.tickets order by 1") == (
            "1\twaiting\t{vip}\n2\tclosed\t{}"
        )
        listed = [event["kind"] for event in database.ticket("log")]
        kinds = ask("select kind from milticket_report.events order by serial").split()
        assert kinds == listed
        assert ask("select count(*) from milticket_report.messages") == "5"
        assert ask('select "from" from milticket_report.messages where ticket = 2') != ""
        columns = ask(
            "select string_agg(table_name || '.' || column_name, ' ') from"
            " information_schema.columns where table_schema = 'milticket_report'"
        )
        for column in ("raw", "digest", "told_actor", "mail"):
            assert f".{column} " not in columns + " "
        assert ask("select obj_description('milticket_report.tickets'::regclass)") != ""
        for table in ("meta", "texts", "tickets", "outbox_mail", "archive_chunks"):
            refused = ask(f"select 1 from milticket.{table}", check=False)
            assert refused.returncode != 0 and b"permission denied" in refused.stderr
    finally:
        server.sql("drop role analyst")


def test_the_database_itself_refuses_what_no_ticket_can_be(files, server):
    database = in_database(server)
    database.run_ticket("import", "--json", "-", stdin=files.run_ticket("export", "--json").stdout)
    for wrong, constraint in (
        ("update milticket.tickets set status = 'lost'", "tickets_status_names"),
        ("update milticket.tickets set queue = null", "tickets_queue_there"),
        ("delete from milticket.tickets", "messages_of_ticket"),
        ("insert into milticket.texts values (1, 99, 'x')", "texts_of_message"),
    ):
        done = server.sql(wrong, database.name, check=False)
        assert done.returncode != 0 and constraint in done.stderr.decode(), (wrong, done)


def test_columns_of_a_newer_program_stay_and_missing_ones_come(files, server):
    """Two versions on one database: each adds its own, none takes the other's away."""
    database = in_database(server)
    database.run_ticket("queue", "add", "support")
    server.sql(
        "alter table milticket.queues add column mood text default 'calm';"
        "alter table milticket.queues drop column signature cascade;"
        "alter table milticket.tickets drop constraint tickets_status_names;"
        "alter table milticket.tickets add constraint tickets_status_names"
        " check (status in ('new', 'open', 'asleep'));"
        "delete from milticket.schema",
        database.name,
    )
    database.run_ticket("queue", "set", "support", "--title", "First level")
    assert server.sql("select mood, title, signature from milticket.queues", database.name) == (
        "calm\tFirst level\t"
    )
    allowed = server.sql(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'tickets_status_names'",
        database.name,
    )
    assert "asleep" in allowed and "spam" in allowed
    assert server.sql("select count(*) from milticket.schema", database.name) == "1"


# --- what is the administrator's -------------------------------------------------------------


@pytest.mark.parametrize(
    "words, tool",
    ((("backup", "file"), "pg_dump"), (("restore", "file"), "pg_restore")),
)
def test_what_the_administrator_does_is_told(desk, words, tool):
    done = desk.run_ticket(*words, check=False)
    assert done.returncode == 77 and tool in said(done), done
    assert not pathlib.Path("file").exists()


def test_a_dry_run_of_an_import_foretells_and_records_nothing(desk, tmp_path):
    """In a copy: what is there already, and the numbers that are given, count."""
    words = ("--account", SUPPORT, "--quiet", "--json")
    box, temporary = tmp_path / "box", tmp_path / "temporary"
    temporary.mkdir()
    box.write_bytes(mbox([mail(1), mail(2)]))
    desk.run_ticket("import", box, *words)
    before = desk.run_ticket("export", "--json", "--with-secret").stdout
    box.write_bytes(mbox([mail(2), mail(3, answers=[1]), mail(4)]))
    env = {**os.environ, "TMPDIR": str(temporary)}
    foretold = desk.run_ticket("import", "--dry-run", box, *words, env=env).stdout
    told = json.loads(foretold)
    assert (told["opened"], told["threaded"], told["duplicates"]) == (1, 1, 1), told
    assert desk.run_ticket("export", "--json", "--with-secret").stdout == before
    assert list(temporary.iterdir()) == []
    assert desk.run_ticket("import", box, *words).stdout == foretold


def archive_of(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*.eml")
    }


def test_an_archive_moves_into_the_database_and_back(server, tmp_path):
    """Byte by byte; what is there stays; an archive that is not there is no success."""
    box = tmp_path / "box"
    desk = in_database(server, archive={"path": tmp_path / "mail"})
    (tmp_path / "mail").mkdir()
    box.write_bytes(mbox([mail(1), mail(2, body="\r\n\r\r\nodd ends\r"), mail(3)]))
    desk.run_ticket("import", box, "--account", SUPPORT, "--quiet")
    before = archive_of(tmp_path / "mail")
    assert len(before) == 3
    shown = desk.run_ticket("show", "2", "--raw", "1").stdout

    desk.configure(archive={"path": "database"})
    assert desk.run_ticket("show", "2", "--raw", "1", check=False).stdout != shown
    for _ in range(2):
        (told,) = desk.ticket("import", "--archive", tmp_path / "mail")
        assert told == {"mails": 3, "done": 3}
    assert desk.run_ticket("show", "2", "--raw", "1").stdout == shown
    assert desk.run_ticket("check").returncode == 0
    done = desk.run_ticket("import", "--archive", tmp_path / "nowhere", check=False)
    assert done.returncode == 1 and "there is no directory" in said(done), done

    (told,) = desk.ticket("export", "--archive", tmp_path / "back")
    assert told == {"mails": 3, "done": 3} and archive_of(tmp_path / "back") == before
    desk.configure(archive={"path": tmp_path / "back"})
    assert desk.run_ticket("show", "2", "--raw", "1").stdout == shown
    assert desk.run_ticket("check").returncode == 0


def test_a_dump_of_the_database_comes_back(files, server):
    database = in_database(server)
    before = files.run_ticket("export", "--json", "--with-secret").stdout
    database.run_ticket("import", "--json", "-", stdin=before)
    dump = new_directory("dump") / "file"
    run(HOME / "pg_dump", "--format=custom", f"--file={dump}", server.url(database.name),
        env=environment())  # fmt: skip
    other = in_database(server)
    run(HOME / "pg_restore", "--clean", "--if-exists", f"--dbname={server.url(other.name)}", dump,
        env=environment())  # fmt: skip
    assert other.run_ticket("export", "--json", "--with-secret").stdout == before


def test_statistics_tell_the_engine(desk):
    lines = desk.run_ticket("stats", "--prometheus").stdout.decode().splitlines()
    assert 'milticket_store_info{engine="postgresql"} 1' in lines
    assert "milticket_store_quorum 0" in lines


def finding(desk):
    done = desk.run_ticket("doctor", "--json", check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [one["text"] for one in found if one["check"] == "database"]


def test_doctor_finds_what_is_wrong_with_the_servers(desk, server):
    assert finding(desk) == []
    desk.configure(store={"require_sync": True})
    assert "waits for no other" in finding(desk)[0]
    desk.configure(store={"require_sync": False, "url": server.url("nowhere")})
    assert "does not exist" in finding(desk)[0]


# --- mails in the database -------------------------------------------------------------------


@pytest.fixture
def running(sink, server):
    daemon = in_database(server, sink.port, archive={"path": "database"}).start()
    yield daemon
    if not daemon.ended():
        daemon.kill()


def kept(server, daemon):
    return server.sql("select name, size from milticket.archive order by name", daemon.name)


def resident(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def maps(daemon):
    return pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text()


def is_plain_build():
    return "asan" not in os.environ.get("MILTICKET_BUILD", "")


def test_a_mail_of_50_MB_goes_in_and_comes_out_in_pieces(running, server):
    line = "0123456789abcdef" * 4 + "\n"
    with MilterClient(running.socket) as client:
        assert client.send(CARLA, [SUPPORT], compose(body=line * 30_000)).accepted
        # Who sends the answer loads its library, and stays with it.
        wait_until(lambda: "libcurl" in maps(running), "the answer to be tried")
        before = resident(running)
        large = compose(body=line * 800_000)
        assert client.send(CARLA, [SUPPORT], large).accepted
    if is_plain_build():
        assert resident(running) - before <= 2 * MIB, (resident(running) - before) / MIB
    raw = running.run_ticket("show", "2", "--raw", "1").stdout
    assert raw.partition(b"\n\n")[2] == (line * 800_000).encode()
    assert running.run_ticket("check").returncode == 0


def test_a_mail_that_comes_twice_is_kept_once(running, server):
    again = compose()
    with MilterClient(running.socket) as client:
        assert client.send(CARLA, [SUPPORT], again).accepted
        assert client.send(CARLA, [SUPPORT], again).accepted
    assert len(running.tickets()) == 1
    assert len(kept(server, running).splitlines()) == 1


def test_redact_and_purge_reach_mails_in_the_database(running, server):
    with MilterClient(running.socket) as client:
        assert client.send(CARLA, [SUPPORT], compose(body="a secret of Carla's\n")).accepted
        assert client.send(
            "vera@other.example", [SUPPORT], compose(sender="vera@other.example")
        ).accepted
    assert len(kept(server, running).splitlines()) == 2
    running.run_ticket("redact", CARLA)
    assert len(kept(server, running).splitlines()) == 1
    assert server.sql("select count(*) from milticket.archive_chunks", running.name) == "1"
    running.run_ticket("close", "2")
    (purged,) = running.ticket("purge", "--closed-before", "0s")
    assert purged == {"tickets": 1, "mails": 1}
    assert kept(server, running) == ""
    assert running.run_ticket("check").returncode == 0


def test_a_mail_that_nobody_names_is_found_and_set_aside(running, server):
    with MilterClient(running.socket) as client:
        assert client.send(CARLA, [SUPPORT], compose()).accepted
    server.sql(
        "insert into milticket.archive values ('2026/01/02/00ff.eml', 1, now() - interval '2 days');"
        "insert into milticket.archive_chunks values ('2026/01/02/00ff.eml', 0, 'x')",
        running.name,
    )
    done = running.run_ticket("check", check=False)
    assert done.returncode == 65 and "2026/01/02/00ff.eml" in said(done)
    running.run_ticket("check", "--repair")
    assert "unclaimed/new/00ff.eml" in kept(server, running)
    assert running.run_ticket("check").returncode == 0


# --- several hosts ---------------------------------------------------------------------------


def test_a_reload_is_that_of_the_host_where_it_is_asked_for(server):
    here = in_database(server).start()
    there = Daemon(9, settings={"store": {"url": server.url(here.name), "require_sync": False}})
    there.start()
    try:
        for _ in range(4):
            here.run_ticket("reload")
        assert here.log_text().count("configuration reloaded") == 4
        assert "configuration reloaded" not in there.log_text()
    finally:
        there.stop()
        here.stop()

"""Commands that change much are killed, at each step that has a name and at random; afterwards the store is whole, and the same command
again finishes what was begun. CRASH_SEED repeats a run."""
import json
import os
import random
import signal
import subprocess
import time

import pytest

from harness.box import mail, mbox
from harness.daemon import Daemon
from harness.ground import new_directory, program, wait_until
from harness.load import Load

SEED = int(os.environ.get("CRASH_SEED", str(int(time.time()))))
ACCOUNT = ("--account", "support@example.com")
CARLA = "carla@customer.example"
TICKETS = 150
OLD = 7200


@pytest.fixture
def desk():
    desk = Daemon(relay_port=9, directory=new_directory("killed"))
    desk.run_ticket("queue", "add", "support")
    return desk


@pytest.fixture
def box(desk):
    path = desk.directory / "box"
    path.write_bytes(mbox([mail(n, body=f"Write to {CARLA}.") for n in range(1, TICKETS + 1)]))
    return path


@pytest.fixture
def full(desk, box):
    """Every ticket is Carla's, closed, and its mail is old enough for `check` to ask whose it is."""
    desk.run_ticket("import", box, *ACCOUNT)
    desk.run_ticket("close", *range(1, TICKETS + 1))
    for path in desk.archive.rglob("*.eml"):
        os.utime(path, (time.time() - OLD, time.time() - OLD))
    return desk


def command(desk, *words):
    return [program("ticket"), words[0], "--config", str(desk.config), *map(str, words[1:])]


def dies(desk, step, *words):
    done = subprocess.run(
        command(desk, *words),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        env={**os.environ, "MILTICKET_DIE_AT": step},
    )
    assert done.returncode == -signal.SIGKILL, f"{words} did not come to {step}: {done.returncode}"


def is_whole(desk):
    done = desk.run_ticket("check", check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def counterless(export):
    counter = b'"key":"' + b"next".hex().encode()
    lines = export.replace(b'": "', b'":"').splitlines()
    return [line for line in lines if counter not in line]


def exported(desk):
    return desk.run_ticket("export", "--json").stdout


def files(desk):
    return sorted(path.relative_to(desk.archive) for path in desk.archive.rglob("*.eml"))


def leftovers(desk):
    """What stands beside the store's own files, other than old stores that were kept."""
    return {path.name for path in desk.store.iterdir() if not path.name.startswith("replaced-")} - {
        "data.mdb",
        "lock.mdb",
        "daemon.lock",
    }


def said(desk):
    paths = [desk.store / "data.mdb", *desk.archive.rglob("*.eml")]
    return b"".join(path.read_bytes() for path in paths).lower()


@pytest.mark.parametrize(
    "step", ["batch-archived:1", "batch-archived:2", "batch-recorded:1", "batch-recorded:2"]
)
def test_an_import_that_was_killed_goes_on(desk, box, step):
    dies(desk, step, "import", box, *ACCOUNT)
    is_whole(desk)
    before = len(desk.tickets())
    (summary,) = desk.ticket("import", box, *ACCOUNT)
    assert (summary["duplicates"], summary["opened"]) == (before, TICKETS - before)
    assert len(desk.tickets()) == len(files(desk)) == TICKETS
    is_whole(desk)


@pytest.mark.parametrize("step", ["batch-purged:1", "batch-purged:2"])
def test_a_purge_that_was_killed_is_finished(full, step):
    dies(full, step, "purge", "--closed-before", "0s")
    is_whole(full)
    assert len(full.tickets()) in (0, TICKETS - 100) and len(files(full)) == TICKETS
    assert full.run_ticket("purge", "--closed-before", "0s").returncode == 0
    assert full.tickets() == [] and files(full) == []
    is_whole(full)


def test_the_daemon_removes_the_files_that_a_killed_purge_has_left(full):
    dies(full, "batch-purged:2", "purge", "--closed-before", "0s")
    assert full.tickets() == [] and len(files(full)) == TICKETS
    full.start()
    wait_until(lambda: not files(full), "the files to be gone")
    full.kill()


@pytest.mark.parametrize(
    "step",
    [
        "batch-redacted:1",
        "batch-redacted:3",
        "tickets-redacted",
        "files-removed",
        "rewritten",
        "lock-replaced",
        "data-replaced",
    ],
)
def test_a_redaction_that_was_killed_is_finished(full, step):
    dies(full, step, "redact", CARLA)
    is_whole(full)
    assert [len(ticket["messages"]) for ticket in full.ticket("show", *range(1, TICKETS + 1))] == [
        1
    ] * TICKETS
    full.run_ticket("redact", CARLA, check=False)
    assert CARLA.encode() not in said(full) and files(full) == [] and leftovers(full) == set()
    assert {ticket["requester"]["address"] for ticket in full.tickets()} == {
        "redacted@redacted.invalid"
    }
    is_whole(full)


@pytest.mark.parametrize(
    "step, new",
    [
        ("backup-copied", False),
        ("old-kept", False),
        ("lock-replaced", False),
        ("data-replaced", True),
    ],
)
def test_a_restore_that_was_killed_leaves_the_one_store_or_the_other(full, step, new):
    copy = full.directory / "copy"
    full.run_ticket("backup", copy)
    wanted = exported(full)
    full.run_ticket("note", "1", "-m", "Written since.")
    old = exported(full)
    dies(full, step, "restore", "--force", copy)
    assert exported(full) == (wanted if new else old)
    is_whole(full)
    full.run_ticket("restore", "--force", copy)
    # A restored store knows how far the numbers went that were given since.
    assert counterless(exported(full)) == counterless(wanted) and leftovers(full) == set()
    is_whole(full)


def test_a_backup_that_was_killed_is_no_backup(full):
    (full.directory / "backups").mkdir()
    copy = full.directory / "backups" / "copy"
    before = exported(full)
    dies(full, "store-copied", "backup", copy)
    assert not list(copy.parent.iterdir()) and exported(full) == before
    full.run_ticket("backup", copy)
    full.run_ticket("restore", "--force", copy)
    assert exported(full) == before


def recorded(desk):
    """Ticket and direction by Message-ID; each once."""
    numbers = [ticket["number"] for ticket in desk.tickets()]
    found = [
        (message["message_id"], number)
        for number, shown in zip(numbers, desk.ticket("show", *numbers))
        for message in shown["messages"]
    ]
    assert len(found) == len(dict(found)), "a message is there twice"
    return dict(found)


def test_a_backup_while_mail_flows_has_all_that_was_accepted_before_it(daemon, sink):
    """Each is restored where no daemon runs, and compared with what the senders had been told when it began."""
    daemon.start()
    load = Load(daemon, threads=4, seed=SEED).run()
    backups = []
    for i in range(3):
        wait_until(
            lambda: sum(bool(sent.told) for sent in load.sent) >= 40 * (i + 1), "mail to flow"
        )
        told = {sent.message_id: sent.told[0] for sent in list(load.sent) if sent.told}
        backups.append((daemon.directory / f"copy-{i}", told))
        daemon.run_ticket("backup", backups[-1][0])
    wait_until(lambda: sum(bool(sent.told) for sent in load.sent) >= 150, "mail to flow on")
    load.finish()
    daemon.kill()
    last = recorded(daemon)
    assert {sent.message_id: sent.told[0] for sent in load.sent}.items() <= last.items()
    for i, (path, told) in enumerate(backups):
        daemon.configure(store={"path": daemon.directory / f"restored-{i}"})
        daemon.run_ticket("restore", path)
        is_whole(daemon)
        found = recorded(daemon)
        assert told.items() <= found.items() <= last.items() and len(found) < len(last)


def import_all(desk):
    return desk.run_ticket("import", desk.directory / "box", *ACCOUNT, check=False)


RANDOM = {
    "import": (("import", "box", *ACCOUNT), lambda desk: len(desk.tickets()) == TICKETS),
    "redact": (("redact", CARLA), lambda desk: CARLA.encode() not in said(desk)),
    "purge": (
        ("purge", "--closed-before", "0s"),
        lambda desk: desk.tickets() == [] and files(desk) == [],
    ),
    "restore": (("restore", "--force", "copy"), lambda desk: len(desk.tickets()) == TICKETS),
    "backup": (("backup", "copy"), lambda desk: (desk.directory / "copy").exists()),
}


@pytest.mark.parametrize("name", RANDOM)
def test_a_command_may_be_killed_at_any_time(desk, box, name):
    print(f"CRASH_SEED={SEED}")
    dice = random.Random(f"{SEED}{name}")
    words, done = RANDOM[name]
    words = [desk.directory / word if word in ("box", "copy") else word for word in words]
    if name != "import":
        import_all(desk)
        desk.run_ticket("close", *range(1, TICKETS + 1))
    if name == "restore":
        desk.run_ticket("backup", desk.directory / "copy")
    for _ in range(12):
        with subprocess.Popen(
            command(desk, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(dice.uniform(0.002, 0.2))
            process.kill()
        is_whole(desk)
    code = desk.run_ticket(*words, check=False).returncode
    assert code in (0, 1) or (name == "backup" and code == 73), code
    assert done(desk) and leftovers(desk) == set()
    is_whole(desk)
    assert json.loads(exported(desk).splitlines()[0])["type"] == "export"

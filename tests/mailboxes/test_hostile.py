"""What whoever has the IMAP server's user, or an agent's password, can put into the folders: it is
no matter of the others', and nobody waits for it."""
import grp
import os
import pwd
import shutil
import socket
import threading

import pytest
from test_keeping import settled
from test_mailboxes import FIRE, notices, shows, ticket

from harness.client import compose
from harness.desk import Customer
from harness.ground import run, tool, wait_until
from harness.limits import LIMITS
from harness.mailboxes import GROUP, MAIL_USER, tree

TERABYTE = 1 << 40
DORA = "Dora Feld <dora@elsewhere.example>"


@pytest.fixture
def fire(house):
    """With a ticket in everybody's queue."""
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    shows(house.ben, "Queues/support", FIRE)
    return house


def as_server(deed):
    """Does it in a process as the IMAP server's are."""
    user, pid = pwd.getpwnam(MAIL_USER), os.fork()
    if not pid:
        code = 1
        try:
            os.setgroups([grp.getgrnam(GROUP).gr_gid])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.umask(0o007)
            deed()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


def goes_on(house, subject):
    """Another mail comes to Anna's folder."""
    number = len(house.daemon.tickets()) + 1
    house.asks(Customer(), subject=subject)
    wait_until(
        lambda: f"[example.com #{number}] {subject}" in house.anna.subjects("Queues/support"),
        f"'{subject}' at Anna's",
        10,
    )


def test_a_tree_that_is_refused_is_let_alone(fire):
    folder = fire.path / "ben" / ".Queues.support"

    def deed():
        (folder / "cur").rename(folder / "old")
        (folder / "cur").mkdir()

    as_server(deed)
    goes_on(fire, "The lamp")
    fire.daemon.restart()
    goes_on(fire, "The door")
    said = "mailboxes: ben: directory 'cur' is somebody else's; that one is let alone"
    assert said in fire.daemon.log_text()
    # Nothing is said to be gone of it that may be there.
    fire.daemon.stop()
    done = fire.daemon.run_ticket("redact", "--yes", "nobody@customer.example", check=False)
    assert done.returncode and b"somebody else's" in done.stderr
    (folder / "cur").rmdir()
    (folder / "old").rename(folder / "cur")
    fire.daemon.start()
    shows(
        fire.ben, "Queues/support", FIRE, "[example.com #2] The lamp", "[example.com #3] The door"
    )
    wait_until(
        lambda: b'"redacting":true' not in fire.daemon.run_ticket("mailboxes", "status").stdout,
        "it to be done",
    )


def test_what_is_no_mail_is_let_alone(fire):
    cur = fire.path / "ben" / ".Mine" / "cur"
    names = ("1.fifo:2,", "1.directory:2,", "1.socket:2,", "1.dangling:2,", "1.loop:2,")

    def deed():
        tmp = cur.parent / "tmp"
        os.mkfifo(tmp / names[0])
        (tmp / names[1]).mkdir()
        socket.socket(socket.AF_UNIX).bind(str(tmp / names[2]))
        (tmp / names[3]).symlink_to("/nowhere")
        (tmp / names[4]).symlink_to(names[4])
        (tmp / "1.empty:2,").write_text("")
        (tmp / "1.unreadable:2,").write_text("From: d@elsewhere.example\n\nx\n")
        (tmp / "1.unreadable:2,").chmod(0)
        for name in ("x" * 250, "1.\n\x01\udcff;;%s:2,S"):
            (tmp / name).write_text(
                f"From: d@elsewhere.example\nMessage-ID: <{len(name)}@x>\n\nx\n"
            )
        for name in os.listdir(tmp):
            os.rename(tmp / name, cur / name)

    as_server(deed)
    wait_until(lambda: len(fire.daemon.tickets()) == 3, "those that are mails")
    wait_until(lambda: len(tree(fire.path)["ben"]["Not taken"]) == 2, "those that are none")
    assert sorted(os.listdir(cur))[: len(names)] == sorted(names)
    fire.daemon.restart()
    goes_on(fire, "The lamp")
    assert len(fire.daemon.tickets()) == 4


def test_a_directory_in_the_place_of_a_message(fire):
    (message,) = tree(fire.path)["ben"]["Queues.support"]

    def deed():
        message.unlink()
        message.mkdir()

    as_server(deed)
    fire.daemon.run_ticket("close", "1")
    shows(fire.anna, "Closed", FIRE)
    goes_on(fire, "The lamp")


def test_a_forged_seal_without_end(fire):
    (message,) = tree(fire.path)["ben"]["Queues.support"]
    seal = message.read_bytes().split(b"\n")[0]
    forged = fire.path / "ben" / ".Mine" / "cur" / "1.forged:2,"

    def deed():
        # While it is small, it is a mail like any other.
        grows = forged.parents[1] / "tmp" / forged.name
        grows.write_bytes(seal + b"\nFrom: d@elsewhere.example\n\nx\n")
        os.truncate(grows, TERABYTE)
        grows.rename(forged)

    as_server(deed)
    goes_on(fire, "The lamp")
    fire.daemon.restart()
    goes_on(fire, "The door")
    assert fire.daemon.show(1)["agent"] is None and not forged.exists()
    shows(
        fire.ben, "Queues/support", FIRE, "[example.com #2] The lamp", "[example.com #3] The door"
    )


def test_many_mails_that_are_kept(house):
    """LIMIT_MAILBOX_NOTICES."""
    most = LIMITS["LIMIT_MAILBOX_NOTICES"]
    for n in range(most + 1):
        house.ben.append("Closed", compose(DORA, "b@example.com", f"Number {n}", "x\n"))
        house.anna.append("Closed", compose(DORA, "b@example.com", f"Number {n}", "x\n"))
        if n == most - 1:
            told = lambda: len(notices(house, "ben@example.com"))
            wait_until(lambda: told() == most, "a notice of each")
    for who in (house.anna, house.ben):
        wait_until(lambda: len(who.messages("Not taken")) == most + 1, "all of them kept")
    wait_until(lambda: not house.daemon.outbox(), "all to be sent")
    wait_until(lambda: len(notices(house, "anna@example.com")) == most, "hers")
    assert told() == most


def test_copies_for_another_tree(fire):
    """A ticket that Ben does not see: it is no command of his, by link or by bytes."""
    fire.daemon.run_ticket("move", "--queue", "ops", "1")
    shows(fire.anna, "Queues/ops", FIRE)
    (message,) = tree(fire.path)["anna"]["Queues.ops"]
    ben = fire.path / "ben"

    def deed():
        os.link(message, ben / ".Closed" / "cur" / "1.x:2,S")
        for folder, name in ((".Spam", "1.y:2,S"), (".Queues.support", "1.z:2,S")):
            shutil.copyfile(message, ben / folder / "tmp" / name)
            (ben / folder / "tmp" / name).rename(ben / folder / "cur" / name)

    as_server(deed)
    wait_until(lambda: not list(ben.glob("*/cur/*")), "them to go")
    assert fire.daemon.show(1)["status"] == "new" and len(fire.daemon.tickets()) == 1
    assert not notices(fire, "ben@example.com")


def test_what_a_power_cut_has_left_short_is_made_anew(fire):
    fire.daemon.kill()
    (message,) = tree(fire.path)["ben"]["Queues.support"]
    os.truncate(message, 100)
    fire.daemon.start()
    goes_on(fire, "The lamp")
    wait_until(lambda: settled(fire, 1), "the message as it was")
    for login in ("anna", "ben"):
        assert "Not taken" not in tree(fire.path)[login] and not notices(
            fire, f"{login}@example.com"
        )
    shows(fire.ben, "Queues/support", FIRE, "[example.com #2] The lamp")


def test_the_server_makes_no_folder_of_a_tree_that_comes_or_goes(house):
    """A client that asks for all of them without a pause."""
    ending, folders = threading.Event(), ("Mine", "Mine/Waiting", "Closed", "Spam", "Not taken")

    def asks():
        client = house.imap.login("carl")
        while not ending.is_set():
            for folder in folders:
                client.imap.select(client.name(folder))

    clients = [threading.Thread(target=asks) for _ in range(3)]
    for client in clients:
        client.start()
    carl = house.path / "carl"
    for _ in range(5):
        house.daemon.run_ticket(
            "agent", "set", "carl", "--create", "--active", "--queue", "support"
        )
        wait_until((carl / ".Queues.support" / "cur").exists, "his folders")
        wait_until(lambda: carl.stat().st_mode & 0o7777 == 0o2770, "the tree to be whole")
        assert {path.stat().st_uid for path in carl.rglob("*")} == {carl.stat().st_uid}
        house.daemon.run_ticket("agent", "set", "carl", "--inactive")
        wait_until(lambda: not carl.exists(), "his tree to go")
    ending.set()
    for client in clients:
        client.join()
    assert "let alone" not in house.daemon.log_text()


# --- what goes while it is used -----------------------------------------------


def dropped(client, folder, subject):
    client.append(folder, compose(DORA, "anna@example.com", subject, "It is dark.\n"))


def test_a_queue_that_goes_with_mail_in_its_folder(fire):
    fire.daemon.kill()
    dropped(fire.anna, "Queues/ops", "The lamp")
    fire.anna.move("Queues/support", "Queues/ops")
    fire.daemon.run_ticket("queue", "remove", "ops")
    fire.daemon.start()
    # The account's queue is one that there is.
    shows(fire.anna, "Queues/support", FIRE, "[example.com #2] The lamp")
    wait_until(lambda: notices(fire, "anna@example.com"), "a notice")
    assert "there is no queue 'ops'" in notices(fire, "anna@example.com")[0]
    wait_until(lambda: not (fire.path / "anna" / ".Queues.ops").exists(), "the folder to go")


def test_an_agent_who_goes_with_mail_in_their_folders(fire):
    """It stays where it is until they are back."""
    fire.daemon.kill()
    dropped(fire.ben, "Queues/support", "The lamp")
    dropped(fire.ben, "Closed", "The door")
    fire.ben.move("Queues/support", "Closed", ["1"])
    fire.daemon.run_ticket("agent", "set", "ben", "--inactive")
    fire.daemon.start()
    ben = fire.path / "ben"
    left = lambda: sorted(path.name for path in ben.iterdir())
    wait_until(lambda: left() == [".Closed", ".Queues.support"], "his other folders to go")
    goes_on(fire, "The roof")
    assert len(fire.daemon.tickets()) == 2 and fire.daemon.show(1)["status"] == "new"
    fire.daemon.run_ticket("agent", "set", "ben", "--active")
    wait_until(lambda: len(fire.daemon.tickets()) == 3, "a ticket of what he dropped in")
    shows(fire.imap.login("ben"), "Not taken", "The door")


def test_what_the_server_remembers_of_who_is_redacted(house):
    """Its index keeps headers. It can be removed, and messages stay the same."""
    carla = Customer("Carla Kern")
    house.asks(carla, subject="Printer on fire", body="Smoke.\n")
    shows(house.anna, "Queues/support", FIRE)
    house.anna.select("Queues/support")
    assert house.anna.imap.uid("SEARCH", None, "FROM", "kern")[1] == [b"1"]
    house.daemon.run_ticket("redact", "--yes", carla.address)
    wait_until(lambda: b"redacted" in house.anna.messages("Queues/support")[0]["data"], "that")
    before = house.anna.messages("Queues/support")
    for login in ("anna", "ben"):
        shutil.rmtree(house.imap.own / login / "index", ignore_errors=True)
    again = house.imap.login("anna")
    assert [mail["uid"] for mail in again.messages("Queues/support")] == [
        mail["uid"] for mail in before
    ]
    for path in house.imap.own.rglob("*"):
        assert not path.is_file() or carla.address.encode() not in path.read_bytes(), path


# --- a disk that is full ------------------------------------------------------


@pytest.fixture
def small(fire):
    """Its mailboxes on a file system of 256 KiB."""
    fire.daemon.kill()
    there = str(fire.path)
    run("cp", "-a", there, f"{there}.kept")
    run(tool("mount"), "-t", "tmpfs", "-o", "size=256k,mode=2750", "none", there)
    try:
        run("cp", "-a", f"{there}.kept/.", there)
        fire.daemon.start()
        yield fire
    finally:
        fire.daemon.kill()
        run(tool("umount"), "--lazy", there)


def test_a_full_disk_is_waited_for(small):
    filling = small.path / "+filling"
    with pytest.raises(OSError), filling.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))
    assert small.anna.move("Queues/support", "Closed") == "OK"
    ticket(small, 1, status="closed")
    for subject in ("The lamp", "The door"):
        small.asks(Customer(), subject=subject)
    wait_until(lambda: "No space left" in small.daemon.log_text(), "a line in the log")
    assert len(small.daemon.tickets()) == 3
    filling.unlink()
    wait_until(lambda: settled(small, 1) and settled(small, 2) and settled(small, 3), "all", 30)
    assert "up to date again" in small.daemon.log_text()

"""The mailboxes are derived: made anew, gone over after each kill, and emptied of what is gone."""
import os
import re
import shutil
import signal
import smtplib
import time

import pytest
from test_mailboxes import FIRE, shows, ticket

from harness.client import compose
from harness.desk import Customer
from harness.ground import SOURCE, answers, wait_until
from harness.limits import LIMITS
from harness.mailboxes import tree


def flags_of(client, folder):
    return sorted(sorted(message["flags"]) for message in client.messages(folder))


def inside(house):
    """All bytes below mailboxes.path."""
    return b"".join(
        path.read_bytes() for path in house.path.rglob("*") if path.is_file() and path.exists()
    )


def test_made_anew_with_what_was_read(house):
    house.asks(Customer(), subject="Printer on fire")
    house.asks(Customer(), subject="The lamp")
    shows(house.anna, "Queues/support", FIRE, "[example.com #2] The lamp")
    (first, _) = house.anna.messages("Queues/support")
    house.anna.flag("Queues/support", [first["uid"]], "+", "\\Seen")
    before = [found["uid"] for found in house.anna.messages("Queues/support")]
    wait_until(
        lambda: house.daemon.ticket("mailboxes", "status")[0]["behind"] == 0, "all to be done"
    )
    (status,) = house.daemon.ticket("mailboxes", "status")
    assert status == {"agents": 2, "tickets": 2, "messages": 2, "behind": 0, "missing": 0}
    told = house.daemon.run_ticket("stats", "--prometheus").stdout.decode().splitlines()
    for name, value in (("building", 0), ("behind_events", 0), ("messages", 2), ("agents", 2)):
        assert f"milticket_mailboxes_{name} {value}" in told
    house.daemon.run_ticket("mailboxes", "rebuild")
    again = house.anna.messages("Queues/support")
    assert len(again) == 2 and not {found["uid"] for found in again} & set(before)
    assert flags_of(house.anna, "Queues/support") == [[], ["\\Seen"]]
    # Without a daemon the command does it; without what was there, too.
    house.daemon.stop()
    shutil.rmtree(house.path / "anna")
    shutil.rmtree(house.path / "+messages")
    house.daemon.run_ticket("mailboxes", "rebuild")
    assert "up to date" in house.daemon.run_ticket("mailboxes", "status").stdout.decode()
    assert len(tree(house.path)["anna"]["Queues.support"]) == 2
    assert len(tree(house.path)["ben"]["Queues.support"]) == 2
    house.daemon.start()


def test_nothing_is_left_of_who_is_redacted(house):
    carla = Customer("Carla Kern")
    house.asks(carla, subject="Printer on fire", body=f"Write to {carla.address}, please.\n")
    shows(house.anna, "Queues/support", FIRE)
    kept = compose(carla.header, "anna@example.com", "Elsewhere", "Hello.\n")
    house.anna.append("Closed", kept)
    shows(house.anna, "Not taken", "Elsewhere")
    assert carla.address.encode() in inside(house)
    house.daemon.run_ticket("redact", "--yes", carla.address)
    assert carla.address.encode() not in inside(house)
    assert b"Carla Kern" not in inside(house)
    shows(house.anna, "Not taken")
    assert len(house.anna.messages("Queues/support")) == 1


def test_nothing_is_left_of_what_is_purged(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    house.daemon.run_ticket("close", "1")
    shows(house.anna, "Closed", FIRE)
    house.daemon.run_ticket("purge", "--closed-before", "0s")
    assert b"on fire" not in inside(house) and tree(house.path) == {}
    shows(house.anna, "Closed")


def test_nothing_is_left_of_what_a_server_was_about_to_copy(house):
    """It died with another name of the message in the folder's tmp."""
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = tree(house.path)["ben"]["Queues.support"]
    left = house.path / "ben" / ".Mine" / "tmp" / "1795881420.M79241P4158.host"
    foreign = left.with_name("1795881420.M1P1.host")
    young = left.with_name(f"{int(time.time()) + 2}.M1P1.host")
    os.link(message, left)
    os.link(message, young)
    foreign.write_text("From: d@elsewhere.example\n\nA mail that is being stored.\n")
    house.daemon.run_ticket("close", "1")
    wait_until(lambda: not left.exists(), "it to go")
    assert foreign.exists() and young.exists()
    young.rename(left)
    house.daemon.restart()
    wait_until(lambda: not left.exists(), "it to go at the start, too")
    house.daemon.run_ticket("purge", "--closed-before", "0s")
    assert b"on fire" not in inside(house)


def test_merged_and_split_messages_go_along(house):
    for subject in ("Printer on fire", "It burns"):
        house.asks(Customer(), subject=subject)
    shows(house.anna, "Queues/support", FIRE, "[example.com #2] It burns")
    house.daemon.run_ticket("merge", "2", "--into", "1")
    shows(house.anna, "Queues/support", FIRE, "[example.com #1] It burns")
    house.daemon.run_ticket("split", "1", "2")
    shows(house.anna, "Queues/support", FIRE, "[example.com #3] It burns")


def test_a_symbolic_link_is_not_followed(house, tmp_path):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (tmp_path / "secret").write_text("From: a@b.example\n\nsecret\n")
    (house.path / "anna" / ".Queues.support" / "cur" / "x:2,").symlink_to(tmp_path / "secret")
    (house.path / "anna" / ".Mine" / "cur" / "y:2,").symlink_to("/etc/passwd")
    house.asks(Customer(), subject="The lamp")
    wait_until(lambda: len(house.ben.messages("Queues/support")) == 2, "the next one")
    assert [found["number"] for found in house.daemon.tickets()] == [1, 2]
    # A tree that is somewhere else is refused, and mail goes on.
    shutil.move(house.path / "ben", tmp_path / "ben")
    (house.path / "ben").symlink_to(tmp_path / "ben")
    house.daemon.restart()
    wait_until(lambda: "is no directory" in house.daemon.log_text(), "a line in the log")
    house.asks(Customer(), subject="The door")
    assert house.daemon.show(3)["status"] == "new"


def test_a_full_disk_does_not_touch_mail(house):
    house.daemon.kill()
    shutil.rmtree(house.path)
    house.path.write_text("in the way")
    house.daemon.start()
    house.asks(Customer(), subject="Printer on fire")
    assert house.daemon.show(1)["status"] == "new"
    wait_until(lambda: "mailboxes: " in house.daemon.log_text(), "a line in the log")
    house.path.unlink()
    house.daemon.restart()
    wait_until(lambda: "Queues.support" in tree(house.path).get("anna", {}), "all of it", 20)


# --- kills at each step -------------------------------------------------------

POINTS = sorted(
    {
        point
        for path in (*SOURCE.glob("lib/act/*.c"), *SOURCE.glob("lib/keep/*.c"))
        for point in re.findall(r'failpoint\("(mailbox-[\w-]+)"\)', path.read_text())
    }
)


def settled(house, number):
    """Each agent's files are what the ticket is, one of each message, and none elsewhere."""
    found = house.daemon.show(number)
    home = {
        "closed": "Closed",
        "spam": "Spam",
        "waiting": "Mine.Waiting",
    }.get(found["status"], "Mine")
    if found["agent"] is None and home.startswith("Mine"):
        home = "Queues.support"
    for login in ("anna", "ben"):
        wanted = home
        if home.startswith("Mine") and found["agent"] != login:
            wanted = "Colleagues.support"
        files = [
            (folder, path)
            for folder, paths in tree(house.path).get(login, {}).items()
            for path in paths
            if f"T{number}N" in path.name or b"X-Ticket: %d\n" % number in path.read_bytes()
        ]
        if [folder for folder, _ in files] != [wanted] * found["messages_count"]:
            return False
    return True


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere(house, point):
    """Mail, a command, a move and a drop, with a daemon that dies the first time it comes there."""
    carla = Customer()
    house.daemon.kill()
    house.daemon.launch(env={"MILTICKET_DIE_AT": point})
    wait_until(lambda: house.daemon.ended() or answers(house.daemon.socket), "it to begin")

    def alive():
        if house.daemon.ended():
            house.daemon.start()
        return True

    def until(condition, what):
        wait_until(lambda: alive() and condition(), what, 30)

    def sends():
        """As an MTA does: again when it was not taken."""
        alive()
        try:
            house.asks(carla, subject="Printer on fire")
        except (AssertionError, smtplib.SMTPException):
            return bool(alive() and house.daemon.tickets())
        return True

    until(sends, "a mail to be taken")
    until(lambda: settled(house, 1), "the ticket in its folders")
    (message,) = house.anna.messages("Queues/support")
    house.anna.flag("Queues/support", [message["uid"]], "+", "\\Seen")
    house.anna.move("Queues/support", "Mine")
    until(lambda: house.daemon.show(1)["agent"] == "anna", "it to be Anna's")
    until(lambda: settled(house, 1), "it in Mine")
    assert flags_of(house.anna, "Mine") == [["\\Seen"]]
    house.anna.append(
        "Queues/support",
        compose("Dora <dora@elsewhere.example>", "anna@example.com", "The lamp", "Dark.\n"),
    )
    until(lambda: len(house.daemon.tickets()) == 2, "a ticket of the mail dropped in")
    until(lambda: settled(house, 2), "that in its folder")
    house.ben.move("Colleagues/support", "Closed")
    until(lambda: house.daemon.show(1)["status"] == "closed", "it to be closed")
    until(lambda: settled(house, 1), "it in Closed")
    alive()
    house.daemon.restart()
    until(lambda: settled(house, 1) and settled(house, 2), "all as it was")
    events = house.daemon.show(1)["events"]
    assert [event["to"] for event in events if event["kind"] == "agent"] == ["anna"]
    assert [event["to"] for event in events if event["kind"] == "status"] == ["open", "closed"]
    assert len(house.daemon.tickets()) == 2
    assert flags_of(house.anna, "Closed") == [["\\Seen"]], "her mark is not lost"
    assert not list((house.path / "+claims").rglob("*;*"))
    exported = house.daemon.run_ticket("export", "--json").stdout.decode()
    assert b"claim\0".hex() not in exported, "a note of a file that is gone"


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def test_a_mark_that_is_made_while_a_message_moves(house):
    """Between the look at its flags and the end of its old name; and the daemon dies over it."""
    house.asks(Customer(), subject="Printer on fire")
    both = (house.anna, house.ben)
    for who in both:
        shows(who, "Queues/support", FIRE)
    house.daemon.kill()
    house.daemon.launch(
        env={"MILTICKET_STOP_AT": "mailbox-linked", "MILTICKET_DIE_AT": "mailbox-marks-carried"}
    )
    wait_until(lambda: answers(house.daemon.socket), "it to begin")
    house.daemon.run_ticket("assign", "anna", "1")
    wait_until(lambda: is_stopped(house.daemon.process), "it to stop on the way")
    for who in both:
        (message,) = who.messages("Queues/support")
        who.flag("Queues/support", [message["uid"]], "+", "\\Seen")
    house.daemon.process.send_signal(signal.SIGCONT)
    wait_until(house.daemon.ended, "it to die")
    house.daemon.start()
    wait_until(lambda: settled(house, 1), "the ticket in its folders")
    assert flags_of(house.anna, "Mine") == [["\\Seen"]]
    assert flags_of(house.ben, "Colleagues/support") == [["\\Seen"]]


def test_limits(house, tmp_path):
    """Of a thread without end the newest 500 messages; a mail of more than 64 MiB is no ticket."""
    box = tmp_path / "box"
    with box.open("w") as out:
        for n in range(501):
            answers_to = f"In-Reply-To: <n{n - 1}@example.net>\n" if n else ""
            out.write(
                "From c@example.net Sat Nov 28 10:00:00 2026\nFrom: C <c@example.net>\n"
                f"To: support@example.com\nSubject: Number {n}\nMessage-ID: <n{n}@example.net>\n"
                f"Date: Sat, 28 Nov 2026 {10 + n // 60}:{n % 60:02}:00 +0000\n{answers_to}\nx\n\n"
            )
    house.daemon.run_ticket("import", str(box), "--account", "support@example.com")
    assert house.daemon.show(1)["messages_count"] == 501
    there = lambda: tree(house.path).get("ben", {}).get("Queues.support", [])
    wait_until(lambda: len(there()) == LIMITS["LIMIT_MAILBOX_MESSAGES"], "the newest", 30)
    assert not [path for path in there() if "T1N1.milticket" in path.name], "the oldest is left out"
    most = LIMITS["LIMIT_MAILBOX_MAIL"]
    for name, size in (("large", most), ("larger", most + 1)):
        mail = house.path / "anna" / ".Queues.ops" / "tmp" / name
        mail.write_text(f"From: D <d@elsewhere.example>\nSubject: {name}\n\n")
        os.truncate(mail, size)
        mail.rename(house.path / "anna" / ".Queues.ops" / "new" / name)
    shows(house.anna, "Queues/ops", "[example.com #2] large")
    wait_until(lambda: tree(house.path)["anna"].get("Not taken"), "the larger one kept")
    assert len(house.daemon.tickets()) == 2

"""Two daemons on one database, as two hosts have it, with the same mailboxes: one at a time."""
import re
import signal

import pytest

from harness.client import compose
from harness.daemon import Daemon
from harness.faults import Faults
from harness.ground import answers, wait_until
from harness.mailboxes import GROUP, Server, make_directory, tree
from harness.milter import deliver
from harness.postgresql import PostgreSQL, shared


@pytest.fixture
def hosts(sink):
    server = shared() or PostgreSQL().start().prepare()
    name, path = server.database(), make_directory()
    settings = {
        "store": {"url": server.url(name), "require_sync": False},
        "archive": {"path": "database"},
        "mailboxes": {"path": path, "group": GROUP},
    }
    hosts = [Daemon(sink.port, settings=settings) for _ in range(2)]
    hosts[0].start().add_agent("anna", address="anna@example.com", queue="support")
    yield hosts, path
    for host in hosts:
        print(host.log_text()[-2000:])
        if not host.ended():
            host.kill()
    if server is not shared():
        server.stop()


def there(path, count):
    found = lambda: tree(path).get("anna", {}).get("Queues.support", [])
    wait_until(lambda: len(found()) == count, f"{count} messages")


def keeps(host):
    """What the log says last."""
    lines = [line for line in host.log_text().splitlines() if "mailboxes: " in line]
    return bool(lines) and "kept in" in lines[-1]


def test_one_host_keeps_them_and_another_goes_on(hosts):
    (first, second), path = hosts
    deliver(first, 1)
    there(path, 1)
    second.start()
    wait_until(lambda: "mailboxes: they are kept by" in second.log_text(), "the other to wait")
    deliver(second, 2)
    there(path, 2)
    assert keeps(first) and not keeps(second)
    assert f":{first.store}" in second.run_ticket("mailboxes", "status").stdout.decode()
    second.run_ticket("mailboxes", "rebuild")  # by the one that has them
    there(path, 2)
    # One that does nothing for long has lost them, and knows it when it goes on.
    first.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: keeps(second), "the other to take over", 60)
    deliver(second, 3)
    there(path, 3)
    first.process.send_signal(signal.SIGCONT)
    # Its connection may have been given up meanwhile, too: then it looks again after a while.
    wait_until(lambda: "goes on with them" in first.log_text(), "the first to see it", 40)
    deliver(first, 4)
    there(path, 4)
    assert keeps(second) and not keeps(first)
    # One that ends gives them back; one that died has them again at once.
    second.stop()
    wait_until(lambda: keeps(first), "the first to have them again", 10)
    first.restart()
    deliver(first, 5)
    there(path, 5)


def test_one_that_died_while_its_clock_was_a_year_ahead_is_followed(hosts):
    (first, second), path = hosts
    faults = Faults()
    first.kill()
    faults.set(f"clock {365 * 86400}")
    first.start(env=faults.env)
    deliver(first, 1)
    there(path, 1)
    first.kill()
    second.start()
    wait_until(lambda: keeps(second), "the other to take over", 60)


# --- a host that dies ---------------------------------------------------------


@pytest.fixture
def anna(hosts):
    _, path = hosts
    wait_until((path / "anna" / ".Colleagues.support" / "cur").exists, "her folders")
    imap = Server(path, {"anna": "a"}).start()
    yield imap.login("anna")
    print(imap.log_text()[-2000:])
    imap.stop()


def uids(client, folder):
    """{number of the ticket: uid}"""
    return {
        int(re.search(rb"^X-Ticket: (\d+)", mail["data"], re.M).group(1)): mail["uid"]
        for mail in client.messages(folder)
        if b"X-Ticket-Copy: " in mail["data"]
    }


def commands(host, number):
    """What was done to the ticket in a mailbox."""
    return [
        (event["actor"], event["kind"], event["to"])
        for event in host.show(number)["events"]
        if event["way"] == "mailbox"
    ]


def test_a_host_that_is_killed_is_followed_by_another(hosts, anna):
    """It dies over a command, and what she does while nobody has her mailbox is done once."""
    (first, second), path = hosts
    for number in range(1, 8):
        deliver(first, number)
    there(path, 7)
    first.kill()
    first.launch(env={"MILTICKET_DIE_AT": "mailbox-move-committed"})
    wait_until(lambda: answers(first.socket), "it to begin")
    wait_until(lambda: first.log_text().count("kept in") == 2, "it to have them again")
    second.start()
    wait_until(lambda: "mailboxes: they are kept by" in second.log_text(), "the other to wait")

    of = uids(anna, "Queues/support")
    assert sorted(of) == list(range(1, 8))
    anna.flag("Queues/support", [of[1], of[5]], "+", "\\Seen")
    assert anna.move("Queues/support", "Mine", [of[1]]) == "OK"
    wait_until(first.ended, "it to die over that")
    assert commands(second, 1) == [("anna", "agent", "anna"), ("anna", "status", "open")]

    # Nobody has them. Moved there and back again is no command.
    assert anna.move("Queues/support", "Closed", [of[2]]) == "OK"
    assert anna.copy("Queues/support", "Spam", [of[3]]) == "OK"
    anna.expunge("Queues/support", [of[4]])
    anna.flag("Queues/support", [of[5]], "+", "\\Flagged")
    assert anna.move("Queues/support", "Mine", [of[6]]) == "OK"
    assert anna.move("Mine", "Queues/support", [uids(anna, "Mine")[6]]) == "OK"
    anna.append("Queues/support", compose("D <d@elsewhere.example>", "a@x.example", "Lamp", "Dark"))
    deliver(second, 8)
    second.run_ticket("close", "7")
    assert not keeps(second) and len(second.tickets()) == 8
    assert "behind" in second.run_ticket("mailboxes", "status").stdout.decode()

    wait_until(lambda: keeps(second), "the other to take over", 60)
    wait_until(lambda: len(second.tickets()) == 9, "what she dropped in", 10)
    where = {"Mine": [1], "Closed": [2, 7], "Spam": [3], "Queues/support": [4, 5, 6, 8, 9]}
    for folder, numbers in where.items():
        wait_until(lambda: sorted(uids(anna, folder)) == numbers, f"{numbers} in {folder}", 10)
    wait_until(lambda: second.show(5)["priority"] == "high", "a mark to be a command")
    assert commands(second, 1) == [("anna", "agent", "anna"), ("anna", "status", "open")]
    assert commands(second, 2) == [("anna", "status", "closed")]
    assert commands(second, 3) == [("anna", "status", "spam"), ("anna", "spam", None)]
    assert commands(second, 5) == [("anna", "priority", "high")]
    assert [commands(second, number) for number in (4, 6, 7, 8)] == [[]] * 4
    flags = {
        folder: {
            number: mail["flags"]
            for mail in anna.messages(folder)
            for number, uid in uids(anna, folder).items()
            if uid == mail["uid"]
        }
        for folder in where
    }
    assert flags["Mine"][1] == {"\\Seen"}
    assert flags["Queues/support"][5] == {"\\Seen", "\\Flagged"}
    assert not list((path / "+claims").rglob("*;*"))

    # The one that died waits when it is back, and does nothing once more.
    died = first.log_text()
    first.start()
    wait_until(
        lambda: "they are kept by" in first.log_text()[len(died) :], "it to see the other", 10
    )
    anna.move("Mine", "Closed", [uids(anna, "Mine")[1]])
    wait_until(lambda: second.show(1)["status"] == "closed", "it to be closed", 10)
    assert not keeps(first)
    assert [to for _, kind, to in commands(second, 1) if kind == "status"] == ["open", "closed"]

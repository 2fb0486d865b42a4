"""Two daemons on one database, as two hosts have it, with the same mailboxes: one at a time."""
import signal

import pytest

from harness.daemon import Daemon
from harness.faults import Faults
from harness.ground import wait_until
from harness.mailboxes import GROUP, make_directory, tree
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

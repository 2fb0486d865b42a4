"""Two daemons on one database, as two hosts have it."""
import pytest
from harness.client import compose
from harness.daemon import Daemon
from harness.ground import wait_until
from harness.milter import MilterClient, deliver
from harness.postgresql import PostgreSQL

SUPPORT = "support@example.com"


@pytest.fixture(scope="module")
def server():
    server = PostgreSQL().start().prepare()
    yield server
    server.stop()


@pytest.fixture
def hosts(sink, server):
    name = server.database()
    settings = {
        "store": {"url": server.url(name), "require_sync": False},
        "archive": {"path": "database"},
        "policy": {"answers_per_hour": 0},
    }
    hosts = [Daemon(sink.port, settings=settings).start() for _ in range(2)]
    yield hosts
    for host in hosts:
        if not host.ended():
            host.kill()


def test_each_answer_is_sent_by_one_host_and_another_takes_over(hosts, sink):
    first, second = hosts
    for n in range(10):
        deliver(hosts[n % 2], n)
    wait_until(lambda: len(sink.mails()) >= 10, "ten answers")
    first.stop()
    for n in range(10, 15):
        deliver(second, n)
    wait_until(lambda: len(sink.mails()) >= 15, "the other host's answers", 30)
    recipients = sorted(recipient for mail in sink.mails() for recipient in mail.recipients)
    assert recipients == sorted(f"c{n}@customer{n}.example" for n in range(15))
    assert [ticket["number"] for ticket in second.tickets()] == list(range(1, 16))


def test_the_same_mail_at_two_hosts_is_one_ticket(hosts):
    mail = compose()
    for host in hosts:
        with MilterClient(host.socket) as client:
            assert client.send("carla@customer.example", [SUPPORT], mail).accepted
    (ticket,) = hosts[0].tickets()
    assert ticket["messages_count"] == 1

"""The milter's side of the protocol, spoken to by a client of our own."""
import pytest
from harness.client import compose
from harness.daemon import Daemon
from harness.milter import MilterClient

CARLA = "carla@customer.example"


@pytest.fixture
def daemon():
    daemon = Daemon(relay_port=9).start()
    yield daemon
    if not daemon.ended():
        daemon.kill()


def test_mail_of_others_is_accepted_at_data(daemon):
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["bob@example.com"], compose())
    assert (result.verdict, result.step, result.edits) == ("accept", "T", [])


def test_mail_to_an_account_is_tagged_at_its_end(daemon):
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["support@example.com"], compose())
    assert result.accepted and result.step == "E"
    assert [value.strip() for value in result.headers("Subject")] == ["[example.com #1] Printer on fire"]
    assert [value.strip() for value in result.headers("X-Ticket")] == ["1"]


def test_one_connection_carries_many_messages_and_an_abort_forgets_one(daemon):
    with MilterClient(daemon.socket) as milter:
        milter.send(CARLA, ["support@example.com"], compose(subject="one"))
        milter.abort()
        second = milter.send(CARLA, ["support@example.com"], compose(subject="two"))
    assert [value.strip() for value in second.headers("X-Ticket")] == ["2"]
    assert [ticket["messages_count"] for ticket in daemon.tickets()] == [1, 1]


def test_a_retry_gets_the_same_edits(daemon):
    data = compose()
    with MilterClient(daemon.socket) as milter:
        first = milter.send(CARLA, ["support@example.com"], data)
        again = milter.send(CARLA, ["support@example.com"], data)
    assert first.edits == again.edits
    assert len(daemon.tickets()) == 1 and len(daemon.outbox()) == 1


def test_a_second_daemon_on_the_same_store_is_refused(daemon):
    second = Daemon(relay_port=9, settings={"store": {"path": daemon.store}})
    second.launch()
    assert second.process.wait(30) == 75
    assert str(daemon.store) in second.log_text()


def test_a_reload_takes_new_settings_and_keeps_old_ones_on_an_error(daemon):
    daemon.configure(tag={"name": "desk.example"})
    daemon.run_ticket("reload")
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["support@example.com"], compose())
        assert result.headers("Subject")[0].strip().startswith("[desk.example #1]")
        daemon.config.write_text("nonsense = 1;\n")
        log = daemon.log_text()
        daemon.reload() if hasattr(daemon, "reload") else None
        assert milter.send(CARLA, ["support@example.com"], compose(subject="x")).headers("X-Ticket")
    assert daemon.log_text() != log

"""Many messages at once, without kills; small enough to run under a sanitizer."""
import threading

from harness.client import compose
from harness.load import ACCOUNT, Load, compare, compare_answers, show_all
from harness.milter import MilterClient
from harness.ground import wait_until

REPORTS = (
    "ERROR: AddressSanitizer",
    "WARNING: ThreadSanitizer",
    "runtime error:",
    "ERROR: LeakSanitizer",
)


def stop_clean(daemon):
    daemon.stop()
    found = [report for report in REPORTS if report in daemon.log_text()]
    assert not found, daemon.log_text()[-8000:]


def test_concurrent_senders_get_a_number_each(daemon, sink):
    daemon.start()
    load = Load(daemon, threads=8, seed=1, limit=15).run()
    load.join()
    wait_until(lambda: not daemon.outbox(), "an empty outbox", 60)
    assert compare(load, daemon) == []
    assert compare_answers(load, sink, kills=[]) == []
    stop_clean(daemon)


def test_the_same_message_at_the_same_moment_on_many_connections_is_one(daemon, sink):
    daemon.start()
    data = compose("carla@customer.example", message_id="<once@customer.example>")
    start, results = threading.Barrier(6), []

    def deliver():
        with MilterClient(daemon.socket) as client:
            start.wait(10)
            results.append(client.send("carla@customer.example", [ACCOUNT], data))

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [result.verdict for result in results] == [results[0].verdict] * 6 and results[
        0
    ].accepted
    assert {value.strip() for result in results for value in result.headers("X-Ticket")} == {"1"}
    (ticket,) = show_all(daemon).values()
    assert [
        message["message_id"] for message in ticket["messages"] if message["direction"] == "in"
    ] == ["<once@customer.example>"]
    wait_until(lambda: not daemon.outbox(), "an empty outbox", 60)
    assert len(sink.mails("carla@customer.example")) == 1
    stop_clean(daemon)


def test_reload_under_load_drops_no_connection(daemon, sink):
    daemon.start()
    load = Load(daemon, threads=4, seed=2).run()
    for _ in range(5):
        daemon.reload()
    load.finish()
    assert all(sent.tries == len(sent.told) for sent in load.sent), "a message had to be repeated"
    assert compare(load, daemon) == []
    stop_clean(daemon)

"""Mail of ours when the store or the clock fails, or the daemon dies, while it is on its way."""
import errno
from email.header import decode_header, make_header

import pytest

from harness.client import compose, field
from harness.daemon import SUPPORT, Daemon
from harness.desk import DESK, Customer
from harness.ground import wait_until
from harness.milter import MilterClient
from harness.sink import Sink


class Relay(Sink):
    """Calls `at_end`, if there is one, when it has the whole text of a mail, before it says so."""

    at_end = None

    def next_action(self, stage):
        if stage == "body" and self.at_end:
            self.at_end()
        return super().next_action(stage)


@pytest.fixture
def relay():
    relay = Relay()
    yield relay
    relay.close()


@pytest.fixture
def daemon(relay):
    daemon = Daemon(relay.port)
    yield daemon
    print(daemon.log_text()[-4000:])
    if not daemon.ended():
        daemon.kill()


def asks(daemon, *customers):
    with MilterClient(daemon.socket) as mta:
        return [
            mta.send(customer.address, [DESK], compose(customer.header)) for customer in customers
        ]


def settled(daemon):
    wait_until(lambda: not daemon.outbox(), "an empty outbox", 60)


def arrived(relay, customer):
    return [field(mail.data, "Message-ID") for mail in relay.mails(customer.address)]


@pytest.mark.parametrize("fault", [f"write {errno.ENOSPC}", f"sync {errno.EIO}"])
def test_nothing_more_is_sent_until_the_last_is_recorded(fault, daemon, relay, faults):
    first, second, third = Customer(), Customer(), Customer()
    relay.script = {"connect": ["421 4.3.2 not now"]}
    relay.at_end = lambda: faults.set(fault)
    daemon.start(env=faults.env)
    assert all(result.accepted for result in asks(daemon, first, second))
    wait_until(lambda: daemon.outbox()[0]["attempts"], "a try")
    daemon.run_ticket("outbox", "flush")
    wait_until(
        lambda: "nothing is sent until that works" in daemon.log_text(), "a record that fails", 60
    )
    (refused,) = asks(daemon, third)
    assert refused.reply.startswith("451 4.3.0")
    assert len(relay.mails()) == 1 and arrived(relay, first)
    relay.at_end = None
    faults.clear()
    settled(daemon)
    assert [len(arrived(relay, customer)) for customer in (first, second)] == [1, 1]
    assert daemon.log_text().count("nothing is sent until that works") == 1


def test_a_death_before_the_record_sends_one_mail_again_with_its_message_id(daemon, relay):
    people = [Customer() for _ in range(5)]
    daemon.start(env={"MILTICKET_DIE_AT": "after-send:4"})
    relay.script = {"connect": ["421 4.3.2 not now"]}
    asks(daemon, *people)
    wait_until(lambda: daemon.outbox()[0]["attempts"], "a try")
    daemon.run_ticket("outbox", "flush")
    wait_until(daemon.ended, "death between sending and recording", 60)
    daemon.start()
    settled(daemon)
    copies = [arrived(relay, person) for person in people]
    assert [len(ids) for ids in copies] == [1, 1, 2, 1, 1]
    assert len(set(copies[2])) == 1


def test_after_hours_of_deferrals_all_are_drained_oldest_first_and_once(daemon, relay, faults):
    people = [Customer() for _ in range(20)]
    relay.script = {"rcpt": "450 4.2.0 greylisted"}
    daemon.start(env=faults.env)
    asks(daemon, *people)
    for hours in (0, 1, 3, 8):
        faults.set(f"clock {hours * 3600}")
        wait_until(
            lambda h=hours: all(
                entry["attempts"] > (0, 1, 3, 8).index(h) for entry in daemon.outbox()
            ),
            "a try of each",
            60,
        )
    assert [result.accepted for result in asks(daemon, Customer("Late"))] == [True]
    wait_until(lambda: all(entry["attempts"] for entry in daemon.outbox()), "a try of the late one")
    waiting = daemon.outbox()
    assert [entry["state"] for entry in waiting] == ["waiting"] * 21 and relay.mails() == []
    relay.script = {}
    faults.set(f"clock {16 * 3600}")
    settled(daemon)
    assert [len(arrived(relay, person)) for person in people] == [1] * 20
    order = [mail.recipients[0] for mail in relay.mails()]
    assert [address for address in order if address != waiting[-1]["to"][0]] == [
        person.address for person in people
    ]


def test_a_relay_that_was_gone_is_given_all_oldest_first_over_one_connection(daemon, relay):
    people = [Customer() for _ in range(30)]
    relay.close()
    daemon.start()
    assert all(result.accepted for result in asks(daemon, *people))
    wait_until(lambda: daemon.outbox()[0]["attempts"], "a try")
    assert [(entry["state"], entry["next_try"]) for entry in daemon.outbox()] == [
        ("waiting", None)
    ] * 30
    assert (
        sum(entry["attempts"] for entry in daemon.outbox()[1:]) == 0
    ), "a relay that is down was asked for each mail"
    again = Sink(port=relay.port)
    try:
        daemon.run_ticket("outbox", "flush")
        settled(daemon)
        assert [mail.recipients for mail in again.mails()] == [
            [person.address] for person in people
        ]
        assert again.connections == 1
    finally:
        again.close()


def test_five_days_of_deferrals_end_in_a_failure_that_the_ticket_tells_of(daemon, relay, faults):
    carla = Customer()
    relay.script = {"rcpt": "450 4.2.0 greylisted"}
    daemon.start(env=faults.env)
    asks(daemon, carla)
    wait_until(lambda: daemon.outbox()[0]["attempts"] == 1, "a first try")
    faults.set(f"clock {5 * 86400 + 60}")
    # A clock that was set ahead this very moment may as well be wrong.
    wait_until(lambda: daemon.outbox()[0]["attempts"] == 2, "a second")
    assert daemon.outbox()[0]["state"] == "waiting"
    daemon.stop()
    faults.set(f"clock {5 * 86400 + 3600}")
    daemon.start(env=faults.env)
    wait_until(lambda: daemon.outbox()[0]["state"] == "failed", "the end of patience")
    assert daemon.outbox()[0]["last_reply"] == "450 4.2.0 greylisted"
    assert [event["to"] for event in daemon.show(1)["events"] if event["kind"] == "failed"] == [
        carla.address
    ]


def test_every_event_has_its_text_in_the_customers_language(relay, faults):
    texts = {event: f"{event}.eml" for event in ("opened", "followup", "closed", "late")}
    daemon = Daemon(
        relay.port,
        accounts=[{**SUPPORT, "autoresponse": texts}],
        settings={"policy": {"reopen_days": 30}},
    ).start(env=faults.env)
    carla, message_id = Customer(), "<question@customer.example>"
    again = {
        "headers": [f"In-Reply-To: {message_id}", "Accept-Language: de"],
        "subject": "Re: Drucker brennt",
    }

    def subjects(count):
        return [
            str(make_header(decode_header(field(mail.data, "Subject"))))
            for mail in relay.wait_mails(carla.address, count)
        ]

    def asks_again():
        with MilterClient(daemon.socket) as mta:
            assert mta.send(carla.address, [DESK], compose(carla.header, **again)).accepted

    try:
        with MilterClient(daemon.socket) as mta:
            mta.send(
                carla.address,
                [DESK],
                compose(
                    carla.header,
                    message_id=message_id,
                    subject="Drucker brennt",
                    headers=["Accept-Language: de"],
                ),
            )
        subjects(1)
        daemon.run_ticket("reply", "1", "-m", "Wasser drauf!")
        subjects(2)
        asks_again()
        subjects(3)
        daemon.run_ticket("close", "1")
        subjects(4)
        faults.set(f"clock {31 * 86400}")
        asks_again()
        assert subjects(5) == [
            "[example.com #1] Ihre Nachricht ist angekommen: Drucker brennt",
            "[example.com #1] Re: Drucker brennt",
            "[example.com #1] Ihre weitere Nachricht ist angekommen: Drucker brennt",
            "[example.com #1] Ihr Anliegen ist erledigt: Drucker brennt",
            "[example.com #2] Ein neues Ticket für Ihre Nachricht: Drucker brennt",
        ]
        settled(daemon)
        assert len(relay.mails()) == 5
    finally:
        daemon.kill()

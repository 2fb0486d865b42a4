"""Automatic answers: one to a person, none to a robot, and none lost when the relay misbehaves (RFC 3834)."""
import time

import pytest

from harness import client
from harness.client import compose, field
from harness.desk import DESK, Customer
from harness.ground import wait_until
from harness.sink import DROP, STALL, Sink


def settled(desk):
    """Nothing is left to send."""
    wait_until(lambda: not desk.daemon.outbox(), f"an empty outbox: {desk.daemon.outbox()}")


def test_a_person_gets_exactly_one_answer_with_every_mark_of_an_automatic_mail(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer on fire")
    answer = desk.answer_to(carla)
    assert answer.sender == ""
    assert answer.recipients == [carla.address]
    expected = {"From": "Example Support <support@example.com>", "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All",
                "In-Reply-To": field(asked, "Message-ID"), "Content-Language": "en", "MIME-Version": "1.0"}
    assert {name: field(answer.data, name) for name in expected} == expected
    assert field(asked, "Message-ID") in field(answer.data, "References")
    assert field(answer.data, "Subject").startswith("[example.com #1] ")
    assert "Printer on fire" in field(answer.data, "Subject")
    assert "<support+1-" in "<" + field(answer.data, "Reply-To")
    assert "utf-8" in field(answer.data, "Content-Type").lower()
    assert carla.address in field(answer.data, "To")
    assert field(answer.data, "Date")
    settled(desk)
    time.sleep(0.5)
    desk.answer_to(carla)


def test_a_followup_gets_no_second_answer(desk):
    carla = Customer()
    asked = desk.asks(carla)
    desk.answer_to(carla)
    desk.replies(asked, carla)
    settled(desk)
    desk.answer_to(carla)


def test_the_language_is_the_mails(desk):
    carla = Customer()
    desk.asks(carla, headers=["Accept-Language: de-AT, en"])
    assert field(desk.answer_to(carla).data, "Content-Language") == "de"


AUTOMATIC = {
    "auto-submitted": ["Auto-Submitted: auto-generated"],
    "auto-replied": ["Auto-Submitted: auto-replied"],
    "precedence bulk": ["Precedence: bulk"],
    "precedence list": ["Precedence: list", "List-Id: <people.lists.example>"],
    "list": ["List-Unsubscribe: <mailto:leave@lists.example>"],
    "feedback": ["Feedback-ID: 1:2:3:news"],
    "vacation": ["X-Autoreply: yes"],
    "autorespond": ["X-Autorespond: away"],
    "spam": ["X-Spam-Flag: YES"],
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC)
def test_automatic_mail_is_not_answered(desk, headers):
    robot, person = Customer("Robot"), Customer()
    desk.asks(robot, headers=headers)
    desk.asks(person)
    desk.answer_to(person)
    settled(desk)
    assert desk.mailbox.mails(robot.address) == []


@pytest.mark.parametrize("sender", ["", "no-reply@customer.example", "noreply@customer.example", "mailer-daemon@customer.example",
                                    "postmaster@customer.example", "bounces@customer.example", DESK, "anna@example.com"])
def test_nobody_who_could_answer_back_is_answered(desk, sender):
    desk.deliver(compose(f"<{sender or 'mailer-daemon@customer.example'}>"), sender)
    person = Customer()
    desk.asks(person)
    desk.answer_to(person)
    settled(desk)
    answered = [mail for mail in desk.mailbox.mails() if field(mail.data, "Auto-Submitted") == "auto-replied"]
    assert [mail.recipients for mail in answered] == [[person.address]]


def test_auto_submitted_no_is_a_person(desk):
    carla = Customer()
    desk.asks(carla, headers=["Auto-Submitted: no"])
    desk.answer_to(carla)


def test_one_address_gets_so_many_answers_in_a_day_and_no_more(desk):
    desk.daemon.restart(mail_out={"max_per_address_per_day": 2})
    carla = Customer()
    for index in range(2):
        desk.asks(carla, subject=f"question {index}")
    settled(desk)
    desk.daemon.restart()
    desk.asks(carla, subject="one too many")
    time.sleep(0.5)
    assert len([mail for mail in desk.mailbox.mails(carla.address)]) == 2
    assert len(desk.daemon.tickets()) == 3


def test_two_desks_do_not_answer_each_other_for_ever(desk):
    """Our answer, sent back to us as if another desk had answered it."""
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    back = compose("Other Desk <desk@other.example>", DESK, "[other.example #5] We have received your message",
                   headers=["Auto-Submitted: auto-replied", f"In-Reply-To: {field(answer, 'Message-ID')}"])
    desk.deliver(back, "desk@other.example")
    desk.arrived(back)
    desk.deliver(answer, "")
    time.sleep(0.5)
    settled(desk)
    assert desk.mailbox.mails("desk@other.example") == []
    desk.answer_to(carla)
    assert [ticket["number"] for ticket in desk.daemon.tickets()] == [1]


# --- a relay that misbehaves ---------------------------------------------------------

@pytest.fixture
def relay():
    relay = Sink()
    yield relay
    relay.close()


@pytest.fixture
def relayed(desk, relay):
    """The desk, with its outgoing mail given to a relay that a test can script."""
    desk.daemon.restart(mail_out={"url": f"smtp://127.0.0.1:{relay.port}", "timeout_s": 1})
    return desk


def attempted(desk):
    """The only entry of the outbox, once it has been tried."""
    return wait_until(lambda: [entry for entry in desk.daemon.outbox() if entry["attempts"] >= 1], "a first attempt")[0]


OUTAGES = {
    "drops the connection": {"connect": [DROP]},
    "stalls in its greeting": {"connect": [STALL]},
    "says 421 at once": {"connect": ["421 4.3.2 not now"]},
    "stalls at DATA": {"data": [STALL]},
    "stalls after the message": {"body": [STALL]},
    "drops after the message": {"body": [DROP]},
}


@pytest.mark.parametrize("script", OUTAGES.values(), ids=OUTAGES)
def test_an_answer_arrives_once_though_the_relay(relayed, relay, script):
    relay.script = {stage: list(actions) for stage, actions in script.items()}
    carla = Customer()
    relayed.asks(carla)
    wait_until(lambda: relay.connections, "a connection to the relay")
    relay.wait_mails(carla.address, seconds=90)
    settled(relayed)
    assert len(relay.mails(carla.address)) == 1
    assert relay.connections >= 2


DEFERRALS = {"recipient": {"rcpt": ["450 4.2.0 later"]}, "sender": {"mail": ["451 4.3.0 later"]}, "message": {"body": ["452 4.3.1 no space"]}}


@pytest.mark.parametrize("script", DEFERRALS.values(), ids=DEFERRALS)
def test_an_answer_waits_with_the_relays_words_when_it_defers_the(relayed, relay, script):
    relay.script = {stage: list(actions) for stage, actions in script.items()}
    carla = Customer()
    relayed.asks(carla)
    waiting = attempted(relayed)
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    assert waiting["last_reply"].startswith("45")
    assert relay.mails(carla.address) == []
    relayed.daemon.run_ticket("outbox", "flush")
    relay.wait_mails(carla.address)
    settled(relayed)
    assert len(relay.mails(carla.address)) == 1


@pytest.mark.parametrize("script", [{"rcpt": ["550 5.1.1 no such user"]}, {"body": ["554 5.7.1 no"]}, {"mail": ["550 5.1.8 no"]}],
                         ids=["rcpt", "body", "mail"])
def test_a_refusal_is_shown_and_recorded(relayed, relay, script):
    relay.script = script
    relayed.asks(Customer())
    failed = wait_until(lambda: [found for found in relayed.daemon.outbox() if found["state"] == "failed"], "a failed entry")
    assert failed[0]["last_reply"].startswith("55")
    assert "failed" in [event["kind"] for event in relayed.daemon.show(1)["events"]]


def test_intake_does_not_wait_for_a_relay_that_is_down(relayed, relay):
    relay.close()
    carla = Customer()
    began = time.monotonic()
    for index in range(5):
        relayed.asks(carla, subject=f"question {index}")
    assert time.monotonic() - began < 10
    assert len(relayed.daemon.outbox()) == 5
    again = Sink(port=relay.port)
    try:
        relayed.daemon.run_ticket("outbox", "flush")
        again.wait_mails(carla.address, 5)
        settled(relayed)
    finally:
        again.close()


def test_many_answers_go_over_one_connection(relayed, relay):
    people = [Customer() for _ in range(5)]
    for person in people:
        relayed.asks(person)
    for person in people:
        relay.wait_mails(person.address)
    settled(relayed)
    assert relay.connections == 1


def test_a_mail_that_the_relay_breaks_off_at_keeps_no_other_waiting(relayed, relay):
    relay.script = {"body": [DROP]}
    first, second = Customer(), Customer()
    relayed.asks(first)
    assert attempted(relayed)["next_try"]
    relayed.asks(second)
    relay.wait_mails(second.address)
    assert relay.mails(first.address) == []


def test_a_relay_that_is_down_shows_in_the_outbox_and_a_flush_ends_the_pause(relayed, relay):
    relay.script = {"connect": "554 5.3.2 closed today"}
    carla = Customer()
    relayed.asks(carla)
    waiting = attempted(relayed)
    assert (waiting["state"], waiting["next_try"]) == ("waiting", None)
    assert waiting["last_reply"]
    relay.script = {}
    relayed.daemon.run_ticket("outbox", "flush")
    relay.wait_mails(carla.address)
    settled(relayed)


def test_an_address_that_needs_smtputf8_fails_at_a_relay_without_it(relayed, relay):
    relay.script = {"ehlo": "250 sink.example"}
    carla = Customer()
    relayed.asks(carla)
    desk_number = relayed.daemon.tickets()[0]["number"]
    relay.wait_mails(carla.address)
    relayed.daemon.run_ticket("send", str(desk_number), "jürgen@example.net")
    failed = wait_until(lambda: [found for found in relayed.daemon.outbox() if found["state"] == "failed"], "a failed entry")
    assert "SMTPUTF8" in failed[0]["last_reply"]


def test_answers_wait_through_a_restart(relayed, relay):
    relay.script = {"connect": "421 4.3.2 not now"}
    carla = Customer()
    relayed.asks(carla)
    wait_until(lambda: relay.connections, "a connection to the relay")
    relayed.daemon.restart()
    assert len(relayed.daemon.outbox()) == 1
    relay.script = {}
    relay.wait_mails(carla.address, seconds=90)
    settled(relayed)


def test_the_daemon_does_not_wait_for_a_stalling_relay_when_it_stops(relayed, relay):
    relay.script = {"connect": STALL}
    relayed.daemon.restart(mail_out={"timeout_s": 60})
    relayed.asks(Customer())
    wait_until(lambda: relay.connections, "a connection to the relay")
    began = time.monotonic()
    relayed.daemon.stop()
    assert time.monotonic() - began < 15
    relayed.daemon.start()
    assert len(relayed.daemon.outbox()) == 1


def test_a_header_cannot_be_smuggled_into_an_answer(desk):
    carla = Customer()
    desk.asks(carla, subject="=?utf-8?q?hi=0D=0ABcc=3A_evil=40other=2Eexample?=", headers=["X-Name: x"])
    answer = desk.answer_to(carla)
    assert field(answer.data, "Bcc") is None
    assert answer.recipients == [carla.address]
    assert client.split(answer.data)[0].count(b"\r\n") == len(answer.data.partition(b"\r\n\r\n")[0].split(b"\r\n"))

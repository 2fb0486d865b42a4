"""Automatic answers: one to a person, none to a robot, and none lost when the relay misbehaves (RFC 3834)."""
import time

import pytest

from harness import client
from harness.client import compose, field
from harness.daemon import Daemon
from harness.desk import DESK, Customer
from harness.ground import run, tool, wait_until
from harness.milter import MilterClient
from harness.sink import Sink, unique


def settled(desk):
    """Nothing is left to send."""
    wait_until(lambda: not desk.daemon.outbox(), f"an empty outbox: {desk.daemon.outbox()}")


def test_a_person_gets_exactly_one_answer_with_every_mark_of_an_automatic_mail(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer on fire")
    answer = desk.answer_to(carla)
    assert answer.sender == ""
    assert answer.recipients == [carla.address]
    expected = {
        "From": "Example Support <support@example.com>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "In-Reply-To": field(asked, "Message-ID"),
        "Content-Language": "en",
        "MIME-Version": "1.0",
    }
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


def test_the_visitor_of_a_web_form_is_answered_and_nobody_else(desk):
    visitor, form = Customer(), Customer("Shop")
    desk.deliver(compose(form.header, headers=[f"Reply-To: {visitor.header}"]), form.address)
    answer = desk.answer_to(visitor)
    assert (answer.sender, answer.recipients) == ("", [visitor.address])
    settled(desk)
    assert desk.mailbox.mails(form.address) == []


def test_a_followup_gets_no_second_answer(desk):
    carla = Customer()
    asked = desk.asks(carla)
    desk.answer_to(carla)
    desk.replies(asked, carla)
    settled(desk)
    desk.answer_to(carla)


@pytest.mark.parametrize(
    "headers, language",
    [
        (["Accept-Language: de-AT, en"], "de"),
        (["Accept-Language: es, de;q=0.8"], "de"),
        (["Accept-Language: de;q=0.5, en-US"], "en"),
        (["Content-Language: en", "Accept-Language: de"], "en"),
        (["Content-Language: es"], "en"),
    ],
)
def test_the_language_is_the_mails(desk, headers, language):
    carla = Customer()
    desk.asks(carla, headers=headers)
    assert field(desk.answer_to(carla).data, "Content-Language") == language


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


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "no-reply@customer.example",
        "noreply@customer.example",
        "mailer-daemon@customer.example",
        "postmaster@customer.example",
        "bounces@customer.example",
        DESK,
        "anna@example.com",
    ],
)
def test_nobody_who_could_answer_back_is_answered(desk, sender):
    desk.deliver(compose(f"<{sender or 'mailer-daemon@customer.example'}>"), sender)
    person = Customer()
    desk.asks(person)
    desk.answer_to(person)
    settled(desk)
    answered = [
        mail
        for mail in desk.mailbox.mails()
        if field(mail.data, "Auto-Submitted") == "auto-replied"
    ]
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


class SecondSystem:
    """Another ticket system at `address`: whatever reaches it gets an answer that bears no mark of a robot and opens a ticket here."""

    def __init__(self, desk, address):
        self.desk, self.address, self.answered = desk, address, 0

    def answers(self):
        """Answers what has come since; False when that is nothing."""
        got = self.desk.mailbox.mails(self.address)[self.answered :]
        for mail in got:
            self.answered += 1
            self.desk.deliver(
                compose(
                    f"Other Desk <{self.address}>",
                    subject=f"[other.example #{self.answered}] We have received your message",
                ),
                self.address,
            )
        return bool(got)


def test_a_second_system_that_answers_every_mail_is_silenced_by_the_cap(desk):
    desk.daemon.restart(mail_out={"max_per_address_per_day": 3})
    other = SecondSystem(desk, f"{unique('desk')}@other.example")
    desk.deliver(compose(other.address), other.address)
    while (
        [entry for entry in desk.daemon.outbox() if entry["state"] != "suppressed"]
        or other.answers()
        or len(desk.daemon.tickets()) != other.answered + 1
    ):
        time.sleep(0.05)
    assert other.answered == 3
    (suppressed,) = desk.daemon.outbox()
    assert (
        suppressed["state"],
        suppressed["to"],
        suppressed["ticket"],
        suppressed["next_try"],
    ) == ("suppressed", [other.address], 4, None)
    assert "3 automatic answers today" in suppressed["last_reply"]
    assert [
        (event["to"], event["text"])
        for event in desk.daemon.show(4)["events"]
        if event["kind"] == "suppressed"
    ] == [(other.address, suppressed["last_reply"])]
    assert "suppressed" in desk.daemon.run_ticket("outbox", "list").stdout.decode()
    assert (
        desk.daemon.run_ticket("outbox", "retry", str(suppressed["id"]), check=False).returncode
        == 77
    )
    carla = Customer()
    desk.asks(carla)
    desk.answer_to(carla)


def test_two_of_our_own_fall_silent_at_the_first_answer(desk):
    """Each is the other's customer."""
    relay = Sink()
    second = Daemon(
        relay.port,
        accounts=[{"address": "help@other.example", "queue": "help"}],
        settings={"tag": {"name": "other.example"}},
    ).start()
    try:
        desk.deliver(compose("help@other.example"), "help@other.example")
        (answer,) = desk.mailbox.wait_mails("help@other.example")
        with MilterClient(second.socket) as mta:
            assert mta.send(answer.sender, answer.recipients, answer.data).accepted
        person = Customer()
        with MilterClient(second.socket) as mta:
            mta.send(person.address, ["help@other.example"], compose(person.header))
        relay.wait_mails(person.address)
        assert [mail.recipients for mail in relay.mails()] == [[person.address]]
        assert len(second.tickets()) == 1
    finally:
        second.kill()
        relay.close()


def test_two_desks_do_not_answer_each_other_for_ever(desk):
    """Our answer, sent back to us as if another desk had answered it."""
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    back = compose(
        "Other Desk <desk@other.example>",
        DESK,
        "[other.example #5] We have received your message",
        headers=["Auto-Submitted: auto-replied", f"In-Reply-To: {field(answer, 'Message-ID')}"],
    )
    desk.deliver(back, "desk@other.example")
    desk.arrived(back)
    desk.deliver(answer, "")
    time.sleep(0.5)
    settled(desk)
    assert desk.mailbox.mails("desk@other.example") == []
    desk.answer_to(carla)
    assert [ticket["number"] for ticket in desk.daemon.tickets()] == [1]


# --- our own mail, filtered by the server that we give it to ---------------------------------


def claims(mail):
    return [name for name, _ in client.fields(mail) if name.lower().startswith("x-ticket")]


@pytest.mark.parametrize("port", ["port", "filtered_port"], ids=["once", "twice"])
def test_our_own_mail_passes_our_own_filter_as_it_is(desk, port):
    desk.daemon.restart(mail_out={"url": f"smtp://127.0.0.1:{getattr(desk.mta, port)}"})
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    desk.daemon.run_ticket("reply", "1", "-m", "Pour water on it.")
    reply = wait_until(
        lambda: [
            mail.data for mail in desk.mailbox.mails(carla.address) if b"Pour water" in mail.data
        ],
        "the reply",
    )[0]
    desk.daemon.run_ticket("send", "1", "anna")
    sent = desk.mailbox.wait_mails("anna@example.com")[0].data
    settled(desk)
    for mail in (answer, reply, sent):
        assert claims(without_attachments(mail)) == []
        assert field(mail, "Subject").count("[example.com #1]") == 1
        assert "support@example.com" in field(mail, "From")
    (ticket,) = desk.daemon.tickets()
    assert (ticket["number"], ticket["messages_count"]) == (1, 2)
    assert len(desk.mailbox.mails(carla.address)) == 2
    assert desk.daemon.outbox() == []


def without_attachments(mail):
    return mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


@pytest.mark.parametrize("recipient", [DESK, "customer"])
def test_our_own_mail_that_comes_through_the_pickup_service_is_recognised(desk, recipient):
    """As when somebody's .forward or a script hands it in again."""
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    settled(desk)
    recipient = carla.address if recipient == "customer" else recipient
    before = len(desk.mailbox.mails(recipient))
    run(
        tool("sendmail"),
        "-C",
        desk.mta.config,
        "-i",
        "-f",
        "<>",
        recipient,
        stdin=answer.replace(b"\r\n", b"\n"),
    )
    again = desk.mailbox.wait_mails(recipient, before + 1)[-1].data
    assert field(again, "Message-ID") == field(answer, "Message-ID")
    assert field(again, "Subject") == field(answer, "Subject")
    settled(desk)
    assert [ticket["number"] for ticket in desk.daemon.tickets()] == [1]
    assert (
        len(
            [
                mail
                for mail in desk.mailbox.mails()
                if field(mail.data, "Auto-Submitted") == "auto-replied"
            ]
        )
        == 2
    )


def test_a_header_cannot_be_smuggled_into_an_answer(desk):
    carla = Customer()
    desk.asks(
        carla, subject="=?utf-8?q?hi=0D=0ABcc=3A_evil=40other=2Eexample?=", headers=["X-Name: x"]
    )
    answer = desk.answer_to(carla)
    assert field(answer.data, "Bcc") is None
    assert answer.recipients == [carla.address]
    assert client.split(answer.data)[0].count(b"\r\n") == len(
        answer.data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    )

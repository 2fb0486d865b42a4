"""Automatic answers: one to a person, none to a robot, and none lost when the relay misbehaves (RFC 3834)."""
import time

import pytest

from harness import client
from harness.client import compose, field
from harness.desk import DESK, Customer
from harness.ground import wait_until


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


def test_a_header_cannot_be_smuggled_into_an_answer(desk):
    carla = Customer()
    desk.asks(carla, subject="=?utf-8?q?hi=0D=0ABcc=3A_evil=40other=2Eexample?=", headers=["X-Name: x"])
    answer = desk.answer_to(carla)
    assert field(answer.data, "Bcc") is None
    assert answer.recipients == [carla.address]
    assert client.split(answer.data)[0].count(b"\r\n") == len(answer.data.partition(b"\r\n\r\n")[0].split(b"\r\n"))

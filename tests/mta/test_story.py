"""One ticket's whole story on a real mail server: an MX and a submission service, a login by SASL, a mailbox for each, and mutt."""
import re

import pytest

from harness import client
from harness.client import compose, field
from harness.dovecot import Dovecot
from harness.ground import wait_until
from harness.mutt import Mutt
from harness.office import ANNA_BOX, BEN_BOX, CARLA, CARLA_BOX, CONTROL_BOX, SUPPORT_BOX, Office

PRIVATE = ("anna@home.example", "home.example", "ben@example.com")


@pytest.fixture
def house():
    dovecot = Dovecot({"anna": "secret", "ben": "other"}).start()
    house = Office(dovecot)
    yield house
    house.close()
    dovecot.stop()


@pytest.fixture
def mutt(house):
    mutt = Mutt(
        house.boxes / SUPPORT_BOX,
        house.mta.sasl_port,
        "anna",
        "secret",
        "Anna Berg",
        ANNA_BOX,
        "home.example",
    )
    yield mutt
    print(mutt.screen())
    mutt.close()


def shows_no_agent(mail):
    """No header tells where an agent writes from, but for the mail server's own Received."""
    head = " ".join(
        f"{name}: {value}" for name, value in client.fields(mail) if name != "Received"
    ).lower()
    return not [word for word in PRIVATE if word in head]


def answer_from_carla(mail, body, subject="Re: your mail"):
    """She answers in a client that keeps ids, but not the Subject."""
    return compose(
        CARLA,
        re.sub(r".*<(.*)>", r"\1", field(mail, "Reply-To")),
        subject,
        body,
        headers=[
            f"In-Reply-To: {field(mail, 'Message-ID')}",
            f"References: {field(mail, 'Message-ID')}",
        ],
    )


def test_a_ticket_from_the_first_question_to_the_second_opening(house, mutt):
    # Carla asks, and has her automatic answer.
    house.from_outside(compose(CARLA, SUPPORT_BOX, "Printer on fire", "It burns.\n"))
    asked = house.newest(SUPPORT_BOX, 1)
    assert (field(asked, "Subject"), field(asked, "X-Ticket-Event")) == (
        "[example.com #1] Printer on fire",
        "opened",
    )
    automatic = house.newest(CARLA_BOX, 1)
    assert (field(automatic, "Auto-Submitted"), field(automatic, "Return-Path")) == (
        "auto-replied",
        "<>",
    )
    assert field(automatic, "Subject").startswith("[example.com #1]")

    # Anna answers in mutt: r, her words, y.
    mutt.says("Dear Carla,\n\npour some water on it.\n\n")
    mutt.open()
    mutt.sees("Printer on fire")
    mutt.press("r")
    mutt.sees("y:Send")
    mutt.press("y")
    answer = house.newest(CARLA_BOX, 2)
    assert field(answer, "From") == "Anna Berg <support@example.com>"
    assert field(answer, "Return-Path") == "<support@example.com>"
    assert field(answer, "To") == CARLA
    assert field(answer, "Subject") == "[example.com #1] Re: Printer on fire"
    assert field(answer, "In-Reply-To") == field(asked, "Message-ID")
    assert b"pour some water" in answer and b"> It burns." in answer
    assert shows_no_agent(answer), answer.decode()
    ticket = house.ticket(status="waiting", agent="anna")
    assert ticket["first_response"] and [
        message["direction"] for message in ticket["messages"]
    ] == ["in", "out"]
    mutt.close()

    # Carla writes back without the tag.
    house.from_outside(answer_from_carla(answer, "It still burns.\n"))
    back = house.newest(SUPPORT_BOX, 2)
    assert (field(back, "X-Ticket-Event"), field(back, "Subject")) == (
        "followup",
        "[example.com #1] Re: your mail",
    )
    house.ticket(status="open")

    # Ben leaves a note, which only the house sees.
    note = compose(
        "Ben Ast <ben@example.com>",
        SUPPORT_BOX,
        field(back, "Subject"),
        "priority high\n\nShe sounds angry.\n",
        headers=[f"In-Reply-To: {field(back, 'Message-ID')}"],
    )
    answered = client.send(house.mta.sasl_port, BEN_BOX, SUPPORT_BOX, note, sasl=("ben", "other"))
    assert answered.accepted, answered
    seen = house.newest(SUPPORT_BOX, 3)
    assert (field(seen, "X-Ticket-Event"), field(seen, "From")) == (
        "note",
        "Ben Ast <ben@example.com>",
    )
    transcript = house.newest(BEN_BOX, 1)
    assert b"#1 priority high" in transcript
    house.ticket(priority="high", status="open")

    # Anna wants to send it on to Carla: it does not leave.
    leak = compose(
        "Anna Berg <anna@home.example>",
        CARLA_BOX,
        "Fwd: " + field(seen, "Subject"),
        "See below.\n",
        headers=[f"References: {field(back, 'Message-ID')} {field(seen, 'Message-ID')}"],
    )
    refused = client.send(house.mta.sasl_port, ANNA_BOX, CARLA_BOX, leak, sasl=("anna", "secret"))
    assert refused.code == 550 and "internal note" in refused.text
    assert "refused" in [event["kind"] for event in house.daemon.show(1)["events"]]

    # She closes it by mail, from mutt.
    mutt.says("close 1\n")
    mutt.open("-s", "done", CONTROL_BOX)
    mutt.sees(f"To: {CONTROL_BOX}")
    mutt.press("Enter")
    mutt.sees("y:Send")
    mutt.press("y")
    closed = house.newest(ANNA_BOX, 1)
    assert b"> close 1" in closed and b"#1 closed" in closed
    house.ticket(status="closed")
    wait_until(mutt.ended, "mutt to end")

    # Carla writes again, and the ticket is open.
    house.from_outside(answer_from_carla(answer, "Now the desk burns, too.\n"))
    again = house.newest(SUPPORT_BOX, 4)
    assert (field(again, "X-Ticket-Event"), field(again, "X-Ticket-Status")) == ("reopened", "open")
    ticket = house.ticket(status="open", agent="anna")
    assert [message["direction"] for message in ticket["messages"]] == [
        "in",
        "out",
        "in",
        "note",
        "in",
    ]

    # Nobody got more than that.
    wait_until(
        lambda: not house.daemon.outbox() and not house.mta.queue_ids(), "nothing left to send"
    )
    assert {
        box: len(house.mails(box))
        for box in (SUPPORT_BOX, CARLA_BOX, ANNA_BOX, BEN_BOX, CONTROL_BOX)
    } == {SUPPORT_BOX: 4, CARLA_BOX: 2, ANNA_BOX: 1, BEN_BOX: 1, CONTROL_BOX: 0}

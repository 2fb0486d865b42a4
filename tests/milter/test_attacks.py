"""What a stranger tries who knows how it works: second and third ways to what is forbidden
elsewhere."""
import re

import pytest

from harness.client import compose
from harness.daemon import SUPPORT
from harness.ground import wait_until
from harness.sink import unique

EVE = "Eve <eve@evil.example>"
BAIT = "buy at evil.example"
CLOSED = {**SUPPORT, "autoresponse": {"opened": "", "closed": "closed.eml"}}


def address(person):
    return re.search("<(.*)>", person)[1]


@pytest.fixture
def closing(build, relay):
    """A house that says when a ticket is closed."""
    return build([CLOSED], relay_port=relay.port)


def said_at_close(house, relay, number, to):
    """The one answer that they got when that ticket was closed, and what it says."""
    house.daemon.run_ticket("close", str(number))
    house.daemon.run_ticket("outbox", "flush")
    (answer,) = relay.wait_mails(to)
    return answer.data.decode().lower()


# --- whose words are in the answer to a close ------------------------------------------------


def test_who_was_drawn_into_a_ticket_does_not_hear_its_opener(closing, relay, carla):
    headers = [f'Reply-To: "{BAIT}" <{address(carla)}>']
    asked = closing.mail(EVE, subject=BAIT, headers=headers)
    reply = closing.mail(carla, subject="Re: what is this?", reply_to=asked)
    assert closing.ticket(reply.number)["requester"]["address"] == address(carla)
    said = said_at_close(closing, relay, asked.number, address(carla))
    assert BAIT not in said and "what is this?" in said and "hello carla" in said


def test_nor_when_the_first_mail_was_split_off(closing, relay, carla):
    headers = [f"Reply-To: {carla}"]
    asked = closing.mail(EVE, subject=BAIT, headers=headers)
    closing.mail(EVE, subject=BAIT, headers=headers, reply_to=asked)
    closing.daemon.run_ticket("split", str(asked.number), "1")
    assert BAIT not in said_at_close(closing, relay, asked.number, address(carla))


def test_nor_when_it_was_merged_into_a_strangers(closing, relay, carla):
    mine, other = closing.mail(carla, subject="mine"), closing.mail(
        EVE, subject=BAIT, headers=[f"Reply-To: {carla}"]
    )
    closing.daemon.run_ticket("merge", str(mine.number), "--into", str(other.number))
    assert BAIT not in said_at_close(closing, relay, other.number, address(carla))


def test_who_opened_it_hears_the_title_that_it_has_now(closing, relay, carla):
    asked = closing.mail(carla, subject="help")
    closing.daemon.run_ticket("title", "Printer", str(asked.number))
    assert "settled: printer" in said_at_close(closing, relay, asked.number, address(carla))


# --- who speaks as the desk ------------------------------------------------------------------


def anna_answers(house, asked, to, **words):
    data = compose(
        "Anna Berg <anna@example.com>", to=to, headers=[f"In-Reply-To: {asked.id}"], **words
    )
    return house.hand_in(data, "anna@example.com", to, "anna")


def last_message(house, number):
    return house.ticket(number)["messages"][-1]


@pytest.mark.parametrize("claims", [False, True], ids=["copy", "claim"])
def test_a_strangers_copy_of_an_answer_is_not_the_desks_word(house, carla, claims):
    asked = house.mail(carla)
    got = anna_answers(house, asked, address(carla), body="No refund.\n")
    more = [f"X-Ticket: {asked.number}"] if claims else []
    body = "Refund granted.\n" if claims else "No refund.\nRefund granted.\n"
    forged = house.mail(
        got.header("From"),
        to="support@example.com",
        subject=got.subject,
        message_id=got.id,
        date=got.header("Date"),
        body=body,
        headers=more,
        sender="eve@evil.example",
    )
    last = last_message(house, asked.number)
    assert (forged.event, last["text"], last["direction"]) == ("copy", body, "auto")


def test_nor_is_it_answered_to_whom_it_names(house, carla):
    asked = house.mail(carla, to="desk@example.com")
    token = asked.header("Reply-To").rpartition("<")[2].strip(">")
    got = anna_answers(house, asked, token, body="Hello.\n")
    forged = house.mail(
        got.header("From"),
        to="desk@example.com",
        subject=got.subject,
        message_id=got.id,
        date=got.header("Date"),
        body="Hello.\nMore.\n",
        headers=["Cc: third@other.example"],
        sender="eve@evil.example",
    )
    assert forged.event == "copy" and "third@other.example" not in forged.header("Reply-To")


def test_a_copy_that_a_verifier_calls_forged_is_nobodys_word(build, carla):
    house = build(agents_auth={"authserv_ids": ["mx.example.com"]})
    first = house.mail(carla)
    forged = ["Authentication-Results: mx.example.com; dmarc=fail header.from=customer.example"]
    again = house.mail(
        carla,
        message_id=first.id,
        date=first.header("Date"),
        top=forged,
        body="Hello,\n\nit burns.\nNever mind.\n",
    )
    assert again.event == "copy"
    assert last_message(house, first.number)["direction"] == "auto"


@pytest.fixture
def olaf(house):
    """Of another queue."""
    login = unique("olaf").replace(".", "")
    house.daemon.add_agent(login, name="Olaf", address=f"{login}@example.com", queue="ops")
    return login


def olaf_writes(house, olaf, to, **words):
    me = f"{olaf}@example.com"
    data = compose(
        f"Olaf <{me}>", to="carla@customer.example", **words, headers=["Cc: support@example.com"]
    )
    return house.hand_in(data, me, to, olaf)


def test_an_agent_of_another_queue_opens_no_ticket_in_its_name(house, olaf):
    both = ["carla@customer.example", "support@example.com"]
    mail = olaf_writes(house, olaf, both, subject="Offer !tag +mine !close")
    ticket = house.ticket(mail.number)
    assert (mail.event, mail.header("From")) == ("opened", f"Olaf <{olaf}@example.com>")
    assert (ticket["status"], ticket["tags"], ticket["agent"]) == ("new", [], None)
    assert ticket["requester"]["address"] == f"{olaf}@example.com"
    (transcript,) = house.answers(f"{olaf}@example.com")
    assert transcript["event"] == "transcript"


def test_nor_in_two_transactions(house, olaf):
    mail = dict(
        subject="Offer", message_id=f"<{unique()}@x>", date="Mon, 1 Jun 2026 10:00:00 +0000"
    )
    inside = olaf_writes(house, olaf, ["support@example.com"], **mail)
    outside = olaf_writes(house, olaf, ["carla@customer.example"], **mail)
    assert inside.event == "opened" and outside.untouched
    answer = house.mail("carla@customer.example", reply_to=inside)
    assert answer.number == inside.number
    again = house.hand_in(
        compose(
            f"Olaf <{olaf}@example.com>",
            to="carla@customer.example",
            headers=[f"In-Reply-To: {answer.id}"],
        ),
        f"{olaf}@example.com",
        ["carla@customer.example"],
        olaf,
    )
    assert "which is not yours" in again.result.reply


# --- whom nobody read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["p{}@customer.example, ", "g{}:; "], ids=["addresses", "colons"]
)
def test_a_note_address_behind_more_than_is_read_keeps_the_note_inside(house, carla, before):
    asked = house.mail(carla)
    crowd = "".join(before.format(i) for i in range(600))
    data = compose(
        "Anna Berg <anna@example.com>",
        to=crowd + "support+note@example.com",
        headers=[f"In-Reply-To: {asked.id}"],
        body="She always complains.\n",
    )
    sent = house.hand_in(data, "anna@example.com", address(carla), "anna")
    assert "5.5.3 To or Cc is too long" in sent.result.reply
    assert len(house.ticket(asked.number)["messages"]) == 1

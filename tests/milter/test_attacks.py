"""What a stranger tries who knows how it works: second and third ways to what is forbidden elsewhere."""
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
    mine, other = closing.mail(carla, subject="mine"), \
        closing.mail(EVE, subject=BAIT, headers=[f"Reply-To: {carla}"])
    closing.daemon.run_ticket("merge", str(mine.number), "--into", str(other.number))
    assert BAIT not in said_at_close(closing, relay, other.number, address(carla))


def test_who_opened_it_hears_the_title_that_it_has_now(closing, relay, carla):
    asked = closing.mail(carla, subject="help")
    closing.daemon.run_ticket("title", "Printer", str(asked.number))
    assert "settled: printer" in said_at_close(closing, relay, asked.number, address(carla))

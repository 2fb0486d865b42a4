"""Headers that decide, behind more junk than is ever read: they decide all the same."""
import time

import pytest

from harness.client import compose, fields
from harness.daemon import SUPPORT
from harness.house import DESK

CARLA = "carla@customer.example"
SECONDS = 20
JUNK = {
    "12,000 fields": [f"X-Junk-{n}: x" for n in range(12_000)],
    "fields of one name": ["X-Junk: x"] * 12_000,
    "1.5 MB": ["X-Junk: " + "y" * 50_000] * 30,
    "one field of 1.5 MB": ["X-Junk: " + "y" * 1_500_000],
}
BEHIND = pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)


@pytest.fixture
def house(build):
    rule = {"name": "alerts", "match": {"header": "X-Alert: fire"}, "set": {"tag": "alert"}}
    return build([SUPPORT, DESK], rules=[rule])


def hand_in(house, junk, *headers, first=(), to="support@example.com", **words):
    """A mail whose headers are all behind the junk."""
    began = time.monotonic()
    data = compose(f"Carla <{CARLA}>", to=to, top=[*first, *junk], headers=headers, **words)
    arrival = house.hand_in(data, CARLA, to)
    assert time.monotonic() - began < SECONDS
    return arrival


def claims(arrival):
    return [field for field in fields(arrival.mail) if field[0].lower().startswith("x-ticket")]


def values(arrival, name):
    return [value for known, value in fields(arrival.mail) if known == name]


UNANSWERED = [
    "X-Auto-Response-Suppress: All",
    "X-Loop: x",
    "List-Id: <l.example>",
    "Precedence: bulk",
    "List-Unsubscribe: <mailto:x@l.example>",
    "Precedence: junk",
    "Feedback-ID: 1",
    "Auto-Submitted: auto-generated",
]
NOTES = [
    "Auto-Submitted: auto-replied",
    "X-Autoreply: yes",
    "X-Autorespond: x",
    "Precedence: auto_reply",
    "X-Mailer: vacation",
]


@BEHIND
def test_a_mail_behind_junk_is_a_persons(house, junk):
    mail = hand_in(house, junk, subject="Printer")
    assert (mail.number, mail.subject) == (1, "[example.com #1] Printer")
    assert len(house.answers(CARLA)) == 1
    ticket = house.ticket(1)
    assert ticket["requester"] == {"name": "Carla", "address": CARLA}
    assert ticket["messages"][0]["text"].strip()


@BEHIND
@pytest.mark.parametrize("header", UNANSWERED)
def test_what_is_not_to_be_answered_is_not(house, junk, header):
    assert hand_in(house, junk, header).number == 1
    assert house.answers(CARLA) == []


@BEHIND
@pytest.mark.parametrize("header", NOTES)
def test_a_note_is_left_alone(house, junk, header):
    assert hand_in(house, junk, header).untouched
    assert house.daemon.tickets() == []


@BEHIND
def test_spam_is_spam(house, junk):
    hand_in(house, junk, "X-Spam-Flag: NO", "X-Spam-Flag: YES")
    assert house.ticket(1)["status"] == "spam" and house.answers(CARLA) == []


@BEHIND
def test_a_rule_sees_its_header(house, junk):
    hand_in(house, junk, "X-Alert: fire")
    assert house.ticket(1)["tags"] == ["alert"]


@BEHIND
@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_a_reply_finds_its_ticket(house, junk, header):
    asked = house.mail(f"Carla <{CARLA}>")
    assert hand_in(house, junk, f"{header}: {asked.id}").match == "message-id"


@BEHIND
def test_reply_to_is_the_requester(house, junk):
    hand_in(house, junk, "Reply-To: dora@customer.example")
    assert house.ticket(1)["requester"]["address"] == "dora@customer.example"


@BEHIND
def test_no_claim_and_no_second_tag_is_left(house, junk):
    forged = [f"X-Ticket-{n}: 7" for n in range(100)]
    mail = hand_in(
        house,
        junk,
        "X-Ticket: 7",
        "X-Ticket-Status: closed",
        *forged,
        "Subject: [example.com #7] y",
        first=["X-Ticket: 9"],
    )
    assert values(mail, "X-Ticket") == ["1"]
    assert not [value for _, value in claims(mail) if value in ("7", "9", "closed")]
    assert values(mail, "Subject") == ["[example.com #1] Printer on fire", "y"]


@BEHIND
def test_every_reply_to_goes_where_the_desk_answers(house, junk):
    theirs = ["Reply-To: a@customer.example", "Reply-To: b@customer.example"]
    mail = hand_in(house, junk, *theirs, to="desk@example.com")
    assert ["desk+1-" in value for value in values(mail, "Reply-To")] == [True]


@BEHIND
def test_a_second_author_behind_junk_makes_nobody_an_agent(build, junk):
    house = build([SUPPORT], agents_auth={"authserv_ids": ["mx.example.com"]})
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    trusted = [
        "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com",
        "From: anna@example.com",
    ]
    asked = house.mail(f"Carla <{CARLA}>")
    note = dict(headers=[f"In-Reply-To: {asked.id}"], body="close\n")
    second = [*junk, "From: x@evil.example"]
    assert house.mail(None, sender=CARLA, top=[*trusted, *second], **note).event == "followup"
    assert house.mail(None, sender=CARLA, top=[*trusted, *junk], **note).event == "followup"
    assert house.mail(None, sender=CARLA, top=trusted, **note).event == "note"


@BEHIND
def test_an_agents_mail_that_cannot_be_searched_does_not_leave(house, junk):
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    asked = house.mail(f"Carla <{CARLA}>")
    reply = compose(
        "anna@example.com",
        to=CARLA,
        top=junk,
        headers=[f"In-Reply-To: {asked.id}", "X-Me: anna@example.com"],
    )
    answer = house.hand_in(reply, "anna@example.com", [CARLA], authen="anna")
    assert answer.result.reply.startswith("550 5.6.0 ")
    assert house.ticket(1)["status"] == "new"


@pytest.mark.parametrize("line", ["X-Ticket-{}: 1", "X-Ticket-Foo: {}", "Subject: [a #7] {}"])
def test_a_flood_of_claims_is_refused_with_the_reason(house, line):
    flood = hand_in(house, [line.format(n) for n in range(11_500)])
    assert flood.result.reply.startswith("550 5.6.0 ") and "X-Ticket" in flood.result.reply
    assert house.daemon.tickets() == [] and house.daemon.outbox() == []
    assert not list(house.daemon.archive.rglob("*.eml"))
    assert hand_in(house, []).number == 1

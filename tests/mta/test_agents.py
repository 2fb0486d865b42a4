"""Agents through a real Postfix: who is one, what their replies look like, notes, commands, and what a forger gets."""
import re
import time

import pytest

from harness import client
from harness.client import bare, compose, field, fields
from harness.desk import DESK, Customer, number
from harness.ground import wait_until

ANNA = "Anna Berg <anna@example.com>"


@pytest.fixture
def asked(desk):
    """Ticket 1, opened by a customer; (the customer, the mail as the desk got it)."""
    carla = Customer()
    return carla, desk.asks(carla, subject="Printer")


def customers_mails(desk, carla):
    """What reached the customer from people."""
    return [
        mail for mail in desk.mailbox.mails(carla.address) if not field(mail.data, "Auto-Submitted")
    ]


def agent_replies(desk, asked, **fields):
    carla, mail = asked
    return desk.replies(mail, carla, login="anna", sender=ANNA, recipient=carla.address, **fields)


def test_an_agents_reply_leaves_as_the_desks_and_is_recorded(desk, asked):
    reply = agent_replies(desk, asked)
    assert field(reply, "From") in (
        "Anna Berg <support@example.com>",
        '"Anna Berg" <support@example.com>',
    )
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["agent"]) == ("waiting", "anna")
    assert [
        message["direction"]
        for message in ticket["messages"]
        if message["direction"] in ("in", "out")
    ] == ["in", "out"]
    assert ticket["first_response"]


def test_a_reply_restores_the_tag_and_its_message_id_leads_back(desk, asked):
    carla = asked[0]
    reply = agent_replies(desk, asked, subject="Re: Printer")
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"
    back = desk.replies(reply, carla, subject="thanks")
    assert (number(back), field(back, "X-Ticket-Match"), field(back, "X-Ticket-Status")) == (
        1,
        "message-id",
        "open",
    )


def test_real_sasl_makes_an_agent(desk, asked):
    carla, mail = asked
    data = compose(ANNA, carla.address, "Re: " + field(mail, "Subject"))
    answer = client.send(
        desk.mta.sasl_port, "anna@example.com", carla.address, data, sasl=("anna", "secret")
    )
    assert answer.accepted, answer
    assert "support@example.com" in field(desk.arrived(data, carla.address)[0], "From")
    assert desk.daemon.show(1)["agent"] == "anna"


def test_a_login_that_is_no_agents_is_a_customer(desk, asked):
    carla, mail = asked
    data = compose(carla.header, subject="!close " + field(mail, "Subject"), body="close\n")
    answer = client.send(desk.mta.sasl_port, carla.address, DESK, data, sasl=("carla", "other"))
    assert answer.accepted, answer
    assert field(desk.arrived(data)[0], "X-Ticket-Event") == "followup"
    assert desk.daemon.show(1)["status"] != "closed"


def test_a_forged_agent_is_a_stranger_whose_commands_are_text(desk, asked):
    data = compose(
        ANNA,
        DESK,
        "Re: " + field(asked[1], "Subject"),
        "close\ntake\n",
        top=[TRUSTED, "X-Ticket-Agent: anna"],
    )
    desk.deliver(data, "anna@example.com")
    mail = desk.arrived(data)[0]
    assert number(mail) == 2
    assert desk.daemon.show(1)["status"] == "new" and desk.daemon.show(1)["agent"] is None


def results(text, server="mx.example.com"):
    return f"Authentication-Results: {server}; {text}"


PASS = "dmarc=pass header.from=example.com"
TRUSTED = results(PASS)
OF_SPF = results("spf=pass smtp.mailfrom=example.com")
EVIL = "x@evil.example"
DMARC = {
    "what our server says": ([TRUSTED], ANNA, "anna"),
    "two fields of our server": ([OF_SPF, "DKIM-Filter: v2.11.0", TRUSTED], ANNA, "anna"),
    "below what our server says": ([results("dmarc=fail"), TRUSTED], ANNA, None),
    "below what another says": ([results(PASS, "mx.other.example"), TRUSTED], ANNA, None),
    "below another field": (
        [OF_SPF, "Received: by x; Mon, 21 Sep 2026 10:00:00 +0000", TRUSTED],
        ANNA,
        None,
    ),
    "another server": ([results(PASS, "mx.other.example")], ANNA, None),
    "a name that begins like ours": ([results(PASS, "mx.example.com.evil.example")], ANNA, None),
    "our name in a comment": ([results(PASS, "(mx.example.com;) evil.example")], ANNA, None),
    "a pass in a comment": ([results(f"dmarc=fail ({PASS})")], ANNA, None),
    "a pass in quotes": ([results(f'spf=fail smtp.mailfrom="x; {PASS}; y"')], ANNA, None),
    "a pass for another author": ([results("dmarc=pass header.from=evil.example")], ANNA, None),
    "a pass for nobody by name": ([results("dmarc=pass")], ANNA, None),
    "two authors": ([TRUSTED], f"anna@example.com, {EVIL}", None),
    "a group": ([TRUSTED], "Team: anna@example.com;", None),
    "a comment": ([TRUSTED], f"anna@example.com ({EVIL})", None),
    "open brackets": ([TRUSTED], "Anna <anna@example.com", None),
    "an address for a name": ([TRUSTED], f"{EVIL} <anna@example.com>", None),
    "two From fields": ([TRUSTED, f"From: {EVIL}"], ANNA, None),
}


@pytest.mark.parametrize("top, sender, agent", DMARC.values(), ids=DMARC)
def test_only_the_topmost_word_of_our_own_server_makes_an_agent(desk, top, sender, agent):
    desk.daemon.restart(agents_auth={"authserv_ids": ["mx.example.com"]})
    mail = desk.asks(Customer(), subject="Printer")
    data = compose(
        sender,
        DESK,
        field(mail, "Subject"),
        "take\n",
        top=top,
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    desk.deliver(data, "anna@example.com")
    desk.arrived(data)
    assert desk.daemon.show(1)["agent"] == agent


FORGERIES = {
    "From": [],
    "Sender": ["Sender: anna@example.com"],
    "Authentication-Results": [TRUSTED],
    "X-Ticket headers": [
        "X-Ticket: 1",
        "X-Ticket-Agent: anna",
        "X-Ticket-Event: note",
        "X-Ticket-Status: closed",
    ],
    "Received": [
        "Received: from laptop (Authenticated sender: anna) by mx.example.com (Postfix) with ESMTPSA id 1; Mon, 21 Sep 2026 10:00:00 +0000"
    ],
}


@pytest.mark.parametrize("headers", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize(
    "body",
    ["close\ntake\n", "> close\n> take\n", "-- \nclose\n"],
    ids=["commands", "quoted", "signature"],
)
def test_who_only_claims_to_be_an_agent_writes_a_customers_text(desk, asked, headers, body):
    mail = asked[1]
    data = compose(
        ANNA,
        DESK,
        "!close " + field(mail, "Subject"),
        body,
        top=headers,
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    desk.deliver(data, "anna@example.com")
    arrived = desk.arrived(data)[0]
    assert (
        number(arrived),
        field(arrived, "X-Ticket-Event"),
        field(arrived, "X-Ticket-Status"),
        field(arrived, "X-Ticket-Agent"),
    ) == (1, "followup", "new", None)
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["agent"], ticket["messages"][-1]["direction"]) == (
        "new",
        None,
        "in",
    )
    assert ("unverified", "anna") in [(event["kind"], event["to"]) for event in ticket["events"]]
    assert (
        "event=followup whose=inbound match=message-id queue=support unverified=anna"
        in desk.daemon.log_text()
    )
    assert not [mail for mail in desk.mailbox.mails("anna@example.com")]


def test_a_note_never_leaves_and_its_commands_are_run_with_a_transcript(desk, asked):
    carla, mail = asked
    seen = len(desk.mailbox.mails(carla.address))
    data = compose(
        ANNA,
        DESK,
        "Re: " + field(mail, "Subject"),
        "take\npriority high\ntag +toner\n\nLooks like the toner.\n",
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    desk.deliver(data, "anna@example.com", login="anna")
    ticket = wait_until(
        lambda: desk.daemon.show(1)["agent"] and desk.daemon.show(1), "the note's commands"
    )
    assert (ticket["agent"], ticket["priority"], ticket["tags"]) == ("anna", "high", ["toner"])
    assert "note" in [message["direction"] for message in ticket["messages"]]
    (transcript,) = desk.mailbox.wait_mails("anna@example.com")
    assert field(transcript.data, "Auto-Submitted")
    desk.answer_to(carla)
    assert len(desk.mailbox.mails(carla.address)) <= max(seen, 1)


def test_quoted_commands_and_signatures_are_not_run(desk, asked):
    data = compose(
        ANNA,
        DESK,
        "Re: " + field(asked[1], "Subject"),
        "Thinking about it.\n\n> close\n-- \nclose\n",
        headers=[f"In-Reply-To: {field(asked[1], 'Message-ID')}"],
    )
    desk.deliver(data, "anna@example.com", login="anna")
    wait_until(lambda: len(desk.daemon.show(1)["messages"]) >= 2, "the note")
    assert desk.daemon.show(1)["status"] == "new"


def test_a_control_message_runs_its_lines_and_is_not_delivered(desk, asked):
    data = compose(
        ANNA, "control@example.com", "commands", "take 1\nclose 1\nfrobnicate 1\nclose 77\n"
    )
    desk.deliver(data, "anna@example.com", "control@example.com", login="anna")
    (transcript,) = desk.mailbox.wait_mails("anna@example.com")
    text = client.split(transcript.data)[1].decode()
    assert "frobnicate" in text and "77" in text
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["agent"]) == ("closed", "anna")
    assert desk.mailbox.mails("control@example.com") == []
    assert [t["number"] for t in desk.daemon.tickets()] == [1]


def test_an_agent_of_another_queue_is_refused_and_told(desk, asked):
    data = compose("Ben Ast <ben@example.com>", "control@example.com", "commands", "close 1\n")
    desk.deliver(data, "ben@example.com", "control@example.com", login="ben")
    desk.mailbox.wait_mails("ben@example.com")
    assert desk.daemon.show(1)["status"] != "closed"


def test_an_agent_of_another_queue_does_not_answer_as_the_desk(desk, asked):
    carla, mail = asked
    data = compose(
        "Ben Ast <ben@example.com>",
        carla.address,
        "!close Re: " + field(mail, "Subject"),
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    answer = client.send(desk.mta.xclient_port, "ben@example.com", carla.address, data, "ben")
    assert (
        answer.code == 550
        and "5.7.1 Ticket #1 is in queue 'support', which is not yours" in answer.text
    ), answer
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["messages_count"]) == ("new", 1)
    # That Carla's answer was sent may be recorded later.
    assert "refused" in [event["kind"] for event in ticket["events"]]
    assert not customers_mails(desk, carla)


def test_commands_of_a_stranger_to_the_control_address_are_not_run(desk, asked):
    data = compose(ANNA, "control@example.com", "commands", "close 1\n")
    client.send(desk.mta.port, "anna@example.com", "control@example.com", data)
    time.sleep(0.5)
    assert desk.daemon.show(1)["status"] == "new"
    assert desk.mailbox.mails("anna@example.com") == []


def test_commands_in_a_replys_subject_are_run_and_never_seen(desk, asked):
    reply = agent_replies(desk, asked, subject="!close Re: " + field(asked[1], "Subject"))
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"
    assert desk.daemon.show(1)["status"] == "closed"


STRANGERS = {
    "plain": "help !merge 1 !tag +owned !close",
    "encoded": "=?utf-8?Q?help_=21merge_1_=21tag_=2Bowned_=21close?=",
    "folded": "help\r\n \t!merge 1\r\n  !tag +owned\r\n \t \t!close",
    "behind blanks that do not break": "=?utf-8?Q?help=C2=A0!merge_1=C2=A0!tag_=2Bowned=C2=A0!close?=",
}
WORDS = "help !merge 1 !tag +owned !close"


@pytest.mark.parametrize("subject", STRANGERS.values(), ids=STRANGERS)
def test_commands_in_a_strangers_subject_stay_text_when_an_agent_answers(desk, subject):
    desk.asks(Customer(), subject="the first")
    carla = Customer()
    asked = carla, desk.asks(carla, subject=subject)
    reply = agent_replies(desk, asked, subject=f"Re: [example.com #2] {WORDS}")
    assert field(reply, "Subject") == f"[example.com #2] Re: {WORDS}"
    ticket = desk.daemon.show(2)
    assert (ticket["status"], ticket["tags"], ticket["merged_into"]) == ("waiting", [], None)
    (transcript,) = desk.mailbox.wait_mails("anna@example.com")
    told = client.split(transcript.data)[1].decode()
    assert "> !merge !tag !close" in told and "left in the Subject as text" in told


def test_what_an_agent_adds_to_a_strangers_commands_is_run(desk):
    carla = Customer()
    asked = carla, desk.asks(carla, subject="help !tag +owned !close")
    reply = agent_replies(
        desk, asked, subject="Re: [example.com #1] help !tag +owned !close !close"
    )
    assert field(reply, "Subject") == "[example.com #1] Re: help !tag +owned !close"
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["tags"]) == ("closed", [])
    again = desk.replies(reply, carla, subject="Re: [example.com #1] help !tag +owned !close")
    agent_replies(
        desk, (carla, again), subject="Re: [example.com #1] help !tag +owned !close !close"
    )
    assert desk.daemon.show(1)["status"] == "closed"


def test_a_misspelt_command_never_reaches_the_customer_and_is_answered(desk, asked):
    reply = agent_replies(desk, asked, subject="Re: [example.com #1] Printer !clsoe !wichtig")
    assert field(reply, "Subject") == "[example.com #1] Re: Printer !wichtig"
    (transcript,) = desk.mailbox.wait_mails("anna@example.com")
    assert b"did you mean 'close'?" in transcript.data
    assert desk.daemon.show(1)["status"] == "waiting"


PASSED_ON = {
    "a mail without a word of the agent's": ("Eve <eve@other.example>", "close\n", []),
    "a mail that is sent again": (ANNA, "close\n", ["Resent-From: anna@example.com"]),
    "what the customer wrote, without a mark": (ANNA, "close\n", []),
    "what the customer wrote, below a line": (
        ANNA,
        "\n________________________________\nclose\n",
        [],
    ),
    "what the customer wrote, below its header": (
        ANNA,
        "Von: Carla\nBetreff: Printer\n\nclose\n",
        [],
    ),
}


@pytest.mark.parametrize("header, body, headers", PASSED_ON.values(), ids=PASSED_ON)
def test_text_that_an_agent_passes_on_is_never_run(desk, header, body, headers):
    mail = desk.asks(Customer(), subject="Printer", body="close\n")
    data = compose(header, DESK, "Fwd: " + field(mail, "Subject"), body, headers=headers)
    desk.deliver(data, "anna@example.com", login="anna")
    wait_until(lambda: len(desk.daemon.show(1)["messages"]) == 2, "the note")
    assert desk.daemon.show(1)["status"] == "new"


def test_a_reply_through_the_desks_own_address_reaches_the_customer(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "reply_to": "desk"}])
    carla = Customer()
    mail = desk.asks(carla)
    token = bare(field(mail, "Reply-To"))
    assert token.startswith("support+1-")
    data = compose(ANNA, token, "Re: " + field(mail, "Subject"))
    desk.deliver(data, "anna@example.com", token, login="anna")
    reply = desk.arrived(data, carla.address)[0]
    assert carla.address in field(reply, "To") and "support+1-" not in field(reply, "To")
    assert "support@example.com" in field(reply, "From")
    assert desk.daemon.show(1)["status"] == "waiting"


@pytest.fixture
def behind_the_desk(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "reply_to": "desk"}])
    return desk


def test_of_two_who_write_to_one_ticket_each_gets_their_own_answer(behind_the_desk):
    desk, carla, dora = behind_the_desk, Customer(), Customer("Dora")
    asked = desk.asks(carla)
    joined = compose(
        dora.header,
        bare(field(asked, "Reply-To")),
        "Mine, too",
        headers=["Reply-To: Office <office@elsewhere.example>"],
    )
    desk.deliver(joined, dora.address, bare(field(asked, "Reply-To")))
    joined = desk.arrived(joined, bare(field(asked, "Reply-To")))[0]
    assert number(joined) == 1 and "unverified" in [
        event["kind"] for event in desk.daemon.show(1)["events"]
    ]
    for mail, name, address in (
        (joined, "Office", "office@elsewhere.example"),
        (asked, "Carla Kern", carla.address),
    ):
        assert field(mail, "Reply-To").startswith(f'"{name} ({address})" <support+1-')
        data = compose(
            ANNA,
            field(mail, "Reply-To"),
            "Re: x",
            headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
        )
        desk.deliver(data, "anna@example.com", bare(field(mail, "Reply-To")), login="anna")
        (answer,) = desk.mailbox.wait_for(lambda mail: unique_id(data) in mail.data, "the answer")
        assert field(answer, "To") == f"{name} <{address}>"
        assert [
            mail.recipients for mail in desk.mailbox.mails() if unique_id(data) in mail.data
        ] == [[address]]


def unique_id(data):
    return field(data, "Message-ID").encode()


def test_no_way_leads_past_the_desk(behind_the_desk):
    desk, carla = behind_the_desk, Customer()
    data = compose(
        carla.header,
        headers=[
            "Reply-To: other@customer.example",
            "Mail-Followup-To: carla@customer.example, other@customer.example",
            "Mail-Reply-To: other@customer.example",
        ],
    )
    desk.deliver(data, carla.address)
    mail = desk.arrived(data)[0]
    assert [
        name
        for name, _ in fields(mail)
        if name.lower() in ("reply-to", "mail-followup-to", "mail-reply-to")
    ] == ["Reply-To"]
    assert bare(field(mail, "Reply-To")).startswith("support+1-")


PRIVATE = [
    "Sender: anna@home.example",
    "Reply-To: anna@home.example",
    "X-Originating-IP: [10.9.8.7]",
    "X-Sender: anna@home.example",
    "Disposition-Notification-To: anna@home.example",
    "Return-Path: <anna@home.example>",
    "Autocrypt: addr=anna@home.example; keydata=AA",
    "Received: from laptop.home.example (Authenticated sender: anna@home.example) by relay.home.example; Mon, 21 Sep 2026 10:00:00 +0000",
    "X-Something-New: mail of <Anna@Home.Example>",
    "DKIM-Signature: v=1; d=home.example; i=anna@home.example; b=AA",
]


@pytest.mark.parametrize("reply_to", ["sender", "desk"])
def test_nothing_tells_the_customer_where_an_agent_writes_from(desk, reply_to):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "reply_to": reply_to}])
    desk.daemon.run_ticket("agent", "set", "anna", "--address", "anna@home.example")
    carla = Customer()
    mail = desk.asks(carla)
    to = bare(field(mail, "Reply-To")) if reply_to == "desk" else carla.address
    data = compose(
        "Anna Berg <anna@home.example>",
        to,
        "Re: " + field(mail, "Subject"),
        message_id="<1234@home.example>",
        headers=[*PRIVATE, f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    desk.deliver(data, "anna@home.example", to, login="anna")
    reply = desk.mailbox.wait_for(
        lambda mail: carla.address in mail.recipients and b"X-Ticket-Event: reply" in mail.data,
        "the answer",
    )[0]
    head = client.split(reply)[0].decode().lower()
    assert "home.example" not in head and "10.9.8.7" not in head, head
    (sent,) = [mail for mail in desk.mailbox.mails(carla.address) if mail.data == reply]
    assert sent.sender == DESK
    back = desk.replies(reply, carla, subject="thanks")
    assert (number(back), field(back, "X-Ticket-Match")) == (1, "message-id")


def test_an_assigned_agent_is_told_with_the_mails_and_answers_from_there(desk, asked):
    carla, mail = asked
    desk.daemon.run_ticket("assign", "anna", "1")
    notice = desk.mailbox.wait_mails("anna@example.com")[0].data
    assert (
        b"Content-Type: message/rfc822" in notice and field(mail, "Message-ID").encode() in notice
    )
    assert field(notice, "Subject") == "[example.com #1] Printer"
    to = bare(field(notice, "Reply-To"))
    data = compose(
        ANNA,
        to,
        "Re: " + field(notice, "Subject"),
        headers=[f"In-Reply-To: {field(notice, 'Message-ID')}"],
    )
    desk.deliver(data, "anna@example.com", to, login="anna")
    answer = desk.arrived(data, carla.address)[0]
    assert field(answer, "From") == "Anna Berg <support@example.com>"
    assert desk.daemon.show(1)["status"] == "waiting"


def test_the_responsible_of_a_queue_is_told_of_a_new_ticket(desk):
    desk.daemon.run_ticket("queue", "set", "support", "--responsible", "anna")
    mail = desk.asks(Customer())
    assert field(mail, "X-Ticket-Agent") == "anna"
    notice = desk.mailbox.wait_mails("anna@example.com")[0].data
    assert field(mail, "Message-ID").encode() in notice


def test_a_note_with_somebody_outside_is_refused_with_the_reason(desk, asked):
    carla, mail = asked
    note = compose(
        ANNA,
        DESK,
        "Re: " + field(mail, "Subject"),
        "She is difficult.\n",
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    desk.deliver(note, "anna@example.com", login="anna")
    seen = desk.arrived(note)[0]
    for recipients, references, message_id in (
        ([carla.address], field(seen, "Message-ID"), ""),
        ([carla.address, "support+note@example.com"], "", ""),
        ([carla.address], field(mail, "Message-ID"), field(note, "Message-ID")),
    ):
        data = compose(
            ANNA,
            carla.address,
            field(seen, "Subject"),
            "She is difficult.\n",
            message_id=message_id,
            date=field(note, "Date"),
            headers=[f"References: {references}"],
        )
        answer = client.send(desk.mta.xclient_port, "anna@example.com", recipients, data, "anna")
        assert answer.code == 550 and "note" in answer.text, answer
    assert b"difficult" not in b"".join(mail.data for mail in desk.mailbox.mails(carla.address))


BCC = {
    "by Bcc": (
        [DESK, "carla@customer.example"],
        [f"To: {DESK}"],
        "carla@customer.example is in neither To nor Cc",
    ),
    "by Bcc, in a transaction of its own": (
        ["carla@customer.example"],
        [f"To: {DESK}"],
        "in neither To nor Cc",
    ),
    "by Bcc, an address with a percent sign": (
        ["50%off@customer.example"],
        [f"To: {DESK}"],
        "50%off@customer.example is in neither",
    ),
    "beside the note address in To": (
        ["carla@customer.example"],
        ["To: support+note@example.com, carla@customer.example"],
        "note cannot also go to carla",
    ),
    "beside the note address in Cc": (
        [DESK],
        ["To: carla@customer.example", "Cc: support+note@example.com"],
        "note cannot also go to carla",
    ),
}


@pytest.mark.parametrize("recipients, headers, reason", BCC.values(), ids=BCC)
def test_internal_text_does_not_leave(desk, asked, recipients, headers, reason):
    mail = asked[1]
    text = compose(
        ANNA,
        None,
        "Re: " + field(mail, "Subject"),
        "She is difficult.\n",
        headers=[*headers, f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    answer = client.send(desk.mta.xclient_port, "anna@example.com", recipients, text, "anna")
    assert answer.code == 550 and "5.7.1" in answer.text and reason in answer.text, answer
    assert (
        reason
        in [event for event in desk.daemon.show(1)["events"] if event["kind"] == "refused"][-1][
            "text"
        ]
    )
    assert not [mail for mail in desk.mailbox.mails() if b"difficult" in mail.data]


def test_a_journal_is_not_outside(desk, asked):
    desk.daemon.restart(policy={"internal_recipients": ["journal@*"]})
    mail = asked[1]
    note = compose(
        ANNA,
        DESK,
        "Re: " + field(mail, "Subject"),
        "She is difficult.\n",
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"],
    )
    answer = client.send(
        desk.mta.xclient_port, "anna@example.com", [DESK, "journal@archive.example"], note, "anna"
    )
    assert answer.accepted, answer
    assert desk.arrived(note, "journal@archive.example")
    assert desk.daemon.show(1)["messages"][-1]["direction"] == "note"


def test_commands_that_come_again_are_not_run_again(desk, asked):
    data = compose(ANNA, "control@example.com", "commands", "tag 1 +hot\nwait 1 2s\n")
    for _ in range(2):
        desk.deliver(data, "anna@example.com", "control@example.com", login="anna")
    ticket = wait_until(
        lambda: (found := desk.daemon.show(1))["status"] == "open" and found, "the end of the wait"
    )
    # The notice of the wake may have left by now or not.
    kinds = [event["kind"] for event in ticket["events"] if event["kind"] != "sent"]
    assert kinds.count("tag") == 1 and kinds.count("wake") == 1 and kinds[-1] == "wake"
    answers = [
        mail
        for mail in desk.mailbox.mails("anna@example.com")
        if b"waited long enough" not in mail.data
    ]
    assert len(answers) == 1


def test_mail_for_agents_comes_from_the_ticket_and_so_does_what_they_answer_by_themselves(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "deliver": "agents"}])
    carla = Customer()
    data = compose(carla.header)
    desk.deliver(data, carla.address)
    (given,) = desk.mailbox.wait_mails("anna@example.com")
    assert given.sender.startswith("support+1-") and given.recipients == ["anna@example.com"]
    desk.answer_to(carla)
    away = compose(
        ANNA,
        given.sender,
        "Away",
        headers=["Auto-Submitted: auto-replied", f"In-Reply-To: {field(data, 'Message-ID')}"],
    )
    desk.deliver(away, "", given.sender)
    ticket = wait_until(
        lambda: len((found := desk.daemon.show(1))["messages"]) == 2 and found, "the vacation note"
    )
    assert (ticket["messages"][1]["direction"], ticket["status"]) == ("auto", "new")
    assert len(desk.mailbox.mails(carla.address)) == 1


def test_follow_ups_go_to_the_tickets_agent(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "deliver": "agents"}])
    desk.daemon.add_agent("cora", name="Cora", address="cora@example.com", queue="support")
    carla = Customer()
    data = compose(carla.header)
    desk.deliver(data, carla.address)
    assert sorted(desk.mailbox.wait_mails("anna@example.com")[0].recipients) == [
        "anna@example.com",
        "cora@example.com",
    ]
    desk.daemon.run_ticket("assign", "cora", "1")
    again = compose(carla.header, headers=[f"In-Reply-To: {field(data, 'Message-ID')}"])
    desk.deliver(again, carla.address)
    desk.arrived(again, "cora@example.com")
    assert len(desk.mailbox.mails("anna@example.com")) == 1


def test_an_agent_opens_a_ticket_by_copying_the_desk(desk):
    carla = Customer()
    data = compose(ANNA, carla.address, "Your new printer", headers=[f"Cc: {DESK}"])
    desk.deliver(data, "anna@example.com", [carla.address, DESK], login="anna")
    mail = desk.arrived(data, carla.address)[0]
    assert field(mail, "Subject") == "[example.com #1] Your new printer"
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["requester"]["address"]) == ("waiting", carla.address)


def test_an_agents_vacation_note_never_reaches_a_customer(desk, asked):
    carla, mail = asked
    desk.answer_to(carla)
    before = len(desk.mailbox.mails(carla.address))
    data = compose(
        ANNA,
        DESK,
        "Out of office: Printer",
        "I am away.\n",
        headers=[f"In-Reply-To: {field(mail, 'Message-ID')}", "Auto-Submitted: auto-replied"],
    )
    desk.deliver(data, "anna@example.com", login="anna")
    time.sleep(0.5)
    assert len(desk.mailbox.mails(carla.address)) == before


def test_private_mail_of_an_agent_is_left_alone(desk, asked):
    data = compose(ANNA, "friend@other.example", "Lunch?")
    desk.deliver(data, "anna@example.com", "friend@other.example", login="anna")
    mail = desk.arrived(data, "friend@other.example")[0]
    assert (field(mail, "From"), field(mail, "Subject"), field(mail, "X-Ticket")) == (
        ANNA,
        "Lunch?",
        None,
    )


def test_the_mail_goes_to_the_agents_when_the_account_says_so(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "deliver": "agents"}])
    data = compose(Customer().header)
    desk.deliver(data, "carla@customer.example")
    assert number(desk.arrived(data, "anna@example.com")[0]) == 1
    assert desk.mailbox.mails(DESK) == [] and desk.mailbox.mails("ben@example.com") == []


def test_an_account_that_delivers_to_nobody_archives_and_discards(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "deliver": "none"}])
    carla = Customer()
    data = compose(carla.header)
    desk.deliver(data, carla.address)
    desk.answer_to(carla)
    assert desk.mailbox.mails(DESK) == []
    message = desk.daemon.show(1)["messages"][0]
    assert (desk.daemon.archive / message["archive"]).is_file()

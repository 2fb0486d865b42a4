"""Agents through a real Postfix: who is one, what their replies look like, notes, commands, and what a forger gets."""
import time

import pytest

from harness import client
from harness.client import compose, field
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
    return [mail for mail in desk.mailbox.mails(carla.address) if not field(mail.data, "Auto-Submitted")]


def agent_replies(desk, asked, **fields):
    carla, mail = asked
    return desk.replies(mail, carla, login="anna", sender=ANNA, recipient=carla.address, **fields)


def test_an_agents_reply_leaves_as_the_desks_and_is_recorded(desk, asked):
    reply = agent_replies(desk, asked)
    assert field(reply, "From") in ("Anna Berg <support@example.com>", '"Anna Berg" <support@example.com>')
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"
    ticket = desk.daemon.show(1)
    assert (ticket["status"], ticket["agent"]) == ("waiting", "anna")
    assert [message["direction"] for message in ticket["messages"] if message["direction"] in ("in", "out")] == ["in", "out"]
    assert ticket["first_response"]


def test_a_reply_restores_the_tag_and_its_message_id_leads_back(desk, asked):
    carla = asked[0]
    reply = agent_replies(desk, asked, subject="Re: Printer")
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"
    back = desk.replies(reply, carla, subject="thanks")
    assert (number(back), field(back, "X-Ticket-Match"), field(back, "X-Ticket-Status")) == (1, "message-id", "open")


def test_real_sasl_makes_an_agent(desk, asked):
    carla, mail = asked
    data = compose(ANNA, carla.address, "Re: " + field(mail, "Subject"))
    answer = client.send(desk.mta.sasl_port, "anna@example.com", carla.address, data, sasl=("anna", "secret"))
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
    data = compose(ANNA, DESK, "Re: " + field(asked[1], "Subject"), "close\ntake\n",
                   headers=["Authentication-Results: mx.example.com; dmarc=pass header.from=example.com", "X-Ticket-Agent: anna"])
    desk.deliver(data, "anna@example.com")
    mail = desk.arrived(data)[0]
    assert number(mail) == 2
    assert desk.daemon.show(1)["status"] == "new" and desk.daemon.show(1)["agent"] is None


def test_dmarc_of_a_trusted_server_makes_an_agent_and_a_lower_or_foreign_one_does_not(desk, asked):
    desk.daemon.restart(agents_auth={"authserv_ids": ["mx.example.com"]})
    carla, mail = asked
    good, bad = ("Authentication-Results: mx.example.com; dmarc=pass header.from=example.com",
                 "Authentication-Results: mx.example.com; dmarc=fail header.from=example.com")
    foreign = "Authentication-Results: mx.other.example; dmarc=pass header.from=example.com"
    for headers, agent in (([bad, good], None), ([foreign], None), ([good], "anna")):
        data = compose(ANNA, DESK, field(mail, "Subject"), "take\n", headers=[*headers, f"In-Reply-To: {field(mail, 'Message-ID')}"])
        desk.deliver(data, "anna@example.com")
        desk.arrived(data)
        assert desk.daemon.show(1)["agent"] == agent, headers


def test_a_note_never_leaves_and_its_commands_are_run_with_a_transcript(desk, asked):
    carla, mail = asked
    seen = len(desk.mailbox.mails(carla.address))
    data = compose(ANNA, DESK, "Re: " + field(mail, "Subject"), "take\npriority high\ntag +toner\n\nLooks like the toner.\n",
                   headers=[f"In-Reply-To: {field(mail, 'Message-ID')}"])
    desk.deliver(data, "anna@example.com", login="anna")
    ticket = wait_until(lambda: desk.daemon.show(1)["agent"] and desk.daemon.show(1), "the note's commands")
    assert (ticket["agent"], ticket["priority"], ticket["tags"]) == ("anna", "high", ["toner"])
    assert "note" in [message["direction"] for message in ticket["messages"]]
    (transcript,) = desk.mailbox.wait_mails("anna@example.com")
    assert field(transcript.data, "Auto-Submitted")
    desk.answer_to(carla)
    assert len(desk.mailbox.mails(carla.address)) <= max(seen, 1)


def test_quoted_commands_and_signatures_are_not_run(desk, asked):
    data = compose(ANNA, DESK, "Re: " + field(asked[1], "Subject"), "Thinking about it.\n\n> close\n-- \nclose\n",
                   headers=[f"In-Reply-To: {field(asked[1], 'Message-ID')}"])
    desk.deliver(data, "anna@example.com", login="anna")
    wait_until(lambda: len(desk.daemon.show(1)["messages"]) >= 2, "the note")
    assert desk.daemon.show(1)["status"] == "new"


def test_a_control_message_runs_its_lines_and_is_not_delivered(desk, asked):
    data = compose(ANNA, "control@example.com", "commands", "take 1\nclose 1\nfrobnicate 1\nclose 77\n")
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


def test_a_reply_through_the_desks_own_address_reaches_the_customer(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "reply_to": "desk"}])
    carla = Customer()
    mail = desk.asks(carla)
    token = field(mail, "Reply-To").strip("<>")
    assert token.startswith("support+1-")
    data = compose(ANNA, token, "Re: " + field(mail, "Subject"))
    desk.deliver(data, "anna@example.com", token, login="anna")
    reply = desk.arrived(data, carla.address)[0]
    assert carla.address in field(reply, "To") and "support+1-" not in field(reply, "To")
    assert "support@example.com" in field(reply, "From")
    assert desk.daemon.show(1)["status"] == "waiting"


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
    data = compose(ANNA, DESK, "Out of office: Printer", "I am away.\n", headers=[f"In-Reply-To: {field(mail, 'Message-ID')}", "Auto-Submitted: auto-replied"])
    desk.deliver(data, "anna@example.com", login="anna")
    time.sleep(0.5)
    assert len(desk.mailbox.mails(carla.address)) == before


def test_private_mail_of_an_agent_is_left_alone(desk, asked):
    data = compose(ANNA, "friend@other.example", "Lunch?")
    desk.deliver(data, "anna@example.com", "friend@other.example", login="anna")
    mail = desk.arrived(data, "friend@other.example")[0]
    assert (field(mail, "From"), field(mail, "Subject"), field(mail, "X-Ticket")) == (ANNA, "Lunch?", None)


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

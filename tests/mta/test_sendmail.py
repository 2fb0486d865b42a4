"""The same promises through a real Sendmail."""
import pytest

from harness import client
from harness.client import compose, field, split
from harness.daemon import Daemon
from harness.desk import DESK, Customer, Desk, number, without_trace
from harness.ground import wait_until
from harness.sendmail import Sendmail, documented

ANNA = "Anna Berg <anna@example.com>"
TRUSTED = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com"


@pytest.fixture(scope="module")
def sendmail(mailbox, milter_socket):
    sendmail = Sendmail(mailbox.port, documented(milter_socket), {"anna": "secret"})
    try:
        yield sendmail.start()
    finally:
        sendmail.stop()


@pytest.fixture(scope="module")
def plain(mailbox):
    sendmail = Sendmail(mailbox.port)
    try:
        yield sendmail.start()
    finally:
        sendmail.stop()


@pytest.fixture
def desk(sendmail, mailbox, milter_socket):
    sendmail.drain()
    mailbox.clear()
    daemon = Daemon(
        sendmail.port,
        socket=milter_socket,
        settings={"agents_auth": {"authserv_ids": ["mx.example.com"]}},
    ).start()
    daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    yield Desk(sendmail, mailbox, daemon)
    print(daemon.log_text()[-6000:])
    if not daemon.ended():
        daemon.kill()


def test_a_customers_mail_is_tagged_and_its_body_unchanged(desk):
    body = "Grüße,\n\n.\n..two dots\nFrom here  \n\n"
    data = compose(
        Customer().header,
        subject="Printer",
        body=body,
        headers=[
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ],
    )
    desk.deliver(data, "carla@customer.example", options=["BODY=8BITMIME"])
    mail = desk.arrived(data)[0]
    assert field(mail, "Subject") == "[example.com #1] Printer"
    assert (number(mail), field(mail, "X-Ticket-Queue"), field(mail, "X-Ticket-Event")) == (
        1,
        "support",
        "opened",
    )
    assert split(mail)[1] == client.crlf(body.encode())


def test_the_customer_gets_one_answer_and_a_reply_finds_its_ticket(desk):
    carla = Customer()
    asked = desk.asks(carla)
    answer = desk.answer_to(carla)
    assert (
        answer.sender in ("", "MAILER-DAEMON")
        and field(answer.data, "Auto-Submitted") == "auto-replied"
    )
    assert field(desk.replies(asked, carla, subject="no tag"), "X-Ticket-Match") == "message-id"
    assert (
        field(desk.asks(carla, subject="Re: " + field(asked, "Subject")), "X-Ticket-Match")
        == "subject"
    )
    token = field(answer.data, "Reply-To").rpartition("<")[2].strip("<>")
    assert field(desk.asks(carla, recipient=token, subject="no tag"), "X-Ticket-Match") == "token"


def test_the_queue_id_is_recorded(desk):
    desk.asks(Customer())
    assert desk.daemon.show(1)["messages"][0]["queue_id"]


def test_an_agents_reply_leaves_as_the_desks(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer")
    reply = desk.replies(asked, carla, sender=ANNA, recipient=carla.address, top=[TRUSTED])
    assert (
        "support@example.com" in field(reply, "From")
        and field(reply, "Subject") == "[example.com #1] Re: Printer"
    )
    assert desk.daemon.show(1)["agent"] == "anna"


def as_agent(desk, data, recipients, password="secret"):
    """Sent after a real AUTH PLAIN."""
    return client.send(desk.mta.port, "anna@example.com", recipients, data, sasl=("anna", password))


def test_who_logs_in_is_an_agent(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer")
    data = compose(
        ANNA,
        carla.address,
        "Re: Printer !priority high",
        headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
    )
    assert as_agent(desk, data, carla.address).accepted

    def replies():
        return [
            mail
            for mail in desk.mailbox.mails(carla.address)
            if field(mail.data, "X-Ticket-Event") == "reply"
        ]

    mail = wait_until(replies, "the reply")[0]
    assert (
        field(mail.data, "From") == "Anna Berg <support@example.com>"
        and mail.sender == "support@example.com"
    )
    assert field(mail.data, "Subject") == "[example.com #1] Re: Printer"
    ticket = desk.daemon.show(1)
    assert (ticket["agent"], ticket["status"], ticket["priority"]) == ("anna", "waiting", "high")


def test_who_does_not_log_in_is_no_agent(desk):
    asked = desk.asks(Customer())
    note = compose(
        ANNA, DESK, headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"], body="close\n"
    )
    desk.deliver(note, "anna@example.com")
    assert field(desk.arrived(note)[0], "X-Ticket-Event") == "followup"
    with pytest.raises(client.smtplib.SMTPAuthenticationError):
        as_agent(desk, note, DESK, "wrong")
    assert desk.daemon.show(1)["status"] == "new"


def test_a_note_of_an_agent_is_run_and_stays_in_the_house(desk):
    asked = desk.asks(Customer())
    note = compose(
        ANNA, DESK, "note", headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"], body="close\n"
    )
    assert as_agent(desk, note, DESK).accepted
    assert field(desk.arrived(note)[0], "X-Ticket-Event") == "note"
    assert desk.daemon.show(1)["status"] == "closed"


def test_internal_text_does_not_leave_by_bcc(desk):
    asked = desk.asks(Customer())
    data = compose(
        ANNA,
        DESK,
        "Re: " + field(asked, "Subject"),
        "She is difficult.\n",
        headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
    )
    answer = as_agent(desk, data, [DESK, "50%off@customer.example"])
    assert (
        answer.code == 550
        and "5.7.1 50%off@customer.example is in neither To nor Cc" in answer.text
    ), answer


@pytest.mark.parametrize("lines", ["documented", "sparse"])
def test_the_macros_that_the_filter_needs_are_sent(desk, mailbox, milter_socket, lines):
    """The filter asks for what it needs, so that a sendmail.cf which names less of it is no trap."""
    mc = documented(milter_socket)
    if lines == "sparse":
        mc = mc.replace("{auth_type}, {auth_authen}, ", "")
    other = Sendmail(mailbox.port, mc, {"anna": "secret"})
    assert (
        "{auth_authen}"
        in other.config.read_text().split("Milter.macros.envfrom=")[1].splitlines()[0]
    ) == (lines == "documented")
    try:
        other.start()
        asked = desk.asks(Customer())
        note = compose(
            ANNA,
            DESK,
            "note",
            headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
            body="close\n",
        )
        assert client.send(
            other.port, "anna@example.com", DESK, note, sasl=("anna", "secret")
        ).accepted
        assert desk.daemon.show(1)["status"] == "closed"
        assert desk.daemon.show(1)["messages"][1]["queue_id"]
    finally:
        other.stop()


def test_a_bounce_is_an_event_of_its_ticket(desk):
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    body = (
        f"--b\n\nsorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {carla.address}\n"
        f"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {field(answer, 'Message-ID')}\n\n--b--\n"
    )
    data = compose(
        "MAILER-DAEMON@customer.example",
        DESK,
        "Undelivered",
        body,
        headers=[
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        ],
    )
    desk.deliver(data, "")
    mail = desk.arrived(data)[0]
    assert (field(mail, "X-Ticket-Event"), field(mail, "X-Ticket-Match")) == ("bounce", "report")
    assert desk.daemon.show(1)["undelivered"]


def test_a_store_that_cannot_be_written_is_a_451_and_others_mail_passes(desk):
    desk.asks(Customer())
    desk.daemon.archive.chmod(0o555)
    try:
        answer = client.send(desk.mta.port, "carla@customer.example", DESK, compose())
        assert (answer.code, "4.3.0" in answer.text) == (451, True), answer
        desk.deliver(
            compose("a@other.example", "colleague@example.com"),
            "a@other.example",
            "colleague@example.com",
        )
    finally:
        desk.daemon.archive.chmod(0o755)
    desk.deliver(compose(), "carla@customer.example")
    assert len(desk.daemon.tickets()) == 2


def test_a_control_message_is_run_and_discarded(desk):
    desk.asks(Customer())
    data = compose(ANNA, "control@example.com", "commands", "close 1\n", top=[TRUSTED])
    desk.deliver(data, "anna@example.com", "control@example.com")
    desk.mailbox.wait_mails("anna@example.com")
    assert desk.daemon.show(1)["status"] == "closed"
    assert desk.mailbox.mails("control@example.com") == []


def test_recipients_are_changed_for_an_account_of_agents(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "deliver": "agents"}])
    data = compose(Customer().header)
    desk.deliver(data, "carla@customer.example")
    assert number(desk.arrived(data, "anna@example.com")[0]) == 1
    assert desk.mailbox.mails(DESK) == []


def test_mail_of_others_is_identical_with_and_without_the_milter(desk, plain):
    data = compose(
        "A <a@other.example>",
        "colleague@example.com",
        headers=["X-Ticket: 7", "X-Long: " + "y" * 800],
    )
    desk.deliver(data, "a@other.example", "colleague@example.com")
    with_milter = desk.arrived(data, "colleague@example.com")[0]
    desk.mailbox.clear()
    desk.deliver(data, "a@other.example", "colleague@example.com", port=plain.port)
    assert without_trace(with_milter) == without_trace(
        desk.arrived(data, "colleague@example.com")[0]
    )


def test_the_same_mail_twice_is_one_message(desk):
    data = compose(Customer().header)
    for _ in range(2):
        desk.deliver(data, "carla@customer.example")
    copies = wait_until(lambda: len(desk.arrived(data)) == 2 and desk.arrived(data), "both copies")
    assert [number(copy) for copy in copies] == [1, 1]
    assert desk.daemon.tickets()[0]["messages_count"] == 1


def test_without_the_daemon_the_mail_stays_with_the_sender(desk):
    desk.daemon.stop()
    assert client.send(desk.mta.port, "carla@customer.example", DESK, compose()).code == 451
    desk.daemon.start()
    desk.deliver(compose(), "carla@customer.example")

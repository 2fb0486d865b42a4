"""Mail that no person wrote: CASES.md, "Automation", and the table of PRODUCT section 6."""
import pathlib
import re

import pytest

from harness.client import compose, field
from harness.daemon import SUPPORT
from harness.ground import wait_until
from harness.sink import unique

MAILS = pathlib.Path(__file__).parents[1] / "mail"
ADDRESS = re.compile(r"<(.*)>")


def address(person):
    return ADDRESS.search(person)[1]


REDIRECTED = [
    "X-MS-Exchange-Inbox-Rules-Loop: support@example.com",
    "X-Auto-Response-Suppress: DR, OOF",
]
MTA_WORDS = "This is the mail system at host mx.\n\n<bob@x.example>: unknown user\n"
ALTERNATIVE = ["MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=b"]
REACTION = "--b\n\n+1\n--b\nContent-Type: text/vnd.google.email-reaction+json\n\n{}\n--b--\n"


def report(action, original, status="5.1.1", recipient="carla@customer.example"):
    """(headers, body) of a delivery report."""
    body = (
        f"--b\n\nThis is the mail system.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 no such user\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {original}\nSubject: x\n\n--b--\n"
    )
    return [
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Auto-Submitted: auto-replied",
    ], body


def receipt(original):
    body = (
        f"--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; carla@customer.example\n"
        f"Original-Message-ID: {original}\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    )
    return [
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    ], body


def kinds(original):
    """name → (headers, body, envelope sender or None for the author's)."""
    return {
        "failed": (*report("failed", original), ""),
        "delayed": (*report("delayed", original, "4.4.1"), ""),
        "receipt": (*receipt(original), None),
        "vacation": (["Auto-Submitted: auto-replied"], "away\n", ""),
        "exchange": (
            ["X-Auto-Response-Suppress: All", "X-MS-Exchange-Inbox-Rules-Loop: x@y"],
            "away\n",
            None,
        ),
        "autoreply": (["X-Autoreply: yes"], "away\n", None),
        "precedence": (["Precedence: auto_reply"], "away\n", None),
        "list": (["List-Id: <l.example>"], "post\n", None),
        "bulk": (["Precedence: bulk"], "news\n", None),
        "generated": (["Auto-Submitted: auto-generated"], "disk full\n", None),
        "redirected": (REDIRECTED, "where is it?\n", None),
        "mta words": ([], MTA_WORDS, None),
        "reaction": (ALTERNATIVE, REACTION, None),
        "spam": (["X-Spam-Flag: YES"], "buy\n", None),
        "person": (["Auto-Submitted: no"], "hello\n", None),
    }


# kind, threaded event, moves a waiting ticket, unthreaded: left alone, status of its ticket,
# answered
TABLE = [
    ("failed", "bounce", False, True, None, False),
    ("delayed", "auto", False, True, None, False),
    ("receipt", "auto", False, True, None, False),
    ("vacation", "auto", False, True, None, False),
    ("exchange", "auto", False, True, None, False),
    ("autoreply", "auto", False, True, None, False),
    ("precedence", "auto", False, True, None, False),
    ("list", "followup", True, False, "new", False),
    ("bulk", "followup", True, False, "new", False),
    ("generated", "followup", True, False, "new", False),
    ("redirected", "followup", True, False, "new", False),
    ("mta words", "followup", True, False, "new", False),
    ("reaction", "auto", False, False, "new", False),
    ("spam", "auto", False, False, "spam", False),
    ("person", "followup", True, False, "new", True),
]


def reply_to(house, number):
    """The Message-ID of an answer to the ticket, which waits then."""
    house.daemon.run_ticket("reply", str(number), "-m", "Pour water.")
    return house.ticket(number)["messages"][-1]["message_id"]


def hand_in(house, kind, person, original=None, **words):
    headers, body, sender = kinds(original or "<never-seen@x>")[kind]
    return house.mail(
        person,
        headers=headers,
        body=body,
        sender=sender,
        reply_to=original if kind not in ("failed", "delayed", "receipt") else None,
        subject=words.pop("subject", kind),
        **words,
    )


@pytest.mark.parametrize(
    "kind, event, moves, left, status, answered", TABLE, ids=[row[0] for row in TABLE]
)
def test_threaded_mail_of_a_kind_does_what_the_table_says(
    house, carla, kind, event, moves, left, status, answered
):
    asked = house.mail(carla)
    ours = reply_to(house, asked.number)
    mail = hand_in(house, kind, carla, ours)
    assert (mail.number, mail.event, mail.header("X-Ticket-Status")) == (
        asked.number,
        event,
        "open" if moves else "waiting",
    )
    assert house.ticket(asked.number)["messages"][-1]["direction"] == {"followup": "in"}.get(
        event, event
    )
    house.daemon.run_ticket("close", str(asked.number))
    again = hand_in(house, kind, carla, ours, date="Tue, 2 Jun 2026 10:00:00 +0000")
    assert again.header("X-Ticket-Status") == ("open" if moves else "closed")
    assert [entry["event"] for entry in house.answers(address(carla))] == ["opened", "reply"]


@pytest.mark.parametrize(
    "kind, event, moves, left, status, answered", TABLE, ids=[row[0] for row in TABLE]
)
def test_unthreaded_mail_of_a_kind_does_what_the_table_says(
    house, carla, kind, event, moves, left, status, answered
):
    before = len(house.daemon.tickets())
    mail = hand_in(house, kind, carla)
    assert mail.untouched is left and len(house.daemon.tickets()) == before + (not left)
    if not left:
        assert (mail.event, mail.header("X-Ticket-Status")) == ("opened", status)
    assert len(house.answers(address(carla))) == answered


def test_unthreaded_bounces_and_notes_become_tickets_where_the_policy_says_so(build, carla):
    house = build(policy={"auto_replies": "ticket"})
    for number, row in enumerate(row for row in TABLE if row[3]):
        mail = hand_in(house, row[0], carla)
        assert (mail.number, mail.event, mail.header("X-Ticket-Status")) == (
            number + 1,
            "opened",
            "new",
        ), row[0]
    assert house.daemon.outbox() == []


DAEMON = "MAILER-DAEMON@customer.example"


def bounce(house, original, recipient, **words):
    headers, body = report("failed", original, recipient=recipient, **words)
    return house.mail(DAEMON, sender="", headers=headers, body=body, subject="Undelivered")


def notices(house, number):
    waiting = house.answers("anna@example.com")
    return [entry for entry in waiting if entry["ticket"] == number and entry["event"] == "notice"]


@pytest.fixture
def assigned(house, carla):
    """A ticket of Carla's that Anna has, and the Message-ID of an answer to it."""
    asked = house.mail(carla)
    house.daemon.run_ticket("assign", "anna", str(asked.number))
    return asked.number, reply_to(house, asked.number)


def test_a_failed_delivery_is_flagged_and_the_agent_is_told(house, carla, assigned):
    number, ours = assigned
    told = len(notices(house, number))
    bounce(house, ours, address(carla))
    ticket = house.ticket(number)
    assert ticket["undelivered"] and ticket["status"] == "waiting"
    (event,) = house.events(number, "bounce")
    assert event["to"] == address(carla) and "5.1.1" in event["text"]
    assert number in [found["number"] for found in house.daemon.ticket("list", "--undelivered")]
    assert len(notices(house, number)) == told + 1
    house.mail(carla, reply_to=ours)
    assert not house.ticket(number)["undelivered"]


def test_who_sends_by_a_robot_is_not_known_to_be_reached(house, carla, assigned):
    number, ours = assigned
    bounce(house, ours, address(carla))
    hand_in(house, "redirected", carla, ours)
    assert house.ticket(number)["undelivered"]


def test_every_failed_recipient_has_an_event(house, carla, assigned):
    number, ours = assigned
    headers, body = report("failed", ours, recipient=address(carla))
    names = ("dora", "emil")
    others = "".join(
        f"Original-Recipient: rfc822; {name}@x.example\n"
        f"Final-Recipient: rfc822; {name}@y.example\n"
        f"Action: failed\nStatus: 5.2.{n}\n\n"
        for n, name in enumerate(names)
    )
    body = body.replace("--b\nContent-Type: text/rfc822", f"{others}--b\nContent-Type: text/rfc822")
    house.mail(DAEMON, sender="", headers=headers, body=body, subject="Undelivered")
    events = house.events(number, "bounce")
    assert [event["to"] for event in events] == [address(carla), "dora@x.example", "emil@x.example"]
    assert "5.2.1" in events[2]["text"] and "emil@y.example" in events[2]["text"]


def test_a_report_that_names_what_a_customer_wrote_is_of_no_ticket(house, carla, assigned):
    number, _ = assigned
    theirs = house.ticket(number)["messages"][0]["message_id"]
    assert bounce(house, theirs, address(carla)).untouched
    assert not house.ticket(number)["undelivered"]


def test_twenty_forged_bounces_make_one_small_notice_a_day(build, carla):
    """Each comes with 9 kB, and may name another address; the daemon restarts in between."""
    house = build()
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue=["support"])
    asked = house.mail(carla, body="x" * 9000 + "\n")
    house.daemon.run_ticket("assign", "anna", str(asked.number))
    ours, told = reply_to(house, asked.number), len(notices(house, asked.number))
    for turn in range(20):
        if turn == 10:
            house.daemon.kill()
            house.daemon.start()
        headers, body = report("failed", ours, recipient=address(carla))
        body = body.replace("This is the mail system.", "y" * 9000)
        house.mail(DAEMON, sender="", headers=headers, subject=f"x{turn}", body=body)
    assert len(house.events(asked.number, "bounce")) == 20
    assert len(notices(house, asked.number)) == told + 1
    for name in ("dora", "emil", "fred"):
        bounce(house, ours, f"{name}@x.example")
    assert len(notices(house, asked.number)) == told + 2


def test_the_notice_has_the_diagnosis_and_no_mails(build, relay, carla):
    house = build(relay_port=relay.port)
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue=["support"])
    asked = house.mail(carla, body="x" * 9000 + "\n")
    house.daemon.run_ticket("assign", "anna", str(asked.number))
    bounce(house, reply_to(house, asked.number), address(carla))
    mails = lambda: [mail.data for mail in relay.mails("anna@example.com")]
    (notice,) = wait_until(lambda: [d for d in mails() if b"not be delivered" in d], "the notice")
    assert address(carla).encode() in notice and b"5.1.1 smtp; 550 no such user" in notice
    assert len(notice) < 3000 and field(notice, "Content-Type").startswith("text/plain")
    assert f"[example.com #{asked.number}]" in field(notice, "Subject")
    assert field(notice, "Auto-Submitted") == "auto-generated"


def test_a_report_on_our_own_answer_finds_the_ticket(build, relay, carla):
    house = build(relay_port=relay.port)
    asked = house.mail(carla)
    ours = relay.wait_mails(address(carla))[0].data
    assert field(ours, "In-Reply-To") == asked.id
    headers, body = report("failed", field(ours, "Message-ID"), recipient=address(carla))
    bounce = house.mail(
        "MAILER-DAEMON@customer.example",
        sender="",
        headers=headers,
        body=body,
        subject="Undelivered",
    )
    assert (bounce.number, bounce.match, bounce.event) == (asked.number, "report", "bounce")


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("what", ["opened", "reply"])
def test_our_own_mail_coming_back_is_recorded_and_not_answered(build, relay, carla, what, closed):
    house = build(relay_port=relay.port)
    asked = house.mail(carla)
    if what == "reply":
        house.daemon.run_ticket("reply", "1", "-m", "Pour water.")
    ours = wait_until(
        lambda: [
            mail.data
            for mail in relay.mails(address(carla))
            if (b"Pour water" in mail.data) == (what == "reply")
        ],
        "our mail",
    )[0]
    if closed:
        house.daemon.run_ticket("close", "1")
    status = house.ticket(1)["status"]
    wait_until(lambda: not house.daemon.outbox(), "all of ours to be sent")
    sent = len(relay.mails())
    back = house.hand_in(ours, "support@example.com")
    assert (back.number, back.event, back.header("X-Ticket-Status")) == (
        asked.number,
        "auto",
        status,
    )
    assert not house.daemon.outbox()
    assert len(relay.mails()) == sent


def test_two_ticket_systems_that_answer_each_other_stop(build):
    house = build(
        [{**SUPPORT, "autoresponse": {"opened": "opened.eml", "followup": "followup.eml"}}]
    )
    last = house.mail("Other Desk <desk@other.example>", subject="[other #1] your request")
    for turn in range(5):
        last = house.mail(
            "Other Desk <desk@other.example>",
            reply_to=last,
            subject=f"[other #1] Re: [example.com #1] x {turn}",
        )
    assert house.ticket(1)["messages_count"] == 6
    assert len(house.answers("desk@other.example")) <= 2


@pytest.mark.parametrize("path", "bounce-|suspected-|vacation-|reaction-".split("|"))
@pytest.mark.parametrize("sender", ["", "srs0=ab=cd=x.example=carla@y.example"])
def test_no_stored_automatic_mail_is_answered(build, path, sender):
    house = build()
    for mail in sorted(MAILS.glob(f"{path}*.eml")):
        if (mail.stem, bool(sender)) != ("suspected-null-sender-of-a-client", True):
            house.hand_in(mail.read_bytes(), sender)
    assert house.daemon.outbox() == []


def test_what_is_only_suspected_always_has_a_ticket(house):
    for mail in sorted(MAILS.glob("suspected-*.eml")):
        sender = "" if "null" in mail.stem else "carla@customer.example"
        arrival = house.hand_in(mail.read_bytes(), sender)
        assert arrival.event == "opened", mail.stem


@pytest.mark.parametrize(
    "sender",
    [
        "bounces+17-carla=customer.example@mailer.example",
        "prvs=1234567abc=carla@customer.example",
        "SRS0=HHHH=TT=customer.example=carla@forwarder.example",
    ],
)
def test_a_return_path_makes_no_robot_of_a_person(house, carla, sender):
    mail = house.mail(carla, sender=sender)
    assert mail.event == "opened"
    assert house.ticket(mail.number)["requester"]["address"] == address(carla)
    assert [entry["event"] for entry in house.answers(address(carla))] == ["opened"]


@pytest.mark.parametrize(
    "robot",
    [
        "no-reply@shop.example",
        "noreply@shop.example",
        "postmaster@shop.example",
        "bounces+x=y@shop.example",
        "owner-list@shop.example",
    ],
)
def test_robots_open_tickets_and_get_no_answer(house, robot):
    assert house.mail(f"Shop <{robot}>", subject=unique()).event == "opened"
    assert house.answers(robot) == []


def test_a_problem_and_its_recovery_without_ids_are_two_tickets_unless_tagged(house, carla):
    problem = house.mail(carla, headers=["Auto-Submitted: auto-generated"], subject="PROBLEM disk")
    recovery = house.mail(
        carla, headers=["Auto-Submitted: auto-generated"], subject=f"RECOVERY {problem.subject}"
    )
    assert (recovery.number, recovery.event) == (problem.number, "followup")


# --- to whom, and with what words -------------------------------------------------------------

FORM = "Shop <form@shop.example>"
WORDS = "buy-now-at-evil"


def test_the_visitor_of_a_web_form_is_answered_and_threads_by_tag_alone(build, relay, carla):
    house = build(relay_port=relay.port)
    asked = house.mail(FORM, sender="www-data@shop.example", headers=[f"Reply-To: {carla}"])
    ticket = house.ticket(asked.number)
    assert ticket["requester"] == {"name": "Carla Kern", "address": address(carla)}
    assert ticket["messages"][0]["reply_to"] == carla
    (answer,) = relay.wait_mails(address(carla))
    assert (answer.sender, field(answer.data, "Auto-Submitted")) == ("", "auto-replied")
    reply = house.mail(carla, subject=f"Re: [example.com #{asked.number}] contact")
    assert (reply.number, reply.match) == (asked.number, "subject")


def test_the_case_of_an_address_is_kept_towards_the_outside(build, relay):
    house, who = build(relay_port=relay.port), f"First.LAST-{unique()}@Customer.Example"
    asked = house.mail(who)
    assert house.ticket(asked.number)["requester"]["address"] == who.lower()
    (answer,) = wait_until(relay.mails, "the answer")
    written = who.replace("Customer.Example", "customer.example")
    assert answer.recipients == [written]
    house.daemon.run_ticket("reply", str(asked.number), "-m", "Pour water.")
    reply = wait_until(lambda: relay.mails()[1:], "the reply")[0]
    assert reply.recipients == [written] and written in field(reply.data, "To")


def test_no_word_of_a_stranger_reaches_whom_they_name_in_reply_to(build, relay):
    """Signed and vouched for as the sender is."""
    house = build(relay_port=relay.port, agents_auth={"authserv_ids": ["mx.example.com"]})
    victim = f"{unique('victim')}@victim.example"
    for number, spelling in enumerate((victim, victim.upper(), victim.replace("@", "+7@"))):
        results = b"Authentication-Results: mx.example.com; dmarc=pass header.from=evil.example\n"
        headers = [
            f'Reply-To: "{WORDS}" <{spelling}>',
            f"References: <r{number}.{WORDS}@evil.example>",
        ]
        data = compose(
            f"{WORDS} <m@evil.example>",
            subject=WORDS,
            body=f"{WORDS}\n" * 100,
            message_id=f"<{number}.{WORDS}@evil.example>",
            headers=headers,
        )
        house.hand_in(results + data, "m@evil.example")
    wait_until(lambda: len(relay.mails()) == 2, "two answers")
    assert all(WORDS.encode() not in mail.data.lower() for mail in relay.mails())
    (suppressed,) = house.daemon.outbox()
    assert suppressed["state"] == "suppressed"
    assert "2 automatic answers today" in suppressed["last_reply"]


def test_who_joins_a_ticket_of_others_does_not_learn_its_title(build, relay, carla, dora):
    account = {**SUPPORT, "autoresponse": {"opened": "", "followup": "followup.eml"}}
    house = build([account], relay_port=relay.port)
    asked = house.mail(carla, subject="secret matter")
    joined = house.mail(dora, subject="Re: my own words", reply_to=asked)
    assert joined.number == asked.number
    (answer,) = relay.wait_mails(address(dora))
    assert "my own words" in field(answer.data, "Subject") and b"secret matter" not in answer.data
    assert field(answer.data, "Reply-To") == "support@example.com"
    assert field(answer.data, "In-Reply-To") == joined.id


def test_an_hour_has_so_many_answers_whoever_asks(build):
    house = build(policy={"answers_per_hour": 8})
    for number in range(12):
        house.mail(f"p{number}@customer.example")
        if number == 9:
            house.daemon.restart()
    states = [entry["state"] for entry in house.daemon.outbox()]
    assert (states.count("waiting"), states.count("suppressed")) == (6, 6)
    assert [event["to"] for event in house.events(7, "suppressed")] == ["p6@customer.example"]
    metrics = house.daemon.run_ticket("stats", "--prometheus").stdout.decode()
    assert "\nmilticket_answers_total 6\n" in metrics
    assert "\nmilticket_answers_last_hour 6\n" in metrics
    assert '\nmilticket_answers_suppressed_total{cap="hour"} 6\n' in metrics


def test_a_flood_is_one_line_in_the_log(build):
    house = build(policy={"answers_per_hour": 1})
    for number in range(5):
        house.mail(f"p{number}@customer.example")
    assert house.daemon.log_text().count("automatic answers are suppressed") == 1


def test_what_a_verifier_calls_forged_opens_a_ticket_without_an_answer(build, carla):
    house = build(agents_auth={"authserv_ids": ["mx.example.com"]})
    forged = b"Authentication-Results: mx.example.com; dmarc=fail header.from=customer.example\n"
    assert house.hand_in(forged + compose(carla), address(carla)).event == "opened"
    assert house.answers(address(carla)) == []


def test_what_a_rule_calls_spam_is_not_answered(build, carla):
    house = build(rules=[{"match": {"subject": "cheap"}, "set": {"status": "spam"}}])
    assert house.mail(carla, subject="cheap").header("X-Ticket-Status") == "spam"
    assert house.answers(address(carla)) == []


def test_a_post_of_a_list_by_a_person_gets_no_answer(house, carla):
    assert (
        house.mail(carla, headers=["Precedence: list"]).event == "opened"
        and house.answers(address(carla)) == []
    )


def test_the_spam_header_is_the_postmasters(build, carla):
    house = build(policy={"spam_header": "X-Spam: Yes*"})
    assert house.mail(carla, headers=["X-Spam: yes, score=9"]).header("X-Ticket-Status") == "spam"
    assert house.mail(carla, headers=["X-Spam-Flag: YES"]).header("X-Ticket-Status") == "new"


def test_the_spam_header_may_be_none(build, carla):
    house = build(policy={"spam_header": ""})
    assert house.mail(carla, headers=["X-Spam-Flag: YES"]).header("X-Ticket-Status") == "new"


def test_a_note_of_somebody_away_does_not_rename_the_matter(house, carla):
    asked = house.mail(carla, subject="Printer")
    house.mail(
        carla, reply_to=asked, headers=["Auto-Submitted: auto-replied"], subject="Out of office"
    )
    assert house.events(asked.number, "subject") == []


def test_compose_is_a_person(house, carla):
    assert house.hand_in(compose(carla), address(carla)).event == "opened"

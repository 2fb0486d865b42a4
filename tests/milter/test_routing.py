"""Whose mail it is, and the same mail again: CASES.md, "Routing and duplicates"."""
import re
import threading

import pytest

from harness.client import bare, compose, crlf, fields
from harness.daemon import SUPPORT
from harness.house import OPS
from harness.milter import MilterClient
from harness.sink import unique


def claims(mail):
    return [(name, value) for name, value in fields(mail) if name.lower().startswith("x-ticket")]


# --- the same mail again ---------------------------------------------------------------------


def test_the_same_mail_twice_is_one_message_and_one_answer(house, carla):
    data = compose(carla)
    first, again = (house.hand_in(data, carla[carla.index("<") + 1 : -1]) for _ in range(2))
    assert first.result.edits == again.result.edits
    assert house.ticket(first.number)["messages_count"] == 1
    assert len(house.answers(carla[carla.index("<") + 1 : -1])) == 1


def test_the_same_mail_on_many_connections_at_once_is_one_message(house, carla):
    data, address, seen = compose(carla), carla[carla.index("<") + 1 : -1], []
    threads = [
        threading.Thread(target=lambda: seen.append(house.hand_in(data, address))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({arrival.number for arrival in seen}) == 1 and len(seen) == 8
    assert house.ticket(seen[0].number)["messages_count"] == 1 and len(house.answers(address)) == 1


def test_a_mail_that_is_aborted_before_its_end_leaves_nothing(house, carla):
    before = len(house.daemon.tickets())
    with MilterClient(house.daemon.socket) as milter:
        for command, payload, macros in list(
            milter._steps("x@y.example", ["support@example.com"], compose(carla), {"i": "Q1"})
        )[:-1]:
            milter._step(command, payload, macros)
        milter.abort()
        after = milter.send("carla@customer.example", ["support@example.com"], compose(carla))
    assert after.headers("X-Ticket") and len(house.daemon.tickets()) == before + 1


def second_pass(house, first, mail=None, **changes):
    """The delivered mail once more, as a content filter behind the queue brings it."""
    data = b"Received: from filter by mx; Tue, 2 Jun 2026 10:00:00 +0000\r\n" + (mail or first.mail)
    return house.hand_in(
        data,
        changes.get("sender", "carla@customer.example"),
        changes.get("to", "support@example.com"),
    )


def is_the_same(house, first, second, count=1):
    assert (second.number, second.subject, claims(second.mail)) == (
        first.number,
        first.subject,
        claims(first.mail),
    )
    assert len([name for name in second.names() if name == "Subject"]) == 1
    assert house.ticket(first.number)["messages_count"] == count
    return True


def is_a_copy(house, first, second, count):
    assert (second.number, second.subject) == (first.number, first.subject)
    assert (second.match, second.event) == ("copy", "copy")
    assert house.ticket(first.number)["messages_count"] == count
    return True


def test_a_second_pass_behind_a_content_filter_changes_nothing(house, carla):
    first = house.mail(carla)
    second = second_pass(house, first)
    assert is_the_same(house, first, second)
    assert crlf(second.mail).partition(b"\r\n\r\n")[2] == first.mail.partition(b"\r\n\r\n")[2]
    assert is_the_same(house, first, second_pass(house, second))


def test_a_second_pass_of_a_reply_is_no_second_message(house, carla):
    asked = house.mail(carla)
    reply = house.mail(carla, reply_to=asked)
    assert is_the_same(house, reply, second_pass(house, reply), count=2)


def test_a_second_pass_of_a_mail_that_had_no_message_id(house, carla):
    first = house.mail(carla, message_id=None)
    assert re.fullmatch(r"<[^<>\s]+@[^<>\s]+>", first.id)
    assert is_the_same(house, first, second_pass(house, first))


def test_a_second_pass_with_a_date_and_a_from_that_the_mta_added(house):
    data = b"To: support@example.com\nSubject: bare " + unique().encode() + b"\n\nHello\n"
    first = house.hand_in(data, "carla@customer.example")
    added = b"Date: Tue, 2 Jun 2026 10:00:00 +0000\r\nFrom: carla@customer.example\r\n" + first.mail
    assert is_the_same(house, first, second_pass(house, first, added))


def test_a_second_pass_with_a_body_that_the_filter_converted(house, carla):
    first = house.mail(carla, body="Grüße\n")
    changed = first.mail.replace("Grüße".encode(), b"Gr=C3=BC=C3=9Fe") + b"-- \r\nScanned.\r\n"
    assert is_a_copy(house, first, second_pass(house, first, changed), count=2)


@pytest.mark.parametrize(
    "what, change",
    [
        ("body", {"body": "another page\n"}),
        ("sender", {"who": "Other <other@customer.example>"}),
        ("date", {"date": "Tue, 2 Jun 2026 10:00:00 +0000"}),
    ],
)
def test_the_same_message_id_with_another_part_is_a_message_of_its_own(house, carla, what, change):
    scan = f"<{unique()}@scanner.example>"
    first = house.mail(carla, message_id=scan)
    other = house.mail(**{"who": carla, "message_id": scan, **change})
    assert other.number != first.number, what


def test_the_same_message_id_is_a_message_of_its_own_where_another_ticket_refers_to_the_first(
    house, carla, dora
):
    scan = f"<{unique()}@scanner.example>"
    first, desk = house.mail(carla, message_id=scan), house.mail(carla, to="desk@example.com")
    referring = house.mail(carla, reply_to=scan, to=bare(desk.header("Reply-To")))
    assert (referring.number, referring.match) == (desk.number, "token")
    assert (
        house.mail(dora, message_id=scan).match == "new"
        and house.ticket(first.number)["messages_count"] == 1
    )


def test_of_many_tickets_that_know_an_id_the_tag_s_is_meant(house, carla):
    scan = f"<{unique()}@scanner.example>"
    first = house.mail(carla, message_id=scan)
    for page in range(12):
        house.mail(carla, message_id=scan, body=f"page {page}\n")
    answer = house.mail(carla, reply_to=scan, subject=f"Re: {first.subject}")
    assert (answer.number, answer.match, house.ticket(first.number)["links"]) == (
        first.number,
        "message-id",
        [],
    )
    changed = first.mail + b"-- \r\nScanned.\r\n"
    assert is_a_copy(house, first, second_pass(house, first, changed), count=3)


def test_a_forged_claim_swallows_no_mail(house, carla, dora):
    first = house.mail(carla)
    copied = compose(
        dora,
        subject=first.subject,
        message_id=first.id,
        date=first.header("Date"),
        headers=[f"X-Ticket: {first.number}"],
    )
    assert house.hand_in(copied, "dora@customer.example").number != first.number
    assert house.ticket(first.number)["messages_count"] == 1


def test_two_mails_without_message_id_are_told_apart_by_what_they_say(house, carla):
    one = house.mail(carla, message_id=None, body="one\n", date="Tue, 2 Jun 2026 10:00:00 +0000")
    two = house.mail(carla, message_id=None, body="two\n", date="Tue, 2 Jun 2026 10:00:00 +0000")
    assert one.number != two.number and one.id != two.id


def test_commands_that_also_went_to_an_account_are_not_lost_there(house, carla):
    asked = house.mail(carla)
    data = compose(
        "anna@example.com",
        to="tickets@example.com, support@example.com",
        body=f"close {asked.number}\n",
    )
    commands = house.hand_in(data, "anna@example.com", "tickets@example.com", "anna")
    again = house.hand_in(data, "anna@example.com", "tickets@example.com", "anna")
    assert (commands.result.verdict, again.result.verdict) == ("discard", "discard")
    assert house.ticket(asked.number)["status"] == "closed"
    assert house.hand_in(data, "anna@example.com", "support@example.com", "anna").number


# --- accounts -----------------------------------------------------------------------------------


def by_anna(house, data, to):
    return house.hand_in(data, "anna@example.com", to, "anna")


def test_an_answer_is_one_whichever_of_its_transactions_comes_first(house, carla):
    asked = house.mail(carla)
    address = carla[carla.index("<") + 1 : -1]
    data = compose(
        "Anna Berg <anna@example.com>",
        to=carla,
        subject=f"Re: {asked.subject}",
        body="close\n",
        headers=["Cc: support@example.com", f"In-Reply-To: {asked.id}"],
    )
    copy, answer = by_anna(house, data, "support@example.com"), by_anna(house, data, address)
    assert [(mail.number, mail.event, mail.header("From")) for mail in (copy, answer)] == [
        (asked.number, "reply", "Anna Berg <support@example.com>")
    ] * 2
    ticket = house.ticket(asked.number)
    assert (ticket["status"], ticket["messages_count"], ticket["messages"][-1]["direction"]) == (
        "waiting",
        2,
        "out",
    )


def test_a_ticket_is_opened_by_an_agent_whichever_transaction_comes_first(house, dora):
    data = compose(
        "Anna Berg <anna@example.com>",
        to="anna@example.com, " + dora,
        subject="Your invoice",
        headers=["Cc: support@example.com"],
    )
    copy, mail = by_anna(house, data, "support@example.com"), by_anna(
        house, data, dora[dora.index("<") + 1 : -1]
    )
    assert copy.number and (mail.number, mail.event, mail.header("From")) == (
        copy.number,
        "opened",
        "Anna Berg <support@example.com>",
    )
    ticket = house.ticket(copy.number)
    assert (
        ticket["status"],
        ticket["agent"],
        ticket["requester"]["name"],
        ticket["messages_count"],
    ) == ("waiting", "anna", "Dora Lenz", 1)


def test_a_mail_that_an_agent_passes_on_is_not_theirs(house, carla, dora):
    passed = by_anna(house, compose(carla, to=dora, subject="For you"), "support@example.com")
    assert (passed.event, house.ticket(passed.number)["status"]) == ("opened", "new")


def test_commands_do_not_take_another_mail_along(house, carla):
    asked = house.mail(carla)

    def control():
        return compose(
            "anna@example.com", to="tickets@example.com", body=f"tag +along {asked.number}\n"
        )

    both = by_anna(house, control(), ["tickets@example.com", "support@example.com"])
    assert both.result.verdict == "reject" and house.ticket(asked.number)["tags"] == []
    data = control()
    for mail in (
        by_anna(house, data, ["control@example.com", "anna@example.com"]) for _ in range(2)
    ):
        assert mail.result.accepted and [(edit[0], edit[3]) for edit in mail.result.edits] == [
            ("not-recipient", "<control@example.com>")
        ]
    assert house.ticket(asked.number)["tags"] == ["along"]
    assert (
        len([event for event in house.ticket(asked.number)["events"] if event["kind"] == "tag"])
        == 1
    )


def test_two_accounts_in_one_transaction_are_one_ticket_of_the_first_in_the_configuration(
    house, carla
):
    mail = house.mail(carla, to=["ops@example.com", "support@example.com"])
    ticket = house.ticket(mail.number)
    assert (
        mail.header("X-Ticket-Queue"),
        ticket["queue"],
        ticket["queues"],
        ticket["project"],
    ) == ("support", "support", ["support", "ops"], "helpdesk")
    assert mail.number in [
        found["number"] for found in house.daemon.ticket("list", "--queue", "ops")
    ]


def test_two_accounts_in_two_transactions_are_one_ticket(house, carla):
    data = compose(carla)
    first, second = (
        house.hand_in(data, "c@customer.example", to)
        for to in ("ops@example.com", "support@example.com")
    )
    assert second.result.edits == first.result.edits
    ticket = house.ticket(first.number)
    assert (ticket["queue"], ticket["queues"], ticket["messages_count"]) == (
        "ops",
        ["ops", "support"],
        1,
    )


def test_a_follow_up_to_another_account_makes_its_queue_a_watcher(house, carla):
    asked = house.mail(carla)
    assert house.mail(carla, to="ops@example.com", reply_to=asked).number == asked.number
    assert house.ticket(asked.number)["queues"] == ["support", "ops"]


def test_a_ticket_that_was_moved_is_not_watched_by_the_queue_it_left(house, carla):
    asked = house.mail(carla)
    house.daemon.run_ticket("move", "--queue", "ops", str(asked.number))
    reply = house.mail(carla, reply_to=asked)
    assert reply.header("X-Ticket-Queue") == "ops" and house.ticket(asked.number)["queues"] == [
        "ops"
    ]


@pytest.mark.parametrize(
    "spelling",
    [
        "SUPPORT@Example.COM",
        '"support"@example.com',
        "support+billing@example.com",
        "Support+x+y@EXAMPLE.com",
    ],
)
def test_an_account_is_known_in_every_spelling(house, carla, spelling):
    assert house.mail(carla, to=spelling).header("X-Ticket-Queue") == "support"


@pytest.mark.parametrize("configured", ["hilfe@bücher.example", "hilfe@xn--bcher-kva.example"])
def test_an_idn_is_one_domain_in_both_its_forms(build, configured):
    house = build([{"address": configured, "autoresponse": {"opened": ""}}])
    for number, spelling in enumerate(
        (
            "hilfe@bücher.example",
            "hilfe@BÜCHER.example",
            "hilfe@xn--bcher-kva.example",
            "HILFE@XN--BCHER-KVA.EXAMPLE",
        ),
        1,
    ):
        assert house.mail(to=spelling).number == number


def test_internationalised_mail_is_mail(build):
    house = build(
        [{"address": "jörg@example.com", "queue": "joerg", "autoresponse": {"opened": ""}}]
    )
    mail = house.mail("Ünal <ünal@customer.example>", to="JÖRG@example.com", subject="Grüße")
    assert mail.subject == "[example.com #1] Grüße"
    assert house.ticket(1)["requester"] == {"name": "Ünal", "address": "ünal@customer.example"}


@pytest.mark.parametrize("to", ["somebody@else.example", "undisclosed-recipients:;", None])
def test_the_envelope_tells_who_is_written_to(house, carla, to):
    data = compose(carla, to=to)
    assert house.hand_in(data, "c@customer.example").number
    assert house.hand_in(
        compose(carla, to="support@example.com"), "c@customer.example", "colleague@example.com"
    ).untouched


def test_mail_of_others_is_accepted_before_its_content_and_asks_the_store_nothing(house):
    log = house.daemon.log_text()
    for sender in ("a@customer.example", "anna@example.com", "", "support@example.com"):
        arrival = house.hand_in(
            compose(headers=["X-Ticket: 7"], subject="[example.com #1] x"),
            sender,
            "colleague@example.com",
        )
        assert (arrival.result.verdict, arrival.result.step, arrival.result.edits) == (
            "accept",
            "T",
            [],
        )
    assert house.daemon.log_text() == log


@pytest.mark.parametrize("policy, tagged", [("tag", True), ("leave", False)])
def test_a_mail_for_others_too_is_edited_as_the_policy_says(build, policy, tagged):
    house = build(policy={"mixed_recipients": policy})
    mail = house.mail(to=["colleague@example.com", "support@example.com"], headers=["X-Ticket: 99"])
    assert (mail.subject, mail.header("X-Ticket")) == (
        ("[example.com #1] Printer on fire", "1") if tagged else ("Printer on fire", None)
    )
    assert tagged or mail.result.edits == [("change", "X-Ticket", 1, "")]
    assert house.ticket(1)["messages_count"] == 1
    assert house.mail(subject="alone").number == 2


def test_our_own_address_in_from_gets_a_ticket_and_no_answer(house):
    waiting = len(house.daemon.outbox())
    mail = house.mail("Support <support@example.com>", headers=["Cc: ops@example.com"])
    assert mail.number and house.ticket(mail.number)["participants"] == []
    assert len(house.daemon.outbox()) == waiting


def test_our_own_addresses_in_cc_take_no_part(house, carla):
    mail = house.mail(
        carla, headers=["Cc: support+x@example.com, OPS@example.com, tickets@example.com"]
    )
    assert house.ticket(mail.number)["participants"] == [carla[carla.index("<") + 1 : -1]]


def test_mail_older_than_since_is_left_alone(build):
    house = build([{**SUPPORT, "since": "2026-01-01"}, OPS])
    old = {"date": "Mon, 29 Dec 2025 12:00:00 +0000"}
    assert house.mail(**old, headers=["X-Ticket: 7"]).untouched
    assert house.mail(date="Sat, 03 Jan 2026 12:00:00 +0000").number == 1
    assert house.mail(date="nonsense").number == 2 and house.mail(date=None).number == 3
    both = house.mail(**old, to=["support@example.com", "ops@example.com"])
    assert both.header("X-Ticket-Queue") == "ops"
    assert [
        path
        for path in house.daemon.archive.rglob("*.eml")
        if b"29 Dec 2025" in path.read_bytes() and b"X-Ticket: 7" in path.read_bytes()
    ] == []


def test_an_account_that_is_switched_off_is_nobodys(build):
    house = build([{**SUPPORT, "enabled": False}, OPS])
    assert house.mail().result.step == "T"
    assert (
        house.mail(to=["support@example.com", "ops@example.com"]).header("X-Ticket-Queue") == "ops"
    )


@pytest.mark.parametrize("others", [499, 1999, 2000, 2500])
def test_a_crowd_of_recipients_is_no_hindrance(house, carla, others):
    crowd = [f"user{index}@example.com" for index in range(others)]
    assert house.mail(carla, to=[*crowd, "support@example.com"]).number


# --- what an account says ------------------------------------------------------------------------


def recipients(arrival):
    return [
        (edit[0], edit[3].strip("<>")) for edit in arrival.result.edits if "recipient" in edit[0]
    ]


@pytest.mark.parametrize(
    "deliver, edits, verdict",
    [
        ("mailbox", [], "continue"),
        (
            "agents",
            [("not-recipient", "support@example.com"), ("recipient", "anna@example.com")],
            "continue",
        ),
        ("both", [("recipient", "anna@example.com")], "continue"),
        ("none", [], "discard"),
    ],
)
def test_deliver_says_who_gets_the_mail(build, deliver, edits, verdict):
    house = build([{**SUPPORT, "deliver": deliver}])
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="support")
    mail = house.mail(body="keep me\n")
    assert (sorted(recipients(mail)), mail.result.verdict) == (sorted(edits), verdict)
    assert b"keep me" in house.daemon.run_ticket("show", "1", "--raw", "1").stdout
    again = house.mail(body="keep me\n", reply_to=house.ticket(1)["messages"][0]["message_id"])
    assert sorted(recipients(again)) == sorted(edits) and house.ticket(1)["messages_count"] >= 2


def test_the_tickets_agent_gets_it_rather_than_all_members(build):
    house = build([{**SUPPORT, "deliver": "agents"}])
    for login in ("anna", "ben"):
        house.daemon.add_agent(login, name=login, address=f"{login}@example.com", queue="support")
    asked = house.mail()
    assert {who for _, who in recipients(asked)} == {
        "support@example.com",
        "anna@example.com",
        "ben@example.com",
    }
    house.daemon.run_ticket("assign", "ben", "1")
    assert {who for _, who in recipients(house.mail(reply_to=asked))} == {
        "support@example.com",
        "ben@example.com",
    }


def test_close_on_arrival_starts_closed_and_stays_so(build):
    house = build([{**SUPPORT, "close_on_arrival": True}])
    asked = house.mail()
    assert asked.header("X-Ticket-Status") == "closed" and house.ticket(1)["closed"]
    reply = house.mail(reply_to=asked)
    assert (reply.number, reply.event, reply.header("X-Ticket-Status")) == (1, "followup", "closed")


def test_a_queues_responsible_gets_its_new_tickets(build):
    house = build()
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="support")
    house.daemon.run_ticket("queue", "set", "support", "--responsible", "anna")
    mail = house.mail()
    assert mail.header("X-Ticket-Agent") == "anna" and house.ticket(1)["agent"] == "anna"
    house.daemon.run_ticket("release", "1")
    assert house.mail(reply_to=mail).header("X-Ticket-Agent") is None


def test_numbers_go_on_from_the_first(build):
    house = build(numbers={"first": 1042})
    assert [house.mail(subject=str(index)).number for index in range(3)] == [1042, 1043, 1044]


def test_numbers_by_date_are_the_day_and_four_digits(build):
    house = build(numbers={"scheme": "date"})
    one, two = house.mail(subject="one"), house.mail(subject="two")
    assert re.fullmatch(r"20\d{6}0001", str(one.number)) and two.number == one.number + 1
    assert house.mail(reply_to=one, subject="AW: x").number == one.number
    assert house.mail(subject=two.subject).number == two.number


def test_a_tag_of_another_format_is_used_and_found(build):
    house = build(tag={"name": "Hilfe", "format": "(%d/%n)"})
    asked = house.mail(subject="x")
    assert asked.subject == "(1/Hilfe) x"
    assert house.mail(subject="Re: (1/hilfe) x").subject == "(1/Hilfe) Re: x"


def test_a_delimiter_of_another_kind_is_used(build):
    house = build([{**SUPPORT, "reply_to": "desk"}], recipient_delimiter="-")
    asked = house.mail()
    assert re.fullmatch(r"support-1-[a-z2-7]{8}@example\.com", bare(asked.header("Reply-To")))
    assert (
        house.mail("x@y.example", to=bare(asked.header("Reply-To")), subject="no tag").match
        == "token"
    )
    assert house.mail(to="support+x@example.com").result.step == "T"


# --- rules ----------------------------------------------------------------------------------------


def rule(match, change, **more):
    return {"match": match, "set": change, **more}


def test_rules_shape_new_tickets_and_no_others(build):
    house = build(
        rules=[
            rule(
                {"from": "nagios@*", "subject": "*PROBLEM*"},
                {
                    "queue": "ops",
                    "priority": "high",
                    "tag": "alert",
                    "autoresponse": False,
                    "project": "net",
                    "assign": "anna",
                    "status": "open",
                },
                stop=True,
            ),
            rule({}, {"priority": "low"}),
        ]
    )
    house.daemon.add_queue("ops")
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="ops")
    alert = house.mail("nagios@mon.example", subject="** PROBLEM ** disk")
    ticket = house.ticket(alert.number)
    assert [
        ticket[key] for key in ("queue", "queues", "priority", "tags", "project", "agent", "status")
    ] == ["ops", ["ops"], "high", ["alert"], "net", "anna", "open"]
    assert house.answers("nagios@mon.example") == []
    assert alert.header("X-Ticket-Queue") == "ops" and alert.header("X-Ticket-Agent") == "anna"
    reply = house.mail("nagios@mon.example", reply_to=alert, subject="Re: ** PROBLEM ** disk")
    assert reply.number == alert.number
    other = house.mail(subject="hello")
    assert (
        other.header("X-Ticket-Priority") == "low"
        and len(house.answers("carla@customer.example")) == 1
    )


def test_a_rule_that_ignores_leaves_the_mail_as_it_is(build):
    house = build(rules=[rule({"header": "X-Newsletter: *"}, {"ignore": True})])
    assert house.mail(headers=["X-Newsletter: spring", "X-Ticket: 5"]).untouched
    assert house.daemon.tickets() == [] and list(house.daemon.archive.rglob("*.eml")) == []
    assert house.mail().number == 1


def test_a_rule_s_assign_to_nobody_known_loses_no_mail(build):
    house = build(rules=[rule({}, {"assign": "nobody-here", "queue": "made-by-rule"})])
    mail = house.mail()
    assert (mail.header("X-Ticket-Agent"), mail.header("X-Ticket-Queue")) == (None, "made-by-rule")


def test_rules_shape_the_tickets_that_agents_open_too(build):
    house = build(
        rules=[
            rule({"subject": "private*"}, {"ignore": True}),
            rule(
                {"subject": "*offer*"},
                {"queue": "sales", "priority": "high", "tag": "offer", "status": "internal"},
            ),
        ]
    )
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="support")
    sent = {
        "who": "Anna <anna@example.com>",
        "to": ["carla@customer.example", "support@example.com"],
        "authen": "anna",
        "headers": ["Cc: carla@customer.example"],
    }
    opened = house.mail(**sent, subject="Our offer")
    ticket = house.ticket(opened.number)
    assert [ticket[key] for key in ("queue", "priority", "tags", "status", "agent")] == [
        "sales",
        "high",
        ["offer"],
        "internal",
        "anna",
    ]
    assert house.mail(**sent, subject="private lunch").untouched
    assert len(house.daemon.tickets()) == 1


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy, verdict", [("tempfail", "tempfail"), ("accept", "accept")])
def test_what_cannot_be_recorded_is_refused_for_now_or_let_through(build, policy, verdict):
    house = build(policy={"on_failure": policy})
    house.mail()
    house.daemon.archive.chmod(0o555)
    try:
        mail = house.mail(subject="while it fails")
        assert mail.result.verdict == verdict and mail.result.edits == []
        assert mail.result.reply.startswith("451 4.3.0") == (policy == "tempfail")
        assert house.mail(to="colleague@example.com").untouched
    finally:
        house.daemon.archive.chmod(0o755)
    assert "accepted without a ticket" in house.daemon.log_text() or policy == "tempfail"
    assert house.mail(subject="works again").number == 2

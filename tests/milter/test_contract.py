"""Small print of the contract that once was not kept, as it is seen in mail."""
import pytest

from harness.client import field
from harness.daemon import SUPPORT

CARLA = "carla@customer.example"
OLD = "Mon, 29 Dec 2025 12:00:00 +0000"


def test_without_a_delimiter_replies_come_to_the_account_itself(build, relay):
    house = build(relay_port=relay.port, recipient_delimiter="")
    house.mail(CARLA)
    (answer,) = relay.wait_mails(CARLA)
    assert field(answer.data, "Reply-To") == "support@example.com"


def test_spam_that_a_rule_tells_is_not_answered(build, relay):
    rules = [{"match": {"subject": "cheap*"}, "set": {"status": "spam"}}]
    house = build(relay_port=relay.port, rules=rules)
    house.mail("eve@customer.example", subject="cheap pills")
    house.mail(CARLA)
    relay.wait_mails(CARLA)
    assert relay.mails("eve@customer.example") == [] and house.ticket(1)["status"] == "spam"


def test_what_belongs_to_a_ticket_is_never_too_old_for_it(build):
    house = build([{**SUPPORT, "since": "2026-01-01"}])
    asked = house.mail(CARLA)
    late = house.mail(CARLA, reply_to=asked, date=OLD)
    assert (late.event, late.number) == ("followup", asked.number)
    assert house.mail(CARLA, date=OLD).untouched
    assert [ticket["number"] for ticket in house.daemon.tickets()] == [1]


SUBJECTS = (
    "Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_aus?=   Bonn",
    "one line of many words, as some clients write them, " * 4 + "end",
    "raw \u00fc and \udcfc\n\tand a tab",
)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_bytes_of_a_subject_stay_folds_and_all(build, subject):
    house = build()
    head = f"From: {CARLA}\nTo: support@example.com\nSubject: {subject}\n\n"
    mail = house.hand_in(head.encode("utf-8", "surrogateescape"), CARLA).mail
    tagged = f"Subject: [example.com #1] {subject}\n".replace("\n", "\r\n")
    assert tagged.encode("utf-8", "surrogateescape") in mail


@pytest.mark.parametrize(
    "line, project",
    [("project 1 2026", "2026"), ("project 1 alpha", "alpha"), ("project alpha 1", "alpha")],
)
def test_a_tickets_number_follows_the_command(build, line, project):
    house = build()
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    house.mail(CARLA)
    house.mail("anna@example.com", ["tickets@example.com"], authen="anna", body=line + "\n")
    assert house.ticket(1)["project"] == project


def test_a_clock_that_was_never_set_is_no_old_mail(build):
    house = build([{**SUPPORT, "since": "2026-01-01"}])
    for index, date in enumerate(
        [
            "Wed, 31 Dec 1969 23:59:59 +0000",
            "Thu, 01 Jan 1970 00:01:07 +0000",
            "Tue, 01 Jan 1980 00:00:00 +0000",
        ]
    ):
        assert house.mail(f"scanner{index}@customer.example", date=date).event == "opened"


def test_a_day_before_all_days_leaves_nothing_alone(build):
    house = build([{**SUPPORT, "since": "1969-07-20"}])
    assert house.mail(CARLA, date=OLD).event == "opened"

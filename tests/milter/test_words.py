"""Automatic answers say things as their reader would."""
import pytest

from harness.daemon import SUPPORT


@pytest.fixture
def desk(build, relay):
    house = build([{**SUPPORT}], relay_port=relay.port)
    (house.daemon.directory / "templates" / "opened.eml").write_text(
        "Subject: s\n\n{name}|{queue}|{date}|\n{signature}\n"
    )
    house.daemon.run_ticket(
        "queue", "set", "support", "--title", "First level", "--signature", "Your desk\n+49 30 1234"
    )
    house.daemon.run_ticket("reload")
    return house


def test_the_title_the_signature_first_names_first_and_the_mails_own_date(desk, relay):
    desk.mail('"Kern, Carla" <carla@customer.example>', date="Tue, 24 Nov 2026 12:05:00 +0000")
    (answer,) = relay.wait_mails("carla@customer.example")
    body = answer.data.decode().replace("\r\n", "\n").partition("\n\n")[2]
    name, queue, date, rest = body.split("|")
    assert (name, queue, rest) == ("Carla Kern", "First level", "\nYour desk\n+49 30 1234\n")
    assert date.startswith("24 November 2026, ")


@pytest.mark.parametrize(
    "mails, wanted",
    [((), "de"), (("Content-Language: en",), "en"), (("Accept-Language: fr",), "de")],
)
def test_the_accounts_language_speaks_where_the_mail_tells_none(build, relay, mails, wanted):
    build([{**SUPPORT, "language": "de"}], relay_port=relay.port).mail(headers=mails)
    (answer,) = relay.wait_mails("carla@customer.example")
    assert f"Content-Language: {wanted}\r\n".encode() in answer.data

"""Automatic answers say things as their reader would."""
import email
import email.policy

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
    assert date.startswith("24 November 2026 at ")


@pytest.mark.parametrize(
    "mails, wanted",
    [((), "de"), (("Content-Language: en",), "en"), (("Accept-Language: fr",), "de")],
)
def test_the_accounts_language_speaks_where_the_mail_tells_none(build, relay, mails, wanted):
    build([{**SUPPORT, "language": "de"}], relay_port=relay.port).mail(headers=mails)
    (answer,) = relay.wait_mails("carla@customer.example")
    assert f"Content-Language: {wanted}\r\n".encode() in answer.data


# --- the whole mail, as it is sent ---

ANSWERS = {
    "opened": "opened.eml",
    "followup": "followup.eml",
    "closed": "closed.eml",
    "late": "late.eml",
}
ASKED = "Hallo,\n\nder Drucker druckt nur Streifen.\n\nMax\n"
GERMAN = """\
Guten Tag Max Müller,

vielen Dank für Ihre Nachricht. Sie hat bei uns die Ticketnummer 1.
Jemand von uns liest sie und antwortet Ihnen per E-Mail.

Möchten Sie etwas ergänzen? Antworten Sie einfach auf diese E-Mail. Solange
[example.com #1] im Betreff steht, finden wir, was zusammengehört.

Mit freundlichen Grüßen
Ihr Team „First Level Support“

Am 24. November 2026 um 13:05 Uhr schrieben Sie:

> Hallo,
>
> der Drucker druckt nur Streifen.
>
> Max
"""
ENGLISH = """\
Hello Max Müller,

Thank you for your message. It has reached us as ticket 1.
One of us will read it and answer you by email.

Would you like to add something? Simply reply to this email. As long as
[example.com #1] stays in the subject, we find what belongs together.

Kind regards
Your First Level Support team
Example GmbH
+49 30 1234

On 24 November 2026 at 13:05, you wrote:

> Hallo,
>
> der Drucker druckt nur Streifen.
>
> Max
"""
FIELDS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


@pytest.fixture
def office(build, relay, monkeypatch):
    """A desk in Berlin with every answer that comes with milticket."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    house = build(
        [{**SUPPORT, "autoresponse": ANSWERS}], relay_port=relay.port, policy={"reopen_days": 1}
    )
    house.daemon.run_ticket("queue", "set", "support", "--title", "First Level Support")
    return house


def asks(office, *headers, **words):
    return office.mail(
        MAX,
        subject="Drucker streift",
        body=ASKED,
        date="Tue, 24 Nov 2026 12:05:00 +0000",
        headers=headers,
        **words,
    )


def read(relay, count=1):
    """The newest answer: one part of plain text with the headers of an answer, no line too long, nothing left to fill in."""
    answer = relay.wait_mails("max@customer.example", count)[-1]
    assert max(len(line) for line in answer.data.split(b"\r\n")) <= 78
    mail = email.message_from_bytes(answer.data, policy=email.policy.default)
    assert set(mail.keys()) <= FIELDS and not mail.is_multipart()
    assert (mail.get_content_type(), mail.get_content_charset()) == ("text/plain", "utf-8")
    text = mail.get_content().replace("\r\n", "\n")
    assert not set("{}") & set(text + mail["Subject"]) and "\n\n\n" not in text
    assert text == text.strip() + "\n"
    return mail, text


MAX = '"=?utf-8?q?M=C3=BCller?=, Max" <max@customer.example>'


def test_the_whole_answer_in_german(office, relay):
    asks(office, "Content-Language: de-DE")
    mail, text = read(relay)
    assert text == GERMAN
    assert mail["Subject"] == "[example.com #1] Ihre Nachricht ist angekommen: Drucker streift"
    assert (mail["Content-Language"], mail["From"]) == (
        "de",
        "Example Support <support@example.com>",
    )


def test_the_whole_answer_in_english_with_a_signature(office, relay):
    office.daemon.run_ticket("queue", "set", "support", "--signature", "Example GmbH\n+49 30 1234")
    asks(office, "Accept-Language: en-GB, de;q=0.5")
    mail, text = read(relay)
    assert text == ENGLISH and mail["Content-Language"] == "en"
    assert mail["Subject"] == "[example.com #1] We have received your message: Drucker streift"


WORDS = {
    "de": (
        "Ihre weitere Nachricht ist angekommen",
        "gehört jetzt zu Ticket 1,",
        "Ihr Anliegen ist erledigt",
        "Ticket 1 haben wir\ndeshalb abgeschlossen",
    ),
    "en": (
        "Your further message has arrived",
        "added it to ticket 1,",
        "Your request is settled",
        "have closed ticket 1.",
    ),
}


@pytest.mark.parametrize("language", WORDS)
def test_what_comes_later_is_as_whole(office, relay, language):
    further, added, settled, closed = WORDS[language]
    header = f"Content-Language: {language}"
    asked = asks(office, header)
    read(relay)
    office.mail(MAX, reply_to=asked, subject="Re: Drucker streift", headers=[header])
    mail, text = read(relay, 2)
    assert mail["Subject"] == f"[example.com #1] {further}: Drucker streift" and added in text
    office.daemon.run_ticket("close", "1")
    mail, text = read(relay, 3)
    assert mail["Subject"] == f"[example.com #1] {settled}: Drucker streift" and closed in text


def test_a_form_that_names_its_visitor_says_nothing_of_them(office, relay):
    """Whoever is not the author gets no word that the author wrote."""
    office.mail(
        "Shop <shop@customer.org>",
        headers=["Reply-To: max@customer.example", "Content-Language: en"],
        subject="Buy now",
    )
    mail, text = read(relay)
    assert mail["Subject"] == "[example.com #1] We have received your message"
    assert (
        text.startswith("Hello,\n\nThank you")
        and "wrote" not in text
        and text.endswith("Your First Level Support team\n")
    )

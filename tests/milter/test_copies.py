"""A message that comes a second time, changed on its way, is a copy of the first; what a device
sends under one id is not. Whatever is acknowledged is recorded."""
import base64

import pytest

from harness.client import compose
from harness.sink import unique

DEAD_CLOCK = "Thu, 01 Jan 1970 00:10:00 +0000"
SCANNER = "scanner@office.example"
PAGE = b"\0" * 6000
TEXT = "Hello,\n\nit burns.\n"  # compose()'s
FOOTER = TEXT + "-- \nfooter\n"


@pytest.fixture
def scan():
    return dict(message_id=f"<{unique()}@scanner.example>", date=DEAD_CLOCK)


def attached(text, data, name="scan.bmp"):
    """Headers and body of a mail with a text and a file."""
    lines = base64.encodebytes(data).decode()
    return dict(
        headers=["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'],
        body=f"--b\n\n{text}\n"
        "--b\nContent-Type: image/bmp\nContent-Transfer-Encoding: base64\n"
        f'Content-Disposition: attachment; filename="{name}"\n\n{lines}\n--b--\n',
    )


def messages(house, number):
    return house.ticket(number)["messages"]


def directions(house, number):
    return [message["direction"] for message in messages(house, number)]


CHANGES = {
    "a list's footer": dict(body=TEXT + "_____\nusers mailing list\nhttps://lists.example\n"),
    "a gateway's banner": dict(body="CAUTION: this mail came from outside.\n\n" + TEXT),
    "other line ends and blanks": dict(body="Hello,\nit   burns.\n-- \nscanned\n"),
    "its subject, too": dict(subject="[users] Re: Printer on fire", body=TEXT + "_____\nusers\n"),
    "made HTML": dict(
        headers=["MIME-Version: 1.0", "Content-Type: text/html"],
        body="<p>Banner</p><p>Hello,</p><p>it burns.</p>\n",
    ),
    "less of it": dict(body="it burns.\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_on_its_way_is_a_copy(house, carla, scan, change):
    first = house.mail(carla, **scan)
    house.daemon.run_ticket("close", str(first.number))
    before, answers = house.ticket(first.number), len(house.daemon.outbox())
    second = house.mail(carla, **{**scan, **change})
    assert (second.number, second.match, second.event) == (first.number, "copy", "copy")
    after = house.ticket(first.number)
    assert [after[name] for name in ("status", "closed", "last_in", "participants")] == [
        before[name] for name in ("status", "closed", "last_in", "participants")
    ]
    assert len(house.daemon.outbox()) == answers and after["messages_count"] == 2
    assert after["messages"][1]["match"] == "copy" and after["messages"][1]["direction"] == "in"
    assert house.events(first.number, "copy")[0]["text"] == "copy"
    assert not house.events(first.number, "reopened")
    assert f"ticket={first.number} event=copy whose=inbound match=copy" in house.daemon.log_text()


def test_a_copy_that_comes_again_adds_nothing(house, carla, scan):
    first = house.mail(carla, **scan)
    for _ in range(2):
        again = house.mail(carla, **scan, body=FOOTER)
        assert (again.number, again.match, again.event) == (first.number, "copy", "copy")
    assert house.ticket(first.number)["messages_count"] == 2
    assert house.daemon.run_ticket("check").returncode == 0


def test_a_copy_is_found_when_the_first_was_split_off(house, carla, scan):
    first = house.mail(carla, **scan)
    house.mail(carla, **scan, body=FOOTER)
    house.daemon.run_ticket("split", str(first.number), "1")
    assert house.daemon.run_ticket("check").returncode == 0


OTHERS = {
    "another text": (dict(body="page 1\n"), dict(body="page 2\n")),
    "a text that only begins like it": (
        dict(body="Alarm in room 1\n"),
        dict(body="Alarm in room 12\n"),
    ),
    "a text where there was none": (dict(body=""), dict(body="something\n")),
    "another subject": (dict(subject="Door 1 open", body=""), dict(subject="Door 2 open", body="")),
    "another file of the same size": (attached("Scan", PAGE), attached("Scan", b"\1" * 6000)),
    "another name of it": (attached("Scan", PAGE), attached("Scan", PAGE, "two.bmp")),
    "a file more": (dict(body="Scan\n"), attached("Scan", PAGE)),
    "a file less": (attached("Scan", PAGE), dict(body="Scan\n")),
}


@pytest.mark.parametrize("first, second", OTHERS.values(), ids=OTHERS)
def test_a_device_with_one_id_and_a_dead_clock_opens_its_own_tickets(house, scan, first, second):
    one, two = house.mail(SCANNER, **scan, **first), house.mail(SCANNER, **scan, **second)
    assert two.number != one.number and two.event == "opened"


def test_files_that_came_with_it_make_it_the_same(house, scan):
    first = house.mail(SCANNER, **scan, **attached("Scan", PAGE))
    second = house.mail(SCANNER, **scan, **attached("CAUTION\n\nScan", PAGE))
    assert (second.number, second.match) == (first.number, "copy")


@pytest.mark.parametrize(
    "other",
    [
        dict(who="Other <other@customer.example>"),
        dict(date="Fri, 02 Jan 1970 00:10:00 +0000"),
        dict(message_id="<other@customer.example>"),
    ],
    ids=["author", "date", "id"],
)
def test_another_author_date_or_id_is_no_copy(house, carla, scan, other):
    first = house.mail(carla, **scan)
    assert house.mail(**{"who": carla, **scan, "body": FOOTER, **other}).number != first.number


def test_what_carries_our_tag_and_number_is_recorded_whatever_it_says(house, carla, scan):
    first = house.mail(carla, **scan)
    claims = dict(subject=first.subject, headers=[f"X-Ticket: {first.number}"])
    second = house.mail(carla, **scan, **claims, body="A wholly other text.\n")
    assert (second.number, second.match) == (first.number, "copy")
    texts = [message["text"] for message in messages(house, first.number)]
    assert texts == [TEXT, "A wholly other text.\n"]


def test_a_second_way_of_a_reply_neither_wakes_nor_answers(house, carla, scan):
    asked = house.mail(carla)
    house.mail(carla, reply_to=asked, **scan)
    house.daemon.run_ticket("close", str(asked.number))
    second = house.mail(carla, reply_to=asked, **scan, body="Hello,\n\nit burns.\n_____\nlist\n")
    assert (second.number, second.match) == (asked.number, "copy")
    assert second.header("X-Ticket-Status") == "closed"


def test_a_copy_brings_nobody_into_the_ticket(house, carla, scan):
    first = house.mail(carla, **scan)
    eve = ["Cc: eve@evil.example", "Reply-To: eve@evil.example"]
    assert house.mail(carla, **scan, body=FOOTER, headers=eve).match == "copy"
    assert "eve@evil.example" not in house.ticket(first.number)["participants"]
    assert house.mail("eve@evil.example", subject=first.subject).number != first.number


def test_a_copy_goes_to_the_survivor_and_never_to_a_purged_ticket(house, carla, scan):
    one, other = house.mail(carla, **scan), house.mail(carla)
    house.daemon.run_ticket("merge", str(one.number), "--into", str(other.number))
    assert house.mail(carla, **scan, body=FOOTER).number == other.number
    house.daemon.run_ticket("close", str(other.number))
    house.daemon.run_ticket("purge", "--closed-before", "2099-01-01")
    again = house.mail(carla, **scan, body=TEXT + "-- \nanother footer\n")
    assert (again.match, again.event) == ("new", "opened")
    assert again.number not in (one.number, other.number)


def answer(house, asked, to, **words):
    data = compose(
        "Anna Adler <anna@example.com>",
        to="carla@customer.example",
        headers=[f"In-Reply-To: {asked.id}"],
        **words,
    )
    return house.hand_in(data, "anna@example.com", to, "anna")


def test_a_second_way_of_an_agents_answer_leaves_as_the_first(house, carla, scan):
    asked = house.mail(carla)
    reply = dict(subject="Re: Printer !tag +hot", **scan)
    first = answer(house, asked, "carla@customer.example", **reply)
    second = answer(house, asked, "dora@other.example", body=FOOTER, **reply)
    assert second.header("From") == first.header("From") == "Anna Adler <support@example.com>"
    assert (second.number, second.event, second.subject) == (asked.number, "copy", first.subject)
    assert directions(house, asked.number) == ["in", "out", "out"]
    assert len(house.events(asked.number, "tag")) == 1


def test_an_agents_answer_that_comes_back_by_a_list_is_recorded(house, carla, scan):
    asked = house.mail(carla)
    sent = answer(house, asked, "carla@customer.example", **scan)
    status = house.ticket(asked.number)["status"]
    back = house.hand_in(sent.mail + b"_____\r\nusers list\r\n", "users-bounces@lists.example")
    assert (back.number, back.event) == (asked.number, "copy")
    assert back.header("X-Ticket-Status") == status
    assert len(messages(house, asked.number)) == 3


def test_a_note_that_comes_changed_stays_a_note_and_does_not_leave(house, carla, scan):
    asked = house.mail(carla)
    note = dict(reply_to=asked, sender="anna@example.com", authen="anna", **scan)
    house.mail("Anna <anna@example.com>", **note)
    inside = house.mail("Anna <anna@example.com>", body=FOOTER, **note)
    assert inside.event == "copy"
    data = compose(
        "Anna <anna@example.com>", headers=[f"In-Reply-To: {asked.id}"], body="it burns.\n", **scan
    )
    outside = house.hand_in(data, "anna@example.com", "carla@customer.example", "anna")
    assert not outside.result.accepted
    assert directions(house, asked.number) == ["in", "note", "note"]

"""Caps on what one transaction brings, at the limit and one past it; the values are those of lib/base/limits.h."""
import pytest

from harness import client
from harness.daemon import SUPPORT
from harness.house import OPS
from harness.limits import LIMITS

CARLA = "carla@customer.example"
PAST = pytest.mark.parametrize("past", [0, 1], ids=["at", "past"])


@PAST
def test_accounts_among_recipients_are_looked_at_up_to_a_limit(build, past):
    house = build([SUPPORT, {**OPS, "deliver": "none"}])
    """LIMIT_RECIPIENTS are looked at, and one of the crowd is past them."""
    most = LIMITS["LIMIT_RECIPIENTS"]
    crowd = [f"user{index}@example.com" for index in range(most + 1)]
    ours = ["support@example.com"] * (LIMITS["LIMIT_RECIPIENTS_OURS"] - most - 1 + past)
    mail = house.mail(to=[*crowd, *ours, "ops@example.com"])
    assert mail.number == 1
    assert [edit[3].strip("<>") for edit in mail.result.edits if edit[0] == "not-recipient"] == (
        [] if past else ["ops@example.com"]
    )


def header_bytes(lines):
    """As the filter counts: name, value with the white space before it, and two."""
    return sum(len(line) + 1 for line in lines)


def many(room, reserve):
    return [b"X: y"] * room["count"], [b"Sender: a@customer.example"] * reserve["count"]


def long(room, reserve):
    def lines(name, size, most=LIMITS["LIMIT_DECIDING_BYTES"]):
        rest = most + size % most
        sizes = [most] * (size // most - 1) + [rest // 2, rest - rest // 2]
        return [name + b"y" * (size - len(name) - 1) for size in sizes]

    return lines(b"X: ", room["bytes"]), lines(b"Sender: ", reserve["bytes"])


@PAST
@pytest.mark.parametrize("flood", [many, long])
def test_headers_that_decide_are_read_behind_a_flood_up_to_a_limit(build, flood, past):
    house = build()
    asked = house.mail(f"Carla <{CARLA}>")
    lines = [
        f"From: {CARLA}".encode(),
        b"To: support@example.com",
        b"Subject: Printer",
        b"Message-ID: <behind@customer.example>",
    ]
    last = [f"In-Reply-To: {asked.id}".encode()]
    reserve = {
        "bytes": LIMITS["LIMIT_HEADER_RESERVE_BYTES"],
        "count": LIMITS["LIMIT_HEADER_RESERVE_COUNT"],
    }
    room = {
        "bytes": LIMITS["LIMIT_HEADER_BYTES"] - reserve["bytes"] - header_bytes(lines),
        "count": LIMITS["LIMIT_HEADER_COUNT"] - reserve["count"] - len(lines),
    }
    junk, filler = flood(
        room,
        {
            "bytes": reserve["bytes"] - header_bytes(last) + past,
            "count": reserve["count"] - len(last) + past,
        },
    )
    mail = house.hand_in(b"\n".join([*lines, *junk, *filler, *last, b"", b"x\n"]), CARLA)
    if past:
        assert refused(mail) and len(house.daemon.tickets()) == 1
        assert "event=refused whose=refused" in house.daemon.log_text()
    else:
        assert mail.number == asked.number


def refused(mail):
    return not mail.result.accepted and mail.result.reply.startswith("550 5.6.0 ")


@PAST
@pytest.mark.parametrize(
    "line",
    ["X-Ticket-{}: 1", "X-Ticket: {}", "Subject: [example.com #1] {}", "Reply-To: a{}@x.example"],
)
def test_more_headers_than_an_mta_can_change_are_refused(build, line, past):
    """LIMIT_EDITED_HEADERS; the mail has a Subject and a Message-ID."""
    house = build()
    headers = [line.format(n) for n in range(LIMITS["LIMIT_EDITED_HEADERS"] - 2 + past)]
    mail = house.mail(f"Carla <{CARLA}>", subject="Printer", headers=headers)
    if past:
        assert refused(mail) and house.daemon.tickets() == []
    else:
        delivered = client.fields(mail.mail)
        assert mail.number == 1
        tagged = [value for name, value in delivered if name == "Subject" and "#" in value]
        assert tagged == ["[example.com #1] Printer"]
    assert house.mail(f"Carla <{CARLA}>").number == 2 - past


@PAST
def test_one_header_may_be_as_large_as_a_packet(build, past):
    """LIMIT_PACKET_BYTES: libmilter hangs up on what is larger, and nobody else notices."""
    house = build()
    line = b"X: " + b"y" * (LIMITS["LIMIT_PACKET_BYTES"] - 4 + past)
    data = b"\n".join(
        [
            f"From: {CARLA}".encode(),
            b"To: support@example.com",
            b"Subject: Printer",
            line,
            b"",
            b"x\n",
        ]
    )
    if past:
        with pytest.raises(OSError):
            house.hand_in(data, CARLA)
    else:
        assert house.hand_in(data, CARLA).subject.endswith("Printer")
    assert house.mail(f"Carla <{CARLA}>").number == 2 - past

"""Mail that is broken or odd, stored ones and ones made here: each becomes a ticket, in bounded time and memory, and none brings a header in."""
import pathlib
import re
import time

import pytest

from harness.daemon import SUPPORT
from harness.house import House

MAILS = sorted((pathlib.Path(__file__).parents[1] / "mail").glob("*.eml"))
CARLA = "carla@customer.example"
SECONDS = 30
FOLD = re.compile(r"\r?\n(?=[ \t])")

# What the Subject is after the tag, where that is not what it was. Raw bytes that are no UTF-8 are
# surrogates here.
SUBJECTS = {
    "subject-prefixes-of-many-languages": "AW: WG: Printer on fire",
    "subject-unknown-charset-with-tag": "=?x-house-17?Q?Re=3A_Dr=FCcker?=",
    "subject-line-end-and-tag-in-encoded-word": "=?UTF-8?B?YSAgQmNjOiBldmVAb3RoZXIuZXhhbXBsZQ==?=",
    "subject-tag-wholly-encoded": "=?UTF-8?B?UmU6IFByaW50ZXI=?=",
    "subject-tag-across-encoded-words": "=?UTF-8?B?UmU6IA==?= =?UTF-8?B?UHJpbnRlcg==?=",
    "subject-tag-nested": "Printer",
    "subject-two-tags": None,
    "subject-tag-folded": None,
    "subject-tag-in-encoded-word": None,
    "subject-10-kB": None,
    "subject-10-kB-folded": None,
    "subject-word-of-2-kB": None,
    "subject-with-nul": None,
    "subject-empty-encoded-words": "=?utf-8?Q?" "?= =?utf-8?B?" "?= Printer",
}


@pytest.fixture(scope="module")
def desk():
    """Reports are tickets, too, so that every mail has one."""
    house = House([{**SUPPORT, "autoresponse": {"opened": ""}}], policy={"auto_replies": "ticket"})
    yield house
    assert not house.daemon.ended()
    assert house.daemon.run_ticket("check").returncode == 0
    house.end()


def first_subject(data):
    """The raw value, unfolded, without white space around it; "" when there is none."""
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0].decode("utf-8", "surrogateescape")
    found = re.search(r"^Subject[ \t]*:(.*(?:\n[ \t].*)*)", head, re.M | re.I)
    return FOLD.sub("", found[1]).strip() if found else ""


def sound(value):
    """No line end but a fold, no NUL, no line that is too long."""
    rest = FOLD.sub("", value)
    return (
        "\n" not in rest
        and "\r" not in rest
        and "\0" not in rest
        and all(len(line) <= 998 for line in value.split("\n"))
    )


def hand_in(desk, data):
    began = time.monotonic()
    arrival = desk.hand_in(data, CARLA)
    assert arrival.result.accepted, arrival.result
    assert time.monotonic() - began < SECONDS
    assert [name.lower() for name in arrival.names()].count("x-ticket") == 1
    for edit in arrival.result.edits:
        assert edit[0] in ("add", "change", "insert") and edit[1] != "Bcc"
        assert sound(edit[3]), edit
    return arrival.number, arrival


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_stored_mail_becomes_a_ticket_and_keeps_its_subject(desk, path):
    data = path.read_bytes()
    number, arrival = hand_in(desk, data)
    tag = f"[example.com #{number}]"
    (subject, *_) = arrival.result.headers("Subject") or [first_subject(data)]
    value = FOLD.sub("", subject).strip()
    assert value.startswith(tag) and value.count(tag) == 1
    expected = SUBJECTS.get(path.stem, first_subject(data))
    if expected is not None:
        assert value == f"{tag} {expected}".strip()
    shown = desk.ticket(number)
    assert shown["number"] == number and shown["messages"]
    assert desk.daemon.run_ticket("show", number).returncode == 0
    assert desk.daemon.run_ticket("show", number, "--mbox").stdout.startswith(b"From ")


def head(name, *more):
    return "\r\n".join(
        [
            f"From: Carla <{CARLA}>",
            "To: support@example.com",
            f"Subject: {name}",
            f"Message-ID: <made-{name}@customer.example>",
            *more,
            "",
        ]
    ).encode()


def multipart(count):
    return (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count
        + b"--b--\r\n"
    )


def nested(depth):
    return (
        b"MIME-Version: 1.0\r\n"
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
            for n in range(depth)
        )
        + b"\r\ndeep\r\n"
    )


MADE = {
    "ten-thousand-parts": lambda: multipart(10_000),
    "hundred-thousand-parts": lambda: multipart(100_000),
    "nested-1000-deep": lambda: nested(1_000),
    "nested-20000-deep": lambda: nested(20_000),
    "messages-in-messages": lambda: b"MIME-Version: 1.0\r\n"
    + b"Content-Type:\r\n message/rfc822\r\n\r\n" * 50_000,
    "line-of-100-kB": lambda: b"\r\n" + b"x" * 100_000 + b"\r\n",
    "header-of-1-MB": lambda: b"X-Long: " + b"word " * 200_000 + b"\r\n\r\nx\r\n",
    "headers-of-2-MB": lambda: (
        b"X-Many: of them, " + b"so that they are more than is read. " * 2 + b"\r\n"
    )
    * 23_000
    + b"\r\nx\r\n",
    "headers-20000": lambda: b"A: b\r\n" * 20_000 + b"\r\nx\r\n",
    "references-of-500-kB": lambda: b"References:"
    + b" <a@customer.example>\r\n" * 25_000
    + b"\r\nx\r\n",
    "comments-never-closed": lambda: b"In-Reply-To: " + b"(\"" * 100_000 + b"\r\n\r\nx\r\n",
    "groups-in-groups": lambda: b"Cc: " + b"a:" * 300_000 + b"\r\n\r\nx\r\n",
    "groups-in-an-attached-message": lambda: b"Content-Type: message/rfc822\r\n\r\nFrom: "
    + b"a:" * 300_000
    + b"\r\n\r\nx\r\n",
    "recipients-50000": lambda: b"Cc: " + b"a@b.example,\r\n " * 50_000 + b"\r\n\r\nx\r\n",
    "bare-line-feeds": lambda: b"\r\none\ntwo\n\n.\nthree\r\n",
    "line-ends-5-million": lambda: b"\r\n" + b"\r\n" * 5_000_000,
    "carriage-returns-5-million": lambda: b"\r\n" + b"\r" * 5_000_000,
    "styles-never-closed": lambda: b"Content-Type: text/html\r\n\r\n" + b"<style>" * 500_000,
    "report-of-100000-recipients": lambda: (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n'
        + b"Final-Recipient: rfc822;a@b.example\r\nAction: failed\r\n\r\n" * 100_000
        + b"--b--\r\n"
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_a_made_mail_becomes_a_ticket_in_bounded_time(desk, name):
    number, arrival = hand_in(desk, head(name) + MADE[name]())
    assert arrival.subject == f"[example.com #{number}] {name}"
    assert desk.ticket(number)["messages"]


def resident(desk):
    """The most memory that the daemon ever had, in bytes."""
    status = pathlib.Path(f"/proc/{desk.daemon.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def is_plain_build(desk):
    """Sanitizers keep freed memory on purpose."""
    return b"libasan" not in pathlib.Path(
        f"/proc/{desk.daemon.process.pid}/maps"
    ).read_bytes() and "gcc" in str(desk.daemon.process.args[0])


def test_a_mail_of_50_MB_is_archived_whole_and_takes_no_memory(desk):
    line = b"0123456789abcdef" * 4 + b"\r\n"
    hand_in(desk, head("first") + b"\r\n" + line * 30_000)
    before = resident(desk)
    number, _ = hand_in(desk, head("large") + b"\r\n" + line * 800_000)
    if is_plain_build(desk):
        assert resident(desk) - before < 4 * 1024 * 1024
    (message,) = desk.ticket(number)["messages"]
    archived = (desk.daemon.archive / message["archive"]).read_bytes()
    assert archived.partition(b"\n\n")[2] == line.replace(b"\r\n", b"\n") * 800_000

"""Mailboxes to import, written as mail programs write them."""
import re
from email.utils import formatdate

BEGIN = 1_700_000_000  # 14 November 2023


def mail(
    number,
    *,
    sender="carla@customer.example",
    name="Carla Kern",
    to="support@example.com",
    subject=None,
    body=None,
    answers=(),
    day=None,
    headers=(),
):
    """The nth mail of a box, a day after the one before; `answers` are the numbers of mails that it answers, oldest first."""
    lines = [
        f"From: {name} <{sender}>",
        f"To: {to}",
        f"Subject: {subject or f'Question {number}'}",
        f"Message-ID: {message_id(number)}",
    ]
    if day is not False:
        lines.append(f"Date: {formatdate(BEGIN + 86400 * (number if day is None else day))}")
    if answers:
        lines += [
            f"In-Reply-To: {message_id(answers[-1])}",
            "References: " + " ".join(map(message_id, answers)),
        ]
    return "\n".join([*lines, *headers, "", body or f"Text of mail {number}.", ""]).encode()


def message_id(number):
    return f"<box-{number}@customer.example>"


def quoted(data):
    """As mboxrd quotes."""
    return b"\n".join(
        b">" + line if line.lstrip(b">").startswith(b"From ") else line
        for line in data.split(b"\n")
    )


def sender(data):
    found = re.search(rb"^From: .*<(.*)>$", data, re.M)
    return found.group(1) if found else b"MAILER-DAEMON"


def mbox(mails):
    return b"".join(
        b"From %s Tue Nov 14 22:13:20 2023\n" % sender(data) + quoted(data) + b"\n"
        for data in mails
    )


def maildir(path, folders):
    """A Maildir with mails by folder, "" for the inbox: {"": […], ".Sent": […]}."""
    for folder, mails in folders.items():
        for part in ("tmp", "new", "cur"):
            (path / folder / part).mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(mails):
            part, flags = ("cur", ":2,S") if i % 2 else ("new", "")
            (path / folder / part / f"{BEGIN + i}.M{i}P1.host{flags}").write_bytes(data)
    return path

"""Mail through a real Postfix: what is tagged, what finds its ticket, and what must not be touched."""
import base64
import hashlib
import pathlib
import re
import time

import pytest

from harness import client
from harness.client import compose, field, fields, split
from harness.desk import DESK, Customer, number, without_trace
from harness.ground import new_directory, run, tool, wait_until
from harness.postfix import Postfix

OPS = {"address": "ops@example.com", "queue": "ops", "autoresponse": {"opened": ""}}


def accounts(desk, *more):
    return [*desk.daemon.settings["accounts"], *more]


# --- a new ticket -------------------------------------------------------------------


def test_a_customers_mail_is_tagged_and_recorded_while_it_is_delivered(desk):
    carla = Customer()
    mail = desk.asks(carla, subject="Printer on fire", body="Hello,\n\nit burns.\n")
    assert field(mail, "Subject") == "[example.com #1] Printer on fire"
    expected = {
        "X-Ticket": "1",
        "X-Ticket-Queue": "support",
        "X-Ticket-Project": "helpdesk",
        "X-Ticket-Status": "new",
        "X-Ticket-Agent": None,
        "X-Ticket-Priority": "normal",
        "X-Ticket-Match": "new",
        "X-Ticket-Event": "opened",
    }
    assert {name: field(mail, name) for name in expected} == expected
    ticket = desk.daemon.show(1)
    assert (ticket["subject"], ticket["status"], ticket["requester"]["address"]) == (
        "Printer on fire",
        "new",
        carla.address,
    )
    assert [message["direction"] for message in ticket["messages"]][0] == "in"


@pytest.mark.parametrize(
    "body",
    [
        b"plain\r\n",
        b"",
        b"no line end at the end",
        b".\r\n..\r\n.leading dots\r\n",
        b"\r\n\r\n\r\ntrailing blanks  \r\n\t\r\n\r\n",
        b"From the start of a line\r\n",
        b"x" * 900 + b"\r\n",
        bytes(range(1, 10)) + bytes(range(14, 256)) + b"\r\n",
        b"line\r\n" * 50000,
    ],
    ids=[
        "plain",
        "empty",
        "unfinished",
        "dots",
        "blanks",
        "from",
        "long-line",
        "all-bytes",
        "300-kB",
    ],
)
def test_no_byte_of_the_body_changes(desk, body):
    data = compose(Customer().header).partition(b"\n\n")[0] + b"\n\n"
    data = client.crlf(data) + body
    smtp = client.connect(desk.mta.port)
    answer = client.submit(smtp, "carla@customer.example", [DESK], data, ["BODY=8BITMIME"])
    smtp.close()
    assert answer.accepted, answer
    delivered = split(desk.arrived(data)[0])[1]
    assert delivered in (body, body + b"\r\n")


def submit_raw(port, data):
    """Hands over bytes that smtplib would mend; they end with a line end."""
    smtp = client.connect(port)
    smtp.mail("carla@customer.example")
    smtp.rcpt(DESK)
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(data + b".\r\n")
    assert smtp.getreply()[0] == 250
    smtp.close()


@pytest.mark.parametrize(
    "body",
    [
        b"bare\nline ends\n\nin it\r\n",
        b"bare\rreturns\r\r\r\n",
        b"a NUL \0 in it\r\n",
        b"x" * 5000 + b"\r\n",
    ],
    ids=["bare-lf", "bare-cr", "nul", "5000-byte-line"],
)
def test_what_postfix_makes_of_odd_bytes_is_the_same_with_and_without_the_milter(desk, body):
    bodies = []
    for port in (desk.mta.port, desk.mta.plain_port):
        head = client.crlf(compose(Customer().header).partition(b"\n\n")[0])
        desk.mailbox.clear()
        submit_raw(port, head + b"\r\n\r\n" + body)
        (mail,) = desk.mailbox.wait_mails(DESK)
        bodies.append(mail.data.partition(b"\r\n\r\n")[2])
    assert bodies[0] == bodies[1]
    assert len(desk.daemon.tickets()) == 1


def test_headers_that_are_not_ours_keep_their_bytes_and_order(desk):
    folded = "X-Folded: one\n two\n\tthree"
    raw = "X-Odd:no space"
    carla = Customer()
    mail = desk.asks(
        carla, headers=[folded, raw, "Received: from a\n by b; Mon, 1 Jun 2026 10:00:00 +0200"]
    )
    head = split(mail)[0]
    assert b"X-Folded: one\r\n two\r\n\tthree\r\n" in head
    assert b"X-Odd:no space\r\n" in head
    names = [name for name, _ in fields(mail) if not name.startswith("X-Ticket")]
    assert names == [
        "Received",
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Folded",
        "X-Odd",
        "Received",
    ]


@pytest.mark.parametrize("name", ["X-Long", "References", "To"])
def test_a_header_of_a_hundred_thousand_bytes_is_no_hindrance(desk, name):
    """More than a packet of the milter protocol holds by default."""
    words = {"To": "x@example.org,", "References": "<y@example.org>"}.get(name, "words")
    value = "\n ".join([words] * (95000 // (len(words) + 3)))
    data = compose(Customer().header, headers=[f"{name}: {value}"])
    desk.deliver(data, "carla@customer.example")
    assert number(desk.arrived(data)[0]) == 1


def test_forged_ticket_headers_are_removed(desk):
    mail = desk.asks(
        Customer(),
        headers=[
            "X-Ticket: 99",
            "X-Ticket-Queue: secret",
            "x-ticket: 98",
            "X-Ticket-Made-Up: yes",
            "X-Tickets: 7",
        ],
    )
    assert number(mail) == 1
    assert field(mail, "X-Ticket-Queue") == "support"
    assert field(mail, "X-Ticket-Made-Up") is None and field(mail, "X-Tickets") is None


def test_a_mail_without_a_subject_gets_the_tag_as_its_subject(desk):
    assert field(desk.asks(Customer(), subject=None), "Subject") == "[example.com #1]"


def test_a_missing_message_id_is_added(desk):
    data = compose(Customer().header, message_id=None)
    desk.deliver(data, "carla@customer.example")
    (mail,) = desk.mailbox.wait_mails(DESK)
    assert re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", field(mail.data, "Message-ID"))
    assert desk.daemon.show(1)["messages"][0]["message_id"] == field(mail.data, "Message-ID")


# --- replies ------------------------------------------------------------------------


def test_a_reply_that_kept_only_the_message_id_finds_its_ticket_and_gets_its_tag_back(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer")
    reply = desk.replies(asked, carla, subject="Re: Printer")
    assert (number(reply), field(reply, "X-Ticket-Match"), field(reply, "X-Ticket-Event")) == (
        1,
        "message-id",
        "followup",
    )
    assert field(reply, "Subject") == "[example.com #1] Re: Printer"


def test_a_reply_that_kept_only_the_tag_finds_its_ticket(desk):
    carla = Customer()
    asked = desk.asks(carla, subject="Printer")
    again = desk.asks(carla, subject="AW: " + field(asked, "Subject"))
    assert (number(again), field(again, "X-Ticket-Match")) == (1, "subject")
    assert field(again, "Subject") == "[example.com #1] AW: Printer"


def test_a_reply_to_the_automatic_answer_finds_its_ticket_by_token_and_id(desk):
    carla = Customer()
    desk.asks(carla)
    answer = desk.answer_to(carla).data
    token = re.sub(r".*<(.*)>", r"\1", field(answer, "Reply-To"))
    assert re.fullmatch(r"support\+1-[a-z2-7]{8}@example\.com", token)
    reply = desk.asks(carla, recipient=token, subject="no tag, no id")
    assert (number(reply), field(reply, "X-Ticket-Match")) == (1, "token")
    assert field(desk.replies(answer, carla, subject="no tag"), "X-Ticket-Match") == "message-id"


def test_a_token_with_a_wrong_mac_is_the_plain_address(desk):
    desk.asks(Customer())
    assert number(desk.asks(Customer(), recipient="support+1-aaaaaaaa@example.com")) == 2


def test_a_strangers_tag_opens_a_linked_ticket(desk):
    desk.asks(Customer(), subject="Printer")
    mail = desk.asks(Customer("Stranger"), subject="Re: [example.com #1] Printer")
    assert number(mail) == 2
    assert desk.daemon.show(2)["links"] == [1] and desk.daemon.show(1)["links"] == [2]


def test_a_closed_ticket_is_reopened_by_a_reply(desk):
    carla = Customer()
    asked = desk.asks(carla)
    desk.daemon.run_ticket("close", "1")
    reply = desk.replies(asked, carla)
    assert (number(reply), field(reply, "X-Ticket-Event"), field(reply, "X-Ticket-Status")) == (
        1,
        "reopened",
        "open",
    )


# --- whose mail ----------------------------------------------------------------------


def test_mail_of_others_is_identical_with_and_without_the_milter(desk):
    data = compose(
        "A <a@other.example>",
        "colleague@example.com",
        "=?utf-8?q?K=C3=A4se?= [example.com #1]",
        "text \n\n.\n.\n",
        headers=["X-Ticket: 7", "Subject: second", "X-Long: " + "y" * 800],
    )
    desk.deliver(data, "a@other.example", "colleague@example.com")
    with_milter = desk.arrived(data, "colleague@example.com")[0]
    desk.mailbox.clear()
    desk.deliver(data, "a@other.example", "colleague@example.com", port=desk.mta.plain_port)
    assert without_trace(with_milter) == without_trace(
        desk.arrived(data, "colleague@example.com")[0]
    )
    assert desk.daemon.tickets() == []


@pytest.mark.parametrize(
    "recipient", ["SUPPORT@Example.COM", '"support"@example.com', "support+billing@example.com"]
)
def test_an_account_is_known_in_every_spelling(desk, recipient):
    data = compose(Customer().header)
    desk.deliver(data, "carla@customer.example", recipient)
    (mail,) = wait_until(
        lambda: [mail.data for mail in desk.mailbox.mails() if field(mail.data, "X-Ticket")],
        "the tagged mail",
    )
    assert number(mail) == 1


def test_bcc_counts_and_the_header_does_not(desk):
    carla = Customer()
    hidden = compose(carla.header, "somebody@else.example")
    desk.deliver(hidden, carla.address, DESK)
    assert number(desk.arrived(hidden)[0]) == 1
    named = compose(carla.header, DESK)
    desk.deliver(named, carla.address, "colleague@example.com")
    assert field(desk.arrived(named, "colleague@example.com")[0], "X-Ticket") is None
    assert len(desk.daemon.tickets()) == 1


def test_an_alias_of_the_account_is_tagged_under_the_accounts_own_address_only(desk):
    desk.daemon.restart(
        accounts=accounts(desk, {"address": "aliased@example.com", "autoresponse": {"opened": ""}})
    )
    data = compose(Customer().header)
    desk.deliver(data, "carla@customer.example", "aliased@example.com")
    assert number(desk.arrived(data, "team@example.com")[0]) == 1
    desk.deliver(compose(Customer().header), "carla@customer.example", "team@example.com")
    assert len(desk.daemon.tickets()) == 1


def test_one_mail_to_two_accounts_is_one_ticket_watched_by_the_other_queue(desk):
    desk.daemon.restart(accounts=accounts(desk, OPS))
    data = compose(Customer().header)
    desk.deliver(data, "carla@customer.example", ["ops@example.com", DESK])
    assert number(desk.arrived(data)[0]) == 1
    (ticket,) = desk.daemon.tickets()
    assert (ticket["queue"], ticket["queues"]) == ("support", ["support", "ops"])
    assert [t["number"] for t in desk.daemon.ticket("list", "--queue", "ops")] == [1]


def test_one_mail_to_two_accounts_in_two_transactions_is_one_ticket(desk):
    desk.daemon.restart(accounts=accounts(desk, OPS))
    data = compose(Customer().header)
    for recipient in (DESK, "ops@example.com"):
        desk.deliver(data, "carla@customer.example", recipient)
        assert number(desk.arrived(data, recipient)[0]) == 1
    (ticket,) = desk.daemon.tickets()
    assert ticket["queues"] == ["support", "ops"] and ticket["messages_count"] == 1


@pytest.mark.parametrize("policy, tagged", [("tag", True), ("leave", False)])
def test_a_mail_that_others_get_too_is_tagged_or_left_as_the_policy_says(desk, policy, tagged):
    desk.daemon.restart(policy={"mixed_recipients": policy})
    data = compose(Customer().header, subject="Printer")
    desk.deliver(data, "carla@customer.example", [DESK, "colleague@example.com"])
    for recipient in (DESK, "colleague@example.com"):
        assert field(desk.arrived(data, recipient)[0], "Subject") == (
            "[example.com #1] Printer" if tagged else "Printer"
        )
    assert len(desk.daemon.tickets()) == 1


def test_old_mail_is_left_alone(desk):
    desk.daemon.restart(accounts=[{**desk.daemon.settings["accounts"][0], "since": "2026-01-01"}])
    old = desk.asks(Customer(), date="Wed, 31 Dec 2025 12:00:00 +0000")
    assert field(old, "X-Ticket") is None
    assert number(desk.asks(Customer(), date="Fri, 02 Jan 2026 12:00:00 +0000")) == 1


def test_five_hundred_recipients_are_no_hindrance(desk):
    data = compose(Customer().header)
    desk.deliver(
        data,
        "carla@customer.example",
        [DESK, *(f"user{index}@example.com" for index in range(499))],
    )
    assert number(desk.arrived(data)[0]) == 1


# --- retries and failures --------------------------------------------------------------


def test_the_same_mail_twice_is_one_message_with_one_tag_and_one_answer(desk):
    carla = Customer()
    data = compose(carla.header)
    for _ in range(2):
        desk.deliver(data, carla.address)
    copies = wait_until(lambda: len(desk.arrived(data)) == 2 and desk.arrived(data), "both copies")
    assert [number(copy) for copy in copies] == [1, 1]
    assert field(copies[0], "Subject") == field(copies[1], "Subject")
    desk.answer_to(carla)
    (ticket,) = desk.daemon.tickets()
    assert ticket["messages_count"] == 1


@pytest.mark.parametrize(
    "missing",
    [(), ("Message-ID",), ("Date",), ("Message-ID", "Date", "From")],
    ids=["whole", "id", "date", "all"],
)
def test_a_content_filter_behind_the_queue_makes_no_second_message(desk, missing):
    carla = Customer()
    head, _, body = compose(carla.header, subject="Printer").partition(b"\n\n")
    head = b"\n".join(
        line for line in head.split(b"\n") if line.partition(b":")[0].decode() not in missing
    )
    desk.deliver(head + b"\n\n" + body, carla.address, port=desk.mta.filtered_port)
    (mail,) = [mail.data for mail in desk.mailbox.wait_mails(DESK)]
    assert field(mail, "Subject") == "[example.com #1] Printer"
    names = [name.lower() for name, _ in fields(mail)]
    assert {
        name: names.count(name)
        for name in ("x-ticket", "x-ticket-queue", "x-ticket-match", "message-id")
    } == {"x-ticket": 1, "x-ticket-queue": 1, "x-ticket-match": 1, "message-id": 1}
    assert names.count("received") >= 2
    assert (field(mail, "X-Ticket-Match"), field(mail, "X-Ticket-Event")) == ("new", "opened")
    (ticket,) = desk.daemon.tickets()
    assert ticket["messages_count"] == 1
    assert "duplicate=yes" in desk.daemon.log_text()


def test_the_same_message_id_with_another_body_is_a_message_of_its_own(desk):
    carla = Customer()
    for body in ("page one\n", "page two\n"):
        desk.deliver(
            compose(carla.header, body=body, message_id="<scan@device.example>"), carla.address
        )
    assert sum(ticket["messages_count"] for ticket in desk.daemon.tickets()) == 2


def test_without_the_daemon_the_mail_stays_with_the_sender(desk):
    desk.daemon.stop()
    answer = client.send(desk.mta.port, "carla@customer.example", DESK, compose())
    assert answer.code == 451, answer
    desk.daemon.start()
    desk.deliver(compose(), "carla@customer.example")


@pytest.mark.parametrize("protocol", ["2", "3", "4"])
def test_a_postfix_that_speaks_an_older_protocol_keeps_its_mail_until_it_is_set_right(
    desk, protocol
):
    settings = {**desk.mta.settings, "milter_protocol": protocol}
    old = Postfix(desk.mailbox.port, desk.mta.milter, settings=settings).start()
    try:
        answer = client.send(old.port, "carla@customer.example", DESK, compose())
        assert answer.code == 451, answer
    finally:
        old.stop()
    assert "set milter_protocol = 6" in desk.daemon.log_text()
    desk.deliver(compose(), "carla@customer.example")


@pytest.mark.parametrize("place", ["store", "archive"])
def test_a_full_disk_is_a_451_until_there_is_space_again(desk, place):
    daemon = desk.daemon
    daemon.stop()
    full = daemon.directory / f"small-{place}"
    full.mkdir()
    run(tool("mount"), "-t", "tmpfs", "-o", "size=1m,uid=65534,gid=65534,mode=755", "tmpfs", full)
    try:
        daemon.configure(**{place: {"path": full}})
        daemon.start()
        fill(full)
        data = compose(Customer().header, body="x" * 70 + "\n" + "line\n" * 20000)
        answer = client.send(desk.mta.port, "carla@customer.example", DESK, data)
        assert answer.code == 451, answer
        desk.deliver(
            compose("a@other.example", "colleague@example.com"),
            "a@other.example",
            "colleague@example.com",
        )
        (full / "filler").unlink()
        desk.deliver(data, "carla@customer.example")
        assert len(daemon.tickets()) == 1
        daemon.stop()
    finally:
        daemon.ended() or daemon.kill()
        run(tool("umount"), full)


def fill(directory):
    with (directory / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


# --- character sets and signatures --------------------------------------------------------


def test_an_8bit_mail_stays_8bit(desk):
    carla = Customer()
    body = "Grüße aus Köln\n"
    data = compose(
        carla.header,
        body=body,
        headers=[
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ],
    )
    desk.deliver(data, carla.address, options=["BODY=8BITMIME"])
    assert split(desk.arrived(data)[0])[1] == client.crlf(body.encode())
    assert desk.daemon.show(1)["messages"][0]["text"].strip() == "Grüße aus Köln"


def test_an_internationalised_address_is_a_requester_like_any_other(desk):
    data = compose("Jörg <jörg@customer.example>", subject="Grüße")
    desk.deliver(data, "jörg@customer.example", options=["SMTPUTF8", "BODY=8BITMIME"])
    mail = desk.arrived(data)[0]
    assert number(mail) == 1
    assert "Subject: [example.com #1] Grüße\r\n".encode() in mail
    assert desk.daemon.show(1)["requester"]["address"] == "jörg@customer.example"


@pytest.mark.parametrize(
    "subject",
    [
        b"\xe4\xf6\xfc raw Latin-1",
        "äöü raw UTF-8".encode(),
        b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=",
        b"=?x-unknown?Q?what?=",
    ],
)
def test_the_bytes_of_a_subject_stay_behind_its_tag(desk, subject):
    data = compose(Customer().header, subject="MARK").replace(b"MARK", subject)
    desk.deliver(data, "carla@customer.example")
    assert b"\r\nSubject: [example.com #1] " + subject + b"\r\n" in desk.arrived(data)[0]


def relaxed(body):
    """RFC 6376 3.4.4."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    return b"\r\n".join(lines)


def body_hash(data, canonical):
    """RFC 6376 3.7, SHA-256; both ways ignore empty lines at the end."""
    body = split(data)[1]
    body = re.sub(rb"(\r\n)*\Z", b"", relaxed(body) if canonical == "relaxed" else body)
    return base64.b64encode(hashlib.sha256(body + b"\r\n").digest()).decode()


@pytest.mark.parametrize("canonical", ["simple", "relaxed"])
def test_the_body_hash_of_a_dkim_signature_still_verifies(desk, canonical):
    body = "signed  text \t\n\n.\n\tx  y\n\n\n"
    signed = body_hash(compose(body=body), canonical)
    mail = desk.asks(
        Customer(),
        body=body,
        headers=[
            f"DKIM-Signature: v=1; a=rsa-sha256; c={canonical}/{canonical}; d=customer.example; s=a; h=from:date; bh={signed};\n b=AAAA"
        ],
    )
    assert re.search(r"bh=([^;]+);", field(mail, "DKIM-Signature"))[1] == body_hash(mail, canonical)


def smime_signed(directory, text, *how):
    run(
        tool("openssl"),
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=Carla/emailAddress=carla@customer.example",
        "-days",
        "30",
        "-keyout",
        directory / "key.pem",
        "-out",
        directory / "cert.pem",
        "-addext",
        "keyUsage=digitalSignature",
        "-addext",
        "extendedKeyUsage=emailProtection",
    )
    return run(
        tool("openssl"),
        *how,
        "-sign",
        "-signer",
        directory / "cert.pem",
        "-inkey",
        directory / "key.pem",
        stdin=text,
    ).stdout


@pytest.mark.parametrize(
    "how", [("smime",), ("cms",), ("cms", "-nodetach")], ids=["smime", "cms", "opaque"]
)
def test_an_smime_signature_verifies_after_delivery(desk, how):
    directory = new_directory("smime")
    entity = smime_signed(directory, b"Content-Type: text/plain\r\n\r\nI agree.\r\n", *how)
    head = compose(Customer().header).partition(b"\n\n")[0]
    data = head + b"\n" + entity.replace(b"\r\n", b"\n")
    desk.deliver(data, "carla@customer.example")
    mail = desk.arrived(data)[0]
    assert number(mail) == 1
    assert (
        b"I agree."
        in run(
            tool("openssl"), how[0], "-verify", "-CAfile", directory / "cert.pem", stdin=mail
        ).stdout
    )


def test_a_pgp_signature_verifies_after_delivery(desk):
    directory = new_directory("gnupg")
    directory.chmod(0o700)
    gpg = (tool("gpg"), "--homedir", directory, "--batch", "--quiet", "--no-tty")
    run(
        *gpg,
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
        "--quick-generate-key",
        "carla@customer.example",
        "ed25519",
        "sign",
    )
    part = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nI agree. \r\n-- \r\nCarla\r\n"
    signature = run(*gpg, "--armor", "--detach-sign", stdin=part).stdout
    body = (
        b"--frontier\r\n"
        + part
        + b"\r\n--frontier\r\nContent-Type: application/pgp-signature\r\n\r\n"
        + signature
        + b"\r\n--frontier--\r\n"
    )
    head = compose(
        Customer().header,
        headers=[
            "MIME-Version: 1.0",
            "Content-Type: multipart/signed; micalg=pgp-sha512;\n"
            " protocol=\"application/pgp-signature\"; boundary=frontier",
        ],
    ).partition(b"\n\n")[0]
    data = head + b"\n\n" + body
    desk.deliver(data, "carla@customer.example")
    delivered = split(desk.arrived(data)[0])[1].split(b"--frontier")
    (directory / "part").write_bytes(delivered[1][2:-2])
    (directory / "signature").write_bytes(delivered[2].partition(b"\r\n\r\n")[2])
    run(*gpg, "--verify", directory / "signature", directory / "part")
    run(tool("gpgconf"), "--homedir", directory, "--kill", "all")


def test_every_mail_file_is_accepted_and_becomes_a_ticket_or_is_left_alone(desk):
    files = sorted(pathlib.Path(__file__).parents[1].glob("mail/*.eml"))
    assert files
    smtp = client.connect(desk.mta.port)
    for path in files:
        answer = client.submit(
            smtp, "carla@customer.example", [DESK], path.read_bytes(), ["BODY=8BITMIME"]
        )
        assert answer.accepted, f"{path.name}: {answer}"
    smtp.close()
    assert not desk.daemon.ended()
    assert desk.daemon.run_ticket("check").returncode == 0


# --- floods of headers -----------------------------------------------------------------

FLOODS = ["X-Ticket-{}: forged", "X-Ticket-Foo: {}", "Subject: [example.com #7] {}"]


@pytest.mark.parametrize("line", FLOODS)
def test_many_forged_headers_are_gone_in_time(desk, line):
    """Postfix looks for each from the first on: their square counts."""
    carla = Customer()
    data = compose(
        carla.header,
        subject="Printer",
        top=["X-Junk: x"] * 9_500,
        headers=[line.format(n) for n in range(900)],
    )
    began = time.monotonic()
    desk.deliver(data, carla.address)
    assert time.monotonic() - began < 30
    mail = desk.arrived(data)[0]
    assert number(mail) == 1
    left = [f"{name}: {value}" for name, value in fields(mail)]
    assert not [field for field in left if re.search(r"forged|X-Ticket-Foo|#7\]", field)]


@pytest.mark.parametrize("line", FLOODS)
def test_more_of_them_are_refused_before_postfix_gives_up(desk, line):
    """Its cleanup ends itself at ten thousand changes, and the sender would try for days."""
    carla = Customer()
    data = compose(carla.header, headers=[line.format(n) for n in range(11_500)])
    answer = client.send(desk.mta.port, carla.address, DESK, data)
    assert str(answer).startswith("550 5.6.0 "), answer
    assert desk.daemon.tickets() == []

"""Everything that is recorded goes out, and comes back as it was."""
import email
import json
import mailbox
import os
import re

import pytest
from harness.box import mail, mbox, message_id
from harness.ground import new_directory, run
from harness.mutt import Mutt

VERA = "Vera <V.Visitor@home.example>"
ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def busy(desk, tmp_path):
    """A desk where much has happened: threads, merges, links, notes, answers in the outbox, a purged number."""
    box = tmp_path / "box"
    box.write_bytes(
        mbox(
            [
                mail(1, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="),
                mail(2, answers=[1]),
                mail(3),
                mail(4, headers=[f"Reply-To: {VERA}"]),
                mail(5, body="x \xff y"),
                mail(6, headers=["X-Odd: \xfc"]),
                mail(7, sender="dora@customer.example", name="Dora"),
            ]
        )
    )
    desk.add_agent("anna", name="Anna Adler", address="anna@example.com", queue="support")
    desk.run_ticket("import", box, *ACCOUNT)
    desk.run_ticket("note", "1", "-m", "She called again.")
    desk.run_ticket("reply", "1", "-m", "We are on it.")
    desk.run_ticket("merge", "2", "--into", "1")
    desk.run_ticket("link", "3", "4")
    desk.run_ticket("tag", "+hot", "4")
    desk.run_ticket("wait", "3d", "4")
    return desk


@pytest.fixture
def empty(desk):
    """Another store for the same configuration."""

    def make():
        directory = new_directory("empty")
        desk.configure(store={"path": directory / "store"})
        return desk

    return make


def exported(desk):
    return desk.run_ticket("export", "--json").stdout


def lines(data, kind):
    return [line for line in map(json.loads, data.splitlines()) if line["type"] == kind]


def test_an_export_read_into_an_empty_store_gives_the_same_export(busy, empty):
    before, listed, shown = exported(busy), busy.tickets(), [busy.show(n) for n in range(1, 6)]
    assert json.loads(before.splitlines()[0]) == {"type": "export", "schema": 1}
    assert {json.loads(line)["type"] for line in before.splitlines()} == {
        "export",
        "queue",
        "agent",
        "ticket",
        "message",
        "event",
        "outgoing",
        "row",
    }
    assert VERA in {message["reply_to"] for message in lines(before, "message")}
    copy = empty()
    copy.run_ticket("import", "--json", "-", stdin=before)
    assert exported(copy) == before
    assert (copy.tickets(), [copy.show(n) for n in range(1, 6)]) == (listed, shown)
    assert copy.run_ticket("check").returncode == 0


def test_answers_find_their_ticket_in_the_copy_and_numbers_go_on(busy, empty, tmp_path):
    data, copy = exported(busy), empty()
    copy.run_ticket("import", "--json", "-", stdin=data)
    sent = lines(data, "outgoing")[0]["message_id"]
    box = tmp_path / "later"
    box.write_bytes(
        mbox(
            [
                mail(20, answers=[2]),
                mail(21, answers=[3]),
                mail(22),
                mail(23, headers=[f"In-Reply-To: {sent}"]),
            ]
        )
    )
    (summary,) = copy.ticket("import", box, *ACCOUNT)
    assert (summary["opened"], summary["threaded"]) == (1, 3)
    assert [message["message_id"] for message in copy.show(1)["messages"]][-3:] == [
        message_id(n) for n in (20, 21, 23)
    ]
    assert max(ticket["number"] for ticket in copy.tickets()) == 1 + max(
        line["number"] for line in lines(data, "ticket")
    )


def test_some_tickets_can_be_taken_along(busy, empty):
    data = busy.run_ticket("export", "--json", "1", "#3").stdout
    assert [line["number"] for line in lines(data, "ticket")] == [1, 3]
    assert {line["ticket"] for line in lines(data, "message") + lines(data, "event")} == {1, 3}
    copy = empty()
    copy.run_ticket("import", "--json", "-", stdin=data)
    assert [ticket["number"] for ticket in copy.tickets()] == [1, 3]


def test_a_store_in_use_and_a_wrong_line_are_refused_and_nothing_is_left(busy, empty):
    data = exported(busy)
    done = busy.run_ticket("import", "--json", "-", stdin=data, check=False)
    assert done.returncode == 65 and b"in use" in done.stderr
    copy, place = empty(), f"line {len(data.splitlines()) + 1}:".encode()
    for wrong, says in (
        (b"{", b"line"),
        (b'{"type":"odd"}\n', b"unknown type 'odd'"),
        (b'{"type":"ticket","number":"x"}\n', b"'number' is not a number"),
    ):
        done = copy.run_ticket("import", "--json", "-", stdin=data + wrong, check=False)
        assert done.returncode == 65 and says in done.stderr and place in done.stderr, done
        assert copy.tickets() == [] and copy.ticket("queue", "list") == []
    assert copy.run_ticket("import", "--json", "/dev/null", check=False).returncode == 65
    copy.run_ticket("import", "--json", "-", stdin=data)


ODD_PATHS = (
    "../../../etc/passwd",
    "/etc/passwd",
    "2026/11/../../../x.eml",
    "2026//24/ab.eml",
    "2026/11/24/ab.eml/",
    "",
    ".",
    "2026/11/24/ab.txt",
    "2026/11/24/AB.eml",
    "2026/11/24/ab.eml\n",
    "unclaimed/new/x",
)
# type, member, what must not stand there
ODD = [("message", "archive", path) for path in ODD_PATHS] + [
    ("message", "archive", {"base64": "MjAyNi8xMS8yNC9hYi5lbWwAeA=="}),  # with a NUL
    ("queue", "name", "../ops"),
    ("queue", "name", ""),
    ("queue", "responsible", "../anna"),
    ("agent", "login", "a/b"),
    ("agent", "login", ".."),
    ("agent", "queues", ["support", "a/b"]),
    ("agent", "language", "fr"),
    ("ticket", "queue", "../x"),
    ("ticket", "agent", "/anna"),
    ("ticket", "watchers", ["ops", "x" * 65]),
    ("ticket", "links", [-1]),
    ("ticket", "links", [0]),
    ("ticket", "links", ["1"]),
]


def changed(data, kind, **members):
    """With the first object of this type changed, and where it stands."""
    objects = [json.loads(line) for line in data.splitlines()]
    at = [found["type"] for found in objects].index(kind)
    objects[at].update(members)
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects), at + 1


@pytest.mark.parametrize("kind, member, value", ODD, ids=repr)
def test_a_name_that_becomes_a_path_or_a_key_is_only_what_we_would_have_made(
    busy, empty, kind, member, value
):
    data, line = changed(exported(busy), kind, **{member: value})
    copy = empty()
    done = copy.run_ticket("import", "--json", "-", stdin=data, check=False)
    said = done.stderr.decode()
    assert (
        done.returncode == 65
        and said.startswith(f"ticket: line {line}: ")
        and f": member '{member}'" in said
    ), said
    assert copy.tickets() == []


@pytest.mark.parametrize(
    "key, value",
    [
        (b"secret", "00"),
        (b"secret", ""),
        (b"format", "01"),
        (b"doomed\0" b"2026/11/24/ab.eml\0", "00"),
    ],
)
def test_a_row_that_no_export_has_is_refused(busy, empty, key, value):
    row = (
        json.dumps({"type": "row", "table": "meta", "key": key.hex(), "value": value}).encode()
        + b"\n"
    )
    data = exported(busy) + row
    done = empty().run_ticket("import", "--json", "-", stdin=data, check=False)
    assert done.returncode == 65 and b"that no export has" in done.stderr, done.stderr


def secret_of(desk):
    rows = lines(desk.run_ticket("export", "--json", "--with-secret").stdout, "row")
    (found,) = [row["value"] for row in rows if bytes.fromhex(row["key"]) == b"secret"]
    return found


def test_the_secret_goes_along_only_when_it_is_asked_for(busy, empty):
    plain, whole, secret = (
        exported(busy),
        busy.run_ticket("export", "--json", "--with-secret").stdout,
        secret_of(busy),
    )
    assert secret.encode() not in plain and set(plain.splitlines()) < set(whole.splitlines())
    copy = empty()
    copy.run_ticket("queue", "add", "first")
    own = secret_of(copy)
    copy.run_ticket("import", "--json", "-", stdin=plain)
    assert secret_of(copy) == own != secret and len(copy.tickets()) == len(lines(plain, "ticket"))
    copy = empty()
    copy.run_ticket("import", "--json", "-", stdin=whole)
    assert secret_of(copy) == secret


@pytest.mark.parametrize("words", [("--mbox",), ("--json", "1")])
def test_the_secret_is_for_a_whole_store_alone(busy, words):
    assert busy.run_ticket("export", *words, "--with-secret", check=False).returncode == 64


def test_an_mbox_has_the_mails_as_they_came_and_their_threads(busy, tmp_path):
    path = tmp_path / "out"
    path.write_bytes(busy.run_ticket("export", "--mbox", "1").stdout)
    mails = list(mailbox.mbox(path))
    ids = [found["Message-ID"] for found in mails if found["Message-ID"]]
    assert (
        ids[:2] == [message_id(1), message_id(2)]
        and len(set(ids)) == len(ids) == 4
        and len(mails) == 5
    )
    for found in mails[1:]:
        parents = re.findall("<[^>]+>", found.get("References", "") + found.get("In-Reply-To", ""))
        assert not parents or set(parents) & set(ids), found.as_string()
    assert all(email.utils.parsedate(found["Date"]) for found in mails)


def test_a_mail_without_an_id_has_the_one_it_was_given(desk, tmp_path):
    box = tmp_path / "box"
    box.write_bytes(mbox([mail(1).replace(b"Message-ID", b"X-Other"), mail(2)]))
    desk.run_ticket("import", box, *ACCOUNT)
    given = desk.show(1)["messages"][0]["message_id"]
    out = desk.run_ticket("export", "--mbox").stdout
    assert out.count(b"\nMessage-ID: ") == 2 and f"\nMessage-ID: {given}\n".encode() in out
    assert b"\nMessage-ID" not in desk.run_ticket("show", "1", "--raw", "1").stdout


def test_an_mbox_has_the_dates_of_rfc_4155_in_any_language(busy, tmp_path):
    # A locale of its own, whose months and days are German: "Mo 21 Sep", "Mär", "Okt", "Dez".
    run("localedef", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8")
    english = busy.run_ticket("export", "--mbox").stdout
    german = {**os.environ, "LOCPATH": str(tmp_path), "LC_ALL": "de_DE.UTF-8"}
    assert busy.run_ticket("export", "--mbox", env=german).stdout == english
    froms = re.findall(rb"^From \S+ (\w{3} \w{3}) ", english, re.M)
    days, months = (
        b"Mon Tue Wed Thu Fri Sat Sun",
        b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    )
    assert froms
    for day, month in (pair.split() for pair in froms):
        assert day in days.split() and month in months.split()


def test_an_mbox_comes_back_as_the_same_threads(busy, empty, tmp_path):
    before = [
        [m["message_id"] for m in busy.show(t["number"])["messages"] if m["direction"] == "in"]
        for t in busy.tickets()
    ]
    path = tmp_path / "all"
    path.write_bytes(busy.run_ticket("export", "--mbox").stdout)
    copy = empty()
    copy.run_ticket("import", path, *ACCOUNT)
    after = [
        [m["message_id"] for m in copy.show(t["number"])["messages"] if m["direction"] == "in"]
        for t in copy.tickets()
    ]
    assert sorted(i for ids in before for i in ids) == sorted(i for ids in after for i in ids)
    assert [message_id(1), message_id(2)] in [ids[:2] for ids in after]


# --- in a mail client ---


def thread_in_mutt(path):
    """Message-ID and depth of each line of a mailbox that mutt shows by threads."""
    mutt = Mutt(path, 9, "nobody", "", "Nobody", "nobody@example.com", "example.com")
    mutt.open("-f", str(path), "-e", 'set sort=threads; set index_format="%i|%s"; set help=no')
    try:
        mutt.sees("|")
        lines = [line.split("|", 1) for line in mutt.screen().splitlines() if line.startswith("<")]
    finally:
        mutt.close()
    return [
        (found, (tree.index(">") + 1) // 2 if re.match("[ │├└]", tree) else 0)
        for found, tree in lines
    ]


@pytest.fixture
def thread(desk, tmp_path):
    """A question, an answer to it, one to that, and one of the desk to this; then another question, which says the same."""
    box = tmp_path / "box"
    box.write_bytes(
        mbox(
            [
                mail(1, subject="Printer"),
                mail(
                    2, subject="Re: Printer", answers=[1], sender="dora@other.example", name="Dora"
                ),
                mail(
                    3, subject="AW: Printer", answers=[1, 2], body=">From here on,\nFrom there on"
                ),
                mail(4, subject="Scanner", day=9),
            ]
        )
    )
    desk.run_ticket("import", box, *ACCOUNT)
    desk.run_ticket("reply", "1", "-m", "We are on it.")
    ours = desk.show(1)["messages"][-1]["message_id"]
    return desk, [(message_id(1), 0), (message_id(2), 1), (message_id(3), 2), (ours, 3)]


@pytest.mark.parametrize("words", [("export", "--mbox", "1"), ("show", "1", "--mbox")])
def test_a_thread_is_whole_in_mutt(thread, tmp_path, words):
    desk, wanted = thread
    path = tmp_path / "out"
    path.write_bytes(desk.run_ticket(*words).stdout)
    assert thread_in_mutt(path) == wanted


def test_all_threads_are_whole_in_mutt(thread, tmp_path):
    desk, wanted = thread
    path = tmp_path / "out"
    path.write_bytes(desk.run_ticket("export", "--mbox").stdout)
    found = thread_in_mutt(path)
    assert sorted(found) == sorted([*wanted, (message_id(4), 0)])
    assert [line for line in found if line[0] != message_id(4)] == wanted


def test_a_maildir_is_whole_in_mutt(thread, tmp_path):
    desk, wanted = thread
    desk.run_ticket("show", "1", "--maildir", tmp_path / "out")
    assert thread_in_mutt(tmp_path / "out") == wanted


# --- all there can be ---


@pytest.fixture
def full(desk, tmp_path):
    """What a store has after years: merged, split, redacted, purged, undelivered, refused and waiting tickets, of accounts that are gone."""
    emoji = "=?utf-8?b?8J+SqeKCrPCfmoA=?= \U0001f680".encode()
    extra = {**desk.settings["accounts"][0], "address": "old@example.com"}
    desk.configure(accounts=[*desk.settings["accounts"], extra])
    desk.add_agent(
        "anna",
        name="Anna \U0001f98a Adler",
        address=["anna@example.com", "anna@xn--bcher-kva.example"],
        queue="support",
    )
    desk.run_ticket("queue", "add", "billing", "--responsible", "anna")
    box, other = tmp_path / "box", tmp_path / "other"
    mails = [mail(n) for n in range(1, 9)] + [
        mail(9, answers=[1]),
        mail(10, answers=[9]),
        mail(11).replace(b"Message-ID", b"X-None"),
        mail(12, day=False),
    ]
    mails[2] = mails[2].replace(b"Question 3", emoji)
    mails[3] = mail(4, sender="eve@customer.example", name="Eve")
    box.write_bytes(mbox(mails))
    other.write_bytes(
        mbox(
            [
                mail(20),
                mail(21, headers=["X-Spam-Flag: YES"]),
                mail(22, body="\U0001f980 and \x01\x7f"),
            ]
        )
    )
    desk.run_ticket("import", box, *ACCOUNT)
    desk.run_ticket("import", other, "--account", "old@example.com")
    for words in (
        ("merge", "4", "--into", "3"),
        ("split", "2", "2", "3"),
        ("close", "6", "7"),
        ("wait", "3d", "8"),
        ("spam", "9"),
        ("reply", "2", "-m", "Grüße \U0001f600"),
        ("reply", "10", "-m", "Soon."),
        ("note", "3", "-m", "\U0001f4a9"),
        ("tag", "+a", "+b", "2"),
        ("title", "\U0001f680 to the moon", "8"),
        ("priority", "urgent", "8"),
        ("assign", "anna", "8"),
        ("move", "--queue", "billing", "8"),
        ("redact", "eve@customer.example"),
        ("purge", "--closed-before", "0s"),
        ("queue", "set", "support", "--title", "\U0001f3ab"),
        ("agent", "set", "anna", "--language", "de", "--zone", "Europe/Berlin"),
    ):
        desk.run_ticket(*words)
    answer = desk.show(2)["messages"][-1]["message_id"]
    bounce = (
        b"From: MAILER-DAEMON@example.com\nTo: support@example.com\nSubject: Undelivered\nMessage-ID: <bounce@example.com>\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; carla@customer.example\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        b"Content-Type: text/rfc822-headers\n\nMessage-ID: " + answer.encode() + b"\n--b--\n"
    )
    box.write_bytes(mbox([bounce]))
    desk.run_ticket("import", box, *ACCOUNT)
    desk.configure(accounts=[{**desk.settings["accounts"][0]}])
    return desk


def test_a_store_with_all_there_can_be_comes_back_as_it_was(full, empty):
    before, listed = exported(full), full.tickets()
    assert any(ticket["undelivered"] for ticket in listed) and any(
        ticket["merged_into"] for ticket in listed
    )
    assert {event["kind"] for event in lines(before, "event")} >= {
        "merged",
        "split",
        "redacted",
        "purged",
        "bounce",
        "link",
        "title",
        "queue",
    }
    assert (
        "\U0001f680" in json.dumps(listed, ensure_ascii=False)
        and len(lines(before, "outgoing")) >= 2
    )
    shown = [full.show(ticket["number"]) for ticket in listed]
    copy = empty()
    copy.run_ticket("import", "--json", "-", stdin=before)
    assert exported(copy) == before
    assert (copy.tickets(), [copy.show(ticket["number"]) for ticket in listed]) == (listed, shown)
    assert copy.run_ticket("check").returncode == 0
    again = empty()
    again.run_ticket("import", "--json", "-", stdin=before)
    assert exported(again) == before


# --- statistics, of tickets whose times are known -------------------------------------------------


def finished(one, number, seconds):
    """A ticket as `one`, that was answered and closed so many seconds after it was opened."""
    then = f"2026-11-02T10:{seconds // 60:02}:{seconds % 60:02}Z"
    times = {"opened": "2026-11-02T10:00:00Z", "first_response": then, "closed": then}
    return {**one, **times, "number": number, "status": "closed", "messages_count": 0}


def test_statistics_lie_between_ranks_and_count_what_was_answered_later(busy, empty):
    one = {**lines(exported(busy), "ticket")[0], "links": [], "attachments_count": 0}
    tickets = [finished(one, number, 60 * number) for number in range(1, 11)]
    tickets.append({**finished(one, 11, 3000), "merged_into": 1})
    tickets.append(finished(one, 12, 0))  # an agent opened it; it was closed as it came
    head = {"type": "export", "schema": 1}
    data = "".join(json.dumps(line) + "\n" for line in (head, *tickets))
    copy = empty()
    copy.run_ticket("import", "--json", "-", stdin=data.encode())
    (stats,) = copy.ticket("stats")
    spans = {"count": 10, "median_s": 330, "p90_s": 546}
    assert (stats["total"], stats["first_response"], stats["resolution"]) == (11, spans, spans)

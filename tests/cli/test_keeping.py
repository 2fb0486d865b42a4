"""What is kept, what is given up, and what is put right."""
import base64
import email
import json
import os
import pathlib
import quopri
import shutil
import subprocess
import time
import urllib.parse

import pytest
from harness.box import BEGIN, mail, mbox, message_id
from harness.ground import on_terminal, program, wait_until

ACCOUNT = ("--account", "support@example.com")


def take_in(desk, tmp_path, *mails):
    box = tmp_path / "box"
    box.write_bytes(mbox(mails))
    desk.run_ticket("import", box, *ACCOUNT)


def archived(desk):
    # A directory that the daemon removes meanwhile is no error of os.walk's.
    found = (pathlib.Path(at, name) for at, _, names in os.walk(desk.archive) for name in names)
    return sorted(path for path in found if path.suffix == ".eml")


def ends(desk, *words):
    done = desk.run_ticket(*words, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# --- purge ---


@pytest.fixture
def old(desk, tmp_path):
    """1 closed, 2 merged into it, 3 open, 4 closed and linked with 3; 5 merged into 3."""
    take_in(desk, tmp_path, mail(1), mail(2), mail(3), mail(4), mail(5), mail(6, answers=[1]))
    desk.run_ticket("reply", "1", "-m", "Done.")
    desk.run_ticket("merge", "2", "--into", "1")
    desk.run_ticket("merge", "5", "--into", "3")
    desk.run_ticket("link", "3", "4")
    desk.run_ticket("close", "1", "4")
    return desk


def test_purge_takes_closed_tickets_with_all_that_is_theirs(old):
    assert old.ticket("purge", "--closed-before", "2020-01-01") == [{"tickets": 0, "mails": 0}]
    assert old.ticket("purge", "--closed-before", "0s", "--dry-run") == [{"tickets": 3, "mails": 4}]
    assert len(old.tickets()) == 5 and len(archived(old)) == 6
    assert old.ticket("purge", "--closed-before", "0s") == [{"tickets": 3, "mails": 4}]
    assert [ticket["number"] for ticket in old.tickets()] == [3, 5] and len(archived(old)) == 2
    assert old.ticket("outbox", "list") == [] and old.ticket("search", "Question", "1") == []
    assert ends(old, "show", "1")[0] == 1 and ends(old, "show", "5")[0] == 0
    assert old.show(3)["links"] == [4]
    events = [event for event in old.ticket("log", "-n", "100") if event["kind"] == "purged"]
    assert sorted(event["ticket"] for event in events) == [1, 2, 4] and events[0][
        "actor"
    ].startswith("unix:")
    assert old.run_ticket("check").returncode == 0
    assert ends(old, "purge", "--closed-before", "0s")[0] == 1


def test_a_purged_number_is_not_given_again_and_its_mail_opens_a_ticket(old, tmp_path):
    old.run_ticket("purge", "--closed-before", "0s")
    take_in(old, tmp_path, mail(7, answers=[1], subject="Re: [example.com #1] Question 1"))
    assert [(ticket["number"], ticket["links"]) for ticket in old.tickets()] == [
        (3, [4]),
        (5, []),
        (6, [1]),
    ]


@pytest.mark.parametrize("words", [("purge",), ("purge", "--closed-before", "soon")])
def test_purge_without_a_date_does_nothing(old, words):
    assert ends(old, *words)[0] == 64 and len(old.tickets()) == 5


# --- the archive ---


def test_old_mail_leaves_the_archive_and_is_rebuilt_from_the_record(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    (path,) = archived(desk)
    path.unlink()
    assert ends(desk, "check")[0] == 65
    desk.configure(archive={"keep_days": 30})
    assert ends(desk, "check")[0] == 0
    raw = desk.run_ticket("show", "1", "--raw", "1").stdout.decode()
    assert f"Message-ID: {message_id(1)}" in raw and "Text of mail 1." in raw


def test_the_daemon_removes_old_mail(desk, tmp_path):
    """At its start, and every hour."""
    take_in(desk, tmp_path, mail(1), mail(2, day=(time.time() - BEGIN) // 86400))
    new = next(path for path in archived(desk) if "/2023/" not in str(path))
    desk.configure(archive={"keep_days": 30})
    desk.start()
    wait_until(lambda: archived(desk) == [new], "the old mail to be gone")
    wait_until(lambda: not (desk.archive / "2023").exists(), "its directory to be gone")
    desk.kill()


# --- check ---


def test_check_tells_each_finding_and_repairs(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2))
    archived(desk)[0].unlink()
    code, out, err = ends(desk, "check")
    assert code == 65 and "is not in the archive" in out and err == "2 tickets, 1 finding\n"
    assert [list(finding) for finding in desk_findings(desk)] == [["finding"]]
    code, out, err = ends(desk, "check", "--repair")
    assert code == 0 and "is not in the archive" in out
    assert ends(desk, "check") == (0, "", "2 tickets, 0 findings\n")


def desk_findings(desk):
    return [
        json.loads(line)
        for line in desk.run_ticket("check", "--json", check=False).stdout.splitlines()
    ]


# --- backup and restore ---


def exported(desk):
    """All but the counters, which know what was given after the backup."""
    counter = b'"key":"' + b"next".hex().encode()
    lines = desk.run_ticket("export", "--json").stdout.replace(b'": "', b'":"').splitlines()
    assert [line for line in lines if counter in line]
    return [line for line in lines if counter not in line]


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_a_backup_comes_back_as_it_was(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2, answers=[1]))
    desk.run_ticket("backup", tmp_path / "copy")
    before = exported(desk)
    take_in(desk, tmp_path, mail(3))
    code, _, err = ends(desk, "restore", tmp_path / "copy")
    assert code == 73 and "--force" in err and len(desk.tickets()) == 2
    code, _, err = ends(desk, "restore", "--force", tmp_path / "copy")
    kept = pathlib.Path(err.splitlines()[0].split()[-1])
    assert code == 0 and (kept / "data.mdb").stat().st_size > 0
    assert exported(desk) == before
    entries = {path.name: path.stat() for path in desk.store.iterdir()}
    assert {name: oct(entries[name].st_mode & 0o777) for name in ("data.mdb", "lock.mdb")} == {
        "data.mdb": "0o660",
        "lock.mdb": "0o660",
    }
    assert entries["data.mdb"].st_uid == entries["lock.mdb"].st_uid == desk.store.stat().st_uid
    assert sorted(entries) == sorted(["daemon.lock", "data.mdb", "lock.mdb", kept.name])
    desk.configure(store={"path": desk.directory / "elsewhere"})
    assert ends(desk, "restore", kept / "data.mdb")[0] == 0
    assert len(desk.tickets()) == 2


@pytest.mark.embedded("pg_dump and pg_restore do that")
@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda path: path.write_bytes(b"rubbish" * 10000), "no store"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4096]), "cut short"),
        (lambda path: path.write_bytes(b""), "no store"),
    ],
)
def test_a_spoilt_backup_is_refused_and_the_store_stays(desk, tmp_path, spoil, says):
    take_in(desk, tmp_path, *(mail(n) for n in range(1, 30)))
    copy = tmp_path / "copy"
    desk.run_ticket("backup", copy)
    spoil(copy)
    code, _, err = ends(desk, "restore", "--force", copy)
    assert code == 65 and says in err and len(desk.tickets()) == 29
    assert ends(desk, "restore", "--force", tmp_path / "none")[0] == 1


def next_number(desk, tmp_path, n):
    take_in(desk, tmp_path, mail(n))
    return max(ticket["number"] for ticket in desk.tickets())


@pytest.fixture
def fallen_back(desk, tmp_path):
    """A backup of two tickets, after which two more came: 3, and 4 by an answer to nobody."""
    take_in(desk, tmp_path, mail(1), mail(2))
    desk.run_ticket("backup", tmp_path / "copy")
    time.sleep(0.01)
    take_in(desk, tmp_path, mail(3), mail(4))
    desk.last = desk.ticket("log", "-n", "1")[0]["serial"]
    return desk


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_a_number_that_the_old_store_gave_is_not_given_again(fallen_back, tmp_path):
    code, _, err = ends(fallen_back, "restore", "--force", tmp_path / "copy")
    assert code == 0 and "the next ticket is #5\n" in err and "--above" not in err
    assert [ticket["number"] for ticket in fallen_back.tickets()] == [1, 2]
    assert next_number(fallen_back, tmp_path, 5) == 5
    assert fallen_back.ticket("log", "-n", "1")[0]["serial"] > fallen_back.last


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_without_the_old_store_the_archive_tells_how_many_were_given(fallen_back, tmp_path):
    shutil.rmtree(fallen_back.store)
    code, _, err = ends(fallen_back, "restore", tmp_path / "copy")
    assert code == 0 and "--above" not in err
    assert next_number(fallen_back, tmp_path, 5) >= 5


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_without_both_somebody_who_reads_logs_may_say_it(fallen_back, tmp_path):
    shutil.rmtree(fallen_back.store)
    fallen_back.configure(archive={"path": ""})
    code, _, err = ends(fallen_back, "restore", tmp_path / "copy")
    assert code == 0 and "the next ticket is #3\n" in err and "restore again with --above" in err
    code, _, err = ends(fallen_back, "restore", "--force", "--above", "1041", tmp_path / "copy")
    assert code == 0 and "the next ticket is #1042\n" in err
    assert next_number(fallen_back, tmp_path, 5) == 1042


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_nothing_is_restored_under_a_daemon(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    desk.run_ticket("backup", tmp_path / "copy")
    desk.start()
    code, _, err = ends(desk, "restore", "--force", tmp_path / "copy")
    desk.kill()
    assert code == 75 and "milticketd runs" in err


@pytest.mark.embedded("pg_dump and pg_restore do that")
def test_backups_while_mail_flows_are_whole(desk, tmp_path):
    box = tmp_path / "box"
    box.write_bytes(mbox([mail(n, answers=[n - 1] if n % 2 else []) for n in range(2, 3002)]))
    with subprocess.Popen(
        [program("ticket"), "import", "--config", desk.config, box, *ACCOUNT],
        stdout=subprocess.DEVNULL,
    ) as flow:
        wait_until(lambda: desk.tickets(), "the first ticket")
        copies = []
        while flow.poll() is None and len(copies) < 5:
            copies.append(tmp_path / f"copy-{len(copies)}")
            desk.run_ticket("backup", copies[-1])
    assert flow.returncode == 0 and copies
    for i, copy in enumerate(copies):
        desk.configure(store={"path": desk.directory / f"restored-{i}"})
        assert ends(desk, "restore", copy)[0] == 0
        assert ends(desk, "check")[0] == 0 and desk.tickets()


# --- redact ---

CARLA = "carla@customer.example"


@pytest.fixture
def personal(desk, tmp_path):
    """Carla asks and is answered; Dora speaks of her; Mcarla is somebody else."""
    desk.add_agent("anna", name="Anna Adler", address="anna@example.com", queue="support")
    take_in(
        desk,
        tmp_path,
        mail(
            1,
            sender="Carla@customer.example",
            subject="Carla Kern needs help",
            body="I am Carla Kern, write to Carla@Customer.example or +49 30 1234.",
        ),
        mail(
            2,
            sender="anna@example.com",
            name="Anna Adler",
            to=f"Carla Kern <{CARLA}>",
            answers=[1],
            body="Dear Carla Kern, hello.",
        ),
        mail(
            3,
            sender="dora@other.example",
            name="Dora Dorn",
            body=f"Ask {CARLA}, please.",
            headers=["X-Copy: nobody"],
        ),
        mail(
            4,
            sender="dora@other.example",
            name="Dora Dorn",
            body="Nothing of anybody.",
            headers=[f"X-Forwarded-For: {CARLA}"],
        ),
        mail(5, sender="mcarla@customer.example", name="Mike Carla", body="Another man."),
        mail(6, answers=[1, 2]).replace(
            message_id(6).encode(), b"<20240101.carla@customer.example>"
        ),
        mail(7, sender="dora@other.example", name="Dora Dorn").replace(
            b"Message-ID", b"In-Reply-To: <20240101.carla@customer.example>\nMessage-ID"
        ),
    )
    desk.run_ticket("reply", "1", "-m", "We are on it.")
    return desk


def everything(desk):
    """All bytes of the store and of the archive, in lower case."""
    return (desk.bytes_of_store() + b"".join(path.read_bytes() for path in archived(desk))).lower()


def test_a_dry_run_of_redact_tells_what_a_run_does_and_changes_nothing(personal):
    before = everything(personal)
    (foretold,) = personal.ticket("redact", "--dry-run", CARLA)
    assert everything(personal) == before
    assert ends(personal, "redact", "-n", CARLA)[1].startswith("would redact 3 tickets and ")
    assert personal.ticket("redact", CARLA) == [foretold] and foretold["mails"] > 0
    assert ends(personal, "redact", "-n", CARLA)[0] == 1


def at_terminal(desk, *words, keys):
    return on_terminal(program("ticket"), *words, "--config", desk.config, keys=keys)


def test_redact_asks_whoever_sits_there(personal):
    before = everything(personal)
    seen, code = at_terminal(personal, "redact", CARLA, keys=b"n\n")
    assert f"take {CARLA} out of 3 tickets and remove " in seen and code == 1
    assert "nothing was changed" in seen and everything(personal) == before
    seen, code = at_terminal(personal, "redact", CARLA, keys=b"y\n")
    assert "redacted 3 tickets" in seen and code == 0
    assert CARLA.encode() not in everything(personal).replace(b"mcarla@", b"")


def test_redact_does_not_ask_when_it_is_told_so(personal):
    seen, code = at_terminal(personal, "redact", "--yes", CARLA, keys=b"")
    assert "[y/N]" not in seen and code == 0


def test_redact_takes_a_person_out_of_all_that_is_kept(personal):
    desk = personal
    before = {ticket["number"]: desk.show(ticket["number"]) for ticket in desk.tickets()}
    assert CARLA.encode() in everything(desk) and b"carla kern" in everything(desk)
    (counts,) = desk.ticket("redact", "Carla@Customer.Example")
    assert counts["tickets"] == 3
    left = everything(desk).replace(b"mcarla@customer.example", b"")
    assert CARLA.encode() not in left and b"carla kern" not in left and b"mike carla" in left
    for words in ((CARLA,), ("Kern",), ("carla", "needs")):
        found = [ticket["requester"]["address"] for ticket in desk.ticket("search", *words)]
        assert found in ([], ["mcarla@customer.example"]), words
    after = {number: desk.show(number) for number in before}
    assert [len(ticket["messages"]) for ticket in after.values()] == [
        len(ticket["messages"]) for ticket in before.values()
    ]
    assert after[1]["requester"] == {"name": "redacted", "address": "redacted@redacted.invalid"}
    assert (
        after[1]["messages"][0]["text"]
        == "I am redacted, write to redacted@redacted.invalid or +49 30 1234.\n"
    )
    third, fourth = after[1]["messages"][2]["message_id"], after[1]["messages"][3]["in_reply_to"]
    assert third == fourth and third.endswith("@redacted.invalid>")
    assert [message["message_id"] for message in after[1]["messages"]][:2] == [
        message_id(1),
        message_id(2),
    ]
    assert after[1]["events"][-1]["kind"] == "redacted"
    assert [ticket["subject"] for number, ticket in after.items() if number > 1] == [
        t["subject"] for n, t in before.items() if n > 1
    ]
    assert b"Dora Dorn" in desk.run_ticket("show", "2", "--raw", "1").stdout
    assert desk.ticket("outbox", "list") == [] and desk.run_ticket("check").returncode == 0


def test_a_second_redact_finds_nothing_and_changes_nothing(personal):
    personal.run_ticket("redact", CARLA)
    before = personal.run_ticket("export", "--json").stdout
    assert ends(personal, "redact", CARLA)[0] == 1
    assert personal.run_ticket("export", "--json").stdout == before


def test_late_answers_to_a_redacted_person_find_their_ticket(personal, tmp_path):
    personal.run_ticket("redact", CARLA)
    take_in(
        personal,
        tmp_path,
        mail(20, sender="eve@other.example", answers=[1]),
        mail(
            21,
            sender="eve@other.example",
            headers=["In-Reply-To: <20240101.carla@customer.example>"],
        ),
    )
    assert len(personal.tickets()) == 4 and len(personal.show(1)["messages"]) == 7


@pytest.mark.parametrize(
    "address, code",
    [
        ("anna@example.com", 77),
        ("support@example.com", 77),
        ("nonsense", 64),
        ("nobody@nowhere.example", 1),
    ],
)
def test_who_cannot_be_redacted(personal, address, code):
    before = personal.run_ticket("export", "--json").stdout
    assert (
        ends(personal, "redact", address)[0] == code
        and personal.run_ticket("export", "--json").stdout == before
    )


# --- redact: what is encoded ---

JOERG = "joerg@bücher.example"
PARAGRAPH = "A line of a long text that nobody reads to its end.\n" * 400


def encoded(number, text, coding="base64", charset="utf-8", kind="text/plain"):
    """Somebody else's mail with a part that has to be decoded; the excerpt is of the first part."""
    body = text.encode(charset)
    coded = base64.encodebytes(body) if coding == "base64" else quopri.encodestring(body)
    part = (
        f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {coding}\n\n".encode()
        + coded
    )
    whole = (
        "--=b\nContent-Type: text/plain\n\nSee below.\n--=b\n"
        + part.decode("latin-1")
        + "\n--=b--\n"
    )
    return mail(
        number,
        sender="dora@other.example",
        name="Dora Dorn",
        body=whole,
        headers=["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=b"'],
    )


def word(text):
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


HIDDEN = {
    "base64": encoded(1, f"{PARAGRAPH}Write to {CARLA}."),
    "quoted-printable": encoded(2, f"{PARAGRAPH}{'=' * 22} {CARLA}", "quoted-printable"),
    "utf-16": encoded(3, f"Write to {CARLA}.", charset="utf-16"),
    "attachment": encoded(4, f"name,mail\nCarla,{CARLA}\n", kind="text/csv"),
    "html": encoded(
        5,
        f'<a href="mailto:{urllib.parse.quote(CARLA, safe="")}">Carla</a>',
        "quoted-printable",
        kind="text/html",
    ),
    "entities": encoded(6, f"<p>{CARLA.replace('@', '&#64;')}</p>", kind="text/html"),
    "attached message": encoded(7, encoded(99, CARLA).decode(), kind="application/octet-stream"),
    "header": mail(
        8,
        sender="dora@other.example",
        name="Dora Dorn",
        headers=["X-About: " + word(f"Carla <{CARLA}>")],
    ),
    "display name": mail(
        9,
        sender="dora@other.example",
        name="Dora Dorn",
        to=word(f"for {CARLA}") + " <support@example.com>",
    ),
    "subject": mail(
        10, sender="dora@other.example", name="Dora Dorn", subject=word(f"from {CARLA}")
    ),
    "bounces": mail(
        11,
        sender="dora@other.example",
        name="Dora Dorn",
        headers=["X-Bounces: <list-carla=customer.example@list.example>"],
    ),
}
NAMES_HIM = {
    "sender": mail(1, sender="joerg@xn--bcher-kva.example", name="Joerg"),
    "u-label": mail(
        2, sender="dora@other.example", name="Dora Dorn", body=f"Ask {JOERG}, or {JOERG.upper()}."
    ),
    "latin-1": mail(3, sender="dora@other.example", name="Dora Dorn", body="BODY").replace(
        b"BODY", f"Ask {JOERG}.".encode("latin-1")
    ),
    "encoded": encoded(4, f"{PARAGRAPH}Ask {JOERG}.", "quoted-printable", charset="iso-8859-1"),
    "late": encoded(5, f"{PARAGRAPH}Ask joerg@XN--BCHER-KVA.example."),
}


def decoded(data):
    """All that a mail says, as Python reads it."""
    parsed = email.message_from_bytes(data)
    for part in parsed.walk():
        for value in part.values():
            yield str(email.header.make_header(email.header.decode_header(value)))
        payload = part.get_payload(decode=True)
        if payload:
            text = payload.decode(part.get_content_charset() or "latin-1", "replace")
            yield text
            yield from decoded(payload) if b"\nSubject:" in payload else ()
            yield urllib.parse.unquote(text).replace("&#64;", "@")


def all_that_is_said(desk):
    """The store's files and the archive, raw and decoded, in lower case."""
    raw = [
        path.read_bytes()
        for directory in (desk.store, desk.archive)
        for path in directory.rglob("*")
        if path.is_file()
    ]
    texts = [text for path in desk.archive.rglob("*.eml") for text in decoded(path.read_bytes())]
    return "\n".join(
        [data.decode("latin-1") for data in raw]
        + [data.decode("utf-8", "replace") for data in raw]
        + texts
    ).lower()


@pytest.mark.parametrize("name", HIDDEN)
def test_redact_finds_an_address_that_is_encoded(desk, tmp_path, name):
    other = mail(50, sender="eve@other.example", name="Eve", body="Nothing of anybody.")
    take_in(desk, tmp_path, HIDDEN[name], other)
    told = (CARLA, "carla=customer.example")
    assert any(text in all_that_is_said(desk) for text in told)
    assert desk.ticket("redact", CARLA)[0]["tickets"] == 1
    assert not any(text in all_that_is_said(desk) for text in told)
    assert [len(desk.show(n)["messages"]) for n in (1, 2)] == [1, 1] and len(archived(desk)) == 1
    assert ends(desk, "redact", CARLA)[0] == 1 and ends(desk, "check")[0] == 0


@pytest.mark.parametrize(
    "asked", ["joerg@bücher.example", "Joerg@XN--BCHER-KVA.example", "joerg@BÜCHER.example"]
)
def test_redact_knows_every_form_of_a_domain(desk, tmp_path, asked):
    take_in(desk, tmp_path, *NAMES_HIM.values())
    assert desk.ticket("redact", asked)[0]["tickets"] == len(NAMES_HIM)
    said = all_that_is_said(desk)
    assert "bücher" not in said and "xn--bcher" not in said and archived(desk) == []
    assert (
        desk.show(2)["messages"][0]["text"]
        == "Ask redacted@redacted.invalid, or redacted@redacted.invalid.\n"
    )
    assert len(desk.tickets()) == len(NAMES_HIM) and ends(desk, "check")[0] == 0


def test_redact_changes_a_mail_to_others_that_waits_to_be_sent(desk, tmp_path):
    take_in(desk, tmp_path, mail(1, sender="eve@other.example", name="Eve"))
    desk.run_ticket(
        "reply",
        "1",
        "-m",
        f"Grüße, und fragen Sie {CARLA} nach allem, was Sie noch wissen möchten über diese Sache.",
    )
    assert desk.ticket("redact", CARLA)[0]["tickets"] == 1
    (line,) = [
        line
        for line in map(json.loads, desk.run_ticket("export", "--json").stdout.splitlines())
        if line["type"] == "outgoing"
    ]
    text = email.message_from_string(line["mail"]).get_payload(decode=True).decode()
    assert text.startswith("Grüße, und fragen Sie redacted@redacted.invalid nach allem") and line[
        "to"
    ] == ["eve@other.example"]
    assert CARLA not in all_that_is_said(desk)


def test_a_daemon_goes_over_to_the_store_that_was_written_anew(personal):
    desk = personal.start()
    assert desk.ticket("redact", CARLA)[0]["tickets"] == 3
    assert CARLA.encode() not in everything(desk).replace(b"mcarla@customer.example", b"")
    desk.configure(log="stderr")
    done = desk.run_ticket("reload", check=False)
    desk.kill()
    assert done.returncode == 0, done.stderr

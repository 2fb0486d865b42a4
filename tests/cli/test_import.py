"""Mailboxes come in as if they had been delivered."""
import contextlib
import json
import os
import pty
import signal
import subprocess
import time

import pytest
from harness.box import mail, maildir, mbox
from harness.ground import program

ACCOUNT = ("--account", "support@example.com")


def take_in(desk, path, *words):
    """The summary of an import that ended well."""
    (summary,) = desk.ticket("import", path, *ACCOUNT, *words)
    return summary


def write(tmp_path, data, name="box"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def threads(desk):
    """Message-IDs by ticket, each ticket's in the order of its conversation."""
    return [
        [message["message_id"] for message in desk.show(ticket["number"])["messages"]]
        for ticket in desk.tickets()
    ]


def ids(*numbers):
    return [f"<box-{number}@customer.example>" for number in numbers]


def exported(desk):
    return desk.run_ticket("export", "--json").stdout


def test_an_mbox_becomes_tickets_with_their_threads(desk, tmp_path):
    box = write(tmp_path, mbox([mail(1), mail(2, answers=[1]), mail(3), mail(4, answers=[1, 2])]))
    summary = take_in(desk, box)
    assert (summary["mails"], summary["opened"], summary["threaded"], summary["broken"]) == (
        4,
        2,
        2,
        0,
    )
    assert threads(desk) == [ids(1, 2, 4), ids(3)]
    ticket = desk.tickets()[0]
    assert (ticket["queue"], ticket["requester"]["name"], ticket["opened"]) == (
        "support",
        "Carla Kern",
        "2023-11-15T22:13:20Z",
    )
    assert desk.outbox() == []


def test_the_second_run_changes_nothing(desk, tmp_path):
    box = write(tmp_path, mbox([mail(1), mail(2, answers=[1]), mail(3, day=False)]))
    take_in(desk, box)
    desk.run_ticket("queue", "add", "billing")
    desk.run_ticket("move", "--queue", "billing", "1")
    before, files = exported(desk), sorted(desk.archive.rglob("*"))
    summary = take_in(desk, box)
    assert (summary["duplicates"], summary["opened"], summary["threaded"]) == (3, 0, 0)
    assert (exported(desk), sorted(desk.archive.rglob("*"))) == (before, files)


@pytest.mark.parametrize("order", [(4, 3, 2, 1), (2, 3, 1, 4), (3, 4, 1, 2)])
def test_answers_that_come_first_find_their_beginning(desk, tmp_path, order):
    """Two branches meet only in the first mail; whatever stands where in the file, and be all dates the same, it is one ticket."""
    answers = {1: [], 2: [1], 3: [1], 4: [3]}
    take_in(desk, write(tmp_path, mbox([mail(n, answers=answers[n], day=7) for n in order])))
    assert len(threads(desk)) == 1 and threads(desk)[0][0] == ids(1)[0]


def test_a_clock_that_is_wrong_does_not_break_a_thread(desk, tmp_path):
    take_in(
        desk,
        write(
            tmp_path,
            mbox([mail(2, answers=[1], day=1), mail(3, answers=[1, 2], day=0), mail(1, day=5)]),
        ),
    )
    assert threads(desk) == [ids(1, 2, 3)]


def test_answers_of_the_desk_in_the_box_are_answers(desk, tmp_path):
    desk.add_agent("anna", address="anna@example.com", queue="support")
    take_in(
        desk,
        write(
            tmp_path,
            mbox(
                [
                    mail(1),
                    mail(
                        2,
                        sender="anna@example.com",
                        name="Anna",
                        to="carla@customer.example",
                        answers=[1],
                    ),
                    mail(3, sender="support@example.com", name="Desk", to="dora@customer.example"),
                ]
            ),
        ),
    )
    first, second = desk.tickets()
    assert (first["status"], first["agent"], first["first_response"]) == (
        "waiting",
        "anna",
        "2023-11-16T22:13:20Z",
    )
    assert [message["direction"] for message in desk.show(1)["messages"]] == ["in", "out"]
    assert (second["requester"]["address"], second["status"]) == (
        "dora@customer.example",
        "waiting",
    )


def test_quoted_from_lines_are_unquoted_and_content_length_is_not_believed(desk, tmp_path):
    body = "Hello,\n\nFrom here on it goes wrong.\n>From there too.\n>>From everywhere."
    take_in(
        desk, write(tmp_path, mbox([mail(1, body=body, headers=["Content-Length: 3"]), mail(2)]))
    )
    assert threads(desk) == [ids(1), ids(2)]
    assert desk.run_ticket("show", "1", "--raw", "1").stdout.decode().endswith(body + "\n")


def test_sentences_that_begin_with_from_do_not_end_a_mail(desk, tmp_path):
    """As programs write them that count bytes instead of quoting."""
    data = b"From x@y.example Tue Nov 14 22:13:20 2023\n" + mail(
        1, body="One.\n\nFrom now on: nothing.\n\nFrom: me\n"
    )
    take_in(desk, write(tmp_path, data))
    assert "From now on: nothing.\n\nFrom: me" in desk.show(1)["messages"][0]["text"]


def test_a_mail_of_many_megabytes_is_taken_whole(desk, tmp_path):
    body = "0123456789" * 7 + "\n"
    take_in(desk, write(tmp_path, mbox([mail(1, body=body * 60_000), mail(2)])))
    raw = desk.run_ticket("show", "1", "--raw", "1").stdout
    assert raw.count(body.encode()) == 60_000 and len(threads(desk)) == 2


def test_a_broken_mail_is_reported_with_its_place_and_the_others_come_in(desk, tmp_path):
    data = (
        mbox([mail(1)])
        + b"From x Tue Nov 14 22:13:20 2023\n\x00\xff\xfe rubbish\n\n"
        + b"From x Tue Nov 14 22:13:20 2023\n"
        + mbox([mail(2)])
    )
    box = write(tmp_path, data)
    done = desk.run_ticket("import", box, *ACCOUNT, "--json")
    summary = json.loads(done.stdout)
    assert (summary["mails"], summary["opened"], summary["broken"]) == (4, 2, 2)
    assert f"{box}: mail 2 at byte {data.index(b'From x')}" in done.stderr.decode()


def test_a_maildir_comes_in_with_its_folders(desk, tmp_path):
    path = maildir(
        tmp_path / "Maildir",
        {
            "": [mail(1), mail(3)],
            ".Sent": [
                mail(2, sender="support@example.com", to="carla@customer.example", answers=[1])
            ],
            ".Archive.2023": [mail(4, answers=[1, 2])],
        },
    )
    (path / "cur" / "unreadable:2,").mkdir()
    done = desk.run_ticket("import", path, *ACCOUNT, "--json")
    assert json.loads(done.stdout)["broken"] == 1 and "unreadable" in done.stderr.decode()
    assert threads(desk) == [ids(1, 2, 4), ids(3)]


def test_since_is_obeyed(desk, tmp_path):
    """The account's own, and the one that is asked for."""
    box = write(tmp_path, mbox([mail(n) for n in range(1, 6)]))
    summary = take_in(desk, box, "--since", "2023-11-17T00:00Z")
    assert (summary["older"], summary["opened"]) == (2, 3)
    account = {**desk.settings["accounts"][0], "since": "2023-11-19"}
    desk.configure(accounts=[account], store={"path": desk.directory / "other"})
    summary = take_in(desk, box)
    assert (summary["left_alone"], summary["opened"]) == (4, 1)


def test_a_dry_run_records_nothing(desk, tmp_path):
    box = write(tmp_path, mbox([mail(1), mail(2)]))
    assert take_in(desk, box, "--dry-run")["mails"] == 2
    assert desk.tickets() == [] and list(desk.archive.rglob("*.eml")) == []


def test_a_dry_run_foretells_what_a_run_does(desk, tmp_path):
    desk.run_ticket("import", write(tmp_path, mbox([mail(1), mail(2)])), *ACCOUNT)
    archived = sorted(desk.archive.rglob("*.eml"))
    before = desk.run_ticket("export", "--json").stdout
    mails = [mail(2), mail(3, answers=[1]), mail(4), mail(5, answers=[4]), mail(6, day=-9000)]
    box = write(tmp_path, mbox(mails))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = ("import", box, *ACCOUNT, "--quiet", "--json", "--since", "2020-01-01")
    done = desk.run_ticket(*words, "--dry-run", env={**os.environ, "TMPDIR": str(temporary)})
    foretold = json.loads(done.stdout)
    assert (
        foretold["opened"],
        foretold["threaded"],
        foretold["duplicates"],
        foretold["older"],
    ) == (1, 2, 1, 1)
    assert desk.run_ticket("export", "--json").stdout == before
    assert sorted(desk.archive.rglob("*.eml")) == archived and list(temporary.iterdir()) == []
    assert json.loads(desk.run_ticket(*words).stdout) == foretold


@pytest.mark.parametrize(
    "words, code, says",
    [
        (("import", "nowhere", *ACCOUNT), 74, "nowhere"),
        (("import", "/etc/passwd", *ACCOUNT), 65, "no mbox"),
        (("import", "/usr/lib/locale", *ACCOUNT), 65, "no Maildir"),
        (("import", "/dev/null"), 64, "--account"),
        (("import", "/dev/null", "--account", "nobody@example.com"), 1, "no account"),
        (("export",), 64, "--json or --mbox"),
        (("export", "--mbox", "7"), 1, "no ticket #7"),
    ],
)
def test_mistakes_have_their_exit_code(desk, words, code, says):
    done = desk.run_ticket(*words, check=False)
    assert done.returncode == code and says in done.stderr.decode(), done


def test_an_import_that_is_interrupted_goes_on_when_it_is_run_again(desk, tmp_path):
    box = write(tmp_path, mbox([mail(n, answers=[n - 1] if n % 3 else []) for n in range(1, 3001)]))
    command = [program("ticket"), "import", "--config", desk.config, box, *ACCOUNT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not desk.tickets():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 75 and b"goes on" in err and b"new tickets" in out, (out, err)
    so_far = len(desk.tickets())
    assert 0 < so_far < 1001
    summary = take_in(desk, box)
    assert summary["duplicates"] > 0 and len(desk.tickets()) == 1001
    desk.configure(
        store={"path": desk.directory / "at-once"},
        archive={"path": desk.directory / "archive-at-once"},
    )
    at_once = take_in(desk, box)
    assert (at_once["opened"], at_once["threaded"]) == (1001, 1999) and len(desk.tickets()) == 1001


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_box_that_is_cut_short_meanwhile_ends_the_import_with_words(desk, tmp_path, size):
    data = mbox([mail(n, body="A line.\n" * 40) for n in range(1, 2001)])
    box = write(tmp_path, data)
    command = [program("ticket"), "import", "--config", desk.config, box, *ACCOUNT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not any(desk.archive.rglob("*.eml")):
            time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)
        os.truncate(box, size)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
    assert (
        process.returncode == 74
        and b"was changed while it was read" in err
        and b"new tickets" in out
    ), (process.returncode, out, err)
    assert 0 < len(desk.tickets()) < 2000 and desk.run_ticket("check").returncode == 0
    box.write_bytes(data)
    assert take_in(desk, box)["broken"] == 0 and len(desk.tickets()) == 2000


def test_an_archive_that_cannot_be_written_is_no_broken_mail(desk, tmp_path):
    box = write(tmp_path, mbox([mail(1, body="A line that makes it large.\n" * 20_000), mail(2)]))
    desk.configure(archive={"path": "/dev/null/archive"})
    done = desk.run_ticket("import", box, *ACCOUNT, check=False)
    assert done.returncode in (73, 74) and b"0 broken" in done.stdout and desk.tickets() == []


def all_of(master):
    """What was written to a terminal that nobody has open any more; it comes in pieces."""
    shown = b""
    with contextlib.suppress(OSError), open(master, "rb", buffering=0) as terminal:
        while piece := terminal.read(65536):
            shown += piece
    return shown.decode()


def test_a_terminal_sees_how_far_it_is(desk, tmp_path):
    box = write(tmp_path, mbox([mail(n) for n in range(1, 301)]))
    master, slave = pty.openpty()
    done = subprocess.run(
        [program("ticket"), "import", "--config", desk.config, box, *ACCOUNT],
        stdout=subprocess.PIPE,
        stderr=slave,
        timeout=60,
    )
    os.close(slave)
    shown = all_of(master)
    assert "300/300 mails" in shown and "/s" in shown and "left" in shown
    assert (
        done.stdout.decode().startswith("300 of 300 mails: 300 new tickets")
        and b"\r" not in done.stdout
    )


def test_mail_from_the_future_does_not_stay_on_top(desk, tmp_path):
    take_in(desk, write(tmp_path, mbox([mail(1, day=365 * 75)])))
    (ticket,) = desk.tickets()
    assert ticket["opened"].startswith("2023-11-14")

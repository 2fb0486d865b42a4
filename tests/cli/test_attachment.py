"""What comes with mail: listed, found, saved, told of in JSON, and put right in stores that did not know of it."""
import base64
import email
import email.policy
import json
import os

import pytest
from harness.box import mail, mbox
from harness.limits import LIMITS

ACCOUNT = ("--account", "support@example.com")
PDF = b"%PDF-1.4 offer\n" * 40


def part(data, name, kind="application/pdf", disposition="attachment"):
    return "\n".join(
        [
            "--b",
            f"Content-Type: {kind}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: {disposition}; filename=\"{name}\"",
            "",
            base64.encodebytes(data).decode(),
        ]
    )


def with_files(number, *parts, **words):
    body = "\n".join(
        ["--b", "Content-Type: text/plain", "", "See what is attached.", *parts, "--b--", ""]
    )
    return mail(
        number,
        body=body,
        headers=["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
        **words,
    )


def take_in(desk, tmp_path, *mails):
    (tmp_path / "box").write_bytes(mbox(mails))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)


def test_they_are_listed_and_told_of(desk, tmp_path):
    take_in(
        desk,
        tmp_path,
        with_files(1, part(PDF, "offer.pdf"), part(b"x", "logo.png", "image/png", "inline")),
        mail(2, answers=[1]),
    )
    shown = desk.show(1)
    assert shown["attachments_count"] == 2
    assert [m["attachments"] for m in shown["messages"]] == [
        [
            {"name": "offer.pdf", "type": "application/pdf", "size": len(PDF)},
            {"name": "logo.png", "type": "image/png", "size": 1},
        ],
        [],
    ]
    assert [
        (a["seq"], a["index"], a["name"], a["inline"], a["saved"])
        for a in desk.ticket("attachment", "1")
    ] == [(1, 1, "offer.pdf", False, None), (1, 2, "logo.png", True, None)]
    assert (
        desk.run_ticket("attachment", "#1").stdout.decode().splitlines()[0]
        == f"1.1\t{len(PDF)}\tapplication/pdf\tno\tCarla Kern <carla@customer.example>\toffer.pdf"
    )
    assert (
        "attachment     offer.pdf (application/pdf, 600 bytes)"
        in desk.run_ticket("show", "1").stdout.decode()
    )


def test_they_are_found_by_name_and_not_by_type(desk, tmp_path):
    take_in(desk, tmp_path, with_files(1, part(PDF, "Offer 17.pdf")), mail(2))
    assert [t["number"] for t in desk.ticket("search", "offer 17")] == [1]
    assert desk.run_ticket("search", "application", check=False).returncode == 1


def test_they_are_saved_and_nothing_is_overwritten(desk, tmp_path):
    take_in(
        desk,
        tmp_path,
        with_files(
            1,
            part(PDF, "../../offer.pdf"),
            part(b"second", "offer.pdf"),
            part(b"x", "logo.png", "image/png"),
        ),
    )
    place = tmp_path / "files"
    place.mkdir()
    (place / "offer.pdf").write_text("mine")
    out = (
        desk.run_ticket("attachment", "1", "--save", place, "*offer.pdf")
        .stdout.decode()
        .splitlines()
    )
    assert out == [str(place / "offer.2.pdf"), str(place / "offer.3.pdf")]
    assert {f.name: f.read_bytes() for f in place.iterdir()} == {
        "offer.pdf": b"mine",
        "offer.2.pdf": PDF,
        "offer.3.pdf": b"second",
    }
    (saved,) = desk.ticket("attachment", "1", "1.3", "--save", tmp_path / "new")
    assert (
        saved["saved"] == str(tmp_path / "new" / "logo.png")
        and oct(os.stat(saved["saved"]).st_mode)[-3:] == "600"
    )


def test_a_link_in_the_place_is_not_followed(desk, tmp_path):
    take_in(desk, tmp_path, with_files(1, part(PDF, "offer.pdf")))
    (tmp_path / "victim").write_text("mine")
    place = tmp_path / "files"
    place.mkdir()
    (place / "offer.pdf").symlink_to(tmp_path / "victim")
    desk.run_ticket("attachment", "1", "--save", place)
    assert (tmp_path / "victim").read_text() == "mine" and (
        place / "offer.2.pdf"
    ).read_bytes() == PDF


def test_what_is_not_there_is_said(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), with_files(2, part(PDF, "offer.pdf")))
    for words, says in (
        (("1",), "ticket #1 has no attachments"),
        (("2", "nope*"), "ticket #2 has no attachment of that name"),
        (("7",), "there is no ticket #7"),
    ):
        done = desk.run_ticket("attachment", *words, check=False)
        assert done.returncode == 1 and says in done.stderr.decode()
    for file in desk.archive.rglob("*.eml"):
        file.unlink()
    done = desk.run_ticket("attachment", "2", "--save", tmp_path / "files", check=False)
    assert done.returncode in (1, 74) and "archive" in done.stderr.decode()


def test_they_are_opened_with_the_program_for_it(desk, tmp_path, monkeypatch):
    take_in(desk, tmp_path, with_files(1, part(PDF, "offer.pdf")))
    opener = tmp_path / "xdg-open"
    opener.write_text(f"#!/bin/sh\ncat \"$1\" >{tmp_path}/opened\n")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (name,) = desk.run_ticket("attachment", "1", "--open").stdout.decode().splitlines()
    assert (tmp_path / "opened").read_bytes() == PDF
    os.unlink(name)
    os.rmdir(os.path.dirname(name))


def test_merged_and_split_tickets_count_them_right(desk, tmp_path):
    take_in(
        desk,
        tmp_path,
        with_files(1, part(PDF, "a.pdf")),
        with_files(2, part(PDF, "b.pdf"), part(PDF, "c.pdf")),
    )
    desk.run_ticket("merge", "2", "--into", "1")
    assert desk.show(1)["attachments_count"] == 3
    desk.run_ticket("split", "1", "2")
    assert [desk.show(n)["attachments_count"] for n in (1, 3)] == [1, 2]
    assert desk.run_ticket("check").returncode == 0


def test_a_store_that_did_not_know_of_them_learns_them_from_the_archive(desk, tmp_path):
    take_in(desk, tmp_path, with_files(1, part(PDF, "a.pdf")), mail(2))
    lines = [json.loads(line) for line in desk.run_ticket("export", "--json").stdout.splitlines()]
    for line in lines:
        line.pop("attached", None)
        line.pop("attachments_count", None)
    desk.configure(store={"path": tmp_path / "older"})
    desk.run_ticket(
        "import", "--json", "-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode()
    )
    assert desk.show(1)["attachments_count"] == 0
    done = desk.run_ticket("check", check=False)
    assert (
        done.returncode == 65
        and "message 1 has attachments that are not recorded" in done.stdout.decode()
    )
    desk.run_ticket("check", "--repair")
    assert (
        desk.show(1)["attachments_count"] == 1
        and desk.show(1)["messages"][0]["attachments"][0]["name"] == "a.pdf"
    )
    assert desk.run_ticket("check").returncode == 0


# --- answers that take files along ---


def outgoing(desk):
    (line,) = [
        entry
        for entry in map(json.loads, desk.run_ticket("export", "--json").stdout.splitlines())
        if entry["type"] == "outgoing"
    ]
    return email.message_from_string(line["mail"], policy=email.policy.default)


def test_an_answer_takes_files_along(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    offer, odd = tmp_path / "offer.pdf", tmp_path / "Grüße, 1.txt"
    offer.write_bytes(bytes(range(256)) * 40)
    odd.write_text("hello\n")
    desk.run_ticket("reply", "1", "-m", "Here it is.", "--attach", offer, "--attach", odd)
    sent = outgoing(desk)
    text, *files = sent.iter_parts()
    assert text.get_content() == "Here it is.\n" and sent["In-Reply-To"]
    assert [(f.get_filename(), f.get_payload(decode=True)) for f in files] == [
        ("offer.pdf", offer.read_bytes()),
        ("Grüße, 1.txt", b"hello\n"),
    ]
    answer = desk.show(1)["messages"][-1]
    assert [a["name"] for a in answer["attachments"]] == ["offer.pdf", "Grüße, 1.txt"] and answer[
        "archive"
    ]
    desk.run_ticket("attachment", "1", "offer.pdf", "--save", tmp_path / "back")
    assert (tmp_path / "back" / "offer.pdf").read_bytes() == offer.read_bytes()
    assert desk.run_ticket("check").returncode == 0


def test_without_an_archive_the_files_go_out_all_the_same(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    desk.configure(archive={"path": ""})
    (tmp_path / "a.txt").write_text("hello\n")
    desk.run_ticket("reply", "1", "-m", "Here.", "--attach", tmp_path / "a.txt")
    assert list(outgoing(desk).iter_attachments())[0].get_filename() == "a.txt"
    assert desk.show(1)["messages"][-1]["archive"] is None


@pytest.mark.parametrize(
    "what, says",
    [
        ("missing", "No such file"),
        ("directory", "Is a directory"),
        ("fifo", "it is no file"),
        ("large", "20 MiB"),
    ],
)
def test_a_file_that_cannot_be_sent_is_named_and_nothing_is_done(desk, tmp_path, what, says):
    take_in(desk, tmp_path, mail(1))
    path = tmp_path / what
    if what == "directory":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "large":
        path.write_bytes(b"x" * (20 * 1024 * 1024 + 1))
    done = desk.run_ticket("reply", "1", "-m", "Here.", "--attach", path, check=False)
    assert (
        done.returncode == (65 if what == "large" else 74)
        and says in done.stderr.decode()
        and str(path) in done.stderr.decode()
    )
    assert len(desk.show(1)["messages"]) == 1


@pytest.mark.parametrize("past", [0, 1], ids=["at", "past"])
@pytest.mark.parametrize("count", [1, 2])
def test_files_of_one_answer_have_a_limit_together(desk, tmp_path, count, past):
    """LIMIT_FORWARD_BYTES."""
    take_in(desk, tmp_path, mail(1))
    words = []
    for n in range(count):
        path = tmp_path / f"file{n}"
        path.write_bytes(b"\0" * (LIMITS["LIMIT_FORWARD_BYTES"] // count + past * (n == count - 1)))
        words += ["--attach", path]
    done = desk.run_ticket("reply", "1", "-m", "Here.", *words, check=False)
    assert done.returncode == (65 if past else 0), done.stderr
    assert len(desk.show(1)["messages"]) == 2 - past


# --- signatures ---


@pytest.mark.parametrize(
    "text, sent",
    [
        ("Done.", "Done.\n\n-- \nFirst level\n+49 30 1234\n"),
        ("Done.\n{signature}\nP.S. Bye.", "Done.\nFirst level\n+49 30 1234\nP.S. Bye.\n"),
    ],
)
def test_a_queues_signature_stands_below_an_answer_or_where_the_text_wants_it(
    desk, tmp_path, text, sent
):
    desk.run_ticket("queue", "set", "support", "--signature", "First level\n+49 30 1234\n")
    take_in(desk, tmp_path, mail(1))
    desk.run_ticket("reply", "1", "-m", text)
    assert outgoing(desk).get_content() == sent
    assert desk.ticket("queue", "show", "support")[0]["signature"] == "First level\n+49 30 1234\n"
    desk.run_ticket("queue", "set", "support", "--signature", "")
    assert desk.ticket("queue", "show", "support")[0]["signature"] is None


@pytest.mark.parametrize("length", [2000, 2001])  # LIMIT_SIGNATURE_BYTES, and one more
def test_a_signature_is_cut_where_it_must_end(desk, length):
    desk.run_ticket("queue", "set", "support", "--signature", "s" * length)
    assert desk.ticket("queue", "show", "support")[0]["signature"] == "s" * 2000

"""Small print of the contract that once was not kept."""
import json
import time

import pytest
from harness.box import mail, mbox

ACCOUNT = ("--account", "support@example.com")


def take_in(desk, tmp_path, *mails):
    (tmp_path / "box").write_bytes(mbox(mails))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)


def ends(desk, *words, **more):
    done = desk.run_ticket(*words, check=False, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_mail_that_is_dropped_leaves_an_event(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    desk.run_ticket("reply", "1", "-m", "Done.")
    (outgoing,) = desk.outbox()
    desk.run_ticket("outbox", "drop", str(outgoing["id"]))
    event = desk.show(1)["events"][-1]
    assert (event["kind"], event["to"], event["text"]) == (
        "dropped",
        "carla@customer.example",
        "reply",
    ) and event["actor"].startswith("unix:")


@pytest.mark.parametrize("words", [("priority", "HIGH"), ("status", "Clarify")])
def test_words_are_taken_in_any_case(desk, tmp_path, words):
    take_in(desk, tmp_path, mail(1))
    desk.run_ticket(*words, "1")
    assert desk.show(1)[words[0]] == words[1].lower()


def test_an_unclosed_brace_in_a_format_is_named(desk):
    code, _, err = ends(desk, "list", "--format", "{number")
    assert code == 64 and "'{number' has no closing brace" in err


def test_spam_is_purged_when_it_is_old(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2))
    desk.run_ticket("spam", "1")
    assert ends(desk, "purge", "--closed-before", "2020-01-01")[0] == 1
    assert ends(desk, "purge", "--closed-before", "2999-01-01")[:2] == (
        0,
        "purged 1 ticket and 1 archived mail\n",
    )
    assert [t["number"] for t in desk.tickets()] == [2]


@pytest.mark.parametrize(
    "what, more, member, value",
    [
        ("queue", ("--title", "Sales"), "title", "Sales"),
        ("agent", ("--name", "Ben Berg", "--address", "ben@example.com"), "name", "Ben Berg"),
    ],
)
def test_create_twice_is_once(desk, what, more, member, value):
    code, _, err = ends(desk, what, "set", "ben", *more)
    assert code == 1 and "--create" in err
    for _ in range(2):
        desk.run_ticket(what, "set", "ben", "--create", *more)
        (found,) = [
            x for x in desk.ticket(what, "list") if "ben" in (x.get("name"), x.get("login"))
        ]
        assert found[member] == value


@pytest.mark.parametrize("address", ["support@example.com", "support+x@example.com"])
def test_an_account_is_nobodys_own_address(desk, address):
    code, _, err = ends(desk, "agent", "add", "ben", "--address", address)
    assert code == 65 and f"'{address}' is an address of the desk itself" in err


@pytest.mark.parametrize(
    "words", [("note", "1", "-F"), ("reply", "1", "-F"), ("import", *ACCOUNT), ("import", "--json")]
)
def test_a_file_that_cannot_be_read_is_an_input_error(desk, tmp_path, words):
    take_in(desk, tmp_path, mail(1))
    code, _, err = ends(desk, *words, tmp_path / "missing")
    assert code == 74 and "missing" in err


def test_a_merged_number_shows_what_it_leads_to(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2))
    desk.run_ticket("merge", "1", "--into", "2")
    code, out, err = ends(desk, "show", "1")
    assert (
        code == 0
        and err == "#1 was merged into #2\n"
        and "Text of mail 1." in out
        and "[example.com #2]" in out
    )
    assert desk.show(1)["merged_into"] == 2


def test_reload_without_a_daemon_says_so_at_once(desk):
    began = time.monotonic()
    code, _, err = ends(desk, "reload")
    assert code == 75 and "no daemon runs" in err and time.monotonic() - began < 5


def test_what_failed_has_no_next_try(desk, tmp_path):
    take_in(desk, tmp_path, mail(1))
    desk.run_ticket("reply", "1", "-m", "Done.")
    lines = [json.loads(line) for line in desk.run_ticket("export", "--json").stdout.splitlines()]
    for line in lines:
        if line["type"] == "outgoing":
            line.update(state="failed", next_try="2030-01-01T00:00:00Z")
    desk.configure(store={"path": tmp_path / "other"})
    desk.run_ticket(
        "import", "--json", "-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode()
    )
    assert desk.outbox()[0]["next_try"] is None

"""Everything that is recorded goes out, and comes back as it was."""
import email
import json
import mailbox
import re

import pytest
from harness.box import mail, mbox, message_id
from harness.ground import new_directory

ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def busy(desk, tmp_path):
    """A desk where much has happened: threads, merges, links, notes, answers in the outbox, a purged number."""
    box = tmp_path / "box"
    box.write_bytes(mbox([mail(1, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="), mail(2, answers=[1]), mail(3), mail(4), mail(5, body="x \xff y"),
                          mail(6, headers=["X-Odd: \xfc"]), mail(7, sender="dora@customer.example", name="Dora")]))
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
        "export", "queue", "agent", "ticket", "message", "event", "outgoing", "row"}
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
    box.write_bytes(mbox([mail(20, answers=[2]), mail(21, answers=[3]), mail(22), mail(23, headers=[f"In-Reply-To: {sent}"])]))
    (summary,) = copy.ticket("import", box, *ACCOUNT)
    assert (summary["opened"], summary["threaded"]) == (1, 3)
    assert [message["message_id"] for message in copy.show(1)["messages"]][-3:] == [message_id(n) for n in (20, 21, 23)]
    assert max(ticket["number"] for ticket in copy.tickets()) == 1 + max(line["number"] for line in lines(data, "ticket"))


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
    for wrong, says in ((b"{", b"line"), (b'{"type":"odd"}\n', b"unknown type 'odd'"), (b'{"type":"ticket","number":"x"}\n', b"'number' is not a number")):
        done = copy.run_ticket("import", "--json", "-", stdin=data + wrong, check=False)
        assert done.returncode == 65 and says in done.stderr and place in done.stderr, done
        assert copy.tickets() == [] and copy.ticket("queue", "list") == []
    assert copy.run_ticket("import", "--json", "/dev/null", check=False).returncode == 65
    copy.run_ticket("import", "--json", "-", stdin=data)


def test_an_mbox_has_the_mails_as_they_came_and_their_threads(busy, tmp_path):
    path = tmp_path / "out"
    path.write_bytes(busy.run_ticket("export", "--mbox", "1").stdout)
    mails = list(mailbox.mbox(path))
    ids = [found["Message-ID"] for found in mails if found["Message-ID"]]
    assert ids[:2] == [message_id(1), message_id(2)] and len(set(ids)) == len(ids) == 4 and len(mails) == 5
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


def test_an_mbox_comes_back_as_the_same_threads(busy, empty, tmp_path):
    before = [[m["message_id"] for m in busy.show(t["number"])["messages"] if m["direction"] == "in"] for t in busy.tickets()]
    path = tmp_path / "all"
    path.write_bytes(busy.run_ticket("export", "--mbox").stdout)
    copy = empty()
    copy.run_ticket("import", path, *ACCOUNT)
    after = [[m["message_id"] for m in copy.show(t["number"])["messages"] if m["direction"] == "in"] for t in copy.tickets()]
    assert sorted(i for ids in before for i in ids) == sorted(i for ids in after for i in ids)
    assert [message_id(1), message_id(2)] in [ids[:2] for ids in after]

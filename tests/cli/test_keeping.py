"""What is kept, what is given up, and what is put right."""
import json
import time

import pytest
from harness.box import BEGIN, mail, mbox, message_id
from harness.ground import wait_until

ACCOUNT = ("--account", "support@example.com")


def take_in(desk, tmp_path, *mails):
    box = tmp_path / "box"
    box.write_bytes(mbox(mails))
    desk.run_ticket("import", box, *ACCOUNT)


def archived(desk):
    return sorted(desk.archive.rglob("*.eml"))


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
    events = [event for event in old.ticket("log", "100") if event["kind"] == "purged"]
    assert sorted(event["ticket"] for event in events) == [1, 2, 4] and events[0]["actor"].startswith("unix:")
    assert old.run_ticket("check").returncode == 0
    assert ends(old, "purge", "--closed-before", "0s")[0] == 1


def test_a_purged_number_is_not_given_again_and_its_mail_opens_a_ticket(old, tmp_path):
    old.run_ticket("purge", "--closed-before", "0s")
    take_in(old, tmp_path, mail(7, answers=[1], subject="Re: [example.com #1] Question 1"))
    assert [(ticket["number"], ticket["links"]) for ticket in old.tickets()] == [(3, [4]), (5, []), (6, [1])]


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
    desk.kill()
    assert not (desk.archive / "2023").exists()


# --- check ---

def test_check_tells_each_finding_and_repairs(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2))
    archived(desk)[0].unlink()
    code, out, err = ends(desk, "check")
    assert code == 65 and "is not in the archive" in out and "1 findings" in err
    assert [list(finding) for finding in desk_findings(desk)] == [["finding"]]
    code, out, err = ends(desk, "check", "--repair")
    assert code == 0 and "is not in the archive" in out
    assert ends(desk, "check") == (0, "", "2 tickets, 0 findings\n")


def desk_findings(desk):
    return [json.loads(line) for line in desk.run_ticket("check", "--json", check=False).stdout.splitlines()]

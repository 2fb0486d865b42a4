"""Tickets of another system keep their numbers."""
from harness.box import mail, mbox, message_id

ACCOUNT = ("--account", "support@example.com")
TAG = "[example.com #{}] "


def take_in(desk, tmp_path, *mails, keep=True):
    (tmp_path / "box").write_bytes(mbox(mails))
    return desk.ticket("import", tmp_path / "box", *ACCOUNT, *(["--keep-numbers"] if keep else []))[
        0
    ]


def threads(desk):
    return {
        t["number"]: [m["message_id"] for m in desk.show(t["number"])["messages"]]
        for t in desk.tickets()
    }


def test_a_thread_has_the_number_of_its_first_tag(desk, tmp_path):
    take_in(
        desk,
        tmp_path,
        mail(1),
        mail(2, answers=[1], subject=TAG.format(4711) + "Question 1"),
        mail(3),
        mail(4, subject=TAG.format(99) + "x"),
    )
    assert threads(desk) == {
        4711: [message_id(1), message_id(2)],
        4712: [message_id(3)],
        99: [message_id(4)],
    }


def test_a_tag_alone_leads_to_its_ticket_whoever_wrote(desk, tmp_path):
    take_in(
        desk,
        tmp_path,
        mail(1, subject=TAG.format(7) + "x"),
        mail(2, sender="dora@customer.example", subject=TAG.format(7) + "x"),
    )
    assert threads(desk) == {7: [message_id(1), message_id(2)]}


def test_again_it_adds_nothing_and_goes_on(desk, tmp_path):
    mails = [mail(1, subject=TAG.format(7) + "x"), mail(2, subject=TAG.format(8) + "y")]
    take_in(desk, tmp_path, *mails)
    summary = take_in(
        desk, tmp_path, *mails, mail(3, sender="dora@customer.example", subject=TAG.format(8) + "y")
    )
    assert (summary["duplicates"], summary["threaded"], summary["opened"]) == (2, 1, 0)
    assert threads(desk)[8] == [message_id(2), message_id(3)]


def test_a_ticket_of_our_own_stays_alone(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), keep=False)
    take_in(
        desk, tmp_path, mail(2, sender="dora@customer.example", subject=TAG.format(1) + "theirs")
    )
    assert threads(desk) == {1: [message_id(1)], 2: [message_id(2)]}
    assert desk.run_ticket("check").returncode == 0


def test_numbers_given_later_are_larger(desk, tmp_path):
    take_in(desk, tmp_path, mail(1, subject=TAG.format(500) + "x"))
    take_in(desk, tmp_path, mail(2), keep=False)
    assert sorted(threads(desk)) == [500, 501]


def test_without_the_option_numbers_are_new(desk, tmp_path):
    take_in(desk, tmp_path, mail(1, subject=TAG.format(500) + "x"), keep=False)
    assert sorted(threads(desk)) == [1]

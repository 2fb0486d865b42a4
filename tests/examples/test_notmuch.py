"""The hook of notmuch, run by notmuch."""
import os
import shutil

import pytest

from harness.box import maildir
from harness.ground import SOURCE, new_directory, run, tool

HOOK = SOURCE / "conf" / "examples" / "notmuch" / "post-new"


class Notmuch:
    """A person's mail and the index of it."""

    def __init__(self):
        self.directory = new_directory("notmuch")
        self.mail = self.directory / "mail"
        self.count = 0
        (self.mail / ".notmuch" / "hooks").mkdir(parents=True)
        shutil.copy(HOOK, self.mail / ".notmuch" / "hooks")
        (self.directory / "config").write_text(
            f"[database]\npath={self.mail}\n[user]\nname=Anna\nprimary_email=anna@example.com\n"
            "[new]\ntags=unread;inbox;new\n"
        )

    def notmuch(self, *words):
        env = {
            **os.environ,
            "NOTMUCH_CONFIG": str(self.directory / "config"),
            "HOME": str(self.directory),
        }
        return run(tool("notmuch"), *words, env=env)

    def gets(self, *mails):
        for mail in mails:
            self.count += 1
            maildir(self.mail / f"{self.count}", {"": [mail]})
        done = self.notmuch("new")
        assert done.stderr == b"", done.stderr

    def tags(self, query):
        return set(self.notmuch("search", "--output=tags", "--", query).stdout.decode().split()) - {
            "unread",
            "inbox",
        }

    def count_of(self, query):
        return int(self.notmuch("count", "--", query).stdout)


@pytest.fixture
def notmuch():
    return Notmuch()


def test_all_mails_of_a_ticket_have_what_its_newest_says(house, notmuch):
    asked = house.mail("Carla Kern <carla@customer.example>")
    notmuch.gets(asked.mail)
    assert notmuch.tags("*") == {"ticket", "ticket/1", "queue/support", "status/new"}
    note = house.mail(
        "Anna Berg <anna@example.com>",
        authen="anna",
        reply_to=asked,
        body="take\npriority urgent\n\nShe is angry.\n",
    )
    notmuch.gets(note.mail)
    assert notmuch.tags("not tag:note") == {
        "ticket",
        "ticket/1",
        "queue/support",
        "status/open",
        "agent/anna",
        "flagged",
    }
    assert notmuch.tags("tag:note") == notmuch.tags("not tag:note") | {"note"}
    house.daemon.run_ticket("assign", "ben", "1")
    house.daemon.run_ticket("priority", "low", "1")
    notmuch.gets(house.mail("Carla Kern <carla@customer.example>", reply_to=asked).mail)
    assert notmuch.count_of("tag:agent/ben and tag:status/open") == 3
    assert notmuch.count_of("tag:agent/anna or tag:flagged or tag:new or tag:status/new") == 0


def test_other_mail_has_no_tag_of_a_ticket(house, notmuch):
    notmuch.gets(house.mail("eve@customer.example", ["anna@example.com"]).mail)
    assert notmuch.tags("*") == set()


@pytest.mark.parametrize(
    "odd",
    [
        '<x" or tag:ticket or id:"y@customer.example>',
        "<a)b(c'd@customer.example>",
        "<-x*@customer.example>",
    ],
)
def test_a_strangers_id_is_no_word_of_a_query(house, notmuch, odd):
    notmuch.gets(house.mail("dora@customer.example").mail)
    notmuch.gets(
        house.mail("eve@customer.example", headers=["X-Spam-Flag: YES"], message_id=odd).mail
    )
    assert notmuch.count_of("tag:ticket/1") == notmuch.count_of("tag:ticket/2") == 1
    assert notmuch.tags("tag:ticket/1") == {"ticket", "ticket/1", "queue/support", "status/new"}
    assert notmuch.tags("tag:ticket/2") == {"ticket", "ticket/2", "queue/support", "status/spam"}

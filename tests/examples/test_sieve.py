"""The Sieve scripts, as Dovecot's own delivery agent runs them on mail that came through the filter."""
import pathlib

import pytest

from harness.ground import SOURCE, give, new_directory, run, tool

SCRIPTS = SOURCE / "conf" / "examples" / "sieve"
LDA = "/usr/lib/dovecot/dovecot-lda"
CONFIG = """
log_path = {directory}/log
ssl = no
mail_location = maildir:{directory}/mail
protocol lda {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:{directory}/active.sieve
}}
"""


class Delivery:
    """One person's mailbox and the script that files what comes."""

    def __init__(self, script):
        self.directory = new_directory("sieve")
        (self.directory / "active.sieve").write_text((SCRIPTS / script).read_text())
        (self.directory / "dovecot.conf").write_text(CONFIG.format(directory=self.directory))
        give(self.directory)

    def deliver(self, mail):
        run(
            tool("setpriv"),
            "--reuid=nobody",
            "--regid=nogroup",
            "--clear-groups",
            LDA,
            "-c",
            self.directory / "dovecot.conf",
            "-f",
            "carla@customer.example",
            stdin=mail,
            env={"HOME": str(self.directory), "USER": "nobody"},
        )

    def mails(self):
        """(folder, letters of its flags) of each mail that is there, sorted."""
        found = []
        for path in (self.directory / "mail").glob("**/[nc][eu][wr]/*"):
            folder = path.parent.parent.relative_to(self.directory / "mail")
            found.append(
                (
                    folder.name.lstrip("."),
                    path.name.rpartition(":2,")[2] if ":2," in path.name else "",
                )
            )
        return sorted(found)

    def keywords(self, folder):
        listed = (self.directory / "mail" / f".{folder}" / "dovecot-keywords").read_text()
        return [line.split(" ", 1)[1] for line in listed.splitlines()]


@pytest.fixture
def stories(house):
    """Mails as they were delivered: a new one, an urgent one, spam, a note, a taken one, a colleague's, a stranger's."""
    carla, dora = house.mail("Carla Kern <carla@customer.example>"), house.mail(
        "dora@customer.example"
    )
    spam = house.mail("eve@customer.example", headers=["X-Spam-Flag: YES"])
    taken = house.mail(
        "Anna Berg <anna@example.com>",
        authen="anna",
        reply_to=carla,
        body="take\npriority urgent\n\nI know her.\n",
    )
    again = house.mail("Carla Kern <carla@customer.example>", reply_to=carla)
    house.daemon.run_ticket("assign", "ben", str(dora.number))
    other = house.mail("dora@customer.example", reply_to=dora)
    plain = house.mail("eve@customer.example", ["anna@example.com"])
    assert (again.header("X-Ticket-Agent"), other.header("X-Ticket-Agent"), plain.number) == (
        "anna",
        "ben",
        None,
    )
    return [mail.mail for mail in (carla, spam, taken, again, other, plain)]


@pytest.mark.parametrize(
    "script, folders",
    [
        (
            "queue.sieve",
            [
                ("", ""),
                ("Junk", ""),
                ("Tickets.support", ""),
                ("Tickets.support", ""),
                ("Tickets.support", "F"),
                ("Tickets.support", "Fa"),
            ],
        ),
        (
            "status.sieve",
            [
                ("", ""),
                ("Junk", ""),
                ("Tickets.New", ""),
                ("Tickets.Open", ""),
                ("Tickets.Open", ""),
                ("Tickets.Open", ""),
            ],
        ),
        (
            "agent.sieve",
            [
                ("", ""),
                ("Junk", ""),
                ("Tickets.Colleagues.ben", ""),
                ("Tickets.Mine", ""),
                ("Tickets.Mine", "F"),
                ("Tickets.Nobody.support", ""),
            ],
        ),
    ],
)
def test_each_mail_is_filed(stories, script, folders):
    delivery = Delivery(script)
    for mail in stories:
        delivery.deliver(mail)
    assert delivery.mails() == folders, (delivery.directory / "log").read_text()


def test_the_keyword_of_a_note_is_the_servers(stories):
    delivery = Delivery("queue.sieve")
    delivery.deliver(stories[2])
    assert delivery.keywords("Tickets.support") == ["$Note"]


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.iterdir()))
def test_pigeonhole_compiles_it_without_a_warning(script):
    target = new_directory("sievec") / script
    target.write_bytes((SCRIPTS / script).read_bytes())
    done = run(tool("sievec"), target, pathlib.Path(target).with_suffix(".svbin"))
    assert done.stdout + done.stderr == b""

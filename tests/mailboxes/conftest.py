"""A mail server, the daemon with mailboxes, an IMAP server over them, Anna and Ben."""
import pytest

from harness.daemon import SUPPORT, Daemon
from harness.delivery import mailbox, milter_socket  # noqa: F401
from harness.desk import Desk
from harness.ground import wait_until
from harness.mailboxes import GROUP, Server, make_directory
from harness.postfix import Postfix


@pytest.fixture(scope="session")
def postfix(mailbox, milter_socket):
    postfix = Postfix(mailbox.port, f"unix:{milter_socket}")
    try:
        yield postfix.start()
    finally:
        postfix.stop()


class House(Desk):
    """A desk whose agents look at their tickets by IMAP."""

    def __init__(self, postfix, mailbox, socket):
        self.path = make_directory()
        daemon = Daemon(
            postfix.port,
            [{**SUPPORT, "autoresponse": {"opened": "", "closed": "closed.eml"}}],
            settings={"mailboxes": {"path": self.path, "group": GROUP}},
            socket=socket,
        ).start()
        super().__init__(postfix, mailbox, daemon)
        daemon.add_queue("ops")
        daemon.add_agent(
            "anna", name="Anna Berg", address="anna@example.com", queue=["support", "ops"]
        )
        daemon.add_agent("ben", name="Ben Ast", address="ben@example.com", queue="support")
        last = self.path / "ben" / ".Colleagues.support" / "cur"
        wait_until(last.exists, "the agents' folders")
        self.imap = Server(self.path, {"anna": "a", "ben": "b", "carl": "c"}).start()
        self.anna, self.ben = self.imap.login("anna"), self.imap.login("ben")

    def close(self):
        print(self.daemon.log_text()[-6000:])
        print(self.imap.log_text()[-6000:])
        self.imap.stop()
        if not self.daemon.ended():
            self.daemon.stop()
        assert "Sanitizer" not in self.daemon.log_text()


@pytest.fixture
def house(postfix, mailbox, milter_socket):
    postfix.drain()
    mailbox.clear()
    house = House(postfix, mailbox, milter_socket)
    yield house
    house.close()

"""One Postfix for all tests; a fresh daemon with an empty store for each."""
import pytest

from harness.desk import Desk
from harness.daemon import Daemon
from harness.delivery import mailbox, milter_socket  # noqa: F401
from harness.dovecot import Dovecot
from harness.postfix import Postfix


@pytest.fixture(scope="session")
def dovecot():
    dovecot = Dovecot({"anna": "secret", "carla": "other"}).start()
    yield dovecot
    dovecot.stop()


@pytest.fixture(scope="session")
def postfix(mailbox, milter_socket, dovecot):
    postfix = Postfix(
        mailbox.port,
        f"unix:{milter_socket}",
        dovecot.socket,
        aliases={"aliased": "team@example.com"},
        settings={"non_smtpd_milters": f"unix:{milter_socket}"},
    )
    try:
        yield postfix.start()
    finally:
        postfix.stop()


@pytest.fixture
def desk(postfix, mailbox, milter_socket):
    postfix.drain()  # what an earlier test's daemon sent last would be in this test's mailbox
    mailbox.clear()
    daemon = Daemon(postfix.port, socket=milter_socket).start()
    desk = Desk(postfix, mailbox, daemon)
    daemon.add_queue("ops")
    daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    daemon.add_agent("ben", name="Ben Ast", address="ben@example.com", queue="ops")
    yield desk
    print(daemon.log_text()[-6000:])
    if not daemon.ended():
        daemon.kill()

"""Makes the package harness importable from every directory of tests, and has what several of them share: a daemon whose outgoing mail ends
in a sink, and a mail server in front of it, each for one test."""
import pytest

from harness import postgresql
from harness.daemon import Daemon
from harness.postfix import Postfix
from harness.sink import Sink


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "embedded(why): about LMDB's own files; no test where stores are PostgreSQL's"
    )


def pytest_collection_modifyitems(config, items):
    if postgresql.shared():
        embedded = [item for item in items if item.get_closest_marker("embedded")]
        config.hook.pytest_deselected(items=embedded)
        items[:] = [item for item in items if item not in embedded]


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def daemon(sink):
    """Not started yet. A machine under load must not make the relay look dead, and thousands of mails are
    to have their answers."""
    daemon = Daemon(
        sink.port, settings={"mail_out": {"timeout_s": 10}, "policy": {"answers_per_hour": 0}}
    )
    yield daemon
    if not daemon.ended():
        daemon.kill()


@pytest.fixture
def mailbox():
    """Where the mail server delivers."""
    mailbox = Sink(lmtp=True)
    yield mailbox
    mailbox.close()


@pytest.fixture
def postfix(daemon, mailbox):
    postfix = Postfix(mailbox.port, daemon.milter)
    yield postfix.start()
    postfix.stop()

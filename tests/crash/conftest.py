"""A daemon whose outgoing mail ends in a sink, each for one test."""
import pytest

from harness.daemon import Daemon
from harness.sink import Sink


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def daemon(sink):
    daemon = Daemon(sink.port, settings={"mail_out": {"timeout_s": 10}})
    yield daemon
    if not daemon.ended():
        daemon.kill()

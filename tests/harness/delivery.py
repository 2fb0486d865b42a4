"""Fixtures of the directories of tests that have one mail server for all: import what you need."""
import pytest

from harness.ground import give, new_directory
from harness.sink import Sink


@pytest.fixture(scope="session")
def milter_socket():
    directory = new_directory("socket")
    give(directory)
    return directory / "milter.sock"


@pytest.fixture(scope="session")
def mailbox():
    """Where every delivered mail ends, ours and the customers'."""
    sink = Sink(lmtp=True)
    yield sink
    sink.close()

"""A store without a daemon, and `ticket` on it."""
import pytest

from harness.daemon import Daemon
from harness.ground import new_directory


@pytest.fixture
def desk():
    """Never started: only its configuration and its store are used."""
    daemon = Daemon(relay_port=9, directory=new_directory("cli"))
    daemon.run_ticket("queue", "add", "support", "--title", "First level")
    return daemon

"""Houses and customers for the scenarios over the milter protocol."""
import pytest

from harness.daemon import SUPPORT
from harness.house import DESK, OPS, House
from harness.sink import Sink, unique


@pytest.fixture(scope="module")
def house():
    """One for all scenarios of a module that need no setting of their own."""
    house = House([SUPPORT, OPS, DESK])
    house.daemon.add_agent(
        "anna", name="Anna Berg", address="anna@example.com", queue=["support", "desk"]
    )
    yield house
    house.end()


@pytest.fixture
def build():
    """build(accounts, **settings): a house of its own for a scenario."""
    houses = []

    def make(accounts=(SUPPORT,), **settings):
        houses.append(House(accounts, **settings))
        return houses[-1]

    yield make
    for house in houses:
        house.end()


@pytest.fixture
def carla():
    """A customer whom nobody else is."""
    return f"Carla Kern <{unique('carla')}@customer.example>"


@pytest.fixture
def dora():
    return f"Dora Lenz <{unique('dora')}@customer.example>"


@pytest.fixture
def relay():
    """Where a house's own mail goes when it is built with relay_port=relay.port."""
    sink = Sink()
    yield sink
    sink.close()

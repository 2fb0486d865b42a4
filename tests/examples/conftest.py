"""A house whose mail the examples are tried on."""
import pytest

from harness.house import House


@pytest.fixture
def house():
    house = House()
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    house.daemon.add_agent("ben", name="Ben Ast", address="ben@example.com", queue="support")
    yield house
    house.end()

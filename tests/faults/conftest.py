"""Calls of the C library that fail."""
import pytest

from harness.faults import Faults


@pytest.fixture(scope="session")
def built_faults():
    return Faults()


@pytest.fixture
def faults(built_faults):
    yield built_faults
    built_faults.file.unlink(missing_ok=True)

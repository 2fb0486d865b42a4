"""What the compiler and the linker add against faults of ours, read from the programs themselves."""
import pathlib
import platform
import re

import pytest

from harness.ground import program, run

X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of another processor")
programs = pytest.mark.parametrize("name", ["milticketd", "ticket"])


def readelf(name, *options):
    return run("readelf", "-W", *options, program(name)).stdout.decode()


@programs
def test_it_is_loaded_at_an_address_that_nobody_knows(name):
    assert re.search(r"Type:\s+DYN", readelf(name, "-h")) and re.search(
        r"FLAGS_1.*\bPIE\b", readelf(name, "-d")
    )


@programs
def test_its_tables_of_functions_cannot_be_written(name):
    assert "GNU_RELRO" in readelf(name, "-l") and "BIND_NOW" in readelf(name, "-d")


@programs
def test_its_stack_cannot_be_run(name):
    assert re.search(r"GNU_STACK.* RW +0x", readelf(name, "-l"))


@programs
@pytest.mark.parametrize(
    "symbol",
    ["__stack_chk_fail", "__printf_chk|__vsnprintf_chk|__fprintf_chk", "__memcpy_chk|__read_chk"],
)
def test_it_is_watched_over_by(name, symbol):
    assert re.search(rf"\b({symbol})@", readelf(name, "--dyn-syms"))


@X86
@programs
@pytest.mark.parametrize(
    "code",
    [
        b"\xf3\x0f\x1e\xfa",  # endbr64: what may be jumped to
        b"\x48\x83\x0c\x24\x00",  # orq $0, (%rsp): each page of a large frame is touched
    ],
    ids=["jumps", "stack"],
)
def test_it_checks(name, code):
    assert pathlib.Path(program(name)).read_bytes().count(code) > 0

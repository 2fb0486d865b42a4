#!/usr/bin/python3
"""Every limit has its row in tests/harness/limits.py, and its row a test at the edge. Prints TAP.

That those tests notice a limit that is one larger or smaller, tests/mutate --limits tells.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILTICKET_BUILD") or ROOT / "_build" / "gcc")
sys.path.insert(0, str(ROOT / "tests"))
from harness.limits import LIMITS, ROWS  # noqa: E402
from harness.tap import tell_checks  # noqa: E402


def every_limit_has_a_row():
    return [f"{name} has no row" for name in LIMITS if name not in ROWS] + [
        f"{name} is no limit" for name in ROWS if name not in LIMITS
    ]


def a_row_has_the_limits_value():
    return [
        f"{name} is {LIMITS[name]}, and {row.value} in its row"
        for name, row in ROWS.items()
        if LIMITS.get(name) != row.value
    ]


def a_row_tells_both_sides_and_who_stands_there():
    return [
        name for name, row in ROWS.items() if not (row.inside and row.outside and row.tests)
    ] or ([] if len(ROWS) > 30 else ["hardly a row"])


def tests_of(program):
    """What a unit program has, as it says itself; nothing of one that is not there."""
    path = BUILD / "tests" / "unit" / program
    if not path.exists():
        return set()
    told = subprocess.run([path, "-l"], capture_output=True, text=True, timeout=60).stdout
    return set(told.splitlines())


def is_scenario(file, function):
    path = ROOT / "tests" / file
    return path.exists() and re.search(rf"^def {function}\(", path.read_text(), re.M)


def the_tests_of_rows_are_there():
    known, missing = {}, []
    for test in (test for row in ROWS.values() for test in row.tests):
        if "::" in test:
            found = is_scenario(*test.split("::"))
        else:
            program, path = test.split(":", 1)
            found = path in known.setdefault(program, tests_of(program))
        if not found:
            missing.append(test)
    return missing


CHECKS = (
    every_limit_has_a_row,
    a_row_has_the_limits_value,
    a_row_tells_both_sides_and_who_stands_there,
    the_tests_of_rows_are_there,
)


if __name__ == "__main__":
    sys.exit(tell_checks(CHECKS))

#!/usr/bin/python3
"""The benchmark of intake() still works: a small run of it stores what it says. Prints TAP."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILTICKET_BUILD", ROOT / "_build" / "gcc"))
CASES = {
    "50 messages of 4 threads": (
        ["--threads", "4", "--messages", "50"],
        {"messages": 50, "stored": 50},
    ),
    "a store that is filled before": (
        ["--messages", "10", "--stored", "40"],
        {"messages": 10, "stored": 50},
    ),
    "with an archive": (["--messages", "5", "--archive"], {"messages": 5, "stored": 5}),
}


def figures(words):
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile() as out:
        subprocess.run(
            [
                BUILD / "tests" / "bench" / "bench-intake",
                "--not-durable",
                "--count",
                *words,
                directory,
            ],
            stdout=out,
            check=True,
            timeout=60,
        )
        out.seek(0)
        return {
            name: float(value)
            for name, value in (word.split("=") for word in out.read().decode().split())
        }


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, (name, (words, wanted)) in enumerate(CASES.items(), 1):
        found = figures(words)
        good = all(found[key] == value for key, value in wanted.items()) and found["per_second"] > 0
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}" + ("" if good else f": {found}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""The protocols of tests/model hold in every order of steps, as spin looks at them all; and with a
fault in them spin finds it. Prints TAP. MODEL_LARGE=1 lets more happen: for an hour, by hand, with
8 GB of memory, as there are 130 million states then. Two agents with two deeds, a change and a
death are more than 190 million, of which no search was seen to its end."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MODELS = pathlib.Path(__file__).resolve().parents[1] / "model"
LARGE = os.environ.get("MODEL_LARGE") == "1"
# What is let happen: deeds of clients, changes at the shell, deaths of the daemon.
DEATH = {"AGENTS": 1, "DEEDS": 1, "CHANGES": 0, "DEATHS": 2, "SLOTS": 4}
DEEDS = {"AGENTS": 1, "DEEDS": 2, "CHANGES": 0, "DEATHS": 0, "SLOTS": 4}
CHANGE = {"AGENTS": 1, "DEEDS": 1, "CHANGES": 1, "DEATHS": 1, "SLOTS": 4}
COLLEAGUES = {"AGENTS": 2, "DEEDS": 1, "CHANGES": 0, "DEATHS": 0, "SLOTS": 3}
THREAD = {"AGENTS": 1, "MESSAGES": 2, "DEEDS": 1, "CHANGES": 0, "DEATHS": 1, "SLOTS": 6}
CLAIMS = {"MAILS": 2, "DEATHS": 3}
RIGHT = [
    ("mailboxes", DEATH),
    ("mailboxes", DEEDS),
    ("mailboxes", CHANGE),
    ("mailboxes", COLLEAGUES),
    ("mailboxes", THREAD),
    ("claims", CLAIMS),
]
if LARGE:
    RIGHT += [
        ("mailboxes", {"AGENTS": 2, "DEEDS": 1, "CHANGES": 1, "DEATHS": 1, "SLOTS": 4}),
        ("mailboxes", {"AGENTS": 2, "DEEDS": 2, "CHANGES": 0, "DEATHS": 0, "SLOTS": 4}),
        ("mailboxes", {"AGENTS": 1, "MESSAGES": 2, "DEEDS": 2, "CHANGES": 1, "SLOTS": 8}),
    ]
WRONG = [
    ("mailboxes", 1, CHANGE),
    ("mailboxes", 2, CHANGE),
    ("mailboxes", 3, CHANGE),
    ("mailboxes", 4, CHANGE),
    ("mailboxes", 5, DEATH),
    ("mailboxes", 6, DEATH),
    ("mailboxes", 7, CHANGE),
    ("claims", 1, CLAIMS),
    ("claims", 2, CLAIMS),
    ("claims", 3, CLAIMS),
    ("claims", 4, CLAIMS),
]


def run(directory, *words):
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=3600)
    if done.returncode:
        sys.exit(f"{words[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def errors(model, allowed):
    """(how many orders of steps break what is asserted, what spin said)"""
    with tempfile.TemporaryDirectory() as directory:
        values = [f"-D{name}={value}" for name, value in allowed.items()]
        run(directory, "spin", *values, "-a", MODELS / f"{model}.pml")
        # Optimising such functions takes longer than running them.
        run(directory, "gcc", "-O0", "-w", "-DCOLLAPSE", "-DSAFETY", "-o", "pan", "pan.c")
        said = run(directory, "./pan", "-m1000000", "-n", "-w26" if LARGE else "-w23")
    if "search depth too small" in said or not re.search(r"\d+ states, stored", said):
        return None, said
    return int(re.search(r"errors: (\d+)", said).group(1)), said


def main():
    tests = [(f"{model}: holds with {allowed}", model, allowed, 0) for model, allowed in RIGHT]
    tests += [
        (f"{model}: fault {fault} is found", model, {**allowed, "FAULT": fault}, 1)
        for model, fault, allowed in WRONG
    ]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (sentence, model, allowed, wanted) in enumerate(tests, 1):
        found, said = errors(model, allowed)
        good = found == wanted
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {sentence.replace('#', '')}", flush=True)
        if not good:
            print("\n".join(f"# {line}" for line in said.split("\n")))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""What a person reads can be translated: xgettext finds it, without a complaint. Prints TAP."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path.cwd()
BUILD = pathlib.Path(
    os.environ.get("MILTICKET_BUILD")
    or (HERE if (HERE / "config.status").exists() else ROOT / "_build" / "gcc")
)
# One text of each kind; a plural is named by its singular.
SAMPLE = {
    "what a command of the shell answers": "nothing found",
}


def make_pot():
    """Its text, and what make and xgettext complain of."""
    run = subprocess.run(["make", "-s", "pot"], cwd=BUILD, capture_output=True, text=True)
    pot = BUILD / "milticket.pot"
    return pot.read_text() if run.returncode == 0 else "", run.stderr.splitlines()


def texts(pot):
    """The msgids of a catalogue; those of several lines are joined."""
    found, text = set(), None
    for line in [*pot.splitlines(), ""]:
        if line.startswith("msgid "):
            text = line[len("msgid ") :].strip('"')
        elif text is not None and line.startswith('"'):
            text += line.strip('"')
        elif text is not None:
            found.add(text)
            text = None
    return found


def main():
    pot, complaints = make_pot()
    found = texts(pot)
    print(f"1..{len(SAMPLE) + 1}")
    print(f"{'not ok' if complaints or not found else 'ok'} 1 all texts can be collected")
    for line in complaints:
        print(f"# {line}")
    failed = bool(complaints or not found)
    for number, (kind, text) in enumerate(SAMPLE.items(), 2):
        print(f"{'ok' if text in found else 'not ok'} {number} {kind} is among them")
        failed |= text not in found
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

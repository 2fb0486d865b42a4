#!/usr/bin/python3
"""What a person reads can be translated: xgettext finds it, without a complaint. Prints TAP."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from harness.tap import tell  # noqa: E402

HERE = pathlib.Path.cwd()
BUILD = pathlib.Path(
    os.environ.get("MILTICKET_BUILD")
    or (HERE if (HERE / "config.status").exists() else ROOT / "_build" / "gcc")
)
PARTS = ("lib", "milter", "tools")
LITERAL = r'"(?:\\.|[^"\\\n])*"'
MARKED = rf'\b(?:_|N_|ngettext)\((?:{LITERAL}|[^()"])*\)'
# What these are given says something to a person: the function, and which argument it is.
SPOKEN = {
    "check_find": 1,
    "cli_fail": 1,
    "cli_usage": 1,
    "doctor_found": 2,
    "doctor_unknown": 1,
    "error_set": 2,
    "fail_at": 2,
    "fprintf": 1,
    "loader_fail": 3,
    "printf": 0,
    "puts": 0,
    "template_fail": 1,
    "why_add": 1,
}
# One text of each kind; a plural is named by its singular.
SAMPLE = {
    "what a command of the shell answers": "nothing found",
    "what a command does": "list tickets, newest activity first",
    "a group of commands": "queues, agents",
    "what an option is for": "with one of these statuses",
    "what a verb does": "mark tickets as spam",
    "an error of lib": "there is no queue '%s'",
    "a text with a 64-bit number": "there is no ticket #%<PRIu64>",
    "a line of a transcript": "assigned to %s",
    "a notice": "This ticket was assigned to you by %s.\\n",
    "a plural": "%<PRIu64> ticket",
    "a column's title": "REQUESTER",
}
# Read by machines, whoever calls them.
FOR_MACHINES = {"milter/log.c", "tools/mails.c", "tools/stats-json.c"}


def make_pot():
    """Its text, and what make and xgettext complain of."""
    # A make above us has jobs to share, which ours cannot, and says so.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(["make", "-s", "pot"], cwd=BUILD, env=env, capture_output=True, text=True)
    pot = BUILD / "milticket.pot"
    return pot.read_text() if run.returncode == 0 else "", run.stderr.splitlines()


def texts(pot):
    """The msgids of a catalogue; those of several lines are joined."""
    found, text = set(), None
    for line in [*pot.splitlines(), ""]:
        if line.startswith("msgid "):
            text = line[len("msgid ") + 1 : -1]
        elif text is not None and line.startswith('"'):
            text += line[1:-1]
        elif text is not None:
            found.add(text)
            text = None
    return found


def arguments(text, start):
    """The arguments of a call, from behind its bracket on, each with its offset."""
    depth, begin = 0, start
    for found in re.finditer(rf"{LITERAL}|[(){{}},]", text[start:]):
        token, at = found.group(), start + found.start()
        if token in "({":
            depth += 1
        elif depth and token in ")}":
            depth -= 1
        elif not depth and token in ",)":
            yield begin, text[begin:at]
            begin = at + 1
            if token == ")":
                return


def speaks(literal):
    """Has it words of its own, beside the program's name and what is put into it?"""
    rest = re.sub(
        r"%[-+ #0-9.*]*[hlzjt]*[a-zA-Z%]?|\\.|\b(milticketd|ticket)(:| \(milticket\))",
        " ",
        literal,
    )
    return re.search("[A-Za-z]{2}", rest)


def unmarked(path):
    text = re.sub(
        r"/\*.*?\*/", lambda c: re.sub(r"[^\n]", " ", c.group()), path.read_text(), flags=re.S
    )
    for call in re.finditer(rf"\b({'|'.join(SPOKEN)})\(", text):
        for number, (at, argument) in enumerate(arguments(text, call.end())):
            bare = re.sub(MARKED, "", argument)
            if number == SPOKEN[call[1]] and any(map(speaks, re.findall(LITERAL, bare))):
                yield f"{path.relative_to(ROOT)}:{text[:at].count(chr(10)) + 1}: {argument.strip()}"


def main():
    pot, complaints = make_pot()
    found = texts(pot)
    sources = sorted(
        path
        for part in PARTS
        for path in ROOT.glob(f"{part}/**/*.c")
        if str(path.relative_to(ROOT)) not in FOR_MACHINES
    )
    results = {
        "all texts can be collected": complaints or ([] if found else ["there are none"]),
        "what says something to a person is marked": [
            line for path in sources for line in unmarked(path)
        ],
        **{
            f"{kind} is among them": [] if text in found else [text]
            for kind, text in SAMPLE.items()
        },
    }
    return tell(results)


if __name__ == "__main__":
    sys.exit(main())

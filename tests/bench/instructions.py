"""What a message costs in instructions, as callgrind counts them: the same in every run, whatever else the machine does.

Two runs of bench-intake that differ in how many messages they take in; what the second one needs
more, by message.
callgrind knows no SHA instructions: where the processor has them, nettle needs a fiftieth of what
is told of it here."""

import collections
import re
import shutil
import subprocess

FEW, MANY = 200, 700
# Whose code it is, by the library or the room of lib/; the first that fits.
OWNERS = (
    ("lib/{0}", r"\.\./lib/([a-z]+)/[\w/-]+\.[ch]:"),
    ("SHA-256, nettle", r"libnettle"),
    ("LMDB", r"liblmdb"),
    ("GMime, GObject", r"libgmime|libgobject"),
    ("GLib", r"libglib"),
    ("malloc and free", r"malloc/"),
    ("the rest of libc", r"libc\.so|^\./[a-z]+/"),
    ("all else", r""),
)
LINE = re.compile(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)")


def owner(place):
    for name, pattern in OWNERS:
        found = re.search(pattern, place)
        if found:
            return name.format(*found.groups())
    raise AssertionError(place)


def callgrind(program, directory, messages, options):
    """Instructions by place, a file and function of a library, of one run."""
    store, profile = directory / f"{messages}", directory / f"{messages}.out"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", *options]
    work = [program, "--messages", str(messages), "--not-durable", "--archive", store]
    subprocess.run([*words, *work], capture_output=True, check=True, timeout=1200)
    told = subprocess.run(
        ["callgrind_annotate", "--threshold=100", "--auto=no", profile],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    counts = collections.Counter()
    for line in filter(None, map(LINE.fullmatch, told.splitlines())):
        if line.group(2) != "PROGRAM TOTALS":
            counts[line.group(2)] += int(line.group(1).replace(",", ""))
    return counts


def by_message(program, directory, inside=None):
    """(instructions of one message, [(owner, their share of them)]); of the function `inside` alone, if one is named."""
    options = [f"--toggle-collect={inside}"] if inside else []
    few, many = (callgrind(program, directory, n, options) for n in (FEW, MANY))
    shares = collections.Counter()
    for place, count in many.items():
        shares[owner(place)] += (count - few[place]) / (MANY - FEW)
    return sum(shares.values()), shares.most_common()

#!/usr/bin/python3
"""lib/mail/html-entities.c has the names of the HTML Standard, as Python's library lists them. Prints TAP; --write writes the file."""
import html.entities
import pathlib
import sys
import textwrap

FILE = pathlib.Path(__file__).resolve().parents[2] / "lib" / "mail" / "html-entities.c"
HEAD = """/* The named character references of HTML (HTML Standard, section 13.5), by name. Made by
 * tests/unit/test-entities.py --write; not edited by hand. */
#include "mail/html-parts.h"

/* clang-format off */
#define ONE(n, c) { .name = n, .first = c }
#define TWO(n, c, d) { .name = n, .first = c, .second = d }
#define OLD(n, c) { .name = n, .first = c, .bare = true }

const struct html_entity html_entities[] = {
"""
TAIL = """};
/* clang-format on */
const gsize html_entities_count = G_N_ELEMENTS(html_entities);
"""


def row(name, text, bare):
    kind = "OLD" if bare else ("ONE", "TWO")[len(text) - 1]
    return f'{kind}("{name}",\0{", ".join(f"{ord(c):#x}" for c in text)}),'.replace(", ", ",\0")


def table():
    names = html.entities.html5
    rows = [
        row(name, names[name + ";"], name in names)
        for name in sorted(name[:-1] for name in names if name.endswith(";"))
    ]
    lines = textwrap.wrap(" ".join(rows), 110, break_long_words=False, break_on_hyphens=False)
    return HEAD + "".join("\t" + line.replace("\0", " ") + "\n" for line in lines) + TAIL


def main():
    if "--write" in sys.argv:
        FILE.write_text(table())
        return 0
    good = FILE.read_text() == table()
    print("1..1")
    print(f"{'ok' if good else 'not ok'} 1 every name of the standard is in the table")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

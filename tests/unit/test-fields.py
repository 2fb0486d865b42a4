#!/usr/bin/python3
"""tools/ticket.schema.json and the lists of ticket(1) have the fields as their rows in lib/model have them. Prints TAP;
--write brings them up to date.

Members that no row has (a ticket's tag, a message's text) stay as they are written by hand.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from harness.tap import tell  # noqa: E402

BUILD = pathlib.Path(os.environ.get("MILTICKET_BUILD", ROOT / "_build" / "gcc"))
SCHEMA = ROOT / "tools" / "ticket.schema.json"
MANUAL = ROOT / "tools" / "ticket.1"
# A type of record, and its definition in the schema.
DEFINITIONS = {
    "ticket": "ticket_members",
    "entry": "message",
    "event": "event_members",
    "queue": "queue",
    "agent": "agent",
    "outgoing": "outgoing",
}
SCALARS = {"bool": {"type": "boolean"}, "list": {"$ref": "#/$defs/texts"}}


def rows():
    """The rows that JSON has, by type."""
    printed = subprocess.run(
        [BUILD / "tests" / "unit" / "model" / "test-record", "--fields"],
        capture_output=True,
        text=True,
        check=True,
    )
    fields = {kind: {} for kind in DEFINITIONS}
    for line in printed.stdout.splitlines():
        kind, name, sort, flags, names, text = line.split("\t")
        if "hidden" not in flags.split():
            fields[kind][name] = sort, flags.split(), names.split(","), text
    return fields


def of_number(name, flags, text):
    if "zero-unknown" in flags:
        return {"type": ["integer", "null"]}
    return {"$ref": "#/$defs/positive" if "always" in flags else "#/$defs/count"}


def of_text(name, flags, text):
    if "always" in flags:
        return {"type": "string"}
    return {"type": ["string", "null"]} if text else {"$ref": "#/$defs/text"}


def form(name, sort, flags, names, text):
    """The form of a member, as JSON Schema."""
    if sort == "number":
        return of_number(name, flags, text)
    if sort == "text":
        return of_text(name, flags, text)
    if sort == "time":
        return {"$ref": "#/$defs/instant" if "always" in flags else "#/$defs/time"}
    if sort == "numbers":
        return {"type": "array", "items": {"$ref": "#/$defs/positive"}}
    if sort == "word":
        return {"type": ["string", "null"]}
    if sort == "enum":
        return {"enum": [word or None for word in names]}
    return SCALARS[sort]


def member(name, row):
    described = {"description": row[3]} if row[3] else {}
    return f'        "{name}": {json.dumps({**described, **form(name, *row)})}'


def with_members(text, fields):
    """The definition's text, with the members that have rows made of them; others stay, in front of whom they stood."""
    head, body, tail = re.fullmatch(
        r'(.*?"properties": \{\n)(.*?)(\n      \},?\n.*)', text, flags=re.S
    ).groups()
    found = dict(
        re.findall(r'^        "(\w+)": (.*?),?$(?=\n        "|\Z)', body, flags=re.S | re.M)
    )
    order, waiting = [], list(fields)
    for name in found:
        if name in fields:
            while waiting and waiting[0] not in found:
                order.append(waiting.pop(0))
            waiting = [field for field in waiting if field != name]
        order.append(name)
    order += [field for field in waiting if field not in order]
    lines = [
        member(name, fields[name]) if name in fields else f'        "{name}": {found[name]}'
        for name in order
    ]
    required = textwrap.fill(
        '"required": [' + ", ".join(f'"{name}"' for name in order) + "]",
        130,
        initial_indent="      ",
        subsequent_indent="        ",
    )
    tail = re.sub(r'      "required": \[.*?\]', lambda _: required, tail, count=1, flags=re.S)
    return head + ",\n".join(lines) + tail


def schema_of(fields):
    text = SCHEMA.read_text()
    for kind, definition in DEFINITIONS.items():
        text = re.sub(
            rf'^    "{definition}": \{{\n.*?^    \}},?$',
            lambda found, kind=kind: with_members(found.group(), fields[kind]),
            text,
            count=1,
            flags=re.S | re.M,
        )
    return text


def listed(names, mark):
    """Names as the manual lists them, ended by a mark."""
    lines = textwrap.wrap(" ".join(names), 74)
    return "".join(f".Cm {line}\n" for line in lines)[:-1] + f" {mark}\n"


def value_as_manual(value):
    return f"Cm {value}" if value.islower() else f"Ar {value}"


def queries():
    """The fields of the query language, as the manual describes them."""
    printed = subprocess.run(
        [BUILD / "tests" / "unit" / "model" / "test-query", "--rows"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = []
    for line in printed.stdout.splitlines():
        name, values, words, text = line.split("\t")
        listed = words.split() or values.split("|")
        shown = " | ".join(value_as_manual(value) for value in listed)
        lines += [f".It Cm {name}\\&: Ns {shown}", text[0].upper() + text[1:] + "."]
    return "".join(line + "\n" for line in lines)


def manual_of(schema):
    """Between its marks, the manual has the members of a definition, and the fields of queries."""
    definitions = json.loads(schema)["$defs"]
    text = re.sub(
        r'(\.\\" rows of queries\n).*?(\.\\" end of rows\n)',
        lambda found: found[1] + queries() + found[2],
        MANUAL.read_text(),
        flags=re.S,
    )
    return re.sub(
        r'(\.\\" fields of (\w+) (\S)\n).*?(\.\\" end of fields\n)',
        lambda found: found[1] + listed(definitions[found[2]]["properties"], found[3]) + found[4],
        text,
        flags=re.S,
    )


def main():
    schema = schema_of(rows())
    manual = manual_of(schema)
    if "--write" in sys.argv:
        SCHEMA.write_text(schema)
        MANUAL.write_text(manual)
    how = ["tests/unit/test-fields.py --write brings it up to date"]
    return tell(
        {
            "the schema has the fields of the rows": [] if schema == SCHEMA.read_text() else how,
            "the manual has the members of the schema": [] if manual == MANUAL.read_text() else how,
        }
    )


if __name__ == "__main__":
    sys.exit(main())

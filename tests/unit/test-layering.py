#!/usr/bin/python3
"""The house rules that a machine can check: who includes what, who may print, and what the sources never contain. Prints TAP."""
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from harness.tap import tell_checks  # noqa: E402

HERE = pathlib.Path.cwd()
BUILD = pathlib.Path(
    os.environ.get("MILTICKET_BUILD")
    or (HERE if (HERE / "config.status").exists() else ROOT / "_build" / "gcc")
)
PARTS = ("lib", "milter", "tools")
# The rooms of lib/, each may look into itself and those before it. lmdb and postgresql are
# engines': store.h is their door.
ROOMS = ("base", "model", "mail", "settings", "store", "archive", "tables", "decide", "act", "keep")

# A third-party header, and the only files that may include it.
HOMES = {
    r"lmdb\.h": r"lib/store/lmdb/[\w-]+\.[ch]",
    r"libpq-fe\.h": r"lib/store/postgresql/pg-library\.h",
    r"gmime/.*": r"lib/mail/(message|mime)[\w-]*\.[ch]",
    r"sqlite3\.h": r"lib/archive/fulltext-library\.h",
    r"dlfcn\.h": r"lib/base/library\.c",
    r"curl/.*": r"lib/act/courier\.c",
    r"libconfig\.h": r"lib/settings/settings[\w-]*\.[ch]",
    r"idn2\.h": r"lib/base/address\.c",
    r"libical/.*": r"lib/base/calendar-ics\.c",
    r"nettle/.*": r"lib/base/hash\.[ch]",
    r"jansson\.h": r"tools/[\w-]*json[\w-]*\.[ch]",
    r"libmilter/.*": r"milter/[\w-]+\.[ch]",
    r"systemd/.*": r"milter/[\w-]+\.[ch]",
}
# Where each part may look: arrows point downward only.
MAY_INCLUDE = {"lib": {"lib"}, "milter": {"milter", "lib"}, "tools": {"tools", "lib"}}
# lib/ neither prints, logs nor exits; failpoint.c is there to end the process in crash tests.
EFFECTS = r"\b(printf|puts|putchar|perror|syslog|vsyslog|exit|_exit|abort|g_print|g_printerr|g_message|g_warning|g_critical)\s*\(|\b(stdout|stderr)\b"
FORBIDDEN_CALLS = r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|system|popen|tmpnam|mktemp|alloca)\s*\("
UNFINISHED = r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b"
MACHINE_PATHS = r"(?<![\w.$}*)/-])/(home|work|mnt|Users)/\w"
ONE_LITERAL = r'[\s(]*(?:(?:puts\()?(?:N?_\()?L?"(?:\\.|[^"\\])*"|https?://\S+)[\s,;(){}]*\\?'
ONE_PYTHON_LITERAL = (
    r"\s*(?:\w+ ?= ?|\"[^\"]*\": )?[rfb]*"
    r"(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\"\"\"[^\"]*(?:\"\"\")?|https?://\S+)[,\s)\]:]*"
)
MAX_MEDIAN, MAX_P90 = 15, 50


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def name(path):
    return path.relative_to(ROOT).as_posix()


def sources():
    return files(*(f"{part}/**/*.[ch]" for part in PARTS))


def code(path):
    """The text without comments and string literals, with its line ends kept."""
    blank = lambda found: re.sub(r"[^\n]", " ", found.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, path.read_text(), flags=re.S)


def findings(paths, pattern, text=code):
    found = []
    for path in paths:
        for number, line in enumerate(text(path).split("\n"), 1):
            if re.search(pattern, line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    return found


def whole(path):
    return path.read_text(errors="replace")


def includes(path, brackets):
    opening, closing = brackets
    return re.findall(
        rf"^\s*#\s*include\s*{opening}([^{closing}]+){closing}", path.read_text(), re.M
    )


def each_library_has_one_home():
    return [
        f"{name(path)} includes <{header}>"
        for path in sources()
        for header in includes(path, "<>")
        for library, home in HOMES.items()
        if re.fullmatch(library, header) and not re.fullmatch(home, name(path))
    ]


def includes_point_downward():
    parts = {
        path.name: part
        for part in ("milter", "tools")
        for path in files(f"{part}/*.h", f"{part}/*.def")
    }
    return [
        f"{name(path)} includes {header}"
        for path in sources()
        for header in includes(path, '""')
        if header != "build-config.h"
        and (parts.get(header, "") if "/" not in header else "lib")
        not in MAY_INCLUDE[part_of(path)]
    ]


def part_of(path):
    return path.relative_to(ROOT).parts[0]


def rooms_look_downward():
    """A header is named with its room; a file of lib/ sees its own room and those below it."""
    found = []
    for path in files("lib/**/*.[ch]"):
        own = path.relative_to(ROOT / "lib").parts[0]
        for header in includes(path, '""'):
            room = header.split("/")[0] if "/" in header else None
            if header != "build-config.h" and (
                room not in ROOMS or own not in ROOMS or ROOMS.index(room) > ROOMS.index(own)
            ):
                found.append(f"{name(path)} includes {header}")
    return found or (
        []
        if files("lib/*/*.c") and not files("lib/*.[ch]")
        else ["files of lib/ that are in no room"]
    )


def objects():
    """(source without .c, object) of everything that was built."""
    for path in sources():
        for program in ("", "milticketd-", "ticket-"):
            built = BUILD / path.relative_to(ROOT).with_name(f"{program}{path.stem}.o")
            if path.suffix == ".c" and built.exists():
                yield name(path.with_suffix("")), built


def symbols(built):
    """What an object defines for others, and what it asks of them."""
    lines = subprocess.run(["nm", "-g", built], capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in lines.splitlines()]
    return (
        {word[-1] for word in words if len(word) == 3},
        {word[-1] for word in words if len(word) == 2},
    )


def uses():
    """Which files each file calls, or has the data of."""
    tables = {source: symbols(built) for source, built in objects()}
    home = {symbol: source for source, (given, _) in tables.items() for symbol in given}
    return {
        source: {home[symbol] for symbol in asked if symbol in home} - {source}
        for source, (_, asked) in tables.items()
    }


def reached(graph, start):
    seen, todo = set(), list(graph[start])
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo.extend(graph[here])
    return seen


def no_circle_between_files():
    graph = uses()
    reach = {file: reached(graph, file) for file in graph}
    return [
        f"{file} and {other} need each other"
        for file in graph
        for other in sorted(graph[file])
        if file in reach[other]
    ] or ([] if graph else ["no object found"])


def header_names_are_unique():
    names = [path.name for path in files(*(f"{part}/**/*.h" for part in PARTS))]
    return [
        each for each in names if names.count(each) > 1 or each in ("config.h", "err.h", "queue.h")
    ]


def only_the_milter_calls_smfi():
    return findings(files("lib/**/*.[ch]", "tools/*.[ch]"), r"\bsmfi_\w+")


def the_core_has_no_effects_of_its_own():
    return findings([path for path in files("lib/**/*.c") if path.name != "failpoint.c"], EFFECTS)


def no_dangerous_calls():
    return findings(sources(), FORBIDDEN_CALLS)


def texts():
    return files(
        "lib/**/*",
        "milter/*",
        "tools/*",
        "conf/*",
        "conf/templates/*",
        "tests/*",
        "tests/*/*.*",
        "tests/unit/*/*.*",
        "README",
        "configure.ac",
        "Makefile.am",
    )


def nothing_is_left_unfinished():
    return findings(texts(), UNFINISHED, whole)


def no_path_of_a_machine():
    return findings(texts(), MACHINE_PATHS, whole)


def every_source_opens_with_what_it_is():
    return [name(path) for path in sources() if not path.read_text().startswith("/*")]


def functions():
    """(lines, where) of every function: a body that opens and closes in the first column."""
    for path in files(*(f"{part}/**/*.c" for part in PARTS)):
        opened = None
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if line == "{":
                opened = number
            elif line == "}" and opened:
                yield number - opened + 1, f"{name(path)}:{opened}"
                opened = None


def functions_are_short():
    lengths = sorted(functions(), reverse=True)
    sizes = [size for size, _ in lengths]
    if not sizes:
        return ["no function found"]
    median, p90 = statistics.median(sizes), sizes[len(sizes) // 10]
    if median <= MAX_MEDIAN and p90 <= MAX_P90:
        return []
    return [f"median {median}, p90 {p90}"] + [
        f"{where}: {size} lines" for size, where in lengths[:10]
    ]


def is_python(path):
    with path.open("rb") as file:
        return re.match(rb"#!.*python", file.readline()) is not None


def c_sources():
    return files(*(f"{part}/**/*.[ch]" for part in (*PARTS, "tests")))


def lines_are_short():
    """100 columns; 120 in tables that clang-format leaves alone; a line that is one literal may be as long as that is."""
    found = []
    for path in c_sources():
        table = False
        for number, line in enumerate(path.read_text().split("\n"), 1):
            table = "clang-format off" in line or table and "clang-format on" not in line
            if len(line.expandtabs(8)) > (120 if table else 100) and not re.fullmatch(
                ONE_LITERAL, line
            ):
                found.append(f"{name(path)}:{number}: {len(line.expandtabs(8))} columns")
    return found


def python_sources():
    """Programs are told by their first line."""
    programs = (path for path in files(*(f"{part}/**/*" for part in (*PARTS, "tests", "conf"))))
    return [
        path for path in programs if path.suffix == ".py" or (not path.suffix and is_python(path))
    ]


def python_lines_are_short():
    """100 columns, but for a line that is one literal or an address."""
    found = []
    for path in python_sources():
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if len(line) > 100 and not re.fullmatch(ONE_PYTHON_LITERAL, line):
                found.append(f"{name(path)}:{number}: {len(line)} columns")
    return found


def c_is_laid_out_as_clang_format_says():
    run = subprocess.run(
        ["clang-format-14", "--dry-run", f"--style=file:{ROOT}/.clang-format", *c_sources()],
        capture_output=True,
        text=True,
    )
    return sorted(
        {":".join(line.split(":")[:2]) for line in run.stderr.splitlines() if "warning:" in line}
    ) or ([run.stderr] if run.returncode else [])


def static_functions_have_names_of_their_own():
    """Debuggers, ctags and profiles know a function by its name alone: "purge_run", not one of many
    "run"."""
    homes = {}
    for path in files(*(f"{part}/**/*.c" for part in PARTS)):
        for found in re.finditer(r"^static [\w ]*?[ *]+(\w+)\(", code(path), re.M):
            homes.setdefault(found.group(1), set()).add(name(path))
    return [
        f"{function} in {', '.join(sorted(where))}"
        for function, where in homes.items()
        if len(where) > 1 or "_" not in function
    ]


def a_statement_chooses_once():
    """One ?: a statement."""
    found = []
    for path in sources():
        for statement in re.finditer(r"[^;{}]+", code(path)):
            if statement.group().count("?") > 1:
                line = (
                    path.read_text()[: statement.start()].count("\n")
                    + 1
                    + len(statement.group())
                    - len(statement.group().lstrip("\n"))
                )
                found.append(f"{name(path)}:{line}")
    return found


def every_limit_is_kept():
    """By code, that is. That each is tested at its edge, tests/mutate tells: no name in a test does."""
    code_of = "\n".join(code(path) for path in sources() if name(path) != "lib/base/limits.h")
    limits = re.findall(r"^\t(LIMIT_\w+) =", (ROOT / "lib/base/limits.h").read_text(), re.M)
    return [
        f"nothing keeps {limit}" for limit in limits if not re.search(rf"\b{limit}\b", code_of)
    ] or ([] if limits else ["no limit found"])


CHECKS = (
    each_library_has_one_home,
    includes_point_downward,
    rooms_look_downward,
    no_circle_between_files,
    header_names_are_unique,
    only_the_milter_calls_smfi,
    the_core_has_no_effects_of_its_own,
    no_dangerous_calls,
    nothing_is_left_unfinished,
    no_path_of_a_machine,
    every_source_opens_with_what_it_is,
    every_limit_is_kept,
    functions_are_short,
    lines_are_short,
    a_statement_chooses_once,
    python_lines_are_short,
    c_is_laid_out_as_clang_format_says,
    static_functions_have_names_of_their_own,
)


if __name__ == "__main__":
    sys.exit(tell_checks(CHECKS))

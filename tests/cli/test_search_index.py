"""The search index follows the store, and whatever is wrong with it costs nothing but a slower search."""
import os
import resource
import signal
import sqlite3
import subprocess
import time

import pytest
from harness.box import mail, mbox
from harness.ground import BUILD, on_terminal, program, run

ACCOUNT = ("--account", "support@example.com")
INSTEAD = "all messages are read instead"


@pytest.fixture
def filled(desk, tmp_path):
    """Twelve tickets; the words of the third are its own."""
    box = tmp_path / "box"
    mails = [mail(number) for number in range(1, 13)]
    mails[2] = mail(3, subject="Quinquireme", body="of nineveh\n")
    box.write_bytes(mbox(mails))
    desk.run_ticket("import", box, *ACCOUNT)
    return desk


def index(desk):
    return desk.store / "search.sqlite"


def found(desk, *words, **options):
    done = run(
        program("ticket"),
        "search",
        "--config",
        desk.config,
        *words,
        "--format",
        "{number}",
        check=False,
        **options,
    )
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return [int(line) for line in done.stdout.split()], done.stderr.decode()


def status(desk):
    (line,) = desk.ticket("index", "status")
    return line


def test_a_search_makes_the_index_and_keeps_it_up_to_date(filled):
    assert not index(filled).exists()
    assert filled.run_ticket("index", "status", check=False).returncode == 1
    assert found(filled, "quinq") == ([3], "")
    assert index(filled).stat().st_mode & 0o777 == 0o660
    assert (status(filled)["tickets"], status(filled)["behind"]) == (12, 0)
    filled.run_ticket("note", "5", "-m", "A trireme was seen.")
    assert status(filled)["behind"] > 0
    assert found(filled, "trireme") == ([5], "")
    filled.run_ticket("title", "Galleon", "6")
    assert found(filled, "galleon") == ([6], "")
    filled.run_ticket("merge", "3", "--into", "4")
    assert found(filled, "nineveh") == ([4], "")
    filled.run_ticket("split", "4", "2")
    assert found(filled, "nineveh") == ([13], "")


def test_the_best_come_first_and_options_narrow(filled):
    filled.run_ticket("note", "11", "-m", "No quinquireme here, nor a nineveh.")
    assert found(filled, "quinquireme")[0] == [3, 11]
    assert found(filled, "quinquireme", "--sort", "activity")[0] == [11, 3]
    filled.run_ticket("close", "3")
    assert found(filled, "quinquireme", "--status", "closed")[0] == [3]
    assert found(filled, "quinquireme", "--limit", "1")[0] == [3]
    assert found(filled, "reme", "neve")[0] == [3, 11]
    assert found(filled, "reme*")[0] == []
    assert found(filled, "#3")[0] == [3] and found(filled, "3")[0][0] == 3


def test_a_word_that_no_text_can_have_is_a_mistake(filled):
    done = filled.run_ticket("search", "?!", check=False)
    assert done.returncode == 64 and "'?!' has no letter or digit" in done.stderr.decode()


def metrics(desk):
    """Those of the index, by name."""
    lines = desk.run_ticket("stats", "--prometheus").stdout.decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if line.startswith("milticket_search_index_")]
    return {name.removeprefix("milticket_search_index_"): int(value) for name, value in pairs}


def is_state(name):
    states = ("ready", "behind", "building", "missing", "unusable")
    return {f'state{{state="{state}"}}': int(state == name) for state in states}


def test_metrics_tell_how_it_is(filled):
    assert is_state("missing").items() <= metrics(filled).items()
    found(filled, "quinq")
    now = metrics(filled)
    assert is_state("ready").items() <= now.items()
    assert (now["behind_events"], now["lag_seconds"], now["tickets"]) == (0, 0, 12)
    assert now["bytes"] > 10000
    filled.run_ticket("note", "5", "-m", "A trireme was seen.")
    now = metrics(filled)
    assert is_state("behind").items() <= now.items() and now["behind_events"] > 0
    assert b"events behind, the first of 20" in filled.run_ticket("index", "status").stdout
    index(filled).write_text("no index")
    assert is_state("unusable").items() <= metrics(filled).items()


def snippets(desk, *words):
    """Of each ticket that is found: where, and the text with its marks in brackets."""
    for ticket in desk.ticket("search", *words):
        snippet = ticket["snippet"]
        if not snippet:
            yield ticket["number"], None
            continue
        text = snippet["text"]
        for mark in reversed(snippet["marks"]):
            end = mark["start"] + mark["length"]
            text = f"{text[:mark['start']]}[{text[mark['start']:end]}]{text[end:]}"
        yield ticket["number"], snippet["where"], snippet["seq"], text


def test_a_hit_is_shown_where_it_stands(filled):
    filled.run_ticket("note", "5", "-m", "Grüße an die\nTRIREME, und noch eine Trireme.")
    assert list(snippets(filled, "trireme", "grusse")) == [
        (5, "note", 2, "[Grüße] an die [TRIREME], und noch eine [Trireme].")
    ]
    assert list(snippets(filled, "ineve")) == [(3, "text", 1, "of [nineveh]")]
    assert list(snippets(filled, "quinquireme")) == [(3, None)]  # the Subject is shown
    (line,) = filled.ticket("search", "--limit", "1", "customer.example")
    assert line["snippet"]["where"] == "from"
    assert "snippet" not in filled.ticket("list", "--limit", "1")[0]


def test_a_hit_in_the_midst_of_much_is_cut_out(filled):
    filled.run_ticket("note", "5", "-m", "früher " * 300 + "die Trireme " + "später " * 300)
    ((_, _, _, text),) = snippets(filled, "trireme")
    assert text.startswith("…früher ") and text.endswith(" später…")
    assert "die [Trireme] später" in text and len(text.encode()) < 300


def test_nothing_is_shown_of_what_was_taken_out(filled):
    filled.run_ticket("note", "5", "-m", "A trireme of carla@customer.example was seen.")
    assert "carla" in str(list(snippets(filled, "trireme")))
    filled.run_ticket("redact", "carla@customer.example")
    assert "carla" not in index(filled).read_bytes().decode("latin1")
    ((_, _, _, text),) = snippets(filled, "trireme")
    assert "carla" not in text


def test_on_a_terminal_a_hit_is_bold_and_nothing_of_a_mail_is_a_sequence(filled):
    filled.run_ticket("note", "5", "-m", "before \x1b[35m trireme\x1b[0m \u202eafter")
    words = (program("ticket"), "search", "--config", filled.config, "trireme")
    pager = {"MILTICKET_PAGER": "cat"}
    seen, _ = on_terminal(*words, env=pager)
    assert "\x1b[1mtrireme\x1b[0m" in seen and "\x1b[35m" not in seen and "\u202e" not in seen
    plain, _ = on_terminal(*words, env={**pager, "NO_COLOR": "1"})
    assert "note: before" in plain and "trireme" in plain and "\x1b" not in plain


@pytest.mark.parametrize("where", ("head", "inside", "all"))
def test_a_damaged_index_costs_one_slower_search(filled, where):
    found(filled, "quinq")
    sqlite3.connect(index(filled)).execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    data = bytearray(index(filled).read_bytes())
    start, end = {"head": (0, 200), "inside": (4096, len(data)), "all": (0, len(data))}[where]
    data[start:end] = b"\xa5" * (end - start)
    index(filled).write_bytes(data)
    numbers, said = found(filled, "quinq")
    assert numbers == [3] and (said == "" or INSTEAD in said)
    assert found(filled, "quinq") == ([3], "")


def test_a_locked_index_costs_one_slower_search(filled):
    found(filled, "quinq")
    filled.run_ticket("note", "5", "-m", "A trireme was seen.")
    other = sqlite3.connect(index(filled), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    numbers, said = found(filled, "trireme")
    assert numbers == [5] and INSTEAD in said
    other.execute("ROLLBACK")
    assert found(filled, "trireme") == ([5], "")


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def test_a_full_disk_costs_one_slower_search(filled):
    done = subprocess.run(
        [program("ticket"), "search", "--config", filled.config, "quinq", "--format", "{number}"],
        capture_output=True,
        preexec_fn=no_room,
    )
    assert (done.returncode, done.stdout) == (0, b"3\n"), done.stderr
    assert INSTEAD in done.stderr.decode()
    assert found(filled, "quinq") == ([3], "")


def test_rebuilding(filled):
    found(filled, "quinq")
    before = status(filled)
    data = index(filled).stat().st_ino
    filled.run_ticket("index", "rebuild")
    assert status(filled) | {"bytes": 0} == before | {"bytes": 0}
    assert index(filled).stat().st_ino == data
    assert found(filled, "quinq") == ([3], "")


def everything(desk):
    return b"".join(path.read_bytes() for path in desk.store.glob("search.sqlite*")).lower()


def test_what_is_redacted_or_purged_is_in_no_byte_of_it(filled):
    filled.run_ticket("requester", "vercingetorix@customer.example", "7")
    filled.run_ticket("note", "8", "-m", "The hexareme sank.")
    assert found(filled, "vercingetorix")[0] == [7] and found(filled, "hexareme")[0] == [8]
    assert b"vercingetorix" in everything(filled) and b"hexareme" in everything(filled)
    filled.run_ticket("redact", "vercingetorix@customer.example")
    assert b"vercingetorix" not in everything(filled) and b"ercingetori" not in everything(filled)
    filled.run_ticket("close", "8")
    time.sleep(1.1)
    filled.run_ticket("purge", "--closed-before", "1s")
    assert b"hexareme" not in everything(filled)
    assert found(filled, "hexareme")[0] == [] and found(filled, "quinq")[0] == [3]


@pytest.mark.embedded("pg_restore puts it back")
def test_a_restored_store_is_not_asked_by_another_ones_index(filled, tmp_path):
    filled.run_ticket("backup", tmp_path / "backup")
    filled.run_ticket("note", "5", "-m", "A trireme was seen.")
    assert found(filled, "trireme")[0] == [5]
    filled.run_ticket("restore", tmp_path / "backup", "--force")
    filled.run_ticket("note", "6", "-m", "A bireme was seen.")
    assert found(filled, "trireme")[0] == [] and found(filled, "bireme")[0] == [6]


# --- many texts ---------------------------------------------------------------------------

MESSAGES = int(os.environ.get("FIND_MESSAGES", "2000"))
# Of every kind that has to do with texts; the words are those of the generator.
ASKED = [
    ("sehinda",),
    ("hinda",),
    ("ba", "bo"),
    ('"ba ba"',),
    ('"ba da fa"',),
    ("sehin*",),
    ("schung*",),
    ("text:bation", "is:open"),
    ("-text:bation", "is:open"),
    ("subject:ba",),
    ("attachment:invoice", "status:closed"),
    ("note:bo", "note:ga"),
    ("customer", "16139"),
    ("firm139.example",),
    ("ba", "or", "sehinda", "queue:queue1"),
    ("vip", "ba"),
]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A store of the generator's, and what it says of it."""
    directory = tmp_path_factory.mktemp("many")
    fill = BUILD / "tests" / "bench" / "bench-fill"
    printed = run(fill, "--messages", MESSAGES, directory, seconds=600).stdout.decode()
    return directory, {key: int(value) for key, value in (w.split("=") for w in printed.split())}


def numbers(directory, words):
    command = (program("ticket"), "search", "--config", directory / "milticket.conf")
    done = run(*command, "--limit", "100000", "--format", "{number}", *words, check=False)
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return sorted(done.stdout.split()), done.stderr.decode()


def test_it_finds_what_is_found_by_reading_all(many):
    directory, _ = many
    by_index = {words: numbers(directory, words)[0] for words in ASKED}
    for path in (directory / "store").glob("search.sqlite*"):
        path.unlink()
    (directory / "store" / "search.sqlite").mkdir()
    try:
        for words in ASKED:
            by_reading, said = numbers(directory, words)
            assert by_index[words] == by_reading, words
            assert INSTEAD in said, words
    finally:
        (directory / "store" / "search.sqlite").rmdir()
    assert sum(map(bool, by_index.values())) > len(ASKED) * 2 / 3


# A process begins with the peak of the one that it was forked from: here a small one.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
_, code, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(code), used.ru_maxrss)
"""


def peak_mib(directory, words):
    command = (program("ticket"), "search", "--config", directory / "milticket.conf")
    done = run("python3", "-S", "-c", MEASURE, *command, *words)
    code, peak = map(int, done.stdout.split())
    assert code == 0, words
    return peak / 1024


def test_no_search_takes_more_than_64_mib(many):
    directory, _ = many
    found = [
        words for words in [*ASKED, ("ba", "da", "fa"), ("ehind",)] if numbers(directory, words)[0]
    ]
    peaks = {words: peak_mib(directory, words) for words in found}
    assert len(peaks) > 12 and max(peaks.values()) <= 64, peaks


def test_it_takes_no_more_than_half_as_much_again_as_the_texts(many):
    directory, figures = many
    run(program("ticket"), "index", "rebuild", "--config", directory / "milticket.conf")
    size = sum(path.stat().st_size for path in (directory / "store").glob("search.sqlite*"))
    # Of few messages, each word has a list of its own.
    assert size <= (1.5 if MESSAGES >= 20000 else 2.0) * figures["text_bytes"]

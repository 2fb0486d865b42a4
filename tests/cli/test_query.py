"""Tickets chosen by what they are, where a command changes them."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest
from harness.box import mail, mbox
from harness.ground import on_terminal, program, run

ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def busy(desk, tmp_path):
    (tmp_path / "box").write_bytes(
        mbox([mail(1), mail(2, sender="dora@customer.example", name="Dora"), mail(3), mail(4)])
    )
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    desk.run_ticket("merge", "4", "--into", "3")
    return desk


def ends(desk, *words, **more):
    done = desk.run_ticket(*words, check=False, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def having(desk, **what):
    return [
        t["number"] for t in desk.tickets() if all(t[name] == value for name, value in what.items())
    ]


def test_every_ticket_that_it_holds_of_is_changed(busy):
    code, out, _ = ends(busy, "priority", "high", "--query", "requester:carla@customer.example")
    assert (
        code == 0
        and out == "#1 priority high\n#3 priority high\n"
        and sorted(having(busy, priority="high")) == [1, 3]
    )


def test_a_requester_is_replaced_everywhere(busy):
    busy.run_ticket(
        "requester", "carla.neu@customer.example", "--query", "requester:carla@customer.example"
    )
    assert {
        t["number"]: t["requester"]["address"] for t in busy.tickets() if not t["merged_into"]
    } == {
        1: "carla.neu@customer.example",
        2: "dora@customer.example",
        3: "carla.neu@customer.example",
    }


@pytest.mark.parametrize(
    "words",
    [
        ("close",),
        ("tag", "+vip"),
        ("move", "--project", "core"),
        ("watch", "boss@x.example"),
        ("spam",),
        ("title", "T"),
        ("link", "2"),
        ("wait", "3d"),
        ("status", "open"),
        ("merge", "--into", "2"),
        ("unwatch", "boss@x.example"),
    ],
)
def test_with_every_command(busy, words):
    busy.run_ticket(*words, "--query", "number:1 or number:3")


def test_a_dry_run_lists_and_changes_nothing(busy):
    before = busy.run_ticket("export", "--json").stdout
    code, out, _ = ends(busy, "close", "--query", "is:open", "--dry-run")
    assert code == 0 and [line.split("\t")[0] for line in out.splitlines()] == ["1", "2", "3"]
    assert busy.run_ticket("export", "--json").stdout == before


@pytest.mark.parametrize(
    "words, code, says",
    [
        (("close", "--query", "status:waiting"), 1, "no ticket matches: status:waiting"),
        (
            ("close", "--query", "statsu:new"),
            64,
            "query, column 1: there is no field 'statsu'; did you mean 'status'?",
        ),
        (("close", "1", "--query", "is:open"), 64, "'1': give numbers or --query, not both"),
        (("close", "1", "--dry-run"), 64, "--dry-run is for --query"),
        (("close",), 64, "which ticket?"),
    ],
)
def test_what_is_wrong_is_said(busy, words, code, says):
    found, _, err = ends(busy, *words)
    assert found == code and says in err


def numbers(desk, *words):
    code, out, err = ends(desk, *words)
    assert code in (0, 1), err
    return sorted(int(line.split("\t")[0]) for line in out.splitlines())


@pytest.mark.parametrize(
    "words, wanted",
    [
        (("list",), [1, 2, 3]),
        (("list", "number:2"), [2]),
        (("list", "queue:support"), [1, 2, 3]),
        (("list", "-number:2"), [1, 3]),
        (("list", "--status", "open", "number:2"), []),
        (("list", "requester:dora@customer.example", "or", "number:1"), [1, 2]),
        (("list", "requester:dora@customer.example or number:1"), [1, 2]),
        (("list", "opened:2000..", "from:@customer.example"), [1, 2, 3]),
        (("list", "opened:2000..", "requester:@customer.example"), [1, 2, 3]),
        (("list", "opened:2000..", "requester:@omer.example"), []),
        (("list", "opened:..1999"), []),
        (("list", "is:closed"), []),
        (("search", "number:2"), [2]),
        (("search", "dora", "not", "number:1"), [2]),
    ],
)
def test_a_list_is_what_a_query_chooses(busy, words, wanted):
    assert numbers(busy, *words) == wanted


def test_a_list_has_closed_ones_where_the_query_speaks_of_them(busy):
    busy.run_ticket("close", "2")
    assert numbers(busy, "list", "queue:support") == [1, 3]
    assert numbers(busy, "list", "queue:support", "is:closed") == [2]
    assert numbers(busy, "list", "status:closed,new") == [1, 2, 3]
    assert numbers(busy, "list", "closed:today") == [2]
    assert numbers(busy, "list", "number:2") == [2]
    assert numbers(busy, "list", "--all", "queue:support") == [1, 2, 3, 4]
    assert numbers(busy, "search", "queue:support") == [1, 2, 3]


def test_a_phrase_keeps_the_quotes_that_the_shell_took(busy):
    busy.run_ticket("note", "1", "-m", "the toner is empty")
    busy.run_ticket("note", "2", "-m", "empty is the toner")
    assert numbers(busy, "search", "toner empty") == []
    assert numbers(busy, "search", "toner", "empty") == [1, 2]
    assert numbers(busy, "search", "is empty") == [1]
    assert numbers(busy, "search", "note:toner", "-note:\"is empty\"") == [2]
    assert numbers(busy, "list", "note:\"is the\"") == [2]


def test_an_export_is_what_a_query_chooses(busy):
    code, out, _ = ends(busy, "export", "--json", "requester:dora@customer.example")
    assert code == 0 and '"number":2' in out.replace(" ", "") and out.count('"type":"ticket"') <= 1
    assert ends(busy, "export", "--json", "status:waiting")[0] == 1
    assert ends(busy, "export", "--json", "statsu:new")[0] == 64


def test_what_reads_everything_says_so(busy):
    code, out, err = ends(busy, "search", "from:do")
    assert code == 0 and "reads the messages of all tickets" in err
    code, out, err = ends(busy, "search", "from:do", "is:open")
    assert code == 0 and err == ""


@pytest.mark.parametrize(
    "words, says",
    [
        (
            ("list", "statsu:new"),
            "query, column 1: there is no field 'statsu'; did you mean 'status'?",
        ),
        (("list", "status:new", "(", "tag:x"), "column 12: the bracket is not closed"),
        (("search", "a", "or"), "column 5: expected a term after 'or'"),
        (("search", "opened:tuday"), "column 8: 'tuday' is no time; did you mean 'today'?"),
        (
            ("export", "--json", "is:opne"),
            "column 4: 'opne' is no value of is; did you mean 'open'?",
        ),
        (("close", "--query", "idle:x"), "column 6: 'x' is no duration"),
    ],
)
def test_a_mistake_names_its_place(busy, words, says):
    code, out, err = ends(busy, *words)
    assert (code, out) == (64, "") and says in err


def completed(desk, *words):
    out = desk.run_ticket("complete", "--", f"--config={desk.config}", *words).stdout
    return [line.split("\t")[0] for line in out.decode().splitlines()]


@pytest.mark.parametrize(
    "words, some",
    [
        (("list", ""), ["queue:", "status:", "is:"]),
        (("list", "st"), ["status:"]),
        (("list", "-st"), ["-status:"]),
        (("list", "status:"), ["status:new", "status:spam"]),
        (("list", "status:new,op"), ["status:new,open"]),
        (("list", "queue:su"), ["queue:support"]),
        (("list", "agent:"), ["agent:none", "agent:me"]),
        (("list", "opened:t"), ["opened:today", "opened:tuesday"]),
        (("list", "is:un"), ["is:unassigned", "is:undelivered", "is:unanswered"]),
        (("close", "--query", "is:new qu"), ["is:new queue:"]),
        (("close", "--query", "(is:ne"), ["(is:new"]),
        (("list", "nosuch:"), []),
        (("list", "--columns", "numb"), ["number"]),
        (("list", "--columns", "number,last"), ["number,last_in", "number,last_out"]),
    ],
)
def test_queries_are_completed(busy, words, some):
    found = completed(busy, *words)
    assert set(some) <= set(found) if some else found == []


@pytest.fixture
def home(busy, tmp_path, monkeypatch):
    """Where the user's ticket.conf is."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "milticket" / "ticket.conf"


def test_a_saved_query_is_used_by_its_name(busy, home):
    busy.run_ticket("query", "save", "dora", "requester:dora@customer.example")
    busy.run_ticket("query", "save", "--shared", "early", "number:1", "or", "number:2")
    busy.run_ticket("query", "save", "both", "@dora @early")
    assert numbers(busy, "list", "@dora") == [2]
    assert numbers(busy, "list", "@early", "-@dora") == [1]
    assert numbers(busy, "search", "@both") == [2]
    busy.run_ticket("priority", "high", "--query", "@early")
    assert sorted(having(busy, priority="high")) == [1, 2]
    listed = busy.run_ticket("query", "list").stdout.decode()
    assert listed == (
        "dora\town\trequester:dora@customer.example\n"
        "both\town\t@dora @early\n"
        "early\tshared\tnumber:1 or number:2\n"
    )
    busy.run_ticket("query", "remove", "dora")
    code, _, err = ends(busy, "list", "@both")
    assert code == 64 and "query @both, column 1: there is no saved query 'dora'" in err
    busy.run_ticket("query", "remove", "--shared", "early")
    assert ends(busy, "query", "remove", "early", "--shared")[0] == 1
    assert ends(busy, "query", "remove", "dora")[0] == 1


def test_one_of_all_is_removed_as_such(busy, home):
    busy.run_ticket("query", "save", "--shared", "early", "number:1")
    code, _, err = ends(busy, "query", "remove", "early")
    assert code == 1 and "'early' is a query of all; --shared removes it" in err
    assert numbers(busy, "list", "@early") == [1]


def test_the_question_says_what_would_be_done(busy):
    for words, asks in [
        (("priority", "high"), "'priority high' for 3 tickets? [y/N]"),
        (("move", "--queue", "ops", "--project", "x"), "'queue ops, project x' for 3 tickets?"),
        (("tag", "+vip", "-old"), "'tag +vip -old' for 3 tickets?"),
        (("close",), "'close' for 3 tickets?"),
    ]:
        command = (program("ticket"), *words, "--config", busy.config, "--query", "is:open")
        seen, code = on_terminal(*command, keys=b"n\n")
        assert asks in seen and "nothing was changed" in seen and code == 1
    assert having(busy, status="new") and not having(busy, priority="high")


def test_queries_that_are_saved_at_one_time_are_all_there(busy, home):
    command = (program("ticket"), "query", "save", "--config", busy.config)
    saving = [subprocess.Popen([*command, f"q{n}", f"number:{n + 1}"]) for n in range(8)]
    assert [process.wait() for process in saving] == [0] * 8
    listed = busy.run_ticket("query", "list").stdout.decode()
    assert [f"q{n}\town\tnumber:{n + 1}" in listed for n in range(8)] == [True] * 8


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def test_a_file_that_cannot_be_written_is_named(busy, home):
    home.parent.mkdir(parents=True)
    home.write_text("#" * 8190 + "\n")
    done = subprocess.run(
        [program("ticket"), "query", "save", "--config", busy.config, "x", "number:1"],
        capture_output=True,
        preexec_fn=no_room,
    )
    assert done.returncode == 74 and home.read_text() == "#" * 8190 + "\n"
    assert done.stderr.decode() == f"ticket: cannot write '{home}': File too large\n"


def test_a_saved_query_leads_not_to_itself(busy, home):
    busy.run_ticket("query", "save", "a", "number:1")
    busy.run_ticket("query", "save", "b", "@a or number:2")
    code, _, err = ends(busy, "query", "save", "a", "@b")
    assert code == 64 and "leads back to itself" in err
    assert numbers(busy, "list", "@b") == [1, 2]


@pytest.mark.parametrize(
    "words, says",
    [
        (("A", "number:1"), "'A' is no name of a query"),
        (("x", "statsu:new"), "query, column 1: there is no field 'statsu'; did you mean"),
        (("x", "@x"), "there is no saved query 'x'"),
        (("--shared", "x", "@mine"), "there is no saved query 'mine'"),
    ],
)
def test_what_cannot_be_saved_is_said(busy, home, words, says):
    busy.run_ticket("query", "save", "mine", "number:1")
    before = home.read_bytes()
    code, _, err = ends(busy, "query", "save", *words)
    assert code == 64 and says in err and home.read_bytes() == before


def test_the_rest_of_ticket_conf_stays_as_it_is_written(busy, home):
    own = '# mine\nlist: { sort = "number"; };   # so\n'
    home.parent.mkdir(parents=True)
    home.write_text(own)
    busy.run_ticket("query", "save", "x", 'subject:"a \\ b"')
    busy.run_ticket("query", "save", "y", "number:2")
    assert home.read_text().startswith(own) and home.stat().st_mode & 0o777 == 0o600
    assert 'subject:"a \\ b"' in busy.run_ticket("query", "list").stdout.decode()
    busy.run_ticket("query", "remove", "x")
    busy.run_ticket("query", "remove", "y")
    assert home.read_text() == own


def test_queries_written_by_hand_are_left_to_their_writer(busy, home):
    text = 'queries = ( { name = "two"; query = "number:2"; } );\n'
    home.parent.mkdir(parents=True)
    home.write_text(text)
    assert numbers(busy, "list", "@two") == [2]
    code, _, err = ends(busy, "query", "save", "x", "number:1")
    assert code == 77 and "written by hand" in err and home.read_text() == text


@pytest.mark.parametrize(
    "text, says",
    [
        ("lsit: { };", "ticket.conf:1: lsit: unknown key; did you mean 'list'?"),
        ("list: { limit = 3; };", "limit: unknown key; expected one of: columns sort reverse"),
        ('list: { sort = "nubmer"; };', "ticket.conf: list.sort: 'nubmer' is no order; did you"),
        (
            'list: { columns = "number,aeg"; };',
            "ticket.conf: list.columns: there is no column 'aeg'; did you mean 'age'?",
        ),
        ("list: { sort = 1; };", "ticket.conf:1: sort: expected a string"),
        ("list = 1;", "ticket.conf:1: list: expected a group"),
        ("queries = 1;", "queries: expected a list"),
        ('queries = ( { name = "X"; query = "a"; } );', "queries: a name is 1 to 64"),
        ('queries = ( { name = "x"; } );', "queries: expected { name"),
        ("queries = (", "ticket.conf:"),
    ],
)
def test_a_mistake_in_ticket_conf_is_named_with_its_line(busy, home, text, says):
    home.parent.mkdir(parents=True)
    home.write_text(text)
    code, out, err = ends(busy, "list", "number:1")
    assert code == 78 and out == "" and says in err


def test_shared_queries_are_exported_and_read_back(busy, home, tmp_path):
    busy.run_ticket("query", "save", "--shared", "early", "number:1")
    exported = busy.run_ticket("export", "--json").stdout
    assert b'"type": "query"' in exported or b'"type":"query"' in exported
    busy.run_ticket("query", "remove", "--shared", "early")
    (tmp_path / "all.json").write_bytes(exported)
    assert busy.run_ticket("check").returncode == 0


def test_saved_queries_are_completed(busy, home):
    busy.run_ticket("query", "save", "mine", "number:1")
    busy.run_ticket("query", "save", "--shared", "many", "number:2")
    assert completed(busy, "list", "@m") == ["@mine", "@many"]
    assert completed(busy, "query", "remove", "mi") == ["mine"]


def test_saved_queries_in_json_are_as_the_schema_has_them(busy, home):
    busy.run_ticket("query", "save", "--shared", "early", "number:1")
    busy.run_ticket("query", "save", "mine", "number:2")
    own, shared = map(json.loads, busy.run_ticket("query", "list", "--json").stdout.splitlines())
    assert own == {"name": "mine", "query": "number:2", "by": None, "saved": None, "shared": False}
    assert shared["shared"] and shared["by"].startswith("unix:") and shared["saved"].endswith("Z")
    form = json.loads((pathlib.Path(__file__).parents[2] / "tools/ticket.schema.json").read_text())
    assert set(form["$defs"]["query"]["required"]) == set(own) == set(shared)


def lines(desk, *words):
    return desk.run_ticket(*words).stdout.decode().splitlines()


def test_columns_and_orders(busy, home):
    busy.run_ticket("priority", "urgent", "2")
    assert (
        lines(busy, "list", "--columns", "number,priority", "--sort", "priority")[0] == "2\turgent"
    )
    assert lines(busy, "list", "--columns", "number", "--sort", "number") == ["1", "2", "3"]
    assert lines(busy, "list", "--columns", "number", "--sort", "number", "--reverse") == list(
        "321"
    )
    newest = lines(busy, "list", "--columns", "number")
    assert lines(busy, "list", "--columns", "number", "--reverse") == newest[::-1]
    assert lines(busy, "list", "number:2", "--columns", "requester,messages_count,tag") == [
        "dora@customer.example\t1\t[example.com #2]"
    ]
    assert lines(busy, "search", "dora", "--columns", "number") == ["2"]
    code, _, err = ends(busy, "list", "--columns", "nubmer")
    assert code == 64 and "there is no column 'nubmer'" in err


def test_ticket_conf_says_how_lists_look(busy, home):
    home.parent.mkdir(parents=True)
    home.write_text('list: { columns = "number, status"; sort = "number"; reverse = true; };')
    assert lines(busy, "list") == ["3\tnew", "2\tnew", "1\tnew"]
    assert lines(busy, "list", "--columns", "number", "--sort", "number") == ["1", "2", "3"]
    assert json.loads(lines(busy, "list", "--json")[0])["subject"]


def test_columns_of_a_person(busy, home):
    """Their headings are as the others', and times are the reader's."""
    words = ("--config", busy.config, "--columns", "number,last_in,updated", "-n", "1")
    seen, _ = on_terminal(program("ticket"), "list", *words, env={"TZ": "Asia/Tokyo", "PAGER": ""})
    head, row = without_colours(seen).splitlines()[:2]
    assert head.split() == ["NUMBER", "LAST", "IN", "UPDATED"]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d +\d{4}-\d\d-\d\d \d\d:\d\d$", row), row
    (piped,) = lines(busy, "list", *words[2:])
    assert piped.endswith("Z")


def test_an_unknown_column_has_its_nearest(busy, home):
    for words, says in [
        (("--columns", "nubmer"), "there is no column 'nubmer'; did you mean 'number'?"),
        (("--columns", "number,last"), "there is no column 'last'; did you mean 'last_in'?"),
        (("--columns", "xyz"), "there is no column 'xyz'; ticket(1) has"),
        (("--format", "{subjct}"), "there is no field '{subjct}'; did you mean '{subject}'?"),
    ]:
        code, _, err = ends(busy, "list", *words)
        assert code == 64 and says in err


def test_an_empty_list_names_the_queue_that_is_none(busy):
    for words in (("list", "queue:suport"), ("list", "-q", "suport"), ("search", "queue:suport x")):
        code, out, err = ends(busy, *words)
        assert code == 1 and out == ""
        assert err == "ticket: there is no queue 'suport'; did you mean 'support'?\n"
    env = {**os.environ, "MILTICKET_AGENT": "nobody"}
    code, _, err = ends(busy, "list", "agent:me", env=env)
    assert code == 1 and err == "ticket: there is no agent 'nobody'\n"
    assert ends(busy, "list", "agent:other", env=env) == (1, "", "")
    code, _, err = ends(busy, "assign", "ana", "1")
    assert code == 1 and "there is no agent 'ana'" in err


def test_subjects_are_sorted_whatever_their_case(desk, tmp_path):
    subjects = ("zebra", "Yak", "apple", "Banana")
    mails = [mail(n, subject=subject) for n, subject in enumerate(subjects, 1)]
    (tmp_path / "box").write_bytes(mbox(mails))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    order = lines(desk, "list", "--sort", "subject", "--columns", "subject")
    assert order == ["apple", "Banana", "Yak", "zebra"]


def test_a_tag_is_no_option_and_an_option_no_tag(busy):
    """-n is the dry run that help speaks of."""
    code, out, _ = ends(busy, "tag", "+vip", "-n", "--query", "number:1")
    assert code == 0 and out.startswith("1\t") and having(busy, tags=["vip"]) == []
    busy.run_ticket("tag", "+n", "+n", "1")
    assert having(busy, tags=["n"]) == [1]
    assert ends(busy, "tag", "--", "-n", "1")[1] == "#1 without tags\n"
    assert having(busy, tags=["n"]) == []


def test_what_is_not_to_be_found_is_no_option(busy):
    code, _, err = ends(busy, "search", "printer", "-bar")
    assert code == 64 and "unknown option '-bar'; a word that is not to be found is" in err


def test_a_domain_beyond_ascii_is_found_as_people_write_it(desk, tmp_path):
    sender = "ivan@xn--80a1acny.example"
    (tmp_path / "box").write_bytes(mbox([mail(1, sender=sender, name="Ivan"), mail(2)]))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    for field in ("requester", "from"):
        for value in ("@почта.example", "ivan@почта.example", "*@почта.example", "@ПОЧТА.example"):
            assert numbers(desk, "list", f"{field}:{value}") == [1], (field, value)


def test_help_of_a_family_is_no_mistake(busy):
    for words in (("query", "--help"), ("query", "-h"), ("help", "query", "--json")):
        done = run(program("ticket"), *words)
        assert b"usage: ticket query save" in done.stdout and not done.stderr
    for line in run(program("ticket"), "list", "--help").stdout.decode().splitlines():
        assert len(line) <= 80, line

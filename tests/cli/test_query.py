"""Tickets chosen by what they are, where a command changes them."""
import pytest
from harness.box import mail, mbox

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
    code, out, err = ends(busy, "search", "from:dora")
    assert code == 0 and "reads the messages of all tickets" in err
    code, out, err = ends(busy, "search", "from:dora", "is:open")
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
    ],
)
def test_queries_are_completed(busy, words, some):
    found = completed(busy, *words)
    assert set(some) <= set(found) if some else found == []

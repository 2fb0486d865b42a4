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

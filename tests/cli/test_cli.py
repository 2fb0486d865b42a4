"""What an admin types, and what comes back."""
import json
import subprocess

import pytest
from harness.ground import program


def ends(desk, *words, **options):
    done = desk.run_ticket(*words, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_queues_are_added_changed_listed_and_removed(desk):
    desk.run_ticket(
        "agent",
        "add",
        "anna",
        "--name",
        "Anna Adler",
        "--address",
        "Anna@Example.com",
        "--queue",
        "support",
    )
    desk.run_ticket("queue", "set", "support", "--responsible", "anna")
    (queue,) = desk.ticket("queue", "list")
    assert queue == {
        "name": "support",
        "title": "First level",
        "responsible": "anna",
        "members": ["anna"],
        "open": 0,
        "new": 0,
        "signature": None,
        "assign": "manual",
        "calendar": None,
    }
    desk.run_ticket("queue", "remove", "support")
    assert desk.ticket("queue", "list") == []


def test_an_agent_has_canonical_addresses_that_nobody_else_has(desk):
    desk.run_ticket(
        "agent",
        "add",
        "anna",
        "--address",
        "Anna@Example.com,anna@example.org",
        "--queue",
        "support",
    )
    (agent,) = desk.ticket("agent", "list")
    assert (agent["addresses"], agent["queues"], agent["active"]) == (
        ["anna@example.com", "anna@example.org"],
        ["support"],
        True,
    )
    code, _, err = ends(desk, "agent", "add", "ben", "--address", "anna@example.com")
    assert code == 65 and "anna" in err
    desk.run_ticket("agent", "set", "anna", "--inactive")
    assert desk.ticket("agent", "list")[0]["active"] is False
    _, _, err = ends(desk, "digest", "--to", "anna", "--print")
    assert err == "ticket: agent 'anna' is inactive\n"


@pytest.mark.parametrize(
    "words, code, says",
    [
        (("lst",), 64, "did you mean 'list'"),
        (("list", "--nonsense"), 64, "usage: ticket list"),
        (("list", "--status", "odd"), 64, "'odd' is no status"),
        (("list", "--format", "{nothing}"), 64, "no field '{nothing}'"),
        (("show", "abc"), 64, "'abc' is no ticket number"),
        (("show", "7"), 1, "there is no ticket #7"),
        (("close", "7"), 1, "there is no ticket #7"),
        (("assign", "nobody", "7"), 1, "there is no ticket #7"),
        (("queue", "add", "Bad Name"), 65, "no queue name"),
        (("queue", "add", "support"), 65, "is there already"),
        (("agent", "add", "anna", "--queue", "none"), 1, "no queue 'none'"),
        (("agent", "add", "anna", "--address", "nonsense"), 65, "no mail address"),
        (("list",), 1, ""),
    ],
)
def test_mistakes_are_named_and_have_their_exit_code(desk, words, code, says):
    done = ends(desk, *words)
    assert done[0] == code and says in done[2], done


def test_a_wrong_key_names_file_line_key_and_what_was_expected(desk):
    text = desk.config.read_text()
    desk.config.write_text(text + "sokcet = 1;\n")
    code, _, err = ends(desk, "config", "check")
    assert code == 78 and "sokcet" in err and f"{desk.config}:{text.count(chr(10)) + 1}" in err
    done = subprocess.run(
        [program("milticketd"), "-f", "--config", desk.config], capture_output=True, text=True
    )
    assert done.returncode == 78 and "sokcet" in done.stderr and str(desk.config) in done.stderr


def test_the_configuration_in_force_is_shown(desk):
    assert ends(desk, "config", "check")[0] == 0
    code, out, _ = ends(desk, "config", "show")
    assert code == 0 and "max_per_address_per_day" in out
    (shown,) = desk.ticket("config", "show")
    assert shown["tag.name"] == "example.com"


def test_accounts_are_listed_and_tried(desk):
    assert [account["address"] for account in desk.ticket("account", "list")] == [
        "support@example.com"
    ]
    assert desk.ticket("account", "test", "SUPPORT+x@example.com")[0]["queue"] == "support"
    assert ends(desk, "account", "test", "other@example.com")[0] == 1


def test_every_command_has_help_and_the_list_names_it(desk):
    done = subprocess.run([program("ticket"), "help"], capture_output=True, text=True, check=True)
    names = [line[2:19].strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert "list" in names and "queue add" in names
    for name in names:
        told = subprocess.run(
            [program("ticket"), "help", *name.split()], capture_output=True, text=True, check=True
        )
        assert told.stdout.startswith("usage: ticket " + name)
    assert ends(desk, "help") == (0, done.stdout, "") and ends(desk, "help", "close")[1].startswith(
        "usage: ticket close"
    )


def test_a_full_disk_is_no_success(desk):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program("ticket"), "help"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74


@pytest.mark.embedded("pg_dump makes backups")
def test_a_backup_is_a_store(desk, tmp_path):
    copy = tmp_path / "data.mdb"
    desk.run_ticket("backup", copy)
    assert copy.stat().st_size > 0
    assert ends(desk, "backup", copy)[0] == 73
    assert ends(desk, "check")[0] == 0


def test_version_tells_the_schema(desk):
    done = subprocess.run(
        [program("ticket"), "version", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["schema"] == 1

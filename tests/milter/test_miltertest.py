"""The main scenarios once more by a program of others: miltertest, with a Lua script for each."""
import pathlib

import pytest

from harness.ground import run, tool

SCRIPTS = pathlib.Path(__file__).parent


def miltertest(house, script):
    done = run(
        tool("miltertest"),
        "-D",
        f"socket={house.daemon.milter}",
        "-D",
        f"desk={SCRIPTS / 'desk.lua'}",
        "-s",
        SCRIPTS / script,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout.decode()}{done.stderr.decode()}"


@pytest.mark.parametrize(
    "script, messages",
    [("new_ticket.lua", 1), ("reply_by_id.lua", 2), ("not_ours.lua", 1), ("aborted.lua", 1)],
)
def test_the_script_ends_well(build, script, messages):
    house = build()
    miltertest(house, script)
    (ticket,) = house.daemon.tickets()
    assert ticket["messages_count"] == messages


def test_a_store_that_cannot_be_written_is_a_451(build):
    house = build()
    house.daemon.archive.chmod(0o555)
    try:
        miltertest(house, "store_fails.lua")
    finally:
        house.daemon.archive.chmod(0o755)
    assert house.daemon.tickets() == []

"""Two agents answer one ticket at the shell at the same time."""
import pytest

from harness.box import mail, mbox
from harness.ground import on_terminal, program

ACCOUNT = ("--account", "support@example.com")
BEN = {"MILTICKET_AGENT": "ben"}


@pytest.fixture
def two(desk, tmp_path):
    """Ticket 1, and two agents with an address."""
    (tmp_path / "box").write_bytes(mbox([mail(1)]))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    for login in ("anna", "ben"):
        desk.add_agent(login, address=f"{login}@example.com", queue="support")
    return desk


def anna_answers(desk, tmp_path, *words):
    """Ben answers while Anna types."""
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\n"
        f"MILTICKET_AGENT=ben {program('ticket')} reply --config {desk.config} 1 -m done >/dev/null\n"
        '{ echo "on its way"; cat "$1"; } >"$1.new"; mv "$1.new" "$1"\n'
    )
    editor.chmod(0o755)
    return on_terminal(
        program("ticket"),
        "reply",
        "--config",
        desk.config,
        *words,
        "1",
        env={
            "MILTICKET_AGENT": "anna",
            "VISUAL": str(editor),
            "EDITOR": str(editor),
            "TMPDIR": str(desk.directory),
        },
    )


def kinds(desk):
    return [event["kind"] for event in desk.show(1)["events"]]


def test_both_are_told(two, tmp_path):
    said, code = anna_answers(two, tmp_path)
    assert code == 0 and "ben answered on 20" in said
    assert kinds(two).count("reply") == 2 and kinds(two).count("crossed") == 1
    (notice,) = [entry for entry in two.outbox() if entry["event"] == "notice"]
    assert notice["to"] == ["ben@example.com"]
    two.run_ticket("tag", "+met", "--query", "is:crossed", "--yes")
    assert two.show(1)["tags"] == ["met"]


def test_refused_it_is_tried_again_with_the_draft(two, tmp_path):
    two.configure(policy={"crossed": "refuse"})
    said, code = anna_answers(two, tmp_path)
    assert code == 75 and "ben answered on 20" in said
    assert kinds(two).count("reply") == 1 and "crossed" not in kinds(two)
    (draft,) = two.directory.glob("ticket-*/text")
    assert draft.read_text().startswith("on its way\n")
    two.run_ticket("reply", "1", "-F", draft, env={"MILTICKET_AGENT": "anna"})
    assert kinds(two).count("reply") == 2


def test_anyway_sends_it_and_says_so(two, tmp_path):
    two.configure(policy={"crossed": "refuse"})
    said, code = anna_answers(two, tmp_path, "--anyway")
    assert code == 0 and kinds(two).count("reply") == 2 and kinds(two).count("crossed") == 1


def test_off_nobody_is_told(two, tmp_path):
    two.configure(policy={"crossed": "off"})
    said, code = anna_answers(two, tmp_path)
    assert code == 0 and "ben" not in said and "crossed" not in kinds(two)

"""Templates at the shell: what there is, and answers with them."""

import pytest

from harness.box import mail, mbox
from harness.ground import on_terminal, program

ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def asked(desk, tmp_path):
    """Ticket 1, and a template of the administrator's in two languages, and one of a project."""
    shelf = desk.directory / "templates"
    (shelf / "ops").mkdir()
    (shelf / "hello.eml").write_text("Subject: Re: {subject}\n\nHello {name}\n")
    (shelf / "hello.de.eml").write_text("Subject: Re: {subject}\n\nHallo {name}\n")
    (shelf / "ops" / "hello.eml").write_text("Subject: Ops\n\nOps here, {agent}\n")
    (tmp_path / "box").write_bytes(mbox([mail(1)]))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    return desk


def said(desk):
    """The text of the last message of ticket 1."""
    return desk.show(1)["messages"][-1]["text"]


def test_they_are_listed_with_their_languages(asked):
    rows = [(t["name"], t["project"], t["languages"]) for t in asked.ticket("template", "list")]
    assert ("hello", None, [None, "de"]) in rows and ("hello", "ops", [None]) in rows
    assert [name for name, _, _ in rows] == sorted(name for name, _, _ in rows)
    assert "hello" in asked.run_ticket("template", "list").stdout.decode()


@pytest.mark.parametrize(
    "words, text",
    [
        ((), "Subject: Re: {subject}\n\nHello {name}\n"),
        (("--language", "de-AT"), "Subject: Re: {subject}\n\nHallo {name}\n"),
        (("--project", "ops"), "Subject: Ops\n\nOps here, {agent}\n"),
        (("--project", "other"), "Subject: Re: {subject}\n\nHello {name}\n"),
    ],
)
def test_one_is_shown_as_it_is_written(asked, words, text):
    assert asked.run_ticket("template", "show", "hello", *words).stdout.decode() == text


def test_one_that_is_not_there(asked):
    done = asked.run_ticket("template", "show", "none", check=False)
    assert done.returncode == 1 and b"there is no template 'none'" in done.stderr
    done = asked.run_ticket("reply", "1", "--template", "none", check=False)
    assert done.returncode == 1 and b"there is no template 'none'" in done.stderr
    assert len(asked.show(1)["messages"]) == 1


def test_a_broken_one_is_named_before_anybody_uses_it(asked):
    (asked.directory / "templates" / "new.eml").write_text("Subject: a\n\n{nmae}\n")
    done = asked.run_ticket("config", "check", check=False)
    assert done.returncode == 78 and b"new.eml:3: unknown variable" in done.stderr


def test_an_answer_with_one_alone_and_with_words(asked):
    asked.run_ticket("reply", "1", "--template", "hello")
    assert said(asked) == "Hello Carla Kern"
    asked.run_ticket("reply", "1", "--template", "hello", "-m", "See you.")
    assert said(asked) == "Hello Carla Kern\n\nSee you."
    asked.run_ticket("move", "--project", "ops", "1")
    asked.run_ticket("reply", "1", "--template", "hello.eml")
    assert said(asked).startswith("Ops here")
    assert asked.show(1)["messages"][-1]["subject"] == "Ops"


def test_an_editor_opens_with_it(asked, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/Hello/Dear/" "$1"\n')
    editor.chmod(0o755)
    _, code = on_terminal(
        program("ticket"),
        "reply",
        "--config",
        asked.config,
        "1",
        "--template",
        "hello",
        env={"VISUAL": str(editor), "EDITOR": str(editor), "TMPDIR": str(tmp_path)},
    )
    assert code == 0 and said(asked) == "Dear Carla Kern"

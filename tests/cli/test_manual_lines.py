"""Every line that the manual pages print to be typed or copied: commands run, configurations load, Postfix knows its settings."""
import os
import re

import pytest
from harness.box import mail, mbox
from harness.daemon import Daemon
from harness.ground import SOURCE, new_directory, program, run, tool

PAGES = {
    "ticket.1": SOURCE / "tools" / "ticket.1",
    "milticket.conf.5": SOURCE / "conf" / "milticket.conf.5",
    "milticketd.8": SOURCE / "milter" / "milticketd.8",
}
ESCAPES = {r"\e": "\\", r"\(aq": "'", r"\(dq": '"', r"\&": "", r"\-": "-"}


def plain(text):
    return re.sub(r"\\(?:e|\(aq|\(dq|&|-)", lambda found: ESCAPES[found[0]], text)


def displays(page):
    """The blocks and lines that stand by themselves."""
    text = PAGES[page].read_text()
    found = re.findall(r"^\.Bd .*\n((?:[^.].*\n)+)\.Ed|^\.Dl (.*)\n", text, re.M)
    return [plain(block or line) for block, line in found]


def named_commands():
    """What is called "ticket …" or "milticketd …" within a sentence."""
    for page, path in PAGES.items():
        for text in re.findall(r"^\.Ql (ticket [a-z].*?)(?: [,.;:)])?$", path.read_text(), re.M):
            yield page, plain(text)


def kind_of(block):
    """How a display is tried."""
    if block.startswith("$ ticket"):
        return "shell"
    if re.match(r"(accounts = \(\n|socket = |automations = |store: )", block):
        return "configuration"
    if block.startswith("queries = "):
        return "ticket.conf"
    if re.match(r"(createuser|createdb|psql|pg_\w+|grant|set role) ", block):
        return "database"
    if re.match(r"\w+ = ", block) and ";" not in block:
        return "main.cf"
    if re.match(r"\w+ +inet ", block):
        return "master.cf"
    if block.startswith("INPUT_MAIL_FILTER"):
        return "sendmail.mc"
    return "install" if block.startswith("install ") else "syntax"


def shown(kind):
    return [
        pytest.param(block, id=f"{page}:{block.split(chr(10))[0][:50]}")
        for page in PAGES
        for block in displays(page)
        if kind_of(block) == kind
    ]


def test_each_kind_is_printed_somewhere():
    kinds = [kind_of(block) for page in PAGES for block in displays(page)]
    # One block is no example but what a configuration looks like; README's test types one line.
    assert kinds.count("syntax") == 1 and kinds.count("install") == 1
    for kind in (
        "shell",
        "configuration",
        "main.cf",
        "master.cf",
        "sendmail.mc",
        "ticket.conf",
        "database",
    ):
        assert kind in kinds, kind


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Tickets from 1041 on, of which one waits."""
    desk = Daemon(relay_port=9, directory=new_directory("manual"))
    desk.configure(numbers={"first": 1041})
    desk.add_queue("support")
    desk.run_ticket("agent", "add", "anna", "--address", "anna@example.com", "--queue", "support")
    box = tmp_path_factory.mktemp("box") / "box"
    box.write_bytes(mbox([mail(1), mail(2), mail(3)]))
    desk.run_ticket("import", box, "--account", "support@example.com")
    desk.run_ticket("status", "waiting", "1043")
    return desk


# Programs of others are not what is tried.
STAND_IN = "#!/bin/sh\ncat >/dev/null\n"


@pytest.mark.parametrize("block", shown("shell"))
def test_a_line_for_the_shell_runs(desk, tmp_path, block):
    for name in ("mutt", "jq"):
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    ticket = tmp_path / "ticket"
    ticket.write_text(f"#!/bin/sh\nexec {program('ticket')} \"$@\" --config {desk.config}\n")
    ticket.chmod(0o755)
    (tmp_path / "answer.txt").write_text("We are on it.\n")
    path = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "MILTICKET_AGENT": "anna"}
    script = re.sub(r"^\$ ", "", block, flags=re.M).replace("/tmp/", f"{tmp_path}/")
    script = script.replace("--until 2026-09-01", "--until 2999-01-01")
    done = run("bash", "-c", f"cd {tmp_path}; set -e; {script}", env=path, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page, command", sorted(set(named_commands())))
def test_a_command_that_is_named_is_one(page, command):
    words = [word for word in command.split() if not word.isupper()]
    done = run(program("ticket"), *words[1:], "--help", check=False)
    assert done.returncode == 0 and done.stdout.startswith(b"usage: ticket " + words[1].encode())


@pytest.mark.parametrize("block", shown("configuration"))
def test_a_configuration_loads(tmp_path, block):
    daemon = Daemon(relay_port=9)
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    block = block.replace("/etc/milticket/store-password", str(password))
    daemon.config.write_text(block)
    for name in re.findall(r"mail (\w+\.eml)", block):
        (daemon.config.parent / "templates" / name).write_text("Subject: Hello\n\nHello.\n")
    assert run(program("ticket"), "config", "show", "--config", daemon.config).stdout


@pytest.mark.parametrize("block", shown("ticket.conf"))
def test_saved_queries_are_read(desk, tmp_path, monkeypatch, block):
    (tmp_path / "milticket").mkdir()
    (tmp_path / "milticket" / "ticket.conf").write_text(block)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert b"agent:me" in desk.run_ticket("query", "list").stdout


def postconf(directory, *words):
    done = run(tool("postconf"), "-c", directory, *words)
    assert b"warning" not in done.stderr, done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize("block", shown("main.cf"))
def test_postfix_knows_each_setting(tmp_path, block):
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\n{block}")
    (tmp_path / "master.cf").touch()
    known = postconf(tmp_path, "-n")
    for line in block.splitlines():
        assert line[0] == " " or line.split(" = ")[0] + " = " in known, line


@pytest.mark.parametrize("block", shown("master.cf"))
def test_postfix_knows_each_option_of_a_service(tmp_path, block):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")
    (tmp_path / "master.cf").write_text(block)
    for option in re.findall(r"-o (\w+)=", block):
        assert f"/{option} = " in postconf(tmp_path, "-P")


@pytest.mark.parametrize("block", shown("sendmail.mc"))
def test_a_filter_of_sendmails_has_all_it_needs(block):
    found = re.fullmatch(r"INPUT_MAIL_FILTER\(`milticket',\s+`(S=\S+), F=T, (T=\S+)'\)\n", block)
    assert found and re.search(r"R:\d+s", found[2])

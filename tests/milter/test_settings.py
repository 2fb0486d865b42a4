"""milticket.conf as the daemon takes it: what is refused and how, and that each setting does what it says."""
import ctypes
import json
import os
import re
import socket

import pytest

from harness.client import compose, field
from harness.daemon import SUPPORT, Daemon
from harness.ground import free_ports, program, run
from harness.house import OPS
from harness.milter import MilterClient

CARLA = "carla@customer.example"

# A configuration whose third line is wrong, and what must be said of it.
WRONG = [
    ('nonsense = 1;', "nonsense", "unknown key"),
    ('sockett = "unix:/x";', "sockett", "did you mean 'socket'"),
    ('store: { path = 7; };', "store.path", "expected an absolute path (string), found a number"),
    ('store: { path = "relative"; };', "store.path", "expected an absolute path"),
    ('store: { map_size_mib = 0; };', "store.map_size_mib", "from 1 to"),
    ('archive: { keep_days = -1; };', "archive.keep_days", "from 0 to"),
    ('archive: { keep_days = "1"; };', "archive.keep_days", "found a string"),
    ('archive = "x";', "archive", "expected a group"),
    ('socket = "tcp:1";', "socket", "unix:/PATH"),
    ('socket_mode = 0660;', "socket_mode", "octal mode in quotes"),
    ('log = "file";', "log", '"syslog", "stderr"'),
    ('tag: { format = "[%n]"; };', "tag.format", "needs %d"),
    ('tag: { max_subject = 77; };', "tag.max_subject", "from 78 to 16384"),
    ('numbers: { scheme = "random"; };', "numbers.scheme", '"sequential", "date"'),
    (
        'policy: { subject_tag = "participant"; };',
        "policy.subject_tag",
        'did you mean "participants"',
    ),
    ('policy: { reopen_days = 1.5; };', "policy.reopen_days", "a number with a fraction"),
    ('policy: { spam_header = "X-Spam"; };', "policy.spam_header", "Name: pattern"),
    ('mail_out: { url = "http://x"; };', "mail_out.url", "smtp://HOST:PORT"),
    ('recipient_delimiter = "++";', "recipient_delimiter", "one punctuation character"),
    ('agents_auth: { authserv_ids = "mx"; };', "agents_auth.authserv_ids", "list of strings"),
    ('agents_auth: { sasl = "yes"; };', "agents_auth.sasl", "true or false"),
    ('accounts = ( { address = "nobody"; } );', "accounts.address", "a mail address"),
    ('accounts = ( { queue = "x"; } );', "accounts.address", "expected a mail address"),
    (
        'accounts = ( { address = "a@example.com"; deliver = "nowhere"; } );',
        "accounts.deliver",
        '"mailbox", "agents"',
    ),
    (
        'accounts = ( { address = "a@example.com"; since = "yesterday"; } );',
        "accounts.since",
        "a date such as",
    ),
    (
        'accounts = ( { address = "a@example.com"; autoresponse: { opened = "missing.eml"; }; } );',
        "accounts.autoresponse.opened",
        "template",
    ),
    (
        'accounts = ( { address = "a@example.com"; }, { address = "A@EXAMPLE.com"; } );',
        "accounts.address",
        "each address once",
    ),
    (
        'accounts = ( { address = "a@example.com"; deliver = "none"; } ); archive: { path = ""; };',
        "accounts.deliver",
        "needs archive.path",
    ),
    ('rules = ( { match: { to = "x"; }; } );', "rules.match.to", "unknown key"),
    ('rules = ( { set: { priority = "highest"; }; } );', "rules.set.priority", '"urgent"'),
    ('rules = ( { set: { autoresponse = "no"; }; } );', "rules.set.autoresponse", "true or false"),
    ('rules = { };', "rules", "a list of groups"),
]


@pytest.mark.parametrize("line, key, expected", WRONG, ids=[row[0][:60] for row in WRONG])
def test_an_error_names_file_line_key_and_what_was_expected(line, key, expected):
    daemon = Daemon(relay_port=9)
    daemon.config.write_text(f"// one\n// two\n{line}\n")
    for words in (("milticketd", "-t"), ("milticketd", "-f"), ("ticket", "config", "check")):
        done = run(program(words[0]), *words[1:], "--config", daemon.config, check=False)
        said = done.stderr.decode()
        assert done.returncode == 78, (words, done.returncode, said)
        assert f"{daemon.config}:3: {key}: " in said and expected in said


def test_a_good_file_is_good_for_the_check():
    daemon = Daemon(relay_port=9)
    assert run(program("milticketd"), "-t", "--config", daemon.config).returncode == 0


# A configuration of a daemon that runs, with this laid over it: the key, what is said, and whether
# it is only a doubt.
UNMET = [
    ({"user": "no-such-user"}, "user", "a user of this system", False),
    ({"group": "no-such-group"}, "group", "a group of this system", False),
    ({"store": {"path": "/nonexistent/store"}}, "store.path", "a directory that is there", False),
    (
        {"archive": {"path": "/nonexistent/mail"}},
        "archive.path",
        "a directory that is there",
        False,
    ),
    ({"socket": "unix:/nonexistent/milter.sock"}, "socket", "a socket in a directory", False),
    (
        {"accounts": [{**SUPPORT, "sender": "noreply@example.com"}]},
        "accounts.sender",
        "an account's address",
        True,
    ),
    ({"rules": [{"set": {"assign": "nobody-here"}}]}, "rules.set.assign", "an agent", True),
    ({"rules": [{"set": {"queue": "nowhere"}}]}, "rules.set.queue", "a queue", True),
]


@pytest.mark.parametrize("changes, key, expected, doubt", UNMET, ids=[row[1] for row in UNMET])
@pytest.mark.parametrize("with_store", [True, False], ids=["store", "no-store"])
def test_what_a_key_names_must_be_there(changes, key, expected, doubt, with_store):
    daemon = Daemon(relay_port=9)
    if with_store:
        daemon.add_queue("support")
    daemon.configure(**changes)
    for words in (("milticketd", "-t"), ("ticket", "config", "check")):
        done = run(program(words[0]), *words[1:], "--config", daemon.config, check=False)
        said = done.stderr.decode()
        assert done.returncode == (0 if doubt else 78), (words, said)
        mark = "warning: " if doubt else ""
        assert re.search(
            rf"^{words[0]}: {mark}{daemon.config}:\d+: {key}: expected {expected}", said, re.M
        )


def test_an_agent_and_a_queue_that_are_there_are_no_doubt():
    daemon = Daemon(relay_port=9)
    daemon.add_queue("ops")
    daemon.add_agent("anna")
    daemon.configure(rules=[{"set": {"assign": "anna", "queue": "ops"}}])
    for words in (("milticketd", "-t"), ("ticket", "config", "check")):
        assert run(program(words[0]), *words[1:], "--config", daemon.config).stderr == b""


def test_the_check_as_json_has_errors_and_warnings():
    daemon = Daemon(relay_port=9)
    daemon.configure(user="no-such-user", rules=[{"set": {"assign": "nobody-here"}}])
    done = daemon.run_ticket("config", "check", "--json", check=False)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (78, False)
    assert ["user: expected" in text for text in told["errors"]] == [True]
    assert ["rules.set.assign: expected" in text for text in told["warnings"]] == [True]


def test_settings_as_json_have_their_own_types():
    daemon = Daemon(relay_port=9)
    account = {**SUPPORT, "aliases": ["hilfe@example.com"]}
    daemon.configure(
        accounts=[account], agents_auth={"authserv_ids": ["mx"]}, rules=[{"stop": True}]
    )
    (shown,) = daemon.ticket("config", "show")
    assert shown["store.durable"] is True and shown["mail_out.timeout_s"] == 5
    assert (shown["socket_mode"], shown["agents_auth.authserv_ids"]) == ("0666", ["mx"])
    (account,), (rule,) = shown["accounts"], shown["rules"]
    assert (account["address"], account["aliases"]) == (
        "support@example.com",
        ["hilfe@example.com"],
    )
    assert account["enabled"] is True and account["autoresponse.opened"] == "opened.eml"
    assert rule["stop"] is True and rule["set.autoresponse"] is None


# --- what settings do ----------------------------------------------------------------------------


def test_socket_mode_is_the_sockets(build):
    house = build(socket_mode="0640")
    assert house.daemon.socket.stat().st_mode & 0o777 == 0o640


def test_the_daemon_listens_on_tcp_where_it_is_told_to():
    (port,) = free_ports(1)
    daemon = Daemon(
        relay_port=9, settings={"socket": f"inet:{port}@127.0.0.1"}, socket=("127.0.0.1", port)
    ).start()
    try:
        with MilterClient(("127.0.0.1", port)) as milter:
            assert milter.send(CARLA, ["support@example.com"], compose()).headers("X-Ticket")
    finally:
        daemon.kill()


def is_socket(path):
    """False also when it has been closed meanwhile."""
    try:
        return os.readlink(path).startswith("socket:")
    except FileNotFoundError:
        return False


def sockets_of(process):
    """Copies of a process's connected TCP sockets, by pidfd_getfd(2)."""
    owner, numbers = os.pidfd_open(process.pid), os.listdir(f"/proc/{process.pid}/fd")
    try:
        for number in numbers:
            if is_socket(f"/proc/{process.pid}/fd/{number}"):
                copy = ctypes.CDLL(None, use_errno=True).syscall(
                    ctypes.c_long(438), owner, int(number), 0
                )
                assert copy >= 0, os.strerror(ctypes.get_errno())
                with socket.socket(fileno=copy) as sock:
                    if sock.family == socket.AF_INET and not sock.getsockopt(
                        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
                    ):
                        yield sock
    finally:
        os.close(owner)


@pytest.fixture
def at_tcp():
    (port,) = free_ports(1)
    daemon = Daemon(
        relay_port=9, settings={"socket": f"inet:{port}@127.0.0.1"}, socket=("127.0.0.1", port)
    ).start()
    yield daemon
    daemon.stop()


def test_a_tcp_connection_sends_each_edit_without_waiting_for_the_one_before(at_tcp):
    with MilterClient(at_tcp.socket):
        assert {
            sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for sock in sockets_of(at_tcp.process)
        } == {1}


def test_a_tcp_connection_on_the_loopback_interface_has_segments_as_a_network_has(at_tcp):
    with socket.create_connection(at_tcp.socket) as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 8192


def test_queues_of_accounts_are_made_at_start(build):
    house = build([SUPPORT, OPS])
    assert {queue["name"] for queue in house.daemon.ticket("queue", "list")} == {"support", "ops"}


def test_max_subject_cuts_what_is_longer(build):
    house = build(tag={"max_subject": 100})
    mail = house.mail(subject="word " * 50)
    assert mail.subject.startswith("[example.com #1] word") and len(mail.subject) <= 100


def test_without_an_archive_no_mail_is_kept(build):
    house = build(archive={"path": ""})
    house.mail(body="y" * 300000)
    assert list(house.daemon.directory.rglob("*.eml")) == [
        path for path in (house.daemon.directory / "templates").rglob("*.eml")
    ]
    assert house.ticket(1)["messages"][0]["archive"] is None


def test_the_archive_keeps_the_mail_as_it_came(build):
    house = build()
    mail = house.mail(headers=["X-Ticket: 9", "X-Odd:no space"], body="Grüße\n")
    (copy,) = house.daemon.archive.rglob("*.eml")
    assert copy.read_bytes().replace(b"\r\n", b"\n") == mail.sent
    house.mail(headers=["X-Ticket: 9", "X-Odd:no space"], body="Grüße\n", message_id=mail.id)
    assert str(copy.relative_to(house.daemon.archive)) == house.ticket(1)["messages"][0]["archive"]


@pytest.mark.parametrize("from_mail, language", [(True, "de"), (False, "en")])
def test_the_answer_is_in_the_mails_language_if_the_account_says_so(
    build, relay, from_mail, language
):
    house = build(
        [{**SUPPORT, "autoresponse": {"language_from_mail": from_mail}}], relay_port=relay.port
    )
    house.mail(headers=["Content-Language: de"])
    assert field(relay.wait_mails(CARLA)[0].data, "Content-Language") == language


@pytest.mark.parametrize(
    "address, number",
    [("control@example.com", False), ("robot@example.com", True), ("orders@desk.example", True)],
)
def test_commands_go_where_the_setting_says(build, address, number):
    house = build(control_address="robot, orders@desk.example")
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="support")
    house.mail()
    sent = house.mail("anna@example.com", to=address, authen="anna", body="close 1\n")
    assert (sent.result.verdict == "discard") is number
    assert (house.ticket(1)["status"] == "closed") is number


def test_sasl_may_be_switched_off(build):
    house = build(agents_auth={"sasl": False})
    house.daemon.add_agent("anna", name="Anna", address="anna@example.com", queue="support")
    asked = house.mail()
    assert (
        house.mail("anna@example.com", authen="anna", reply_to=asked, body="close\n").event
        == "followup"
    )
    assert house.ticket(1)["status"] == "new"


def test_the_default_tag_name_is_the_first_accounts_domain(build):
    house = build(
        [{"address": "a@erste.example", "autoresponse": {"opened": ""}}, SUPPORT], tag={"name": ""}
    )
    assert re.match(r"\[erste\.example #1\]", house.mail().subject)


def test_an_alias_is_its_accounts_address(build):
    house = build([{**SUPPORT, "aliases": ["hilfe@example.com", "info@example.net"]}])
    for address in ("hilfe@example.com", "INFO@example.net", "info+x@example.net"):
        mail = house.mail(to=[address])
        assert mail.header("X-Ticket-Queue") == "support", address
    assert len(house.daemon.tickets()) == 3


def test_a_rule_that_assigns_to_nobody_leaves_an_event(build):
    house = build(rules=[{"set": {"assign": "nobody-here"}}])
    house.mail()
    (ticket,) = house.daemon.tickets()
    assert ticket["agent"] is None
    events = {event["kind"]: event["text"] for event in house.ticket(1)["events"]}
    assert events["agent"] == "assigned to 'nobody-here', who is no agent: nobody has it"

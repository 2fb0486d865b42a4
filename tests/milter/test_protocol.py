"""The milter's side of the protocol, spoken to by a client of our own."""
import os
import pathlib
import random
import re
import socket
import time

import pytest
from harness.client import compose
from harness.daemon import Daemon
from harness.ground import wait_until
from harness.milter import MilterClient, raw

# The steps that Postfix offers with milter_protocol = 2, 3 and 4.
OLD_STEPS = {2: 0x7F, 3: 0x17F, 4: 0x37F}
COMMANDS = "MRTLNBEAUCHDKOX"
CARLA = "carla@customer.example"


@pytest.fixture
def daemon():
    daemon = Daemon(relay_port=9).start()
    yield daemon
    if not daemon.ended():
        daemon.kill()


def test_mail_of_others_is_accepted_at_data(daemon):
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["bob@example.com"], compose())
    assert (result.verdict, result.step, result.edits) == ("accept", "T", [])


def test_mail_to_an_account_is_tagged_at_its_end(daemon):
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["support@example.com"], compose())
    assert result.accepted and result.step == "E"
    assert [value.strip() for value in result.headers("Subject")] == [
        "[example.com #1] Printer on fire"
    ]
    assert [value.strip() for value in result.headers("X-Ticket")] == ["1"]


def test_one_connection_carries_many_messages_and_an_abort_forgets_one(daemon):
    with MilterClient(daemon.socket) as milter:
        milter.send(CARLA, ["support@example.com"], compose(subject="one"))
        milter.abort()
        second = milter.send(CARLA, ["support@example.com"], compose(subject="two"))
    assert [value.strip() for value in second.headers("X-Ticket")] == ["2"]
    assert [ticket["messages_count"] for ticket in daemon.tickets()] == [1, 1]


def test_a_retry_gets_the_same_edits(daemon):
    data = compose()
    with MilterClient(daemon.socket) as milter:
        first = milter.send(CARLA, ["support@example.com"], data)
        again = milter.send(CARLA, ["support@example.com"], data)
    assert first.edits == again.edits
    assert len(daemon.tickets()) == 1 and len(daemon.outbox()) == 1


def test_a_second_daemon_on_the_same_store_is_refused(daemon):
    second = Daemon(relay_port=9, settings={"store": {"path": daemon.store}})
    second.launch()
    assert second.process.wait(30) == 75
    assert str(daemon.store) in second.log_text()


def test_a_reload_takes_new_settings_and_keeps_old_ones_on_an_error(daemon):
    daemon.configure(tag={"name": "desk.example"})
    daemon.run_ticket("reload")
    with MilterClient(daemon.socket) as milter:
        result = milter.send(CARLA, ["support@example.com"], compose())
        assert result.headers("Subject")[0].strip().startswith("[desk.example #1]")
        daemon.config.write_text("nonsense = 1;\n")
        log = daemon.log_text()
        daemon.reload() if hasattr(daemon, "reload") else None
        assert milter.send(CARLA, ["support@example.com"], compose(subject="x")).headers("X-Ticket")
    assert daemon.log_text() != log


@pytest.mark.parametrize("version", OLD_STEPS)
def test_a_milter_protocol_older_than_6_is_refused_with_what_to_set(daemon, version):
    with pytest.raises(ConnectionError):
        MilterClient(daemon.socket, version=version, steps=OLD_STEPS[version])
    assert "milter_protocol = 6" in daemon.log_text()
    assert still_serves(daemon, tickets=0)


# --- orders that no MTA has ---


def still_serves(daemon, tickets):
    """No command crashed it, and a whole message is taken in as ever."""
    assert not daemon.ended(), daemon.log_text()[-4000:]
    with MilterClient(daemon.socket) as milter:
        assert milter.send(CARLA, ["support@example.com"], compose()).step == "E"
    return len(daemon.tickets()) == tickets + 1


@pytest.mark.parametrize(
    "commands",
    [
        "MRLNBE",  # protocol 2 and 3 have no DATA
        "MRNE",
        "MRBE",
        "MRE",
        "MRUBE",
        "ATLNBE",  # libmilter takes what follows an ABORT for what follows an unknown command
        "MRATLNE",
        "MRTLNATLNE",
        "UTLNE",
        "URTLNE",
        "UBE",
        "KMRLNE",
        "KURTLNE",
        "TLNBE",
        "LNBE",
        "NBE",
        "BE",
        "E",
        "RTLNE",
        "MTLNE",
        "MRTTLNE",
        "MRTLBE",
        "MRTLNLE",
        "MRTLNBE" + "E" + "LNBE" + "BE",
    ],
)
def test_content_out_of_order_is_never_taken_for_a_message(daemon, commands):
    raw(daemon.socket, commands)
    assert still_serves(daemon, tickets=1 if "MRTLNBE" in commands else 0)


@pytest.mark.parametrize("commands", ["MRLNBE", "MRNE", "MRATLNE", "UTLNE", "MRUBE"])
def test_who_sends_out_of_order_is_asked_to_try_again_and_the_log_says_so(daemon, commands):
    assert "y" in raw(daemon.socket, commands)
    assert "out of order" in daemon.log_text()


@pytest.mark.parametrize("commands", ["MRTLNBE", "MRTLNE", "E", "UT", "AT", "MRLNBE"])
def test_who_never_negotiated_harms_nobody(daemon, commands):
    raw(daemon.socket, commands, negotiated=False)
    assert not daemon.ended(), daemon.log_text()[-4000:]


def test_what_follows_a_quit_that_keeps_the_connection_is_a_session_like_the_first(daemon):
    assert raw(daemon.socket, "MRTLNBEKCHMRTLNBE").count("m") >= 2
    assert len(daemon.tickets()) == 1 and daemon.tickets()[0]["messages_count"] == 1


def test_random_orders_of_commands_do_no_harm(daemon):
    dice = random.Random(6)
    for _ in range(400):
        raw(
            daemon.socket,
            "".join(dice.choice(COMMANDS) for _ in range(dice.randrange(1, 30))),
            negotiated=dice.randrange(10) > 0,
        )
    for _ in range(200):
        whole = list("MRTLNBE" * 2)
        for _ in range(dice.randrange(1, 4)):
            whole.insert(dice.randrange(len(whole)), dice.choice(COMMANDS))
            del whole[dice.randrange(len(whole))]
        raw(daemon.socket, "".join(whole))
    before = len(daemon.tickets())
    assert still_serves(daemon, before)


# --- more connections than file descriptors ---


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd(address, count):
    """Connections that say nothing; those that find no room even in the socket's queue are left out."""
    socks = [socket.socket(socket.AF_UNIX) for _ in range(count)]
    for sock in socks:
        sock.setblocking(False)
        sock.connect_ex(str(address))
    return socks


@pytest.fixture
def small():
    """A daemon that may have 64 file descriptors."""
    daemon = Daemon(relay_port=9).start(within=("prlimit", "--nofile=32:64"))
    yield daemon
    daemon.kill()


def test_without_free_descriptors_the_listener_waits_and_serves_again_when_there_are_some(small):
    with MilterClient(small.socket) as before:
        socks = crowd(small.socket, 120)
        wait_until(
            lambda: "allow more file descriptors" in small.log_text(), "a word about it in the log"
        )
        began = processor_seconds(small.process)
        time.sleep(1)
        assert processor_seconds(small.process) - began < 0.3
        assert before.send(CARLA, ["support@example.com"], compose(subject="during")).accepted
        for sock in socks:
            sock.close()
    with MilterClient(small.socket) as after:
        assert after.send(CARLA, ["support@example.com"], compose(subject="after")).accepted
    assert len(small.tickets()) == 2
    assert small.log_text().count("allow more file descriptors") == 1


def test_a_full_listener_stops_when_told_to(small):
    socks = crowd(small.socket, 120)
    wait_until(
        lambda: "allow more file descriptors" in small.log_text(), "a word about it in the log"
    )
    small.stop()
    for sock in socks:
        sock.close()


def test_the_limit_of_descriptors_is_raised_as_far_as_it_may_be(small):
    limits = pathlib.Path(f"/proc/{small.process.pid}/limits").read_text()
    assert re.search(r"Max open files +64 +64 ", limits), limits

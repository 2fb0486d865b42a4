"""A relay that stalls, drops, refuses and defers at every step: what becomes of our mail, and that intake never waits for it."""
import calendar
import re
import shutil
import ssl
import time

import pytest

from harness.client import compose, field
from harness.daemon import Daemon
from harness.desk import DESK, Customer
from harness.ground import give, new_directory, tool, wait_until
from harness.milter import MilterClient
from harness.sink import DROP, KEEP_AND_DROP, OFFERS, STALL, Sink, certificate


class House:
    """A daemon whose mail goes to a relay that a test scripts; `asks` is what an MTA would hand in."""

    def __init__(self, **relay):
        self.relay = Sink(**relay)
        self.daemon = Daemon(self.relay.port, settings={"mail_out": {"timeout_s": 1}})

    def asks(self, customer, headers=()):
        """Takes a mail in and returns its ticket's number."""
        with MilterClient(self.daemon.socket) as mta:
            result = mta.send(customer.address, [DESK], compose(customer.header, headers=headers))
        assert result.accepted and result.headers("X-Ticket"), result
        return int(result.headers("X-Ticket")[0])

    def attempted(self, attempts=1):
        """The only entry of the outbox, once it has been tried that often."""
        return wait_until(
            lambda: [entry for entry in self.daemon.outbox() if entry["attempts"] >= attempts],
            "an attempt",
        )[0]

    def run(self, *words):
        """Runs `ticket`, whose doings the sender finds within two seconds; at once with another mail to send."""
        self.daemon.run_ticket(*words)
        self.asks(Customer())

    def settled(self):
        wait_until(lambda: not self.daemon.outbox(), "an empty outbox")

    def close(self):
        print(self.daemon.log_text()[-6000:])
        if not self.daemon.ended():
            self.daemon.kill()
        self.relay.close()


@pytest.fixture(scope="module")
def shared():
    house = House()
    house.daemon.start()
    yield house
    house.close()


@pytest.fixture
def house(shared):
    """One daemon for all tests that leave nothing behind in its outbox."""
    shared.relay.script = {}
    shared.relay.offers = OFFERS
    shared.relay.clear()
    shared.daemon.reload()  # which makes a new connection
    yield shared
    shared.relay.script = {}
    for entry in shared.daemon.outbox():
        # One that is sent meanwhile is gone as well.
        shared.daemon.run_ticket("outbox", "drop", str(entry["id"]), check=False)
    assert shared.daemon.outbox() == []


@pytest.fixture
def build():
    """Houses of a test's own."""
    houses = []

    def make(mail_out=(), **relay):
        house = House(**relay)
        houses.append(house)
        house.daemon.configure(mail_out=dict(mail_out))
        return house

    yield make
    for house in houses:
        house.close()


# --- every step, every misbehaviour ----------------------------------------------------

# PAUSED: the relay is at fault, so the mail keeps its place in the line. WAITING: this mail is, so
# it is tried again a minute later.
PAUSED, WAITING, FAILED = "paused", "waiting", "failed"
SILENT, BROKEN = "did not answer", ""
STEPS = {
    "connect": [
        (STALL, PAUSED, SILENT),
        (DROP, PAUSED, BROKEN),
        ("421 4.3.2 not now", PAUSED, "421 4.3.2 not now"),
        ("554 5.3.2 closed", PAUSED, "554 5.3.2 closed"),
    ],
    "ehlo": [
        (STALL, PAUSED, SILENT),
        (DROP, PAUSED, BROKEN),
        ("421 4.3.2 not now", PAUSED, "421 4.3.2 not now"),
        ("550 5.7.1 who?", PAUSED, "550 5.7.1 who?"),
    ],
    "mail": [
        (STALL, PAUSED, SILENT),
        (DROP, PAUSED, BROKEN),
        ("421 4.3.2 going down", PAUSED, "421 4.3.2 going down"),
        ("530 5.7.0 log in first", PAUSED, "530 5.7.0 log in first"),
        ("451 4.3.0 later", WAITING, "451 4.3.0 later"),
        ("550 5.1.8 bad sender", FAILED, "550 5.1.8 bad sender"),
    ],
    "rcpt": [
        (STALL, WAITING, SILENT),
        (DROP, WAITING, BROKEN),
        ("421 4.3.2 going down", WAITING, "421 4.3.2 going down"),
        ("530 5.7.0 log in first", PAUSED, "530 5.7.0 log in first"),
        ("450 4.2.0 greylisted", WAITING, "450 4.2.0 greylisted"),
        ("550 5.1.1 no such user", FAILED, "550 5.1.1 no such user"),
    ],
    "data": [
        (STALL, WAITING, SILENT),
        (DROP, WAITING, BROKEN),
        ("451 4.3.0 later", WAITING, "451 4.3.0 later"),
        ("554 5.5.1 no", FAILED, "554 5.5.1 no"),
    ],
    "body": [
        (STALL, WAITING, SILENT),
        (DROP, WAITING, BROKEN),
        ("452 4.3.1 no space", WAITING, "452 4.3.1 no space"),
        ("554 5.7.1 spam", FAILED, "554 5.7.1 spam"),
    ],
}
CELLS = [
    pytest.param(step, *cell, id=f"{step}: {cell[0]}")
    for step, cells in STEPS.items()
    for cell in cells
]


def number_of(mail):
    return int(re.search(r"#(\d+)\]", field(mail.data, "Subject"))[1])


def seconds_until(stamp):
    return calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.time()


def failures(daemon, number):
    return [
        (event["to"], event["text"])
        for event in daemon.show(number)["events"]
        if event["kind"] == "failed"
    ]


@pytest.mark.parametrize("step, action, expected, words", CELLS)
def test_an_answer_whose_relay_misbehaves_at(step, action, expected, words, house):
    """It is kept with the relay's words, tried again and arrives once; or it has failed, and the ticket says so."""
    house.relay.script = {step: action}
    carla = Customer()
    number = house.asks(carla)
    entry = house.attempted()
    house.relay.script = {}
    assert words in entry["last_reply"] and entry["last_reply"]
    assert entry["to"] == [carla.address] and entry["ticket"] == number
    assert entry["state"] == ("failed" if expected == FAILED else "waiting")
    if expected == FAILED:
        assert failures(house.daemon, number) == [(carla.address, entry["last_reply"])]
        assert house.relay.mails(carla.address) == []
        return
    if expected == WAITING:
        assert 30 < seconds_until(entry["next_try"]) <= 60
    else:
        assert entry["next_try"] is None
    house.run("outbox", "flush")
    house.relay.wait_mails(carla.address)
    house.settled()
    assert len(house.relay.mails(carla.address)) == 1
    assert failures(house.daemon, number) == []


@pytest.mark.parametrize("step", STEPS)
def test_intake_goes_on_while_the_relay_stalls_at(step, build):
    house = build({"timeout_s": 60})
    house.relay.script = {step: STALL}
    house.daemon.start()
    people = [Customer() for _ in range(10)]
    numbers = [house.asks(person) for person in people]
    assert numbers == list(range(1, 11))
    assert [entry["attempts"] for entry in house.daemon.outbox()] == [0] * 10
    began = time.monotonic()
    house.daemon.stop()
    assert time.monotonic() - began < 30, "a stop waited for the relay"
    assert len(house.daemon.outbox()) == 10


def test_a_relay_that_breaks_off_at_one_mail_keeps_no_other_waiting(house):
    house.relay.script = {"body": [DROP]}
    first, second = Customer(), Customer()
    house.asks(first)
    assert house.attempted()["next_try"]
    house.asks(second)
    house.relay.wait_mails(second.address)
    assert house.relay.mails(first.address) == []


def test_a_mail_that_was_taken_unheard_comes_again_with_the_same_message_id(house):
    house.relay.script = {"body": [KEEP_AND_DROP]}
    carla = Customer()
    house.asks(carla)
    house.attempted()
    house.run("outbox", "flush")
    copies = house.relay.wait_mails(carla.address, 2)
    house.settled()
    assert len({field(mail.data, "Message-ID") for mail in copies}) == 1
    assert len(house.relay.mails(carla.address)) == 2


def test_a_relay_that_is_back_is_found_without_being_told(house):
    house.relay.script = {"connect": ["421 4.3.2 not now"]}
    carla = Customer()
    house.asks(carla)
    house.relay.wait_mails(carla.address, seconds=60)
    house.settled()


# --- the connection --------------------------------------------------------------------


def test_many_answers_go_over_one_connection(build):
    house = build()
    house.daemon.start()
    people = [Customer() for _ in range(5)]
    for person in people:
        house.asks(person)
    for person in people:
        house.relay.wait_mails(person.address)
    house.settled()
    assert house.relay.connections == 1


@pytest.mark.parametrize("end", ["421 4.4.2 idle for too long", DROP, STALL])
def test_a_kept_connection_that_has_ended_meanwhile_costs_no_attempt(end, house):
    first, second = Customer(), Customer()
    house.asks(first)
    house.relay.wait_mails(first.address)
    house.settled()
    house.relay.script = {"mail": [end]}
    number = house.asks(second)
    house.relay.wait_mails(second.address)
    house.settled()
    assert (
        "result=deferred"
        not in [
            line for line in house.daemon.log_text().splitlines() if f"ticket={number} " in line
        ][-1]
    )


@pytest.mark.parametrize("farewell", [STALL, DROP, "421 4.3.2 no", "500 5.5.1 what?"])
def test_nobody_waits_for_the_answer_to_quit(farewell, build):
    house = build()
    house.relay.script = {"quit": farewell}
    house.daemon.start()
    first, second = Customer(), Customer()
    house.asks(first)
    house.relay.wait_mails(first.address)
    house.daemon.reload()
    house.asks(second)
    house.relay.wait_mails(second.address)
    house.settled()
    assert house.relay.connections == 2 and "QUIT" in house.relay.heard
    began = time.monotonic()
    house.daemon.stop()
    assert time.monotonic() - began < 30


def test_answers_wait_through_a_restart(build):
    house = build()
    house.relay.script = {"connect": "421 4.3.2 not now"}
    house.daemon.start()
    carla = Customer()
    house.asks(carla)
    house.attempted()
    house.relay.script = {}
    house.daemon.restart()
    house.relay.wait_mails(carla.address)
    house.settled()
    assert len(house.relay.mails(carla.address)) == 1


# --- envelopes and texts ---------------------------------------------------------------


@pytest.fixture
def conversation(house):
    """A ticket whose requester has had the automatic answer, with two more people in Cc."""
    carla = Customer()
    carla.others = [Customer().address for _ in range(2)]
    number = house.asks(carla, headers=["Cc: " + ", ".join(carla.others)])
    house.relay.wait_mails(carla.address)
    house.settled()
    house.relay.clear()
    return number, carla


def test_a_line_of_one_dot_arrives_as_one_dot(house, conversation):
    number, carla = conversation
    house.run("reply", str(number), "-m", "before\n.\n..two\n.three\nafter")
    (mail,) = house.relay.wait_mails(carla.address)
    assert mail.data.endswith(b"before\r\n.\r\n..two\r\n.three\r\nafter\r\n")
    assert b"before\r\n..\r\n...two\r\n..three\r\nafter\r\n" in mail.raw
    assert mail.raw.replace(b"\r\n", b"").count(b"\n") == 0


def test_the_agent_hears_once_a_day_that_an_answer_did_not_arrive(house, conversation):
    number, carla = conversation
    house.daemon.add_agent("anna", name="Anna Berg", address="anna@example.com", queue="support")
    house.daemon.run_ticket("assign", "anna", str(number))
    house.relay.wait_mails("anna@example.com")
    house.relay.script = {"rcpt": ["550 5.1.1 no such user"]}
    house.run("reply", str(number), "-m", "Are you there?")
    notice = house.relay.wait_mails("anna@example.com", 2)[-1]
    assert field(notice.data, "Subject").startswith(f"[example.com #{number}] ")
    text = notice.data.decode().replace("\r\n", "\n")
    assert f"could not be delivered to\n\n  {carla.address}\n    550 5.1.1 no such user\n" in text
    assert "Are you there?" not in text
    house.relay.script = {"rcpt": ["550 5.1.1 no such user"]}
    house.run("reply", str(number), "-m", "Still not?")
    wait_until(lambda: len(failures(house.daemon, number)) == 2, "the second failure")
    house.relay.script = {}
    house.run("reply", str(number), "-m", "Now?")
    house.relay.wait_mails(carla.address)
    assert len(house.relay.mails("anna@example.com")) == 2


def test_an_automation_hears_of_a_refused_answer_at_once(build):
    house = build()
    back = {"name": "back", "when": "is:undelivered", "do": ["tag +back"]}
    house.daemon.configure(automations=[back])
    house.daemon.start()
    carla = Customer()
    number = house.asks(carla)
    house.relay.wait_mails(carla.address)
    house.settled()
    house.relay.script = {"rcpt": ["550 5.1.1 no such user"]}
    house.run("reply", str(number), "-m", "Are you there?")
    wait_until(lambda: "back" in house.daemon.show(number)["tags"], "the automation")
    kinds = [event["kind"] for event in house.daemon.show(number)["events"]]
    assert kinds.index("failed") < kinds.index("automation")


def test_one_refused_recipient_is_not_the_others_trouble(house, conversation):
    number, carla = conversation
    house.relay.script = {"rcpt": ["250 2.1.5 ok", "550 5.1.1 no such user", "450 4.2.0 later"]}
    house.run("reply", str(number), "--all", "-m", "to all")
    entry = house.attempted()
    (mail,) = [mail for mail in house.relay.mails() if number_of(mail) == number]
    tried = (
        mail.recipients + [address for address, _ in failures(house.daemon, number)] + entry["to"]
    )
    assert sorted(tried) == sorted([carla.address, *carla.others])
    assert (entry["state"], len(entry["to"]), entry["last_reply"]) == (
        "waiting",
        1,
        "450 4.2.0 later",
    )
    assert [text for _, text in failures(house.daemon, number)] == ["550 5.1.1 no such user"]
    assert house.daemon.show(number)["undelivered"]
    house.run("outbox", "flush")
    (rest,) = house.relay.wait_mails(entry["to"][0])
    house.settled()
    assert rest.recipients == entry["to"]
    assert field(rest.data, "Message-ID") == field(mail.data, "Message-ID")


def test_smtputf8_is_used_where_the_relay_has_it(house, conversation):
    number, _ = conversation
    house.run("send", str(number), "jürgen@example.net")
    (mail,) = house.relay.wait_mails("jürgen@example.net")
    assert "SMTPUTF8" in mail.parameters
    house.settled()


def test_an_address_that_needs_smtputf8_fails_at_a_relay_without_it(house, conversation):
    number, _ = conversation
    house.relay.offers = ("8BITMIME",)
    house.daemon.reload()
    house.run("send", str(number), "jürgen@example.net")
    entry = house.attempted()
    assert entry["state"] == "failed" and "SMTPUTF8" in entry["last_reply"]
    assert failures(house.daemon, number) == [("jürgen@example.net", entry["last_reply"])]
    house.run("send", str(number), "jurgen@example.net")
    house.relay.wait_mails("jurgen@example.net")
    house.daemon.reload()


# --- encryption ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.pair = certificate()
    context.load_cert_chain(*context.pair)
    return context


# (starttls, offered, the relay's misbehaviour) → how the mail went, or what keeps it
CLEAR, ENCRYPTED = "clear", "encrypted"
ENCRYPTION = {
    "never, offered": ("never", True, {}, CLEAR),
    "never, not offered": ("never", False, {}, CLEAR),
    "try, offered": ("try", True, {}, ENCRYPTED),
    "try, not offered": ("try", False, {}, CLEAR),
    "try, refused": ("try", True, {"starttls": "454 4.7.0 not now"}, CLEAR),
    "try, refused for good": ("try", True, {"starttls": "554 5.7.0 no"}, CLEAR),
    "try, broken handshake": ("try", True, {"handshake": "broken"}, PAUSED),
    "try, stalls": ("try", True, {"starttls": STALL}, PAUSED),
    "try, drops": ("try", True, {"starttls": DROP}, PAUSED),
    "require, not offered": ("require", False, {}, PAUSED),
    "require, refused": ("require", True, {"starttls": "454 4.7.0 not now"}, PAUSED),
    "require, broken handshake": ("require", True, {"handshake": "broken"}, PAUSED),
    "require, unknown certificate": ("require", True, {}, PAUSED),
}


@pytest.mark.parametrize("mode, offered, script, expected", ENCRYPTION.values(), ids=ENCRYPTION)
def test_encryption(mode, offered, script, expected, build, tls):
    house = build({"starttls": mode}, tls=tls if offered else None)
    house.relay.script = script
    house.daemon.start()
    carla = Customer()
    house.asks(carla)
    if expected == PAUSED:
        entry = house.attempted()
        assert (entry["state"], entry["next_try"]) == ("waiting", None) and entry["last_reply"]
        assert not any(words.upper().startswith("MAIL") for words in house.relay.heard)
        return
    (mail,) = house.relay.wait_mails(carla.address)
    assert mail.encrypted == (expected == ENCRYPTED)
    house.settled()


@pytest.fixture(scope="module")
def trusting(tls):
    """Runs a command for which our certificate is the one authority that the system trusts: in a name space of its own."""
    directory = new_directory("authorities")
    shutil.copy(tls.pair[0], directory / "ca-certificates.crt")
    return [
        tool("unshare"),
        "--mount",
        "sh",
        "-c",
        'mount --bind "$0" /etc/ssl/certs && exec "$@"',
        str(directory),
    ]


def test_a_relay_with_a_good_certificate_is_spoken_to_where_encryption_is_required(
    build, tls, trusting
):
    house = build({"starttls": "require"}, tls=tls)
    house.daemon.start(within=trusting)
    carla = Customer()
    house.asks(carla)
    (mail,) = house.relay.wait_mails(carla.address)
    assert mail.encrypted


def test_a_certificate_for_another_host_is_none(build, tls, trusting):
    house = build({"starttls": "require"}, tls=tls)
    house.daemon.configure(mail_out={"url": f"smtp://localhost:{house.relay.port}"})
    house.daemon.start(within=trusting)
    house.asks(Customer())
    assert house.attempted()["next_try"] is None
    assert not any(words.upper().startswith("MAIL") for words in house.relay.heard)


# --- login -----------------------------------------------------------------------------


@pytest.fixture
def with_login(build, tls):
    """A house that logs in as "desk"; given is what its password file says."""

    def make(starttls="never", given="geheim\n", host="127.0.0.1", encrypted=False, **relay):
        house = build({"starttls": starttls}, tls=tls if encrypted else None, **relay)
        house.password_file = house.daemon.directory / "password"
        house.password_file.write_text(given)
        house.password_file.chmod(0o600)
        give(house.password_file)
        house.daemon.configure(
            mail_out={
                "username": "desk",
                "password_file": house.password_file,
                "url": f"smtp://{host}:{house.relay.port}",
            }
        )
        return house

    return make


@pytest.mark.parametrize("given", ["geheim\n", "geheim", "geheim\r\nsecond line\n"])
def test_the_password_is_the_first_line_of_its_file(given, with_login):
    house = with_login(given=given, password="geheim")
    house.daemon.start()
    carla = Customer()
    house.asks(carla)
    (mail,) = house.relay.wait_mails(carla.address)
    assert mail.login == "desk"


LOGINS = {
    "wrong password": ({}, "535 5.7.8 wrong password"),
    "deferred": ({"auth": "454 4.7.0 not now"}, "454 4.7.0 not now"),
    "stalls": ({"auth": STALL}, SILENT),
    "drops": ({"auth": DROP}, BROKEN),
}


@pytest.mark.parametrize("script, words", LOGINS.values(), ids=LOGINS)
def test_a_login_that_fails_is_no_fault_of_the_mail(script, words, with_login):
    house = with_login(given="geheim" if script else "falsch", password="geheim")
    house.relay.script = script
    house.daemon.start()
    carla = Customer()
    house.asks(carla)
    entry = house.attempted()
    assert (entry["state"], entry["next_try"]) == ("waiting", None)
    assert words in entry["last_reply"] and entry["last_reply"]
    house.relay.script = {}
    house.password_file.write_text("geheim\n")
    house.daemon.reload()
    house.run("outbox", "flush")
    (mail,) = house.relay.wait_mails(carla.address)
    assert mail.login == "desk"


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_without_the_login_that_we_could_not_use_a_refusal_is_none_of_the_mail(step, with_login):
    house = with_login()
    house.relay.script = {step: "554 5.7.1 relay access denied"}
    house.daemon.start()
    house.asks(Customer())
    entry = house.attempted()
    assert (entry["state"], entry["next_try"], entry["last_reply"]) == (
        "waiting",
        None,
        "554 5.7.1 relay access denied",
    )


def test_an_unreadable_password_stops_the_start_and_a_reload_keeps_the_old_settings(with_login):
    house = with_login(password="geheim")
    house.daemon.start()
    # Its socket answers before the password is read.
    wait_until(lambda: "ready on" in house.daemon.log_text(), "the end of the start")
    house.password_file.unlink()
    house.daemon.reload()
    assert (
        "reload refused" in house.daemon.log_text() and "password_file" in house.daemon.log_text()
    )
    carla = Customer()
    house.asks(carla)
    house.relay.wait_mails(carla.address)
    house.daemon.kill()
    house.daemon.launch()
    assert house.daemon.process.wait(20) == 78


# 0.0.0.0 leads to this host, but its name does not say so.
@pytest.mark.parametrize(
    "starttls, encrypted, sent",
    [("never", False, True), ("try", False, False), ("try", True, False), ("require", True, False)],
)
def test_a_password_for_another_host_is_not_given_to_whom_we_cannot_be_sure_of(
    starttls, encrypted, sent, with_login
):
    house = with_login(starttls, host="0.0.0.0", encrypted=encrypted, password="geheim")
    house.daemon.start()
    carla = Customer()
    house.asks(carla)
    if sent:
        (mail,) = house.relay.wait_mails(carla.address)
        assert mail.login == "desk"
        return
    entry = house.attempted()
    assert (entry["state"], entry["next_try"]) == ("waiting", None) and entry["last_reply"]
    assert not any(words.upper().startswith("AUTH") for words in house.relay.heard)


def test_a_password_for_another_host_is_given_where_the_certificate_proves_it(with_login, trusting):
    house = with_login("try", host="0.0.0.0", encrypted=True, password="geheim")
    house.daemon.start(within=trusting)
    carla = Customer()
    house.asks(carla)
    (mail,) = house.relay.wait_mails(carla.address)
    assert (mail.login, mail.encrypted) == ("desk", True)

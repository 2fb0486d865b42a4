"""OpenDKIM, OpenDMARC and milticket in Postfix, in the order and with the lines of the examples: what comes in is verified as its author
signed it, and what goes out is signed as it leaves."""
import re

import pytest

from harness import client
from harness.client import compose, field, fields
from harness.daemon import SUPPORT, Daemon
from harness.dovecot import Dovecot
from harness.ground import SOURCE, free_ports, give, new_directory
from harness.nameserver import Nameserver
from harness.postfix import Postfix
from harness.rspamd import Verifier
from harness.signing import Filter, Key, verifies
from harness.sink import Sink, unique

EXAMPLE = SOURCE / "conf" / "examples" / "postfix"
DESK, ANNA, OUTSIDE = "support@example.com", "anna@example.com", "198.51.100.7"
DMARC = "v=DMARC1; p=reject; adkim=r"


def settings_of(path, verifier):
    """The settings in a main.cf; with rspamd, those lines of it too that are for rspamd alone."""
    text = path.read_text()
    if verifier == "rspamd":
        text = re.sub(r"^#(smtpd_milters|\t)", r"\1", text, flags=re.M)
    text = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    found = re.findall(r"^(\w+) *=((?:.*\n)(?:[ \t]+\S.*\n)*)", text, re.M)
    return {key: " ".join(value.split()) for key, value in found}


class Server:
    """Postfix with the lines of the examples, and what they name, each elsewhere than on a real host."""

    def __init__(self, verifier):
        self.verifier, self.stopping, self.daemon = verifier, [], None
        self.mailbox = Sink(lmtp=True)

    def start(self):
        verifier = self.verifier
        self.keys = {domain: Key(domain) for domain in ("example.com", "customer.example")}
        zone = {key.name: key.record for key in self.keys.values()}
        zone.update({f"_dmarc.{domain}": DMARC for domain in self.keys})
        self.names = self.started(Nameserver(zone).start())
        self.dkim, elsewhere = (self.opendkim(key) for key in self.keys.values())
        self.signers = {"example.com": self.dkim, "customer.example": elsewhere}
        self.milters = {"inet:127.0.0.1:8891": self.dkim.milter}
        if verifier == "rspamd":
            self.rspamd = self.started(self.rspamd_of(self.keys["example.com"]).start())
            self.milters = dict.fromkeys(
                ("inet:127.0.0.1:8891", "inet:127.0.0.1:11332"), self.rspamd.milter
            )
        else:
            dmarc = Filter("opendmarc", (EXAMPLE / "opendmarc.conf").read_text(), self.names)
            self.milters["inet:127.0.0.1:8893"] = self.started(dmarc).milter
        self.dovecot = self.started(Dovecot({"anna": "secret"}).start())
        directory = new_directory("socket")
        give(directory)
        self.socket = directory / "milter.sock"
        (self.submission,) = free_ports(1)
        self.mta = self.started(self.postfix().start())
        self.daemon = Daemon(
            self.mta.port,
            [{**SUPPORT, "autoresponse": {"opened": "opened.eml"}}],
            socket=self.socket,
            settings={"agents_auth": {"authserv_ids": ["mx.example.com"]}},
        ).start()
        self.daemon.add_agent("anna", name="Anna Berg", address=ANNA, queue="support")
        return self

    def opendkim(self, key):
        """One that signs with that key; the second is another domain's, where the customer writes."""
        changes = {"Domain": key.domain, "KeyFile": key.file, "Nameservers": "127.0.0.1"}
        changes["RequireSafeKeys"] = "no"  # /tmp is everybody's
        text = (EXAMPLE / "opendkim.conf").read_text()
        return self.started(Filter("opendkim", text, self.names, TrustAnchorFile=None, **changes))

    def rspamd_of(self, key):
        local = {
            name: (EXAMPLE.parent / "rspamd" / f"{name}.conf").read_text()
            for name in ("milter_headers", "dkim_signing")
        }
        local["dkim_signing"] = re.sub(
            r'path = ".*"', f'path = "{key.file}"', local["dkim_signing"]
        )
        return Verifier(local, self.names)

    def started(self, server):
        self.stopping.append(server)
        return server

    def close(self):
        """What was started, even where something after it could not be."""
        if self.daemon:
            print(self.daemon.log_text()[-4000:])
            self.daemon.kill()
        for server in reversed(self.stopping):
            server.stop()
        self.mailbox.close()

    def here(self, text):
        """A line of an example with the names of this host."""
        names = {
            **self.milters,
            "unix:milticket/milter.sock": f"unix:{self.socket}",
            "regexp:/etc/postfix/": f"regexp:{EXAMPLE}/",
            "private/auth": str(self.dovecot.socket),
            "security_level=encrypt": "security_level=none",
            "submission inet": f"127.0.0.1:{self.submission} inet",
        }
        for name, mine in names.items():
            text = text.replace(name, mine)
        return text

    def postfix(self):
        settings = {
            key: self.here(value)
            for key, value in settings_of(EXAMPLE / "main.cf", self.verifier).items()
        }
        sink = f"lmtp:inet:127.0.0.1:{self.mailbox.port}"
        settings.update(
            {
                "relay_domains": "example.com",
                "relay_transport": sink,
                "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
            }
        )
        return Postfix(
            self.mailbox.port,
            settings=settings,
            services=self.here((EXAMPLE / "master.cf").read_text()),
        )

    def arrived(self, data, recipient):
        wanted = field(data, "Message-ID")
        return self.mailbox.wait_for(
            lambda mail: recipient in mail.recipients and field(mail.data, "Message-ID") == wanted,
            wanted,
        )[0]

    def from_outside(self, data, sender, recipient=DESK):
        answer = client.send(self.mta.xclient_port, sender, recipient, data, address=OUTSIDE)
        assert answer.accepted, answer
        return self.arrived(data, recipient)

    def from_anna(self, data, recipient):
        answer = client.send(self.submission, ANNA, recipient, data, sasl=("anna", "secret"))
        assert answer.accepted, answer
        return self.arrived(data, recipient)

    def asks(self, **fields_):
        """A customer's mail, as it was delivered."""
        who = f"{unique('carla')}@customer.example"
        return who, self.from_outside(
            self.signers["customer.example"].signed(compose(f"Carla Kern <{who}>", **fields_)), who
        )


@pytest.fixture(scope="module", params=["opendkim", "rspamd"])
def server(request):
    server = Server(request.param)
    try:
        yield server.start()
    finally:
        server.close()


def results(mail):
    return " ".join(
        value
        for name, value in fields(mail)
        if name == "Authentication-Results" and value.startswith("mx.example.com")
    )


def test_what_comes_in_is_verified_as_its_author_signed_it(server):
    _, mail = server.asks(subject="Printer on fire")
    assert "dkim=pass" in results(mail) and "dmarc=pass" in results(mail)
    assert (
        field(mail, "Subject").startswith("[example.com #")
        and field(mail, "X-Ticket-Event") == "opened"
    )


def test_what_is_changed_on_its_way_does_not_pass(server):
    who = f"{unique('carla')}@customer.example"
    data = server.signers["customer.example"].signed(compose(f"Carla Kern <{who}>"))
    mail = server.from_outside(data.replace(b"Printer on fire", b"Printer on ice"), who)
    assert "dkim=fail" in results(mail) and "dmarc=fail" in results(mail)


def test_in_the_other_order_what_the_author_signed_does_not_verify(server):
    """So the order is no matter of taste."""
    *first, last = server.mta.settings["smtpd_milters"].split(", ")
    other = Postfix(
        server.mailbox.port,
        settings={**server.mta.settings, "smtpd_milters": ", ".join([last, *first])},
    ).start()
    try:
        who = f"{unique('carla')}@customer.example"
        data = server.signers["customer.example"].signed(compose(f"Carla Kern <{who}>"))
        assert client.send(other.xclient_port, who, DESK, data, address=OUTSIDE).accepted
        assert "dkim=fail" in results(server.arrived(data, DESK))
    finally:
        other.stop()


def test_the_automatic_answer_is_signed_and_verifies(server):
    who, _ = server.asks()
    (answer,) = server.mailbox.wait_mails(who)
    assert field(answer.data, "Auto-Submitted") == "auto-replied"
    assert verifies(answer.data, server.names) == (True, b"")
    assert "d=example.com" in field(answer.data, "DKIM-Signature")


def test_an_agents_answer_is_signed_as_it_leaves(server):
    who, asked = server.asks()
    answered = [f"In-Reply-To: {field(asked, 'Message-ID')}"]
    mail = server.from_anna(
        compose(f"Anna Berg <{ANNA}>", who, "Re: " + field(asked, "Subject"), headers=answered), who
    )
    assert field(mail, "From") == "Anna Berg <support@example.com>"
    assert verifies(mail, server.names) == (True, b"")
    assert ANNA not in " ".join(value for _, value in fields(mail))


def test_an_agent_elsewhere_is_one_whom_dmarc_vouches_for(server):
    _, asked = server.asks()
    answered = [f"In-Reply-To: {field(asked, 'Message-ID')}"]
    note = server.signers["example.com"].signed(
        compose(f"Anna Berg <{ANNA}>", body="close\n", headers=answered)
    )
    assert field(server.from_outside(note, ANNA), "X-Ticket-Event") == "note"
    assert server.daemon.show(int(field(asked, "X-Ticket")))["status"] == "closed"


@pytest.mark.parametrize(
    "claim",
    [
        "dmarc=pass header.from=example.com",
        "dkim=pass header.d=example.com; dmarc=pass header.from=example.com",
    ],
)
def test_a_result_that_a_stranger_brings_makes_nobody_an_agent(server, claim):
    _, asked = server.asks()
    top = [f"Authentication-Results: mx.example.com; {claim}"]
    mail = server.from_outside(
        compose(
            f"Anna Berg <{ANNA}>",
            body="close\n",
            top=top,
            headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
        ),
        ANNA,
    )
    assert field(mail, "X-Ticket-Event") != "note" and "dmarc=pass" not in results(mail)
    assert server.daemon.show(int(field(asked, "X-Ticket")))["status"] != "closed"


FORWARDED = """--b
Content-Type: text/plain

see below
--b
Content-Type: message/rfc822

X-Ticket: 7
X-Ticket-Queue: support
Subject: inside

text
--b--
"""


def test_no_stranger_writes_headers_of_tickets_and_attached_mail_stays_as_it_is(server):
    data = compose(
        to=ANNA,
        body=FORWARDED,
        headers=[
            "X-Ticket: 7",
            "X-Ticket-Queue: support",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=b",
        ],
    )
    mail = server.from_outside(data, "carla@customer.example", ANNA)
    head, _, body = mail.partition(b"\r\n\r\n")
    assert b"X-Ticket" not in head
    assert body == client.crlf(FORWARDED.encode())

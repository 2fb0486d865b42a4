"""Agents who log in at Dovecot's submission service, as the example has it, in front of Postfix."""
import smtplib

import pytest

from harness import client
from harness.client import compose, field
from harness.daemon import SUPPORT, Daemon
from harness.desk import DESK
from harness.dovecot import Dovecot
from harness.ground import SOURCE, free_ports, give, new_directory
from harness.postfix import Postfix
from harness.sink import Sink

EXAMPLE = SOURCE / "conf" / "examples" / "dovecot"
ANNA, CARLA = "anna@example.com", "carla@customer.example"
# What a host has anyhow, on ports of a test's own.
HOST = """
mail_location = maildir:{mail}
auth_failure_delay = 0
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""


class Server:
    def __init__(self):
        self.mailbox = Sink(lmtp=True)
        self.port, relay = free_ports(2)
        mail = new_directory("mail")
        give(mail)
        text = (EXAMPLE / "submission.conf").read_text().replace("10587", str(relay))
        self.dovecot = Dovecot(
            {"anna": "secret", "carla": "other"}, more=text + HOST.format(port=self.port, mail=mail)
        ).start(self.port)
        directory = new_directory("socket")
        give(directory)
        socket = directory / "milter.sock"
        lines = (
            (EXAMPLE / "master.cf")
            .read_text()
            .replace("10587", str(relay))
            .replace(",inet:127.0.0.1:8891", "")
        )
        lines = lines.replace("unix:milticket/milter.sock", f"unix:{socket}").replace(
            "private/auth", str(self.dovecot.socket)
        )
        lines = lines.replace("/etc/postfix/", f"{SOURCE}/conf/examples/postfix/")
        self.mta = Postfix(self.mailbox.port, f"unix:{socket}", services=lines).start()
        self.daemon = Daemon(
            self.mta.port, [{**SUPPORT, "autoresponse": {"opened": ""}}], socket=socket
        ).start()
        self.daemon.add_agent("anna", name="Anna Berg", address=ANNA, queue="support")

    def close(self):
        print(self.daemon.log_text()[-4000:])
        self.daemon.kill()
        self.mta.stop()
        self.dovecot.stop()
        self.mailbox.close()

    def arrived(self, data):
        return self.mailbox.wait_for(
            lambda mail: field(mail.data, "Message-ID") == field(data, "Message-ID"), "the mail"
        )[0]

    def asks(self):
        data = compose(f"Carla Kern <{CARLA}>")
        assert client.send(self.mta.port, CARLA, DESK, data).accepted
        return self.arrived(data)

    def submits(self, data, sender, recipient, sasl):
        answer = client.send(self.port, sender, recipient, data, sasl=sasl)
        assert answer.accepted, answer
        return self.arrived(data)


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.close()


def test_who_logged_in_is_an_agent(server):
    asked = server.asks()
    answer = compose(
        f"Anna Berg <{ANNA}>", CARLA, headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"]
    )
    mail = server.submits(answer, ANNA, CARLA, ("anna", "secret"))
    assert (field(mail, "From"), field(mail, "X-Ticket-Event")) == (
        "Anna Berg <support@example.com>",
        "reply",
    )
    assert field(mail, "Received") is None
    ticket = server.daemon.show(int(field(asked, "X-Ticket")))
    assert (ticket["status"], ticket["agent"]) == ("waiting", "anna")


def test_another_login_makes_nobody_an_agent_whatever_From_says(server):
    asked = server.asks()
    note = compose(
        f"Anna Berg <{ANNA}>",
        DESK,
        body="close\n",
        headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
    )
    mail = server.submits(note, ANNA, DESK, ("carla", "other"))
    assert field(mail, "X-Ticket-Event") != "note"
    assert server.daemon.show(int(field(asked, "X-Ticket")))["status"] != "closed"


def test_nobody_gets_in_without_a_password(server):
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.send(server.port, ANNA, DESK, compose(), sasl=("anna", "wrong"))
    assert client.send(server.port, ANNA, DESK, compose()).code in (530, 550)

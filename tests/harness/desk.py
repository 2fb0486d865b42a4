"""A help desk under test: a mail server, the daemon behind it, and where all mail ends. Words for what people do."""
import re

from . import client
from .sink import unique

DESK = "support@example.com"


class Customer:
    def __init__(self, name="Carla Kern"):
        self.address = f"{unique('carla')}@customer.example"
        self.header = f"{name} <{self.address}>"


class Desk:
    def __init__(self, mta, mailbox, daemon):
        self.mta, self.mailbox, self.daemon = mta, mailbox, daemon

    def deliver(self, data, sender, recipients=DESK, login=None, port=None, **options):
        """Sends it; the mail server must take it. Returns the server's answer."""
        port = port or (self.mta.xclient_port if login else self.mta.port)
        answer = client.send(port, sender, recipients, data, login, **options)
        assert answer.accepted, answer
        return answer

    def arrived(self, data, recipient=DESK):
        """The delivered copies, as bytes, that have this mail's Message-ID and went to that recipient; waits for the first."""
        wanted = client.field(data, "Message-ID")
        return self.mailbox.wait_for(
            lambda mail: recipient in mail.recipients
            and client.field(mail.data, "Message-ID") == wanted,
            f"{wanted} to {recipient}",
        )

    def asks(self, customer, recipient=DESK, **fields):
        """A customer's mail to the desk, as it was delivered."""
        fields.setdefault("to", recipient)
        data = client.compose(customer.header, **fields)
        self.deliver(data, customer.address, recipient)
        return self.arrived(data, recipient)[0]

    def replies(
        self,
        to,
        customer,
        login=None,
        sender=None,
        recipient=DESK,
        subject=None,
        port=None,
        options=None,
        **fields,
    ):
        """An answer to a delivered mail, as it was delivered in its turn; login makes it an agent's."""
        asked = client.field(to, "Message-ID")
        fields["headers"] = [
            f"In-Reply-To: {asked}",
            f"References: {asked}",
            *fields.get("headers", ()),
        ]
        header = sender or customer.header
        data = client.compose(
            header, recipient, subject or "Re: " + client.field(to, "Subject"), **fields
        )
        self.deliver(
            data, re.sub(r".*<(.*)>", r"\1", header), recipient, login, port, **(options or {})
        )
        return self.arrived(data, recipient)[0]

    def answer_to(self, customer):
        """The one automatic answer that the customer got."""
        found = [
            mail
            for mail in self.mailbox.wait_mails(customer.address)
            if client.field(mail.data, "Auto-Submitted")
        ]
        assert len(found) == 1, found
        return found[0]


def number(mail):
    """The ticket's number that a delivered mail carries."""
    return int(client.field(mail, "X-Ticket"))


def without_trace(mail):
    """A delivered mail without the topmost Received field, which differs at every delivery."""
    return re.sub(rb"\AReceived:.*?\r\n(?![ \t])", b"", mail, flags=re.S)

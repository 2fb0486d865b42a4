"""A daemon, and mails handed to it as an MTA does; what comes of one is an Arrival."""
import dataclasses

from .client import compose, field, fields
from .daemon import SUPPORT, Daemon
from .milter import MilterClient, Result, edited

OPS = {"address": "ops@example.com", "queue": "ops", "autoresponse": {"opened": ""}}
DESK = {
    "address": "desk@example.com",
    "queue": "desk",
    "reply_to": "desk",
    "autoresponse": {"opened": ""},
}


@dataclasses.dataclass
class Arrival:
    """A mail as it is delivered, and what the filter said."""

    sent: bytes
    result: Result

    @property
    def mail(self):
        return edited(self.sent, self.result.edits)

    def header(self, name):
        return field(self.mail, name)

    @property
    def number(self):
        value = self.header("X-Ticket")
        return value and int(value)

    @property
    def match(self):
        return self.header("X-Ticket-Match")

    @property
    def event(self):
        return self.header("X-Ticket-Event")

    @property
    def subject(self):
        return self.header("Subject")

    @property
    def id(self):
        return self.header("Message-ID")

    @property
    def untouched(self):
        return self.result.accepted and self.result.edits == []

    def names(self):
        return [name for name, _ in fields(self.mail)]


class House:
    """A daemon with its accounts, and the MTA in front of it."""

    def __init__(self, accounts=(SUPPORT,), relay_port=9, **settings):
        self.daemon = Daemon(relay_port, accounts=accounts, settings=settings).start()

    def hand_in(self, data, sender, to=("support@example.com",), authen=None):
        """One mail in a connection of its own."""
        with MilterClient(self.daemon.socket) as milter:
            return Arrival(
                data, milter.send(sender, [to] if isinstance(to, str) else list(to), data, authen)
            )

    def mail(
        self,
        who="carla@customer.example",
        to=("support@example.com",),
        *,
        sender=None,
        authen=None,
        reply_to=None,
        headers=(),
        **words,
    ):
        """Writes and hands in a mail; `reply_to` is an Arrival or an id that it answers. `sender` is the envelope's."""
        answered = getattr(reply_to, "id", reply_to)
        more = [f"In-Reply-To: {answered}", f"References: {answered}"] if answered else []
        return self.hand_in(
            compose(who, headers=[*more, *headers], **words),
            who.rpartition("<")[2].strip(">") if sender is None else sender,
            to,
            authen,
        )

    def ticket(self, number):
        return self.daemon.show(number)

    def events(self, number, kind):
        return [event for event in self.ticket(number)["events"] if event["kind"] == kind]

    def answers(self, address):
        """Automatic mails that wait for that address."""
        return [entry for entry in self.daemon.outbox() if address in entry["to"]]

    def end(self):
        if not self.daemon.ended():
            self.daemon.kill()

"""What the pictures of conf/milticket-agents.7 and of the examples show."""
import re

from conftest import House
from harness.client import compose, field
from harness.desk import DESK
from harness.ground import give, new_directory, wait_until
from harness.postfix import Postfix
from harness.sink import Sink

CARLA, DORA = "Carla Kern <carla@customer.example>", "Dora Feld <dora@customer.example>"
EMIL, FRITZ = "Emil Graf <emil@customer.example>", "Fritz Horn <fritz@customer.example>"
# Messages keep their own date: the pictures are the same on every day.
DATE = "Wed, 25 Nov 2026 09:{:02}:00 +0000"
# Ticket 1 and so on: whose, Subject, text.
QUESTIONS = (
    (CARLA, "Printer on fire", "Smoke comes out of the printer on the second floor.\n"),
    (DORA, "Where is my invoice?", "I have none for November.\n"),
    (EMIL, "No light on the stairs", "Since this morning.\n\nEmil Graf\n"),
    (FRITZ, "Password forgotten", "Please send me a new one.\n"),
    (CARLA, "A second monitor", "Could I have one?\n"),
)


class Scene:
    """Five tickets in the places that tickets can be in, some of them Anna's."""

    def __init__(self):
        directory = new_directory("socket")
        give(directory)
        socket = directory / "milter.sock"
        self.mailbox = Sink(lmtp=True)
        self.postfix = Postfix(self.mailbox.port, f"unix:{socket}").start()
        self.house = House(self.postfix, self.mailbox, socket)
        self.sent = 0

    def date(self):
        self.sent += 1
        return DATE.format(self.sent)

    def close(self):
        self.house.close()
        self.postfix.stop()
        self.mailbox.close()

    def ask(self, who, subject, text, headers=()):
        mail = compose(who, DESK, subject, text, date=self.date(), headers=headers)
        self.house.deliver(mail, re.sub(r".*<(.*)>", r"\1", who))
        return self.house.arrived(mail)[0]

    def answer(self, asked, customer, text):
        """Anna's, from her mail client."""
        mail = compose(
            "Anna Berg <anna@example.com>",
            customer,
            "Re: " + field(asked, "Subject"),
            text,
            date=self.date(),
            headers=[f"In-Reply-To: {field(asked, 'Message-ID')}"],
        )
        address = re.sub(r".*<(.*)>", r"\1", customer)
        self.house.deliver(mail, "anna@example.com", address, login="anna")
        return self.house.arrived(mail, address)[0]

    def fill(self):
        asked = [self.ask(*question) for question in QUESTIONS]
        # Who sees a ticket for the first time when it is over has nothing to read there.
        wait_until(
            lambda: len(self.house.anna.messages("Queues/support")) == len(asked), "all of them"
        )
        ticket = self.house.daemon.run_ticket
        ticket("assign", "anna", "1", "2")
        ticket("assign", "ben", "4")
        ticket("close", "5")
        ticket("priority", "high", "1")
        sent = self.answer(asked[0], CARLA, "Is the plug out?\n")
        self.answer(asked[1], DORA, "It went out today.\n")
        self.ask(
            CARLA,
            "Re: " + field(sent, "Subject"),
            "It is. It still burns.\n",
            headers=[f"In-Reply-To: {field(sent, 'Message-ID')}"],
        )
        for folder, count in (
            ("Mine", 3),
            ("Mine/Waiting", 2),
            ("Queues/support", 1),
            ("Colleagues/support", 1),
            ("Closed", 1),
        ):
            wait_until(
                lambda: len(self.house.anna.messages(folder)) == count, f"{count} in {folder}"
            )
        # She has read the first.
        first = next(
            mail["uid"] for mail in self.house.anna.messages("Mine") if b"Smoke" in mail["data"]
        )
        self.house.anna.flag("Mine", [first], "+", "\\Seen")

"""Senders that behave like an MTA: they repeat a message until it is taken, and remember what they were told.

Used under a daemon that is killed again and again (tests/crash), and under sanitizers.
"""
import dataclasses
import random
import threading
import time

from .client import compose, field, fields, send
from .milter import MilterClient
from .sink import unique

ACCOUNT = "support@example.com"


@dataclasses.dataclass
class Sent:
    """One message and what became of it: the ticket it was told at each acceptance, and how often it had to be tried."""

    message_id: str
    sender: str
    data: bytes
    parent: "Sent" = None
    told: list = dataclasses.field(default_factory=list)
    tries: int = 0


class Load:
    """`threads` senders on the daemon's socket; run() starts them, finish() lets each end its message and joins them."""

    AGAIN = 0.1

    def __init__(self, daemon, threads=4, seed=0, limit=None):
        self.daemon, self.limit = daemon, limit
        self.sent, self.errors = [], []
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._threads = [
            threading.Thread(
                target=self._work, args=(random.Random(seed * 1000 + index),), daemon=True
            )
            for index in range(threads)
        ]

    def run(self):
        for thread in self._threads:
            thread.start()
        return self

    def finish(self, seconds=120):
        self._ending.set()
        self.join(seconds)

    def join(self, seconds=120):
        for thread in self._threads:
            thread.join(seconds)
        assert not any(
            thread.is_alive() for thread in self._threads
        ), "a sender is stuck: its message is never accepted"
        assert not self.errors, self.errors

    def _work(self, dice):
        own = []
        try:
            while not self._ending.is_set() and (self.limit is None or len(own) < self.limit):
                own.append(self._next(dice, own))
                self._until_accepted(own[-1])
                if dice.random() < self.AGAIN:  # the 250 got lost, and the client comes again
                    self._until_accepted(own[-1])
        except Exception as error:  # noqa: a thread's failure is reported by finish()
            self.errors.append(repr(error))

    def _parent(self, dice, own):
        return dice.choice(own) if own and dice.random() < 0.3 else None

    def _body(self, dice):
        return "text\n" * dice.randint(1, 3000)

    def _next(self, dice, own):
        parent = self._parent(dice, own)
        sender = parent.sender if parent else f"{unique('c')}@customer.example"
        message_id = f"<{unique('load')}@customer.example>"
        headers = [f"In-Reply-To: {parent.message_id}"] if parent else []
        subject = "Re: load" if parent else "load"
        sent = Sent(
            message_id,
            sender,
            compose(sender, ACCOUNT, subject, self._body(dice), message_id, headers=headers),
            parent,
        )
        with self._lock:
            self.sent.append(sent)
        return sent

    def _until_accepted(self, sent, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sent.tries += 1
            try:
                if self._offer(sent):
                    return
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError(f"{sent.message_id} was not accepted within {seconds} s")

    def _offer(self, sent):
        """One try; true if the message was taken."""
        result = self._send(sent)
        assert result.accepted or result.retry, f"refused for good: {result}"
        if result.accepted:
            sent.told.append(only_ticket(result.headers("X-Ticket"), result))
        return result.accepted

    def _send(self, sent):
        with MilterClient(self.daemon.socket) as client:
            return client.send(sent.sender, [ACCOUNT], sent.data)


class Crowd(Load):
    """Each sender keeps its connection from the beginning to the end, and answers threads of all of them; one mail in fifty is large."""

    def __init__(self, daemon, threads, **options):
        super().__init__(daemon, threads, **options)
        self._clients, self._own = [
            MilterClient(daemon.socket) for _ in range(threads)
        ], threading.local()
        self._spare = list(self._clients)

    def _send(self, sent):
        if not hasattr(self._own, "client"):
            self._own.client = self._spare.pop()
        return self._own.client.send(sent.sender, [ACCOUNT], sent.data)

    def _parent(self, dice, own):
        with self._lock:
            known = [sent for sent in self.sent[-200:] if sent.told]
        return dice.choice(known) if known and dice.random() < 0.5 else None

    def _body(self, dice):
        return (
            "text\n" * dice.randint(100_000, 300_000)
            if dice.random() < 0.02
            else super()._body(dice)
        )

    def some_ticket(self, dice):
        with self._lock:
            known = [sent.told[0] for sent in self.sent[-200:] if sent.told]
        return dice.choice(known) if known else 1

    def join(self, seconds=120):
        super().join(seconds)
        for client in self._clients:
            client.close()


class PostfixLoad(Load):
    """The same through a Postfix; what it told is in the mailbox behind it, which learn() reads. Nobody sends again what was
    accepted: Postfix would deliver it again."""

    AGAIN = 0

    def __init__(self, postfix, daemon, **options):
        super().__init__(daemon, **options)
        self.postfix = postfix

    def _offer(self, sent):
        answer = send(self.postfix.port, sent.sender, ACCOUNT, sent.data)
        assert answer.accepted or answer.code // 100 == 4, f"refused for good: {answer}"
        return answer.accepted

    def learn(self, mailbox):
        """Returns how often each message is in the mailbox, where that is not once."""
        copies = {sent.message_id: [] for sent in self.sent}
        for mail in mailbox.mails(ACCOUNT):
            copies[field(mail.data, "Message-ID")].append(mail)
        for sent in self.sent:
            sent.told = [
                only_ticket(
                    [value for name, value in fields(mail.data) if name.lower() == "x-ticket"],
                    sent.message_id,
                )
                for mail in copies[sent.message_id]
            ]
        return {message_id: len(mails) for message_id, mails in copies.items() if len(mails) != 1}


def only_ticket(values, where):
    assert len(values) == 1, f"accepted without exactly one X-Ticket: {where}"
    return int(values[0])


def show_all(daemon):
    """Every ticket with its conversation, by number."""
    numbers = [ticket["number"] for ticket in daemon.tickets()]
    shown = {}
    for start in range(0, len(numbers), 100):
        for ticket in daemon.ticket("show", *numbers[start : start + 100]):
            shown[ticket["number"]] = ticket
    return shown


def compare(load, daemon):
    """Compares the store with what the senders were told; returns what is wrong, in words."""
    wrong, places = [], {}
    tickets = show_all(daemon)
    for number, ticket in tickets.items():
        for message in ticket["messages"]:
            if message["direction"] == "in":
                places.setdefault(message["message_id"], []).append(number)
    for sent in load.sent:
        found = places.pop(sent.message_id, [])
        if len(found) != 1 or set(sent.told) != set(found):
            wrong.append(f"{sent.message_id}: told {sent.told}, recorded in {found}")
        elif sent.parent and set(sent.parent.told) != set(found):
            wrong.append(
                f"{sent.message_id} answers {sent.parent.message_id} of {sent.parent.told}, but is in {found}"
            )
    wrong += [f"{message_id} in {found} was never accepted" for message_id, found in places.items()]
    opened = [sent.told[0] for sent in load.sent if sent.told and not sent.parent]
    wrong += [f"number {number} given twice" for number in set(opened) if opened.count(number) > 1]
    return wrong


def compare_answers(load, sink, kills):
    """Each new ticket has its automatic answer. One that is there again is a recognisable copy, with the same Message-ID, and the daemon
    was killed between the two; kills are the times of that, and each doubles one answer at most."""
    wrong, doubled = [], 0
    for sent in load.sent:
        if sent.parent:
            continue
        answers = sorted(sink.mails(sent.sender), key=lambda mail: mail.asked)
        ids = {field(mail.data, "Message-ID") for mail in answers}
        doubled += max(0, len(answers) - 1)
        if not answers:
            wrong.append(f"no answer to {sent.sender} of ticket {sent.told}")
        elif len(ids) > 1:
            wrong.append(f"{len(answers)} different answers to {sent.sender}: {ids}")
        wrong += [
            f"answered {sent.sender} from {first.asked} and until {second.when}, without a kill between"
            for first, second in zip(answers, answers[1:])
            if not any(first.asked <= kill <= second.when for kill in kills)
        ]
    if doubled > len(kills):
        wrong.append(f"{doubled} doubled answers by {len(kills)} kills")
    return wrong

"""Agents who work in their mail clients without a pause, and remember what they did, while the
daemon and the IMAP server under them are killed again and again; and what must be so afterwards."""
import collections
import dataclasses
import imaplib
import random
import re
import threading
import time

from .client import compose
from .load import Load
from .mailboxes import Client, tree
from .sink import unique

COPY = re.compile(rb"X-Ticket-Copy: (\d+) (\d+) (\d+) ")


class Customers(Load):
    """A few mails a second, most of them to a ticket that is there."""

    def __init__(self, daemon, go, **options):
        super().__init__(daemon, threads=2, **options)
        self.go = go

    def _parent(self, dice, own):
        return dice.choice(own) if len(own) > 3 and dice.random() < 0.97 else None

    def _body(self, dice):
        return "text\n" * dice.randint(1, 30)

    def _until_accepted(self, sent, seconds=120):
        dice = random.Random(sent.message_id)
        self._ending.wait(dice.uniform(0, 1.0))
        self.go.wait()
        super()._until_accepted(sent, seconds)


@dataclasses.dataclass(frozen=True)
class Deed:
    """What an agent asked for, be it that the server never said whether it was done."""

    login: str
    ticket: int
    to: str  # a folder, or "+" and "-" for flagged


class Work:
    """What all agents did."""

    def __init__(self):
        self.lock = threading.Lock()
        self.locks = collections.defaultdict(threading.Lock)  # by login
        self.deeds, self.marked, self.thrown = [], set(), set()
        self.last = {}  # when an agent moved a ticket
        self.unwritten = 0  # marks that the server told of, without a file that has them
        self.dropped, self.maybe_dropped = set(), set()
        self.moving = threading.Event()  # somebody is about to move something
        self.log = []

    def note(self, login, ticket, *words):
        self.log.append((time.time(), login, ticket, words))

    def story(self, login, ticket):
        return [
            f"{when % 1000:.3f} {words}"
            for when, who, number, words in self.log
            if number in (ticket, None) and who in (login, None)
        ]


class Agent:
    """One connection of an agent's mail client, in a thread."""

    TO = ("Mine", "Mine/Waiting", "Queues/support", "Queues/ops", "Closed", "Spam")

    def __init__(self, server, login, work, go, seed):
        self.server, self.login, self.work, self.go = server, login, work, go
        self.dice = random.Random(seed)
        self.client, self.idle, self.ending = None, threading.Event(), False
        self.done = collections.Counter()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending:
            if not self.go.is_set():
                self.idle.set()
                self.go.wait(0.1)
                continue
            self.idle.clear()
            try:
                self._act()
            except Exception as error:  # noqa: the server may be dead at any moment
                self.done[type(error).__name__] += 1
                self._hang_up()

    def _hang_up(self):
        try:
            if self.client:
                self.client.imap.shutdown()
        except Exception:  # noqa: it was closed already
            pass
        self.client = None
        threading.Event().wait(0.01)

    def end(self):
        self.ending = True
        self.thread.join(20)
        if self.client:
            self.client.close()

    # --- a message ---

    def _messages(self, folder):
        """[(uid, ticket, seq, flags)] of those that are ours."""
        imap = self.client.select(folder).imap
        kind, data = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (X-Ticket-Copy)])")
        found = []
        for part in data:
            copy = COPY.match(part[1]) if isinstance(part, tuple) else None
            if copy:
                uid = re.search(rb"UID (\d+)", part[0]).group(1).decode()
                flags = re.search(rb"FLAGS \((.*?)\)", part[0]).group(1).decode().split()
                found.append((uid, int(copy.group(1)), int(copy.group(2)), flags))
        return found

    def _act(self):
        if not self.client:
            self.client = Client(self.server.port, self.login, self.server.users[self.login], 10)
            self.folders = sorted(
                set(self.client.folders()) - {"Not taken", "Queues", "Colleagues"}
            )
        folder = self.dice.choice(self.folders)
        messages = self._messages(folder)
        if self.dice.random() < 0.01:
            return self._drop()
        if not messages:
            return None
        acts = (self._mark, self._move, self._move_thread, self._copy, self._throw_away, self._flag)
        act = self.dice.choices(acts, (40, 30, 10, 8, 4, 8))[0]
        self.done[act.__name__] += 1
        self.last = act.__name__
        # Two clients of one agent may undo each other's work in the server.
        with self.work.locks[self.login]:
            return act(folder, messages)

    # --- what they do ---

    def _mark(self, folder, messages):
        """The server says so, too, of a message whose file is gone: that mark is nowhere."""
        uid, *ids, _ = self.dice.choice(messages)
        mark = (self.login, *ids)
        self.client.imap.uid("STORE", uid, "+FLAGS", "(\\Seen)")
        written = any(
            entry[0] == self.login and entry[2:4] == mark[1:] and is_seen(entry[4])
            for entry in files(self.server.mailboxes)
        )
        with self.work.lock:
            self.work.note(self.login, ids[0], "mark", folder, uid, ids[1], written)
            self.work.unwritten += not written
            if written and not self.work.thrown & {mark, mark[:2]}:
                self.work.marked.add(mark)

    def _thrown(self, ticket, seq):
        """It comes back, and as read, but not if its ticket is changed at the same time."""
        with self.work.lock:
            self.work.thrown.add((self.login, ticket, seq))
            self.work.marked.discard((self.login, ticket, seq))

    def _wants(self, ticket, to):
        """What moves again within a second was not seen where it came to. A mark that is carried
        there between a server's copying and its deleting goes with the latter."""
        place, now = (self.login, ticket), time.monotonic()
        with self.work.lock:
            self.work.deeds.append(Deed(self.login, ticket, to))
            if now - self.work.last.get(place, 0) < 1:
                self.work.thrown.add(place)
                self.work.marked = {mark for mark in self.work.marked if mark[:2] != place}
            self.work.last[place] = now
        self.work.moving.set()
        self.work.note(self.login, ticket, "to", to)

    def _to(self, folder):
        return self.dice.choice(
            [name for name in self.TO if name in self.folders and name != folder]
        )

    def _move_of(self, folder, messages, ticket):
        to = self._to(folder)
        uids = ",".join(message[0] for message in messages if message[1] == ticket)
        self._wants(ticket, to)
        self.work.note(
            self.login,
            ticket,
            "moved",
            folder,
            uids,
            to,
            self.client.imap.uid("MOVE", uids, Client.name(to)),
        )

    def _move(self, folder, messages):
        message = self.dice.choice(messages)
        self._move_of(folder, [message], message[1])

    def _move_thread(self, folder, messages):
        self._move_of(folder, messages, self.dice.choice(messages)[1])

    def _copy(self, folder, messages):
        """And the client throws the first one away later, or never."""
        uid, ticket, seq, _ = self.dice.choice(messages)
        to = self._to(folder)
        self._wants(ticket, to)
        kind, _ = self.client.imap.uid("COPY", uid, Client.name(to))
        self.work.note(self.login, ticket, "copied", folder, uid, to, kind)
        if kind == "OK" and self.dice.random() < 0.6:
            self._thrown(ticket, seq)
            self.client.imap.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
            self.client.imap.expunge()

    def _throw_away(self, folder, messages):
        uid, ticket, seq, _ = self.dice.choice(messages)
        self._thrown(ticket, seq)
        self.client.imap.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
        self.client.imap.expunge()

    def _flag(self, folder, messages):
        uid, ticket, _, flags = self.dice.choice(messages)
        what = "-" if "\\Flagged" in flags else "+"
        self._wants(ticket, what)
        self.client.imap.uid("STORE", uid, f"{what}FLAGS", "(\\Flagged)")

    def _drop(self):
        message_id = f"<{unique('drop')}@elsewhere.example>"
        mail = compose("D <d@elsewhere.example>", "x@example.com", "Drop", "x\n", message_id)
        with self.work.lock:
            self.work.maybe_dropped.add(message_id)
        if self.client.append(self.dice.choice(("Queues/support", "Mine")), mail) == "OK":
            with self.work.lock:
                self.work.dropped.add(message_id)


# --- what must be so ---


def is_seen(file):
    return "S" in file.name.partition(":2,")[2]


def home(ticket, login, queues):
    """The folder of a ticket (as `list --json` has it) in an agent's tree; None."""
    mine = ticket["agent"] == login
    if not mine and ticket["queue"] not in queues:
        return None
    if ticket["status"] in ("closed", "spam"):
        return ticket["status"].capitalize()
    if mine:
        return "Mine.Waiting" if ticket["status"] == "waiting" else "Mine"
    return ("Colleagues." if ticket["agent"] else "Queues.") + ticket["queue"]


def files(path):
    """[(login, folder, ticket, seq, name)]; what is not ours has ticket None."""
    found = []
    for login, folders in tree(path).items():
        for folder, paths in folders.items():
            for file in paths:
                try:
                    with file.open("rb") as mail:
                        copy = COPY.match(mail.read(200))
                except FileNotFoundError:
                    continue
                ids = (int(copy.group(1)), int(copy.group(2))) if copy else (None, None)
                found.append((login, folder, *ids, file))
    return found


def filed(path, login):
    """[(folder, ticket, seq, is it read?)] of an agent's files."""
    return sorted(
        (folder, ticket, seq, is_seen(file))
        for who, folder, ticket, seq, file in files(path)
        if who == login
    )


def served(server, login):
    """The same as the server tells it to a client that begins; None: it does not."""
    try:
        return served_now(server, login)
    except (OSError, imaplib.IMAP4.error):
        return None


def served_now(server, login):
    client, found = Client(server.port, login, server.users[login], 20), []
    for folder in client.folders():
        for message in client.messages(folder) if folder not in ("Queues", "Colleagues") else ():
            ids = [int(number) for number in COPY.match(message["data"]).groups()[:2]]
            found.append((folder.replace("/", "."), *ids, "\\Seen" in message["flags"]))
    client.close()
    return sorted(found)


def misplaced(path, tickets, agents):
    """What differs between the folders and the tickets, in words. agents maps logins to queues."""
    there = collections.Counter(entry[:4] for entry in files(path))
    wrong = [f"{number} times {entry}" for entry, number in there.items() if number > 1]
    places = collections.Counter((login, folder, ticket) for login, folder, ticket, _ in there)
    wanted = {
        (login, home(ticket, login, queues), ticket["number"]): ticket["messages_count"]
        for ticket in tickets
        for login, queues in agents.items()
        if home(ticket, login, queues)
    }
    for place in places.keys() | wanted.keys():
        if places[place] != wanted.get(place, 0):
            wrong.append(f"{place}: {places[place]} messages, not {wanted.get(place, 0)}")
    return wrong


def lost_marks(path, marked):
    """Messages that an agent has read, as the server told, and that are unread."""
    return [
        (login, ticket, seq, str(file))
        for login, _, ticket, seq, file in files(path)
        if (login, ticket, seq) in marked and not is_seen(file)
    ]


# By event: which folders the message was put into.
CAUSES = {
    ("agent", True): ("Mine", "Mine/Waiting"),
    ("agent", False): ("Queues/",),
    ("queue", True): ("Queues/",),
    ("status", "open"): ("Mine", "Mine/Waiting", "Queues/"),
    ("status", "waiting"): ("Mine/Waiting",),
    ("status", "closed"): ("Closed",),
    ("status", "spam"): ("Spam",),
    ("spam", False): ("Spam",),
    ("ham", False): ("Mine", "Mine/Waiting", "Queues/", "Closed"),
    ("priority", "high"): ("+",),
    ("priority", "normal"): ("-",),
}


def commands_too_many(tickets, deeds):
    """Events by way of the mailboxes that are more than the deeds they can come of."""
    by = collections.defaultdict(list)
    for deed in deeds:
        by[(deed.ticket, deed.login)].append(deed.to)
    seen, wrong = collections.Counter(), []
    for ticket in tickets:
        if "elsewhere.example" in ticket["messages"][0]["message_id"]:
            by[(ticket["number"], ticket["events"][0]["actor"])].append("Mine")
        for event in ticket["events"]:
            if event["way"] != "mailbox":
                continue
            kind = event["kind"]
            key = (kind, event["to"] if kind in ("status", "priority") else bool(event["to"]))
            if key not in CAUSES:
                wrong.append(f"#{ticket['number']}: {event}")
                continue
            seen[(ticket["number"], event["actor"], key)] += 1
    for (number, actor, key), count in seen.items():
        causes = CAUSES[key]
        possible = sum(
            any(to == cause or (cause[-1] == "/" and to.startswith(cause)) for cause in causes)
            for to in by[(number, actor)]
        )
        if count > possible:
            wrong.append(
                f"#{number}: {count} times {key} by {actor}, who wanted {by[(number, actor)]}"
            )
    return wrong

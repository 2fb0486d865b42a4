"""An SMTP or LMTP server that keeps what it is given, byte for byte, and misbehaves when told to."""
import base64
import dataclasses
import itertools
import socketserver
import threading
import time

from .ground import new_directory, run, tool, wait_until

STALL = "stall"  # says nothing more until the sink is closed or the client goes
DROP = "drop"  # closes the connection without a word
KEEP_AND_DROP = "keep"  # at "body" only: the message is taken, but the client never hears of it
OFFERS = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")


@dataclasses.dataclass
class Delivery:
    """One transaction: envelope as given (without <>), the parameters of MAIL, and the message with CRLF line ends. encrypted: by
    STARTTLS; login: who logged in; raw: the text as it came over the wire, dots doubled. asked:
    before the text was asked for,
    so that the sender lived then, who may be dead before the text is read to its end, when."""

    sender: str
    recipients: list
    data: bytes
    parameters: str = ""
    asked: float = 0.0
    when: float = 0.0
    encrypted: bool = False
    login: str = ""
    raw: bytes = b""


class _Gone(Exception):
    pass


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.sink, self.delivery, self.encrypted, self.login = self.server.sink, None, False, ""
        self.sink.connections += 1
        try:
            self.say("connect", "220 sink.example ESMTP")
            self.talk()
        except (_Gone, OSError, ValueError):
            pass

    def say(self, stage, reply):
        reply = self.sink.next_action(stage) or reply
        if reply == STALL:
            self.sink.closing.wait()
            raise _Gone
        if reply == DROP:
            raise _Gone
        self.wfile.write(reply.encode() + b"\r\n")
        return reply.startswith(("2", "3"))

    def talk(self):
        verbs = {
            "EHLO": self.greet,
            "HELO": self.greet,
            "LHLO": self.greet,
            "STAR": self.encrypt,
            "AUTH": self.log_in,
            "MAIL": self.mail,
            "RCPT": self.rcpt,
            "DATA": self.text,
        }
        while line := self.rfile.readline():
            words = line.decode("utf-8", "surrogateescape").strip()
            verb = words[:4].upper()
            self.sink.heard.append(words)
            if verb == "QUIT":
                self.say("quit", "221 2.0.0 bye")
                return
            verbs.get(verb, lambda words: self.wfile.write(b"250 2.0.0 ok\r\n"))(words)

    def greet(self, words):
        offers = list(self.sink.offers)
        if self.sink.tls and not self.encrypted:
            offers.append("STARTTLS")
        if self.sink.password:
            offers.append("AUTH PLAIN")
        self.say(
            "ehlo",
            "\r\n".join(
                [
                    "250-sink.example",
                    *[f"250-{offer}" for offer in offers[:-1]],
                    f"250 {offers[-1]}",
                ]
            ),
        )

    def encrypt(self, words):
        if not self.say("starttls", "220 2.0.0 go on"):
            return
        action = self.sink.next_action("handshake")
        if action:
            self.wfile.write(b"this is no handshake\r\n")
            raise _Gone
        self.connection = self.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile(
            "wb", buffering=0
        )
        self.encrypted = True

    def log_in(self, words):
        given = words.split()[2:]
        if not given:
            self.wfile.write(b"334 \r\n")
            given = [self.rfile.readline().decode().strip()]
        _, user, password = base64.b64decode(given[0]).decode().split("\0")
        right = password == self.sink.password
        if self.say("auth", "235 2.7.0 welcome" if right else "535 5.7.8 wrong password") and right:
            self.login = user

    def mail(self, words):
        address, parameters = self.address(words)
        self.delivery = Delivery(
            address, [], b"", parameters, encrypted=self.encrypted, login=self.login
        )
        if not self.say("mail", "250 2.1.0 ok"):
            self.delivery = None

    def rcpt(self, words):
        if self.say("rcpt", "250 2.1.5 ok") and self.delivery:
            self.delivery.recipients.append(self.address(words)[0])

    def text(self, words):
        asked = time.time()
        if self.say("data", "354 go on"):
            self.delivery.asked = asked
            self.receive(self.delivery)
        self.delivery = None

    @staticmethod
    def address(words):
        inside, _, parameters = words.partition("<")[2].partition(">")
        return inside, parameters.strip()

    def receive(self, delivery):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Gone
            lines.append(line)
        delivery.raw, delivery.when = b"".join(lines), time.time()
        delivery.data = b"".join(line[1:] if line.startswith(b".") else line for line in lines)
        if self.sink.peek("body") == KEEP_AND_DROP:
            self.sink.next_action("body")
            self.sink.keep(delivery)
            raise _Gone
        for index in range(len(delivery.recipients) if self.sink.lmtp else 1):
            kept = self.say("body", "250 2.0.0 kept")
            if kept and index == 0:
                self.sink.keep(delivery)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def certificate():
    """(certificate, key) for 127.0.0.1 and 0.0.0.0, which nobody has signed but its own key: paths of files."""
    directory = new_directory("certificate")
    paths = directory / "certificate.pem", directory / "key.pem"
    run(
        tool("openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=sink.example",
        "-addext",
        "subjectAltName=IP:127.0.0.1,IP:0.0.0.0",
        "-out",
        paths[0],
        "-keyout",
        paths[1],
    )
    return paths


class Sink:
    """script maps a stage (connect ehlo starttls handshake auth mail rcpt data body quit) to replies used once each, in order, STALL and DROP
    among them; a plain string is said every time. Stages without a script answer as a good server
    does; any word at "handshake" breaks it.

    offers are the extensions; tls, an ssl.SSLContext, adds STARTTLS, and password AUTH PLAIN, for
    any name with that password.
    """

    def __init__(self, lmtp=False, port=0, offers=OFFERS, tls=None, password=None):
        self.lmtp, self.script, self.connections = lmtp, {}, 0
        self.offers, self.tls, self.password, self.heard = offers, tls, password, []
        self.closing, self._lock, self._mails = threading.Event(), threading.Lock(), []
        self._server = _Server(("127.0.0.1", port), _Session)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def next_action(self, stage):
        with self._lock:
            actions = self.script.get(stage)
            if isinstance(actions, list):
                return actions.pop(0) if actions else None
            return actions

    def peek(self, stage):
        """What next_action() would give."""
        with self._lock:
            actions = self.script.get(stage)
            return (actions or [None])[0] if isinstance(actions, list) else actions

    def keep(self, delivery):
        with self._lock:
            self._mails.append(delivery)

    def mails(self, recipient=None):
        """What has been delivered so far, oldest first; with a recipient, only what went to it."""
        with self._lock:
            return [
                mail for mail in self._mails if recipient is None or recipient in mail.recipients
            ]

    def wait_mails(self, recipient, count=1, seconds=20):
        """The mails to this recipient once there are that many."""
        return wait_until(
            lambda: (found := self.mails(recipient)) and len(found) >= count and found,
            f"{count} mail(s) to {recipient}; there are {[m.recipients for m in self.mails()]}",
            seconds,
        )

    def wait_for(self, wanted, what, seconds=20):
        """The data of the mails that wanted() holds for, once there is one."""
        return wait_until(
            lambda: [mail.data for mail in self.mails() if wanted(mail)], what, seconds
        )

    def clear(self):
        with self._lock:
            self._mails.clear()


_ids = itertools.count(1)


def unique(word="m"):
    """A word that no other call returns; for Message-IDs and queue ids."""
    return f"{word}{next(_ids)}.{time.time_ns()}"

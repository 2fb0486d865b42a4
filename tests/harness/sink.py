"""An SMTP or LMTP server that keeps what it is given, byte for byte, and misbehaves when told to."""
import dataclasses
import itertools
import socketserver
import threading
import time

from .ground import wait_until

STALL = "stall"     # says nothing more until the sink is closed or the client goes
DROP = "drop"       # closes the connection without a word


@dataclasses.dataclass
class Delivery:
    """One transaction: envelope as given (without <>), the parameters of MAIL, and the message with CRLF line ends."""
    sender: str
    recipients: list
    data: bytes
    parameters: str = ""
    when: float = 0.0


class _Gone(Exception):
    pass


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.sink.connections += 1
        try:
            self.say("connect", "220 sink.example ESMTP")
            self.talk()
        except (_Gone, ConnectionError, ValueError):
            pass

    def say(self, stage, reply):
        reply = self.server.sink.next_action(stage) or reply
        if reply == STALL:
            self.server.sink.closing.wait()
            raise _Gone
        if reply == DROP:
            raise _Gone
        self.wfile.write(reply.encode() + b"\r\n")
        return reply.startswith(("2", "3"))

    def talk(self):
        delivery = None
        while line := self.rfile.readline():
            words = line.decode("utf-8", "surrogateescape").strip()
            verb = words[:4].upper()
            if verb in ("EHLO", "HELO", "LHLO"):
                self.say("ehlo", "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN")
            elif verb == "MAIL":
                address, parameters = self.address(words)
                delivery = Delivery(address, [], b"", parameters) if self.say("mail", "250 2.1.0 ok") else None
            elif verb == "RCPT":
                if self.say("rcpt", "250 2.1.5 ok") and delivery:
                    delivery.recipients.append(self.address(words)[0])
            elif verb == "DATA":
                if self.say("data", "354 go on"):
                    self.receive(delivery)
                delivery = None
            elif verb == "QUIT":
                self.say("quit", "221 2.0.0 bye")
                return
            else:
                self.wfile.write(b"250 2.0.0 ok\r\n")

    @staticmethod
    def address(words):
        inside, _, parameters = words.partition("<")[2].partition(">")
        return inside, parameters.strip()

    def receive(self, delivery):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Gone
            lines.append(line[1:] if line.startswith(b".") else line)
        delivery.data, delivery.when = b"".join(lines), time.time()
        for index in range(len(delivery.recipients) if self.server.sink.lmtp else 1):
            kept = self.say("body", "250 2.0.0 kept")
            if kept and index == 0:
                self.server.sink.keep(delivery)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Sink:
    """script maps a stage (connect ehlo mail rcpt data body quit) to replies used once each, in order, STALL and DROP among
    them; a plain string is said every time. Stages without a script answer as a good server does."""

    def __init__(self, lmtp=False, port=0):
        self.lmtp, self.script, self.connections = lmtp, {}, 0
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

    def keep(self, delivery):
        with self._lock:
            self._mails.append(delivery)

    def mails(self, recipient=None):
        """What has been delivered so far, oldest first; with a recipient, only what went to it."""
        with self._lock:
            return [mail for mail in self._mails if recipient is None or recipient in mail.recipients]

    def wait_mails(self, recipient, count=1, seconds=20):
        """The mails to this recipient once there are that many."""
        return wait_until(lambda: (found := self.mails(recipient)) and len(found) >= count and found,
                          f"{count} mail(s) to {recipient}; there are {[m.recipients for m in self.mails()]}", seconds)

    def wait_for(self, wanted, what, seconds=20):
        """The data of the mails that wanted() holds for, once there is one."""
        return wait_until(lambda: [mail.data for mail in self.mails() if wanted(mail)], what, seconds)

    def clear(self):
        with self._lock:
            self._mails.clear()


_ids = itertools.count(1)


def unique(word="m"):
    """A word that no other call returns; for Message-IDs and queue ids."""
    return f"{word}{next(_ids)}.{time.time_ns()}"

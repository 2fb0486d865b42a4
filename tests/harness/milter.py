"""The MTA's end of the milter protocol (version 6), for what a mail server would hide: exact edits, broken conversations, load."""
import dataclasses
import re
import socket
import struct

from .client import compose, crlf
from .sink import unique

VERSION = 6
ACTIONS = 0x1FF  # every change a filter may ask for
STEPS = 0x1FFFFF  # every step a filter may leave out or leave unanswered
SKIPPED = {
    b"C": 0x01,
    b"H": 0x02,
    b"M": 0x04,
    b"R": 0x08,
    b"B": 0x10,
    b"L": 0x20,
    b"N": 0x40,
    b"T": 0x200,
}
UNANSWERED = {
    b"L": 0x80,
    b"C": 0x1000,
    b"H": 0x2000,
    b"M": 0x4000,
    b"R": 0x8000,
    b"T": 0x10000,
    b"N": 0x40000,
    b"B": 0x80000,
}
LEADING_SPACE = 0x100000
FINAL = {
    b"a": "accept",
    b"d": "discard",
    b"r": "reject",
    b"t": "tempfail",
    b"y": "reply",
    b"c": "continue",
    b"s": "skip",
}
CHUNK = 65535
HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r]+|\r(?!\n)|\r\n(?=[ \t]))*)(?:\r\n|$)")


@dataclasses.dataclass
class Result:
    """What the filter decided, at which step (C H M R T L N B E), the text of its own reply, and the edits it sent before."""

    verdict: str
    step: str
    reply: str = ""
    edits: list = dataclasses.field(default_factory=list)

    @property
    def accepted(self):
        return self.verdict in ("accept", "continue")

    @property
    def retry(self):
        return self.verdict == "tempfail" or self.reply.startswith("4")

    def headers(self, name):
        """The values that edits give headers of that name."""
        return [
            edit[3]
            for edit in self.edits
            if edit[0] in ("add", "change", "insert") and edit[1].lower() == name.lower()
        ]


class MilterClient:
    """One connection; may carry many messages."""

    def __init__(self, address, timeout=60, version=VERSION, steps=STEPS):
        """address: the path of a unix socket, or (host, port). version and steps: what this MTA offers."""
        self.sock = connected(address, timeout)
        self.steps = steps
        self.macros = {}
        self._write(b"O", struct.pack("!III", version, ACTIONS, steps))
        _, answer = self._read()
        _, self.actions, self.steps = struct.unpack("!III", answer[:12])
        self._step(
            b"C",
            b"client.example\0" + b"4" + struct.pack("!H", 25) + b"127.0.0.1\0",
            {"j": "mx.example.com"},
        )
        self._step(b"H", b"client.example\0")

    def close(self):
        try:
            self._write(b"Q")
        except OSError:
            pass
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, sender, recipients, data, authen=None, queue_id=None):
        """One whole message; the Result of the step that ended it."""
        macros = {"i": queue_id or unique("q"), "{mail_addr}": sender}
        if authen:
            macros.update({"{auth_authen}": authen, "{auth_type}": "PLAIN"})
        for command, payload, defined in self._steps(sender, recipients, data, macros):
            result = self._step(command, payload, defined)
            if result.verdict == "skip":
                continue
            if result.verdict != "continue" or command == b"E":
                if command != b"E":
                    self._write(b"A")
                return result
        raise AssertionError("no answer at the end of the message")

    def abort(self):
        self._write(b"A")

    def _steps(self, sender, recipients, data, macros):
        headers, body = split(data)
        yield b"M", b"<" + sender.encode() + b">\0", macros
        for recipient in recipients:
            yield b"R", b"<" + recipient.encode() + b">\0", {**macros, "{rcpt_addr}": recipient}
        yield b"T", b"", macros
        for name, value in headers:
            if not self.steps & LEADING_SPACE:
                value = value.removeprefix(b" ")
            yield b"L", name + b"\0" + value + b"\0", None
        yield b"N", b"", macros
        for start in range(0, len(body), CHUNK):
            yield b"B", body[start : start + CHUNK], None
        yield b"E", b"", macros

    def _step(self, command, payload, macros=None):
        if self.steps & SKIPPED.get(command, 0):
            return Result("continue", command.decode())
        if macros:
            words = b"".join(
                f"{key}\0{value}\0".encode("utf-8", "surrogateescape")
                for key, value in macros.items()
            )
            self._write(b"D", command + words)
        self._write(command, payload)
        if self.steps & UNANSWERED.get(command, 0):
            return Result("continue", command.decode())
        return self._answer(command.decode())

    def _answer(self, step):
        edits = []
        while True:
            kind, payload = self._read()
            if kind in FINAL:
                reply = payload.rstrip(b"\0").decode(errors="replace") if kind == b"y" else ""
                return Result(
                    "tempfail" if reply.startswith("4") else "reject" if reply else FINAL[kind],
                    step,
                    reply,
                    edits,
                )
            if kind != b"p":
                edits.append(self._edit(kind, payload))

    @staticmethod
    def _edit(kind, payload):
        text = payload.decode("utf-8", "surrogateescape")
        if kind == b"h":
            name, value = text.split("\0")[:2]
            return ("add", name, 0, value)
        if kind in (b"m", b"i"):
            name, value = payload[4:].decode("utf-8", "surrogateescape").split("\0")[:2]
            return (
                "change" if kind == b"m" else "insert",
                name,
                struct.unpack("!I", payload[:4])[0],
                value,
            )
        names = {
            b"+": "recipient",
            b"2": "recipient",
            b"-": "not-recipient",
            b"e": "sender",
            b"q": "quarantine",
            b"b": "body",
        }
        return (names[kind], "", 0, text.split("\0")[0])

    def _write(self, command, payload=b""):
        self.sock.sendall(packet(command, payload))

    def _read(self):
        size = struct.unpack("!I", self._exactly(4))[0]
        answer = self._exactly(size)
        return answer[:1], answer[1:]

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise ConnectionError("the filter closed the connection")
            data += part
        return data


def deliver(daemon, n, desk="support@example.com"):
    """A mail of customer n to the desk."""
    with MilterClient(daemon.socket) as client:
        address = f"c{n}@customer{n}.example"
        assert client.send(address, [desk], compose(sender=address)).accepted


def connected(address, timeout):
    tcp = isinstance(address, tuple)
    sock = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
    sock.settimeout(timeout)
    sock.connect(address if tcp else str(address))
    return sock


def packet(command, payload=b""):
    return struct.pack("!I", len(payload) + 1) + command + payload


NEGOTIATION = packet(b"O", struct.pack("!III", VERSION, ACTIONS, STEPS))
# What each letter of raw() stands for, as far as it needs words.
WORDS = {
    "M": b"<carla@customer.example>\0",
    "R": b"<support@example.com>\0",
    "L": b"Subject\0 Out of order\0",
    "B": b"text\r\n",
    "U": b"XYZZY\0",
    "C": b"client.example\0U",
    "H": b"client.example\0",
    "D": b"Mi\0Q1\0{auth_authen}\0anna\0",
}


def raw(address, commands, negotiated=True):
    """Sends these commands as they stand, one letter each, then a QUIT; the kinds of the answers, as one text."""
    sent = b"".join(packet(letter.encode(), WORDS.get(letter, b"")) for letter in commands)
    with connected(address, 20) as sock:
        got = b""
        try:
            sock.sendall((NEGOTIATION if negotiated else b"") + sent + packet(b"Q"))
            while part := sock.recv(65536):
                got += part
        except ConnectionError:
            pass
    kinds = ""
    while len(got) > 4:
        size = struct.unpack("!I", got[:4])[0]
        kinds, got = kinds + got[4:5].decode(), got[4 + size :]
    return kinds


def split(data):
    """The (name, value) of every header, with bare line feeds at its folds, and the body. As an MTA sees it, the first line that is no header begins the body."""
    data, fields, at = crlf(data), [], 0
    while found := HEADER.match(data, at):
        fields.append((found[1], found[2].replace(b"\r\n", b"\n")))
        at = found.end()
    return fields, data[at:].removeprefix(b"\r\n")


def edited(data, edits):
    """The message as the MTA delivers it after these edits, as bytes with CRLF."""
    fields, body = split(data)
    for kind, name, index, value in edits:
        name, value = name.encode(), value.encode("utf-8", "surrogateescape")
        if kind == "add":
            fields.append((name, value))
        elif kind == "insert":
            fields.insert(index, (name, value))
        elif kind == "change":
            place = [at for at, (known, _) in enumerate(fields) if known.lower() == name.lower()][
                index - 1
            ]
            fields[place] = (name, value) if value else None
            fields = [field for field in fields if field]
    return crlf(b"".join(name + b":" + value + b"\n" for name, value in fields)) + b"\r\n" + body

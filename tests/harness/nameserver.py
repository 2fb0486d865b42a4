"""A name server for programs that cannot be told where to ask: they run in a network of their own, in which it is the only one."""
import json
import pathlib
import socket
import struct
import subprocess
import sys

from .ground import new_directory, stop_process, tool, wait_until

TXT, IN, NO_SUCH_NAME = 16, 1, 3
# The network has a loopback and nothing else, and /etc/resolv.conf names it there.
WITHIN = """
ip link set lo up && mount --bind "$1/resolv.conf" /etc/resolv.conf &&
	exec "$2" -m harness.nameserver "$1"
"""


class Nameserver:
    """zone maps a name to its TXT record. within() gives the words before a command that has it as its name server."""

    def __init__(self, zone):
        self.directory = new_directory("names")
        (self.directory / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        (self.directory / "zone").write_text(json.dumps(zone))
        self.process = None

    def start(self):
        words = [
            tool("unshare"),
            "--net",
            "--mount",
            tool("sh"),
            "-c",
            WITHIN,
            "sh",
            str(self.directory),
            sys.executable,
        ]
        with (self.directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                words,
                cwd=pathlib.Path(__file__).resolve().parents[1],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_until(
            lambda: self.process.poll() is not None or (self.directory / "ready").exists(),
            "the name server",
        )
        assert self.process.poll() is None, (self.directory / "output").read_text()
        return self

    def within(self):
        return [tool("nsenter"), "--target", str(self.process.pid), "--net", "--mount"]

    def stop(self):
        if self.process:
            stop_process(self.process)


def name_in(packet):
    """(the name that is asked for, where it ends)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), at + 1


def answer(packet, zone):
    name, end = name_in(packet)
    (kind,) = struct.unpack("!H", packet[end : end + 2])
    text = zone.get(name)
    found = text is not None and kind == TXT
    flags = 0x8400 | (packet[2] & 1) << 8 | (0 if text is not None else NO_SUCH_NAME)
    head = packet[:2] + struct.pack("!5H", flags, 1, found, 0, 0)
    if not found:
        return head + packet[12 : end + 4]
    data = b"".join(
        bytes([len(part)]) + part
        for part in (text[i : i + 255].encode() for i in range(0, len(text), 255))
    )
    return head + packet[12 : end + 4] + struct.pack("!3HIH", 0xC00C, TXT, IN, 60, len(data)) + data


def main(directory):
    zone = json.loads((directory / "zone").read_text())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 53))
        (directory / "ready").touch()
        while True:
            packet, client = sock.recvfrom(4096)
            sock.sendto(answer(packet, zone), client)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

"""Keys, and the milters that sign and verify, as their example configurations say; in a network with a name server of its own."""
import re
import signal
import subprocess

from .desk import DESK
from .ground import answers, give, new_directory, run, stop_process, tool, wait_until

from .milter import MilterClient, edited

CONFIGURED = {"opendkim": "-x", "opendmarc": "-c"}


class Key:
    """A pair of keys for mail of a domain. record is what its name server says."""

    def __init__(self, domain, selector="mail"):
        self.domain, self.selector = domain, selector
        directory = new_directory("key")
        run(tool("opendkim-genkey"), "-D", directory, "-d", domain, "-s", selector)
        self.file = directory / f"{selector}.private"
        self.record = "".join(re.findall(r'"([^"]*)"', (directory / f"{selector}.txt").read_text()))
        give(self.file)

    @property
    def name(self):
        return f"{self.selector}._domainkey.{self.domain}"


class Filter:
    """opendkim or opendmarc with the configuration `text`, where what changes is said by its first word. milter is its socket."""

    def __init__(self, name, text, nameserver, **changes):
        self.directory = new_directory(name)
        self.socket = self.directory / "milter.sock"
        self.milter = f"unix:{self.socket}"
        changes = {
            "Socket": f"local:{self.socket}",
            "UserID": "nobody:nogroup",
            "UMask": "000",
            "PidFile": self.directory / "pid",
            **changes,
        }
        kept = [
            line
            for line in text.splitlines()
            if line.split()[:1] and line.split()[0] not in (*changes, "#")
        ]
        lines = [*kept, *(f"{key} {value}" for key, value in changes.items() if value is not None)]
        (self.directory / "conf").write_text("\n".join(lines) + "\n")
        give(self.directory)
        with (self.directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *nameserver.within(),
                    tool(name),
                    "-f",
                    CONFIGURED[name],
                    str(self.directory / "conf"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: self.process.poll() is not None or answers(self.socket), name)
        assert self.process.poll() is None, (self.directory / "output").read_text()

    def signed(self, data):
        """The mail with what it adds, as to one that this machine sends."""
        with MilterClient(self.socket) as milter:
            return edited(data, milter.send("carla@customer.example", [DESK], data).edits)

    def stop(self):
        """At once: libmilter takes five seconds to end in order, and nothing is lost."""
        stop_process(self.process, how=signal.SIGKILL)


def verifies(data, nameserver):
    """Does every signature of the mail hold?"""
    done = run(*nameserver.within(), tool("opendkim-testmsg"), stdin=data, check=False)
    assert b"DKIM-Signature" in data
    return done.returncode == 0, done.stderr

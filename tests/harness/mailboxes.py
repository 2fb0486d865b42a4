"""An IMAP server as conf/examples has it, over the agents' mailboxes, and people who use it."""
import imaplib
import os
import pathlib
import pwd
import grp
import re
import shutil
import time

from .dovecot import Dovecot
from .ground import SOURCE, free_ports, new_directory, wait_until

EXAMPLE = SOURCE / "conf" / "examples" / "dovecot"
# Of a bare Debian: Dovecot's mail processes are not the daemon's user, and this group is both's.
MAIL_USER, GROUP = "games", "staff"
# What a host has anyhow.
HOST = """
protocols = imap
auth_failure_delay = 0
default_vsz_limit = 0
mail_plugin_dir = {plugins}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
userdb {{
  driver = static
  args = uid={user} gid={user} home={home}/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  location = maildir:{home}/%u/mail
}}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{home}/%u/mail
"""
PLUGINS = "/usr/lib/dovecot/modules"


class Server:
    """mailboxes is mailboxes.path of the daemon's. Logins map to passwords."""

    def __init__(self, mailboxes, users):
        self.mailboxes = pathlib.Path(mailboxes)
        self.own = new_directory("dovecot-own")
        shutil.chown(self.own, MAIL_USER, MAIL_USER)
        (self.port,) = free_ports(1)
        shutil.copy(EXAMPLE / "milticket.acl", self.own / "milticket.acl")
        text = (EXAMPLE / "mailboxes.conf").read_text()
        for path, here in (
            ("/var/lib/milticket-mailboxes", self.mailboxes),
            ("/var/lib/milticket-dovecot", self.own),
            ("/etc/dovecot/milticket.acl", self.own / "milticket.acl"),
            ("mail_access_groups = milticket-mailboxes", f"mail_access_groups = {GROUP}"),
        ):
            assert path in text
            text = text.replace(path, str(here))
        host = HOST.format(port=self.port, home=self.own, user=MAIL_USER, plugins=PLUGINS)
        self.dovecot = Dovecot(users, more=host + text, userdb="")
        self.users = users
        self.clients = []

    def start(self):
        self.dovecot.start(self.port)
        return self

    def kill(self):
        """Master and mail processes, as a crash of the host does."""
        self.dovecot.kill()

    def stop(self):
        for client in self.clients:
            client.close()
        self.dovecot.stop()

    def login(self, login):
        client = Client(self.port, login, self.users[login])
        self.clients.append(client)
        return client

    def log_text(self):
        log = self.dovecot.directory / "dovecot.log"
        return log.read_text(errors="replace") if log.exists() else ""


def make_directory():
    """For mailboxes.path: the daemon, which begins as root, gives it to whom it is to be."""
    directory = new_directory("agents") / "mailboxes"
    return directory


class Client:
    """One connection. Folders are named below Tickets/."""

    def __init__(self, port, login, password, seconds=None):
        """seconds: longer than that it waits for no answer."""
        self.imap = imaplib.IMAP4("127.0.0.1", port, seconds)
        self.imap.login(login, password)
        self.folder = None

    def close(self):
        try:
            self.imap.logout()
        except (imaplib.IMAP4.error, OSError):
            pass

    @staticmethod
    def name(folder):
        return f'"Tickets/{folder}"' if folder != "INBOX" else folder

    def select(self, folder):
        kind, data = self.imap.select(self.name(folder))
        assert kind == "OK", data
        self.folder = folder
        return self

    def folders(self):
        kind, lines = self.imap.list('""', "Tickets/*")
        assert kind == "OK"
        found = [re.fullmatch(rb'\((.*?)\) "/" "?(.*?)"?', line) for line in lines if line]
        return {
            match.group(2).decode()[len("Tickets/") :]: match.group(1).decode() for match in found
        }

    def messages(self, folder):
        """What the folder has now: dicts of uid, flags and header fields."""
        self.select(folder)
        kind, data = self.imap.uid("SEARCH", None, "ALL")
        assert kind == "OK", data
        uids = data[0].decode().split()
        if not uids:
            return []
        kind, data = self.imap.uid("FETCH", ",".join(uids), "(FLAGS BODY.PEEK[])")
        found = []
        for part in data:
            if isinstance(part, tuple):
                head, body = part
                found.append(
                    {
                        "uid": re.search(rb"UID (\d+)", head).group(1).decode(),
                        "flags": set(re.search(rb"FLAGS \((.*?)\)", head).group(1).decode().split())
                        - {"\\Recent"},
                        "data": body,
                    }
                )
        return found

    def subjects(self, folder):
        from .client import field

        return sorted(
            re.sub(r"\s*\n\s*", " ", field(message["data"], "Subject"))
            for message in self.messages(folder)
        )

    def move(self, folder, to, uids=None):
        """MOVE of all, or of some."""
        self.select(folder)
        if uids is None:
            kind, data = self.imap.uid("SEARCH", None, "ALL")
            uids = data[0].decode().split()
        assert uids, f"nothing in {folder}"
        kind, data = self.imap.uid("MOVE", ",".join(uids), self.name(to))
        return kind

    def copy(self, folder, to, uids):
        self.select(folder)
        kind, data = self.imap.uid("COPY", ",".join(uids), self.name(to))
        return kind

    def flag(self, folder, uids, what, flag):
        self.select(folder)
        kind, data = self.imap.uid("STORE", ",".join(uids), f"{what}FLAGS", f"({flag})")
        assert kind == "OK", data

    def expunge(self, folder, uids):
        self.flag(folder, uids, "+", "\\Deleted")
        self.imap.expunge()

    def append(self, folder, data, flags=None):
        kind, answer = self.imap.append(self.name(folder), flags, None, data)
        return kind

    def idle(self, seconds, until):
        """Waits in IDLE, as an open mail client does, for a line in which `until` is."""
        tag = self.imap._new_tag()
        self.imap.send(tag + b" IDLE\r\n")
        began, line = time.monotonic(), b""
        self.imap.sock.settimeout(seconds)
        try:
            while until not in line:
                line = self.imap.readline()
        finally:
            took = time.monotonic() - began
            self.imap.sock.settimeout(None)
            self.imap.send(b"DONE\r\n")
            while not line.startswith(tag):
                line = self.imap.readline()
        return took


def tree(path):
    """What lies below mailboxes.path: {login: {folder: [file, …]}}, inodes apart."""
    found = {}
    for part in sorted(pathlib.Path(path).glob("*/.*/[cn][ue][rw]/*")):
        login, folder = part.parts[-4], part.parts[-3][1:]
        found.setdefault(login, {}).setdefault(folder, []).append(part)
    return found

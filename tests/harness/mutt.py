"""mutt in a terminal of its own (tmux): the keys that a person presses, and what the screen shows."""
import re
import shlex

from .ground import new_directory, run, tool, wait_until

# Asks nothing that a test would have to answer twice; what is typed into the editor is put above
# the quoted text.
CONFIG = """
set folder = {directory}
set spoolfile = {maildir}
set record = {directory}/sent
set mbox_type = Maildir
set realname = "{name}"
set from = {address}
set hostname = {hostname}
set use_from = yes
set smtp_url = "smtp://{login}:{password}@127.0.0.1:{port}/"
set smtp_authenticators = "plain"
set ssl_starttls = no
set ssl_force_tls = no
set editor = "{editor}"
set header_cache = ""
set fast_reply = yes
set reply_to = yes
set include = yes
set edit_headers = no
set autoedit = yes
set abort_unmodified = no
set confirmappend = no
set beep = no
set sort = date-received
set wait_key = no
set move = no
set mark_old = no
set mail_check = 1
set tmpdir = {directory}
"""
EDITOR = """#!/bin/sh
cat {text} "$1" >{text}.whole && cp {text}.whole "$1"
"""


class Mutt:
    """One person's client. maildir is what it shows; mail goes to the submission service on port, with a login;
    more are further lines of its configuration."""

    def __init__(self, maildir, port, login, password, name, address, hostname, more=""):
        self.directory = new_directory("mutt")
        self.text = self.directory / "text"
        self.socket = self.directory / "tmux"
        editor = self.directory / "editor"
        editor.write_text(EDITOR.format(text=self.text))
        editor.chmod(0o755)
        self.config = self.directory / "muttrc"
        self.config.write_text(
            CONFIG.format(
                directory=self.directory,
                maildir=maildir,
                port=port,
                login=login,
                password=password,
                name=name,
                address=address,
                hostname=hostname,
                editor=editor,
            )
            + more
        )

    def tmux(self, *words, check=True):
        return run(tool("tmux"), "-S", self.socket, *words, check=check).stdout.decode(
            errors="replace"
        )

    def open(self, *arguments):
        """Starts it on the mailbox, or writing a mail when the arguments say to whom."""
        command = shlex.join(
            [
                "env",
                "TERM=screen",
                "LC_ALL=C.UTF-8",
                f"HOME={self.directory}",
                tool("mutt"),
                "-n",
                "-F",
                str(self.config),
                *arguments,
            ]
        )
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "132", "-y", "40", command)

    def screen(self):
        return self.tmux("capture-pane", "-p", check=False)

    def colour(self, text):
        """The number of the colour that the first such text has; "" is the terminal's own. tmux
        tells only what changes."""
        before = self.tmux("capture-pane", "-p", "-e", check=False).partition(text)[0]
        numbers = ";".join(re.findall(r"\x1b\[([0-9;]*)m", before)).split(";")
        return [
            number if number.startswith("3") else ""
            for number in numbers
            if re.fullmatch("0?|3[0-9]", number)
        ][-1]

    def sees(self, text):
        wait_until(lambda: text in self.screen(), f"{text!r} on the screen:\n{self.screen()}")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def says(self, text):
        """What the editor will put into the next mail."""
        self.text.write_text(text)

    def ended(self):
        return "milticket" not in self.tmux(
            "list-sessions", "-F", "milticket #{session_name}", check=False
        )

    def close(self):
        """Leaves it, if it has not ended by itself."""
        self.tmux("kill-server", check=False)

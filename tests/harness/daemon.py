"""milticketd in a directory of its own, and the command line on the same store."""
import json
import os
import shutil
import signal
import subprocess

from . import postgresql
from .ground import (
    SOURCE,
    UNPRIVILEGED,
    answers,
    give,
    new_directory,
    program,
    run,
    stop_process,
    wait_until,
)

INDEX = ("search.sqlite", "search.sqlite-2")  # files of the search index, in the store's directory
SUPPORT = {
    "address": "support@example.com",
    "queue": "support",
    "project": "helpdesk",
    "sender": "Example Support <support@example.com>",
}


def libconfig(value, depth=0):
    """A Python value as libconfig text: a dict is a group, a list or tuple a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 2**31 else f"{value}L"
    if isinstance(value, dict):
        inner = "".join(f"{key} = {libconfig(item, depth + 1)};\n" for key, item in value.items())
        return inner if depth == 0 else "{ " + inner + "}"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(libconfig(item, depth + 1) for item in value) + " )"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def merged(base, changes):
    """base with changes laid over it, group by group."""
    result = dict(base)
    for key, value in changes.items():
        result[key] = (
            merged(result[key], value)
            if isinstance(value, dict) and isinstance(result.get(key), dict)
            else value
        )
    return result


class Daemon:
    """milter is the socket as Postfix names it. `relay_port` is where outgoing mail goes; settings are laid over the defaults below."""

    def __init__(
        self,
        relay_port,
        accounts=(SUPPORT,),
        settings=None,
        directory=None,
        socket=None,
        user=UNPRIVILEGED,
    ):
        self.directory = directory or new_directory("daemon")
        self.config = self.directory / "milticket.conf"
        self.socket = socket or self.directory / "run" / "milter.sock"
        self.store = self.directory / "store"
        self.archive = self.directory / "archive"
        self.milter = f"unix:{self.socket}"
        self.log = self.directory / "daemon.log"
        self.process, self.exit_code = None, None
        for name in ("run", "store", "archive"):
            path = self.directory / name
            path.mkdir(exist_ok=True)
            give(path)
        shutil.copytree(
            SOURCE / "conf" / "templates", self.directory / "templates", dirs_exist_ok=True
        )
        self.settings = merged(
            {
                "socket": self.milter,
                "socket_mode": "0666",
                "user": user[0],
                "group": user[1],
                "log": "stderr",
                "store": {"path": self.store, **self.database()},
                "archive": {"path": self.archive},
                "tag": {"name": "example.com"},
                "mail_out": {
                    "url": f"smtp://127.0.0.1:{relay_port}",
                    "starttls": "never",
                    "timeout_s": 5,
                },
                "accounts": list(accounts),
            },
            settings or {},
        )
        self.configure()

    def database(self):
        """Where the tests run on PostgreSQL, how the store is found there."""
        server, self.base = postgresql.shared(), None
        if not server:
            return {}
        self.base = server.lend(self)
        return {"url": server.url(self.base), "require_sync": False}

    def copy_store(self, other):
        """Makes its store what the other's is. Nobody has either open."""
        shutil.copytree(other.store, self.store, dirs_exist_ok=True)
        if self.base:
            postgresql.shared().copy(other.base, self.base)

    def bytes_of_store(self):
        """What it has in it, in whatever form."""
        if self.base:
            return postgresql.shared().contents(self.base)
        return (self.store / "data.mdb").read_bytes()

    def configure(self, **changes):
        """Writes the configuration, with changes laid over what it was. A store elsewhere is another
        database, too."""
        store = changes.get("store", {})
        if store.get("path", self.store) != self.settings["store"]["path"] and "url" not in store:
            changes = {**changes, "store": {**store, **self.database()}}
        self.settings = merged(self.settings, changes)
        self.config.write_text(libconfig(self.settings))

    def launch(self, env=None, new_session=False, within=()):
        """Starts it and waits for nothing. within: the words of a command that runs another as itself."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*within, program("milticketd"), "-f", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(env or {})},
                start_new_session=new_session,
            )

    def start(self, env=None, new_session=False, within=()):
        """Starts it and waits until it is ready: it listens when its store is open."""
        self.launch(env, new_session, within)
        wait_until(lambda: self.ended() or answers(self.socket), "the daemon to be ready", 30)
        assert (
            not self.ended()
        ), f"the daemon ended with {self.process.returncode}: {self.log_text()}"
        return self

    def ended(self):
        return self.process is None or self.process.poll() is not None

    def restart(self, **changes):
        """Ends it, lays changes over its configuration, starts it again on the same store. Killed rather than stopped:
        the store must not mind."""
        self.kill()
        self.configure(**changes)
        return self.start()

    def stop(self):
        """Stops it in order; its exit code must be 0."""
        code = stop_process(self.process, 20)
        assert code == 0, f"the daemon ended with {code}: {self.log_text()[-4000:]}"

    def kill(self):
        """As a power cut does to a process."""
        self.process.kill()
        self.process.wait()

    def reload(self):
        """Asks for the new settings and waits until the log speaks of them."""
        before = len(self.log_text())
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: "reload" in self.log_text()[before:], "a log line about the reload")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def run_ticket(self, *words, stdin=b"", check=True, env=None):
        """Runs `ticket` and returns it as it ended, outputs as bytes."""
        return run(
            program("ticket"),
            words[0],
            "--config",
            self.config,
            *words[1:],
            stdin=stdin,
            check=check,
            env=env,
        )

    def ticket(self, *words, **options):
        """Runs `ticket … --json` and returns its objects, a list; none when it says there are none (exit code 1)."""
        done = self.run_ticket(*words, "--json", check=False, **options)
        assert done.returncode in (
            0,
            1,
        ), f"ticket {words} ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def tickets(self):
        """Every ticket there is, oldest number first."""
        return sorted(self.ticket("list", "--all"), key=lambda ticket: ticket["number"])

    def show(self, number):
        (found,) = self.ticket("show", number)
        return found

    def outbox(self):
        return self.ticket("outbox", "list")

    def add_queue(self, name, **options):
        self.run_ticket("queue", "add", name, *flags(options))

    def add_agent(self, login, **options):
        """add_agent("anna", name=…, address=…, queue=…): options become --name … and so on; a list
        repeats the option."""
        self.run_ticket("agent", "add", login, *flags(options))


def flags(options):
    words = []
    for key, value in options.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            words += [f"--{key}", str(item)]
    return words

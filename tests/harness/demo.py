"""The story that tools/demo tells: one ticket, from the question to the follow-up, as each person sees it."""
import email
import email.policy
import os
import shlex
import shutil
import signal
import stat
import sys
import textwrap

from . import client, postgresql
from .daemon import Daemon
from .ground import SOURCE, answers, free_ports, give, new_directory, program, wait_until
from .postfix import Postfix

PORT, AGENT_PORT = 2525, 2526
CUSTOMER, DESK, AGENT = "carla@customer.example", "support@example.com", "anna@example.com"
MAILBOXES = (CUSTOMER, "dora@customer.example", DESK, AGENT, "ben@example.com")
BOLD, DIM, OFF = (
    ("\033[1m", "\033[2m", "\033[0m")
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    else ("", "", "")
)
SHOWN = (
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "In-Reply-To",
    "X-Ticket",
    "X-Ticket-Queue",
    "X-Ticket-Status",
    "X-Ticket-Agent",
    "X-Ticket-Match",
    "X-Ticket-Event",
)

QUESTION = "Hello,\n\nsince this morning the printer on the second floor prints nothing but\nstripes. Could somebody have a look?\n\nCarla Kern\n"
REPLY = (
    "Hello Carla,\n\nthe toner was empty. I have put in a new one; does it work now?\n\nAnna Berg\n"
)
THANKS = "Hello Anna,\n\nit prints as new. Thank you!\n\nCarla\n"


def title(text):
    print(f"\n{BOLD}== {text}{OFF}")


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def print_mail(whose, data):
    """One mail as its reader sees it: the headers that matter, and the text."""
    message = parsed(data)
    print(f"{DIM}-- in the mailbox of {whose}{OFF}")
    for name in SHOWN:
        for value in message.get_all(name, []):
            print(f"   {BOLD if name == 'Subject' else ''}{name}: {value}{OFF}")
    text = message.get_body(("plain",))
    print(
        textwrap.indent(
            "\n" + (text.get_content() if text else "").strip(), "   ", lambda line: True
        )
    )


class Stage:
    """The daemon, a Postfix before it, and mailboxes as Maildirs."""

    def __init__(self):
        for port in (PORT, AGENT_PORT):
            if answers(("127.0.0.1", port)):
                sys.exit(f"port {port} of 127.0.0.1 is in use; is another demo still running?")
        self.directory = new_directory("demo", keep=True)
        for name in ("daemon", "postfix", "mail"):
            (self.directory / name).mkdir()
        give(self.directory / "mail")
        self.daemon = Daemon(PORT, directory=self.directory / "daemon")
        self.postfix = Postfix(
            milter=self.daemon.milter,
            ports=[PORT, AGENT_PORT, *free_ports(2)],
            directory=self.directory / "postfix",
            settings=self.mailboxes(),
        )

    def mailboxes(self):
        table = self.directory / "mailboxes"
        table.write_text(
            "".join(f"{address} {address}/\n" for address in MAILBOXES)
            + "@example.com others/\n@customer.example others/\n"
        )
        owner = os.stat(self.directory / "mail")
        return {
            "virtual_mailbox_domains": "example.com, customer.example",
            "virtual_mailbox_base": self.directory / "mail",
            "virtual_mailbox_maps": f"texthash:{table}",
            "virtual_uid_maps": f"static:{owner.st_uid}",
            "virtual_gid_maps": f"static:{owner.st_gid}",
            "default_transport": "error:this demo delivers nothing outside",
        }

    def start(self):
        self.daemon.start(new_session=True)
        self.postfix.start()
        self.daemon.add_agent("anna", name="Anna Berg", address=AGENT, queue="support")

    def stop(self):
        self.postfix.stop()
        if not self.daemon.ended():
            self.daemon.stop()
        shutil.rmtree(self.directory)

    def inbox(self, address):
        """The mails of that mailbox, oldest first, as bytes."""
        files = (self.directory / "mail" / address / "new").glob("*")
        return [
            path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)
        ]

    def next_mail(self, address, count):
        return wait_until(
            lambda: len(self.inbox(address)) >= count and self.inbox(address),
            f"mail {count} to {address}",
        )[count - 1]

    def send(self, sender, recipient, subject, text, login=None, answers_to=None):
        """Sends one mail by SMTP; answers_to is the mail that it replies to."""
        threading = []
        if answers_to:
            asked = parsed(answers_to)["Message-ID"]
            threading = [f"In-Reply-To: {asked}", f"References: {asked}"]
        data = client.compose(sender, recipient, subject, text, headers=threading)
        answer = client.send(
            AGENT_PORT if login else PORT,
            parsed(data)["From"].addresses[0].addr_spec,
            recipient,
            data,
            login,
        )
        print(f"{DIM}   {sender} sends to {recipient}; the mail server says: {answer}{OFF}")
        if not answer.accepted:
            raise SystemExit("the mail was not taken; see " + str(self.daemon.log))

    def print_ticket(self, *words):
        print(f"{BOLD}$ ticket {' '.join(words)}{OFF}")
        print(self.daemon.run_ticket(*words).stdout.decode().rstrip())

    def print_rows(self, query):
        server = postgresql.shared()
        name = self.daemon.settings["store"]["url"].split("/")[3].split("?")[0]
        print(f"{BOLD}=> {query}{OFF}")
        print(server.table(query, name))


def tell(stage):
    title("1. Carla, a customer, writes to support@example.com")
    stage.send(f"Carla Kern <{CUSTOMER}>", DESK, "Stripes on paper", QUESTION)
    question = stage.next_mail(DESK, 1)
    print_mail("the support team: it was tagged while it was being delivered", question)
    title("2. Carla gets an automatic answer")
    print_mail("Carla", stage.next_mail(CUSTOMER, 1))
    title("3. Anna, an agent, replies from her own mail client")
    stage.send(
        f"Anna Berg <{AGENT}>",
        CUSTOMER,
        "Re: " + parsed(question)["Subject"],
        REPLY,
        login="anna",
        answers_to=question,
    )
    reply = stage.next_mail(CUSTOMER, 2)
    print_mail("Carla", reply)
    title("4. Carla answers, and her mail finds its ticket")
    stage.send(
        f"Carla Kern <{CUSTOMER}>",
        DESK,
        "Re: " + parsed(reply)["Subject"],
        THANKS,
        answers_to=reply,
    )
    print_mail("the support team", stage.next_mail(DESK, 2))
    title("5. What is recorded")
    stage.print_ticket("list")
    print()
    stage.print_ticket("show", "1")
    if postgresql.shared():
        title("6. What people with SQL see of it")
        stage.print_rows(
            "select number, status, agent, requester_address, subject from milticket_report.tickets"
        )
        stage.print_rows(
            "select serial, kind, actor, \"to\" from milticket_report.events order by serial"
        )


SCRIPTS = {
    "send": """#!/bin/sh
# send [-a AGENT] FROM TO SUBJECT <TEXT
[ $# = 3 ] || [ $# = 5 ] || {{ echo "usage: $0 [-a AGENT] FROM TO SUBJECT <TEXT" >&2; exit 64; }}
export PYTHONPATH={tests} PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m harness.demo send "$@"
""",
    "inbox": """#!/bin/sh
# inbox [ADDRESS]: the mails in that mailbox, oldest first; without an address, the mailboxes there
# are
cd {directory}/mail && [ $# = 1 ] || exec ls
for mail in $(ls -tr "$1"/new/* 2>/dev/null); do echo "--- $mail"; cat "$mail"; done
""",
    "ticket": """#!/bin/sh
# ticket COMMAND ...
exec {ticket} --config {config} "$@"
""",
    "stop": """#!/bin/sh
# Ends the mail server and the daemon and removes this directory.
postfix -c {postfix} abort 2>/dev/null
kill {pid}
rm -rf {directory}
""",
}


def leave(stage):
    """Writes the scripts to play with, and says what they do."""
    values = {
        "tests": SOURCE / "tests",
        "directory": stage.directory,
        "ticket": program("ticket"),
        "config": stage.daemon.config,
        "postfix": stage.postfix.config,
        "pid": stage.daemon.process.pid,
    }
    quoted = {key: shlex.quote(str(value)) for key, value in values.items()}
    for name, text in SCRIPTS.items():
        path = stage.directory / name
        path.write_text(text.format(**quoted))
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    title("It keeps running")
    send = f"{stage.directory}/send"
    print(
        textwrap.dedent(
            f"""\
        Mail server    127.0.0.1:{PORT}; mailboxes: {', '.join(MAILBOXES)}
        Send as Carla  echo "One more thing" | {send} {CUSTOMER} {DESK} "Another question"
        Send as Anna   echo "Of course" | {send} -a anna {AGENT} {CUSTOMER} "Re: [example.com #1]"
        Read mail      {stage.directory}/inbox {DESK}
        Tickets        {stage.directory}/ticket list
        Logs           {stage.daemon.log}, {stage.postfix.log}
        Stop           {stage.directory}/stop"""
        )
    )


def send_command(words):
    """The script `send`: one mail with its text from standard input."""
    login = words[1] if words[:1] == ["-a"] else None
    sender, recipient, subject = words[2:] if login else words
    data = client.compose(sender, recipient, subject, sys.stdin.read())
    print(client.send(AGENT_PORT if login else PORT, sender, recipient, data, login))


def main(words):
    if words[:1] == ["send"]:
        return send_command(words[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stage, staying = Stage(), False
    try:
        stage.start()
        tell(stage)
        if words == ["--stay"]:
            leave(stage)
            staying = True
    finally:
        if not staying:
            stage.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

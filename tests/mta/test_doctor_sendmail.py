"""ticket doctor on a real Sendmail: what it finds in sendmail.cf, and that what it prints mends it in sendmail.mc."""
import grp
import json
import os
import pwd

import pytest

from harness.daemon import Daemon
from harness.ground import free_ports, new_directory, program, run
from harness.sendmail import NAMED, PROGRAM, ROOT

CF = ROOT / "usr/share/sendmail/cf"
MC = r"""divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mx.example.com')
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit,NonRootSafeAddr')
define(`confDONT_PROBE_INTERFACES', `true')
define(`confCACERT_PATH', `{directory}')
define(`QUEUE_DIR', `{directory}/queue')
define(`STATUS_FILE', `{directory}/statistics')
define(`ALIAS_FILE', `{directory}/aliases')
FEATURE(`no_default_msa')
FEATURE(`virtusertable', `hash -o {directory}/virtusers')
LOCAL_DOMAIN(`example.com')
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={port}{options}')
{lines}
MAILER(`local')
MAILER(`smtp')
"""
GOOD = "INPUT_MAIL_FILTER(`milticket', `S=local:{socket}, F=T, T=S:60s;R:60s;E:5m')"
OTHERS = "INPUT_MAIL_FILTER(`opendkim', `S=inet:8891@127.0.0.1')"
ALIASES = "support: root\ntickets: root\npostmaster: root\n"
# As Debian's /etc/mail has one; systemctl has nothing to restart here.
MAKEFILE = f"sendmail.cf: sendmail.mc\n\tm4 -D_CF_DIR_={CF}/ sendmail.mc >sendmail.cf\n"
SYSTEMCTL = "#!/bin/sh\nexit 0\n"


class Installation:
    """A Sendmail's configuration in a directory of its own, and a daemon that listens."""

    def __init__(self, daemon):
        self.daemon, self.directory = daemon, new_directory("sendmail-doctor")
        self.cf, self.mc = self.directory / "sendmail.cf", self.directory / "sendmail.mc"
        (self.directory / "queue").mkdir(mode=0o700)
        (self.directory / "aliases").write_text(ALIASES)
        (self.directory / "Makefile").write_text(MAKEFILE)
        programs = self.directory / "bin"
        programs.mkdir()
        (programs / "sendmail").symlink_to(PROGRAM)
        (programs / "systemctl").write_text(SYSTEMCTL)
        (programs / "systemctl").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        self.configure(GOOD)

    def configure(self, lines, options=""):
        (port,) = free_ports(1)
        words = {"cf": CF, "directory": self.directory, "port": port, "options": options}
        lines = lines.format(socket=self.daemon.socket)
        self.mc.write_text(MC.format(lines=lines, **words))
        self.shell(f"rm -f {self.cf}; make -s -C {self.directory}")
        if "RUN_AS_USER" not in lines:
            self.shell(f"sendmail -C{self.cf} -bi")

    def shell(self, script):
        return run(*NAMED, "sh", "-ec", script, env=self.environment)

    def doctor(self):
        words = ("doctor", "--json", "--config", self.daemon.config, "--sendmail-cf", self.cf)
        done = run(*NAMED, program("ticket"), *words, check=False, env=self.environment)
        assert done.stderr == b""
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == (1 if findings else 0), findings
        return findings


@pytest.fixture
def installation(mailbox):
    daemon = Daemon(
        mailbox.port, settings={"control_address": "tickets", "recipient_delimiter": "+"}
    )
    daemon.store.chmod(0o2770)
    os.chown(daemon.store, pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid)
    yield Installation(daemon.start())
    daemon.kill()


# Lines of sendmail.mc, the checks that find a fault in them, and something that is said.
FAULTS = [
    ("", "sendmail-filter", "Sendmail does not call milticket"),
    (GOOD.replace("INPUT_", ""), "sendmail-filter", "Sendmail does not call milticket"),
    (
        GOOD.replace("{socket}", "/run/other.sock"),
        "sendmail-filter",
        "the filter milticket leads to local:/run/other.sock",
    ),
    (GOOD.replace("F=T, ", ""), "sendmail-flag", "mail passes without a ticket"),
    (GOOD.replace("F=T", "F=R"), "sendmail-flag", "mail is lost to its senders"),
    (GOOD.replace("R:60s", "R:10s"), "sendmail-timeout", "waits less than 30 s"),
    (GOOD.partition(", T=")[0] + "')", "sendmail-timeout", "waits less than 30 s"),
    (
        "INPUT_MAIL_FILTER(`milticket',\n  `S=local:{socket},\n   F=R, T=R:1s')",
        "sendmail-flag sendmail-timeout",
        "mail is lost",
    ),
    (GOOD + "\n" + OTHERS, "sendmail-order", "opendkim comes after milticket"),
    (
        GOOD + "\ndefine(`confMILTER_MACROS_CONNECT', `_, {{daemon_name}}')",
        "sendmail-macros",
        "the macro j is not",
    ),
]


@pytest.mark.parametrize("lines", [GOOD, OTHERS + "\n" + GOOD], ids=["alone", "after a verifier"])
def test_nothing_is_found_where_nothing_is_wrong(installation, lines):
    installation.configure(lines)
    assert installation.doctor() == []


@pytest.mark.parametrize("lines, checks, text", FAULTS, ids=[row[1] for row in FAULTS])
def test_a_fault_is_found_and_mended_by_what_is_printed(installation, lines, checks, text):
    installation.configure(lines)
    mended(installation, checks, text)


def mended(installation, checks, text):
    found = installation.doctor()
    assert [finding["check"] for finding in found] == checks.split(), found
    assert any(text in finding["text"] for finding in found), found
    for finding in found:
        installation.shell(finding["mend"])
    assert installation.doctor() == []


def test_a_port_with_filters_of_its_own_is_found(installation):
    installation.configure(OTHERS + "\n" + GOOD, ", InputMailFilters=opendkim")
    mended(installation, "sendmail-port", "a port of Sendmail's has filters of its own")


def test_a_delimiter_that_sendmail_does_not_know_is_found(installation):
    installation.daemon.configure(recipient_delimiter="-")
    mended(installation, "sendmail-delimiter", "Sendmail knows '+' only")


@pytest.mark.parametrize(
    "name, check, text",
    [
        ("support", "sendmail-accounts", "account support@example.com: Sendmail takes no mail"),
        ("tickets", "sendmail-control", "control address tickets@example.com"),
    ],
)
def test_an_address_that_is_nobodys_is_found(installation, name, check, text):
    installation.shell(f"sed -i /^{name}/d {installation.directory}/aliases")
    installation.shell(f"sendmail -C{installation.cf} -bi")
    mended(installation, check, text)


def test_aliases_that_lead_to_an_account_are_found(installation):
    directory = installation.directory
    (directory / "aliases").write_text(ALIASES + "hilfe:\n  ben, support\n# x: support\n")
    (directory / "virtusers").write_text("info@example.net\tsupport\n")
    mended(
        installation,
        "sendmail-aliases",
        "mail to hilfe@example.com, info@example.net ends at support@example.com",
    )


def test_a_socket_that_sendmails_user_cannot_reach_is_found(installation):
    installation.configure(GOOD + "\ndefine(`confRUN_AS_USER', `daemon')")
    installation.daemon.socket.parent.chmod(0o750)
    (finding,) = installation.doctor()
    assert finding["text"].startswith("Sendmail runs as daemon and may not connect to unix:")
    assert finding["mend"] == "usermod -aG nogroup daemon && systemctl restart sendmail"

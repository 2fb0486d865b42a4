"""A private Sendmail out of unpacked packages, as Sendmail and Postfix cannot be installed side by side."""
import os
import pathlib
import socketserver
import struct
import subprocess
import threading

from .ground import SOURCE, answers, free_ports, new_directory, run, stop_process, tool, wait_until

ROOT = pathlib.Path(os.environ.get("MILTICKET_SENDMAIL", "/nonexistent"))
PROGRAM = str(ROOT / "usr/libexec/sendmail/sendmail")

MC = r"""
divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mx.example.com')
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,TrustStickyBit,NonRootSafeAddr')
define(`confDONT_PROBE_INTERFACES', `true')
define(`confPID_FILE', `{directory}/sendmail.pid')
define(`confCACERT_PATH', `{directory}')
define(`confDEF_USER_ID', `65534:65534')
define(`confTO_IDENT', `0')
define(`confBAD_RCPT_THROTTLE', `0')
define(`confMAX_DAEMON_CHILDREN', `40')
define(`confMIN_QUEUE_AGE', `0')
define(`QUEUE_DIR', `{directory}/queue')
define(`STATUS_FILE', `{directory}/statistics')
define(`HELP_FILE', `{directory}/help')
define(`ALIAS_FILE', `{directory}/aliases')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`accept_unqualified_senders')
FEATURE(`promiscuous_relay')
define(`confAUTH_MECHANISMS', `PLAIN')
TRUST_AUTH_MECH(`PLAIN')
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={port}')
{milter}
MAILER(`smtp')
LOCAL_CONFIG
ESASL_CONF_PATH={directory}
MAILER_DEFINITIONS
Msink,	P=[IPC], F=mDFMuXz8, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP, E=\r\n, L=990,
	T=DNS/RFC822/SMTP, A=TCP $h {sink_port}
LOCAL_RULE_0
R$* <@ $* . > $*	$#sink $@ [127.0.0.1] $: $1 < @ $2 . > $3
R$* <@ $* > $*	$#sink $@ [127.0.0.1] $: $1 < @ $2 > $3
"""
# Sendmail waits a minute on a host without a domain name, so it sees a host name of its own.
NAMED = ("unshare", "--uts", "sh", "-c", 'hostname mx.example.com; exec "$0" "$@"')
SASL = "pwcheck_method: saslauthd\nsaslauthd_path: {directory}/passwords\nmech_list: plain\n"


def documented(socket):
    """The lines for sendmail.mc as README has them, with that socket."""
    lines = [line.strip() for line in (SOURCE / "README").read_text().splitlines()]
    return "".join(
        line.replace("/run/milticket/milter.sock", str(socket)) + "\n"
        for line in lines
        if line.startswith(("INPUT_MAIL_FILTER(", "define(`confMILTER"))
    )


class _Question(socketserver.BaseRequestHandler):
    """saslauthd's protocol: user, password, service and realm come as counted strings, an answer goes back as one."""

    def handle(self):
        words = [self._word() for _ in range(4)]
        answer = b"OK" if self.server.users.get(words[0]) == words[1] else b"NO"
        self.request.sendall(struct.pack("!H", len(answer)) + answer)

    def _word(self):
        size = struct.unpack("!H", self.request.recv(2, 0x100))[0]  # MSG_WAITALL
        return self.request.recv(size, 0x100).decode() if size else ""


class Passwords:
    """Tells Sendmail which password is right."""

    def __init__(self, path, users):
        self.server = socketserver.ThreadingUnixStreamServer(str(path), _Question)
        self.server.users = users
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sendmail:
    """Takes mail on port, asks the milter, and hands everything to the LMTP server on sink_port. `users` may log in; `lines` is
    what sendmail.mc says of the milter."""

    def __init__(self, sink_port, lines="", users=()):
        self.directory = new_directory("sendmail")
        (self.port,) = free_ports(1)
        self.config, self.log, self.process = (
            self.directory / "sendmail.cf",
            self.directory / "sendmail.log",
            None,
        )
        (self.directory / "queue").mkdir(mode=0o700)
        cf = ROOT / "usr/share/sendmail/cf"
        source = MC.format(
            cf=cf, directory=self.directory, port=self.port, sink_port=sink_port, milter=lines
        )
        (self.directory / "sendmail.mc").write_text(source)
        self.config.write_bytes(
            run(tool("m4"), f"-D_CF_DIR_={cf}/", self.directory / "sendmail.mc").stdout
        )
        self.config.chmod(0o644)
        (self.directory / "aliases").touch()
        (self.directory / "Sendmail.conf").write_text(SASL.format(directory=self.directory))
        (self.directory / "Sendmail.conf").chmod(0o600)
        self.passwords = Passwords(self.directory / "passwords", dict(users))
        run(*NAMED, PROGRAM, "-bi", f"-C{self.config}")

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*NAMED, PROGRAM, "-bD", f"-C{self.config}", "-q1s"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(
            lambda: self.process.poll() is not None or answers(("127.0.0.1", self.port)),
            "Sendmail's port",
            90,
        )
        assert self.process.poll() is None, f"Sendmail ended: {self.log.read_text()}"
        return self

    def drain(self):
        """Nothing of now is on its way afterwards: the queue is run every second."""
        wait_until(lambda: not any((self.directory / "queue").iterdir()), "an empty queue")

    def stop(self):
        try:
            stop_process(self.process)
        finally:
            self.passwords.close()

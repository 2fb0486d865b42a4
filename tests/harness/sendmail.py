"""A private Sendmail out of unpacked packages, as Sendmail and Postfix cannot be installed side by side."""
import os
import pathlib
import subprocess

from .ground import answers, free_ports, new_directory, run, stop_process, tool, wait_until

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
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={port}')
{milter}
MAILER(`smtp')
MAILER_DEFINITIONS
Msink,	P=[IPC], F=mDFMuXz8, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP, E=\r\n, L=990,
	T=DNS/RFC822/SMTP, A=TCP $h {sink_port}
LOCAL_RULE_0
R$* <@ $* . > $*	$#sink $@ [127.0.0.1] $: $1 < @ $2 . > $3
R$* <@ $* > $*	$#sink $@ [127.0.0.1] $: $1 < @ $2 > $3
"""
# Sendmail waits a minute on a host without a domain name, so it sees a host name of its own.
NAMED = ("unshare", "--uts", "sh", "-c", 'hostname mx.example.com; exec "$0" "$@"')
FILTER = "INPUT_MAIL_FILTER(`milticket', `S={socket}, F=T, T=S:60s;R:60s;E:5m')\n"


class Sendmail:
    """Takes mail on port, asks the milter, and hands everything to the LMTP server on sink_port."""

    def __init__(self, sink_port, milter=None):
        self.directory = new_directory("sendmail")
        (self.port,) = free_ports(1)
        self.config, self.log, self.process = self.directory / "sendmail.cf", self.directory / "sendmail.log", None
        (self.directory / "queue").mkdir(mode=0o700)
        cf = ROOT / "usr/share/sendmail/cf"
        source = MC.format(cf=cf, directory=self.directory, port=self.port, sink_port=sink_port,
                           milter=FILTER.format(socket=milter) if milter else "")
        (self.directory / "sendmail.mc").write_text(source)
        self.config.write_bytes(run(tool("m4"), f"-D_CF_DIR_={cf}/", self.directory / "sendmail.mc").stdout)
        self.config.chmod(0o644)
        (self.directory / "aliases").touch()
        run(*NAMED, PROGRAM, "-bi", f"-C{self.config}")

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*NAMED, PROGRAM, "-bD", f"-C{self.config}", "-q1s"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or answers(("127.0.0.1", self.port)), "Sendmail's port", 90)
        assert self.process.poll() is None, f"Sendmail ended: {self.log.read_text()}"
        return self

    def stop(self):
        stop_process(self.process)

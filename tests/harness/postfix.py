"""A private Postfix: its own configuration, queue, log and ports. Needs root, as Postfix's master does."""
import os
import re

from .ground import answers, free_ports, give, new_directory, run, tool, wait_until

# name, type, private, unprivileged, chroot, wakeup, processes, command
SERVICES = """
pickup     unix  n - n 60 1   pickup
cleanup    unix  n - n -  0   cleanup
qmgr       unix  n - n 300 1  qmgr
rewrite    unix  - - n -  -   trivial-rewrite
bounce     unix  - - n -  0   bounce
defer      unix  - - n -  0   bounce
trace      unix  - - n -  0   bounce
verify     unix  - - n -  1   verify
flush      unix  n - n 1000? 0 flush
proxymap   unix  - - n -  -   proxymap
proxywrite unix  - - n -  1   proxymap
smtp       unix  - - n -  -   smtp
relay      unix  - - n -  -   smtp
showq      unix  n - n -  -   showq
error      unix  - - n -  -   error
retry      unix  - - n -  -   error
discard    unix  - - n -  -   discard
virtual    unix  - n n -  -   virtual
lmtp       unix  - - n -  -   lmtp
anvil      unix  - - n -  1   anvil
scache     unix  - - n -  1   scache
postlog    unix-dgram n - n - 1 postlogd
"""
LISTENER = "127.0.0.1:{port} inet n - n - - smtpd {options}\n"


class Postfix:
    """port takes mail as an MX does; xclient_port lets a test say who logged in; sasl_port asks
    Dovecot; plain_port has no milter; filtered_port has a content filter behind its queue that
    brings each mail to port. aliases maps names at example.com to addresses; services are further
    lines of master.cf.

    Without `settings` that say otherwise, all mail ends at the LMTP server on sink_port, so nothing
    leaves the machine.
    """

    def __init__(
        self,
        sink_port=None,
        milter=None,
        sasl_socket=None,
        settings=None,
        ports=None,
        directory=None,
        aliases=(),
        services="",
    ):
        self.directory = directory or new_directory("postfix")
        self.port, self.xclient_port, self.sasl_port, self.plain_port = ports or free_ports(4)
        (self.filtered_port,) = free_ports(1)
        self.sink_port, self.milter, self.sasl_socket = sink_port, milter, sasl_socket
        self.settings, self.aliases = settings or {}, dict(aliases)
        self.services = services
        self.config = self.directory / "etc"
        self.log = self.directory / "mail.log"
        for name in ("etc", "queue", "data"):
            (self.directory / name).mkdir(mode=0o755, exist_ok=True)
        give(self.directory / "data", "postfix")
        self.write()

    def write(self):
        (self.config / "virtual").write_text(
            "".join(f"{name}@example.com {target}\n" for name, target in self.aliases.items())
        )
        (self.config / "main.cf").write_text(
            "".join(f"{key} = {value}\n" for key, value in self.main().items())
        )
        (self.config / "master.cf").write_text(SERVICES + self.listeners() + self.services)

    def main(self):
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.directory / "queue",
            "data_directory": self.directory / "data",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "maillog_file": self.log,
            "maillog_file_prefixes": self.directory,
            "myhostname": "mx.example.com",
            "mydomain": "example.com",
            "myorigin": "example.com",
            "mydestination": "",
            "local_recipient_maps": "",
            "alias_maps": "",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "recipient_delimiter": "+",
            "default_transport": f"lmtp:inet:127.0.0.1:{self.sink_port}",
            "virtual_alias_maps": f"texthash:{self.config}/virtual",
            "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject",
            "smtpd_recipient_restrictions": "",
            "smtpd_tls_security_level": "none",
            "smtpd_error_sleep_time": "0",
            "smtpd_milters": self.milter or "",
            "milter_default_action": "tempfail",
            "milter_connect_timeout": "5s",
            "queue_run_delay": "2s",
            "minimal_backoff_time": "2s",
            "maximal_backoff_time": "4s",
            "lmtp_destination_recipient_limit": "100",
            "lmtp_connection_cache_on_demand": "no",
            "lmtp_line_length_limit": "0",
            "message_size_limit": "104857600",
            "virtual_mailbox_limit": "0",
            "smtputf8_enable": "yes",
        }
        settings.update(self.settings)
        return settings

    def listeners(self):
        sasl = f"-o smtpd_sasl_auth_enable=yes -o smtpd_sasl_type=dovecot -o smtpd_sasl_path={self.sasl_socket}"
        return "".join(
            (
                LISTENER.format(port=self.port, options=""),
                LISTENER.format(
                    port=self.xclient_port, options="-o smtpd_authorized_xclient_hosts=127.0.0.1"
                ),
                LISTENER.format(port=self.sasl_port, options=sasl if self.sasl_socket else ""),
                LISTENER.format(port=self.plain_port, options="-o smtpd_milters="),
                LISTENER.format(
                    port=self.filtered_port,
                    options=f"-o local_header_rewrite_clients= -o content_filter=smtp:127.0.0.1:{self.port}",
                ),
            )
        )

    def postfix(self, word, check=True):
        return run(tool("postfix"), "-c", self.config, word, check=check)

    def start(self):
        if os.geteuid() != 0:
            raise PermissionError("Postfix can be started by root only")
        self.postfix("start")
        for port in (self.port, self.xclient_port, self.sasl_port, self.plain_port):
            wait_until(
                lambda p=port: answers(("127.0.0.1", p)),
                f"Postfix on port {port}: {self.log_text()}",
            )
        return self

    def running(self):
        return self.postfix("status", check=False).returncode == 0

    def stop(self):
        """Ends master and its children, at once; does nothing when it does not run."""
        if self.running():
            self.postfix("abort")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def queue_ids(self):
        """The ids of what waits in the queue."""
        listing = run(tool("postqueue"), "-c", self.config, "-j").stdout.decode()
        return re.findall(r'"queue_id": "(\w+)"', listing)

    def drain(self):
        """Nothing of now is on its way afterwards: waits for what is being delivered, and throws away what waits for a retry."""

        def empty():
            run(tool("postsuper"), "-c", self.config, "-d", "ALL", "deferred")
            return not self.queue_ids()

        wait_until(empty, "an empty queue")

    def flush(self):
        run(tool("postqueue"), "-c", self.config, "-f")

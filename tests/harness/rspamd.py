"""A private rspamd: its controller on a port of the loopback, Bayes in files of its own, no rule, map or network."""
import os
import re
import string
import subprocess

from .ground import answers, free_ports, give, new_directory, run, stop_process, tool, wait_until

# The list of top-level domains that comes with it takes it a minute to compile.
CONFIG = """
options {
  pidfile = "$directory/pid";
  filters = "chartable,dkim,regexp";
  cache_file = "$directory/symbols.cache";
  control_socket = "$directory/control mode=0600";
  tempdir = "$directory";
  url_tld = "$directory/tld";
  hs_cache_dir = "$directory/";
  disable_hyperscan = true;
  dns { nameserver = ["127.0.0.1"]; timeout = 2s; }
}
logging { type = "file"; filename = "$directory/log"; level = "info"; }
"""
CONTROLLER = """
worker "controller" { bind_socket = "127.0.0.1:$port"; count = 1; $access }
classifier "bayes" {
  tokenizer { name = "osb"; }
  cache { path = "$directory/cache.sqlite"; }
  backend = "sqlite3";
  min_tokens = 11;
  statfile { symbol = "BAYES_HAM"; path = "$directory/ham.sqlite"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; path = "$directory/spam.sqlite"; spam = true; }
}
"""
MILTER = """
worker "rspamd_proxy" {
  bind_socket = "$directory/milter.sock mode=0666";
  milter = yes;
  timeout = 60s;
  count = 1;
  upstream "local" { default = yes; self_scan = yes; }
}
modules { path = "/usr/share/rspamd/plugins/"; }
lua = "/usr/share/rspamd/rules/rspamd.lua";
spf { }
dmarc { }
actions { "add header" = 15; }
metric { symbol "GTUBE" { score = 20; } }
"""
OPEN, CLOSED = 'secure_ip = "127.0.0.1";', 'password = "secret"; enable_password = "secret";'


class Program:
    """An rspamd with a configuration in which $directory is its own. within: words before its command."""

    def __init__(self, text, within=(), **names):
        self.directory, self.within = new_directory("rspamd"), within
        (self.directory / "tld").write_text("com\nexample\n")
        whole = string.Template(CONFIG + text).substitute(directory=self.directory, **names)
        (self.directory / "conf").write_text(whole)
        give(self.directory)
        self.process = None

    def launch(self, listens):
        who = ["-u", "nobody", "-g", "nogroup"] if os.geteuid() == 0 else []
        with (self.directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*self.within, tool("rspamd"), "-f", "-c", str(self.directory / "conf"), *who],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: answers(listens), f"rspamd, see {self.directory}")
        return self

    def stop(self):
        if self.process:
            stop_process(self.process, 20)
            self.process = None


class Verifier(Program):
    """The milter, which verifies and signs. local: a module's name → the text of its file in local.d."""

    def __init__(self, local, nameserver):
        modules = "".join(f"{name} {{\n{text}}}\n" for name, text in local.items())
        super().__init__(MILTER + modules, nameserver.within())
        self.socket = self.directory / "milter.sock"
        self.milter = f"unix:{self.socket}"

    def start(self):
        return self.launch(self.socket)


class Rspamd(Program):
    """The controller, which learns. rspamc is the words of a command that asks it."""

    def __init__(self, access=OPEN):
        (self.port,) = free_ports(1)
        super().__init__(CONTROLLER, port=self.port, access=access)
        self.rspamc = [tool("rspamc"), "-h", f"127.0.0.1:{self.port}"]

    def start(self):
        return self.launch(("127.0.0.1", self.port))

    def learned(self):
        """(spam, ham): how many mails of each it knows."""
        told = run(*self.rspamc, "stat").stdout.decode()
        return tuple(
            int(re.search(rf"BAYES_{name} .*learned: (\d+)", told)[1]) for name in ("SPAM", "HAM")
        )

"""A private Dovecot that does nothing but tell Postfix who may log in."""
import os
import signal
import subprocess

from .ground import answers, new_directory, stop_process, tool, wait_until

CONFIG = """
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/dovecot.log
protocols =
ssl = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
auth_mechanisms = plain login
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
{userdb}
service auth {{
  unix_listener {directory}/auth {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0600
    user = root
  }}
}}
"""


NOBODY = """
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
"""


class Dovecot:
    """socket is what smtpd_sasl_path wants; users maps a login to its password; more are further lines of its configuration."""

    def __init__(self, users, more="", userdb=NOBODY):
        self.directory = new_directory("dovecot")
        self.socket = self.directory / "auth"
        (self.directory / "users").write_text(
            "".join(f"{login}:{{PLAIN}}{password}\n" for login, password in users.items())
        )
        (self.directory / "dovecot.conf").write_text(
            CONFIG.format(directory=self.directory, userdb=userdb) + more
        )
        self.process = None

    def start(self, port=None):
        """Waits until it answers, on a port too."""
        with (self.directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [tool("dovecot"), "-F", "-c", str(self.directory / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(
            lambda: self.process.poll() is not None
            or (answers(self.socket) and (not port or answers(("127.0.0.1", port)))),
            f"Dovecot, see {self.directory}",
        )
        assert self.process.poll() is None, f"Dovecot ended, see {self.directory}"
        return self

    def stop(self):
        stop_process(self.process)

    def kill(self):
        """Its processes at once, as a crash does: the master leads their group. Their sockets are
        theirs until the last is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        sockets = [*(self.directory / "run").rglob("*")]
        sockets = [path for path in sockets if path.is_socket()]
        wait_until(lambda: not any(answers(path) for path in sockets), "Dovecot to be gone")

"""A PostgreSQL server of the test's own: an unprivileged user's, in its directory, on a unix
socket. Run as a program, it runs a command with such a server: MILTICKET_POSTGRESQL is the
directory of its socket, and daemons of harness.daemon have their stores there."""
import atexit
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import weakref

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.ground import UNPRIVILEGED, give, new_directory, run, stop_process, wait_until

HOME = pathlib.Path("/usr/lib/postgresql/15/bin")
ROLE, ADMIN = "milticket", "postgres"
TEMPLATE = "milticket_template"

SETTINGS = """
listen_addresses = ''
fsync = on
shared_buffers = 64MB
max_connections = 60
max_wal_size = 256MB
jit = off
log_min_messages = warning
log_line_prefix = '%m [%p] %q%a '
lc_messages = 'C'
"""


# Whoever is still connected has been forgotten. Rows go in any order.
EMPTY = """
select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid();
set session_replication_role = replica;
do $$ declare it record; begin
  for it in select tablename from pg_tables
    where schemaname = 'milticket' and tablename <> 'schema' loop
    execute format('delete from milticket.%I', it.tablename);
  end loop;
  for it in select sequencename from pg_sequences
    where schemaname = 'milticket' and sequencename not like 'schema%' loop
    execute format('alter sequence milticket.%I restart', it.sequencename);
  end loop;
end $$;
"""
found = None


def environment():
    """libpq's own variables must not lead a test elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


class Databases:
    """Those of a server that listens in that directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.free = []

    def prepare(self):
        """The role, and the database that others are copies of. Once for a server."""
        self.sql(f"create role {ROLE} login; create role milticket_report nologin")
        self.sql(f"create database {TEMPLATE} owner {ROLE}")
        return self

    def database(self, template=TEMPLATE):
        """A new one, as its template is; gives its name."""
        name = f"test_{secrets.token_hex(8)}"
        self.sql(f"create database {name} owner {ROLE} template {template}")
        return name

    def lend(self, borrower):
        """An empty one for as long as the borrower lives. Making and dropping one takes longer than
        emptying it."""
        name = self.free.pop() if self.free else self.database()
        weakref.finalize(borrower, self.free.append, name)
        self.empty(name)
        return name

    def copy(self, of, name):
        """Makes one what another is."""
        self.drop(name)
        self.sql(f"create database {name} owner {ROLE} template {of}")

    def contents(self, name):
        """All that a dump has of it, and what its bytes are when they are no digits."""
        dump = run(HOME / "pg_dump", "--data-only", self.url(name), env=environment()).stdout
        # Newer ones begin and end a dump with a random word.
        dump = re.sub(rb"(?m)^\\(un)?restrict .*\n", b"", dump)
        return dump + b"".join(
            bytes.fromhex(digits.decode()) for digits in re.findall(rb"\\\\x([0-9a-f]+)", dump)
        )

    def transactions(self, name):
        """How many are open in it."""
        return int(
            self.sql(
                "select count(*) from pg_stat_activity where xact_start is not null"
                f" and backend_type = 'client backend' and datname = '{name}'"
            )
        )

    def empty(self, name):
        self.sql(EMPTY, name)

    def drop(self, name):
        self.sql(f"drop database if exists {name} with (force)")

    def url(self, name, role=ROLE):
        return f"postgresql://{role}@/{name}?host={self.directory}"

    def sql(self, text, database="postgres", role=ADMIN, check=True):
        """What psql gives for it, a line a row, columns between tabs."""
        done = run(
            HOME / "psql", "-X", "-A", "-t", "-q", "-F", "\t", "-v", "ON_ERROR_STOP=1",
            self.url(database, role), "-c", text, check=check, env=environment(),
        )  # fmt: skip
        return done.stdout.decode().rstrip("\n") if check else done

    def table(self, text, database):
        """As psql shows it to people."""
        words = [HOME / "psql", "-X", "-q", self.url(database, ADMIN), "-c", text]
        return run(*words, env=environment()).stdout.decode().rstrip()

    def rows(self, text, database):
        return [line.split("\t") for line in self.sql(text, database).splitlines()]


def shared():
    """The server that the whole run of tests has; None: there is none, and stores are LMDB's."""
    global found
    directory = os.environ.get("MILTICKET_POSTGRESQL")
    if directory and not found:
        found = Databases(directory)
    return found


class PostgreSQL(Databases):
    """Its superuser is ADMIN; ROLE owns the databases. settings is text of postgresql.conf.
    copy_of: a server that runs, whose standby it is."""

    def __init__(self, settings="", directory=None, copy_of=None):
        super().__init__(directory or new_directory("postgresql"))
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.process = None
        give(self.directory)
        if copy_of:
            self.own(
                HOME / "pg_basebackup", "-D", self.data, "-R", "-c", "fast",
                "-d", f"host={copy_of.directory} user={ADMIN}",
            )  # fmt: skip
        else:
            self.own(
                HOME / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
                "--auth=trust", f"--username={ADMIN}", self.data,
            )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS + f"unix_socket_directories = '{self.directory}'\n" + settings)
        atexit.register(self.kill)

    def user(self):
        """Of the server's processes: PostgreSQL refuses to be root."""
        return {"user": UNPRIVILEGED[0], "group": UNPRIVILEGED[1]} if os.geteuid() == 0 else {}

    def own(self, *command):
        """Runs a command as the server's user."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self.user(),
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")

    # --- its life ---

    def launch(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [HOME / "postgres", "-D", self.data],
                cwd="/",
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.user(),
            )
        return self

    def start(self):
        """Starts it and waits until it takes connections."""
        self.launch()
        wait_until(self.answers, "PostgreSQL to be ready", 60)
        return self

    def ended(self):
        return self.process is None or self.process.poll() is not None

    def answers(self):
        assert not self.ended(), self.log.read_text()
        ready = run(HOME / "pg_isready", "-q", "-h", self.directory, check=False, env=environment())
        return ready.returncode == 0

    def stop(self):
        """In order, with whoever is connected thrown out."""
        if not self.ended():
            assert stop_process(self.process, 60, signal.SIGINT) == 0

    def kill(self):
        """As if the power had gone: all of its processes."""
        if self.ended():
            return
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        )
        self.process.kill()
        self.process.wait()
        for pid in children.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def restart(self):
        self.stop()
        return self.start()


def main(command):
    server = PostgreSQL().start().prepare()
    try:
        return subprocess.call(
            command, env={**os.environ, "MILTICKET_POSTGRESQL": str(server.directory)}
        )
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

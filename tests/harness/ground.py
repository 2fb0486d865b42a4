"""Directories, ports, waiting and processes."""
import atexit
import os
import pathlib
import pty
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILTICKET_BUILD", SOURCE / "_build" / "gcc"))
MAIL = SOURCE / "tests" / "mail"
UNPRIVILEGED = ("nobody", "nogroup")


def program(name):
    """The path of a program of ours in the build directory; its absence is a failure, never a skip."""
    for path in (BUILD / name, BUILD / "milter" / name, BUILD / "tools" / name):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError(f"{name} is not built in {BUILD}")


def tool(name):
    """The path of a program of the system."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise FileNotFoundError(f"{name} is not installed")
    return path


def new_directory(prefix, keep=False):
    """A directory that other users may pass through, as mail servers change theirs. It goes when we end, unless it is to be
    kept, or MILTICKET_KEEP is set."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"milticket-{prefix}-", dir="/tmp"))
    path.chmod(0o755)
    if not keep and not os.environ.get("MILTICKET_KEEP"):
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def give(path, user=UNPRIVILEGED[0]):
    """Makes that user the owner; nothing to do when we are not root."""
    if os.geteuid() == 0:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def free_ports(count):
    """Ports of 127.0.0.1 that were free a moment ago, each once."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def wait_until(condition, what, seconds=20):
    """The first true value of condition(); an AssertionError that says what never came."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def answers(address):
    """Does somebody listen at a unix path or a (host, port)?"""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    with socket.socket(family) as sock:
        sock.settimeout(1)
        try:
            sock.connect(address if isinstance(address, tuple) else str(address))
        except OSError:
            return False
        return True


def stop_process(process, seconds=10, how=signal.SIGTERM):
    """Ends a child of ours and returns its exit code; one that does not listen is killed, and that is an error."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired as late:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args[0]} did not stop within {seconds} s") from late


def run(*command, stdin=b"", check=True, env=None, seconds=60):
    """Runs a command to its end with its output kept in files; returns it with stdout and stderr as bytes."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        done = subprocess.run(
            [str(word) for word in command],
            input=stdin,
            stdout=out,
            stderr=err,
            env=env,
            timeout=seconds,
        )
        out.seek(0)
        err.seek(0)
        done.stdout, done.stderr = out.read(), err.read()
    if check and done.returncode != 0:
        raise AssertionError(
            f"{command} ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
        )
    return done


def on_terminal(*command, env=None, keys=b""):
    """Runs a program on a terminal of its own: what a person sees there, with escape sequences, and the exit code."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(
            command[0],
            [str(word) for word in command],
            {**os.environ, "TERM": "xterm", **(env or {})},
        )
    os.write(terminal, keys)
    seen = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(terminal)
    return seen.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

"""A Debian of its own, of the packages that the host's apt knows, booted in a container. Needs root.

Nothing of it outlives the test: each boot begins with the same files, and its changes are in
memory. It has no network but its loopback interface.
"""

import pathlib
import subprocess

from .ground import new_directory, run, tool, wait_until

DEBIAN = "Origin: Debian"
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


def sources():
    """The host's own sources of Debian, whose key a new system has, as lines of sources.list."""
    form = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = [tool("apt-get"), "indextargets", "Created-By: Packages", DEBIAN, "--format", form]
    found = run(*command).stdout
    if not found.strip():
        run(tool("apt-get"), "-q", "update", seconds=300)
        found = run(*command).stdout
    assert found.strip(), "apt knows no sources of Debian"
    return found


def release():
    lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("VERSION_CODENAME="))


def begin_system(packages):
    """Begins to make a system with the packages; returns what finish_system() wants."""
    directory = new_directory("system")
    # How the host gets at its packages, proxies and all.
    options = run(tool("apt-config"), "dump", "--format", '%F "%v";%n', "Acquire").stdout
    (directory / "apt.conf").write_bytes(options)
    (directory / "sources").write_bytes(sources())
    with (directory / "sources").open() as lines, (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [
                tool("mmdebstrap"),
                "--variant=minbase",
                f"--aptopt={directory}/apt.conf",
                "--include=" + ",".join(["systemd-sysv", "dbus", *packages]),
                release(),
                str(directory / "root"),
                "-",
            ],
            stdin=lines,
            stdout=log,
            stderr=log,
        )
    return directory, process


def finish_system(begun):
    """The root directory of a system that was begun."""
    directory, process = begun
    code = process.wait(600)
    assert code == 0, (directory / "log").read_text()[-4000:]
    return directory / "root"


class Machine:
    """`shown` is a directory of the host that the machine sees as /srv."""

    def __init__(self, root, shown):
        self.log = new_directory("machine") / "console"
        command = [tool("systemd-nspawn"), "--directory", root, "--bind-ro", f"{shown}:/srv"]
        command += [
            "--volatile=overlay",
            "--private-network",
            "--register=no",
            "--keep-unit",
            "--boot",
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.init = wait_until(self.find_init, "the machine to boot", 30)
            wait_until(self.is_up, "the machine to be up", 60)
        except AssertionError as error:
            self.end()
            raise AssertionError(
                f"{error}: {self.log.read_text(errors='replace')[-4000:]}"
            ) from error

    def find_init(self):
        """The pid of the machine's systemd; nspawn has other children before."""
        pid = self.process.pid
        assert self.process.poll() is None, "systemd-nspawn ended"
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            try:
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
            except OSError:
                pass
        return None

    def is_up(self):
        assert self.process.poll() is None, "systemd-nspawn ended"
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in (b"running", b"degraded")

    def run(self, *command, stdin=b"", check=True, seconds=120):
        """As ground.run(), in the machine, as its root."""
        within = [tool("nsenter"), "--all", "--target", self.init, "--wdns=/", "env", "-i"]
        within += [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return run(*within, *command, stdin=stdin, check=check, seconds=seconds)

    def shell(self, text, **options):
        """The standard output of a shell's script."""
        return self.run("sh", "-ec", text, **options).stdout.decode()

    def end(self):
        """Powers off. Its processes do not outlive nspawn."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

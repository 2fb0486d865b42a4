"""A machine of its own for what changes a whole system: this one's files as a copy that nobody else sees, its own users,
processes, network and host name. Needs root."""
import os
import pathlib
import signal
import subprocess

from .ground import BUILD, SOURCE, new_directory, run, wait_until

# Overlays: what is written goes to memory, and ends with the machine. /etc/hosts is all that names
# hosts there.
BOOT = r"""
set -e
place=$1
mount -t tmpfs -o mode=0755 machine "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" machine "$place/root"
cd "$place/root"
while shift && [ "$1" ]; do
    mkdir -p ".$2"
    mount --bind "$1" ".$2"
    shift
done
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=0755 run run
mkdir -m 1777 run/lock
ip link set lo up
hostname mx.example.com
printf '127.0.0.1 localhost\n127.0.1.1 mx.example.com mx\n' >etc/hosts
: >etc/resolv.conf
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
exec chroot . sh -c 'echo ready; while :; do sleep 1000 & wait; done'
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The answers of somebody who installs Debian's Postfix as it is offered.
STOCK_POSTFIX = """
printf '%s\\n' 'postfix postfix/main_mailer_type select Internet Site' \\
    'postfix postfix/mailname string example.com' | debconf-set-selections
rm -rf /etc/postfix/main.cf /etc/postfix/master.cf /etc/aliases*
DEBIAN_FRONTEND=noninteractive dpkg-reconfigure postfix
"""


class Overlay:
    """mounts: pairs of a directory of ours and its place there, beside the source and the build. `root` is its /, as we see it."""

    def __init__(self, mounts=()):
        place = new_directory("machine")
        mounts = [(SOURCE, SOURCE), (BUILD, BUILD), *mounts]
        flat = [str(word) for pair in mounts for word in pair]
        self.process = subprocess.Popen(
            ["unshare", "-mnupi", "--fork", "--kill-child", "--propagation", "private"]
            + ["sh", "-c", BOOT, "sh", str(place), *flat],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(place / "log").open("wb"),
        )
        assert self.process.stdout.readline() == b"ready\n", (place / "log").read_text()
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.init = wait_until(lambda: children.read_text().split(), "its first process")[0]
        self.root = pathlib.Path(f"/proc/{self.init}/root")
        systemctl = (SOURCE / "tests" / "harness" / "systemctl").read_text()
        self.write("/usr/local/sbin/systemctl", systemctl, 0o755)

    def file(self, path):
        return self.root / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        self.file(path).write_text(text)
        self.file(path).chmod(mode)

    def run(self, *words, check=True, stdin=b"", seconds=300, **environment):
        """A command there, as root logs in: its outputs as bytes, its exit code."""
        inside = ["nsenter", "-t", self.init, "-a", "-r", "-w", "env", "-i", f"PATH={PATH}"]
        home = ["HOME=/root", "LC_ALL=C.UTF-8", *(f"{n}={v}" for n, v in environment.items())]
        return run(*inside, *home, *words, check=check, stdin=stdin, seconds=seconds)

    def shell(self, script, check=True, **more):
        """Lines of a shell; the first that fails ends them."""
        return self.run("sh", "-ec", script, check=check, **more)

    def stock_postfix(self):
        """Debian's Postfix as its package sets it up, for example.com, with users anna and ben."""
        self.write("/etc/mailname", "example.com\n")
        self.shell("useradd --create-home anna; useradd --create-home ben")
        self.shell(STOCK_POSTFIX)

    def install_built(self):
        """What is built in our build directory, where it says, with its user and directories."""
        self.shell(f"make -s -C {BUILD} install")
        self.shell("systemd-sysusers /usr/local/lib/sysusers.d/milticket.conf")
        self.shell("systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/milticket.conf")

    def stop(self):
        """Its processes end with the first one, and its files with them."""
        os.kill(int(self.init), signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

"""What systemd makes of our unit, user and directories."""
import re

import pytest

from harness.ground import BUILD, SOURCE, new_directory, program, run, tool

EXPOSURE = 2.0


@pytest.fixture(scope="module")
def unit():
    """The unit as built, but of the daemon in the build directory: systemd looks whether it is there."""
    run("make", "-s", "-C", BUILD, "conf/milticket.service")
    text = (BUILD / "conf/milticket.service").read_text()
    path = new_directory("unit") / "milticket.service"
    path.write_text(re.sub(r"=\S+/milticketd ", f"={program('milticketd')} ", text))
    return path


@pytest.fixture(scope="module")
def root():
    """A system of its own that has nothing but our user and our directories."""
    directory = new_directory("root")
    (directory / "etc").mkdir()
    run(tool("systemd-sysusers"), f"--root={directory}", SOURCE / "conf/milticket.sysusers")
    run(
        tool("systemd-tmpfiles"),
        f"--root={directory}",
        "--create",
        SOURCE / "conf/milticket.tmpfiles",
    )
    return directory


def fields(path, name):
    return next(
        line.split(":") for line in path.read_text().splitlines() if line.startswith(f"{name}:")
    )


def test_the_unit_says_nothing_that_systemd_does_not_understand(unit):
    done = run(tool("systemd-analyze"), "verify", "--man=no", unit)
    assert unit.name.encode() not in done.stdout + done.stderr


def test_the_sandbox_leaves_little_exposed(unit):
    done = run(tool("systemd-analyze"), "security", "--no-pager", "--offline=true", unit)
    exposure = re.search(rb"exposure level for milticket\.service: ([0-9.]+)", done.stdout)
    assert exposure and float(exposure[1]) <= EXPOSURE


def test_the_user_is_a_system_user_that_cannot_log_in(root):
    _, password, uid, gid, _, home, shell = fields(root / "etc/passwd", "milticket")
    assert (
        password == "x"
        and int(uid) < 1000
        and home == "/var/lib/milticket"
        and shell.endswith("/nologin")
    )
    assert fields(root / "etc/group", "milticket")[2] == gid


@pytest.mark.parametrize("path, mode", (("run/milticket", 0o750), ("var/lib/milticket", 0o2770)))
def test_a_directory_is_the_users_and_the_groups_alone(root, path, mode):
    there = (root / path).stat()
    assert there.st_mode & 0o7777 == mode
    assert [str(there.st_uid), str(there.st_gid)] == fields(root / "etc/passwd", "milticket")[2:4]

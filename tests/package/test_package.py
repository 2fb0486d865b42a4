"""What is handed out and what is installed: the tarball builds, checks and cleans up by itself; an installation is whole."""
import os
import pathlib
import re

import pytest

from harness.ground import BUILD, SOURCE, new_directory, run

# As make without our environment's jobserver and flags.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS", "MILTICKET"))
}
PREFIX = "usr/local"


def make(*words, seconds=600):
    return run("make", "-s", "-C", BUILD, *words, env=ENVIRONMENT, seconds=seconds)


@pytest.fixture(scope="module")
def installed():
    """The files of an installation, as paths below /."""
    directory = new_directory("install")
    make("install", f"DESTDIR={directory}")
    return directory


def shipped(pattern):
    return sorted(
        path.relative_to(SOURCE).as_posix() for path in SOURCE.glob(pattern) if path.is_file()
    )


def test_the_tarball_builds_checks_installs_and_cleans_up():
    done = make(
        f"-j{os.cpu_count()}",
        "distcheck",
        "DISTCHECK_CONFIGURE_FLAGS=--enable-developer CFLAGS=-O0",
    )
    assert b"ready for distribution" in done.stdout


@pytest.mark.parametrize(
    "path, mode",
    (
        (f"{PREFIX}/sbin/milticketd", 0o755),
        (f"{PREFIX}/bin/ticket", 0o755),
        (f"{PREFIX}/etc/milticket/milticket.conf", 0o644),
        (f"{PREFIX}/etc/milticket/milticket.conf.example", 0o644),
        (f"{PREFIX}/share/man/man1/ticket.1", 0o644),
        (f"{PREFIX}/share/man/man5/milticket.conf.5", 0o644),
        (f"{PREFIX}/share/man/man7/milticket-agents.7", 0o644),
        (f"{PREFIX}/share/man/man8/milticketd.8", 0o644),
        (f"{PREFIX}/lib/systemd/system/milticket.service", 0o644),
        (f"{PREFIX}/lib/sysusers.d/milticket.conf", 0o644),
        (f"{PREFIX}/lib/tmpfiles.d/milticket.conf", 0o644),
    ),
)
def test_an_installation_has(installed, path, mode):
    assert (installed / path).stat().st_mode & 0o777 == mode


def test_every_template_is_installed(installed):
    there = {path.name for path in (installed / PREFIX / "share/milticket/templates").iterdir()}
    assert there == {pathlib.Path(path).name for path in shipped("conf/templates/*.eml")}


def test_every_example_is_installed_and_a_script_stays_one(installed):
    root = installed / PREFIX / "share/doc/milticket/examples"
    there = {
        path.relative_to(root).as_posix(): path.stat().st_mode & 0o777
        for path in root.rglob("*")
        if path.is_file()
    }
    source = SOURCE / "conf" / "examples"
    scripts = ("notmuch/post-new", "rspamd/milticket-learn")
    names = [path.removeprefix("conf/examples/") for path in shipped("conf/examples/**/*")]
    assert there == {name: 0o755 if name in scripts else 0o644 for name in names}
    index = (source / "README").read_text()
    assert [
        name for name in names if name != "README" and pathlib.Path(name).name not in index
    ] == []


def test_the_unit_starts_what_was_installed(installed):
    unit = (installed / PREFIX / "lib/systemd/system/milticket.service").read_text()
    assert re.search(r"^ExecStart=/usr/local/sbin/milticketd -f$", unit, re.M)
    assert "@" not in re.sub(r"@(system-service|privileged|resources)\b", "", unit)


def test_an_installation_keeps_the_configuration_that_is_there(installed):
    config = installed / PREFIX / "etc/milticket/milticket.conf"
    config.write_text("# the postmaster's own\n")
    make("install", f"DESTDIR={installed}")
    assert config.read_text() == "# the postmaster's own\n"
    assert (installed / PREFIX / "etc/milticket/milticket.conf.example").read_bytes() == (
        SOURCE / "conf/milticket.conf"
    ).read_bytes()


def test_every_source_file_is_in_the_tarball():
    directory = new_directory("dist")
    make("distdir", f"distdir={directory}/milticket")
    there = {
        path.relative_to(directory / "milticket").as_posix()
        for path in (directory / "milticket").rglob("*")
        if path.is_file()
    }
    wanted = [
        path
        for pattern in ("lib/**/*", "milter/*", "tools/**/*", "conf/**/*", "tests/**/*.*")
        for path in shipped(pattern)
    ]
    missing = [
        path
        for path in wanted
        if path not in there and "__pycache__" not in path and "/." not in path
    ]
    assert not missing


def test_uninstalling_leaves_only_what_the_postmaster_changed(installed):
    (installed / PREFIX / "etc/milticket/milticket.conf").write_text("# the postmaster's own\n")
    make("uninstall", f"DESTDIR={installed}")
    left = [
        path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()
    ]
    assert left == [f"{PREFIX}/etc/milticket/milticket.conf"]

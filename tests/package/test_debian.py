"""The Debian package as a file: built twice it is the same, and lintian has nothing against it."""

import re

import pytest

from harness.ground import SOURCE, new_directory, run, tool


def only(directory, pattern):
    (path,) = directory.glob(pattern)
    return path


@pytest.fixture(scope="module")
def unpacked(today):
    directory = new_directory("unpacked")
    run("dpkg-deb", "-x", only(today, "milticket_*.deb"), directory)
    return directory


@pytest.mark.parametrize("pattern", ("*.tar.xz", "milticket_*.deb", "milticket-dbgsym_*.deb"))
def test_who_builds_it_where_and_when_makes_no_difference(today, again, pattern):
    one, two = only(today, pattern), only(again, pattern)
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


def harness_packages(name):
    """A list of tests/harness/packages.sh."""
    script = f'. {SOURCE}/tests/harness/packages.sh; printf "%s" "${name}"'
    return set(run("sh", "-c", script).stdout.decode().split())


# What Debian's build-essential and debhelper bring.
TOOLS = {"autoconf", "automake", "gcc", "libc6-dev", "make"}


def test_what_it_needs_to_be_built_is_declared():
    control = (SOURCE / "conf/debian/control").read_text()
    declared = re.search(r"^Build-Depends:(.*?)^\S", control, re.M | re.S)[1]
    assert harness_packages("build_packages") - TOOLS <= {
        word.strip(" ,") for word in declared.split()
    }


def test_readme_names_what_it_needs_to_be_built(readme):
    named = {word for line in readme if line.startswith("apt-get install") for word in line.split()}
    assert (
        harness_packages("build_packages") - {"gcc", "libc6-dev", "make", "libglib2.0-dev"} <= named
    )
    assert {"build-essential", "debhelper"} <= named


def test_it_depends_on_the_libraries_that_it_loads_when_it_uses_them(today, unpacked):
    """dpkg-shlibdeps sees those that are linked."""
    words = re.findall(rb"\blib\w+\.so\.\d+", (unpacked / "usr/sbin/milticketd").read_bytes())
    linked = run("objdump", "-p", unpacked / "usr/sbin/milticketd").stdout.decode()
    late = {
        word for word in map(bytes.decode, words) if f"NEEDED               {word}" not in linked
    }
    found = [run("dpkg", "-S", f"*/{name}").stdout.decode().split(":")[0] for name in late]
    depends = run("dpkg-deb", "-f", only(today, "milticket_*.deb"), "Depends").stdout.decode()
    assert len(found) == 4
    assert set(found) <= {word.split()[0] for word in depends.split(",")}


def test_lintian_has_neither_errors_nor_warnings(today):
    done = run(
        tool("lintian"),
        "--allow-root",
        "--no-cfg",
        "--fail-on=error,warning",
        only(today, "*.changes"),
        check=False,
        seconds=300,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_it_is_older_than_the_release_that_it_leads_to(today):
    version = (
        run("dpkg-deb", "-f", only(today, "milticket_*.deb"), "Version").stdout.decode().strip()
    )
    release = re.search(r"\((.*)\)", (SOURCE / "conf/debian/changelog").read_text())[1]
    assert version == release or (
        version.startswith(f"{release}~git")
        and run("dpkg", "--compare-versions", version, "lt", release).returncode == 0
    )


def test_only_what_is_said_to_differ_from_the_shipped_settings_does(unpacked):
    ours = (SOURCE / "conf/milticket.conf").read_text().splitlines()
    there = (unpacked / "etc/milticket/milticket.conf").read_text().splitlines()
    changed = [line for line in there if line not in ours and not line.startswith("#")]
    assert changed == ['socket = "unix:/var/spool/postfix/milticket/milter.sock";']
    assert [line for line in ours if line not in there] == [
        line for line in ours if line.startswith(("#socket = ", "# Permissions of a unix"))
    ]


@pytest.mark.parametrize(
    "path",
    (
        "lib/systemd/system/milticket.service",
        "usr/lib/sysusers.d/milticket.conf",
        "usr/lib/tmpfiles.d/milticket.conf",
        "usr/share/bash-completion/completions/ticket",
        "usr/share/doc/milticket/README.Debian",
        "usr/share/doc/milticket/README.gz",
        "usr/share/doc/milticket/changelog.Debian.gz",
        "usr/share/doc/milticket/copyright",
        "usr/share/doc/milticket/examples/milticket.conf",
        "usr/share/fish/vendor_completions.d/ticket.fish",
        "usr/share/man/man1/ticket.1.gz",
        "usr/share/man/man5/milticket.conf.5.gz",
        "usr/share/man/man7/milticket-agents.7.gz",
        "usr/share/man/man8/milticketd.8.gz",
        "usr/share/zsh/vendor-completions/_ticket",
    ),
)
def test_it_has(unpacked, path):
    assert (unpacked / path).is_file()


def test_its_settings_and_logcheck_rules_are_the_administrators(today):
    listed = (
        run("dpkg-deb", "-I", only(today, "milticket_*.deb"), "conffiles").stdout.decode().split()
    )
    assert listed == ["/etc/logcheck/ignore.d.server/milticket", "/etc/milticket/milticket.conf"]

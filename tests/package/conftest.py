"""Packages of Debian, built once for all tests, and a system to install them on, made meanwhile."""

import os
import re
import shutil

import pytest

from harness.ground import BUILD, SOURCE, new_directory, program, run
from harness.machine import Machine, begin_system, finish_system

# As make without our environment's jobserver and flags.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS", "MILTICKET", "DEB_"))
}
WITH_MAIL = ("adduser", "postfix", "python3")


def shell(text, seconds=600):
    return run("sh", "-ec", text, env=ENVIRONMENT, seconds=seconds)


def libraries_by_name():
    """Packages of what our programs load when they use it: dpkg-shlibdeps cannot see them."""
    control = (SOURCE / "conf/debian/control").read_text()
    depends = re.search(r"^Depends:(.*?)^\S", control, re.M | re.S)[1]
    return re.findall(r"^ +(lib[\w.+-]+)", depends, re.M)


def libraries():
    """The packages of the libraries that our programs want."""
    directory = new_directory("libraries")
    (directory / "debian").mkdir()
    shutil.copy(SOURCE / "conf/debian/control", directory / "debian/control")
    programs = " ".join(f"-e{program(name)}" for name in ("milticketd", "ticket"))
    found = shell(f"cd {directory} && dpkg-shlibdeps -O {programs}").stdout.decode()
    wanted = next(line for line in found.splitlines() if line.startswith("shlibs:Depends="))
    linked = [word.split()[0] for word in wanted.partition("=")[2].split(",")]
    return linked + libraries_by_name()


@pytest.fixture(scope="session")
def readme():
    """README's commands for those who install a package."""
    text = (SOURCE / "README").read_text()
    begin = text.index("\nInstalling for real\n")
    lines = text[begin : text.index("\nOr without one:\n", begin)].replace("\\\n", "").splitlines()
    return [line.strip() for line in lines if line.startswith("  ")]


@pytest.fixture(scope="session")
def begun():
    return begin_system([*WITH_MAIL, *libraries()])


@pytest.fixture(scope="session")
def today(begun):
    """What `make deb` leaves in a directory, and the tarball that it is made of."""
    directory = new_directory("today")
    shell(f"make -s -C {BUILD} deb DEB_DIR={directory}")
    (tarball,) = BUILD.glob("milticket-*.tar.xz")
    shutil.copy(tarball, directory)
    return directory


@pytest.fixture(scope="session")
def again(today, readme):
    """The same by somebody else, as README says: another place, another umask, another time zone."""
    directory = new_directory("again-in-a-place-with-a-longer-name")
    junk = shutil.ignore_patterns("_build*", "__pycache__", ".pytest_cache")
    shutil.copytree(SOURCE, directory / "tree", symlinks=True, ignore=junk)
    steps = [line for line in readme if line.startswith(("./", "make deb"))]
    assert [step.split()[0] for step in steps] == ["./autogen.sh", "./configure", "make"]
    words = "\n".join(["umask 077", f"export TZ=Asia/Tokyo TMPDIR={directory}", "cd tree", *steps])
    shell(f"cd {directory}\n{words}\nmv milticket-*.tar.xz _build")
    return directory / "tree/_build"


@pytest.fixture(scope="session")
def old(begun):
    """The directory of a package of the first commit that could make one; where there is no history,
    of the present sources under an older version."""
    directory = new_directory("old")
    tree = directory / "tree"
    git = f"git -c safe.directory='*' -C {SOURCE}"
    first = f"{git} log --format=%H --diff-filter=A -- conf/debian/changelog | tail -n 1"
    commit = run("sh", "-c", first, check=False).stdout.decode().strip()
    if commit:
        tree.mkdir()
        shell(f"{git} archive {commit} | tar -x -C {tree}")
    else:
        shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("_build*"))
    shell(
        f"""cd {tree}; cp -R conf/debian debian; sed -i '1s/(.*)/(0.0-1)/' debian/changelog
        DEB_BUILD_OPTIONS='nocheck noopt noautodbgsym' dpkg-buildpackage -us -uc -b -Jauto"""
    )
    return directory


@pytest.fixture(scope="session")
def root(begun):
    return finish_system(begun)


@pytest.fixture(scope="session")
def shown(today, old):
    """What machines see as /srv."""
    directory = new_directory("shown")
    for name, source in (("today", today), ("old", old)):
        (directory / name / "_build").mkdir(parents=True)
        for path in source.glob("milticket_*.deb"):
            shutil.copy(path, directory / name / "_build")
    shutil.copytree(SOURCE / "conf/debian/tests", directory / "tests")
    return directory


@pytest.fixture
def machine(root, shown):
    """A Debian with its own Postfix, and without us."""
    machine = Machine(root, shown)
    yield machine
    machine.end()

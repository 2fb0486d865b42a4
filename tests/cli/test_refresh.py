"""The shipped configuration and its manual page are what the table of keys says."""

import os
import shutil
import subprocess
from pathlib import Path

from harness.ground import program, run

ROOT = Path(__file__).resolve().parents[2]


def refresh(script, *words):
    return subprocess.run([script, *words, program("ticket")], capture_output=True, text=True)


def test_shipped_files_are_those_of_the_table():
    """Where this fails: make refresh."""
    checked = refresh(ROOT / "tools" / "refresh-conf", "--check")
    assert (checked.returncode, checked.stderr) == (0, "")


def copied(directory):
    """The script in a tree of its own, with the shipped files beside it."""
    for name in ("tools/refresh-conf", "conf/milticket.conf", "conf/milticket.conf.5"):
        (directory / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, directory / name)
    return directory / "tools" / "refresh-conf"


def without_item(page, key):
    begin = page.index(f"\n.It Ic {key}\n") + 1
    return page[:begin] + page[page.index("\n.It ", begin) + 1 :]


def test_a_key_that_the_page_lacks_gets_an_item_and_a_stale_default_is_set_right(tmp_path):
    script, page = copied(tmp_path), tmp_path / "conf" / "milticket.conf.5"
    whole = page.read_text()
    page.write_text(without_item(whole, "mail_out.starttls").replace(".Ql 30 .", ".Ql 31 ."))
    (tmp_path / "conf" / "milticket.conf").write_text("# stale\n")
    checked = refresh(script, "--check")
    assert checked.returncode == 1 and checked.stderr.count("run make refresh") == 2
    assert refresh(script).returncode == 0
    made = page.read_text()
    item = made[made.index("\n.It Ic mail_out.starttls\n") :].split("\n.It ")[1]
    assert all(word in item for word in ("\n.Cm never ,", "\n.Cm require .", "Default:\n.Ql try ."))
    assert made.index(".It Ic mail_out.password_file") < made.index(".It Ic mail_out.starttls")
    assert made.count(".Ql 30 .") == whole.count(".Ql 30 .") and ".Ql 31 ." not in made
    lint = subprocess.run(["mandoc", "-Tlint", page], capture_output=True, text=True).stdout
    assert [line for line in lint.splitlines() if "referenced manual not found" not in line] == []
    assert refresh(script, "--check").returncode == 0


def test_the_example_is_a_configuration(tmp_path):
    conf = tmp_path / "milticket.conf"
    conf.write_bytes(run(program("ticket"), "config", "example").stdout)
    shown = run(program("ticket"), "--config", conf, "config", "show").stdout
    os.truncate(conf, 0)
    assert shown == run(program("ticket"), "--config", conf, "config", "show").stdout

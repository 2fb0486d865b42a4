"""The page for agents shows what a mail client shows now."""
import re

from harness.ground import SOURCE, run

PAGE = SOURCE / "conf" / "milticket-agents.7"


def test_the_pictures_are_what_mutt_shows():
    done = run(SOURCE / "tests" / "mailboxes" / "pictures", check=False, seconds=120)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def test_every_folder_of_the_example_is_explained():
    rights = (SOURCE / "conf" / "examples" / "dovecot" / "milticket.acl").read_text()
    named = set(re.findall(r"^\.It Ql ([A-Z].*)$", PAGE.read_text(), re.M))
    folders = re.findall(r'^"?Tickets/(.*?)"? owner', rights, re.M)
    assert named == {folder.replace("*", "QUEUE") for folder in folders}

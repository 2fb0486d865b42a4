"""The package on a Debian with its systemd and Postfix: installed, upgraded, removed and purged."""

import json
import re

import pytest

from harness.box import mail, mbox
from harness.ground import SOURCE, run, wait_until

MAILS = 200
# Where every program leaves traces, or a machine that is running.
BUSY = "/dev /etc/.pwd.lock /etc/*- /proc /root /run /srv /sys /tmp /var/backups /var/cache"
BUSY += " /var/lib/apt /var/lib/dpkg /var/lib/postfix /var/lib/systemd/catalog /var/log"
BUSY += " /var/spool/postfix/*/* /var/spool/postfix/restart"
REFUSED = r"format \d+ is of a newer milticket, this one knows up to \d+"
ACCOUNT = 'accounts = ( { address = "support@example.com"; } );'
# The value of "format" is one byte beside its key.
NEWER = """
import re
with open("/var/lib/milticket/data.mdb", "r+b") as file:
    data = bytearray(file.read())
    places = [found.end() for found in re.finditer(rb"format(?=[0-9])", data)]
    for place in places:
        data[place:place + 1] = b"9"
    file.seek(0)
    file.write(data)
assert places
"""


def install(machine, which="today"):
    """Settings that the administrator changed stay."""
    machine.shell(
        "apt-get -qy --allow-downgrades -o Dpkg::Options::=--force-confold install"
        f" /srv/{which}/_build/milticket_*.deb"
    )


def commands(section):
    """What README.Debian has one do there."""
    text = (SOURCE / "conf/debian/README.Debian").read_text()
    begin = text.index(f"\n{section}\n---")
    lines = text[begin:].partition("\n\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.startswith("  ")]


def service(machine, name):
    return machine.shell(f"systemctl show --value -p {name} milticket").strip()


def journal(machine, *options):
    return machine.run("journalctl", "--no-pager", *options).stdout.decode()


def tickets(machine):
    lines = machine.run("ticket", "list", "--all", "--json").stdout.splitlines()
    return {ticket["number"]: ticket for ticket in map(json.loads, lines)}


def texts(machine):
    """What was said on some tickets."""
    shown = machine.run("ticket", "show", "--json", *map(str, range(1, 11))).stdout
    return [m["text"] for line in shown.splitlines() for m in json.loads(line)["messages"]]


def configure(machine):
    machine.shell(f"echo '{ACCOUNT}' >>/etc/milticket/milticket.conf; systemctl reload milticket")


def fill(machine):
    """Tickets of an old mailbox, some with answers, and what agents and admins do with them."""
    mails = [mail(n, answers=(n - 1,) if n % 3 == 2 else ()) for n in range(MAILS)]
    machine.run("sh", "-c", "cat >/root/box", stdin=mbox(mails))
    machine.shell(
        """ticket import --account support@example.com /root/box
        ticket agent add anna --name 'Anna Adler' --address anna@example.com --queue support
        ticket assign anna 1; ticket close 2; ticket spam 3; ticket tag +paper 4
        ticket priority high 5"""
    )


def files(machine):
    """All there is but what changes anyway."""
    pruned = " -o ".join(f"-path '{path}'" for path in BUSY.split())
    return set(machine.shell(f"find / -xdev \\( {pruned} \\) -prune -o -print").splitlines())


def users(machine):
    return set(machine.shell("cut -d: -f1 /etc/passwd").split())


def test_its_first_hour_and_its_mail_are_as_its_documentation_says(machine, readme):
    (command,) = (line for line in readme if line.startswith("apt install"))
    machine.shell(
        f"echo 'APT::Get::Assume-Yes 1;' >/etc/apt/apt.conf.d/yes; cd /srv/today; {command}"
    )
    done = machine.run("sh", "/srv/tests/mail", check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    # logcheck has nothing to report of a good day; the script's bad thing is settings with a
    # mistake.
    lines = journal(machine, "-o", "short", "-b", "--grep", "milticket").encode()
    rules = SOURCE / "conf/debian/milticket.logcheck.ignore.server"
    ours = run("grep", "-E", r"milticketd\[|systemd\[", stdin=lines).stdout
    left = run("grep", "-Evf", rules, stdin=ours).stdout.decode().splitlines()
    assert len(ours.splitlines()) > 10 and any("nonsense" in line for line in left)
    assert [line for line in left if not re.search("nonsense|status=78|Reload failed", line)] == []


def test_an_upgrade_keeps_every_ticket_and_starts_the_new_daemon(machine):
    install(machine, "old")
    configure(machine)
    fill(machine)
    before, said, pid = tickets(machine), texts(machine), service(machine, "MainPID")
    assert len(before) > MAILS / 2
    install(machine)
    assert service(machine, "ActiveState") == "active" and service(machine, "MainPID") != pid
    running = machine.shell(f"readlink /proc/{service(machine, 'MainPID')}/exe").strip()
    assert running == "/usr/sbin/milticketd"
    after = tickets(machine)
    assert after.keys() == before.keys()
    for number, ticket in before.items():
        assert {name: after[number].get(name) for name in ticket} == ticket
    assert texts(machine) == said
    machine.shell("ticket check")
    assert ACCOUNT in machine.shell("cat /etc/milticket/milticket.conf")


def test_back_at_an_older_version_nothing_is_lost(machine):
    """Where the store's format or a setting is not known yet, it is refused in words."""
    install(machine)
    configure(machine)
    fill(machine)
    before = tickets(machine)
    install(machine, "old")
    wait_until(lambda: service(machine, "ActiveState") in ("active", "failed"), "an outcome")
    if service(machine, "ActiveState") == "active":
        assert tickets(machine).keys() == before.keys()
    else:
        assert re.search(REFUSED + "|: unknown key", journal(machine, "-u", "milticket"))
    install(machine)
    assert service(machine, "ActiveState") == "active" and tickets(machine) == before


def test_a_store_of_a_newer_version_is_refused_in_words_and_once(machine):
    install(machine)
    machine.shell("systemctl stop milticket")
    machine.run("python3", "-", stdin=NEWER.encode())
    assert machine.run("systemctl", "start", "milticket", check=False).returncode != 0
    wait_until(lambda: service(machine, "ActiveState") == "failed", "the service to have failed")
    assert service(machine, "NRestarts") == "0" and service(machine, "ExecMainStatus") == "77"
    assert re.search(REFUSED, journal(machine, "-u", "milticket"))
    done = machine.run("ticket", "list", check=False)
    assert done.returncode == 77 and re.search(REFUSED, done.stderr.decode())


def test_removed_it_leaves_settings_and_tickets_and_comes_back_to_them(machine):
    install(machine)
    configure(machine)
    fill(machine)
    before = tickets(machine)
    machine.shell(
        "postconf -e smtpd_milters=unix:milticket/milter.sock milter_default_action=tempfail"
    )
    machine.shell("postconf -e non_smtpd_milters=unix:milticket/milter.sock; postfix reload")
    machine.shell("\n".join(commands("Upgrades, and back again")))
    machine.shell("test -s /var/backups/milticket-*")
    done = machine.run("apt-get", "-q", "-y", "remove", "milticket")
    assert b"puts off mail" in done.stdout
    assert not service(machine, "MainPID").strip("0")
    assert ACCOUNT in machine.shell("cat /etc/milticket/milticket.conf")
    machine.shell("\n".join(commands("Removal")))
    machine.shell("printf 'Subject: It is gone\\n\\nHello.\\n' | sendmail root")
    wait_until(
        lambda: b"It is gone"
        in machine.run("cat", "/var/mail/nobody", "/var/mail/root", check=False).stdout,
        "mail without us",
    )
    install(machine)
    assert service(machine, "ActiveState") == "active" and tickets(machine) == before


# Each file and directory below, but for what only the daemon looks into.
SHARED = """
cd /var/lib/milticket-mailboxes
find . -path './+*' -prune -o -printf '%y %u %g %m %P\\n' | sed 's/[0-9.]*M[0-9].*//'
"""


def test_mailboxes_are_kept_with_the_drop_in_and_refused_in_words_without(machine):
    install(machine)
    configure(machine)
    fill(machine)
    steps = commands("Tickets in the mail client")
    (setting,) = (step for step in steps if step.startswith("sed "))
    machine.shell("\n".join([setting, "systemctl restart milticket"]))
    refused = wait_until(
        lambda: re.search(r"mailboxes: (.*); mail is not affected", journal(machine)), "a refusal"
    )
    assert "/var/lib/milticket-mailboxes" in refused[1]
    assert service(machine, "ActiveState") == "active"
    assert "mailboxes-unit" in machine.run("ticket", "doctor", check=False).stdout.decode()

    machine.shell("\n".join(step for step in steps if step != setting))
    wait_until(
        lambda: json.loads(machine.shell("ticket mailboxes status --json"))["behind"] == 0,
        "the mailboxes",
    )
    said = machine.run("ticket", "doctor", check=False).stdout.decode()
    assert not re.search("mailboxes-(group|path|unit)", said)
    found = set(machine.shell(SHARED).splitlines())
    assert "d milticket milticket-mailboxes 2770 anna" in found
    assert "d milticket milticket-mailboxes 2770 anna/.Mine/cur" in found
    assert "f milticket milticket-mailboxes 660 anna/.Queues.support/new/" in found
    assert {" ".join(line.split(" ")[:4]) for line in found} == {
        "d milticket milticket-mailboxes 2750",
        "d milticket milticket-mailboxes 2770",
        "f milticket milticket-mailboxes 660",
    }
    # A move by the IMAP server's user, who is in the group.
    machine.shell(
        """useradd --system --groups milticket-mailboxes imap
        cd /var/lib/milticket-mailboxes/anna
        file=$(ls .Queues.support/*/* | head -n 1)
        setpriv --reuid imap --regid imap --init-groups mv "$file" .Mine/cur/"""
    )
    wait_until(
        lambda: len([t for t in tickets(machine).values() if t["agent"] == "anna"]) == 2,
        "a ticket of hers",
    )
    machine.shell("apt-get -q -y purge milticket; ! test -e /var/lib/milticket-mailboxes")


def test_without_postfix_it_starts_and_lets_nobody_else_connect(machine):
    """As for Sendmail, whose postmaster will name another socket."""
    machine.shell(
        "dpkg --force-depends --purge postfix; delgroup postfix || :; rm -rf /var/spool/postfix"
    )
    machine.shell("dpkg --force-depends --install /srv/today/_build/milticket_*.deb")
    assert service(machine, "ActiveState") == "active"
    place = machine.shell(
        "stat -c '%U %G %a' /var/spool/postfix/milticket /var/spool/postfix"
    ).split("\n")
    assert place[:2] == ["milticket milticket 2750", "root root 755"]


@pytest.mark.parametrize("removed_before", (False, True))
def test_purged_it_leaves_its_user_and_what_is_the_administrators(machine, removed_before):
    before, who = files(machine), users(machine)
    install(machine)
    configure(machine)
    fill(machine)
    machine.shell(
        "mkdir /opt/kept; touch /opt/kept/file; ln -s /opt/kept /var/lib/milticket/elsewhere"
    )
    if removed_before:
        machine.shell("apt-get -q -y remove milticket")
    machine.shell("apt-get -q -y purge milticket")
    assert users(machine) - who == {"milticket"}
    assert files(machine) ^ before == {"/opt/kept", "/opt/kept/file"}

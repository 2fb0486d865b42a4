"""ticket doctor on a stock Debian Postfix, chrooted as it comes: each fault is found, mended with the very command that is
printed, and then there is none."""
import json
import re

import pytest

from harness.ground import wait_until
from harness.overlay import Overlay

CONF = "/usr/local/etc/milticket/milticket.conf"
SOCKET = "/var/spool/postfix/milticket/milter.sock"
SETTINGS = f"""log = "stderr";
socket = "unix:{SOCKET}";
recipient_delimiter = "+";
accounts = (
  {{ address = "support@example.com"; }}
);
"""
# A whole installation, by README's own commands; tests/mta/test_readme.py runs those from README
# itself.
INSTALL = """
mkdir /root/stock
cp -a /etc/postfix /etc/passwd /etc/shadow /etc/group /etc/gshadow /root/stock
cp -a /etc/aliases /etc/aliases.db /root/stock
install -d -o milticket -g postfix -m 2750 /var/spool/postfix/milticket
systemctl start milticket
postconf -e 'smtpd_milters = unix:milticket/milter.sock' 'non_smtpd_milters = $smtpd_milters'
printf 'support: anna\\ntickets: root\\n' >>/etc/aliases
newaliases
systemctl start postfix
mkdir /root/before
cp -a /etc/postfix /etc/passwd /etc/shadow /etc/group /etc/gshadow /root/before
cp -a /etc/aliases /etc/aliases.db /root/before
cp -a /usr/local/etc/milticket/milticket.conf /root/before
"""
RESTORE = f"""
rm -rf /etc/postfix /etc/systemd/system/milticket.service.d
cp -a /root/before/postfix /root/before/*passwd /root/before/*shadow /etc
cp -a /root/before/group /root/before/aliases* /etc
ticket agent remove anna 2>/dev/null || true
chown -R milticket:milticket /var/lib/milticket && chmod -R g+rwX,o= /var/lib/milticket
chown milticket:postfix /var/spool/postfix/milticket && chmod 2750 /var/spool/postfix/milticket
if ! cmp -s /root/before/milticket.conf {CONF}; then
	cp /root/before/milticket.conf {CONF}
	systemctl stop milticket
fi
systemctl start milticket
chgrp postfix /var/spool/postfix/milticket/milter.sock
postfix status 2>/dev/null || postfix start
postfix reload
"""


@pytest.fixture(scope="module")
def machine():
    machine = Overlay()
    try:
        machine.stock_postfix()
        machine.install_built()
        machine.write(CONF, SETTINGS)
        machine.shell(INSTALL)
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def doctor(machine):
    machine.shell(RESTORE)
    return Doctor(machine)


class Doctor:
    def __init__(self, machine):
        self.machine = machine

    def look(self, *words):
        """Its findings, and its exit code, which must say the same."""
        done = self.machine.run("ticket", "doctor", "--json", *words, check=False)
        assert done.stderr == b""
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = [finding for finding in findings if finding["state"] == "wrong"]
        assert done.returncode == (1 if wrong else 0)
        return findings, wrong

    def shell(self, script):
        """Postfix's programs wait a second for a configuration that is younger."""
        self.machine.shell(f"{script}\ntouch -d '1 minute ago' /etc/postfix/*.cf")

    def wrong(self):
        return self.look()[1]

    def mend(self):
        """Does what is printed, in its order."""
        for finding in self.wrong():
            self.shell(finding["mend"])


# What is broken, the checks that find it, and something that is said of it.
PARAMETER = "postconf -e '{}'; postfix reload"
SUBMISSION = "postconf -M submission/inet='submission inet n - y - - smtpd'; "
MOVED = f"""sed -i 's|unix:{SOCKET}|unix:/run/milticket/milter.sock|' {CONF}
systemctl restart milticket
postconf -e 'smtpd_milters = unix:/run/milticket/milter.sock'"""
FAULTS = [
    (MOVED, "postfix-chroot postfix-milters", "smtp/inet is chrooted to /var/spool/postfix"),
    (
        "postconf -e smtpd_milters= non_smtpd_milters=unix:milticket/milter.sock",
        "postfix-milters",
        "smtp/inet has no milticket",
    ),
    (
        "postconf -e smtpd_milters= non_smtpd_milters=",
        "postfix-milters postfix-local",
        "smtp/inet has no milticket",
    ),
    (
        "postconf -e 'smtpd_milters = inet:127.0.0.1:8891, unix:/run/milticket/milter.sock'",
        "postfix-milters",
        "'unix:/run/milticket/milter.sock' does not lead the chrooted smtp/inet to milticketd",
    ),
    (
        SUBMISSION + "postconf -P submission/inet/smtpd_milters=",
        "postfix-milters",
        "submission/inet has no milticket",
    ),
    (
        "echo 'smtpd_milters = inet:127.0.0.1:8891' >>/etc/postfix/main.cf",
        "postfix-twice",
        "main.cf has smtpd_milters twice",
    ),
    (
        "postconf -e 'smtpd_milters = unix:milticket/milter.sock, unix:milticket/milter.sock'",
        "postfix-doubled",
        "more than once",
    ),
    (
        "postconf -e receive_override_options=no_milters,no_address_mappings",
        "postfix-no-milters",
        "smtp/inet calls no milters",
    ),
    (
        "postconf -P smtp/inet/receive_override_options=no_milters",
        "postfix-no-milters",
        "smtp/inet calls no milters",
    ),
    (
        "postconf -e content_filter=smtp:127.0.0.1:10024; "
        "postconf -M 127.0.0.1:10025/inet='127.0.0.1:10025 inet n - y - - smtpd'; "
        "postconf -P 127.0.0.1:10025/inet/content_filter=",
        "postfix-again",
        "127.0.0.1:10025/inet takes mail back from a content filter",
    ),
    ("postconf -X non_smtpd_milters", "postfix-local", "programs on this host"),
    (
        "postconf -e non_smtpd_milters=inet:127.0.0.1:8891",
        "postfix-local",
        "programs on this host",
    ),
    (
        "chgrp milticket /var/spool/postfix/milticket /var/spool/postfix/milticket/milter.sock",
        "postfix-group",
        "it is not in the group milticket",
    ),
    (
        "chown root:root /var/spool/postfix/milticket",
        "postfix-path",
        "may not pass /var/spool/postfix/milticket",
    ),
    (
        "chmod g-x /var/spool/postfix/milticket",
        "postfix-path",
        "may not pass /var/spool/postfix/milticket",
    ),
    (
        f"""echo 'socket_mode = "0600";' >>{CONF}; systemctl restart milticket""",
        "postfix-path",
        "its mode is 0600",
    ),
    (
        "postconf -e 'smtpd_milters = unix:milticket/milter.sock, inet:127.0.0.1:8891'",
        "postfix-verifiers",
        "OpenDKIM comes after milticket in smtp/inet",
    ),
    (
        SUBMISSION + "postconf -P submission/inet/smtpd_sasl_auth_enable=yes; "
        "postconf -e 'smtpd_milters = inet:127.0.0.1:8891, unix:milticket/milter.sock'",
        "postfix-signers",
        "OpenDKIM comes before milticket in submission/inet",
    ),
    (PARAMETER.format("milter_default_action = accept"), "postfix-default-action", "is accept"),
    (
        "postconf -P smtp/inet/milter_default_action=accept",
        "postfix-default-action",
        "milter_default_action of smtp/inet is accept, expected tempfail",
    ),
    (
        "postconf -e 'smtpd_milters = { unix:milticket/milter.sock, default_action=accept }'",
        "postfix-default-action",
        "is accept, expected tempfail",
    ),
    (PARAMETER.format("milter_protocol = 2"), "postfix-protocol", "is 2, expected 6"),
    ("postconf -e header_size_limit=33554432", "postfix-header-limit", "header_size_limit"),
    ("postconf -e message_size_limit=0 mailbox_size_limit=0", "postfix-message-limit", "64 MiB"),
    (
        "postconf -e smtpd_sasl_authenticated_header=yes",
        "postfix-login-header",
        "the login of the agent",
    ),
    (
        "postconf -e recipient_delimiter=",
        "postfix-delimiter",
        "recipient_delimiter is '' in Postfix and '+' here",
    ),
    (
        "sed -i '/^support/d' /etc/aliases; newaliases",
        "postfix-accounts",
        "account support@example.com: Postfix takes no mail for it (no such user)",
    ),
    (
        "postconf -e mydestination=localhost",
        "postfix-accounts",
        "account support@example.com: Postfix takes no mail for it (not its domain)",
    ),
    (
        "sed -i '/^tickets/d' /etc/aliases; newaliases",
        "postfix-control",
        "control address control@example.com: Postfix takes no mail for it",
    ),
    (
        "echo 'hilfe: \"support\", ben' >>/etc/aliases; newaliases",
        "postfix-aliases",
        "mail to hilfe@example.com ends at support@example.com without a ticket",
    ),
    (
        "echo 'hilfe: support' >>/etc/aliases; echo 'help: hilfe' >>/etc/aliases; newaliases",
        "postfix-aliases",
        "mail to help@example.com, hilfe@example.com ends at",
    ),
    (
        "echo 'info@example.net support@example.com' >/etc/postfix/virtual; "
        "postmap /etc/postfix/virtual; "
        "postconf -e virtual_alias_maps=hash:/etc/postfix/virtual virtual_alias_domains=example.net",
        "postfix-aliases",
        "mail to info@example.net ends at support@example.com",
    ),
    (
        f"""sed -i 's/example.com"; /&aliases = ( "a@example.com" ); /' {CONF}
        systemctl reload milticket; echo 'hilfe: support' >>/etc/aliases; newaliases""",
        "postfix-aliases",
        "mail to hilfe@example.com ends at",
    ),
    (
        "echo mail.example.com >/etc/mailname; "
        "postconf -e 'mydestination = mail.example.com, example.com'; postfix reload",
        "postfix-aliases",
        "mail to support@mail.example.com ends at support@example.com",
    ),
    ("systemctl stop milticket", "daemon", "milticketd does not run"),
    (
        f"install -d -o milticket -g milticket /var/lib/milticket/run; "
        f"sed -i 's|unix:/var/spool/postfix/milticket/|unix:/var/lib/milticket/run/|' {CONF}",
        "socket postfix-chroot",
        "milticketd runs, and does not listen on",
    ),
    (
        f"""echo 'rules = ( {{ set: {{ assign = "anna"; queue = "ops"; }}; }} );' >>{CONF}
        {SUBMISSION} postconf -P submission/inet/smtpd_sasl_auth_enable=yes""",
        "needs needs",
        "expected an agent of the store, or nobody is assigned or told; there is no 'anna'",
    ),
    (
        "ticket agent add anna --queue support",
        "postfix-login",
        "there are agents, but no service where they could log in",
    ),
    (
        f"sed -i '/^log/a user = \"ticketer\";' {CONF}",
        "needs",
        "expected a user of this system, but there is none called 'ticketer'",
    ),
    (
        f"""echo 'archive: {{ path = "/srv/mail"; }};' >>{CONF}; rm -rf /srv/mail""",
        "needs unit",
        "expected a directory that is there, but there is no '/srv/mail'",
    ),
    (
        "echo no index >/var/lib/milticket/search.sqlite",
        "search-index",
        "file is not a database; searches read all messages",
    ),
    (
        "chown root:root /var/lib/milticket/data.mdb",
        "store-owner",
        "/var/lib/milticket/data.mdb is not for the group milticket alone",
    ),
    (
        f"""install -d -o milticket -g milticket -m 2770 /var/lib/milticket/archive
        echo 'archive: {{ path = "/var/lib/milticket/archive"; }};' >>{CONF}
        echo 'mailboxes: {{ path = "/var/lib/boxes"; }};' >>{CONF}
        groupdel milticket-mailboxes
        echo 128 >/root/instances
        mount --bind /root/instances /proc/sys/fs/inotify/max_user_instances""",
        "needs mailboxes-group mailboxes-path mailboxes-unit mailboxes-inotify mailboxes-dovecot",
        "/var/lib/boxes is no directory that is milticket's, of the group milticket-mailboxes, "
        "with mode 2750",
    ),
    ("postfix stop", "relay", "nobody takes the mail that milticket sends"),
    (
        f"""echo secret >/etc/milticket-password; chmod 0600 /etc/milticket-password
        echo 'mail_out: {{ username = "m";
        password_file = "/etc/milticket-password"; }};' >>{CONF}""",
        "password-file",
        "user milticket cannot read /etc/milticket-password",
    ),
]


def test_a_sound_installation_has_nothing_to_mend(doctor):
    assert doctor.look() == ([], [])
    assert doctor.machine.run("ticket", "doctor").stdout == b"nothing is wrong\n"


# Sound ones of other kinds.
UNCHROOTED = "postconf -F '*/*/chroot=n'; "
SOUND = {
    "unchrooted": UNCHROOTED + MOVED + "; usermod -aG milticket postfix",
    "unchrooted, below the queue": UNCHROOTED,
    "tcp": f"""sed -i 's|^socket.*|socket = "inet:8899@127.0.0.1";|' {CONF}
        systemctl restart milticket
        postconf -e smtpd_milters=inet:localhost:8899""",
    "postscreen": "postconf -M smtp/inet='smtp inet n - y - 1 postscreen' "
    "smtpd/pass='smtpd pass - - y - - smtpd'",
    "submission with a list of its own": SUBMISSION
    + "postconf -P submission/inet/smtpd_sasl_auth_enable=yes "
    "submission/inet/smtpd_milters=unix:milticket/milter.sock,inet:127.0.0.1:8891; "
    "postconf -e 'smtpd_milters = inet:127.0.0.1:8891, unix:milticket/milter.sock'; "
    "ticket agent add anna",
    "where Dovecot hands in mail, and a content filter": "postconf -e "
    "content_filter=smtp:127.0.0.1:10024; ticket agent add anna; "
    "postconf -M 127.0.0.1:10587/inet='127.0.0.1:10587 inet n - n - - smtpd'; "
    "postconf -P 127.0.0.1:10587/inet/smtpd_sasl_auth_enable=yes",
    "content filter": "postconf -e content_filter=smtp:127.0.0.1:10024; "
    "postconf -M 127.0.0.1:10025/inet='127.0.0.1:10025 inet n - y - - smtpd'; "
    "postconf -P 127.0.0.1:10025/inet/content_filter= "
    "127.0.0.1:10025/inet/receive_override_options=no_milters",
    "virtual mailboxes": "postconf -e mydestination=localhost virtual_mailbox_domains=example.com "
    "virtual_mailbox_maps=hash:/etc/postfix/mailboxes; "
    "printf 'support@example.com support/\ntickets@example.com tickets/\n' >/etc/postfix/mailboxes; "
    "postmap /etc/postfix/mailboxes",
    "a domain without a list of its users": "postconf -e mydestination=localhost relay_domains=example.com",
    "an alias that is known": f"""
        sed -i 's/example.com"; /&aliases = ( "hilfe@example.com" ); /' {CONF}
        systemctl reload milticket; echo 'hilfe: support' >>/etc/aliases; newaliases""",
}


@pytest.mark.parametrize("script", SOUND.values(), ids=SOUND.keys())
def test_nothing_is_found_where_nothing_is_wrong(doctor, script):
    doctor.shell(script)
    assert doctor.look() == ([], [])


def test_who_is_not_root_is_told_what_nobody_looked_at(doctor):
    member = ("setpriv", "--reuid", "anna", "--regid", "anna", "--groups", "milticket")
    done = doctor.machine.run(*member, "ticket", "doctor")
    unseen = re.findall(
        r"^([\w-]+): not looked at: only root can look$", done.stdout.decode(), re.M
    )
    assert {"store-owner", "postfix-group", "postfix-path"} <= set(unseen)
    assert done.stdout.endswith(b"nothing is wrong\n")


def test_a_wrong_configuration_is_a_finding(doctor):
    doctor.machine.write(CONF, "log = stderr;\n")
    (finding,) = doctor.wrong()
    assert finding["check"] == "settings" and "expected text in double quotes" in finding["text"]
    assert finding["mend"] == f"${{EDITOR:-vi}} {CONF}"


def test_without_an_account_nothing_becomes_a_ticket(doctor):
    doctor.machine.write(CONF, "".join(SETTINGS.partition("accounts")[:1]))
    assert [finding["check"] for finding in doctor.wrong()] == ["accounts"]


def test_another_program_on_the_socket_is_told_from_milticketd(doctor):
    doctor.shell(f"sed -i 's|^socket.*|socket = \"inet:25@127.0.0.1\";|' {CONF}")
    findings = {finding["check"]: finding["text"] for finding in doctor.wrong()}
    assert findings["socket"] == "another program than milticketd answers on inet:25@127.0.0.1"


def test_maps_that_cannot_be_listed_are_named(doctor):
    doctor.shell(
        "echo '/^x@/ support@example.com' >/etc/postfix/virtual.re; "
        "postconf -e virtual_alias_maps=regexp:/etc/postfix/virtual.re"
    )
    (finding,), wrong = doctor.look()
    assert (wrong, finding["check"], finding["state"]) == ([], "postfix-aliases", "unknown")
    assert "the addresses of regexp:/etc/postfix/virtual.re cannot be listed" in finding["text"]


def test_a_control_address_of_a_domain_of_its_own_is_mended_in_two_steps(doctor):
    doctor.shell(f"""echo 'control_address = "bot@example.org";' >>{CONF}""")
    for reason in ("not its domain", "no such user"):
        (finding,) = doctor.wrong()
        assert (finding["check"], reason in finding["text"]) == ("postfix-control", True)
        doctor.mend()
    assert doctor.wrong() == []


def test_a_whole_domain_that_leads_to_an_account_is_named(doctor):
    doctor.shell(
        "echo '@example.org support@example.com' >/etc/postfix/virtual; postmap /etc/postfix/virtual; "
        "postconf -e virtual_alias_maps=hash:/etc/postfix/virtual"
    )
    (finding,), _ = doctor.look()
    assert finding["text"].startswith("all of @example.org leads to support@example.com")


def test_another_instance_is_looked_at_by_its_directory(doctor):
    doctor.shell(
        "cp -a /etc/postfix /etc/postfix-2; postconf -c /etc/postfix-2 -e recipient_delimiter=; "
        "touch -d '1 minute ago' /etc/postfix-2/*"
    )
    (finding,) = doctor.look("--postfix-config", "/etc/postfix-2")[1]
    assert finding["mend"] == (
        "postconf -c /etc/postfix-2 -e 'recipient_delimiter = +' && postfix -c /etc/postfix-2 reload"
    )


SEND = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1") as smtp:
    smtp.sendmail("carla@customer.example", sys.argv[1:], "From: carla@customer.example\\r\\n"
                  "To: support@example.com\\r\\nSubject: Printer\\r\\n\\r\\nIt burns.\\r\\n")
"""


def test_a_stock_postfix_is_set_up_by_what_is_printed(doctor):
    machine = doctor.machine
    machine.shell("rm -rf /etc/postfix; cp -a /root/stock/* /etc; systemctl stop milticket")
    machine.write(
        CONF, "".join(line + "\n" for line in SETTINGS.splitlines() if "socket" not in line)
    )
    for _ in range(3):
        doctor.mend()
    assert doctor.wrong() == []
    before = len(machine.run("ticket", "list", "--json", "--all", check=False).stdout.splitlines())
    machine.run("python3", "-c", SEND, "support@example.com")
    machine.run("sendmail", "support@example.com", stdin=b"Subject: from cron\n\nDisk full.\n")
    wait_until(
        lambda: len(
            machine.run("ticket", "list", "--json", "--all", check=False).stdout.splitlines()
        )
        == before + 2,
        "a ticket of each mail",
    )


@pytest.mark.parametrize("script, checks, text", FAULTS, ids=[row[2][:60] for row in FAULTS])
def test_a_fault_is_found_and_mended_by_what_is_printed(doctor, script, checks, text):
    doctor.shell(script)
    wrong = doctor.wrong()
    assert [finding["check"] for finding in wrong] == checks.split(), wrong
    assert any(text in finding["text"] for finding in wrong), wrong
    doctor.mend()
    assert doctor.wrong() == []

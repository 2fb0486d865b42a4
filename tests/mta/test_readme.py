"""The first hour, from README itself: its lines are typed as they stand there, on a stock Debian with its Postfix as it comes,
chrooted, unchrooted, and with virtual mailboxes; then mail goes through it."""
import os
import re
import shutil

import pytest

from harness.ground import BUILD, SOURCE, new_directory, run, tool, wait_until
from harness.overlay import Overlay
from harness.readme import block, blocks, commands, sections

INSTALL, FIRST = "Installing for real", "The first queue and agent"
AGENTS, DAILY, KEEPING = "Agents", "Daily use", "Coming from elsewhere, and keeping"
# What a builder types, in the source; then what an administrator does.
BUILDING = ["./autogen.sh", "make\n"]
ADMINISTRATION = ["systemd-sysusers", "install -d", "postconf -e", "echo 'support", "ticket doctor"]
# Looked at elsewhere: by whom.
ELSEWHERE = {
    ("milticket", "Carla "): "a picture",
    ("milticket", "* Nothing is lost"): "what is promised: all tests",
    ("Two commands", "tools/demo"): "test_demo_and_tests_are_there",
    ("Two commands", "tests/run"): "test_demo_and_tests_are_there",
    (INSTALL, "apt-get install build-essential"): "test_packages_to_build_with_are_there",
    (INSTALL, "apt-get install debhelper"): "tests/package/test_debian.py",
    (INSTALL, "INPUT_MAIL_FILTER"): "tests/mta/test_sendmail.py",
    ("Working on it", "lib/"): "test_directories_are_there",
    ("Working on it", "./autogen.sh"): "test_what_configure_is_told_is_known",
}
CONF = "/etc/milticket/milticket.conf"
# What is written with $EDITOR: into the configuration, and into an answer.
EDITOR = r"""#!/bin/sh
sed -i 's/#log = "syslog"/log = "stderr"/; s/#first = 1;/first = 1042;/' "$1"
cat >>"$1" <<'END'
accounts = ( { address = "support@example.com"; aliases = ( "hilfe@example.com" ); } );
END
"""
WRITER = "#!/bin/sh\nprintf 'It is the fuse.\\n' >\"$1.new\"; cat \"$1\" >>\"$1.new\"; mv \"$1.new\" \"$1\"\n"
# What a site has before: users who log in, a certificate, and a signer.
SITE = """
printf 'protocols =\\nlog_path = /var/log/dovecot.log\\nssl = no\\n' >/etc/dovecot/dovecot.conf
cat >>/etc/dovecot/dovecot.conf <<'END'
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
END
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx.example.com -days 9 \\
    -keyout /etc/ssl/private/mx.key -out /etc/ssl/certs/mx.pem
postconf -e smtpd_tls_cert_file=/etc/ssl/certs/mx.pem smtpd_tls_key_file=/etc/ssl/private/mx.key
"""
VIRTUAL = """
postconf -e mydestination=localhost virtual_mailbox_domains=example.com \\
    virtual_mailbox_maps=hash:/etc/postfix/mailboxes virtual_mailbox_base=/var/mail/virtual \\
    virtual_uid_maps=static:65534 virtual_gid_maps=static:65534
printf '%s@example.com %s\\n' support anna anna anna ben ben tickets tickets hilfe anna \\
    >/etc/postfix/mailboxes
postmap /etc/postfix/mailboxes
install -d -o nobody -g nogroup /var/mail/virtual
"""
KINDS = {"chrooted": "", "unchrooted": "postconf -F '*/*/chroot=n'", "virtual": VIRTUAL}


@pytest.fixture(scope="module")
def source():
    """The source as a checkout has it, built by README's lines where all machines see it."""
    directory = new_directory("readme") / "milticket"
    built = shutil.ignore_patterns(
        "_build", "autom4te.cache", "configure", "Makefile.in", "__pycache__"
    )
    shutil.copytree(SOURCE, directory, symlinks=True, ignore=built)
    machine = Overlay([(directory, "/usr/src/milticket")])
    try:
        flags = {"MAKEFLAGS": f"-j{os.cpu_count()}", "CFLAGS": "-O0"}
        for start in BUILDING:
            machine.shell("cd /usr/src/milticket\n" + block(INSTALL, start), **flags)
        yield directory
    finally:
        machine.stop()


class FirstHour(Overlay):
    """A machine where README was followed to the end of its installation."""

    def __init__(self, kind, source):
        super().__init__([(source, "/usr/src/milticket")])
        self.mail = "/var/mail/virtual" if kind == "virtual" else "/var/mail"
        self.stock_postfix()
        self.shell(KINDS[kind])
        self.shell("echo 'hilfe: support' >>/etc/aliases; newaliases; useradd --create-home you")
        self.write("/usr/local/bin/edit", EDITOR, 0o755)
        self.write("/usr/local/bin/write", WRITER, 0o755)
        self.shell("cd /usr/src/milticket; " + block(INSTALL, "make\n").splitlines()[1])
        for start in ADMINISTRATION:
            self.shell(block(INSTALL, start), EDITOR="edit")
        for text in blocks(FIRST):
            self.shell(text)
        self.prepare_site()
        self.add_submission()

    def prepare_site(self):
        """Besides: anna, who works here, is an admin as "you" is."""
        self.shell(SITE)
        milter = f"{BUILD}/tests/bench/noop-milter inet:8891@127.0.0.1"
        self.shell(f"dovecot; setsid {milter} >/dev/null 2>&1 &")
        self.shell(block(FIRST, "adduser").replace("you", "anna"))

    def add_submission(self):
        with self.file("/etc/postfix/master.cf").open("a") as master:
            master.write(block(AGENTS, "submission"))
        self.write("/etc/postfix/submission_headers", block(AGENTS, "/^Received"))
        self.shell("postfix reload; ticket doctor")

    def mails(self, user):
        """What came for somebody, as texts."""
        box = self.file(f"{self.mail}/{user}")
        text = box.read_text(errors="replace") if box.exists() else ""
        return re.split(r"^From \S+  .*\n", text, flags=re.M)[1:]

    def arrived(self, user, words):
        """The mail for somebody that has these words."""
        return wait_until(
            lambda: [mail for mail in self.mails(user) if words in mail],
            f"a mail for {user} with {words}: {self.log()}",
        )[-1]

    def log(self):
        return self.file("/var/log/milticket.log").read_text()[-3000:]

    def send(self, sender, recipient, headers, text, port=25):
        """By SMTP; at the submission port, after STARTTLS and with a login."""
        mail = "\n".join([f"From: {sender}", *headers, "", text])
        self.run("python3", "-c", SEND, sender, recipient, str(port), stdin=mail.encode())

    def show(self, number):
        return self.shell(f"ticket show {number}").stdout.decode()


SEND = """
import smtplib, ssl, sys
sender, recipient, port = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", int(port)) as smtp:
    if port == "587":
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.login(sender.partition("@")[0], "secret")
    smtp.sendmail(sender, recipient, sys.stdin.buffer.read())
"""
BEN, SUPPORT = "ben@example.com", "support@example.com"


@pytest.fixture(scope="module", params=KINDS)
def hour(request, source):
    run("make", "-s", "-C", BUILD, "tests/bench/noop-milter")
    machine = FirstHour(request.param, source)
    try:
        yield machine
    finally:
        machine.stop()


# In this order, as an hour goes.


def test_a_customers_mail_is_a_ticket_and_the_customer_gets_an_answer(hour):
    hour.send(BEN, SUPPORT, ["To: " + SUPPORT, "Subject: Printer", "Message-ID: <1@ben>"], "Help!")
    assert "Subject: [example.com #1042] Printer\n" in hour.arrived("anna", "<1@ben>")
    answer = hour.arrived("ben", "Auto-Submitted: auto-replied")
    assert re.search(r"^Reply-To: .*support\+1042-\w{8}@example\.com", answer, re.M)


def test_the_reply_address_of_the_answer_leads_to_the_ticket(hour):
    answer = hour.arrived("ben", "Auto-Submitted: auto-replied")
    token = re.search(r"support\+1042-\w{8}@example\.com", answer)[0]
    hour.send(BEN, token, [f"To: {token}", "Subject: more", "Message-ID: <2@ben>"], "Still.")
    assert "X-Ticket-Match: token\n" in hour.arrived("anna", "<2@ben>")


def test_an_alias_is_the_accounts_address(hour):
    headers = ["To: hilfe@example.com", "Subject: alias", "Message-ID: <3@ben>"]
    hour.send(BEN, "hilfe@example.com", headers, "Help!")
    assert "X-Ticket-Event: opened\n" in hour.arrived("anna", "<3@ben>")


def test_mail_of_this_host_is_a_ticket(hour):
    hour.run("sendmail", SUPPORT, stdin=b"Message-ID: <4@cron>\nSubject: cron\n\nDisk full.\n")
    assert "X-Ticket-Event: opened\n" in hour.arrived("anna", "<4@cron>")


def test_an_agent_answers_in_the_desks_name(hour):
    headers = [f"To: {BEN}", "Subject: Re: Printer", "In-Reply-To: <1@ben>", "Message-ID: <5@anna>"]
    hour.send("anna@example.com", BEN, headers, "The fuse.", 587)
    mail = hour.arrived("ben", "The fuse.")
    assert "From: Anna Adler <support@example.com>\n" in mail
    assert "anna@example.com" not in mail and "with ESMTPSA" not in mail


def test_a_note_runs_its_commands(hour):
    note = block(DAILY, "take") + "\n" + block(DAILY, "I have called her.")
    headers = [f"To: {SUPPORT}", "Subject: Re: Printer", "In-Reply-To: <2@ben>"]
    hour.send("anna@example.com", SUPPORT, headers, note, 587)
    wait_until(lambda: "high" in hour.show(1042), "the priority")
    assert "I have called her." in hour.show(1042)


def test_commands_go_to_their_address(hour):
    headers = ["To: tickets@example.com", "Subject: commands"]
    hour.send("anna@example.com", "tickets@example.com", headers, "close 1042\n", 587)
    wait_until(lambda: "closed" in hour.show(1042), "the status")


def test_daily_use(hour):
    for command in commands(block(DAILY, "ticket list")):
        words = ["runuser", "-u", "anna", "--", "env", "EDITOR=write", "TERM=xterm"]
        if "--follow" in command:
            done = hour.run(*words, "timeout", "1", *command.split(), check=False)
            assert done.returncode == 124 and b"1042" in done.stdout
        elif "reply" in command:
            hour.run(*words, "script", "-qec", command, "/dev/null")
        else:
            assert hour.run(*words, *command.split()).stdout or "take" in command
    hour.arrived("ben", "It is the fuse.")


def test_finding(hour):
    """Nothing there is like these; a query that is none would be answered with usage."""
    for command in commands(block(DAILY, "ticket search")):
        done = hour.shell(f"runuser -u anna -- {command}", check=False)
        assert done.returncode in (0, 1) and b"ticket help" not in done.stderr, (command, done)
    assert "undo" in hour.show(1042)


def test_keeping(hour):
    hour.write(
        "/root/old.mbox",
        "From a@b  Mon Jan  1 00:00:00 2026\nFrom: a@b.example\nSubject: old\n\nOld.\n",
    )
    hour.shell("mkdir /backup")
    for command in commands(block(KEEPING, "ticket import")):
        done = hour.shell("cd /root; " + command, check=False)
        # Nothing has been closed for so long.
        assert done.returncode == (1 if "purge" in command else 0), (command, done.stderr)
        assert b"usage" not in done.stderr
    assert b'"subject":"old"' in hour.file("/root/all.json").read_bytes()
    assert hour.file("/backup/today").stat().st_size > 0


def test_the_doctor_has_nothing_to_say_at_last(hour):
    assert hour.shell("ticket doctor").stdout == b"nothing is wrong\n"


# --- what needs no machine -----------------------------------------------------------


def claims():
    """Every block that is typed above, or looked at elsewhere, by section and beginning."""
    typed = [(INSTALL, start) for start in [*BUILDING, *ADMINISTRATION]]
    typed += [
        (AGENTS, "submission"),
        (AGENTS, "/^Received"),
        (FIRST, "ticket queue"),
        (FIRST, "adduser"),
    ]
    typed += [
        (DAILY, "ticket list"),
        (DAILY, "take"),
        (DAILY, "I have"),
        (DAILY, "ticket search"),
        (KEEPING, "ticket import"),
    ]
    return [*typed, *ELSEWHERE]


def test_no_block_is_left_out():
    for title in sections():
        for text in blocks(title):
            claimed = [
                start for section, start in claims() if section == title and text.startswith(start)
            ]
            assert len(claimed) == 1, (title, text)


def test_nothing_is_claimed_that_is_not_there():
    for title, start in claims():
        block(title, start)


def test_demo_and_tests_are_there():
    for text in blocks("Two commands"):
        assert os.access(SOURCE / text.split()[0], os.X_OK)
    assert "--stay" in (SOURCE / "tools" / "demo").read_text()


def test_packages_to_build_with_are_there():
    text = block(INSTALL, "apt-get install build").replace("\\\n", " ")
    simulate = [tool("apt-get"), "-s", *text.split()[1:]]
    if run(*simulate, check=False).returncode:
        run(tool("apt-get"), "-q", "update", seconds=300)
        run(*simulate)


def test_directories_are_there():
    for line in block("Working on it", "lib/").splitlines():
        if line[:1].strip():
            assert (SOURCE / line.split()[0]).is_dir(), line


def test_what_configure_is_told_is_known():
    text = sections()["Working on it"]
    known = run(SOURCE / "configure", "--help").stdout.decode()
    for option in set(re.findall(r"--(enable-[a-z]+)", text)):
        assert f"--{option}" in known, option


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r'"ticket ([a-z]+)', (SOURCE / "README").read_text())))
)
def test_a_command_that_is_named_in_passing_is_one(command):
    run(BUILD / "ticket", "help", *([] if command == "help" else [command]))

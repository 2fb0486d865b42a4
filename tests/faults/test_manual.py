"""The lines for Postfix that milticketd.8 and README print, fed to a Postfix as they stand there; only paths and ports are this test's."""
import re
import shlex

import pytest

from harness import client
from harness.dovecot import Dovecot
from harness.ground import SOURCE, answers, free_ports, run, tool, wait_until

SOCKET = "unix:milticket/milter.sock"


def manual_settings():
    page = (SOURCE / "milter" / "milticketd.8").read_text()
    block = re.search(r"^\.Ss Postfix\n\.Bd .*\n((?:[^.].*\n)+)\.Ed", page, re.M)[1]
    return dict(line.split(" = ", 1) for line in block.splitlines())


def readme_settings():
    return [
        shlex.split(line)[2]
        for line in (SOURCE / "README").read_text().splitlines()
        if line.startswith("  postconf -e ")
    ]


def submission():
    """The two services for master.cf, without the indentation of the page."""
    lines = (SOURCE / "README").read_text().splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith("  submission inet"))
    return [line[2:] for line in lines[begin : lines.index("", begin)]]


@pytest.fixture
def plain(postfix, daemon):
    """A Postfix that nobody has told of the milter; give() puts settings in force."""
    assert postfix.milter == daemon.milter

    def give(settings):
        for name in ("smtpd_milters", "milter_default_action"):
            run(tool("postconf"), "-c", postfix.config, "-X", name)
        for setting in settings:
            run(
                tool("postconf"), "-c", postfix.config, "-e", setting.replace(SOCKET, daemon.milter)
            )
        unused = run(tool("postconf"), "-c", postfix.config, "-n").stderr
        assert b"unused parameter" not in unused, unused
        postfix.postfix("reload")
        return postfix

    return give


@pytest.mark.parametrize(
    "settings",
    ([" = ".join(item) for item in manual_settings().items()], readme_settings()),
    ids=("manual", "README"),
)
def test_with_the_printed_lines_mail_is_tagged_and_without_a_daemon_put_off(
    settings, plain, daemon
):
    assert any("smtpd_milters" in line for line in settings) and any(
        "milter_default_action" in line for line in settings
    )
    postfix = plain(settings)
    daemon.start()
    wait_until(
        lambda: client.send(
            postfix.port, "carla@customer.example", "support@example.com", client.compose()
        ).accepted
        and daemon.tickets(),
        "a ticket",
    )
    daemon.kill()
    asked = client.send(
        postfix.port, "carla@customer.example", "support@example.com", client.compose()
    )
    assert asked.code == 451, asked


@pytest.fixture
def dovecot():
    dovecot = Dovecot({"anna": "secret"}).start()
    yield dovecot
    dovecot.stop()


def test_the_printed_submission_service_lets_in_who_has_logged_in(postfix, daemon, dovecot):
    (port,) = free_ports(1)
    (postfix.config / "submission_headers").write_text(
        next(
            line.strip() + "\n"
            for line in (SOURCE / "README").read_text().splitlines()
            if "IGNORE" in line
        )
    )
    text = "\n".join(submission()) + "\n"
    assert "smtpd_milters=" in text and "header_checks=" in text
    text = (
        text.replace("submission inet", f"127.0.0.1:{port} inet")
        .replace(SOCKET, daemon.milter)
        .replace(",inet:127.0.0.1:8891", "")
        .replace(" n - y - ", " n - n - ")  # its sockets lie elsewhere
    )
    text = text.replace("smtpd_sasl_path=private/auth", f"smtpd_sasl_path={dovecot.socket}")
    text = text.replace("/etc/postfix/", f"{postfix.config}/").replace(
        "smtpd_tls_security_level=encrypt", "smtpd_tls_security_level=none"
    )
    master = postfix.config / "master.cf"
    master.write_text(master.read_text() + text)
    postfix.postfix("reload")
    daemon.start()
    wait_until(
        lambda: answers(("127.0.0.1", port)), f"the submission service: {postfix.log_text()}"
    )
    asked = client.send(port, "eve@customer.example", "support@example.com", client.compose())
    assert asked.code // 100 == 5, "who has not logged in may send"
    assert client.send(
        port,
        "anna@example.com",
        "support@example.com",
        client.compose("anna@example.com"),
        sasl=("anna", "secret"),
    ).accepted
    assert [ticket["requester"]["address"] for ticket in daemon.tickets()] == ["anna@example.com"]
    assert "fatal:" not in postfix.log_text(), postfix.log_text()

"""What tools/demo --stay leaves to play with."""
import types

import pytest

from harness import demo
from harness.box import mail, mbox
from harness.ground import run


@pytest.fixture
def scripts(desk, tmp_path, capsys):
    """The directory of the scripts, on a store with one ticket."""
    (tmp_path / "box").write_bytes(mbox([mail(1)]))
    desk.run_ticket("import", tmp_path / "box", "--account", "support@example.com")
    desk.process = types.SimpleNamespace(pid=0)
    (tmp_path / "mail" / demo.DESK / "new").mkdir(parents=True)
    (tmp_path / "mail" / demo.CUSTOMER / "new").mkdir(parents=True)
    (tmp_path / "mail" / demo.DESK / "new" / "1").write_text("Subject: hello\n\ntext\n")
    mta = types.SimpleNamespace(config=tmp_path, log=tmp_path)
    demo.leave(types.SimpleNamespace(directory=tmp_path, daemon=desk, postfix=mta))
    assert f"{tmp_path}/ticket list" in capsys.readouterr().out
    return tmp_path


def says(directory, *words):
    done = run(directory / words[0], *words[1:], check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_wrapper_of_ticket_is_ticket_with_and_without_arguments(scripts):
    code, out, err = says(scripts, "ticket")
    assert code == 64 and "usage: ticket" in out + err and "shift" not in err
    code, out, err = says(scripts, "ticket", "list")
    assert (code, err) == (0, "") and "Question 1" in out
    assert says(scripts, "ticket", "show", "9")[0] == 1


def test_a_mailbox_is_shown_or_all_are_named(scripts):
    assert says(scripts, "inbox")[:2] == (0, f"{demo.CUSTOMER}\n{demo.DESK}\n")
    assert "Subject: hello" in says(scripts, "inbox", demo.DESK)[1]
    assert says(scripts, "inbox", demo.CUSTOMER) == (0, "", "")


def test_a_mail_without_a_recipient_is_a_mistake_of_use(scripts):
    code, _, err = says(scripts, "send")
    assert code == 64 and err.startswith("usage: ") and "Traceback" not in err

"""The keys and colours for mutt, pressed and seen in a real one."""
import pytest

from harness.client import compose, field
from harness.dovecot import Dovecot
from harness.ground import SOURCE, wait_until
from harness.mutt import Mutt
from harness.office import ANNA_BOX, CARLA, CARLA_BOX, SUPPORT_BOX, Office

YELLOW, RED = "33", "31"
MORE = f"""
set my_desk = "{SUPPORT_BOX}"
source {SOURCE}/conf/examples/mutt/milticket.muttrc
"""


@pytest.fixture(scope="module")
def house():
    dovecot = Dovecot({"anna": "secret", "ben": "other"}).start()
    house = Office(dovecot)
    yield house
    house.close()
    dovecot.stop()


@pytest.fixture
def asked(house):
    """The newest ticket, and how many mails the mailbox has."""
    count = len(house.mails(SUPPORT_BOX))
    house.from_outside(compose(CARLA, SUPPORT_BOX, f"Printer on fire {count}", "It burns.\n"))
    return house.newest(SUPPORT_BOX, count + 1), count + 1


def find(mutt, mail):
    """Puts the cursor on it, wherever it stands."""
    mutt.press("/", "~i " + field(mail, "Message-ID").strip("<>"), "Enter")


@pytest.fixture
def mutt(house, asked):
    mutt = Mutt(
        house.boxes / SUPPORT_BOX,
        house.mta.sasl_port,
        "anna",
        "secret",
        "Anna Berg",
        ANNA_BOX,
        "home.example",
        MORE,
    )
    mutt.open()
    mutt.sees(field(asked[0], "Subject")[-17:])
    find(mutt, asked[0])
    yield mutt
    print(mutt.screen())
    mutt.close()


def note(house, asked):
    """The note that came after the ticket's first mail."""
    mail = house.newest(SUPPORT_BOX, asked[1] + 1)
    assert field(mail, "X-Ticket-Event") == "note" and field(mail, "To") == SUPPORT_BOX
    assert field(mail, "In-Reply-To") == field(asked[0], "Message-ID")
    return mail


@pytest.mark.parametrize(
    "key, command, status, agent",
    [
        (",t", "take", "open", "anna"),
        (",c", "close", "closed", None),
        (",w", "wait 3d", "waiting", None),
        (",s", "spam", "spam", None),
    ],
)
def test_a_key_is_a_command_on_the_ticket(house, asked, mutt, key, command, status, agent):
    mutt.press(*key)
    mail = note(house, asked)
    assert (
        mail.partition(b"\r\n\r\n" if b"\r\n\r\n" in mail else b"\n\n")[2]
        .decode()
        .split("\n")[0]
        .strip()
        == command
    )
    ticket = house.daemon.show(int(field(mail, "X-Ticket")))
    assert (ticket["status"], ticket["agent"]) == (status, agent)


def test_a_note_is_typed_and_the_next_answer_goes_to_the_customer_as_ever(house, asked, mutt):
    mutt.says("She sounds angry.\n")
    mutt.press(*",n")
    mutt.sees("y:Send")
    mutt.press("y")
    assert b"She sounds angry." in note(house, asked) and b"It burns" not in note(house, asked)
    mutt.sees("Mail sent")
    count = len(house.mails(CARLA_BOX))
    mutt.says("Dear Carla,\n")
    mutt.press("r")
    mutt.sees("y:Send")
    mutt.press("y")
    answer = house.newest(CARLA_BOX, count + 1)
    assert field(answer, "To") == CARLA and b"> It burns." in answer


def test_an_answer_can_close_the_ticket(house, asked, mutt):
    count = len(house.mails(CARLA_BOX))
    mutt.says("It is out now.\n")
    mutt.press(*",r")
    mutt.sees("y:Send")
    mutt.press("y")
    answer = house.newest(CARLA_BOX, count + 1)
    assert "!close" not in field(answer, "Subject") and b"It is out now." in answer
    number = int(field(asked[0], "X-Ticket"))
    assert house.daemon.show(number)["status"] == "closed"


def test_the_index_tells_what_a_ticket_is_in_word_and_colour(house, asked, mutt):
    new = field(asked[0], "Subject")[-17:]
    assert "new" in next(line for line in mutt.screen().splitlines() if new in line)
    house.daemon.run_ticket("priority", "urgent", field(asked[0], "X-Ticket"))
    more = compose(
        CARLA, SUPPORT_BOX, "More smoke", headers=[f"In-Reply-To: {field(asked[0], 'Message-ID')}"]
    )
    house.from_outside(more)
    house.newest(SUPPORT_BOX, asked[1] + 1)
    mutt.press("$")  # it looks for new mail when a key is pressed
    mutt.sees("More smoke")
    assert "new urgent" in next(line for line in mutt.screen().splitlines() if "More smoke" in line)
    # The line that the cursor is on has the cursor's colour.
    wait_until(lambda: mutt.colour("More smoke") == RED, "an urgent ticket's colour")
    find(mutt, more)
    wait_until(lambda: mutt.colour(new) == YELLOW, "a new ticket's colour")

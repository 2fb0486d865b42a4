"""Pages of the store that are damaged beneath a running daemon, or that it meets long after its start, and crashes: the sender is asked to try
again, the restart and the check say what to do."""
import random
import signal
import struct

import pytest

from harness import client
from harness.ground import program, run
from harness.load import ACCOUNT
from harness.milter import MilterClient

PAGE = 4096
CARLA = "carla@customer.example"


def newest_meta(data):
    """The roots of the trees of free pages and of tables, as LMDB 0.9 keeps them on its first two pages."""
    metas = []
    for page in (0, 1):
        at = page * PAGE + 16
        free, tables = struct.unpack_from("<Q", data, at + 24 + 40)[0], struct.unpack_from("<Q", data, at + 24 + 48 + 40)[0]
        metas.append((struct.unpack_from("<Q", data, at + 24 + 96 + 8)[0], free, tables))
    return max(metas)[1:]


def damage(daemon, pages):
    path = daemon.store / "data.mdb"
    data = bytearray(path.read_bytes())
    for page in pages(data):
        data[page * PAGE:(page + 1) * PAGE] = random.Random(page).randbytes(PAGE)
    path.write_bytes(data)


def fill(daemon):
    daemon.start()
    with MilterClient(daemon.socket) as milter:
        for index in range(60):
            assert milter.send(CARLA, [ACCOUNT], client.compose(message_id=f"<page{index}@customer.example>", body="text\n" * (20 * index + 1))).accepted
    daemon.stop()


def pages_with(word):
    return lambda data: {at // PAGE for at in range(2 * PAGE, len(data), PAGE) if word in data[at:at + PAGE]}


def checks(daemon):
    done = daemon.run_ticket("check", check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def answer(postfix, headers=()):
    return client.send(postfix.port, CARLA, ACCOUNT, client.compose(headers=headers))


def test_a_damaged_page_that_mail_meets_later_is_a_451_and_the_check_names_the_store(daemon, postfix):
    fill(daemon)
    damage(daemon, pages_with(b"<page30@customer.example>"))
    daemon.start()
    for _ in range(2):
        asked = answer(postfix, ["In-Reply-To: <page30@customer.example>"])
        assert asked.code == 451, asked
        if daemon.ended():
            daemon.start()
    assert client.send(postfix.port, CARLA, "bob@example.com", client.compose()).accepted
    daemon.kill()
    code, said = checks(daemon)
    assert code in (65, 74) and ("damaged" in said or "ticket 3" in said), (code, said)


def test_a_damaged_list_of_free_pages_stops_the_start_and_not_every_message(daemon):
    fill(daemon)
    damage(daemon, lambda data: {newest_meta(data)[0]})
    done = run(program("milticketd"), "-f", "--config", daemon.config, check=False, seconds=20)
    assert done.returncode in (73, 74) and b"damaged" in done.stderr and b"restore a backup" in done.stderr, (done.returncode, done.stderr)
    code, said = checks(daemon)
    assert code == 74 and "damaged" in said, (code, said)


@pytest.mark.parametrize("how", (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT))
def test_a_crash_is_a_451_and_says_what_to_look_at(how, daemon, postfix):
    daemon.start()
    daemon.process.send_signal(how)
    assert daemon.process.wait(10) == -how
    assert daemon.log_text().count("error: crashed; if ticket check finds the store damaged, restore a backup") == 1
    assert answer(postfix).code == 451
    daemon.start()
    assert answer(postfix).accepted
    assert checks(daemon)[0] == 0

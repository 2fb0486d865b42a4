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
        free, tables = (
            struct.unpack_from("<Q", data, at + 24 + 40)[0],
            struct.unpack_from("<Q", data, at + 24 + 48 + 40)[0],
        )
        metas.append((struct.unpack_from("<Q", data, at + 24 + 96 + 8)[0], free, tables))
    return max(metas)[1:]


def damage(daemon, pages):
    path = daemon.store / "data.mdb"
    data = bytearray(path.read_bytes())
    for page in pages(data):
        at = page * PAGE
        data[at : at + PAGE] = random.Random(page).randbytes(PAGE)
        # Of no kind: what looks like a leaf by chance may answer that nothing is there.
        data[at + 10 : at + 12] = bytes(2)
    path.write_bytes(data)


def fill(daemon):
    daemon.start()
    with MilterClient(daemon.socket) as milter:
        for index in range(60):
            assert milter.send(
                CARLA,
                [ACCOUNT],
                client.compose(
                    message_id=f"<page{index}@customer.example>", body="text\n" * (20 * index + 1)
                ),
            ).accepted
    daemon.stop()


def pages_with(word):
    return lambda data: {
        at // PAGE for at in range(2 * PAGE, len(data), PAGE) if word in data[at : at + PAGE]
    }


def checks(daemon):
    done = daemon.run_ticket("check", check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def answer(postfix, headers=()):
    return client.send(postfix.port, CARLA, ACCOUNT, client.compose(headers=headers))


def test_a_damaged_page_that_mail_meets_later_is_a_451_and_the_check_names_the_store(
    daemon, postfix
):
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
    assert (
        done.returncode in (73, 74)
        and b"damaged" in done.stderr
        and b"restore a backup" in done.stderr
    ), (done.returncode, done.stderr)
    code, said = checks(daemon)
    assert code == 74 and "damaged" in said, (code, said)


def kinds_of_damage(random_, page, data):
    """What a disk, a cable or a mistaken dd does to a page: one in its place, and each of them for a page of a tree."""
    flipped, places, other = (
        bytearray(page),
        bytearray(page),
        2 + random_.randrange(len(data) // PAGE - 2),
    )
    flipped[random_.randrange(64)] ^= 1 << random_.randrange(8)
    places[16:48] = random_.randbytes(32)
    return {
        "noise": random_.randbytes(PAGE),
        "zeros": bytes(PAGE),
        "a bit of its head": bytes(flipped),
        "places of its rows": bytes(places),
        "another page": data[other * PAGE : (other + 1) * PAGE],
    }


def test_the_check_says_which_page_is_damaged_and_never_crashes(daemon):
    fill(daemon)
    path, random_ = daemon.store / "data.mdb", random.Random(11)
    data = path.read_bytes()
    trees = [at // PAGE for at in range(2 * PAGE, len(data), PAGE) if data[at + 10] in (1, 2)]
    named = 0
    for number in random_.sample(trees, min(12, len(trees))):
        for kind, page in kinds_of_damage(
            random_, data[number * PAGE : (number + 1) * PAGE], data
        ).items():
            path.write_bytes(data[: number * PAGE] + page + data[(number + 1) * PAGE :])
            code, said = checks(daemon)
            assert (
                code in (0, 65, 74)
                and "a crash" not in said
                and (code != 74 or "is damaged: " in said)
            ), (number, kind, code, said)
            named += f"page {number}, in '" in said
    assert named >= 12, "pages of trees were damaged, and hardly any was found"


def test_a_backup_of_a_damaged_store_is_refused_and_so_is_a_damaged_backup(daemon, tmp_path):
    fill(daemon)
    daemon.run_ticket("backup", tmp_path / "sound")
    damage(daemon, pages_with(b"<page30@customer.example>"))
    done = daemon.run_ticket("backup", tmp_path / "damaged", check=False)
    assert (
        done.returncode == 74
        and b"is damaged: page " in done.stderr
        and not (tmp_path / "damaged").exists()
    )
    data = bytearray((tmp_path / "sound").read_bytes())
    for number in pages_with(b"<page30@customer.example>")(data):
        data[number * PAGE : (number + 1) * PAGE] = bytes(PAGE)
    (tmp_path / "sound-no-more").write_bytes(data)
    done = daemon.run_ticket("restore", "--force", tmp_path / "sound-no-more", check=False)
    assert (
        done.returncode == 65
        and b"is no backup that can be used" in done.stderr
        and b"is damaged: page " in done.stderr
    ), done
    daemon.run_ticket("restore", "--force", tmp_path / "sound")
    assert checks(daemon)[0] == 0


@pytest.mark.parametrize("how", (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT))
def test_a_crash_is_a_451_and_says_what_to_look_at(how, daemon, postfix):
    daemon.start()
    daemon.process.send_signal(how)
    assert daemon.process.wait(10) == -how
    assert (
        daemon.log_text().count(
            "error: crashed; if ticket check finds the store damaged, restore a backup"
        )
        == 1
    )
    assert answer(postfix).code == 451
    daemon.start()
    assert answer(postfix).accepted
    assert checks(daemon)[0] == 0

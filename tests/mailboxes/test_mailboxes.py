"""Tickets in the agents' mail clients: what people do there, with real Postfix, Dovecot and IMAP."""
import os
import re
import threading
import time

from harness import client
from harness.client import compose, field
from harness.desk import DESK, Customer
from harness.ground import wait_until
from harness.limits import LIMITS

FIRE = "[example.com #1] Printer on fire"


def shows(client, folder, *subjects):
    """Waits until the folder has just these."""
    wait_until(
        lambda: client.subjects(folder) == sorted(subjects),
        f"{subjects} in {folder}, where there are {client.subjects(folder)}",
        10,
    )


def ticket(house, number, **wanted):
    def so():
        found = house.daemon.ticket("show", number)
        found = found[0] if found else None
        return found and all(found[key] == value for key, value in wanted.items()) and found

    return wait_until(so, f"#{number} with {wanted}", 10)


def events(house, number, kind):
    return [event for event in house.daemon.show(number)["events"] if event["kind"] == kind]


def notices(house, address):
    """Texts of the transcripts and notices that went there."""
    return [
        mail.data.decode(errors="replace")
        for mail in house.mailbox.mails()
        if address in mail.recipients and b"Auto-Submitted" in mail.data
    ]


def answers(house, customer, subject="closed"):
    return [mail.data for mail in house.mailbox.mails() if customer.address in mail.recipients]


def test_the_story_of_a_ticket(house):
    anna, ben, carla = house.anna, house.ben, Customer()
    anna.select("Queues/support"), ben.select("Queues/support")
    heard = {}

    def idles(name, who):
        heard[name] = who.idle(10, b"EXISTS")

    waiting = [threading.Thread(target=idles, args=pair) for pair in (("anna", anna), ("ben", ben))]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    house.asks(carla, subject="Printer on fire")
    for thread in waiting:
        thread.join()
    assert time.monotonic() - began < 2.0 and set(heard) == {"anna", "ben"}, heard
    for who in (anna, ben):
        shows(who, "Queues/support", FIRE)

    # Anna drags it to Mine: it is hers, and leaves Ben's view of the queue.
    (message,) = anna.messages("Queues/support")
    assert message["flags"] == set()
    assert field(message["data"], "X-Ticket-Status") == "new"
    anna.flag("Queues/support", [message["uid"]], "+", "\\Seen")
    assert anna.move("Queues/support", "Mine") == "OK"
    ticket(house, 1, agent="anna", status="open")
    shows(ben, "Colleagues/support", FIRE)
    shows(ben, "Queues/support")
    shows(anna, "Queues/support")
    shows(anna, "Mine", FIRE)
    (mine,) = anna.messages("Mine")
    assert mine["flags"] == {"\\Seen"}, "her mark came along"
    assert field(mine["data"], "X-Ticket-Agent") == "anna"
    assert ben.messages("Colleagues/support")[0]["flags"] == set(), "and is not Ben's"
    (taken,) = events(house, 1, "agent")
    assert (taken["actor"], taken["to"], taken["way"]) == ("anna", "anna", "mailbox")

    # She answers from there; now it waits for the customer.
    reply = compose(
        "Anna Berg <anna@example.com>",
        carla.address,
        field(mine["data"], "Subject"),
        "Pour water on it.\n",
        headers=[f"In-Reply-To: {field(mine['data'], 'Message-ID')}"],
    )
    house.deliver(reply, "anna@example.com", carla.address, login="anna")
    ticket(house, 1, status="waiting")
    shows(anna, "Mine")
    shows(anna, "Mine/Waiting", FIRE, FIRE)
    flags = sorted(sorted(m["flags"]) for m in anna.messages("Mine/Waiting"))
    assert flags == [["\\Answered", "\\Seen"], ["\\Seen"]], flags

    # The customer answers: back in Mine, unseen.
    sent = house.arrived(reply, carla.address)[0]
    house.replies(sent, carla, subject="Re: " + FIRE, body="It still burns.\n")
    shows(anna, "Mine/Waiting")
    shows(anna, "Mine", FIRE, FIRE, "[example.com #1] Re: Printer on fire")
    unseen = [m for m in anna.messages("Mine") if "\\Seen" not in m["flags"]]
    assert len(unseen) == 1 and b"still burns" in unseen[0]["data"]

    # She closes it by a move of the whole thread: one command.
    assert anna.move("Mine", "Closed") == "OK"
    ticket(house, 1, status="closed")
    shows(anna, "Mine")
    wait_until(lambda: len(anna.messages("Closed")) == 3, "the thread in Closed")
    wait_until(lambda: len(ben.messages("Closed")) == 3, "the thread in Ben's Closed")
    assert len([e for e in events(house, 1, "status") if e["to"] == "closed"]) == 1
    (answer,) = house.daemon.outbox()
    assert answer["event"] == "closed" and answer["next_try"], "the answer waits for a minute"


def test_what_an_agent_may_not_do_is_undone_with_a_notice(house):
    carla = Customer()
    house.asks(carla, subject="Printer on fire")
    shows(house.ben, "Queues/support", FIRE)
    house.daemon.run_ticket("assign", "anna", "1")
    shows(house.ben, "Colleagues/support", FIRE)
    house.ben.move("Colleagues/support", "Mine")
    wait_until(lambda: notices(house, "ben@example.com"), "a notice for Ben")
    (notice,) = notices(house, "ben@example.com")
    assert "You moved #1 to Mine" in notice and "anna's" in notice
    shows(house.ben, "Mine")
    shows(house.ben, "Colleagues/support", FIRE)
    assert ticket(house, 1, agent="anna")["status"] == "open"


def test_a_mail_that_is_dropped_in_opens_a_ticket_for_its_author(house):
    dora = "Dora Feld <dora@elsewhere.example>"
    house.anna.append("Queues/ops", compose(dora, "anna@example.com", "The lamp", "It is dark.\n"))
    opened = ticket(house, 1, queue="ops")
    assert opened["requester"]["address"] == "dora@elsewhere.example"
    assert opened["agent"] is None and opened["status"] == "new"
    shows(house.anna, "Queues/ops", "[example.com #1] The lamp")
    assert not house.daemon.outbox(), "nobody is answered"
    # In Mine it is hers.
    house.anna.append("Mine", compose(dora, "anna@example.com", "The door", "It is shut.\n"))
    assert ticket(house, 2, agent="anna")["queue"] == "support"
    shows(house.anna, "Mine", "[example.com #2] The door")


def test_what_is_no_ticket_is_kept(house):
    own = compose("Anna Berg <anna@example.com>", "x@example.net", "My own", "Words.\n")
    draft = compose("Dora <dora@elsewhere.example>", "x@example.net", "A draft", "Not yet.\n")
    misplaced = compose("Emil <emil@elsewhere.example>", "x@example.net", "Closed?", "Hm.\n")
    house.anna.append("Queues/ops", own)
    house.anna.append("Queues/ops", draft, "\\Draft")
    house.anna.append("Closed", misplaced)
    shows(house.anna, "Not taken", "My own", "A draft", "Closed?")
    shows(house.anna, "Queues/ops")
    shows(house.anna, "Closed")
    assert house.daemon.tickets() == []
    wait_until(lambda: len(notices(house, "anna@example.com")) == 3, "three notices")
    text = "".join(notices(house, "anna@example.com"))
    assert "it is your own" in text and "it is a draft" in text
    # What is recorded is not recorded again.
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (copy,) = house.anna.messages("Queues/support")
    known = house.mailbox.mails()[-1].data
    assert field(known, "Message-ID") == field(copy["data"], "Message-ID") or known
    original = next(
        m.data for m in house.mailbox.mails() if DESK in m.recipients and b"on fire" in m.data
    )
    house.anna.append("Queues/ops", original)
    wait_until(lambda: len(house.anna.messages("Not taken")) == 4, "the known mail kept")
    assert len(house.daemon.tickets()) == 1


def test_a_message_that_is_thrown_away_comes_back_read(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = house.anna.messages("Queues/support")
    house.anna.expunge("Queues/support", [message["uid"]])
    wait_until(
        lambda: [
            m["flags"] for m in house.anna.messages("Queues/support") if m["uid"] != message["uid"]
        ]
        == [{"\\Seen"}],
        "the message again",
        10,
    )
    assert ticket(house, 1)["status"] == "new"
    # And is as good as before.
    house.anna.move("Queues/support", "Mine")
    ticket(house, 1, agent="anna")
    shows(house.anna, "Mine", FIRE)
    shows(house.anna, "Queues/support")


def test_all_that_a_client_made_of_a_message_goes_when_its_ticket_goes_on(house):
    """What was put back has a name that a client may know, as its copy elsewhere has."""
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (thrown,) = house.anna.messages("Queues/support")
    house.anna.expunge("Queues/support", [thrown["uid"]])
    found = lambda: [m["uid"] for m in house.anna.messages("Queues/support")]
    wait_until(lambda: found() and found() != [thrown["uid"]], "it to be put back", 10)
    house.anna.copy("Queues/support", "Mine", found())
    ticket(house, 1, agent="anna")
    shows(house.anna, "Mine", FIRE)
    shows(house.anna, "Queues/support")


def test_flagged_is_the_priority(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = house.anna.messages("Queues/support")
    house.anna.flag("Queues/support", [message["uid"]], "+", "\\Flagged")
    ticket(house, 1, priority="high")

    def all_flagged(wanted):
        return lambda: all(
            ["\\Flagged" in m["flags"] for m in who.messages("Queues/support")] == [wanted]
            for who in (house.anna, house.ben)
        )

    wait_until(all_flagged(True), "flagged for both", 10)
    (message,) = house.ben.messages("Queues/support")
    house.ben.flag("Queues/support", [message["uid"]], "-", "\\Flagged")
    ticket(house, 1, priority="normal")
    wait_until(all_flagged(False), "flagged for nobody", 10)
    house.daemon.run_ticket("priority", "urgent", "1")
    wait_until(all_flagged(True), "flagged for both again", 10)


def test_a_copy_is_as_good_as_a_move(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = house.anna.messages("Queues/support")
    house.anna.copy("Queues/support", "Spam", [message["uid"]])
    ticket(house, 1, status="spam")
    shows(house.anna, "Spam", FIRE)
    shows(house.anna, "Queues/support")
    shows(house.ben, "Spam", FIRE)
    house.ben.move("Spam", "Queues/support")
    ticket(house, 1, status="open", agent=None)
    shows(house.anna, "Queues/support", FIRE)


def test_a_message_that_a_client_stored_again_is_the_same(house):
    """As clients do that move between accounts: new name, inode and owner, the same bytes."""
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = house.anna.messages("Queues/support")
    house.anna.append("Closed", message["data"])
    ticket(house, 1, status="closed")
    shows(house.anna, "Closed", FIRE)
    shows(house.anna, "Queues/support")
    assert len(house.daemon.tickets()) == 1


def test_a_forged_line_is_no_command(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    (message,) = house.anna.messages("Queues/support")
    line = message["data"].split(b"\r\n", 1)[0]
    assert line.startswith(b"X-Ticket-Copy: 1 1 ")
    forged = line + b"\r\n" + compose("E <e@evil.example>", "a@example.com", "Hello", "x\n")
    house.anna.append("Closed", forged)
    shows(house.anna, "Not taken", "Hello")
    assert ticket(house, 1)["status"] == "new"


def test_folders_follow_the_queues_of_an_agent(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.ben, "Queues/support", FIRE)
    house.daemon.run_ticket("move", "--queue", "ops", "1")
    shows(house.anna, "Queues/ops", FIRE)
    shows(house.ben, "Queues/support")
    house.daemon.run_ticket("agent", "set", "ben", "--queue", "ops")
    wait_until(lambda: "Queues/ops" in house.ben.folders(), "a folder for Ben", 10)
    shows(house.ben, "Queues/ops", FIRE)
    wait_until(lambda: "Queues/support" not in house.ben.folders(), "the old one to go", 10)
    assert ticket(house, 1)["queue"] == "ops", "nobody moved it"
    house.daemon.run_ticket("agent", "set", "ben", "--inactive")
    wait_until(lambda: not (house.path / "ben").exists(), "Ben's tree to go", 10)


def test_rights(house):
    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    import grp

    from harness.mailboxes import GROUP

    gid = grp.getgrnam(GROUP).gr_gid
    for path in (house.path, *house.path.rglob("*")):
        found = path.lstat()
        assert found.st_mode & 0o007 == 0, path
        assert found.st_gid == gid, path
        if path.is_dir():
            inside = path.relative_to(house.path).parts
            wanted = 0o2770 if inside else 0o2750
            if inside and inside[0].startswith("+"):
                wanted = 0o2700
            assert found.st_mode & 0o7777 == wanted, path
    (first,) = (house.path / "anna" / ".Queues.support").glob("[nc]*/*")
    (second,) = (house.path / "ben" / ".Queues.support").glob("[nc]*/*")
    assert first.stat().st_ino == second.stat().st_ino and first.stat().st_nlink == 3
    # A client that removes a folder would remove all messages in it.
    assert house.anna.imap.delete('"Tickets/Closed"')[0] == "NO"
    assert house.anna.imap.delete('"Tickets/Queues/support"')[0] == "NO"
    again = house.imap.login("anna")
    shows(again, "Queues/support", FIRE)
    assert set(again.folders()) >= {"Mine", "Mine/Waiting", "Closed", "Spam", "Not taken"}


def folders(house, login):
    return sorted(path.name for path in (house.path / login).glob("*"))


def test_nobody_makes_a_folder(house):
    before = folders(house, "anna")
    imap = house.anna.imap
    assert imap.create("Own")[0] == "OK"
    for name in ("New", "New/", "New/Deep", "Mine/New", "Queues/new", "Queues/support/New"):
        assert imap.create(f'"Tickets/{name}"')[0] == "NO", name
        assert imap.rename('"Own"', f'"Tickets/{name}"')[0] == "NO", name
    assert imap.rename('"Tickets/Closed"', '"Tickets/Done"')[0] == "NO"
    assert imap.rename('"Tickets/Closed"', '"Done"')[0] == "NO"
    assert folders(house, "anna") == before


def test_the_server_makes_no_tree_of_its_own(house):
    """One who is no agent (yet) has the folders that Dovecot makes for all, and nothing else."""
    carl = house.imap.login("carl")
    mail = compose("Dora <dora@elsewhere.example>", "x@example.net", "The lamp", "Dark.\n")
    assert carl.append("Mine", mail) == "NO" and not (house.path / "carl").exists()
    house.daemon.add_agent("carl", name="Carl", address="carl@example.com", queue="support")
    house.asks(Customer(), subject="Printer on fire")
    wait_until((house.path / "carl" / ".Closed" / "cur").exists, "his folders", 10)
    shows(house.imap.login("carl"), "Queues/support", FIRE)
    shows(house.anna, "Queues/support", FIRE)


def test_the_answer_to_a_closing_lapses_when_the_ticket_is_reopened(house):
    carla = Customer()
    house.asks(carla, subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    for round in range(2):
        house.anna.move("Queues/support", "Closed")
        ticket(house, 1, status="closed")
        (waiting,) = house.daemon.outbox()
        assert waiting["event"] == "closed" and waiting["next_try"]
        shows(house.anna, "Closed", FIRE)
        if round == 0:
            house.anna.move("Closed", "Queues/support")
            ticket(house, 1, status="open")
            shows(house.anna, "Queues/support", FIRE)
        else:
            house.replies(house.mailbox.mails()[0].data, carla, subject="Re: " + FIRE)
            ticket(house, 1, status="open")
        assert house.daemon.outbox() == []
    house.daemon.run_ticket("close", "1")
    house.mailbox.wait_for(lambda mail: carla.address in mail.recipients, "an answer at once")


def test_it_lapses_by_an_undo_and_by_an_answer(house):
    def undo():
        mail = compose("anna <anna@example.com>", "tickets@example.com", "x", "undo 1\n")
        house.deliver(mail, "anna@example.com", "tickets@example.com", login="anna")

    def reply():
        house.daemon.run_ticket("reply", "-m", "One moment.", "1")

    carla = Customer()
    house.asks(carla, subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    for reopens, status in ((undo, "new"), (reply, "waiting")):
        house.anna.move("Queues/support", "Closed")
        ticket(house, 1, status="closed")
        (waiting,) = house.daemon.outbox()
        assert waiting["event"] == "closed" and waiting["next_try"]
        shows(house.anna, "Closed", FIRE)
        reopens()
        ticket(house, 1, status=status)
        assert "closed" not in [mail["event"] for mail in house.daemon.outbox()]
        wait_until(lambda: not house.anna.messages("Closed"), "it to leave that folder", 10)
    house.daemon.run_ticket("close", "1")
    house.mailbox.wait_for(
        lambda mail: carla.address in mail.recipients and b"One moment." not in mail.data,
        "the answer at once",
    )


def test_one_person_undoes_at_the_shell_what_was_done_in_the_mailbox(house):
    def shell(*words):
        house.daemon.run_ticket(*words, env={**os.environ, "SUDO_USER": "anna"})

    house.asks(Customer(), subject="Printer on fire")
    shows(house.anna, "Queues/support", FIRE)
    house.anna.move("Queues/support", "Closed")
    ticket(house, 1, status="closed")
    shell("undo")
    ticket(house, 1, status="new", agent=None)
    assert house.daemon.outbox() == []
    shell("priority", "high", "1")
    mail = compose("anna <anna@example.com>", "tickets@example.com", "x", "undo 1\n")
    house.deliver(mail, "anna@example.com", "tickets@example.com", login="anna")
    ticket(house, 1, priority="normal")


def test_as_many_tickets_at_once_as_may_be_are_moved(house):
    """LIMIT_MAILBOX_MOVES."""
    most = LIMITS["LIMIT_MAILBOX_MOVES"]
    for n in range(most):
        house.asks(Customer(), subject=f"Number {n}")
    wait_until(lambda: len(house.anna.messages("Queues/support")) == most, "all of them")
    house.anna.move("Queues/support", "Closed")
    wait_until(lambda: not house.daemon.ticket("list", "--status", "new"), "all to be closed")
    assert not notices(house, "anna@example.com")


def test_many_tickets_at_once_are_held_until_they_are_confirmed(house):
    many = LIMITS["LIMIT_MAILBOX_MOVES"] + 1
    for n in range(many):
        house.asks(Customer(), subject=f"Number {n}")
    wait_until(lambda: len(house.anna.messages("Queues/support")) == many, "all of them")
    house.anna.move("Queues/support", "Closed")
    wait_until(lambda: notices(house, "anna@example.com"), "a question to Anna")
    (text,) = notices(house, "anna@example.com")
    assert f"You moved more than {many - 1} tickets" in text
    # A client may be seen at its work; what it moved until then is done.
    held = int(re.search(r"(\d+) wait:", text)[1])
    wait_until(lambda: len(house.anna.messages("Queues/support")) == held, "those are back")
    assert 1 <= held <= many and len(house.anna.messages("Closed")) == many - held
    assert len(house.daemon.ticket("list", "--status", "new")) == held
    code = re.search(r"confirm (m\w+)", text).group(1)
    # Another's word does not count.
    for login, said in (("ben", "nothing is held"), ("anna", f"#{many} closed")):
        mail = compose(
            f"{login} <{login}@example.com>",
            "tickets@example.com",
            "Re: tickets moved",
            f"confirm {code}\n",
        )
        house.deliver(mail, f"{login}@example.com", "tickets@example.com", login=login)
        wait_until(
            lambda: any(said in text for text in notices(house, f"{login}@example.com")),
            f"'{said}' for {login}",
        )
    assert {found["status"] for found in house.daemon.tickets()} == {"closed"}
    assert events(house, 1, "status")[0]["way"] == "mailbox"
    wait_until(lambda: len(house.anna.messages("Closed")) == many, "all closed")

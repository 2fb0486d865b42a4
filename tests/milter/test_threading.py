"""Which ticket a mail belongs to, and what its Subject looks like then: CASES.md, "Threading"."""
import pathlib

import pytest

from harness.client import bare, compose, field, fields
from harness.house import DESK
from harness.sink import unique

MAILS = pathlib.Path(__file__).parents[1] / "mail"


def tag(number):
    return f"[example.com #{number}]"


def test_a_reply_with_tag_and_references_is_appended_and_gets_no_second_tag(house, carla):
    asked = house.mail(carla, subject="Printer")
    reply = house.mail(carla, reply_to=asked, subject=f"Re: {asked.subject}")
    assert (reply.number, reply.match, reply.event) == (asked.number, "message-id", "followup")
    assert reply.subject == f"{tag(asked.number)} Re: Printer"
    again = house.mail(carla, reply_to=reply, subject=reply.subject)
    assert again.number == asked.number and again.subject == reply.subject
    assert house.ticket(asked.number)["messages_count"] == 3


def test_a_reply_whose_tag_was_removed_gets_it_back(house, carla):
    asked = house.mail(carla, subject="Printer")
    reply = house.mail(carla, reply_to=asked, subject="AW: Printer")
    assert (reply.number, reply.subject) == (asked.number, f"{tag(asked.number)} AW: Printer")


def test_references_alone_are_enough(house, carla):
    asked = house.mail(carla)
    assert (
        house.mail(carla, headers=[f"References: <elder@x> {asked.id} <younger@x>"]).number
        == asked.number
    )


def test_an_id_wins_over_a_tag_and_the_tags_ticket_is_linked(house, carla):
    one, two = house.mail(carla), house.mail(carla)
    reply = house.mail(carla, reply_to=two, subject=f"Re: {one.subject}")
    assert (reply.number, reply.match) == (two.number, "message-id")
    assert reply.subject.count("[example.com #") == 1 and reply.subject.startswith(tag(two.number))
    assert house.ticket(two.number)["links"] == [one.number] and house.ticket(one.number)[
        "links"
    ] == [two.number]
    assert house.events(two.number, "link") and house.events(one.number, "link")


def test_a_strangers_tag_opens_a_ticket_linked_both_ways(house, carla, dora):
    asked = house.mail(carla, subject="Printer")
    other = house.mail(dora, subject=f"Re: {asked.subject}")
    assert (other.match, other.event, other.subject) == (
        "new",
        "opened",
        f"{tag(other.number)} Re: Printer",
    )
    assert house.ticket(other.number)["links"] == [asked.number] and house.ticket(asked.number)[
        "links"
    ] == [other.number]
    assert house.events(other.number, "link") and house.events(asked.number, "link")


def test_of_two_tags_one_is_left(house, carla):
    one, two = house.mail(carla), house.mail(carla)
    reply = house.mail(carla, subject=f"Re: {tag(one.number)} Fwd: {tag(two.number)} x")
    assert (reply.number, reply.match) == (one.number, "subject")
    assert reply.subject == f"{tag(one.number)} Re: Fwd: x"


@pytest.mark.parametrize(
    "foreign", ["[Ticket#123]", "[other.example #5]", "[example.com-#5]", "(example.com #5)"]
)
def test_tags_of_other_systems_are_kept_and_ignored(house, carla, foreign):
    mail = house.mail(carla, subject=f"Re: {foreign} x")
    assert mail.match == "new" and mail.subject == f"{tag(mail.number)} Re: {foreign} x"


@pytest.mark.parametrize("prefix", ["AW:", "WG:", "SV:", "Antw:", "RE[5]:", "Fwd:", "回复:"])
def test_a_prefix_of_any_language_stands_behind_the_tag_once(house, carla, prefix):
    asked = house.mail(carla, subject="Printer")
    reply = house.mail(carla, subject=f"{prefix} {prefix} {tag(asked.number)} {prefix} Printer")
    assert (reply.number, reply.subject) == (asked.number, f"{tag(asked.number)} {prefix} Printer")


@pytest.mark.parametrize(
    "written",
    [
        "[example.com\n #{n}] x",
        "=?utf-8?q?=5Bexample=2Ecom_?= =?utf-8?q?=23{n}=5D?= x",
        "=?utf-8?q?Re=3A_=5Bexample=2Ecom_=23{n}=5D_x?=",
        "x [EXAMPLE.COM #{n}]",
        "[example.com\u00a0#{n}] x",
        "=?utf-8?q?[example.com=C2=A0#{n}]?= x",
        "[example.com \t #{n}] x",
        "[example.com\u3000#{n}] x",
    ],
)
def test_a_tag_is_found_however_it_is_folded_or_encoded(house, carla, written):
    asked = house.mail(carla)
    reply = house.mail(carla, subject=written.format(n=asked.number))
    assert (reply.number, reply.match) == (asked.number, "subject")
    assert (
        reply.subject.startswith(tag(asked.number)) and reply.subject.lower().count("example") == 1
    )


@pytest.mark.parametrize(
    "written",
    [
        "[example.com #{n}4]",
        "[example.com #0{n}]",
        "[example.com #{wide}]",
        "[example.com #" + "1" * 30 + "]",
        "[example.com #-{n}]",
        "[example.com #{n} ]",
        "[example.com#{n}]",
        "[example.com #]",
    ],
)
def test_what_is_not_exactly_our_tag_is_none(house, carla, written):
    asked = house.mail(carla)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in str(asked.number))
    assert (
        house.mail(carla, subject=written.format(n=asked.number, wide=wide)).number != asked.number
    )


@pytest.mark.parametrize(
    "value",
    [
        "Your message of \"Mon, 1 Jun\" (<no@x>) {id}",
        "<no@x> {id} <neither@x>",
        "free text {id} more",
        "<unclosed {id}",
        "{id} <unclosed",
    ],
)
def test_ids_are_found_among_comments_and_free_text(house, carla, value):
    asked = house.mail(carla)
    assert (
        house.mail(carla, headers=["In-Reply-To: " + value.format(id=asked.id)]).number
        == asked.number
    )


def test_a_reply_that_arrives_before_its_original_is_the_same_ticket(house, carla):
    root = f"<{unique()}@customer.example>"
    reply = house.mail(carla, reply_to=root, subject="Re: late")
    original = house.mail(carla, subject="late", message_id=root)
    assert (original.number, original.match, original.event) == (
        reply.number,
        "message-id",
        "followup",
    )


def test_two_who_name_each_other_answer_an_unseen_root_in_one_ticket(house, carla, dora):
    root = f"<{unique()}@elsewhere.example>"
    one = house.mail(carla, reply_to=root, headers=[f"Cc: {dora}"])
    assert house.mail(dora, reply_to=root, headers=[f"Cc: {carla}"]).number == one.number


def test_two_strangers_who_answer_one_newsletter_have_two_linked_tickets(house, carla, dora):
    root = f"<{unique()}@elsewhere.example>"
    one = house.mail(carla, reply_to=root)
    two = house.mail(dora, reply_to=root, headers=[f"Cc: {carla}"])
    assert two.number != one.number and (two.match, two.event) == ("new", "opened")
    for this, other in ((one.number, two.number), (two.number, one.number)):
        assert house.ticket(this)["links"] == [other] and house.events(this, "link")
    assert str(one.number) not in [
        value for name, value in fields(two.mail) if name.startswith("X-Ticket")
    ]


def test_guessed_ids_collect_nobodys_mail(house, carla):
    guesses = [f"<{unique()}@customer.example>" for _ in range(20)]
    victim = carla.split("<")[1][:-1]
    trap = house.mail(
        "eve@evil.example",
        headers=["References: " + "\n ".join(guesses), f"Cc: {victim}", f"Reply-To: {victim}"],
    )
    assert house.mail(carla, message_id=guesses[3]).number != trap.number
    assert house.mail(carla, reply_to=guesses[7]).number != trap.number


@pytest.mark.parametrize("more", [["From: eve@evil.example"], []], ids=["two fields", "one field"])
def test_a_from_with_several_authors_may_use_nobodys_tag(house, carla, more):
    asked = house.mail(carla)
    who = carla if more else f"{carla}, eve@evil.example"
    other = house.mail(who, sender="eve@evil.example", subject=asked.subject, headers=more)
    assert other.number != asked.number and house.ticket(other.number)["links"] == [asked.number]


def test_an_answer_to_the_root_finds_a_long_thread(house, carla, dora):
    ids = [f"<{unique()}@elsewhere.example>" for _ in range(60)]
    deep = house.mail(carla, headers=["References: " + "\n ".join(ids), f"Cc: {dora}"])
    for known in (ids[0], ids[-1], ids[-19]):
        assert house.mail(dora, reply_to=known, headers=[f"Cc: {carla}"]).number == deep.number


def test_known_references_with_a_wholly_new_subject_are_appended_and_flagged(house, carla):
    asked = house.mail(carla, subject="Printer")
    reply = house.mail(carla, reply_to=asked, subject="Holiday plans")
    assert reply.number == asked.number
    (flag,) = house.events(asked.number, "subject")
    assert (flag["from"], flag["to"]) == ("Printer", "Holiday plans")
    house.mail(carla, reply_to=asked, subject="Re: Printer")
    assert len(house.events(asked.number, "subject")) == 1


def test_merged_tickets_lead_to_the_survivor_and_never_in_a_circle(house, carla):
    one, two, three = (house.mail(carla) for _ in range(3))
    house.daemon.run_ticket("merge", str(one.number), "--into", str(two.number))
    house.daemon.run_ticket("merge", str(two.number), "--into", str(three.number))
    house.daemon.run_ticket("merge", str(three.number), "--into", str(one.number), check=False)
    for old in (one, two, three):
        assert house.mail(carla, reply_to=old).number == three.number
        by_tag = house.mail(carla, subject=f"Re: {old.subject}")
        assert (by_tag.number, by_tag.match) == (
            three.number,
            "subject",
        ) and by_tag.subject.startswith(tag(three.number))
    assert house.ticket(three.number)["links"] == []


def test_a_purged_number_is_never_given_again_and_its_mail_opens_a_linked_ticket(build):
    house = build([DESK])
    asked = house.mail(to="desk@example.com")
    house.daemon.run_ticket("close", "1")
    house.daemon.run_ticket("purge", "--closed-before", "2099-01-01")
    assert house.daemon.tickets() == []
    for number, late in enumerate(
        (
            dict(subject=f"Re: {asked.subject}"),
            dict(to=bare(asked.header("Reply-To")), subject="no tag"),
        ),
        2,
    ):
        mail = house.mail(**{"to": "desk@example.com", **late})
        assert (mail.number, mail.match, mail.event) == (number, "new", "opened")
        assert house.ticket(number)["links"] == [1] and house.events(number, "link")


def test_a_token_matches_where_a_relay_wrote_the_message_id_anew(house, carla, dora):
    asked = house.mail(carla, to="desk@example.com")
    token = bare(asked.header("Reply-To"))
    assert token.startswith(f"desk+{asked.number}-")
    for spelling in (token, token.upper()):
        reply = house.mail(dora, to=spelling, subject="no tag")
        assert (reply.number, reply.match) == (asked.number, "token")
    forged = token[:-14] + ("a" if token[-14] != "a" else "b") + token[-13:]
    assert house.mail(dora, to=forged, subject="no tag").match == "new"


def test_a_thread_of_exchange_without_ids_is_a_new_ticket(house):
    arrival = house.hand_in(
        (MAILS / "exchange-thread-index-only.eml").read_bytes(), "x@customer.example"
    )
    assert arrival.match == "new"


def test_whoever_was_written_to_takes_part_and_may_use_the_tag(house, carla, dora):
    asked = house.mail(carla, headers=[f"Cc: {dora}, support@example.com, anna@example.com"])
    assert set(house.ticket(asked.number)["participants"]) == {
        carla.split("<")[1][:-1],
        dora.split("<")[1][:-1],
    }
    assert house.mail(dora, subject=asked.subject).match == "subject"


def test_whoever_wants_the_answers_takes_part(house, carla):
    asked = house.mail(carla, headers=["Reply-To: office@customer.example, support@example.com"])
    people = house.ticket(asked.number)["participants"]
    assert set(people) == {carla.split("<")[1][:-1], "office@customer.example"}
    assert house.mail("office@customer.example", subject=asked.subject).match == "subject"


@pytest.mark.parametrize(
    "policy, match", [("participants", "new"), ("anyone", "subject"), ("never", "new")]
)
def test_policy_subject_tag_says_whose_tag_counts(build, policy, match):
    house = build(policy={"subject_tag": policy})
    asked = house.mail()
    assert house.mail("stranger@else.example", subject=asked.subject).match == match
    own = house.mail(subject=asked.subject)
    assert own.match == ("new" if policy == "never" else "subject")


def test_without_a_from_the_envelopes_sender_takes_part(house, carla):
    asked = house.mail(carla)
    data = compose(carla, subject=asked.subject).partition(b"\n")[2]
    assert house.hand_in(data, carla.split("<")[1][:-1]).match == "subject"


def test_how_a_mail_was_found_is_in_the_header_the_log_and_the_event(house, carla):
    asked = house.mail(carla)
    house.mail(carla, reply_to=asked)
    assert house.events(asked.number, "opened")[0]["text"] == "new"
    assert house.events(asked.number, "followup")[0]["text"] == "message-id"
    assert (
        f"ticket={asked.number} event=followup whose=inbound match=message-id"
        in house.daemon.log_text()
    )


def test_the_tag_of_a_former_system_leads_to_the_ticket_and_stays(build):
    house = build(tag={"also": ["[Ticket#%d]"]})
    asked = house.mail()
    reply = house.mail(subject=f"Re: [Ticket#{asked.number}] Printer")
    assert (reply.number, reply.match) == (asked.number, "subject")
    assert reply.subject == f"{tag(asked.number)} Re: [Ticket#{asked.number}] Printer"
    other = house.mail("eve@evil.example", subject=f"[Ticket#{asked.number}]")
    assert other.number != asked.number and house.ticket(other.number)["links"] == [asked.number]


# --- closed tickets ---------------------------------------------------------------------


def test_a_reply_reopens_a_closed_ticket(house, carla):
    asked = house.mail(carla)
    house.daemon.run_ticket("close", str(asked.number))
    reply = house.mail(carla, reply_to=asked)
    assert (reply.number, reply.event, reply.header("X-Ticket-Status")) == (
        asked.number,
        "reopened",
        "open",
    )


def test_a_reply_to_a_waiting_ticket_opens_it(house, carla):
    asked = house.mail(carla)
    house.daemon.run_ticket("status", "waiting", str(asked.number))
    reply = house.mail(carla, reply_to=asked)
    assert (reply.event, reply.header("X-Ticket-Status")) == ("followup", "open")


@pytest.mark.parametrize("status", ["internal", "clarify", "spam"])
def test_a_reply_leaves_other_states_as_they_are(house, carla, status):
    asked = house.mail(carla)
    house.daemon.run_ticket("status", status, str(asked.number))
    assert house.mail(carla, reply_to=asked).header("X-Ticket-Status") == status


# --- what the mail looks like -------------------------------------------------------------


def test_the_headers_are_added_in_their_order_behind_all_others(house, carla):
    arrival = house.mail(carla, headers=["X-Ticket-Queue: forged", "X-Last: stays last of its own"])
    assert arrival.names() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Last",
        "X-Ticket",
        "X-Ticket-Status",
        "X-Ticket-Priority",
        "X-Ticket-Queue",
        "X-Ticket-Project",
        "X-Ticket-Match",
        "X-Ticket-Event",
    ]
    assert (
        arrival.header("X-Ticket-Queue") == "support"
        and field(arrival.mail, "X-Ticket-Project") == "helpdesk"
    )


def test_the_ticket_s_agent_is_named(house, carla):
    asked = house.mail(carla)
    house.daemon.run_ticket("assign", "anna", str(asked.number))
    assert house.mail(carla, reply_to=asked).header("X-Ticket-Agent") == "anna"


def test_reply_to_is_the_desks_only_where_it_says_so(house, carla):
    plain = house.mail(carla, headers=["Reply-To: elsewhere@customer.example"])
    assert plain.header("Reply-To") == "elsewhere@customer.example"
    desk = house.mail(
        carla, to="desk@example.com", headers=["Reply-To: elsewhere@customer.example"]
    )
    assert f'(elsewhere@customer.example)" <desk+{desk.number}-' in desk.header("Reply-To")


@pytest.mark.parametrize(
    "junk", [b"X-Junk: 1\n" * 12000, b"X-Junk: " + b"y" * 60000 + b"\n"], ids=["many", "long"]
)
def test_headers_behind_a_flood_of_others_count_all_the_same(house, carla, junk):
    asked = house.mail(carla, subject="Printer")
    flood = junk * (1 if junk.count(b"\n") > 1 else 30)
    data = flood + compose(
        carla,
        subject="Re: Printer",
        headers=[f"In-Reply-To: {asked.id}", "X-Ticket: 99", "x-ticket-queue: forged"],
    )
    reply = house.hand_in(data, "carla@customer.example")
    assert (reply.number, reply.event, reply.subject) == (
        asked.number,
        "followup",
        f"{tag(asked.number)} Re: Printer",
    )
    assert reply.header("X-Ticket-Queue") == "support" and reply.id == field(data, "Message-ID")


def test_a_subject_of_any_length_keeps_header_lines_short(house, carla):
    arrival = house.mail(carla, subject="long word " * 300 + "x" * 3000)
    lines = arrival.mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 998 and not [line for line in lines if not line.strip()]
    assert arrival.subject.startswith(tag(arrival.number))

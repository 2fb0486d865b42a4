"""Who watches a ticket gets a copy of what comes and goes."""
from harness.client import compose

ANNA, BOSS = "Anna Berg <anna@example.com>", "boss@other.example"


def bare(customer):
    return customer[customer.index("<") + 1 : -1]


def copies(arrival):
    return [edit[3].strip("<>") for edit in arrival.result.edits if edit[0] == "recipient"]


def opened(house, carla, *watchers):
    first = house.mail(carla)
    for address in watchers:
        house.daemon.run_ticket("watch", address, str(first.number))
    return first


def by_anna(house, first, to):
    data = compose(ANNA, to, "Re: " + first.subject, headers=[f"In-Reply-To: {first.id}"])
    return house.hand_in(data, "anna@example.com", to, "anna")


def test_a_watcher_gets_a_copy_of_the_customers_mail(house, carla):
    first = opened(house, carla, BOSS)
    second = house.mail(carla, reply_to=first)
    assert copies(first) == [] and copies(second) == [BOSS]
    assert second.header("X-Auto-Response-Suppress") == "OOF, AutoReply"


def test_and_of_the_answer(house, carla):
    answer = by_anna(house, opened(house, carla, BOSS), bare(carla))
    assert answer.event == "reply" and copies(answer) == [BOSS]


def test_of_a_note_only_an_agent(house, carla):
    house.daemon.run_ticket(
        "agent", "set", "ben", "--create", "--address", "ben@example.com", "--queue", "support"
    )
    note = by_anna(house, opened(house, carla, BOSS, "ben"), "support@example.com")
    assert note.event == "note" and copies(note) == ["ben@example.com"]


def test_nobody_gets_what_they_wrote_or_get_anyway(house, carla):
    first = opened(house, carla, bare(carla), BOSS)
    assert copies(house.mail(carla, ["support@example.com", BOSS], reply_to=first)) == []


def test_nor_what_a_robot_says(house, carla):
    first = opened(house, carla, BOSS)
    assert copies(house.mail(carla, reply_to=first, headers=["Auto-Submitted: auto-replied"])) == []


def test_the_same_mail_again_has_the_same_copies(house, carla):
    first = opened(house, carla, BOSS)
    second = house.mail(carla, reply_to=first)
    again = house.hand_in(second.sent, bare(carla))
    assert copies(again) == copies(second) == [BOSS]


def test_an_answer_from_the_shell_goes_to_them_too(house, carla):
    first = opened(house, carla, BOSS)
    house.daemon.run_ticket("reply", str(first.number), "-m", "Done.")
    (sent,) = [
        entry
        for entry in house.daemon.outbox()
        if entry["event"] == "reply" and entry["ticket"] == first.number
    ]
    assert sent["to"] == [bare(carla), BOSS]


def test_who_watches_no_more_gets_none(house, carla):
    first = opened(house, carla, BOSS)
    house.daemon.run_ticket("unwatch", BOSS, str(first.number))
    assert copies(house.mail(carla, reply_to=first)) == []

"""A colleague passes a customer's mail on to the desk: the customer's ticket, in one step."""
ANNA = "Anna Berg <anna@example.com>"
INLINE = "fyi\n\n---------- Forwarded message ---------\nFrom: {}\nDate: today\nSubject: broken door\nTo: anna@example.com\n\nThe door is broken.\n"


def bare(customer):
    return customer[customer.index("<") + 1 : -1]


def forwards(house, body, headers=(), subject="Fwd: broken door"):
    return house.mail(ANNA, authen="anna", subject=subject, body=body, headers=headers)


def attached(customer):
    inner = f"From: {customer}\nSubject: broken door\nMessage-ID: <x@customer.example>\n\nThe door is broken.\n"
    return (
        "--m\nContent-Type: text/plain\n\nfyi\n--m\nContent-Type: message/rfc822\n\n"
        + inner
        + "\n--m--\n"
    )


def requester(house, arrival):
    return house.ticket(arrival.number)["requester"]


def test_the_author_of_an_attached_mail_is_the_requester(house, carla):
    arrival = forwards(
        house, attached(carla), ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=m"]
    )
    assert requester(house, arrival) == {"name": "Carla Kern", "address": bare(carla)}
    assert (
        bare(carla) in house.ticket(arrival.number)["participants"]
        and house.answers(bare(carla)) == []
    )


def test_and_of_one_in_the_text(house, carla):
    assert requester(house, forwards(house, INLINE.format(carla)))["address"] == bare(carla)


def test_but_not_in_a_customers_own_mail(house, carla, dora):
    arrival = house.mail(dora, subject="Fwd: broken door", body=INLINE.format(carla))
    assert requester(house, arrival)["address"] == bare(dora)


def test_nor_a_colleague_nor_the_desk(house):
    for author in ("Anna <anna@example.com>", "support@example.com"):
        assert (
            requester(house, forwards(house, INLINE.format(author)))["address"]
            == "anna@example.com"
        )


def test_nor_in_one_that_is_passed_on_as_it_came(house, carla, dora):
    arrival = house.mail(
        dora,
        sender="anna@example.com",
        authen="anna",
        subject="door",
        body=INLINE.format(carla),
        headers=["Resent-From: anna@example.com", "Resent-To: support@example.com"],
    )
    assert requester(house, arrival)["address"] == bare(dora)


def test_commands_on_top_are_run_on_the_ticket_that_it_opens(house, carla):
    arrival = forwards(
        house,
        f"requester {bare(carla)}\npriority high\ntake\n\nShe called.\n",
        subject="Door !tag +urgent",
    )
    ticket = house.ticket(arrival.number)
    assert (
        ticket["requester"]["address"],
        ticket["priority"],
        ticket["agent"],
        ticket["tags"],
    ) == (bare(carla), "high", "anna", ["urgent"])
    assert (
        ticket["subject"] == "Door" and arrival.subject == f"[example.com #{arrival.number}] Door"
    )
    assert [entry["event"] for entry in house.answers("anna@example.com")].count("transcript") >= 1


def test_those_in_the_customers_words_are_not(house, carla):
    arrival = forwards(
        house, INLINE.format(carla).replace("fyi\n\n", "").replace("The door is broken.", "close")
    )
    assert house.ticket(arrival.number)["status"] == "new"


def test_again_the_same_edits_and_nothing_is_run_twice(house, carla):
    arrival = forwards(house, "priority high\n\nx\n", subject="Door !tag +urgent")
    house.daemon.run_ticket("priority", "low", str(arrival.number))
    again = house.hand_in(arrival.sent, "anna@example.com", authen="anna")
    assert again.subject == arrival.subject and house.ticket(arrival.number)["priority"] == "low"

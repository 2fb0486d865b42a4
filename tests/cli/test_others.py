"""What else a requester waits for is told where one of their tickets is looked at."""
from harness.box import mail, mbox

ACCOUNT = ("--account", "support@example.com")


def take_in(desk, tmp_path, *mails):
    (tmp_path / "box").write_bytes(mbox(mails))
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)


def field(desk, number, name="also open"):
    lines = desk.run_ticket("show", number).stdout.decode().splitlines()
    return [line[len(name) :].strip() for line in lines if line.startswith(name)]


def test_show_names_the_other_open_tickets(desk, tmp_path):
    take_in(
        desk, tmp_path, mail(1), mail(2), mail(3), mail(4, sender="dora@customer.example"), mail(5)
    )
    desk.run_ticket("close", "3")
    desk.run_ticket("merge", "5", "--into", "4")
    assert field(desk, 1) == ["#2 Question 2 (new)"]
    assert field(desk, 3) == ["#2 Question 2 (new), #1 Question 1 (new)"]
    assert field(desk, 4) == []


def test_of_many_a_few_are_named(desk, tmp_path):
    take_in(desk, tmp_path, *[mail(n) for n in range(1, 15)])
    (line,) = field(desk, 1)
    assert line.startswith("#14 Question 14 (new), #13") and line.endswith(
        "#5 Question 5 (new) and 3 more"
    )


def test_history_lists_them_all(desk, tmp_path):
    take_in(desk, tmp_path, mail(1), mail(2), mail(3, sender="dora@customer.example"))
    desk.run_ticket("close", "1")
    (shown,) = desk.ticket("show", "2", "--history")
    assert [(t["number"], t["status"]) for t in shown["history"]] == [(1, "closed"), (2, "new")]
    assert "history" not in desk.show(2)
    rows = (
        desk.run_ticket("show", "2", "--history")
        .stdout.decode()
        .split("tickets of this requester\n")[1]
        .splitlines()
    )
    assert [row.split("\t")[:2] for row in rows] == [["1", "closed"], ["2", "new"]]


def test_an_agent_is_told_of_those_in_their_queues(desk, tmp_path):
    desk.add_queue("ops")
    desk.add_agent("anna", name="Anna Adler", address="anna@example.com", queue="support")
    take_in(desk, tmp_path, mail(1), mail(2), mail(3))
    desk.run_ticket("move", "--queue", "ops", "3")
    desk.run_ticket("assign", "anna", "1")
    notice = [
        line
        for line in desk.run_ticket("export", "--json").stdout.decode().splitlines()
        if '"outgoing"' in line
    ][0]
    assert "Other open tickets of carla@customer.example:\\n#2 Question 2 (new)\\n" in notice

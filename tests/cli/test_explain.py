"""ticket explain: what would become of a mail, and why; and nothing does."""
import json

import pytest
from harness.box import mail, mbox

ACCOUNT = ("--account", "support@example.com")


@pytest.fixture
def busy(desk, tmp_path):
    desk.add_agent("anna", name="Anna Adler", address="anna@example.com", queue="support")
    (tmp_path / "box").write_bytes(
        mbox([mail(1), mail(2, sender="dora@customer.example", answers=[77])])
    )
    desk.run_ticket("import", tmp_path / "box", *ACCOUNT)
    return desk


def explained(desk, data, *words):
    return json.loads(desk.run_ticket("explain", "-", *words, "--json", stdin=data).stdout)


def header(found, name):
    return [h["value"] for h in found["headers"] if h["name"] == name]


def test_an_answer_and_its_ticket(busy):
    found = explained(busy, mail(3, answers=[1]))
    assert (found["whose"], found["ticket"], found["match"], found["event"]) == (
        "inbound",
        1,
        "message-id",
        "followup",
    )
    assert "<box-1@customer.example>: #1 has that message" in found["why"] and header(
        found, "Subject"
    ) == ["[example.com #1] Question 3"]
    assert found["text"] == "Text of mail 3.\n" and found["requester"] == {
        "name": "Carla Kern",
        "address": "carla@customer.example",
    }


def test_a_strangers_claim(busy):
    found = explained(busy, mail(4, subject="Re: [example.com #2] hi", answers=[77]))
    assert (found["ticket"], found["match"], found["event"]) == (None, "new", "opened")
    why = "\n".join(found["why"])
    assert "<box-77@customer.example>: #2 only refers to it; the sender takes no part in it" in why
    assert "the Subject names #2: not obeyed" in why
    assert [o["event"] for o in found["outgoing"]] == ["opened"]


@pytest.mark.parametrize(
    "words, said",
    [
        ({}, "automatic answer to carla@customer.example, with their own words"),
        (
            {"headers": ["Reply-To: vera@home.example"]},
            "automatic answer to vera@home.example, with nobody's words: it may not be theirs",
        ),
        ({"headers": ["Precedence: bulk"]}, "no automatic answer: Precedence: bulk"),
        ({"headers": ["X-Loop: x"]}, "no automatic answer: X-Loop"),
        ({"sender": "noreply@shop.example"}, "no automatic answer: the requester is a robot"),
        ({"sender": "support@example.com"}, "no automatic answer: nobody wants one"),
    ],
)
def test_whether_there_is_an_answer(busy, words, said):
    assert said in explained(busy, mail(20, **words))["why"]


def test_automatic_mail_that_opens_nothing(busy):
    found = explained(busy, mail(5, headers=["Auto-Submitted: auto-replied"]))
    assert (found["kind"], found["reason"], found["outcome"], found["ticket"]) == (
        "vacation",
        "Auto-Submitted: auto-replied",
        "left alone",
        None,
    )
    assert any("policy.auto_replies" in line for line in found["why"]) and found["outgoing"] == []
    assert found["source"] == "RFC 3834, 5"
    assert explained(busy, mail(6))["source"] is None


def test_an_agents_answer_as_the_customer_gets_it(busy):
    found = explained(
        busy,
        mail(6, sender="anna@example.com", answers=[1], to="carla@customer.example"),
        "--login",
        "anna",
        "--to",
        "carla@customer.example",
    )
    assert (found["whose"], found["agent"], found["status"]) == ("reply", "anna", "waiting")
    assert "anna@example.com" not in header(found, "From")[0]


def test_a_refusal_and_its_reason(busy):
    found = explained(
        busy,
        mail(7, sender="anna@example.com", answers=[1]),
        "--login",
        "anna",
        "--to",
        "support+note@example.com",
        "--to",
        "carla@customer.example",
    )
    assert found["outcome"] == "refused" and found["reply"].startswith("5.7.1 ")


def test_nothing_is_done(busy, tmp_path):
    before = busy.run_ticket("export", "--json").stdout
    for data in (mail(3, answers=[1]), mail(8), mail(9, headers=["Auto-Submitted: auto-replied"])):
        explained(busy, data)
    assert busy.run_ticket("export", "--json").stdout == before
    assert len(list(busy.archive.rglob("*.eml"))) == 2


def test_for_a_person(busy, tmp_path):
    (tmp_path / "mail").write_bytes(mail(3, answers=[1]))
    out = busy.run_ticket("explain", tmp_path / "mail").stdout.decode()
    assert (
        "\nwhy\n" in out
        and "+ Subject: [example.com #1] Question 3" in out
        and "- Subject: Question 3" in out
    )


def test_a_name_is_shown_as_it_is_written(busy):
    data = mail(3, sender="=?utf-8?q?J=C3=BCrgen?= <Juergen@customer.example>")
    assert (
        "J\u00fcrgen <Juergen@customer.example>"
        in busy.run_ticket("explain", "-", stdin=data).stdout.decode()
    )


@pytest.mark.parametrize(
    "words, of",
    [
        ({}, "carla@customer.example, of From"),
        ({"headers": ["Reply-To: vera@home.example"]}, "vera@home.example, of Reply-To"),
        (
            {
                "sender": "group@lists.example",
                "headers": [
                    "List-Id: <group.lists.example>",
                    "X-Original-From: Dora <dora@home.example>",
                    "List-Post: <mailto:group@lists.example>",
                ],
            },
            "dora@home.example, of X-Original-From or X-Original-Sender",
        ),
    ],
)
def test_where_the_requester_stands(busy, words, of):
    assert f"the requester is {of}" in explained(busy, mail(21, **words))["why"]


def test_the_envelope_may_be_said(busy):
    assert explained(busy, mail(3), "--from", "")["kind"] == "delayed"
    assert explained(busy, mail(3), "--to", "somebody@elsewhere.example")["whose"] == "other"


@pytest.mark.parametrize(
    "fields, whose",
    [
        ("To: support@example.com\nCc: somebody@elsewhere.example\n", "inbound"),
        ("To: somebody@elsewhere.example\nCc: another@elsewhere.example\n", "other"),
        ("X-Original-To: support@example.com\nTo: somebody@elsewhere.example\n", "inbound"),
        ("Delivered-To: dora@elsewhere.example\n", "other"),
        ("", "inbound"),
    ],
)
def test_the_recipients_are_those_that_the_mail_names(busy, fields, whose):
    data = f"From: carla@customer.example\n{fields}Subject: x\n\nx\n".encode()
    assert explained(busy, data)["whose"] == whose


@pytest.mark.parametrize(
    "words, code, says", [(("nowhere",), 74, "nowhere"), (("/dev/null",), 65, "")]
)
def test_what_cannot_be_read_is_said(busy, words, code, says):
    done = busy.run_ticket("explain", *words, check=False)
    assert done.returncode == code and says in done.stderr.decode() and done.stderr

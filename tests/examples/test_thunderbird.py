"""The filters for Thunderbird, read as it reads them (nsMsgFilterList) and tried on mail that came through the filter."""
import email
import re

import pytest

from harness.ground import SOURCE

EXAMPLE = SOURCE / "conf" / "examples" / "thunderbird"
# An action → what its value may be; None: it has none.
ACTIONS = {
    "AddTag": r"ticket-\w+",
    "JunkScore": r"0|100",
    "Mark flagged": None,
    "Change priority": r"Lowest|Low|Normal|High|Highest",
    "Stop execution": None,
}
TERM = r'(AND|OR) \(\\"(X-Ticket(?:-\w+)?)\\",is,([^(),]+)\)'
AT_INBOX, BY_HAND = 1, 16


class Filter:
    def __init__(self, name):
        self.name, self.actions, self.terms, self.all = name, [], [], True

    def read(self, key, value):
        if key == "action":
            assert value in ACTIONS, value
            self.actions.append((value, None))
        elif key == "actionValue":
            action, none = self.actions.pop()
            assert none is None and re.fullmatch(ACTIONS[action], value), (action, value)
            self.actions.append((action, value))
        elif key == "condition":
            assert re.fullmatch(rf"{TERM}( {TERM})*", value), value
            self.terms = [(name, wanted) for _, name, wanted in re.findall(TERM, value)]
            (self.all,) = {word == "AND" for word, _, _ in re.findall(TERM, value)}
        else:
            assert (key, value) in (("enabled", "yes"), ("type", str(AT_INBOX | BY_HAND))), (
                key,
                value,
            )

    def matches(self, mail):
        return (all if self.all else any)(
            (mail[name] or "").lower() == wanted for name, wanted in self.terms
        )


def filters():
    lines = (EXAMPLE / "msgFilterRules.dat").read_text().splitlines()
    assert lines[:2] == ['version="9"', 'logging="no"']
    found = []
    for line in lines[2:]:
        key, value = re.fullmatch(r'(\w+)="(.*)"', line).groups()
        if key == "name":
            found.append(Filter(value))
        else:
            found[-1].read(key, value)
    return found


def prefs():
    return dict(
        re.findall(r'^user_pref\("([^"]+)", "([^"]*)"\);$', (EXAMPLE / "user.js").read_text(), re.M)
    )


def done_to(data):
    """What all filters, in their order, do to a mail."""
    mail, done = email.message_from_bytes(data), []
    for rule in filters():
        if rule.matches(mail):
            done += [value or action for action, value in rule.actions]
            if ("Stop execution", None) in rule.actions:
                break
    return done


def test_every_filter_is_whole():
    rules = filters()
    assert len({rule.name for rule in rules}) == len(rules) >= 6
    for rule in rules:
        assert rule.actions and rule.terms
        for action, value in rule.actions:
            assert (value is None) == (ACTIONS[action] is None), rule.name


def test_every_header_and_tag_that_a_filter_uses_is_known_to_thunderbird():
    known = prefs()
    headers = set(known["mailnews.customHeaders"].replace(" ", "").split(":"))
    assert {name for rule in filters() for name, _ in rule.terms} <= headers
    tags = {value for rule in filters() for action, value in rule.actions if action == "AddTag"}
    assert tags == {
        match[1] for key in known if (match := re.fullmatch(r"mailnews\.tags\.(.+)\.tag", key))
    }
    for tag in tags:
        assert re.fullmatch(r"#[0-9A-F]{6}", known[f"mailnews.tags.{tag}.color"])


@pytest.fixture
def asked(house):
    return house.mail("Carla Kern <carla@customer.example>")


def test_mail_of_tickets_is_tagged_by_what_it_is(house, asked):
    assert done_to(asked.mail) == ["ticket-new"]
    note = house.mail(
        "Anna Berg <anna@example.com>",
        authen="anna",
        reply_to=asked,
        body="take\npriority urgent\n\nI know her.\n",
    )
    assert done_to(note.mail) == ["ticket-mine", "ticket-note", "Mark flagged", "High"]
    house.daemon.run_ticket("close", "1")
    assert done_to(house.mail("Carla Kern <carla@customer.example>", reply_to=asked).mail) == [
        "ticket-mine",
        "Mark flagged",
        "High",
        "ticket-back",
    ]
    assert done_to(house.mail("eve@customer.example", headers=["X-Spam-Flag: YES"]).mail) == [
        "100",
        "Stop execution",
    ]


def test_other_mail_is_left_alone(house):
    assert done_to(house.mail("eve@customer.example", ["anna@example.com"]).mail) == []

"""The limits of lib/base/limits.h: what each does at its edge, and the tests that stand there.

tests/mutate --limits uses each limit one too large and one too small, all over the program, and
asks only the tests of its row; tests/unit/test-limits.py looks that every limit has its row.
"""
import re

from harness.ground import SOURCE

LIMITS = {
    name: eval(value, {"__builtins__": {}})
    for name, value in re.findall(
        r"^\t(LIMIT_\w+) = ([\d *]+)", (SOURCE / "lib" / "base" / "limits.h").read_text(), re.M
    )
}


class Row:
    """A test is ROOM/test-NAME:/PATH, below tests/unit, or FOLDER/test_NAME.py::FUNCTION."""

    def __init__(self, value, inside, outside, *tests, why=""):
        self.value = value
        self.inside = inside  # what the last that is allowed does
        self.outside = outside  # and the next one
        self.tests = tests
        self.why = why  # no edge that a test could stand at: only its absence is noticed


ROWS = {
    "LIMIT_HEADER_BYTES": Row(
        1024 * 1024,
        "a header field that ends there is read whole",
        "its last byte is not read",
        "mail/test-message:/message/big headers",
        "archive/test-spool:/spool/header fields, how large",
    ),
    "LIMIT_PACKET_BYTES": Row(
        16 * 1024 * 1024,
        "a header field with name and value so large is taken",
        "libmilter hangs up, and nobody else notices",
        "milter/test_limits.py::test_one_header_may_be_as_large_as_a_packet",
    ),
    "LIMIT_HEADER_COUNT": Row(
        10000,
        "the last field is read",
        "it is not",
        "mail/test-message:/message/many headers",
        "archive/test-spool:/spool/header fields, how many",
    ),
    "LIMIT_HEADER_RESERVE_BYTES": Row(
        256 * 1024,
        "fields that decide are read after a flood",
        "the mail is flooded, and refused",
        "archive/test-spool:/spool/header fields, how large",
        "milter/test_limits.py::test_headers_that_decide_are_read_behind_a_flood_up_to_a_limit",
    ),
    "LIMIT_HEADER_RESERVE_COUNT": Row(
        1000,
        "fields that decide are read after a flood",
        "the mail is flooded, and refused",
        "archive/test-spool:/spool/header fields, how many",
        "milter/test_limits.py::test_headers_that_decide_are_read_behind_a_flood_up_to_a_limit",
    ),
    "LIMIT_DECIDING_BYTES": Row(
        4 * 1024,
        "a value in the reserve is whole",
        "it is cut",
        "archive/test-spool:/spool/header fields, cut",
    ),
    "LIMIT_EDITED_HEADERS": Row(
        1000,
        "a mail whose fields are edited one by one is a ticket",
        "it is refused with 550",
        "act/test-intake-headers:/intake-headers/more than can be edited are refused",
    ),
    "LIMIT_RECIPIENTS": Row(
        2000,
        "all recipients are looked at",
        "those past it are, if they are accounts of ours",
        "milter/test_limits.py::test_accounts_among_recipients_are_looked_at_up_to_a_limit",
    ),
    "LIMIT_RECIPIENTS_OURS": Row(
        4000,
        "the last of our accounts is looked at",
        "it is not",
        "milter/test_limits.py::test_accounts_among_recipients_are_looked_at_up_to_a_limit",
    ),
    "LIMIT_SUBJECT_BYTES": Row(
        16 * 1024,
        "a tag that ends there is found",
        "it is not",
        "mail/test-subject:/subject/bytes read",
    ),
    "LIMIT_MESSAGE_ID_BYTES": Row(
        998,
        "an id so long is one",
        "it is none",
        "mail/test-message:/message/a long id",
        "tables/test-tickets:/tickets/an id is found newest ticket first, and seen outranks referenced",
    ),
    "LIMIT_REFERENCES": Row(
        100,
        "all ids are read",
        "the second is left out",
        "mail/test-message:/message/many references",
    ),
    "LIMIT_REFERENCES_KEPT": Row(
        20,
        "all ids are recorded",
        "the second is left out",
        "base/test-limits:/limits/references kept of a message",
    ),
    "LIMIT_ID_HITS": Row(
        32,
        "the oldest ticket that knows an id is found",
        "it is not: a new ticket",
        "act/test-intruders:/intruders/tickets that know one id",
    ),
    "LIMIT_MATCH_TICKETS": Row(
        100,
        "the last ticket is asked whether the sender takes part",
        "it is not: a new ticket",
        "act/test-intruders:/intruders/tickets asked whether a sender takes part",
    ),
    "LIMIT_MATCH_ENTRIES": Row(
        1000,
        "the last message is asked for its author",
        "it is not: a new ticket",
        "act/test-intruders:/intruders/messages looked at for an author",
    ),
    "LIMIT_LINKS_BY_ID": Row(
        5,
        "each ticket that an id names is linked",
        "the last is not",
        "act/test-intruders:/intruders/links for ids",
    ),
    "LIMIT_LANGUAGES": Row(
        8, "the last language is kept", "it is not", "mail/test-message:/message/many languages"
    ),
    "LIMIT_ADDRESSES": Row(
        100,
        "all addresses of a header are read",
        "the last is not",
        "mail/test-message:/message/many addresses",
    ),
    "LIMIT_ADDRESS_COLONS": Row(
        500,
        "an address after so many is read, and its body",
        "neither is",
        "mail/test-message:/message/groups in groups",
    ),
    "LIMIT_ADDRESS_BYTES": Row(
        320, "an address so long is one", "it is none", "base/test-address:/address/length"
    ),
    "LIMIT_NAME_BYTES": Row(
        200,
        "a name is whole",
        "it is cut",
        "mail/test-message:/message/a long name",
        "mail/test-attachment:/attachment/a file's name has an end",
    ),
    "LIMIT_LABEL_BYTES": Row(
        64,
        "a name before its address is whole",
        "it is cut",
        "base/test-address:/address/whatever the name, the address is seen",
    ),
    "LIMIT_TITLE_BYTES": Row(
        500,
        "a title is whole",
        "it is cut at a character",
        "mail/test-subject:/subject/title length",
    ),
    "LIMIT_REPORT_RECIPIENTS": Row(
        50,
        "all failed recipients are recorded",
        "the last is not",
        "mail/test-report:/report/many recipients",
    ),
    "LIMIT_PARTICIPANTS": Row(
        200,
        "the last takes part",
        "they do not",
        "base/test-limits:/limits/participants of a ticket",
    ),
    "LIMIT_TAGS": Row(
        50,
        "the last tag is given, and a tag of a Subject told",
        "it is not",
        "act/test-command:/command/no more than LIMIT_TAGS tags",
        "mail/test-subject:/subject/many tags",
    ),
    "LIMIT_WATCHING": Row(
        20,
        "the last address watches",
        "it is refused",
        "act/test-command:/command/no more than LIMIT_WATCHING watch a ticket",
    ),
    "LIMIT_LINKS": Row(
        50,
        "the last link is made",
        "it is refused, and neither ticket changes",
        "act/test-command:/command/a link that has no room leaves both tickets as they were",
    ),
    "LIMIT_TEXT_BYTES": Row(
        16 * 1024, "an excerpt is whole", "it is cut", "mail/test-message:/message/a long text"
    ),
    "LIMIT_TEXT_SCAN_BYTES": Row(
        256 * 1024,
        "words that end there are found after files",
        "they are not",
        "mail/test-texts:/texts/text after much base64",
    ),
    "LIMIT_HTML_SCAN_BYTES": Row(
        4 * 1024 * 1024,
        "words that end there are found after a style sheet",
        "they are not",
        "mail/test-message:/message/text after much else",
    ),
    "LIMIT_MIME_DEPTH": Row(
        50, "text so deep is found", "it is not", "mail/test-message:/message/depth"
    ),
    "LIMIT_MIME_PARTS": Row(
        1000,
        "text after so many boundaries is found",
        "it is not",
        "mail/test-message:/message/parts",
    ),
    "LIMIT_PARSE_BYTES": Row(
        64 * 1024 * 1024,
        "the last byte is parsed",
        "it is not",
        "mail/test-message:/message/bytes parsed",
    ),
    "LIMIT_SPOOL_MEMORY": Row(
        128 * 1024, "a body makes no file", "it makes one", "archive/test-spool:/spool/memory limit"
    ),
    "LIMIT_ATTACHMENTS": Row(
        100,
        "the last is recorded",
        "it is not",
        "mail/test-attachment:/attachment/no more than LIMIT_ATTACHMENTS are recorded",
    ),
    "LIMIT_ENCLOSED": Row(
        20,
        "the last attached mail is looked into",
        "it is not",
        "mail/test-message-own:/message-own/many mails",
    ),
    "LIMIT_ENCLOSED_DEPTH": Row(
        3,
        "a mail in a mail so deep is looked into",
        "the next one is not",
        "mail/test-message-own:/message-own/mails in mails",
    ),
    "LIMIT_SUBJECTS": Row(
        10,
        "the first is kept",
        "it is left out, the last are kept",
        "mail/test-message-own:/message-own/many Subjects",
    ),
    "LIMIT_TEXTS_COMPARED": Row(
        200,
        "a line of the first message is still its author's",
        "it is not looked at any more",
        "base/test-limits:/limits/texts that commands are compared with",
    ),
    "LIMIT_COMMANDS": Row(
        50,
        "the last command is run",
        "it is not, and the transcript says so",
        "act/test-command-mail:/command-mail/commands are capped in number and length",
        "mail/test-subject:/subject/many commands",
    ),
    "LIMIT_QUERY_BYTES": Row(
        4000, "a query so long is read", "it is refused", "model/test-query:/query/size"
    ),
    "LIMIT_COMMAND_BYTES": Row(
        1000,
        "a line so long is a command",
        "it is refused",
        "act/test-command-mail:/command-mail/commands are capped in number and length",
    ),
    "LIMIT_SIGNATURE_BYTES": Row(
        2000,
        "a signature is whole",
        "it is cut",
        "cli/test_attachment.py::test_a_signature_is_cut_where_it_must_end",
    ),
    "LIMIT_QUOTE_BYTES": Row(
        4 * 1024,
        "a quote is whole",
        "it is cut, and says so",
        "mail/test-template:/template/a quote is cut at its limit and says so",
    ),
    "LIMIT_TEMPLATE_BYTES": Row(
        64 * 1024,
        "a file so large is read",
        "it is refused",
        "mail/test-template:/template/a file is read up to its limit and nothing but a file",
    ),
    "LIMIT_TEMPLATES": Row(
        1000,
        "a directory of so many is read",
        "it is refused",
        "cli/test_file_limits.py::test_templates_in_a_directory",
    ),
    "LIMIT_FORWARD_BYTES": Row(
        20 * 1024 * 1024,
        "mails of so many bytes are attached",
        "the oldest is left out",
        "base/test-limits:/limits/bytes attached to one mail",
        "cli/test_attachment.py::test_files_of_one_answer_have_a_limit_together",
    ),
    "LIMIT_AUTOMATION_ACTIONS": Row(
        10,
        "the last action of a day is done",
        "the ticket's automations are stopped",
        "keep/test-automation:/automation/two that undo each other are stopped",
        "milter/test_automations.py::test_an_automation_has_up_to_ten_commands",
    ),
    "LIMIT_NOTIFIED": Row(
        1000,
        "the last agent gets the mail",
        "they do not, and an event says so",
        "base/test-limits:/limits/agents who get one mail",
    ),
    "LIMIT_CALENDAR_BYTES": Row(
        1024 * 1024,
        "a file so large is read",
        "it is refused",
        "cli/test_file_limits.py::test_bytes_of_a_file_of_holidays",
    ),
    "LIMIT_CALENDAR_EVENTS": Row(
        10000,
        "a file with so many parts is read",
        "it is refused",
        "base/test-calendar:/calendar/a file that is too large",
    ),
    "LIMIT_CALENDAR_DEPTH": Row(
        10,
        "a part so deep is read",
        "the file is refused",
        "base/test-calendar:/calendar/parts that lie too deep",
    ),
    "LIMIT_CALENDAR_RULES": Row(
        300,
        "a file with so many events that recur is read",
        "it is refused",
        "base/test-calendar:/calendar/a file that is too large",
    ),
    "LIMIT_CALENDAR_OCCURRENCES": Row(
        50000,
        "a file whose events occur so often is read",
        "it is refused",
        "base/test-calendar:/calendar/a file that is too large",
    ),
    "LIMIT_CALENDAR_MS": Row(
        3000,
        "a file that is read in less is taken",
        "one that takes longer is refused",
        "base/test-calendar:/calendar/a file that takes too long",
        why="processor time, looked at between two events: a bound, and no edge",
    ),
    "LIMIT_RUNS": Row(
        129,
        "so many times are kept",
        "the two that lie nearest are joined",
        "keep/test-promise:/promise/many pauses",
    ),
    "LIMIT_MAILBOX_MESSAGES": Row(
        500,
        "all messages of a thread are there",
        "the oldest is not",
        "mailboxes/test_keeping.py::test_limits",
    ),
    "LIMIT_MAILBOX_MOVES": Row(
        20,
        "so many tickets are moved at once",
        "they are held until confirmed",
        "mailboxes/test_mailboxes.py::test_as_many_tickets_at_once_as_may_be_are_moved",
        "mailboxes/test_mailboxes.py::test_many_tickets_at_once_are_held_until_they_are_confirmed",
    ),
    "LIMIT_MAILBOX_NOTICES": Row(
        20,
        "of so many mails that were kept the agent is told",
        "they are kept all the same",
        "mailboxes/test_hostile.py::test_many_mails_that_are_kept",
    ),
    "LIMIT_MAILBOX_MAIL": Row(
        64 * 1024 * 1024,
        "a mail so large is a ticket",
        "it is kept in Not taken",
        "mailboxes/test_keeping.py::test_limits",
    ),
    "LIMIT_REPLY_TEXT": Row(
        400, "a diagnostic is whole", "it is cut", "mail/test-report:/report/a long diagnostic"
    ),
}

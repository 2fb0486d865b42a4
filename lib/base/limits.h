/* Caps on everything a stranger can send. One place; each has a test at the limit and one past
 * it. */
#ifndef MILTICKET_LIMITS_H
#define MILTICKET_LIMITS_H

enum {
	/* headers kept of one message; what is past it is passed on but not read */
	LIMIT_HEADER_BYTES = 1024 * 1024,
	/* of the milter protocol: one header field, however much of it is read */
	LIMIT_PACKET_BYTES = 16 * 1024 * 1024,
	/* header fields kept of one message */
	LIMIT_HEADER_COUNT = 10000,
	/* of those, for headers that decide */
	LIMIT_HEADER_RESERVE_BYTES = 256 * 1024,
	/* and of those fields */
	LIMIT_HEADER_RESERVE_COUNT = 1000,
	/* of the value of one in the reserve */
	LIMIT_DECIDING_BYTES = 4 * 1024,
	/* fields of names that we change or remove */
	LIMIT_EDITED_HEADERS = 1000,
	/* envelope recipients looked at */
	LIMIT_RECIPIENTS = 2000,
	/* those that are accounts of ours, past the above */
	LIMIT_RECIPIENTS_OURS = 4000,
	/* raw Subject bytes read; longer ones are tagged, not analysed */
	LIMIT_SUBJECT_BYTES = 16 * 1024,
	/* an id longer than this is not an id */
	LIMIT_MESSAGE_ID_BYTES = 998,
	/* ids read of In-Reply-To, and as many of References: the first and the newest */
	LIMIT_REFERENCES = 100,
	/* of those, ids recorded and indexed */
	LIMIT_REFERENCES_KEPT = 20,
	/* tickets looked at that know one id, the newest */
	LIMIT_ID_HITS = 32,
	/* tickets asked for a message whether its sender takes part */
	LIMIT_MATCH_TICKETS = 100,
	/* and messages of them, whether it names an author */
	LIMIT_MATCH_ENTRIES = 1000,
	/* tickets that a message is linked with for an id */
	LIMIT_LINKS_BY_ID = 5,
	/* elements read of Content-Language, and of Accept-Language, and kept of both */
	LIMIT_LANGUAGES = 8,
	/* addresses read of one From, To or Cc */
	LIMIT_ADDRESSES = 100,
	/* in one From, To or Cc: each may begin a group, and GMime descends into groups */
	LIMIT_ADDRESS_COLONS = 500,
	/* RFC 5321 4.5.3.1: 64 + 1 + 255 */
	LIMIT_ADDRESS_BYTES = 320,
	/* a display name kept */
	LIMIT_NAME_BYTES = 200,
	/* of a name before its own address */
	LIMIT_LABEL_BYTES = 64,
	/* a decoded subject kept, UTF-8 */
	LIMIT_TITLE_BYTES = 500,
	/* recorded of one delivery report */
	LIMIT_REPORT_RECIPIENTS = 50,
	LIMIT_PARTICIPANTS = 200,
	LIMIT_TAGS = 50,
	/* addresses that get copies of one ticket's mail */
	LIMIT_WATCHING = 20,
	LIMIT_LINKS = 50,
	/* text excerpt kept of one message, UTF-8 */
	LIMIT_TEXT_BYTES = 16 * 1024,
	/* decoded bytes looked at to make the excerpt */
	LIMIT_TEXT_SCAN_BYTES = 256 * 1024,
	/* the same of HTML, which begins with style */
	LIMIT_HTML_SCAN_BYTES = 4 * 1024 * 1024,
	LIMIT_MIME_DEPTH = 50,
	LIMIT_MIME_PARTS = 1000,
	/* bytes of a message given to the MIME parser */
	LIMIT_PARSE_BYTES = 64 * 1024 * 1024,
	/* a message larger than this is spooled to a file */
	LIMIT_SPOOL_MEMORY = 128 * 1024,
	/* attachments recorded of one message */
	LIMIT_ATTACHMENTS = 100,
	/* attached messages looked into of one message */
	LIMIT_ENCLOSED = 20,
	/* and how deep one in another */
	LIMIT_ENCLOSED_DEPTH = 3,
	/* Subjects recorded of a message beside the first */
	LIMIT_SUBJECTS = 10,
	/* messages that a note's commands are compared with */
	LIMIT_TEXTS_COMPARED = 200,
	/* commands run of one mail */
	LIMIT_COMMANDS = 50,
	/* of a query */
	LIMIT_QUERY_BYTES = 4000,
	/* one command line */
	LIMIT_COMMAND_BYTES = 1000,
	/* of a queue */
	LIMIT_SIGNATURE_BYTES = 2000,
	/* {quote} of a template */
	LIMIT_QUOTE_BYTES = 4 * 1024,
	LIMIT_TEMPLATE_BYTES = 64 * 1024,
	/* of an installation, each in all its languages */
	LIMIT_TEMPLATES = 1000,
	/* mails attached to one notice */
	LIMIT_FORWARD_BYTES = 20 * 1024 * 1024,
	/* of one automation, and of all for a ticket in a day */
	LIMIT_AUTOMATION_ACTIONS = 10,
	/* agents who get one mail */
	LIMIT_NOTIFIED = 1000,
	/* a file of holidays: its bytes, its parts, how deep they lie in each other */
	LIMIT_CALENDAR_BYTES = 1024 * 1024,
	LIMIT_CALENDAR_EVENTS = 10000,
	LIMIT_CALENDAR_DEPTH = 10,
	/* events that recur, and how often all of them occur */
	LIMIT_CALENDAR_RULES = 300,
	LIMIT_CALENDAR_OCCURRENCES = 50000,
	/* processor time for those that recur */
	LIMIT_CALENDAR_MS = 3000,
	/* times kept of one ticket at which work on it began or paused; odd, as the last is on */
	LIMIT_RUNS = 129,
	/* messages of one ticket in the agents' mailboxes, the newest */
	LIMIT_MAILBOX_MESSAGES = 500,
	/* tickets moved by one agent in a minute; more are confirmed by mail */
	LIMIT_MAILBOX_MOVES = 20,
	/* notices to one agent in a minute of mails that were kept */
	LIMIT_MAILBOX_NOTICES = 20,
	/* bytes of a mail that an agent drops into a folder */
	LIMIT_MAILBOX_MAIL = 64 * 1024 * 1024,
	/* of a relay's answer, kept in the outbox */
	LIMIT_REPLY_TEXT = 400
};

#endif

/* Caps on everything a stranger can send. One place; each has a test at the limit and one past it. */
/* gcc's <limits.h> asks for the system's in a way that finds this file first. */
#ifdef _GCC_NEXT_LIMITS_H
#include_next <limits.h>
#endif

#ifndef MILTICKET_LIMITS_H
#define MILTICKET_LIMITS_H

enum {
	LIMIT_HEADER_BYTES = 1024 * 1024,	/* headers kept of one message; what is past it is passed on but not read */
	LIMIT_PACKET_BYTES = 16 * 1024 * 1024,	/* of the milter protocol: one header field, however much of it is read */
	LIMIT_HEADER_COUNT = 10000,		/* header fields kept of one message */
	LIMIT_HEADER_RESERVE_BYTES = 256 * 1024,	/* of those, for headers that decide */
	LIMIT_HEADER_RESERVE_COUNT = 1000,	/* and of those fields */
	LIMIT_DECIDING_BYTES = 4 * 1024,	/* of the value of one in the reserve */
	LIMIT_EDITED_HEADERS = 1000,		/* fields of names that we change or remove */
	LIMIT_RECIPIENTS = 2000,		/* envelope recipients looked at */
	LIMIT_RECIPIENTS_OURS = 4000,		/* those that are accounts of ours, past the above */
	LIMIT_SUBJECT_BYTES = 16 * 1024,	/* raw Subject bytes read; longer ones are tagged, not analysed */
	LIMIT_MESSAGE_ID_BYTES = 998,		/* an id longer than this is not an id */
	LIMIT_REFERENCES = 100,			/* ids read of In-Reply-To, and as many of References: the first and the newest */
	LIMIT_REFERENCES_KEPT = 20,		/* of those, ids recorded and indexed */
	LIMIT_ID_HITS = 32,			/* tickets looked at that know one id, the newest */
	LIMIT_MATCH_TICKETS = 100,		/* tickets asked for a message whether its sender takes part */
	LIMIT_MATCH_ENTRIES = 1000,		/* and messages of them, whether it names an author */
	LIMIT_LINKS_BY_ID = 5,			/* tickets that a message is linked with for an id */
	LIMIT_LANGUAGES = 8,			/* elements read of Content-Language, and of Accept-Language, and kept of both */
	LIMIT_ADDRESSES = 100,			/* addresses read of one From, To or Cc */
	LIMIT_ADDRESS_COLONS = 500,		/* in one From, To or Cc: each may begin a group, and GMime descends into groups */
	LIMIT_ADDRESS_BYTES = 320,		/* RFC 5321 4.5.3.1: 64 + 1 + 255 */
	LIMIT_NAME_BYTES = 200,			/* a display name kept */
	LIMIT_LABEL_BYTES = 64,			/* of a name before its own address */
	LIMIT_TITLE_BYTES = 500,		/* a decoded subject kept, UTF-8 */
	LIMIT_REPORT_RECIPIENTS = 50,		/* recorded of one delivery report */
	LIMIT_PARTICIPANTS = 200,
	LIMIT_TAGS = 50,
	LIMIT_WATCHING = 20,			/* addresses that get copies of one ticket's mail */
	LIMIT_LINKS = 50,
	LIMIT_TEXT_BYTES = 16 * 1024,		/* text excerpt kept of one message, UTF-8 */
	LIMIT_TEXT_SCAN_BYTES = 256 * 1024,	/* decoded bytes looked at to make the excerpt */
	LIMIT_HTML_SCAN_BYTES = 4 * 1024 * 1024,	/* the same of HTML, which begins with style */
	LIMIT_MIME_DEPTH = 50,
	LIMIT_MIME_PARTS = 1000,
	LIMIT_PARSE_BYTES = 64 * 1024 * 1024,	/* bytes of a message given to the MIME parser */
	LIMIT_SPOOL_MEMORY = 128 * 1024,	/* a message larger than this is spooled to a file */
	LIMIT_ATTACHMENTS = 100,		/* attachments recorded of one message */
	LIMIT_ENCLOSED = 20,			/* attached messages looked into of one message */
	LIMIT_ENCLOSED_DEPTH = 3,		/* and how deep one in another */
	LIMIT_SUBJECTS = 10,			/* Subjects recorded of a message beside the first */
	LIMIT_TEXTS_COMPARED = 200,		/* messages that a note's commands are compared with */
	LIMIT_COMMANDS = 50,			/* commands run of one mail */
	LIMIT_COMMAND_BYTES = 1000,		/* one command line */
	LIMIT_SIGNATURE_BYTES = 2000,		/* of a queue */
	LIMIT_QUOTE_BYTES = 4 * 1024,		/* {quote} of a template */
	LIMIT_TEMPLATE_BYTES = 64 * 1024,
	LIMIT_FORWARD_BYTES = 20 * 1024 * 1024,	/* mails attached to one notice */
	LIMIT_NOTIFIED = 1000,			/* agents who get one mail */
	LIMIT_REPLY_TEXT = 400			/* of a relay's answer, kept in the outbox */
};

#endif

/* What the files of message.h share. Only they include GMime. */
#ifndef MILTICKET_MESSAGE_PARTS_H
#define MILTICKET_MESSAGE_PARTS_H

#include <gmime/gmime.h>

#include "base/hash.h"
#include "mail/message.h"

struct header {
	char *name;   /* owned */
	char *value;  /* unfolded, leading white space dropped; in the same memory as name */
	char *folded; /* of a Subject with folds: its value with a line feed for each; else NULL */
	GArray *same; /* of guint: all of its name, in the first of them; NULL: it is alone */
	guint place;  /* of those of its name, from 1 */
	bool had_nul; /* NULs were dropped from it */
};

/* A list that is parsed when it is first asked for. */
struct lazy_mailboxes {
	GArray *v; /* of struct mailbox; NULL: not parsed yet */
	bool cut;  /* not all of it was read */
};

/* A report while it is read, and what its `told` points to. */
struct report_read {
	struct report told;
	GArray *recipients;         /* of struct report_recipient */
	GPtrArray *ids, *addresses; /* char *, NULL-terminated once it is read */
	char *subject;
};

struct message {
	/* The bytes: in memory, or in a file from offset on. */
	const char *data;
	size_t len;
	int fd; /* -1: in memory; a duplicate of the caller's */
	int64_t offset;
	/* where it begins in data; NULL in a file, or when the headers are not well-formed */
	const char *body;
	GArray *headers;     /* of struct header */
	GHashTable *by_name; /* name → index of its first header, from 1 */
	guint64 names;       /* a bit for each name: most that are asked for are not there */

	/* Computed when first asked for. */
	struct lazy_mailboxes from, to, cc, reply_to;
	char *sender_address, *id, **in_reply_to, **references, *subject, *languages, *text;
	bool sender_known, id_known, languages_known, date_known;
	int64_t date;
	const char *type;               /* of the top part, static */
	GMimeContentType *content_type; /* NULL: there is no such field, or type is NULL */
	bool single_known, single;      /* is it a single text? */
	GByteArray *view;               /* of data, for the parser's stream; owns nothing of it */
	GMimeObject *root; /* the parsed body; NULL: not parsed yet, or not parseable */
	bool root_known;
	GArray *attachments; /* of struct attachment; NULL: not looked for yet */
	char attachments_digest[HASH_HEX];
	struct report_read *report; /* NULL: not read yet */
	bool writer_known;
	enum writer writer;
};

/* Options that every parse uses: raw 8-bit headers are UTF-8, else windows-1252. */
GMimeParserOptions *message_options(void);

/* Were NULs dropped from any field of that name? */
bool message_header_had_nul(const struct message *m, const char *name);

void message_mailboxes_release(struct lazy_mailboxes *list);

/* The value with its quoted strings and comments blanked out, byte for byte: what parts a list
 * stands outside of them. Owned. */
char *message_blanked(const char *value);

/* A decoded display name without quotes around it; NULL when it is but the address. Owned. */
char *message_mailbox_name(const char *name, const char *address);

/* Is a value of a field that word, whatever its case? NULL is none. */
bool message_word_is(const char *value, const char *word);

/* Most mail is a single plain text that is not encoded: its bytes are the text, and making a tree
 * of it costs as much as all the rest. */
bool message_is_single_text(const struct message *message);

/* The MIME tree, parsed at the first call; NULL when there is none. Borrowed. */
GMimeObject *message_root(struct message *message);

/* What stands in it: a leaf, or a multipart. NULL: nothing. Borrowed. */
GMimeObject *message_top_part(const struct message *message);

bool message_part_is(GMimeObject *part, const char *type, const char *subtype);
/* Does Content-Disposition say so ("inline", "attachment"; RFC 2183)? */
bool message_part_disposed(GMimeObject *part, const char *disposition);

/* The message in a message/rfc822 part; NULL: it is none. Borrowed. */
GMimeMessage *message_attached(GMimeObject *part);

/* The decoded text of a leaf part, UTF-8, format=flowed undone; HTML is still that. Of its bytes at
 * most LIMIT_TEXT_SCAN_BYTES, LIMIT_HTML_SCAN_BYTES of HTML, are looked at. NULL when it has no
 * content. Owned. */
char *message_part_text(GMimeObject *part);

/* Its bytes and their transfer encoding, also where that is written in a way that no RFC knows;
 * NULL. Borrowed. */
GMimeDataWrapper *message_part_content(GMimePart *part);
/* Up to max bytes of it, its transfer encoding undone; NULL when there are none. Owned. */
GByteArray *message_part_bytes(GMimePart *part, size_t max);

/* A parameter of a part's field, decoded, one line; NULL. Owned. */
char *message_part_param(GMimeObject *part, const char *field, const char *name);

/* The Subject of an attached message, decoded; NULL. Owned. */
char *message_attached_subject(GMimeObject *part);

/* The <…> tokens of a header value; comments and free text skipped (RFC 5322 section 3.6.4).
 * Appends to out. */
void message_collect_ids(const char *value, GPtrArray *out);

/* Visits leaves and messages in order, depth first; fn returns false to stop. Not into attached
 * messages. */
typedef bool part_visit(GMimeObject *part, void *arg);
bool message_each_part(GMimeObject *object, unsigned depth, part_visit *fn, void *arg);

/* --- reports: message-report.c, and for what MTAs say in words message-report-forms.c --- */

void report_read_free(struct report_read *read);

/* The value of a field in a block of header lines, unfolded; NULL. Owned. */
char *report_field_of(const char *block, const char *name);

/* By the action, or the class of the status where there is none. */
enum report_kind report_kind_of(const char *action, const char *status);

/* struct report_recipient *: frees what it owns. */
void report_recipient_clear(void *recipient);

/* Message-IDs of a field's value, which may be NULL. */
void report_add_ids(struct report_read *read, const char *value);

/* NULL: p is in the last line. */
const char *report_next_line(const char *p);

/* Adds a recipient whose news is of that kind: worse news than before takes the place of all that
 * was told. Takes what recipient owns. */
void report_add(
	struct report_read *read, enum report_kind kind, struct report_recipient *recipient);

/* What a returned message's header tells: as lines, and as a part. */
void report_read_returned(struct report_read *read, const char *block);
void report_read_returned_message(struct report_read *read, GMimeMessagePart *part);

/* Reads Subject, X-Failed-Recipients and text for what MTAs say in them. */
void report_read_forms(const struct message *message, struct report_read *read);

#endif

/* A message as received, parsed once and capped everywhere. The only home of GMime. Pure but for
 * reading the given bytes; no malformation is an error: what cannot be read is absent. */
#ifndef MILTICKET_MESSAGE_H
#define MILTICKET_MESSAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mailbox.h"
#include "base/status.h"
#include "mail/attachment.h"

struct message;

/* Parses the LIMIT_PARSE_BYTES first bytes that fd has from `offset` on. fd stays the caller's; its
 * position is unspecified after. */
struct message *message_parse_fd(int fd, int64_t offset);
/* Borrows data until message_free. */
struct message *message_parse_bytes(const void *data, size_t len);
void message_free(struct message *message);

/* The mailbox in a text that is none by RFC 5322: its last "<a@b>", or the only word of it that is
 * an address. Fills *out (guessed), to be released. */
bool message_read_loosely(const char *piece, struct mailbox *out);

/* All borrowed until message_free. Groups are flattened, routes dropped. */
struct mailboxes message_from(const struct message *message); /* may be empty */
/* The address of From's one author where no two readers can differ about it: one field, one
 * address, in it nothing but a plain name and <…>, no group, comment, route or NUL. Canonical;
 * NULL. */
const char *message_sole_author(const struct message *message);
struct mailboxes message_to(const struct message *message);
struct mailboxes message_cc(const struct message *message);
struct mailboxes message_reply_to(const struct message *message);
/* The first mailbox of any address header; false: there is none. To be released. */
bool message_first_mailbox(const struct message *message, const char *header, struct mailbox *out);
const char *message_sender_address(
	const struct message *message);                /* the Sender header's, canonical, or NULL */
const char *message_id(const struct message *message); /* "<…>" of the first Message-ID, or NULL */
const char *const *message_in_reply_to(
	const struct message *message); /* the <…> tokens, in order; NULL-terminated, never NULL */
const char *const *message_references(
	const struct message *message); /* oldest first; capped to the first and the newest */
const char *message_subject(const struct message *message); /* decoded, one line; "" if absent */
int64_t message_date(
	const struct message *message); /* 0 if missing, unreadable, before 1970 or after 9999 */

/* The nth (from 0) header of that name, unfolded but not decoded; NULL. */
const char *message_header(const struct message *message, const char *name, unsigned nth);
/* The nth Subject as it came, each of its folds a line feed before a blank; NULL. */
const char *message_raw_subject(const struct message *message, unsigned nth);
unsigned message_header_count(const struct message *message, const char *name);
unsigned message_headers(const struct message *message); /* how many there are */
/* Of the headers of its name, which one (from 1) is that at `index`? */
unsigned message_header_place(const struct message *message, unsigned index);
/* All headers in order; false past the last. */
bool message_header_at(const struct message *message, unsigned index, const char **name_out,
	const char **value_out);

/* The languages of Content-Language, then those of Accept-Language by their q (RFC 3282), as tags
 * in lower case, LIMIT_LANGUAGES at most: "pt-br,en". NULL: none, or any. */
const char *message_languages(const struct message *message);

/* What its reader sees, at most LIMIT_TEXT_BYTES: all text parts of a multipart/mixed in order, of
 * an alternative the plain text or else the richest that says something; HTML made readable,
 * format=flowed undone, attached messages named. Never NULL. */
const char *message_text(const struct message *message);

/* What the sender wrote, for commands: the first text that stands in the mail and is no file, HTML
 * read as text up to a quotation. At most LIMIT_TEXT_BYTES. Owned; NULL: there is none. */
char *message_own_text(const struct message *message);
/* Each attached message, those in attached messages too, LIMIT_ENCLOSED of them and
 * LIMIT_ENCLOSED_DEPTH deep at most. Borrowed by fn for the time of its call. */
typedef void enclosed_visit(const struct message *enclosed, void *arg);
void message_each_enclosed(const struct message *message, enclosed_visit *fn, void *arg);
/* What some clients show in place of message_subject(): further Subject fields, and those of MIME
 * parts (protected headers), decoded; the LIMIT_SUBJECTS last that say something else. Owned;
 * NULL. */
char **message_other_subjects(const struct message *message);

/* "text/plain", lower case; of the top part. Never NULL. */
const char *message_content_type(const struct message *message);
/* A parameter of the top Content-Type, e.g. "report-type"; NULL. */
const char *message_content_param(const struct message *message, const char *name);

/* Is there a part of that type anywhere, attached messages aside? */
bool message_has_part(const struct message *message, const char *type, const char *subtype);

/* Files and messages that came with it, in order, LIMIT_ATTACHMENTS at most; not seals and delivery
 * reports. Sizes are of the LIMIT_PARSE_BYTES first bytes. Borrowed until message_free. */
const struct attachment *message_attachments(const struct message *message, size_t *n_out);
/* The same as texts of attachment.h, as struct entry has them; NULL-terminated, NULL when there are
 * none. Owned. */
char **message_attachment_texts(const struct message *message);
/* SHA-256 over names, types and bytes of all of them, hex; NULL when there are none. Borrowed. */
const char *message_attachments_digest(const struct message *message);
/* The bytes of one, counted from 0, its transfer encoding undone, into fd. ST_NOT_FOUND: there is
 * none. */
enum status message_attachment_write(
	const struct message *message, unsigned index, int fd, struct error *err);

/* Who writes, by the names and local parts in From: an MTA's daemon, or somebody who may be one or
 * look after one, or gives no name at all ("<>"). */
enum writer { WRITER_PERSON, WRITER_POSTMASTER, WRITER_DAEMON };
enum writer message_writer(const struct message *message);

/* A delivery or disposition report (RFC 3464, 8098), or what MTAs write instead. The caller
 * decides whether to believe it: it may be a person's mail that looks like one. */
enum report_kind {
	REPORT_NONE,
	REPORT_FAILED,
	REPORT_DELAYED,
	REPORT_DELIVERED,
	REPORT_RELAYED,
	REPORT_EXPANDED,
	REPORT_READ
};
/* By what it is told, the strongest first. */
enum report_form {
	REPORT_BY_PART,   /* its machine-readable part */
	REPORT_BY_HEADER, /* X-Failed-Recipients */
	REPORT_BY_FORM,   /* Subject or text begin as those of a known MTA do */
	REPORT_BY_WORDS   /* words that people write, too */
};
struct report_recipient {
	char *address;    /* whom we wrote to (Original-Recipient first), canonical; NULL */
	char *last;       /* where it went from there, when that is another; NULL */
	char *status;     /* "5.1.1"; NULL */
	char *diagnostic; /* one line; NULL */
};
struct report {
	enum report_kind kind; /* the worst news of all recipients */
	enum report_form form; /* of a kind that is not REPORT_NONE */
	const char *source;    /* whose form it is, static; NULL */
	/* Those whose news it is, LIMIT_REPORT_RECIPIENTS at most. */
	const struct report_recipient *recipients;
	size_t n;
	/* The message that came back, or its headers. Lists are NULL-terminated. */
	bool returned;
	const char *const *ids;       /* its Message-ID, In-Reply-To, References */
	const char *const *addresses; /* in its Reply-To and From, canonical */
	const char *subject;          /* NULL */
};
/* Never NULL. */
const struct report *message_report(const struct message *message);

/* What makes two arrivals the same message, beside Message-ID, From and Date; not what relays add
 * or we change. */
struct identity {
	const char *subject_plain; /* decoded, without tags and prefixes; NULL: left out */
	const char *body_digest;   /* hex, as the body streamed by */
	const char *from;          /* canonical: in place of From, which we rewrite; NULL */
	bool without_id, without_from, without_date; /* as it was before an MTA added them */
};
/* Hex of a SHA-256. Owned. */
char *message_digest(const struct message *message, const struct identity *identity);

/* A header value decoded by RFC 2047, raw 8-bit guessed (UTF-8, else windows-1252; ISO-2022-JP);
 * one line, UTF-8, as text_line_kept(). Owned. */
char *message_decode_header(const char *raw, size_t max);
/* UTF-8 as a header of that name has it: RFC 2047 words where needed, folded; cannot hold a bare CR
 * or LF. Owned. */
char *message_encode_header(const char *name, const char *utf8);

/* Text for a body part: as it is ("7bit") when ASCII with short lines, else quoted-printable;
 * *encoding_out is static. Owned. */
char *message_encode_text(const char *utf8, const char **encoding_out);
/* The way back: the text of a body with that Content-Transfer-Encoding, valid UTF-8. Owned. */
char *message_decode_text(const char *data, size_t len, const char *encoding);

/* What the bytes of a mail say: as they are, without quoted-printable, without encoded-words, and
 * what is base64 in them in the same ways. For searching. NULs are left out; text may be of any
 * charset. fn returns false to stop. */
typedef bool bare_visit(const char *text, void *arg);
void message_each_bare(const char *data, size_t len, bare_visit *fn, void *arg);
/* The same for a file, from its beginning, a window after the other: it may be of any size. False:
 * errno says why it was not read to its end. */
bool message_each_bare_in(int fd, bare_visit *fn, void *arg);

/* A MIME part: its headers, a blank line, the data in base64. name is UTF-8 (RFC 2231); type
 * "image/png". Owned. */
char *message_encode_part(const char *name, const char *type, const void *data, size_t len);

/* A new Message-ID "<…@domain>" with 128 random bits. Owned. */
char *message_new_id(const char *domain);

#endif

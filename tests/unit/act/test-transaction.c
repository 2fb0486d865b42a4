/* What intake asks inside of its transaction: nothing of the message's bytes, as others wait while
 * it runs; and of the store nothing whose failure would pass for an answer. */
#include <string.h>

#include "base/bytes.h"
#include "../desk.h"
#include "../source-tree.h"
#include "../store-fixture.h"

/* --- in place of the real ones: the linker puts these there --- */

static bool inside;           /* a transaction runs */
static unsigned reads;        /* of the store in it so far */
static unsigned failing;      /* the read that fails; 0: none */
static GHashTable *questions; /* what was asked of a message in it; names */

#define REAL(type, name, ...) \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

static void hear(const char *question)
{
	if (inside)
		g_hash_table_add(questions, (void *)question);
}

#define HEARD(type, name, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		hear(#name); \
		return __real_##name arguments; \
	}

HEARD(const char *, message_header, (const struct message *m, const char *name, unsigned nth),
	(m, name, nth))
HEARD(unsigned, message_header_count, (const struct message *m, const char *name), (m, name))
HEARD(bool, message_header_at,
	(const struct message *m, unsigned index, const char **name_out, const char **value_out),
	(m, index, name_out, value_out))
HEARD(char *, message_decode_header, (const char *raw, size_t max), (raw, max))
HEARD(struct message *, message_parse_bytes, (const void *data, size_t len), (data, len))
HEARD(struct message *, message_parse_fd, (int fd, int64_t offset), (fd, offset))
HEARD(void *, message_root, (struct message * m), (m))
HEARD(bool, message_read_loosely, (const char *piece, struct mailbox *out), (piece, out))
HEARD(void *, internet_address_list_parse, (void *options, const char *text), (options, text))
HEARD(void *, g_mime_utils_header_decode_date, (const char *text), (text))

REAL(enum status, store_write, struct store *store, store_fn *fn, void *arg, struct error *err);
REAL(enum status, store_read, struct store *store, store_fn *fn, void *arg, struct error *err);
REAL(enum status, txn_get, struct txn *txn, enum store_table table, struct bytes key,
	struct bytes *value_out);
REAL(enum status, scan_first, struct scan *scan, struct txn *txn, enum store_table table,
	struct bytes prefix, struct bytes from, bool reverse);
REAL(enum status, scan_next, struct scan *scan);

struct call {
	store_fn *fn;
	void *arg;
};

static enum status call_inside(struct txn *txn, void *arg, struct error *err)
{
	const struct call *call = arg;
	enum status st;

	inside = true;
	reads = 0;
	st = call->fn(txn, call->arg, err);
	inside = false;
	return st;
}

enum status __wrap_store_write(struct store *store, store_fn *fn, void *arg, struct error *err)
{
	return __real_store_write(store, call_inside, &(struct call){ fn, arg }, err);
}

enum status __wrap_store_read(struct store *store, store_fn *fn, void *arg, struct error *err)
{
	return __real_store_read(store, call_inside, &(struct call){ fn, arg }, err);
}

static bool fails(void)
{
	return inside && ++reads == failing;
}

enum status __wrap_txn_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	return fails() ? ST_IO : __real_txn_get(txn, table, key, value_out);
}

enum status __wrap_scan_first(struct scan *scan, struct txn *txn, enum store_table table,
	struct bytes prefix, struct bytes from, bool reverse)
{
	enum status st = __real_scan_first(scan, txn, table, prefix, from, reverse);

	return fails() ? ST_IO : st;
}

enum status __wrap_scan_next(struct scan *scan)
{
	return fails() ? ST_IO : __real_scan_next(scan);
}

/* --- what is asked of the message --- */

static const char conf[] =
	"rules = ( { match: { header = \"X-Level: crit*\"; }; set: { queue = \"sales\"; }; },\n"
	"  { match: { subject = \"*PROBLEM*\"; }; set: { tag = \"alert\"; }; } );\n"
	"control_address = \"tickets@example.com\";\n";

static void assert_asked_nothing(const char *what)
{
	GHashTableIter iter;
	void *name;

	g_hash_table_iter_init(&iter, questions);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_error("%s: %s() inside of the transaction", what, (const char *)name);
}

/* As a customer's, as an agent's answer and note; and once more. */
static void hand_in_all_ways(struct desk *d, const char *name, const char *mail)
{
	static const struct {
		const char *sender, *to, *authen;
	} ways[] = {
		{ "carla@example.net", "support@example.com,both@example.com", NULL },
		{ "", "desk@example.com", NULL },
		{ "anna@example.com", "carla@example.net,desk@example.com", "anna" },
		{ "anna@example.com", "support+note@example.com", "anna" },
		{ "anna@example.com", "support@example.com", "anna" },
		{ "anna@example.com", "tickets@example.com", "anna" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ways) * 2; i++) {
		desk_mail(d, ways[i / 2].sender, ways[i / 2].to, ways[i / 2].authen, mail);
		assert_asked_nothing(name);
	}
}

static void test_asks_nothing(void)
{
	g_autofree char *path = g_build_filename(source_tree, "tests", "mail", NULL);
	g_autoptr(GDir) mails = g_dir_open(path, 0, NULL);
	struct desk d;
	const char *name;
	unsigned n = 0;

	g_assert_nonnull(mails);
	desk_open(&d, conf);
	g_hash_table_remove_all(questions);
	for (; (name = g_dir_read_name(mails)); n++) {
		g_autofree char *file = g_build_filename(path, name, NULL), *mail = NULL;

		g_assert_true(g_file_get_contents(file, &mail, NULL, NULL));
		hand_in_all_ways(&d, name, mail);
	}
	g_assert_cmpuint(n, >, 50);
	desk_close(&d);
}

/* --- what is asked of the store --- */

#define CARLA "From: Carla <carla@example.net>\nTo: support@example.com\n"
#define ANNA "From: Anna <anna@example.com>\n"

/* Mails in their order. Each is handed in with its first read failing, then with its second, and so
 * on; nothing comes of it, until none fails. */
static const struct {
	const char *sentence, *sender, *to, *authen, *mail;
	uint64_t ticket, seq; /* of what is recorded at last */
	const char *event;    /* NULL: none */
} story[] = {
	{ "a new ticket", "carla@example.net", "support@example.com", NULL,
		CARLA "Subject: help\nMessage-ID: <q1@example.net>\n\nhelp\n", 1, 1, "opened" },
	{ "the same once more", "carla@example.net", "support@example.com", NULL,
		CARLA "Subject: help\nMessage-ID: <q1@example.net>\n\nhelp\n", 1, 0, "opened" },
	{ "the same with a banner", "carla@example.net", "support@example.com", NULL,
		CARLA "Subject: help\nMessage-ID: <q1@example.net>\n\nEXTERNAL\nhelp\n", 1, 2,
		"copy" },
	{ "a follow-up by its tag", "carla@example.net", "support@example.com", NULL,
		CARLA "Subject: [example.com #1] more\nMessage-ID: <q2@example.net>\n\nmore\n", 1,
		3, "followup" },
	{ "a follow-up by an id, with a tag of another ticket", "carla@example.net",
		"support@example.com,both@example.com", NULL,
		CARLA
		"Cc: dora@example.net\nSubject: [example.com #99] more\nMessage-ID: <q3@example.net>\nIn-Reply-To: <q1@example.net>\n\nmore\n",
		1, 4, "followup" },
	{ "an agent's note with commands", "anna@example.com", "support+note@example.com", "anna",
		ANNA
		"To: support+note@example.com\nSubject: x\nMessage-ID: <n1@example.com>\nIn-Reply-To: <q1@example.net>\n\ntake\nwatch ben@example.com\n\nSee below.\n",
		1, 5, "note" },
	{ "an agent's answer with a command", "anna@example.com", "carla@example.net", "anna",
		ANNA
		"To: carla@example.net\nSubject: Re: help !priority high\nMessage-ID: <a1@example.com>\nIn-Reply-To: <q2@example.net>\n\nSo it is.\n",
		1, 6, "reply" },
	{ "a bounce of it", "", "support@example.com", NULL,
		"From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\nMessage-ID: <b1@mx.example.net>\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nno\n--b\n"
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; carla@example.net\nAction: failed\nStatus: 5.1.1\n\n--b\n"
		"Content-Type: message/rfc822\n\nMessage-ID: <a1@example.com>\nSubject: Re: help\n\nx\n--b--\n",
		1, 7, "bounce" },
	{ "a ticket that an agent opens", "anna@example.com", "dora@example.net,desk@example.com",
		"anna",
		ANNA
		"To: dora@example.net\nCc: desk@example.com\nSubject: offer\nMessage-ID: <o1@example.com>\n\nHere.\n",
		2, 1, "opened" },
	{ "a forged agent", "eve@example.org", "sales@example.com", NULL,
		ANNA
		"Reply-To: ben@example.com\nSubject: x\nMessage-ID: <f1@example.org>\nReferences: <unknown@example.net>\n\nx\n",
		3, 1, "opened" },
	{ "who knows an id by reference alone", "fred@example.net", "support@example.com", NULL,
		"From: fred@example.net\nSubject: x\nMessage-ID: <r1@example.net>\nReferences: <unknown@example.net>\n\nx\n",
		4, 1, "opened" },
	{ "a colleague's forward", "anna@example.com", "support@example.com", "anna",
		ANNA
		"To: support@example.com\nSubject: Fwd: x\nMessage-ID: <w1@example.com>\n\n-- Forwarded --\nFrom: Gus <gus@example.net>\nDate: today\nTo: anna@example.com\n\nx\n",
		5, 1, "opened" },
	{ "commands", "anna@example.com", "tickets@example.com", "anna",
		ANNA
		"To: tickets@example.com\nSubject: x\nMessage-ID: <c1@example.com>\n\nclose 2\nlink 1 2\n",
		0, 0, "commands" },
};

static uint64_t messages_of(struct desk *d, uint64_t number)
{
	struct ticket t;
	uint64_t n;

	desk_ticket(d, number, &t);
	n = t.messages_count;
	record_release(&ticket_type, &t);
	return n;
}

/* Was there such a read? */
static bool hand_in_failing(struct desk *d, size_t i, unsigned read)
{
	bool failed;

	failing = read;
	desk_mail(d, story[i].sender, story[i].to, story[i].authen, story[i].mail);
	failed = reads >= read;
	failing = 0;
	/* A mail that comes a second later is another one. */
	d->now -= G_USEC_PER_SEC;
	return failed;
}

static void test_failed_reads(void)
{
	struct desk d;

	/* A database that fails is asked once more, which is no answer either. */
	fixture_lmdb_alone();
	desk_open(&d, conf);
	for (size_t i = 0; i < G_N_ELEMENTS(story); i++) {
		unsigned read = 1;

		g_test_message("%s", story[i].sentence);
		for (; hand_in_failing(&d, i, read); read++) {
			g_test_message("read %u: %s", read, d.err.text);
			g_assert_cmpint(d.status, ==, ST_IO);
			g_assert_cmpstr(d.err.text, !=, "");
		}
		g_assert_cmpuint(read, >, 3);
		g_assert_cmpint(d.status, ==, ST_OK);
		g_assert_cmpuint(d.last.ticket, ==, story[i].ticket);
		g_assert_cmpstr(d.last.event, ==, story[i].event);
		if (story[i].seq)
			g_assert_cmpuint(messages_of(&d, story[i].ticket), ==, story[i].seq);
		d.now += G_USEC_PER_SEC;
	}
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	questions = g_hash_table_new(g_str_hash, g_str_equal);
	g_test_add_func("/transaction/asks nothing of the message", test_asks_nothing);
	g_test_add_func("/transaction/a failed read is no answer", test_failed_reads);
	return g_test_run();
}

/* What a message costs the store: puts, deletes, and pages that are written. */
#include "../desk.h"
#include "../store-fixture.h"

#include <lmdb.h>
#include <string.h>

#include "archive/spool.h"
#include "mail/message.h"

static unsigned puts_seen, deletes_seen;

/* The linker puts these in place of LMDB's. */
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
	puts_seen++;
	return __real_mdb_put(txn, dbi, key, data, flags);
}

int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
	deletes_seen++;
	return __real_mdb_del(txn, dbi, key, data);
}

/* Of a program: an answer would cost rows of its own. */
static void send(struct desk *desk, const char *id, const char *answered)
{
	g_autofree char *in_reply_to = answered
		? g_strdup_printf("In-Reply-To: %s\nReferences: %s\n", answered, answered)
		: g_strdup("");
	g_autofree char *mail = g_strdup_printf("From: Carla Kern <carla@customer.example>\n"
						"To: sales@example.com\n"
						"Subject: %sAn offer\n"
						"Auto-Submitted: auto-generated\n"
						"Message-ID: %s\n"
						"%s\n"
						"Please send one.\n",
		answered ? "Re: " : "", id, in_reply_to);

	puts_seen = deletes_seen = 0;
	desk_mail(desk, "carla@customer.example", "sales@example.com", NULL, mail);
	g_assert_cmpint(desk->status, ==, ST_OK);
}

static void test_puts(void)
{
	struct desk desk;

	desk_open(&desk, NULL);
	send(&desk, "<one@customer.example>", NULL);
	send(&desk, "<two@customer.example>", NULL);
	g_assert_cmpuint(desk.last.ticket, ==, 2);
	g_assert_cmpuint(puts_seen, <=, 8);
	g_assert_cmpuint(deletes_seen, ==, 0);
	send(&desk, "<three@customer.example>", "<one@customer.example>");
	g_assert_cmpuint(desk.last.ticket, ==, 1);
	g_assert_cmpuint(puts_seen, <=, 6);
	g_assert_cmpuint(deletes_seen, <=, 1);
	desk_close(&desk);
}

/* Not counted: what else LMDB writes for a commit, whatever is in it. */
static uint64_t bytes_written(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents("/proc/self/io", &text, NULL, NULL));
	return g_ascii_strtoull(strstr(text, "wchar: ") + strlen("wchar: "), NULL, 10);
}

enum { PAGE = 4096, GROUP = 16, GROUPS = 60, STORED = 12000, CUSTOMERS = 5000 };

/* Half of them open tickets, and half answer; each with one page of text. */
struct group {
	struct desk *desk;
	unsigned first;
	GString *body;
};

static void write_mail(struct spool *spool, unsigned i, const GString *body)
{
	g_autofree char *from = g_strdup_printf(" c%u@example.net", i / 2 % CUSTOMERS),
			*id = g_strdup_printf(" <m%u@bench.example.net>", i),
			*before = g_strdup_printf(" <m%u@bench.example.net>", i - 1);

	spool_header(spool, "From", from, NULL);
	spool_header(spool, "To", " sales@example.com", NULL);
	spool_header(spool, "Subject", " An offer", NULL);
	spool_header(spool, "Auto-Submitted", " auto-generated", NULL);
	spool_header(spool, "Message-ID", id, NULL);
	if (i % 2)
		spool_header(spool, "In-Reply-To", before, NULL);
	spool_end_headers(spool, NULL);
	spool_body(spool, body->str, body->len, NULL);
}

static void take_in_group(struct group *g)
{
	static const char *const to[] = { "sales@example.com", NULL };
	struct arrival arrivals[GROUP];
	struct envelope envelopes[GROUP];
	struct outcome outcomes[GROUP];

	for (unsigned i = 0; i < GROUP; i++) {
		struct spool *spool = arrival_spool(g->desk->settings);

		write_mail(spool, g->first + i, g->body);
		spool_body_digest(spool);
		envelopes[i] = (struct envelope){ .sender = "c@example.net",
			.recipients = to,
			.received = g->desk->now += 1000000 };
		arrivals[i] = (struct arrival){ .settings = g->desk->settings,
			.envelope = &envelopes[i],
			.spool = spool,
			.message = spool_parse(spool) };
		outcome_init(&outcomes[i]);
	}
	g_assert_cmpint(
		intake_batch(g->desk->store, arrivals, outcomes, GROUP, &g->desk->err), ==, ST_OK);
	for (unsigned i = 0; i < GROUP; i++) {
		g_assert_cmpuint(outcomes[i].ticket, ==, (g->first + i) / 2 + 1);
		outcome_release(&outcomes[i]);
		message_free(arrivals[i].message);
		spool_free(arrivals[i].spool);
	}
	g->first += GROUP;
}

static void test_pages(void)
{
	struct desk desk;
	struct group g = { .desk = &desk, .body = g_string_new(NULL) };
	uint64_t before;

	desk_open(&desk, NULL);
	g_clear_pointer(&desk.settings->archive.path, g_free);
	desk.settings->archive.path = g_strdup("");
	for (int i = 0; i < 50; i++)
		g_string_append(g.body,
			"A line of a body, as long as lines of mail are, for somebody to read.\r\n");
	while (g.first < STORED)
		take_in_group(&g);
	before = bytes_written();
	for (int i = 0; i < GROUPS; i++)
		take_in_group(&g);
	g_test_message(
		"%.2f pages a message", (double)(bytes_written() - before) / PAGE / GROUP / GROUPS);
	g_assert_cmpuint(bytes_written() - before, <=, (uint64_t)(2.9 * PAGE * GROUP * GROUPS));
	desk_close(&desk);
	g_string_free(g.body, TRUE);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cost/a new ticket is 8 puts, and a follow-up 6 and a delete", test_puts);
	g_test_add_func("/cost/few pages are written for a message", test_pages);
	return g_test_run();
}

/* The outbox: retry times, what is due, counts of answers. */
#include "tables/outbox.h"

#include <string.h>

#include "base/text.h"
#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)
#define MINUTES(n) ((int64_t)(n)*60 * TEXT_SECOND)

static void test_retries(void)
{
	static const int minutes[] = { 1, 1, 2, 4, 8, 16, 32, 64, 128, 240, 240 };

	for (uint64_t attempts = 0; attempts < G_N_ELEMENTS(minutes); attempts++)
		g_assert_cmpint(outbox_next_try(attempts, 7), ==, 7 + MINUTES(minutes[attempts]));
	g_assert_cmpint(outbox_next_try(UINT64_MAX, 7), ==, 7 + MINUTES(240));
}

static void test_expiry(void)
{
	const struct outgoing o = { .created = 1000 };

	g_assert_false(outbox_expired(&o, 1000 + MINUTES(5 * 24 * 60)));
	g_assert_true(outbox_expired(&o, 1001 + MINUTES(5 * 24 * 60)));
	g_assert_false(outbox_expired(&o, 0));
}

static uint64_t put(struct txn *txn, int64_t next_try, int state)
{
	char *to[] = { (char *)"kim@example.net", NULL };
	struct outgoing o = { .ticket = 3,
		.event = (char *)"opened",
		.sender = (char *)"",
		.to = to,
		.state = state,
		.next_try = next_try };

	OK(outbox_put(txn, &o, "Subject: x\r\n\r\n", 14, NULL));
	return o.id;
}

/* The id that is due, 0 for none; then when the next will be. */
static void assert_due(struct txn *txn, int64_t now, uint64_t id, int64_t next)
{
	struct outgoing got = { 0 };
	int64_t when = -1;
	enum status st = outbox_due(txn, now, &got, &when, NULL);

	g_assert_cmpint(st, ==, id ? ST_OK : ST_NOT_FOUND);
	g_assert_cmpuint(got.id, ==, id);
	if (!id)
		g_assert_cmpint(when, ==, next);
	record_release(&outgoing_type, &got);
}

static void change(struct txn *txn, uint64_t id, int64_t next_try, int state)
{
	struct outgoing o = { 0 };

	OK(outbox_load(txn, id, &o, NULL));
	o.next_try = next_try;
	o.state = state;
	o.attempts++;
	OK(outbox_save(txn, &o, NULL));
	record_release(&outgoing_type, &o);
}

static enum status due(struct txn *txn, void *arg, struct error *err)
{
	uint64_t late, soon, suppressed;

	(void)arg;
	assert_due(txn, 100, 0, 0);
	late = put(txn, 200, OUTGOING_WAITING);
	soon = put(txn, 100, OUTGOING_WAITING);
	suppressed = put(txn, 0, OUTGOING_SUPPRESSED);
	assert_due(txn, 99, 0, 100);
	assert_due(txn, 100, soon, 0);
	change(txn, soon, 300, OUTGOING_WAITING);
	assert_due(txn, 199, 0, 200);
	assert_due(txn, 999, late, 0);
	change(txn, late, 200, OUTGOING_FAILED);
	assert_due(txn, 299, 0, 300);
	assert_due(txn, 300, soon, 0);
	change(txn, late, 250, OUTGOING_WAITING);
	assert_due(txn, 999, late, 0);
	OK(outbox_remove(txn, late, err));
	OK(outbox_remove(txn, soon, err));
	OK(outbox_remove(txn, suppressed, err));
	assert_due(txn, 999, 0, 0);
	g_assert_cmpint(outbox_remove(txn, soon, err), ==, ST_NOT_FOUND);
	g_assert_cmpuint(put(txn, 0, OUTGOING_WAITING), >, suppressed);
	assert_due(txn, 1, suppressed + 1, 0);
	return ST_OK;
}

/* No try is planned four hours and a minute ahead. */
static enum status astray(struct txn *txn, void *arg, struct error *err)
{
	const int64_t now = MINUTES(1000), last = now + MINUTES(241);
	struct outgoing o = { 0 };
	uint64_t far, near;

	(void)arg;
	near = put(txn, last, OUTGOING_WAITING);
	assert_due(txn, now, 0, last);
	far = put(txn, last + 1, OUTGOING_WAITING);
	OK(outbox_due(txn, now, &o, NULL, err));
	g_assert_cmpuint(o.id, ==, far);
	g_assert_cmpint(o.next_try, ==, now);
	record_release(&outgoing_type, &o);
	assert_due(txn, last, near, 0);
	OK(outbox_remove(txn, far, err));
	assert_due(txn, now, 0, last);
	OK(outbox_remove(txn, near, err));
	return ST_OK;
}

static enum status ids_of(struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_string_append_printf(arg, "%d ", (int)o->id);
	return ST_OK;
}

static enum status contents(struct txn *txn, void *arg, struct error *err)
{
	g_autoptr(GString) mail = g_string_new("old"), ids = g_string_new(NULL);
	struct outgoing o = { .state = OUTGOING_SUPPRESSED, .event = (char *)"opened" },
			got = { 0 };

	(void)arg;
	put(txn, 5, OUTGOING_WAITING);
	OK(outbox_put(txn, &o, NULL, 0, err));
	g_assert_cmpuint(o.id, ==, 2);
	OK(outbox_mail(txn, 1, mail, err));
	g_assert_cmpstr(mail->str, ==, "Subject: x\r\n\r\n");
	OK(outbox_mail(txn, 2, mail, err));
	g_assert_cmpstr(mail->str, ==, "");
	g_assert_cmpint(outbox_mail(txn, 3, mail, err), ==, ST_NOT_FOUND);
	OK(outbox_load(txn, 1, &got, err));
	g_assert_cmpstr(got.sender, ==, "");
	g_assert_cmpstr(got.event, ==, "opened");
	g_assert_cmpstr(got.to[0], ==, "kim@example.net");
	g_assert_cmpuint(got.ticket, ==, 3);
	record_release(&outgoing_type, &got);
	g_assert_cmpint(outbox_load(txn, 3, &got, err), ==, ST_NOT_FOUND);
	OK(outbox_each(txn, ids_of, ids, err));
	g_assert_cmpstr(ids->str, ==, "1 2 ");
	return ST_OK;
}

static bool may_answer(struct txn *txn, const char *address, int64_t now, uint64_t max)
{
	bool allowed;

	OK(outbox_count_answer(txn, address, now, max, &allowed, NULL));
	return allowed;
}

static enum status counts(struct txn *txn, void *arg, struct error *err)
{
	const int64_t day = MINUTES(24 * 60), monday = 100 * day, night = monday + day - 1;

	(void)arg;
	g_assert_false(may_answer(txn, "kim@example.net", monday, 0));
	g_assert_true(may_answer(txn, "kim@example.net", monday, 2));
	g_assert_true(may_answer(txn, "kim@example.net", night, 2));
	g_assert_false(may_answer(txn, "kim@example.net", night, 2));
	g_assert_true(may_answer(txn, "kim@example.net", night, 3));
	g_assert_true(may_answer(txn, "lee@example.net", night, 1));
	g_assert_true(may_answer(txn, "kim@example.net", monday + day, 1));
	OK(outbox_forget_counts(txn, monday + day, err));
	g_assert_false(may_answer(txn, "kim@example.net", monday, 3));
	OK(outbox_forget_counts(txn, monday + 2 * day, err));
	g_assert_true(may_answer(txn, "kim@example.net", monday, 1));
	g_assert_false(may_answer(txn, "kim@example.net", monday + day, 1));
	return ST_OK;
}

/* However it is written to, and whoever is to be forgotten. */
static enum status counts_of_details(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	g_assert_true(may_answer(txn, "kim+a@example.net", 1, 2));
	g_assert_true(may_answer(txn, "kim+b+c@example.net", 1, 2));
	g_assert_false(may_answer(txn, "kim@example.net", 1, 2));
	g_assert_true(may_answer(txn, "+kim@example.net", 1, 1));
	g_assert_true(may_answer(txn, "+lee@example.net", 1, 1));
	OK(outbox_forget_address(txn, "kim+a@example.net", err));
	g_assert_true(may_answer(txn, "kim+d@example.net", 1, 1));
	return ST_OK;
}

static bool is_first(struct txn *txn, uint64_t ticket, const char *address, int64_t now)
{
	bool first;

	OK(outbox_tell_once(txn, ticket, address, now, &first, NULL));
	return first;
}

static enum status told(struct txn *txn, void *arg, struct error *err)
{
	const int64_t day = MINUTES(24 * 60), monday = 100 * day, night = monday + day - 1;

	(void)arg;
	g_assert_true(is_first(txn, 1, "kim@example.net", monday));
	g_assert_false(is_first(txn, 1, "kim@example.net", night));
	g_assert_true(is_first(txn, 1, "kim@example.net", monday + day));
	g_assert_true(is_first(txn, 2, "kim@example.net", monday));
	g_assert_true(is_first(txn, 1, "", monday));
	g_assert_false(is_first(txn, 1, "", monday));
	/* Answers are counted beside it, and who is forgotten is so in both. */
	g_assert_true(may_answer(txn, "kim@example.net", monday, 1));
	OK(outbox_forget_address(txn, "kim@example.net", err));
	g_assert_true(is_first(txn, 2, "kim@example.net", monday));
	g_assert_true(may_answer(txn, "kim@example.net", monday, 1));
	g_assert_false(is_first(txn, 1, "", monday));
	return ST_OK;
}

static int64_t next_of(struct txn *txn, uint64_t id)
{
	struct outgoing o = { 0 };
	int64_t next;

	OK(outbox_load(txn, id, &o, NULL));
	next = o.state == OUTGOING_WAITING ? o.next_try : -1;
	record_release(&outgoing_type, &o);
	return next;
}

static uint64_t urged(struct txn *txn)
{
	uint64_t count;

	OK(outbox_urged(txn, &count, NULL));
	return count;
}

static enum status urging(struct txn *txn, void *arg, struct error *err)
{
	uint64_t waiting = put(txn, 500, OUTGOING_WAITING), failed = put(txn, 0, OUTGOING_FAILED),
		 suppressed = put(txn, 0, OUTGOING_SUPPRESSED);

	(void)arg;
	g_assert_cmpuint(urged(txn), ==, 0);
	OK(outbox_flush(txn, err));
	g_assert_cmpint(next_of(txn, waiting), ==, 0);
	g_assert_cmpint(next_of(txn, failed), ==, -1);
	g_assert_cmpuint(urged(txn), ==, 1);
	OK(outbox_retry(txn, failed, 7, err));
	g_assert_cmpint(next_of(txn, failed), ==, 0);
	g_assert_cmpuint(urged(txn), ==, 2);
	g_assert_cmpint(outbox_retry(txn, suppressed, 7, err), ==, ST_REFUSED);
	g_assert_cmpint(outbox_retry(txn, 99, 7, err), ==, ST_NOT_FOUND);
	OK(outbox_forget_suppressed(txn, MINUTES(5 * 24 * 60), err));
	g_assert_cmpint(next_of(txn, suppressed), ==, -1);
	OK(outbox_forget_suppressed(txn, MINUTES(5 * 24 * 60) + 1, err));
	g_assert_cmpint(outbox_retry(txn, suppressed, 7, err), ==, ST_NOT_FOUND);
	g_assert_cmpint(next_of(txn, waiting), ==, 0);
	return ST_OK;
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/outbox/only waiting mails are due, the oldest first", due },
		{ "/outbox/what a wrong clock has put off is due", astray },
		{ "/outbox/keeps entries and their mails", contents },
		{ "/outbox/counts answers by address and day", counts },
		{ "/outbox/counts answers by mailbox, whatever the detail", counts_of_details },
		{ "/outbox/what is told of an address in a ticket is told once a day", told },
		{ "/outbox/flush and retry make mails due; suppressed ones are forgotten in time",
			urging },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outbox/tries again after 1 minute, doubling, at most 4 hours apart",
		test_retries);
	g_test_add_func("/outbox/gives up after 5 days", test_expiry);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}

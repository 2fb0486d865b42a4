/* Tickets on disk. Their entries are in tickets-entries.c, listings in tickets-list.c, index rows
 * in tickets-index.c. */
#include "tables/tickets.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/tongue.h"
#include "settings/settings.h"
#include "tables/history-log.h"
#include "tables/queues.h"
#include "tables/tickets-index.h"

enum { MERGES_MAX = 100, DAY_DIGITS = 10000, FIRST_DAY = 19700101, LAST_DAY = 29991231 };

static void ticket_key_of(struct key *key, const void *ticket)
{
	ticket_key(key, ((const struct ticket *)ticket)->number);
}

static void ticket_read_key(struct bytes key, void *ticket)
{
	size_t offset = 0;

	((struct ticket *)ticket)->number = key_read_number(key, &offset);
}

static char *ticket_subject(const void *ticket)
{
	return g_strdup_printf(_("ticket %" PRIu64), ((const struct ticket *)ticket)->number);
}

const struct table_type ticket_table = {
	.name = "ticket",
	.table = TABLE_TICKETS,
	.record = &ticket_type,
	.key = ticket_key_of,
	.read_key = ticket_read_key,
	.subject = ticket_subject,
};

/* --- loading --- */

enum status tickets_load(
	struct txn *txn, uint64_t number, struct ticket *ticket_out, struct error *err)
{
	const struct ticket like = { .number = number };

	return table_load(txn, &ticket_table, &like, ticket_out, err);
}

enum status tickets_resolve(
	struct txn *txn, uint64_t number, struct ticket *ticket_out, struct error *err)
{
	for (int i = 0; i < MERGES_MAX; i++) {
		enum status st = tickets_load(txn, number, ticket_out, err);

		if (st != ST_OK || ticket_out->merged_into == 0)
			return st;
		number = ticket_out->merged_into;
		record_release(&ticket_type, ticket_out);
	}
	return error_set(err, ST_IO, _("ticket %" PRIu64 " is merged in a circle"), number);
}

struct ticket_visitor {
	ticket_visit *fn;
	void *arg;
};

static enum status ticket_visit_record(
	struct txn *txn, const void *ticket, void *arg, struct error *err)
{
	const struct ticket_visitor *visitor = arg;

	return visitor->fn(txn, ticket, visitor->arg, err);
}

enum status tickets_last(struct txn *txn, uint64_t *number_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	size_t offset = 0;
	enum status st = scan_first(&scan, txn, TABLE_TICKETS, all, all, true);

	*number_out = st == ST_OK ? key_read_number(scan.key, &offset) : 0;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : record_error(txn, st, _("read"), 0, err);
}

enum status tickets_each(struct txn *txn, ticket_visit *fn, void *arg, struct error *err)
{
	return tickets_each_from(txn, 0, fn, arg, err);
}

enum status tickets_each_from(
	struct txn *txn, uint64_t number, ticket_visit *fn, void *arg, struct error *err)
{
	struct ticket_visitor visitor = { fn, arg };
	struct key from;
	struct table_walk walk = {
		.type = &ticket_table,
		.fn = ticket_visit_record,
		.arg = &visitor,
	};

	ticket_key(&from, number);
	walk.from = key_bytes(&from);
	return table_each(txn, &walk, err);
}

/* --- saving --- */

static enum status put_record(struct txn *txn, const struct ticket *ticket)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key;

	ticket_key(&key, ticket->number);
	record_encode(&ticket_type, ticket, value);
	return txn_put(
		txn, TABLE_TICKETS, key_bytes(&key), (struct bytes){ value->data, value->len });
}

/* One that is closed may be of a queue that was removed since: it comes back with its ticket,
 * rather than have that one be nowhere. */
static enum status wake_queue(
	struct txn *txn, const struct ticket *before, const struct ticket *after, struct error *err)
{
	bool wakes = before && !ticket_status_active(before->status) &&
		ticket_status_active(after->status);

	return wakes ? queues_ensure(txn, after->queue, after->updated, err) : ST_OK;
}

static enum status store_ticket(
	struct txn *txn, const struct ticket *before, const struct ticket *after, struct error *err)
{
	enum status st = wake_queue(txn, before, after, err);

	if (st == ST_OK)
		st = index_move(txn, before, after);
	if (st == ST_OK)
		st = put_record(txn, after);
	return record_error(txn, st, _("write"), after->number, err);
}

enum status tickets_save(struct txn *txn, const struct ticket *ticket, struct error *err)
{
	struct ticket before = { 0 };
	enum status st = tickets_load(txn, ticket->number, &before, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, st, _("there is no ticket %" PRIu64), ticket->number);
	if (st == ST_OK)
		st = store_ticket(txn, &before, ticket, err);
	record_release(&ticket_type, &before);
	return st;
}

/* --- numbers --- */

/* The local date as YYYYMMDD. */
static uint64_t day_of(int64_t now)
{
	time_t t = (time_t)(now / TEXT_SECOND);
	struct tm tm;

	localtime_r(&t, &tm);
	return (uint64_t)(tm.tm_year + 1900) * 10000 + (uint64_t)(tm.tm_mon + 1) * 100 +
		(uint64_t)tm.tm_mday;
}

/* Digits of the day, then at least four of its counter: 202611240001, and 2026112410000 after
 * 9999. */
static uint64_t tickets_dated(uint64_t day, uint64_t count)
{
	uint64_t scale = DAY_DIGITS;

	while (count >= scale)
		scale *= 10;
	return day * scale + count;
}

/* The day and the counter in a number of that form; false for any other. */
static bool split_dated(uint64_t number, uint64_t *day_out, uint64_t *count_out)
{
	uint64_t scale = DAY_DIGITS, month, day;

	while (number / scale > LAST_DAY)
		scale *= 10;
	month = number / scale / 100 % 100;
	day = number / scale % 100;
	*day_out = number / scale;
	*count_out = number % scale;
	return *day_out >= FIRST_DAY && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
		tickets_dated(*day_out, *count_out) == number;
}

static char *day_name(uint64_t day)
{
	return g_strdup_printf("ticket.%" G_GUINT64_FORMAT, day);
}

char *tickets_number_name(const struct numbering *numbering)
{
	return numbering->scheme == NUMBERS_SEQUENTIAL ? g_strdup("ticket")
						       : day_name(day_of(numbering->now));
}

static enum status next_number(
	struct txn *txn, const struct numbering *numbering, uint64_t *number_out)
{
	uint64_t today = day_of(numbering->now), day, count;
	g_autofree char *name = tickets_number_name(numbering);
	enum status st;

	if (numbering->scheme == NUMBERS_SEQUENTIAL)
		return txn_next_number(txn, name, numbering->first, number_out);
	/* `first` is where the system before this one stopped, if that was today. */
	if (!split_dated(numbering->first, &day, &count) || day != today)
		count = 1;
	st = txn_next_number(txn, name, count, &count);
	if (st == ST_OK)
		*number_out = tickets_dated(today, count);
	return st;
}

/* Numbers given later are to be larger. */
static enum status move_on(struct txn *txn, uint64_t number)
{
	g_autofree char *name = NULL;
	uint64_t day, count;

	if (!split_dated(number, &day, &count))
		return txn_skip_numbers(txn, "ticket", number);
	name = day_name(day);
	return txn_skip_numbers(txn, name, count);
}

/* What a purge leaves behind, so that a number is known to have been given. */
static void gone_key(struct key *key, uint64_t number)
{
	key_init(key);
	key_text(key, "gone");
	key_number(key, number);
}

enum status tickets_was_given(struct txn *txn, uint64_t number, bool *given_out, struct error *err)
{
	const struct ticket like = { .number = number };
	struct key key;
	enum status st = table_has(txn, &ticket_table, &like, given_out, err);

	if (st != ST_OK || *given_out)
		return st;
	gone_key(&key, number);
	st = row_present(txn, TABLE_META, key_bytes(&key), given_out);
	return record_error(txn, st, _("read"), number, err);
}

enum status tickets_give_number(
	struct txn *txn, const struct numbering *numbering, uint64_t *number_out, struct error *err)
{
	bool given;
	enum status st;

	/* An import may have brought numbers of another scheme. */
	do {
		given = false;
		st = next_number(txn, numbering, number_out);
		if (st != ST_OK)
			return error_set(err, st, _("cannot give a number: %s"), txn_reason(txn));
		st = tickets_was_given(txn, *number_out, &given, err);
	} while (st == ST_OK && given);
	return st;
}

enum status tickets_take_number(struct txn *txn, uint64_t number, struct error *err)
{
	bool given = number == 0 || number > INT64_MAX;
	enum status st = given ? ST_OK : tickets_was_given(txn, number, &given, err);

	if (st != ST_OK || given)
		return st == ST_OK ? ST_EXISTS : st;
	st = move_on(txn, number);
	return st == ST_OK ? st
			   : error_set(err, st, _("cannot give a number: %s"), txn_reason(txn));
}

enum status tickets_last_given(
	struct txn *txn, int64_t now, struct given *given_out, struct error *err)
{
	g_autofree char *today = day_name(day_of(now));
	struct given given = { 0 };
	enum status st = txn_last_number(txn, "ticket", &given.sequential);

	if (st == ST_OK)
		st = txn_last_number(txn, today, &given.today);
	if (st == ST_OK)
		st = txn_last_number(txn, "event", &given.event);
	if (st == ST_OK)
		st = txn_last_number(txn, "outgoing", &given.outgoing);
	if (st != ST_OK)
		return error_set(err, st, _("cannot read the counters: %s"), txn_reason(txn));
	*given_out = given;
	return ST_OK;
}

enum status tickets_skip_given(struct txn *txn, int64_t now, const struct given *given,
	uint64_t more, uint64_t above, struct error *err)
{
	g_autofree char *today = day_name(day_of(now));
	struct given own;
	enum status st = tickets_last_given(txn, now, &own, err);

	if (st != ST_OK)
		return st;
	st = txn_skip_numbers(txn, "ticket", MAX(own.sequential, given->sequential) + more);
	if (st == ST_OK)
		st = txn_skip_numbers(txn, today, MAX(own.today, given->today) + more);
	if (st == ST_OK)
		st = txn_skip_numbers(txn, "event", MAX(own.event, given->event));
	if (st == ST_OK)
		st = txn_skip_numbers(txn, "outgoing", MAX(own.outgoing, given->outgoing));
	if (st == ST_OK && above)
		st = move_on(txn, above);
	return st == ST_OK ? st : error_set(err, st, _("cannot skip numbers: %s"), txn_reason(txn));
}

enum status tickets_store_new(struct txn *txn, const struct ticket *ticket, struct error *err)
{
	return store_ticket(txn, NULL, ticket, err);
}

enum status tickets_create(struct txn *txn, const struct numbering *numbering,
	struct ticket *ticket, struct error *err)
{
	enum status st = tickets_give_number(txn, numbering, &ticket->number, err);

	return st == ST_OK ? tickets_store_new(txn, ticket, err) : st;
}

enum status tickets_insert(struct txn *txn, const struct ticket *ticket, struct error *err)
{
	bool there = false;
	enum status st;

	if (ticket->number == 0 || ticket->number > INT64_MAX)
		return error_set(
			err, ST_BAD_INPUT, _("%" PRIu64 " is no ticket number"), ticket->number);
	st = table_has(txn, &ticket_table, ticket, &there, err);
	if (st == ST_OK && there)
		return error_set(
			err, ST_EXISTS, _("ticket %" PRIu64 " is there already"), ticket->number);
	if (st != ST_OK)
		return st;
	st = move_on(txn, ticket->number);
	if (st != ST_OK)
		return error_set(err, st, _("cannot give a number: %s"), txn_reason(txn));
	return store_ticket(txn, NULL, ticket, err);
}

/* --- removing --- */

static enum status delete_all(struct txn *txn, enum store_table table, struct bytes prefix)
{
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, table, prefix, (struct bytes){ NULL, 0 }, false);
		st == ST_OK; st = scan_next(&scan)) {
		st = txn_delete(txn, table, scan.key);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Of events with rows of their own. */
static enum status delete_log(struct txn *txn, struct bytes prefix)
{
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_EVENTS, prefix, (struct bytes){ NULL, 0 }, false);
		st == ST_OK; st = scan_next(&scan)) {
		size_t offset = prefix.len;

		st = log_delete(txn, key_read_number(scan.key, &offset));
		if (st != ST_OK && st != ST_NOT_FOUND)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status remove_rows(struct txn *txn, const struct ticket *ticket, struct error *err)
{
	static const enum store_table tables[] = { TABLE_ENTRIES, TABLE_TEXTS, TABLE_EVENTS,
		TABLE_TICKETS };
	struct key key, gone;
	enum status st;

	ticket_key(&key, ticket->number);
	gone_key(&gone, ticket->number);
	st = index_move(txn, ticket, NULL);
	if (st == ST_OK)
		st = delete_log(txn, key_bytes(&key));
	for (size_t i = 0; i < G_N_ELEMENTS(tables) && st == ST_OK; i++)
		st = delete_all(txn, tables[i], key_bytes(&key));
	if (st == ST_OK)
		st = txn_put(txn, TABLE_META, key_bytes(&gone), (struct bytes){ "", 0 });
	return record_error(txn, st, _("remove"), ticket->number, err);
}

enum status tickets_remove(struct txn *txn, uint64_t number, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = tickets_load(txn, number, &ticket, err);

	if (st == ST_OK)
		st = tickets_forget_entries(txn, number, err);
	if (st == ST_OK)
		st = remove_rows(txn, &ticket, err);
	record_release(&ticket_type, &ticket);
	return st;
}

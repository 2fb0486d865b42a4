/* Which ticket a report belongs to: that of a message which we sent. Anybody can write a report
 * that names a customer's mail, so only a message that left our house, or a token, may flag a
 * ticket as undelivered. */
#include "decide/match.h"

#include "base/limits.h"

/* Is it the id of a mail that we wrote, or of an agent's that went through us? */
static enum status was_sent(
	struct txn *txn, const struct id_hit *hit, bool *sent_out, struct error *err)
{
	struct entry entry = { 0 };
	enum status st;

	*sent_out = hit->kind == ID_SENT;
	if (hit->kind != ID_SEEN)
		return ST_OK;
	st = tickets_entry(txn, hit->ticket, hit->seq, &entry, err);
	*sent_out = st == ST_OK && entry.direction == DIRECTION_OUT;
	record_release(&entry_type, &entry);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status find_sent(
	struct txn *txn, const char *id, uint64_t *number_out, struct error *err)
{
	struct id_hit hits[LIMIT_ID_HITS];
	size_t n = 0;
	enum status st = tickets_find_id(txn, id, hits, LIMIT_ID_HITS, &n, err);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		bool sent;

		st = was_sent(txn, &hits[i], &sent, err);
		if (st == ST_OK && sent) {
			*number_out = hits[i].ticket;
			return ST_OK;
		}
	}
	return st == ST_OK ? ST_NOT_FOUND : st;
}

enum status match_sent_id(
	struct txn *txn, const char *const *ids, uint64_t *number_out, struct error *err)
{
	enum status st = ST_NOT_FOUND;

	for (; *ids && st == ST_NOT_FOUND; ids++)
		st = find_sent(txn, *ids, number_out, err);
	return st;
}

static bool find_token(
	const struct match_query *query, const struct report *report, uint64_t *number_out)
{
	for (const char *const *address = report->addresses; *address; address++) {
		g_autofree char *detail = NULL;
		const struct account *account = settings_account(
			query->arrival->settings, *address, &detail);

		if (account && detail &&
			token_verify(&query->arrival->key, detail, account->address, number_out))
			return true;
	}
	return false;
}

/* A tag alone proves nothing: the failed recipient must be somebody whom we may have written to. */
static bool is_about(const struct ticket *ticket, const struct report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const char *address = report->recipients[i].address;

		if (address && ticket_has_person(ticket, address))
			return true;
	}
	return false;
}

static enum status find_tag(struct txn *txn, const struct match_query *query,
	const struct numbers *tags, uint64_t *number_out, struct error *err)
{
	enum status st = ST_NOT_FOUND;

	for (size_t i = 0; i < tags->n && st == ST_NOT_FOUND; i++) {
		struct ticket ticket = { 0 };

		st = tickets_resolve(txn, tags->v[i], &ticket, err);
		if (st == ST_OK && !is_about(&ticket, query->arrival->report))
			st = ST_NOT_FOUND;
		if (st == ST_OK)
			*number_out = ticket.number;
		record_release(&ticket_type, &ticket);
	}
	return st;
}

enum status match_report(
	struct txn *txn, const struct match_query *query, uint64_t *number_out, struct error *err)
{
	const struct arrival *a = query->arrival;
	const struct subject_view *subject = a->report->subject ? &a->returned : &a->subject;
	enum status st = match_sent_id(txn, a->report->ids, number_out, err);

	if (st != ST_NOT_FOUND)
		return st;
	if (find_token(query, a->report, number_out))
		return ST_OK;
	if (a->automatic == AUTO_SUSPECTED || a->settings->policy.subject_tag == SUBJECT_TAG_NEVER)
		return ST_NOT_FOUND;
	return find_tag(txn, query, &subject->tags, number_out, err);
}

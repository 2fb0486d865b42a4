/* Who a message's sender is to a ticket. */
#include "decide/match-people.h"

#include "base/address.h"
#include "base/limits.h"

/* DMARC is about a single author (RFC 7489 section 6.6.1). With two, or where a verifier may have
 * read another than we do, From can name anybody. */
bool match_sender_is_nobody(const struct match_query *query)
{
	const struct arrival *a = query->arrival;

	if (query->agent)
		return false;
	if (a->auth.dmarc_fail || a->several_from || a->from.n > 1)
		return true;
	return a->from.n && a->from.v[0].guessed && g_strcmp0(a->from.v[0].address, a->sender) != 0;
}

/* Owned; NULL: nobody. Mail from ourselves is no participant's. */
static char *people_sender_of(const struct match_query *query)
{
	const struct arrival *a = query->arrival;
	const char *sender = a->from.n ? a->from.v[0].address : a->sender;

	if (match_sender_is_nobody(query) || !sender || settings_is_desk(a->settings, sender))
		return NULL;
	return g_strdup(sender);
}

void people_init(struct people *people, struct txn *txn, const struct match_query *query)
{
	*people = (struct people){ .txn = txn, .query = query, .sender = people_sender_of(query) };
}

void people_release(struct people *people)
{
	g_free(people->sender);
	g_clear_pointer(&people->named, g_hash_table_unref);
}

static bool people_takes_part(const struct people *people, const struct ticket *ticket)
{
	return people->query->agent ||
		(people->sender && ticket_has_person(ticket, people->sender));
}

/* In the system that both come from the message was the ticket's, whoever wrote it. */
static bool is_former(const struct people *people, const struct ticket *ticket)
{
	return people->query->arrival->number && ticket->former == people->query->arrival->number;
}

bool people_may_use_tag(const struct people *people, const struct ticket *ticket)
{
	switch ((enum subject_tag_policy)people->query->arrival->settings->policy.subject_tag) {
	case SUBJECT_TAG_NEVER:
		break;
	case SUBJECT_TAG_ANYONE:
		return !people->query->arrival->auth.dmarc_fail || people->query->agent;
	case SUBJECT_TAG_PARTICIPANTS:
		return is_former(people, ticket) || people_takes_part(people, ticket);
	}
	return false;
}

/* --- who wrote --- */

static void name_all(struct people *people, struct mailboxes list)
{
	for (size_t i = 0; i < list.n; i++)
		if (!settings_is_desk(people->query->arrival->settings, list.v[i].address))
			g_hash_table_add(people->named, g_strdup(list.v[i].address));
}

/* All mail to the desk names the desk, so that proves nothing. */
static void note_who_is_named(struct people *people)
{
	const struct arrival *a = people->query->arrival;

	if (people->named)
		return;
	people->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (people->sender)
		g_hash_table_add(people->named, g_strdup(people->sender));
	name_all(people, a->from);
	name_all(people, a->reply_to);
	name_all(people, a->to);
	name_all(people, a->cc);
}

struct writers {
	struct people *people;
	bool named;
};

/* Only the author counts as having written a message. In Reply-To, as in Cc, strangers can name
 * whom they like, and their ticket would then get a victim's mail. Robots' mail counts for nobody.
 */
static enum status look_for_writer(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct writers *w = arg;
	bool written = e->direction == DIRECTION_IN || e->direction == DIRECTION_OUT ||
		e->direction == DIRECTION_NOTE;
	g_autofree char *author = NULL;

	(void)txn;
	(void)err;
	if (w->people->entries++ >= LIMIT_MATCH_ENTRIES)
		return ST_NOT_FOUND;
	if (written && !e->nobodys)
		author = mailbox_read_address(e->from ? e->from : e->sender);
	if (author)
		w->named = g_hash_table_contains(w->people->named, author);
	return w->named ? ST_NOT_FOUND : ST_OK;
}

static enum status names_a_writer(
	struct people *people, uint64_t number, bool *named_out, struct error *err)
{
	struct writers w = { people, false };
	enum status st;

	note_who_is_named(people);
	st = tickets_each_entry(people->txn, number, look_for_writer, &w, err);
	*named_out = w.named;
	return st;
}

static enum status people_stand(struct people *people, const struct ticket *ticket,
	enum standing *standing_out, struct error *err)
{
	bool named = is_former(people, ticket);
	enum status st = ST_OK;

	if (!named && people_takes_part(people, ticket)) {
		*standing_out = STANDING_TAKES_PART;
		st = names_a_writer(people, ticket->number, &named, err);
	}
	if (st == ST_OK && named)
		*standing_out = STANDING_KNOWS_WRITER;
	return st;
}

enum status people_standing(
	struct people *people, uint64_t number, enum standing *standing_out, struct error *err)
{
	bool somebody = people->sender || people->query->agent || people->query->arrival->number;
	struct ticket ticket = { 0 };
	enum status st;

	*standing_out = STANDING_STRANGER;
	if (!somebody || people->tickets++ >= LIMIT_MATCH_TICKETS)
		return ST_OK;
	st = tickets_resolve(people->txn, number, &ticket, err);
	if (st == ST_OK)
		st = people_stand(people, &ticket, standing_out, err);
	else if (st == ST_NOT_FOUND)
		*standing_out = STANDING_GONE;
	record_release(&ticket_type, &ticket);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Verbs about two tickets: link, merge, split. */
#include "act/change.h"

#include "act/link.h"
#include "base/limits.h"
#include "base/tongue.h"
#include "decide/promise.h"
#include "decide/times.h"
#include "tables/tickets-rebuild.h"

static enum status pair_link(struct change *c, struct ticket *t, uint64_t other)
{
	bool added = false;
	enum status st = link_add(c->txn, t, other, &c->by->actor, &added, c->err);

	if (st == ST_OK && added)
		st = times_keep(c->txn, c->by->settings, t, c->by->actor.now, c->err);
	return st == ST_OK && added ? tickets_save(c->txn, t, c->err) : st;
}

static enum status room_for_link(struct change *c, const struct ticket *t, uint64_t other)
{
	if (t->links.n < LIMIT_LINKS || numbers_has(&t->links, other))
		return ST_OK;
	return error_set(c->err, ST_REFUSED, _("ticket #%" PRIu64 " has %d links already"),
		t->number, LIMIT_LINKS);
}

enum status apply_link(struct change *c)
{
	struct ticket other = { 0 };
	g_autofree char *what = NULL;
	enum status st = commander_load(c->txn, c->by, c->command->number, &other, c->err);

	if (st == ST_OK && other.number == c->ticket.number)
		st = error_set(c->err, ST_BAD_INPUT, _("a ticket cannot be linked with itself"));
	if (st == ST_OK)
		st = room_for_link(c, &c->ticket, other.number);
	if (st == ST_OK)
		st = room_for_link(c, &other, c->ticket.number);
	if (st == ST_OK)
		st = pair_link(c, &c->ticket, other.number);
	if (st == ST_OK)
		st = pair_link(c, &other, c->ticket.number);
	what = g_strdup_printf(_("linked with #%" PRIu64), other.number);
	change_say(c, what);
	record_release(&ticket_type, &other);
	return st;
}

/* Listed first: what is moved while it is walked would be met again. */
static enum status pair_note_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	numbers_add(arg, entry->seq);
	return ST_OK;
}

/* It knows where it came from, for unmerge. */
static enum status pair_mark_entry(struct change *c, uint64_t from, uint64_t seq)
{
	struct entry e = { 0 };
	enum status st = tickets_entry(c->txn, from, seq, &e, c->err);

	if (st == ST_OK) {
		numbers_add(&e.merged_from, from);
		st = tickets_entry_save(c->txn, &e, c->err);
	}
	record_release(&entry_type, &e);
	return st;
}

static enum status move_entries(struct change *c, struct ticket *from, struct ticket *to)
{
	struct numbers seqs = { 0 };
	enum status st = tickets_each_entry(c->txn, from->number, pair_note_entry, &seqs, c->err);

	for (size_t i = 0; i < seqs.n && st == ST_OK; i++) {
		st = pair_mark_entry(c, from->number, seqs.v[i]);
		if (st == ST_OK)
			st = tickets_entry_move(c->txn, from, seqs.v[i], to, c->err);
	}
	g_free(seqs.v);
	return st;
}

static void pair_inherit(struct ticket *to, const struct ticket *from)
{
	change_unite(&to->participants, from->participants, LIMIT_PARTICIPANTS);
	change_unite(&to->tags, from->tags, LIMIT_TAGS);
	change_unite(&to->watchers, from->watchers, LIMIT_TAGS);
	change_unite(&to->watching, from->watching, LIMIT_WATCHING);
	to->touched = MAX(ticket_touched(to), ticket_touched(from));
	to->updated = MAX(to->updated, from->updated);
	to->last_in = MAX(to->last_in, from->last_in);
	to->last_out = MAX(to->last_out, from->last_out);
	to->undelivered |= from->undelivered;
	to->crossed |= from->crossed;
}

static enum status merge_into(struct change *c, struct ticket *to)
{
	struct ticket *from = &c->ticket;
	g_autofree char *from_number = g_strdup_printf("%" PRIu64, from->number);
	g_autofree char *to_number = g_strdup_printf("%" PRIu64, to->number);
	const char *status = ticket_status_names[from->status];
	enum status st = move_entries(c, from, to);

	pair_inherit(to, from);
	from->merged_into = to->number;
	from->status = TICKET_CLOSED;
	from->wait_until = 0;
	from->closed = c->by->actor.now;
	if (st == ST_OK)
		st = change_save(c, NOTE(EVENT_MERGED, .to = to_number, .text = status));
	if (st == ST_OK)
		st = times_keep(c->txn, c->by->settings, to, c->by->actor.now, c->err);
	if (st == ST_OK)
		st = tickets_save(c->txn, to, c->err);
	if (st == ST_OK)
		st = history_add(c->txn, to->number, &c->by->actor,
			NOTE(EVENT_MERGED, .from = from_number), c->err);
	return st;
}

enum status apply_merge(struct change *c)
{
	struct ticket to = { 0 };
	g_autofree char *what = NULL;
	enum status st = commander_load(c->txn, c->by, c->command->number, &to, c->err);

	if (st == ST_OK && to.number == c->ticket.number)
		st = error_set(c->err, ST_BAD_INPUT, _("a ticket cannot be merged into itself"));
	if (st == ST_OK)
		st = merge_into(c, &to);
	what = g_strdup_printf(_("merged into #%" PRIu64), to.number);
	change_say(c, what);
	record_release(&ticket_type, &to);
	return st;
}

static enum status read_part(struct change *c, struct ticket *part)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < c->command->seqs.n && st == ST_OK; i++) {
		struct entry entry = { 0 };

		st = tickets_entry(c->txn, c->ticket.number, c->command->seqs.v[i], &entry, c->err);
		if (st == ST_NOT_FOUND)
			return error_set(c->err, st,
				_("ticket #%" PRIu64 " has no message %" PRIu64), c->ticket.number,
				c->command->seqs.v[i]);
		if (st == ST_OK && i == 0)
			ticket_open_by(part, &entry, &c->by->settings->tag_format);
		if (st == ST_OK)
			ticket_add_message(part, &entry);
		record_release(&entry_type, &entry);
	}
	return st;
}

/* The new ticket is as the old one, but for what its messages say of themselves. */
static enum status make_split(struct change *c, struct ticket *part)
{
	const struct numbering numbering = { c->by->settings->numbers.scheme,
		(uint64_t)c->by->settings->numbers.first, c->by->actor.now };
	enum status st;

	record_copy(&ticket_type, part, &c->ticket);
	part->messages_count = part->attachments_count = 0;
	part->last_in = part->last_out = part->first_response = 0;
	g_clear_pointer(&part->links.v, g_free);
	part->links.n = 0;
	g_clear_pointer(&part->answered, g_strfreev);
	g_clear_pointer(&part->participants, g_strfreev);
	st = read_part(c, part);
	part->updated = part->touched = c->by->actor.now;
	promise_forget(part);
	if (st == ST_OK)
		st = times_keep(c->txn, c->by->settings, part, c->by->actor.now, c->err);
	return st == ST_OK ? tickets_create(c->txn, &numbering, part, c->err) : st;
}

static enum status split_off(struct change *c, struct ticket *part)
{
	g_autofree char *from = g_strdup_printf("%" PRIu64, c->ticket.number);
	g_autofree char *to = g_strdup_printf("%" PRIu64, part->number);
	enum status st = ST_OK;

	for (size_t i = 0; i < c->command->seqs.n && st == ST_OK; i++) {
		st = tickets_entry_move(c->txn, &c->ticket, c->command->seqs.v[i], part, c->err);
		if (st == ST_NOT_FOUND)
			return error_set(c->err, st,
				_("message %" PRIu64 " of ticket #%s is named twice"),
				c->command->seqs.v[i], from);
	}
	if (st == ST_OK && c->ticket.messages_count == 0)
		return error_set(c->err, ST_BAD_INPUT,
			_("ticket #%s would have no message left; there is nothing to split it from"),
			from);
	if (st == ST_OK)
		st = change_save(c, NOTE(EVENT_SPLIT, .to = to));
	/* What stays may have the id of what goes, as a copy does, or refer to it. */
	if (st == ST_OK)
		st = tickets_reindex(c->txn, c->ticket.number, c->err);
	if (st == ST_OK)
		st = tickets_save(c->txn, part, c->err);
	if (st == ST_OK)
		st = history_add(c->txn, part->number, &c->by->actor,
			NOTE(EVENT_SPLIT, .from = from), c->err);
	if (st == ST_OK)
		st = pair_link(c, &c->ticket, part->number);
	return st == ST_OK ? pair_link(c, part, c->ticket.number) : st;
}

enum status apply_split(struct change *c)
{
	struct ticket part = { 0 };
	g_autofree char *what = NULL;
	enum status st = make_split(c, &part);

	if (st == ST_OK)
		st = split_off(c, &part);
	what = g_strdup_printf(_("split into #%" PRIu64), part.number);
	change_say(c, what);
	record_release(&ticket_type, &part);
	return st;
}

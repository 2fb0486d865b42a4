/* A ticket's record out of its messages and its events, read in the order in which they came. */
#include "tables/tickets-rebuild.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tables/history.h"
#include "tables/queues.h"
#include "tables/tickets-index.h"

struct rebuilt {
	struct ticket t;
	const struct tag_format *tags;
	uint64_t events;
};

static void rebuild_replace(char **field, const char *value)
{
	g_free(*field);
	*field = value && *value ? g_strdup(value) : NULL;
}

/* --- messages --- */

static void rebuild_add_participant(struct ticket *t, const char *mailbox)
{
	g_autofree char *address = mailbox_read_address(mailbox);
	guint n = t->participants ? g_strv_length(t->participants) : 0;

	if (n < LIMIT_PARTICIPANTS && address && !text_list_has(t->participants, address))
		text_list_add(&t->participants, address);
}

/* Whom the desk wrote to first is the requester, or else who wrote to the desk. */
static void rebuild_set_requester(struct ticket *t, const struct entry *e)
{
	const char *asked = e->reply_to ? e->reply_to : e->from;
	const char *who = e->direction == DIRECTION_IN ? asked : NULL;
	struct mailbox box = { .address = NULL };

	if (e->direction == DIRECTION_OUT && e->to)
		who = e->to[0];
	if (mailbox_read(who, &box))
		ticket_set_requester(t, &box);
	mailbox_release(&box);
}

void ticket_open_by(struct ticket *t, const struct entry *e, const struct tag_format *tags)
{
	struct subject_view view;

	if (e->subject && *e->subject) {
		subject_view_init(&view, e->subject, tags);
		rebuild_replace(&t->subject, view.plain);
		subject_view_release(&view);
	}
	t->opened = e->received;
	rebuild_set_requester(t, e);
}

void ticket_add_message(struct ticket *t, const struct entry *e)
{
	bool automatic = e->direction == DIRECTION_AUTO || e->direction == DIRECTION_BOUNCE;

	ticket_touch(t, e->received, !automatic && e->match != MATCH_COPY);
	if (e->match == MATCH_COPY)
		return;
	if (e->direction == DIRECTION_IN) {
		t->last_in = MAX(t->last_in, e->received);
		if (!e->nobodys) {
			rebuild_add_participant(t, e->reply_to);
			rebuild_add_participant(t, e->from);
		}
	} else if (e->direction == DIRECTION_OUT) {
		t->last_out = MAX(t->last_out, e->received);
		if (t->last_in && !t->first_response)
			t->first_response = e->received;
		for (char **to = e->to; to && *to; to++)
			rebuild_add_participant(t, *to);
	}
}

static enum status rebuild_add_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct rebuilt *r = arg;

	(void)txn;
	(void)err;
	if (r->t.messages_count++ == 0) {
		ticket_open_by(&r->t, e, r->tags);
		r->t.status = e->direction == DIRECTION_OUT ? TICKET_WAITING : TICKET_NEW;
	}
	ticket_add_message(&r->t, e);
	r->t.attachments_count += entry_attachments(e);
	return ST_OK;
}

/* --- events: what each kind says that the ticket is since --- */

/* The value of a field, where its row names that kind. What always has one keeps it. */
static void set_field(struct ticket *t, const struct field *f, const struct event *e)
{
	if ((e->to && *e->to) || !(f->flags & FIELD_ALWAYS))
		record_field_set(f, t, e->to);
}

static void set_fields(struct ticket *t, const struct event *e)
{
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].event && ticket_type.fields[i].event == e->kind)
			set_field(t, &ticket_type.fields[i], e);
}

static void set_first_queue(struct ticket *t, const struct event *e)
{
	rebuild_replace(&t->queue, e->to);
}

static void set_closed(struct ticket *t, const struct event *e)
{
	t->closed = t->status == TICKET_CLOSED ? e->time : 0;
}

static void set_woken(struct ticket *t, const struct event *e)
{
	set_field(t, record_field(&ticket_type, "status"), e);
	set_closed(t, e);
}

static void add_link(struct ticket *t, const struct event *e)
{
	uint64_t number;

	if (e->to && text_parse_number(e->to, &number) == ST_OK && t->links.n < LIMIT_LINKS)
		numbers_add(&t->links, number);
}

static void set_merged(struct ticket *t, const struct event *e)
{
	if (!e->to || text_parse_number(e->to, &t->merged_into) != ST_OK)
		return;
	t->status = TICKET_CLOSED;
	t->closed = e->time;
}

/* What was merged is a ticket of its own again. */
static void set_split(struct ticket *t, const struct event *e)
{
	uint64_t number;

	if (e->from && text_parse_number(e->from, &number) == ST_OK && number == t->merged_into)
		t->merged_into = 0;
}

static void set_undelivered(struct ticket *t, const struct event *e)
{
	t->undelivered = e->kind == EVENT_BOUNCE;
}

static void set_crossed(struct ticket *t, const struct event *e)
{
	(void)e;
	t->crossed = true;
}

/* What a kind says beside that, or in another way. */
static void (*const meanings[EVENT_KINDS])(struct ticket *t, const struct event *e) = {
	[EVENT_OPENED] = set_first_queue,
	[EVENT_STATUS] = set_closed,
	[EVENT_WAKE] = set_woken,
	[EVENT_LINK] = add_link,
	[EVENT_MERGED] = set_merged,
	[EVENT_SPLIT] = set_split,
	[EVENT_BOUNCE] = set_undelivered,
	[EVENT_FOLLOWUP] = set_undelivered,
	[EVENT_REPLY] = set_undelivered,
	[EVENT_CROSSED] = set_crossed,
};

static bool rebuild_is_of_person(const struct event *e)
{
	bool automatic = e->kind == EVENT_AUTO || e->kind == EVENT_BOUNCE || e->kind == EVENT_COPY;

	return !automatic && e->actor && !name_is_program(e->actor);
}

static enum status rebuild_add_event(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct rebuilt *r = arg;

	(void)txn;
	(void)err;
	r->events++;
	r->t.opened = r->t.opened ? r->t.opened : e->time;
	ticket_touch(&r->t, e->time, rebuild_is_of_person(e));
	set_fields(&r->t, e);
	if (meanings[e->kind])
		meanings[e->kind](&r->t, e);
	return ST_OK;
}

/* --- the record --- */

static enum status take_name(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	rebuild_replace(arg, queue->name);
	return ST_NOT_FOUND;
}

/* A ticket of no queue would be in nobody's list; one of which it is not known what was answered
 * might be answered twice. */
static enum status rebuild_complete(struct txn *txn, struct ticket *t, struct error *err)
{
	enum status st = t->queue ? ST_OK : queues_each(txn, take_name, &t->queue, err);

	t->answered = g_strsplit("opened followup closed", " ", -1);
	if (!t->subject)
		t->subject = g_strdup("");
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status store_rebuilt(
	struct txn *txn, struct rebuilt *r, const struct tickets_rebuilding *how, struct error *err)
{
	g_autofree char *text = g_strdup_printf(
		"its record was lost; made anew of %" G_GUINT64_FORMAT
		" message%s and %" G_GUINT64_FORMAT " event%s",
		r->t.messages_count, text_plural(r->t.messages_count), r->events,
		text_plural(r->events));
	struct key key;
	enum status st = rebuild_complete(txn, &r->t, err);

	if (st == ST_OK && how->set)
		st = how->set(txn, how->settings, &r->t, how->actor.now, err);
	/* One that is damaged is in the way. */
	ticket_key(&key, r->t.number);
	if (st == ST_OK)
		st = txn_delete(txn, TABLE_TICKETS, key_bytes(&key));
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = tickets_insert(txn, &r->t, err);
	if (st == ST_OK)
		st = tickets_reindex(txn, r->t.number, err);
	return st == ST_OK ? history_add(txn, r->t.number, &how->actor,
				     NOTE(EVENT_REPAIRED, .text = text), err)
			   : st;
}

static enum status rebuild_is_there(struct txn *txn, uint64_t number, bool *there_out)
{
	const struct ticket like = { .number = number };
	struct ticket t = { 0 };
	enum status st = table_load_sound(txn, &ticket_table, &like, &t, there_out);

	record_release(&ticket_type, &t);
	return st;
}

enum status tickets_rebuild(
	struct txn *txn, uint64_t number, const struct tickets_rebuilding *how, struct error *err)
{
	struct rebuilt r = { .t = { .number = number }, .tags = how->tags };
	bool there = false;
	enum status st = rebuild_is_there(txn, number, &there);

	if (st != ST_OK || there)
		return st;
	st = tickets_each_entry(txn, number, rebuild_add_entry, &r, NULL);
	if (st == ST_OK)
		st = history_each(txn, number, 0, rebuild_add_event, &r, NULL);
	/* What is damaged itself tells nothing, and stays as it is. */
	st = st == ST_OK ? store_rebuilt(txn, &r, how, err) : ST_OK;
	record_release(&ticket_type, &r.t);
	return st;
}

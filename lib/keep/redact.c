/* Taking a person out: first all is looked at, then ticket after ticket is changed, then the files
 * go, then the store is rewritten. */
#include "keep/redact.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/message.h"
#include "mail/redact-person.h"
#include "tables/agents.h"
#include "tables/doomed.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

enum { BATCH = 20 };

struct redaction {
	struct store *store;
	const struct redact_options *options;
	struct redact_counts *counts;
	struct person person;
	GHashTable *named;      /* files of the archive that hold the address: char * */
	struct numbers tickets; /* to be changed */
	guint8 secret[32];
	enum status file_status; /* of the current file */
	struct error file_error;
	/* of the current batch */
	size_t at;
	struct redact_counts done;
	bool changed; /* the current ticket */
	bool rehearsed;
};

/* --- looking: files --- */

struct looking {
	const struct person *person;
	bool found;
};

static bool look_at_text(const char *text, void *arg)
{
	struct looking *looking = arg;

	looking->found = person_in(looking->person, text);
	return !looking->found;
}

static bool mail_holds(const struct redaction *r, const char *data, size_t len)
{
	struct looking looking = { &r->person, false };

	message_each_bare(data, len, look_at_text, &looking);
	return looking.found;
}

static enum status redact_read(const char *name, int fd, struct looking *looking, struct error *err)
{
	if (message_each_bare_in(fd, look_at_text, looking))
		return ST_OK;
	return error_set(err, ST_IO, _("cannot read '%s': %s"), name, g_strerror(errno));
}

static bool look_at_file(const char *name, int64_t modified, void *arg)
{
	struct redaction *r = arg;
	struct looking looking = { &r->person, false };
	int fd = -1;

	(void)modified;
	r->file_status = archive_open(r->options->archive, name, &fd, &r->file_error);
	if (r->file_status == ST_OK) {
		r->file_status = redact_read(name, fd, &looking, &r->file_error);
		close(fd);
	}
	/* A daemon that removes old files goes on meanwhile. */
	if (r->file_status == ST_NOT_FOUND)
		r->file_status = ST_OK;
	if (looking.found)
		g_hash_table_add(r->named, g_strdup(name));
	return r->file_status == ST_OK;
}

/* --- looking: records --- */

static bool field_holds(const struct redaction *r, const struct field *f, const void *record)
{
	const char *at = (const char *)record + f->offset;

	if (f->type == FIELD_TEXT)
		return person_in(&r->person, *(char *const *)(const void *)at);
	if (f->type != FIELD_LIST)
		return false;
	for (char **s = *(char **const *)(const void *)at; s && *s; s++)
		if (person_in(&r->person, *s))
			return true;
	return false;
}

static bool record_holds(
	const struct redaction *r, const struct record_type *type, const void *record)
{
	for (size_t i = 0; i < type->count; i++)
		if (field_holds(r, &type->fields[i], record))
			return true;
	return false;
}

static bool ids_hold(const struct redaction *r, const struct entry *e)
{
	for (char **ref = e->references; ref && *ref; ref++)
		if (person_in_id(&r->person, *ref))
			return true;
	return person_in_id(&r->person, e->message_id) || person_in_id(&r->person, e->in_reply_to);
}

static void redact_learn(struct redaction *r, const struct entry *e)
{
	person_learn(&r->person, e->from);
	person_learn(&r->person, e->reply_to);
	for (char **m = e->to; m && *m; m++)
		person_learn(&r->person, *m);
	for (char **m = e->cc; m && *m; m++)
		person_learn(&r->person, *m);
}

static bool file_is_named(const struct redaction *r, const struct entry *e)
{
	return e->archive && g_hash_table_contains(r->named, e->archive);
}

static enum status redact_look_at_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct redaction *r = arg;
	g_autofree char *text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	if (st != ST_OK)
		return st;
	redact_learn(r, e);
	r->changed |= record_holds(r, &entry_type, e) || ids_hold(r, e) ||
		person_in(&r->person, text) || file_is_named(r, e);
	return ST_OK;
}

static enum status look_at_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct redaction *r = arg;

	(void)txn;
	(void)err;
	r->changed |= record_holds(r, &event_type, event);
	return ST_OK;
}

static enum status look_at_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct redaction *r = arg;
	enum status st;

	r->changed = record_holds(r, &ticket_type, t);
	if (g_strcmp0(t->requester_address, r->person.address) == 0)
		person_learn_name(&r->person, t->requester_name);
	st = tickets_each_entry(txn, t->number, redact_look_at_entry, r, err);
	if (st == ST_OK)
		st = history_each(txn, t->number, 0, look_at_event, r, err);
	if (r->changed) {
		r->tickets.v = g_renew(uint64_t, r->tickets.v, r->tickets.n + 1);
		r->tickets.v[r->tickets.n++] = t->number;
	}
	return st;
}

static enum status is_agents(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	const struct redaction *r = arg;

	(void)txn;
	if (text_list_has(agent->addresses, r->person.address))
		return error_set(err, ST_REFUSED,
			_("%s is an address of agent %s; take it away from them first"),
			r->person.address, agent->login);
	return ST_OK;
}

static enum status redact_look(struct txn *txn, void *arg, struct error *err)
{
	struct redaction *r = arg;
	enum status st = agents_each(txn, is_agents, r, err);

	r->tickets.n = 0;
	return st == ST_OK ? tickets_each(txn, look_at_ticket, r, err) : st;
}

/* --- changing: entries --- */

/* The same id becomes the same one in every message that names it; who guesses the old one cannot
 * prove it. */
static bool replace_id(const struct redaction *r, char **id)
{
	guint8 mac[HASH_BYTES];
	char hex[HASH_HEX];

	if (!person_in_id(&r->person, *id))
		return false;
	hash_mac(r->secret, sizeof r->secret, *id, mac);
	hash_hex(mac, hex);
	g_free(*id);
	*id = g_strdup_printf("<%.32s@redacted.invalid>", hex);
	return true;
}

/* "Carla <carla@…>": the name that stands beside the address is theirs however short it is. */
static bool replace_mailbox(const struct redaction *r, char **mailbox)
{
	if (!person_in(&r->person, *mailbox))
		return person_replace(&r->person, mailbox);
	g_free(*mailbox);
	*mailbox = g_strdup(REDACTED_NAME " <" REDACTED_ADDRESS ">");
	return true;
}

typedef bool replacer(const struct redaction *r, char **text);

static bool replace_each(const struct redaction *r, char **list, replacer *replace)
{
	bool changed = false;

	for (; list && *list; list++)
		changed |= replace(r, list);
	return changed;
}

static bool replace_address(const struct redaction *r, char **text)
{
	return person_replace_address(&r->person, text);
}

static bool redact_fields(const struct redaction *r, struct entry *e)
{
	bool changed = replace_mailbox(r, &e->from);

	changed |= replace_mailbox(r, &e->reply_to);
	changed |= replace_each(r, e->to, replace_mailbox);
	changed |= replace_each(r, e->cc, replace_mailbox);
	changed |= person_replace(&r->person, &e->subject);
	changed |= replace_address(r, &e->sender);
	changed |= replace_id(r, &e->message_id);
	changed |= replace_id(r, &e->in_reply_to);
	changed |= replace_each(r, e->references, replace_id);
	return changed;
}

static enum status redact_text(struct txn *txn, struct redaction *r, const struct entry *e,
	bool *changed_out, struct error *err)
{
	g_autofree char *text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);
	bool changed = st == ST_OK && person_replace(&r->person, &text);

	*changed_out |= changed;
	return changed ? tickets_text_save(txn, e->ticket, e->seq, text, err) : st;
}

/* An answer that is still to come names the old id. */
static enum status save_entry(
	struct txn *txn, const struct entry *was, const struct entry *is, struct error *err)
{
	enum status st = tickets_entry_save(txn, is, err);

	if (st == ST_OK && was->message_id && g_strcmp0(was->message_id, is->message_id) != 0)
		st = tickets_index_id(txn, was->message_id, is->ticket, 0, ID_REFERENCED, err);
	return st;
}

static enum status redact_entry(
	struct txn *txn, const struct entry *was, void *arg, struct error *err)
{
	struct redaction *r = arg;
	struct entry is = { 0 };
	bool changed;
	enum status st;

	record_copy(&entry_type, &is, was);
	changed = redact_fields(r, &is);
	st = redact_text(txn, r, was, &changed, err);
	changed |= file_is_named(r, was);
	if (st == ST_OK && changed) {
		if (is.archive && r->options->archive)
			st = doomed_add(txn, was, err);
		g_clear_pointer(&is.archive, g_free);
		if (st == ST_OK)
			st = save_entry(txn, was, &is, err);
		r->done.messages++;
	}
	r->changed |= changed;
	record_release(&entry_type, &is);
	return st;
}

/* --- changing: the rest of a ticket --- */

static enum status redact_event(
	struct txn *txn, const struct event *was, void *arg, struct error *err)
{
	struct redaction *r = arg;
	struct event is = { 0 };
	bool changed, titles = was->kind == EVENT_SUBJECT || was->kind == EVENT_TITLE;
	enum status st = ST_OK;

	record_copy(&event_type, &is, was);
	changed = replace_address(r, &is.actor);
	changed |= titles ? person_replace(&r->person, &is.from) : replace_address(r, &is.from);
	changed |= titles ? person_replace(&r->person, &is.to) : replace_address(r, &is.to);
	changed |= person_replace(&r->person, &is.text);
	if (changed)
		st = history_save(txn, &is, err);
	r->changed |= changed;
	record_release(&event_type, &is);
	return st;
}

static bool redact_record(const struct redaction *r, struct ticket *t)
{
	bool theirs = g_strcmp0(t->requester_address, r->person.address) == 0, changed;

	changed = replace_address(r, &t->requester_address);
	changed |= replace_address(r, &t->requester_written);
	changed |= replace_each(r, t->participants, replace_address);
	changed |= person_replace(&r->person, &t->subject);
	if (theirs && t->requester_name) {
		g_free(t->requester_name);
		t->requester_name = g_strdup(REDACTED_NAME);
	}
	return changed | person_replace(&r->person, &t->requester_name);
}

static enum status redact_ticket(
	struct txn *txn, struct redaction *r, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	r->changed = redact_record(r, &t);
	if (r->changed)
		st = tickets_save(txn, &t, err);
	if (st == ST_OK)
		st = tickets_each_entry(txn, number, redact_entry, r, err);
	if (st == ST_OK)
		st = history_each(txn, number, 0, redact_event, r, err);
	if (st == ST_OK && r->changed)
		st = history_add(txn, number, &r->options->actor, NOTE(EVENT_REDACTED), err);
	r->done.tickets += r->changed;
	record_release(&ticket_type, &t);
	return st;
}

static enum status redact_batch(struct txn *txn, void *arg, struct error *err)
{
	struct redaction *r = arg;
	enum status st = ST_OK;

	memset(&r->done, 0, sizeof r->done);
	for (size_t i = r->at; i < MIN(r->tickets.n, r->at + BATCH) && st == ST_OK; i++)
		st = redact_ticket(txn, r, r->tickets.v[i], err);
	return st;
}

/* --- changing: outgoing mail --- */

static enum status redact_list_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_array_append_val((GArray *)arg, outgoing->id);
	return ST_OK;
}

/* True when nobody is left to whom it would go. */
static bool drop_recipient(const struct redaction *r, struct outgoing *outgoing)
{
	char **kept = outgoing->to;
	bool any = false;

	for (char **to = outgoing->to; to && *to; to++) {
		if (person_in(&r->person, *to)) {
			any = true;
			g_free(*to);
		} else {
			*kept++ = *to;
		}
	}
	if (any)
		*kept = NULL;
	return any && kept == outgoing->to;
}

static enum status redact_outgoing(
	struct txn *txn, struct redaction *r, uint64_t id, struct error *err)
{
	struct outgoing outgoing = { 0 };
	GString *mail = g_string_new(NULL);
	enum status st = outbox_load(txn, id, &outgoing, err);
	char *text;

	if (st == ST_OK)
		st = outbox_mail(txn, id, mail, err);
	text = g_string_free(mail, FALSE);
	if (st == ST_OK && drop_recipient(r, &outgoing)) {
		st = outbox_remove(txn, id, err);
	} else if (st == ST_OK) {
		person_replace(&r->person, &outgoing.last_reply);
		replace_address(r, &outgoing.sender);
		if (mail_holds(r, text, strlen(text)))
			person_replace_in_mail(&r->person, &text);
		st = outbox_save(txn, &outgoing, err);
		if (st == ST_OK)
			st = outbox_insert(txn, &outgoing, text, strlen(text), err);
	}
	g_free(text);
	record_release(&outgoing_type, &outgoing);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status redact_outbox(struct txn *txn, void *arg, struct error *err)
{
	struct redaction *r = arg;
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	enum status st = outbox_each(txn, redact_list_outgoing, ids, err);

	for (guint i = 0; i < ids->len && st == ST_OK; i++)
		st = redact_outgoing(txn, r, g_array_index(ids, uint64_t, i), err);
	return st == ST_OK ? outbox_forget_address(txn, r->person.address, err) : st;
}

/* --- the steps --- */

static enum status redact_tickets(struct redaction *r, struct error *err)
{
	enum status st = ST_OK;

	for (r->at = 0; r->at < r->tickets.n && st == ST_OK; r->at += BATCH) {
		st = store_write(r->store, redact_batch, r, err);
		if (st != ST_OK)
			break;
		r->counts->tickets += r->done.tickets;
		r->counts->messages += r->done.messages;
		failpoint("batch-redacted");
	}
	return st;
}

/* Those that messages named until now, and those that no message names. */
static enum status remove_files(struct redaction *r, struct error *err)
{
	enum status st = doomed_remove(r->store, r->options->archive, &r->counts->mails, err);
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, r->named);
	while (st == ST_OK && g_hash_table_iter_next(&iter, &name, NULL)) {
		st = archive_remove(r->options->archive, name, err);
		r->counts->mails += st == ST_OK;
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	return st;
}

static enum status look_at_files(struct redaction *r, struct error *err)
{
	enum status st = r->options->archive
		? archive_walk(r->options->archive, look_at_file, r, err)
		: ST_OK;

	return st == ST_OK && r->file_status != ST_OK
		? error_set(err, r->file_status, "%s", r->file_error.text)
		: st;
}

/* --- a dry run --- */

/* With the files that records would name no more. */
static enum status redact_count_files(struct txn *txn, struct redaction *r, struct error *err)
{
	g_autoptr(GPtrArray) doomed = g_ptr_array_new_with_free_func(g_free);
	enum status st = doomed_list(txn, G_MAXUINT, doomed, err);

	for (guint i = 0; i < doomed->len; i++)
		g_hash_table_add(r->named, g_strdup(g_ptr_array_index(doomed, i)));
	r->counts->mails = g_hash_table_size(r->named);
	return st;
}

/* All is done and counted in one transaction, which is then given up. */
static enum status redact_rehearse(struct txn *txn, void *arg, struct error *err)
{
	struct redaction *r = arg;
	enum status st = ST_OK;

	memset(&r->done, 0, sizeof r->done);
	for (size_t i = 0; i < r->tickets.n && st == ST_OK; i++)
		st = redact_ticket(txn, r, r->tickets.v[i], err);
	r->counts->tickets = r->done.tickets;
	r->counts->messages = r->done.messages;
	if (st == ST_OK && r->options->archive)
		st = redact_count_files(txn, r, err);
	r->rehearsed = st == ST_OK;
	return r->rehearsed ? ST_REFUSED : st;
}

static enum status redact_forecast(struct redaction *r, struct error *err)
{
	enum status st = store_write(r->store, redact_rehearse, r, err);

	return r->rehearsed ? ST_OK : st;
}

/* --- all of it --- */

static enum status redact_run(struct redaction *r, struct error *err)
{
	enum status st = look_at_files(r, err);

	if (st == ST_OK)
		st = store_read(r->store, redact_look, r, err);
	if (st == ST_OK && r->options->dry_run)
		return redact_forecast(r, err);
	if (st == ST_OK)
		st = redact_tickets(r, err);
	if (st == ST_OK)
		st = store_write(r->store, redact_outbox, r, err);
	failpoint("tickets-redacted");
	if (st == ST_OK && r->options->archive)
		st = remove_files(r, err);
	failpoint("files-removed");
	return st == ST_OK ? store_rewrite(r->store, err) : st;
}

enum status redact(struct store *store, const struct redact_options *options,
	struct redact_counts *counts_out, struct error *err)
{
	struct redaction r = { .store = store,
		.options = options,
		.counts = counts_out,
		.named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
	enum status st;

	*counts_out = (struct redact_counts){ 0 };
	person_init(&r.person, options->address);
	st = store_secret(store, r.secret, err);
	if (st == ST_OK)
		st = redact_run(&r, err);
	person_release(&r.person);
	g_hash_table_unref(r.named);
	g_free(r.tickets.v);
	return st;
}

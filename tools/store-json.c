/* The store as JSON lines: tables of what there is, in the order in which it can be read back. */
#include "store-json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "base/tongue.h"
#include "held.h"
#include "json.h"
#include "model/names.h"
#include "model/query.h"
#include "store/store-lock.h"
#include "tables/agents.h"
#include "tables/outbox.h"
#include "tables/queues.h"
#include "tables/rows.h"
#include "tables/tickets.h"

enum { SCHEMA = 1, LINE_MAX_BYTES = 1 << 30 };

void json_print_counts(const struct json_count *counts)
{
	json_t *object = json_object();

	for (; counts->name; counts++)
		json_object_set_new(object, counts->name, json_integer((json_int_t)counts->value));
	json_print(object);
}

void store_json_or_text(const struct cli *cli, const char *member, const char *line)
{
	if (cli->json)
		json_print(json_pack("{s:o}", member, json_text(line)));
	else
		puts(line);
}

/* --- out --- */

static void json_put(json_t *object, const char *type)
{
	json_object_set_new(object, "type", json_string(type));
	json_print(object);
}

static enum status json_put_record(
	struct txn *txn, const void *record, void *arg, struct error *err)
{
	const struct table_type *type = arg;

	(void)txn;
	(void)err;
	json_put(json_record(type->record, record, true), type->name);
	return ST_OK;
}

/* Rows that go by themselves, as queues do. */
static enum status put_alone(struct txn *txn, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; table_types[i] && st == ST_OK; i++) {
		const struct table_walk walk = {
			.type = table_types[i],
			.fn = json_put_record,
			.arg = (void *)table_types[i],
		};

		if (table_types[i]->exported_alone)
			st = table_each(txn, &walk, err);
	}
	return st;
}

static enum status json_put_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	g_autofree char *text = NULL;
	enum status st = tickets_text(txn, entry->ticket, entry->seq, &text, err);
	json_t *object;

	(void)arg;
	if (st != ST_OK)
		return st;
	object = json_entry(entry, text, true);
	json_object_set_new(object, "ticket", json_integer((json_int_t)entry->ticket));
	json_put(object, "message");
	return ST_OK;
}

static enum status json_put_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	json_t *object = json_record(&event_type, event, true);

	(void)txn;
	(void)arg;
	(void)err;
	json_object_set_new(object, "ticket", json_integer((json_int_t)event->ticket));
	json_object_set_new(object, "serial", json_integer((json_int_t)event->serial));
	json_put(object, "event");
	return ST_OK;
}

static enum status put_ticket(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	json_put(json_ticket(arg, ticket, true), "ticket");
	return tickets_each_entry(txn, ticket->number, json_put_entry, NULL, err);
}

static enum status json_put_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	json_t *object = json_record(&outgoing_type, outgoing, true);
	GString *mail = g_string_new(NULL);
	enum status st = outbox_mail(txn, outgoing->id, mail, err);

	(void)arg;
	json_object_set_new(object, "id", json_integer((json_int_t)outgoing->id));
	json_object_set_new(object, "mail", json_bytes(mail->str, mail->len));
	g_string_free(mail, TRUE);
	json_put(object, "outgoing");
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static char *json_hex(struct bytes bytes)
{
	GString *out = g_string_sized_new(2 * bytes.len);

	for (size_t i = 0; i < bytes.len; i++)
		g_string_append_printf(out, "%02x", ((const guint8 *)bytes.data)[i]);
	return g_string_free(out, FALSE);
}

static enum status put_row(struct txn *txn, const struct row *row, void *arg, struct error *err)
{
	g_autofree char *key = json_hex(row->key), *value = json_hex(row->value);

	(void)txn;
	(void)arg;
	(void)err;
	json_put(json_pack("{s:s, s:s, s:s}", "table", row->table, "key", key, "value", value),
		"row");
	return ST_OK;
}

struct exporting {
	struct cli *cli;
	const struct numbers *numbers;
	bool secret;
};

static enum status print_some(struct txn *txn, struct exporting *e, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < e->numbers->n && st == ST_OK; i++) {
		struct ticket ticket = { 0 };

		st = tickets_load(txn, e->numbers->v[i], &ticket, err);
		if (st == ST_NOT_FOUND)
			error_set(err, st, _("there is no ticket #%" PRIu64), e->numbers->v[i]);
		if (st == ST_OK)
			st = put_ticket(txn, &ticket, e->cli, err);
		if (st == ST_OK)
			st = history_each(txn, ticket.number, 0, json_put_event, NULL, err);
		record_release(&ticket_type, &ticket);
	}
	return st == ST_OK
		? rows_each(txn, &(struct rows_wanted){ .numbers = e->numbers }, put_row, NULL, err)
		: st;
}

static enum status json_print_all(struct txn *txn, struct exporting *e, struct error *err)
{
	enum status st = put_alone(txn, err);

	if (st == ST_OK)
		st = tickets_each(txn, put_ticket, e->cli, err);
	if (st == ST_OK)
		st = history_each(txn, 0, 0, json_put_event, NULL, err);
	if (st == ST_OK)
		st = outbox_each(txn, json_put_outgoing, NULL, err);
	return st == ST_OK
		? rows_each(txn, &(struct rows_wanted){ .secret = e->secret }, put_row, NULL, err)
		: st;
}

static enum status export_json(struct txn *txn, void *arg, struct error *err)
{
	struct exporting *e = arg;

	json_put(json_pack("{s:i}", "schema", SCHEMA), "export");
	return e->numbers->n ? print_some(txn, e, err) : json_print_all(txn, e, err);
}

int store_json_export(struct cli *cli, const struct numbers *numbers, bool with_secret)
{
	struct exporting e = { cli, numbers, with_secret };

	return cli_status(cli, held_read(cli, export_json, &e, &cli->err));
}

/* --- in: a reader a type --- */

typedef enum status line_reader(struct txn *txn, const json_t *object, struct error *err);

static uint64_t number_of(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number > 0 ? (uint64_t)number : 0;
}

/* What becomes a path or a key is only what we would have made of it. */
static const struct {
	const struct record_type *type;
	const char *field;
	bool (*valid)(const char *value);
	const char *what;
} names[] = {
	{ .type = &queue_type,
		.field = "name",
		.valid = queue_name_valid,
		.what = N_("name of a queue") },
	{ .type = &queue_type,
		.field = "responsible",
		.valid = agent_login_valid,
		.what = N_("login") },
	{ .type = &shared_query_type,
		.field = "name",
		.valid = query_name_valid,
		.what = N_("name of a query") },
	{ .type = &agent_type, .field = "login", .valid = agent_login_valid, .what = N_("login") },
	{ .type = &agent_type,
		.field = "queues",
		.valid = queue_name_valid,
		.what = N_("name of a queue") },
	{ .type = &agent_type,
		.field = "language",
		.valid = language_known,
		.what = N_("language of milticket") },
	{ .type = &ticket_type,
		.field = "queue",
		.valid = queue_name_valid,
		.what = N_("name of a queue") },
	{ .type = &ticket_type,
		.field = "watchers",
		.valid = queue_name_valid,
		.what = N_("name of a queue") },
	{ .type = &ticket_type, .field = "agent", .valid = agent_login_valid, .what = N_("login") },
	{ .type = &entry_type,
		.field = "archive",
		.valid = archive_name_valid,
		.what = N_("name of an archived mail") },
};

static enum status check_name(size_t which, const char *value, struct error *err)
{
	if (!value || names[which].valid(value))
		return ST_OK;
	return error_set(err, ST_BAD_INPUT, _("%s: member '%s': '%s' is no %s"),
		names[which].type->name, names[which].field, value, _(names[which].what));
}

static enum status check_field(
	size_t which, const struct field *field, const void *record, struct error *err)
{
	const char *at = (const char *)record + field->offset;
	char *const *list;
	enum status st = ST_OK;

	if (field->type != FIELD_LIST)
		return check_name(which, *(char *const *)(const void *)at, err);
	list = *(char **const *)(const void *)at;
	for (; list && *list && st == ST_OK; list++)
		st = check_name(which, *list, err);
	return st;
}

static enum status check_names(
	const struct record_type *type, const void *record, struct error *err)
{
	enum status st = ST_OK;

	for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
		for (size_t i = 0; names[n].type == type && i < type->count && st == ST_OK; i++)
			if (strcmp(type->fields[i].name, names[n].field) == 0)
				st = check_field(n, &type->fields[i], record, err);
	return st;
}

static enum status read_record(
	const json_t *object, const struct record_type *type, void *record, struct error *err)
{
	enum status st = json_to_record(object, type, record, err);

	return st == ST_OK ? check_names(type, record, err) : st;
}

static enum status read_export(struct txn *txn, const json_t *object, struct error *err)
{
	(void)txn;
	if (number_of(object, "schema") == SCHEMA)
		return ST_OK;
	return error_set(err, ST_BAD_INPUT,
		_("schema %" PRIu64 " is not one that this program reads"),
		number_of(object, "schema"));
}

static enum status read_queue(struct txn *txn, const json_t *object, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = read_record(object, &queue_type, &queue, err);

	if (st == ST_OK && !queue.name)
		st = error_set(err, ST_BAD_INPUT, _("queue: without a name"));
	if (st == ST_OK)
		st = queues_save(txn, &queue, err);
	record_release(&queue_type, &queue);
	return st;
}

static enum status read_agent(struct txn *txn, const json_t *object, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = read_record(object, &agent_type, &agent, err);

	if (st == ST_OK && !agent.login)
		st = error_set(err, ST_BAD_INPUT, _("agent: without a login"));
	if (st == ST_OK)
		st = agents_save(txn, &agent, err);
	record_release(&agent_type, &agent);
	return st;
}

static enum status read_ticket(struct txn *txn, const json_t *object, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = read_record(object, &ticket_type, &ticket, err);

	if (st == ST_OK)
		st = tickets_insert(txn, &ticket, err);
	record_release(&ticket_type, &ticket);
	return st;
}

static enum status read_message(struct txn *txn, const json_t *object, struct error *err)
{
	struct entry entry = { 0 };
	g_autofree char *text = NULL;
	size_t len;
	enum status st = read_record(object, &entry_type, &entry, err);

	entry.ticket = number_of(object, "ticket");
	entry.seq = number_of(object, "seq");
	if (st == ST_OK &&
		(!entry.ticket || !entry.seq ||
			!json_to_bytes(json_object_get(object, "text"), &text, &len)))
		st = error_set(err, ST_BAD_INPUT, _("message: expected ticket, seq and text"));
	if (st == ST_OK)
		st = tickets_entry_insert(txn, &entry, text, err);
	record_release(&entry_type, &entry);
	return st;
}

static enum status read_event(struct txn *txn, const json_t *object, struct error *err)
{
	struct event event = { 0 };
	enum status st = read_record(object, &event_type, &event, err);

	event.ticket = number_of(object, "ticket");
	event.serial = number_of(object, "serial");
	if (st == ST_OK && (!event.serial || !event.kind || !event.actor))
		st = error_set(err, ST_BAD_INPUT, _("event: expected serial, kind and actor"));
	if (st == ST_OK)
		st = history_save(txn, &event, err);
	record_release(&event_type, &event);
	return st;
}

static enum status read_outgoing(struct txn *txn, const json_t *object, struct error *err)
{
	struct outgoing outgoing = { 0 };
	g_autofree char *mail = NULL;
	size_t len = 0;
	enum status st = read_record(object, &outgoing_type, &outgoing, err);

	outgoing.id = number_of(object, "id");
	if (st == ST_OK &&
		(!outgoing.id || !json_to_bytes(json_object_get(object, "mail"), &mail, &len)))
		st = error_set(err, ST_BAD_INPUT, _("outgoing: expected id and mail"));
	if (st == ST_OK)
		st = outbox_insert(txn, &outgoing, mail, len, err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* Owned; NULL when it is no text of hex digits. */
static GByteArray *json_unhex(const json_t *value)
{
	const char *s = json_string_value(value);
	size_t len = s ? strlen(s) : 1;
	GByteArray *out;

	if (len % 2 || strspn(s, "0123456789abcdef") != len)
		return NULL;
	out = g_byte_array_new();
	for (; *s; s += 2) {
		guint8 byte =
			(guint8)(g_ascii_xdigit_value(s[0]) << 4 | g_ascii_xdigit_value(s[1]));

		g_byte_array_append(out, &byte, 1);
	}
	return out;
}

static enum status read_row(struct txn *txn, const json_t *object, struct error *err)
{
	GByteArray *key = json_unhex(json_object_get(object, "key")),
		   *value = json_unhex(json_object_get(object, "value"));
	enum status st = ST_OK;
	struct row row;

	if (!key || !value)
		st = error_set(err, ST_BAD_INPUT, _("row: expected key and value of hex digits"));
	if (st == ST_OK) {
		row = (struct row){ json_string_value(json_object_get(object, "table")),
			{ key->data, key->len },
			{ value->len ? value->data : (const guint8 *)"", value->len } };
		st = rows_put(txn, &row, err);
	}
	g_clear_pointer(&key, g_byte_array_unref);
	g_clear_pointer(&value, g_byte_array_unref);
	return st;
}

static const struct {
	const char *type;
	line_reader *read;
} readers[] = {
	{ .type = "queue", .read = read_queue },
	{ .type = "agent", .read = read_agent },
	{ .type = "ticket", .read = read_ticket },
	{ .type = "message", .read = read_message },
	{ .type = "event", .read = read_event },
	{ .type = "outgoing", .read = read_outgoing },
	{ .type = "row", .read = read_row },
	{ .type = "export", .read = read_export },
};

/* Those of which no more is asked than that their record can be read. */
static enum status read_alone(
	struct txn *txn, const struct table_type *type, const json_t *object, struct error *err)
{
	void *record = record_new(type->record);
	enum status st = json_to_record(object, type->record, record, err);

	if (st == ST_OK)
		st = table_save(txn, type, record, err);
	record_free(record);
	return st;
}

static enum status json_read_object(struct txn *txn, const json_t *object, struct error *err)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	for (size_t i = 0; i < G_N_ELEMENTS(readers); i++)
		if (g_strcmp0(readers[i].type, type) == 0)
			return readers[i].read(txn, object, err);
	for (size_t i = 0; table_types[i]; i++)
		if (table_types[i]->exported_alone && g_strcmp0(table_types[i]->name, type) == 0)
			return read_alone(txn, table_types[i], object, err);
	return error_set(err, ST_BAD_INPUT, _("an object of unknown type '%s'"), type ? type : "");
}

struct importing {
	FILE *in;
	uint64_t lines, tickets;
};

static enum status json_read_line(
	struct txn *txn, struct importing *i, const char *line, size_t len, struct error *err)
{
	struct error why = { "" };
	json_error_t where;
	json_t *object = json_loadb(line, len, 0, &where);
	enum status st;

	i->lines++;
	if (!object)
		return error_set(
			err, ST_BAD_INPUT, _("line %" PRIu64 ": %s"), i->lines, where.text);
	/* The first line tells what the others are. */
	if (i->lines == 1 &&
		g_strcmp0(json_string_value(json_object_get(object, "type")), "export") != 0)
		st = error_set(&why, ST_BAD_INPUT, _("this is no export of milticket"));
	else
		st = json_read_object(txn, object, &why);
	i->tickets += g_strcmp0(json_string_value(json_object_get(object, "type")), "ticket") == 0;
	json_decref(object);
	return st == ST_OK ? st : error_set(err, st, _("line %" PRIu64 ": %s"), i->lines, why.text);
}

static enum status forget_queue(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	(void)arg;
	return queues_remove(txn, queue->name, err);
}

/* The daemon makes the configured queues at its start; the export's take their place. */
static enum status json_prepare(struct txn *txn, struct error *err)
{
	bool new = false;
	enum status st = rows_store_is_new(txn, &new, err);

	if (st == ST_OK && !new)
		return error_set(err, ST_BAD_INPUT,
			_("this store is in use already; an export goes into an empty one"));
	return st == ST_OK ? queues_each(txn, forget_queue, NULL, err) : st;
}

/* One transaction, so that an invalid line leaves nothing in the store. */
static enum status import_lines(struct txn *txn, void *arg, struct error *err)
{
	struct importing *i = arg;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	enum status st = json_prepare(txn, err);

	i->lines = i->tickets = 0;
	rewind(i->in);
	while (st == ST_OK && (len = getline(&line, &size, i->in)) > 0)
		st = len < LINE_MAX_BYTES ? json_read_line(txn, i, line, (size_t)len, err)
					  : error_set(err, ST_BAD_INPUT, _("a line is too long"));
	free(line);
	if (st == ST_OK && ferror(i->in))
		st = error_set(err, ST_IO, _("cannot read the export: %s"), g_strerror(errno));
	if (st == ST_OK && i->lines == 0)
		st = error_set(err, ST_BAD_INPUT, _("the export is empty"));
	return st;
}

/* A transaction may be run again, and a pipe cannot: it is copied first. */
static FILE *copy_of_stdin(void)
{
	FILE *copy = tmpfile();
	char chunk[64 * 1024];
	size_t n;

	while (copy && (n = fread(chunk, 1, sizeof chunk, stdin)) > 0)
		if (fwrite(chunk, 1, n, copy) != n) {
			fclose(copy);
			return NULL;
		}
	return copy;
}

static int import_file(struct cli *cli, FILE *in)
{
	struct importing i = { .in = in };
	enum status st = store_write(cli->store, import_lines, &i, &cli->err);

	if (st != ST_OK)
		return cli_status(cli, st);
	json_print_counts((const struct json_count[]){
		{ "tickets", i.tickets }, { "objects", i.lines }, { NULL, 0 } });
	return EXIT_DONE;
}

int store_json_import(struct cli *cli, const char *path)
{
	int code, lock = -1;
	FILE *in = strcmp(path, "-") == 0 ? copy_of_stdin() : fopen(path, "re");

	if (!in)
		return cli_fail(
			EXIT_CANNOT_WRITE, _("cannot read '%s': %s"), path, g_strerror(errno));
	/* The secret may come with the export, and a daemon knows the one that it began with. */
	code = cli_status(cli, store_lock(settings_state(cli->settings), &lock, &cli->err));
	if (code == EXIT_DONE)
		code = import_file(cli, in);
	store_unlock(lock);
	fclose(in);
	return code;
}

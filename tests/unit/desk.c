/* The desk of the tests. */
#include "desk.h"

#include <glib/gstdio.h>
#include <string.h>

#include "act/configuration.h"
#include "base/text.h"
#include "store-fixture.h"
#include "tables/history.h"

static const char base_conf[] =
	"store: { path = \"%s/store\"; durable = false; %s };\n"
	"archive: { path = \"%s/mail\"; };\n"
	"tag: { name = \"example.com\"; };\n"
	"agents_auth: { sasl = true; authserv_ids = ( \"mx.example.com\" ); };\n"
	"accounts = (\n"
	"  { address = \"support@example.com\"; queue = \"support\"; project = \"helpdesk\"; sender = \"Example Support <support@example.com>\";\n"
	"    autoresponse: { opened = \"opened.eml\"; followup = \"followup.eml\"; closed = \"closed.eml\"; }; },\n"
	"  { address = \"sales@example.com\"; queue = \"sales\"; },\n"
	"  { address = \"desk@example.com\"; queue = \"desk\"; reply_to = \"desk\"; },\n"
	"  { address = \"both@example.com\"; queue = \"sales\"; deliver = \"both\"; },\n"
	"  { address = \"team@example.com\"; queue = \"desk\"; reply_to = \"desk\"; deliver = \"agents\"; } );\n"
	"%s\n";

static void write_template(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, "templates", name, NULL);
	g_autofree char *text = g_strdup_printf(
		"Subject: %s {subject}\n\nTicket {number} for {name}\n"
		"Standing: {status}/{project}/{agent}{queue}\n{quote}\n",
		name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What agents answer with. */
static void write_canned(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, "templates", name, NULL),
			*parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void load_settings(struct desk *desk, const char *extra)
{
	g_autofree char *conf = g_build_filename(desk->dir, "milticket.conf", NULL);
	g_autofree char *templates = g_build_filename(desk->dir, "templates", NULL);
	g_autofree char *url = fixture_url(desk->database);
	g_autofree char *shared = url ? g_strdup_printf("require_sync = false; url = \"%s\";", url)
				      : g_strdup("");
	g_autofree char *text = g_strdup_printf(
		base_conf, desk->dir, shared, desk->dir, extra ? extra : "");

	g_assert_cmpint(g_mkdir(templates, 0755), ==, 0);
	write_template(desk->dir, "opened.eml");
	write_template(desk->dir, "followup.eml");
	write_template(desk->dir, "closed.eml");
	write_canned(desk->dir, "canned.eml",
		"Subject: Re: {subject}\nX-For: {name}\n\nHello {name},\n\nturn it off.\n\n{quote}\n");
	write_canned(desk->dir, "canned.de.eml",
		"Subject: Re: {subject}\n\nHallo {name},\n\nbitte ausschalten.\n");
	write_canned(desk->dir, "helpdesk/help.eml", "Subject: Help\n\nAsk the helpdesk.\n");
	write_canned(desk->dir, "help.eml", "Subject: Help\n\nHelp yourself.\n-- \n{signature}\n");
	g_assert_true(g_file_set_contents(conf, text, -1, NULL));
	if (configuration_load(conf, &desk->settings, &desk->err) != ST_OK)
		g_error("settings: %s", desk->err.text);
	/* As the daemon does. */
	g_assert_cmpint(g_mkdir_with_parents(settings_state(desk->settings), 02770), ==, 0);
}

static enum status add_people(struct txn *txn, void *arg, struct error *err)
{
	char *anna_at[] = { "anna@example.com", NULL }, *anna_in[] = { "support", "desk", NULL };
	char *ben_at[] = { "ben@example.com", NULL }, *ben_in[] = { "sales", NULL };
	const struct agent anna = {
		.login = "anna", .name = "Anna Adler", .addresses = anna_at, .queues = anna_in
	};
	const struct agent ben = {
		.login = "ben", .name = "Ben Berg", .addresses = ben_at, .queues = ben_in
	};
	static const char *const queues[] = { "support", "sales", "desk" };
	enum status st = ST_OK;

	(void)arg;
	for (size_t i = 0; i < G_N_ELEMENTS(queues) && st == ST_OK; i++)
		st = queues_ensure(txn, queues[i], 1, err);
	if (st == ST_OK)
		st = agents_save(txn, &anna, err);
	return st == ST_OK ? agents_save(txn, &ben, err) : st;
}

static void open_store(struct desk *desk)
{
	struct store_options options = store_options_of(desk->settings);

	options.map_size = 16 << 20;
	if (store_open(&options, &desk->store, &desk->err) != ST_OK)
		g_error("store: %s", desk->err.text);
}

void desk_restart(struct desk *desk)
{
	store_close(desk->store);
	open_store(desk);
}

void desk_configure(struct desk *desk, const char *extra)
{
	g_autofree char *templates = g_build_filename(desk->dir, "templates", NULL);

	settings_unref(desk->settings);
	remove_tree(templates);
	load_settings(desk, extra);
}

void desk_open(struct desk *desk, const char *extra)
{
	memset(desk, 0, sizeof *desk);
	desk->dir = g_dir_make_tmp("desk-XXXXXX", NULL);
	desk->database = fixture_database();
	desk->now = INT64_C(1790000000) * TEXT_SECOND;
	outcome_init(&desk->last);
	load_settings(desk, extra);
	open_store(desk);
	if (store_write(desk->store, add_people, NULL, &desk->err) != ST_OK)
		g_error("store: %s", desk->err.text);
}

void desk_close(struct desk *desk)
{
	outcome_release(&desk->last);
	store_close(desk->store);
	fixture_give_back(desk->database);
	settings_unref(desk->settings);
	remove_tree(desk->dir);
	g_free(desk->dir);
}

static void spool_mail(struct spool *spool, const char *mail)
{
	const char *blank = strstr(mail, "\n\n");
	g_autofree char *head = blank ? g_strndup(mail, (gsize)(blank - mail)) : g_strdup(mail);
	g_autoptr(GString) value = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);

	for (char **p = lines; *p && **p; p++) {
		char *colon = strchr(*p, ':');
		g_autofree char *name = colon ? g_strndup(*p, (gsize)(colon - *p)) : g_strdup(*p);

		g_string_assign(value, colon ? colon + 1 : "");
		while (p[1] && (p[1][0] == ' ' || p[1][0] == '\t'))
			g_string_append_printf(value, "\n%s", *++p);
		g_assert_cmpint(spool_header(spool, name, value->str, NULL), ==, ST_OK);
	}
	g_assert_cmpint(spool_end_headers(spool, NULL), ==, ST_OK);
	if (blank)
		g_assert_cmpint(spool_body(spool, blank + 2, strlen(blank + 2), NULL), ==, ST_OK);
}

const struct outcome *desk_mail(struct desk *desk, const char *sender, const char *recipients,
	const char *authen, const char *mail)
{
	g_auto(GStrv) to = g_strsplit(recipients, ",", -1);
	const struct envelope envelope = {
		.sender = sender,
		.recipients = (const char *const *)to,
		.authen = authen,
		.queue_id = "4F2xq",
		.received = desk->now,
	};
	struct spool *spool = arrival_spool(desk->settings);
	struct arrival arrival = {
		.settings = desk->settings, .envelope = &envelope, .spool = spool
	};

	desk->now += TEXT_SECOND;
	spool_mail(spool, mail);
	outcome_release(&desk->last);
	outcome_init(&desk->last);
	spool_body_digest(spool);
	arrival.message = spool_parse(spool);
	desk->err.text[0] = '\0';
	desk->status = intake(desk->store, &arrival, &desk->last, &desk->err);
	if (desk->status != ST_OK)
		g_test_message("intake: %s", desk->err.text);
	message_free(arrival.message);
	spool_free(spool);
	return &desk->last;
}

const char *desk_header(const struct desk *desk, const char *name)
{
	const struct edit *edit;

	for (unsigned i = 0; (edit = edits_at(&desk->last.edits, i)); i++)
		if ((edit->kind == EDIT_ADD_HEADER || edit->kind == EDIT_CHANGE_HEADER) &&
			g_ascii_strcasecmp(edit->name, name) == 0)
			return edit->value;
	return NULL;
}

char *desk_address(const char *value)
{
	const char *open = strrchr(value, '<');

	return open ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup(value);
}

bool desk_has_edit(const struct desk *desk, enum edit_kind kind, const char *value)
{
	const struct edit *edit;

	for (unsigned i = 0; (edit = edits_at(&desk->last.edits, i)); i++)
		if (edit->kind == kind && g_strcmp0(edit->value, value) == 0)
			return true;
	return false;
}

struct wanted {
	uint64_t number, seq;
	struct ticket *ticket;
	struct entry *entry;
	const struct ticket *saved;
	const char *name;
	unsigned count;
	GString *mail;
};

static enum status load(struct txn *txn, void *arg, struct error *err)
{
	struct wanted *w = arg;

	if (w->saved)
		return tickets_save(txn, w->saved, err);
	return w->ticket ? tickets_load(txn, w->number, w->ticket, err)
			 : tickets_entry(txn, w->number, w->seq, w->entry, err);
}

void desk_ticket(struct desk *desk, uint64_t number, struct ticket *ticket_out)
{
	struct wanted w = { .number = number, .ticket = ticket_out };

	memset(ticket_out, 0, sizeof *ticket_out);
	g_assert_cmpint(store_read(desk->store, load, &w, &desk->err), ==, ST_OK);
}

void desk_entry(struct desk *desk, uint64_t number, uint64_t seq, struct entry *entry_out)
{
	struct wanted w = { .number = number, .seq = seq, .entry = entry_out };

	memset(entry_out, 0, sizeof *entry_out);
	g_assert_cmpint(store_read(desk->store, load, &w, &desk->err), ==, ST_OK);
}

static enum status insert(struct txn *txn, void *ticket, struct error *err)
{
	return tickets_insert(txn, ticket, err);
}

void desk_insert(struct desk *desk, const struct ticket *ticket)
{
	g_assert_cmpint(store_write(desk->store, insert, (void *)ticket, &desk->err), ==, ST_OK);
}

void desk_save(struct desk *desk, const struct ticket *ticket)
{
	struct wanted w = { .saved = ticket };

	g_assert_cmpint(store_write(desk->store, load, &w, &desk->err), ==, ST_OK);
}

static enum status count_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	struct wanted *w = arg;

	if (w->name && strcmp(outgoing->event, w->name) != 0)
		return ST_OK;
	w->count++;
	g_string_truncate(w->mail, 0);
	return outgoing->state == OUTGOING_SUPPRESSED
		? ST_OK
		: outbox_mail(txn, outgoing->id, w->mail, err);
}

static enum status count_mails(struct txn *txn, void *arg, struct error *err)
{
	return outbox_each(txn, count_outgoing, arg, err);
}

unsigned desk_outbox(struct desk *desk, const char *event, char **mail_out)
{
	struct wanted w = { .name = event, .mail = g_string_new(NULL) };

	g_assert_cmpint(store_read(desk->store, count_mails, &w, &desk->err), ==, ST_OK);
	if (mail_out)
		*mail_out = g_strdup(w.mail->str);
	g_string_free(w.mail, TRUE);
	return w.count;
}

struct seeking {
	const char *event;
	struct outgoing *found;
};

static enum status seek_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	const struct seeking *s = arg;

	(void)txn;
	(void)err;
	if (strcmp(outgoing->event, s->event) == 0) {
		record_release(&outgoing_type, s->found);
		record_copy(&outgoing_type, s->found, outgoing);
	}
	return ST_OK;
}

static enum status seek_in_outbox(struct txn *txn, void *arg, struct error *err)
{
	return outbox_each(txn, seek_outgoing, arg, err);
}

void desk_outgoing(struct desk *desk, const char *event, struct outgoing *outgoing_out)
{
	struct seeking s = { event, outgoing_out };

	memset(outgoing_out, 0, sizeof *outgoing_out);
	g_assert_cmpint(store_read(desk->store, seek_in_outbox, &s, &desk->err), ==, ST_OK);
	g_assert_cmpuint(outgoing_out->id, >, 0);
}

static enum status count_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct wanted *w = arg;

	(void)txn;
	(void)err;
	w->count += strcmp(event_kind_names[event->kind], w->name) == 0;
	return ST_OK;
}

static enum status count_events(struct txn *txn, void *arg, struct error *err)
{
	struct wanted *w = arg;

	return history_each(txn, w->number, 0, count_event, w, err);
}

unsigned desk_events(struct desk *desk, uint64_t number, const char *kind)
{
	struct wanted w = { .number = number, .name = kind };

	g_assert_cmpint(store_read(desk->store, count_events, &w, &desk->err), ==, ST_OK);
	return w.count;
}

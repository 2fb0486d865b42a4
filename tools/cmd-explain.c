/* ticket explain: what would become of a mail, and why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act/explain.h"
#include "archive/spool.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "json.h"
#include "keep/box.h"
#include "mail/attachment.h"
#include "mail/message.h"
#include "terminal.h"

enum { MAIL_MAX = 256 * 1024 * 1024, CELL_MAX = 2000 };

static const struct cli_option options[] = {
	{ .name = "from",
		.argument = "ADDRESS",
		.help = N_("the envelope's sender; \"\" is the null sender") },
	{ .name = "to",
		.argument = "ADDRESS",
		.help = N_("an envelope recipient; may be given several times") },
	{ .name = "login",
		.argument = "LOGIN",
		.help = N_("who logged in to the mail server to send it") },
	{ .name = NULL },
};

struct explaining {
	struct cli *cli;
	struct mail mail;
	struct spool *spool;
	struct message *message;
	char *sender;
	char **recipients;
	struct explanation found;
};

/* --- the mail, and its envelope --- */

static enum status read_mail(const char *path, GString *out, struct error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	char chunk[16 * 1024];
	size_t n;
	enum status st = ST_OK;

	if (!in)
		return error_set(err, ST_IO, _("cannot read '%s': %s"), path, g_strerror(errno));
	while (out->len <= MAIL_MAX && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
		g_string_append_len(out, chunk, (gssize)n);
	if (ferror(in))
		st = error_set(err, ST_IO, _("cannot read '%s': %s"), path, g_strerror(errno));
	else if (out->len > MAIL_MAX)
		st = error_set(err, ST_BAD_INPUT, _("'%s' is larger than %d MiB"), path,
			MAIL_MAX / 1024 / 1024);
	if (!is_stdin)
		fclose(in);
	return st;
}

/* A mailbox's file may begin with its From line. */
static void drop_from_line(GString *data)
{
	const char *end = strncmp(data->str, "From ", 5) == 0 ? strchr(data->str, '\n') : NULL;

	if (end)
		g_string_erase(data, 0, end + 1 - data->str);
}

static enum status parse_mail(struct explaining *x, GString *data, struct error *err)
{
	enum status st;

	drop_from_line(data);
	x->mail.data = data->str;
	x->mail.len = data->len;
	x->spool = arrival_spool(x->cli->settings);
	st = mail_spool(&x->mail, x->spool, err);
	if (st != ST_OK)
		return st;
	spool_body_digest(x->spool);
	x->message = spool_parse(x->spool);
	return ST_OK;
}

/* What was not said is as the mail has it. */
static char *explain_sender_of(const struct explaining *x)
{
	const char *given = cli_value(x->cli, "from"),
		   *path = message_header(x->message, "Return-Path", 0);
	struct mailboxes from = message_from(x->message);
	size_t len = path ? strlen(path) : 0;

	if (given)
		return g_strdup(given);
	if (len >= 2 && path[0] == '<' && path[len - 1] == '>')
		return g_strndup(path + 1, len - 2);
	return g_strdup(from.n ? from.v[0].address : "");
}

/* Whose it may be: theirs that are ours, or anybody's. */
enum whom { NAMED_OURS, NAMED_ANYBODY };

static void add_named(
	const struct explaining *x, enum whom named, const char *address, GPtrArray *out)
{
	g_autofree char *canonical = NULL;

	if (!address || address_canonical(address, &canonical) != ST_OK ||
		g_ptr_array_find_with_equal_func(out, canonical, g_str_equal, NULL))
		return;
	if (named == NAMED_ANYBODY || settings_is_desk(x->cli->settings, canonical))
		g_ptr_array_add(out, g_steal_pointer(&canonical));
}

static void explain_add_list(
	const struct explaining *x, enum whom named, struct mailboxes list, GPtrArray *out)
{
	for (size_t i = 0; i < list.n; i++)
		add_named(x, named, list.v[i].address, out);
}

/* X-Original-To and Delivered-To are what mail servers write down of the envelope. The first field
 * that names such a one counts; To and Cc are one. */
static void explain_look(const struct explaining *x, enum whom named, GPtrArray *out)
{
	if (out->len == 0)
		add_named(x, named, message_header(x->message, "X-Original-To", 0), out);
	if (out->len == 0)
		add_named(x, named, message_header(x->message, "Delivered-To", 0), out);
	if (out->len == 0 || named == NAMED_ANYBODY)
		explain_add_list(x, named, message_to(x->message), out);
	if (out->len == 0 || named == NAMED_ANYBODY)
		explain_add_list(x, named, message_cc(x->message), out);
}

/* What names nobody at all is asked about the first account. */
static char **explain_recipients_of(const struct explaining *x)
{
	const GPtrArray *given = cli_given(x->cli, "to"), *accounts = x->cli->settings->accounts;
	GPtrArray *out = g_ptr_array_new();

	for (unsigned i = 0; given && i < given->len; i++)
		g_ptr_array_add(out, g_strdup(g_ptr_array_index(given, i)));
	if (out->len == 0)
		explain_look(x, NAMED_OURS, out);
	if (out->len == 0)
		explain_look(x, NAMED_ANYBODY, out);
	if (out->len == 0 && accounts->len) {
		const struct account *first = g_ptr_array_index(accounts, 0);

		g_ptr_array_add(out, g_strdup(first->address));
	}
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

/* --- telling --- */

static void explain_line(const char *label, const char *value)
{
	terminal_labelled(11, label, value, CELL_MAX);
}

static void explain_heading(const char *text)
{
	printf("\n%s%s%s\n", terminal_on(COLOUR_BOLD), text, terminal_off());
}

static const char *verdict_text(const struct outcome *o)
{
	switch (o->edits.verdict) {
	case VERDICT_ACCEPT:
		return o->left_alone ? _("left alone") : _("accepted");
	case VERDICT_DISCARD:
		return _("accepted and discarded");
	case VERDICT_REJECT:
		return _("refused");
	case VERDICT_TEMPFAIL:
		return _("asked to come again");
	}
	return NULL;
}

static void tell_ticket(const struct explanation *e)
{
	const struct outcome *o = &e->outcome;
	g_autofree char *new = o->match == MATCH_NEW ? g_strdup(_("a new one")) : NULL;
	g_autofree char *known = g_strdup_printf(_("#%" PRIu64 " %s, by %s"), e->ticket.number,
		text_or_none(e->ticket.subject), match_names[o->match]);
	const char *queue = e->ticket.queue ? e->ticket.queue : "-";
	g_autofree char *as = g_strdup_printf(_("queue %s, status %s, agent %s"), queue,
		ticket_status_names[e->ticket.status],
		e->ticket.agent ? e->ticket.agent : _("nobody"));

	if (!e->ticket.number)
		return;
	explain_line(N_("ticket"), new ? new : known);
	explain_line("", as);
	explain_line(N_("event"), o->event);
}

static void tell_outgoing(const struct explanation *e)
{
	for (unsigned i = 0; i < e->outgoing->len; i++) {
		const struct outgoing *o = g_ptr_array_index(e->outgoing, i);
		g_autofree char *to = o->to ? g_strjoinv(", ", o->to) : g_strdup("");
		g_autofree char *text = o->state == OUTGOING_SUPPRESSED
			? g_strdup_printf(_("%s to %s: suppressed, %s"), o->event, to,
				  text_or_none(o->last_reply))
			: g_strdup_printf(_("%s to %s"), o->event, to);

		explain_line(N_("mail"), text);
	}
}

static void tell_events(const struct explanation *e)
{
	for (unsigned i = 0; i < e->events->len; i++) {
		const struct event *event = g_ptr_array_index(e->events, i);
		g_autofree char *change = print_change(event);
		g_autofree char *text = g_strjoin(" ", event_kind_names[event->kind], change, NULL);

		explain_line(N_("log"), text);
	}
}

static void tell_recipients(const struct edits *edits)
{
	const struct edit *edit;

	for (unsigned i = 0; (edit = edits_at(edits, i)); i++) {
		if (edit->kind == EDIT_ADD_RECIPIENT)
			explain_line(N_("also to"), edit->value);
		else if (edit->kind == EDIT_DELETE_RECIPIENT)
			explain_line(N_("not to"), edit->value);
		else if (edit->kind == EDIT_CHANGE_SENDER)
			explain_line(N_("sender"), edit->value);
	}
}

static void tell_message(const struct message *message)
{
	g_autofree char *text = terminal_block(message_text(message), LIMIT_TEXT_BYTES);
	size_t n;
	const struct attachment *list = message_attachments(message, &n);

	for (size_t i = 0; i < n; i++) {
		g_autofree char *shown = attachment_shown(&list[i]);

		explain_line(N_("attachment"), shown);
	}
	explain_heading(_("text"));
	printf("%s\n", g_strchomp(text));
}

static enum colour header_colour(char sign)
{
	if (sign == '+')
		return COLOUR_GREEN;
	return sign == '-' ? COLOUR_RED : COLOUR_NONE;
}

static void explain_tell_fields(const struct explanation *e)
{
	explain_heading(_("headers afterwards"));
	for (unsigned i = 0; i < e->headers->len; i++) {
		const char *header = g_ptr_array_index(e->headers, i);
		g_autofree char *clean = terminal_line(header + 2, CELL_MAX);

		printf("%s%c %s%s\n", terminal_on(header_colour(*header)), *header, clean,
			terminal_off());
	}
}

static void explain_tell(const struct explaining *x)
{
	const struct explanation *e = &x->found;
	const struct outcome *o = &e->outcome;
	g_autofree char *requester = e->requester.address ? mailbox_shown(&e->requester) : NULL;

	explain_line(N_("whose"), whose_names[o->whose]);
	explain_line(N_("kind"), automatic_names[o->automatic]);
	explain_line(N_("reason"), o->reason);
	explain_line(N_("requester"), requester);
	explain_line(N_("outcome"), verdict_text(o));
	explain_line("", o->edits.reply);
	tell_ticket(e);
	tell_recipients(&o->edits);
	tell_outgoing(e);
	tell_events(e);
	explain_heading(_("why"));
	for (unsigned i = 0; i < e->why->len; i++) {
		g_autofree char *clean = terminal_line(g_ptr_array_index(e->why, i), CELL_MAX);

		printf("%2u. %s\n", i + 1, clean);
	}
	tell_message(x->message);
	explain_tell_fields(e);
}

/* --- for programs --- */

static json_t *json_texts(const GPtrArray *list)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < list->len; i++)
		json_array_append_new(array, json_text(g_ptr_array_index(list, i)));
	return array;
}

static json_t *json_recipients(const struct edits *edits, enum edit_kind kind)
{
	json_t *array = json_array();
	const struct edit *edit;

	for (unsigned i = 0; (edit = edits_at(edits, i)); i++)
		if (edit->kind == kind)
			json_array_append_new(array, json_text(edit->value));
	return array;
}

/* As they would be: what would go is not among them. */
static json_t *json_headers(const GPtrArray *headers)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < headers->len; i++) {
		const char *header = g_ptr_array_index(headers, i), *colon = strchr(header, ':');
		g_autofree char *name = g_strndup(header + 2, (gsize)(colon - header - 2)),
				*value = g_utf8_make_valid(colon + 2, -1);

		if (*header != '-')
			json_array_append_new(array,
				json_pack("{s:o, s:o, s:b}", "name", json_text(name), "value",
					json_text(value), "changed", *header == '+'));
	}
	return array;
}

static json_t *json_records(const struct record_type *type, const GPtrArray *records)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < records->len; i++)
		json_array_append_new(
			array, json_record(type, g_ptr_array_index(records, i), false));
	return array;
}

static json_t *json_attached(const struct message *message)
{
	json_t *array = json_array();
	size_t n;
	const struct attachment *list = message_attachments(message, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_attachment(&list[i]));
	return array;
}

static void print_json(const struct explaining *x)
{
	const struct explanation *e = &x->found;
	const struct outcome *o = &e->outcome;
	json_t *object = json_object();
	bool ticket = e->ticket.number && !o->left_alone;

	json_object_set_new(object, "whose", json_text(whose_names[o->whose]));
	json_object_set_new(object, "agent", json_text(o->agent));
	json_object_set_new(object, "kind", json_text(automatic_names[o->automatic]));
	json_object_set_new(object, "reason", json_text(o->reason));
	json_object_set_new(object, "source", json_text(e->source));
	json_object_set_new(object, "requester",
		json_pack("{s:o, s:o}", "name", json_text(e->requester.name), "address",
			json_text(e->requester.address)));
	json_object_set_new(object, "outcome", json_text(verdict_text(o)));
	json_object_set_new(object, "reply", json_text(o->edits.reply));
	json_object_set_new(object, "ticket",
		ticket && o->match != MATCH_NEW ? json_integer((json_int_t)e->ticket.number)
						: json_null());
	json_object_set_new(object, "match", json_text(ticket ? match_names[o->match] : NULL));
	json_object_set_new(object, "event", json_text(o->event));
	json_object_set_new(object, "queue", json_text(e->ticket.queue));
	json_object_set_new(
		object, "status", json_text(ticket ? ticket_status_names[e->ticket.status] : NULL));
	json_object_set_new(object, "duplicate", json_boolean(o->duplicate));
	json_object_set_new(
		object, "recipients_added", json_recipients(&o->edits, EDIT_ADD_RECIPIENT));
	json_object_set_new(
		object, "recipients_removed", json_recipients(&o->edits, EDIT_DELETE_RECIPIENT));
	json_object_set_new(object, "outgoing", json_records(&outgoing_type, e->outgoing));
	json_object_set_new(object, "events", json_records(&event_type, e->events));
	json_object_set_new(object, "why", json_texts(e->why));
	json_object_set_new(object, "text", json_text(message_text(x->message)));
	json_object_set_new(object, "attachments", json_attached(x->message));
	json_object_set_new(object, "headers", json_headers(e->headers));
	json_print(object);
}

/* --- around it --- */

static enum status explain_mail(struct explaining *x, struct error *err)
{
	struct envelope envelope = {
		.authen = cli_value(x->cli, "login"), .queue_id = "", .received = x->cli->actor.now
	};
	struct arrival arrival = { .settings = x->cli->settings,
		.envelope = &envelope,
		.message = x->message,
		.spool = x->spool };

	x->sender = explain_sender_of(x);
	x->recipients = explain_recipients_of(x);
	envelope.sender = x->sender;
	envelope.recipients = (const char *const *)x->recipients;
	return explain(x->cli->store, &arrival, &x->found, err);
}

static int explain_run(struct cli *cli)
{
	struct explaining x = { .cli = cli };
	g_autoptr(GString) data = g_string_new(NULL);
	enum status st = read_mail(cli->args[0], data, &cli->err);

	explanation_init(&x.found);
	if (st == ST_OK)
		st = parse_mail(&x, data, &cli->err);
	if (st == ST_OK)
		st = explain_mail(&x, &cli->err);
	if (st == ST_OK && cli->json)
		print_json(&x);
	else if (st == ST_OK)
		explain_tell(&x);
	explanation_release(&x.found);
	message_free(x.message);
	spool_free(x.spool);
	g_free(x.sender);
	g_strfreev(x.recipients);
	return cli_status(cli, st);
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.arguments = "FILE|-",
	.summary = N_("tell what would become of a mail, and why"),
	.options = options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = explain_run,
};

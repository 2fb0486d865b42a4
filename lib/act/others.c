/* The requester's other tickets. */
#include "act/others.h"

#include "act/commander.h"
#include "base/text.h"
#include "base/tongue.h"

enum { NAMED = 10, LOOKED_AT = 100, TITLE_BYTES = 60 };

struct others {
	const struct ticket *ticket;
	const struct commander reader;
	GString *line;
	unsigned named, looked_at, more;
};

static void others_name(struct others *o, const struct ticket *t)
{
	g_autofree char *title = text_line_shown(text_or_none(t->subject), TITLE_BYTES);

	g_string_append_printf(o->line, "%s#%" PRIu64, o->named ? ", " : "", t->number);
	if (*title)
		g_string_append_printf(o->line, " %s", title);
	g_string_append_printf(o->line, " (%s)", ticket_status_names[t->status]);
}

static enum status others_add(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct others *o = arg;
	(void)txn;
	(void)err;
	if (t->number != o->ticket->number && (!o->reader.agent || commander_may(&o->reader, t))) {
		if (o->named < NAMED)
			others_name(o, t);
		else
			o->more++;
		o->named += o->named < NAMED;
	}
	return ++o->looked_at < LOOKED_AT ? ST_OK : ST_NOT_FOUND;
}

enum status others_line(struct txn *txn, const struct ticket *ticket, const struct agent *agent,
	char **line_out, struct error *err)
{
	const struct ticket_filter filter = { .requester = ticket->requester_address,
		.priority = -1 };
	struct others o = { ticket, { .agent = agent }, g_string_new(NULL), 0, 0, 0 };
	enum status st = ticket->requester_address ? tickets_list(txn, &filter, others_add, &o, err)
						   : ST_OK;

	if (o.more && o.looked_at == LOOKED_AT)
		g_string_append_printf(o.line, _(" and %u or more"), o.more);
	else if (o.more)
		g_string_append_printf(o.line, _(" and %u more"), o.more);
	*line_out = g_string_free(o.line, st != ST_OK || o.named == 0);
	return st;
}

/* Messages are read, those of a ticket at most that many, and the best is cut. */
#include "tables/snippets.h"

#include "mail/attachment.h"
#include "tables/tickets.h"

enum { WORTH_TEXT = 4, WORTH_FILE = 3, WORTH_PERSON = 2 };

struct look {
	const struct sought *const *list;
	unsigned n, worth; /* of the best */
	struct found_snippet *found;
	char *text; /* of the best; owned */
};

/* The more of them, the better; then the text before what stands around it; then the newest. */
static void look_at(
	struct look *l, const struct entry *e, const char *where, const char *text, unsigned more)
{
	unsigned bits = text ? snippet_found(text, l->list, l->n) : 0, worth = 0;

	for (; bits; bits &= bits - 1)
		worth += 8;
	if (!worth || worth + more < l->worth)
		return;
	l->worth = worth + more;
	l->found->seq = e->seq;
	l->found->where = where;
	g_free(l->text);
	l->text = g_strdup(text);
}

/* Owned. */
static char *look_files(const struct entry *e)
{
	GString *names = g_string_new(NULL);

	for (char **p = e->attached; p && *p; p++) {
		struct attachment a = { 0 };

		if (attachment_read(*p, &a) && a.name)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", a.name);
		attachment_release(&a);
	}
	return g_string_free(names, FALSE);
}

static void look_add_list(GString *out, char *const *list)
{
	for (; list && *list; list++)
		g_string_append_printf(out, "%s%s", out->len ? ", " : "", *list);
}

static char *look_recipients(const struct entry *e)
{
	GString *all = g_string_new(NULL);

	look_add_list(all, e->to);
	look_add_list(all, e->cc);
	return g_string_free(all, FALSE);
}

static enum status look_at_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct look *l = arg;
	g_autofree char *text = NULL, *files = look_files(e), *to = look_recipients(e);
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	if (st != ST_OK)
		return st;
	look_at(l, e, e->direction == DIRECTION_NOTE ? "note" : "text", text, WORTH_TEXT);
	look_at(l, e, "attachment", files, WORTH_FILE);
	look_at(l, e, "from", e->from, WORTH_PERSON);
	look_at(l, e, "to", to, WORTH_PERSON);
	return ST_OK;
}

enum status snippets_find(struct txn *txn, const struct ticket *t, const struct sought *const *list,
	unsigned n, struct found_snippet *found_out, struct error *err)
{
	struct look l = { .list = list, .n = n, .found = found_out };
	uint64_t from =
		t->messages_count > SNIPPETS_MESSAGES ? t->messages_count - SNIPPETS_MESSAGES : 1;
	enum status st;

	*found_out = (struct found_snippet){ .seq = 0 };
	st = tickets_each_entry_from(txn, t->number, from, look_at_entry, &l, err);
	if (st == ST_OK && l.text)
		snippet_cut(l.text, list, n, &found_out->snippet);
	g_free(l.text);
	return st;
}

void snippets_release(struct found_snippet *found)
{
	snippet_release(&found->snippet);
	found->seq = 0;
}

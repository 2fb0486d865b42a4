/* Planned edits. */
#include "mail/edits.h"

#include <string.h>

static void edit_clear(void *data)
{
	struct edit *edit = data;

	g_free(edit->name);
	g_free(edit->value);
}

void edits_init(struct edits *edits)
{
	memset(edits, 0, sizeof *edits);
	edits->list = g_array_new(FALSE, FALSE, sizeof(struct edit));
	g_array_set_clear_func(edits->list, edit_clear);
}

void edits_release(struct edits *edits)
{
	g_clear_pointer(&edits->list, g_array_unref);
	g_clear_pointer(&edits->reply, g_free);
}

/* Whoever planned the value should have cleaned it; here is the last place where a line break can
 * be kept from becoming a header. */
static char *one_header(const char *value)
{
	char *out = g_strdup(value);

	for (char *p = out; p && *p; p++)
		if (*p == '\r' || (*p == '\n' && p[1] != ' ' && p[1] != '\t'))
			*p = ' ';
	return out;
}

static void edits_add(struct edits *edits, enum edit_kind kind, const char *name, unsigned index,
	const char *value)
{
	struct edit edit = { kind, g_strdup(name), index, one_header(value) };

	g_array_append_val(edits->list, edit);
}

void edits_change_header(struct edits *edits, const char *name, unsigned index, const char *value)
{
	edits_add(edits, EDIT_CHANGE_HEADER, name, index, value);
}

void edits_delete_header(struct edits *edits, const char *name, unsigned index)
{
	edits_add(edits, EDIT_DELETE_HEADER, name, index, NULL);
}

void edits_add_header(struct edits *edits, const char *name, const char *value)
{
	edits_add(edits, EDIT_ADD_HEADER, name, 0, value);
}

void edits_add_recipient(struct edits *edits, const char *address)
{
	edits_add(edits, EDIT_ADD_RECIPIENT, NULL, 0, address);
}

void edits_delete_recipient(struct edits *edits, const char *address)
{
	edits_add(edits, EDIT_DELETE_RECIPIENT, NULL, 0, address);
}

void edits_change_sender(struct edits *edits, const char *address)
{
	edits_add(edits, EDIT_CHANGE_SENDER, NULL, 0, address);
}

void edits_verdict(struct edits *edits, enum verdict verdict, const char *reply)
{
	edits->verdict = verdict;
	g_free(edits->reply);
	edits->reply = g_strdup(reply);
}

const struct edit *edits_at(const struct edits *edits, unsigned i)
{
	return i < edits->list->len ? &g_array_index(edits->list, struct edit, i) : NULL;
}

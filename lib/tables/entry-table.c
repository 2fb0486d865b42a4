/* How an entry is stored: see struct entry, and record-table.h. */
#include <string.h>

#include "archive/archive.h"
#include "base/tongue.h"
#include "tables/tickets-index.h"

void entry_key(struct key *key, uint64_t number, uint64_t seq)
{
	key_init(key);
	key_number(key, number);
	key_number(key, seq);
}

/* Back from a key, or from the value of an identity. */
void entry_key_read(struct bytes key, uint64_t *number_out, uint64_t *seq_out)
{
	size_t offset = 0;

	*number_out = key_read_number(key, &offset);
	*seq_out = key_read_number(key, &offset);
}

static void entry_key_of(struct key *key, const void *record)
{
	const struct entry *e = record;

	entry_key(key, e->ticket, e->seq);
}

static void entry_read_key(struct bytes key, void *record)
{
	struct entry *e = record;

	entry_key_read(key, &e->ticket, &e->seq);
}

static char *entry_subject(const void *record)
{
	const struct entry *e = record;

	return g_strdup_printf(_("message %" PRIu64 " of ticket %" PRIu64), e->seq, e->ticket);
}

/* Much of a message is said twice; this stands for what its other fields tell. No address, id or
 * path is a control character. */
static const char said[] = "\001";

static const char *last_reference(const struct entry *e)
{
	guint n = e->references ? g_strv_length(e->references) : 0;

	return n ? e->references[n - 1] : NULL;
}

/* The address in "Name <a@b>" or "a@b". Owned; NULL. */
static char *address_in(const char *from)
{
	const char *open = from ? strrchr(from, '<') : NULL;

	return open ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup(from);
}

static char *usual_archive(const struct entry *e)
{
	return e->digest ? archive_name(e->received, e->digest) : NULL;
}

static void entry_shorten(const void *record, void *brief_out)
{
	const struct entry *e = record;
	struct entry *brief = brief_out;
	g_autofree char *address = address_in(e->from),
			*archive = e->archive ? usual_archive(e) : NULL;

	*brief = *e;
	if (e->sender && g_strcmp0(e->sender, address) == 0)
		brief->sender = (char *)said;
	if (e->archive && g_strcmp0(e->archive, archive) == 0)
		brief->archive = (char *)said;
	if (e->reply_to && g_strcmp0(e->reply_to, e->from) == 0)
		brief->reply_to = (char *)said;
	if (e->in_reply_to && g_strcmp0(e->in_reply_to, last_reference(e)) == 0)
		brief->in_reply_to = (char *)said;
	if (e->told_time == e->received)
		brief->told_time = 0;
	if (e->told_actor && g_strcmp0(e->told_actor, address) == 0)
		brief->told_actor = (char *)said;
	if (e->told_text && g_strcmp0(e->told_text, match_names[e->match]) == 0)
		brief->told_text = (char *)said;
}

static void entry_replace(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

static void entry_spell_out(void *record)
{
	struct entry *e = record;

	if (g_strcmp0(e->sender, said) == 0)
		entry_replace(&e->sender, address_in(e->from));
	if (g_strcmp0(e->archive, said) == 0)
		entry_replace(&e->archive, usual_archive(e));
	if (g_strcmp0(e->reply_to, said) == 0)
		entry_replace(&e->reply_to, g_strdup(e->from));
	if (g_strcmp0(e->in_reply_to, said) == 0)
		entry_replace(&e->in_reply_to, g_strdup(last_reference(e)));
	if (e->told_serial && !e->told_time)
		e->told_time = e->received;
	if (g_strcmp0(e->told_actor, said) == 0)
		entry_replace(&e->told_actor, address_in(e->from));
	if (g_strcmp0(e->told_text, said) == 0)
		entry_replace(&e->told_text, g_strdup(match_names[e->match]));
}

const struct table_type entry_table = {
	.name = "message",
	.table = TABLE_ENTRIES,
	.record = &entry_type,
	.key = entry_key_of,
	.read_key = entry_read_key,
	.shorten = entry_shorten,
	.spell_out = entry_spell_out,
	.subject = entry_subject,
};

uint64_t entry_attachments(const struct entry *entry)
{
	return entry->attached ? g_strv_length(entry->attached) : 0;
}

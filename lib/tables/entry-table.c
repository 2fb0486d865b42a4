/* How an entry is stored: see struct entry, and record-table.h. */
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

const struct table_type entry_table = {
	.name = "message",
	.table = TABLE_ENTRIES,
	.record = &entry_type,
	.key = entry_key_of,
	.read_key = entry_read_key,
	.subject = entry_subject,
};

uint64_t entry_attachments(const struct entry *entry)
{
	return entry->attached ? g_strv_length(entry->attached) : 0;
}

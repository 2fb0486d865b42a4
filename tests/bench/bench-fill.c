/* A store as years of mail make it, written straight into the tables: texts of words as common as
 * those of people's are, tickets of all statuses, queues and ages. Prints figures as name=value.
 * The same options give the same store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "base/text.h"
#include "mail/attachment.h"
#include "tables/history.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/wanted.h"

enum {
	VOCABULARY = 120000, /* words, the n-th 1/n as common as the first */
	QUEUES = 8,
	AGENTS = 12,
	CUSTOMERS = 20000,
	BATCH = 500,         /* tickets a commit */
	TEXT_LEAST = 40,     /* words */
	TEXT_MEAN = 220,     /* most are shorter */
	CODE_IN = 60,        /* one word in so many is a number or code of its own */
	CLOSED_PERCENT = 92, /* of the tickets */
	DEADLINE_S = 25
};

static gint messages = 10000, per_ticket = 5, words = TEXT_MEAN;
static char *url;

static const GOptionEntry options[] = { { "messages", 0, 0, G_OPTION_ARG_INT, &messages,
						"in the store (10000)", "N" },
	{ "per-ticket", 0, 0, G_OPTION_ARG_INT, &per_ticket, "of them (5)", "N" },
	{ "words", 0, 0, G_OPTION_ARG_INT, &words, "of a text, on average (220)", "N" },
	{ "url", 0, 0, G_OPTION_ARG_STRING, &url, "into that database, in place of LMDB",
		"postgresql://…" },
	{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL } };

struct fill {
	struct store *store;
	GRand *chance, *was; /* was: as it stood when the transaction began */
	double *until;       /* of each word: how likely it or one before it is */
	uint64_t first, tickets, bytes, made;
	int64_t start, step; /* µs */
};

/* --- words --- */

/* The commoner, the shorter. */
static void fill_word(GString *out, unsigned rank)
{
	static const char *const heads[] = { "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r",
		"s", "t", "v", "w", "st", "pr", "tr", "sch", "" };
	static const char *const tails[] = { "a", "e", "i", "o", "u", "en", "er", "in", "al", "ung",
		"ation", "ei", "au", "ess" };

	do {
		unsigned syllables = G_N_ELEMENTS(heads) * G_N_ELEMENTS(tails), s;

		s = rank % syllables;
		g_string_append(out, heads[s % G_N_ELEMENTS(heads)]);
		g_string_append(out, tails[s / G_N_ELEMENTS(heads)]);
		rank /= syllables;
	} while (rank);
}

static double *fill_chances(void)
{
	double *until = g_new(double, VOCABULARY), sum = 0;

	for (unsigned i = 0; i < VOCABULARY; i++)
		until[i] = sum += 1 / (i + 2.7);
	for (unsigned i = 0; i < VOCABULARY; i++)
		until[i] /= sum;
	return until;
}

static unsigned fill_rank(struct fill *f)
{
	double at = g_rand_double(f->chance);
	unsigned low = 0, high = VOCABULARY - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (f->until[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void fill_words(struct fill *f, GString *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			g_string_append_c(out, i % 12 ? ' ' : '\n');
		if (g_rand_int_range(f->chance, 0, CODE_IN) == 0)
			g_string_append_printf(
				out, "%c%u", 'A' + (int)(i % 26), g_rand_int(f->chance) % 10000000);
		else
			fill_word(out, fill_rank(f));
		if (i % 9 == 8)
			g_string_append(out, i % 2 ? "." : ",");
	}
}

/* --- tickets --- */

static void fill_attach(struct entry *e)
{
	const struct attachment file = { "invoice.pdf", "application/pdf", 10000, false };
	g_autofree char *text = attachment_text(&file);

	text_list_add(&e->attached, text);
}

static uint64_t fill_id(const struct fill *f, uint64_t ticket, int i)
{
	return f->first + ticket * 1000 + (unsigned)i;
}

static char *fill_message_id(uint64_t id)
{
	return g_strdup_printf("<f%" PRIu64 "@example.net>", id);
}

static void fill_entry(struct fill *f, const struct ticket *t, int i, struct entry *e)
{
	uint64_t id = fill_id(f, t->number, i);
	bool in = i % 2 == 0;

	e->direction = in ? DIRECTION_IN : DIRECTION_OUT;
	if (i % 7 == 6)
		e->direction = DIRECTION_NOTE;
	e->message_id = fill_message_id(id);
	e->digest = g_strdup_printf("%064" G_GINT64_MODIFIER "x", id);
	e->from = g_strdup(in ? t->requester_address : "Support <support@example.com>");
	text_list_add(&e->to, in ? "support@example.com" : t->requester_address);
	e->subject = g_strdup(t->subject);
	e->received = e->date = t->opened + i * (int64_t)TEXT_SECOND * 3600;
	e->match = i ? MATCH_MESSAGE_ID : MATCH_NEW;
	e->size = 4000;
	if (id % 11 == 0)
		fill_attach(e);
}

static enum status fill_append(
	struct txn *txn, struct fill *f, struct ticket *t, int i, struct error *err)
{
	struct entry e = { 0 };
	const struct actor actor = { e.from, t->opened };
	g_autoptr(GString) text = g_string_new(NULL);
	double r = g_rand_double(f->chance);
	enum status st;

	fill_entry(f, t, i, &e);
	fill_words(f, text, TEXT_LEAST + (unsigned)(3 * (words - TEXT_LEAST) * r * r));
	e.event = i ? EVENT_FOLLOWUP : EVENT_OPENED;
	history_tell(&e, &actor, NOTE((enum event_kind)e.event, .to = t->subject));
	st = tickets_append(txn, t, &e, text->str, err);
	t->updated = t->last_in = e.received;
	f->bytes += text->len;
	f->made++;
	record_release(&entry_type, &e);
	return st;
}

static void fill_describe(struct fill *f, struct ticket *t)
{
	GString *subject = g_string_new(NULL);
	unsigned chance = (unsigned)g_rand_int_range(f->chance, 0, 100),
		 customer = (unsigned)g_rand_int_range(f->chance, 0, CUSTOMERS);

	fill_words(f, subject, 5);
	t->subject = g_string_free(subject, FALSE);
	t->queue = g_strdup_printf("queue%d", g_rand_int_range(f->chance, 0, QUEUES));
	t->requester_name = g_strdup_printf("Customer %u", customer);
	t->requester_address = g_strdup_printf("c%u@firm%u.example", customer, customer % 500);
	text_list_add(&t->participants, t->requester_address);
	if (chance % 2)
		t->agent = g_strdup_printf("agent%d", g_rand_int_range(f->chance, 0, AGENTS));
	if (chance % 20 == 3)
		text_list_add(&t->tags, "vip");
	t->priority = chance % 10 == 5 ? PRIORITY_HIGH : PRIORITY_NORMAL;
	t->status = chance < CLOSED_PERCENT ? TICKET_CLOSED : (int)(chance % 3);
	t->account = g_strdup("support@example.com");
	t->opened = f->start + (int64_t)(f->tickets * (uint64_t)f->step);
	t->closed = t->status == TICKET_CLOSED ? t->opened + 1 : 0;
}

static const struct numbering fill_numbering = { .first = 1 };

static enum status fill_ticket(struct txn *txn, struct fill *f, struct error *err)
{
	struct ticket t = { 0 };
	enum status st;

	fill_describe(f, &t);
	st = tickets_create(txn, &fill_numbering, &t, err);
	for (int i = 0; i < per_ticket && st == ST_OK; i++)
		st = fill_append(txn, f, &t, i, err);
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	f->tickets++;
	record_release(&ticket_type, &t);
	return st;
}

/* It may run again: from where it stood. */
static enum status fill_batch(struct txn *txn, void *arg, struct error *err)
{
	struct fill *f = arg, kept = *f;
	enum status st = ST_OK;

	g_rand_free(f->chance);
	f->chance = g_rand_copy(f->was);
	for (int i = 0; i < BATCH && f->made < (uint64_t)messages && st == ST_OK; i++)
		st = fill_ticket(txn, f, err);
	if (st != ST_OK) {
		f->tickets = kept.tickets;
		f->bytes = kept.bytes;
		f->made = kept.made;
	}
	return st;
}

/* What a batch of a store that was empty is going to read. */
static enum status fill_write(struct fill *f, struct error *err)
{
	struct wants wants;
	enum status st;

	wants_init(&wants);
	wanted_number(&wants, &fill_numbering);
	for (unsigned t = 1; t <= BATCH; t++)
		for (int i = 0; i < per_ticket; i++) {
			g_autofree char *id = fill_message_id(fill_id(f, f->tickets + t, i));

			wanted_id(&wants, id);
		}
	st = store_write_wanting(f->store, &wants, fill_batch, f, err);
	wants_release(&wants);
	return st;
}

static void fill_all(struct fill *f)
{
	struct error err = { "" };

	while (f->made < (uint64_t)messages) {
		g_rand_free(f->was);
		f->was = g_rand_copy(f->chance);
		if (fill_write(f, &err) != ST_OK)
			die("%s", err.text);
	}
}

/* --- setting --- */

static enum status fill_queues(struct txn *txn, void *arg, struct error *err)
{
	enum status st = ST_OK;

	(void)arg;
	for (int i = 0; i < QUEUES && st == ST_OK; i++) {
		g_autofree char *name = g_strdup_printf("queue%d", i);
		struct queue queue = { .name = name, .created = 1 };

		st = queues_save(txn, &queue, err);
	}
	return st;
}

static void fill_open(struct fill *f, const char *dir)
{
	g_autofree char *
		conf = g_build_filename(dir, "milticket.conf", NULL),
	       *path = g_build_filename(dir, "store", NULL),
	       *text = g_strdup_printf(
		       "store: { path = \"%s\"; url = \"%s\"; require_sync = false; };\narchive: { path = \"\"; };\n"
		       "tag: { name = \"example.com\"; };\naccounts = ( { address = "
		       "\"support@example.com\"; queue = \"queue0\"; "
		       "autoresponse: { opened = \"\"; }; } );\n",
		       path, url ? url : "");
	const struct store_options with = { .path = path,
		.url = url,
		.deadline_s = DEADLINE_S,
		.map_size = (size_t)64 << 20,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	struct error err = { "" };

	if (!g_file_set_contents(conf, text, -1, NULL))
		die("cannot write '%s'", conf);
	if (store_open(&with, &f->store, &err) != ST_OK ||
		store_write(f->store, fill_queues, NULL, &err) != ST_OK)
		die("%s", err.text);
}

static bool fits(int argc)
{
	return argc == 2 && messages >= 1 && per_ticket >= 1 && messages % per_ticket == 0 &&
		words >= TEXT_LEAST;
}

int main(int argc, char **argv)
{
	struct fill f = { .start = INT64_C(1600000000) * TEXT_SECOND };
	struct store_stat stat;

	arguments_read(options, "DIR", fits, &argc, &argv);
	f.chance = g_rand_new_with_seed(1);
	f.was = g_rand_copy(f.chance);
	f.until = fill_chances();
	f.step = INT64_C(180000000) * TEXT_SECOND / (messages / per_ticket);
	fill_open(&f, argv[1]);
	fill_all(&f);
	store_stat(f.store, &stat, NULL);
	printf("messages=%" PRIu64 " tickets=%" PRIu64 " text_bytes=%" PRIu64
	       " store_bytes=%" PRIu64 "\n",
		f.made, f.tickets, f.bytes, stat.used);
	store_close(f.store);
	g_rand_free(f.chance);
	g_rand_free(f.was);
	g_free(f.until);
	return 0;
}

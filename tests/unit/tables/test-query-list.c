/* Whatever leads to the tickets of a query, they are those that a plain look at each ticket finds,
 * in the order of activity. Queries are made by chance, each with what it means. */
#include "tables/query-best.h"

#include <string.h>

#include "base/text.h"
#include "mail/attachment.h"
#include "tables/indexing.h"
#include "tables/tickets-index.h"
#include "../desk.h"

enum { TICKETS = 150, QUERIES = 1500, DEPTH = 3 };

#define NOW (INT64_C(1795867200) * TEXT_SECOND)
#define DAY (INT64_C(86400) * TEXT_SECOND)

/* None is a part of another, nor of a name. */
static const char *const words[] = { "printer", "toner", "fuser", "manual", "lamp", NULL };
static const char *const queues[] = { "support", "sales", "ops", NULL };
static const char *const agents[] = { "anna", "ben", "gone", NULL };
static const char *const tags[] = { "vip", "hot", "VIP", NULL };
static const char *const people[] = { "carla@one.example", "dora@two.example", "emil@two.example",
	NULL };

/* Parts of these, each of one. */
static const char *const names[] = { "arla", "dora", "emi", NULL };
static const char *const domains[] = { "one.example", "two.example", "example", NULL };

/* A ticket, as plainly as can be. -1: none. */
struct plain {
	uint64_t number, link;
	int status, queue, watcher, agent, tag, requester, subject, text, note, file;
	bool undelivered, merged, overdue, crossed;
	int priority;
	int opened, updated, touched; /* days ago; no two were updated at once */
	bool answered;
};

struct all {
	struct desk d;
	struct plain v[TICKETS];
	struct fulltext *index;
	GRand *chance;
};

static int pick(struct all *a, const char *const *list, bool maybe_none)
{
	int n = (int)g_strv_length((char **)list);

	return g_rand_int_range(a->chance, maybe_none ? -1 : 0, n);
}

/* --- the store --- */

static char **one_of(const char *const *list, int which)
{
	char **out = which < 0 ? NULL : g_new0(char *, 2);

	if (out)
		out[0] = g_strdup(list[which]);
	return out;
}

static void plain_init(struct all *a, struct plain *p, uint64_t number)
{
	*p = (struct plain){
		.number = number,
		.link = number > 1 && number % 7 == 0 ? number - 1 : 0,
		.status = g_rand_int_range(a->chance, 0, TICKET_SPAM + 1),
		.queue = pick(a, queues, false),
		.watcher = pick(a, queues, true),
		.agent = pick(a, agents, true),
		.tag = pick(a, tags, true),
		.requester = pick(a, people, false),
		.subject = pick(a, words, false),
		.text = pick(a, words, false),
		.note = pick(a, words, true),
		.file = pick(a, words, true),
		.undelivered = number % 5 == 0,
		.merged = number % 17 == 0,
		.overdue = number % 11 == 0,
		.crossed = number % 13 == 0,
		.priority = number % 4 ? PRIORITY_NORMAL : g_rand_int_range(a->chance, 0, 4),
		.opened = g_rand_int_range(a->chance, 20, 60),
		.answered = number % 3 == 0,
	};
	p->touched = g_rand_int_range(a->chance, 5, p->opened);
	p->updated = g_rand_int_range(a->chance, 1, p->touched);
}

static char *plain_id(uint64_t number)
{
	return g_strdup_printf("<m%" G_GUINT64_FORMAT "@mail.example>", number);
}

static void plain_messages(struct txn *txn, const struct plain *p, struct ticket *t)
{
	struct entry mail = { .direction = DIRECTION_IN, .received = NOW - p->opened * DAY },
		     note = { .direction = DIRECTION_NOTE, .received = NOW - p->updated * DAY };

	mail.message_id = plain_id(p->number);
	mail.from = g_strdup(people[p->requester]);
	mail.subject = g_strdup(words[p->subject]);
	if (p->file >= 0) {
		struct attachment file = { .name = g_strdup_printf("my-%s.pdf", words[p->file]),
			.type = (char *)"application/pdf" };

		mail.attached = g_new0(char *, 2);
		mail.attached[0] = attachment_text(&file);
		g_free(file.name);
	}
	g_assert_cmpint(tickets_append(txn, t, &mail, words[p->text], NULL), ==, ST_OK);
	if (p->note >= 0)
		g_assert_cmpint(tickets_append(txn, t, &note, words[p->note], NULL), ==, ST_OK);
	record_release(&entry_type, &mail);
	record_release(&entry_type, &note);
}

static enum status plain_store(struct txn *txn, void *arg, struct error *err)
{
	const struct plain *p = arg;
	struct ticket t = {
		.number = p->number,
		.subject = g_strdup(words[p->subject]),
		.queue = g_strdup(queues[p->queue]),
		.watchers = one_of(queues, p->watcher),
		.status = p->status,
		.agent = p->agent < 0 ? NULL : g_strdup(agents[p->agent]),
		.tags = one_of(tags, p->tag),
		.requester_address = g_strdup(people[p->requester]),
		.opened = NOW - p->opened * DAY,
		.updated = NOW - p->updated * DAY + (int64_t)p->number,
		.touched = NOW - p->touched * DAY,
		.closed = p->status == TICKET_CLOSED ? NOW - p->touched * DAY : 0,
		.last_in = 1,
		.last_out = p->answered ? 2 : 0,
		.undelivered = p->undelivered,
		.overdue = p->overdue ? OVERDUE_RESOLVE : OVERDUE_NOT,
		.crossed = p->crossed,
		.priority = p->priority,
		.merged_into = p->merged ? 1 : 0,
	};
	enum status st;

	if (p->link)
		numbers_add(&t.links, p->link);
	if (p->number % 7 == 6)
		numbers_add(&t.links, p->number + 1);
	st = tickets_insert(txn, &t, err);
	if (st == ST_OK && !p->merged)
		plain_messages(txn, p, &t);
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st;
}

/* As older versions wrote it: without what came later. */
static void age_row(GByteArray *value, bool with_times, bool is_closed)
{
	guint at = 2;

	value->data[1] &= LISTED_UNDELIVERED | LISTED_MERGED;
	while (value->data[at] != INDEX_OPENED)
		at += TRAIT_BYTES;
	if (with_times)
		at += (is_closed ? 2 : 1) * TRAIT_BYTES;
	g_byte_array_set_size(value, at);
}

/* Every other ticket's row of the list is one of older versions. */
static enum status age_rows(struct txn *txn, void *arg, struct error *err)
{
	for (uint64_t number = 1; number <= TICKETS && txn_derives(txn); number += 2) {
		g_autoptr(GByteArray) value = NULL;
		struct ticket t = { 0 };
		struct listed listed;
		struct key key;
		bool right = false;

		g_assert_cmpint(tickets_load(txn, number, &t, err), ==, ST_OK);
		list_row_key(&key, &t);
		value = listed_value(&t);
		g_assert_true(listed_read(index_bytes(value), &listed));
		g_assert_cmpint(listed_time(&listed, INDEX_OPENED), ==, t.opened);
		g_assert_cmpint(listed_time(&listed, INDEX_CLOSED), ==, t.closed);
		age_row(value, number % 4 == 1, t.closed != 0);
		g_assert_cmpint(
			txn_put(txn, TABLE_INDEX, key_bytes(&key), index_bytes(value)), ==, ST_OK);
		g_assert_cmpint(index_right(txn, &t, &right), ==, ST_OK);
		g_assert_true(right);
		value->data[1] ^= LISTED_MERGED;
		g_assert_false(listed_right(index_bytes(value), &t));
		record_release(&ticket_type, &t);
	}
	(void)arg;
	return ST_OK;
}

static void all_open(struct all *a)
{
	struct indexing_progress progress = { .done = false };

	desk_open(&a->d, NULL);
	a->chance = g_rand_new_with_seed(20261128);
	for (int i = 0; i < TICKETS; i++) {
		plain_init(a, &a->v[i], (uint64_t)i + 1);
		g_assert_cmpint(
			store_write(a->d.store, plain_store, &a->v[i], &a->d.err), ==, ST_OK);
	}
	g_assert_cmpint(store_write(a->d.store, age_rows, NULL, &a->d.err), ==, ST_OK);
	g_assert_cmpint(indexing_open(a->d.store, a->d.dir, true, &a->index, &a->d.err), ==, ST_OK);
	while (!progress.done)
		g_assert_cmpint(
			indexing_step(a->d.store, a->index, 1000, &progress, &a->d.err), ==, ST_OK);
}

static void all_close(struct all *a)
{
	fulltext_close(a->index);
	g_rand_free(a->chance);
	desk_close(&a->d);
}

/* --- queries, and what they mean --- */

typedef bool holds_fn(const struct plain *p, int value);

static bool of_status(const struct plain *p, int v)
{
	return p->status == v;
}
static bool of_queue(const struct plain *p, int v)
{
	return p->queue == v || p->watcher == v;
}
static bool of_agent(const struct plain *p, int v)
{
	return p->agent == v;
}
static bool of_tag(const struct plain *p, int v)
{
	return p->tag == v;
}
static bool of_requester(const struct plain *p, int v)
{
	return p->requester == v;
}
static bool of_author(const struct plain *p, int v)
{
	return !p->merged && p->requester == v;
}
static bool of_domain(const struct plain *p, int v)
{
	return v == 0 ? p->requester == 0 : v == 1 && p->requester > 0;
}
static bool of_authors_domain(const struct plain *p, int v)
{
	return !p->merged && of_domain(p, v);
}
static bool of_subject(const struct plain *p, int v)
{
	return p->subject == v;
}
static bool of_text(const struct plain *p, int v)
{
	return p->text == v;
}
static bool of_note(const struct plain *p, int v)
{
	return p->note == v;
}
static bool of_file(const struct plain *p, int v)
{
	return p->file == v;
}
static bool of_any(const struct plain *p, int v)
{
	return p->subject == v || p->text == v || p->note == v || p->file == v;
}
static bool of_number(const struct plain *p, int v)
{
	return p->number == (uint64_t)v;
}
static bool of_link(const struct plain *p, int v)
{
	return p->link == (uint64_t)v || (p->number % 7 == 6 && p->number + 1 == (uint64_t)v);
}
static bool is_open(const struct plain *p, int v)
{
	return (p->status != TICKET_CLOSED && p->status != TICKET_SPAM) == (v == 0);
}
static bool is_undelivered(const struct plain *p, int v)
{
	return p->undelivered == (v == 0);
}
static bool is_unassigned(const struct plain *p, int v)
{
	return (p->agent < 0) == (v == 0);
}
static bool is_unanswered(const struct plain *p, int v)
{
	return !p->answered == (v == 0);
}
static bool is_overdue(const struct plain *p, int v)
{
	return p->overdue == (v == 0);
}
static bool is_crossed(const struct plain *p, int v)
{
	return p->crossed == (v == 0);
}
static bool has_file(const struct plain *p, int v)
{
	return (!p->merged && p->file >= 0) == (v == 0);
}
static bool has_link(const struct plain *p, int v)
{
	return (p->link || p->number % 7 == 6) == (v == 0);
}
static bool of_priority(const struct plain *p, int v)
{
	return p->priority == v;
}
static bool has_note(const struct plain *p, int v)
{
	return (p->note >= 0) == (v == 0);
}
static bool opened_within(const struct plain *p, int v)
{
	return p->opened <= v;
}
static bool opened_before(const struct plain *p, int v)
{
	return p->opened > v;
}
static bool opened_at_least(const struct plain *p, int v)
{
	return p->opened >= v;
}
static bool closed_within(const struct plain *p, int v)
{
	return p->status == TICKET_CLOSED && p->touched <= v;
}
static bool updated_before(const struct plain *p, int v)
{
	return p->updated > v;
}
static bool idle_at_least(const struct plain *p, int v)
{
	return p->touched >= v;
}
static bool idle_less(const struct plain *p, int v)
{
	return p->touched < v;
}

static const struct shape {
	const char *before;
	const char *const *names; /* of the values; NULL: numbers below `most` */
	const char *after;
	holds_fn *holds;
	int most;
	bool several; /* "a,b" */
} shapes[] = {
	{ "status:", ticket_status_names, "", of_status, 0, true },
	{ "queue:", queues, "", of_queue, 0, true },
	{ "priority:", priority_names, "", of_priority, 0, true },
	{ "agent:", agents, "", of_agent, 0, true },
	{ "tag:", tags, "", of_tag, 0, true },
	{ "requester:", people, "", of_requester, 0, true },
	{ "from:", people, "", of_author, 0, true },
	{ "requester:", names, "", of_requester, 0, true },
	{ "from:", names, "", of_author, 0, true },
	{ "requester:@", domains, "", of_domain, 0, false },
	{ "from:@", domains, "", of_authors_domain, 0, false },
	{ "subject:", words, "", of_subject, 0, true },
	{ "text:", words, "", of_text, 0, true },
	{ "note:", words, "", of_note, 0, true },
	{ "attachment:", words, "", of_file, 0, true },
	{ "attachment:*", words, ".pdf", of_file, 0, false },
	{ "", words, "", of_any, 0, false },
	{ "", words, "*", of_any, 0, false },
	{ "number:", NULL, "", of_number, TICKETS, false },
	{ "link:", NULL, "", of_link, TICKETS, false },
	{ "id:m", NULL, "@mail.example", of_number, TICKETS, false },
	{ "opened:", NULL, "d..", opened_within, 70, false },
	{ "opened:..", NULL, "d", opened_before, 70, false },
	{ "age:", NULL, "d..", opened_at_least, 70, false },
	{ "closed:", NULL, "d..", closed_within, 70, false },
	{ "updated:..", NULL, "d", updated_before, 70, false },
	{ "idle:", NULL, "d..", idle_at_least, 70, false },
	{ "idle:..", NULL, "d", idle_less, 70, false },
};
static const struct {
	const char *yes;
	holds_fn *holds;
} facts[] = {
	{ "is:open", is_open },
	{ "is:undelivered", is_undelivered },
	{ "is:unassigned", is_unassigned },
	{ "is:unanswered", is_unanswered },
	{ "is:overdue", is_overdue },
	{ "is:crossed", is_crossed },
	{ "has:attachment", has_file },
	{ "has:link", has_link },
	{ "has:note", has_note },
	{ "agent:none", is_unassigned },
};

/* Appends a term, and says in holds[] for which tickets it does. */
static void make_value(struct all *a, const struct shape *s, GString *out, bool *holds)
{
	int v = s->names ? pick(a, s->names, false) : g_rand_int_range(a->chance, 1, s->most);

	if (s->names)
		g_string_append(out, s->names[v]);
	else
		g_string_append_printf(out, "%d", v);
	for (int i = 0; i < TICKETS; i++)
		holds[i] |= s->holds(&a->v[i], v);
}

static void make_term(struct all *a, GString *out, bool *holds)
{
	const struct shape *s = &shapes[g_rand_int_range(a->chance, 0, G_N_ELEMENTS(shapes))];
	unsigned fact = (unsigned)g_rand_int_range(a->chance, 0, G_N_ELEMENTS(facts) * 4);

	memset(holds, 0, TICKETS * sizeof *holds);
	if (fact < G_N_ELEMENTS(facts)) {
		g_string_append(out, facts[fact].yes);
		for (int i = 0; i < TICKETS; i++)
			holds[i] = facts[fact].holds(&a->v[i], 0);
		return;
	}
	g_string_append(out, s->before);
	make_value(a, s, out, holds);
	if (s->several && g_rand_boolean(a->chance)) {
		g_string_append_c(out, ',');
		make_value(a, s, out, holds);
	}
	g_string_append(out, s->after);
}

static void make_query(struct all *a, int depth, GString *out, bool *holds)
{
	bool other[TICKETS], any, negated = g_rand_int_range(a->chance, 0, 4) == 0;

	if (negated)
		g_string_append(out, g_rand_boolean(a->chance) ? "-" : "not ");
	if (depth == 0 || g_rand_int_range(a->chance, 0, 3) == 0) {
		make_term(a, out, holds);
	} else {
		any = g_rand_boolean(a->chance);
		g_string_append_c(out, '(');
		make_query(a, depth - 1, out, holds);
		g_string_append(out, any ? " or " : " ");
		make_query(a, depth - 1, out, other);
		g_string_append_c(out, ')');
		for (int i = 0; i < TICKETS; i++)
			holds[i] = any ? holds[i] || other[i] : holds[i] && other[i];
	}
	for (int i = 0; i < TICKETS && negated; i++)
		holds[i] = !holds[i];
}

/* --- asking --- */

struct asking {
	const char *text;
	struct query_walk walk;
	GString *found;
};

static enum status note_found(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_string_append_printf(arg, "%" G_GUINT64_FORMAT " ", t->number);
	return ST_OK;
}

static enum status list(struct txn *txn, void *arg, struct error *err)
{
	struct asking *q = arg;

	g_string_truncate(q->found, 0);
	return query_list(txn, &q->walk, note_found, q->found, err);
}

/* By activity, then by number. */
static int comes_first(const void *a, const void *b)
{
	const struct plain *x = *(const struct plain *const *)a,
			   *y = *(const struct plain *const *)b;

	if (x->updated != y->updated)
		return x->updated < y->updated ? -1 : 1;
	return x->number > y->number ? -1 : x->number < y->number;
}

static char *wanted(struct all *a, const bool *holds, bool oldest_first)
{
	const struct plain *v[TICKETS];
	size_t n = 0;
	GString *out = g_string_new(NULL);

	for (int i = 0; i < TICKETS; i++)
		if (holds[i] && !a->v[i].merged)
			v[n++] = &a->v[i];
	qsort(v, n, sizeof *v, comes_first);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(
			out, "%" G_GUINT64_FORMAT " ", v[oldest_first ? n - 1 - i : i]->number);
	return g_string_free(out, FALSE);
}

static void same(struct all *a, struct asking *q, const bool *holds)
{
	g_autofree char *all = wanted(a, holds, q->walk.filter.oldest_first);

	g_assert_cmpint(store_read(a->d.store, list, q, &a->d.err), ==, ST_OK);
	if (strcmp(q->found->str, all) != 0)
		g_error("'%s' finds with%s the index\n%s, not\n%s", q->text,
			q->walk.index ? "" : "out", q->found->str, all);
}

static struct query_tree *parse(const char *text)
{
	struct query_tree *tree = NULL;
	struct error err = { "" };

	if (query_parse(text, NULL, &tree, &err) != ST_OK)
		g_error("'%s': %s", text, err.text);
	return tree;
}

/* --- the best first: the same, in another order --- */

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static enum status list_best(struct txn *txn, void *arg, struct error *err)
{
	struct asking *q = arg;
	const struct query_best_options with = { .at_once = 4 };
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct query_best *best = NULL;
	enum status st = query_best_new(&q->walk, &with, &best, err);
	guint before;

	do {
		before = numbers->len;
		if (st == ST_OK)
			st = query_best_next(txn, best, numbers, err);
	} while (st == ST_OK && numbers->len > before);
	query_best_free(best);
	g_array_sort(numbers, compare_numbers);
	g_string_truncate(q->found, 0);
	for (guint i = 0; i < numbers->len; i++)
		g_string_append_printf(
			q->found, "%" G_GUINT64_FORMAT " ", g_array_index(numbers, uint64_t, i));
	return st;
}

/* With a word, of which there are several pages. */
static void same_best(struct all *a, const char *word, const char *text, const bool *holds)
{
	g_autofree char *query = g_strdup_printf("text:%s (%s)", word, text);
	g_autoptr(GString) out = g_string_new(NULL), all = g_string_new(NULL);
	struct asking q = { .text = query, .found = out };

	q.walk = (struct query_walk){ .now = NOW, .index = a->index, .query = parse(query) };
	q.walk.filter.priority = -1;
	for (int i = 0; i < TICKETS; i++)
		if (holds[i] && !a->v[i].merged && a->v[i].text == 0)
			g_string_append_printf(all, "%" G_GUINT64_FORMAT " ", a->v[i].number);
	g_assert_cmpint(store_read(a->d.store, list_best, &q, &a->d.err), ==, ST_OK);
	if (strcmp(out->str, all->str) != 0)
		g_error("'%s' finds the best\n%s, not\n%s", query, out->str, all->str);
	query_free((struct query_tree *)q.walk.query);
}

static void test_by_chance(void)
{
	struct all a;
	bool holds[TICKETS];
	unsigned found = 0;

	all_open(&a);
	for (int i = 0; i < QUERIES; i++) {
		g_autoptr(GString) text = g_string_new(NULL), out = g_string_new(NULL);
		struct asking q = { .found = out, .walk = { .now = NOW } };

		make_query(&a, i % (DEPTH + 1), text, holds);
		q.text = text->str;
		q.walk.query = parse(text->str);
		q.walk.filter.priority = -1;
		q.walk.filter.oldest_first = g_rand_boolean(a.chance);
		same(&a, &q, holds);
		q.walk.index = a.index;
		same(&a, &q, holds);
		same_best(&a, i % 2 ? "printer" : "p*", text->str, holds);
		found += out->len > 0;
		query_free((struct query_tree *)q.walk.query);
	}
	g_assert_cmpuint(found, >, QUERIES / 2);
	g_assert_cmpuint(found, <, QUERIES);
	all_close(&a);
}

/* --- what leads nowhere is said --- */

static const struct {
	const char *text;
	bool with, without; /* the index: are all messages read? */
} wide[] = {
	{ "printer", false, true },
	{ "printer or toner", false, true },
	{ "text:printer", false, true },
	{ "-printer", false, true },
	{ "has:note", false, true },
	{ "has:note,link", false, true },
	{ "-has:note", false, true },
	{ "has:attachment", false, false },
	{ "has:attachment,link", false, false },
	{ "from:carla", false, true },
	{ "from:ca", true, true },
	{ "from:@one.example", false, true },
	{ "from:carla is:open", false, false },
	{ "from:carla@one.example", false, true },
	{ "from:carla number:7", false, false },
	{ "from:carla queue:support", false, false },
	{ "from:carla requester:carla@one.example", false, false },
	{ "status:closed", false, false },
	{ "opened:2w..", false, false },
};

static void test_wide(void)
{
	struct all a;

	all_open(&a);
	for (size_t i = 0; i < G_N_ELEMENTS(wide); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		struct asking q = { .found = out, .walk = { .now = NOW } };

		g_test_message("%s", wide[i].text);
		q.walk.query = parse(wide[i].text);
		q.walk.filter.priority = -1;
		g_assert_cmpint(store_read(a.d.store, list, &q, &a.d.err), ==, ST_OK);
		g_assert_cmpint(q.walk.reads_all, ==, wide[i].without);
		q.walk.index = a.index;
		g_assert_cmpint(store_read(a.d.store, list, &q, &a.d.err), ==, ST_OK);
		g_assert_cmpint(q.walk.reads_all, ==, wide[i].with);
		query_free((struct query_tree *)q.walk.query);
	}
	all_close(&a);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/query-list/by-chance", test_by_chance);
	g_test_add_func("/query-list/wide", test_wide);
	return g_test_run();
}

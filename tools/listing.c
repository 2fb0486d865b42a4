/* Listings. */
#include "listing.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/nearest.h"
#include "base/sorter.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/automating.h"
#include "format.h"
#include "print.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "terminal.h"

/* What a person is shown of a list without a limit; a program gets all, this many at a time:
 * whoever reads what is printed may take hours, and no transaction waits for that. */
enum { PAGE = 1000 };

#define ORDERS \
	"activity|oldest|number|opened|closed|idle|due|status|priority|queue|agent|requester|subject"

const struct cli_option listing_options[] = {
	{ .letter = 'q',
		.name = "queue",
		.argument = "QUEUE",
		.help = N_("tickets of this queue, also as a watcher") },
	{ .letter = 's',
		.name = "status",
		.argument = "STATUS[,STATUS]",
		.help = N_("with one of these statuses") },
	{ .letter = 'a',
		.name = "agent",
		.argument = "AGENT|none|me",
		.help = N_("of this agent, of nobody, of yourself") },
	{ .letter = 'p', .name = "project", .argument = "PROJECT", .help = N_("of this project") },
	{ .letter = 'r',
		.name = "requester",
		.argument = "ADDRESS",
		.help = N_("opened by this address") },
	{ .letter = 't', .name = "tag", .argument = "TAG", .help = N_("with this tag") },
	{ .name = "priority",
		.argument = "low|normal|high|urgent",
		.help = N_("with this priority") },
	{ .name = "since", .argument = "DATE|DURATION", .help = N_("active since then") },
	{ .name = "until", .argument = "DATE|DURATION", .help = N_("not active since then") },
	{ .name = "automation",
		.argument = "AUTOMATION",
		.help = N_("what it would do something with now") },
	{ .name = "undelivered", .help = N_("whose mail came back") },
	{ .name = "all", .help = N_("closed, spam and merged ones too") },
	{ .name = "sort", .argument = ORDERS, .help = N_("order; default: newest activity first") },
	{ .name = "reverse", .help = N_("the other way round") },
	{ .name = "columns",
		.argument = "COLUMN[,COLUMN]",
		.help = N_("these columns; fields as in --format") },
	{ .letter = 'n', .name = "limit", .argument = "COUNT", .help = N_("at most this many") },
	{ .letter = 'f',
		.name = "format",
		.argument = "TEXT",
		.help = N_("this for each, with {number} and other fields") },
	{ .name = NULL },
};

typedef void key_fn(const struct ticket *ticket, GByteArray *key);

struct listing {
	struct cli *cli;
	struct ticket_filter filter;
	char *agent, *requester; /* owned; the filter borrows them */
	char **columns;          /* owned; NULL: the usual */
	uint64_t limit;          /* 0: none */
	bool limit_is_ours;      /* nobody asked for it: say when there is more */
	key_fn *key;             /* NULL: the order of the index */
	bool reverse;            /* of the keys */
	struct sorter *sorter;   /* with keys: of all that is found */
	const char *format;
	struct listing_request *request;
	struct query_walk walk; /* with a query */
	GPtrArray *kept;        /* struct ticket *, to be printed */
	GArray *numbers;        /* uint64_t: those that come after the first page */
	GHashTable *first;      /* uint64_t: those of it */
	struct printer printer;
	uint64_t count;
	int code;         /* of what the options or ticket.conf have wrong */
	bool more, pages; /* there are more: than are shown, than are kept */
};

/* --- the filter --- */

/* Owned. */
static char *no_such_text(const char *what, const char *word, const char *const *names)
{
	g_autofree char *all = g_strjoinv(", ", (char **)names);
	const char *nearest = nearest_begun(word, names);

	if (nearest)
		return g_strdup_printf(_("'%s' is no %s; did you mean '%s'?"), word, what, nearest);
	return g_strdup_printf(_("'%s' is no %s; expected one of %s"), word, what, all);
}

static bool no_such(struct cli *cli, const char *what, const char *word, const char *const *names)
{
	g_autofree char *text = no_such_text(what, word, names);

	cli_usage(cli, "%s", text);
	return false;
}

/* Who gave no option is told that it stands in ticket.conf. key: NULL, it was an option. */
static bool listing_refuse(struct listing *l, const char *key, const char *why)
{
	g_autofree char *path = user_settings_path();

	l->code = key ? cli_fail(EXIT_CONFIG, _("%s: list.%s: %s"), path, key, why)
		      : cli_usage(l->cli, "%s", why);
	return false;
}

static bool read_statuses(struct listing *l, bool everything)
{
	g_auto(GStrv) names = cli_values(l->cli, "status");
	unsigned active = 0;

	for (char **p = names; p && *p; p++) {
		int status = names_find(ticket_status_names, *p);

		if (status < 0)
			return no_such(l->cli, "status", *p, ticket_status_names);
		l->filter.statuses |= 1U << status;
	}
	if (cli_has(l->cli, "all") || (everything && !names)) {
		l->filter.statuses = ~0U;
		l->filter.merged = cli_has(l->cli, "all");
	}
	for (int status = 0; !l->filter.statuses && status <= TICKET_SPAM; status++)
		active |= ticket_status_active(status) ? 1U << status : 0;
	l->filter.statuses |= active;
	return true;
}

static bool read_requester(struct listing *l)
{
	const char *address = cli_value(l->cli, "requester");

	if (address && address_canonical(address, &l->requester) != ST_OK) {
		cli_usage(l->cli, _("'%s' is no mail address"), address);
		return false;
	}
	l->filter.requester = l->requester;
	return true;
}

static bool read_priority(struct listing *l)
{
	const char *priority = cli_value(l->cli, "priority");

	l->filter.priority = priority ? names_find(priority_names, priority) : -1;
	return !priority || l->filter.priority >= 0 ||
		no_such(l->cli, "priority", priority, priority_names);
}

static bool read_filter(struct listing *l, bool everything)
{
	l->filter.queue = cli_value(l->cli, "queue");
	l->filter.project = cli_value(l->cli, "project");
	l->filter.tag = cli_value(l->cli, "tag");
	l->filter.undelivered = cli_has(l->cli, "undelivered");
	return read_statuses(l, everything) && read_requester(l) && read_priority(l) &&
		cli_when(l->cli, "since", &l->filter.since) &&
		cli_when(l->cli, "until", &l->filter.until);
}

/* An agent may be named by an address too, as everywhere; one who is gone may still have
 * tickets. */
static void resolve_agent(struct txn *txn, struct listing *l)
{
	const char *given = cli_value(l->cli, "agent");
	g_autofree char *login = NULL;
	struct agent agent = { 0 };

	if (!given)
		return;
	if (strcmp(given, "me") == 0)
		login = cli_agent_login();
	else
		login = g_strdup(strcmp(given, "none") == 0 ? "" : given);
	if (*login && agents_find(txn, login, &agent, NULL) == ST_OK) {
		g_free(login);
		login = g_strdup(agent.login);
	}
	record_release(&agent_type, &agent);
	g_free(l->agent);
	l->filter.agent = l->agent = g_steal_pointer(&login);
}

/* --- orders that no index has: by keys, of which the smallest comes first --- */

static void key_add_time(GByteArray *key, int64_t time)
{
	const guint64 whole = GUINT64_TO_BE((guint64)time ^ (guint64)1 << 63);

	g_byte_array_append(key, (const guint8 *)&whole, sizeof whole);
}

/* The latest first. */
static void key_add_latest(GByteArray *key, int64_t time)
{
	key_add_time(key, ~time);
}

/* What has no time comes last. */
static int64_t or_last(int64_t time)
{
	return time ? time : INT64_MAX;
}

static void key_add_text(GByteArray *key, const char *text)
{
	g_byte_array_append(
		key, (const guint8 *)text_or_none(text), (guint)strlen(text_or_none(text)));
}

static void key_of_activity(const struct ticket *t, GByteArray *key)
{
	key_add_latest(key, t->updated);
}

static void key_of_age(const struct ticket *t, GByteArray *key)
{
	key_add_time(key, t->updated);
}

static void key_of_number(const struct ticket *t, GByteArray *key)
{
	key_add_time(key, (int64_t)t->number);
}

static void key_of_opened(const struct ticket *t, GByteArray *key)
{
	key_add_latest(key, t->opened);
}

static void key_of_closed(const struct ticket *t, GByteArray *key)
{
	key_add_latest(key, t->closed);
}

static void key_of_idle(const struct ticket *t, GByteArray *key)
{
	key_add_time(key, or_last(ticket_touched(t)));
}

static void key_of_due(const struct ticket *t, GByteArray *key)
{
	key_add_time(key, or_last(ticket_due(t)));
}

static void key_of_status(const struct ticket *t, GByteArray *key)
{
	key_add_time(key, t->status);
}

static void key_of_priority(const struct ticket *t, GByteArray *key)
{
	static const int urgency[] = { [PRIORITY_NORMAL] = 2,
		[PRIORITY_LOW] = 3,
		[PRIORITY_HIGH] = 1,
		[PRIORITY_URGENT] = 0 };

	key_add_time(key, urgency[t->priority]);
}

static void key_of_queue(const struct ticket *t, GByteArray *key)
{
	key_add_text(key, t->queue);
}

static void key_of_agent(const struct ticket *t, GByteArray *key)
{
	key_add_text(key, t->agent);
}

static void key_of_requester(const struct ticket *t, GByteArray *key)
{
	key_add_text(key, t->requester_address);
}

/* As the reader's language orders words, and in every one whatever their case. */
static void key_of_subject(const struct ticket *t, GByteArray *key)
{
	g_autofree char *folded = g_utf8_casefold(text_or_none(t->subject), -1),
			*form = g_utf8_collate_key(folded, -1);

	key_add_text(key, form);
}

static const char *const order_names[] = { "activity", "oldest", "number", "opened", "closed",
	"idle", "due", "status", "priority", "queue", "agent", "requester", "subject", NULL };
static key_fn *const order_keys[] = { key_of_activity, key_of_age, key_of_number, key_of_opened,
	key_of_closed, key_of_idle, key_of_due, key_of_status, key_of_priority, key_of_queue,
	key_of_agent, key_of_requester, key_of_subject };
/* Their places; those before ORDERS_OF_INDEX are the index's own. */
enum { ORDER_ACTIVITY, ORDER_OLDEST, ORDERS_OF_INDEX };
G_STATIC_ASSERT(G_N_ELEMENTS(order_keys) + 1 == G_N_ELEMENTS(order_names));

/* The user's own order is one of lists: hits come the best first. */
static bool read_order(struct listing *l)
{
	const char *given = cli_value(l->cli, "sort"), *own = l->cli->user->sort;
	const char *name = given || l->request->everything ? given : own;
	int order = name ? names_find(order_names, name) : ORDER_ACTIVITY;

	l->reverse = cli_has(l->cli, "reverse") ||
		(!given && !l->request->everything && l->cli->user->reverse);
	if (order < 0) {
		g_autofree char *why = no_such_text("order", name, order_names);

		return listing_refuse(l, given ? NULL : "sort", why);
	}
	if (l->request->source ? name || l->reverse : order >= ORDERS_OF_INDEX)
		l->key = order_keys[order];
	else
		l->filter.oldest_first = (order == ORDER_OLDEST) != l->reverse;
	return true;
}

/* Owned. */
static char *no_such_column(const char *word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	format_names(names);
	nearest = nearest_begun(word, (const char *const *)names->pdata);
	if (nearest)
		return g_strdup_printf(
			_("there is no column '%s'; did you mean '%s'?"), word, nearest);
	return g_strdup_printf(
		_("there is no column '%s'; ticket(1) has the fields under JSON"), word);
}

static bool read_columns(struct listing *l)
{
	g_auto(GStrv) given = cli_values(l->cli, "columns");
	char **names = given ? given : l->cli->user->columns;

	for (char **name = names; name && *name; name++) {
		g_strstrip(*name);
		if (names_find(print_columns, *name) < 0 && !format_known(*name)) {
			g_autofree char *why = no_such_column(*name);

			return listing_refuse(l, given ? NULL : "columns", why);
		}
	}
	l->columns = names && *names ? g_strdupv(names) : NULL;
	l->cli->columns = l->columns;
	return true;
}

static void listing_begin_sorting(struct listing *l)
{
	const struct sorter_options with = {
		.most = l->limit ? l->limit + 1 : 0,
		.reverse = l->reverse,
	};

	sorter_free(l->sorter);
	l->sorter = sorter_new(&with);
}

static enum status listing_sort(struct listing *l, const struct ticket *t, struct error *err)
{
	g_autoptr(GByteArray) key = g_byte_array_new();

	l->key(t, key);
	return sorter_add(l->sorter, key->data, key->len, t->number, err);
}

static enum status listing_sorted(GArray *numbers, void *arg, struct error *err)
{
	return sorter_next(((struct listing *)arg)->sorter, PAGE, numbers, err);
}

/* --- walking --- */

static void listing_show(struct listing *l, const struct ticket *t)
{
	if (l->format)
		format_print(l->cli, l->format, t);
	else
		print_ticket(&l->printer, t);
	l->count++;
}

/* One ticket that is wanted. False: no more of them are. */
static bool listing_take(struct listing *l, const struct ticket *t)
{
	if (l->limit && l->kept->len >= l->limit) {
		l->more = true;
		return false;
	}
	if (l->kept->len >= PAGE) {
		l->pages = true;
		return false;
	}
	g_ptr_array_add(l->kept, record_dup(&ticket_type, t));
	/* Whether there is one more than was asked for is worth no further search. */
	return l->limit_is_ours || !l->limit || l->kept->len < l->limit;
}

/* An automation does something once for a stay. */
static bool listing_is_over(const struct listing *l, const struct ticket *t)
{
	const struct automation *automation = l->request->automation;

	return automation && (automating_has_run(automation, t) || automating_is_stopped(t));
}

static enum status listing_visit(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct listing *l = arg;
	enum status st = ST_OK;

	(void)txn;
	if (listing_is_over(l, t))
		return ST_OK;
	if (l->key)
		st = listing_sort(l, t, err);
	else if (!listing_take(l, t))
		st = ST_NOT_FOUND;
	return st == ST_OK && cli_interrupted() ? ST_NOT_FOUND : st;
}

/* From the index of the store that leads to them soonest. */
static enum status listing_each(
	struct txn *txn, struct listing *l, ticket_visit *fn, struct error *err)
{
	if (!l->request->choosing)
		return tickets_list(txn, &l->filter, fn, l, err);
	l->walk = choosing_walk(l->request->choosing);
	l->walk.filter = l->filter;
	return query_list(txn, &l->walk, fn, l, err);
}

static enum status listing_walk(struct txn *txn, void *arg, struct error *err)
{
	struct listing *l = arg;

	g_ptr_array_set_size(l->kept, 0);
	l->more = l->pages = false;
	if (l->key)
		listing_begin_sorting(l);
	resolve_agent(txn, l);
	return listing_each(txn, l, listing_visit, err);
}

/* --- what comes after the first page: its numbers in one go, so that none is missed or comes
 * twice as tickets move --- */

static enum status visit_rest(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct listing *l = arg;

	(void)txn;
	(void)err;
	if (!g_hash_table_contains(l->first, &t->number))
		g_array_append_val(l->numbers, t->number);
	return (l->limit && l->numbers->len >= l->limit - PAGE) || cli_interrupted() ? ST_NOT_FOUND
										     : ST_OK;
}

static enum status walk_rest(struct txn *txn, void *arg, struct error *err)
{
	struct listing *l = arg;

	g_array_set_size(l->numbers, 0);
	return listing_each(txn, l, visit_rest, err);
}

struct page {
	struct listing *listing;
	const uint64_t *numbers;
	unsigned n;
	bool fresh; /* they have just been found */
};

static enum status page_wants(const struct page *page, struct query_look *look,
	const struct ticket *t, bool *wanted_out, struct error *err)
{
	const struct listing *l = page->listing;
	const struct choosing *choosing = l->request->choosing;

	*wanted_out = tickets_wanted(&l->filter, t) && !listing_is_over(l, t);
	if (!*wanted_out || !choosing || page->fresh)
		return ST_OK;
	look->index = choosing->index;
	return query_matches(choosing->query, look, t, wanted_out, err);
}

/* One that was changed meanwhile is shown as it is now, if it still belongs in the list. */
static enum status load_page(struct txn *txn, void *arg, struct error *err)
{
	const struct page *page = arg;
	struct listing *l = page->listing;
	struct query_look look;
	enum status st = ST_OK;

	g_ptr_array_set_size(l->kept, 0);
	query_look_init(&look, txn, l->cli->actor.now);
	for (unsigned i = 0; i < page->n && st == ST_OK; i++) {
		struct ticket *t = record_new(&ticket_type);
		bool wanted = false;

		st = tickets_load(txn, page->numbers[i], t, err);
		if (st == ST_OK)
			st = page_wants(page, &look, t, &wanted, err);
		if (st == ST_OK && wanted)
			g_ptr_array_add(l->kept, t);
		else
			record_free(t);
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	query_look_release(&look);
	return st;
}

static enum status listing_need_agent(struct txn *txn, const char *login, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agents_load(txn, login, &agent, err);

	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? agents_missing(txn, login, err) : st;
}

/* "agent:me" of somebody who is none. */
static enum status listing_need_self(
	struct txn *txn, const struct query_tree *query, struct error *err)
{
	g_autofree char *login = cli_agent_login();
	g_autoptr(GPtrArray) agents = g_ptr_array_new();

	query_names(query, "agent", agents);
	return g_ptr_array_find_with_equal_func(agents, login, g_str_equal, NULL)
		? listing_need_agent(txn, login, err)
		: ST_OK;
}

/* A list is empty for a reason when what was asked for does not exist: ST_NOT_FOUND. */
static enum status listing_explain(struct txn *txn, void *arg, struct error *err)
{
	const struct listing *l = arg;
	g_autoptr(GPtrArray) queues = g_ptr_array_new();
	enum status st = ST_OK;

	if (l->filter.queue)
		g_ptr_array_add(queues, (char *)l->filter.queue);
	if (l->request->choosing)
		query_names(l->request->choosing->query, "queue", queues);
	for (guint i = 0; i < queues->len && st == ST_OK; i++)
		st = queues_need(txn, queues->pdata[i], err);
	if (st == ST_OK && l->filter.agent && *l->filter.agent)
		st = listing_need_agent(txn, l->filter.agent, err);
	if (st == ST_OK && l->request->choosing)
		st = listing_need_self(txn, l->request->choosing->query, err);
	return st;
}

static int explain_nothing(struct listing *l)
{
	if (store_read(l->cli->store, listing_explain, l, &l->cli->err) == ST_NOT_FOUND)
		return cli_fail(EXIT_NOTHING, "%s", l->cli->err.text);
	return terminal_is() ? cli_fail(EXIT_NOTHING, _("no ticket found")) : EXIT_NOTHING;
}

static void print_kept(struct listing *l)
{
	for (unsigned i = 0; i < l->kept->len && !ferror(stdout); i++)
		listing_show(l, g_ptr_array_index(l->kept, i));
}

static enum status print_rest(struct listing *l)
{
	enum status st;

	for (unsigned i = 0; i < l->kept->len; i++)
		g_hash_table_add(l->first,
			g_memdup2(&((const struct ticket *)g_ptr_array_index(l->kept, i))->number,
				sizeof(uint64_t)));
	st = store_read(l->cli->store, walk_rest, l, &l->cli->err);
	for (unsigned i = 0;
		i < l->numbers->len && st == ST_OK && !cli_interrupted() && !ferror(stdout);
		i += PAGE) {
		struct page page = { l, &g_array_index(l->numbers, uint64_t, i),
			MIN(l->numbers->len - i, PAGE), false };

		st = store_read(l->cli->store, load_page, &page, &l->cli->err);
		print_kept(l);
	}
	return st;
}

/* --- tickets that a source gives --- */

/* What is kept is shown, up to the limit. */
static void listing_show_page(struct listing *l)
{
	if (l->limit && l->count + l->kept->len > l->limit) {
		l->more = true;
		g_ptr_array_set_size(l->kept, (gint)(l->limit - l->count));
	}
	print_kept(l);
}

static enum status listing_resolve(struct txn *txn, void *arg, struct error *err)
{
	(void)err;
	resolve_agent(txn, arg);
	return ST_OK;
}

static bool listing_is_full(const struct listing *l)
{
	bool enough = l->limit && l->count >= l->limit && !l->limit_is_ours;

	return enough || l->more || ferror(stdout);
}

/* The next ones into kept. */
static enum status listing_next_page(
	struct listing *l, listing_source *source, void *arg, struct error *err)
{
	struct page page = { .listing = l, .fresh = source == l->request->source };
	enum status st;

	g_array_set_size(l->numbers, 0);
	st = source(l->numbers, arg, err);
	page.numbers = (const uint64_t *)l->numbers->data;
	page.n = l->numbers->len;
	return st == ST_OK ? store_read(l->cli->store, load_page, &page, err) : st;
}

static enum status print_source(struct listing *l, listing_source *source, void *arg)
{
	enum status st;

	do {
		st = listing_next_page(l, source, arg, &l->cli->err);
		if (st == ST_OK)
			listing_show_page(l);
	} while (st == ST_OK && l->numbers->len > 0 && !listing_is_full(l) && !cli_interrupted());
	return st;
}

static enum status sort_source(struct listing *l)
{
	enum status st;

	listing_begin_sorting(l);
	do {
		st = listing_next_page(l, l->request->source, l->request->arg, &l->cli->err);
		for (unsigned i = 0; i < l->kept->len && st == ST_OK; i++)
			st = listing_sort(l, g_ptr_array_index(l->kept, i), &l->cli->err);
	} while (st == ST_OK && l->numbers->len > 0 && !cli_interrupted());
	return st;
}

static enum status print_given(struct listing *l)
{
	enum status st = l->key ? sort_source(l) : ST_OK;

	terminal_page();
	if (st == ST_OK && l->key)
		return print_source(l, listing_sorted, l);
	return st == ST_OK ? print_source(l, l->request->source, l->request->arg) : st;
}

static enum status print_tickets(struct listing *l)
{
	enum status st = store_read(l->cli->store, listing_walk, l, &l->cli->err);

	if (l->request->choosing)
		choosing_say_wide(l->request->choosing, &l->walk);
	terminal_page();
	if (st == ST_OK && l->key)
		return print_source(l, listing_sorted, l);
	print_kept(l);
	return st == ST_OK && l->pages && !ferror(stdout) ? print_rest(l) : st;
}

static enum status listing_prepare(struct listing *l)
{
	struct listing_request *request = l->request;
	enum status st = ST_OK;

	if (request->source)
		st = store_read(l->cli->store, listing_resolve, l, &l->cli->err);
	if (st == ST_OK && request->source)
		request->begin(request, &l->filter, l->key ? 0 : l->limit, request->arg);
	return st;
}

static int listing_print_all(struct listing *l)
{
	enum status st;

	print_begin(&l->printer, l->cli, PRINT_TICKETS);
	cli_catch_interrupt();
	st = listing_prepare(l);
	if (st == ST_OK)
		st = l->request->source ? print_given(l) : print_tickets(l);
	print_end(&l->printer);
	if (l->more && l->limit_is_ours)
		printf(_("%s(%u are shown; --limit NUMBER shows more)%s\n"),
			terminal_on(COLOUR_DIM), PAGE, terminal_off());
	if (cli_interrupted())
		cli_fail(EXIT_DONE, _("interrupted; there may be more"));
	if (st != ST_OK)
		return cli_status(l->cli, st);
	return l->count ? EXIT_DONE : explain_nothing(l);
}

/* What names these says itself whether closed ones are wanted. */
static bool listing_names_status(const struct listing_request *request)
{
	static const char *const fields[] = { "status", "is", "closed", "number", "id", NULL };

	return request->choosing && query_names_field(request->choosing->query, fields);
}

int listing_run(struct cli *cli, struct listing_request *request)
{
	struct listing l = { .cli = cli, .request = request, .limit = request->limit };
	bool everything = request->everything || listing_names_status(request);
	int code;

	l.format = cli_value(cli, "format");
	l.kept = g_ptr_array_new_with_free_func(record_free);
	l.numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	l.first = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	code = cli_user(cli);
	if (code != EXIT_DONE)
		goto out;
	l.code = EXIT_BAD_USAGE;
	if (read_order(&l) && read_columns(&l) && read_filter(&l, everything) &&
		cli_count(cli, "limit", &l.limit) && (!l.format || format_check(cli, l.format))) {
		l.limit_is_ours = !l.limit && terminal_is() && !cli->json;
		l.limit = l.limit_is_ours ? PAGE : l.limit;
		l.code = listing_print_all(&l);
	}
	code = l.code;
out:
	cli->columns = NULL;
	g_strfreev(l.columns);
	g_ptr_array_unref(l.kept);
	g_array_unref(l.numbers);
	g_hash_table_unref(l.first);
	sorter_free(l.sorter);
	g_free(l.agent);
	g_free(l.requester);
	return code;
}

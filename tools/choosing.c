/* Queries of commands. */
#include "choosing.h"

#include <string.h>

#include "base/tongue.h"
#include "search-index.h"

/* --- words --- */

static bool choosing_is_phrase(const char *word)
{
	g_auto(GStrv) parts = g_strsplit_set(word, " \t\r\n", -1);

	if (!parts[0] || !parts[1] || strpbrk(word, ":()\"@"))
		return false;
	for (char **p = parts; *p; p++)
		if (**p == '-' || g_ascii_strcasecmp(*p, "or") == 0 ||
			g_ascii_strcasecmp(*p, "not") == 0)
			return false;
	return true;
}

char *choosing_words(char *const *words)
{
	g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);

	for (; *words; words++)
		g_ptr_array_add(pieces,
			choosing_is_phrase(*words) ? g_strdup_printf("\"%s\"", *words)
						   : g_strdup(*words));
	g_ptr_array_add(pieces, NULL);
	return g_strjoinv(" ", (char **)pieces->pdata);
}

/* --- names --- */

static enum status choosing_load(struct txn *txn, void *arg, struct error *err)
{
	return queries_load(txn, arg, err);
}

int choosing_saved_load(struct choosing_saved *saved, struct cli *cli, bool own)
{
	int code = cli_user(cli);

	if (code == EXIT_DONE)
		code = cli_status(
			cli, store_read(cli->store, choosing_load, &saved->store, &cli->err));
	if (code != EXIT_DONE)
		return code;
	saved->list = g_array_new(FALSE, FALSE, sizeof(struct saved_query));
	for (guint i = 0; own && i < cli->user->queries->len; i++) {
		const struct user_query *query = g_ptr_array_index(cli->user->queries, i);
		const struct saved_query one = { query->name, query->text };

		g_array_append_val(saved->list, one);
	}
	g_array_append_vals(saved->list, saved->store.list->data, saved->store.list->len);
	return EXIT_DONE;
}

void choosing_saved_release(struct choosing_saved *saved)
{
	g_clear_pointer(&saved->list, g_array_unref);
	queries_release(&saved->store);
}

/* --- the query --- */

static int choosing_parse(struct choosing *c, const char *text)
{
	g_autofree char *me = cli_agent_login();
	struct choosing_saved saved = { 0 };
	struct query_asker asker = { .me = me };
	int code = choosing_saved_load(&saved, c->cli, true);

	if (code == EXIT_DONE) {
		asker.saved = (const struct saved_query *)saved.list->data;
		if (query_parse(text, &asker, &c->query, &c->cli->err) != ST_OK)
			code = cli_usage(c->cli, "%s", c->cli->err.text);
	}
	choosing_saved_release(&saved);
	return code;
}

int choosing_begin(struct choosing *c, struct cli *cli, const char *text)
{
	int code;

	*c = (struct choosing){ .cli = cli, .text = g_strdup(text) };
	code = choosing_parse(c, text);
	if (code == EXIT_DONE && query_asks_index(c->query))
		c->index = search_index_open(cli);
	return code;
}

void choosing_end(struct choosing *c)
{
	g_clear_pointer(&c->query, query_free);
	g_clear_pointer(&c->text, g_free);
	fulltext_close(c->index);
	c->index = NULL;
}

struct query_walk choosing_walk(const struct choosing *c)
{
	return (struct query_walk){ .query = c->query,
		.filter = { .priority = -1 },
		.now = c->cli->actor.now,
		.index = c->index };
}

/* An index that is missing has been told of already. */
void choosing_say_wide(const struct choosing *c, const struct query_walk *walk)
{
	if (walk->reads_all && (c->index || !query_asks_index(c->query)))
		cli_fail(EXIT_DONE,
			_("this query reads the messages of all tickets; a word, a queue or a requester would lead to fewer"));
}

/* --- its tickets --- */

struct choosing_all {
	struct query_walk walk;
	GArray *numbers; /* uint64_t */
};

static enum status choosing_keep(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_array_append_val((GArray *)arg, ticket->number);
	return ST_OK;
}

static enum status choosing_read(struct txn *txn, void *arg, struct error *err)
{
	struct choosing_all *all = arg;

	g_array_set_size(all->numbers, 0);
	return query_list(txn, &all->walk, choosing_keep, all->numbers, err);
}

int choosing_numbers(struct choosing *c, struct numbers *numbers_out)
{
	struct choosing_all all = { choosing_walk(c), g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
	enum status st;

	all.walk.filter.oldest_first = true;
	st = store_read(c->cli->store, choosing_read, &all, &c->cli->err);
	choosing_say_wide(c, &all.walk);
	numbers_out->n = all.numbers->len;
	numbers_out->v = (uint64_t *)g_array_free(all.numbers, FALSE);
	return cli_status(c->cli, st);
}

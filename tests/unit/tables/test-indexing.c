/* The index follows the store: built from nothing, from any place, and after what takes texts out
 * of the store again. */
#include "tables/indexing.h"

#include <string.h>

#include "keep/redact.h"
#include "tables/history.h"
#include "../desk.h"

static struct fulltext *opened(struct desk *d)
{
	struct fulltext *f = NULL;

	g_assert_cmpint(indexing_open(d->store, d->dir, true, &f, &d->err), ==, ST_OK);
	return f;
}

/* Steps until it is done. Returns how many that took. */
static unsigned follow(struct desk *d, struct fulltext *f, unsigned most)
{
	struct indexing_progress progress = { .done = false };
	unsigned steps = 0;

	while (!progress.done) {
		g_assert_cmpint(indexing_step(d->store, f, most, &progress, &d->err), ==, ST_OK);
		g_assert_cmpuint(++steps, <, 1000);
	}
	return steps;
}

static void finds(struct fulltext *f, const char *word, const char *tickets)
{
	struct sought *sought = sought_written(word);
	const struct fulltext_term term = { .sought = sought };
	struct fulltext_search *search = NULL;
	g_autoptr(GArray) hits = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	struct error err = { "" };

	g_assert_cmpint(fulltext_search_new(f, &term, 1, &search, &err), ==, ST_OK);
	g_assert_cmpint(fulltext_search_next(search, 100, &hits, &err), ==, ST_OK);
	for (guint i = 0; i < hits->len; i++)
		g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? " " : "",
			g_array_index(hits, struct fulltext_hit, i).number);
	if (strcmp(out->str, tickets) != 0)
		g_error("'%s' finds '%s', not '%s'", word, out->str, tickets);
	fulltext_search_free(search);
	sought_free(sought);
}

static void mail(
	struct desk *d, unsigned n, const char *subject, const char *answers, const char *text)
{
	g_autofree char *in = answers ? g_strdup_printf("In-Reply-To: <%s>\n", answers)
				      : g_strdup(""),
			*all = g_strdup_printf("From: Carla Kern <carla@example.net>\nSubject: %s\n"
					       "Message-ID: <m%u@example.net>\n%s\n%s\n",
				subject, n, in, text);

	desk_mail(d, "carla@example.net", "support@example.com", NULL, all);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void three_tickets(struct desk *d)
{
	desk_open(d, NULL);
	mail(d, 1, "Printer", NULL, "It smokes.");
	mail(d, 2, "Coffee", NULL, "It is cold.");
	mail(d, 3, "Re: Printer", "m1@example.net", "Now it burns.");
	mail(d, 4, "Lamp", NULL, "It is dark.");
}

static void test_building(void)
{
	for (unsigned most = 1; most <= 5; most++) {
		struct desk d;
		struct fulltext *f;
		struct indexing_progress progress;

		three_tickets(&d);
		f = opened(&d);
		g_assert_cmpint(indexing_look(d.store, f, &progress, &d.err), ==, ST_OK);
		g_assert_true(progress.building);
		g_assert_cmpuint(progress.last_number, ==, 3);
		follow(&d, f, most);
		finds(f, "smokes", "1");
		finds(f, "burns", "1");
		finds(f, "carla", "3 2 1");
		finds(f, "lamp", "3");
		fulltext_close(f);
		desk_close(&d);
	}
}

static bool count_steps(struct indexing_watch *watch)
{
	return ++*(unsigned *)watch->arg < 1000;
}

/* With one thread that reads ahead, whatever the size of a step. */
static void test_building_at_one_go(void)
{
	for (unsigned most = 1; most <= 5; most++) {
		struct desk d;
		struct fulltext *f;
		unsigned steps = 0;
		struct indexing_watch watch = { .go_on = count_steps, .arg = &steps };

		three_tickets(&d);
		f = opened(&d);
		g_assert_cmpint(indexing_all(d.store, f, most, &watch, &d.err), ==, ST_OK);
		g_assert_true(watch.progress.done);
		g_assert_cmpuint(steps, <, 20);
		finds(f, "smokes", "1");
		finds(f, "burns", "1");
		finds(f, "carla", "3 2 1");
		finds(f, "lamp", "3");
		mail(&d, 5, "Re: Printer", "m1@example.net", "It is ashes.");
		g_assert_cmpint(indexing_all(d.store, f, most, &watch, &d.err), ==, ST_OK);
		finds(f, "ashes", "1");
		fulltext_close(f);
		desk_close(&d);
	}
}

/* A ticket that is too large to be read at once. */
static void test_building_a_large_ticket(void)
{
	struct desk d;
	struct fulltext *f;
	unsigned steps = 0;
	struct indexing_watch watch = { .go_on = count_steps, .arg = &steps };
	g_autofree char *text = g_strnfill(16000, 'x');

	three_tickets(&d);
	for (unsigned i = 10; i < 610; i++)
		mail(&d, i, "Re: Coffee", "m2@example.net", text);
	mail(&d, 700, "Re: Coffee", "m2@example.net", "It is ashes.");
	f = opened(&d);
	g_assert_cmpint(indexing_all(d.store, f, 10, &watch, &d.err), ==, ST_OK);
	g_assert_true(watch.progress.done);
	finds(f, "ashes", "2");
	finds(f, "lamp", "3");
	fulltext_close(f);
	desk_close(&d);
}

/* Mail that comes while it is built is not missing afterwards. */
static void test_building_while_mail_comes(void)
{
	struct desk d;
	struct fulltext *f;
	struct indexing_progress progress;

	three_tickets(&d);
	f = opened(&d);
	g_assert_cmpint(indexing_step(d.store, f, 1, &progress, &d.err), ==, ST_OK);
	g_assert_true(progress.building);
	mail(&d, 5, "Re: Printer", "m1@example.net", "It is ashes.");
	mail(&d, 6, "Window", NULL, "It is open.");
	follow(&d, f, 1);
	finds(f, "ashes", "1");
	finds(f, "window", "4");
	fulltext_close(f);
	desk_close(&d);
}

static void test_following(void)
{
	struct desk d;
	struct fulltext *f;
	struct indexing_progress progress;

	desk_open(&d, NULL);
	f = opened(&d);
	follow(&d, f, 10);
	mail(&d, 1, "Printer", NULL, "It smokes.");
	g_assert_cmpint(indexing_look(d.store, f, &progress, &d.err), ==, ST_OK);
	g_assert_false(progress.done);
	g_assert_cmpuint(progress.behind, >, 0);
	follow(&d, f, 10);
	finds(f, "smokes", "1");
	fulltext_close(f);
	f = opened(&d);
	finds(f, "smokes", "1");
	mail(&d, 2, "Re: Printer", "m1@example.net", "It burns.");
	follow(&d, f, 1);
	finds(f, "burns", "1");
	fulltext_close(f);
	desk_close(&d);
}

static enum status redact_carla(struct desk *d)
{
	struct redact_counts counts;
	const struct redact_options options = { .address = "carla@example.net",
		.actor = { "unix:root", d->now } };

	return redact(d->store, &options, &counts, &d->err);
}

static void test_what_is_redacted_is_not_found(void)
{
	struct desk d;
	struct fulltext *f;

	three_tickets(&d);
	f = opened(&d);
	follow(&d, f, 10);
	finds(f, "kern", "3 2 1");
	g_assert_cmpint(redact_carla(&d), ==, ST_OK);
	follow(&d, f, 1);
	finds(f, "kern", "");
	finds(f, "smokes", "1");
	fulltext_close(f);
	g_assert_cmpint(indexing_forget(d.store, d.dir, &d.err), ==, ST_OK);
	f = opened(&d);
	follow(&d, f, 10);
	finds(f, "carla", "");
	finds(f, "smokes", "1");
	fulltext_close(f);
	desk_close(&d);
}

static enum status remove_first(struct txn *txn, void *arg, struct error *err)
{
	struct desk *d = arg;
	const struct actor actor = { "unix:root", d->now };
	enum status st = tickets_remove(txn, 1, err);

	return st == ST_OK ? history_add(txn, 1, &actor, NOTE(EVENT_PURGED), err) : st;
}

static void looks(struct desk *d, struct fulltext *f, struct indexing_progress *progress)
{
	g_assert_cmpint(indexing_look(d->store, f, progress, &d->err), ==, ST_OK);
}

/* Since when something is missing, and how much. */
static void test_how_far(void)
{
	struct indexing_progress p;
	struct desk d;
	struct fulltext *f;
	int64_t began;

	desk_open(&d, NULL);
	mail(&d, 1, "Printer", NULL, "It smokes.");
	mail(&d, 2, "Coffee", NULL, "It is cold.");
	f = opened(&d);
	looks(&d, f, &p);
	g_assert_true(p.building && !p.done);
	g_assert_cmpuint(p.number, ==, 0);
	g_assert_cmpuint(p.last_number, ==, 2);
	g_assert_cmpuint(p.behind, ==, 0);
	g_assert_cmpint(p.since, ==, 0);
	follow(&d, f, 10);
	looks(&d, f, &p);
	g_assert_true(p.done && !p.building);
	g_assert_cmpint(p.since, ==, 0);
	began = d.now;
	mail(&d, 3, "Lamp", NULL, "It is dark.");
	mail(&d, 4, "Door", NULL, "It is shut.");
	looks(&d, f, &p);
	g_assert_false(p.done || p.building);
	g_assert_cmpuint(p.behind, >=, 2);
	g_assert_cmpint(p.since, ==, began);
	fulltext_close(f);
	desk_close(&d);
}

/* Whoever was killed after the store was changed leaves it to the log. */
static void test_what_is_purged_is_not_found(void)
{
	struct desk d;
	struct fulltext *f;
	struct fulltext_status look;

	three_tickets(&d);
	f = opened(&d);
	follow(&d, f, 10);
	g_assert_cmpint(store_write(d.store, remove_first, &d, &d.err), ==, ST_OK);
	follow(&d, f, 10);
	finds(f, "smokes", "");
	finds(f, "cold", "2");
	g_assert_cmpint(fulltext_look(f, &look, &d.err), ==, ST_OK);
	g_assert_cmpint(look.owed_since, >, 0);
	fulltext_close(f);
	g_assert_cmpint(indexing_forget(d.store, d.dir, &d.err), ==, ST_OK);
	f = opened(&d);
	g_assert_cmpint(fulltext_look(f, &look, &d.err), ==, ST_OK);
	g_assert_cmpint(look.owed_since, ==, 0);
	g_assert_false(look.place.built);
	follow(&d, f, 10);
	finds(f, "cold", "2");
	fulltext_close(f);
	desk_close(&d);
}

/* A merge leaves the index as it is, and so does a purge that found nothing. */
static void test_what_needs_not_be_forgotten(void)
{
	struct desk d;
	struct fulltext *f;
	struct fulltext_status look;

	three_tickets(&d);
	g_assert_cmpint(indexing_forget(d.store, d.dir, &d.err), ==, ST_OK);
	g_assert_false(fulltext_exists(d.dir));
	f = opened(&d);
	follow(&d, f, 10);
	fulltext_close(f);
	mail(&d, 9, "Door", NULL, "It squeaks.");
	g_assert_cmpint(indexing_forget(d.store, d.dir, &d.err), ==, ST_OK);
	f = opened(&d);
	g_assert_cmpint(fulltext_look(f, &look, &d.err), ==, ST_OK);
	g_assert_true(look.place.built);
	finds(f, "squeaks", "4");
	fulltext_close(f);
	desk_close(&d);
}

/* A backup from before, put in the store's place: what came since is gone. */
static void test_an_older_store_is_read_anew(void)
{
	struct desk d;
	struct fulltext *f;
	struct indexing_progress progress;

	three_tickets(&d);
	f = opened(&d);
	follow(&d, f, 10);
	g_assert_cmpint(fulltext_begin(f, &d.err), ==, ST_OK);
	g_assert_cmpint(fulltext_commit(f,
				&(struct fulltext_place){ .serial = 1000, .built = true }, &d.err),
		==, ST_OK);
	g_assert_cmpint(indexing_look(d.store, f, &progress, &d.err), ==, ST_OK);
	g_assert_true(progress.building);
	follow(&d, f, 10);
	finds(f, "smokes", "1");
	fulltext_close(f);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/indexing/all tickets are in it, in steps of any size", test_building);
	g_test_add_func("/indexing/all of it at one go", test_building_at_one_go);
	g_test_add_func("/indexing/a large ticket in parts", test_building_a_large_ticket);
	g_test_add_func("/indexing/mail that comes meanwhile is not missing",
		test_building_while_mail_comes);
	g_test_add_func("/indexing/how far it is", test_how_far);
	g_test_add_func("/indexing/it goes on where it was", test_following);
	g_test_add_func(
		"/indexing/what is redacted is not found", test_what_is_redacted_is_not_found);
	g_test_add_func("/indexing/what is purged is not found", test_what_is_purged_is_not_found);
	g_test_add_func(
		"/indexing/only what was taken out is forgotten", test_what_needs_not_be_forgotten);
	g_test_add_func("/indexing/an older store is read anew", test_an_older_store_is_read_anew);
	return g_test_run();
}

/* How often the network is waited for: an ordinary message costs two round trips, whatever it
 * opens, answers and brings about. Only with PostgreSQL. */
#include "../desk.h"

#include <string.h>

#include "../store-fixture.h"
#include "store/postgresql/pg-store.h"

static uint64_t trips(struct store *store)
{
	return pg_pool_counts(pg_of(store)->pool).trips;
}

static void send_mail(struct desk *desk, const char *id, const char *answered, const char *subject)
{
	g_autofree char *in_reply_to = answered ? g_strdup_printf("In-Reply-To: %s\nReferences: "
								  "<x@example.net> %s\n",
							  answered, answered)
						: g_strdup("");
	g_autofree char *mail = g_strdup_printf("From: Carla Kern <carla@customer.example>\n"
						"To: support@example.com\n"
						"Subject: %s\n"
						"Message-ID: %s\n"
						"%s\n"
						"Please send one.\n",
		subject, id, in_reply_to);

	desk_mail(desk, "carla@customer.example", "support@example.com", NULL, mail);
	g_assert_cmpint(desk->status, ==, ST_OK);
}

static void expect_two(struct desk *desk, const char *id, const char *answered, const char *subject)
{
	uint64_t before = trips(desk->store);
	int untold = g_atomic_int_get(&pg_of(desk->store)->untold);

	send_mail(desk, id, answered, subject);
	g_assert_cmpint(g_atomic_int_get(&pg_of(desk->store)->untold), ==, untold);
	g_assert_cmpuint(trips(desk->store) - before, ==, 2);
}

static void test_two_trips(void)
{
	struct desk desk;

	desk_open(&desk, NULL);
	expect_two(&desk, "<one@customer.example>", NULL, "An offer");
	g_assert_cmpuint(desk_outbox(&desk, NULL, NULL), ==, 1);
	expect_two(&desk, "<two@customer.example>", NULL, "Another");
	g_assert_cmpuint(desk.last.ticket, ==, 2);
	expect_two(&desk, "<three@customer.example>", "<one@customer.example>", "Re: An offer");
	g_assert_cmpuint(desk.last.ticket, ==, 1);
	expect_two(&desk, "<three@customer.example>", "<one@customer.example>", "Re: An offer");
	g_assert_cmpuint(desk.last.ticket, ==, 1);
	expect_two(&desk, "<four@customer.example>", NULL, "Re: [example.com #2] Another");
	g_assert_cmpuint(desk.last.ticket, ==, 2);
	desk_close(&desk);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trips/a message costs two round trips", test_two_trips);
	return g_test_run();
}

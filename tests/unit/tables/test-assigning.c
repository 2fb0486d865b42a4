/* Which agent a queue gives the next ticket to. */
#include "tables/assigning.h"

#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

enum { NOW = 1000 };

static void queue_is(struct txn *txn, enum assign_policy how, const char *last)
{
	const struct queue queue = {
		.name = (char *)"support", .assign = how, .assigned_last = (char *)last
	};

	OK(queues_save(txn, &queue, NULL));
}

static void agent_works(struct txn *txn, const char *login, const char *queue, int64_t away)
{
	char *queues[] = { (char *)queue, NULL };
	const struct agent agent = { .login = (char *)login, .queues = queues, .away_until = away };

	OK(agents_save(txn, &agent, NULL));
}

static void has_tickets(struct txn *txn, const char *login, unsigned n, enum ticket_status status)
{
	static uint64_t number;

	for (unsigned i = 0; i < n; i++) {
		struct ticket t = { .number = number + 1,
			.agent = (char *)login,
			.queue = (char *)"other",
			.status = status,
			.updated = (int64_t)number + 1 };

		number++;
		OK(tickets_insert(txn, &t, NULL));
	}
}

static void chooses(struct txn *txn, const char *wanted)
{
	g_autofree char *login = NULL;
	struct error err;
	struct queue queue = { 0 };

	g_assert_cmpint(assigning_choose(txn, "support", NOW, &login, &err), ==,
		wanted ? ST_OK : ST_NOT_FOUND);
	g_assert_cmpstr(login, ==, wanted);
	OK(queues_load(txn, "support", &queue, &err));
	if (wanted)
		g_assert_cmpstr(queue.assigned_last, ==, wanted);
	record_release(&queue_type, &queue);
}

static enum status nobody(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *login = NULL;

	(void)arg;
	(void)err;
	g_assert_cmpint(assigning_choose(txn, "support", NOW, &login, err), ==, ST_NOT_FOUND);
	queue_is(txn, ASSIGN_MANUAL, NULL);
	agent_works(txn, "anna", "support", 0);
	chooses(txn, NULL);
	queue_is(txn, ASSIGN_ROUND_ROBIN, NULL);
	chooses(txn, "anna");
	agent_works(txn, "anna", "other", 0);
	chooses(txn, NULL);
	return ST_OK;
}

static enum status in_turn(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	queue_is(txn, ASSIGN_ROUND_ROBIN, NULL);
	agent_works(txn, "zoe", "support", 0);
	agent_works(txn, "anna", "support", 0);
	agent_works(txn, "ben", "support", 0);
	agent_works(txn, "carl", "other", 0);
	agent_works(txn, "dora", "support", NOW + 1);
	agent_works(txn, "emil", "support", NOW);
	/* How many they have does not matter. */
	has_tickets(txn, "ben", 3, TICKET_OPEN);
	chooses(txn, "anna");
	chooses(txn, "ben");
	chooses(txn, "emil");
	chooses(txn, "zoe");
	chooses(txn, "anna");
	/* Who got one last may be gone. */
	queue_is(txn, ASSIGN_ROUND_ROBIN, "carl");
	chooses(txn, "emil");
	queue_is(txn, ASSIGN_ROUND_ROBIN, "zz");
	chooses(txn, "anna");
	return ST_OK;
}

static enum status the_least(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	queue_is(txn, ASSIGN_LEAST_LOADED, NULL);
	agent_works(txn, "anna", "support", 0);
	agent_works(txn, "ben", "support", 0);
	agent_works(txn, "carl", "support", 0);
	has_tickets(txn, "anna", 3, TICKET_OPEN);
	has_tickets(txn, "ben", 2, TICKET_WAITING);
	has_tickets(txn, "ben", 5, TICKET_CLOSED);
	has_tickets(txn, "carl", 2, TICKET_NEW);
	/* Of those with as few, the next. */
	chooses(txn, "ben");
	chooses(txn, "carl");
	chooses(txn, "ben");
	has_tickets(txn, "ben", 1, TICKET_OPEN);
	chooses(txn, "carl");
	chooses(txn, "carl");
	has_tickets(txn, "carl", 1, TICKET_OPEN);
	chooses(txn, "anna");
	chooses(txn, "ben");
	agent_works(txn, "dora", "support", 0);
	chooses(txn, "dora");
	chooses(txn, "dora");
	return ST_OK;
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/assigning/nobody is chosen", nobody },
		{ "/assigning/in turn", in_turn },
		{ "/assigning/who has the least", the_least },
	};

	g_test_init(&argc, &argv, NULL);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}

/* Where a ticket is for whom, and what a file that is found there means: every combination. */
#include "decide/placement.h"

#include <string.h>

static const char *const queues[] = { "ops", "support", NULL };

/* "Mine", "Queues.support"; "" for none. */
static void is_in(const struct placement *p, const char *login, int64_t since, const char *wanted)
{
	const struct viewer viewer = { login, (char *const *)queues };
	g_autofree char *name = folder_name(placement_folder(p, &viewer, since));

	g_assert_cmpstr(name ? name + 1 : "", ==, wanted);
}

/* Rows: a status; columns: whose it is. */
static const struct {
	int status;
	const char *mine, *nobodys, *colleagues;
} homes[] = {
	{ TICKET_NEW, "Mine", "Queues.support", "Colleagues.support" },
	{ TICKET_OPEN, "Mine", "Queues.support", "Colleagues.support" },
	{ TICKET_WAITING, "Mine.Waiting", "Queues.support", "Colleagues.support" },
	{ TICKET_INTERNAL, "Mine", "Queues.support", "Colleagues.support" },
	{ TICKET_CLARIFY, "Mine", "Queues.support", "Colleagues.support" },
	{ TICKET_CLOSED, "Closed", "Closed", "Closed" },
	{ TICKET_SPAM, "Spam", "Spam", "Spam" },
};

static void test_each_status_and_owner(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(homes); i++) {
		struct placement p = {
			.status = homes[i].status, .queue = (char *)"support", .over = 1000
		};

		is_in(&p, "anna", 0, homes[i].nobodys);
		p.agent = (char *)"ben";
		is_in(&p, "anna", 0, homes[i].colleagues);
		p.agent = (char *)"anna";
		is_in(&p, "anna", 0, homes[i].mine);
		/* Hers wherever it is; else it is none of her business. */
		p.queue = (char *)"sales";
		is_in(&p, "anna", 0, homes[i].mine);
		p.agent = (char *)"ben";
		is_in(&p, "anna", 0, "");
		p.agent = NULL;
		is_in(&p, "anna", 0, "");
	}
}

static void test_a_watching_queue_sees_it(void)
{
	char *watchers[] = { (char *)"law", (char *)"ops", NULL };
	struct placement p = {
		.status = TICKET_OPEN, .queue = (char *)"sales", .watchers = watchers
	};

	is_in(&p, "anna", 0, "Queues.ops");
	p.agent = (char *)"ben";
	is_in(&p, "anna", 0, "Colleagues.ops");
	p.queue = (char *)"support";
	is_in(&p, "anna", 0, "Colleagues.support");
}

static void test_what_is_long_over_is_not_shown(void)
{
	struct placement p = { .status = TICKET_CLOSED, .queue = (char *)"support", .over = 1000 };

	is_in(&p, "anna", 1000, "Closed");
	is_in(&p, "anna", 1001, "");
	p.status = TICKET_SPAM;
	is_in(&p, "anna", 1001, "");
	p.status = TICKET_OPEN;
	is_in(&p, "anna", 1001, "Queues.support");
}

static void test_names_read_back(void)
{
	static const struct {
		const char *name;
		enum folder_kind kind;
		const char *queue;
	} names[] = {
		{ ".Mine", FOLDER_MINE, NULL },
		{ ".Mine.Waiting", FOLDER_WAITING, NULL },
		{ ".Queues.support", FOLDER_QUEUE, "support" },
		{ ".Queues.a.b.c", FOLDER_QUEUE, "a.b.c" },
		{ ".Colleagues.x-1", FOLDER_COLLEAGUES, "x-1" },
		{ ".Closed", FOLDER_CLOSED, NULL },
		{ ".Spam", FOLDER_SPAM, NULL },
		{ ".Not taken", FOLDER_NOT_TAKEN, NULL },
		{ ".Queues.", FOLDER_OTHER, NULL },
		{ ".Queues", FOLDER_OTHER, NULL },
		{ ".mine", FOLDER_OTHER, NULL },
		{ ".Mine.Later", FOLDER_OTHER, NULL },
		{ "", FOLDER_OTHER, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct folder f = folder_read(names[i].name);
		g_autofree char *again = folder_name(f);

		g_assert_cmpint(f.kind, ==, names[i].kind);
		g_assert_cmpstr(f.queue, ==, names[i].queue);
		g_assert_cmpstr(again, ==, f.kind == FOLDER_OTHER ? NULL : names[i].name);
	}
}

static const struct folder all_folders[] = {
	{ FOLDER_NONE, NULL },
	{ FOLDER_MINE, NULL },
	{ FOLDER_WAITING, NULL },
	{ FOLDER_QUEUE, "support" },
	{ FOLDER_QUEUE, "ops" },
	{ FOLDER_COLLEAGUES, "support" },
	{ FOLDER_COLLEAGUES, "ops" },
	{ FOLDER_CLOSED, NULL },
	{ FOLDER_SPAM, NULL },
	{ FOLDER_NOT_TAKEN, NULL },
	{ FOLDER_OTHER, NULL },
};

/* As the manual says it, in the order in which it says it. */
static enum found by_the_manual(const struct finding *f)
{
	bool open_place = f->in.kind == FOLDER_QUEUE || f->in.kind == FOLDER_MINE;
	bool present = f->now && f->generation == f->now && f->wanted.kind != FOLDER_NONE;

	if (!f->ours && f->in.kind == FOLDER_NOT_TAKEN)
		return FOUND_HOME;
	if (!f->ours)
		return open_place ? FOUND_FOREIGN : FOUND_LOST;
	if (present && folder_same(f->in, f->wanted))
		return FOUND_HOME;
	if (present && !folder_same(f->in, f->before))
		return FOUND_MOVED;
	return FOUND_STALE;
}

/* ours × generation (older, the same, newer) × placed or not × in × wanted × before */
static void test_each_finding(void)
{
	const size_t n = G_N_ELEMENTS(all_folders);
	unsigned moved = 0;

	for (size_t i = 0; i < 2 * 3 * 2 * n * n * n; i++) {
		size_t rest = i;
		struct finding f = { .ours = rest % 2 };

		rest /= 2;
		f.generation = 6 + rest % 3;
		rest /= 3;
		f.now = rest % 2 ? 7 : 0;
		rest /= 2;
		f.in = all_folders[rest % n];
		f.wanted = all_folders[rest / n % n];
		f.before = all_folders[rest / n / n];
		g_assert_cmpint(placement_found(&f), ==, by_the_manual(&f));
		moved += placement_found(&f) == FOUND_MOVED;
		/* Nothing but a file of the present state is ever a command. */
		if (placement_found(&f) == FOUND_MOVED)
			g_assert_true(f.ours && f.generation == f.now);
	}
	g_assert_cmpuint(moved, >, 0);
}

/* Each move, from each state: what the verbs are, written down. */
static const struct {
	enum folder_kind to;
	int status;
	const char *agent, *verbs;
} moves[] = {
	{ FOLDER_MINE, TICKET_NEW, NULL, "take" },
	{ FOLDER_MINE, TICKET_WAITING, "anna", "reopen" },
	{ FOLDER_MINE, TICKET_WAITING, NULL, "take reopen" },
	{ FOLDER_MINE, TICKET_CLOSED, "anna", "reopen" },
	{ FOLDER_MINE, TICKET_CLOSED, "ben", "take reopen" },
	{ FOLDER_MINE, TICKET_SPAM, NULL, "take reopen" },
	{ FOLDER_WAITING, TICKET_OPEN, "anna", "status" },
	{ FOLDER_WAITING, TICKET_OPEN, NULL, "take status" },
	{ FOLDER_WAITING, TICKET_WAITING, NULL, "take" },
	{ FOLDER_QUEUE, TICKET_OPEN, "anna", "queue release" },
	{ FOLDER_QUEUE, TICKET_OPEN, NULL, "queue" },
	{ FOLDER_QUEUE, TICKET_CLOSED, "ben", "queue release reopen" },
	{ FOLDER_QUEUE, TICKET_SPAM, NULL, "queue reopen" },
	{ FOLDER_CLOSED, TICKET_OPEN, "anna", "close" },
	{ FOLDER_CLOSED, TICKET_SPAM, NULL, "close" },
	{ FOLDER_SPAM, TICKET_CLOSED, "ben", "spam" },
	{ FOLDER_COLLEAGUES, TICKET_OPEN, "anna", NULL },
	{ FOLDER_NOT_TAKEN, TICKET_OPEN, "anna", NULL },
	{ FOLDER_OTHER, TICKET_OPEN, "anna", NULL },
};

/* wanted: NULL for a folder that is no command. */
static void says(enum folder_kind to, const struct ticket *t, const char *wanted)
{
	struct move_verbs verbs;
	g_autoptr(GString) said = g_string_new(NULL);
	bool is_one = placement_verbs((struct folder){ to, "ops" }, t, "anna", &verbs);

	for (unsigned v = 0; v < verbs.n; v++)
		g_string_append_printf(said, "%s%s", v ? " " : "", verb_info(verbs.verbs[v])->name);
	g_assert_cmpint(is_one, ==, wanted != NULL);
	g_assert_cmpstr(said->str, ==, wanted ? wanted : "");
}

static void test_each_move(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(moves); i++)
		says(moves[i].to,
			&(struct ticket){ .status = moves[i].status,
				.agent = (char *)moves[i].agent,
				.queue = (char *)"support" },
			moves[i].verbs);
}

static void test_moves_within_a_queue(void)
{
	struct ticket t = {
		.status = TICKET_OPEN, .agent = (char *)"anna", .queue = (char *)"ops"
	};

	says(FOLDER_QUEUE, &t, "release");
	t.status = TICKET_CLOSED;
	says(FOLDER_QUEUE, &t, "release reopen");
	t.agent = NULL;
	says(FOLDER_QUEUE, &t, "reopen");
	/* Of no queue at all. */
	t.queue = NULL;
	says(FOLDER_QUEUE, &t, "queue reopen");
}

static void test_what_changes_a_placement(void)
{
	char *ops[] = { (char *)"ops", NULL }, *both[] = { (char *)"ops", (char *)"law", NULL };
	const struct placement base = { .status = TICKET_OPEN,
		.agent = (char *)"anna",
		.queue = (char *)"support",
		.watchers = ops,
		.face = 5 };
	struct placement others[] = { base, base, base, base, base, base, base, base, base };

	g_assert_true(placement_same(&base, &others[0]));
	others[0].status = TICKET_NEW;
	others[1].agent = NULL;
	others[2].agent = (char *)"ben";
	others[3].queue = (char *)"ops";
	others[4].watchers = both;
	others[5].watchers = NULL;
	others[6].face = 6;
	others[7].flagged = true;
	others[8].over = 1;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		g_assert_false(placement_same(&base, &others[i]));
		g_assert_false(placement_same(&others[i], &base));
	}
}

/* A queue is looked at where a folder is one's own of a queue, and only there. */
static void test_same_folders(void)
{
	static const struct folder folders[] = { { FOLDER_MINE, NULL }, { FOLDER_CLOSED, NULL },
		{ FOLDER_QUEUE, (char *)"support" }, { FOLDER_QUEUE, (char *)"sales" },
		{ FOLDER_COLLEAGUES, (char *)"support" }, { FOLDER_COLLEAGUES, (char *)"sales" } };
	const struct folder mine = { FOLDER_MINE, (char *)"whatever" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(folders); j++)
			g_assert_cmpint(folder_same(folders[i], folders[j]), ==, i == j);
	g_assert_true(folder_same(folders[0], mine));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/placement/each status and owner", test_each_status_and_owner);
	g_test_add_func("/placement/a watching queue sees it", test_a_watching_queue_sees_it);
	g_test_add_func("/placement/what is long over", test_what_is_long_over_is_not_shown);
	g_test_add_func("/placement/names read back", test_names_read_back);
	g_test_add_func("/placement/each finding", test_each_finding);
	g_test_add_func("/placement/each move", test_each_move);
	g_test_add_func("/placement/moves within a queue", test_moves_within_a_queue);
	g_test_add_func("/placement/what changes it", test_what_changes_a_placement);
	g_test_add_func("/placement/same folders", test_same_folders);
	return g_test_run();
}

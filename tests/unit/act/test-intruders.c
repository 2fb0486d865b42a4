/* Nobody comes into another's ticket by what anybody can write: ids that are only guessed, names
 * in From, Reply-To and Cc. */
#include "../desk.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static const char newsletter[] = "<spring@news.example.org>";

static uint64_t mail_of(struct desk *d, const char *from, const char *headers)
{
	static unsigned id;
	g_autofree char *mail = g_strdup_printf(
		"From: %s\nTo: support@example.com\nSubject: Re: spring sale\nMessage-ID: <m%u@example.net>\n%s\n"
		"of %s\n",
		from, ++id, headers, from);

	desk_mail(d, from, "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
	return d->last.ticket;
}

static uint64_t answer_of(struct desk *d, const char *from, const char *more)
{
	g_autofree char *headers = g_strdup_printf("In-Reply-To: %s\n%s", newsletter, more);

	return mail_of(d, from, headers);
}

static void assert_linked(struct desk *d, uint64_t a, uint64_t b)
{
	const uint64_t both[] = { a, b };

	for (int i = 0; i < 2; i++) {
		struct ticket t;

		desk_ticket(d, both[i], &t);
		g_assert_true(numbers_has(&t.links, both[1 - i]));
		g_assert_cmpuint(t.messages_count, ==, 1);
		record_release(&ticket_type, &t);
		g_assert_cmpuint(desk_events(d, both[i], "link"), ==, 1);
	}
}

static void test_strangers_of_one_newsletter(void)
{
	struct desk d;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	g_assert_cmpuint(answer_of(&d, "carla@example.net", ""), ==, 1);
	g_assert_cmpuint(answer_of(&d, "dora@example.org", ""), ==, 2);
	g_assert_cmpint(d.last.match, ==, MATCH_NEW);
	assert_linked(&d, 1, 2);
	/* What the stranger is answered says nothing of the other. */
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 2);
	g_assert_null(strstr(mail, "carla"));
	g_assert_null(strstr(mail, "#1]"));
	desk_close(&d);
}

static void test_both_of_a_talk(void)
{
	struct desk d;

	desk_open(&d, NULL);
	g_assert_cmpuint(answer_of(&d, "carla@example.net", "Cc: dora@example.org\n"), ==, 1);
	g_assert_cmpuint(answer_of(&d, "dora@example.org", "Cc: carla@example.net\n"), ==, 1);
	g_assert_cmpint(d.last.match, ==, MATCH_MESSAGE_ID);
	g_assert_cmpuint(answer_of(&d, "carla@example.net", ""), ==, 1);
	desk_close(&d);
}

/* Eve asks for the ids that somebody's mail will have or answer, in each way that could make her
 * ticket theirs. */
static const struct trap {
	const char *sentence, *from, *headers;
} traps[] = {
	{ "ids that are listed wait for nobody", "eve@example.org", "" },
	{ "not for who is named in Cc", "eve@example.org", "Cc: carla@example.net\n" },
	{ "not for who is named in Reply-To", "eve@example.org", "Reply-To: carla@example.net\n" },
	{ "not for who is named beside another author", "carla@example.net, eve@example.org", "" },
	{ "nor in a second From", "eve@example.org\nFrom: carla@example.net",
		"Cc: carla@example.net\n" },
};

static void test_trap(gconstpointer data)
{
	const struct trap *trap = data;
	struct desk d;

	desk_open(&d, NULL);
	g_assert_cmpuint(answer_of(&d, trap->from, trap->headers), ==, 1);
	/* Answering the guessed id, and having it. */
	g_assert_cmpuint(answer_of(&d, "carla@example.net", ""), ==, 2);
	/* Nor does Eve come to them. */
	g_assert_cmpuint(answer_of(&d, "eve@example.org",
				 "Cc: carla@example.net\nReply-To: carla@example.net\n"),
		!=, 2);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nTo: support@example.com\nSubject: mine\nMessage-ID: <spring@news.example.org>\n\nsecret\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_close(&d);
}

/* She takes the id of a mail that she has seen for one of her own: answers to it stay the
 * first's. */
static void test_taken_id(void)
{
	static const char mine[] =
		"From: %s\nTo: support@example.com\n%sSubject: x\nMessage-ID: <q@example.net>\n\nof %s\n";
	g_autofree char *first = g_strdup_printf(mine, "carla@example.net", "", "carla");
	g_autofree char *second = g_strdup_printf(
		mine, "eve@example.org", "Cc: carla@example.net\n", "eve");
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, first);
	desk_mail(&d, "eve@example.org", "support@example.com", NULL, second);
	g_assert_cmpuint(d.last.ticket, ==, 2);
	g_assert_cmpuint(mail_of(&d, "carla@example.net", "In-Reply-To: <q@example.net>\n"), ==, 1);
	desk_close(&d);
}

static void test_tag_of_several_authors(void)
{
	struct desk d;

	desk_open(&d, NULL);
	mail_of(&d, "carla@example.net", "");
	desk_mail(&d, "eve@example.org", "support@example.com", NULL,
		"From: carla@example.net, eve@example.org\nSubject: [example.com #1] x\nMessage-ID: <e1@example.org>\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	assert_linked(&d, 1, 2);
	/* Without any, the envelope's sender speaks. */
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"Subject: [example.com #1] x\nMessage-ID: <e2@example.org>\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_close(&d);
}

static void assert_participants(struct desk *d, uint64_t number, const char *wanted)
{
	g_autofree char *list = NULL;
	struct ticket t;

	desk_ticket(d, number, &t);
	list = g_strjoinv(" ", t.participants);
	g_assert_cmpstr(list, ==, wanted);
	record_release(&ticket_type, &t);
}

/* Whom our own verifier calls forged may write, but takes part in nothing and brings nobody
 * along. */
static void test_forged(void)
{
	static const char forged[] =
		"Authentication-Results: mx.example.com; dmarc=fail header.from=example.net\n"
		"From: carla@example.net\nTo: support@example.com\nCc: eve@example.org\nReply-To: evil@example.org\n";
	struct desk d;
	g_autofree char *tag = g_strdup_printf(
		"%sSubject: [example.com #1] x\nMessage-ID: <f1@example.org>\n\nx\n", forged);
	g_autofree char *id = g_strdup_printf(
		"%sSubject: x\nMessage-ID: <f2@example.org>\nIn-Reply-To: <known@example.net>\n\nx\n",
		forged);

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: x\nMessage-ID: <known@example.net>\n\nx\n");
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, tag);
	g_assert_cmpuint(d.last.ticket, ==, 2);
	assert_linked(&d, 1, 2);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, id);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	assert_participants(&d, 1, "carla@example.net");
	desk_close(&d);
}

static void test_reply_to_takes_part(void)
{
	struct desk d;

	desk_open(&d, NULL);
	mail_of(&d, "carla@example.net",
		"Reply-To: support@example.com, anna@example.com, office@example.net, b@example.net\n");
	assert_participants(&d, 1, "carla@example.net office@example.net b@example.net");
	desk_mail(&d, "office@example.net", "support@example.com", NULL,
		"From: office@example.net\nSubject: [example.com #1] x\nMessage-ID: <o@example.net>\n\nx\n");
	g_assert_cmpint(d.last.match, ==, MATCH_SUBJECT);
	desk_close(&d);
}

/* An id that an agent's answer names is not the customer's alone, either; the agent's own id is. */
static void test_ids_of_an_agents_answer(void)
{
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "anna@example.com", "carla@example.net,support@example.com", "anna",
		"From: anna@example.com\nTo: carla@example.net\nCc: support@example.com\nSubject: Re: spring sale\nMessage-ID: <a1@example.com>\n"
		"In-Reply-To: <spring@news.example.org>\n\nhello\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpuint(answer_of(&d, "eve@example.org", ""), ==, 2);
	g_assert_cmpuint(answer_of(&d, "carla@example.net", ""), ==, 3);
	g_assert_cmpuint(answer_of(&d, "carla@example.net", "Cc: anna@example.com\n"), ==, 3);
	g_assert_cmpuint(mail_of(&d, "carl@example.net", "In-Reply-To: <a1@example.com>\n"), ==, 1);
	desk_close(&d);
}

/* --- what is looked at has an end --- */

struct filling {
	uint64_t number;
	unsigned count;
	const char *last;
};

static enum status add_references(struct txn *txn, void *arg, struct error *err)
{
	const struct filling *f = arg;
	enum status st = ST_OK;

	for (unsigned i = 0; i < f->count && st == ST_OK; i++)
		st = tickets_index_id(txn, newsletter, f->number + i, 0, ID_REFERENCED, err);
	return st;
}

static enum status add_messages(struct txn *txn, void *arg, struct error *err)
{
	const struct filling *f = arg;
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, f->number, &t, err);

	for (unsigned i = 0; i < f->count && st == ST_OK; i++) {
		struct entry e = { .from = (char *)(i + 1 < f->count ? "eve@example.org" : f->last),
			.received = 1 };

		st = tickets_append(txn, &t, &e, NULL, err);
	}
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st;
}

static void fill(struct desk *d, store_fn *fn, struct filling *filling)
{
	g_assert_cmpint(store_write(d->store, fn, filling, &d->err), ==, ST_OK);
}

static void test_tickets_of_an_id(void)
{
	struct desk d;

	for (unsigned more = 0; more < 2; more++) {
		desk_open(&d, NULL);
		answer_of(&d, "carla@example.net", "");
		for (unsigned i = 0; i < LIMIT_ID_HITS - 1 + more; i++)
			mail_of(&d, "eve@example.org", "");
		fill(&d, add_references, &(struct filling){ 2, LIMIT_ID_HITS - 1 + more, NULL });
		g_assert_cmpuint(answer_of(&d, "carla@example.net", ""), ==,
			more ? LIMIT_ID_HITS + more + 1 : 1);
		desk_close(&d);
	}
}

static void test_tickets_asked(void)
{
	for (unsigned more = 0; more < 2; more++) {
		g_autoptr(GString) list = g_string_new("In-Reply-To:");
		g_autofree char *theirs = NULL;
		struct desk d;

		desk_open(&d, NULL);
		answer_of(&d, "carla@example.net", "");
		for (unsigned i = 0; i < LIMIT_MATCH_TICKETS - 1 + more; i++) {
			g_autofree char *headers = g_strdup_printf(
				"Cc: carla@example.net\nReferences: <guess%u@x>\n", i);

			mail_of(&d, "eve@example.org", headers);
			g_string_append_printf(list, " <guess%u@x>", i);
		}
		theirs = g_strdup_printf("%s\nReferences: %s\n", list->str, newsletter);
		g_assert_cmpuint(mail_of(&d, "carla@example.net", theirs), ==,
			more ? LIMIT_MATCH_TICKETS + more + 1 : 1);
		desk_close(&d);
	}
}

static void test_messages_looked_at(void)
{
	struct desk d;

	for (unsigned more = 0; more < 2; more++) {
		desk_open(&d, NULL);
		answer_of(&d, "eve@example.org", "Cc: carla@example.net\n");
		fill(&d, add_messages,
			&(struct filling){
				1, LIMIT_MATCH_ENTRIES - 1 + more, "Dora <dora@example.org>" });
		g_assert_cmpuint(answer_of(&d, "carla@example.net", "Cc: dora@example.org\n"), ==,
			more ? 2 : 1);
		desk_close(&d);
	}
}

static void test_links_by_ids(void)
{
	struct desk d;

	for (unsigned more = 0; more < 2; more++) {
		GString *list = g_string_new("References:");
		struct ticket t;

		desk_open(&d, NULL);
		for (unsigned i = 0; i < LIMIT_LINKS_BY_ID + more; i++) {
			g_autofree char *headers = g_strdup_printf("References: <root%u@x>\n", i);

			mail_of(&d, "carla@example.net", headers);
			g_string_append_printf(list, " <root%u@x>", i);
		}
		g_string_append_c(list, '\n');
		desk_ticket(&d, mail_of(&d, "eve@example.org", list->str), &t);
		g_assert_cmpuint(t.links.n, ==, LIMIT_LINKS_BY_ID);
		record_release(&ticket_type, &t);
		g_string_free(list, TRUE);
		desk_close(&d);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/intruders/two strangers who answer one newsletter have two tickets, linked",
		test_strangers_of_one_newsletter);
	g_test_add_func("/intruders/two who name each other have one", test_both_of_a_talk);
	for (size_t i = 0; i < G_N_ELEMENTS(traps); i++) {
		g_autofree char *path = g_strdup_printf("/intruders/%s", traps[i].sentence);

		g_test_add_data_func(path, &traps[i], test_trap);
	}
	g_test_add_func(
		"/intruders/answers to an id that a stranger took stay the first's", test_taken_id);
	g_test_add_func(
		"/intruders/a From of several authors is nobody's, and without one the envelope speaks",
		test_tag_of_several_authors);
	g_test_add_func("/intruders/a forged From takes part in nothing", test_forged);
	g_test_add_func(
		"/intruders/whoever wants the answers takes part", test_reply_to_takes_part);
	g_test_add_func("/intruders/an id that an agent's answer only names is nobody's",
		test_ids_of_an_agents_answer);
	g_test_add_func("/intruders/tickets that know one id", test_tickets_of_an_id);
	g_test_add_func("/intruders/tickets asked whether a sender takes part", test_tickets_asked);
	g_test_add_func("/intruders/messages looked at for an author", test_messages_looked_at);
	g_test_add_func("/intruders/links for ids", test_links_by_ids);
	return g_test_run();
}

/* Caps that several modules keep together, at the limit and one past it. Those of one module are in
 * the test of that module. */
#include <string.h>

#include "act/reply-parts.h"
#include "base/limits.h"
#include "tables/history.h"
#include "../desk.h"

static GString *mail_head(unsigned id)
{
	GString *mail = g_string_new("From: carla@example.net\nSubject: Printer\n");

	g_string_append_printf(mail, "Message-ID: <q%u@example.net>\n", id);
	if (id > 1)
		g_string_append_printf(mail, "In-Reply-To: <q%u@example.net>\n", id - 1);
	return mail;
}

static void hand_in(struct desk *d, GString *mail)
{
	g_string_append(mail, "\nx\n");
	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail->str);
	g_assert_cmpint(d->status, ==, ST_OK);
	g_assert_cmpuint(d->last.ticket, ==, 1);
	g_string_free(mail, TRUE);
}

static unsigned participants_after(struct desk *d, unsigned id, unsigned others)
{
	GString *mail = mail_head(id);
	struct ticket t;
	unsigned n;

	for (unsigned i = 0; i < others; i++)
		g_string_append_printf(
			mail, i ? ", p%u-%u@example.org" : "Cc: p%u-%u@example.org", id, i);
	g_string_append_c(mail, '\n');
	hand_in(d, mail);
	desk_ticket(d, 1, &t);
	n = g_strv_length(t.participants);
	record_release(&ticket_type, &t);
	return n;
}

static void test_participants(void)
{
	struct desk d;
	unsigned id = 1, left = LIMIT_PARTICIPANTS - 1;

	desk_open(&d, NULL);
	for (unsigned n; left > 0; left -= n) {
		n = MIN(left, LIMIT_ADDRESSES);
		g_assert_cmpuint(
			participants_after(&d, id++, n), ==, LIMIT_PARTICIPANTS - left + n);
	}
	g_assert_cmpuint(participants_after(&d, id, 1), ==, LIMIT_PARTICIPANTS);
	desk_close(&d);
}

/* The root and the newest stay. */
static void assert_references(struct desk *d, unsigned id, unsigned count, const char *second)
{
	GString *mail = mail_head(id);
	struct entry entry;

	g_string_append(mail, "References:");
	for (unsigned i = 0; i + 1 < count; i++)
		g_string_append_printf(mail, " <r%u@example.net>", i);
	g_string_append_printf(mail, " <q%u@example.net>\n", id - 1);
	hand_in(d, mail);
	desk_entry(d, 1, id, &entry);
	g_assert_cmpuint(g_strv_length(entry.references), ==, LIMIT_REFERENCES_KEPT);
	g_assert_cmpstr(entry.references[0], ==, "<r0@example.net>");
	g_assert_cmpstr(entry.references[1], ==, second);
	record_release(&entry_type, &entry);
}

static void test_references_kept(void)
{
	struct desk d;

	desk_open(&d, NULL);
	hand_in(&d, mail_head(1));
	assert_references(&d, 2, LIMIT_REFERENCES_KEPT, "<r1@example.net>");
	assert_references(&d, 3, LIMIT_REFERENCES_KEPT + 1, "<r2@example.net>");
	desk_close(&d);
}

/* An answer has the newest, and the mail that it answers. */
static void test_references_of_an_answer(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
		g_auto(GStrv) kept = NULL;

		for (unsigned i = 0; i < LIMIT_REFERENCES_KEPT + past; i++)
			g_ptr_array_add(all, g_strdup_printf("<r%u@x>", i));
		g_ptr_array_add(all, NULL);
		kept = reply_references((const char *const *)all->pdata, "<q@x>");
		g_assert_cmpuint(g_strv_length(kept), ==, LIMIT_REFERENCES_KEPT + 1);
		g_assert_cmpstr(kept[0], ==, past ? "<r1@x>" : "<r0@x>");
		g_assert_cmpstr(kept[LIMIT_REFERENCES_KEPT], ==, "<q@x>");
	}
}

/* What is recorded of a Subject, and the title of its ticket. */
static void test_title(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(LIMIT_TITLE_BYTES + past, 's'),
				*mail = g_strdup_printf("From: carla@example.net\nSubject: %s\n"
							"Message-ID: <t@example.net>\n\nx\n",
					fill);
		struct desk d;
		struct ticket t;
		struct entry e;

		desk_open(&d, NULL);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
		desk_ticket(&d, 1, &t);
		desk_entry(&d, 1, 1, &e);
		g_assert_cmpuint(strlen(t.subject), ==, LIMIT_TITLE_BYTES);
		g_assert_cmpuint(strlen(e.subject), ==, LIMIT_TITLE_BYTES);
		record_release(&ticket_type, &t);
		record_release(&entry_type, &e);
		desk_close(&d);
	}
}

/* A Subject of an agent's own is recorded without its commands. */
static void test_title_without_commands(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(
					LIMIT_TITLE_BYTES - strlen("[example.com #1] ") + past,
					's'),
				*mail = g_strdup_printf(
					"From: anna@example.com\nTo: carla@example.net\n"
					"In-Reply-To: <q1@example.net>\n"
					"Subject: !close [example.com #1] %s\n"
					"Message-ID: <t@example.com>\n\nx\n",
					fill);
		struct desk d;
		struct entry e;

		desk_open(&d, NULL);
		hand_in(&d, mail_head(1));
		desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
		desk_entry(&d, 1, 2, &e);
		g_assert_cmpuint(strlen(e.subject), ==, LIMIT_TITLE_BYTES);
		record_release(&entry_type, &e);
		desk_close(&d);
	}
}

/* All that are taken out of a Subject are run. */
static void test_commands_of_a_subject(void)
{
	g_autoptr(GString) mail = g_string_new("From: anna@example.com\nTo: carla@example.net\n"
					       "In-Reply-To: <q1@example.net>\n"
					       "Message-ID: <t@example.com>\nSubject:");
	struct desk d;
	struct ticket t;

	for (unsigned i = 0; i < LIMIT_COMMANDS; i++)
		g_string_append_printf(mail, "%s!tag +t%u", i % 8 ? " " : "\n ", i);
	g_string_append(mail, " Re: [example.com #1] Printer\n\nx\n");
	desk_open(&d, NULL);
	hand_in(&d, mail_head(1));
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail->str);
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(g_strv_length(t.tags), ==, LIMIT_COMMANDS);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void fill_archived(struct desk *d, uint64_t seq, size_t size)
{
	g_autofree char *path = NULL, *data = g_malloc(size);
	struct entry entry;

	memset(data, 'x', size);
	memcpy(data, "A: b\n\n", strlen("A: b\n\n"));
	desk_entry(d, 1, seq, &entry);
	path = g_build_filename(d->dir, "mail", entry.archive, NULL);
	g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
	g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
	record_release(&entry_type, &entry);
}

static enum status note_id(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(uint64_t *)arg = outgoing->id;
	return ST_OK;
}

static enum status find_id(struct txn *txn, void *arg, struct error *err)
{
	return outbox_each(txn, note_id, arg, err);
}

/* Bytes of a mail that both messages of the ticket are to be attached to. */
static size_t attached(struct desk *d)
{
	char id[] = "n@example.com";
	uint64_t seqs[] = { 1, 2 };
	struct outgoing outgoing = {
		.ticket = 1, .message_id = id, .attach = { .v = seqs, .n = G_N_ELEMENTS(seqs) }
	};
	g_autoptr(GString) mail = g_string_new(NULL);

	g_assert_cmpint(store_read(d->store, find_id, &outgoing.id, &d->err), ==, ST_OK);
	g_assert_cmpint(reply_complete(d->store, d->settings, &outgoing, mail, &d->err), ==, ST_OK);
	return mail->len;
}

static void test_forwarded_bytes(void)
{
	static const size_t half = LIMIT_FORWARD_BYTES / 2;
	struct desk d;

	desk_open(&d, NULL);
	hand_in(&d, mail_head(1));
	hand_in(&d, mail_head(2));
	fill_archived(&d, 1, half);
	fill_archived(&d, 2, LIMIT_FORWARD_BYTES - half);
	g_assert_cmpuint(attached(&d), >, LIMIT_FORWARD_BYTES);
	fill_archived(&d, 1, half + 1);
	g_assert_cmpuint(attached(&d), >, half);
	g_assert_cmpuint(attached(&d), <, half + half / 2);
	desk_close(&d);
}

struct crowd {
	unsigned from, to;
};

static enum status add_crowd(struct txn *txn, void *arg, struct error *err)
{
	const struct crowd *crowd = arg;
	char *queues[] = { (char *)"sales", NULL };
	enum status st = ST_OK;

	for (unsigned i = crowd->from; i < crowd->to && st == ST_OK; i++) {
		g_autofree char *login = g_strdup_printf("agent%u", i),
				*at = g_strconcat(login, "@example.com", NULL);
		char *addresses[] = { at, NULL };
		const struct agent agent = {
			.login = login, .addresses = addresses, .queues = queues
		};

		st = agents_save(txn, &agent, err);
	}
	return st;
}

/* How many get a mail to sales@, where Ben is alone at first. */
static unsigned told(struct desk *d, struct crowd crowd, unsigned id)
{
	g_autofree char *mail = g_strdup_printf(
		"From: carla@example.net\nMessage-ID: <s%u@x>\n\nx\n", id);
	const struct edit *edit;
	unsigned n = 0;

	g_assert_cmpint(store_write(d->store, add_crowd, &crowd, &d->err), ==, ST_OK);
	desk_mail(d, "carla@example.net", "both@example.com", NULL, mail);
	for (unsigned i = 0; (edit = edits_at(&d->last.edits, i)); i++)
		n += edit->kind == EDIT_ADD_RECIPIENT;
	return n;
}

static enum status keep_text(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	char **text = arg;

	(void)txn;
	(void)err;
	if (event->kind == EVENT_SUPPRESSED) {
		g_free(*text);
		*text = g_strdup(event->text);
	}
	return ST_OK;
}

static enum status find_suppressed(struct txn *txn, void *arg, struct error *err)
{
	return history_each(txn, 3, 0, keep_text, arg, err);
}

static void test_notified(void)
{
	g_autofree char *said = NULL;
	struct desk d;

	desk_open(&d, NULL);
	g_assert_cmpuint(told(&d, (struct crowd){ 1, 300 }, 1), ==, 300);
	g_assert_cmpuint(told(&d, (struct crowd){ 300, LIMIT_NOTIFIED }, 2), ==, LIMIT_NOTIFIED);
	g_assert_cmpuint(desk_events(&d, 2, "suppressed") + d.last.not_told, ==, 0);
	g_assert_cmpuint(told(&d, (struct crowd){ LIMIT_NOTIFIED, LIMIT_NOTIFIED + 3 }, 3), ==,
		LIMIT_NOTIFIED);
	g_assert_cmpuint(d.last.not_told, ==, 3);
	g_assert_cmpuint(desk_events(&d, 3, "suppressed"), ==, 1);
	g_assert_cmpint(store_read(d.store, find_suppressed, &said, &d.err), ==, ST_OK);
	g_assert_cmpstr(
		said, ==, "3 members of queue 'sales' do not get this mail; at most 1000 do");
	/* Once more: the same, and nothing added. */
	g_assert_cmpuint(told(&d, (struct crowd){ 0, 0 }, 3), ==, LIMIT_NOTIFIED);
	g_assert_cmpuint(desk_events(&d, 3, "suppressed"), ==, 1);
	desk_close(&d);
}

/* A customer's line is the customer's as long as it is among the last texts. */
static void test_texts_compared(void)
{
	static const char *const ends[] = { "", "\nspam\n", "\nclose\n" };
	static const char *const lines[] = { "close", "spam" };
	static const int statuses[] = { TICKET_NEW, TICKET_SPAM };

	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
		struct desk d;
		struct ticket t;
		g_autofree char *note = g_strdup_printf(
			"From: anna@example.com\nSubject: [example.com #1]\n"
			"Message-ID: <n@example.com>\n\n%s\n",
			lines[i]);

		desk_open(&d, NULL);
		for (unsigned id = 1; id <= LIMIT_TEXTS_COMPARED + 1; id++) {
			GString *mail = mail_head(id);

			g_string_append(mail, id < G_N_ELEMENTS(ends) ? ends[id] : "");
			hand_in(&d, mail);
		}
		desk_mail(&d, "anna@example.com", "support@example.com", "anna", note);
		desk_ticket(&d, 1, &t);
		g_assert_cmpint(t.status, ==, statuses[i]);
		record_release(&ticket_type, &t);
		desk_close(&d);
	}
}

/* A Subject may name as many tickets as one can be linked with. */
static void test_links_of_a_subject(void)
{
	g_autoptr(GString) subject = g_string_new("From: eve@example.org\nSubject: x");
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	for (unsigned id = 1; id <= LIMIT_LINKS + 1; id++) {
		g_autofree char *mail = g_strdup_printf(
			"From: carla@example.net\nMessage-ID: <l%u@example.net>\n\nx\n", id);

		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
		g_string_append_printf(subject, "\n [example.com #%u]", id);
	}
	g_string_append(subject, "\nMessage-ID: <e@example.org>\n\nx\n");
	desk_mail(&d, "eve@example.org", "support@example.com", NULL, subject->str);
	g_assert_cmpuint(d.last.ticket, ==, LIMIT_LINKS + 2);
	desk_ticket(&d, d.last.ticket, &t);
	g_assert_cmpuint(t.links.n, ==, LIMIT_LINKS);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* One that is full stays as it is; the new one tells of the link all the same. */
static void test_links_that_have_no_room(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	hand_in(&d, mail_head(1));
	desk_ticket(&d, 1, &t);
	for (uint64_t i = 0; i < LIMIT_LINKS - 1; i++)
		numbers_add(&t.links, 1000 + i);
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: eve@example.org\nSubject: [example.com #1]\n"
			"Message-ID: <e%u@example.org>\n\nx\n",
			i);

		desk_mail(&d, "eve@example.org", "support@example.com", NULL, mail);
		g_assert_cmpuint(d.last.ticket, ==, 2 + i);
		desk_ticket(&d, 1, &t);
		g_assert_cmpuint(t.links.n, ==, LIMIT_LINKS);
		g_assert_true(numbers_has(&t.links, 2));
		record_release(&ticket_type, &t);
		desk_ticket(&d, d.last.ticket, &t);
		g_assert_true(numbers_has(&t.links, 1));
		record_release(&ticket_type, &t);
	}
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/limits/participants of a ticket", test_participants);
	g_test_add_func("/limits/references kept of a message", test_references_kept);
	g_test_add_func("/limits/references of an answer", test_references_of_an_answer);
	g_test_add_func("/limits/a title", test_title);
	g_test_add_func("/limits/commands of a Subject", test_commands_of_a_subject);
	g_test_add_func("/limits/a title without its commands", test_title_without_commands);
	g_test_add_func("/limits/bytes attached to one mail", test_forwarded_bytes);
	g_test_add_func("/limits/agents who get one mail", test_notified);
	g_test_add_func("/limits/texts that commands are compared with", test_texts_compared);
	g_test_add_func("/limits/links of a Subject", test_links_of_a_subject);
	g_test_add_func("/limits/links that have no room", test_links_that_have_no_room);
	return g_test_run();
}

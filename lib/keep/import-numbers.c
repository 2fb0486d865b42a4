/* Threads of a mailbox and their numbers: sets of Message-IDs, joined as mails name them
 * together. */
#include "keep/import-numbers.h"

#include "keep/box-parts.h"

struct thread {
	struct thread *joined; /* the thread that it became part of; NULL: none */
	uint64_t number;       /* 0: not known */
};

struct import_numbers {
	const struct tag_format *format;
	GHashTable *threads; /* id → struct thread */
};

static struct thread *thread_root(struct thread *thread)
{
	while (thread->joined)
		thread = thread->joined;
	return thread;
}

/* The shorter way is kept: a thread may be as long as the mailbox. */
static struct thread *thread_find(struct thread *thread)
{
	struct thread *root = thread_root(thread);

	while (thread->joined) {
		struct thread *next = thread->joined;

		thread->joined = root;
		thread = next;
	}
	return root;
}

static struct thread *thread_of_id(struct import_numbers *numbers, const char *id)
{
	struct thread *thread = g_hash_table_lookup(numbers->threads, id);

	if (!thread) {
		thread = g_new0(struct thread, 1);
		g_hash_table_insert(numbers->threads, g_strdup(id), thread);
	}
	return thread_find(thread);
}

/* The number that came first stays. */
static struct thread *thread_join(struct thread *a, struct thread *b)
{
	if (!a || a == b)
		return b;
	b->joined = a;
	if (!a->number)
		a->number = b->number;
	return a;
}

static uint64_t number_in(const struct import_numbers *numbers, const struct message *message)
{
	struct subject_view view;
	uint64_t number;

	subject_view_init(&view, message_header(message, "Subject", 0), numbers->format);
	number = view.tags.n ? view.tags.v[0] : 0;
	subject_view_release(&view);
	return number;
}

static void learn_from(struct import_numbers *numbers, const struct message *message)
{
	const char *const own[] = { message_id(message), NULL };
	const char *const *const lists[] = { own, message_in_reply_to(message),
		message_references(message) };
	struct thread *thread = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (const char *const *id = lists[i]; *id; id++)
			thread = thread_join(thread, thread_of_id(numbers, *id));
	if (thread && !thread->number)
		thread->number = number_in(numbers, message);
}

struct import_numbers *import_numbers_new(const struct box *box, const struct tag_format *format)
{
	struct import_numbers *numbers = g_new0(struct import_numbers, 1);

	numbers->format = format;
	numbers->threads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (size_t i = 0; i < box_count(box); i++) {
		struct mail mail = { 0 };

		if (box_read_header(box, i, &mail, NULL) == ST_OK) {
			struct message *message = message_parse_bytes(mail.data, mail.len);

			learn_from(numbers, message);
			message_free(message);
		}
		mail_release(&mail);
	}
	return numbers;
}

void import_numbers_free(struct import_numbers *numbers)
{
	if (!numbers)
		return;
	g_hash_table_unref(numbers->threads);
	g_free(numbers);
}

uint64_t import_numbers_of(const struct import_numbers *numbers, const struct message *message)
{
	const char *id = message_id(message);
	struct thread *thread = id ? g_hash_table_lookup(numbers->threads, id) : NULL;
	uint64_t number = thread ? thread_root(thread)->number : 0;

	return number ? number : number_in(numbers, message);
}

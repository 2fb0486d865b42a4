/* A query, and a saved one after the first line feed: read, and asked of a ticket at any time. */
#include "fuzz.h"

#include <string.h>

#include "model/query-parts.h"
#include "model/query-words.h"

static char *tags[] = { (char *)"vip", NULL };
static const struct ticket ticket = {
	.number = 42,
	.subject = (char *)"Drücker brennt",
	.queue = (char *)"support",
	.agent = (char *)"anna",
	.requester_name = (char *)"Carla Kern",
	.requester_address = (char *)"carla@customer.example",
	.tags = tags,
	.opened = INT64_C(1790000000000000),
	.updated = INT64_C(1791000000000000),
	.messages_count = 2,
};

static enum query_truth no_more(const struct query_term *term, void *arg)
{
	FUZZ_ASSERT(term->values->len > 0);
	(void)arg;
	return QUERY_NO;
}

static void ask(const struct query_tree *q, int64_t now)
{
	struct query_asking asking = { .ticket = &ticket, .now = now };
	enum query_truth open = query_ask(q, &asking), told, timeless;
	int64_t turns = query_turns(q, &asking);

	asking.more = no_more;
	told = query_ask(q, &asking);
	asking.timeless = true;
	timeless = query_ask(q, &asking);
	FUZZ_ASSERT(told != QUERY_MAYBE);
	FUZZ_ASSERT(open == QUERY_MAYBE || open == told);
	FUZZ_ASSERT(timeless == QUERY_MAYBE || timeless == told);
	FUZZ_ASSERT(turns == 0 || turns > now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = g_strndup((const char *)data, size), *second = strchr(text, '\n');
	struct saved_query saved[] = { { "s", NULL }, { NULL, NULL } };
	const struct query_asker asker = { .me = "anna", .saved = saved };
	struct query_tree *q = NULL;
	struct error err = { "" };
	GPtrArray *words = g_ptr_array_new();

	saved[0].text = second ? second + 1 : "tag:vip";
	if (query_parse(text, &asker, &q, &err) == ST_OK) {
		ask(q, INT64_C(1795000000000000));
		ask(q, 1);
		query_words(q, words);
	} else {
		FUZZ_ASSERT(err.text[0] && !q);
	}
	g_ptr_array_unref(words);
	query_free(q);
	g_free(text);
	return 0;
}

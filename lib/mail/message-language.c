/* The languages that a message is in or asks for (RFC 3282), the most wanted first. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

struct wanted {
	char *tag;      /* lower case, or "*": any */
	double quality; /* 0 to 1 */
};

static void wanted_clear(void *data)
{
	g_free(((struct wanted *)data)->tag);
}

static int by_quality(const void *a, const void *b)
{
	double x = ((const struct wanted *)a)->quality, y = ((const struct wanted *)b)->quality;

	return (x < y) - (x > y);
}

/* "en;q=0.5": 1 without one that can be read. */
static double quality_of(const char *element)
{
	const char *parameters = strchr(element, ';'),
		   *q = parameters ? strpbrk(parameters, "qQ") : NULL, *number;
	char *end;
	double quality;

	if (!q || q[1 + strspn(q + 1, " \t")] != '=')
		return 1;
	number = strchr(q, '=') + 1;
	quality = g_ascii_strtod(number, &end);
	return end > number ? CLAMP(quality, 0, 1) : 1;
}

/* One element of a list: "de-AT", "en;q=0.5", "(a remark) fr". */
static void add_element(GArray *all, const char *element)
{
	struct wanted w = { NULL, 0 };
	const char *past;

	element += strspn(element, " \t");
	while (*element == '(' && (past = text_past_comment(element)))
		element = past + strspn(past, " \t");
	w.tag = g_ascii_strdown(element, (gssize)strcspn(element, " \t;("));
	g_strdelimit(w.tag, "_", '-');
	w.quality = quality_of(element);
	if (w.quality > 0 && (text_is_language(w.tag) || strcmp(w.tag, "*") == 0))
		g_array_append_val(all, w);
	else
		g_free(w.tag);
}

/* Puts those of a header at the end of out; false when that ends the list, as any language does. */
static bool language_add_header(GPtrArray *out, const char *value)
{
	g_auto(GStrv) elements = g_strsplit(value ? value : "", ",", LIMIT_LANGUAGES + 1);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct wanted));
	bool goes_on = true;

	g_array_set_clear_func(all, wanted_clear);
	for (unsigned i = 0; i < LIMIT_LANGUAGES && elements[i]; i++)
		add_element(all, elements[i]);
	g_array_sort(all, by_quality);
	for (unsigned i = 0; i < all->len && goes_on && out->len < LIMIT_LANGUAGES; i++) {
		const char *tag = g_array_index(all, struct wanted, i).tag;

		goes_on = *tag != '*';
		if (goes_on && !g_ptr_array_find_with_equal_func(out, tag, g_str_equal, NULL))
			g_ptr_array_add(out, g_strdup(tag));
	}
	return goes_on;
}

const char *message_languages(const struct message *m)
{
	if (!m->languages_known) {
		struct message *cache = (struct message *)m;
		g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);

		if (language_add_header(tags, message_header(m, "Content-Language", 0)))
			language_add_header(tags, message_header(m, "Accept-Language", 0));
		g_ptr_array_add(tags, NULL);
		cache->languages = tags->pdata[0] ? g_strjoinv(",", (char **)tags->pdata) : NULL;
		cache->languages_known = true;
	}
	return m->languages;
}

/* The ids of Message-ID, In-Reply-To and References (RFC 5322 section 3.6.4), as mail programs
 * write them. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "mail/subject-words.h"

/* What a fold leaves within the brackets of an id. More of it is text. */
enum { BLANKS_MAX = 4 };

/* The length of '<' at p and the quoted word after it, in which blanks belong to an id (RFC 5322
 * section 4.5.4); 0: there is none. */
static size_t quoted_length(const char *p)
{
	const char *past = p[1] == '"' ? text_past_quoted(p + 1) : NULL;
	size_t len = past && *past == '@' ? (size_t)(past - p) : 0;

	return len && strcspn(p + 1, "<>") >= len ? len : 0;
}

/* The length of what is in the brackets at p, which is '<', and the brackets: closed before the
 * next '<'. 0: no id. */
static size_t id_length(const char *p)
{
	size_t len = MAX(quoted_length(p), 1);

	len += strcspn(p + len, "<>");
	return p[len] == '>' && len > 1 && len < LIMIT_MESSAGE_ID_BYTES ? len + 1 : 0;
}

static bool is_printable(const char *s)
{
	for (const char *p = s; *p; p++)
		if (g_ascii_iscntrl(*p))
			return false;
	return g_utf8_validate(s, -1, NULL);
}

/* One '@' between two words. */
static bool is_bare_id(const char *s)
{
	const char *at = strchr(s, '@');

	return at && at > s && at[1] && !strchr(at + 1, '@') && !strpbrk(s, "\"(),;:<> \t");
}

/* The id without the blanks that a fold left in it; NULL when it has others. Owned. */
static char *id_without_folds(const char *p, size_t len)
{
	size_t quoted = quoted_length(p);
	GString *out = g_string_new(NULL);
	unsigned blanks = 0;

	for (size_t i = 0; i < len; i++)
		if (i >= quoted && (p[i] == ' ' || p[i] == '\t'))
			blanks++;
		else
			g_string_append_c(out, p[i]);
	if (blanks) {
		g_autofree char *bare = g_strndup(out->str + 1, out->len - 2);

		if (blanks > BLANKS_MAX || !is_bare_id(bare))
			return g_string_free(out, TRUE);
	}
	return g_string_free(out, out->len <= 2);
}

static void add_id(char *id, GPtrArray *out)
{
	if (id && is_printable(id) && out->len < LIMIT_HEADER_COUNT)
		g_ptr_array_add(out, id);
	else
		g_free(id);
}

/* Past the comment or the quoted string that p begins; NULL when it has no end. */
static const char *past_enclosed(const char *p)
{
	return *p == '(' ? text_past_comment(p) : text_past_quoted(p);
}

/* Comments and quotes are skipped; one that never ends hides nothing, and is looked for only
 * once. */
static void collect_bracketed(const char *value, GPtrArray *out)
{
	bool unclosed = false;

	for (const char *p = value; *p && out->len < LIMIT_HEADER_COUNT;) {
		bool opens = !unclosed && (*p == '(' || *p == '"');
		const char *past = opens ? past_enclosed(p) : NULL;
		size_t len = *p == '<' ? id_length(p) : 0;

		unclosed |= opens && !past;
		if (len)
			add_id(id_without_folds(p, len), out);
		p = past ? past : p + MAX(len, 1);
	}
}

/* Some programs leave the brackets out, or one of them, or quote the id. Not where anything else is
 * in the field: "joe@x.example wrote on Tuesday" names no message. */
static void collect_bare(const char *value, GPtrArray *out)
{
	g_auto(GStrv) words = g_strsplit_set(value, " \t,;<>\"", LIMIT_REFERENCES * 2);

	for (char **word = words; *word; word++)
		if (**word && !is_bare_id(*word))
			return;
	for (char **word = words; *word; word++)
		if (**word && strlen(*word) + 2 <= LIMIT_MESSAGE_ID_BYTES)
			add_id(g_strdup_printf("<%s>", *word), out);
}

void message_collect_ids(const char *value, GPtrArray *out)
{
	guint before = out->len;

	collect_bracketed(value, out);
	if (out->len == before && strstr(value, "=?")) {
		struct words words;

		words_init(&words, value);
		if (!strstr(words.text->str, "=?"))
			message_collect_ids(words.text->str, out);
		words_release(&words);
	}
	if (out->len == before)
		collect_bare(value, out);
}

/* The ids of all headers of that name, LIMIT_REFERENCES of them: the first, which is a thread's
 * root, and the newest. */
static char **ids_of(const struct message *m, const char *name)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	const char *value;

	for (unsigned i = 0; (value = message_header(m, name, i)) && i < 10; i++)
		message_collect_ids(value, ids);
	if (ids->len > LIMIT_REFERENCES)
		g_ptr_array_remove_range(ids, 1, ids->len - LIMIT_REFERENCES);
	g_ptr_array_add(ids, NULL);
	return (char **)g_ptr_array_free(ids, FALSE);
}

/* What is computed once changes nothing that a caller sees. */
static struct message *ids_cache(const struct message *m)
{
	return (struct message *)m;
}

const char *message_id(const struct message *m)
{
	if (!m->id_known) {
		g_auto(GStrv) ids = ids_of(m, "Message-ID");

		ids_cache(m)->id = g_strdup(ids[0]);
		ids_cache(m)->id_known = true;
	}
	return m->id;
}

const char *const *message_in_reply_to(const struct message *m)
{
	if (!m->in_reply_to)
		ids_cache(m)->in_reply_to = ids_of(m, "In-Reply-To");
	return (const char *const *)m->in_reply_to;
}

const char *const *message_references(const struct message *m)
{
	if (!m->references)
		ids_cache(m)->references = ids_of(m, "References");
	return (const char *const *)m->references;
}

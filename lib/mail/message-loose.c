/* A mailbox that no standard allows, read as a person reads it: shops, forms and old systems write
 * them, and their customers wait. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"

/* One that is not closed is none, nor is any of its kind after it: each would be sought to the end
 * of the value. */
char *message_blanked(const char *value)
{
	char *bare = g_strdup(value);
	bool quotes = true, comments = true;

	for (char *p = bare + strcspn(bare, "\"("); *p; p += strcspn(p, "\"(")) {
		bool quoted = *p == '"', *closed = quoted ? &quotes : &comments;
		const char *end = NULL;

		if (*closed)
			end = quoted ? text_past_quoted(p) : text_past_comment(p);
		*closed = end != NULL;
		if (end)
			memset(p, ' ', (size_t)(end - p));
		p += end ? end - p : 1;
	}
	return bare;
}

/* --- addresses --- */

struct span {
	const char *begin, *end;
};

static void loose_unwrap(struct span *s, char open, char close)
{
	while (s->end - s->begin >= 2 && *s->begin == open && s->end[-1] == close) {
		s->begin++;
		s->end--;
	}
}

/* Exchange writes the latter. */
static const char *const schemes[] = { "mailto:", "smtp:" };

static size_t scheme_length(const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_ascii_strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

/* Of the one that ends at p. */
static size_t scheme_before(const char *begin, const char *p)
{
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if ((size_t)(p - begin) >= len && scheme_length(p - len) == len)
			return len;
	}
	return 0;
}

/* "'a@b'", "mailto:a@b?subject=x", "a@b.": *canonical_out is owned. */
static bool loose_is_address(struct span s, char **canonical_out)
{
	size_t scheme;
	g_autofree char *text = NULL;

	if (s.end - s.begin > LIMIT_ADDRESS_BYTES * 2)
		return false;
	loose_unwrap(&s, '\'', '\'');
	loose_unwrap(&s, '"', '"');
	text = g_strstrip(g_strndup(s.begin, (gsize)(s.end - s.begin)));
	scheme = scheme_length(text);
	if (scheme) {
		text[strcspn(text, "?")] = '\0';
		memmove(text, text + scheme, strlen(text + scheme) + 1);
	}
	return strchr(text, '@') && address_canonical(text, canonical_out) == ST_OK;
}

/* The last "<a@b>". */
static bool find_in_brackets(
	const char *piece, const char *bare, struct span *span_out, char **canonical_out)
{
	bool found = false;

	for (const char *p = strchr(bare, '<'); p; p = strchr(p + 1, '<')) {
		const char *end = p + 1 + strcspn(p + 1, "<>");
		const struct span inside = { piece + (p + 1 - bare), piece + (end - bare) };
		char *canonical = NULL;

		if (*end != '>' || !loose_is_address(inside, &canonical))
			continue;
		g_free(*canonical_out);
		*canonical_out = canonical;
		*span_out = (struct span){ inside.begin - 1, inside.end + 1 };
		found = true;
	}
	return found;
}

#define BETWEEN_WORDS " \t<>()[]\",;:\\"

/* The only word that is an address. */
static bool find_alone(
	const char *piece, const char *bare, struct span *span_out, char **canonical_out)
{
	const char *end;

	for (const char *p = bare; *(p += strspn(p, BETWEEN_WORDS)); p = end) {
		g_autofree char *canonical = NULL;
		struct span word;

		end = p + strcspn(p, BETWEEN_WORDS);
		word = (struct span){ piece + (p - bare), piece + (end - bare) };
		if (!loose_is_address(word, &canonical))
			continue;
		if (*canonical_out && strcmp(*canonical_out, canonical) != 0) {
			g_clear_pointer(canonical_out, g_free);
			return false;
		}
		g_free(*canonical_out);
		*canonical_out = g_steal_pointer(&canonical);
		*span_out = word;
	}
	return *canonical_out != NULL;
}

/* Outside quotes and comments first; some write the address into them, and nothing else. */
static bool loose_find_address(const char *piece, struct span *span_out, char **canonical_out)
{
	g_autofree char *bare = message_blanked(piece);
	const char *const places[] = { bare, piece };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (find_in_brackets(piece, places[i], span_out, canonical_out) ||
			find_alone(piece, places[i], span_out, canonical_out))
			return true;
	return false;
}

/* --- names --- */

static bool loose_closes(char open, char close)
{
	static const char opening[] = "<[(\"'", closing[] = ">])\"'";
	const char *kind = open ? strchr(opening, open) : NULL;

	return kind && closing[kind - opening] == close;
}

/* With the brackets and quotes around it. */
static void loose_widen(const char *piece, struct span *s)
{
	do {
		while (s->begin > piece && g_ascii_isspace(s->begin[-1]))
			s->begin--;
		while (g_ascii_isspace(*s->end))
			s->end++;
		s->begin -= scheme_before(piece, s->begin);
		if (s->begin == piece || !loose_closes(s->begin[-1], *s->end))
			return;
		else {
			s->begin--;
			s->end++;
		}
	} while (true);
}

/* What stands beside the address. */
static char *name_beside(const char *piece, struct span s)
{
	g_autofree char *before = NULL;

	loose_widen(piece, &s);
	before = g_strndup(piece, (gsize)(s.begin - piece));
	return message_decode_header(*before ? before : s.end, LIMIT_NAME_BYTES);
}

char *message_mailbox_name(const char *name, const char *address)
{
	g_autofree char *plain = text_unquoted(name);

	return *plain && g_ascii_strcasecmp(plain, address) != 0 ? g_steal_pointer(&plain) : NULL;
}

bool message_read_loosely(const char *piece, struct mailbox *out)
{
	struct span s = { NULL, NULL };
	g_autofree char *canonical = NULL, *name = NULL, *decoded = NULL, *raw = NULL;

	if (!loose_find_address(piece, &s, &canonical)) {
		/* Some encode the whole field. */
		decoded = message_decode_header(piece, LIMIT_NAME_BYTES + LIMIT_ADDRESS_BYTES);
		if (strcmp(decoded, piece) == 0 || !loose_find_address(decoded, &s, &canonical))
			return false;
		piece = decoded;
	}
	name = name_beside(piece, s);
	raw = g_strndup(s.begin, (gsize)(s.end - s.begin));
	out->name = message_mailbox_name(name, canonical);
	out->as_written = address_as_written(raw, canonical);
	out->address = g_steal_pointer(&canonical);
	out->guessed = true;
	return true;
}

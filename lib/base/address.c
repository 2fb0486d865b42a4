/* Addresses. The only home of libidn2. */
#include "base/address.h"

#include <idn2.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

enum { HOST_MAX = 253 };

/* --- canonical form --- */

/* RFC 5321 atext and the dot, or anything beyond ASCII (RFC 6531). */
static bool dot_string(const char *s)
{
	for (; *s; s++)
		if (!g_ascii_isalnum(*s) && !((guchar)*s & 0x80) &&
			!strchr("!#$%&'*+-/=?^_`{|}~.", *s))
			return false;
	return true;
}

/* A quoted local part without its quotes; NULL when it is not one. */
static char *address_unquoted(const char *s, size_t len)
{
	GString *out;

	if (len < 2 || s[0] != '"' || s[len - 1] != '"')
		return NULL;
	out = g_string_new(NULL);
	for (size_t i = 1; i + 1 < len; i++) {
		if (s[i] == '\\' && i + 2 < len)
			i++;
		g_string_append_c(out, s[i]);
	}
	return g_string_free(out, FALSE);
}

static char *address_quoted(const char *local)
{
	GString *out = g_string_new("\"");

	for (; *local; local++) {
		if (*local == '"' || *local == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *local);
	}
	return g_string_free(g_string_append_c(out, '"'), FALSE);
}

static char *canonical_local(const char *s, size_t len)
{
	g_autofree char *plain = address_unquoted(s, len), *lower = NULL;

	/* Case is ASCII's alone: of all else a mail server may make two mailboxes, and the sign for
	 * Kelvin a k. */
	if (!plain) {
		plain = g_strndup(s, len);
		if (!dot_string(plain))
			return NULL;
	}
	if (!*plain)
		return NULL;
	lower = g_ascii_strdown(plain, -1);
	return dot_string(lower) && lower[0] != '.' && !g_str_has_suffix(lower, ".") &&
			!strstr(lower, "..")
		? g_steal_pointer(&lower)
		: address_quoted(lower);
}

/* Without the root's dot. */
static bool address_hostname(const char *s)
{
	if (!*s || *s == '.' || *s == '-' || g_str_has_suffix(s, ".") || strstr(s, "..") ||
		strlen(s) > HOST_MAX)
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == strlen(s);
}

/* RFC 5321 section 4.1.3: [192.0.2.1], [IPv6:2001:db8::1]. */
static bool address_literal(const char *s)
{
	size_t len = strlen(s);

	return len > 2 && *s == '[' &&
		strspn(s + 1, "abcdefghijklmnopqrstuvwxyz0123456789.:-") == len - 2 &&
		s[len - 1] == ']';
}

bool address_is_dot(gunichar c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

/* U-labels are in small letters, NFC (RFC 5892 section 2.1). Owned. */
static char *small_labels(const char *domain)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *p = domain; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(out, address_is_dot(c) ? '.' : text_small(c));
	}
	return g_utf8_normalize(out->str, -1, G_NORMALIZE_NFC);
}

/* In A-labels; NULL unless they lead back (RFC 5890 section 2.3.2.1): what is only mapped to a
 * domain is another spelling of it to some programs and another domain to others. */
static char *in_a_labels(const char *domain)
{
	g_autofree char *labels = small_labels(domain), *given = NULL, *shown = NULL, *out = NULL;
	char *ascii = NULL;

	if (idn2_lookup_u8((const guint8 *)labels, (guint8 **)&ascii,
		    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return NULL;
	out = g_ascii_strdown(ascii, -1);
	idn2_free(ascii);
	given = address_domain_shown(labels);
	shown = address_domain_shown(out);
	return strcmp(given, shown) == 0 ? g_steal_pointer(&out) : NULL;
}

static char *canonical_domain(const char *s)
{
	g_autofree char *plain = g_strdup(s), *lower = NULL;

	if (g_str_has_suffix(plain, ".") && strlen(plain) > 1)
		plain[strlen(plain) - 1] = '\0';
	if (!g_str_is_ascii(plain)) {
		lower = in_a_labels(plain);
		return lower && address_hostname(lower) ? g_steal_pointer(&lower) : NULL;
	}
	lower = g_ascii_strdown(plain, -1);
	return address_hostname(lower) || address_literal(lower) ? g_steal_pointer(&lower) : NULL;
}

/* The '@' that divides: the only one outside quotes. */
static const char *address_divide(const char *s)
{
	const char *at = NULL;
	bool in_quotes = false;

	for (; *s; s++) {
		if (*s == '\\' && in_quotes && s[1])
			s++;
		else if (*s == '"')
			in_quotes = !in_quotes;
		else if (*s == '@' && !in_quotes) {
			if (at)
				return NULL;
			at = s;
		}
	}
	return in_quotes ? NULL : at;
}

/* What nobody sees makes one address look like another; and U+FFFD stands for what could not be
 * read. */
static bool has_hidden(const char *s)
{
	for (const char *p = s; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == 0xfffd || text_is_hidden(c))
			return true;
	}
	return false;
}

/* The length of an atom (RFC 5321 section 4.1.2), or of a label of a host's name. */
static size_t atom_length(const char *s, bool host)
{
	size_t n = 0;

	while (g_ascii_isalnum(s[n]) || s[n] == '-' || s[n] == '_' ||
		(!host && s[n] && strchr("!#$%&'*+/=?^`{|}~", s[n])))
		n++;
	return n;
}

/* Nearly all addresses are atoms and dots, an '@', and a host's name: their case alone is not
 * canonical. NULL for all others. Owned. */
static char *canonical_plain(const char *s)
{
	const char *at = NULL, *p = s + atom_length(s, false);

	while (p > s && (*p == '.' || (*p == '@' && !at && p[1] != '-'))) {
		size_t atom;

		at = *p == '@' ? p : at;
		atom = atom_length(p + 1, at != NULL);
		if (!atom)
			return NULL;
		p += 1 + atom;
	}
	return at && !*p && p - at - 1 <= HOST_MAX ? g_ascii_strdown(s, p - s) : NULL;
}

static char *without_brackets(const char *s)
{
	size_t len = strlen(s);

	if (len >= 2 && s[0] == '<' && s[len - 1] == '>')
		return g_strndup(s + 1, len - 2);
	return g_strdup(s);
}

/* Of what has no brackets around it. Owned; NULL: it is no address. */
static char *canonical_bare(char *bare)
{
	g_autofree char *local = NULL, *domain = NULL;
	const char *at;

	/* A source route is to be ignored (RFC 5321 section 4.1.1.3):
	 * "@a.example,@b.example:user@c.example". */
	if (*bare == '@' && strchr(bare, ':'))
		memmove(bare, strchr(bare, ':') + 1, strlen(strchr(bare, ':')));
	if (!g_utf8_validate(bare, -1, NULL) || has_hidden(bare) || !(at = address_divide(bare)))
		return NULL;
	local = canonical_local(bare, (size_t)(at - bare));
	domain = canonical_domain(at + 1);
	return local && domain ? g_strconcat(local, "@", domain, NULL) : NULL;
}

enum status address_canonical(const char *s, char **canonical_out)
{
	g_autofree char *bare = NULL, *whole = NULL;

	if (strnlen(s, LIMIT_ADDRESS_BYTES + 3) > LIMIT_ADDRESS_BYTES + 2)
		return ST_BAD_INPUT;
	bare = *s == '<' ? without_brackets(s) : NULL;
	whole = canonical_plain(bare ? bare : s);
	if (!whole) {
		bare = bare ? bare : g_strdup(s);
		if (!*bare)
			return ST_NOT_FOUND;
		whole = canonical_bare(bare);
	}
	if (!whole || strlen(whole) > LIMIT_ADDRESS_BYTES)
		return ST_BAD_INPUT;
	*canonical_out = g_steal_pointer(&whole);
	return ST_OK;
}

char *address_as_written(const char *s, const char *canonical)
{
	const char *at = strrchr(canonical, '@'), *their_at = strrchr(s, '@');
	size_t len = (size_t)(at - canonical);

	if (strcmp(s, canonical) == 0)
		return g_strdup(s);
	if (!their_at || (size_t)(their_at - s) < len ||
		g_ascii_strncasecmp(their_at - len, canonical, len) != 0)
		return g_strdup(canonical);
	return g_strdup_printf("%.*s%s", (int)len, their_at - len, at);
}

char *address_domain_shown(const char *domain)
{
	char *unicode = NULL, *shown;

	if (idn2_to_unicode_8z8z(domain, &unicode, 0) != IDN2_OK)
		return g_strdup(domain);
	shown = g_strdup(unicode);
	idn2_free(unicode);
	return shown;
}

char *address_shown(const char *canonical)
{
	const char *at = strrchr(canonical, '@');
	g_autofree char *domain = at ? address_domain_shown(at + 1) : NULL;

	if (!domain)
		return g_strdup(canonical);
	return g_strdup_printf("%.*s@%s", (int)(at - canonical), canonical, domain);
}

/* --- details --- */

/* Past what p has in common with all from `wanted` to `end`, whatever the case; NULL. */
static const char *past_same(const char *p, const char *wanted, const char *end)
{
	for (; wanted < end; wanted = g_utf8_next_char(wanted), p = g_utf8_next_char(p))
		if (text_small(g_utf8_get_char(p)) != text_small(g_utf8_get_char(wanted)))
			return NULL;
	return p;
}

bool address_is(const char *canonical, const char *wanted, const char *delimiter, char **detail_out)
{
	const char *at = strrchr(canonical, '@'), *wanted_at = strrchr(wanted, '@'), *past;
	size_t mark = delimiter ? strlen(delimiter) : 0;

	if (detail_out)
		*detail_out = NULL;
	if (strcmp(canonical, wanted) == 0)
		return true;
	if (!at || !wanted_at || strcmp(at, wanted_at) != 0)
		return false;
	past = past_same(canonical, wanted, wanted_at);
	if (past == at)
		return true;
	if (!past || !mark || *canonical == '"' || strncmp(past, delimiter, mark) != 0)
		return false;
	if (detail_out)
		*detail_out = g_strndup(past + mark, (gsize)(at - past) - mark);
	return true;
}

char *address_mailbox(const char *canonical)
{
	const char *at = strrchr(canonical, '@'), *plus = strchr(canonical, '+');

	if (!at || !plus || plus == canonical || plus > at || *canonical == '"')
		return g_strdup(canonical);
	return g_strdup_printf("%.*s%s", (int)(plus - canonical), canonical, at);
}

/* --- robots --- */

/* Words of local parts that no person reads, and where in one they must stand. */
enum place { ANYWHERE, FIRST, FIRST_OF_SEVERAL, LAST_OF_SEVERAL };

/* clang-format off */
static const struct {
	const char *word;
	enum place place;
	bool path;	/* no more than a return path, where it is not the author's own */
} robots[] = {
	{ "noreply", ANYWHERE, false }, { "noreplies", ANYWHERE, false }, { "donotreply", ANYWHERE, false },
	{ "dontreply", ANYWHERE, false }, { "nichtantworten", ANYWHERE, false },
	{ "noanswer", ANYWHERE, false }, { "nepasrepondre", ANYWHERE, false },
	{ "noresponder", ANYWHERE, false }, { "naoresponda", ANYWHERE, false },
	{ "nonrispondere", ANYWHERE, false }, { "nietbeantwoorden", ANYWHERE, false },
	{ "autoreply", ANYWHERE, false }, { "mailerdaemon", ANYWHERE, false },
	{ "bounce", ANYWHERE, true }, { "bounces", ANYWHERE, true }, { "postmaster", FIRST, false },
	{ "daemon", FIRST, false }, { "listserv", FIRST, false }, { "majordomo", FIRST, false },
	{ "owner", FIRST_OF_SEVERAL, false }, { "prvs", FIRST_OF_SEVERAL, true },
	{ "owner", LAST_OF_SEVERAL, false }, { "request", LAST_OF_SEVERAL, false },
};
/* clang-format on */

#define SEPARATORS "+-=_."

/* Past that word at p, or NULL. Its letters may be parted (do-not.reply), and digits may follow
 * it (noreply2). */
static const char *address_past_word(const char *p, const char *word)
{
	for (const char *begin = p; *word; p++) {
		if (p > begin && *p && strchr(SEPARATORS, *p))
			continue;
		if (*p != *word++)
			return NULL;
	}
	p += strspn(p, "0123456789");
	return strchr("@" SEPARATORS, *p) ? p : NULL;
}

static bool address_is_there(enum place place, bool first, bool last)
{
	switch (place) {
	case ANYWHERE:
		return true;
	case FIRST:
		return first;
	case FIRST_OF_SEVERAL:
		return first && !last;
	case LAST_OF_SEVERAL:
		return last && !first;
	}
	return false;
}

static bool robot_begins_at(const char *p, const char *canonical, bool paths)
{
	for (size_t i = 0; i < G_N_ELEMENTS(robots); i++) {
		const char *past = paths || !robots[i].path ? address_past_word(p, robots[i].word)
							    : NULL;

		if (past && address_is_there(robots[i].place, p == canonical, *past == '@'))
			return true;
	}
	return false;
}

static bool has_robot(const char *canonical, bool paths)
{
	for (const char *p = canonical; *p && *p != '@'; p += strspn(p, SEPARATORS)) {
		if (robot_begins_at(p, canonical, paths))
			return true;
		p += strcspn(p, "@" SEPARATORS);
	}
	return false;
}

bool address_is_robot(const char *canonical)
{
	return has_robot(canonical, true);
}

bool address_is_robot_sender(const char *canonical)
{
	return has_robot(canonical, false);
}

/* --- headers --- */

static bool needs_quotes(const char *name)
{
	return strpbrk(name, "()<>[]:;@\\,.\"") != NULL;
}

static char *address_phrase(const char *clean)
{
	if (!g_str_is_ascii(clean) || strstr(clean, "=?"))
		return text_encoded_words(clean);
	return needs_quotes(clean) ? address_quoted(clean) : g_strdup(clean);
}

char *address_header(const char *name, const char *addr)
{
	g_autofree char *clean = name ? text_line(name, LIMIT_NAME_BYTES) : NULL, *shown = NULL;

	if (!clean || !*clean)
		return g_strdup(addr);
	shown = address_phrase(clean);
	return g_strdup_printf("%s <%s>", shown, addr);
}

static bool is_bracket(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_OPEN_PUNCTUATION || type == G_UNICODE_CLOSE_PUNCTUATION;
}

/* One line of it, with blanks for brackets of any script. */
static char *address_label(const char *name)
{
	g_autofree char *valid = text_line(name, LIMIT_NAME_BYTES);
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!text_is_hidden(c))
			g_string_append_unichar(out, is_bracket(c) ? ' ' : c);
	}
	return text_line(out->str, LIMIT_LABEL_BYTES);
}

char *address_header_behind(const char *name, const char *behind, const char *addr)
{
	g_autofree char *clean = address_label(name ? name : ""), *both = NULL, *shown = NULL;
	g_autofree char *value = NULL;

	if (*clean && g_ascii_strcasecmp(clean, behind) != 0)
		both = g_strdup_printf("%s (%s)", clean, behind);
	shown = address_phrase(both ? both : behind);
	value = g_strdup_printf("%s <%s>", shown, addr);
	return text_fold(value, strlen("Reply-To: "));
}

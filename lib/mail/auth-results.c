/* Authentication-Results. What strangers wrote is echoed in these fields, so whatever is not of RFC
 * 8601's form is no good news. */
#include "mail/auth-results.h"

#include <string.h>

#include "base/address.h"

struct reading {
	const struct message *message;
	const char *author;           /* message_sole_author() */
	unsigned dmarc, dmarc_passes; /* what looks like a result, and a pass for the author */
	bool garbled;
	struct auth_results *out;
};

/* --- a field's value, without what is only remarked --- */

/* One character of a quoted string: part of one word, whatever it is. */
static char results_inert(char c)
{
	return strchr(" \t\r\n;=/()\"", c) ? '_' : c;
}

/* Comments are blanks, quoted strings are words (RFC 8601 section 2.2). NULL when one has no end,
 * or no beginning. */
static char *without_remarks(const char *value)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool quoted = false;
	int depth = 0;

	for (; *value; value++) {
		bool escaped = *value == '\\' && value[1] && (quoted || depth);

		value += escaped;
		if (quoted && (escaped || *value != '"'))
			g_string_append_c(out, results_inert(*value));
		else if (*value == '"' && !depth)
			quoted = !quoted;
		else if (*value == ')' && !depth)
			return NULL;
		else if ((*value == '(' || *value == ')') && !escaped)
			depth += *value == '(' ? 1 : -1;
		else if (!depth)
			g_string_append_c(out, *value);
		if (!quoted && *value == ')')
			g_string_append_c(out, ' ');
	}
	return quoted || depth ? NULL : g_string_free(g_steal_pointer(&out), FALSE);
}

/* The words between two semicolons; "dmarc = pass" is one. Owned. */
static char **results_words_of(const char *result)
{
	g_auto(GStrv) sides = g_strsplit(result, "=", -1);
	g_autofree char *closed = NULL;

	for (char **side = sides; *side; side++)
		g_strstrip(*side);
	closed = g_strjoinv("=", sides);
	g_strdelimit(closed, "\t\r\n", ' ');
	return g_strsplit(closed, " ", -1);
}

/* --- whose field it is --- */

static bool is_trusted(const char *id, char *const *ids)
{
	for (char *const *p = ids; p && *p; p++)
		if (g_ascii_strcasecmp(*p, id) == 0)
			return true;
	return false;
}

/* The authserv-id, which the version of the form may follow: only the first is known. */
static bool speaks_for_us(const char *head, char *const *ids)
{
	g_auto(GStrv) words = results_words_of(head);
	const char *id = NULL, *version = NULL;

	for (char **p = words; *p; p++) {
		if (!**p)
			continue;
		if (version)
			return false;
		*(id ? &version : &id) = *p;
	}
	return id && is_trusted(id, ids) && (!version || strcmp(version, "1") == 0);
}

/* --- what it says --- */

/* "name=value"; the value is what stands after the first sign. */
static bool results_has_name(const char *word, const char *name, const char **value_out)
{
	size_t len = strlen(name);

	if (g_ascii_strncasecmp(word, name, len) != 0 || word[len] != '=')
		return false;
	*value_out = word + len + 1;
	return true;
}

/* "method=result", or "method/1=result". */
static bool has_result(const char *word, const char *method, const char **result_out)
{
	g_autofree char *versioned = g_strconcat(method, "/1", NULL);

	return results_has_name(word, method, result_out) ||
		results_has_name(word, versioned, result_out);
}

static bool is_result(const char *word, const char *method, const char *result)
{
	const char *is;

	return has_result(word, method, &is) && g_ascii_strcasecmp(is, result) == 0;
}

/* The verifier's From must be the one that we read, or two parsers disagree about who wrote this.
 * It may name the whole address. */
static bool results_is_author(const char *named, const char *author)
{
	bool whole = strchr(named, '@') != NULL;
	g_autofree char *address = g_strconcat(whole ? "" : "x@", named, NULL), *canonical = NULL;

	if (address_canonical(address, &canonical) != ST_OK)
		return false;
	if (whole)
		return strcmp(canonical, author) == 0;
	return strcmp(strrchr(canonical, '@'), strrchr(author, '@')) == 0;
}

/* Properties only, and among them header.from, which is the author's each time. */
static bool speaks_of_author(char **words, const char *author)
{
	const char *named;
	bool found = false;

	for (char **p = words; *p; p++) {
		if (**p && !strchr(*p, '='))
			return false;
		if (!results_has_name(*p, "header.from", &named))
			continue;
		if (!results_is_author(named, author))
			return false;
		found = true;
	}
	return found;
}

static void read_dmarc(struct reading *r, char **words)
{
	r->dmarc++;
	r->dmarc_passes += r->author && is_result(words[0], "dmarc", "pass") &&
		speaks_of_author(words + 1, r->author);
	r->out->dmarc_fail |= is_result(words[0], "dmarc", "fail");
}

/* Of two domains one is the other, or below it. */
static bool are_related(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b);

	if (x < y)
		return are_related(b, a);
	return y && g_ascii_strcasecmp(a + x - y, b) == 0 && (x == y || a[x - y - 1] == '.');
}

/* A stranger's own signature says nothing of a From that names somebody else. */
static void read_dkim(struct reading *r, char **words)
{
	struct mailboxes from = message_from(r->message);
	const char *domain = from.n ? strrchr(from.v[0].address, '@') + 1 : "", *value;
	bool related = is_result(words[0], "dkim", "pass"), named = false;

	for (char **p = words + 1; *p; p++)
		if (results_has_name(*p, "header.d", &value) ||
			results_has_name(*p, "header.i", &value)) {
			const char *at = strrchr(value, '@'), *signer = at ? at + 1 : value;

			related &= are_related(signer, domain);
			/* A whole registry is nobody's house. */
			named |= strchr(signer, '.') != NULL;
		}
	r->out->dkim_pass |= related;
	r->out->dkim_author |= related && named;
}

/* A result for the name in HELO is none for the sender (RFC 7208 section 2.3). */
static void read_spf(struct reading *r, char **words)
{
	bool fails = is_result(words[0], "spf", "fail") || is_result(words[0], "spf", "hardfail");
	const char *value;

	for (char **p = words + 1; *p; p++)
		fails &= !results_has_name(*p, "smtp.helo", &value);
	r->out->spf_fail |= fails;
}

static const struct {
	const char *method;
	void (*read)(struct reading *r, char **words);
} methods[] = {
	{ .method = "dmarc", .read = read_dmarc }, /* RFC 7489 section 11.1 */
	{ .method = "dkim", .read = read_dkim },   /* RFC 8601 section 2.7.1 */
	{ .method = "spf", .read = read_spf },     /* RFC 8601 section 2.7.2 */
};

/* What only begins with a method's name ("dmarc/2=pass") is its, so that it casts doubt on the
 * others. */
static void read_result(struct reading *r, char *result)
{
	g_auto(GStrv) words = results_words_of(g_strstrip(result));

	for (size_t i = 0; words[0] && i < G_N_ELEMENTS(methods); i++) {
		const char *method = methods[i].method;

		if (g_ascii_strncasecmp(words[0], method, strlen(method)) == 0)
			methods[i].read(r, words);
	}
}

/* False: it is none of ours. */
static bool results_read_field(struct reading *r, const char *value, char *const *ids)
{
	g_autofree char *plain = without_remarks(value);
	g_auto(GStrv) results = g_strsplit(plain ? plain : "", ";", -1);

	/* A verifier that forgot to escape what it quotes: whose words are they? */
	r->garbled |= !plain;
	if (!results[0] || !speaks_for_us(results[0], ids))
		return false;
	for (char **p = results + 1; *p; p++)
		read_result(r, *p);
	return true;
}

/* --- all of them --- */

/* Verifiers write these at the top too, above their results or below them. They say nothing here;
 * who can forge one there can forge the results as well. */
static bool is_companion(const char *name)
{
	static const char *const companions[] = {
		/* SoftwareHeader of OpenDMARC, OpenDKIM and OpenARC. */
		"DMARC-Filter",
		"DKIM-Filter",
		"ARC-Filter",
		/* RFC 7208 section 9.1 */
		"Received-SPF",
		/* RFC 8617 section 5.1 */
		"ARC-Seal",
		"ARC-Message-Signature",
		"ARC-Authentication-Results",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(companions); i++)
		if (g_ascii_strcasecmp(name, companions[i]) == 0)
			return true;
	return false;
}

void auth_results_read(
	const struct message *message, char *const *authserv_ids, struct auth_results *out)
{
	struct reading r = { .message = message, .out = out };
	const char *name, *value;

	memset(out, 0, sizeof *out);
	if (!authserv_ids || !authserv_ids[0])
		return;
	r.author = message_sole_author(message);
	for (unsigned i = 0; message_header_at(message, i, &name, &value); i++) {
		bool results = g_ascii_strcasecmp(name, "Authentication-Results") == 0;

		if (results ? !results_read_field(&r, value, authserv_ids) : !is_companion(name))
			break;
	}
	/* One result for DMARC, and it is a pass; whatever else looks like one is a no. */
	out->dmarc_pass = !r.garbled && r.dmarc == 1 && r.dmarc_passes == 1;
	out->dkim_pass &= !r.garbled;
	out->dkim_author &= !r.garbled;
}

/* Finding and replacing an address and names. An address is looked for as it stands, then with what
 * URLs and HTML write for its characters. */
#include "mail/redact-person.h"

#include <string.h>

#include "base/address.h"
#include "base/mailbox.h"

enum { NAME_LEAST = 3 };

void person_init(struct person *person, const char *address)
{
	const char *at = strrchr(address, '@');

	person->address = address;
	person->local = g_strndup(address, (gsize)(at - address));
	person->domain = at + 1;
	person->shown = address_domain_shown(at + 1);
	person->names = g_ptr_array_new_with_free_func(g_free);
}

void person_release(struct person *person)
{
	g_free(person->local);
	g_free(person->shown);
	g_ptr_array_unref(person->names);
}

/* --- characters, of text that may be no UTF-8 --- */

/* A byte that is none is read as Latin-1. */
static gunichar char_at(const char *p, size_t *len_out)
{
	gunichar c = g_utf8_get_char_validated(p, -1);

	if (c != (gunichar)-1 && c != (gunichar)-2 && c) {
		*len_out = (size_t)g_utf8_skip[(guint8)*p];
		return c;
	}
	*len_out = *p ? 1 : 0;
	return (guint8)*p;
}

/* 0 at the beginning. */
static gunichar char_before(const char *text, const char *p, size_t *len_out)
{
	for (size_t len = 1; len <= 4 && len <= (size_t)(p - text); len++) {
		size_t found;
		gunichar c = char_at(p - len, &found);

		*len_out = len;
		if (found == len && (len > 1 || c < 0x80))
			return c;
	}
	*len_out = p > text;
	return p > text ? (guint8)p[-1] : 0;
}

/* Scripts without blanks between words may stand on both sides of an address. */
static bool in_word(gunichar c)
{
	return c && (g_unichar_isalnum(c) || g_unichar_ismark(c)) && !g_unichar_iswide(c);
}

static gunichar person_folded(gunichar c)
{
	return address_is_dot(c) ? '.' : g_unichar_tolower(c);
}

/* Past what is `wanted`, in whatever case at p; NULL. */
static const char *match_forward(const char *p, const char *wanted)
{
	for (; *wanted; wanted = g_utf8_next_char(wanted)) {
		size_t len;

		if (person_folded(char_at(p, &len)) != person_folded(g_utf8_get_char(wanted)))
			return NULL;
		p += len;
	}
	return p;
}

/* The same in front of p. */
static const char *match_backward(const char *text, const char *p, const char *wanted)
{
	for (const char *w = wanted + strlen(wanted); w > wanted;) {
		size_t len;

		w = g_utf8_prev_char(w);
		if (person_folded(char_before(text, p, &len)) != person_folded(g_utf8_get_char(w)))
			return NULL;
		p -= len;
	}
	return p;
}

/* --- an address --- */

/* Where a local part begins that ends at `mark`, with nothing in front that makes it another's
 * ("mcarla@…"); NULL. With `verp`, as in "bounce-carla=…@list". */
static const char *local_begin(
	const struct person *person, const char *text, const char *mark, bool verp)
{
	bool quotes = mark > text && mark[-1] == '"' && *person->local != '"';
	const char *begin = match_backward(text, mark - quotes, person->local);
	size_t len;
	gunichar c;

	if (!begin)
		return NULL;
	if (quotes)
		return begin > text && begin[-1] == '"' ? begin - 1 : NULL;
	c = char_before(text, begin, &len);
	if (in_word(c))
		return NULL;
	/* A mark binds what is in front of it; by itself it is punctuation. */
	if (c && c < 0x80 && strchr(verp ? "_." : "_-+%.", (int)c) &&
		in_word(char_before(text, begin - len, &len)))
		return NULL;
	return begin;
}

/* Does it end at p, rather than go on ("….example.org")? */
static bool domain_ends(const struct person *person, const char *p)
{
	bool ascii = g_str_is_ascii(person->shown);
	size_t len;
	gunichar c = char_at(p, &len);

	if (in_word(c) && (c < 0x80 || !ascii))
		return false;
	if (c != '.' && c != '-')
		return true;
	c = char_at(p + len, &len);
	return !in_word(c) || (c >= 0x80 && ascii);
}

/* What could be a domain: up to the first character that is in none. */
static size_t domain_run(const char *p)
{
	size_t n = 0, len;
	gunichar c;

	while ((c = char_at(p + n, &len)) &&
		(g_unichar_isalnum(c) || g_unichar_ismark(c) || address_is_dot(c) || c == '-'))
		n += len;
	while (n && strchr(".-", p[n - 1]))
		n--;
	return n;
}

/* As whatever else means the same domain, such as a part of it in A-labels. */
static const char *canonical_end(const struct person *person, const char *p)
{
	size_t len = domain_run(p);
	g_autofree char *run = g_strndup(p, len), *whole = g_strconcat("x@", run, NULL),
			*canonical = NULL;

	if (g_str_is_ascii(run) || address_canonical(whole, &canonical) != ST_OK)
		return NULL;
	return strcmp(canonical + 2, person->domain) == 0 ? p + len : NULL;
}

static const char *domain_end(const struct person *person, const char *p)
{
	const char *const forms[] = { person->domain, person->shown };

	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		const char *end = match_forward(p, forms[i]);

		if (end && domain_ends(person, end))
			return end;
	}
	return g_str_is_ascii(person->shown) ? NULL : canonical_end(person, p);
}

static const char wide_at[] = "\357\274\240";

/* The next '@', or '=' that stands for one in the address of a bounce (VERP); NULL. */
static const char *next_mark(const char *p, size_t *len_out)
{
	for (; (p = strpbrk(p, "@=\357")); p++) {
		*len_out = *p == '\357' ? strlen(wide_at) : 1;
		if (*p != '\357' || g_str_has_prefix(p, wide_at))
			return p;
	}
	return NULL;
}

struct found {
	const char *from, *mark, *behind_mark, *to;
};

/* The next one from p on in text. */
static bool person_find_address(
	const struct person *person, const char *text, const char *p, struct found *found_out)
{
	size_t len;

	for (; (p = next_mark(p, &len)); p += len) {
		const char *end = domain_end(person, p + len), *begin;
		bool verp = *p == '=';

		if (!end || (verp && *end != '@'))
			continue;
		begin = local_begin(person, text, p, verp);
		if (begin) {
			*found_out = (struct found){ begin, p, p + len, end };
			return true;
		}
	}
	return false;
}

/* --- what stands for a character --- */

/* %40 (RFC 3986) or &#64; &#x40; &commat; (HTML) at p: its length, and the character; 0 when there
 * is none. */
static size_t escape_at(const char *p, gunichar *c_out)
{
	static const struct {
		const char *name;
		gunichar c;
	} names[] = { { "&commat;", '@' }, { "&period;", '.' } };
	bool hexadecimal = p[0] == '&' && p[1] == '#' && (p[2] == 'x' || p[2] == 'X');
	char *end;

	if (p[0] == '%' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
		*c_out = (gunichar)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2]));
		return 3;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(p, names[i].name)) {
			*c_out = names[i].c;
			return strlen(names[i].name);
		}
	if (p[0] != '&' || p[1] != '#')
		return 0;
	*c_out = (gunichar)g_ascii_strtoull(p + 2 + hexadecimal, &end, hexadecimal ? 16 : 10);
	return *end == ';' && *c_out ? (size_t)(end - p) + 1 : 0;
}

static bool has_escapes(const char *text)
{
	for (gunichar c; (text = strpbrk(text, "%&")); text++)
		if (escape_at(text, &c))
			return true;
	return false;
}

/* Without escapes; at[i] is where the byte i of it was in text. */
struct plain {
	GString *text;
	GArray *at; /* size_t */
};

static void plain_add(struct plain *plain, const char *bytes, size_t len, size_t at)
{
	g_string_append_len(plain->text, bytes, (gssize)len);
	for (size_t i = 0; i < len; i++)
		g_array_append_val(plain->at, at);
}

static void plain_init(struct plain *plain, const char *text)
{
	size_t len;

	*plain = (struct plain){ g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(size_t)) };
	for (const char *p = text; *p; p += len) {
		size_t at = (size_t)(p - text);
		char bytes[6];
		gunichar c;

		len = escape_at(p, &c);
		if (!len)
			plain_add(plain, p, len = 1, at);
		else if (*p == '%' && c)
			plain_add(plain, &(char){ (char)c }, 1, at);
		else
			plain_add(plain, bytes,
				c && g_unichar_validate(c) ? (size_t)g_unichar_to_utf8(c, bytes)
							   : 0,
				at);
	}
	plain_add(plain, "", 1, strlen(text));
}

static void plain_release(struct plain *plain)
{
	g_string_free(plain->text, TRUE);
	g_array_unref(plain->at);
}

/* --- found and replaced --- */

static bool person_find_plain(const struct person *person, const char *text)
{
	struct found found;
	struct plain plain;
	bool any;

	plain_init(&plain, text);
	any = person_find_address(person, plain.text->str, plain.text->str, &found);
	plain_release(&plain);
	return any;
}

bool person_in(const struct person *person, const char *text)
{
	struct found found;

	return text &&
		(person_find_address(person, text, text, &found) ||
			(has_escapes(text) && person_find_plain(person, text)));
}

/* Offsets into the text: as they are, or through the array of a plain text. */
static const char *person_place(
	const char *text, const char *plain, const GArray *at, const char *p)
{
	size_t offset = (size_t)(p - plain);

	return text + (at ? g_array_index(at, size_t, offset) : offset);
}

/* What stood for '@' goes on to. */
static void put_redacted(GString *out, const char *mark, const char *behind_mark)
{
	const char *at = strchr(REDACTED_ADDRESS, '@');

	g_string_append_len(out, REDACTED_ADDRESS, at - REDACTED_ADDRESS);
	g_string_append_len(out, mark, behind_mark - mark);
	g_string_append(out, at + 1);
}

/* `out`, if anything was replaced, and what is kept after it become the text. */
static bool person_put_in_place(char **text, GString *out, const char *kept)
{
	if (!out)
		return false;
	g_string_append(out, kept);
	g_free(*text);
	*text = g_string_free(out, FALSE);
	return true;
}

static bool replace_found(
	const struct person *person, char **text, const char *plain, const GArray *at)
{
	GString *out = NULL;
	const char *kept = *text, *p = plain;
	struct found found;

	while (person_find_address(person, plain, p, &found)) {
		const char *from = person_place(*text, plain, at, found.from);

		if (!out)
			out = g_string_new(NULL);
		g_string_append_len(out, kept, from - kept);
		put_redacted(out, person_place(*text, plain, at, found.mark),
			person_place(*text, plain, at, found.behind_mark));
		kept = person_place(*text, plain, at, found.to);
		p = found.to;
	}
	return person_put_in_place(text, out, kept);
}

bool person_replace_address(const struct person *person, char **text)
{
	struct plain plain;
	bool changed;

	if (!*text)
		return false;
	changed = replace_found(person, text, *text, NULL);
	if (!has_escapes(*text))
		return changed;
	plain_init(&plain, *text);
	changed |= replace_found(person, text, plain.text->str, plain.at);
	plain_release(&plain);
	return changed;
}

bool person_in_id(const struct person *person, const char *id)
{
	const char *mark = id;
	size_t len;

	while (mark && (mark = next_mark(mark, &len))) {
		if (domain_end(person, mark + len) && match_backward(id, mark, person->local))
			return true;
		mark += len;
	}
	return false;
}

/* --- names --- */

void person_learn_name(struct person *person, const char *name)
{
	if (!name || strlen(name) < NAME_LEAST || strcmp(name, REDACTED_NAME) == 0)
		return;
	for (guint i = 0; i < person->names->len; i++)
		if (strcmp(g_ptr_array_index(person->names, i), name) == 0)
			return;
	g_ptr_array_add(person->names, g_strdup(name));
}

void person_learn(struct person *person, const char *mailbox)
{
	struct mailbox box = { .address = NULL };

	if (mailbox_read(mailbox, &box) && person_in(person, box.as_written))
		person_learn_name(person, box.name);
	mailbox_release(&box);
}

/* ASCII letters in either case; the rest byte for byte. */
static const char *find_name(const char *text, const char *wanted)
{
	size_t len = strlen(wanted);

	for (; *text; text++)
		if (g_ascii_strncasecmp(text, wanted, len) == 0)
			return text;
	return NULL;
}

static bool is_letter(char c)
{
	return g_ascii_isalnum(c) || (guint8)c >= 0x80;
}

static bool is_whole_word(const char *text, const char *at, size_t len)
{
	return (at == text || !is_letter(at[-1]) || !is_letter(at[0])) &&
		(!is_letter(at[len]) || !is_letter(at[len - 1]));
}

static bool replace_name(char **text, const char *name)
{
	size_t len = strlen(name);
	GString *out = NULL;
	const char *kept = *text, *at = *text;

	while ((at = find_name(at, name))) {
		if (!is_whole_word(*text, at, len)) {
			at++;
			continue;
		}
		if (!out)
			out = g_string_new(NULL);
		g_string_append_len(out, kept, at - kept);
		g_string_append(out, REDACTED_NAME);
		kept = at += len;
	}
	return person_put_in_place(text, out, kept);
}

bool person_replace(const struct person *person, char **text)
{
	bool changed = person_replace_address(person, text);

	for (guint i = 0; *text && i < person->names->len; i++)
		changed |= replace_name(text, g_ptr_array_index(person->names, i));
	return changed;
}

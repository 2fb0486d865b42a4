/* Records as bytes: a version, then each field that says something as id, length, data. */
#include "model/record.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"

enum { RECORD_VERSION = 1, VARINT_MAX = 10, RECORD_USUAL = 500 };

/* --- writing --- */

/* Little-endian base 128, as in protocol buffers. How many bytes it takes. */
static guint varint_bytes(uint64_t v, guint8 bytes[VARINT_MAX])
{
	guint n = 0;

	do {
		bytes[n] = (guint8)(v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
		n++;
	} while (v);
	return n;
}

static void put_varint(GByteArray *out, uint64_t v)
{
	guint8 bytes[VARINT_MAX];

	g_byte_array_append(out, bytes, varint_bytes(v, bytes));
}

static void record_put_text(GByteArray *out, const char *s)
{
	size_t len = strlen(s);

	put_varint(out, len);
	g_byte_array_append(out, (const guint8 *)s, (guint)len);
}

#define AT(type, record, field) ((type *)((char *)(record) + (field)->offset))
#define CONST_AT(type, record, field) ((type const *)((const char *)(record) + (field)->offset))

static bool is_hex(const char *s)
{
	size_t len = strlen(s);

	return len % 2 == 0 && strspn(s, "0123456789abcdef") == len;
}

/* 1 and bytes, or 0 and text. */
static void put_hex(GByteArray *out, const char *s)
{
	guint8 byte = is_hex(s), *to;
	guint before = out->len + 1;

	g_byte_array_append(out, &byte, 1);
	if (!byte) {
		g_byte_array_append(out, (const guint8 *)s, (guint)strlen(s));
		return;
	}
	g_byte_array_set_size(out, before + (guint)strlen(s) / 2);
	for (to = out->data + before; *s; s += 2)
		*to++ = (guint8)(g_ascii_xdigit_value(s[0]) << 4 | g_ascii_xdigit_value(s[1]));
}

static bool is_short(int word)
{
	return word >= 1 && word <= RECORD_SHORT_WORDS;
}

static void encode_word(const struct field *f, GByteArray *out, int word)
{
	const char *name = f->names[word];

	if (is_short(word))
		put_varint(out, (uint64_t)word);
	else
		g_byte_array_append(out, (const guint8 *)name, (guint)strlen(name));
}

static void encode_text(const struct field *f, GByteArray *out, const char *s)
{
	int word = f->names ? names_find(f->names, s) : -1;

	if (is_short(word))
		put_varint(out, (uint64_t)word);
	else if (f->flags & FIELD_HEX)
		put_hex(out, s);
	else
		g_byte_array_append(out, (const guint8 *)s, (guint)strlen(s));
}

static void encode_numbers(GByteArray *out, const struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->n; i++)
		put_varint(out, numbers->v[i]);
}

static bool field_is_empty(const struct field *f, const void *record)
{
	switch (f->type) {
	case FIELD_U64:
		return *CONST_AT(uint64_t, record, f) == 0;
	case FIELD_TIME:
		return *CONST_AT(int64_t, record, f) == 0;
	case FIELD_BOOL:
		return !*CONST_AT(bool, record, f);
	case FIELD_ENUM:
	case FIELD_WORD:
		return *CONST_AT(int, record, f) == 0;
	case FIELD_TEXT:
		return !*CONST_AT(char *, record, f);
	case FIELD_LIST:
		return !*CONST_AT(char **, record, f) || !**CONST_AT(char **, record, f);
	case FIELD_NUMBERS:
		return CONST_AT(struct numbers, record, f)->n == 0;
	}
	return true;
}

/* The data of one that is not empty. */
static void encode_field(const struct field *f, const void *record, GByteArray *out)
{
	switch (f->type) {
	case FIELD_U64:
		put_varint(out, *CONST_AT(uint64_t, record, f));
		break;
	case FIELD_TIME:
		put_varint(out, (uint64_t)*CONST_AT(int64_t, record, f));
		break;
	case FIELD_BOOL:
		put_varint(out, *CONST_AT(bool, record, f));
		break;
	case FIELD_ENUM:
		put_varint(out, (uint64_t)*CONST_AT(int, record, f));
		break;
	case FIELD_WORD:
		encode_word(f, out, *CONST_AT(int, record, f));
		break;
	case FIELD_TEXT:
		encode_text(f, out, *CONST_AT(char *, record, f));
		break;
	case FIELD_LIST:
		for (char *const *s = *CONST_AT(char **, record, f); *s; s++)
			record_put_text(out, *s);
		break;
	case FIELD_NUMBERS:
		encode_numbers(out, CONST_AT(struct numbers, record, f));
		break;
	}
}

/* The length goes before the data that begins there. Nearly every one is a byte, for which there is
 * room. */
static void put_length_before(GByteArray *out, guint data)
{
	guint8 bytes[VARINT_MAX];
	guint len = out->len - data, n = varint_bytes(len, bytes);

	g_byte_array_set_size(out, out->len + n - 1);
	memmove(out->data + data + n - 1, out->data + data, len);
	memcpy(out->data + data - 1, bytes, n);
}

static void encode_fields(const struct record_type *type, const void *record, GByteArray *out)
{
	const guint8 version = RECORD_VERSION;
	guint before = out->len + 1;

	g_byte_array_append(out, &version, 1);
	/* Most fit into it: it grows once. */
	g_byte_array_set_size(out, before + RECORD_USUAL);
	g_byte_array_set_size(out, before);
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		const guint8 head[] = { f->id, 0 };
		guint data = out->len + (guint)sizeof head;

		if (field_is_empty(f, record))
			continue;
		g_byte_array_append(out, head, sizeof head);
		encode_field(f, record, out);
		put_length_before(out, data);
	}
}

void record_encode(const struct record_type *type, const void *record, GByteArray *out)
{
	g_autofree void *brief = type->shorten ? g_malloc0(type->size) : NULL;

	if (brief)
		type->shorten(record, brief);
	encode_fields(type, brief ? brief : record, out);
}

/* --- reading --- */

struct reader {
	const guint8 *p, *end;
};

/* More than one byte, or none. */
static bool get_long_varint(struct reader *r, uint64_t *v_out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; r->p < r->end && shift < 64; shift += 7) {
		guint8 byte = *r->p++;

		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*v_out = v;
			return true;
		}
	}
	return false;
}

static bool get_varint(struct reader *r, uint64_t *v_out)
{
	if (r->p == r->end || *r->p & 0x80)
		return get_long_varint(r, v_out);
	*v_out = *r->p++;
	return true;
}

static bool get_span(struct reader *r, struct reader *span_out)
{
	uint64_t len;

	if (!get_varint(r, &len) || len > (uint64_t)(r->end - r->p))
		return false;
	span_out->p = r->p;
	span_out->end = r->p + len;
	r->p += len;
	return true;
}

/* All that is left. */
static bool record_get_text(struct reader *r, char **text_out)
{
	size_t len = (size_t)(r->end - r->p);

	if (len && memchr(r->p, '\0', len))
		return false;
	*text_out = g_malloc(len + 1);
	memcpy(*text_out, r->p, len);
	(*text_out)[len] = '\0';
	r->p = r->end;
	return true;
}

static bool get_hex(struct reader *r, char **text_out)
{
	static const char digits[] = "0123456789abcdef";
	char *p;

	if (r->p == r->end || *r->p > 1)
		return false;
	if (*r->p++ == 0)
		return record_get_text(r, text_out);
	p = *text_out = g_malloc(2 * (gsize)(r->end - r->p) + 1);
	for (; r->p < r->end; r->p++) {
		*p++ = digits[*r->p >> 4];
		*p++ = digits[*r->p & 15];
	}
	*p = '\0';
	return true;
}

/* A list may be shorter than the damage says. */
static bool record_has_word(const struct field *f, uint64_t word)
{
	for (uint64_t i = 0; i < word; i++)
		if (!f->names[i])
			return false;
	return f->names[word] != NULL;
}

/* One control character is a short word. */
static bool is_one_control(const struct reader *r)
{
	return r->end - r->p == 1 && *r->p < ' ';
}

static bool get_short_word(const struct field *f, struct reader *r, int *word_out)
{
	*word_out = *r->p;
	r->p++;
	return is_short(*word_out) && record_has_word(f, (uint64_t)*word_out);
}

static bool get_text_or_word(const struct field *f, struct reader *r, char **text_out)
{
	int word;

	if (!is_one_control(r))
		return record_get_text(r, text_out);
	if (!get_short_word(f, r, &word))
		return false;
	*text_out = g_strdup(f->names[word]);
	return true;
}

static bool get_word(const struct field *f, struct reader *r, int *word_out)
{
	g_autofree char *name = NULL;

	if (is_one_control(r))
		return get_short_word(f, r, word_out);
	if (!record_get_text(r, &name))
		return false;
	*word_out = MAX(names_find(f->names, name), 0);
	return true;
}

static bool get_list(struct reader *r, char ***list_out)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	struct reader span;
	char *text;

	while (r->p < r->end) {
		if (!get_span(r, &span) || !record_get_text(&span, &text)) {
			g_ptr_array_free(list, TRUE);
			return false;
		}
		g_ptr_array_add(list, text);
	}
	g_ptr_array_add(list, NULL);
	*list_out = (char **)g_ptr_array_free(list, FALSE);
	return true;
}

static bool get_numbers(struct reader *r, struct numbers *numbers)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t v;

	while (r->p < r->end) {
		if (!get_varint(r, &v)) {
			g_array_free(all, TRUE);
			return false;
		}
		g_array_append_val(all, v);
	}
	numbers->n = all->len;
	numbers->v = (uint64_t *)(void *)g_array_free(all, FALSE);
	return true;
}

static bool decode_scalar(const struct field *f, struct reader *r, void *record)
{
	uint64_t v;

	if (!get_varint(r, &v))
		return false;
	if (f->type == FIELD_ENUM) {
		if (!record_has_word(f, v))
			return false;
		*AT(int, record, f) = (int)v;
	} else if (f->type == FIELD_BOOL) {
		*AT(bool, record, f) = v != 0;
	} else if (f->type == FIELD_TIME) {
		*AT(int64_t, record, f) = (int64_t)v;
	} else {
		*AT(uint64_t, record, f) = v;
	}
	return true;
}

static void release_field(const struct field *f, void *record)
{
	if (f->type == FIELD_TEXT)
		g_clear_pointer(AT(char *, record, f), g_free);
	else if (f->type == FIELD_LIST)
		g_clear_pointer(AT(char **, record, f), g_strfreev);
	else if (f->type == FIELD_NUMBERS)
		g_clear_pointer(&AT(struct numbers, record, f)->v, g_free);
}

static bool decode_field(const struct field *f, struct reader *span, void *record)
{
	bool ok;

	release_field(f, record);
	if (f->flags & FIELD_HEX)
		ok = get_hex(span, AT(char *, record, f));
	else if (f->type == FIELD_TEXT && f->names)
		ok = get_text_or_word(f, span, AT(char *, record, f));
	else if (f->type == FIELD_WORD)
		ok = get_word(f, span, AT(int, record, f));
	else if (f->type == FIELD_TEXT)
		ok = record_get_text(span, AT(char *, record, f));
	else if (f->type == FIELD_LIST)
		ok = get_list(span, AT(char **, record, f));
	else if (f->type == FIELD_NUMBERS)
		ok = get_numbers(span, AT(struct numbers, record, f));
	else
		ok = decode_scalar(f, span, record);
	return ok && span->p == span->end;
}

/* They are written in the order of their rows: each is looked for after the one before. */
static const struct field *field_by_id(const struct record_type *type, size_t *next, guint8 id)
{
	for (size_t n = 0; n < type->count; n++) {
		const struct field *f = &type->fields[*next];

		*next = *next + 1 < type->count ? *next + 1 : 0;
		if (f->id == id)
			return f;
	}
	return NULL;
}

enum status record_decode(
	const struct record_type *type, struct bytes value, void *record, struct error *err)
{
	struct reader r = { value.data, value.data }, span;
	size_t next = 0;

	memset(record, 0, type->size);
	if (value.len == 0 || *r.p != RECORD_VERSION)
		return error_set(err, ST_BAD_INPUT, _("damaged %s: unknown version"), type->name);
	r.end += value.len;
	r.p++;
	while (r.p < r.end) {
		const struct field *f = field_by_id(type, &next, *r.p++);

		if (get_span(&r, &span) && (!f || decode_field(f, &span, record)))
			continue;
		record_release(type, record);
		return error_set(err, ST_BAD_INPUT, _("damaged %s: field '%s'"), type->name,
			f ? f->name : "?");
	}
	if (type->spell_out)
		type->spell_out(record);
	return ST_OK;
}

/* --- whole records --- */

void record_release(const struct record_type *type, void *record)
{
	for (size_t i = 0; i < type->count; i++)
		release_field(&type->fields[i], record);
	memset(record, 0, type->size);
}

static void copy_field(const struct field *f, void *to, const void *from)
{
	const struct numbers *numbers;

	if (f->type == FIELD_TEXT) {
		*AT(char *, to, f) = g_strdup(*CONST_AT(char *, from, f));
	} else if (f->type == FIELD_LIST) {
		*AT(char **, to, f) = g_strdupv(*CONST_AT(char **, from, f));
	} else if (f->type == FIELD_NUMBERS) {
		numbers = CONST_AT(struct numbers, from, f);
		AT(struct numbers, to, f)->v = g_memdup2(
			numbers->v, numbers->n * sizeof *numbers->v);
	}
}

void record_copy(const struct record_type *type, void *to, const void *from)
{
	memcpy(to, from, type->size);
	for (size_t i = 0; i < type->count; i++)
		copy_field(&type->fields[i], to, from);
}

/* In front of a record on the heap. */
struct head {
	const struct record_type *type;
	max_align_t record[];
};

void *record_new(const struct record_type *type)
{
	struct head *head = g_malloc0(sizeof *head + type->size);

	head->type = type;
	return head->record;
}

void *record_dup(const struct record_type *type, const void *record)
{
	void *copy = record_new(type);

	record_copy(type, copy, record);
	return copy;
}

void record_free(void *record)
{
	struct head *head = record
		? (struct head *)(void *)((char *)record - offsetof(struct head, record))
		: NULL;

	if (head)
		record_release(head->type, record);
	g_free(head);
}

const struct field *record_field(const struct record_type *type, const char *name)
{
	for (size_t i = 0; i < type->count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

static char *numbers_text(const struct numbers *numbers)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < numbers->n; i++)
		g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? ", " : "", numbers->v[i]);
	return g_string_free(out, FALSE);
}

char *record_field_text(const struct field *f, const void *record)
{
	switch (f->type) {
	case FIELD_U64:
		if (f->flags & FIELD_ZERO_UNKNOWN && !*CONST_AT(uint64_t, record, f))
			return NULL;
		return g_strdup_printf("%" G_GUINT64_FORMAT, *CONST_AT(uint64_t, record, f));
	case FIELD_TIME:
		return text_rfc3339(*CONST_AT(int64_t, record, f));
	case FIELD_BOOL:
		return g_strdup(*CONST_AT(bool, record, f) ? "true" : "false");
	case FIELD_ENUM:
	case FIELD_WORD:
		return g_strdup(f->names[*CONST_AT(int, record, f)]);
	case FIELD_TEXT:
		return g_strdup(*CONST_AT(char *, record, f));
	case FIELD_LIST:
		return *CONST_AT(char **, record, f)
			? g_strjoinv(", ", *CONST_AT(char **, record, f))
			: g_strdup("");
	case FIELD_NUMBERS:
		return numbers_text(CONST_AT(struct numbers, record, f));
	}
	return NULL;
}

static bool record_set_name(const struct field *f, void *record, const char *text)
{
	int value = text ? names_find(f->names, text) : 0;

	if (value >= 0)
		*AT(int, record, f) = value;
	return value >= 0;
}

static void record_set_words(const struct field *f, void *record, const char *text)
{
	char **words = text ? g_strsplit(text, " ", -1) : NULL;

	g_strfreev(*AT(char **, record, f));
	*AT(char **, record, f) = words;
}

bool record_field_set(const struct field *f, void *record, const char *text)
{
	const char *value = text && *text ? text : NULL;

	switch (f->type) {
	case FIELD_ENUM:
	case FIELD_WORD:
		return record_set_name(f, record, value);
	case FIELD_TEXT:
		g_free(*AT(char *, record, f));
		*AT(char *, record, f) = g_strdup(value);
		return true;
	case FIELD_LIST:
		record_set_words(f, record, value);
		return true;
	case FIELD_U64:
	case FIELD_TIME:
	case FIELD_BOOL:
	case FIELD_NUMBERS:
		return false;
	}
	return false;
}

void record_field_add(const struct field *f, void *record, const char *word, guint max)
{
	char ***list = AT(char **, record, f);

	if (!*list || g_strv_length(*list) < max)
		text_list_add(list, word);
}

const char *record_field_word(const struct field *f, const void *record)
{
	if (f->type == FIELD_TEXT)
		return *CONST_AT(char *, record, f);
	if (f->type == FIELD_ENUM || f->type == FIELD_WORD)
		return f->names[*CONST_AT(int, record, f)];
	return NULL;
}

char *const *record_field_list(const struct field *f, const void *record)
{
	return f->type == FIELD_LIST ? *CONST_AT(char **, record, f) : NULL;
}

int names_find(const char *const *names, const char *s)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], s) == 0)
			return i;
	return -1;
}

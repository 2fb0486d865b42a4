/* JSON. */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "mail/attachment.h"
#include "terminal.h"

json_t *json_text(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	return value ? value : json_null();
}

json_t *json_time(int64_t when)
{
	g_autofree char *text = text_rfc3339(when);

	return json_text(text);
}

json_t *json_bytes(const char *bytes, size_t len)
{
	json_t *value = bytes ? json_stringn(bytes, len) : json_null();
	g_autofree char *encoded = value ? NULL : g_base64_encode((const guchar *)bytes, len);

	return value ? value : json_pack("{s:s}", "base64", encoded);
}

bool json_to_bytes(const json_t *value, char **bytes_out, size_t *len_out)
{
	const char *encoded = json_string_value(json_object_get(value, "base64"));

	*bytes_out = NULL;
	*len_out = 0;
	if (json_is_string(value)) {
		*len_out = json_string_length(value);
		*bytes_out = g_strndup(json_string_value(value), *len_out);
	} else if (encoded) {
		g_autofree guchar *bytes = g_base64_decode(encoded, len_out);

		*bytes_out = g_malloc(*len_out + 1);
		memcpy(*bytes_out, bytes, *len_out);
		(*bytes_out)[*len_out] = '\0';
	}
	return *bytes_out || !value || json_is_null(value);
}

static json_t *json_time_exact(int64_t when)
{
	g_autofree char *text = text_rfc3339_exact(when);

	return json_text(text);
}

static json_t *json_text_as(const char *text, bool exact)
{
	return exact && text ? json_bytes(text, strlen(text)) : json_text(text);
}

static json_t *json_list(char *const *list, bool exact)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json_text_as(*list, exact));
	return array;
}

static json_t *json_numbers(const struct numbers *numbers)
{
	json_t *array = json_array();

	for (size_t i = 0; i < numbers->n; i++)
		json_array_append_new(array, json_integer((json_int_t)numbers->v[i]));
	return array;
}

/* A name that is empty says that there is nothing to name. */
static json_t *json_name(const struct field *f, int value)
{
	return *f->names[value] ? json_text(f->names[value]) : json_null();
}

static json_t *json_field(const struct field *f, const void *record, bool exact)
{
	const char *at = (const char *)record + f->offset;
	uint64_t number;

	switch (f->type) {
	case FIELD_U64:
		number = *(const uint64_t *)(const void *)at;
		return number == 0 && f->flags & FIELD_ZERO_UNKNOWN
			? json_null()
			: json_integer((json_int_t)number);
	case FIELD_TIME:
		return exact ? json_time_exact(*(const int64_t *)(const void *)at)
			     : json_time(*(const int64_t *)(const void *)at);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)(const void *)at);
	case FIELD_ENUM:
	case FIELD_WORD:
		return json_name(f, *(const int *)(const void *)at);
	case FIELD_TEXT:
		return json_text_as(*(char *const *)(const void *)at, exact);
	case FIELD_LIST:
		return json_list(*(char **const *)(const void *)at, exact);
	case FIELD_NUMBERS:
		return json_numbers((const struct numbers *)(const void *)at);
	}
	return json_null();
}

json_t *json_record(const struct record_type *type, const void *record, bool hidden)
{
	json_t *object = json_object();

	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];

		if (!(f->flags & (hidden ? FIELD_INNER : FIELD_HIDDEN)))
			json_object_set_new(object, f->name, json_field(f, record, hidden));
	}
	return object;
}

json_t *json_ticket(const struct cli *cli, const struct ticket *t, bool hidden)
{
	json_t *object = json_record(&ticket_type, t, hidden), *queues = json_array();
	g_autofree char *tag = tag_text(&cli->settings->tag_format, t->number);

	json_array_append_new(queues, json_text(t->queue));
	for (char **w = t->watchers; w && *w; w++)
		json_array_append_new(queues, json_text(*w));
	json_object_set_new(object, "queues", queues);
	json_object_set_new(object, "tag", json_text(tag));
	json_object_set_new(object, "requester",
		json_pack("{s:o, s:o}", "name", json_text(t->requester_name), "address",
			json_text(t->requester_address)));
	return object;
}

json_t *json_attachment(const struct attachment *a)
{
	return json_pack("{s:o, s:o, s:I}", "name", json_text(a->name), "type", json_text(a->type),
		"size", (json_int_t)a->size);
}

static json_t *json_attachments(const struct entry *entry)
{
	json_t *array = json_array();

	for (char **text = entry->attached; text && *text; text++) {
		struct attachment a = { 0 };

		if (attachment_read(*text, &a))
			json_array_append_new(array, json_attachment(&a));
		attachment_release(&a);
	}
	return array;
}

json_t *json_entry(const struct entry *entry, const char *text, bool hidden)
{
	json_t *object = json_record(&entry_type, entry, hidden);

	json_object_set_new(object, "seq", json_integer((json_int_t)entry->seq));
	json_object_set_new(object, "attachments", json_attachments(entry));
	json_object_set_new(object, "text", json_text_as(text, hidden));
	return object;
}

json_t *json_event(const struct event *event)
{
	json_t *object = json_record(&event_type, event, false);

	json_object_set_new(object, "ticket", json_integer((json_int_t)event->ticket));
	json_object_set_new(object, "serial", json_integer((json_int_t)event->serial));
	return object;
}

json_t *json_view(const struct cli *cli, const struct ticket_view *view, bool hidden)
{
	json_t *object = json_ticket(cli, view->ticket, hidden), *messages = json_array(),
	       *events = json_array(), *history = json_array();

	for (unsigned i = 0; i < view->entries->len; i++)
		json_array_append_new(messages,
			json_entry(g_ptr_array_index(view->entries, i),
				g_ptr_array_index(view->texts, i), hidden));
	for (unsigned i = 0; i < view->events->len; i++)
		json_array_append_new(events,
			json_record(&event_type, g_ptr_array_index(view->events, i), hidden));
	for (unsigned i = 0; view->history && i < view->history->len; i++)
		json_array_append_new(
			history, json_ticket(cli, g_ptr_array_index(view->history, i), hidden));
	if (view->history)
		json_object_set(object, "history", history);
	json_decref(history);
	json_object_set_new(object, "messages", messages);
	json_object_set_new(object, "events", events);
	return object;
}

/* For a terminal: what is not seen is escaped, which says the same. */
static void print_escaped(const char *line)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *p = line; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!text_is_unseen(c))
			g_string_append_unichar(out, c);
		else if (c < 0x10000)
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_printf(out, "\\u%04x\\u%04x",
				0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
	}
	puts(out->str);
}

void json_print(json_t *value)
{
	char *line = json_dumps(value, JSON_COMPACT);

	if (line && terminal_is())
		print_escaped(line);
	else if (line)
		puts(line);
	free(line);
	json_decref(value);
}

/* --- reading --- */

static enum status json_expected(
	struct error *err, const struct record_type *type, const struct field *f, const char *what)
{
	return error_set(
		err, ST_BAD_INPUT, _("%s: member '%s' is not %s"), type->name, f->name, what);
}

/* Without a NUL, which would end it early. */
static bool read_text(const json_t *value, char **text_out)
{
	size_t len;

	return json_to_bytes(value, text_out, &len) && *text_out && strlen(*text_out) == len;
}

static bool read_list(const json_t *value, char ***list_out)
{
	size_t n = json_array_size(value);
	char **list = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		if (!read_text(json_array_get(value, i), &list[i])) {
			for (size_t k = 0; k <= i; k++)
				g_free(list[k]);
			g_free(list);
			return false;
		}
	*list_out = n ? list : (g_free(list), NULL);
	return json_is_array(value);
}

static bool read_numbers(const json_t *value, struct numbers *numbers)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *number = json_array_get(value, i);

		if (!json_is_integer(number) || json_integer_value(number) <= 0)
			return false;
		numbers_add(numbers, (uint64_t)json_integer_value(number));
	}
	return json_is_array(value);
}

/* null is the empty name, where there is one, else the first. */
static bool read_name(const json_t *value, const struct field *f, int *out)
{
	int i = -1;

	if (json_is_null(value))
		i = MAX(names_find(f->names, ""), 0);
	else if (json_is_string(value))
		i = names_find(f->names, json_string_value(value));
	*out = MAX(i, 0);
	return i >= 0;
}

static enum status json_read_field(const json_t *value, const struct record_type *type,
	const struct field *f, void *record, struct error *err)
{
	char *at = (char *)record + f->offset;

	if (!value || (json_is_null(value) && f->type != FIELD_ENUM))
		return ST_OK;
	switch (f->type) {
	case FIELD_U64:
		*(uint64_t *)(void *)at = (uint64_t)json_integer_value(value);
		return json_is_integer(value) && json_integer_value(value) >= 0
			? ST_OK
			: json_expected(err, type, f, _("a number"));
	case FIELD_TIME:
		return json_is_string(value) &&
				text_parse_date(json_string_value(value), (int64_t *)(void *)at) ==
					ST_OK
			? ST_OK
			: json_expected(err, type, f, _("an RFC 3339 time"));
	case FIELD_BOOL:
		*(bool *)(void *)at = json_is_true(value);
		return json_is_boolean(value) ? ST_OK
					      : json_expected(err, type, f, _("true or false"));
	case FIELD_ENUM:
	case FIELD_WORD:
		return read_name(value, f, (int *)(void *)at)
			? ST_OK
			: json_expected(err, type, f, _("one of its words"));
	case FIELD_TEXT:
		return read_text(value, (char **)(void *)at)
			? ST_OK
			: json_expected(err, type, f, _("a string"));
	case FIELD_LIST:
		return read_list(value, (char ***)(void *)at)
			? ST_OK
			: json_expected(err, type, f, _("a list of strings"));
	case FIELD_NUMBERS:
		return read_numbers(value, (struct numbers *)(void *)at)
			? ST_OK
			: json_expected(err, type, f, _("a list of numbers"));
	}
	return ST_OK;
}

enum status json_to_record(
	const json_t *object, const struct record_type *type, void *record, struct error *err)
{
	enum status st = json_is_object(object)
		? ST_OK
		: error_set(err, ST_BAD_INPUT, _("%s: expected an object"), type->name);

	for (size_t i = 0; i < type->count && st == ST_OK; i++)
		if (!(type->fields[i].flags & FIELD_INNER))
			st = json_read_field(json_object_get(object, type->fields[i].name), type,
				&type->fields[i], record, err);
	if (st != ST_OK)
		record_release(type, record);
	return st;
}

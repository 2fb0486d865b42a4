/* One value of milticket.conf: from its text into its field, back, and gone; and the checks of
 * strings. Pure. */
#include "settings/settings-kinds.h"

#include <string.h>

#include "base/address.h"
#include "base/duration.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/names.h"
#include "model/record.h"

enum {
	UNIX_SOCKET_PATH_MAX = 107, /* sun_path with its NUL, unix(7) */
	PORT_MAX = 65535,
	TEXT_MAX = 1000,
	LABEL_MAX = 64
};

/* No control characters: nothing of the configuration may add a line to a header, a log or a
 * mail. */
static bool is_one_line(const char *text)
{
	if (strlen(text) > TEXT_MAX || !g_utf8_validate(text, -1, NULL))
		return false;
	for (; *text; text = g_utf8_next_char(text))
		if (g_unichar_iscntrl(g_utf8_get_char(text)))
			return false;
	return true;
}

static bool take_text(const struct setting_row *key, void *target, const char *text)
{
	char **field = target;

	if (!is_one_line(text) || (key->check && !key->check(text)))
		return false;
	g_free(*field);
	*field = g_strdup(text);
	return true;
}

static char *show_text(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	return g_strdup(*(char *const *)target);
}

static void release_text(void *target)
{
	g_clear_pointer((char **)target, g_free);
}

const struct setting_kind kind_text = { SHAPE_STRING, "string", N_("a string of one line"),
	take_text, show_text, release_text };

static bool kinds_take_word(const struct setting_row *key, void *target, const char *text)
{
	int i = names_find(key->words, text);

	if (i < 0)
		return false;
	*(int *)target = i;
	return true;
}

static char *show_word(const struct setting_row *key, const void *target)
{
	return g_strdup(key->words[*(const int *)target]);
}

const struct setting_kind kind_word = { SHAPE_STRING, "string", NULL, kinds_take_word, show_word,
	NULL };

static bool take_word_text(const struct setting_row *key, void *target, const char *text)
{
	return (!*text || names_find(key->words, text) >= 0) && take_text(key, target, text);
}

const struct setting_kind kind_word_text = { SHAPE_STRING, "string", NULL, take_word_text,
	show_text, release_text };

static bool take_number(const struct setting_row *key, void *target, const char *text)
{
	gint64 value;

	if (!g_ascii_string_to_signed(text, 10, key->min, key->max, &value, NULL))
		return false;
	*(int64_t *)target = value;
	return true;
}

static char *show_number(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	return g_strdup_printf("%" G_GINT64_FORMAT, *(const gint64 *)target);
}

const struct setting_kind kind_number = { SHAPE_INTEGER, "integer", NULL, take_number, show_number,
	NULL };

static bool take_bool(const struct setting_row *key G_GNUC_UNUSED, void *target, const char *text)
{
	*(bool *)target = !strcmp(text, "true");
	return true;
}

static const char *bool_word(bool value)
{
	return value ? "true" : "false";
}

static char *show_bool(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	return g_strdup(bool_word(*(const bool *)target));
}

const struct setting_kind kind_bool = { SHAPE_BOOLEAN, "boolean", N_("true or false"), take_bool,
	show_bool, NULL };

static bool take_choice(const struct setting_row *key G_GNUC_UNUSED, void *target, const char *text)
{
	*(int *)target = *text ? !strcmp(text, "true") : -1;
	return true;
}

static char *show_choice(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	int value = *(const int *)target;

	return value < 0 ? NULL : g_strdup(bool_word(value));
}

const struct setting_kind kind_choice = { SHAPE_BOOLEAN, "boolean", N_("true or false"),
	take_choice, show_choice, NULL };

static bool take_mode(const struct setting_row *key G_GNUC_UNUSED, void *target, const char *text)
{
	guint64 value;

	if (strlen(text) < 3 || strlen(text) > 4 ||
		!g_ascii_string_to_unsigned(text, 8, 0, 0777, &value, NULL))
		return false;
	*(unsigned *)target = (unsigned)value;
	return true;
}

static char *show_mode(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	return g_strdup_printf("%04o", *(const unsigned *)target);
}

const struct setting_kind kind_mode = { SHAPE_STRING, "string",
	N_("an octal mode in quotes, such as \"0660\""), take_mode, show_mode, NULL };

static bool take_date(const struct setting_row *key G_GNUC_UNUSED, void *target, const char *text)
{
	int64_t value = 0;

	if (*text && text_parse_date(text, &value) != ST_OK)
		return false;
	*(int64_t *)target = value;
	return true;
}

/* As short as the day when it is the beginning of one here, so that what people wrote comes
 * back. */
static char *show_date(const struct setting_row *key G_GNUC_UNUSED, const void *target)
{
	int64_t value = *(const int64_t *)target, back;
	g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(value / TEXT_SECOND);
	char *day;

	if (!value)
		return g_strdup("");
	day = local ? g_date_time_format(local, "%Y-%m-%d") : NULL;
	if (day && text_parse_date(day, &back) == ST_OK && back == value)
		return day;
	g_free(day);
	return text_rfc3339(value);
}

const struct setting_kind kind_date = { SHAPE_STRING, "string", N_("a date such as \"2026-01-01\""),
	take_date, show_date, NULL };

static bool take_texts(const struct setting_row *key, void *target, const char *text)
{
	char ***field = target;

	if (!is_one_line(text) || (key->check && !key->check(text)))
		return false;
	text_list_add(field, text);
	return true;
}

static char *show_texts(
	const struct setting_row *key G_GNUC_UNUSED, const void *target G_GNUC_UNUSED)
{
	return NULL;
}

static void release_texts(void *target)
{
	g_clear_pointer((char ***)target, g_strfreev);
}

const struct setting_kind kind_texts = { SHAPE_STRINGS, "list of strings", NULL, take_texts,
	show_texts, release_texts };

bool check_filled(const char *text)
{
	return *text;
}

/* "8891@host"; libmilter would take a missing host as every interface, which nobody should get by
 * leaving something out. */
static bool is_port_at_host(const char *text)
{
	const char *at = strchr(text, '@');
	g_autofree char *port = at ? g_strndup(text, (gsize)(at - text)) : NULL;

	return port && at[1] && !strpbrk(at + 1, "@ /") &&
		g_ascii_string_to_unsigned(port, 10, 1, PORT_MAX, NULL, NULL);
}

static bool is_socket_path(const char *text)
{
	return *text == '/' && strlen(text) <= UNIX_SOCKET_PATH_MAX;
}

bool check_socket(const char *text)
{
	static const struct {
		const char *prefix;
		bool (*rest)(const char *);
	} forms[] = { { "unix:", is_socket_path }, { "local:", is_socket_path },
		{ "inet:", is_port_at_host }, { "inet6:", is_port_at_host } };

	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (g_str_has_prefix(text, forms[i].prefix))
			return forms[i].rest(text + strlen(forms[i].prefix));
	return false;
}

bool check_unix_name(const char *text)
{
	return *text && *text != '-' && !strpbrk(text, " :/,");
}

bool check_path(const char *text)
{
	return *text == '/';
}

bool check_path_or_none(const char *text)
{
	return !*text || check_path(text);
}

bool check_archive_path(const char *text)
{
	return strcmp(text, SETTINGS_IN_STORE) == 0 || check_path_or_none(text);
}

/* host, host:port, [address]:port, with the name for EHLO after a slash, as libcurl reads it. */
static bool is_authority(const char *text)
{
	return g_regex_match_simple(
		"^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[A-Za-z0-9._-]*)?$", text,
		G_REGEX_DOLLAR_ENDONLY, 0);
}

static bool has_sane_port(const char *authority)
{
	const char *bracket = strchr(authority, ']');
	const char *colon = strchr(bracket ? bracket : authority, ':');
	guint64 port = colon ? g_ascii_strtoull(colon + 1, NULL, 10) : 1;

	return port >= 1 && port <= PORT_MAX;
}

bool check_relay_url(const char *text)
{
	static const char *const schemes[] = { "smtp://", "smtps://" };

	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_str_has_prefix(text, schemes[i])) {
			const char *authority = text + strlen(schemes[i]);

			return is_authority(authority) && has_sane_port(authority);
		}
	return false;
}

bool check_header_match_or_none(const char *text)
{
	return !*text || g_regex_match_simple("^[!-9;-~]+: *[^ ]", text, 0, 0);
}

bool check_delimiter_or_none(const char *text)
{
	return !*text || (!text[1] && g_ascii_ispunct(*text) && !strchr("@\"\\<>()[],;:.", *text));
}

static bool kinds_is_address(const char *text)
{
	g_autofree char *canonical = NULL;

	return address_canonical(text, &canonical) == ST_OK;
}

bool check_address(const char *text)
{
	return kinds_is_address(text);
}

bool check_address_or_none(const char *text)
{
	return !*text || kinds_is_address(text);
}

/* A bare local part counts as one of some domain. */
static bool is_address_or_local_part(const char *text)
{
	g_autofree char *whole = strchr(text, '@') ? g_strdup(text)
						   : g_strconcat(text, "@example.com", NULL);

	return kinds_is_address(whole);
}

bool check_addresses_or_none(const char *text)
{
	g_auto(GStrv) items = g_strsplit(text, ",", -1);

	if (!*text)
		return true;
	for (char **item = items; *item; item++)
		if (!is_address_or_local_part(g_strstrip(*item)))
			return false;
	return true;
}

/* The phrase before "<": plain UTF-8, with or without quotes around it. NULL if it is not one; else
 * owned. */
static char *phrase_parse(const char *text, size_t len)
{
	char *phrase = g_strstrip(g_strndup(text, len));
	size_t n = strlen(phrase);

	if (n >= 2 && phrase[0] == '"' && phrase[n - 1] == '"') {
		memmove(phrase, phrase + 1, n - 2);
		phrase[n - 2] = '\0';
	}
	if (!strpbrk(phrase, "\"\\") && !strstr(phrase, "=?") && strlen(phrase) <= LIMIT_NAME_BYTES)
		return phrase;
	g_free(phrase);
	return NULL;
}

bool sender_parse(const char *text, char **name_out, char **address_out)
{
	const char *open = strchr(text, '<');
	size_t len = strlen(text);
	g_autofree char *phrase = NULL, *inner = NULL;

	if (!open)
		inner = g_strdup(text);
	else if (text[len - 1] != '>' || !(phrase = phrase_parse(text, (size_t)(open - text))))
		return false;
	else
		inner = g_strndup(open + 1, (gsize)(text + len - 1 - (open + 1)));
	if (strpbrk(inner, "<> \t") || address_canonical(inner, address_out) != ST_OK)
		return false;
	*name_out = phrase && *phrase ? g_steal_pointer(&phrase) : NULL;
	return true;
}

bool check_sender_or_none(const char *text)
{
	g_autofree char *name = NULL, *address = NULL;

	return !*text || sender_parse(text, &name, &address);
}

bool check_language_or_none(const char *text)
{
	return !*text || text_is_language(text);
}

bool check_queue_or_none(const char *text)
{
	return !*text || queue_name_valid(text);
}

bool check_login_or_none(const char *text)
{
	return !*text || agent_login_valid(text);
}

bool check_label_or_none(const char *text)
{
	return strlen(text) <= LABEL_MAX && !strpbrk(text, " \t,");
}

/* Only quoted, and where one stands alone. */
bool check_title_or_none(const char *text)
{
	return strlen(text) <= LABEL_MAX && !g_ascii_isspace(*text) &&
		!(*text && g_ascii_isspace(text[strlen(text) - 1]));
}

bool check_duration_or_none(const char *text)
{
	struct duration duration;

	return !*text || duration_read(text, &duration);
}

/* "Mon-Fri 08:00": the hours of those days from then on are as good as any. */
bool check_digest_or_none(const char *text)
{
	g_autofree char *hours = g_strconcat(text, SETTINGS_DIGEST_END, NULL);
	struct calendar *calendar = NULL;
	struct error err;
	bool good = !*text ||
		(calendar_new("", &calendar, &err) == ST_OK &&
			calendar_add_hours(calendar, hours, &err) == ST_OK);

	calendar_free(calendar);
	return good;
}

bool check_authserv_id(const char *text)
{
	return *text && !strpbrk(text, " \t;");
}

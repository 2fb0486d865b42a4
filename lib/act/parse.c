/* The arguments of verbs. */
#include "act/change.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/query.h"

enum status parse_expected(const struct parsing *p, const char *word)
{
	const struct verb_info *info = verb_info(p->command->verb);

	if (word)
		return error_set(p->err, ST_BAD_INPUT, _("%s: '%s' is not %s"), info->name, word,
			info->arguments);
	if (!*info->arguments)
		return error_set(p->err, ST_BAD_INPUT, _("%s: expected no argument"), info->name);
	return error_set(p->err, ST_BAD_INPUT, _("%s: expected %s"), info->name, info->arguments);
}

enum status parse_none(struct parsing *p)
{
	return p->n == 0 ? ST_OK : parse_expected(p, NULL);
}

/* One word, taken as it is: whether there is such an agent, queue or project is seen when it is
 * applied. */
enum status parse_word(struct parsing *p)
{
	if (p->n != 1)
		return parse_expected(p, NULL);
	p->command->text = text_line(p->args[0], LIMIT_NAME_BYTES);
	return *p->command->text ? ST_OK : parse_expected(p, NULL);
}

/* A word, or nothing at all. */
enum status parse_maybe(struct parsing *p)
{
	return p->n == 0 ? ST_OK : parse_word(p);
}

/* The words have their quotes. */
static enum status parse_query_text(struct parsing *p)
{
	g_autofree char *text = g_strjoinv(" ", p->args);
	g_autoptr(GPtrArray) later = g_ptr_array_new_with_free_func(g_free);
	const struct query_asker asker = { .me = "me", .later = later };
	struct query_tree *query = NULL;
	enum status st;

	/* "me" is somebody then; whether a saved query is there is seen when it is asked. */
	st = query_parse(text, &asker, &query, p->err);
	query_free(query);
	if (st == ST_OK)
		p->command->text = g_steal_pointer(&text);
	return st;
}

enum status parse_query(struct parsing *p)
{
	return p->n ? parse_query_text(p) : parse_expected(p, NULL);
}

/* One word may be anything; several begin with a term, as a sentence of a note may begin with
 * "list", too. */
enum status parse_filter(struct parsing *p)
{
	size_t i = 0;

	if (p->n <= 1 && !(p->n && strpbrk(p->args[0], ":()@\"")))
		return parse_maybe(p);
	while (i + 1 < p->n &&
		(strcmp(p->args[i], "(") == 0 || g_ascii_strcasecmp(p->args[i], "not") == 0))
		i++;
	if (p->n > 1 && !query_is_term(p->args[i] + strspn(p->args[i], "(")))
		return parse_expected(p, p->args[i]);
	return parse_query_text(p);
}

static enum status parse_name_of(struct parsing *p, const char *const *names)
{
	g_autofree char *lower = g_ascii_strdown(p->args[0], -1);

	p->command->value = names_find(names, lower);
	if (p->command->value < 0)
		return parse_expected(p, p->args[0]);
	p->command->text = g_steal_pointer(&lower);
	return ST_OK;
}

/* A value of the field that the verb sets. What may be without one is so by "" or "-". */
enum status parse_field(struct parsing *p)
{
	const struct field *field = record_field(&ticket_type, verb_info(p->command->verb)->field);

	if (p->n != 1)
		return parse_expected(p, NULL);
	if (field->type == FIELD_ENUM)
		return parse_name_of(p, field->names);
	if (field->flags & FIELD_ALWAYS || strcmp(p->args[0], "-") != 0)
		p->command->text = text_line(p->args[0], LIMIT_NAME_BYTES);
	else
		p->command->text = g_strdup("");
	return field->flags & FIELD_ALWAYS && !*p->command->text ? parse_expected(p, NULL) : ST_OK;
}

/* A moment to come: "3d", "2026-12-24", "2bd". */
static enum status parse_moment(struct parsing *p, const char *word)
{
	struct command *c = p->command;

	if (duration_read(word, &c->business) && c->business.kind != DURATION_WALL)
		return ST_OK;
	c->business = (struct duration){ DURATION_NONE, 0 };
	if (text_parse_when(word, p->now, 1, &c->when) != ST_OK)
		return parse_expected(p, word);
	if (c->when <= p->now)
		return error_set(p->err, ST_BAD_INPUT, _("%s: '%s' is not in the future"),
			verb_info(c->verb)->name, word);
	return ST_OK;
}

enum status parse_wait(struct parsing *p)
{
	return p->n == 1 ? parse_moment(p, p->args[0]) : parse_expected(p, NULL);
}

enum status parse_remind(struct parsing *p)
{
	g_autofree char *joined = p->n > 1 ? g_strjoinv(" ", p->args + 1) : NULL;

	if (p->n == 0)
		return parse_expected(p, NULL);
	p->command->text = joined ? text_line(joined, LIMIT_TITLE_BYTES) : NULL;
	return strcmp(p->args[0], "-") == 0 ? ST_OK : parse_moment(p, p->args[0]);
}

enum status parse_number(struct parsing *p)
{
	if (p->n != 1)
		return parse_expected(p, NULL);
	return text_parse_number(p->args[0], &p->command->number) == ST_OK
		? ST_OK
		: parse_expected(p, p->args[0]);
}

enum status parse_seqs(struct parsing *p)
{
	for (size_t i = 0; i < p->n; i++) {
		uint64_t seq;

		if (text_parse_number(p->args[i], &seq) != ST_OK)
			return parse_expected(p, p->args[i]);
		numbers_add(&p->command->seqs, seq);
	}
	return p->n > 0 ? ST_OK : parse_expected(p, NULL);
}

enum status parse_title(struct parsing *p)
{
	g_autofree char *joined = NULL;

	if (p->n == 0)
		return parse_expected(p, NULL);
	joined = g_strjoinv(" ", p->args);
	p->command->text = text_line(joined, LIMIT_TITLE_BYTES);
	return *p->command->text ? ST_OK : parse_expected(p, NULL);
}

static bool tag_valid(const char *tag)
{
	size_t len = strlen(tag);

	return len > 0 && len <= 64 && g_utf8_validate(tag, -1, NULL) && !strpbrk(tag, " ,\t\r\n");
}

enum status parse_tags(struct parsing *p)
{
	g_autoptr(GPtrArray) add = g_ptr_array_new();
	g_autoptr(GPtrArray) remove = g_ptr_array_new();

	if (p->n == 0 || p->n > LIMIT_TAGS)
		return parse_expected(p, NULL);
	for (size_t i = 0; i < p->n; i++) {
		bool minus = p->args[i][0] == '-';
		char *name = p->args[i] + (minus || p->args[i][0] == '+');

		if (!tag_valid(name))
			return parse_expected(p, p->args[i]);
		g_ptr_array_add(minus ? remove : add, name);
	}
	g_ptr_array_add(add, NULL);
	g_ptr_array_add(remove, NULL);
	p->command->add = g_strdupv((char **)add->pdata);
	p->command->remove = g_strdupv((char **)remove->pdata);
	return ST_OK;
}

/* A name as people write it, in quotes where mail wants them. Owned; NULL: none. */
static char *parse_person(const char *name)
{
	g_autofree char *bare = g_strdelimit(g_strdup(name ? name : ""), "\"", ' ');

	return *g_strstrip(bare) ? text_line(bare, LIMIT_NAME_BYTES) : NULL;
}

/* "carla@example.net", "Carla Kern <carla@example.net>". */
enum status parse_requester(struct parsing *p)
{
	g_autofree char *joined = g_strjoinv(" ", p->args);
	struct mailbox box = { .address = NULL };

	if (p->n == 0)
		return parse_expected(p, NULL);
	if (!mailbox_read(g_strchomp(joined), &box))
		return error_set(
			p->err, ST_BAD_INPUT, _("requester: '%s' is no mail address"), joined);
	p->command->text = g_steal_pointer(&box.address);
	p->command->name = parse_person(box.name);
	mailbox_release(&box);
	return ST_OK;
}

/* Digests. */
#include "keep/digest.h"

#include <string.h>

#include "act/reply.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/workers.h"

#define DIGEST_DAY (INT64_C(86400) * TEXT_SECOND)
/* Further ahead is no clock that was set right. */
#define DIGEST_AHEAD (2 * DIGEST_DAY)

/* Of each section; more are counted. */
enum { SHOWN = 50 };

/* --- what it says --- */

struct digesting {
	const struct agent *agent;
	int64_t now, tomorrow; /* when the reader's day ends */
	GHashTable *seen;      /* numbers: a ticket stands in one section */
	GString *out;
	const char *title; /* of the section; NULL: it is written */
	bool (*picks)(const struct digesting *d, const struct ticket *t);
	unsigned n;
};

static bool digest_is_overdue(const struct digesting *d, const struct ticket *t)
{
	(void)d;
	return t->overdue != OVERDUE_NOT;
}

static bool digest_wakes(const struct digesting *d, const struct ticket *t)
{
	int64_t at = t->wait_until ? t->wait_until : t->remind_at;

	return at && at < d->tomorrow;
}

static bool digest_any(const struct digesting *d, const struct ticket *t)
{
	(void)d;
	(void)t;
	return true;
}

static void digest_line(struct digesting *d, const struct ticket *t)
{
	g_autofree char *subject = text_line_shown(text_or_none(t->subject), LIMIT_TITLE_BYTES);
	g_autofree char *touched = text_zoned(ticket_touched(t), d->agent->zone);

	if (d->title)
		g_string_append_printf(d->out, "%s%s\n", d->out->len ? "\n" : "", d->title);
	d->title = NULL;
	g_string_append_printf(d->out, "  #%" PRIu64 " %s, %s, %s, %s", t->number, t->queue,
		ticket_status_names[t->status], t->agent ? t->agent : _("nobody"), touched);
	if (*subject)
		g_string_append_printf(d->out, ": %s", subject);
	g_string_append_c(d->out, '\n');
}

static enum status digest_visit(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct digesting *d = arg;

	(void)txn;
	(void)err;
	if (!d->picks(d, t) || !g_hash_table_add(d->seen, GSIZE_TO_POINTER(t->number)))
		return ST_OK;
	if (++d->n <= SHOWN)
		digest_line(d, t);
	return ST_OK;
}

/* Oldest activity first. */
static enum status digest_list(struct txn *txn, struct digesting *d, const char *queue,
	const char *agent, struct error *err)
{
	const struct ticket_filter filter = {
		.queue = queue, .agent = agent, .priority = -1, .oldest_first = true
	};

	return tickets_list(txn, &filter, digest_visit, d, err);
}

static void digest_end_section(struct digesting *d)
{
	if (d->n > SHOWN)
		g_string_append_printf(d->out, _("  and %u more\n"), d->n - SHOWN);
	d->n = 0;
}

/* Theirs, and in each of the queues those of that agent ("": nobody's; NULL: anybody's). */
static enum status digest_section(struct txn *txn, struct digesting *d, const char *title,
	char *const *queues, const char *agent, struct error *err)
{
	enum status st = ST_OK;

	d->title = title;
	if (!agent || *agent)
		st = digest_list(txn, d, NULL, d->agent->login, err);
	for (; queues && *queues && st == ST_OK; queues++)
		st = digest_list(txn, d, *queues, agent, err);
	digest_end_section(d);
	return st;
}

struct digest_led {
	const char *login;
	char **queues;
};

static enum status digest_note_led(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	struct digest_led *led = arg;

	(void)txn;
	(void)err;
	if (g_strcmp0(queue->responsible, led->login) == 0)
		text_list_add(&led->queues, queue->name);
	return ST_OK;
}

static int64_t digest_tomorrow(const struct agent *agent, int64_t now)
{
	g_autoptr(GTimeZone) zone = agent->zone ? g_time_zone_new_identifier(agent->zone) : NULL;
	g_autoptr(GTimeZone) here = g_time_zone_new_local();
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now / TEXT_SECOND);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone ? zone : here);
	g_autoptr(GDateTime) next = g_date_time_add_days(local, 1);
	g_autoptr(GDateTime)
		midnight = g_date_time_new(zone ? zone : here, g_date_time_get_year(next),
			g_date_time_get_month(next), g_date_time_get_day_of_month(next), 0, 0, 0);

	return midnight ? g_date_time_to_unix(midnight) * TEXT_SECOND : now;
}

static enum status digest_sections(
	struct txn *txn, struct digesting *d, const struct digest_led *led, struct error *err)
{
	enum status st;

	d->picks = digest_is_overdue;
	st = digest_section(txn, d, _("Overdue:"), led->queues, NULL, err);
	if (st == ST_OK)
		st = digest_section(txn, d, _("Overdue, and nobody's:"), d->agent->queues, "", err);
	d->picks = digest_wakes;
	if (st == ST_OK)
		st = digest_section(txn, d, _("Waking today:"), led->queues, NULL, err);
	d->picks = digest_any;
	if (st == ST_OK)
		st = digest_section(txn, d, _("Yours, oldest first:"), NULL, NULL, err);
	if (st == ST_OK)
		st = digest_section(
			txn, d, _("Nobody's in your queues:"), d->agent->queues, "", err);
	if (st == ST_OK)
		st = digest_section(txn, d, _("Nobody's in queues that you are responsible for:"),
			led->queues, "", err);
	return st;
}

enum status digest_write(struct txn *txn, const struct agent *agent, bool lead, int64_t now,
	GString *out, struct error *err)
{
	struct digesting d = {
		.agent = agent, .now = now, .tomorrow = digest_tomorrow(agent, now), .out = out
	};
	struct digest_led led = { .login = agent->login };
	enum status st = lead ? queues_each(txn, digest_note_led, &led, err) : ST_OK;

	d.seen = g_hash_table_new(g_direct_hash, g_direct_equal);
	if (st == ST_OK)
		st = digest_sections(txn, &d, &led, err);
	g_hash_table_unref(d.seen);
	g_strfreev(led.queues);
	return st;
}

/* --- when --- */

/* Days since the first, by their clock. */
static int64_t digest_day(GTimeZone *zone, int64_t when)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, when / TEXT_SECOND);

	return (when / TEXT_SECOND + g_time_zone_get_offset(zone, interval)) / 86400;
}

enum digest_need { DIGEST_NONE, DIGEST_NOW, DIGEST_ASTRAY };

/* Their hours of it are on, and they had none today. One from days to come was sent by a clock that
 * went wrong: it stands for what their hours of today would have had. */
static enum digest_need digest_need(
	const struct calendar *calendar, struct agent *agent, int64_t now)
{
	bool open = calendar_is_open(calendar, now);
	GTimeZone *zone = calendar_zone(calendar);

	if (agent->digested > now + DIGEST_AHEAD) {
		agent->digested = open ? now : now - DIGEST_DAY;
		return DIGEST_ASTRAY;
	}
	if (!open || digest_day(zone, now) <= digest_day(zone, agent->digested))
		return DIGEST_NONE;
	agent->digested = now;
	return DIGEST_NOW;
}

/* Notes in the agent's record that it is done, unless nothing is. */
static enum digest_need digest_ask(
	const struct settings *settings, struct agent *agent, int64_t now)
{
	g_autofree char *hours = g_strconcat(settings->digest.at, SETTINGS_DIGEST_END, NULL);
	struct calendar *calendar = NULL;
	struct error err;
	enum digest_need need = DIGEST_NONE;

	if (agent->inactive || !agent_address(agent) || agent_is_away(agent, now))
		return DIGEST_NONE;
	if (calendar_new(text_or_none(agent->zone), &calendar, &err) == ST_OK &&
		calendar_add_hours(calendar, hours, &err) == ST_OK &&
		calendar_finish(calendar, &err) == ST_OK)
		need = digest_need(calendar, agent, now);
	calendar_free(calendar);
	return need;
}

/* --- sending --- */

struct digest_round {
	const struct settings *settings;
	struct token_key key;
	int64_t now;
	char **due; /* logins */
	const char *login;
	unsigned count;
};

static enum status digest_note_due(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct digest_round *r = arg;
	struct agent asked = *agent;

	(void)txn;
	(void)err;
	if (digest_ask(r->settings, &asked, r->now) != DIGEST_NONE)
		text_list_add(&r->due, agent->login);
	return ST_OK;
}

static enum status digest_look(struct txn *txn, void *arg, struct error *err)
{
	struct digest_round *r = arg;

	g_clear_pointer(&r->due, g_strfreev);
	return agents_each(txn, digest_note_due, r, err);
}

static enum status digest_mail(
	struct txn *txn, struct digest_round *r, const struct agent *agent, struct error *err)
{
	const struct reply_context context = { txn, r->settings, &r->key,
		{ PROGRAM_ACTOR, r->now } };
	bool lead = r->settings->digest.to != DIGEST_AGENTS;
	g_autoptr(GString) text = g_string_new(NULL);
	enum status st = digest_write(txn, agent, lead, r->now, text, err);

	if (st != ST_OK || !text->len)
		return st;
	r->count++;
	return reply_letter(
		&context, agent_address(agent), _("Your tickets today"), text->str, err);
}

static enum status digest_is_reader(struct txn *txn, struct digest_round *r,
	const struct agent *agent, bool *reads_out, struct error *err)
{
	struct digest_led led = { .login = agent->login };
	enum status st = ST_OK;

	if (r->settings->digest.to == DIGEST_QUEUES)
		st = queues_each(txn, digest_note_led, &led, err);
	*reads_out = led.queues || r->settings->digest.to != DIGEST_QUEUES;
	g_strfreev(led.queues);
	return st;
}

/* It may have been done by another meanwhile. */
static enum status digest_one(struct txn *txn, void *arg, struct error *err)
{
	struct digest_round *r = arg;
	struct agent agent = { 0 };
	enum digest_need need = DIGEST_NONE;
	bool reads = false;
	enum status st = agents_load(txn, r->login, &agent, err);

	r->count = 0;
	if (st == ST_OK)
		need = digest_ask(r->settings, &agent, r->now);
	if (need == DIGEST_NOW)
		st = digest_is_reader(txn, r, &agent, &reads, err);
	if (st == ST_OK && reads)
		st = digest_mail(txn, r, &agent, err);
	if (st == ST_OK && need != DIGEST_NONE)
		st = agents_save(txn, &agent, err);
	record_release(&agent_type, &agent);
	failpoint("digest-before-commit");
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status digest_send(struct store *store, const struct settings *settings, int64_t now,
	unsigned *count_out, struct error *err)
{
	struct digest_round r = { .settings = settings, .now = now };
	enum status st = ST_OK;

	*count_out = 0;
	if (*settings->digest.at)
		st = store_read(store, digest_look, &r, err);
	if (st == ST_OK && r.due)
		st = store_secret(store, r.key.secret, err);
	for (char **login = r.due; login && *login && st == ST_OK; login++) {
		r.login = *login;
		st = store_write(store, digest_one, &r, err);
		*count_out += r.count;
	}
	failpoint("digest-after-commit");
	g_strfreev(r.due);
	return st;
}

/* Held moves: a row in TABLE_META each, of lines: when, login, "NUMBER FOLDER" … */
#include "act/mailbox-hold.h"

#include <inttypes.h>
#include <string.h>

#include "act/command.h"
#include "act/reply.h"
#include "base/limits.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"

enum { HELD_DAYS = 7, DAY_SECONDS = 24 * 3600, CODE_BYTES = 8, SHOWN = 30 };
enum { LINE_TIME, LINE_LOGIN, LINE_FIRST };
/* In place of a folder: its mark was changed. */
#define HELD_MARK "!mark"

static void hold_key(struct key *key, const char *code)
{
	key_init(key);
	key_text(key, "held");
	if (code)
		key_text(key, code);
}

static enum status hold_failed(struct txn *txn, enum status st, struct error *err)
{
	return error_set(err, st, _("cannot keep the moves that are held: %s"), txn_reason(txn));
}

/* --- holding --- */

struct holding {
	const struct mailbox_move *moves;
	size_t n;
	char *code;
	GString *row, *shown;
};

/* Begins with a letter: a line of commands has tickets' numbers, too. */
static char *hold_new_code(void)
{
	guint32 random[2] = { g_random_int(), g_random_int() };
	g_autofree char *text = text_base32(random, sizeof random);

	return g_strdup_printf("m%.*s", CODE_BYTES, text);
}

static void hold_describe(struct holding *h)
{
	const struct mailbox_move *first = &h->moves[0];

	g_string_printf(h->row, "%" PRId64 "\n%s\n", first->now, first->login);
	for (size_t i = 0; i < h->n; i++) {
		const struct mailbox_move *move = &h->moves[i];
		g_autofree char *name = move->flag ? g_strdup(HELD_MARK) : folder_name(move->to);

		g_string_append_printf(h->row, "%" PRIu64 " %s\n", move->ticket, name ? name : "?");
		if (i < SHOWN)
			g_string_append_printf(h->shown, "#%" PRIu64 "  %s\n", move->ticket,
				name ? name + 1 : "?");
	}
	if (h->n > SHOWN)
		g_string_append(h->shown, "…\n");
}

static enum status hold_tell(struct txn *txn, const struct holding *h, struct error *err)
{
	const struct mailbox_move *first = &h->moves[0];
	const struct reply_context context = { .txn = txn,
		.settings = first->settings,
		.key = &first->key,
		.actor = { "milticket", first->now } };
	char **controls = first->settings->controls;
	g_autofree char *text = g_strdup_printf(
		_("You moved more than %d tickets in your mail client within a minute. %zu wait:\n"
		  "was it meant? Then answer this mail with the line\n\n"
		  "confirm %s\n\n"
		  "within a week.\n\n%s"),
		LIMIT_MAILBOX_MOVES, h->n, h->code, h->shown->str);
	struct agent agent = { 0 };
	enum status st = agents_load(txn, first->login, &agent, err);

	if (st == ST_OK && agent_address(&agent))
		st = reply_transcript(&context,
			&(const struct transcript_mail){ .to = agent_address(&agent),
				.subject = _("tickets moved"),
				.text = text,
				.reply_to = controls ? controls[0] : NULL },
			err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Rows of those who did not answer. */
static enum status hold_forget_old(struct txn *txn, int64_t now, struct error *err)
{
	const int64_t before = now - (int64_t)HELD_DAYS * DAY_SECONDS * TEXT_SECOND;
	struct key prefix;
	struct scan scan;
	enum status st;

	hold_key(&prefix, NULL);
	for (st = scan_first(
		     &scan, txn, TABLE_META, key_bytes(&prefix), (struct bytes){ NULL, 0 }, false);
		st == ST_OK; st = scan_next(&scan)) {
		g_autofree char *row = g_strndup(scan.value.data, scan.value.len);

		if (g_ascii_strtoll(row, NULL, 10) < before &&
			txn_delete(txn, TABLE_META, scan.key) != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : hold_failed(txn, st, err);
}

static enum status hold_put_back(struct txn *txn, const struct holding *h, struct error *err)
{
	enum move_fate fate;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < h->n; i++) {
		struct mailbox_move move = h->moves[i];

		move.hold = true;
		st = mailbox_move_in(txn, &move, &fate, err);
	}
	return st;
}

static enum status hold_write(struct txn *txn, void *arg, struct error *err)
{
	struct holding *h = arg;
	struct key key;
	enum status st = hold_forget_old(txn, h->moves[0].now, err);

	if (st == ST_OK)
		st = hold_put_back(txn, h, err);
	if (st != ST_OK)
		return st;
	hold_key(&key, h->code);
	st = txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ h->row->str, h->row->len });
	return st == ST_OK ? hold_tell(txn, h, err) : hold_failed(txn, st, err);
}

enum status mailbox_hold(
	struct store *store, const struct mailbox_move *moves, size_t n, struct error *err)
{
	struct holding h = { moves, n, hold_new_code(), g_string_new(NULL), g_string_new(NULL) };
	enum status st;

	hold_describe(&h);
	st = store_write(store, hold_write, &h, err);
	failpoint("mailbox-held");
	g_free(h.code);
	g_string_free(h.row, TRUE);
	g_string_free(h.shown, TRUE);
	return st;
}

/* --- confirming --- */

static enum status hold_apply(struct txn *txn, const struct commander *by, uint64_t number,
	struct command *command, GString *said)
{
	g_autofree char *done = NULL;
	struct error err = { "" };
	enum status st = command_apply(txn, by, number, command, &done, &err);

	g_string_append_printf(said, "%s\n", st == ST_OK ? done : err.text);
	return st;
}

static enum status hold_run(struct txn *txn, const struct commander *by, uint64_t number,
	const char *folder, GString *said)
{
	const struct folder to = folder_read(folder);
	struct move_verbs verbs = { { VERB_PRIORITY }, 1 };
	struct ticket t = { 0 };
	struct error err = { "" };
	enum status st = commander_load(txn, by, number, &t, &err);

	if (st != ST_OK)
		g_string_append_printf(said, "%s\n", err.text);
	else if (strcmp(folder, HELD_MARK) != 0)
		placement_verbs(to, &t, by->agent->login, &verbs);
	for (unsigned i = 0; st == ST_OK && i < verbs.n; i++) {
		struct command command = { .verb = verbs.verbs[i] };

		mailbox_command(&command, to, t.priority != PRIORITY_NORMAL);
		st = hold_apply(txn, by, number, &command, said);
	}
	record_release(&ticket_type, &t);
	return st == ST_FULL || st == ST_BUSY || st == ST_IO ? st : ST_OK;
}

static enum status hold_run_all(
	struct txn *txn, const struct commander *by, char **lines, GString *said)
{
	struct commander mailbox = *by;
	enum status st = ST_OK;

	mailbox.way = "mailbox";
	for (char **line = lines + LINE_FIRST; st == ST_OK && *line && **line; line++) {
		char *folder;
		uint64_t number = g_ascii_strtoull(*line, &folder, 10);

		st = hold_run(txn, &mailbox, number, folder + 1, said);
	}
	return st;
}

enum status mailbox_confirm(struct txn *txn, const struct commander *by, const char *code,
	GString *said, struct error *err)
{
	g_auto(GStrv) lines = NULL;
	struct bytes value;
	struct key key;
	enum status st;

	hold_key(&key, code);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	if (st == ST_OK) {
		g_autofree char *row = g_strndup(value.data, value.len);

		lines = g_strsplit(row, "\n", -1);
	}
	if (st == ST_NOT_FOUND ||
		(st == ST_OK &&
			(!by->agent || !lines[LINE_TIME] ||
				g_strcmp0(lines[LINE_LOGIN], by->agent->login) != 0)))
		return error_set(err, ST_NOT_FOUND, _("nothing is held under '%s'"), code);
	if (st == ST_OK)
		st = txn_delete(txn, TABLE_META, key_bytes(&key));
	return st == ST_OK ? hold_run_all(txn, by, lines, said) : hold_failed(txn, st, err);
}

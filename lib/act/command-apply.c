/* A command, applied: its verb's function, between loading the ticket and the line that tells what
 * was done. */
#include "act/change.h"

#include "base/tongue.h"

static apply_fn *const applies[VERB_COUNT] = {
#define VERB(id, parse, apply, ...) [VERB_##id] = apply_##apply,
#include "model/verbs.def"
#undef VERB
};

enum status apply_nothing(struct change *c)
{
	return error_set(
		c->err, ST_BAD_INPUT, _("%s changes no ticket"), verb_info(c->command->verb)->name);
}

/* What it says was heard when the mail was let go. */
enum status apply_anyway(struct change *c)
{
	g_string_append_printf(c->done, _("#%" PRIu64 " answered all the same"), c->ticket.number);
	return ST_OK;
}

enum status command_apply(struct txn *txn, const struct commander *commander, uint64_t number,
	const struct command *command, char **done_out, struct error *err)
{
	struct change c = {
		.txn = txn, .by = commander, .command = command, .named = number, .err = err
	};
	enum status st = verb_info(command->verb)->alone
		? ST_OK
		: commander_load(txn, commander, number, &c.ticket, err);

	if (st != ST_OK)
		return st;
	c.done = g_string_new(NULL);
	st = applies[command->verb](&c);
	if (st == ST_OK)
		*done_out = g_string_free(g_steal_pointer(&c.done), FALSE);
	if (c.done)
		g_string_free(c.done, TRUE);
	record_release(&ticket_type, &c.ticket);
	return st;
}

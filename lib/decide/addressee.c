/* Reads what the entry recorded; the order of what counts is in the header. */
#include "decide/addressee.h"

#include "base/address.h"

typedef bool never_fn(const struct addressee_query *q, const char *address);

static bool addressee_is_ours(const struct addressee_query *q, const char *address)
{
	return settings_is_desk(q->settings, address);
}

static bool is_inside(const struct addressee_query *q, const char *address)
{
	return settings_is_control(q->settings, address) ||
		settings_is_internal(q->settings, address) || q->is_agent(address, q->arg);
}

/* A recorded mailbox, unless it is one that an answer never goes to. */
static bool read_mailbox(
	const struct addressee_query *q, const char *shown, never_fn *never, struct mailbox *out)
{
	if (!shown || !mailbox_read(shown, out))
		return false;
	if (!never(q, out->address))
		return true;
	mailbox_release(out);
	return false;
}

static bool author_of(const struct addressee_query *q, struct mailbox *out)
{
	const struct entry *e = q->answered;
	const char *wanted = e->reply_to ? e->reply_to : e->from;

	if (!read_mailbox(q, wanted, addressee_is_ours, out))
		return false;
	/* Nobody reads the mailbox of a program that sent a report or a vacation note. */
	if (e->direction != DIRECTION_AUTO || !address_is_robot(out->address))
		return true;
	mailbox_release(out);
	return false;
}

static bool addressee_first_outside(
	const struct addressee_query *q, char *const *list, struct mailbox *out)
{
	for (; list && *list; list++)
		if (read_mailbox(q, *list, is_inside, out))
			return true;
	return false;
}

static bool of_message(const struct addressee_query *q, struct mailbox *out)
{
	const struct entry *e = q->answered;

	switch ((enum direction)e->direction) {
	case DIRECTION_IN:
	case DIRECTION_AUTO:
		return author_of(q, out);
	case DIRECTION_OUT:
		return addressee_first_outside(q, e->to, out) ||
			addressee_first_outside(q, e->cc, out);
	case DIRECTION_NOTE:
	case DIRECTION_BOUNCE:
		return false;
	}
	return false;
}

bool addressee_find(const struct addressee_query *query, struct mailbox *out)
{
	const struct ticket *t = query->ticket;

	if (query->answered && of_message(query, out))
		return true;
	if (!t->requester_address)
		return false;
	*out = (struct mailbox){ .name = g_strdup(t->requester_name),
		.address = g_strdup(t->requester_address),
		.as_written = g_strdup(ticket_requester(t)) };
	return true;
}

/* Requests to the daemon: a serial that counts up, and the answer to the last that was answered. */
#include "tables/control.h"

#include <string.h>

#include "base/tongue.h"

static const struct bytes request_key = { "reload.request", 14 },
			  answer_key = { "reload.answer", 13 };

static enum status control_failed(struct txn *txn, enum status st, struct error *err)
{
	return st == ST_OK || st == ST_NOT_FOUND
		? st
		: error_set(err, st, _("cannot talk to the daemon through the store: %s"),
			  txn_reason(txn));
}

/* "<serial>" or "<serial> text"; 0 when there is none. */
static enum status read_serial(
	struct txn *txn, struct bytes key, uint64_t *serial_out, char **text_out)
{
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, key, &value);
	g_autofree char *text = st == ST_OK ? g_strndup(value.data, value.len) : NULL;
	char *rest = text;

	*serial_out = text ? g_ascii_strtoull(text, &rest, 10) : 0;
	if (text && text_out)
		*text_out = g_strdup(g_strchug(rest));
	return st;
}

enum status control_request_reload(struct txn *txn, uint64_t *serial_out, struct error *err)
{
	g_autofree char *text = NULL;
	enum status st = read_serial(txn, request_key, serial_out, NULL);

	if (st != ST_OK && st != ST_NOT_FOUND)
		return control_failed(txn, st, err);
	text = g_strdup_printf("%" G_GUINT64_FORMAT, ++*serial_out);
	return control_failed(txn,
		txn_put(txn, TABLE_META, request_key, (struct bytes){ text, strlen(text) }), err);
}

enum status control_pending(struct txn *txn, uint64_t *serial_out, struct error *err)
{
	uint64_t answered;
	enum status st = read_serial(txn, request_key, serial_out, NULL);

	if (st != ST_OK)
		return control_failed(txn, st, err);
	st = read_serial(txn, answer_key, &answered, NULL);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return control_failed(txn, st, err);
	return answered >= *serial_out ? ST_NOT_FOUND : ST_OK;
}

enum status control_answer(struct txn *txn, uint64_t serial, const char *text, struct error *err)
{
	g_autofree char *value = g_strdup_printf("%" G_GUINT64_FORMAT " %s", serial, text);

	return control_failed(txn,
		txn_put(txn, TABLE_META, answer_key, (struct bytes){ value, strlen(value) }), err);
}

enum status control_answered(struct txn *txn, uint64_t serial, char **text_out, struct error *err)
{
	g_autofree char *text = NULL;
	uint64_t answered;
	enum status st = read_serial(txn, answer_key, &answered, &text);

	if (st != ST_OK || answered < serial)
		return st == ST_OK ? ST_NOT_FOUND : control_failed(txn, st, err);
	*text_out = g_steal_pointer(&text);
	return ST_OK;
}

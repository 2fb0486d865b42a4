/* Sending the outbox, oldest first, one mail at a time. */
#include "sender.h"

#include <string.h>

#include "courier.h"
#include "failpoint.h"
#include "history.h"
#include "log.h"
#include "outbox.h"
#include "reply.h"
#include "text.h"

/* The command line may put something into the outbox without our hearing of it. */
enum { POLL_SECONDS = 2, PAUSE_FIRST = 5, PAUSE_LONGEST = 300 };

static struct {
	struct daemon *daemon;
	GThread *thread;
	GMutex lock;
	GCond cond;
	bool woken;
	gint stop;		/* atomic */
	int pause;		/* seconds to leave a relay alone that is down; 0 while it answers */
} sender;

struct shipment {
	struct outgoing outgoing;
	struct delivery_result *results;
	int64_t now;
};

/* --- what to send --- */

static enum status pick(struct txn *txn, void *arg, struct error *err)
{
	struct shipment *s = arg;

	record_release(&outgoing_type, &s->outgoing);
	return outbox_due(txn, s->now, &s->outgoing, NULL, err);
}

/* --- what became of it --- */

static enum status note(struct txn *txn, const struct shipment *s, const char *kind, const char *address, const char *text, struct error *err)
{
	const struct actor actor = { "milticket", s->now };

	if (!s->outgoing.ticket)
		return ST_OK;
	return history_add(txn, s->outgoing.ticket, &actor, kind, s->outgoing.event, address, text, err);
}

/* The copy of the entry that is stored: with the recipients that are still to be served. */
static enum status store_rest(struct txn *txn, const struct shipment *s, struct outgoing *rest, bool any_later, bool any_failed, struct error *err)
{
	if (!any_later && !any_failed)
		return outbox_remove(txn, s->outgoing.id, err);
	rest->attempts++;
	rest->state = any_later ? OUTGOING_WAITING : OUTGOING_FAILED;
	rest->next_try = outbox_next_try(rest->attempts, s->now);
	if (any_later && outbox_expired(rest, s->now))
		rest->state = OUTGOING_FAILED;
	return outbox_save(txn, rest, err);
}

/* A recipient that failed for good stays in the list only when nobody is left to try. */
static bool stays(const struct shipment *s, size_t i, bool any_later)
{
	enum delivery d = s->results[i].delivery;

	return any_later ? d == DELIVERY_LATER : d == DELIVERY_FAILED;
}

static char **rest_of(const struct shipment *s, bool any_later, char **reply_out)
{
	GPtrArray *to = g_ptr_array_new();

	for (size_t i = 0; s->outgoing.to[i]; i++)
		if (stays(s, i, any_later)) {
			g_ptr_array_add(to, g_strdup(s->outgoing.to[i]));
			g_free(*reply_out);
			*reply_out = g_strdup(s->results[i].reply);
		}
	g_ptr_array_add(to, NULL);
	return (char **)g_ptr_array_free(to, FALSE);
}

static bool any(const struct shipment *s, enum delivery wanted)
{
	for (size_t i = 0; s->outgoing.to[i]; i++)
		if (s->results[i].delivery == wanted)
			return true;
	return false;
}

static enum status note_all(struct txn *txn, const struct shipment *s, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; s->outgoing.to[i] && st == ST_OK; i++) {
		if (s->results[i].delivery == DELIVERY_SENT)
			st = note(txn, s, "sent", s->outgoing.to[i], NULL, err);
		else if (s->results[i].delivery == DELIVERY_FAILED)
			st = note(txn, s, "failed", s->outgoing.to[i], s->results[i].reply, err);
	}
	return st;
}

static enum status record_results(struct txn *txn, void *arg, struct error *err)
{
	const struct shipment *s = arg;
	struct outgoing rest = { 0 };
	bool any_later = any(s, DELIVERY_LATER), any_failed = any(s, DELIVERY_FAILED);
	enum status st = outbox_load(txn, s->outgoing.id, &rest, err);

	/* Dropped by an admin while it was on its way. */
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = note_all(txn, s, err);
	if (st == ST_OK) {
		g_strfreev(rest.to);
		rest.to = rest_of(s, any_later, &rest.last_reply);
		st = store_rest(txn, s, &rest, any_later, any_failed, err);
	}
	if (st == ST_OK && rest.state == OUTGOING_FAILED && any_later)
		st = note(txn, s, "failed", rest.to[0], "given up after five days", err);
	record_release(&outgoing_type, &rest);
	return st;
}

static void log_results(const struct shipment *s)
{
	static const char *const words[] = { [DELIVERY_SENT] = "sent", [DELIVERY_LATER] = "deferred", [DELIVERY_FAILED] = "failed" };

	for (size_t i = 0; s->outgoing.to[i]; i++) {
		GString *line = log_line_begin("outbox");

		log_line_number(line, "id", s->outgoing.id);
		log_line_number(line, "ticket", s->outgoing.ticket);
		log_line_add(line, "event", s->outgoing.event);
		log_line_add(line, "to", s->outgoing.to[i]);
		log_line_add(line, "result", words[s->results[i].delivery]);
		log_line_add(line, "reply", s->results[i].reply);
		log_line_end(line);
	}
}

/* --- one mail --- */

static enum status load_mail(struct shipment *s, GString *mail, struct error *err)
{
	struct settings *settings = daemon_settings(sender.daemon);
	enum status st = reply_complete(sender.daemon->store, settings, &s->outgoing, mail, err);

	settings_unref(settings);
	return st;
}

/* A mail that is gone, or cannot be read, is nothing that time mends. */
static void fail_unreadable(struct shipment *s, const struct error *err)
{
	for (size_t i = 0; s->outgoing.to[i]; i++) {
		s->results[i].delivery = DELIVERY_FAILED;
		g_strlcpy(s->results[i].reply, err->text[0] ? err->text : "the mail is not in the store", sizeof s->results[i].reply);
	}
}

static void forget_pause(bool relay_down)
{
	sender.pause = !relay_down ? 0 : sender.pause ? MIN(sender.pause * 2, PAUSE_LONGEST) : PAUSE_FIRST;
}

static void ship(struct courier *courier, struct shipment *s)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	struct error err = { "" };
	bool down = false;

	s->results = g_new0(struct delivery_result, g_strv_length(s->outgoing.to) + 1);
	if (load_mail(s, mail, &err) == ST_OK) {
		failpoint("before-send");
		courier_send(courier, s->outgoing.sender, (const char *const *)s->outgoing.to, mail->str, mail->len, &sender.stop, s->results, &down);
		failpoint("after-send");
		forget_pause(down);
	} else {
		fail_unreadable(s, &err);
	}
	s->now = g_get_real_time();
	log_results(s);
	/* A relay that is down is no attempt of this mail's: it stays first in line. */
	if (!down || outbox_expired(&s->outgoing, s->now))
		if (store_write(sender.daemon->store, record_results, s, &err) != ST_OK)
			log_error("cannot record what became of mail %" G_GUINT64_FORMAT ": %s", s->outgoing.id, err.text);
	failpoint("after-record");
	g_clear_pointer(&s->results, g_free);
}

/* --- the thread --- */

static bool stopping(void)
{
	return g_atomic_int_get(&sender.stop) != 0;
}

static void rest(int seconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;

	g_mutex_lock(&sender.lock);
	while (!stopping() && (!sender.woken || sender.pause) && g_cond_wait_until(&sender.cond, &sender.lock, until))
		;
	sender.woken = false;
	g_mutex_unlock(&sender.lock);
}

/* True when something was tried. */
static bool send_next(struct courier *courier)
{
	struct shipment s = { .now = g_get_real_time() };
	struct error err = { "" };
	enum status st = store_read(sender.daemon->store, pick, &s, &err);

	if (st == ST_OK)
		ship(courier, &s);
	else if (st != ST_NOT_FOUND)
		log_error("cannot read the outbox: %s", err.text);
	record_release(&outgoing_type, &s.outgoing);
	return st == ST_OK;
}

/* A reload may have changed the relay: then the connection is made anew. */
static struct courier *current_courier(struct courier *courier, struct settings **of)
{
	struct settings *now = daemon_settings(sender.daemon);
	struct error err = { "" };

	if (courier && now == *of) {
		settings_unref(now);
		return courier;
	}
	courier_free(courier);
	courier = NULL;
	g_clear_pointer(of, settings_unref);
	if (courier_new(now, &courier, &err) != ST_OK)
		log_error("%s", err.text);
	*of = now;
	return courier;
}

static gpointer run(gpointer arg)
{
	struct courier *courier = NULL;
	struct settings *of = NULL;

	(void)arg;
	while (!stopping()) {
		courier = current_courier(courier, &of);
		if (!courier || !send_next(courier) || sender.pause)
			rest(sender.pause ? sender.pause : POLL_SECONDS);
	}
	courier_free(courier);
	settings_unref(of);
	return NULL;
}

bool sender_start(struct daemon *daemon)
{
	sender.daemon = daemon;
	g_mutex_init(&sender.lock);
	g_cond_init(&sender.cond);
	sender.thread = g_thread_try_new("sender", run, NULL, NULL);
	return sender.thread != NULL;
}

void sender_stop(void)
{
	g_atomic_int_set(&sender.stop, 1);
	g_mutex_lock(&sender.lock);
	g_cond_signal(&sender.cond);
	g_mutex_unlock(&sender.lock);
	g_thread_join(sender.thread);
}

void sender_wake(void)
{
	g_mutex_lock(&sender.lock);
	sender.woken = true;
	g_cond_signal(&sender.cond);
	g_mutex_unlock(&sender.lock);
}

/* Sending the outbox, oldest first, one mail at a time. */
#include "sender.h"

#include <errno.h>
#include <string.h>

#include "act/courier.h"
#include "act/reply.h"
#include "base/clock-watch.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "log.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets.h"
#include "wait.h"

/* The command line may put mail into the outbox, and there may be nobody who tells. */
enum { POLL_SECONDS = 2, TOLD_POLL_SECONDS = 60, PAUSE_FIRST = 5, PAUSE_LONGEST = 300 };

static struct {
	struct daemon *daemon;
	GThread *thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken;
	gint stop;               /* atomic */
	struct courier *courier; /* NULL when it could not be made */
	struct settings *of;     /* the settings it was made of */
	int pause;      /* seconds to leave a relay alone that is down; 0 while it answers */
	uint64_t urged; /* outbox_urged() as last seen */
	struct clock_watch clock;
} sender;

struct shipment {
	struct outgoing outgoing;
	struct delivery_result *results;
	struct settings *settings; /* in force when it was sent */
	bool relay_down;
	int64_t now;
	int64_t next; /* when the first of those is due that are not yet; 0: there is none */
	int64_t due,
		claimed; /* next_try: before it was claimed, and since; 0: nobody else is there */
};

/* A mail is not given up by a clock that may be wrong. */
static int64_t sender_now(void)
{
	int64_t now = g_get_real_time();

	clock_watch_look(&sender.clock, now, clock_since_boot());
	return now;
}

/* How long a mail is one host's. */
enum { CLAIM_SECONDS = 15 * 60 };

/* --- what to send --- */

static enum status sender_pick(struct txn *txn, void *arg, struct error *err)
{
	struct shipment *s = arg;

	record_release(&outgoing_type, &s->outgoing);
	return outbox_due(txn, s->now, &s->outgoing, &s->next, err);
}

/* Of a store that hosts share: it is due again when we must be dead, and for the others not before.
 * Claims come later and later: who finds one that is later than his own has lost the mail. */
static enum status sender_claim(struct txn *txn, void *arg, struct error *err)
{
	struct shipment *s = arg;
	enum status st = sender_pick(txn, s, err);
	struct outgoing claimed = s->outgoing;

	if (st != ST_OK)
		return st;
	s->due = s->outgoing.next_try;
	s->claimed = claimed.next_try = s->now + (int64_t)CLAIM_SECONDS * TEXT_SECOND;
	return outbox_save(txn, &claimed, err);
}

/* The stored entry, if it is ours still, as it was before the claim. */
static enum status sender_load(
	struct txn *txn, const struct shipment *s, struct outgoing *stored, struct error *err)
{
	enum status st = outbox_load(txn, s->outgoing.id, stored, err);

	if (st != ST_OK || !s->claimed)
		return st;
	if (stored->next_try > s->claimed)
		return ST_NOT_FOUND;
	stored->next_try = MIN(stored->next_try, s->due);
	return ST_OK;
}

static enum status sender_give_back(struct txn *txn, void *arg, struct error *err)
{
	struct outgoing stored = { 0 };
	enum status st = sender_load(txn, arg, &stored, err);

	if (st == ST_OK)
		st = outbox_save(txn, &stored, err);
	record_release(&outgoing_type, &stored);
	return st;
}

/* --- what became of it --- */

static enum status sender_note(struct txn *txn, const struct shipment *s, enum event_kind kind,
	const char *address, const char *text, struct error *err)
{
	const struct actor actor = { "milticket", s->now };

	if (!s->outgoing.ticket)
		return ST_OK;
	return history_add(txn, s->outgoing.ticket, &actor,
		NOTE(kind, .from = s->outgoing.event, .to = address, .text = text), err);
}

/* The copy of the entry that is stored: with the recipients that are still to be served. */
static enum status store_rest(struct txn *txn, const struct shipment *s, struct outgoing *rest,
	bool any_later, bool any_failed, struct error *err)
{
	if (!any_later && !any_failed)
		return outbox_remove(txn, s->outgoing.id, err);
	rest->attempts++;
	/* It was not written by a clock that went right. */
	rest->created = MIN(rest->created, s->now);
	rest->state = any_later ? OUTGOING_WAITING : OUTGOING_FAILED;
	/* While the relay is down, a mail keeps its place in the line. */
	if (!s->relay_down)
		rest->next_try = outbox_next_try(++rest->deferrals, s->now);
	if (any_later && outbox_expired(rest, s->now) && !clock_watch_doubts(&sender.clock))
		rest->state = OUTGOING_FAILED;
	return outbox_save(txn, rest, err);
}

/* A recipient that failed for good stays in the list only when nobody is left to try. */
static bool sender_stays(const struct shipment *s, size_t i, bool any_later)
{
	enum delivery d = s->results[i].delivery;

	return any_later ? d == DELIVERY_LATER : d == DELIVERY_FAILED;
}

static char **sender_rest_of(const struct shipment *s, bool any_later, char **reply_out)
{
	GPtrArray *to = g_ptr_array_new();

	for (size_t i = 0; s->outgoing.to[i]; i++)
		if (sender_stays(s, i, any_later)) {
			g_ptr_array_add(to, g_strdup(s->outgoing.to[i]));
			g_free(*reply_out);
			*reply_out = g_strdup(s->results[i].reply);
		}
	g_ptr_array_add(to, NULL);
	return (char **)g_ptr_array_free(to, FALSE);
}

static bool sender_any(const struct shipment *s, enum delivery wanted)
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
			st = sender_note(txn, s, EVENT_SENT, s->outgoing.to[i], NULL, err);
		else if (s->results[i].delivery == DELIVERY_FAILED)
			st = sender_note(
				txn, s, EVENT_FAILED, s->outgoing.to[i], s->results[i].reply, err);
	}
	return st;
}

/* Whom the agent has not been told of today, with what the relay said; "" if there is none. Owned.
 */
static enum status sender_unreached(struct txn *txn, const struct shipment *s, uint64_t ticket,
	bool given_up, char **text_out, struct error *err)
{
	GString *out = g_string_new(NULL);
	enum status st = ST_OK;

	for (size_t i = 0; s->outgoing.to[i] && st == ST_OK; i++) {
		const struct delivery_result *r = &s->results[i];
		bool first = false;

		if (r->delivery == DELIVERY_SENT || (r->delivery == DELIVERY_LATER && !given_up))
			continue;
		st = outbox_tell_once(txn, ticket, s->outgoing.to[i], s->now, &first, err);
		if (first)
			g_string_append_printf(out, "  %s\n    %s\n", s->outgoing.to[i], r->reply);
	}
	*text_out = g_string_free(out, FALSE);
	return st;
}

static enum status sender_tell_agent(struct txn *txn, const struct shipment *s,
	const struct ticket *ticket, bool given_up, struct error *err)
{
	struct token_key key;
	const struct reply_context context = { txn, s->settings, &key, { "milticket", s->now } };
	g_autofree char *list = NULL, *text = NULL;
	enum status st = sender_unreached(txn, s, ticket->number, given_up, &list, err);

	if (st != ST_OK || !*list)
		return st;
	st = store_secret(sender.daemon->store, key.secret, err);
	text = g_strdup_printf("An answer of this ticket could not be delivered to\n\n%s", list);
	return st == ST_OK ? reply_notice_agent(&context, ticket, text, err) : st;
}

/* An answer to a customer that the relay refuses has come back, as a bounce would. */
static enum status sender_came_back(
	struct txn *txn, const struct shipment *s, bool given_up, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st;

	if (g_strcmp0(s->outgoing.event, "reply") != 0)
		return ST_OK;
	st = tickets_resolve(txn, s->outgoing.ticket, &ticket, err);
	ticket.undelivered = true;
	if (st == ST_OK)
		st = times_keep(txn, s->settings, &ticket, s->now, err);
	if (st == ST_OK)
		st = tickets_save(txn, &ticket, err);
	if (st == ST_OK)
		st = sender_tell_agent(txn, s, &ticket, given_up, err);
	record_release(&ticket_type, &ticket);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status record_results(struct txn *txn, void *arg, struct error *err)
{
	const struct shipment *s = arg;
	struct outgoing rest = { 0 };
	bool any_later = sender_any(s, DELIVERY_LATER), any_failed = sender_any(s, DELIVERY_FAILED),
	     given_up;
	enum status st = sender_load(txn, s, &rest, err);

	/* Dropped by an admin while it was on its way, or another host's by now. */
	if (st == ST_NOT_FOUND) {
		record_release(&outgoing_type, &rest);
		return ST_OK;
	}
	if (st == ST_OK)
		st = note_all(txn, s, err);
	if (st == ST_OK) {
		g_strfreev(rest.to);
		rest.to = sender_rest_of(s, any_later, &rest.last_reply);
		st = store_rest(txn, s, &rest, any_later, any_failed, err);
	}
	given_up = rest.state == OUTGOING_FAILED && any_later;
	if (st == ST_OK && given_up)
		st = sender_note(txn, s, EVENT_FAILED, rest.to[0], "given up after five days", err);
	if (st == ST_OK && (any_failed || given_up))
		st = sender_came_back(txn, s, given_up, err);
	record_release(&outgoing_type, &rest);
	failpoint("before-record");
	return st;
}

static void log_results(const struct shipment *s)
{
	static const char *const words[] = { [DELIVERY_SENT] = "sent",
		[DELIVERY_LATER] = "deferred",
		[DELIVERY_FAILED] = "failed" };

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
	return reply_complete(sender.daemon->store, s->settings, &s->outgoing, mail, err);
}

/* Time does not bring back a mail that is gone; a store that cannot be read now may be readable
 * later. */
static void settle_unreadable(struct shipment *s, enum status st, const struct error *err)
{
	for (size_t i = 0; s->outgoing.to[i]; i++) {
		s->results[i].delivery = st == ST_NOT_FOUND ? DELIVERY_FAILED : DELIVERY_LATER;
		g_strlcpy(s->results[i].reply,
			err->text[0] ? err->text : "the mail is not in the store",
			sizeof s->results[i].reply);
	}
}

static void set_pause(bool relay_down)
{
	if (!relay_down)
		sender.pause = 0;
	else
		sender.pause = sender.pause ? MIN(sender.pause * 2, PAUSE_LONGEST) : PAUSE_FIRST;
}

static bool sender_stopping(void)
{
	return g_atomic_int_get(&sender.stop) != 0;
}

/* Returns early when woken. */
static void sender_rest(int seconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;

	pthread_mutex_lock(&sender.lock);
	while (!sender_stopping() && !sender.woken && wait_until(&sender.cond, &sender.lock, until))
		;
	sender.woken = false;
	pthread_mutex_unlock(&sender.lock);
}

/* A mail that was sent and is not recorded would be sent again, so nothing else is done until the
 * store takes it. */
static void sender_record(struct shipment *s)
{
	struct error err = { "" };
	bool told = false;

	while (store_write(sender.daemon->store, record_results, s, &err) != ST_OK) {
		if (!told)
			log_error("cannot record what became of mail %" G_GUINT64_FORMAT
				  ", nothing is sent until that works: %s",
				s->outgoing.id, err.text);
		told = true;
		if (sender_stopping())
			return;
		sender_rest(POLL_SECONDS);
	}
}

static void sender_ship(struct shipment *s)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	struct error err = { "" };
	enum status st;

	s->results = g_new0(struct delivery_result, g_strv_length(s->outgoing.to) + 1);
	s->settings = daemon_settings(sender.daemon);
	st = load_mail(s, mail, &err);
	if (st == ST_OK) {
		failpoint("before-send");
		courier_send(sender.courier, s->outgoing.sender,
			(const char *const *)s->outgoing.to, mail->str, mail->len, &sender.stop,
			s->results, &s->relay_down);
		failpoint("after-send");
		set_pause(s->relay_down);
	} else {
		settle_unreadable(s, st, &err);
	}
	s->now = sender_now();
	log_results(s);
	/* Interrupted because we stop: that was no attempt. */
	if (!sender_stopping() || sender_any(s, DELIVERY_SENT) || sender_any(s, DELIVERY_FAILED))
		sender_record(s);
	else if (s->claimed)
		store_write(sender.daemon->store, sender_give_back, s, NULL);
	failpoint("after-record");
	g_clear_pointer(&s->settings, settings_unref);
	g_clear_pointer(&s->results, g_free);
}

/* --- the thread --- */

/* Seconds that nobody need look, unless woken. */
static int sender_patience(void)
{
	return store_tells(sender.daemon->store) ? TOLD_POLL_SECONDS : POLL_SECONDS;
}

/* Until the next is due, as far as that is known. */
static int sender_idle(const struct shipment *s)
{
	int64_t left = s->next ? (s->next - s->now) / TEXT_SECOND + 1 : TOLD_POLL_SECONDS;

	return (int)CLAMP(left, 1, sender_patience());
}

/* Gives the seconds to rest then: 0 when something was tried. */
static int send_next(void)
{
	struct shipment s = { .now = sender_now() };
	struct error err = { "" };
	enum status st = store_read(sender.daemon->store, sender_pick, &s, &err);

	if (st == ST_OK && store_shared(sender.daemon->store))
		st = store_write(sender.daemon->store, sender_claim, &s, &err);
	if (st == ST_OK)
		sender_ship(&s);
	else if (st != ST_NOT_FOUND)
		daemon_cannot(sender.daemon, "read the outbox", &err);
	record_release(&outgoing_type, &s.outgoing);
	if (st == ST_OK)
		return 0;
	return st == ST_NOT_FOUND ? sender_idle(&s) : POLL_SECONDS;
}

/* A reload may have changed the relay: then there is a new connection. */
static enum status renew_courier(struct error *err)
{
	struct settings *now = daemon_settings(sender.daemon);
	bool same = sender.courier && now == sender.of;

	if (same) {
		settings_unref(now);
		return ST_OK;
	}
	courier_free(sender.courier);
	sender.courier = NULL;
	settings_unref(sender.of);
	sender.of = now;
	return courier_new(now, &sender.courier, err);
}

static enum status read_urged(struct txn *txn, void *arg, struct error *err)
{
	return outbox_urged(txn, arg, err);
}

/* Did somebody at the command line ask for another try? */
static bool sender_urged(void)
{
	uint64_t before = sender.urged;

	return store_read(sender.daemon->store, read_urged, &sender.urged, NULL) == ST_OK &&
		sender.urged != before;
}

/* The relay is left alone for a while, unless somebody asks for another try. */
static void wait_for_relay(void)
{
	gint64 until = g_get_monotonic_time() + (gint64)sender.pause * G_TIME_SPAN_SECOND;

	while (!sender_stopping() && !sender_urged() && g_get_monotonic_time() < until)
		sender_rest(MIN(sender.pause, sender_patience()));
}

static gpointer sender_run(gpointer arg)
{
	struct error err = { "" };

	(void)arg;
	sender_urged();
	while (!sender_stopping()) {
		int rest = 0;

		if (renew_courier(&err) != ST_OK) {
			set_pause(true);
			log_error("%s", err.text);
		} else if ((rest = send_next()) > 0) {
			sender.pause = 0;
			sender_rest(rest);
		}
		if (sender.pause)
			wait_for_relay();
	}
	courier_free(sender.courier);
	settings_unref(sender.of);
	return NULL;
}

enum status sender_start(struct daemon *daemon, struct error *err)
{
	sender.daemon = daemon;
	clock_watch_init(&sender.clock, g_get_real_time(), clock_since_boot());
	pthread_mutex_init(&sender.lock, NULL);
	wait_init(&sender.cond);
	/* The first one is made here, so that a password which only root can read stops the start.
	 */
	if (renew_courier(err) != ST_OK)
		return ST_BAD_INPUT;
	sender.thread = g_thread_try_new("sender", sender_run, NULL, NULL);
	return sender.thread
		? ST_OK
		: error_set(err, ST_BUSY, _("cannot start a thread: %s"), g_strerror(errno));
}

void sender_stop(void)
{
	g_atomic_int_set(&sender.stop, 1);
	pthread_mutex_lock(&sender.lock);
	pthread_cond_signal(&sender.cond);
	pthread_mutex_unlock(&sender.lock);
	g_thread_join(sender.thread);
}

void sender_wake(void)
{
	pthread_mutex_lock(&sender.lock);
	sender.woken = true;
	pthread_cond_signal(&sender.cond);
	pthread_mutex_unlock(&sender.lock);
}

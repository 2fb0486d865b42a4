/* Waiting for the daemon, or doing it. */
#include "catch-up.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/tongue.h"
#include "keep/mailboxes.h"
#include "progress.h"
#include "store/store-lock.h"

enum { LOOK_EVERY_MS = 100, PATIENCE_SECONDS = 120 };

struct catching {
	struct cli *cli;
	struct progress shown;
	uint64_t serial; /* of the log, when it began */
	int64_t until;   /* nothing went on for so long */
	uint64_t last;   /* how far it was then */
};

static int catch_up_late(void)
{
	return cli_fail(EXIT_TRY_AGAIN,
		_("the agents' mailboxes are not up to date: milticketd has to run for that, or "
		  "this command as its user"));
}

static bool catch_up_is_done(const struct catching *c, const struct mailboxes_status *s)
{
	return !s->building && !s->redacting && s->serial >= c->serial;
}

static bool catch_up_waits(struct catching *c, const struct mailboxes_status *s)
{
	uint64_t now = s->building ? s->number : s->serial;

	if (s->building)
		progress_show(&c->shown, s->number, s->last_number);
	if (now != c->last)
		c->until = g_get_monotonic_time() + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;
	c->last = now;
	return g_get_monotonic_time() < c->until && !cli_interrupted();
}

static int catch_up_by_daemon(struct catching *c)
{
	struct cli *cli = c->cli;
	struct mailboxes_status s;
	enum status st;

	c->until = g_get_monotonic_time() + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;
	for (;;) {
		st = mailboxes_look(cli->store, cli->settings, &s, &cli->err);
		if (st != ST_OK || catch_up_is_done(c, &s))
			return cli_status(cli, st);
		if (!catch_up_waits(c, &s))
			return catch_up_late();
		store_wait(cli->store, LOOK_EVERY_MS, -1);
	}
}

static enum status catch_up_steps(struct catching *c, struct trees *trees, struct error *err)
{
	struct mailboxes_status s = { .building = true };
	int64_t now = g_get_real_time();
	enum status st = ST_OK;
	bool more;

	/* Each step is a second later: some things are looked at once a second. */
	while (st == ST_OK && !catch_up_is_done(c, &s) && !cli_interrupted()) {
		st = mailboxes_step(trees, now, &more, err);
		now += G_TIME_SPAN_SECOND;
		if (st == ST_OK)
			st = mailboxes_look(c->cli->store, c->cli->settings, &s, err);
		if (s.building)
			progress_show(&c->shown, s.number, s.last_number);
		/* What is to be taken out of it is not. */
		if (st == ST_OK && mailboxes_shut(trees) && !more)
			st = error_set(err, ST_REFUSED, "%s", mailboxes_shut(trees));
	}
	return st;
}

/* What root makes would be root's, and the daemon's to refuse. */
static bool catch_up_as_daemon(const struct settings *settings)
{
	const struct passwd *user = getpwnam(settings->user);
	const struct group *group = getgrnam(settings->mailboxes.group);

	if (geteuid() != 0)
		return true;
	return user && group && setgroups(1, &group->gr_gid) == 0 && setegid(user->pw_gid) == 0 &&
		seteuid(user->pw_uid) == 0;
}

static int catch_up_here(struct catching *c)
{
	struct cli *cli = c->cli;
	struct trees *trees = NULL;
	enum status st;

	if (!catch_up_as_daemon(cli->settings))
		return catch_up_late();
	st = mailboxes_open(cli->store, cli->settings, false, &trees, &cli->err);
	if (st == ST_EXISTS)
		return catch_up_by_daemon(c);
	if (st == ST_REFUSED || (st == ST_IO && !trees))
		return catch_up_late();
	if (st == ST_OK)
		st = catch_up_steps(c, trees, &cli->err);
	mailboxes_close(trees);
	if (st == ST_OK && cli_interrupted())
		return cli_fail(EXIT_TRY_AGAIN, _("interrupted; the daemon goes on with it"));
	return cli_status(cli, st);
}

int catch_up(struct cli *cli, bool verbose)
{
	struct catching c = { .cli = cli,
		.shown = { .unit = _("tickets"), .quiet = cli->json || !verbose } };
	struct mailboxes_status s;
	int lock = -1, code;
	enum status st;

	if (!*cli->settings->mailboxes.path)
		return EXIT_DONE;
	st = mailboxes_look(cli->store, cli->settings, &s, &cli->err);
	if (st != ST_OK)
		return cli_status(cli, st);
	c.serial = s.serial + s.behind;
	if (catch_up_is_done(&c, &s))
		return EXIT_DONE;
	cli_catch_interrupt();
	progress_begin(&c.shown);
	st = store_lock(cli->settings->store.path, &lock, &cli->err);
	code = st == ST_OK ? catch_up_here(&c) : catch_up_by_daemon(&c);
	store_unlock(lock);
	progress_clear(&c.shown);
	return code;
}

int catch_up_forget(struct cli *cli, const char *address)
{
	enum status st = ST_OK;

	if (!*cli->settings->mailboxes.path)
		return EXIT_DONE;
	if (address)
		st = mailboxes_ask_redact(cli->store, cli->settings, address, &cli->err);
	return st == ST_OK ? catch_up(cli, false) : cli_status(cli, st);
}

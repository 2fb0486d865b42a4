/* ticket backup, check. */
#include <stdio.h>
#include <unistd.h>

#include "archive.h"
#include "commands.h"
#include "tickets.h"

static const struct cli_option check_options[] = {
	{ 0, "repair", NULL, "write anew what is missing" },
	{ 0, NULL, NULL, NULL },
};

static int run_backup(struct cli *cli)
{
	enum status st = store_copy(cli->store, cli->args[0], &cli->err);

	return st == ST_EXISTS ? cli_fail(EXIT_CANNOT_CREATE, "%s", cli->err.text) : cli_status(cli, st);
}

/* --- check --- */

struct checking {
	struct cli *cli;
	GPtrArray *findings;	/* char * */
	struct numbers broken;
	uint64_t tickets;
};

/* Does each archived mail that the record names exist? */
static enum status check_archive(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct checking *c = arg;
	const char *dir = c->cli->settings->archive.path;
	int fd;

	(void)txn;
	(void)err;
	if (!e->archive || !dir || !*dir)
		return ST_OK;
	if (archive_open(dir, e->archive, &fd, NULL) != ST_OK)
		g_ptr_array_add(c->findings, g_strdup_printf("ticket %" G_GUINT64_FORMAT ": message %" G_GUINT64_FORMAT " is not in the archive: %s", e->ticket, e->seq, e->archive));
	else
		close(fd);
	return ST_OK;
}

static enum status check_ticket(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct checking *c = arg;
	unsigned before = c->findings->len;
	enum status st = tickets_check(txn, t->number, c->findings, err);

	c->tickets++;
	if (c->findings->len > before)
		numbers_add(&c->broken, t->number);
	return st == ST_OK ? tickets_each_entry(txn, t->number, check_archive, c, err) : st;
}

/* Every ticket record, whatever the indexes say. */
static enum status check(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_TICKETS, all, all, false); st == ST_OK; st = scan_next(&scan)) {
		struct ticket t = { 0 };

		st = record_decode(&ticket_type, scan.value, &t, err) == ST_OK ? check_ticket(txn, &t, arg, err) : ST_IO;
		record_release(&ticket_type, &t);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status repair(struct txn *txn, void *arg, struct error *err)
{
	const struct checking *c = arg;
	enum status st = ST_OK;

	for (size_t i = 0; i < c->broken.n && st == ST_OK; i++)
		st = tickets_reindex(txn, c->broken.v[i], err);
	return st;
}

static int report(struct checking *c)
{
	for (unsigned i = 0; i < c->findings->len; i++)
		puts(g_ptr_array_index(c->findings, i));
	if (!c->cli->json)
		fprintf(stderr, "%" G_GUINT64_FORMAT " tickets, %u findings\n", c->tickets, c->findings->len);
	return c->findings->len ? EXIT_BAD_DATA : EXIT_DONE;
}

static int run_check(struct cli *cli)
{
	struct checking c = { .cli = cli, .findings = g_ptr_array_new_with_free_func(g_free) };
	enum status st = store_read(cli->store, check, &c, &cli->err);
	int code = st == ST_OK ? report(&c) : cli_status(cli, st);

	if (st == ST_OK && c.broken.n && cli_has(cli, "repair")) {
		st = store_write(cli->store, repair, &c, &cli->err);
		code = cli_status(cli, st);
	}
	g_ptr_array_free(c.findings, TRUE);
	g_free(c.broken.v);
	return code;
}

const struct cli_command cmd_backup = { "backup", "FILE", "copy the store to a file while mail flows", NULL, NEED_STORE_READ, 1, 1, run_backup };
const struct cli_command cmd_check = { "check", "", "compare indexes and archive with the records", check_options, NEED_STORE_WRITE, 0, 0, run_check };

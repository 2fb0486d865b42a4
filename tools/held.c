/* Standard output on its way through a file. */
#include "held.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/nameless.h"

/* Through stdio, which knows of a reader who went away. */
static enum status held_print(int fd, struct error *err)
{
	char chunk[64 * 1024];
	ssize_t n = lseek(fd, 0, SEEK_SET) == 0 ? 1 : -1;

	while (n > 0) {
		n = read(fd, chunk, sizeof chunk);
		if (n > 0 && fwrite(chunk, 1, (size_t)n, stdout) != (size_t)n)
			break;
	}
	return n < 0 ? nameless_failed(err) : ST_OK;
}

struct held_work {
	int fd;
	store_fn *fn;
	void *arg;
};

/* What it printed when it was begun before does not count. */
static enum status held_begin(struct txn *txn, void *arg, struct error *err)
{
	const struct held_work *work = arg;

	fflush(stdout);
	if (ftruncate(work->fd, 0) != 0 || lseek(work->fd, 0, SEEK_SET) != 0)
		return nameless_failed(err);
	return work->fn(txn, work->arg, err);
}

static enum status held_run(struct cli *cli, int fd, store_fn *fn, void *arg, struct error *err)
{
	struct held_work work = { fd, fn, arg };
	int out = dup(STDOUT_FILENO);
	enum status st, kept = ST_OK;

	if (out < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return nameless_failed(err);
	st = store_read(cli->store, held_begin, &work, err);
	if (fflush(stdout) != 0)
		kept = nameless_failed(st == ST_OK ? err : NULL);
	dup2(out, STDOUT_FILENO);
	close(out);
	clearerr(stdout);
	return st == ST_OK ? kept : st;
}

enum status held_read(struct cli *cli, store_fn *fn, void *arg, struct error *err)
{
	int fd;
	enum status st, printed;

	fflush(stdout);
	st = nameless_open(&fd, err);
	if (st != ST_OK)
		return st;
	st = held_run(cli, fd, fn, arg, err);
	printed = held_print(fd, st == ST_OK ? err : NULL);
	close(fd);
	return st == ST_OK ? printed : st;
}

/* A ticket's mails as files have them: from the archive, or rebuilt from the record. */
#ifndef MILTICKET_MAILS_H
#define MILTICKET_MAILS_H

#include <stdio.h>

#include "cli.h"
#include "model/ticket.h"

/* The mail's bytes, LF line ends; owned. */
GString *mails_read(const struct cli *cli, const struct entry *entry, const char *text);

/* Appends it to an mbox (mboxrd quoting) with its From line. False when writing failed. */
bool mails_write_mbox(FILE *out, const struct entry *entry, const GString *mail);

/* Delivers it into a Maildir, made when missing: tmp, then new. */
enum status mails_write_maildir(
	const char *dir, const struct entry *entry, const GString *mail, struct error *err);

#endif

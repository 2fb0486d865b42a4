/* The numbers that another system gave: which thread of a mailbox has which, by the tags in the
 * Subjects of its mails. */
#ifndef MILTICKET_IMPORT_NUMBERS_H
#define MILTICKET_IMPORT_NUMBERS_H

#include "keep/box.h"
#include "mail/message.h"
#include "mail/subject.h"

/* A mail names its thread by its Message-ID, In-Reply-To and References; the first tag of a thread
 * is its number, so that a customer's first mail, which has none, gets the number that the answer
 * to it has. */
struct import_numbers;

/* Reads every header, in the order that box_sort() made. Owned. */
struct import_numbers *import_numbers_new(const struct box *box, const struct tag_format *format);
void import_numbers_free(struct import_numbers *numbers);

/* The number of the mail's thread, else of its own tag; 0: it has none. Safe from several
 * threads. */
uint64_t import_numbers_of(const struct import_numbers *numbers, const struct message *message);

#endif

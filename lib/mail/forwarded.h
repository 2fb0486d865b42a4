/* Whose mail an agent passes on: so that a colleague's "Fwd: …" is the customer's ticket. Pure. */
#ifndef MILTICKET_FORWARDED_H
#define MILTICKET_FORWARDED_H

#include "mail/message.h"

/* The author of the first header block that a client wrote into the text above what it forwards: a
 * line "From: …" in one of many languages, with at least one of a date, recipients and a Subject
 * beside it; else of the first attached message (message/rfc822). Below such a block that one came
 * with what is forwarded, and is its author's to forge. Where the attached one's author is a robot
 * (a form's), the one mailbox in its Reply-To counts. False: there is none with one address. *out
 * is to be released with mailbox_release(). */
bool forwarded_author(const struct message *message, struct mailbox *out);

#endif

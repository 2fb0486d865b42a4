/* Mail addresses as the envelope has them (RFC 5321, 6531): the form in which two are compared. */
#ifndef MILTICKET_ADDRESS_H
#define MILTICKET_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

#include "base/status.h"

/* The canonical form: no angle brackets, quotes around the local part only where needed, A to Z in
 * lower case, domain in A-labels. Letters beyond ASCII stay as they are in a local part. (Earlier
 * versions made them lower case, too: what they stored is found by whoever writes it so, as nearly
 * all do.) ST_BAD_INPUT without exactly one usable '@', or when longer than
 * LIMIT_ADDRESS_BYTES, or holding what text_is_hidden(). Owned by the caller. The null sender "" or
 * "<>" is ST_NOT_FOUND. */
enum status address_canonical(const char *s, char **canonical_out);

/* The canonical address with its local part in the letters that `s` has. Owned. */
char *address_as_written(const char *s, const char *canonical);

/* Does it separate labels (IDNA, RFC 3490 section 3.1)? */
bool address_is_dot(gunichar c);
/* A canonical domain as people write it, with U-labels. Owned. */
char *address_domain_shown(const char *domain);
/* A canonical address with its domain so. Owned. */
char *address_shown(const char *canonical);

/* Is `canonical`, with or without a detail, the address `wanted` (canonical)?
 * "support+1042-abc@example.com" is "support@example.com" with the detail "1042-abc" where the
 * delimiter is "+"; an empty delimiter or NULL finds none. A name may hold the delimiter itself.
 * For addresses of ours, of which nobody has a second one in other letters: here Ö is ö.
 * On true, *detail_out (may be NULL) is the detail or NULL; owned. */
bool address_is(
	const char *canonical, const char *wanted, const char *delimiter, char **detail_out);

/* A canonical address without its "+detail", which leads to the same mailbox. Owned. */
char *address_mailbox(const char *canonical);

/* Addresses that no automatic answer goes to: no-reply, shop.noreply, mailer-daemon, postmaster,
 * bounce(s), VERP forms of them … */
bool address_is_robot(const char *canonical);
/* The same for the envelope's sender of mail that somebody else is the author of: where bounces of
 * it go (VERP, BATV, SRS) tells nothing of them. */
bool address_is_robot_sender(const char *canonical);

/* "Name <a@b>" or "a@b", name encoded by RFC 2047 where needed and quoted where needed; cannot hold
 * CR or LF. Owned. */
char *address_header(const char *name, const char *addr);

/* The same for an address that stands for another: "Carla Kern (carla@customer.example)" <addr>.
 * The name shows no parentheses but ours, nothing that hides, and LIMIT_LABEL_BYTES at most, so
 * that it cannot be taken for the address; NULL: there is none. Folded. Owned. */
char *address_header_behind(const char *name, const char *behind, const char *addr);

#endif

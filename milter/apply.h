/* Planned edits → libmilter. The only place that changes a message. */
#ifndef MILTICKET_APPLY_H
#define MILTICKET_APPLY_H

#include <libmilter/mfapi.h>

#include "mail/edits.h"

/* Actions that must be asked for in negotiation. */
enum {
	APPLY_ACTIONS = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_DELRCPT |
		SMFIF_CHGFROM
};

/* Does the edits, then gives the answer for their verdict; SMFIS_TEMPFAIL when the MTA would not
 * take one. From end-of-message only. */
sfsistat apply_edits(SMFICTX *ctx, const struct edits *edits);

#endif

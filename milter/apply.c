/* Does planned edits through libmilter. */
#include "apply.h"

#include <string.h>

#include "log.h"

/* libmilter takes mutable strings and does not change them. */
static int apply_add_header(SMFICTX *ctx, const char *name, const char *value)
{
	return smfi_addheader(ctx, (char *)name, (char *)value);
}

static int change_header(SMFICTX *ctx, const struct edit *edit, const char *value)
{
	return smfi_chgheader(ctx, edit->name, (int)edit->index, (char *)value);
}

static int change_recipient(SMFICTX *ctx, int (*change)(SMFICTX *, char *), const char *address)
{
	g_autofree char *bracketed = g_strdup_printf("<%s>", address);

	return change(ctx, bracketed);
}

static int change_sender(SMFICTX *ctx, const char *address)
{
	g_autofree char *bracketed = g_strdup_printf("<%s>", address);

	return smfi_chgfrom(ctx, bracketed, NULL);
}

static int apply_one(SMFICTX *ctx, const struct edit *edit)
{
	/* With SMFIP_HDR_LEADSPC the MTA adds no blank after the colon by itself. */
	g_autofree char *value = g_strconcat(" ", edit->value, NULL);

	switch (edit->kind) {
	case EDIT_CHANGE_HEADER:
		return change_header(ctx, edit, value);
	case EDIT_DELETE_HEADER:
		return change_header(ctx, edit, NULL);
	case EDIT_ADD_HEADER:
		return apply_add_header(ctx, edit->name, value);
	case EDIT_ADD_RECIPIENT:
		return change_recipient(ctx, smfi_addrcpt, edit->value);
	case EDIT_DELETE_RECIPIENT:
		return change_recipient(ctx, smfi_delrcpt, edit->value);
	case EDIT_CHANGE_SENDER:
		return change_sender(ctx, edit->value);
	}
	return MI_FAILURE;
}

/* libmilter drops a text with a single "%", and an SMTP reply is ASCII (RFC 5321 section 4.2). */
static char *reply_text(const char *text)
{
	static const char not_ascii = '?';
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		if (*text == '%')
			g_string_append_c(out, '%');
		g_string_append_c(out, g_ascii_isprint(*text) ? *text : not_ascii);
	}
	return g_string_free(out, FALSE);
}

/* "5.7.1 text" as SMTP reply 550 with that enhanced code. */
static sfsistat apply_reply(
	SMFICTX *ctx, const struct edits *edits, const char *code, sfsistat otherwise)
{
	const char *blank = edits->reply ? strchr(edits->reply, ' ') : NULL;
	g_autofree char *enhanced = blank ? g_strndup(edits->reply, (gsize)(blank - edits->reply))
					  : NULL;
	g_autofree char *text = blank ? reply_text(blank + 1) : NULL;

	if (blank && smfi_setreply(ctx, (char *)code, enhanced, text) != MI_SUCCESS)
		log_warning("the MTA did not take the reply text");
	return otherwise;
}

sfsistat apply_edits(SMFICTX *ctx, const struct edits *edits)
{
	const struct edit *edit;

	for (unsigned i = 0; edits->verdict == VERDICT_ACCEPT && (edit = edits_at(edits, i)); i++)
		if (apply_one(ctx, edit) != MI_SUCCESS) {
			log_error("the MTA refused a change of %s",
				edit->name ? edit->name : "the envelope");
			return SMFIS_TEMPFAIL;
		}
	switch (edits->verdict) {
	case VERDICT_ACCEPT:
		return SMFIS_CONTINUE;
	case VERDICT_DISCARD:
		return SMFIS_DISCARD;
	case VERDICT_REJECT:
		return apply_reply(ctx, edits, "550", SMFIS_REJECT);
	case VERDICT_TEMPFAIL:
		return apply_reply(ctx, edits, "451", SMFIS_TEMPFAIL);
	}
	return SMFIS_TEMPFAIL;
}

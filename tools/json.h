/* Records as JSON, by their field tables; the only home of jansson. Names as documented in
 * ticket(1): what is unknown is null, never left out. */
#ifndef MILTICKET_JSON_H
#define MILTICKET_JSON_H

#include <jansson.h>

#include "cli.h"
#include "mail/attachment.h"
#include "print.h"

/* All values new references. hidden: as an export has it: with fields that are nobody else's, times
 * to the microsecond, and nothing changed in texts, however odd. */
json_t *json_record(const struct record_type *type, const void *record, bool hidden);
json_t *json_ticket(const struct cli *cli, const struct ticket *ticket, bool hidden);
json_t *json_entry(const struct entry *entry, const char *text, bool hidden);
json_t *json_attachment(const struct attachment *attachment);
json_t *json_event(const struct event *event);
json_t *json_view(const struct cli *cli, const struct ticket_view *view, bool hidden);
json_t *json_time(int64_t when);
json_t *json_text(const char *text); /* null for NULL */

/* A string, or {"base64": …} where the bytes are no UTF-8 text. And back: false if it is neither,
 * NULL for null; *bytes_out owned, followed by a NUL. */
json_t *json_bytes(const char *bytes, size_t len);
bool json_to_bytes(const json_t *value, char **bytes_out, size_t *len_out);

/* Fills a zeroed record from an object; members that are no fields are passed over. ST_BAD_INPUT
 * names the member and what was expected. */
enum status json_to_record(
	const json_t *object, const struct record_type *type, void *record, struct error *err);

/* One line on standard output; takes the reference. */
void json_print(json_t *value);

#endif

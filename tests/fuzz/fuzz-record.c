/* Stored values of every record type: what decodes encodes to something that decodes to the
 * same. */
#include "fuzz.h"

#include <string.h>

#include "model/ticket.h"

static const struct record_type *const types[] = { &ticket_type, &entry_type, &event_type,
	&queue_type, &agent_type, &outgoing_type };

static void round_trip(const struct record_type *type, void *record)
{
	GByteArray *first = g_byte_array_new(), *second = g_byte_array_new();
	void *copy = g_malloc0(type->size);

	record_encode(type, record, first);
	FUZZ_ASSERT(record_decode(type, (struct bytes){ first->data, first->len }, copy, NULL) ==
		ST_OK);
	record_encode(type, copy, second);
	FUZZ_ASSERT(
		first->len == second->len && memcmp(first->data, second->data, first->len) == 0);
	record_release(type, copy);
	g_free(copy);
	g_byte_array_unref(first);
	g_byte_array_unref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct record_type *type;
	void *record;

	if (size == 0)
		return 0;
	type = types[data[0] % G_N_ELEMENTS(types)];
	record = g_malloc0(type->size);
	if (record_decode(type, (struct bytes){ data + 1, size - 1 }, record, NULL) == ST_OK) {
		round_trip(type, record);
		record_release(type, record);
	}
	g_free(record);
	return 0;
}

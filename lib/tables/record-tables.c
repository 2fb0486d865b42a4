/* All kinds of row that are records, in the order in which an import takes them. */
#include "tables/agents.h"
#include "tables/history-log.h"
#include "tables/outbox.h"
#include "tables/placements.h"
#include "tables/queues.h"
#include "tables/tickets.h"

const struct table_type *const table_types[] = {
	&queue_table,
	&agent_table,
	&ticket_table,
	&entry_table,
	&event_table,
	&outgoing_table,
	&placement_table,
	&tree_table,
	NULL,
};

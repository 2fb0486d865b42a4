/* The order of a mailbox: by date, answers after what they answer. */
#include "keep/box-parts.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "mail/message.h"

struct node {
	int64_t date;
	guint parents, parent_count; /* in the array of all parents */
	guint next;                  /* of them, to be visited */
	bool seen;
};

/* Ids are known by a hash: one met by chance would only change the order. */
struct order {
	GArray *nodes;     /* struct node, by place */
	GArray *parents;   /* guint64: hashes of ids */
	GHashTable *by_id; /* hash → place + 1 */
	GArray *sorted;    /* guint: places */
};

static guint64 id_hash(const char *id)
{
	guint8 bytes[HASH_BYTES];
	struct hash sum;
	guint64 hash;

	hash_init(&sum);
	hash_add(&sum, id, strlen(id));
	hash_get(&sum, bytes);
	memcpy(&hash, bytes, sizeof hash);
	return hash;
}

static void add_parents(struct order *order, struct node *node, const char *const *ids)
{
	for (; *ids; ids++) {
		guint64 hash = id_hash(*ids);

		g_array_append_val(order->parents, hash);
		node->parent_count++;
	}
}

static void remember_id(struct order *order, const char *id, guint place)
{
	guint64 hash = id_hash(id), *key;

	if (g_hash_table_contains(order->by_id, &hash))
		return;
	key = g_new(guint64, 1);
	*key = hash;
	g_hash_table_insert(order->by_id, key, GUINT_TO_POINTER(place + 1));
}

static void order_read_node(struct order *order, const struct mail *mail, struct node *node)
{
	struct message *message = message_parse_bytes(mail->data, mail->len);

	node->date = message_date(message) ? message_date(message) : mail->came;
	add_parents(order, node, message_in_reply_to(message));
	add_parents(order, node, message_references(message));
	if (message_id(message))
		remember_id(order, message_id(message), order->nodes->len);
	message_free(message);
}

static void read_nodes(struct order *order, const struct box *box)
{
	for (size_t i = 0; i < box_count(box); i++) {
		struct mail mail = { 0 };
		struct node node = { .parents = order->parents->len };

		if (box_read_header(box, i, &mail, NULL) == ST_OK)
			order_read_node(order, &mail, &node);
		g_array_append_val(order->nodes, node);
		mail_release(&mail);
	}
}

static struct node *node_at(struct order *order, guint place)
{
	return &g_array_index(order->nodes, struct node, place);
}

static int by_date(gconstpointer a, gconstpointer b, gpointer arg)
{
	struct order *order = arg;
	guint i = *(const guint *)a, k = *(const guint *)b;
	int64_t left = node_at(order, i)->date, right = node_at(order, k)->date;

	if (left != right)
		return left < right ? -1 : 1;
	return i < k ? -1 : i > k;
}

/* A parent that was not visited yet; false when there is none left. */
static bool next_parent(struct order *order, struct node *node, guint *place_out)
{
	while (node->next < node->parent_count) {
		guint64 *hash = &g_array_index(
			order->parents, guint64, node->parents + node->next++);
		guint found = GPOINTER_TO_UINT(g_hash_table_lookup(order->by_id, hash));

		if (found && !node_at(order, found - 1)->seen) {
			*place_out = found - 1;
			return true;
		}
	}
	return false;
}

/* Depth first without recursion: a thread may be as long as the mailbox. A circle ends where it
 * began. */
static void order_visit(struct order *order, guint place, GArray *path)
{
	g_array_append_val(path, place);
	node_at(order, place)->seen = true;
	while (path->len) {
		guint at = g_array_index(path, guint, path->len - 1), parent;

		if (next_parent(order, node_at(order, at), &parent)) {
			node_at(order, parent)->seen = true;
			g_array_append_val(path, parent);
			continue;
		}
		g_array_append_val(order->sorted, at);
		g_array_set_size(path, path->len - 1);
	}
}

static void sort_nodes(struct order *order)
{
	g_autoptr(GArray) dated = g_array_new(FALSE, FALSE, sizeof(guint)),
			  path = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < order->nodes->len; i++)
		g_array_append_val(dated, i);
	g_array_sort_with_data(dated, by_date, order);
	for (guint i = 0; i < dated->len; i++)
		if (!node_at(order, g_array_index(dated, guint, i))->seen)
			order_visit(order, g_array_index(dated, guint, i), path);
}

/* The places keep what they own: only their order changes. */
static void order_rearrange(struct box *box, const GArray *sorted)
{
	g_autofree struct place *old = g_memdup2(
		box->places->data, box->places->len * sizeof(struct place));

	for (guint i = 0; i < sorted->len; i++)
		g_array_index(box->places, struct place, i) = old[g_array_index(sorted, guint, i)];
}

void box_sort(struct box *box)
{
	struct order order = {
		.nodes = g_array_new(FALSE, FALSE, sizeof(struct node)),
		.parents = g_array_new(FALSE, FALSE, sizeof(guint64)),
		.by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.sorted = g_array_new(FALSE, FALSE, sizeof(guint)),
	};

	read_nodes(&order, box);
	sort_nodes(&order);
	order_rearrange(box, order.sorted);
	g_array_unref(order.nodes);
	g_array_unref(order.parents);
	g_hash_table_unref(order.by_id);
	g_array_unref(order.sorted);
}

/* Tickets and their conversations on disk, with their indexes, each kept by one function beside its
 * record. */
#ifndef MILTICKET_TICKETS_H
#define MILTICKET_TICKETS_H

#include "model/ticket.h"
#include "tables/record-table.h"

/* Loads one; *ticket_out must be zeroed or released, and is the caller's to release. ST_NOT_FOUND:
 * never given, or purged. */
enum status tickets_load(
	struct txn *txn, uint64_t number, struct ticket *ticket_out, struct error *err);

/* The same, through merges to the survivor. A cycle is ST_IO. */
enum status tickets_resolve(
	struct txn *txn, uint64_t number, struct ticket *ticket_out, struct error *err);

/* How numbers are given. A day's counter goes on where it was when a clock that went back comes to
 * that day again. */
struct numbering {
	int scheme;     /* enum number_scheme of settings.h */
	uint64_t first; /* the least one to give; by date only if it is a number of today */
	int64_t now;    /* its local date is the day */
};

/* What its counter is called. Owned. */
char *tickets_number_name(const struct numbering *numbering);
/* Gives a number, for a ticket that is stored in the same transaction. */
enum status tickets_give_number(struct txn *txn, const struct numbering *numbering,
	uint64_t *number_out, struct error *err);
/* Takes a number that another system gave; numbers given later are larger. ST_EXISTS: it was given
 * here already. */
enum status tickets_take_number(struct txn *txn, uint64_t number, struct error *err);
/* Numbers that another store of this installation gave, and this one does not know of. */
struct given {
	uint64_t sequential, today; /* the last by each scheme; today's is of the day's counter */
	uint64_t event, outgoing;   /* serials of the log and ids of the outbox, which are no more
	                             * given twice */
};
enum status tickets_last_given(
	struct txn *txn, int64_t now, struct given *given_out, struct error *err);
/* None of these is given, nor the `more` next ones, nor a ticket's number up to `above`. */
enum status tickets_skip_given(struct txn *txn, int64_t now, const struct given *given,
	uint64_t more, uint64_t above, struct error *err);

/* Stores a ticket that has the number just given to it. */
enum status tickets_store_new(struct txn *txn, const struct ticket *ticket, struct error *err);
/* Both: gives ticket->number and stores it. */
enum status tickets_create(struct txn *txn, const struct numbering *numbering,
	struct ticket *ticket, struct error *err);
/* Stores it under the number it has (import of an export); ST_EXISTS. Numbers given later are
 * larger. */
enum status tickets_insert(struct txn *txn, const struct ticket *ticket, struct error *err);
/* Stores a changed ticket and moves it in every index. */
enum status tickets_save(struct txn *txn, const struct ticket *ticket, struct error *err);
/* Removes a ticket with entries, texts, events and index rows. Its number stays used. */
enum status tickets_remove(struct txn *txn, uint64_t number, struct error *err);

/* Appends to the conversation: gives entry->seq, counts it in ticket->messages_count (the caller
 * saves the ticket), stores the excerpt, indexes message id, references and digest. An event that
 * it has to tell (history_tell()) gets its serial. */
enum status tickets_append(struct txn *txn, struct ticket *ticket, struct entry *entry,
	const char *text, struct error *err);
/* The same in two steps, for the first message of a new ticket: rows that are written in the order
 * in which they lie, a ticket before its messages, leave no page half full. All but the row of the
 * message itself, and that. */
enum status tickets_admit(
	struct txn *txn, struct ticket *ticket, struct entry *entry, struct error *err);
enum status tickets_entry_put(
	struct txn *txn, const struct entry *entry, const char *text, struct error *err);
/* Stores one under the seq it has (import of an export); what the ticket counts is not changed. */
enum status tickets_entry_insert(
	struct txn *txn, const struct entry *entry, const char *text, struct error *err);
enum status tickets_entry(
	struct txn *txn, uint64_t number, uint64_t seq, struct entry *entry_out, struct error *err);
/* Each entry in order of seq. fn returns ST_OK to go on; the entry is borrowed. */
typedef enum status entry_visit(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err);
enum status tickets_each_entry(
	struct txn *txn, uint64_t number, entry_visit *fn, void *arg, struct error *err);
/* Those from a seq on. */
enum status tickets_each_entry_from(struct txn *txn, uint64_t number, uint64_t seq, entry_visit *fn,
	void *arg, struct error *err);
/* Drops the Message-IDs and identities of a ticket's entries from their indexes; part of
 * tickets_remove(). */
enum status tickets_forget_entries(struct txn *txn, uint64_t number, struct error *err);
/* Stores a changed entry; its ids are reindexed. */
enum status tickets_entry_save(struct txn *txn, const struct entry *entry, struct error *err);
/* Moves an entry to the end of another ticket's conversation (merge, split); counts are the
 * caller's to save on both. */
enum status tickets_entry_move(
	struct txn *txn, struct ticket *from, uint64_t seq, struct ticket *to, struct error *err);
/* Owned; "" when there is none. */
enum status tickets_text(
	struct txn *txn, uint64_t number, uint64_t seq, char **text_out, struct error *err);
enum status tickets_text_save(
	struct txn *txn, uint64_t number, uint64_t seq, const char *text, struct error *err);

/* How a Message-ID is known. A sent or seen id outranks one that was only referenced. */
enum id_kind { ID_REFERENCED, ID_SEEN, ID_SENT };
struct id_hit {
	uint64_t ticket, seq; /* seq 0: no entry of its own (referenced, or automatic mail) */
	int kind;
};
/* How this ticket knows this id; ST_NOT_FOUND when it doesn't. */
enum status tickets_find_id_in(struct txn *txn, const char *message_id, uint64_t ticket,
	struct id_hit *hit_out, struct error *err);
/* Tickets that know this id, at most max, newest ticket first. Gives their number. */
enum status tickets_find_id(struct txn *txn, const char *message_id, struct id_hit *hits,
	size_t max, size_t *n_out, struct error *err);
enum status tickets_index_id(struct txn *txn, const char *message_id, uint64_t ticket, uint64_t seq,
	enum id_kind kind, struct error *err);

/* One of a mail that we send, made just now: nobody knows it yet, and nobody is asked. */
enum status tickets_index_new_id(
	struct txn *txn, const char *message_id, uint64_t ticket, struct error *err);

/* Was this number given once, be its ticket purged since or not? */
enum status tickets_was_given(struct txn *txn, uint64_t number, bool *given_out, struct error *err);

/* A further identity of an entry; number and seq 0: a message that was seen and is of no ticket. */
enum status tickets_index_digest(
	struct txn *txn, const char *digest, uint64_t number, uint64_t seq, struct error *err);
/* The entry of that identity; message_id (may be NULL) is what the message has or was given.
 * ST_NOT_FOUND. */
enum status tickets_find_digest(struct txn *txn, const char *message_id, const char *digest,
	uint64_t *ticket_out, uint64_t *seq_out, struct error *err);

struct listed; /* tickets-index.h */

/* A listing comes in the order of activity, the newest first. */
struct ticket_filter {
	const char *queue; /* also as watcher */
	const char *agent; /* login; "" is nobody; NULL any */
	const char *project, *requester, *tag;
	unsigned statuses;    /* bit per enum ticket_status; 0: all that are active */
	int priority;         /* -1 any */
	int64_t since, until; /* on `updated`; 0 any */
	bool undelivered;     /* only those */
	bool merged;          /* merged tickets too; they are left out otherwise */
	bool oldest_first;
	/* Where the engine derives: is it, by what its row in the list tells, not wanted for sure?
	 * NULL: no more is known than the above. */
	bool (*unwanted)(const struct listed *row, int64_t activity, void *arg);
	void *arg;
};
/* fn returns ST_OK to go on, ST_NOT_FOUND to stop; anything else stops and is returned. The ticket
 * is borrowed. */
typedef enum status ticket_visit(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err);
enum status tickets_list(struct txn *txn, const struct ticket_filter *filter, ticket_visit *fn,
	void *arg, struct error *err);
/* Would it be listed? */
bool tickets_wanted(const struct ticket_filter *filter, const struct ticket *ticket);

/* Fills in n counts, in one walk over the list of open tickets. */
enum status tickets_count_queues(
	struct txn *txn, struct queue_count *counts, size_t n, struct error *err);

/* Every ticket record, by number, whatever the indexes say. For check, export and the like. */
enum status tickets_each(struct txn *txn, ticket_visit *fn, void *arg, struct error *err);
/* The highest number of a ticket that is there; 0: there is none. */
enum status tickets_last(struct txn *txn, uint64_t *number_out, struct error *err);
/* Those from a number on. */
enum status tickets_each_from(
	struct txn *txn, uint64_t number, ticket_visit *fn, void *arg, struct error *err);

/* Writes every index of this ticket and its entries anew, and counts its messages. */
enum status tickets_reindex(struct txn *txn, uint64_t number, struct error *err);
/* Counts its messages and their attachments anew. */
enum status tickets_recount(struct txn *txn, uint64_t number, struct error *err);

#endif

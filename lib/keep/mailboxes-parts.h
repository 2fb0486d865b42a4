/* What the files of the mailboxes share. Not for others. */
#ifndef MILTICKET_MAILBOXES_PARTS_H
#define MILTICKET_MAILBOXES_PARTS_H

#include "act/copy-mail.h"
#include "archive/maildir.h"
#include "decide/placement.h"
#include "keep/mailboxes.h"
#include "tables/placements.h"

/* --- what there is --- */

/* Of +messages/, +claims/ and what is in them: nobody but us looks there. */
enum { OWN_MODE = 02700 };

/* A message's file below +messages/, which all links are of. */
struct copy {
	uint64_t seq;
	ino_t inode;
	uint64_t size, lines; /* bytes, and line feeds: an IMAP server counts a line's end as two */
	bool unread, replied; /* where a tree gets it for the first time */
	uint64_t met;         /* at home, by which scan of a tree */
	char *author;         /* login of the agent who wrote it; NULL */
};

/* A ticket's messages as the files are. */
struct placed {
	struct placement row;
	GArray *copies; /* struct copy, by seq */
};
void placed_free(gpointer placed);
struct placed *placed_new(const struct placement *row);
struct copy *placed_copy(const struct placed *placed, uint64_t seq); /* NULL: none */

/* Where a message of a tree is, when its name or place is not the one that we gave it. */
struct odd {
	char *folder, *file;
	bool is_new;
};

/* An agent. */
struct tree {
	char *login;
	char **addresses, **queues, **queues_before;
	bool moving; /* messages may be where queues_before put them */
	bool gone;   /* is no agent (any more) */
	bool unseen; /* all of it is to be looked at */
	char *shut;  /* why it is let alone; NULL: it is not */
	char *shut_before;
	int fd;
	GHashTable *folders; /* name → struct maildir *, those that are open */
	GHashTable *odd;     /* "ticket/seq" → GPtrArray of struct odd *, met last comes last */
	GArray *moved;       /* int64_t: when tickets were moved by them lately */
	GArray *told;        /* int64_t: when they were told of a mail that was kept */
};

/* A message of ours that an agent has put into another folder. */
struct moved {
	struct tree *tree;
	uint64_t ticket, generation;
	char *folder, *file;
	bool is_new;
};
/* A mail that is not ours. */
struct dropped {
	struct tree *tree;
	char *folder, *file;
	bool is_new, lost;
};
/* Something of a ticket is gone from its place, or flagged otherwise. */
struct doubt {
	struct tree *tree;
	uint64_t ticket;
};

struct watch;

struct trees {
	struct store *store;
	struct settings *settings;
	struct token_key key;
	char box[BOX_BYTES];
	int fd, messages_fd, claims_fd;
	int64_t now, shown_since;
	int64_t believed;    /* later than that it is not, for what is shown no more */
	uint64_t done;       /* up to that serial the files are as the log says */
	uint64_t end;        /* of the log, as of the last step; 0: there was none */
	bool grows;          /* it was another before */
	GHashTable *tickets; /* number → struct placed * */
	GHashTable *inodes;  /* GSIZE inode → struct inode_of * */
	GPtrArray *trees;    /* struct tree * */
	GPtrArray *moves;    /* struct moved * */
	GPtrArray *drops;    /* struct dropped * */
	GArray *doubts;      /* struct doubt */
	uint64_t scans;      /* of trees, so far */
	struct watch *watch; /* NULL */
	uint64_t lease;      /* token; 0: none */
	int64_t leased;      /* when it was asked for, by the monotonic clock */
	int64_t agents_looked, old_looked, scanned, tried; /* when, µs */
	char *shut_last;                                   /* "LOGIN: why"; NULL */
	struct mailboxes_counts counts;
};

/* --- mailboxes-lease.c --- */

/* That of a box in tables/leases.h. Owned. */
char *lease_name(const char *box);
/* Before anything is done for long: ST_EXISTS when another host has them (now). Costs nothing but
 * every few seconds. */
enum status lease_keep(struct trees *m, struct error *err);
void lease_end(struct trees *m);

/* --- mailboxes-found.c --- */

GPtrArray *moves_new(void);
GPtrArray *drops_new(void);
void doubt_add(struct trees *m, struct tree *tree, uint64_t ticket);
/* Of a tree that is about to be freed. */
void findings_forget(struct trees *m, const struct tree *tree);

/* --- mailboxes-copy.c: +messages/ --- */

/* "1764331200.M000007T12N3.milticket,S=1024,W=1060". Owned. */
char *copy_base(const struct placed *placed, const struct copy *copy);
/* The same for a place where that name was before. Owned. */
char *copy_fresh_base(const struct placed *placed, const struct copy *copy);
/* Reads such a base; what is not of our making is false. */
struct copy_name {
	uint64_t ticket, seq, generation, size, lines;
};
bool copy_read_base(const char *file, struct copy_name *name_out);

/* Reads what there is, for the rows in mailboxes->tickets; what belongs to none goes. */
enum status copies_scan(struct trees *m, struct error *err);
/* Makes those of the row's messages that are missing. */
struct copy_entry {
	struct entry entry;
	char *text;
};
enum status copies_make(struct trees *m, struct placed *placed, const struct ticket *ticket,
	const GPtrArray *entries, struct error *err); /* of struct copy_entry * */
/* Removes a ticket's files; none of the trees needs them any more. True: some have names in trees
 * all the same. */
bool copies_remove(struct trees *m, const struct placed *placed);
/* Says in the file's name, too, that it was answered. */
void copy_set_replied(struct trees *m, const struct placed *placed, struct copy *copy);
/* A further name of it. */
enum status copy_link(struct trees *m, const struct placed *placed, const struct copy *copy,
	const struct maildir *folder, const char *base, const struct maildir_place *place);
/* Whose message is the file: by its inode, else by what is in it. False: it is none of ours. */
bool copy_identify(struct trees *m, const struct maildir_entry *file, struct copy_id *id_out);

/* --- mailboxes-rows.c: what the store says --- */

/* Fills tickets and trees from the rows. */
enum status rows_load(struct trees *m, struct error *err);
/* Goes on in the log, or with building: rows are as the tickets are. Numbers of those that differ
 * from the files are added. */
enum status rows_follow(struct trees *m, GArray *numbers, bool *more_out, struct error *err);
/* Notes that the files are as the log says. */
enum status rows_note_done(struct trees *m, struct error *err);
/* Rows of tickets that have been over for long are removed. */
enum status rows_forget_old(struct trees *m, GArray *numbers, struct error *err);
/* The files of a ticket are brought to what its row says. */
enum status rows_to_files(struct trees *m, uint64_t number, struct error *err);
/* Agents who came, went, or have other queues now: their trees are gone over. */
enum status rows_agents(struct trees *m, struct error *err);

/* --- mailboxes-tree.c: an agent's folders --- */

struct tree *tree_new(const char *login);
void tree_free(gpointer tree);
struct folder tree_home(
	const struct trees *m, const struct tree *tree, const struct placement *row);
/* Makes the tree and its folders. */
enum status tree_open(struct trees *m, struct tree *tree, struct error *err);
/* Opened until tree_close_folders(); borrowed. */
enum status tree_folder(struct tree *tree, const char *name, bool make, struct maildir **folder_out,
	struct error *err);
void tree_close_folders(struct tree *tree);
/* A ticket's messages go from where `was` had them to where `now` has them; either may be NULL. */
enum status tree_place(struct trees *m, struct tree *tree, const struct placed *was,
	const struct placed *now, struct error *err);
/* What is refused of a tree, or cannot be done in it, is no matter of the others': ST_OK then, and
 * the tree is let alone until tree_try_again(). */
enum status tree_shut(struct trees *m, struct tree *tree, enum status st, const struct error *err);
enum status tree_try_again(struct trees *m, struct tree *tree, struct error *err);
/* Looks at every file: what is missing is made, what is too much is removed; what was moved or
 * dropped in is noted in moves and drops. */
enum status tree_scan(struct trees *m, struct tree *tree, struct error *err);
/* Looks at one file. */
enum status tree_meet(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, struct error *err);
/* Is all of a ticket where it should be? What is missing is made. */
enum status tree_check(
	struct trees *m, struct tree *tree, const struct placed *placed, struct error *err);
/* Removes the folders that no queue of theirs has any more, and the tree of one who is gone. */
void tree_tidy(struct trees *m, struct tree *tree);

/* --- mailboxes-sweep.c --- */

/* Removes what is ours from a folder's tmp, or from those of all. */
void sweep_folder(struct trees *m, const struct tree *tree, const char *folder);
void sweep_trees(struct trees *m);

/* --- mailboxes-watch.c --- */

/* A directory of a folder. */
struct watched {
	int wd;
	struct tree *tree;
	char *folder;
	bool is_new;
};

/* NULL: the system has none to give. */
struct watch *watch_new(void);
void watch_free(struct watch *watch);
int watch_fd(const struct watch *watch);
void watch_folder(
	struct watch *watch, struct tree *tree, const char *folder, const struct maildir *opened);
void watch_forget(struct watch *watch, const struct tree *tree);

/* What an event says: a name that is there now, or is no more; or that something was missed. */
enum heard { HEARD_APPEARS, HEARD_VANISHES, HEARD_MISSED };
typedef enum status watch_fn(const struct watched *watched, const char *file, enum heard heard,
	void *arg, struct error *err);
/* Tells what came, until it is quiet. watched is NULL with HEARD_MISSED. */
enum status watch_read(struct watch *watch, watch_fn *fn, void *arg, struct error *err);

/* --- mailboxes-hear.c --- */

/* Goes through what was heard; *all_out: something was missed, all is to be looked at. */
enum status hear_clients(struct trees *m, bool *all_out, struct error *err);

/* --- mailboxes-forget.c --- */

/* Removes kept mails in which somebody is who was taken out of the store. */
enum status forget_people(struct trees *m, struct error *err);

/* --- mailboxes-act.c: what the agents want --- */

/* Does what moves and drops say. */
enum status act_on_findings(struct trees *m, struct error *err);
/* Takes in what lies in +claims/. */
enum status act_on_claims(struct trees *m, struct error *err);
/* Forgets what was noted of claims whose files are gone: a process died between the two. */
enum status act_forget_notes(struct trees *m, struct error *err);

#endif

/* The live mailboxes of one ticket, as lib/keep/mailboxes*.c, lib/act/mailbox-move.c and
 * lib/decide/placement.c keep them: clients move, copy, delete and mark its messages, somebody
 * changes it at the shell, and the daemon dies between any two steps. spin looks at every order.
 *
 * A file is a name of a message in a folder of an agent's tree, and has the generation in it that
 * the ticket's row had when it was made. What the daemon does in one system call or one
 * transaction is one step here. Ghosts, which no code has: id, the deed of a client that made a
 * file; done, deeds that were commands; marked, messages that an agent has read.
 *
 * tests/unit/test-model.py runs it, and with -DFAULT=N, which leaves one thing out: spin must find
 * that then. */

#ifndef AGENTS
#define AGENTS 2
#endif
#ifndef MESSAGES
#define MESSAGES 1
#endif
#ifndef DEEDS /* of clients */
#define DEEDS 2
#endif
#ifndef CHANGES /* at the shell */
#define CHANGES 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef SLOTS /* files that a tree can have */
#define SLOTS 5
#endif
#ifndef FAULT
#define FAULT 0
#endif

#define NONE 15

/* Whose the ticket is: nobody's, agent A's (1 + A), or closed. */
#define NOBODYS 0
#define CLOSED 7
#define OF(a) (1 + (a))

/* Folders. */
#define QUEUE 0
#define MINE 1
#define COLLEAGUES 2
#define OVER 3
#define FOLDERS 4

#define HOME(a, s) ((s) == NOBODYS -> QUEUE : ((s) == CLOSED -> OVER : ((s) == OF(a) -> MINE : COLLEAGUES)))

typedef file {
	byte folder; /* NONE: there is no such file */
	byte msg, gen, id;
	bit seen;
	bit own;  /* the name is one that tree_find() knows without having met it */
	bit met;  /* the daemon has met it under another (struct odd) */
	bit held; /* a client is about to unlink it: the slot is not used again meanwhile */
};

typedef tree {
	file f[SLOTS];
	bit dirty;               /* inotify has something to tell */
	byte to, to_gen, to_id;  /* struct moved, the first of the ticket; to NONE: none */
	bit again[SLOTS];        /* act_meet_again() */
	bit marked[MESSAGES];
};

tree t[AGENTS];

/* The store: the ticket, and its row of placements. */
byte ticket = NOBODYS, row = NOBODYS, row_gen = 1;
/* What the daemon remembers of the row: what the files are. */
byte mem = NOBODYS, mem_gen = 1;

byte deeds = 0, changes = 0, deaths = 0, busy = 0;
/* The slot of a file that the daemon is about to unlink by its name: no other has that one. */
byte leaving = NONE;
bit done[DEEDS + 2];

/* --- files --- */

/* A name that is gone is not found where it was met. */
inline vanish(A, SLOT) {
	t[A].f[SLOT].folder = NONE;
	t[A].f[SLOT].seen = 0;
	t[A].f[SLOT].own = 0;
	t[A].f[SLOT].gen = 0;
	t[A].f[SLOT].id = 0;
	t[A].f[SLOT].met = 0;
	t[A].again[SLOT] = 0
}

inline free_slot(A, OUT) {
	OUT = 0;
	do
	:: OUT < SLOTS && (t[A].f[OUT].folder != NONE || t[A].f[OUT].held || OUT == leaving) -> OUT++
	:: else -> break
	od;
	assert(OUT < SLOTS)
}

inline appear(A, SLOT, AT, M, G, READ, DEED, OURS) {
	t[A].f[SLOT].folder = AT;
	t[A].f[SLOT].msg = M;
	t[A].f[SLOT].gen = G;
	t[A].f[SLOT].seen = READ;
	t[A].f[SLOT].id = DEED;
	t[A].f[SLOT].own = OURS
}

/* tree_find_usual(): the file with the name that we give. */
inline find_at_home(A, M, G, S, OUT) {
	OUT = 0;
	do
	:: OUT < SLOTS && !(t[A].f[OUT].folder == HOME(A, S) && t[A].f[OUT].own &&
		t[A].f[OUT].gen == G && t[A].f[OUT].msg == M) -> OUT++
	:: else -> break
	od;
	if
	:: OUT == SLOTS -> OUT = NONE
	:: else
	fi
}

/* tree_find() */
inline find(A, M, G, S, OUT) {
	OUT = 0;
	do
	:: OUT < SLOTS && !(t[A].f[OUT].folder != NONE && t[A].f[OUT].met && t[A].f[OUT].msg == M) -> OUT++
	:: else -> break
	od;
	if
	:: OUT == SLOTS -> find_at_home(A, M, G, S, OUT)
	:: else
	fi
}

/* link(2) of the file at home; to one that is there already the mark is added. */
inline link_home(A, M, G, S, READ) {
	find_at_home(A, M, G, S, x);
	if
	:: x == NONE -> free_slot(A, x); appear(A, x, HOME(A, S), M, G, READ, 0, 1)
	:: else -> t[A].f[x].seen = t[A].f[x].seen | READ
	fi;
	x = 0
}

/* --- the daemon --- */

/* At the end of a step. */
#if DEATHS
#define MAY_DIE if :: deaths < DEATHS -> deaths++; goto open :: true fi
#else
#define MAY_DIE skip
#endif

/* tree_move(): from the file in slot FROM (NONE: none) to the one at home. A name has its marks in
 * it: unlink(2) removes none that was marked since, and what was is carried before. */
inline move_file(A, M, G, S, FROM) {
	atomic {
		leaving = FROM;
		if
		:: FROM != NONE -> before = t[A].f[FROM].seen
		:: else -> before = 0
		fi;
#if FAULT == 1 /* the old name goes first */
		if
		:: FROM != NONE && t[A].f[FROM].folder != NONE -> vanish(A, FROM)
		:: else
		fi;
		MAY_DIE
#endif
	}
	atomic { link_home(A, M, G, S, before); MAY_DIE }
	do
	:: atomic { FROM == NONE || t[A].f[FROM].folder == NONE -> before = 0; leaving = NONE; break }
#if FAULT == 2 /* a mark that was made meanwhile is overlooked */
	:: atomic {
		FROM != NONE && t[A].f[FROM].folder != NONE ->
		vanish(A, FROM);
		before = 0;
		leaving = NONE;
		MAY_DIE;
		break
	}
#else
	:: atomic {
		FROM != NONE && t[A].f[FROM].folder != NONE && t[A].f[FROM].seen == before ->
		vanish(A, FROM);
		before = 0;
		leaving = NONE;
		MAY_DIE;
		break
	}
	:: atomic {
		FROM != NONE && t[A].f[FROM].folder != NONE && t[A].f[FROM].seen != before ->
		before = t[A].f[FROM].seen;
#if FAULT == 7 /* it is carried when the name that has it is gone */
		vanish(A, FROM);
		MAY_DIE;
		link_home(A, M, G, S, before)
#else
		link_home(A, M, G, S, before);
		MAY_DIE
#endif
	}
#endif
	od
}

/* rows_to_files(): the row is read, then one tree after the other. */
inline to_files() {
	atomic { is = row; is_gen = row_gen; a = 0; m = 0; find(a, m, mem_gen, mem, slot) }
	do
	:: atomic { a < AGENTS && is_gen == mem_gen && slot == NONE -> skip }
		move_file(a, m, is_gen, is, NONE);
		to_next()
	:: atomic { a < AGENTS && is_gen != mem_gen -> skip }
		move_file(a, m, is_gen, is, slot);
#if FAULT != 6 /* what a client copied stays where it was */
		do
		:: atomic {
			find(a, m, mem_gen, mem, slot);
			if
			:: slot == NONE -> break
			:: else
			fi
		}
			move_file(a, m, is_gen, is, slot)
		od;
#endif
		to_next()
	:: a < AGENTS && is_gen == mem_gen && slot != NONE -> to_next()
	:: atomic {
		a == AGENTS ->
		mem = is;
		mem_gen = is_gen;
		a = 0; m = 0; slot = 0; is = 0; is_gen = 0;
		break
	}
	od
}

inline to_next() {
	atomic {
		m++;
		if
		:: m == MESSAGES -> m = 0; a++
		:: else
		fi;
		if
		:: a < AGENTS -> find(a, m, mem_gen, mem, slot)
		:: else
		fi
	}
}

/* The next file of a tree; SLOTS: there is none. */
inline next_file(A, SLOT) {
	do
	:: SLOT < SLOTS && t[A].f[SLOT].folder == NONE -> SLOT++
	:: else -> break
	od
}

#define IS_FILE(a, slot) (slot < SLOTS && t[a].f[slot].folder != NONE)
#define IS_STALE(a, slot) (IS_FILE(a, slot) && t[a].f[slot].gen != mem_gen)
#define IS_HOME(a, slot) (IS_FILE(a, slot) && t[a].f[slot].gen == mem_gen && t[a].f[slot].folder == HOME(a, mem))
#define IS_MOVED(a, slot) (IS_FILE(a, slot) && t[a].f[slot].gen == mem_gen && t[a].f[slot].folder != HOME(a, mem))

inline note_move(A, SLOT) {
	if
	:: t[A].to == NONE ->
		t[A].to = t[A].f[SLOT].folder;
		t[A].to_gen = mem_gen;
		t[A].to_id = t[A].f[SLOT].id
	:: else
	fi;
	t[A].again[SLOT] = 1;
	t[A].f[SLOT].met = 1
}

/* tree_meet_home(): a second one in the folder is too many. */
inline meet_home(A, SLOT) {
	find(A, t[A].f[SLOT].msg, mem_gen, mem, y);
	if
	:: y != NONE && y != SLOT && t[A].f[y].folder == t[A].f[SLOT].folder ->
		t[A].f[y].seen = t[A].f[y].seen | t[A].f[SLOT].seen;
		MAY_DIE;
		vanish(A, SLOT)
	:: else -> t[A].f[SLOT].met = !t[A].f[SLOT].own
	fi;
	y = 0
}

/* tree_meet_stale(): its marks go to the one at home, then it goes. */
inline carry_over(A, SLOT) {
	before = t[A].f[SLOT].seen;
	find_at_home(A, t[A].f[SLOT].msg, mem_gen, mem, y);
	if
	:: y == NONE ->
		/* there may be one under a fresh name: inotify tells of our own links, too */
		link_home(A, t[A].f[SLOT].msg, mem_gen, mem, before);
		t[A].dirty = 1
	:: else -> t[A].f[y].seen = t[A].f[y].seen | before
	fi;
	y = 0
}

/* One that was marked meanwhile has another name; it is heard of. */
inline remove_stale(A, SLOT) {
	if
	:: t[A].f[SLOT].folder != NONE && t[A].f[SLOT].seen == before -> vanish(A, SLOT)
	:: else
	fi;
	before = 0
}

/* tree_meet() of each file of a tree, in one look at each. */
inline meet_all(A) {
	atomic { slot = 0; next_file(A, slot) }
	do
#if FAULT == 3 /* whoever lost a race is obeyed all the same */
	:: atomic { IS_STALE(A, slot) -> note_move(A, slot); slot++; next_file(A, slot) }
#else
	:: atomic { IS_STALE(A, slot) -> carry_over(A, slot); MAY_DIE }
		atomic { remove_stale(A, slot); MAY_DIE; slot++; next_file(A, slot) }
#endif
	:: atomic { IS_HOME(A, slot) -> meet_home(A, slot); slot++; next_file(A, slot) }
	:: atomic { IS_MOVED(A, slot) -> note_move(A, slot); slot++; next_file(A, slot) }
	:: atomic { slot < SLOTS && t[A].f[slot].folder == NONE -> next_file(A, slot) }
	:: atomic { slot == SLOTS -> slot = 0; break }
	od
}

/* act_meet_again() */
inline meet_again(A) {
	do
#if FAULT != 3
	:: atomic { slot < SLOTS && t[A].again[slot] && IS_STALE(A, slot) -> carry_over(A, slot); MAY_DIE }
		atomic { remove_stale(A, slot); MAY_DIE; t[A].again[slot] = 0; slot++ }
#endif
	:: atomic { slot < SLOTS && t[A].again[slot] && IS_HOME(A, slot) ->
		t[A].again[slot] = 0;
		meet_home(A, slot);
		slot++
	}
	:: atomic { slot < SLOTS && t[A].again[slot] && IS_MOVED(A, slot) -> note_move(A, slot); slot++ }
	:: atomic { slot < SLOTS && !(t[A].again[slot] && IS_FILE(A, slot)) ->
		do
		:: slot < SLOTS && !(t[A].again[slot] && IS_FILE(A, slot)) -> slot++
		:: else -> break
		od
	}
	:: atomic { slot == SLOTS -> slot = 0; break }
	od
}

/* tree_fill() links what is nowhere; tree_check() does it under a fresh name, and as read. */
inline fill(A, OURS) {
	atomic {
		m = 0;
		do
		:: m < MESSAGES ->
			find(A, m, mem_gen, mem, slot);
			if
			:: slot == NONE && OURS -> link_home(A, m, mem_gen, mem, 0)
			:: slot == NONE && !OURS ->
				free_slot(A, slot);
				appear(A, slot, HOME(A, mem), m, mem_gen, 1, 0, 0);
				t[A].f[slot].met = 1
			:: else
			fi;
			m++
		:: else -> break
		od;
		m = 0;
		slot = 0;
		MAY_DIE
	}
}

/* What the move says is applied, if the agent saw what is so. */
inline run_command(A) {
	assert(t[A].to_id != 0); /* no move of ours is taken for theirs */
	assert(!done[t[A].to_id]); /* and none of theirs for two */
	/* whoever moved it saw the ticket as it is */
	assert(HOME(A, ticket) == HOME(A, row) && row_gen == t[A].to_gen);
	if
	:: t[A].to == QUEUE -> ticket = NOBODYS
	:: t[A].to == MINE -> ticket = OF(A)
	:: t[A].to == OVER -> ticket = CLOSED
	:: else
	fi;
	done[t[A].to_id] = 1
}

/* A colleague's is not taken, and to lie among the colleagues' says nothing. */
#define REFUSED(a) (t[a].to == COLLEAGUES || (t[a].to == MINE && ticket != NOBODYS && ticket != CLOSED && ticket != OF(a)))
#define CURRENT(a) (row_gen == t[a].to_gen && HOME(a, ticket) == HOME(a, row))

/* mailbox_move(): the command and the row in one transaction; refused: the row alone, in another,
 * after the first was undone. */
inline act_on_move(A) {
	atomic {
		refused = 0;
		if
		:: mem_gen != t[A].to_gen
#if FAULT == 4 /* it is not looked whether the ticket is still so */
		:: mem_gen == t[A].to_gen && !REFUSED(A) ->
#else
		:: mem_gen == t[A].to_gen && CURRENT(A) && !REFUSED(A) ->
#endif
			run_command(A);
#if FAULT != 5 /* the generation stays */
			row_gen++;
#endif
			row = ticket
		:: mem_gen == t[A].to_gen && CURRENT(A) && REFUSED(A) -> refused = 1
		:: else
		fi;
		b = (mem_gen == t[A].to_gen);
		MAY_DIE
	}
	atomic {
		if
		:: refused && CURRENT(A) -> row_gen++; row = ticket
		:: else
		fi;
		refused = 0;
		t[A].to = NONE; t[A].to_gen = 0; t[A].to_id = 0;
		MAY_DIE
	}
	if
	:: b -> b = A; to_files(); A = b
	:: else
	fi;
	b = 0
}

/* act_on_findings(): moves, the files of moves once more, then what may be missing. What is met
 * again is for the next time. */
inline act() {
	do
	:: a < AGENTS && t[a].to != NONE -> act_on_move(a); a++
	:: atomic { a < AGENTS && t[a].to == NONE -> a++ }
	:: atomic { a == AGENTS -> a = 0; break }
	od;
	do
	:: a < AGENTS -> meet_again(a); fill(a, 0); a++
	:: atomic { a == AGENTS -> a = 0; break }
	od
}

#define MOVES_NOTED (t[0].to != NONE || t[AGENTS - 1].to != NONE)
#define DIRTY (t[0].dirty || t[AGENTS - 1].dirty)

proctype daemon() {
	byte a = 0, b = 0, m = 0, slot = 0, x = 0, y = 0, is = 0, is_gen = 0;
	bit before = 0, refused = 0;

open:
	/* mailboxes_open(): nothing is remembered but the rows; all is looked at. */
	atomic {
		b = 0; x = 0; y = 0; is = 0; is_gen = 0; before = 0; refused = 0; leaving = NONE;
		mem = row;
		mem_gen = row_gen;
		for (a : 0 .. AGENTS - 1) {
			t[a].dirty = 0;
			t[a].to = NONE;
			t[a].to_gen = 0;
			t[a].to_id = 0;
			for (slot : 0 .. SLOTS - 1) {
				t[a].again[slot] = 0;
				t[a].f[slot].met = 0
			}
		}
		a = 0; m = 0; slot = 0
	}
	do
	:: a < AGENTS -> meet_all(a); fill(a, 1); a++
	:: atomic { a == AGENTS -> a = 0; break }
	od;
	act();

	/* mailboxes_step(), as long as there is something to be done */
	do
	:: DIRTY || MOVES_NOTED || row != ticket ->
		do
		:: atomic { a < AGENTS && t[a].dirty -> t[a].dirty = 0 }
			meet_all(a);
			a++
		:: atomic { a < AGENTS && !t[a].dirty -> a++ }
		:: atomic { a == AGENTS -> a = 0; break }
		od;
		act();
		/* rows_follow() */
		atomic {
			if
			:: row != ticket -> row = ticket; row_gen++
			:: else
			fi;
			MAY_DIE
		}
		if
		:: row_gen != mem_gen -> to_files()
		:: else
		fi
	:: atomic {
		!(DIRTY || MOVES_NOTED || row != ticket) && !busy && deeds == DEEDS && changes == CHANGES ->
		break
	}
	od;

	/* All is quiet: every tree has each message once, where the ticket is, and read if it was. */
	atomic {
		assert(row == ticket && mem == row && mem_gen == row_gen);
		for (a : 0 .. AGENTS - 1) {
			for (m : 0 .. MESSAGES - 1) {
				b = 0;
				for (slot : 0 .. SLOTS - 1) {
					if
					:: t[a].f[slot].folder != NONE && t[a].f[slot].msg == m ->
						b++;
						assert(t[a].f[slot].folder == HOME(a, ticket));
						assert(t[a].f[slot].gen == row_gen);
						assert(t[a].f[slot].seen || !t[a].marked[m])
					:: else
					fi
				}
				assert(b == 1)
			}
		}
	}
}

/* --- the others --- */

/* MOVE is link and unlink; COPY is a link; a client without either copies, and deletes later. */
proctype client(byte a) {
	byte slot, to, deed = 0, x = 0;
	bit read = 0;

	do
	:: atomic {
		deeds < DEEDS ->
		deeds++;
		deed = deeds;
		busy++;
		select (slot : 0 .. SLOTS - 1);
		select (to : 0 .. FOLDERS - 1)
	}
		if
		/* move, or copy */
		:: atomic {
			t[a].f[slot].folder != NONE && t[a].f[slot].folder != to ->
			free_slot(a, x);
			appear(a, x, to, t[a].f[slot].msg, t[a].f[slot].gen, t[a].f[slot].seen, deed, 0);
			t[a].f[slot].held = 1;
			read = t[a].f[slot].seen;
			t[a].dirty = 1
		}
			if
			:: atomic {
				true ->
				t[a].f[slot].held = 0;
				if
				:: t[a].f[slot].folder != NONE && t[a].f[slot].seen == read -> vanish(a, slot)
				:: else /* another name by now */
				fi;
				t[a].dirty = 1
			}
			:: t[a].f[slot].held = 0
			fi
		/* read */
		:: atomic {
			t[a].f[slot].folder != NONE && !t[a].f[slot].seen ->
			t[a].f[slot].seen = 1;
			t[a].marked[t[a].f[slot].msg] = 1;
			t[a].dirty = 1
		}
		/* delete: that it was read is gone with it */
		:: atomic {
			t[a].f[slot].folder != NONE && to == 0 ->
			t[a].marked[t[a].f[slot].msg] = 0;
			vanish(a, slot);
			t[a].dirty = 1
		}
		:: else
		fi;
		atomic { busy--; slot = 0; to = 0; deed = 0; x = 0; read = 0 }
	:: deeds == DEEDS -> break
	od
}

proctype shell() {
	do
	:: atomic {
		changes < CHANGES -> changes++;
		if
		:: ticket = NOBODYS
		:: ticket = OF(0)
		:: ticket = OF(1)
		:: ticket = CLOSED
		fi
	}
	:: changes == CHANGES -> break
	od
}

init {
	byte a, i;

	atomic {
		for (a : 0 .. AGENTS - 1) {
			t[a].to = NONE;
			for (i : 0 .. SLOTS - 1) {
				t[a].f[i].folder = NONE
			}
			for (i : 0 .. MESSAGES - 1) {
				appear(a, i, QUEUE, i, 1, 0, 0, 1)
			}
		}
		run daemon();
		for (a : 0 .. AGENTS - 1) {
			run client(a)
		}
		run shell()
	}
}

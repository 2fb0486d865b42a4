/* A mail that an agent has dropped into a folder, as lib/keep/mailboxes-act.c and mailbox-take.c
 * take it in: the file is renamed into +claims/, the ticket is opened in the transaction that
 * notes the claim's name, the file goes, and then the note. The daemon dies between any two steps,
 * the client may take the file away again before it is claimed, and at the end each mail
 * that the daemon had in its claims is one ticket, and nothing is noted.
 *
 * tests/unit/test-model.py runs it, and with -DFAULT=N, which spin must find. */

#ifndef MAILS
#define MAILS 2
#endif
#ifndef DEATHS
#define DEATHS 3
#endif
#ifndef FAULT
#define FAULT 0
#endif

/* Where a mail's file is. */
#define FOLDER 0
#define CLAIM 1
#define GONE 2
#define TAKEN_BACK 3

byte file[MAILS] = GONE;
bit dropped[MAILS];
byte tickets[MAILS];
bit noted[MAILS];
byte deaths = 0, left = MAILS;

#define MAY_DIE if :: deaths < DEATHS -> deaths++; goto open :: true fi

/* act_on_claim(), with mailbox_take() and mailbox_taken_forget() */
inline take(N) {
#if FAULT == 1 /* the file goes first */
	atomic { file[N] = GONE; MAY_DIE }
#endif
	atomic {
		if
#if FAULT == 2 /* nothing is noted */
		:: true -> tickets[N]++
#else
		:: !noted[N] -> tickets[N]++; noted[N] = 1
		:: else
#endif
		fi;
		MAY_DIE
	}
#if FAULT == 3 /* the note goes before the file */
	atomic { noted[N] = 0; MAY_DIE }
#endif
	atomic { file[N] = GONE; MAY_DIE }
	atomic { noted[N] = 0; MAY_DIE }
}

proctype daemon() {
	byte n;

open:
	n = 0;
	do
	:: atomic { n < MAILS && file[n] == CLAIM -> skip } take(n); n++
	:: atomic { n < MAILS && file[n] != CLAIM ->
#if FAULT != 4 /* a note whose file went before a death stays */
		noted[n] = 0;
#endif
		n++
	}
	:: atomic { n == MAILS -> n = 0; break }
	od;
	do
	:: atomic { n < MAILS && file[n] == FOLDER -> file[n] = CLAIM; MAY_DIE } take(n); n++
	:: atomic { n < MAILS && file[n] != FOLDER -> n++ }
	:: atomic { n == MAILS && (left || file[0] == FOLDER || file[MAILS - 1] == FOLDER) -> n = 0 }
	:: atomic { n == MAILS && !left && file[0] != FOLDER && file[MAILS - 1] != FOLDER -> break }
	od;
	atomic {
		for (n : 0 .. MAILS - 1) {
			assert(file[n] != CLAIM && !noted[n]);
			assert(tickets[n] == (file[n] == GONE))
		}
	}
}

proctype client() {
	byte n = 0;

	do
	:: atomic { n < MAILS -> dropped[n] = 1; file[n] = FOLDER }
		if
		:: atomic { file[n] == FOLDER -> file[n] = TAKEN_BACK }
		:: true
		fi;
		atomic { left--; n++ }
	:: n == MAILS -> break
	od
}

init {
	atomic { run daemon(); run client() }
}

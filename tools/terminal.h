/* Standard output when it is a terminal: colour, width, a pager. */
#ifndef MILTICKET_TERMINAL_H
#define MILTICKET_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_CYAN
};

/* Is a person looking? Asked before a pager is started, and remembered. */
bool terminal_is(void);
/* Columns, also with a pager in between; 80 when nobody knows. */
int terminal_width(void);
/* "" without colour. Static. */
const char *terminal_on(enum colour colour);
const char *terminal_off(void);
enum colour terminal_status_colour(int ticket_status);

/* What strangers wrote, clean, in one line of at most max bytes: on a terminal as
 * text_line_shown(), else as text_line(). Owned. */
char *terminal_line(const char *s, size_t max);
/* Prints a label (N_()), `width` columns wide, and such a line; nothing where that is empty or
 * NULL. */
void terminal_labelled(int width, const char *label, const char *value, size_t max);
/* Lines of it, likewise. */
char *terminal_block(const char *s, size_t max);

/* Has whoever read standard output closed it? */
bool terminal_abandoned(void);

/* Sends what follows through $MILTICKET_PAGER, $PAGER or less, when a person is looking. From then
 * on an interrupt is the pager's affair. */
void terminal_page(void);
/* Not through a pager, whoever looks. */
void terminal_no_pager(void);
/* Waits for the pager, if there is one. */
void terminal_end(void);

/* Does a person sit there who can be asked something? */
bool terminal_can_ask(void);
/* Asks on standard error; true for an answer that begins with y. */
bool terminal_agrees(const char *question);

/* "3 min", "2 h", "5 d", "26 w", "3 y": how long ago. Owned. */
char *terminal_age(int64_t when, int64_t now);
/* For a person: "2026-11-24 14:03", local time; else RFC 3339 in UTC. NULL for 0. Owned. */
char *terminal_time(int64_t when);

#endif

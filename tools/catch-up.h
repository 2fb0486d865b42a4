/* The agents' mailboxes, brought up to date by a command: by the daemon where one runs, who has the
 * rights to them, else here. */
#ifndef MILTICKET_CATCH_UP_H
#define MILTICKET_CATCH_UP_H

#include "cli.h"

/* Waits until nothing that was asked for is left to be done, nor anything of the log of now is
 * missing in them. verbose: shows how far it is. EXIT_DONE also where there are none; else the code
 * of what it said. */
int catch_up(struct cli *cli, bool verbose);
/* After what takes texts out of the store: the mailboxes have none of them any more. */
int catch_up_forget(struct cli *cli, const char *address);

#endif

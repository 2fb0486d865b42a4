/* Every command's description; each lives in its cmd-*.c. */
#ifndef MILTICKET_COMMANDS_H
#define MILTICKET_COMMANDS_H

#include "cli.h"

#define COMMAND(group, name) extern const struct cli_command cmd_##name;
#define VERBS(group)
#include "commands.def"
#undef COMMAND
#undef VERBS

/* The command that a verb is at the shell; of static life. */
const struct cli_command *cmd_verb(enum verb verb);

#endif

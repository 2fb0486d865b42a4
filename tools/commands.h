/* Every command's description; each lives in its cmd-*.c. */
#ifndef MILTICKET_COMMANDS_H
#define MILTICKET_COMMANDS_H

#include "cli.h"

#define COMMAND(group, name) extern const struct cli_command cmd_##name;
#include "commands.def"
#undef COMMAND

#endif

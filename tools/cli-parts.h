/* What the files of cli.h share: which words are a command, how a command is used. */
#ifndef MILTICKET_CLI_PARTS_H
#define MILTICKET_CLI_PARTS_H

#include <stdio.h>

#include "cli.h"

/* Options that every command has; ends with a NULL name. */
extern const struct cli_option cli_common_options[];

/* --- words --- */

/* The command that one or two words name: how many they are; 0 when they name none. */
unsigned words_command(
	const struct cli_row *commands, char *const *words, const struct cli_command **command_out);
/* Is this the first of a command's two words? */
bool words_family(const struct cli_row *commands, const char *word);
/* NULL: no option of that name, or letter when that is not 0. command may be NULL. */
const struct cli_option *words_option(
	const struct cli_command *command, const char *name, size_t len, char letter);
/* Options before the command, or between its two words, mean the same after it: moves them
 * there. */
void words_skip_common(char ***words, GPtrArray *after);
/* Sorts the words after the command into options and arguments. False: it has said what is wrong.
 */
bool words_take(struct cli *cli, char **words);
/* "-" alone is standard input, "-x" of a command with signed arguments is one. */
bool words_is_option(const struct cli_command *command, const char *word);
/* Says that there is no such command, and which is the nearest. */
int words_unknown(const struct cli_row *commands, char *const *words);

/* --- help --- */

void help_usage(FILE *out, const struct cli_command *command);
/* The usage of every command of a family. */
void help_family(FILE *out, const struct cli_row *commands, const char *word);
/* All commands in a few lines; and with what each does. */
void help_short(const struct cli_row *commands);
void help_all(const struct cli_row *commands);
void help_command(const struct cli_command *command);

/* --- who --- */

/* Who typed this: the unix user, through sudo too. */
const char *cli_unix_user(void);

#endif

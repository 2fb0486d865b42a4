/* What agents and queues may be called. */
#ifndef MILTICKET_NAMES_H
#define MILTICKET_NAMES_H

#include <stdbool.h>

enum { LOGIN_MAX_BYTES = 64, QUEUE_NAME_MAX_BYTES = 64 };

/* 1 to 64 of a-z 0-9 . _ - @ +, starting with a letter or digit. */
bool agent_login_valid(const char *login);
/* 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit. */
bool queue_name_valid(const char *name);

#endif

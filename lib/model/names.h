/* What agents and queues may be called, and how archived mail is. */
#ifndef MILTICKET_NAMES_H
#define MILTICKET_NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum { LOGIN_MAX_BYTES = 64, QUEUE_NAME_MAX_BYTES = 64 };

/* 1 to 64 of a-z 0-9 . _ - @ +, starting with a letter or digit. */
bool agent_login_valid(const char *login);
/* 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit. */
bool queue_name_valid(const char *name);

/* The name below archive.path of a message received then, with that digest (hex). The same message
 * on the same day gets the same name. Owned. */
char *archive_name(int64_t received, const char *digest);

#endif

/* The kinds of values a key can have. For settings*.c only. */
#ifndef MILTICKET_SETTINGS_KINDS_H
#define MILTICKET_SETTINGS_KINDS_H

#include "build-config.h"

#include "settings/settings-table.h"

extern const struct setting_kind kind_text;      /* char * */
extern const struct setting_kind kind_word;      /* int: index into the row's words */
extern const struct setting_kind kind_word_text; /* char *: one of the row's words, or "" */
extern const struct setting_kind kind_number;    /* int64_t */
extern const struct setting_kind kind_bool;      /* bool */
extern const struct setting_kind kind_choice;    /* int: -1 not set, 0, 1 */
extern const struct setting_kind kind_mode;      /* unsigned: octal */
extern const struct setting_kind kind_date;      /* int64_t: µs; 0 for "" */
extern const struct setting_kind kind_texts;     /* char ** */

/* Checks of strings. Those named _or_none let "" pass. */
bool check_filled(const char *text);
bool check_socket(const char *text);
bool check_unix_name(const char *text);
bool check_path(const char *text);
bool check_path_or_none(const char *text);
bool check_archive_path(const char *text);
bool check_relay_url(const char *text);
bool check_header_match_or_none(const char *text);
bool check_delimiter_or_none(const char *text);
bool check_addresses_or_none(const char *text);
bool check_address(const char *text);
bool check_address_or_none(const char *text);
bool check_sender_or_none(const char *text);
bool check_language_or_none(const char *text);
bool check_queue_or_none(const char *text);
bool check_login_or_none(const char *text);
bool check_label_or_none(const char *text);
bool check_title_or_none(const char *text);
bool check_duration_or_none(const char *text);
bool check_digest_or_none(const char *text);
bool check_authserv_id(const char *text);

#endif

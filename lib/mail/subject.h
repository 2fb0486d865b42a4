/* Tags and reply prefixes in a Subject: decoded to find them, edited as bytes, so that all else
 * stays as it came. */
#ifndef MILTICKET_SUBJECT_H
#define MILTICKET_SUBJECT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/record.h"

/* A tag.format such as "[%n #%d]" with its name; literals compare byte for byte, the name
 * case-insensitively. */
struct tag_format {
	char *before, *between,
		*after; /* around name and number; `between` holds what is between %n and %d */
	char *name;     /* may be "" when the format has no %n */
	bool name_first;
	GPtrArray *also; /* struct tag_format *: those of tag_format_also(); NULL: none */
};
/* ST_BAD_INPUT: no %d, a field twice, a literal that is not printable ASCII, nothing but a
 * digit-free literal next to %d … says what. */
enum status tag_format_init(
	struct tag_format *format, const char *pattern, const char *name, struct error *err);
void tag_format_release(struct tag_format *format);
/* A form of a former system: recognised beside the format's own, and neither written nor removed.
 * Fails as tag_format_init() does. */
enum status tag_format_also(
	struct tag_format *format, const char *pattern, const char *name, struct error *err);

/* "[example.com #1042]". Owned. */
char *tag_text(const struct tag_format *format, uint64_t number);

/* What a raw Subject value (may be folded, encoded, 8-bit, NULL) says. */
struct subject_view {
	struct numbers tags; /* each once, in order of appearance; those of a former system last */
	/* decoded, without tags of the format and reply prefixes, one line, ≤ LIMIT_TITLE_BYTES */
	char *plain;
	bool is_reply; /* a reply or forward prefix was there */
};
void subject_view_init(struct subject_view *view, const char *raw, const struct tag_format *format);
void subject_view_release(struct subject_view *view);

/* The new raw value: our one tag in front, all other tags of ours removed, the bytes of the rest
 * kept with their folds ("\n" before a blank, libmilter's form). Where a line would exceed 998
 * bytes or the rest had to be written anew, it is folded anew, at 78; encoded-words that we make
 * are ≤ 75 bytes. `leading` bytes of white space at the start of raw are not kept. `max_subject`
 * caps the value's bytes. number 0 only removes tags. Never holds CR, NUL, or LF but for folds.
 * Owned. */
char *subject_retag(
	const char *raw, const struct tag_format *format, uint64_t number, size_t max_subject);

/* In a decoded Subject: the bytes of a tag of ours at p, or of a reply prefix with its colon; 0 if
 * there is none. */
size_t subject_tag_length(const struct tag_format *format, const char *text, const char *p);
size_t subject_prefix_length(const char *p);

#endif

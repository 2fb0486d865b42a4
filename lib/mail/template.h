/* Texts of automatic mail: .eml files with {variables}, checked when loaded, filled so that no
 * value can add a header or part. */
#ifndef MILTICKET_TEMPLATE_H
#define MILTICKET_TEMPLATE_H

#include <glib.h>
#include <stdbool.h>

#include "base/status.h"

/* {number} {tag} {subject} {name} {address} {queue} {project} {status} {agent} {date} {quote}
 * {signature}, in this order. */
enum template_var {
	VAR_NUMBER,
	VAR_TAG,
	VAR_SUBJECT,
	VAR_NAME,
	VAR_ADDRESS,
	VAR_QUEUE,
	VAR_PROJECT,
	VAR_STATUS,
	VAR_AGENT,
	VAR_DATE,
	VAR_QUOTE,
	VAR_SIGNATURE,
	VAR_COUNT
};
extern const char *const template_var_names[];

struct template;

/* Headers, a blank line, a body, in UTF-8. Errors name file and line: unknown variable, missing
 * Subject, header syntax, {quote} or {signature} in a header, headers that we own (To, From,
 * Message-ID …), not UTF-8, too large. "{{" is a literal brace. */
enum status template_load(const char *path, struct template **template_out, struct error *err);
void template_free(struct template *template);
/* Its Content-Language header, which is not among the headers of a filled text. Borrowed; NULL
 * without one. */
const char *template_language(const struct template *template);
/* The file. Borrowed. */
const char *template_path(const struct template *template);
/* Has its text this variable? */
bool template_has(const struct template *template, enum template_var var);

/* All languages of one name: "opened.eml" with its siblings "opened.de.eml" in dir. One broken
 * sibling fails the set. */
struct template_set;
enum status template_set_load(
	const char *dir, const char *name, struct template_set **set_out, struct error *err);
void template_set_free(struct template_set *set);
/* The one for the first of these languages that there is ("pt-BR,en", any case; NULL: the default),
 * as it is or with fewer parts, else the default. *language_out borrowed, may be NULL when unknown
 * (it is the template's Content-Language header, or the file name's). */
const struct template *template_set_pick(
	const struct template_set *set, const char *languages, const char **language_out);
/* The languages that it has: "", where nothing says that of the default, and "de". Owned. */
char **template_set_languages(const struct template_set *set);

/* A filled template. Values are UTF-8, NULL is empty; each is cleaned (text_line, but {signature}:
 * text_block, and {quote}: text_block, lines "> "-quoted, on lines of their own, "> [...]" where it
 * was cut at LIMIT_QUOTE_BYTES). */
struct template_text {
	char *subject;  /* UTF-8, one line */
	char **headers; /* further headers of the template, "Name: value", UTF-8; NULL-terminated */
	char *body;     /* UTF-8, \n line ends */
};
void template_fill(const struct template *template, const char *const values[VAR_COUNT],
	struct template_text *text_out);
void template_text_release(struct template_text *text);

#endif

/* What strangers' bytes say, as browsers and mail clients read them: the one decoder of Subjects,
 * names and bodies, and the only home of iconv. Nothing is refused: a byte that fits nothing costs
 * one character. No I/O. */
#ifndef MILTICKET_CHARSET_H
#define MILTICKET_CHARSET_H

#include <glib.h>
#include <stdbool.h>

enum charset_fit {
	CHARSET_EXACT,  /* every byte has its meaning */
	CHARSET_LOSSY,  /* what fits no character became U+FFFD */
	CHARSET_GUESSED /* no charset of that name, or not its bytes: read by charset_guess() */
};

/* The text of bytes labelled so (NULL: not labelled), UTF-8 without NULs. Labels mean what the
 * WHATWG Encoding Standard says, where it knows them: iso-8859-1 is windows-1252, gb2312 is
 * gb18030. Byte order marks, and UTF-8 under another label, are told by their looks. fit_out may be
 * NULL. Owned. */
char *charset_decode(const char *label, const void *data, gsize len, enum charset_fit *fit_out);

/* Does each letter and sign of ASCII stay what it is among bytes of that charset, whatever comes
 * before it? */
bool charset_keeps_ascii(const char *label);

/* The character at p, which has `left` bytes, and its length: UTF-8 where it is that, else one byte
 * of windows-1252. */
guint charset_guess(const char *p, gsize left, gunichar *c_out);

/* The charset of raw bytes that nothing labels: Russian, whose words are of eight-bit letters
 * alone, and Chinese, whose bytes are in pairs. Static; NULL: UTF-8, or for charset_guess(). */
const char *charset_of_looks(const char *p, gsize len);

/* What windows-1252 has there. */
gunichar charset_windows_1252(guchar byte);

/* The charset that an HTML document names in its first bytes (<meta charset>, http-equiv, <?xml
 * encoding>); NULL. Owned. */
char *charset_of_html(const void *data, gsize len);

/* ISO-2022-JP as mail clients once sent it without a label: past each stretch of it, or NULL if
 * none begins at p. */
const char *charset_past_jis(const char *p, const char *end);

#endif

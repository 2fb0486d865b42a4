/* Labels, looks and iconv. */
#include "mail/charset.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "mail/charset-shift.h"

enum { LABEL_MAX = 40, HTML_HEAD_BYTES = 16 * 1024, SAMPLE_BYTES = 256 };

static const char replacement[] = "\xef\xbf\xbd";

/* --- labels --- */

/* How a charset is read. */
struct reading {
	/* By pairs: one or two bytes a character. */
	enum { BY_GUESS, BY_TABLE, BY_ICONV, BY_PAIRS, BY_UTF_16 } way;
	const char *names[2];     /* for iconv; the second is of bytes that the first doesn't fit */
	charset_unshift *unshift; /* applied before the first; NULL */
};

/* clang-format off */
static const struct reading
	utf_8 =        { .way = BY_GUESS },
	utf_16 =       { .way = BY_UTF_16 },
	utf_16_le =    { .way = BY_UTF_16, .names = { "UTF-16LE" } },
	utf_16_be =    { .way = BY_UTF_16, .names = { "UTF-16BE" } },
	utf_7 =        { .way = BY_ICONV, .names = { "UTF-7" } },
	western =      { .way = BY_TABLE },	/* windows-1252, below */
	turkish =      { .way = BY_ICONV, .names = { "CP1254" } },
	thai =         { .way = BY_ICONV, .names = { "CP874" } },
	russian =      { .way = BY_ICONV, .names = { "KOI8-R" } },
	ukrainian =    { .way = BY_ICONV, .names = { "KOI8-U" } },
	hebrew =       { .way = BY_ICONV, .names = { "ISO-8859-8" } },
	arabic =       { .way = BY_ICONV, .names = { "ISO-8859-6" } },
	greek =        { .way = BY_ICONV, .names = { "ISO-8859-7" } },
	western_euro = { .way = BY_ICONV, .names = { "ISO-8859-15" } },
	mac_roman =    { .way = BY_ICONV, .names = { "MACINTOSH" } },
	mac_cyrillic = { .way = BY_ICONV, .names = { "MAC-CYRILLIC" } },
	mac_central =  { .way = BY_ICONV, .names = { "MAC-CENTRALEUROPE" } },
	chinese =      { .way = BY_PAIRS, .names = { "GB18030", "GBK" } },	/* a euro sign at 0x80 is GBK's */
	chinese_hz =   { .way = BY_PAIRS, .names = { "GBK" }, .unshift = charset_unshift_hz },
	taiwanese =    { .way = BY_PAIRS, .names = { "CP950", "BIG5-HKSCS" } },
	korean =       { .way = BY_PAIRS, .names = { "UHC" } },
	korean_iso =   { .way = BY_PAIRS, .names = { "UHC" }, .unshift = charset_unshift_korean },
	japanese =     { .way = BY_PAIRS, .names = { "CP932" } },
	japanese_iso = { .way = BY_PAIRS, .names = { "CP932" }, .unshift = charset_unshift_jis },
	/* JIS X 0212 is the second's. */
	japanese_euc = { .way = BY_PAIRS, .names = { "CP932", "EUC-JP-MS" }, .unshift = charset_unshift_euc };

/* Labels that iconv doesn't know, or reads in a narrower sense than the WHATWG Encoding Standard (section 4.2) and
 * Windows do; without "x-", a year, and what is no letter or digit. Beside them Microsoft's code page identifiers. */
static const struct {
	const struct reading *reading;
	const char *labels;	/* a blank before and after each */
	unsigned code_pages[5];
} charsets[] = {
	{ &utf_8, " utf8 unicode11utf8 unicode20utf8 utf8mb4 utf8sig ", { 65001 } },
	{ &western, " usascii iso88591 ascii latin1 l1 ansix341968 iso646us csisolatin1 isoir100 ansi ",
		{ 819, 20127, 28591 } },
	{ &japanese, " shiftjis sjis csshiftjis mskanji windows31j cswindows31j ", { 932, 943 } },
	{ &japanese_iso, " iso2022jp csiso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpms jis jis7 ",
		{ 50220, 50221, 50222 } },
	{ &japanese_euc, " eucjp ujis eucjpms cseucpkdfmtjapanese ", { 51932, 20932 } },
	{ &chinese, " gb2312 gbk gb18030 gb231280 chinese csgb2312 csiso58gb231280 isoir58 euccn ",
		{ 936, 54936, 51936 } },
	{ &chinese_hz, " hzgb2312 hz ", { 52936 } },
	{ &taiwanese, " big5 big5hkscs cnbig5 csbig5 big5eten ", { 950, 951 } },
	{ &korean, " euckr ksc56011987 ksc5601 ksc56011989 csksc56011987 cseuckr korean isoir149 uhc ",
		{ 949, 51949 } },
	{ &korean_iso, " iso2022kr csiso2022kr ", { 50225 } },
	{ &russian, " koi8r koi8 koi cskoi8r ", { 20866 } },
	{ &ukrainian, " koi8u koi8ru ", { 21866 } },
	{ &turkish, " iso88599 latin5 l5 csisolatin5 isoir148 ", { 28599 } },
	/* Who turns the letters is the reader's affair (RFC 1556). */
	{ &hebrew, " visual logical csiso88598e csiso88598i ", { 38598 } },
	{ &arabic, " csiso88596e csiso88596i ", { 0 } },
	{ &greek, " suneugreek ", { 0 } },
	{ &western_euro, " l9 csisolatin9 ", { 28605 } },
	{ &thai, " tis620 iso885911 dos874 ", { 874, 28601 } },
	{ &mac_roman, " macroman ", { 10000 } },
	{ &mac_cyrillic, " maccyrillic macukrainian ", { 10007, 10017 } },
	{ &mac_central, " macce maccentraleurroman ", { 10029 } },
	{ &utf_7, " utf7 unicode11utf7 csunicode11utf7 unicode20utf7 ", { 65000 } },
	{ &utf_16, " utf16 unicode ucs2 iso10646ucs2 csunicode ", { 0 } },
	{ &utf_16_le, " utf16le ucs2le unicodefeff ", { 1200 } },
	{ &utf_16_be, " utf16be ucs2be unicodefffe ", { 1201 } },
};
/* clang-format on */

/* Room for the name that iconv is asked for. */
struct choice {
	struct reading reading;
	char name[LABEL_MAX + 8];
};

/* "Windows-31J " as "windows31j"; what begins with a colon is a year. False: it is no label. */
static bool charset_squeeze(const char *label, char *out)
{
	size_t n = 0;

	for (; *label && *label != ':'; label++) {
		if (g_ascii_isalnum(*label) && n < LABEL_MAX)
			out[n++] = g_ascii_tolower(*label);
		else if (!strchr("-_.,; \t'\"+()", *label))
			return false;
	}
	out[n] = '\0';
	return n > 0;
}

static const char *without_x(const char *squeezed)
{
	return squeezed + (squeezed[1] ? strspn(squeezed, "x") : 0);
}

/* "cp1252", "windows1252", "ibm850", "866": the number; 0. */
static unsigned code_page_number(const char *s)
{
	static const char *const heads[] = { "windows", "win", "cp", "ms", "ibm", "dos", "codepage",
		"" };

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		const char *digits = s + strlen(heads[i]);

		if (g_str_has_prefix(s, heads[i]) && g_ascii_isdigit(*digits) &&
			strlen(digits) <= 5)
			return digits[strspn(digits, "0123456789")]
				? 0
				: (unsigned)g_ascii_strtoull(digits, NULL, 10);
	}
	return 0;
}

static bool has_code_page(const unsigned *pages, size_t n, unsigned number)
{
	for (size_t i = 0; i < n; i++)
		if (number && pages[i] == number)
			return true;
	return false;
}

/* "iso-8859-8-i" and "iso8859_2" are among iconv's as "ISO-8859-8" (RFC 1556: who turns the letters
 * is the reader's affair). */
static void name_for_iconv(
	const char *label, const char *squeezed, unsigned code_page, struct choice *choice)
{
	bool iso = g_str_has_prefix(squeezed, "iso8859");
	unsigned part = iso ? (unsigned)g_ascii_strtoull(squeezed + strlen("iso8859"), NULL, 10)
			    : 0;

	choice->reading = (struct reading){ .way = BY_ICONV, .names = { choice->name } };
	if (part)
		g_snprintf(choice->name, sizeof choice->name, "ISO-8859-%u", part);
	else if (code_page)
		g_snprintf(choice->name, sizeof choice->name, "CP%03u", code_page);
	else
		g_strlcpy(choice->name, label + (g_ascii_strncasecmp(label, "x-", 2) == 0 ? 2 : 0),
			sizeof choice->name);
	g_strdelimit(choice->name, "'\" \t,;()", '\0');
	/* "" would be the charset of whoever started us. */
	if (!*choice->name)
		choice->reading = utf_8;
}

static void charset_choose(const char *label, struct choice *choice)
{
	char squeezed[LABEL_MAX + 1];
	g_autofree char *word = NULL;
	unsigned number;

	choice->reading = utf_8;
	if (!label || !charset_squeeze(label += strspn(label, "'\" \t"), squeezed))
		return;
	word = g_strdup_printf(" %s ", without_x(squeezed));
	number = code_page_number(without_x(squeezed));
	for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (strstr(charsets[i].labels, word) ||
			has_code_page(charsets[i].code_pages, G_N_ELEMENTS(charsets[i].code_pages),
				number)) {
			choice->reading = *charsets[i].reading;
			return;
		}
	name_for_iconv(label, squeezed, number, choice);
}

/* --- looks --- */

/* What windows-1252 has where Latin-1 has controls. */
static const gunichar windows_1252[] = {
	0x20ac,
	0xfffd,
	0x201a,
	0x0192,
	0x201e,
	0x2026,
	0x2020,
	0x2021,
	0x02c6,
	0x2030,
	0x0160,
	0x2039,
	0x0152,
	0xfffd,
	0x017d,
	0xfffd,
	0xfffd,
	0x2018,
	0x2019,
	0x201c,
	0x201d,
	0x2022,
	0x2013,
	0x2014,
	0x02dc,
	0x2122,
	0x0161,
	0x203a,
	0x0153,
	0xfffd,
	0x017e,
	0x0178,
};

gunichar charset_windows_1252(guchar byte)
{
	return byte >= 0x80 && byte < 0xa0 ? windows_1252[byte - 0x80] : byte;
}

guint charset_guess(const char *p, gsize left, gunichar *c_out)
{
	gunichar c = *p ? g_utf8_get_char_validated(p, (gssize)left) : ' ';

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*c_out = charset_windows_1252((guchar)*p);
		return 1;
	}
	*c_out = c;
	return *p ? (guint)g_utf8_skip[(guchar)*p] : 1;
}

static bool is_utf8(const char *p, gsize len)
{
	return text_is_ascii(p, len) || g_utf8_validate(p, (gssize)len, NULL);
}

/* UTF-8 beyond doubt, whatever the label says: more than one pair of bytes that is a letter of
 * UTF-8 by chance. */
static bool is_surely_utf8(const char *p, gsize len)
{
	unsigned pairs = 0;

	if (!is_utf8(p, len))
		return false;
	for (const char *end = p + len; p < end && pairs < 2; p = g_utf8_next_char(p))
		pairs += (guchar)*p >= 0xe0 ? 2 : (guchar)*p >= 0x80;
	return pairs >= 2;
}

/* Is nothing lost by asking first whether it is UTF-8? */
static bool is_ascii_or_western(const struct reading *reading)
{
	return reading->way == BY_GUESS || reading->way == BY_TABLE;
}

/* JIS in seven bits, sent without a label or as ASCII (RFC 1468 section 2). */
static bool is_jis(const char *p, gsize len)
{
	const char *end = p + len, *escape = p;

	while ((escape = memchr(escape, '\x1b', (size_t)(end - escape)))) {
		if (charset_past_jis(escape, end))
			return true;
		escape++;
	}
	return false;
}

static bool begins_with(const char *data, gsize len, const char *mark, gsize mark_len)
{
	return len >= mark_len && memcmp(data, mark, mark_len) == 0;
}

/* Of Latin letters in UTF-16 every other byte is a NUL: those of the first bytes at even places,
 * and at odd ones. */
static void count_nuls(const char *p, gsize len, gsize nuls[2])
{
	nuls[0] = nuls[1] = 0;
	for (gsize i = 0; i < MIN(len, (gsize)SAMPLE_BYTES); i++)
		nuls[i % 2] += p[i] == '\0';
}

/* NULL: it may be something else with NULs in it. */
static const struct reading *utf_16_by_looks(const char *p, gsize len)
{
	gsize nuls[2];

	count_nuls(p, len, nuls);
	if (len < 8 || MIN(nuls[0], nuls[1]) ||
		MAX(nuls[0], nuls[1]) < MIN(len, (gsize)SAMPLE_BYTES) / 4)
		return NULL;
	return nuls[0] ? &utf_16_be : &utf_16_le;
}

/* What the bytes themselves say, before their label is believed. NULL: nothing. */
static const struct reading *by_looks(const struct reading *said, const char *p, gsize len)
{
	/* WHATWG Encoding section 6: a byte order mark wins. */
	if (begins_with(p, len, "\xef\xbb\xbf", 3))
		return &utf_8;
	if (begins_with(p, len, "\xff\xfe", 2) && len % 2 == 0)
		return &utf_16_le;
	if (begins_with(p, len, "\xfe\xff", 2) && len % 2 == 0)
		return &utf_16_be;
	if (said->way == BY_UTF_16)
		return is_utf8(p, len) ? &utf_8 : NULL;
	if (!is_ascii_or_western(said))
		return is_surely_utf8(p, len) ? &utf_8 : NULL;
	if (memchr(p, '\0', MIN(len, (gsize)SAMPLE_BYTES)))
		return utf_16_by_looks(p, len);
	if (is_jis(p, len))
		return &japanese_iso;
	/* By guess, it is asked again. */
	return said->way != BY_GUESS && is_utf8(p, len) ? &utf_8 : NULL;
}

/* --- reading --- */

static char *read_by_guess(const char *p, gsize len, enum charset_fit *fit_out)
{
	GString *out = g_string_sized_new(len + 1);

	*fit_out = CHARSET_EXACT;
	if (text_is_ascii(p, len)) {
		g_string_append_len(out, p, (gssize)len);
		return g_string_free(out, FALSE);
	}
	for (const char *end = p + len, *bad; p < end;) {
		bool valid = g_utf8_validate(p, end - p, &bad);
		gunichar c;

		g_string_append_len(out, p, bad - p);
		if (valid)
			break;
		p = bad + charset_guess(bad, (gsize)(end - bad), &c);
		g_string_append_unichar(out, c);
		if (*bad)
			*fit_out = CHARSET_GUESSED;
	}
	return g_string_free(out, FALSE);
}

static char *read_by_table(const char *p, gsize len, enum charset_fit *fit_out)
{
	GString *out = g_string_sized_new(len + len / 8 + 1);

	*fit_out = CHARSET_EXACT;
	for (gsize i = 0, run; i < len; i += run + 1) {
		gunichar c;

		for (run = 0; i + run < len && p[i + run] > 0; run++)
			;
		g_string_append_len(out, p + i, (gssize)run);
		if (i + run == len)
			break;
		c = p[i + run] ? charset_windows_1252((guchar)p[i + run]) : ' ';
		if (c == 0xfffd)
			*fit_out = CHARSET_LOSSY;
		g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* Bytes of the character that iconv stopped at. Of two that are no pair only the first is lost if
 * the other may be ASCII. */
static gsize bad_length(const struct reading *reading, const char *p, gsize left)
{
	guchar lead = (guchar)*p;

	if (left < 2 || reading->way == BY_UTF_16)
		return left < 2 ? left : 2;
	return reading->way == BY_PAIRS && lead > 0x80 && lead < 0xff && (guchar)p[1] >= 0x80 ? 2
											      : 1;
}

static void put_bad(const struct reading *reading, const char **p, gsize *left, GString *out)
{
	gsize n = bad_length(reading, *p, *left);

	/* ASCII that a strict decoder refuses, such as '~' of UTF-7, is meant. */
	if (**p >= 0 && reading->way != BY_UTF_16)
		g_string_append_c(out, **p);
	else
		g_string_append(out, replacement);
	*p += n;
	*left -= n;
}

/* Appends; false if something fitted nothing. */
static bool charset_convert(
	GIConv cd, const struct reading *reading, const char *p, gsize left, GString *out)
{
	bool exact = true, more = true;

	/* Once more at the end: some keep a character back until they know what follows. */
	while (more) {
		char room[4096], *to = room;
		gsize to_left = sizeof room;
		bool stopped;

		more = left > 0;
		stopped = g_iconv(cd, more ? (char **)(void *)&p : NULL, &left, &to, &to_left) ==
				(gsize)-1 &&
			errno != E2BIG;
		g_string_append_len(out, room, to - room);
		if (stopped && left)
			put_bad(reading, &p, &left, out);
		exact &= !stopped;
	}
	return exact;
}

/* NULL: iconv has no charset of that name. */
static GString *read_by_iconv(
	const struct reading *reading, const char *name, const char *p, gsize len, bool *exact_out)
{
	GIConv cd = g_iconv_open("UTF-8", name);
	GString *out;

	if (cd == (GIConv)-1)
		return NULL;
	out = g_string_sized_new(len + len / 4 + 1);
	*exact_out = charset_convert(cd, reading, p, len, out);
	g_iconv_close(cd);
	return out;
}

static GString *read_by_first_name(
	const struct reading *reading, const char *p, gsize len, bool *exact_out)
{
	g_autoptr(GString) plain = NULL;

	if (!reading->unshift)
		return read_by_iconv(reading, reading->names[0], p, len, exact_out);
	plain = g_string_sized_new(len + 1);
	reading->unshift((const guchar *)p, (const guchar *)p + len, plain);
	return read_by_iconv(reading, reading->names[0], plain->str, plain->len, exact_out);
}

/* By the second name only if it fits, and the first one doesn't. */
static GString *read_by_names(
	const struct reading *reading, const char *p, gsize len, bool *exact_out)
{
	GString *first = read_by_first_name(reading, p, len, exact_out), *second;
	bool exact = false;

	if (!first || *exact_out || !reading->names[1])
		return first;
	second = read_by_iconv(reading, reading->names[1], p, len, &exact);
	if (second && exact) {
		*exact_out = true;
		g_string_free(first, TRUE);
		return second;
	}
	if (second)
		g_string_free(second, TRUE);
	return first;
}

/* A C string: a NUL would hide all that follows. What iconv calls UCS-4 reaches beyond Unicode. */
static char *as_text(GString *text, bool trusted)
{
	g_autofree char *raw = NULL;

	for (char *p = text->str; (p = memchr(p, '\0', text->len - (gsize)(p - text->str)));)
		*p = ' ';
	if (trusted || g_utf8_validate(text->str, (gssize)text->len, NULL))
		return g_string_free(text, FALSE);
	raw = g_string_free(text, FALSE);
	return g_utf8_make_valid(raw, -1);
}

static gsize mark_length(const struct reading *reading, const char *p, gsize len)
{
	if (reading->way == BY_UTF_16)
		return begins_with(p, len, "\xff\xfe", 2) || begins_with(p, len, "\xfe\xff", 2) ? 2
												: 0;
	return begins_with(p, len, "\xef\xbb\xbf", 3) ? 3 : 0;
}

/* UTF-16 whose order nothing tells is Microsoft's. */
static const struct reading *in_byte_order(const struct reading *reading, const char *p, gsize len)
{
	gsize nuls[2];

	if (reading->way != BY_UTF_16 || reading->names[0])
		return reading;
	count_nuls(p, len, nuls);
	return nuls[0] > nuls[1] ? &utf_16_be : &utf_16_le;
}

char *charset_decode(const char *label, const void *data, gsize len, enum charset_fit *fit_out)
{
	struct choice choice;
	const struct reading *reading;
	enum charset_fit fit;
	const char *p = len ? data : "";
	GString *text = NULL;
	bool exact = false;
	gsize mark;

	charset_choose(label, &choice);
	reading = by_looks(&choice.reading, p, len);
	reading = in_byte_order(reading ? reading : &choice.reading, p, len);
	mark = mark_length(reading, p, len);
	fit_out = fit_out ? fit_out : &fit;
	if (reading->way == BY_TABLE)
		return read_by_table(p, len, fit_out);
	if (reading->way != BY_GUESS)
		text = read_by_names(reading, p + mark, len - mark, &exact);
	*fit_out = exact ? CHARSET_EXACT : CHARSET_LOSSY;
	if (!text)
		return read_by_guess(p + mark, len - mark, fit_out);
	return as_text(text, reading->names[0] != choice.name);
}

bool charset_keeps_ascii(const char *label)
{
	static const char *const shifting[] = { "iso-2022", "utf", "ucs" };
	char ascii['~' - ' ' + 2] = "";
	g_autofree char *text = NULL;
	struct choice choice;

	charset_choose(label, &choice);
	if (choice.reading.way == BY_UTF_16 || choice.reading.unshift)
		return false;
	for (size_t i = 0; choice.reading.names[0] && i < G_N_ELEMENTS(shifting); i++)
		if (g_ascii_strncasecmp(
			    choice.reading.names[0], shifting[i], strlen(shifting[i])) == 0)
			return false;
	for (char c = ' '; c <= '~'; c++)
		ascii[c - ' '] = c;
	text = charset_decode(label, ascii, strlen(ascii), NULL);
	return strcmp(text, ascii) == 0;
}

/* --- HTML --- */

/* The value after "name=" in a tag; NULL. Owned. */
static char *label_in_tag(const char *tag, size_t len, const char *name)
{
	g_autofree char *lower = g_ascii_strdown(tag, (gssize)len);
	const char *p = strstr(lower, name);
	size_t n;

	if (!p)
		return NULL;
	p += strlen(name);
	p += strspn(p, " \t\r\n");
	if (*p++ != '=')
		return NULL;
	p += strspn(p, " \t\r\n'\"");
	n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-_:.");
	return n && n <= LABEL_MAX ? g_strndup(p, n) : NULL;
}

/* The charset that a tag names, which ends at close; NULL. Owned. */
static char *label_of_tag(const char *tag, const char *close)
{
	size_t len = (size_t)(close - tag);

	if (len > strlen("<meta") && g_ascii_strncasecmp(tag, "<meta", strlen("<meta")) == 0)
		return label_in_tag(tag, len, "charset");
	if (len > strlen("<?xml") && memcmp(tag, "<?xml", strlen("<?xml")) == 0)
		return label_in_tag(tag, len, "encoding");
	return NULL;
}

char *charset_of_html(const void *data, gsize len)
{
	const char *p = data, *end = p + MIN(len, (gsize)HTML_HEAD_BYTES), *close;

	for (; (p = memchr(p, '<', (size_t)(end - p))) &&
		(close = memchr(p, '>', (size_t)(end - p)));
		p++) {
		char *label = label_of_tag(p, close);

		if (label)
			return label;
	}
	return NULL;
}

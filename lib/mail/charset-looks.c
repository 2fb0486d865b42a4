/* Which charset raw bytes are in that nothing labels: by the words that they make. */
#include "mail/charset.h"

#include <string.h>

enum { RUSSIAN_WORD = 4, CHINESE_RUN = 4, LETTER_WEIGHT = 8 };

/* What the bytes of a text above ASCII are like. */
struct looks {
	gsize high;    /* how many there are */
	gsize longest; /* run of them */
	bool pairs;    /* all runs are pairs of GB 2312 */
	bool russian;  /* no word has letters of ASCII as well, all are Cyrillic in both sets */
	gsize koi8,
		cyrillic; /* how often they are, as such, the six commonest letters of Russian */
	gsize small_koi8, small_cyrillic;
};

static bool is_high(char c)
{
	return (guchar)c >= 0x80;
}

/* A letter in KOI8-R or windows-1251, io among them, or a mark that Russian has. */
static bool is_russian_byte(char c)
{
	return (guchar)c >= 0xc0 || strchr("\xa3\xb3\xa8\xb8\xa0\xab\xbb\x96\x97", c);
}

static bool is_pair(const char *p, const char *end)
{
	return end - p >= 2 && (guchar)p[0] >= 0xa1 && (guchar)p[0] <= 0xf7 &&
		(guchar)p[1] >= 0xa1 && (guchar)p[1] != 0xff;
}

/* o, e, a, i, n, t; their capitals differ by one bit in both sets. */
static void looks_count_letter(struct looks *l, char c)
{
	char capital = (char)(c & ~0x20);

	l->koi8 += strchr("\xcf\xc5\xc1\xc9\xce\xd4", capital) != NULL;
	l->cyrillic += strchr("\xce\xc5\xc0\xc8\xcd\xd2", capital) != NULL;
	l->small_koi8 += (guchar)c >= 0xc0 && (guchar)c < 0xe0;
	l->small_cyrillic += (guchar)c >= 0xe0;
}

/* The run of bytes above ASCII that begins at p; its end. */
static const char *looks_read_run(
	struct looks *l, const char *begin, const char *p, const char *end)
{
	const char *first = p;

	l->russian &= p == begin || !g_ascii_isalpha(p[-1]);
	for (; p < end && is_high(*p); p++) {
		l->russian &= is_russian_byte(*p);
		looks_count_letter(l, *p);
	}
	l->russian &= p == end || !g_ascii_isalpha(*p);
	l->high += (gsize)(p - first);
	l->longest = MAX(l->longest, (gsize)(p - first));
	for (const char *q = first; q < p; q += 2)
		l->pairs &= is_pair(q, p);
	return p;
}

static struct looks looks_of(const char *begin, gsize len)
{
	const char *end = begin + len;
	struct looks l = { .pairs = true, .russian = true };

	for (const char *p = begin; p < end;)
		p = is_high(*p) ? looks_read_run(&l, begin, p, end) : p + 1;
	return l;
}

const char *charset_of_looks(const char *p, gsize len)
{
	struct looks l;
	gsize known;

	if (g_utf8_validate(p, (gssize)len, NULL))
		return NULL;
	l = looks_of(p, len);
	known = MAX(l.koi8, l.cyrillic);
	if (l.pairs && l.longest >= CHINESE_RUN && (!l.russian || known * 3 < l.high))
		return "gb18030";
	if (!l.russian || l.longest < RUSSIAN_WORD || known * 4 < l.high)
		return NULL;
	/* What is small in one set is a capital in the other. */
	if (l.koi8 * LETTER_WEIGHT + l.small_koi8 > l.cyrillic * LETTER_WEIGHT + l.small_cyrillic)
		return "koi8-r";
	return "windows-1251";
}

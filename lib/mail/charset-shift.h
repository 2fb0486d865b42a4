/* Charsets that change their meaning midway (ISO-2022-JP, ISO-2022-KR, HZ), and EUC-JP, as one that
 * doesn't: what iconv then reads. Shared by the files of charset.h. */
#ifndef MILTICKET_CHARSET_SHIFT_H
#define MILTICKET_CHARSET_SHIFT_H

#include <glib.h>

/* Appends to out, which then holds windows-31j, UHC or GBK. Never more bytes than it is given. */
typedef void charset_unshift(const guchar *p, const guchar *end, GString *out);

charset_unshift
	charset_unshift_jis; /* ISO-2022-JP with NEC's and IBM's rows, as CP50221; to windows-31j */
charset_unshift charset_unshift_euc;    /* EUC-JP without JIS X 0212; to windows-31j */
charset_unshift charset_unshift_korean; /* RFC 1557; to UHC */
charset_unshift charset_unshift_hz;     /* RFC 1843; to GBK */

#endif

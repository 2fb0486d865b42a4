/* Where the translations are. */
#include "base/tongue.h"

#include "build-config.h"

void tongue_begin(void)
{
	bindtextdomain(PACKAGE, LOCALEDIR);
	bind_textdomain_codeset(PACKAGE, "UTF-8");
	textdomain(PACKAGE);
}

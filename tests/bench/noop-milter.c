/* The milter to compare with: one header change, one header addition, nothing else, and nothing asked for that this does not need.
 *   noop-milter SOCKET      asks for every command, as a milter does that agrees on nothing
 *   noop-milter -a SOCKET   accepts at DATA, as early as one can that looks at recipients */
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS = 64 };

static int accepts_at_data;

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return accepts_at_data ? SMFIS_ACCEPT : SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	static char subject[] = "Subject", tagged[] = " [example.com #1] bench", name[] = "X-Ticket", value[] = " 1";

	if (smfi_chgheader(ctx, subject, 1, tagged) != MI_SUCCESS || smfi_addheader(ctx, name, value) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

/* libmilter keeps its listening socket to itself; accepted ones inherit the option from it. */
static void set_no_delay(void)
{
	int on = 1;

	for (int fd = 3; fd < DESCRIPTORS; fd++)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int main(int argc, char **argv)
{
	static char name[] = "noop";
	struct smfiDesc desc = { .xxfi_name = name, .xxfi_version = SMFI_VERSION, .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS, .xxfi_data = on_data, .xxfi_eom = on_eom };

	accepts_at_data = argc > 2 && strcmp(argv[1], "-a") == 0;
	if (argc < 2 || smfi_setconn(argv[argc - 1]) != MI_SUCCESS || smfi_register(desc) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "usage: noop-milter [-a] SOCKET\n");
		return 64;
	}
	set_no_delay();
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}

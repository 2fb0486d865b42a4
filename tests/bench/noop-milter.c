/* The milter to compare with: header edits, nothing else, and nothing asked for that this does not
 * need. noop-milter SOCKET      one header change, one header addition; sees no header and no body
 *   noop-milter -e SOCKET   sees as little, and makes the edits that milticket makes
 *   noop-milter -r SOCKET   is sent headers and body as milticket is, looks at nothing, and makes
 * those edits too noop-milter -s SOCKET   also makes one page durable for each message, in the
 * working directory, before it answers: the least that who promises to lose nothing can do
 *   noop-milter -a SOCKET   accepts at DATA, as early as one can that looks at recipients */
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS = 64, PAGE_BYTES = 4096 };

static int accepts_at_data, edits, receives;
static int durable = -1; /* the file whose page is made durable, if that is asked for */

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return accepts_at_data ? SMFIS_ACCEPT : SMFIS_CONTINUE;
}

static sfsistat on_envelope(SMFICTX *ctx, char **args)
{
	(void)ctx;
	(void)args;
	return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_NOREPLY;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return SMFIS_NOREPLY;
}

/* As milticket agrees with the MTA. */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
	unsigned long f2, unsigned long f3, unsigned long *actions_out, unsigned long *protocol_out,
	unsigned long *f2_out, unsigned long *f3_out)
{
	(void)ctx;
	(void)actions;
	(void)f2;
	(void)f3;
	*actions_out = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	*protocol_out = protocol &
		(SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
			SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC);
	*f2_out = *f3_out = 0;
	return SMFIS_CONTINUE;
}

static int make_durable(void)
{
	static const char page[PAGE_BYTES];

	return pwrite(durable, page, sizeof page, 0) == sizeof page && fdatasync(durable) == 0;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	static const char *const added[][2] = {
		{ "X-Ticket", " 1" },
		{ "X-Ticket-Queue", " support" },
		{ "X-Ticket-Project", " helpdesk" },
		{ "X-Ticket-Status", " new" },
		{ "X-Ticket-Priority", " normal" },
		{ "X-Ticket-Match", " new" },
		{ "X-Ticket-Event", " opened" },
	};
	const size_t n = edits ? sizeof added / sizeof *added : 1;

	if (durable >= 0 && !make_durable())
		return SMFIS_TEMPFAIL;
	if (smfi_chgheader(ctx, (char *)"Subject", 1, (char *)" [example.com #1] bench") !=
		MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	for (size_t i = 0; i < n; i++)
		if (smfi_addheader(ctx, (char *)added[i][0], (char *)added[i][1]) != MI_SUCCESS)
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
	struct smfiDesc desc = { .xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
		.xxfi_data = on_data,
		.xxfi_eom = on_eom };
	const char *option;
	int syncs;

	option = argc > 2 ? argv[1] : "";
	accepts_at_data = strcmp(option, "-a") == 0;
	syncs = strcmp(option, "-s") == 0;
	receives = syncs || strcmp(option, "-r") == 0;
	edits = receives || strcmp(option, "-e") == 0;
	if (syncs && (durable = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) < 0) {
		perror("noop-milter: the working directory");
		return 73;
	}
	if (receives) {
		desc.xxfi_negotiate = on_negotiate;
		desc.xxfi_envfrom = on_envelope;
		desc.xxfi_envrcpt = on_envelope;
		desc.xxfi_header = on_header;
		desc.xxfi_eoh = on_eoh;
		desc.xxfi_body = on_body;
	}
	if (argc < 2 || smfi_setconn(argv[argc - 1]) != MI_SUCCESS ||
		smfi_register(desc) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "usage: noop-milter [-a|-e|-r|-s] SOCKET\n");
		return 64;
	}
	set_no_delay();
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}

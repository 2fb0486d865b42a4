/* Reads a message in two steps: the milter needs the first while the body is still to come. */
#include "decide/arrival.h"

#include "base/address.h"
#include "base/text.h"
#include "decide/rules.h"
#include "decide/subject-commands.h"
#include "mail/forwarded.h"
#include "model/names.h"

/* --- the headers --- */

const char *arrival_author(const struct arrival *a)
{
	return a->from.n ? a->from.v[0].address : "";
}

const char *arrival_id(const struct arrival *a)
{
	return a->id ? a->id : a->given_id;
}

/* In-Reply-To, or, as some clients write References alone, the last of these: the parent (RFC 5322
 * section 3.6.4). */
static const char *const *arrival_answered(const struct message *message)
{
	const char *const *ids = message_in_reply_to(message);

	if (*ids)
		return ids;
	for (ids = message_references(message); ids[0] && ids[1];)
		ids++;
	return ids;
}

static void arrival_read_people(struct arrival *a)
{
	a->from = message_from(a->message);
	a->reply_to = message_reply_to(a->message);
	a->to = message_to(a->message);
	a->cc = message_cc(a->message);
	a->several_from = message_header_count(a->message, "From") > 1;
	if (address_canonical(a->envelope->sender, &a->sender) != ST_OK)
		a->sender = NULL;
}

static void arrival_read_subject(struct arrival *a)
{
	a->raw_subject = message_header(a->message, "Subject", 0);
	message_subject(a->message);
	subject_view_init(&a->subject, a->raw_subject, &a->settings->tag_format);
	a->has_words = subject_has_commands(a->raw_subject, &a->settings->tag_format);
}

static uint64_t arrival_claim(const struct arrival *a)
{
	const char *value = message_header(a->message, "X-Ticket", 0);
	uint64_t number;

	if (!value || text_parse_number(value, &number) != ST_OK)
		return 0;
	return numbers_has(&a->subject.tags, number) ? number : 0;
}

static void arrival_read_kind(struct arrival *a)
{
	const char *sender = a->envelope->sender;

	a->automatic = automatic_kind(
		a->message, sender, a->settings->policy.spam_header, &a->automatic_why);
	a->report = message_report(a->message);
	subject_view_init(&a->returned, a->report->subject, &a->settings->tag_format);
	automatic_may_answer(a->message, AUTO_NONE, sender, &a->not_answered);
}

/* In an imported mailbox the owner vouches for From. */
static void arrival_read_vouched(struct arrival *a)
{
	if (a->import)
		return;
	auth_results_read(a->message, a->settings->agents_auth.authserv_ids, &a->auth);
	/* What was not read may be a second author. */
	a->auth.dmarc_pass &= a->read_whole;
	a->vouched = classify_authenticated(
		a->envelope, a->message, &a->auth, a->settings, &a->authenticated);
}

void arrival_read_headers(struct arrival *a)
{
	a->now = a->envelope->received;
	arrival_read_people(a);
	a->id = message_id(a->message);
	a->answered = arrival_answered(a->message);
	message_references(a->message);
	message_date(a->message);
	arrival_read_subject(a);
	a->claimed = arrival_claim(a);
	arrival_count_headers(a);
	arrival_read_kind(a);
	arrival_read_vouched(a);
}

/* --- the rest --- */

static void arrival_identify(struct arrival *a)
{
	const struct identity identity = {
		.subject_plain = a->subject.plain,
		.body_digest = spool_body_digest(a->spool),
	};
	const char *domain = *a->settings->tag.name ? a->settings->tag.name : "localhost";

	a->body_digest = identity.body_digest;
	a->digest = message_digest(a->message, &identity);
	if (!a->id)
		a->given_id = g_strdup_printf("<%.32s@%s>", a->digest, domain);
	if (settings_archive(a->settings))
		a->archive = archive_name(a->envelope->received, a->digest);
}

static void arrival_add_enclosed(const struct message *enclosed, void *arg)
{
	struct agents_words *own = arg;
	g_auto(GStrv) others = message_other_subjects(enclosed);

	g_ptr_array_add(own->subjects, g_strdup(message_subject(enclosed)));
	for (char **s = others; s && *s; s++)
		g_ptr_array_add(own->subjects, g_strdup(*s));
	g_ptr_array_add(own->texts, g_strdup(message_text(enclosed)));
}

static bool arrival_is_resent(const struct message *message)
{
	static const char *const fields[] = { "Resent-From", "Resent-Sender", "Resent-To",
		"Resent-Date", "Resent-Message-ID" };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (message_header(message, fields[i], 0))
			return true;
	return false;
}

/* Most mail is no agent's, and nobody asks for this. */
static void arrival_read_own(struct arrival *a)
{
	struct agents_words *own = &a->own;

	own->subjects = g_ptr_array_new_with_free_func(g_free);
	own->texts = g_ptr_array_new_with_free_func(g_free);
	if (a->vouched == VOUCHED_BY_NOBODY && !a->import)
		return;
	own->text = message_own_text(a->message);
	own->resent = arrival_is_resent(a->message);
	own->relayed = message_header(a->message, "Received", 0) != NULL;
	message_each_enclosed(a->message, arrival_add_enclosed, own);
	forwarded_author(a->message, &own->forwarded);
}

/* The message keeps what was read of it once. */
static void arrival_read_body(const struct message *message)
{
	message_languages(message);
	message_text(message);
	message_attachments_digest(message);
}

void arrival_read(struct arrival *a)
{
	arrival_read_headers(a);
	arrival_identify(a);
	arrival_read_body(a->message);
	a->subjects = message_other_subjects(a->message);
	a->attached = message_attachment_texts(a->message);
	requester_read(a->message, a->envelope->sender, a->settings, &a->requester);
	a->rules = rules_look(a->settings, a->message, a->envelope);
	arrival_read_own(a);
}

static void arrival_release_own(struct agents_words *own)
{
	g_free(own->text);
	g_clear_pointer(&own->subjects, g_ptr_array_unref);
	g_clear_pointer(&own->texts, g_ptr_array_unref);
	mailbox_release(&own->forwarded);
}

void arrival_release(struct arrival *a)
{
	const struct arrival came = {
		.settings = a->settings,
		.envelope = a->envelope,
		.message = a->message,
		.spool = a->spool,
		.number = a->number,
		.import = a->import,
		.key = a->key,
	};

	g_free(a->sender);
	subject_view_release(&a->subject);
	subject_view_release(&a->returned);
	g_free(a->digest);
	g_free(a->given_id);
	g_free(a->archive);
	g_strfreev(a->subjects);
	g_strfreev(a->attached);
	requester_choices_release(&a->requester);
	g_free(a->rules);
	arrival_release_own(&a->own);
	*a = came;
}

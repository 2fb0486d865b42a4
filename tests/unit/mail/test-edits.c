/* Planned edits: kept in order, and no value can end a header. */
#include "mail/edits.h"

#include <string.h>

static void test_order(void)
{
	struct edits edits;

	edits_init(&edits);
	g_assert_cmpint(edits.verdict, ==, VERDICT_ACCEPT);
	g_assert_null(edits_at(&edits, 0));
	edits_delete_header(&edits, "X-Ticket", 2);
	edits_change_header(&edits, "Subject", 1, "x");
	edits_add_header(&edits, "X-Ticket", "1");
	edits_add_recipient(&edits, "a@x.example");
	edits_delete_recipient(&edits, "b@x.example");
	edits_change_sender(&edits, "");
	for (unsigned i = 0; i < 6; i++) {
		static const enum edit_kind kinds[] = { EDIT_DELETE_HEADER, EDIT_CHANGE_HEADER,
			EDIT_ADD_HEADER, EDIT_ADD_RECIPIENT, EDIT_DELETE_RECIPIENT,
			EDIT_CHANGE_SENDER };

		g_assert_cmpint(edits_at(&edits, i)->kind, ==, kinds[i]);
	}
	g_assert_null(edits_at(&edits, 0)->value);
	g_assert_cmpuint(edits_at(&edits, 0)->index, ==, 2);
	g_assert_cmpstr(edits_at(&edits, 5)->value, ==, "");
	g_assert_null(edits_at(&edits, 6));
	edits_verdict(&edits, VERDICT_REJECT, "5.7.1 no");
	edits_verdict(&edits, VERDICT_TEMPFAIL, NULL);
	g_assert_cmpint(edits.verdict, ==, VERDICT_TEMPFAIL);
	g_assert_null(edits.reply);
	edits_release(&edits);
}

static void test_no_value_ends_a_header(void)
{
	static const struct {
		const char *given, *kept;
	} values[] = {
		{ "a", "a" },
		{ "a\n b", "a\n b" },
		{ "a\n\tb", "a\n\tb" },
		{ "a\nBcc: b", "a Bcc: b" },
		{ "a\r\nBcc: b", "a  Bcc: b" },
		{ "a\r\n b", "a \n b" },
		{ "a\r", "a " },
		{ "a\n", "a " },
		{ "a\n\nb", "a  b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		struct edits edits;

		edits_init(&edits);
		edits_add_header(&edits, "X", values[i].given);
		edits_change_header(&edits, "X", 1, values[i].given);
		g_assert_cmpstr(edits_at(&edits, 0)->value, ==, values[i].kept);
		g_assert_cmpstr(edits_at(&edits, 1)->value, ==, values[i].kept);
		edits_release(&edits);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/edits/kept in order", test_order);
	g_test_add_func("/edits/no value ends a header", test_no_value_ends_a_header);
	return g_test_run();
}

/* Verbs as data, and which of them a word is or may have been meant for. */
#include "model/verb.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"

static const struct verb_info verbs[VERB_COUNT] = {
	[VERB_TAKE] = { "take", "", "make the ticket yours", true, true, REACH_NONE },
	[VERB_STEAL] = { "steal", "", "make the ticket yours, be it a colleague's", true, true,
		REACH_NONE },
	[VERB_RELEASE] = { "release", "", "give the ticket back to its queue", true, true,
		REACH_NONE },
	[VERB_ASSIGN] = { "assign", "AGENT", "give the ticket to an agent", true, true,
		REACH_WORD },
	[VERB_STATUS] = { "status", "new|open|waiting|internal|clarify|closed|spam",
		"set the status", true, true, REACH_WORD },
	[VERB_CLOSE] = { "close", "", "close the ticket", true, true, REACH_NONE },
	[VERB_REOPEN] = { "reopen", "", "open a closed ticket again", true, true, REACH_NONE },
	[VERB_WAIT] = { "wait", "DURATION|DATE", "wait for the customer until then: 3d, 2026-12-24",
		true, true, REACH_WORD },
	[VERB_QUEUE] = { "queue", "QUEUE", "move the ticket to a queue", true, true, REACH_WORD },
	[VERB_PROJECT] = { "project", "PROJECT", "set the project; - for none", true, true,
		REACH_WORD },
	[VERB_PRIORITY] = { "priority", "low|normal|high|urgent", "set the priority", true, true,
		REACH_WORD },
	[VERB_TAG] = { "tag", "+TAG|-TAG …", "add and remove tags", true, true, REACH_SIGNED },
	[VERB_MERGE] = { "merge", "NUMBER", "merge the ticket into another", true, true,
		REACH_WORD },
	[VERB_SPLIT] = { "split", "SEQ …", "move messages to a new ticket", false, true,
		REACH_NONE },
	[VERB_LINK] = { "link", "NUMBER", "link the ticket with another", true, true, REACH_WORD },
	[VERB_SPAM] = { "spam", "", "mark the ticket as spam", true, true, REACH_NONE },
	[VERB_TITLE] = { "title", "TEXT", "change the title", true, true, REACH_REST },
	[VERB_REQUESTER] = { "requester", "ADDRESS", "set whom the ticket is for", true, true,
		REACH_WORD },
	[VERB_WATCH] = { "watch", "[ADDRESS|AGENT]", "send a copy of what comes and goes", true,
		true, REACH_WORD },
	[VERB_UNWATCH] = { "unwatch", "[ADDRESS|AGENT]", "send no copies any more", true, true,
		REACH_WORD },
	[VERB_SHOW] = { "show", "", "answer with the ticket", true, false, REACH_NONE },
	[VERB_LIST] = { "list", "[me|QUEUE|STATUS]", "answer with a list of tickets", true, false,
		REACH_NONE },
	[VERB_HELP] = { "help", "", "answer with this list", true, false, REACH_NONE },
};

const struct verb_info *verb_info(enum verb verb)
{
	return &verbs[verb];
}

int verb_find(const char *word)
{
	for (int v = 0; v < VERB_COUNT; v++)
		if (g_ascii_strcasecmp(verbs[v].name, word) == 0)
			return v;
	return -1;
}

bool verb_leads(const char *line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *first = line + strcspn(line, letters);
	g_autofree char *word = g_strndup(first, strspn(first, letters));

	return verb_find(word) >= 0;
}

int verb_nearest(const char *word, bool by_mail)
{
	int nearest = -1;
	unsigned least =
		3; /* two slips of the finger, in a word long enough to show what was meant */

	if (strlen(word) < 3)
		return -1;
	for (int v = 0; v < VERB_COUNT; v++) {
		unsigned far = text_distance(word, verbs[v].name);

		if ((by_mail ? verbs[v].by_mail : verbs[v].by_shell) && far < least &&
			far * 2 < strlen(verbs[v].name)) {
			nearest = v;
			least = far;
		}
	}
	return nearest;
}

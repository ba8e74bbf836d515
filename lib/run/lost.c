// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "lost.h"
#include "mem.h"

static const struct {
	const char *how, *words;
} words_of[] = {
	{ "silent", "does not answer any more" },
	{ "nonsense", "says what is no proper message" },
	{ "hung up", "hung up on its client" },
};

static const char *words_for(const char *how)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words_of); i++)
		if (how && !strcmp(words_of[i].how, how))
			return words_of[i].words;
	return "is gone";
}

/* A test that could not even open its device, where a server was started. */
static bool not_opened(const struct record_test *test)
{
	static const char words[] = "skip: cannot open";

	return test->outcome == RECORD_SKIP &&
	       !strncmp(test->message, words, strlen(words));
}

static char *describe(const struct record_test *test,
		      const struct restart *restart)
{
	const struct restart_server *casualty =
		restart ? restart_casualty(restart) : NULL;
	char how[100], said[200] = "";

	if (restart)
		restart_last_words(restart, said, sizeof(said));
	if (casualty)
		restart_describe(casualty, how, sizeof(how));
	else if (test->lost || !not_opened(test))
		snprintf(how, sizeof(how), "%s%s%s", words_for(test->lost),
			 test->lost_why && test->lost_why[0] ? ": " : "",
			 test->lost_why ? test->lost_why : "");
	else
		snprintf(how, sizeof(how), "is there, but %.80s",
			 test->message + strlen("skip: "));
	return mem_printf("the server %s%s%s", how, said[0] ? "; it said: " : "",
			  said);
}

/*
 * To die on a call is to break what the test was about. A device that only fell
 * silent may have been too slow, which breaks nothing.
 */
static void blame_rules(struct record *record, const struct record_test *test)
{
	struct record_fact fact = {
		.seen = test->message, .calls = test->calls,
		.trace = test->trace,
	};

	if (test->outcome != RECORD_FAIL || !test->lost ||
	    record_was_fatal(record, test))
		return;
	if (!blame_function(record, test, &fact))
		blame_helpers(record, test, true, &fact);
}

void lost_settle(struct record *record, struct record_test *test,
		 const struct restart *restart)
{
	const struct restart_server *casualty =
		restart ? restart_casualty(restart) : NULL;
	bool killed = casualty && restart_killed(casualty);
	char *message;

	if (!test->lost && !killed && !(restart && not_opened(test)))
		return;
	message = describe(test, restart);
	free(test->message);
	test->message = message;
	test->outcome = !casualty && test->lost && !strcmp(test->lost, "silent") ?
				RECORD_TIMEOUT : RECORD_FAIL;
	if (killed && !test->lost)
		test->lost = mem_dup("hung up"); /* once nobody called any more */
	blame_rules(record, test);
}

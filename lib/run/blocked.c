// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "blocked.h"
#include "mem.h"

enum { REASON_ROOM = 200 };

/*
 * What ROAD() of expect.h says, "road blocked: CALL: ERROR", without arguments:
 * these differ from test to test where the reason does not.
 */
static void find_reason(const struct record_test *test,
			char ret_reason[REASON_ROOM])
{
	static const char head[] = "road blocked: ";
	const char *text = test->message, *open, *close, *next;

	if (!strncmp(text, head, strlen(head)))
		text += strlen(head);
	open = strchr(text, '(');
	close = open ? strstr(open, "): ") : NULL;
	while (close && (next = strstr(close + 1, "): ")))
		close = next;
	if (close)
		snprintf(ret_reason, REASON_ROOM, "%.*s(...%s",
			 (int)(open - text), text, close);
	else
		snprintf(ret_reason, REASON_ROOM, "%s", text);
}

static u32 count_like(const struct record *record, const char *reason)
{
	char other[REASON_ROOM];
	u32 i, count = 0;

	for (i = 0; i < record->test_count; i++) {
		if (record->tests[i].outcome != RECORD_BLOCKED)
			continue;
		find_reason(&record->tests[i], other);
		count += !strcmp(reason, other);
	}
	return count;
}

char *blocked_sentence(const struct record *record)
{
	const struct record_test *test, *example = NULL;
	char reason[REASON_ROOM], best[REASON_ROOM];
	u32 i, count, often = 0, all = 0;

	for (i = 0; i < record->test_count; i++) {
		test = &record->tests[i];
		if (test->outcome != RECORD_BLOCKED)
			continue;
		all++;
		find_reason(test, reason);
		count = count_like(record, reason);
		if (count <= often)
			continue;
		often = count;
		example = test;
		memcpy(best, reason, sizeof(best));
	}
	if (!example)
		return NULL;
	return mem_printf("%u test%s; most often (%u): %s, %s", all,
			  all == 1 ? "" : "s", often, best, example->name);
}

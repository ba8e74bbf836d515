// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "silence.h"

/* Needs that a device may lack; the others are matters of carrier and host. */
enum {
	OPTIONAL_FEATURES = NEED_MMAP | NEED_P2P | NEED_PRE_COPY |
			    NEED_LOGGING | NEED_DATA_SIZE | NEED_INFO2,
};

/* How a test's end explains the silence; the highest rank explains best. */
static const struct {
	enum verdict verdict;
	int rank;
} ends[] = {
	[RECORD_PASS] = { VERDICT_SKIP, 1 },
	[RECORD_FAIL] = { VERDICT_SKIP, 2 },
	[RECORD_NOT_OFFERED] = { VERDICT_NOT_OFFERED, 3 },
	[RECORD_SKIP] = { VERDICT_SKIP, 4 },
	[RECORD_BLOCKED] = { VERDICT_SKIP, 5 },
	[RECORD_NOT_RUN] = { VERDICT_SKIP, 6 },
	[RECORD_CRASH] = { VERDICT_ERROR, 7 },
	[RECORD_TIMEOUT] = { VERDICT_TIMEOUT, 8 },
};

/* A lost device has crashed, as far as its rules are concerned. */
static enum record_outcome end_of(const struct record_test *test)
{
	return test->lost && test->outcome == RECORD_FAIL ? RECORD_CRASH :
							    test->outcome;
}

static const struct record_test *best_reason(const struct verdict_input *in,
					     enum req req)
{
	const struct record_test *test, *best = NULL;
	u32 i;

	for (i = 0; i < in->record->test_count; i++) {
		test = &in->record->tests[i];
		if ((!best || ends[end_of(test)].rank > ends[end_of(best)].rank) &&
		    suite_checks(test->binary, test->name, req))
			best = test;
	}
	return best;
}

static bool has_check(const struct verdict_input *in, enum req req)
{
	return suite_check_count(in->suite, req) > 0;
}

static void say_unreached(enum req req, struct verdict_rule *rule)
{
	bool optional = spec_rows[req].needs & OPTIONAL_FEATURES;

	rule->verdict = optional ? VERDICT_NOT_OFFERED : VERDICT_SKIP;
	snprintf(rule->reason, sizeof(rule->reason), "%s",
		 optional ? "what it is about did not come up" :
			    "no test came to the point where it shows");
}

/* It did hold, but no test that saw it came to its end: one of them, or NULL. */
static const struct record_test *held_in(const struct verdict_input *in,
					 enum req req)
{
	u32 i;

	for (i = 0; i < in->record->test_count; i++)
		if (in->record->tests[i].held[req])
			return &in->record->tests[i];
	return NULL;
}

static void say_held_in(const struct record_test *test, struct verdict_rule *rule)
{
	rule->verdict = VERDICT_SKIP;
	snprintf(rule->reason, sizeof(rule->reason),
		 "seen only in %s, which did not come to its end%s%s", test->name,
		 test->message[0] ? ": " : "", test->message);
}

static void say_unchecked(enum req req, struct verdict_rule *rule)
{
	const char *reason = spec_unchecked_reason(req);

	rule->verdict = VERDICT_UNCHECKED;
	snprintf(rule->reason, sizeof(rule->reason), "%s",
		 reason ? reason : "no test checks it");
}

void silence_explain(const struct verdict_input *in, enum req req,
		     struct verdict_rule *rule)
{
	const struct record_test *test = best_reason(in, req);
	const struct record_test *held = held_in(in, req);

	if (held && !(test && record_ended_badly(test))) {
		say_held_in(held, rule);
		return;
	}
	if (!has_check(in, req)) {
		say_unchecked(req, rule);
		return;
	}
	if (!test || test->outcome == RECORD_PASS) {
		say_unreached(req, rule);
		return;
	}
	rule->verdict = ends[end_of(test)].verdict;
	snprintf(rule->reason, sizeof(rule->reason), "%s%s%s", test->name,
		 test->message[0] ? ": " : "", test->message);
}

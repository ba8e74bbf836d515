/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts: what the record of a device means to a user of a profile.
 *
 * A rule fails by one breach that its severity calls a failure, whatever else
 * held; a waiver turns that into "waived". Otherwise warnings and remarks are
 * told, and a rule that held passes, unless it did so only in tests that hung,
 * crashed or lost their device. A rule of which no more was heard says why: its
 * tests ended so, were blocked, skipped, had nothing offered to them, or do not
 * exist.
 */
#ifndef MIGCHECK_RUN_VERDICT_H
#define MIGCHECK_RUN_VERDICT_H

#include "record.h"
#include "waiver.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_WARN,
	VERDICT_INFO,
	VERDICT_NOT_OFFERED,
	VERDICT_SKIP,
	VERDICT_WAIVED,
	VERDICT_UNEXPECTED_PASS,
	VERDICT_TIMEOUT,
	VERDICT_ERROR,
	VERDICT_UNCHECKED,
	VERDICT_COUNT
};

/* What the judgement of one device rests on. */
struct verdict_input {
	const char *uri, *driver, *driver_version; /* for waivers */
	int generation;
	enum spec_profile profile;
	const struct suite *suite;
	const struct record *record;
	const struct waivers *waivers; /* or NULL */
	const char *kernel; /* release of the host */
	bool kernel_device; /* rules younger than the kernel do not bind it */
	const bool *chosen; /* rules that a filter has chosen; NULL = all */
	const bool *excluded; /* rules that it has taken out; NULL = none */
};

struct verdict_rule {
	enum verdict verdict;
	bool concerned; /* belongs to the device's generation and was chosen */
	const struct record_fact *fact; /* the worst one, or NULL */
	const struct waiver *waiver;	/* waived, unexpected pass */
	bool partial; /* it has a waiver, and a filter left tests of it out */
	char reason[240]; /* why there is no more than this verdict, or "" */
};

/* @ret_rules has REQ_COUNT elements; they point into the input. */
void verdict_rules(const struct verdict_input *in,
		   struct verdict_rule *ret_rules);

/*
 * Of test @test of the record, under the rules' verdicts: a test that failed
 * by nothing but waived breaches is waived.
 */
enum verdict verdict_test(const struct verdict_input *in,
			  const struct verdict_rule *rules,
			  const struct record_test *test);

struct waiver_scope verdict_scope(const struct verdict_input *in);

const char *verdict_name(enum verdict verdict); /* as in results.json */

/* A violation; an error of the harness or its environment. */
bool verdict_is_bad(enum verdict verdict);

#endif

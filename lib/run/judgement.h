/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A finished run: what was judged, and the judgement of each device. The forms
 * of output (summary.h, results.h, ktap.h) are views of it.
 */
#ifndef MIGCHECK_RUN_JUDGEMENT_H
#define MIGCHECK_RUN_JUDGEMENT_H

#include "budget.h"
#include "device.h"
#include "verdict.h"

#ifndef MIGCHECK_VERSION
#define MIGCHECK_VERSION "1.0"
#endif

struct judgement {
	struct device device;
	struct record record;
	struct verdict_input in;
	struct verdict_rule rules[REQ_COUNT];
	char end_state[64]; /* that the device was left in */
	char end_problem[320]; /* why that is not RUNNING, or "" */
};

/* A waiver that waived nothing (unused.h). */
struct judgement_unused {
	const struct waiver *waiver;
	char *why;
};

struct judgements {
	struct judgement *list;
	u32 count;
	char **bare; /* URIs that were named, but offer no migration */
	u32 bare_count;
	enum spec_profile profile;
	u64 seed;
	char started[24]; /* UTC, "2027-01-31T12:00:00Z" */
	double duration_s;
	char kernel[72], arch[72];
	const char *dir; /* of -o, or NULL */
	const struct budget *budgets;
	u32 budget_count;
	struct judgement_unused *unused;
	u32 unused_count;
};

struct judgement_totals {
	u32 rules[VERDICT_COUNT], tests[VERDICT_COUNT]; /* concerned ones */
	u32 rule_count, test_count;
};

/* Verdicts of j->rules from j->in, which the caller has filled. */
void judgement_make(struct judgement *j);

/* Adds the counts of @j to @totals. */
void judgement_count(const struct judgement *j, struct judgement_totals *totals);

/*
 * The exit status: 1 a violation was seen, whatever came of the device, 99 the
 * harness failed or a device was given up, 4 nothing could be tested, 0 otherwise.
 */
int judgement_status(const struct judgements *all);

void judgements_free(struct judgements *all);

#endif

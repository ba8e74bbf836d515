/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tests run. A glob (any case) names rules, by number or symbol, or
 * tests, by name, function or binary. A rule stands for the tests that check
 * it; one that only the judge checks stands for all tests.
 *
 * What is excluded is not run, and an excluded rule is not judged either.
 */
#ifndef MIGCHECK_RUN_SELECT_H
#define MIGCHECK_RUN_SELECT_H

#include "suite.h"

struct select {
	const char **include, **exclude; /* globs; none included = all */
	u32 include_count, exclude_count;
	bool generations[3];	  /* of the devices at hand */
	bool chosen[REQ_COUNT];	  /* out: rules that the selection is about */
	bool excluded[REQ_COUNT]; /* out */
};

/* Globs of the command line; the string is kept. */
void select_include(struct select *select, const char *glob);
void select_exclude(struct select *select, const char *glob);

/*
 * Marks the tests of @suite and the rules. -ENOENT where a glob matches
 * nothing; @ret_error (free()) is then a line with the nearest names.
 */
int select_apply(struct select *select, struct suite *suite, char **ret_error);

void select_free(struct select *select);

/* Does @glob name the rule? */
bool select_matches_rule(const char *glob, enum req req);

#endif

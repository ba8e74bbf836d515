/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who answers for a death: a test was at work when its kernel or its device
 * died, and the rules that it checks are broken by that, whatever had held.
 */
#ifndef MIGCHECK_RUN_BLAME_H
#define MIGCHECK_RUN_BLAME_H

#include "record.h"

/*
 * Adds a fatal breach for each rule that the function of @test checks itself;
 * how many. Of @like what was seen, the calls and the trace are taken.
 */
u32 blame_function(struct record *record, const struct record_test *test,
		   const struct record_fact *like);

/*
 * Likewise for the rules of the helpers in its binary. With @heard only for
 * those that the test has spoken of: which helpers it uses is not known.
 */
u32 blame_helpers(struct record *record, const struct record_test *test,
		  bool heard, const struct record_fact *like);

#endif

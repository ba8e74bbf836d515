/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A judge of users: holds whoever makes the calls to the rules that bind a
 * user of the uAPI (spec_row.who is USER), not the device.
 *
 * It is for calls that are all of one user who means well: a recorded VMM, or
 * the save and restore loops of this library. Tests that misuse a device on
 * purpose break these rules by design and are not to be watched.
 *
 * Rules about several devices are about those that are migrated together. A
 * device that stands by, or that the others are restored on, is none of them;
 * so some breaches are told only when it turns out that it was one.
 */
#ifndef MIGCHECK_MODEL_LINT_USER_H
#define MIGCHECK_MODEL_LINT_USER_H

#include "../mig.h"
#include "../report.h"

struct lint_user;

/*
 * Watches all devices of @ctx that speak @generation, from now on. Facts go to
 * @sink too, unless that is NULL. 0 or -ENOMEM.
 */
int lint_user_create(struct mig_context *ctx, int generation,
		     struct report_sink *sink, struct lint_user **ret_lint);
/* NULL is fine. */
void lint_user_destroy(struct lint_user *lint);

/* For recorded calls, as judge_feed(). */
void lint_user_feed(struct lint_user *lint, const struct mig_call *call);

/* The story is over: what has not come will not come. */
void lint_user_end(struct lint_user *lint);

/* Has anything been found out about @req? */
bool lint_user_spoke(const struct lint_user *lint, enum req req);
/* What was seen of the first breach (or lapse) of @req; NULL without one. */
const char *lint_user_seen(const struct lint_user *lint, enum req req);

/* The requirements that it can speak of, ending with REQ_COUNT. */
extern const enum req lint_user_v1_rules[];
extern const enum req lint_user_v2_rules[];

#endif

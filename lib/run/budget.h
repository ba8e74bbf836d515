/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds that a user sets to the figures of a device. NAME=LIMIT fails a run
 * whose device does not keep it, NAME=LIMIT:warn only warns. A figure that was
 * not measured does not keep its bound: a gate must not open in silence.
 *
 *   downtime, downtime-stop-copy, arc   at most: a number and ns, us, ms or s
 *   save-rate, restore-rate             at least: bytes a second, a number and
 *                                       B, kB, MB, GB, KiB, MiB, GiB, "/s" if
 *                                       one likes
 * "<=" and ">=" may stand for "=" where they are meant.
 */
#ifndef MIGCHECK_RUN_BUDGET_H
#define MIGCHECK_RUN_BUDGET_H

#include "figures.h"
#include "verdict.h"

struct budget_kind;

struct budget {
	const struct budget_kind *kind;
	u64 limit; /* ns, or bytes a second */
	bool warns;
};

/* -EINVAL and one line in *@ret_error (free()) where @text is no budget. */
int budget_parse(const char *text, struct budget *ret_budget, char **ret_error);

const char *budget_name(const struct budget *budget);
bool budget_is_rate(const struct budget *budget);

/* What counts against the limit; 0: not measured. */
u64 budget_seen(const struct budget *budget, const struct figures *figures);

/* VERDICT_PASS, VERDICT_WARN or VERDICT_FAIL. */
enum verdict budget_verdict(const struct budget *budget,
			    const struct figures *figures);

/* "412 ms, at most 300 ms"; free(). */
char *budget_text(const struct budget *budget, const struct figures *figures);

/* The array of results.json; the caller's reference. */
struct json_object *budgets_to_json(const struct budget *budgets, u32 count,
				    const struct figures *figures);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "judgement.h"

void judgement_make(struct judgement *j)
{
	verdict_rules(&j->in, j->rules);
}

void judgement_count(const struct judgement *j, struct judgement_totals *totals)
{
	u32 i;

	for (i = 0; i < REQ_COUNT; i++) {
		if (!j->rules[i].concerned)
			continue;
		totals->rules[j->rules[i].verdict]++;
		totals->rule_count++;
	}
	for (i = 0; i < j->record.test_count; i++) {
		totals->tests[verdict_test(&j->in, j->rules,
					   &j->record.tests[i])]++;
		totals->test_count++;
	}
}

static bool given_up(const struct judgements *all)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		if (all->list[i].record.abandoned || all->list[i].end_problem[0])
			return true;
	return false;
}

static bool any_bad(const u32 *counts)
{
	int v;

	for (v = 0; v < VERDICT_COUNT; v++)
		if (counts[v] && verdict_is_bad((enum verdict)v))
			return true;
	return false;
}

static bool over_budget(const struct judgements *all)
{
	u32 i, k;

	for (i = 0; i < all->count; i++)
		for (k = 0; k < all->budget_count; k++)
			if (budget_verdict(&all->budgets[k],
					   &all->list[i].record.figures) ==
			    VERDICT_FAIL)
				return true;
	return false;
}

int judgement_status(const struct judgements *all)
{
	struct judgement_totals totals = { 0 };
	u32 heard;
	u32 i;

	for (i = 0; i < all->count; i++)
		judgement_count(&all->list[i], &totals);
	heard = totals.rules[VERDICT_PASS] + totals.rules[VERDICT_WARN] +
		totals.rules[VERDICT_INFO] + totals.rules[VERDICT_WAIVED];
	if (any_bad(totals.rules) || any_bad(totals.tests) ||
	    over_budget(all) || all->unused_count)
		return 1;
	if (given_up(all))
		return 99;
	if (totals.rules[VERDICT_ERROR] || totals.tests[VERDICT_ERROR])
		return 99;
	return heard ? 0 : 4;
}

void judgements_free(struct judgements *all)
{
	u32 i;

	for (i = 0; i < all->count; i++)
		record_free(&all->list[i].record);
	for (i = 0; i < all->unused_count; i++)
		free(all->unused[i].why);
	free(all->unused);
	free(all->list);
	for (i = 0; i < all->bare_count; i++)
		free(all->bare[i]);
	free(all->bare);
}

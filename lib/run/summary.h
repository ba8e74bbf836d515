/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run for a person: who was judged, a line for each area of the rules, what
 * failed and why, what else deserves a look, and one closing sentence.
 */
#ifndef MIGCHECK_RUN_SUMMARY_H
#define MIGCHECK_RUN_SUMMARY_H

#include "judgement.h"

/* Before the tests of @device: what is about to be judged. */
void summary_begin(const struct judgements *all, const struct device *device);
/* After them. @dir: where traces are, or NULL. */
void summary_device(const struct judgements *all, const struct judgement *j);
/* Its part about time: downtime, rates, the slowest arcs, budgets. */
void summary_figures(const struct judgements *all, const struct judgement *j);
/* "63 rules: 41 held, ...; emu:v1 left RUNNING." */
void summary_end(const struct judgements *all);

#endif

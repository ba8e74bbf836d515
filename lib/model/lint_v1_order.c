// SPDX-License-Identifier: GPL-2.0-only
/* Users of several v1 devices: the order among them. */
#include "lint_v1.h"

static bool counts(const struct lint_v1_model *m, const struct lint_v1_model *o)
{
	return o != m && o->base.opens && o->speaks &&
	       o->state != LINT_V1_UNKNOWN;
}

static void overtaken(struct judge *judge, const struct lint_v1_model *m)
{
	judge_hold(judge, V1_USER_STOPS_ALL_BEFORE_COLLECTING, false,
		   "all devices stopped before any is collected from",
		   "device %u was still running when pending_bytes of another was read in STOP_COPY",
		   m->base.index);
}

void lint_v1_order_collect(struct judge *judge, struct lint_v1_model *m)
{
	struct judge_model *other;
	struct lint_v1_model *o;

	for (other = judge->models; other; other = other->next) {
		o = lint_v1_model(other);
		if (!counts(m, o))
			continue;
		if (o->state == MIG1_PRE_COPY)
			overtaken(judge, o);
		else if (o->state == MIG1_RUNNING)
			o->overtaker = m; /* if it is to be saved as well */
		else if (o->state == MIG1_STOP_COPY)
			judge_held(judge, V1_USER_STOPS_ALL_BEFORE_COLLECTING);
	}
}

/* @m goes on running, or stands for something else now. */
static void absolve(struct judge *judge, const struct lint_v1_model *m)
{
	struct judge_model *other;

	for (other = judge->models; other; other = other->next)
		if (lint_v1_model(other)->overtaker == m)
			lint_v1_model(other)->overtaker = NULL;
}

/* Another device loads while this one, loaded, is let run. */
static void started(struct judge *judge, const struct lint_v1_model *m)
{
	struct judge_model *other;
	struct lint_v1_model *o;

	for (other = judge->models; other; other = other->next) {
		o = lint_v1_model(other);
		if (!counts(m, o))
			continue;
		o->others_ran |= o->state == MIG1_RESUMING;
	}
}

void lint_v1_order_state(struct judge *judge, struct lint_v1_model *m, u32 from,
			 u32 to)
{
	if ((to & MIG1_BIT_SAVING) && m->overtaker)
		overtaken(judge, m);
	if ((to & MIG1_BIT_SAVING) || to == MIG1_RESUMING)
		m->overtaker = NULL;
	if (to == MIG1_RUNNING || to == MIG1_RESUMING)
		absolve(judge, m);
	if (from == MIG1_RESUMING && to == MIG1_RUNNING) {
		if (m->others_ran)
			judge_held(judge, V1_USER_RESUMES_ALL_THEN_RUNS);
		started(judge, m);
	}
	if (to != from)
		m->others_ran = false;
}

void lint_v1_order_load(struct judge *judge, struct lint_v1_model *m)
{
	if (m->others_ran)
		judge_hold(judge, V1_USER_RESUMES_ALL_THEN_RUNS, false,
			   "all devices loaded before any runs",
			   "device %u was still being loaded when another was set RUNNING",
			   m->base.index);
	m->others_ran = false;
}

void lint_v1_order_reset(struct judge *judge, struct lint_v1_model *m)
{
	absolve(judge, m);
	m->overtaker = NULL;
	m->others_ran = false;
}

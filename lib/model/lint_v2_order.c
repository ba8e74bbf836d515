// SPDX-License-Identifier: GPL-2.0-only
/* Users of several v2 devices: the order among them. */
#include "lint_v2.h"

static bool counts(const struct lint_v2_model *m, const struct lint_v2_model *o)
{
	return o != m && o->base.opens && o->speaks &&
	       o->state != LINT_V2_UNKNOWN;
}

static bool both_p2p(const struct lint_v2_model *a, const struct lint_v2_model *b)
{
	return a->caps & b->caps & MIG2_CAP_P2P;
}

static bool is_stopped(u32 state)
{
	return state == MIG2_STOP || state == MIG2_STOP_COPY;
}

/* Can its peers still change it, and it them? */
static bool is_loud(u32 state)
{
	return state == MIG2_RUNNING || state == MIG2_PRE_COPY;
}

static void tell_overtaken(struct judge *judge, const struct lint_v2_model *m,
			   bool copy)
{
	judge_hold(judge, V2_USER_QUIESCES_ALL_BEFORE_STOPPING, false,
		   "all devices in a P2P state before any is stopped",
		   "device %u was in no P2P state yet when another was stopped",
		   m->base.index);
	if (copy)
		judge_hold(judge, V2_USER_SERIALISES_WHEN_QUIET, false,
			   "STOP_COPY when all peers are quiet",
			   "device %u was in no P2P state yet when another entered STOP_COPY",
			   m->base.index);
}

/* @m was stopped: each peer has to be quiet, if it is to be saved as well. */
static void stopped(struct judge *judge, struct lint_v2_model *m,
		    struct lint_v2_model *o)
{
	bool copy = m->state == MIG2_STOP_COPY;

	if (o->state == MIG2_PRE_COPY) {
		tell_overtaken(judge, o, copy);
	} else if (o->state == MIG2_RUNNING) {
		o->overtaker = m;
		o->overtaken_copy = copy;
	} else if (o->role == LINT_SAVED || o->state == MIG2_RUNNING_P2P) {
		judge_held(judge, V2_USER_QUIESCES_ALL_BEFORE_STOPPING);
		if (copy)
			judge_held(judge, V2_USER_SERIALISES_WHEN_QUIET);
	}
}

/* @m was let run out of what it had been loaded with. */
static void started(struct judge *judge, const struct lint_v2_model *m,
		    const struct lint_v2_model *o)
{
	judge_hold(judge, V2_USER_LOADS_ALL_BEFORE_START,
		   o->state != MIG2_RESUMING,
		   "all devices out of RESUMING before any runs",
		   "device %u was still in RESUMING when another was set RUNNING",
		   o->base.index);
	if (both_p2p(m, o))
		judge_hold(judge, V2_USER_STARTS_IN_REVERSE,
			   o->state == MIG2_RUNNING_P2P,
			   "all devices in RUNNING_P2P before any runs",
			   "device %u was not in RUNNING_P2P when another was set RUNNING",
			   o->base.index);
}

static void rolled_back(struct judge *judge, const struct lint_v2_model *m,
			const struct lint_v2_model *o)
{
	if (both_p2p(m, o))
		judge_hold(judge, V2_USER_ROLLS_BACK_IN_ORDER,
			   !is_stopped(o->state),
			   "all devices in P2P states before any runs again",
			   "device %u was still stopped when another was set RUNNING",
			   o->base.index);
}

static void with_each(struct judge *judge, struct lint_v2_model *m, u32 from,
		      struct lint_v2_model *o)
{
	enum lint_v2_role role = m->role;

	if (is_stopped(m->state) && !is_stopped(from) && from != MIG2_RESUMING &&
	    both_p2p(m, o))
		stopped(judge, m, o);
	if (m->state == MIG2_RUNNING && role == LINT_LOADED &&
	    o->role == LINT_LOADED)
		started(judge, m, o);
	if (m->state == MIG2_RUNNING && role == LINT_SAVED &&
	    o->role == LINT_SAVED)
		rolled_back(judge, m, o);
	if ((m->state == MIG2_STOP_COPY && o->role == LINT_SAVED) ||
	    (m->state == MIG2_RESUMING && o->role == LINT_LOADED))
		judge_hold(judge, V2_USER_NEEDS_P2P_FOR_SETS, both_p2p(m, o),
			   "the P2P states on each device, or no peer DMA",
			   "devices %u and %u migrate together, with capabilities 0x%llx and 0x%llx",
			   m->base.index, o->base.index,
			   (unsigned long long)m->caps,
			   (unsigned long long)o->caps);
}

/* @m is stopped no longer: who ran meanwhile did no harm. */
static void absolve(struct judge *judge, const struct lint_v2_model *m)
{
	struct judge_model *other;

	for (other = judge->models; other; other = other->next)
		if (lint_v2_model(other)->overtaker == m)
			lint_v2_model(other)->overtaker = NULL;
}

void lint_v2_order(struct judge *judge, struct lint_v2_model *m, u32 from)
{
	struct judge_model *other;

	if (m->overtaker && fsm_session_in(m->state) == FSM_SAVING)
		tell_overtaken(judge, m, m->overtaken_copy);
	if (fsm_session_in(m->state) != FSM_NO_SESSION)
		m->overtaker = NULL;
	if (is_loud(m->state) || m->state == MIG2_RESUMING)
		absolve(judge, m);
	if (is_stopped(m->state) && !is_stopped(from))
		m->stopped_at = judge->seq;
	for (other = judge->models; other; other = other->next)
		if (counts(m, lint_v2_model(other)))
			with_each(judge, m, from, lint_v2_model(other));
}

void lint_v2_order_reset(struct judge *judge, struct lint_v2_model *m)
{
	absolve(judge, m);
	m->overtaker = NULL;
}

/* Logging that ends while devices run was called off with the migration. */
void lint_v2_order_log(struct judge *judge, struct lint_v2_model *m)
{
	u64 stopped_at = m->stopped_at;
	bool all = true;
	struct judge_model *other;

	if (m->role != LINT_SAVED || !is_stopped(m->state))
		return;
	for (other = judge->models; other; other = other->next) {
		const struct lint_v2_model *o = lint_v2_model(other);

		if (!counts(m, o) || o->role != LINT_SAVED)
			continue;
		all &= is_stopped(o->state);
		if (o->stopped_at > stopped_at)
			stopped_at = o->stopped_at;
	}
	judge_hold(judge, V2_USER_BRACKETS_COPY_WITH_LOG,
		   all && m->reported_at > stopped_at,
		   "a last REPORT between the stop of the last device and the end of logging",
		   "logging ended at device %u with the last REPORT %s",
		   m->base.index, !m->reported_at ? "never made" :
		   !all ? "made while devices run" :
			  "made before the last device was stopped");
}

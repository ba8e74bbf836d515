// SPDX-License-Identifier: GPL-2.0-only
/* What device_state may show: after writes, failures, and nothing at all. */
#include <errno.h>
#include <string.h>

#include "../v1.h"
#include "judge_v1_internal.h"

void judge_v1_expect(struct judge_v1_model *m, u32 may, enum req rule,
		     const char *cause)
{
	m->may = may;
	m->rule = rule;
	m->cause = cause;
}

void judge_v1_believe_anything(struct judge_v1_model *m)
{
	judge_v1_expect(m, JUDGE_V1_ANY, V1_STATE_CHANGES_ONLY_BY_USER, "-");
}

/* A successful write that led nowhere is a failure told as a success, too. */
static void hold_reported(struct judge *judge, struct judge_v1_model *m,
			  u32 low, bool reached)
{
	if (m->rule != V1_STATE_READS_BACK)
		return;
	if (reached || low == m->before || low == MIG1_ERROR)
		judge_hold(judge, V1_FAILED_TRANSITION_IS_REPORTED, reached,
			   "an error from the state write",
			   "the state write succeeded and left %s",
			   v1_state_name(low));
}

void judge_v1_saw_state(struct judge *judge, struct judge_v1_model *m, u32 value)
{
	u32 low = value & MIG1_STATE_MASK;
	char may[64];
	bool ok = (m->may & (1u << low)) && (!m->exact || value == MIG1_RUNNING);

	judge_hold(judge, V1_INVALID_STATES_ARE_NEVER_SEEN,
		   low != MIG1_INVALID_5 && low != MIG1_INVALID_7, NULL,
		   "device_state reads 0x%x", value);
	if (m->may != JUDGE_V1_ANY) {
		judge_list_states(m->may, v1_state_name, may, sizeof(may));
		judge_hold(judge, m->rule, ok, may,
			   "device_state reads 0x%x (%s) after %s", value,
			   v1_state_name(low), m->cause);
		hold_reported(judge, m, low, ok);
	}
	if (low != m->state)
		judge_v1_forget_loop(m);
	m->state = low;
	m->exact = false;
	judge_v1_expect(m, 1u << low, V1_STATE_CHANGES_ONLY_BY_USER, "no call");
}

/* Nobody can look: the state is what the last call has to have made it. */
static void believe(struct judge_v1_model *m)
{
	u32 state = judge_only_state(m->may, JUDGE_V1_UNKNOWN);

	if (state != m->state)
		judge_v1_forget_loop(m);
	m->state = state;
	m->exact = false;
}

void judge_v1_look(struct judge *judge, struct judge_v1_model *m,
		   struct mig_dev *dev)
{
	u32 value = 0;
	ssize_t n;

	if (judge->passive) {
		believe(m);
		return;
	}
	n = judge_pread(dev, &value, sizeof(value),
			m->region.offset + MIG1_OFF_STATE);
	if (n == -EINTR)
		return;
	if (judge_hold(judge, V1_STATE_IS_ALWAYS_READABLE, n == sizeof(value),
		       "4 bytes", "reading device_state gives %zd", n))
		judge_v1_saw_state(judge, m, value);
}

static void state_accepted(struct judge *judge, struct judge_v1_model *m,
			   u32 value)
{
	u32 to = value & MIG1_STATE_MASK;
	bool valid = to != MIG1_ERROR && to != MIG1_INVALID_5 &&
		     to != MIG1_INVALID_7;

	judge_v1_believe_anything(m);
	if (m->before == MIG1_ERROR) {
		if (to != MIG1_ERROR)
			judge_tell(judge, V1_ERROR_IS_LEFT_BY_RESET,
				   valid ? REPORT_LAPSE : REPORT_BREACH,
				   "refusal; only a reset leads out",
				   "a write of 0x%x is accepted in the error state",
				   value);
	} else if (!valid && m->before != JUDGE_V1_UNKNOWN) {
		judge_hold(judge, V1_INVALID_STATES_ARE_REFUSED, false,
			   "an error", "a write of 0x%x in %s succeeds", value,
			   v1_state_name(m->before));
	} else if (valid) {
		judge_v1_expect(m, 1u << to, V1_STATE_READS_BACK,
				"a state write that succeeded");
		/* With reserved bits set a driver may ignore the write. */
		if (value != to && m->before != JUDGE_V1_UNKNOWN)
			m->may |= 1u << m->before;
	}
}

/* @to is JUDGE_V1_UNKNOWN where the written value could not be read. */
static void state_refused(struct judge_v1_model *m, u32 to)
{
	u32 from = m->before, may = 1u << from;
	enum req rule = V1_FAILED_TRANSITION_KEEPS_OR_ERRORS;

	if (from == JUDGE_V1_UNKNOWN) {
		judge_v1_believe_anything(m);
		return;
	}
	if (from == MIG1_ERROR)
		rule = V1_ERROR_IS_LEFT_BY_RESET;
	else if (to == MIG1_INVALID_5 || to == MIG1_INVALID_7 ||
		 to == MIG1_ERROR)
		rule = V1_INVALID_STATES_ARE_REFUSED;
	else
		may |= 1u << MIG1_ERROR;
	judge_v1_expect(m, may, rule, "a state write that failed");
}

void judge_v1_wrote_state(const struct judge_v1_access *a)
{
	struct judge_v1_model *m = a->model;
	u32 value = 0, to = JUDGE_V1_UNKNOWN;

	if (a->call->in_len >= sizeof(value)) {
		memcpy(&value, a->call->in, sizeof(value));
		/* Reserved bits are a reason of their own to fail. */
		if (value <= MIG1_STATE_MASK)
			to = value;
	}
	judge_v1_forget_loop(m);
	m->before = m->state;
	if (a->call->ret == sizeof(value) && a->call->in_len >= sizeof(value)) {
		state_accepted(a->judge, m, value);
		judge_v1_look_at_info(a->judge, m, a->call->dev);
	} else if (a->call->ret < 0) {
		state_refused(m, to);
	} else {
		judge_v1_believe_anything(m);
	}
}

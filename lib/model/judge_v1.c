// SPDX-License-Identifier: GPL-2.0-only
/* The v1 judge: device_state and the manners of region accesses. */
#include <errno.h>
#include <string.h>

#include "../v1.h"
#include "judge_v1.h"

const enum req judge_v1_rules[] = {
	V1_REGION_INFO_IS_STABLE, V1_ODD_ACCESS_IS_REFUSED,
	V1_ACCESS_STAYS_IN_REQUEST, V1_ACCESS_MOVES_WHOLE_FIELD,
	V1_RESERVED_IS_ZERO, V1_STATE_IS_ALWAYS_READABLE,
	V1_STARTS_RUNNING, V1_STATE_READS_BACK,
	V1_INVALID_STATES_ARE_REFUSED, V1_INVALID_STATES_ARE_NEVER_SEEN,
	V1_STATE_CHANGES_ONLY_BY_USER, V1_PENDING_ZERO_IS_FINAL,
	V1_STREAM_IS_FINITE, V1_PENDING_MEANS_NON_EMPTY_CHUNK,
	V1_CHUNK_IS_INSIDE_REGION, V1_CHUNK_IS_STABLE_IN_ITERATION,
	V1_RESUMING_OFFSET_IS_USABLE, V1_FAILED_TRANSITION_IS_REPORTED,
	V1_FAILED_TRANSITION_KEEPS_OR_ERRORS, V1_PENDING_ERROR_KEEPS_STATE,
	V1_ACCESS_ERROR_KEEPS_STATE, V1_ERROR_IS_LEFT_BY_RESET,
	V1_RESET_RECOVERS_FROM_ERROR, V1_RESET_GIVES_RUNNING,
	V1_REOPEN_GIVES_DEFAULT, V1_REGION_BOUNDS_HOLD, REQ_COUNT,
};

void judge_v1_expect(struct judge_v1_model *m, u32 may, enum req rule,
		     const char *cause)
{
	m->may = may;
	m->rule = rule;
	m->cause = cause;
}

static void believe_anything(struct judge_v1_model *m)
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

	believe_anything(m);
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
		believe_anything(m);
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
		believe_anything(m);
	}
}

static void on_reset(struct judge *judge, struct judge_v1_model *m,
		     const struct mig_call *call)
{
	bool error = m->state == MIG1_ERROR;

	judge_v1_forget_loop(m);
	if (call->ret >= 0)
		judge_v1_expect(m, 1u << MIG1_RUNNING,
				error ? V1_RESET_RECOVERS_FROM_ERROR :
					V1_RESET_GIVES_RUNNING, "a reset");
	else
		believe_anything(m);
	if (error && call->ret < 0 && call->ret != -EINTR &&
	    call->ret != -EAGAIN && call->ret != -EBUSY)
		judge_hold(judge, V1_RESET_RECOVERS_FROM_ERROR, false,
			   "success", "VFIO_DEVICE_RESET in the error state gives %lld",
			   (long long)call->ret);
	judge_v1_look(judge, m, call->dev);
	judge_v1_look_at_info(judge, m, call->dev);
}

static void on_hot_reset(struct judge *judge, struct judge_v1_model *m,
			 const struct mig_call *call)
{
	believe_anything(m);
	judge_v1_look(judge, m, call->dev);
}

static void on_set_irqs(struct judge *judge, struct judge_v1_model *m,
			const struct mig_call *call)
{
	(void)judge, (void)call;
	m->disturbed = true;
}

static const struct {
	u32 request;
	void (*handle)(struct judge *judge, struct judge_v1_model *m,
		       const struct mig_call *call);
} requests[] = {
	{ UAPI_DEVICE_RESET, on_reset },
	{ UAPI_DEVICE_GET_REGION_INFO, judge_v1_region_info },
	{ UAPI_DEVICE_SET_IRQS, on_set_irqs },
	{ JUDGE_PCI_HOT_RESET, on_hot_reset },
};

static void on_ioctl(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	size_t i;

	for (i = 0; judge_v1_model(base)->speaks && i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == call->request)
			requests[i].handle(judge, judge_v1_model(base), call);
}

static void on_idle(struct judge *judge, struct judge_model *base,
		    const struct mig_call *call)
{
	struct judge_v1_model *m = judge_v1_model(base);

	if (!m->speaks)
		return;
	if (m->may != JUDGE_V1_ANY)
		judge_v1_expect(m, m->may, m->rule, "time alone");
	judge_v1_look(judge, m, call->dev);
}

static void on_mmap(struct judge *judge, struct judge_model *base,
		    const struct mig_call *call)
{
	struct judge_v1_model *m = judge_v1_model(base);
	struct judge_v1_access a;

	if (call->ret >= 0 && !judge_v1_access_of(judge, m, call, &a))
		m->mapped = true;
}

static void forget(struct judge_model *base)
{
	struct judge_v1_model *m = judge_v1_model(base);

	m->state = m->before = JUDGE_V1_UNKNOWN;
	m->exact = false;
	believe_anything(m);
	judge_v1_forget_loop(m);
}

static void met(struct judge *judge, struct judge_model *base,
		const struct mig_call *call)
{
	struct judge_v1_model *m = judge_v1_model(base);

	forget(base);
	m->mapped = false;
	m->info_len = 0;
	m->speaks = judge_v1_find_region(m, call->dev);
	if (!m->speaks || call->op != MIG_OPEN)
		return;
	judge_v1_expect(m, 1u << MIG1_RUNNING, base->reopened ?
			V1_REOPEN_GIVES_DEFAULT : V1_STARTS_RUNNING,
			"the device was opened");
	m->exact = true;
	judge_v1_look(judge, m, call->dev);
}

static const struct judge_kind kind = {
	.model_size = sizeof(struct judge_v1_model),
	.met = met,
	.forget = forget,
	.unordered = judge_v1_access_unordered,
	.handlers = {
		[MIG_IOCTL] = on_ioctl,
		[MIG_PREAD] = judge_v1_access,
		[MIG_PWRITE] = judge_v1_access,
		[MIG_MMAP] = on_mmap,
		[MIG_IDLE] = on_idle,
	},
};

int judge_v1_create(struct mig_context *ctx, struct report_sink *sink,
		    struct judge **ret_judge)
{
	return judge_create(ctx, sink, &kind, ret_judge);
}

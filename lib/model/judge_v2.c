// SPDX-License-Identifier: GPL-2.0-only
/* The v2 judge: states and features of the device file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../v2.h"
#include "judge_v2_internal.h"

const enum req judge_v2_rules[] = {
	V2_MIGRATION_IMPLIES_STOP_COPY, V2_CAPABILITIES_ARE_DEFINED,
	V2_CAPABILITIES_ARE_STATIC, V2_GET_RETURNS_STATE_AND_NO_FD,
	V2_STARTS_RUNNING, V2_LEGAL_ARCS_ARE_ACCEPTED,
	V2_ILLEGAL_TARGETS_ARE_REFUSED, V2_SAME_STATE_IS_A_NO_OP,
	V2_STATE_CHANGES_ONLY_BY_USER, V2_PATH_IS_SHORTEST,
	V2_SESSION_ARC_OPENS_DATA_FD, V2_OTHER_ARCS_OPEN_NONE,
	V2_FAILED_SET_RETURNS_NO_FD, V2_FAILED_SET_LEAVES_LEGAL_STATE,
	V2_ERROR_IS_LEFT_BY_RESET, V2_GET_WORKS_IN_ERROR,
	V2_RESET_GIVES_RUNNING, V2_DATA_SIZE_IS_A_SIZE,
	V2_DATA_FD_MAY_BE_CLOSED_EARLY, V2_DATA_FD_DIES_WITH_SESSION,
	V2_RESET_ENDS_SESSIONS, V2_SESSIONS_DIE_IN_ERROR,
	V2_RESUMING_FD_DIES_WITH_SESSION,
	V2_END_OF_STREAM_IS_PERMANENT, V2_NO_ENOMSG_IN_STOP_COPY,
	V2_PRECOPY_INFO_IS_MANDATORY, V2_PRECOPY_INFO_ARGSZ,
	V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, V2_INITIAL_BYTES_FALL_BY_READING,
	V2_NO_REINIT_WITHOUT_OPT_IN, V2_INFO2_FLAGS_ARE_OUTPUT,
	V2_INFO2_RESERVED_BITS_ARE_ZERO, V2_REINIT_RESTARTS_COUNTERS,
	V2_EMPTY_STREAM_IS_REFUSED, V2_FAILED_WRITE_POISONS_SESSION,
	REQ_COUNT,
};

static void on_reset(struct judge *judge, struct judge_v2_model *m,
		     const struct mig_call *call)
{
	m->failed = false;
	if (call->ret >= 0) {
		judge_v2_end_session(m, V2_RESET_ENDS_SESSIONS);
		judge_v2_expect(m, 1u << MIG2_RUNNING, V2_RESET_GIVES_RUNNING,
				"a reset");
	} else {
		judge_v2_believe_anything(m);
	}
	judge_v2_look(judge, m, call->dev);
}

static void on_hot_reset(struct judge *judge, struct judge_v2_model *m,
			 const struct mig_call *call)
{
	judge_v2_believe_anything(m);
	judge_v2_look(judge, m, call->dev);
}

static const struct {
	u32 request;
	bool session; /* on a data session, not on the device */
	void (*handle)(struct judge *judge, struct judge_v2_model *m,
		       const struct mig_call *call);
} requests[] = {
	{ UAPI_DEVICE_FEATURE, false, judge_v2_feature },
	{ UAPI_DEVICE_RESET, false, on_reset },
	{ JUDGE_PCI_HOT_RESET, false, on_hot_reset },
	{ UAPI_MIG_GET_PRECOPY_INFO, true, judge_v2_precopy_info },
};

static void on_ioctl(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	struct judge_v2_model *m = judge_v2_model(base);
	size_t i;

	for (i = 0; m->speaks && i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == call->request &&
		    requests[i].session == (call->session != 0))
			requests[i].handle(judge, m, call);
}

static void on_pwrite(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	struct judge_v2_model *m = judge_v2_model(base);

	if (!m->speaks || call->session || judge_place_of(base, call) != JUDGE_CONFIG)
		return;
	/* A function level reset, perhaps. */
	if (m->may != JUDGE_V2_ANY)
		m->may |= 1u << MIG2_RUNNING;
	judge_v2_look(judge, m, call->dev);
}

static void on_idle(struct judge *judge, struct judge_model *base,
		    const struct mig_call *call)
{
	struct judge_v2_model *m = judge_v2_model(base);

	if (!m->speaks)
		return;
	judge_v2_blame(judge, m, V2_STATE_CHANGES_ONLY_BY_USER, "time alone");
	judge_v2_look(judge, m, call->dev);
}

static void on_open(struct judge *judge, struct judge_model *base,
		    const struct mig_call *call)
{
	(void)judge;
	judge_v2_open_of(judge_v2_model(base), call->dev);
}

static void on_close(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	(void)judge;
	judge_v2_forget_open(judge_v2_model(base), call->dev);
}

static void forget(struct judge_model *base)
{
	struct judge_v2_model *m = judge_v2_model(base);

	judge_v2_believe_anything(m);
	m->session_known = m->info_known = m->poisoned = m->handled = false;
}

static void met(struct judge *judge, struct judge_model *base,
		const struct mig_call *call)
{
	struct judge_v2_model *m = judge_v2_model(base);
	u64 caps = m->caps;

	forget(base);
	m->speaks = judge_v2_ask_caps(m, call->dev);
	m->session = FSM_NO_SESSION;
	m->session_known = true;
	m->opted_in = false;
	m->opt_known = call->op == MIG_OPEN;
	if (!m->speaks || call->op != MIG_OPEN)
		return;
	if (base->reopened)
		judge_hold(judge, V2_CAPABILITIES_ARE_STATIC, m->caps == caps,
			   "the flags given first", "flags 0x%llx, were 0x%llx",
			   (unsigned long long)m->caps, (unsigned long long)caps);
	judge_v2_expect(m, 1u << MIG2_RUNNING, V2_STARTS_RUNNING,
			"the device was opened");
	judge_v2_look(judge, m, call->dev);
}

static void unordered(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	if (judge_v2_model(base)->speaks && call->op == MIG_IOCTL &&
	    call->request == UAPI_DEVICE_FEATURE && !call->session)
		judge_v2_feature_unordered(judge, judge_v2_model(base), call);
}

static void release(struct judge_model *base)
{
	struct judge_v2_model *m = judge_v2_model(base);

	while (m->opens)
		judge_v2_forget_open(m, m->opens->dev);
}

static const struct judge_kind kind = {
	.model_size = sizeof(struct judge_v2_model),
	.met = met,
	.forget = forget,
	.unordered = unordered,
	.handlers = {
		[MIG_OPEN] = on_open,
		[MIG_CLOSE] = on_close,
		[MIG_IOCTL] = on_ioctl,
		[MIG_PWRITE] = on_pwrite,
		[MIG_READ] = judge_v2_read,
		[MIG_WRITE] = judge_v2_write,
		[MIG_SESSION_CLOSE] = judge_v2_session_close,
		[MIG_IDLE] = on_idle,
	},
	.release = release,
};

int judge_v2_create(struct mig_context *ctx, struct report_sink *sink,
		    struct judge **ret_judge)
{
	return judge_create(ctx, sink, &kind, ret_judge);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The v1 judge: device_state and the manners of region accesses. */
#include <errno.h>
#include <string.h>

#include "../v1.h"
#include "judge_v1_internal.h"

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
		judge_v1_believe_anything(m);
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
	judge_v1_believe_anything(m);
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
	judge_v1_believe_anything(m);
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

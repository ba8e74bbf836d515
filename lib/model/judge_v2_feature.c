// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_FEATURE: what well-formed calls of the migration features say. */
#include <errno.h>
#include <string.h>

#include "judge_v2_internal.h"

/* No device holds more, and no negative errno is less. */
#define SIZE_LIMIT (1ull << 48)

static u64 payload(const void *buffer)
{
	u64 value;

	memcpy(&value, (const u8 *)buffer + sizeof(struct uapi_feature),
	       sizeof(value));
	return value;
}

static void got_caps(struct judge *judge, struct judge_v2_model *m,
		     const struct mig_call *call)
{
	u64 caps = payload(call->out);

	if (call->ret < 0)
		return;
	judge_hold(judge, V2_MIGRATION_IMPLIES_STOP_COPY,
		   caps & MIG2_CAP_STOP_COPY, "bit 0 set", "flags 0x%llx",
		   (unsigned long long)caps);
	if (caps & ~(u64)MIG2_CAP_KNOWN)
		judge_tell(judge, V2_CAPABILITIES_ARE_DEFINED, REPORT_LAPSE,
			   "0x1, 0x3, 0x5 or 0x7", "flags 0x%llx",
			   (unsigned long long)caps);
	else
		judge_hold(judge, V2_CAPABILITIES_ARE_DEFINED,
			   caps & MIG2_CAP_STOP_COPY, "0x1, 0x3, 0x5 or 0x7",
			   "flags 0x%llx", (unsigned long long)caps);
	judge_hold(judge, V2_CAPABILITIES_ARE_STATIC, caps == m->caps,
		   "the flags given first", "flags 0x%llx, were 0x%llx",
		   (unsigned long long)caps, (unsigned long long)m->caps);
}

static void hold_get(struct judge *judge, const struct mig_call *call,
		     u32 *ret_state)
{
	struct mig2_device_state state;
	u64 value = payload(call->out);

	memcpy(&state, &value, sizeof(state));
	judge_hold(judge, V2_GET_RETURNS_STATE_AND_NO_FD, state.data_fd == -1,
		   "a data_fd of -1", "data_fd %d from GET", state.data_fd);
	*ret_state = state.device_state;
}

static void got_state(struct judge *judge, struct judge_v2_model *m,
		      const struct mig_call *call)
{
	bool error = m->state == MIG2_ERROR;
	u32 state;

	if (error && call->ret != -EFAULT && call->ret != -EINTR)
		judge_hold(judge, V2_GET_WORKS_IN_ERROR, call->ret >= 0,
			   "success", "GET in ERROR gives %lld",
			   (long long)call->ret);
	if (call->ret < 0)
		return;
	hold_get(judge, call, &state);
	judge_v2_saw_state(judge, m, state);
}

static void got_state_unordered(struct judge *judge, struct judge_v2_model *m,
				const struct mig_call *call)
{
	u32 state;

	(void)m;
	if (call->ret >= 0)
		hold_get(judge, call, &state);
}

static void got_size(struct judge *judge, struct judge_v2_model *m,
		     const struct mig_call *call)
{
	u64 size = payload(call->out);

	(void)m;
	if (call->ret >= 0)
		judge_hold(judge, V2_DATA_SIZE_IS_A_SIZE, size < SIZE_LIMIT,
			   "a number of bytes below 2^48",
			   "stop_copy_length 0x%llx, %lld as a signed number",
			   (unsigned long long)size, (long long)size);
}

static void opted_in(struct judge *judge, struct judge_v2_model *m,
		     const struct mig_call *call)
{
	(void)judge;
	if (call->ret >= 0)
		m->opted_in = m->opt_known = true;
}

static const struct {
	u32 flags;
	u32 payload;
	void (*handle)(struct judge *judge, struct judge_v2_model *m,
		       const struct mig_call *call);
	void (*unordered)(struct judge *judge, struct judge_v2_model *m,
			  const struct mig_call *call);
} features[] = {
	{ MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET, 8, got_caps, got_caps },
	{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET, 8, got_state,
	  got_state_unordered },
	{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET, 8, judge_v2_set, NULL },
	{ MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET, 8, got_size, got_size },
	{ MIG2_FEATURE_PRECOPY_INFO2 | UAPI_FEATURE_SET, 0, opted_in, opted_in },
};

/* The row of a well-formed call, or -1: what is malformed has no effect. */
static int row_of(const struct mig_call *call)
{
	struct uapi_feature head;
	size_t i;

	if (call->in_len < sizeof(head))
		return -1;
	memcpy(&head, call->in, sizeof(head));
	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].flags == head.flags &&
		    head.argsz >= sizeof(head) + features[i].payload &&
		    call->in_len >= sizeof(head) + features[i].payload &&
		    call->out_len >= sizeof(head) + features[i].payload)
			return (int)i;
	return -1;
}

void judge_v2_feature(struct judge *judge, struct judge_v2_model *m,
		      const struct mig_call *call)
{
	int row;

	if (call->blind) {
		m->base.stale = true;
		return;
	}
	row = row_of(call);
	if (row >= 0)
		features[row].handle(judge, m, call);
}

void judge_v2_feature_unordered(struct judge *judge, struct judge_v2_model *m,
				const struct mig_call *call)
{
	int row = call->blind ? -1 : row_of(call);

	if (row >= 0 && features[row].unordered)
		features[row].unordered(judge, m, call);
}

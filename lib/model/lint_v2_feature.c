// SPDX-License-Identifier: GPL-2.0-only
/* Users of v2: how they fill in a request, and how they log dirty memory. */
#include <errno.h>
#include <string.h>

#include "lint_v2.h"

enum { METHODS = UAPI_FEATURE_GET | UAPI_FEATURE_SET };

static const struct {
	u32 index, methods;
	u32 payload;
} payloads[] = {
	{ MIG2_FEATURE_MIGRATION, UAPI_FEATURE_GET,
	  sizeof(struct mig2_migration) },
	{ MIG2_FEATURE_DEVICE_STATE, METHODS, sizeof(struct mig2_device_state) },
	{ MIG2_FEATURE_LOG_START, UAPI_FEATURE_SET,
	  sizeof(struct mig2_log_start) },
	{ MIG2_FEATURE_LOG_REPORT, UAPI_FEATURE_GET,
	  sizeof(struct mig2_log_report) },
	{ MIG2_FEATURE_DATA_SIZE, UAPI_FEATURE_GET,
	  sizeof(struct mig2_data_size) },
};

/* Bytes that a request needs, its header included. */
static u32 needed(const struct uapi_feature *head)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(payloads) &&
		    !(head->flags & UAPI_FEATURE_PROBE); i++)
		if ((head->flags & UAPI_FEATURE_INDEX) == payloads[i].index &&
		    (head->flags & payloads[i].methods))
			return sizeof(*head) + payloads[i].payload;
	return sizeof(*head);
}

static bool reserved_is_set(const struct mig_call *call,
			    const struct uapi_feature *head)
{
	struct mig2_log_start start;

	if (head->flags & ~(u32)(UAPI_FEATURE_INDEX | UAPI_FEATURE_PROBE |
				 METHODS))
		return true;
	if (head->flags != (MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET) ||
	    call->in_len < sizeof(*head) + sizeof(start))
		return false;
	memcpy(&start, (const u8 *)call->in + sizeof(*head), sizeof(start));
	return start.reserved != 0;
}

void lint_v2_hold_feature(struct judge *judge, const struct mig_call *call)
{
	struct uapi_feature head = { 0 };
	u32 least;

	memcpy(&head, call->in, call->in_len < sizeof(head) ? call->in_len :
	       sizeof(head));
	least = needed(&head);
	judge_hold(judge, V2_USER_FILLS_THE_IOCTL,
		   head.argsz >= least && !reserved_is_set(call, &head),
		   "an argsz that covers the payload, reserved fields of zero",
		   "argsz %u with flags 0x%x, of which %u bytes are needed%s",
		   head.argsz, head.flags, least,
		   reserved_is_set(call, &head) ? "; a reserved field is set" : "");
}

void lint_v2_hold_info(struct judge *judge, const struct mig_call *call)
{
	struct mig2_precopy_info info = { 0 };

	memcpy(&info, call->in, call->in_len < sizeof(info) ? call->in_len :
	       sizeof(info));
	judge_hold(judge, V2_USER_FILLS_THE_IOCTL,
		   info.argsz >= sizeof(info) && !info.flags,
		   "an argsz of 24 or more, and flags 0",
		   "a pre-copy query with argsz %u and flags 0x%x", info.argsz,
		   info.flags);
}

/* A report that failed may have lost bits for good. */
static void hold_restarted(struct judge *judge, struct lint_v2_model *m,
			   bool restarted)
{
	if (m->report_failed)
		judge_hold(judge, V2_USER_TREATS_ERROR_AS_ALL_DIRTY, restarted,
			   "a new START, or the end of the migration",
			   "logging went on after a REPORT had failed");
	m->report_failed = false;
}

static void start(struct judge *judge, struct lint_v2_model *m,
		  const struct mig_call *call)
{
	if (call->ret < 0)
		return;
	hold_restarted(judge, m, true);
	m->logging = true;
	m->reported_at = 0;
}

static void report(struct judge *judge, struct lint_v2_model *m,
		   const struct mig_call *call)
{
	hold_restarted(judge, m, false);
	m->report_failed = call->ret < 0 && call->ret != -EINTR;
	if (call->ret >= 0)
		m->reported_at = call->seq;
}

static void stop(struct judge *judge, struct lint_v2_model *m,
		 const struct mig_call *call)
{
	if (call->ret < 0)
		return;
	if (m->logging)
		lint_v2_order_log(judge, m);
	m->logging = false;
}

void lint_v2_log(struct judge *judge, struct lint_v2_model *m,
		 const struct mig_call *call, u32 flags)
{
	if (flags == (MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET))
		start(judge, m, call);
	else if (flags == (MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET))
		report(judge, m, call);
	else if (flags == (MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET))
		stop(judge, m, call);
}

void lint_user_v2_end(struct judge *judge)
{
	struct judge_model *base;
	struct lint_v2_model *m;

	for (base = judge->models; base; base = base->next) {
		m = lint_v2_model(base);
		hold_restarted(judge, m, false);
		if (m->fds)
			judge_hold(judge, V2_USER_FILLS_THE_IOCTL, false,
				   "each data_fd closed once",
				   "data_fd %d of call %llu was never closed",
				   m->fds->fd, (unsigned long long)m->fds->seq);
		else if (m->closed_one)
			judge_held(judge, V2_USER_FILLS_THE_IOCTL);
	}
}

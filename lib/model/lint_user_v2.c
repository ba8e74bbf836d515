// SPDX-License-Identifier: GPL-2.0-only
/* Users of v2: what they ask for, and what they leave alone. */
#include <errno.h>
#include <string.h>

#include "../v2.h"
#include "judge_v2_internal.h"
#include "lint_v2.h"

const enum req lint_user_v2_rules[] = {
	V2_USER_FILLS_THE_IOCTL, V2_USER_TOLERATES_UNKNOWN_STATES,
	V2_USER_KEEPS_STREAM_ORDER, V2_USER_KEEPS_HANDS_OFF_IN_P2P,
	V2_USER_TREATS_ERROR_AS_ALL_DIRTY, V2_USER_WAITS_FOR_NEW_INITIAL_DATA,
	V2_USER_QUIESCES_ALL_BEFORE_STOPPING, V2_USER_STARTS_IN_REVERSE,
	V2_USER_SERIALISES_WHEN_QUIET, V2_USER_NEEDS_P2P_FOR_SETS,
	V2_USER_BRACKETS_COPY_WITH_LOG, V2_USER_LOADS_ALL_BEFORE_START,
	V2_USER_ROLLS_BACK_IN_ORDER, REQ_COUNT,
};

/* ---- states ---------------------------------------------------------------------- */

/* From a P2P state on nobody but its peers' silence keeps a device still. */
static void note_quiet(struct judge *judge, struct lint_v2_model *m)
{
	if (m->state == MIG2_RUNNING_P2P || m->state == MIG2_PRE_COPY_P2P)
		m->quiet = true;
	if (m->state != MIG2_RUNNING && m->state != MIG2_PRE_COPY)
		return;
	if (m->quiet)
		judge_held(judge, V2_USER_KEEPS_HANDS_OFF_IN_P2P);
	m->quiet = false;
}

static void note_role(struct lint_v2_model *m)
{
	if (fsm_session_in(m->state) == FSM_SAVING)
		m->role = LINT_SAVED;
	else if (m->state == MIG2_RESUMING)
		m->role = LINT_LOADED;
	else if (m->state == MIG2_RUNNING)
		m->role = LINT_NO_ROLE;
}

static bool is_precopy(u32 state)
{
	return state == MIG2_PRE_COPY || state == MIG2_PRE_COPY_P2P;
}

static void hold_initial(struct judge *judge, struct lint_v2_model *m, u32 from)
{
	if (!m->opted_in || !is_precopy(from) || m->state != MIG2_STOP_COPY)
		return;
	if (m->asked && !m->initial_bytes)
		judge_held(judge, V2_USER_WAITS_FOR_NEW_INITIAL_DATA);
	else
		judge_tell(judge, V2_USER_WAITS_FOR_NEW_INITIAL_DATA,
			   REPORT_LAPSE, "initial_bytes 0 before STOP_COPY",
			   m->asked ? "STOP_COPY with %llu initial bytes left" :
				      "STOP_COPY without a query (%llu)",
			   (unsigned long long)m->initial_bytes);
}

static void moved(struct judge *judge, struct lint_v2_model *m, u32 to)
{
	u32 from = m->state;

	m->state = to;
	if (from == MIG2_RESUMING && to != MIG2_RESUMING)
		lint_v2_hold_load(judge, m);
	hold_initial(judge, m, from);
	note_quiet(judge, m);
	lint_v2_order(judge, m, from);
	note_role(m);
	if (m->state == MIG2_RUNNING && m->report_failed) {
		m->report_failed = false;
		judge_held(judge, V2_USER_TREATS_ERROR_AS_ALL_DIRTY);
	}
	if (!is_precopy(to))
		m->asked = false;
}

static void looked(struct judge *judge, struct lint_v2_model *m)
{
	if (m->failed_set)
		judge_held(judge, V2_USER_TOLERATES_UNKNOWN_STATES);
	m->failed_set = false;
}

static void set_state(struct judge *judge, struct lint_v2_model *m,
		      const struct mig_call *call)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} in, out;

	memcpy(&in, call->in, sizeof(in));
	memcpy(&out, call->out, sizeof(out));
	if (m->failed_set)
		judge_tell(judge, V2_USER_TOLERATES_UNKNOWN_STATES,
			   REPORT_BREACH, "GET or a reset after a failed SET",
			   "a SET to %s followed the failed one",
			   v2_state_name(in.state.device_state));
	m->failed_set = call->ret < 0 && call->ret != -EINTR;
	if (call->ret < 0) {
		m->state = LINT_V2_UNKNOWN;
		return;
	}
	if (out.state.data_fd >= 0)
		lint_v2_fd_given(m, out.state.data_fd, call->seq);
	if (in.state.device_state < MIG2_STATES)
		moved(judge, m, in.state.device_state);
}

static void get_state(struct judge *judge, struct lint_v2_model *m,
		      const struct mig_call *call)
{
	struct mig2_device_state state;

	looked(judge, m);
	if (call->ret < 0)
		return;
	memcpy(&state, (const u8 *)call->out + sizeof(struct uapi_feature),
	       sizeof(state));
	if (state.device_state < MIG2_STATES)
		m->state = state.device_state;
}

static void reset(struct judge *judge, struct lint_v2_model *m,
		  const struct mig_call *call)
{
	looked(judge, m);
	if (call->ret < 0)
		return;
	if (m->report_failed)
		judge_held(judge, V2_USER_TREATS_ERROR_AS_ALL_DIRTY);
	m->report_failed = m->quiet = m->asked = false;
	m->state = MIG2_RUNNING;
	m->role = LINT_NO_ROLE;
	lint_v2_order_reset(judge, m);
}

/* ---- requests -------------------------------------------------------------------- */

static void on_feature(struct judge *judge, struct lint_v2_model *m,
		       const struct mig_call *call)
{
	struct uapi_feature head;
	bool whole = call->in_len >= sizeof(head) + sizeof(u64) &&
		     call->out_len >= sizeof(head) + sizeof(u64);

	if (call->blind)
		return;
	lint_v2_hold_feature(judge, call);
	if (call->in_len < sizeof(head))
		return;
	memcpy(&head, call->in, sizeof(head));
	if (head.flags == (MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET) && whole)
		set_state(judge, m, call);
	else if (head.flags == (MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET) &&
		 whole)
		get_state(judge, m, call);
	else if (head.flags == (MIG2_FEATURE_PRECOPY_INFO2 | UAPI_FEATURE_SET))
		m->opted_in |= call->ret >= 0;
	else
		lint_v2_log(judge, m, call, head.flags);
}

static void on_info(struct judge *judge, struct lint_v2_model *m,
		    const struct mig_call *call)
{
	struct mig2_precopy_info info;

	if (call->blind || call->in_len < sizeof(info.argsz))
		return;
	lint_v2_hold_info(judge, call);
	if (call->ret < 0 || call->out_len < sizeof(info))
		return;
	memcpy(&info, call->out, sizeof(info));
	m->asked = true;
	m->initial_bytes = info.initial_bytes;
}

static void on_ioctl(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	struct lint_v2_model *m = lint_v2_model(base);

	if (!m->speaks)
		return;
	if (!call->session && call->request == UAPI_DEVICE_FEATURE)
		on_feature(judge, m, call);
	else if (!call->session && call->request == UAPI_DEVICE_RESET)
		reset(judge, m, call);
	else if (call->session && call->request == UAPI_MIG_GET_PRECOPY_INFO)
		on_info(judge, m, call);
}

static void on_access(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	struct lint_v2_model *m = lint_v2_model(base);

	if (!m->speaks || call->session || !m->quiet ||
	    judge_place_of(base, call) != JUDGE_REGION)
		return;
	judge_hold(judge, V2_USER_KEEPS_HANDS_OFF_IN_P2P, false,
		   "config space and interrupts only",
		   "a region was accessed at 0x%llx between a P2P state and RUNNING",
		   (unsigned long long)call->offset);
}

/* ---- the life of a device ---------------------------------------------------------- */

static void forget(struct judge_model *base)
{
	struct lint_v2_model *m = lint_v2_model(base);

	m->state = LINT_V2_UNKNOWN;
	m->role = LINT_NO_ROLE;
	m->failed_set = m->quiet = m->asked = m->logging = false;
	m->report_failed = m->overtaken_copy = false;
	m->overtaker = NULL;
}

static void met(struct judge *judge, struct judge_model *base,
		const struct mig_call *call)
{
	struct lint_v2_model *m = lint_v2_model(base);
	struct judge_v2_model asked = { .caps = 0 };

	(void)judge;
	forget(base);
	m->speaks = judge_v2_ask_caps(&asked, call->dev);
	m->caps = asked.caps;
	m->opted_in = false;
	if (call->op == MIG_OPEN)
		m->state = MIG2_RUNNING;
}

static void on_close(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	(void)call;
	lint_v2_order_reset(judge, lint_v2_model(base));
	lint_v2_close_streams(lint_v2_model(base));
	forget(base);
}

static void unordered(struct judge *judge, struct judge_model *base,
		      const struct mig_call *call)
{
	(void)judge;
	lint_v2_move_unordered(lint_v2_model(base), call);
}

static void release(struct judge_model *base)
{
	lint_v2_free_sessions(lint_v2_model(base));
}

const struct judge_kind lint_user_v2_kind = {
	.model_size = sizeof(struct lint_v2_model),
	.met = met,
	.forget = forget,
	.unordered = unordered,
	.handlers = {
		[MIG_CLOSE] = on_close,
		[MIG_IOCTL] = on_ioctl,
		[MIG_PREAD] = on_access,
		[MIG_PWRITE] = on_access,
		[MIG_MMAP] = on_access,
		[MIG_READ] = lint_v2_move,
		[MIG_WRITE] = lint_v2_move,
		[MIG_SESSION] = lint_v2_session,
		[MIG_SESSION_CLOSE] = lint_v2_session_close,
	},
	.release = release,
};

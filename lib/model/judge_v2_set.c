// SPDX-License-Identifier: GPL-2.0-only
/* SET of the v2 device state: what its answer says, and what GET has to show. */
#include <errno.h>
#include <string.h>

#include "../v2.h"
#include "judge_v2_internal.h"

struct set {
	struct judge *judge;
	struct judge_v2_model *m;
	u32 from, to;
	s32 fd_in, fd; /* data_fd before and after */
	s64 ret;
};

static const char *from_name(const struct set *s)
{
	return s->from == JUDGE_V2_UNKNOWN ? "?" : v2_state_name(s->from);
}

/* Refused whatever the source may be. A later kernel may allow more. */
static bool is_illegal(const struct set *s)
{
	struct fsm_path path;

	if (s->from == JUDGE_V2_UNKNOWN)
		return s->to == MIG2_ERROR || !fsm_has(s->m->caps, s->to);
	return fsm_path(s->m->caps, s->from, s->to, &path) != 0;
}

static bool may_be_newer(const struct set *s)
{
	return s->m->caps & ~(u64)MIG2_CAP_KNOWN;
}

/* ERROR asked for in what may be ERROR: not defined. */
static bool may_be_error(const struct set *s)
{
	return s->from == JUDGE_V2_UNKNOWN && s->to == MIG2_ERROR;
}

static void accepted_illegal(const struct set *s)
{
	if (s->from == MIG2_ERROR && s->to != MIG2_ERROR)
		judge_hold(s->judge, V2_ERROR_IS_LEFT_BY_RESET, false,
			   "an error", "a request for state %u in ERROR succeeds",
			   s->to);
	else if (s->from != MIG2_ERROR && !may_be_newer(s) && !may_be_error(s))
		judge_hold(s->judge, V2_ILLEGAL_TARGETS_ARE_REFUSED, false,
			   "an error", "a request from %s to state %u succeeds",
			   from_name(s), s->to);
	judge_v2_believe_anything(s->m);
	s->m->session_known = false;
}

static void hold_fd(const struct set *s, bool opens)
{
	enum req rule = opens ? V2_SESSION_ARC_OPENS_DATA_FD :
			s->from == s->to ? V2_SAME_STATE_IS_A_NO_OP :
			V2_OTHER_ARCS_OPEN_NONE;

	judge_hold(s->judge, rule, opens ? s->fd >= 0 : s->fd == -1,
		   opens ? "a data_fd of 0 or above" : "a data_fd of -1",
		   "data_fd %d after a request from %s to %s", s->fd,
		   from_name(s), v2_state_name(s->to));
}

/* RESUMING was left as if all were well. */
static void hold_load(const struct set *s, bool accepted)
{
	if (s->m->poisoned)
		judge_hold(s->judge, V2_FAILED_WRITE_POISONS_SESSION, !accepted,
			   "an error", "a request from RESUMING to %s succeeds after a write had failed",
			   v2_state_name(s->to));
	if (s->m->written || !s->m->handled)
		return;
	if (accepted)
		judge_tell(s->judge, V2_EMPTY_STREAM_IS_REFUSED, REPORT_LAPSE,
			   "an error", "a request from RESUMING to %s succeeds with nothing written",
			   v2_state_name(s->to));
	else
		judge_held(s->judge, V2_EMPTY_STREAM_IS_REFUSED);
}

static void accepted(const struct set *s)
{
	struct judge_v2_model *m = s->m;
	bool opens, closes;

	if (is_illegal(s)) {
		accepted_illegal(s);
		return;
	}
	if (s->from == JUDGE_V2_UNKNOWN) {
		/* Which session this is, if any, the fd tells. */
		opens = s->fd >= 0;
		closes = opens;
		m->session_known = false;
	} else {
		opens = fsm_opens(m->caps, s->from, s->to) != FSM_NO_SESSION;
		closes = fsm_closes(m->caps, s->from, s->to);
		hold_fd(s, opens);
		if (s->from == MIG2_RESUMING && closes)
			hold_load(s, true);
	}
	if (closes)
		judge_v2_end_session(m, V2_DATA_FD_DIES_WITH_SESSION);
	if (opens)
		judge_v2_begin_session(m, s->to);
	judge_v2_expect(m, 1u << s->to, s->from == s->to ?
			V2_SAME_STATE_IS_A_NO_OP : V2_LEGAL_ARCS_ARE_ACCEPTED,
			"a request that succeeded");
}

/* The device did as asked, and only the fd could not be handed over. */
static bool is_lost_fd(s64 ret)
{
	return ret == -EMFILE || ret == -ENFILE || ret == -EFAULT ||
	       ret == -ENOMEM;
}

/* Fails before the driver is asked, so that nobody has written the field. */
static bool is_untouched(const struct set *s)
{
	return is_lost_fd(s->ret) || s->ret == -ENOTTY ||
	       (s->ret == -EIO && s->fd == s->fd_in);
}

static u32 visible(const struct set *s)
{
	u32 state, may = 0;

	for (state = 0; state < MIG2_STATES; state++)
		if (fsm_visible_after_failure(s->m->caps, s->from, s->to, state))
			may |= 1u << state;
	return is_lost_fd(s->ret) ? may | (1u << s->to) : may;
}

static void refused_legal(const struct set *s)
{
	struct judge_v2_model *m = s->m;

	if (s->from == s->to) {
		if (s->ret != -EINTR && !is_lost_fd(s->ret))
			judge_hold(s->judge, V2_SAME_STATE_IS_A_NO_OP, false,
				   "success", "a request for %s in that state gives %lld",
				   v2_state_name(s->to), (long long)s->ret);
		judge_v2_expect(m, 1u << s->from, V2_SAME_STATE_IS_A_NO_OP,
				"a request for that state");
		return;
	}
	if (s->from == MIG2_RESUMING && fsm_closes(m->caps, s->from, s->to))
		hold_load(s, false);
	judge_v2_expect(m, visible(s), V2_FAILED_SET_LEAVES_LEGAL_STATE,
			"a request that failed");
	m->failed = true;
	m->failed_from = s->from;
	m->failed_to = s->to;
}

static void refused(const struct set *s)
{
	struct judge_v2_model *m = s->m;

	if (!is_untouched(s) && s->fd_in != -1)
		judge_hold(s->judge, V2_FAILED_SET_RETURNS_NO_FD, s->fd == -1,
			   "a data_fd of -1", "data_fd %d after a request for state %u gives %lld",
			   s->fd, s->to, (long long)s->ret);
	if (s->from == JUDGE_V2_UNKNOWN)
		judge_v2_believe_anything(m);
	else if (s->from == MIG2_ERROR)
		judge_v2_expect(m, 1u << MIG2_ERROR, V2_ERROR_IS_LEFT_BY_RESET,
				"a request in ERROR that failed");
	else if (is_illegal(s))
		judge_v2_expect(m, 1u << s->from, V2_ILLEGAL_TARGETS_ARE_REFUSED,
				"an illegal request that failed");
	else
		refused_legal(s);
}

void judge_v2_set(struct judge *judge, struct judge_v2_model *m,
		  const struct mig_call *call)
{
	struct {
		struct uapi_feature head;
		struct mig2_device_state state;
	} in, out;
	struct set s = { judge, m, m->state, 0, 0, 0, call->ret };

	memcpy(&in, call->in, sizeof(in));
	memcpy(&out, call->out, sizeof(out));
	s.to = in.state.device_state;
	s.fd_in = in.state.data_fd;
	s.fd = out.state.data_fd;
	m->failed = false;
	if (call->ret >= 0)
		accepted(&s);
	else
		refused(&s);
	judge_v2_look(judge, m, call->dev);
}

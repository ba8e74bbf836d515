// SPDX-License-Identifier: GPL-2.0-only
/* Which states GET may show, and how a look at one is held against that. */
#include <string.h>

#include "../v2.h"
#include "judge_v2_internal.h"

void judge_v2_expect(struct judge_v2_model *m, u32 may, enum req rule,
		     const char *cause)
{
	m->may = may;
	m->rule = rule;
	m->cause = cause;
}

void judge_v2_believe_anything(struct judge_v2_model *m)
{
	judge_v2_expect(m, JUDGE_V2_ANY, V2_STATE_CHANGES_ONLY_BY_USER, "-");
	m->state = JUDGE_V2_UNKNOWN;
	m->failed = false;
}

void judge_v2_blame(const struct judge *judge, struct judge_v2_model *m,
		    enum req rule, const char *cause)
{
	if (m->may == JUDGE_V2_ANY)
		return;
	/* Nobody has looked since: what was to be seen is still to be seen. */
	if (judge->passive && m->rule != V2_STATE_CHANGES_ONLY_BY_USER)
		return;
	judge_v2_expect(m, m->may, rule, cause);
}

/* A session of another kind than @state has is over. */
static void settle_session(struct judge_v2_model *m, u32 state)
{
	enum fsm_session session = fsm_session_in(state);

	if (m->session_known && session == m->session)
		return;
	/* After calls without order nobody knows which session this one is. */
	if (m->session_known || session == FSM_NO_SESSION)
		judge_v2_end_session(m, state == MIG2_ERROR ?
				     V2_SESSIONS_DIE_IN_ERROR :
				     V2_DATA_FD_DIES_WITH_SESSION);
	if (m->session_known)
		judge_v2_begin_session(m, state);
	m->session = session;
	m->session_known = true;
}

/* A state that the failed request had no business to pass. */
static void hold_path(struct judge *judge, struct judge_v2_model *m, u32 state)
{
	struct fsm_path path;
	bool on_path = false;
	u32 i;

	if (!m->failed || fsm_path(m->caps, m->failed_from, m->failed_to, &path))
		return;
	for (i = 0; i < path.count; i++)
		on_path |= path.states[i] == state;
	/* That it stayed, or failed, says nothing of the path. */
	if (state == m->failed_from || state == MIG2_ERROR)
		return;
	judge_hold(judge, V2_PATH_IS_SHORTEST, on_path, "a state of the path",
		   "%s shows after a request from %s to %s failed",
		   v2_state_name(state), v2_state_name(m->failed_from),
		   v2_state_name(m->failed_to));
}

void judge_v2_saw_state(struct judge *judge, struct judge_v2_model *m, u32 state)
{
	char may[128];

	/* A newer kernel may know more states: nothing can be said of them. */
	if (state >= MIG2_STATES) {
		judge_v2_believe_anything(m);
		return;
	}
	if (!(m->caps & ~(u64)MIG2_CAP_KNOWN))
		judge_hold(judge, V2_GET_RETURNS_STATE_AND_NO_FD,
			   fsm_has(m->caps, state),
			   "a state that the capabilities offer",
			   "%s with capabilities 0x%llx", v2_state_name(state),
			   (unsigned long long)m->caps);
	if (m->may != JUDGE_V2_ANY) {
		judge_list_states(m->may, v2_state_name, may, sizeof(may));
		judge_hold(judge, m->rule, m->may & (1u << state), may,
			   "%s after %s", v2_state_name(state), m->cause);
		hold_path(judge, m, state);
	}
	settle_session(m, state);
	m->state = state;
	m->failed = false;
	judge_v2_expect(m, 1u << state, V2_STATE_CHANGES_ONLY_BY_USER, "no call");
}

/* Nobody can look: the state is what the last call has to have made it. */
static void believe(struct judge_v2_model *m)
{
	u32 state = judge_only_state(m->may, JUDGE_V2_UNKNOWN);

	if (state != JUDGE_V2_UNKNOWN)
		settle_session(m, state);
	m->state = state;
}

struct state_buffer {
	struct uapi_feature head;
	struct mig2_device_state state;
};

void judge_v2_look(struct judge *judge, struct judge_v2_model *m,
		   struct mig_dev *dev)
{
	struct state_buffer buf = {
		.head = { .argsz = sizeof(buf),
			  .flags = MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET },
		.state = { .data_fd = -1 },
	};

	if (judge->passive)
		believe(m);
	else if (judge_ioctl(dev, UAPI_DEVICE_FEATURE, &buf) >= 0)
		judge_v2_saw_state(judge, m, buf.state.device_state);
}

bool judge_v2_ask_caps(struct judge_v2_model *m, struct mig_dev *dev)
{
	struct {
		struct uapi_feature head;
		struct mig2_migration migration;
	} buf = {
		.head = { .argsz = sizeof(buf),
			  .flags = MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET },
	};

	if (judge_ioctl(dev, UAPI_DEVICE_FEATURE, &buf) < 0)
		return false;
	m->caps = buf.migration.flags;
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "fsm.h"

/*
 * The whole machine. A device that lacks a state does its two arcs in one:
 * paths are found here and states it lacks are then taken out of them.
 */
static const struct {
	u8 from, to;
} arcs[] = {
	{ MIG2_STOP, MIG2_RUNNING_P2P },
	{ MIG2_STOP, MIG2_STOP_COPY },
	{ MIG2_STOP, MIG2_RESUMING },
	{ MIG2_STOP_COPY, MIG2_STOP },
	{ MIG2_RESUMING, MIG2_STOP },
	{ MIG2_RUNNING, MIG2_RUNNING_P2P },
	{ MIG2_RUNNING, MIG2_PRE_COPY },
	{ MIG2_RUNNING_P2P, MIG2_STOP },
	{ MIG2_RUNNING_P2P, MIG2_RUNNING },
	{ MIG2_RUNNING_P2P, MIG2_PRE_COPY_P2P },
	{ MIG2_PRE_COPY, MIG2_RUNNING },
	{ MIG2_PRE_COPY, MIG2_PRE_COPY_P2P },
	{ MIG2_PRE_COPY_P2P, MIG2_RUNNING_P2P },
	{ MIG2_PRE_COPY_P2P, MIG2_PRE_COPY },
	{ MIG2_PRE_COPY_P2P, MIG2_STOP_COPY },
};

static const struct {
	u8 caps; /* all of them are needed */
	u8 session;
	bool silent;
} traits[MIG2_STATES] = {
	[MIG2_ERROR] = { 0, FSM_NO_SESSION, true },
	[MIG2_RUNNING] = { 0, FSM_NO_SESSION, false },
	[MIG2_STOP] = { MIG2_CAP_STOP_COPY, FSM_NO_SESSION, true },
	[MIG2_STOP_COPY] = { MIG2_CAP_STOP_COPY, FSM_SAVING, true },
	[MIG2_RESUMING] = { MIG2_CAP_STOP_COPY, FSM_RESUMING, true },
	[MIG2_RUNNING_P2P] = { MIG2_CAP_STOP_COPY | MIG2_CAP_P2P,
			       FSM_NO_SESSION, false },
	[MIG2_PRE_COPY] = { MIG2_CAP_STOP_COPY | MIG2_CAP_PRE_COPY,
			    FSM_SAVING, false },
	[MIG2_PRE_COPY_P2P] = { MIG2_CAP_KNOWN, FSM_SAVING, false },
};

bool fsm_has(u64 caps, u32 state)
{
	return state < MIG2_STATES &&
	       (caps & traits[state].caps) == traits[state].caps;
}

enum fsm_session fsm_session_in(u32 state)
{
	return state < MIG2_STATES ? traits[state].session : FSM_NO_SESSION;
}

bool fsm_silent(u32 state)
{
	return state < MIG2_STATES && traits[state].silent;
}

static bool is_saving(u32 state)
{
	return fsm_session_in(state) == FSM_SAVING;
}

/* May a path between @from and @to have @state inside? */
static bool may_cross(u32 from, u32 to, u32 state)
{
	return !is_saving(state) || (is_saving(from) && is_saving(to));
}

/* Breadth first from @from; the predecessor of each state that it reached. */
static bool search(u32 from, u32 to, u8 ret_before[MIG2_STATES])
{
	u32 queue[MIG2_STATES] = { from }, head = 0, tail = 1, state;
	bool reached[MIG2_STATES] = { false };
	size_t i;

	reached[from] = true;
	while (head < tail && !reached[to]) {
		state = queue[head++];
		if (state != from && !may_cross(from, to, state))
			continue;
		for (i = 0; i < ARRAY_SIZE(arcs); i++) {
			if (arcs[i].from != state || reached[arcs[i].to])
				continue;
			reached[arcs[i].to] = true;
			ret_before[arcs[i].to] = (u8)state;
			queue[tail++] = arcs[i].to;
		}
	}
	return reached[to];
}

static bool is_forbidden(u32 from, u32 to)
{
	return to == MIG2_ERROR || from == MIG2_ERROR ||
	       (from == MIG2_STOP_COPY && is_saving(to) && to != from);
}

int fsm_path(u64 caps, u32 from, u32 to, struct fsm_path *ret_path)
{
	struct fsm_path path = { .count = 0 };
	u8 before[MIG2_STATES] = { 0 };
	u32 state, i;

	if (!fsm_has(caps, from) || !fsm_has(caps, to) ||
	    is_forbidden(from, to) || !search(from, to, before))
		return -EINVAL;
	for (state = to; state != from; state = before[state])
		if (fsm_has(caps, state))
			path.states[path.count++] = state;
	path.states[path.count++] = from;
	for (i = 0; i < path.count / 2; i++) {
		state = path.states[i];
		path.states[i] = path.states[path.count - 1 - i];
		path.states[path.count - 1 - i] = state;
	}
	*ret_path = path;
	return 0;
}

/* Is @state's session the one that all of the path is in? */
static bool spans(const struct fsm_path *path, u32 state)
{
	u32 i;

	for (i = 0; i < path->count; i++)
		if (fsm_session_in(path->states[i]) != fsm_session_in(state))
			return false;
	return true;
}

enum fsm_session fsm_opens(u64 caps, u32 from, u32 to)
{
	struct fsm_path path;

	if (fsm_path(caps, from, to, &path) || spans(&path, to))
		return FSM_NO_SESSION;
	return fsm_session_in(to);
}

bool fsm_closes(u64 caps, u32 from, u32 to)
{
	struct fsm_path path;

	return !fsm_path(caps, from, to, &path) && !spans(&path, from) &&
	       fsm_session_in(from) != FSM_NO_SESSION;
}

bool fsm_visible_after_failure(u64 caps, u32 from, u32 to, u32 seen)
{
	struct fsm_path path;
	u32 i;

	/* What is refused outright, or asks for nothing, passes no state. */
	if (fsm_path(caps, from, to, &path) || path.count == 1)
		return seen == from;
	for (i = 0; i + 1 < path.count; i++)
		if (path.states[i] == seen)
			return true;
	return seen == MIG2_ERROR;
}

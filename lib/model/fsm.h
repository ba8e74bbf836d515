/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v2 state machine, derived: fifteen arcs as data and one path rule.
 *
 * A request takes the shortest path of arcs that the device's capabilities
 * offer, and that does not pass through saving states (PRE_COPY, PRE_COPY_P2P,
 * STOP_COPY) unless the whole path stays among them. STOP_COPY never leads
 * back to PRE_COPY, ERROR is never a target and is left by reset only.
 * Source: uapi vfio.h, enum vfio_device_mig_state; the kernel's
 * vfio_mig_get_next_state() gives the same paths.
 */
#ifndef MIGCHECK_MODEL_FSM_H
#define MIGCHECK_MODEL_FSM_H

#include "../types.h"
#include "../uapi/mig2.h"

enum fsm_session { FSM_NO_SESSION, FSM_SAVING, FSM_RESUMING };

enum { FSM_PATH_MAX = 8 };

/* States from source to target, both included; arcs = states - 1. */
struct fsm_path {
	u32 states[FSM_PATH_MAX];
	u32 count;
};

/* Does a device with @caps have @state? ERROR and RUNNING always exist. */
bool fsm_has(u64 caps, u32 state);

/*
 * 0 and the path (one state where @from == @to), or -EINVAL where the request
 * has to be refused. Any 32-bit @to is fine.
 */
int fsm_path(u64 caps, u32 from, u32 to, struct fsm_path *ret_path);

/* The session that exists in @state. */
enum fsm_session fsm_session_in(u32 state);
/* What a successful request opens: a new data_fd, or none. */
enum fsm_session fsm_opens(u64 caps, u32 from, u32 to);
/* Does it end the session that @from had? */
bool fsm_closes(u64 caps, u32 from, u32 to);
/*
 * May GET show @seen after the request failed: the source, a state on the
 * path before the target, or ERROR. (The target only after a lost fd.)
 */
bool fsm_visible_after_failure(u64 caps, u32 from, u32 to, u32 seen);

/* Is the device externally silent in @state? STOP, STOP_COPY, RESUMING, ERROR. */
bool fsm_silent(u32 state);

#endif

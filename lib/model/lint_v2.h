/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the user of a v2 device. */
#ifndef MIGCHECK_MODEL_LINT_V2_H
#define MIGCHECK_MODEL_LINT_V2_H

#include "fsm.h"
#include "lint_user_internal.h"

enum {
	LINT_V2_UNKNOWN = MIG2_STATES,
	LINT_V2_STREAMS = 1024, /* beyond them nothing is compared */
};

/* What a device has in the migration at hand. */
enum lint_v2_role { LINT_NO_ROLE, LINT_SAVED, LINT_LOADED };

/* A data_fd that was handed out and is not closed. */
struct lint_v2_fd {
	struct lint_v2_fd *next;
	s32 fd;
	u64 seq;     /* of the call that gave it */
	u32 session; /* 0: nobody has used it */
};

/* All that moved through one session. */
struct lint_v2_stream {
	struct lint_v2_stream *next;
	u32 session; /* 0: of an open that is over */
	bool load;
	bool unknown; /* not all bytes, or not their order */
	u64 len;
	void *digest; /* XXH3 state */
};

struct lint_v2_model {
	struct judge_model base;
	bool speaks;
	u64 caps;
	u32 state; /* or LINT_V2_UNKNOWN */
	bool failed_set; /* and nobody has looked since */
	enum lint_v2_role role;
	bool quiet; /* from a P2P state until it runs */

	struct lint_v2_fd *fds;
	bool closed_one;
	struct lint_v2_stream *streams; /* the last one first */
	u32 stream_count;

	bool opted_in, asked;
	u64 initial_bytes;

	bool logging, report_failed;
	u64 reported_at, stopped_at; /* calls */

	/* Another device was stopped (and entered STOP_COPY) while this ran. */
	const struct lint_v2_model *overtaker;
	bool overtaken_copy;
};

static inline struct lint_v2_model *lint_v2_model(struct judge_model *base)
{
	return (struct lint_v2_model *)base;
}

/* ---- features ---- */

/* Holds how VFIO_DEVICE_FEATURE or the pre-copy query was filled in. */
void lint_v2_hold_feature(struct judge *judge, const struct mig_call *call);
void lint_v2_hold_info(struct judge *judge, const struct mig_call *call);
/* Dirty logging of the device. */
void lint_v2_log(struct judge *judge, struct lint_v2_model *model,
		 const struct mig_call *call, u32 flags);

/* ---- sessions ---- */

void lint_v2_fd_given(struct lint_v2_model *model, s32 fd, u64 seq);
judge_handler lint_v2_session; /* an fd was wrapped */
judge_handler lint_v2_session_close;
judge_handler lint_v2_move; /* a read or a write */
/* Calls without order: what they moved cannot be compared. */
void lint_v2_move_unordered(struct lint_v2_model *model,
			    const struct mig_call *call);
/* RESUMING was left as if all were loaded. */
void lint_v2_hold_load(struct judge *judge, struct lint_v2_model *model);
/* The open is over: numbers of sessions mean nothing any more. */
void lint_v2_close_streams(struct lint_v2_model *model);
void lint_v2_free_sessions(struct lint_v2_model *model);

/* ---- several devices ---- */

/* The device was taken from @from, which may be unknown, to its state. */
void lint_v2_order(struct judge *judge, struct lint_v2_model *model, u32 from);
void lint_v2_order_reset(struct judge *judge, struct lint_v2_model *model);
/* Logging ends. */
void lint_v2_order_log(struct judge *judge, struct lint_v2_model *model);

#endif

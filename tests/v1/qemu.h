/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What QEMU 5.2 to 7.2 does with a v1 device, call by call. A migration is
 *
 *   save_setup, rounds of (pending, iterate), pending, stop, complete
 *
 * with the stop first where the VM is paused or a snapshot is taken. Each
 * function gives 0, or -errno of the access that failed. None of them judges.
 */
#ifndef MIGCHECK_TESTS_V1_QEMU_H
#define MIGCHECK_TESTS_V1_QEMU_H

#include "common.h"

enum {
	QEMU_ROUNDS = 8, /* of pre-copy, then the VM stops in any case */
	QEMU_ALL = -1,
	/* Bytes that are still moved in units of 8: more would take too long. */
	QEMU_TRAPPED_MAX = 64 << 10,
};

struct qemu {
	struct v1 *v1;
	struct v1_moving how;
	u64 pending; /* as last read; 0 = not known */
	struct stream *stream;
};

/*
 * device_state: @mask is what stays of it, @value is put in. All the other
 * bits go. After a failure the state is looked at, and QEMU gives up for good
 * where that fails too, or shows the error state.
 */
static inline int qemu_set_state(struct v1 *v1, u32 mask, u32 value)
{
	u32 state;
	int ret = v1_state(v1, &state);

	if (ret)
		return ret;
	state = (state & mask) | value;
	if ((state & MIG1_BIT_RESUMING) &&
	    (state & (MIG1_BIT_SAVING | MIG1_BIT_RUNNING)))
		return -EINVAL;
	ret = v1_write_state(v1, state);
	if (ret)
		v1_state(v1, &state);
	return ret;
}

/* The VM starts or continues. */
static inline int qemu_start(struct v1 *v1)
{
	return qemu_set_state(v1, ~(u32)MIG1_STATE_MASK, MIG1_BIT_RUNNING);
}

/* It is paused, with @value SAVING for the sake of a snapshot. */
static inline int qemu_stop(struct v1 *v1, u32 value)
{
	return qemu_set_state(v1, ~(u32)MIG1_BIT_RUNNING, value);
}

/* A migration is cancelled, or has failed: the VM is to run again. */
static inline int qemu_cancel(struct v1 *v1)
{
	return qemu_set_state(v1, ~(u32)(MIG1_BIT_SAVING | MIG1_BIT_RESUMING),
			      MIG1_BIT_RUNNING);
}

/* ---- the source -------------------------------------------------------------- */

/* Here the reserved bits are cleared, whatever they were. */
static inline int qemu_save_setup(struct qemu *q)
{
	return qemu_set_state(q->v1, MIG1_STATE_MASK, MIG1_BIT_SAVING);
}

/* An error is dropped here, the next access will show it. */
static inline void qemu_save_pending(struct qemu *q)
{
	if (v1_pending(q->v1, &q->pending))
		q->pending = 0;
}

/* 1 with a chunk, 0 where there is none now, -errno. */
static inline int qemu_save_iterate(struct qemu *q)
{
	int ret = q->pending ? 0 : v1_pending(q->v1, &q->pending);

	if (ret || !q->pending)
		return ret;
	ret = v1_collect_chunk(q->v1, &q->how, q->stream);
	q->pending = 0;
	return ret ? ret : 1;
}

static inline int qemu_rounds(struct qemu *q)
{
	int i, ret = 1;

	for (i = 0; i < QEMU_ROUNDS && ret > 0; i++) {
		qemu_save_pending(q);
		ret = qemu_save_iterate(q);
	}
	/* The decision to stop is taken on a fresh value. */
	qemu_save_pending(q);
	return ret < 0 ? ret : 0;
}

/*
 * The rest, at most @chunks of it. QEMU leaves this loop at a chunk of no
 * bytes; here it goes on, so that one rule alone is broken by such a chunk.
 */
static inline int qemu_drain(struct qemu *q, int chunks)
{
	return v1_collect(q->v1, &q->how, chunks > 0 ? (u64)chunks : 0,
			  q->stream, NULL);
}

/* @again: STOP_COPY is written to a device that is in it, as QEMU does. */
static inline int qemu_complete(struct qemu *q, bool again)
{
	int ret = 0;

	if (again)
		ret = qemu_set_state(q->v1, ~(u32)MIG1_BIT_RUNNING,
				     MIG1_BIT_SAVING);
	if (!ret)
		ret = qemu_drain(q, QEMU_ALL);
	return ret ? ret : qemu_set_state(q->v1, ~(u32)MIG1_BIT_SAVING, 0);
}

/* ---- the destination ----------------------------------------------------------- */

static inline int qemu_load_setup(struct v1 *v1)
{
	return qemu_set_state(v1, ~(u32)MIG1_STATE_MASK, MIG1_BIT_RESUMING);
}

#endif

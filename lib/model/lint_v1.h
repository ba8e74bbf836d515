/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the user of a v1 device. */
#ifndef MIGCHECK_MODEL_LINT_V1_H
#define MIGCHECK_MODEL_LINT_V1_H

#include "../uapi/mig1.h"
#include "lint_user_internal.h"

enum {
	LINT_V1_UNKNOWN = MIG1_STATES,
	LINT_V1_CHUNKS = 65536, /* of one stream; longer ones are not compared */
	LINT_V1_SAVES = 64,
};

struct lint_v1_chunk {
	u64 size;
	bool full; /* fills the place from data_offset to the region's end */
};

/* Chunks as they were collected, or loaded. */
struct lint_v1_stream {
	struct lint_v1_stream *next;
	struct lint_v1_chunk *chunks;
	u32 count, room;
	bool spoilt;  /* not all of it was seen: nothing can be compared */
	bool unread;  /* sizes are known, bytes are not */
	void *digest; /* XXH3 state over the bytes */
	u64 offset, size, done; /* of the chunk at hand: place, length, moved */
	bool has_offset, has_size;
};

struct lint_v1_model {
	struct judge_model base;
	bool speaks;
	struct uapi_region_info region;

	u32 state; /* low bits, or LINT_V1_UNKNOWN */
	bool read; /* device_state was read since the last write or reset: */
	u32 value;
	bool failed_write;  /* and device_state was not read since */
	bool saw_error;	    /* that read has shown the error state */
	bool failed_access; /* of the data loop */

	/* Of this stay in STOP_COPY. */
	bool pending_known, complete, collecting;
	u64 pending, fetched;

	/* Another device was collected from while this one ran. */
	const struct lint_v1_model *overtaker;
	bool others_ran; /* another one was started while this one loads */

	struct lint_v1_stream saving, loading, *saves;
	u32 save_count;
	bool saves_lost;
};

struct lint_v1_access {
	struct judge *judge;
	struct lint_v1_model *model;
	const struct mig_call *call;
	u64 offset; /* in the region */
};

static inline struct lint_v1_model *lint_v1_model(struct judge_model *base)
{
	return (struct lint_v1_model *)base;
}

static inline bool lint_v1_saving(const struct lint_v1_model *m)
{
	return m->state == MIG1_PRE_COPY || m->state == MIG1_STOP_COPY;
}

/* ---- device_state ---- */

void lint_v1_read_state(const struct lint_v1_access *access);
void lint_v1_write_state(const struct lint_v1_access *access);
/* The user does something else than looking at what a failure has left. */
void lint_v1_after_failure(struct judge *judge, struct lint_v1_model *model,
			   const char *what);
/* Another stay in a state begins: nothing is known of its loop. */
void lint_v1_new_stay(struct lint_v1_model *model);

/* ---- chunks ---- */

void lint_v1_stream_begin(struct lint_v1_stream *stream);
void lint_v1_stream_free(struct lint_v1_stream *stream);
/* A data_offset or data_size that was read. */
void lint_v1_chunk_offset(struct lint_v1_stream *stream, u64 offset);
void lint_v1_chunk_size(struct lint_v1_stream *stream, u64 size);
/* Bytes moved at @offset of the region; NULL where they are not known. */
void lint_v1_chunk_moved(struct lint_v1_stream *stream, u64 offset,
			 const void *bytes, size_t len);
/* The chunk at hand is over, and had its size. */
void lint_v1_chunk_end(struct lint_v1_stream *stream, u64 region_size);
/* pending_bytes has read 0: what was collected is kept for comparison. */
void lint_v1_save_end(struct lint_v1_model *model);
/* RESUMING was left as if all were loaded. */
void lint_v1_hold_load(struct judge *judge, struct lint_v1_model *model);

/* ---- several devices ---- */

/* pending_bytes was read in STOP_COPY. */
void lint_v1_order_collect(struct judge *judge, struct lint_v1_model *model);
/* device_state was written with success. */
void lint_v1_order_state(struct judge *judge, struct lint_v1_model *model,
			 u32 from, u32 to);
/* A transaction was committed in RESUMING. */
void lint_v1_order_load(struct judge *judge, struct lint_v1_model *model);
void lint_v1_order_reset(struct judge *judge, struct lint_v1_model *model);

#endif

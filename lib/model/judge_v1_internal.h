/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of a v1 device: which values device_state may show now, and where
 * in the save or restore loop its user is.
 */
#ifndef MIGCHECK_MODEL_JUDGE_V1_INTERNAL_H
#define MIGCHECK_MODEL_JUDGE_V1_INTERNAL_H

#include "../uapi/mig1.h"
#include "judge_internal.h"

enum {
	JUDGE_V1_ANY = 0xff,	/* all values of the three low bits */
	JUDGE_V1_UNKNOWN = MIG1_STATES,
};

/* From one pending_bytes read to the next. */
struct judge_v1_iteration {
	bool pending_known, offset_known, size_known;
	u64 pending, offset, size;
};

struct judge_v1_model {
	struct judge_model base;
	bool speaks; /* has a migration region */
	struct uapi_region_info region;
	u8 info[MIG_ARG_SEEN]; /* the region's description in full, once seen */
	size_t info_len;

	/* Bit n: device_state may show n. Where it does not, @rule is broken. */
	u32 may;
	enum req rule;
	u32 state;   /* last seen, or JUDGE_V1_UNKNOWN */
	u32 before;  /* at the last state write */
	const char *cause; /* what was done last to device_state */
	bool exact;  /* the next reading is of a fresh device: no other bits */

	struct judge_v1_iteration iteration;
	/* Of this stay in STOP_COPY. */
	bool zero_seen, empty_seen, disturbed;
	u64 chunks, bytes;
	/* Some other region is mapped: it may be touched unseen. */
	bool mapped;
	/* In RESUMING: where the next transaction goes, unless written since. */
	bool place_known;
	u64 place;
};

/* An access to the region, @offset counted from its start. */
struct judge_v1_access {
	struct judge *judge;
	struct judge_v1_model *model;
	const struct mig_call *call;
	u64 offset;
};

static inline struct judge_v1_model *judge_v1_model(struct judge_model *base)
{
	return (struct judge_v1_model *)base;
}

/* From now on device_state has to show one of @may, on pain of @rule. */
void judge_v1_expect(struct judge_v1_model *model, u32 may, enum req rule,
		     const char *cause);
/* It may show whatever it likes. */
void judge_v1_believe_anything(struct judge_v1_model *model);
/* Holds what a reading of device_state shows against the model. */
void judge_v1_saw_state(struct judge *judge, struct judge_v1_model *model,
			u32 value);
/* Reads device_state behind the user's back; it can be read at any time. */
void judge_v1_look(struct judge *judge, struct judge_v1_model *model,
		   struct mig_dev *dev);
/* A four-byte write to device_state, successful or not. */
void judge_v1_wrote_state(const struct judge_v1_access *access);

/* Reads and writes of the device file. */
judge_handler judge_v1_access;
/* The part of it that holds while other threads make calls. */
judge_handler judge_v1_access_unordered;
/* Is @call inside the region? */
bool judge_v1_access_of(struct judge *judge, struct judge_v1_model *model,
			const struct mig_call *call,
			struct judge_v1_access *ret_access);

/* False where the device has no migration region. */
bool judge_v1_find_region(struct judge_v1_model *model, struct mig_dev *dev);
/* Asks for the description again, and one that a user has asked for. */
void judge_v1_look_at_info(struct judge *judge, struct judge_v1_model *model,
			   struct mig_dev *dev);
void judge_v1_region_info(struct judge *judge, struct judge_v1_model *model,
			  const struct mig_call *call);

/* Another stay in a state begins: nothing is known of its loop. */
void judge_v1_forget_loop(struct judge_v1_model *model);

/* Does anything but the region's user change the device now? */
bool judge_v1_disturbed(const struct judge *judge,
			const struct judge_v1_model *model);

/* Successful reads of the whole field. */
void judge_v1_pending_read(const struct judge_v1_access *access);
void judge_v1_offset_read(const struct judge_v1_access *access);
void judge_v1_size_read(const struct judge_v1_access *access);
void judge_v1_reserved_read(const struct judge_v1_access *access);
/* A write to anything but device_state, successful or not. */
void judge_v1_wrote(const struct judge_v1_access *access);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of a v2 device: which states GET may show now, which data session
 * exists, and what its user moved through it.
 *
 * Calls name a session by its number among those of one open. A number says
 * nothing of when the session began; so for each open the judge keeps the
 * highest number that existed when a session was known to be over.
 */
#ifndef MIGCHECK_MODEL_JUDGE_V2_INTERNAL_H
#define MIGCHECK_MODEL_JUDGE_V2_INTERNAL_H

#include "fsm.h"
#include "judge_internal.h"

enum {
	JUDGE_V2_ANY = 0xff, /* all states */
	JUDGE_V2_UNKNOWN = MIG2_STATES,
};

/* One open of the device. Sessions up to @dead are over. */
struct judge_v2_open {
	struct judge_v2_open *next;
	struct mig_dev *dev;
	u32 dead, dead_before;
	enum req rule; /* broken by data from @dead_before + 1 to @dead */
};

/* A session whose stream has ended for good. */
struct judge_v2_ended {
	struct judge_v2_ended *next;
	struct mig_dev *dev;
	u32 number;
};

struct judge_v2_model {
	struct judge_model base;
	bool speaks; /* answers the migration feature */
	u64 caps;

	/* Bit n: GET may show n. Where it does not, @rule is broken. */
	u32 may;
	enum req rule;
	const char *cause;
	u32 state; /* last seen, or JUDGE_V2_UNKNOWN */
	/* The last SET, when it failed. */
	bool failed;
	u32 failed_from, failed_to;

	enum fsm_session session;
	bool session_known;
	struct judge_v2_open *opens;
	struct judge_v2_ended *ended;
	/* Of this session: */
	bool began_p2p;
	bool handled; /* its file was used, so its data is seen here */
	bool written, poisoned;
	bool info_known;
	u64 initial_bytes; /* as told last */

	bool opted_in, opt_known;
};

static inline struct judge_v2_model *judge_v2_model(struct judge_model *base)
{
	return (struct judge_v2_model *)base;
}

/* From now on GET has to show one of @may, on pain of @rule. */
void judge_v2_expect(struct judge_v2_model *model, u32 may, enum req rule,
		     const char *cause);
/* What the user does now must not change a state that is known. */
void judge_v2_blame(const struct judge *judge, struct judge_v2_model *model,
		    enum req rule, const char *cause);
void judge_v2_believe_anything(struct judge_v2_model *model);
/* Holds what GET shows against the model. */
void judge_v2_saw_state(struct judge *judge, struct judge_v2_model *model,
			u32 state);
/* Asks for the state behind the user's back. */
void judge_v2_look(struct judge *judge, struct judge_v2_model *model,
		   struct mig_dev *dev);
/* Asks for the capabilities; false where the device has no migration. */
bool judge_v2_ask_caps(struct judge_v2_model *model, struct mig_dev *dev);
/* VFIO_DEVICE_FEATURE on the device. */
void judge_v2_feature(struct judge *judge, struct judge_v2_model *model,
		      const struct mig_call *call);
/* The part of it that holds while other threads make calls. */
void judge_v2_feature_unordered(struct judge *judge,
				struct judge_v2_model *model,
				const struct mig_call *call);
/* A well-formed SET of the device state; what it says of state and fd. */
void judge_v2_set(struct judge *judge, struct judge_v2_model *model,
		  const struct mig_call *call);

/* The session is over, and data that still moves breaks @rule. */
void judge_v2_end_session(struct judge_v2_model *model, enum req rule);
/* A session has begun on the way into @state. */
void judge_v2_begin_session(struct judge_v2_model *model, u32 state);
/* The open that @dev is, made when it is met; NULL without memory. */
struct judge_v2_open *judge_v2_open_of(struct judge_v2_model *model,
				       struct mig_dev *dev);
/* The stream of session @number of @dev has ended for good. */
void judge_v2_note_end(struct judge_v2_model *model, struct mig_dev *dev,
		       u32 number);
bool judge_v2_has_ended(const struct judge_v2_model *model,
			const struct mig_dev *dev, u32 number);
/* @number 0: of all sessions of @dev. */
void judge_v2_forget_ends(struct judge_v2_model *model, struct mig_dev *dev,
			  u32 number);
void judge_v2_forget_open(struct judge_v2_model *model, struct mig_dev *dev);

judge_handler judge_v2_read;
judge_handler judge_v2_write;
judge_handler judge_v2_session_close;
/* VFIO_MIG_GET_PRECOPY_INFO on a session. */
void judge_v2_precopy_info(struct judge *judge, struct judge_v2_model *model,
			   const struct mig_call *call);

#endif

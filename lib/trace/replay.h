/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Repeats the calls of a trace on a device, in their order and one at a time.
 *
 * What the recorded device made up is put in place of what the trace has: each
 * data session stands for the one of the same number, data that was copied from
 * an earlier read is copied from what this device gave, regions are where this
 * device has them. All else is as recorded, so another device may answer
 * otherwise: that is told, and the replay goes on.
 *
 * Not repeated: calls on bad pointers where the carrier does not see them,
 * calls that name descriptors of the recorded process, container requests.
 */
#ifndef MIGCHECK_TRACE_REPLAY_H
#define MIGCHECK_TRACE_REPLAY_H

#include "reader.h"

struct replay_teller {
	/* The call of @step gave something else, or was left out: @text. */
	void (*differs)(struct replay_teller *self,
			const struct trace_step *step, const char *text);
};

struct replay_options {
	const char *uri; /* in the place of the first device's, or NULL */
	struct replay_teller *teller;
	u32 deadline_ms; /* after which no further call is begun */
};

struct replay_result {
	u64 repeated, differing, left_out;
	bool late;	/* the deadline came first */
	u32 devices;	/* that were opened */
};

/*
 * Repeats all of @reader in @ctx, whose observers see each call under the
 * numbers of this context; then closes what is left of sessions and devices,
 * in whatever state. 0, or -errno of opening the first device, of which
 * mig_open_error() tells more.
 */
int replay_run(struct trace_reader *reader, struct mig_context *ctx,
	       const struct replay_options *options,
	       struct replay_result *ret_result);

#endif

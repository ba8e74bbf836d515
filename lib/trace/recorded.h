/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of a trace as observers see calls, without a device. What stands
 * for each device answers what the trace has answers for: its description. All
 * else fails as if interrupted, so a judge that is fed has to be passive.
 *
 * Long data is not in a trace; bytes made from its digest stand for it, the
 * same wherever the trace says that data is the same.
 */
#ifndef MIGCHECK_TRACE_RECORDED_H
#define MIGCHECK_TRACE_RECORDED_H

#include "reader.h"

struct recorded_listener {
	void (*called)(struct recorded_listener *self,
		       const struct mig_call *call);
};

/* Tells all calls of @reader in order, in @ctx. 0 or -errno. */
int recorded_tell(struct trace_reader *reader, struct mig_context *ctx,
		  struct recorded_listener *listener);

#endif

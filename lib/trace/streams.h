/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that was read from each file of a trace, in order: mostly what was saved,
 * and is loaded later. So long data that is written needs no second copy.
 */
#ifndef MIGCHECK_TRACE_STREAMS_H
#define MIGCHECK_TRACE_STREAMS_H

#include "line.h"

struct trace_stream;

struct trace_streams {
	struct trace_stream *list;
	u64 held, limit; /* bytes of all; beyond the limit they are dropped */
	struct trace_place next; /* where what is written next is looked for */
};

void trace_streams_init(struct trace_streams *streams, u64 limit);
void trace_streams_free(struct trace_streams *streams);

/* @len more bytes came from the file. 0, -ENOMEM, or -EFBIG: dropped. */
int trace_streams_add(struct trace_streams *streams, u32 device, u32 session,
		      const void *bytes, size_t len);

/* A place where these bytes were read. -ENOENT. */
int trace_streams_find(struct trace_streams *streams, const void *bytes,
		       size_t len, struct trace_place *ret_place);

/* The @len bytes at @place, good until the next add; NULL without them. */
const u8 *trace_streams_at(const struct trace_streams *streams,
			   const struct trace_place *place, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that led to something: a ring of the last ones, as text.
 *
 * A line of a trace is one call and can be read by people and by replay:
 *   SEQ DEVICE.SESSION OP ARGUMENTS = RESULT [# what it means]
 *   17 0.0 pwrite @0x90000000000 4 02000000 = 4 # device_state := STOP_COPY
 *   18 0.0 ioctl 0x3b75 in:18000000... out:... = 0 # SET DEVICE_STATE PRE_COPY
 *   19 0.1 read 65536 = 4096 # data
 * Data bytes beyond the first 32 are cut and marked "..".
 */
#ifndef MIGCHECK_TRACE_H
#define MIGCHECK_TRACE_H

#include "../mig.h"

enum { TRACE_CALLS = 256, TRACE_LINE = 320 };

/* A call as it was, with as much of its data as a line may need. */
struct trace_entry {
	struct mig_call call;
	u8 in[MIG_ARG_SEEN], out[MIG_ARG_SEEN];
	u32 device;
	char uri[64]; /* of an open, may be cut */
};

struct trace {
	struct mig_observer observer; /* first: it is one */
	u64 count;
	u64 v1_base, v1_size; /* migration region, for the comments; 0 = none */
	struct trace_entry entries[TRACE_CALLS];
};

void trace_init(struct trace *trace);

/*
 * The line of the @back-th last call (0 = last), NUL-terminated, cut at
 * @size. False beyond what is kept.
 */
bool trace_line(const struct trace *trace, u64 back, char *ret_line, size_t size);

/* Writes the ring to @path, oldest first. 0 or -errno. */
int trace_save(const struct trace *trace, const char *path);

#endif

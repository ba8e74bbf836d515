/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that led to something: a ring of the last ones, as text. It ends with
 * the call that has found the device lost (mig_lost()).
 *
 * A line of a trace is one call, for people and for replay:
 *   SEQ DEVICE.SESSION OP ARGUMENTS = RESULT [# what it means]
 *   17 0.0 pwrite @0x90000000000 4 02000000 = 4 # device_state := STOP_COPY
 *   18 0.0 ioctl 0x3b75 in:10000000... out:... = 0 # FEATURE 2 SET PRE_COPY fd 7
 *   19 0.1 session 7 = 0
 *   20 0.1 read 65536 51df... = 4096
 * Arguments: the offset in the file with an @; the request of an ioctl, or the
 * length (idle, poll: ms; session: data_fd); prot: and events: as numbers;
 * "blind" where the argument may not be looked at, "concurrent" where other
 * threads were making calls; then the data in hexadecimal digits, and behind
 * ptr: what the argument of an ioctl pointed to.
 *
 * In the ring data beyond the first 32 bytes is cut and marked "..". A log
 * (log.h) has all of it up to 64 KiB. Longer data is
 *   xxh:DIGEST:LENGTH [from:DEVICE.SESSION+OFFSET]
 * where the second part names earlier bytes of the same trace that it equals:
 * all that was read from that file, counted from the first byte. A log has the
 * memory of the context, too: 21 - dma-map @IOVA LENGTH = 0, and dma-unmap.
 */
#ifndef MIGCHECK_TRACE_H
#define MIGCHECK_TRACE_H

#include "../mig.h"

/* Calls that are kept, bytes of a line, bytes of data that a line shows. */
enum { TRACE_CALLS = 256, TRACE_LINE = 320, TRACE_SHOWN = 32 };

/* A call as it was, with as much of its data as a line may need. */
struct trace_entry {
	struct mig_call call;
	u8 in[TRACE_SHOWN], out[TRACE_SHOWN];
	u32 device;
	char uri[64]; /* of an open, may be cut */
};

struct trace {
	struct mig_observer observer; /* first: it is one */
	u64 count;
	bool over; /* the device was lost, by the call that came last */
	u64 v1_base, v1_size; /* migration region, for the comments; 0 = none */
	struct trace_entry entries[TRACE_CALLS];
};

void trace_init(struct trace *trace);

/*
 * The line of the @back-th last call (0 = last), NUL-terminated, cut at
 * @size. False beyond what is kept.
 */
bool trace_line(const struct trace *trace, u64 back, char *ret_line, size_t size);

#endif

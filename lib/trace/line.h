/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call as a line of text, and back. trace.h has the form.
 */
#ifndef MIGCHECK_TRACE_LINE_H
#define MIGCHECK_TRACE_LINE_H

#include "../mig.h"

/* Ops of a line that are no calls: memory was mapped for DMA, or no longer. */
enum { TRACE_DMA_MAP = MIG_OPS, TRACE_DMA_UNMAP, TRACE_OPS };

enum {
	TRACE_WHOLE = 65536, /* data up to here is in a log, byte for byte */
	TRACE_ERROR = 128,
};

/* A place in all that was read from one file of a trace, in order. */
struct trace_place {
	u32 device, session;
	u64 offset;
};

/* What a line says beyond the call itself. */
struct trace_words {
	u32 device;
	const char *uri;	  /* of an open */
	u64 v1_base, v1_size;	  /* migration region, for the comment; 0 = none */
	size_t shown;		  /* data beyond so many bytes is cut, "..", */
	const char *instead;	  /* or this stands for all of it */
	const void *pointed;	  /* what the argument pointed to, or NULL */
	size_t pointed_len;
};

/* Writes the line of @call, NUL-terminated and cut at @size; its length. */
size_t trace_line_format(const struct mig_call *call,
			 const struct trace_words *words, char *ret_line,
			 size_t size);

/* Data of a line. Long data is known by length and digest only. */
struct trace_bytes {
	const u8 *bytes; /* NULL: none, or long */
	size_t len;
	u64 digest;	 /* XXH3 of long data */
	bool placed;	 /* it equals what was read at @from */
	struct trace_place from;
};

/* A line, taken apart. */
struct trace_step {
	u64 seq;
	int op; /* enum mig_op, or one from above */
	u32 device, session;
	u32 request; /* as in struct mig_call */
	u64 offset, len;
	s64 ret;
	bool blind, concurrent;
	const char *uri; /* of an open, else NULL */
	struct trace_bytes in, out;
	struct trace_bytes pointed; /* to by the argument */
};

/*
 * Takes @line apart, in place: strings and bytes of the step lie in it. 0, or
 * -EINVAL where it is no line of a log; @ret_error then says why.
 */
int trace_line_parse(char *line, struct trace_step *ret_step,
		     char ret_error[TRACE_ERROR]);

const char *trace_op_name(int op);

#endif

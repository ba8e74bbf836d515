/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a log (log.h) again. Whoever wrote the file is not trusted: opening
 * reads all of it once and refuses what is no log, so that nothing is repeated
 * of a file whose end is malformed. What is learned on that way is there
 * before the first step is asked for.
 */
#ifndef MIGCHECK_TRACE_READER_H
#define MIGCHECK_TRACE_READER_H

#include "line.h"

enum {
	TRACE_DEVICES = 64,
	TRACE_STEPS_MAX = 4 << 20,
	TRACE_ANSWERS = 512,
};

/* What a device said of itself: it says so again whenever it is asked. */
struct trace_answer {
	u32 device, request;
	u32 key; /* region index, or flags of a feature call */
	u32 len;
	u8 bytes[MIG_ARG_SEEN];
};

struct trace_source; /* a file of which later data is a copy */

struct trace_reader {
	/* The first lines. Strings are "" and numbers 0 where they lack. */
	char uris[512], profile[32], rules[32], test[128], broken[256];
	int generation;
	u64 seed;

	char *device_uris[TRACE_DEVICES]; /* as opened, or NULL */
	u64 calls;
	bool cut; /* the log had reached its limit */
	bool mapped; /* something was mapped: data may have moved unseen */
	struct trace_answer *answers;
	u32 answer_count;
	struct trace_source *sources;

	/* Where it stands. */
	void *file;
	char *line;
	u64 number;	 /* of the line */
	u32 line_room;
	char error[256]; /* one line on what is wrong */
};

/*
 * -EINVAL where @path is no log, or malformed, -EFBIG where it is too long,
 * -errno where it cannot be read; the reader's error tells, and it has to be
 * closed all the same.
 */
int trace_reader_open(const char *path, struct trace_reader *ret_reader);
void trace_reader_close(struct trace_reader *reader);

/* 1 and the next step, good until the next call; 0 at the end; -errno. */
int trace_reader_next(struct trace_reader *reader, struct trace_step *ret_step);
/* To the first step again. */
void trace_reader_rewind(struct trace_reader *reader);

/* Is anything that was read from this file written later by reference? */
bool trace_reader_is_source(const struct trace_reader *reader, u32 device,
			    u32 session);

/*
 * The answer of @device to @request about @key, the longest that was given;
 * NULL where nobody has asked.
 */
const struct trace_answer *trace_reader_answer(const struct trace_reader *reader,
					       u32 device, u32 request, u32 key);
/* Keeps it, if @step has one: for the reader's own first pass. */
void trace_reader_note(struct trace_reader *reader,
		       const struct trace_step *step);

#endif

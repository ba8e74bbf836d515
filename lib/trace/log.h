/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log: every call of one test with its data, in a file that replays.
 *
 * It is written as the calls happen, under a temporary name; the first breach,
 * or the loss of the device, gives it its own, and a log without is removed. Nothing but the file is
 * kept in memory, except what was read, up to a bound: long data that is
 * written is looked for there. A file ends at TRACE_FILE_MAX bytes, with a line
 * that says so, or with the call that has found the device lost (mig_lost()).
 *
 *   # migcheck trace 1
 *   # devices URI...
 *   # generation 2
 *   # profile default
 *   # seed 1
 *   # rules 16 hexadecimal digits, the hash of the table
 *   # test v2_session-old_fd_is_dead
 *   # broken V2-FD-006...
 *   1 0.0 open URI = 0
 *
 * Not in it: the data that a user moves through a mapping, and requests to a
 * container.
 */
#ifndef MIGCHECK_TRACE_LOG_H
#define MIGCHECK_TRACE_LOG_H

#include "../mig.h"

enum { TRACE_FILE_MAX = 64 << 20, TRACE_NAME = 192 };

struct trace_log;

/* What the first lines say. */
struct trace_about {
	const char *uris; /* as in MIGCHECK_DEVICES */
	int generation;
	const char *profile;
	u64 seed;
	const char *test;
};

/* Logs all calls of @ctx from now on to a file in @dir. 0 or -errno. */
int trace_log_open(struct mig_context *ctx, const char *dir,
		   const struct trace_about *about, struct trace_log **ret_log);

/* Where the migration region lies in the device file, for the comments. */
void trace_log_region(struct trace_log *log, u64 base, u64 size);

/*
 * Keeps the file; its name, without its directory, or NULL where it could not
 * be had. NULL is fine.
 */
const char *trace_log_keep(struct trace_log *log);

/* As trace_log_keep(), since rule @number was broken. */
const char *trace_log_broke(struct trace_log *log, const char *number);

/* Ends it, before the context goes. NULL is fine. */
void trace_log_close(struct trace_log *log);

#endif

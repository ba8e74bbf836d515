/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that touch devices. A device may hold whoever calls it for ever,
 * so nothing in the tool itself makes a call: a child does, with a deadline.
 *
 * Each child leads a session of its own, by which it and all that it has
 * started are found and killed. First SIGTERM, then SIGKILL; what survives
 * both is stuck in the kernel and is left behind.
 *
 * The tool must be a subreaper (child_prepare()) and must not use SIGCHLD.
 */
#ifndef MIGCHECK_RUN_CHILD_H
#define MIGCHECK_RUN_CHILD_H

#include "../types.h"

enum child_end {
	CHILD_EXITED,	   /* status = exit status */
	CHILD_KILLED,	   /* status = the signal that it died of */
	CHILD_TIMEOUT,	   /* deadline passed, killed */
	CHILD_INTERRUPTED, /* somebody wants the tool to end, killed */
	CHILD_ABANDONED,   /* stuck in the kernel, status = its process id */
};

struct child_result {
	enum child_end end;
	int status;
	char stuck_in[64]; /* abandoned: kernel function that it sleeps in, or "" */
};

struct child {
	int pid;    /* and session */
	int out;    /* its standard output and error */
	int pidfd;
	size_t len; /* of line */
	char line[4096];
};

/* Who wants to know meanwhile. Members may be NULL, fd -1. */
struct child_watch {
	void *ctx;
	void (*line)(void *ctx, const char *line);
	int fd; /* calls ready() when readable */
	void (*ready)(void *ctx);
	bool (*expired)(void *ctx); /* asked often: true = the deadline is now */
};

/* Subreaper; SIGINT, SIGTERM and SIGHUP no longer kill but interrupt. */
void child_prepare(void);
/* The signal that came, or 0. */
int child_interrupted(void);
/* Forgets it: what cleans up is interrupted by the next one only. */
void child_forget_interrupt(void);
u64 child_clock_ms(void); /* monotonic */

/*
 * Starts @argv with the @env strings ("NAME=VALUE", NULL-terminated, may be
 * NULL) on top of our environment. -errno of fork or pipe; an @argv that
 * cannot be executed ends with status 127.
 */
int child_start(const char *const *argv, const char *const *env,
		struct child *ret_child);
/* Calls @fn in a child; its return value is the exit status. */
int child_start_function(int (*fn)(void *arg, int out), void *arg,
			 struct child *ret_child);

/* Waits, at most @deadline_ms, then makes sure that nothing is left of it. */
void child_wait(struct child *child, u32 deadline_ms,
		const struct child_watch *watch,
		struct child_result *ret_result);

/*
 * Runs @argv and keeps the first @size - 1 bytes of its output in @ret_text.
 * The exit status, or -ETIMEDOUT, or -EIO where it died otherwise.
 */
int child_output(const char *const *argv, u32 deadline_ms, char *ret_text,
		 size_t size);

#endif

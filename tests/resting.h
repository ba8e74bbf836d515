/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a thread has come as far as it can: it waits in the kernel, or it has
 * ended. Who wants to act just then waits for that, not for some time to pass.
 */
#ifndef TESTS_RESTING_H
#define TESTS_RESTING_H

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "types.h"

enum {
	RESTING_LOOKS = 100, /* in a row, each of them at a thread that waits */
	RESTING_WAIT_S = 10, /* at most, for one that never does */
};

/* The thread whose number a body of its own leaves there: tid = gettid(). */
typedef _Atomic pid_t resting_tid;

static inline bool resting_now(pid_t tid)
{
	char path[64], text[256] = "", *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	name_end = strrchr(text, ')');
	return !name_end || strchr("SDZX", name_end[2]);
}

static inline void resting_await(resting_tid *tid)
{
	struct timespec begin, now;
	int looks = 0;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		sched_yield();
		looks = *tid && resting_now(*tid) ? looks + 1 : 0;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (looks < RESTING_LOOKS && now.tv_sec - begin.tv_sec < RESTING_WAIT_S);
}

#endif

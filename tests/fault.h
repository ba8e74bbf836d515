/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sweeps: a call is made again and again, and each time the next point within
 * it fails where it needs memory or copies an argument, until it comes
 * through untouched.
 *
 *	struct fault fault;
 *
 *	fault_begin(&fault, b, tries);
 *	while (fault_next(&fault)) {
 *		ROAD(what leads there);
 *		fault_call(&fault, any call);
 *		judge fault.ret, where fault.struck;
 *	}
 *	EXPECT_REQ(..., fault_done(&fault), ...)
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <dirent.h>

#include "bench.h"

enum { FAULT_POINTS = 1000 }; /* more than any call has */

struct fault {
	struct bench *b;
	u32 nth;
	long ret;    /* of the last call */
	bool struck; /* it came as far as the point */
	bool leaks;  /* it failed, and left a descriptor open */
	int tries;   /* left for one that fails of its own */
};

/* Of a call that fails of its own there are @tries in all. */
static inline void fault_begin(struct fault *f, struct bench *b, int tries)
{
	*f = (struct fault){ .b = b, .struck = true, .tries = tries };
}

/* True while there is a point that was not tried, or a failure to be tried again. */
static inline bool fault_next(struct fault *f)
{
	if (f->struck)
		return f->nth++ < FAULT_POINTS;
	return f->ret < 0 && f->tries-- > 1;
}

/* The call came through in the end, untouched. */
static inline bool fault_done(const struct fault *f)
{
	return !f->struck && f->ret >= 0;
}

/* Open descriptors of this process; 0 where the carrier has none. */
static inline int fault_descriptors(const struct bench *b)
{
	int count = 0;
	DIR *fds;

	if (!(b->dev->caps & MIG_CAP_DESCRIPTORS))
		return 0;
	fds = opendir("/proc/self/fd");
	while (fds && readdir(fds))
		count++;
	if (fds)
		closedir(fds);
	return count;
}

#define fault_call(f, call)                                               \
	do {                                                              \
		int fds_ = fault_descriptors((f)->b);                     \
									  \
		mig_fault_next((f)->b->ctx, (f)->nth);                    \
		(f)->ret = (call);                                        \
		(f)->struck = mig_fault_struck((f)->b->ctx);              \
		(f)->leaks = (f)->ret < 0 &&                              \
			     fault_descriptors((f)->b) > fds_;            \
	} while (0)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sweeps: a call is made again and again, and each time the next point within
 * it fails where it needs memory or copies an argument, until it comes
 * through untouched.
 *
 *	struct fault fault;
 *
 *	fault_begin(&fault, b);
 *	while (fault_next(&fault)) {
 *		ROAD(what leads there);
 *		fault_call(&fault, any call);
 *		judge fault.ret, where fault.struck;
 *	}
 *	EXPECT_REQ(..., fault_done(&fault), ...)
 */
#ifndef TESTS_V2_FAULT_H
#define TESTS_V2_FAULT_H

#include <dirent.h>

#include "log.h"

enum {
	FAULT_POINTS = 1000, /* more than any call has */
	FAULT_PIECE = 4096,  /* bytes that a data session is asked for */
};

struct fault {
	struct bench *b;
	u32 nth;
	long ret;    /* of the last call */
	bool struck; /* it came as far as the point */
	bool leaks;  /* it failed, and left a descriptor open */
	int tries;   /* left for one that fails of its own */
};

static void fault_begin(struct fault *f, struct bench *b)
{
	*f = (struct fault){ .b = b, .struck = true, .tries = COMMON_TRIES };
}

/* True while there is a point that was not tried, or a failure to be tried again. */
static bool fault_next(struct fault *f)
{
	if (f->struck)
		return f->nth++ < FAULT_POINTS;
	return f->ret < 0 && f->tries-- > 1;
}

/* The call came through in the end, untouched. */
static bool fault_done(const struct fault *f)
{
	return !f->struck && f->ret >= 0;
}

/* Open descriptors of this process; 0 where the carrier has none. */
static int fault_descriptors(const struct bench *b)
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

/* What a load takes; the device is left RUNNING. */
static int fault_stream(struct bench *b, struct stream *stream)
{
	int ret;

	stream_init(stream);
	ret = common_fresh(b, COMMON_SEED);
	return ret ? ret : v2_save(&b->v2, NULL, 0, stream);
}

/* From a reset device into @state, in RESUMING with all of @stream written. */
static int fault_reach(struct bench *b, u32 state, const struct stream *stream,
		       struct mig_file **ret_data)
{
	int ret = bench_fresh();

	*ret_data = NULL;
	if (ret || state == MIG2_RUNNING)
		return ret;
	ret = v2_set(&b->v2, state, ret_data);
	if (!ret && state == MIG2_RESUMING)
		ret = *ret_data ? v2_load(*ret_data, NULL, stream, 0,
					  stream->len) : -EPROTO;
	return ret;
}

#endif

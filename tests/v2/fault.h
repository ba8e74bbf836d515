/* SPDX-License-Identifier: GPL-2.0-only */
/* Roads to where requests fail, see ../fault.h. */
#ifndef TESTS_V2_FAULT_H
#define TESTS_V2_FAULT_H

#include "../fault.h"
#include "log.h"

enum { FAULT_PIECE = 4096 }; /* bytes that a data session is asked for */

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

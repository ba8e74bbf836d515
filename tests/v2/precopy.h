/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of pre-copy share. Functions give 0, or -errno as the device
 * answered. None of them judges.
 */
#ifndef TESTS_V2_PRECOPY_H
#define TESTS_V2_PRECOPY_H

#include "common.h"

enum { PRECOPY_PIECE = 777 }; /* bytes of a small read */

/* The precopy query, as often as an access may fail. */
static int precopy_ask(struct mig_file *data,
		       struct mig2_precopy_info *ret_info)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = v2_precopy_info(data, ret_info);
		if (!ret)
			break;
	}
	return ret;
}

/* The rest of a session in a pre-copy state, stopped: no new fd. */
static int precopy_finish(struct bench *b, struct mig_file *data,
			  struct stream *stream)
{
	int ret = v2_set(&b->v2, MIG2_STOP_COPY, NULL);

	return ret ? ret : v2_collect(data, NULL, stream);
}

#endif

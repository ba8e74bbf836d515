/* SPDX-License-Identifier: GPL-2.0-only */
/* What v1.c (fields, states) and v1_data.c (chunks) have in common. */
#ifndef MIGCHECK_V1_REGION_H
#define MIGCHECK_V1_REGION_H

#include <errno.h>

#include "v1.h"

/* The control fields are not data: a chunk never reaches into them. */
static inline bool v1_holds(const struct v1 *v1, u64 offset, u64 len)
{
	return offset >= MIG1_HEADER_SIZE && offset <= v1->region.size &&
	       len <= v1->region.size - offset;
}

/* 0 where @count is @len, -errno, or -EPROTO for any other count. */
static inline int v1_exact(ssize_t count, size_t len)
{
	if (count < 0)
		return count;
	return (size_t)count == len ? 0 : -EPROTO;
}

/*
 * How many of the @len bytes from @offset on are reached in one way, and where
 * they are mapped: *@ret_addr is NULL for those that must be read and written.
 */
size_t v1_span(struct v1 *v1, u64 offset, size_t len, u8 **ret_addr);

#endif

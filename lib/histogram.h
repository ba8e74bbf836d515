/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Durations in memory that does not grow with their number: logarithmic
 * buckets, 32 to each power of two. Smallest and largest are exact; a quantile
 * is the middle of its bucket, at most 1.6 % off. Durations of 36 minutes and
 * more share the last bucket.
 */
#ifndef MIGCHECK_HISTOGRAM_H
#define MIGCHECK_HISTOGRAM_H

#include "types.h"

enum { HISTOGRAM_BUCKETS = 1184 };

/* Zeroed memory is an empty one. */
struct histogram {
	u64 count, min, max; /* ns; min and max where count is not 0 */
	u32 buckets[HISTOGRAM_BUCKETS];
};

struct json_object;

void histogram_add(struct histogram *h, u64 ns);
void histogram_merge(struct histogram *h, const struct histogram *more);

/*
 * The smallest duration that @permille of 1000 do not exceed: 500 is the
 * median. 0 for an empty one.
 */
u64 histogram_quantile(const struct histogram *h, u32 permille);

/* {"min":N,"max":N,"buckets":[[INDEX,COUNT],...]}, or NULL without memory. */
struct json_object *histogram_to_json(const struct histogram *h);
/* Adds what histogram_to_json() made. -EINVAL where it is something else. */
int histogram_from_json(struct histogram *h, struct json_object *json);

#endif

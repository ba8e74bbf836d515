/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings that come by the environment, each with one reading. The verbs
 * refuse what cannot be read (environment_wrong()); test programs, which have
 * nobody to tell, take the value that stands here for it.
 */
#ifndef MIGCHECK_ENVIRONMENT_H
#define MIGCHECK_ENVIRONMENT_H

#include <errno.h>
#include <stdlib.h>

#include "types.h"

#define ENVIRONMENT_DEADLINE "MIGCHECK_DEADLINE"     /* seconds of one test */
#define ENVIRONMENT_STREAM_MAX "MIGCHECK_STREAM_MAX" /* bytes of one stream */
#define ENVIRONMENT_ORDERS "MIGCHECK_ORDERS"	     /* random ones to try */

enum {
	ENVIRONMENT_DEADLINE_S = 30,
	ENVIRONMENT_DEADLINE_MAX = 3600,
};

/* The number from 1 to @max that @name is set to, else @otherwise. */
static inline u64 environment_number(const char *name, u64 max, u64 otherwise)
{
	const char *text = getenv(name);
	char *end;
	u64 value;

	if (!text || text[0] < '0' || text[0] > '9')
		return otherwise;
	errno = 0;
	value = strtoull(text, &end, 0);
	return errno || *end || !value || value > max ? otherwise : value;
}

static inline u32 environment_deadline(u32 otherwise)
{
	return (u32)environment_number(ENVIRONMENT_DEADLINE,
				       ENVIRONMENT_DEADLINE_MAX, otherwise);
}

/* The first setting that is no such number; NULL where all can be read. */
static inline const char *environment_wrong(void)
{
	static const struct {
		const char *name;
		u64 max;
	} numbers[] = {
		{ ENVIRONMENT_DEADLINE, ENVIRONMENT_DEADLINE_MAX },
		{ ENVIRONMENT_STREAM_MAX, UINT64_MAX },
		{ ENVIRONMENT_ORDERS, UINT32_MAX },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (getenv(numbers[i].name) &&
		    !environment_number(numbers[i].name, numbers[i].max, 0))
			return numbers[i].name;
	return NULL;
}

#endif

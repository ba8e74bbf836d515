/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Did you mean: the candidates nearest to a name that matched nothing. The
 * distance is the number of letters to insert, drop or replace, in any case.
 */
#ifndef MIGCHECK_RUN_NEAREST_H
#define MIGCHECK_RUN_NEAREST_H

#include "../types.h"

enum { NEAREST_KEPT = 3 };

struct nearest {
	const char *wanted;
	const char *names[NEAREST_KEPT]; /* best first, NULL where fewer */
	unsigned int distances[NEAREST_KEPT];
};

/* @name must live as long as @n. */
void nearest_offer(struct nearest *n, const char *name);
/* Numbers and symbols of all rules. */
void nearest_offer_rules(struct nearest *n);
/* "a, b, c", or "" where nothing was offered; free(). */
char *nearest_text(const struct nearest *n);

#endif

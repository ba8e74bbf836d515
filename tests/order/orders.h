/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders in which several devices take their steps: a letter for each step,
 * that of the device which makes it. "ABBA": A and B have two steps each.
 *
 *   two devices, four steps each     70 orders
 *   three devices, two steps each    90
 *   three devices, three steps each  1680
 *   three devices, four steps each   34650
 *
 * Of the last, MIGCHECK_ORDERS are tried (64 in profile strict, else 16), by
 * the seed of the run: the same seed tries the same ones.
 */
#ifndef TESTS_ORDER_ORDERS_H
#define TESTS_ORDER_ORDERS_H

#include <string.h>
#include <time.h>

#include "bench.h"
#include "environment.h"

enum {
	ORDERS_MAX = 12,
	ORDERS_SAMPLES = 16,
	ORDERS_STRICT_SAMPLES = 64,
};

/* How many orders are tried where they are too many for all. */
static inline u32 orders_samples(const struct bench *b)
{
	return (u32)environment_number(ENVIRONMENT_ORDERS, UINT32_MAX,
				       b->profile == PROFILE_STRICT ?
					       ORDERS_STRICT_SAMPLES :
					       ORDERS_SAMPLES);
}

static inline void orders_swap(char *a, char *b)
{
	char swap = *a;

	*a = *b;
	*b = swap;
}

/*
 * Whether a third of the test's time has passed since this was first asked:
 * large or slow devices get fewer orders.
 */
static inline bool orders_late(void)
{
	static double begun;
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	if (begun == 0)
		begun = seconds;
	return seconds - begun > (double)bench_deadline() / 3;
}

/* The first of all orders: "AABBCC" for three devices and two steps. */
static inline void orders_first(char *order, u32 devices, u32 steps)
{
	u32 i;

	for (i = 0; i < devices * steps; i++)
		order[i] = (char)('A' + i / steps);
	order[i] = 0;
}

/* The next one in the alphabet; false behind the last. */
static inline bool orders_next(char *order)
{
	size_t len = strlen(order), i = len - 1, k = len - 1;

	while (i && order[i - 1] >= order[i])
		i--;
	if (!i)
		return false;
	while (order[k] <= order[i - 1])
		k--;
	orders_swap(&order[i - 1], &order[k]);
	for (k = len - 1; i < k; i++, k--)
		orders_swap(&order[i], &order[k]);
	return true;
}

/* Any one, by the seed of the run. */
static inline void orders_shuffle(char *order)
{
	size_t i;

	for (i = strlen(order) - 1; i; i--)
		orders_swap(&order[i], &order[bench_random() % (i + 1)]);
}

#endif

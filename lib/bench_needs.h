/* SPDX-License-Identifier: GPL-2.0-only */
/* What the device on a bench offers, held against what a test needs. */
#ifndef MIGCHECK_BENCH_NEEDS_H
#define MIGCHECK_BENCH_NEEDS_H

#include "bench.h"

/* Puts a second device beside the first: true where there is one. */
typedef bool bench_second_fn(struct bench *b);

/*
 * NULL where all of @needs (enum spec_need) are met, or why one is not: a
 * clause that begins with "not offered: " or "skip: ". @second is asked for
 * the second device when one is needed and not there yet.
 */
const char *bench_unmet(struct bench *b, u32 needs, bench_second_fn *second);

#endif

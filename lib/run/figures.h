/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures of a device: what the tests that passed have measured (meter.h)
 * put together. A quantile may be 1.6 % off (histogram.h).
 */
#ifndef MIGCHECK_RUN_FIGURES_H
#define MIGCHECK_RUN_FIGURES_H

#include "../meter.h"

/* Zeroed memory has none. */
struct figures {
	struct histogram *arcs[METER_STATES][METER_STATES]; /* or NULL */
	struct meter_phases phases[METER_WAYS][METER_PHASES];
	struct histogram rates[METER_RATES];
	struct histogram blackout[METER_WAYS];
	struct json_object *waiting; /* of a test whose end is not known yet */
};

/* Those that an event brings; they count once their test has passed. */
void figures_wait(struct figures *figures, struct json_object *event);
/* Test @name has ended: what waits for it is taken in, or dropped. */
void figures_test_ended(struct figures *figures, const char *name, bool passed);
void figures_free(struct figures *figures);

/* Visits the arcs that were measured. */
void figures_arcs(const struct figures *figures,
		  void (*visit)(void *ctx, u32 from, u32 to,
				const struct histogram *h),
		  void *ctx);

/*
 * The blackout of a migration as a VMM makes it: with pre-copy where that was
 * measured. NULL where neither was.
 */
const struct histogram *figures_downtime(const struct figures *figures,
					 enum meter_way *ret_way);

/* Bytes a second, the median of all migrations; 0: not measured. */
u64 figures_rate(const struct figures *figures, enum meter_rate rate);

/* "1.85 ms", "445 MB/s" into @ret_text; gives it back. */
enum { FIGURES_TEXT = 24 };
const char *figures_time_text(u64 ns, char ret_text[FIGURES_TEXT]);
const char *figures_rate_text(u64 rate, char ret_text[FIGURES_TEXT]);

/* The object of results.json (results.h); the caller's reference. */
struct json_object *figures_to_json(const struct figures *figures,
				    int generation);

#endif

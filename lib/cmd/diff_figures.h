/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times of two runs side by side: arcs and blackouts of one device.
 *
 * Times are noisy, so that a time has moved only where all of this holds:
 *   - both runs have measured it DIFF_SAMPLES times or more;
 *   - the medians differ by more than 20 % of the smaller and by more than
 *     10 us, which a guest does not feel;
 *   - each median lies outside the spread of the other run, which goes from its
 *     minimum to its p99 (for blackouts, of which there are few: to the maximum).
 */
#ifndef MIGCHECK_CMD_DIFF_FIGURES_H
#define MIGCHECK_CMD_DIFF_FIGURES_H

#include "../types.h"

enum { DIFF_SAMPLES = 5 };

struct json_object;

enum diff_move { DIFF_SLOWER, DIFF_FASTER };

/*
 * Says what has moved that way in the device objects @before and @after of
 * results.json, @title before the first line where *@count is 0, and adds to it.
 */
void diff_figures(struct json_object *before, struct json_object *after,
		  enum diff_move move, const char *title, u32 *count);

#endif

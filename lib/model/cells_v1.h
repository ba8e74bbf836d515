/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The v1 transition table: 8 x 8 cells (cells_v1.def), each with the verdict
 * on a device that deviates, for each profile, and the requirement it is.
 */
#ifndef MIGCHECK_MODEL_CELLS_V1_H
#define MIGCHECK_MODEL_CELLS_V1_H

#include "../spec/spec.h"
#include "../uapi/mig1.h"

enum cell_verdict {
	CELL_MUST_ACCEPT,
	CELL_MUST_REJECT,
	CELL_MAY_ACCEPT, /* accept it, or fail cleanly */
	CELL_NO_OP,	 /* same state: accept, without effect */
	CELL_UNDEFINED,	 /* the source must not be observable, or is not described */
};

struct cell_v1 {
	const char *name; /* "001-010" */
	u32 from, to;
	enum cell_verdict verdict;
	enum spec_severity severity[PROFILE_COUNT]; /* of a deviation */
	enum req req;
	const char *why; /* one clause */
};

extern const struct cell_v1 cells_v1[MIG1_STATES * MIG1_STATES];

const struct cell_v1 *cell_v1(u32 from, u32 to);
const struct cell_v1 *cell_v1_find(const char *name); /* NULL if no such */

#endif

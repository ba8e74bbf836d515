/* SPDX-License-Identifier: GPL-2.0-only */
/* Two fake devices and a judge of their user, and the calls that he makes. */
#ifndef UNIT_LINT_WORLD_H
#define UNIT_LINT_WORLD_H

#include "fake_v2.h"

struct world {
	struct fake f[2];
	struct lint_user *lint;
};

/* The same user, right once and wrong once. */
struct lint_story {
	enum req rule;
	void (*right)(struct world *w);
	void (*wrong)(struct world *w);
};

extern const struct lint_story lint_v1_stories[], lint_v2_stories[];
extern const u32 lint_v1_story_count, lint_v2_story_count;

#endif

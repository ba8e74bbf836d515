/* SPDX-License-Identifier: GPL-2.0-only */
/* A client that does with a device of either generation what tests do. */
#ifndef SERVER_WALK_H
#define SERVER_WALK_H

#include "../../lib/types.h"

struct walk {
	int error;	/* 0, or how the device was lost or could not be opened */
	char line[300]; /* what a user is told of it */
};

/* Opens, asks, saves, restores, tracks, resets and closes the device at @uri. */
void walk(const char *uri, int generation, struct walk *ret_walk);

#endif

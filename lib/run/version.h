/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of kernels and drivers: numbers with dots between, up to four; what
 * follows is not looked at ("6.12.9-amd64" is 6.12.9).
 *
 * Ranges are "6.7", "6.7..", "..6.11" and "6.7..6.11", both ends included. An
 * end stands for all that begins with it: 6.11.4 lies in "6.7..6.11".
 */
#ifndef MIGCHECK_RUN_VERSION_H
#define MIGCHECK_RUN_VERSION_H

#include "../types.h"

bool version_range_valid(const char *range);
/* False for a @version that is none. */
bool version_in_range(const char *version, const char *range);

#endif

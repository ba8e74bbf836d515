/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules about what only some carriers can show. Where a carrier makes the
 * answer up itself, because its protocol has no words for it, the device is
 * neither praised nor blamed: facts about the rule are dropped, and the rule is
 * skipped with the reason.
 */
#ifndef MIGCHECK_REACH_H
#define MIGCHECK_REACH_H

#include "spec/spec.h"

/*
 * What a carrier with @caps (enum mig_cap) lacks to show @req, in words that
 * follow the name of a device; NULL where it lacks nothing.
 */
const char *reach_missing(enum req req, u32 caps);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waivers that waived nothing in a run. A list of known deviations is worth
 * something only as long as each is one, so that an unused waiver fails the run
 * as an unexpected pass does.
 *
 * Not asked of a waiver: whether it is used where the run by choice (a filter,
 * -x) did not look at its rule, or not in all tests of it, on kernels and driver versions outside its
 * range, or after it has expired. One of a shared file may be about devices
 * that this run does not have.
 */
#ifndef MIGCHECK_RUN_UNUSED_H
#define MIGCHECK_RUN_UNUSED_H

#include "judgement.h"

/* Enters the unused ones of @waivers, which must live as long as @all. */
void unused_find(struct judgements *all, const struct waivers *waivers);

/* A line about each. */
void unused_say(const struct judgements *all);

/* The array of results.json; the caller's reference. */
struct json_object *unused_to_json(const struct judgements *all);

#endif

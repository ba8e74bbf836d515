/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run from the command line to the files: asks the devices what they are,
 * chooses tests, judges one device after the other, leaves each RUNNING, tells
 * the results and writes them.
 *
 * Stopped by a signal it kills the tests, brings the device at hand to RUNNING,
 * says so and keeps no results.
 */
#ifndef MIGCHECK_RUN_CAMPAIGN_H
#define MIGCHECK_RUN_CAMPAIGN_H

#include "judgement.h"
#include "select.h"

enum { CAMPAIGN_WAIVERS = 8, CAMPAIGN_BUDGETS = 16 };

struct campaign_options {
	const char *const *uris;
	u32 uri_count;
	enum spec_profile profile;
	u64 seed;
	u32 deadline_s;		/* of a test, 0 = as the carrier suggests */
	struct {
		const char *path;
		bool shared;	/* about other devices too (unused.h) */
	} waivers[CAMPAIGN_WAIVERS]; /* of two waivers of a rule the first counts */
	u32 waiver_count;
	struct budget budgets[CAMPAIGN_BUDGETS];
	u32 budget_count;
	const char *dir;	/* of -o, or NULL */
	const char *restart;	/* command of restart.h, or NULL */
	const char *settle;	/* command of settle.h, or NULL */
	struct select select;	/* globs are set */
};

/* Does it all; the exit status of the tool. */
int campaign_run(struct campaign_options *options);

/* Says why @device cannot be used: the exit status 4, 64 or 99; 0 if it can. */
int campaign_refuse(const struct device *device);

/* Loads the suite, or says where it should be and gives 99. */
int campaign_suite(struct suite *ret_suite);

#endif

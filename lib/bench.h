/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bench: where a device lies while a test looks at it. It opens what the
 * environment names, attaches the judge and a stimulus, takes down facts, and
 * leaves the device RUNNING behind.
 *
 * A test process has one bench. Environment:
 *   MIGCHECK_DEVICES   URIs, separated by blanks (none: see bench_find.h)
 *   MIGCHECK_PROFILE   profile (default)
 *   MIGCHECK_EVENTS    file to which facts are appended (none: not kept)
 *   MIGCHECK_SEED      seed of everything random (1)
 *   MIGCHECK_DEADLINE  seconds a test may take (30)
 *   MIGCHECK_SETTLE    command that is run after each reset, see settle.h (none)
 *   MIGCHECK_JOURNAL, MIGCHECK_MARKS  see events.h (none)
 *   MIGCHECK_TRACES    directory for the calls of a failed test (none)
 */
#ifndef MIGCHECK_BENCH_H
#define MIGCHECK_BENCH_H

#include "mig.h"
#include "report.h"
#include "stimulus/stimulus.h"
#include "v1.h"
#include "v2.h"

struct judge;

struct bench {
	struct mig_context *ctx;
	struct mig_dev *dev;
	struct v1 v1; /* of generation 1 */
	struct v2 v2; /* of generation 2 */
	struct stimulus *stim; /* NULL where nothing can move the device */
	/* A second device of the same kind, after NEED_SECOND. */
	struct mig_dev *other;
	struct v1 other_v1;
	struct v2 other_v2;
	struct stimulus *other_stim;
	struct mig_context *other_ctx; /* of its own, after bench_apart(), or NULL */

	int generation; /* of the protocol; 0: of devices that have none */
	enum spec_profile profile;
	u64 seed;
	bool failed;  /* a breach that fails in this profile was seen */
	char told[800]; /* the breaches that failed the test, in words */
	char why[200]; /* the last reason why something was not done */
};

/*
 * Puts the device on the bench, RUNNING and initial (reset before use). For
 * @generation 0 it must not offer migration; it is taken as it comes.
 * 0, or 1 where the test cannot be run: bench_here()->why says why and
 * begins with "not offered: ", "skip: " or, where the command to settle the
 * device failed, "error: ".
 *
 * From the moment that the carrier has lost the device (mig_lost()) nothing is
 * taken down any more but the loss itself, with the last calls.
 */
int bench_open(int generation, u32 needs);
/* Takes it off. 1 where a breach failed the test, else 0. */
int bench_close(void);
/* The bench of this process; NULL before bench_open(). */
struct bench *bench_here(void);

/* 0 where all @needs are met now, 1 and why otherwise. Opens `other` if asked. */
int bench_needs(u32 needs);

/*
 * Puts the second device into a context of its own, as another user of the
 * machine has one: no judge watches it. 0, or 1 and why, where it cannot be.
 */
int bench_apart(void);

/* Close and open again: v1/v2 and stimulus are bound to the new open. */
int bench_reopen(void);

/*
 * Puts the device back to RUNNING with initial contents by reset, lets the user
 * settle it, and drops what tests have left. 0, or -errno where it could not,
 * -ECANCELED where the user's command failed: bench_here()->why has its words.
 */
int bench_fresh(void);

/*
 * Takes down a fact. True where it fails the test in this profile: a breach
 * whose severity is SEV_FAIL. @cell may be NULL.
 */
bool bench_fact(enum req req, enum report_outcome outcome, const char *cell,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Names the test at hand; before bench_open(). */
void bench_name(const char *fixture, const char *test);
/* A test ended; called in the process of the harness, which has no bench. */
void bench_test_ended(const char *name, const char *outcome,
		      const char *message, double seconds);
int bench_deadline(void); /* seconds */
/*
 * Whether half of a test's time has passed since bench_open(): then it leaves
 * out the rest of its variations. A device may be large, or slow.
 */
bool bench_late(void);
/*
 * From now on what this process forks dies with it, and so on below: a runner
 * that ends the program leaves no test behind which holds the device.
 */
void bench_take_along(void);

/* A source of reproducible numbers, from the bench's seed. */
u64 bench_random(void);

/* From here on the test makes whole migrations that may be measured (meter.h). */
void bench_migrates(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run of the suite on one device has told: its tests and how each
 * ended, and the facts. No verdicts yet; those are verdict.h's.
 */
#ifndef MIGCHECK_RUN_RECORD_H
#define MIGCHECK_RUN_RECORD_H

#include "../report.h"
#include "figures.h"
#include "suite.h"

struct cell_v1;

enum record_outcome {
	RECORD_PASS,
	RECORD_FAIL,
	RECORD_SKIP,
	RECORD_NOT_OFFERED,
	RECORD_BLOCKED, /* the road to its destination was blocked */
	RECORD_TIMEOUT,
	RECORD_CRASH,
	RECORD_NOT_RUN, /* its binary ended before */
};

struct record_test {
	char *name;
	const struct suite_binary *binary;
	enum record_outcome outcome;
	char *message; /* "" where there is nothing to say */
	char *harness; /* how the harness ended it, or NULL if it ended itself */
	bool hung;     /* harness: for being late */
	char *lost;    /* how its device was lost ("hung up"), or NULL */
	char *lost_why; /* and at what */
	char *calls;   /* the last up to that, a line each, or NULL */
	char *trace;   /* as that of a fact, of these calls, or NULL */
	char *kernel;  /* what the kernel complained about meanwhile, or NULL */
	bool kernel_placed; /* and it was said where */
	double duration_s;
	bool held[REQ_COUNT]; /* what held in it, as far as it came */
};

/* A lapse or a breach; for rules that held see record_holds(). */
struct record_fact {
	enum req req;
	enum report_outcome outcome;
	const struct cell_v1 *cell; /* or NULL */
	bool fatal; /* kernel or device died of it: a failure in every profile */
	char *test, *expected, *seen;
	char *calls; /* the last calls, oldest first, a line each; or NULL */
	char *trace; /* name of a file in the directory of traces, or NULL */
};

struct record {
	char *driver;	    /* as the tests say, or NULL */
	char **capabilities;
	u32 capability_count;
	char *end_state;    /* as the last test says, or NULL */
	u64 calls;
	struct figures figures;
	bool held[REQ_COUNT]; /* somebody said so, whatever came of it */
	char *beyond[REQ_COUNT]; /* what the carrier lacks to show it, or NULL */
	struct record_fact *facts;
	u32 fact_count;
	struct record_test *tests;
	u32 test_count;
	char **kernel_log; /* attributed lines */
	u32 kernel_count;
	char *abandoned; /* why the device was given up, or NULL */
	bool interrupted;
};

/* Names as in events: "pass", "not-offered", ... -EINVAL for others. */
int record_outcome_find(const char *name);

const char *record_outcome_name(enum record_outcome outcome);

/* The record of test @name of @binary, made if it is new. */
struct record_test *record_test(struct record *record,
				const struct suite_binary *binary,
				const char *name);

/* It did not come to its end: hung, crashed, or lost its device. */
bool record_ended_badly(const struct record_test *test);

/*
 * Did @req hold where it was looked at? What held in a test that ended badly
 * says nothing: the call that ended it may have been the one that counts.
 */
bool record_holds(const struct record *record, enum req req);

/* Did the kernel or the device die in @test, and was a rule blamed for it? */
bool record_was_fatal(const struct record *record, const struct record_test *test);

/* Copies the strings of @fact. Facts beyond a bound are dropped. */
void record_add_fact(struct record *record, const struct record_fact *fact);

/*
 * The kernel said @line while @test (may be NULL) of @binary ran. The first line
 * is what @test gets, and where that was (kmsg_place()) if a later one says so.
 */
void record_add_kernel(struct record *record, const struct suite_binary *binary,
		       const char *test, const char *line);

/* The severity of @fact for users of @profile. */
enum spec_severity record_severity(const struct record_fact *fact,
				   enum spec_profile profile);

void record_free(struct record *record);

#endif

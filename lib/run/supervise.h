/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the suite on a device: one binary after the other, each in a child that
 * is not trusted to end. What it tells arrives in a record.
 *
 * A test that does not end is ended by its own binary; where that hangs too,
 * because the device holds a call in the kernel, the supervisor kills it, and
 * if even that fails gives the device up: the record says so, and the rest of
 * the suite is not run on it. So it is where servers are started for each test,
 * each of which then has a process of its own, and one does not come up.
 */
#ifndef MIGCHECK_RUN_SUPERVISE_H
#define MIGCHECK_RUN_SUPERVISE_H

#include <stdio.h>

#include "kmsg.h"
#include "record.h"
#include "restart.h"

struct supervise_plan {
	const struct suite *suite;
	const char *uri;
	const char *others; /* URIs that tests may use beside it, or "" */
	int generation;
	enum spec_profile profile;
	u64 seed;
	u32 deadline_s;	   /* of one test */
	bool patient;	   /* those that are late get a longer one, once */
	const char *work;  /* directory of the event file */
	const char *traces; /* directory of traces, or "" */
	struct kmsg *kmsg; /* NULL: the kernel's log does not count */
	FILE *log;	   /* for what the binaries print, or NULL */
	const char *settle; /* command of settle.h, or NULL */
	struct restart *restart; /* a server for each test; NULL: none is started */
};

/*
 * Runs the selected tests of @binary that apply to the device. False where the
 * device was given up or the tool is to end (the record says which).
 */
bool supervise_binary(const struct supervise_plan *plan,
		      const struct suite_binary *binary, struct record *record);

/* How many tests that will be, if all goes well. */
u32 supervise_tests(const struct supervise_plan *plan);

/* All binaries of the suite. */
void supervise_device(const struct supervise_plan *plan, struct record *record);

#endif

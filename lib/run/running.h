/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One conformance binary while it runs: which of its tests is at work, what
 * the kernel says meanwhile, and in the end a reason for every test that has
 * told no result itself.
 */
#ifndef MIGCHECK_RUN_RUNNING_H
#define MIGCHECK_RUN_RUNNING_H

#include <stdio.h>

#include "child.h"
#include "kmsg.h"
#include "record.h"

struct running {
	const struct suite_binary *binary;
	struct record *record;
	struct kmsg *kmsg; /* NULL: the kernel's log does not count */
	FILE *log;	   /* for all lines, or NULL */
	u32 deadline_ms;   /* of one test */
	char *test;	   /* at work, or NULL */
	u64 test_since_ms;
	char last[200];	   /* line that was no result */
	u32 unopened;	   /* tests in a row that could not open the device */
	bool unopened_now; /* the one at work is one of them */
	char why_unopened[200];
};

/* Members of struct child_watch; @ctx is the struct running. */
void running_line(void *ctx, const char *line);
void running_kernel(void *ctx);
bool running_expired(void *ctx);

/* Nobody can open the device any more: the binary was ended for that. */
bool running_lost(const struct running *r);

/* What became of the binary, in a sentence; free(). */
char *running_end(const struct running *r, const struct child_result *result);

/* Gives every test that is still RECORD_NOT_RUN its outcome and message. */
void running_settle(const struct running *r, const struct child_result *result);

#endif

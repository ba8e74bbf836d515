/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the supervisor adds to the journal (events.h, report.h) of a run, so
 * that a verdict can be made from the journal alone: conclude.h does it. All of
 * this does nothing where no journal is kept.
 */
#ifndef MIGCHECK_RUN_JOURNAL_H
#define MIGCHECK_RUN_JOURNAL_H

#include "judgement.h"

/* What follows is about @device, under the terms of @all. */
void journal_device(const struct judgements *all, const struct device *device);
/* The kernel complained; @test may be NULL. */
void journal_kernel(const char *test, const char *line);
/* How the supervisor thinks that @test ended. */
void journal_test(const struct record_test *test);
/* The device is done with. */
void journal_end(const struct judgement *j);

#endif

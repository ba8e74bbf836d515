/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of the bench, shared by bench*.c only. */
#ifndef MIGCHECK_BENCH_STATE_H
#define MIGCHECK_BENCH_STATE_H

#include "bench.h"
#include "meter.h"
#include "model/judge.h"
#include "trace/log.h"
#include "trace/trace.h"

struct bench_state {
	struct bench bench; /* what tests see */
	struct report_sink sink;
	struct judge *judge;
	struct trace trace;
	struct meter meter;
	struct mig_observer marker; /* behind trace, whose lines it takes */
	struct trace_log *log; /* NULL where nobody wants one */
	char given[512]; /* URIs, */
	char uris[512];  /* and the same cut into pieces */
	const char *uri, *other_uri;
	char test[128];
	u64 random;
	u8 counts[REPORT_BREACH + 1][REQ_COUNT]; /* facts told so far */
	bool open;
	u32 caps; /* of the device under test, be it open or not */
	bool beyond[REQ_COUNT]; /* said to be out of reach */
};

extern struct bench_state bench_state;

/* What the judge says is a fact like others. */
void bench_judge_fact(struct report_sink *self, const struct report_fact *fact);

/* Says that the carrier has lost a device, and the last calls, if it has. */
void bench_tell_loss(void);

#endif

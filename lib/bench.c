// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "bench_find.h"
#include "bench_needs.h"
#include "bench_state.h"
#include "events.h"
#include "meter.h"
#include "settle.h"

enum { BUSY_MS = 100 }; /* until a busy device is tried again */

#ifdef MIGCHECK_COVERAGE
void __gcov_dump(void);
#endif

struct bench_state bench_state;

struct bench *bench_here(void)
{
	return &bench_state.bench;
}

u64 bench_random(void)
{
	/* splitmix64: one word of state, any seed is fine */
	u64 z = bench_state.random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void bench_name(const char *fixture, const char *test)
{
	snprintf(bench_state.test, sizeof(bench_state.test), "%s-%s", fixture, test);
}

/* What kills the machine has to be known before it does. */
static void tell_start(void)
{
	struct json_object *event = events_new("start");

	events_add(event, "test", bench_state.test);
	events_add(event, "device", bench_state.uri ? bench_state.uri : "");
	events_emit(event);
	events_mark(EVENTS_MARK_TEST, bench_state.test);
}

static void mark_call(struct mig_observer *self, const struct mig_call *call)
{
	char line[TRACE_LINE];

	(void)self;
	/* The stimuli of v2 make thousands of calls that lead nowhere. */
	if (bench_state.bench.generation == 2 &&
	    (call->op == MIG_PREAD || call->op == MIG_PWRITE))
		return;
	if (trace_line(&bench_state.trace, 0, line, sizeof(line)))
		events_mark(EVENTS_MARK_CALL, line);
}

/* ---- opening ----------------------------------------------------------------- */

static int why(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(bench_state.bench.why, sizeof(bench_state.bench.why), fmt, ap);
	va_end(ap);
	return 1;
}

static void read_environment(int generation)
{
	const char *profile = getenv("MIGCHECK_PROFILE");
	const char *seed = getenv("MIGCHECK_SEED");
	int found = profile ? spec_profile_find(profile) : PROFILE_DEFAULT;
	char *rest;

	if (bench_find(generation, bench_state.given, sizeof(bench_state.given)))
		bench_state.given[0] = '\0';
	memcpy(bench_state.uris, bench_state.given, sizeof(bench_state.uris));
	bench_state.uri = strtok_r(bench_state.uris, " ", &rest);
	bench_state.other_uri = strtok_r(NULL, " ", &rest);
	bench_state.bench.profile = found < 0 ? PROFILE_DEFAULT :
					  (enum spec_profile)found;
	bench_state.bench.seed = seed ? strtoull(seed, NULL, 0) : 1;
	bench_state.bench.generation = generation;
	bench_state.random = bench_state.bench.seed;
}

/* A log is a comfort: without one the test goes on. */
static void attach_log(void)
{
	const char *dir = getenv("MIGCHECK_TRACES");
	struct trace_about about = {
		.uris = bench_state.given, .generation = bench_state.bench.generation,
		.profile = spec_profile_name(bench_state.bench.profile),
		.seed = bench_state.bench.seed, .test = bench_state.test,
	};

	if (!dir || !dir[0] ||
	    trace_log_open(bench_state.bench.ctx, dir, &about, &bench_state.log))
		bench_state.log = NULL;
}

static int attach_judge(void)
{
	bench_state.sink.fact = bench_judge_fact;
	if (!bench_state.bench.generation)
		return 0;
	if (bench_state.bench.generation == 1)
		return judge_v1_create(bench_state.bench.ctx, &bench_state.sink,
				       &bench_state.judge);
	return judge_v2_create(bench_state.bench.ctx, &bench_state.sink, &bench_state.judge);
}

/* The protocol's view of an opened device. */
static int bind(struct mig_dev *dev, struct v1 *v1, struct v2 *v2)
{
	int ret;

	if (!bench_state.bench.generation)
		return bench_speaks(dev, 0) ?
			       0 : why("not offered: a device that cannot migrate");
	if (bench_state.bench.generation == 2) {
		ret = v2_open(dev, v2);
		return ret ? why("not offered: no migration by protocol v2: %s",
				 strerror(-ret)) :
			     0;
	}
	ret = v1_open(dev, v1);
	if (ret)
		return why("not offered: no migration region (protocol v1): %s",
			   strerror(-ret));
	if (dev == bench_state.bench.dev) {
		bench_state.trace.v1_base = bench_state.meter.v1_base = v1->region.offset;
		bench_state.trace.v1_size = bench_state.meter.v1_size = v1->region.size;
		trace_log_region(bench_state.log, v1->region.offset,
				 v1->region.size);
	}
	return 0;
}

static int to_running(struct mig_dev *dev, struct v1 *v1, struct v2 *v2)
{
	(void)dev;
	if (!bench_state.bench.generation)
		return 0;
	return bench_state.bench.generation == 1 ? v1_recover(v1) : v2_recover(v2);
}

static int settle(void)
{
	const char *command = getenv("MIGCHECK_SETTLE");
	char words[160];

	if (!command || !command[0])
		return 0;
	if (!settle_run(command, bench_state.uri, 500u * (u32)bench_deadline(), words,
			sizeof(words)))
		return 1;
	why("error: the command to settle the device %s", words);
	return -ECANCELED;
}

int bench_fresh(void)
{
	struct bench *b = &bench_state.bench;
	int ret, settled;

	if (!b->dev)
		return -ENODEV;
	ret = mig_reset(b->dev);
	settled = settle();

	if (settled < 0)
		return settled;
	/* A device without reset can only be asked nicely. */
	if (ret || settled)
		ret = to_running(b->dev, &b->v1, &b->v2);
	return ret;
}

void bench_migrates(void)
{
	bench_state.meter.migrates = true;
}

/* A test that was ended may still be on its way out of the kernel, with the device. */
static int open_patiently(struct bench *b)
{
	int ret;

	do {
		ret = mig_open(b->ctx, bench_state.uri, &b->dev);
	} while (ret == -EBUSY && !bench_late() && !poll(NULL, 0, BUSY_MS));
	return ret;
}

static int put_on(int generation, u32 needs)
{
	static const char *const missing[] = {
		"is without migration", "offers v1 migration",
		"offers v2 migration",
	};
	struct bench *b = &bench_state.bench;
	int ret;

	read_environment(generation);
	tell_start();
	bench_state.marker.called = mark_call;
	if (!bench_state.uri)
		return why("skip: no VFIO device of this machine %s; name one in MIGCHECK_DEVICES",
			   missing[generation]);
	if (mig_context_create(&b->ctx))
		return why("skip: no memory");
	bench_state.open = true;
	trace_init(&bench_state.trace);
	mig_observe(b->ctx, &bench_state.trace.observer);
	meter_init(&bench_state.meter, generation);
	mig_observe(b->ctx, &bench_state.meter.observer);
	if (events_marked())
		mig_observe(b->ctx, &bench_state.marker);
	attach_log();
	ret = attach_judge();
	if (ret)
		return why("skip: no judge: %s", strerror(-ret));
	ret = open_patiently(b);
	if (ret)
		return why("skip: cannot open %s: %s", bench_state.uri,
			   mig_open_error(b->ctx));
	bench_state.caps = b->dev->caps;
	if (bind(b->dev, &b->v1, &b->v2))
		return 1;
	if (stimulus_create(b->dev, &b->stim))
		b->stim = NULL;
	ret = generation ? bench_fresh() : 0;
	if (ret == -ECANCELED && strstr(b->why, "error: ") == b->why)
		return 1;
	if (ret)
		return why("skip: the device cannot be brought to RUNNING: %s",
			   strerror(-ret));
	return bench_needs(needs);
}

int bench_open(int generation, u32 needs)
{
	int ret;

	bench_late(); /* from now on */
	ret = put_on(generation, needs);
	if (!ret)
		return 0;
	/* Who could not be put on the bench is not taken off it either. */
	bench_tell_loss();
	trace_log_close(bench_state.log);
	bench_state.log = NULL;
	return ret;
}

int bench_reopen(void)
{
	struct bench *b = &bench_state.bench;
	int ret;

	if (b->generation == 1 && b->dev)
		v1_close(&b->v1);
	stimulus_rebind(b->stim, NULL);
	mig_close(b->dev);
	b->dev = NULL;
	ret = mig_open(b->ctx, bench_state.uri, &b->dev);
	if (ret)
		return ret;
	stimulus_rebind(b->stim, b->dev);
	return bind(b->dev, &b->v1, &b->v2) ? -ENODEV : 0;
}

static void emit_calls(void)
{
	struct json_object *event = events_new("calls");

	events_add(event, "test", bench_state.test);
	if (event)
		json_object_object_add(event, "count",
				       json_object_new_int64(
					       (s64)mig_calls(bench_state.bench.ctx)));
	events_emit(event);
}

/* Leaves the second device, if there is one, RUNNING behind. */
static void leave_second(struct bench *b)
{
	if (b->other) {
		to_running(b->other, &b->other_v1, &b->other_v2);
		if (b->generation == 1)
			v1_close(&b->other_v1);
	}
	stimulus_destroy(b->other_stim);
	b->other_stim = NULL;
}

int bench_close(void)
{
	struct bench *b = &bench_state.bench;

	if (!bench_state.open)
		return 0;
	bench_tell_loss();
	judge_destroy(bench_state.judge);
	bench_state.judge = NULL;
	trace_log_close(bench_state.log);
	bench_state.log = NULL;
	if (b->dev) {
		to_running(b->dev, &b->v1, &b->v2);
		if (b->generation == 1)
			v1_close(&b->v1);
	}
	leave_second(b);
	stimulus_destroy(b->stim);
	emit_calls();
	meter_tell(&bench_state.meter, bench_state.test);
	mig_context_destroy(b->other_ctx);
	mig_context_destroy(b->ctx);
	meter_free(&bench_state.meter);
	bench_state.open = false;
#ifdef MIGCHECK_COVERAGE
	__gcov_dump(); /* the harness ends its children by _exit() */
#endif
	return b->failed;
}

/* ---- needs ------------------------------------------------------------------ */

/* b->other was opened: true where it can be used, else it is closed again. */
static bool take_second(struct bench *b)
{
	if (bind(b->other, &b->other_v1, &b->other_v2) ||
	    to_running(b->other, &b->other_v1, &b->other_v2)) {
		mig_close(b->other);
		b->other = NULL;
		return false;
	}
	if (stimulus_create(b->other, &b->other_stim))
		b->other_stim = NULL;
	return true;
}

static bool open_second(struct bench *b)
{
	int ret;

	if (b->other)
		return true;
	ret = bench_state.other_uri ? mig_open(b->ctx, bench_state.other_uri, &b->other) :
				mig_clone(b->dev, &b->other);
	return !ret && take_second(b);
}

int bench_apart(void)
{
	struct bench *b = &bench_state.bench;
	char uri[sizeof(b->dev->uri)];
	int ret;

	if (bench_needs(NEED_SECOND))
		return 1;
	if (b->other_ctx)
		return 0;
	memcpy(uri, b->other->uri, sizeof(uri));
	leave_second(b);
	mig_close(b->other);
	b->other = NULL;
	if (mig_context_create(&b->other_ctx))
		return why("skip: no memory");
	ret = mig_open(b->other_ctx, uri, &b->other);
	if (ret)
		return why("skip: the second device cannot be another user's: %s",
			   mig_open_error(b->other_ctx));
	return take_second(b) ? 0 : why("skip: the second device does not run for another user");
}

int bench_needs(u32 needs)
{
	const char *reason = bench_unmet(&bench_state.bench, needs, open_second);

	return reason ? why("%s", reason) : 0;
}

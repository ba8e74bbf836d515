// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "bench.h"
#include "bench_find.h"
#include "bench_needs.h"
#include "events.h"
#include "meter.h"
#include "model/cells_v1.h"
#include "model/judge.h"
#include "trace/log.h"
#include "trace/trace.h"

#ifdef MIGCHECK_COVERAGE
void __gcov_dump(void);
#endif

enum { CALLS_SHOWN = 12, BREACHES_KEPT = 4 };

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
};

static struct bench_state state;

struct bench *bench_here(void)
{
	return &state.bench;
}

u64 bench_random(void)
{
	/* splitmix64: one word of state, any seed is fine */
	u64 z = state.random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void bench_name(const char *fixture, const char *test)
{
	snprintf(state.test, sizeof(state.test), "%s-%s", fixture, test);
}

/* ---- facts ---------------------------------------------------------------- */

static void add_calls(struct json_object *event)
{
	struct json_object *calls = json_object_new_array();
	char line[TRACE_LINE];
	u64 back;

	for (back = CALLS_SHOWN; back-- > 0;)
		if (trace_line(&state.trace, back, line, sizeof(line)))
			json_object_array_add(calls,
					      json_object_new_string(line));
	json_object_object_add(event, "calls", calls);
}

static void emit_fact(const struct report_fact *fact, enum spec_grade grade)
{
	static const char *const names[] = { "held", "lapse", "breach" };
	struct json_object *event = events_new("fact");

	if (!event)
		return;
	events_add(event, "test", state.test);
	events_add(event, "rule", spec_rows[fact->req].number);
	events_add(event, "outcome", names[fact->outcome]);
	events_add(event, "cell", fact->cell);
	events_add(event, "device", state.bench.dev ? state.bench.dev->uri : "");
	if (fact->outcome != REPORT_HELD) {
		events_add(event, "expected", fact->expected);
		events_add(event, "seen", fact->seen);
		add_calls(event);
	}
	if (fact->outcome == REPORT_BREACH && grade == GRADE_BREACH)
		events_add(event, "trace",
			   trace_log_broke(state.log,
					   spec_rows[fact->req].number));
	events_emit(event);
}

/* Once for what held or lapsed, a few times for what was broken. */
static bool worth_telling(const struct report_fact *fact)
{
	static const u8 limit[] = { 1, 1, BREACHES_KEPT };
	u8 *told = &state.counts[fact->outcome][fact->req];

	if (*told >= limit[fact->outcome])
		return false;
	++*told;
	return true;
}

static bool fact_fails(const struct report_fact *fact)
{
	enum spec_profile profile = state.bench.profile;

	if (fact->outcome != REPORT_BREACH)
		return false;
	if (fact->cell && cell_v1_find(fact->cell))
		return cell_v1_find(fact->cell)->severity[profile] == SEV_FAIL;
	return spec_severity(fact->req, GRADE_BREACH, profile) == SEV_FAIL;
}

/* For the log of the test: what failed it, the first few only. */
static void tell(const struct report_fact *fact)
{
	size_t len = strlen(state.bench.told);

	snprintf(state.bench.told + len, sizeof(state.bench.told) - len,
		 "%s%s %s: %s", len ? "; " : "", spec_rows[fact->req].number,
		 spec_rows[fact->req].symbol, fact->seen ? fact->seen : "");
}

static bool take_fact(const struct report_fact *fact)
{
	bool fails = fact_fails(fact);

	if (worth_telling(fact))
		emit_fact(fact, GRADE_BREACH);
	if (fails)
		tell(fact);
	state.bench.failed |= fails;
	return fails;
}

static void judge_fact(struct report_sink *self, const struct report_fact *fact)
{
	(void)self;
	take_fact(fact);
}

bool bench_fact(enum req req, enum report_outcome outcome, const char *cell,
		const char *fmt, ...)
{
	struct report_fact fact = { .req = req, .outcome = outcome,
				    .cell = cell };
	char seen[400];
	va_list ap;

	if (outcome != REPORT_HELD) {
		va_start(ap, fmt);
		vsnprintf(seen, sizeof(seen), fmt, ap);
		va_end(ap);
		fact.seen = seen;
	}
	return take_fact(&fact);
}

/* What kills the machine has to be known before it does. */
static void tell_start(void)
{
	struct json_object *event = events_new("start");

	events_add(event, "test", state.test);
	events_add(event, "device", state.uri);
	events_emit(event);
	events_mark(EVENTS_MARK_TEST, state.test);
}

static void mark_call(struct mig_observer *self, const struct mig_call *call)
{
	char line[TRACE_LINE];

	(void)self;
	/* The stimuli of v2 make thousands of calls that lead nowhere. */
	if (state.bench.generation == 2 &&
	    (call->op == MIG_PREAD || call->op == MIG_PWRITE))
		return;
	if (trace_line(&state.trace, 0, line, sizeof(line)))
		events_mark(EVENTS_MARK_CALL, line);
}

/* ---- opening ----------------------------------------------------------------- */

static int why(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(state.bench.why, sizeof(state.bench.why), fmt, ap);
	va_end(ap);
	return 1;
}

static void read_environment(int generation)
{
	const char *profile = getenv("MIGCHECK_PROFILE");
	const char *seed = getenv("MIGCHECK_SEED");
	int found = profile ? spec_profile_find(profile) : PROFILE_DEFAULT;
	char *rest;

	if (bench_find(generation, state.given, sizeof(state.given)))
		state.given[0] = '\0';
	memcpy(state.uris, state.given, sizeof(state.uris));
	state.uri = strtok_r(state.uris, " ", &rest);
	state.other_uri = strtok_r(NULL, " ", &rest);
	state.bench.profile = found < 0 ? PROFILE_DEFAULT :
					  (enum spec_profile)found;
	state.bench.seed = seed ? strtoull(seed, NULL, 0) : 1;
	state.bench.generation = generation;
	state.random = state.bench.seed;
}

/* A log is a comfort: without one the test goes on. */
static void attach_log(void)
{
	const char *dir = getenv("MIGCHECK_TRACES");
	struct trace_about about = {
		.uris = state.given, .generation = state.bench.generation,
		.profile = spec_profile_name(state.bench.profile),
		.seed = state.bench.seed, .test = state.test,
	};

	if (!dir || !dir[0] ||
	    trace_log_open(state.bench.ctx, dir, &about, &state.log))
		state.log = NULL;
}

static int attach_judge(void)
{
	state.sink.fact = judge_fact;
	if (!state.bench.generation)
		return 0;
	if (state.bench.generation == 1)
		return judge_v1_create(state.bench.ctx, &state.sink,
				       &state.judge);
	return judge_v2_create(state.bench.ctx, &state.sink, &state.judge);
}

/* The protocol's view of an opened device. */
static int bind(struct mig_dev *dev, struct v1 *v1, struct v2 *v2)
{
	int ret;

	if (!state.bench.generation)
		return bench_speaks(dev, 0) ?
			       0 : why("not offered: a device that cannot migrate");
	if (state.bench.generation == 2) {
		ret = v2_open(dev, v2);
		return ret ? why("not offered: no migration by protocol v2: %s",
				 strerror(-ret)) :
			     0;
	}
	ret = v1_open(dev, v1);
	if (ret)
		return why("not offered: no migration region (protocol v1): %s",
			   strerror(-ret));
	if (dev == state.bench.dev) {
		state.trace.v1_base = state.meter.v1_base = v1->region.offset;
		state.trace.v1_size = state.meter.v1_size = v1->region.size;
		trace_log_region(state.log, v1->region.offset,
				 v1->region.size);
	}
	return 0;
}

static int to_running(struct mig_dev *dev, struct v1 *v1, struct v2 *v2)
{
	(void)dev;
	if (!state.bench.generation)
		return 0;
	return state.bench.generation == 1 ? v1_recover(v1) : v2_recover(v2);
}

int bench_fresh(void)
{
	struct bench *b = &state.bench;
	int ret = mig_reset(b->dev);

	/* A device without reset can only be asked nicely. */
	if (ret)
		ret = to_running(b->dev, &b->v1, &b->v2);
	return ret;
}

void bench_migrates(void)
{
	state.meter.migrates = true;
}

int bench_open(int generation, u32 needs)
{
	struct bench *b = &state.bench;
	int ret;

	read_environment(generation);
	tell_start();
	state.marker.called = mark_call;
	if (!state.uri)
		return why("skip: no VFIO device of this machine offers protocol v%d; name one in MIGCHECK_DEVICES",
			   generation);
	if (mig_context_create(&b->ctx))
		return why("skip: no memory");
	state.open = true;
	trace_init(&state.trace);
	mig_observe(b->ctx, &state.trace.observer);
	meter_init(&state.meter, generation);
	mig_observe(b->ctx, &state.meter.observer);
	if (events_marked())
		mig_observe(b->ctx, &state.marker);
	attach_log();
	ret = attach_judge();
	if (ret)
		return why("skip: no judge: %s", strerror(-ret));
	ret = mig_open(b->ctx, state.uri, &b->dev);
	if (ret)
		return why("skip: cannot open %s: %s", state.uri,
			   mig_open_error(b->ctx));
	if (bind(b->dev, &b->v1, &b->v2))
		return 1;
	if (stimulus_create(b->dev, &b->stim))
		b->stim = NULL;
	ret = generation ? bench_fresh() : 0;
	if (ret)
		return why("skip: the device cannot be brought to RUNNING: %s",
			   strerror(-ret));
	return bench_needs(needs);
}

int bench_reopen(void)
{
	struct bench *b = &state.bench;
	int ret;

	if (b->generation == 1)
		v1_close(&b->v1);
	stimulus_rebind(b->stim, NULL);
	mig_close(b->dev);
	b->dev = NULL;
	ret = mig_open(b->ctx, state.uri, &b->dev);
	if (ret)
		return ret;
	stimulus_rebind(b->stim, b->dev);
	return bind(b->dev, &b->v1, &b->v2) ? -ENODEV : 0;
}

static void emit_calls(void)
{
	struct json_object *event = events_new("calls");

	events_add(event, "test", state.test);
	if (event)
		json_object_object_add(event, "count",
				       json_object_new_int64(
					       (s64)mig_calls(state.bench.ctx)));
	events_emit(event);
}

int bench_close(void)
{
	struct bench *b = &state.bench;

	if (!state.open)
		return 0;
	judge_destroy(state.judge);
	state.judge = NULL;
	trace_log_close(state.log);
	state.log = NULL;
	if (b->dev) {
		to_running(b->dev, &b->v1, &b->v2);
		if (b->generation == 1)
			v1_close(&b->v1);
	}
	if (b->other) {
		to_running(b->other, &b->other_v1, &b->other_v2);
		if (b->generation == 1)
			v1_close(&b->other_v1);
	}
	stimulus_destroy(b->stim);
	stimulus_destroy(b->other_stim);
	emit_calls();
	meter_tell(&state.meter, state.test);
	mig_context_destroy(b->ctx);
	meter_free(&state.meter);
	state.open = false;
#ifdef MIGCHECK_COVERAGE
	__gcov_dump(); /* the harness ends its children by _exit() */
#endif
	return b->failed;
}

/* ---- needs ------------------------------------------------------------------ */

static bool open_second(struct bench *b)
{
	int ret;

	if (b->other)
		return true;
	ret = state.other_uri ? mig_open(b->ctx, state.other_uri, &b->other) :
				mig_clone(b->dev, &b->other);
	if (ret)
		return false;
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

int bench_needs(u32 needs)
{
	const char *reason = bench_unmet(&state.bench, needs, open_second);

	return reason ? why("%s", reason) : 0;
}

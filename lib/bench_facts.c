// SPDX-License-Identifier: GPL-2.0-only
/* What a test has to tell: facts, losses, and how it ended. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "bench_state.h"
#include "events.h"
#include "model/cells_v1.h"
#include "reach.h"

enum { CALLS_SHOWN = 12, BREACHES_KEPT = 4 };

static void add_calls(struct json_object *event)
{
	struct json_object *calls = json_object_new_array();
	char line[TRACE_LINE];
	u64 back;

	for (back = CALLS_SHOWN; back-- > 0;)
		if (trace_line(&bench_state.trace, back, line, sizeof(line)))
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
	events_add(event, "test", bench_state.test);
	events_add(event, "rule", spec_rows[fact->req].number);
	events_add(event, "outcome", names[fact->outcome]);
	events_add(event, "cell", fact->cell);
	events_add(event, "device", bench_state.bench.dev ? bench_state.bench.dev->uri : "");
	if (fact->outcome != REPORT_HELD) {
		events_add(event, "expected", fact->expected);
		events_add(event, "seen", fact->seen);
		add_calls(event);
	}
	if (fact->outcome == REPORT_BREACH && grade == GRADE_BREACH)
		events_add(event, "trace",
			   trace_log_broke(bench_state.log,
					   spec_rows[fact->req].number));
	events_emit(event);
}

/* Once for what held or lapsed, a few times for what was broken. */
static bool worth_telling(const struct report_fact *fact)
{
	static const u8 limit[] = { 1, 1, BREACHES_KEPT };
	u8 *told = &bench_state.counts[fact->outcome][fact->req];

	if (*told >= limit[fact->outcome])
		return false;
	++*told;
	return true;
}

static bool fact_fails(const struct report_fact *fact)
{
	enum spec_profile profile = bench_state.bench.profile;

	if (fact->outcome != REPORT_BREACH)
		return false;
	if (fact->cell && cell_v1_find(fact->cell))
		return cell_v1_find(fact->cell)->severity[profile] == SEV_FAIL;
	return spec_severity(fact->req, GRADE_BREACH, profile) == SEV_FAIL;
}

/* For the log of the test: what failed it, the first few only. */
static void tell(const struct report_fact *fact)
{
	size_t len = strlen(bench_state.bench.told);

	snprintf(bench_state.bench.told + len, sizeof(bench_state.bench.told) - len,
		 "%s%s %s: %s", len ? "; " : "", spec_rows[fact->req].number,
		 spec_rows[fact->req].symbol, fact->seen ? fact->seen : "");
}

/* Once: the carrier cannot show it. */
static void tell_beyond(enum req req, const char *missing)
{
	struct json_object *event;

	if (bench_state.beyond[req])
		return;
	bench_state.beyond[req] = true;
	event = events_new("beyond");
	events_add(event, "rule", spec_rows[req].number);
	events_add(event, "reason", missing);
	events_emit(event);
}

/* A device that is gone keeps and breaks no rule: errors are all there is. */
static bool take_fact(const struct report_fact *fact)
{
	const char *missing = reach_missing(fact->req, bench_state.caps);
	bool fails = fact_fails(fact);

	if (missing) {
		tell_beyond(fact->req, missing);
		return false;
	}
	if (mig_lost(bench_state.bench.ctx))
		return false;
	if (worth_telling(fact))
		emit_fact(fact, GRADE_BREACH);
	if (fails)
		tell(fact);
	bench_state.bench.failed |= fails;
	return fails;
}

/* The carrier has lost a device: this is what the test has seen of it. */
void bench_tell_loss(void)
{
	struct json_object *event;
	char why[64];
	int lost = mig_lost(bench_state.bench.ctx);
	const char *how = lost == -ETIMEDOUT ? "silent" :
			  lost == -EPROTO ? "nonsense" : "hung up";

	if (!lost)
		return;
	event = events_new("lost");
	if (!event)
		return;
	events_add(event, "test", bench_state.test);
	events_add(event, "how", how);
	mig_lost_why(bench_state.bench.ctx, why, sizeof(why));
	events_add(event, "why", why);
	add_calls(event);
	events_add(event, "trace", trace_log_keep(bench_state.log));
	events_emit(event);
	snprintf(bench_state.bench.told, sizeof(bench_state.bench.told),
		 "the device was lost: its server %s", how);
	bench_state.bench.failed = true;
}

void bench_judge_fact(struct report_sink *self, const struct report_fact *fact)
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

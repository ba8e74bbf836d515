// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "intake.h"
#include "lost.h"
#include "mem.h"
#include "running.h"
#include "supervise.h"

enum { SLACK_S = 15, ENV_COUNT = 7 };

/* The tests of a binary to run in one process: all that are chosen, or one. */
struct batch {
	const struct supervise_plan *plan;
	const struct suite_binary *binary;
	const struct suite_test *only; /* NULL: all */
};

static bool runs(const struct batch *b, const struct suite_test *test)
{
	return test->selected && b->binary->generation == b->plan->generation &&
	       (!b->only || b->only == test);
}

/* "-r NAME" for each test, nothing where all run. NULL: none does. */
static const char **make_argv(const struct batch *b)
{
	const struct suite_binary *binary = b->binary;
	const char **argv = calloc(2 * binary->test_count + 2, sizeof(*argv));
	u32 i, n = 0;

	if (!argv)
		return NULL;
	argv[n++] = binary->path;
	for (i = 0; i < binary->test_count; i++) {
		if (!runs(b, &binary->tests[i]))
			continue;
		argv[n++] = "-r";
		argv[n++] = binary->tests[i].run;
	}
	if (n == 2 * binary->test_count + 1) {
		argv[1] = NULL;
	} else if (n == 1) {
		free(argv);
		return NULL;
	}
	return argv;
}

static void make_env(const struct supervise_plan *plan, const char *events,
		     char *ret_env[ENV_COUNT + 1])
{
	ret_env[0] = mem_printf("MIGCHECK_DEVICES=%s%s%s", plan->uri,
				plan->others[0] ? " " : "", plan->others);
	ret_env[1] = mem_printf("MIGCHECK_PROFILE=%s",
				spec_profile_name(plan->profile));
	ret_env[2] = mem_printf("MIGCHECK_EVENTS=%s", events);
	ret_env[3] = mem_printf("MIGCHECK_SEED=%llu",
				(unsigned long long)plan->seed);
	ret_env[4] = mem_printf("MIGCHECK_DEADLINE=%u", plan->deadline_s);
	ret_env[5] = mem_printf("MIGCHECK_TRACES=%s", plan->traces);
	ret_env[6] = mem_printf("MIGCHECK_SETTLE=%s",
				plan->settle ? plan->settle : "");
	ret_env[7] = NULL;
}

static void free_env(char **env)
{
	for (; *env; env++)
		free(*env);
}

static void expect_test(struct record *record, const struct suite_binary *binary,
			const char *name)
{
	record_test(record, binary, name)->outcome = RECORD_NOT_RUN;
}

/* Enters all tests, so that those that never come have a place; their number. */
static u32 expect_tests(const struct batch *b, struct record *record)
{
	const struct suite_binary *binary = b->binary;
	u32 i, count = 0;

	if (!binary->test_count)
		expect_test(record, binary, binary->name);
	for (i = 0; i < binary->test_count; i++) {
		if (!runs(b, &binary->tests[i]))
			continue;
		expect_test(record, binary, binary->tests[i].name);
		count++;
	}
	return count;
}

static void watch_child(struct running *r, struct child *child, u32 deadline_ms,
			const char *events)
{
	struct child_watch watch = {
		.ctx = r,
		.line = running_line,
		.fd = r->kmsg ? r->kmsg->fd : -1,
		.ready = running_kernel,
		.expired = running_expired,
	};
	struct child_result result;

	child_wait(child, deadline_ms, &watch, &result);
	running_kernel(r);
	intake_file(r->record, r->binary, events);
	running_settle(r, &result);
	if (result.end == CHILD_ABANDONED || running_lost(r))
		r->record->abandoned = running_end(r, &result);
	r->record->interrupted = child_interrupted() != 0;
}

static void run_batch(const struct batch *b, const char **argv,
		      struct record *record)
{
	const struct supervise_plan *plan = b->plan;
	struct running r = { .binary = b->binary, .record = record,
			     .kmsg = plan->kmsg, .log = plan->log,
			     .deadline_ms = plan->deadline_s * 1000 };
	char *events = mem_printf("%s/events", plan->work);
	u32 tests = expect_tests(b, record);
	struct child_result none = { .status = 127 };
	char *env[ENV_COUNT + 1];
	struct child child;

	make_env(plan, events, env);
	if (child_start(argv, (const char *const *)env, &child))
		running_settle(&r, &none);
	else
		watch_child(&r, &child,
			    (tests * plan->deadline_s + SLACK_S) * 1000, events);
	unlink(events);
	free_env(env);
	free(events);
	free(r.test);
}

/* Losses that nobody but the tests themselves knows about. */
static void settle_losses(const struct suite_binary *binary,
			  struct record *record)
{
	u32 i;

	for (i = 0; i < record->test_count; i++)
		if (record->tests[i].binary == binary)
			lost_settle(record, &record->tests[i], NULL);
}

static void run_together(const struct batch *b, struct record *record)
{
	const char **argv = make_argv(b);

	if (!argv)
		return;
	run_batch(b, argv, record);
	settle_losses(b->binary, record);
	free(argv);
}

/* No server, no test: that is no verdict on a device. */
static void give_up(const struct batch *b, int err, struct record *record)
{
	struct record_test *test = record_test(record, b->binary, b->only->name);

	test->outcome = RECORD_NOT_RUN;
	free(test->message);
	test->message = mem_dup(b->plan->restart->error);
	if (err == -EINTR)
		record->interrupted = true;
	else
		record->abandoned = mem_dup(b->plan->restart->error);
}

/* One test with a server of its own. */
static void run_alone(const struct batch *b, struct record *record)
{
	const struct supervise_plan *plan = b->plan;
	const char *argv[] = { b->binary->path, "-r", b->only->run, NULL };
	char *uris = mem_printf("%s %s", plan->uri, plan->others);
	int err = restart_begin(plan->restart, uris, b->only->name);

	free(uris);
	if (err) {
		give_up(b, err, record);
		return;
	}
	run_batch(b, argv, record);
	restart_end(plan->restart);
	lost_settle(record, record_test(record, b->binary, b->only->name),
		    plan->restart);
}

static bool goes_on(const struct record *record)
{
	return !record->abandoned && !record->interrupted;
}

bool supervise_binary(const struct supervise_plan *plan,
		      const struct suite_binary *binary, struct record *record)
{
	struct batch b = { .plan = plan, .binary = binary };
	u32 i;

	if (binary->generation && binary->generation != plan->generation)
		return goes_on(record);
	if (!plan->restart || !binary->test_count) {
		run_together(&b, record);
		return goes_on(record);
	}
	for (i = 0; i < binary->test_count && goes_on(record); i++) {
		b.only = &binary->tests[i];
		if (runs(&b, b.only))
			run_alone(&b, record);
	}
	return goes_on(record);
}

u32 supervise_tests(const struct supervise_plan *plan)
{
	struct batch b = { .plan = plan };
	u32 i, k, count = 0;

	for (i = 0; i < plan->suite->count; i++) {
		b.binary = &plan->suite->binaries[i];
		for (k = 0; k < b.binary->test_count; k++)
			count += runs(&b, &b.binary->tests[k]);
	}
	return count;
}

/* ---- slow devices ---------------------------------------------------------- */

/*
 * Slow is not stuck. A test that was late is run once more with a longer
 * deadline; where that shows the device to be slow, all others have it from
 * then on. Devices that are stuck do not hold up the run for long.
 */
enum { LONGER = 4, FUTILE_MAX = 3 };

struct patience {
	struct supervise_plan plan; /* for tests that were not run yet */
	u32 longer_s;
	u32 futile; /* tests that were late both times */
};

static void forget(struct record_test *test)
{
	test->outcome = RECORD_NOT_RUN;
	test->hung = false;
	free(test->message);
	test->message = mem_dup("");
	free(test->harness);
	test->harness = NULL;
}

static void run_longer(struct patience *p, const struct suite_binary *binary,
		       const struct suite_test *only, struct record *record)
{
	const char *argv[] = { binary->path, "-r", only->run, NULL };
	struct supervise_plan longer = p->plan;
	struct batch b = { .plan = &longer, .binary = binary, .only = only };
	struct record_test *test = record_test(record, binary, only->name);

	longer.deadline_s = p->longer_s;
	forget(test);
	if (longer.restart) {
		run_alone(&b, record);
	} else {
		run_batch(&b, argv, record);
		settle_losses(binary, record);
	}
	test = record_test(record, binary, only->name);
	if (test->outcome == RECORD_TIMEOUT)
		p->futile++;
	else
		p->plan.deadline_s = p->longer_s;
}

static void have_patience(struct patience *p, const struct suite_binary *binary,
			  struct record *record)
{
	const struct batch b = { .plan = &p->plan, .binary = binary };
	const struct record_test *test;
	u32 i;

	for (i = 0; i < binary->test_count; i++) {
		if (!runs(&b, &binary->tests[i]) || p->futile == FUTILE_MAX ||
		    !goes_on(record))
			continue;
		test = record_test(record, binary, binary->tests[i].name);
		if (test->outcome == RECORD_TIMEOUT && test->hung && !test->lost)
			run_longer(p, binary, &binary->tests[i], record);
	}
}

/* ---- devices that are always late ------------------------------------------- */

enum { LATE_MAX = 12 };

/* Tests that did not end in time, whatever they were given. */
static u32 count_late(const struct record *record)
{
	u32 i, count = 0;

	for (i = 0; i < record->test_count; i++)
		count += record->tests[i].outcome == RECORD_TIMEOUT;
	return count;
}

/* The tests of @binary are not run: others were late too often. */
static void leave_out(const struct supervise_plan *plan,
		      const struct suite_binary *binary, struct record *record)
{
	const struct batch b = { .plan = plan, .binary = binary };
	struct record_test *test;
	u32 i;

	for (i = 0; i < binary->test_count; i++) {
		if (!runs(&b, &binary->tests[i]))
			continue;
		expect_test(record, binary, binary->tests[i].name);
		test = record_test(record, binary, binary->tests[i].name);
		free(test->message);
		test->message = mem_printf("not run: %d tests did not end in time; with -d SECONDS they have more of it",
					   LATE_MAX);
	}
}

void supervise_device(const struct supervise_plan *plan, struct record *record)
{
	struct patience p = { .plan = *plan,
			      .longer_s = LONGER * plan->deadline_s };
	bool first;
	u32 i;

	for (i = 0; i < plan->suite->count; i++) {
		if (count_late(record) >= LATE_MAX) {
			leave_out(plan, &plan->suite->binaries[i], record);
			continue;
		}
		first = p.plan.deadline_s < p.longer_s;
		if (!supervise_binary(&p.plan, &plan->suite->binaries[i], record))
			return;
		if (plan->patient && first)
			have_patience(&p, &plan->suite->binaries[i], record);
	}
}

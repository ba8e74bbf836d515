// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "mem.h"
#include "progress.h"
#include "running.h"

/* What the binary itself needs to end a test that is over its deadline. */
enum { SLACK_MS = 10000, UNOPENED_MAX = 3 };

void running_kernel(void *ctx)
{
	struct running *r = ctx;
	char line[512];

	while (r->kmsg && kmsg_next(r->kmsg, line, sizeof(line))) {
		record_add_kernel(r->record, r->binary, r->test, line);
		journal_kernel(r->test, line);
	}
}

/* For whoever waits: the test, and a rule that it holds the device to. */
static void show_test(const struct running *r)
{
	char what[160];
	int req;

	if (!progress_active())
		return;
	for (req = 0; req < REQ_COUNT; req++)
		if (suite_checks(r->binary, r->test, (enum req)req))
			break;
	snprintf(what, sizeof(what), "%s%s%s",
		 req < REQ_COUNT ? spec_rows[req].number : "",
		 req < REQ_COUNT ? " " : "", r->test);
	progress_at(what);
}

/* The harness says "fixture.variant.test", events join with dashes. */
static void begin_test(struct running *r, const char *name)
{
	char *p;

	running_kernel(r);
	free(r->test);
	r->test = mem_dup(name);
	r->test_since_ms = child_clock_ms();
	for (p = r->test; *p; p++)
		*p = *p == '.' ? '-' : *p;
	show_test(r);
}

static void end_test(struct running *r)
{
	progress_step();
	running_kernel(r);
	r->unopened = r->unopened_now ? r->unopened + 1 : 0;
	r->unopened_now = false;
	free(r->test);
	r->test = NULL;
}

/* "# NAME: Test terminated ..." tells what the test itself no longer can. */
static bool take_bad_end(struct running *r, const char *line)
{
	const char *said = strstr(line, ": Test terminated ");
	struct record_test *test;

	if (!said)
		said = strstr(line, ": Test ended in ");
	if (line[0] != '#' || !said || !r->test)
		return false;
	test = record_test(r->record, r->binary, r->test);
	free(test->harness);
	test->harness = mem_line(said + strlen(": "));
	test->hung = strstr(said, "timeout") != NULL;
	return true;
}

/* The reason of a test that was skipped because its device is gone, or busy. */
static void note_unopened(struct running *r, const char *line)
{
	const char *said = strstr(line, ": skip: cannot open ");

	if (line[0] != '#' || !said)
		return;
	r->unopened_now = true;
	snprintf(r->why_unopened, sizeof(r->why_unopened), "%s",
		 said + strlen(": skip: "));
}

bool running_lost(const struct running *r)
{
	return r->unopened >= UNOPENED_MAX;
}

void running_line(void *ctx, const char *line)
{
	struct running *r = ctx;
	char name[512];

	if (r->log)
		fprintf(r->log, "%s\n", line);
	note_unopened(r, line);
	if (sscanf(line, "# RUN %511s", name) == 1)
		begin_test(r, name);
	else if (!strncmp(line, "ok ", 3) || !strncmp(line, "not ok ", 7))
		end_test(r);
	else if (!take_bad_end(r, line) && line[0])
		snprintf(r->last, sizeof(r->last), "%s", line);
}

bool running_expired(void *ctx)
{
	const struct running *r = ctx;

	progress_tick();
	return running_lost(r) ||
	       (r->test && child_clock_ms() - r->test_since_ms >
			  r->deadline_ms + SLACK_MS);
}

char *running_end(const struct running *r, const struct child_result *result)
{
	const char *name = r->binary->name;

	if (running_lost(r))
		return mem_dup(r->why_unopened);
	switch (result->end) {
	case CHILD_KILLED:
		return mem_printf("%s died of signal %d (%s)", name,
				  result->status, strsignal(result->status));
	case CHILD_TIMEOUT:
		return mem_printf("%s did not end in time and was killed", name);
	case CHILD_ABANDONED:
		return mem_printf("process %d of %s cannot be killed, stuck in "
				  "the kernel%s%s", result->status, name,
				  result->stuck_in[0] ? " in " : "",
				  result->stuck_in);
	case CHILD_INTERRUPTED:
		return mem_printf("interrupted");
	default:
		return mem_printf("%s ended with status %d%s%s", name,
				  result->status, r->last[0] ? ": " : "",
				  r->last);
	}
}

/* A test that the harness had to end has told a plain failure at best. */
static void settle_ended(struct record_test *test)
{
	test->outcome = test->hung ? RECORD_TIMEOUT : RECORD_CRASH;
	free(test->message);
	test->message = mem_dup(test->harness);
}

/* A test without a result: the one that ran has a reason, the others follow. */
static void settle_silent(const struct running *r, struct record_test *test,
			  const struct child_result *result)
{
	bool hung = result->end == CHILD_TIMEOUT ||
		    result->end == CHILD_ABANDONED;
	char *why = running_end(r, result);

	free(test->message);
	if (running_lost(r)) {
		test->message = mem_dup("not run: the device is gone");
		free(why);
	} else if (r->test && !strcmp(r->test, test->name)) {
		test->outcome = hung ? RECORD_TIMEOUT : RECORD_CRASH;
		test->message = why;
	} else {
		test->message = mem_printf("not run: %s", why);
		free(why);
	}
}

void running_settle(const struct running *r, const struct child_result *result)
{
	struct record_test *test;
	u32 i;

	for (i = 0; i < r->record->test_count; i++) {
		test = &r->record->tests[i];
		if (test->binary != r->binary)
			continue;
		if (test->outcome == RECORD_NOT_RUN && !test->message[0])
			settle_silent(r, test, result);
		else if (test->outcome == RECORD_FAIL && test->harness)
			settle_ended(test);
		else
			continue;
		journal_test(test);
	}
}

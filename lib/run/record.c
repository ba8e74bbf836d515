// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../model/cells_v1.h"
#include "kmsg.h"
#include "mem.h"
#include "record.h"

/* A device that breaks everything all the time must not fill our memory. */
enum { FACTS_MAX = 20000, KERNEL_MAX = 1000 };

static const char *const outcome_names[] = {
	[RECORD_PASS] = "pass",
	[RECORD_FAIL] = "fail",
	[RECORD_SKIP] = "skip",
	[RECORD_NOT_OFFERED] = "not-offered",
	[RECORD_BLOCKED] = "blocked",
	[RECORD_TIMEOUT] = "timeout",
	[RECORD_CRASH] = "crash",
	[RECORD_NOT_RUN] = "not-run",
};

int record_outcome_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(outcome_names); i++)
		if (!strcmp(outcome_names[i], name))
			return (int)i;
	return -EINVAL;
}

const char *record_outcome_name(enum record_outcome outcome)
{
	return outcome_names[outcome];
}

struct record_test *record_test(struct record *record,
				const struct suite_binary *binary,
				const char *name)
{
	struct record_test *test;
	u32 i;

	for (i = record->test_count; i--;) {
		test = &record->tests[i];
		if (test->binary == binary && !strcmp(test->name, name))
			return test;
	}
	record->tests = mem_room(record->tests, record->test_count,
				 sizeof(*test));
	test = &record->tests[record->test_count++];
	test->name = mem_dup(name);
	test->binary = binary;
	test->message = mem_dup("");
	return test;
}

bool record_ended_badly(const struct record_test *test)
{
	return test->outcome == RECORD_TIMEOUT ||
	       test->outcome == RECORD_CRASH || test->lost;
}

bool record_holds(const struct record *record, enum req req)
{
	const struct record_test *test;
	bool told = false;
	u32 i;

	for (i = 0; i < record->test_count; i++) {
		test = &record->tests[i];
		if (!test->held[req])
			continue;
		if (!record_ended_badly(test))
			return true;
		told = true;
	}
	return record->held[req] && !told;
}

bool record_was_fatal(const struct record *record, const struct record_test *test)
{
	const struct record_fact *fact;
	u32 i;

	for (i = 0; i < record->fact_count; i++) {
		fact = &record->facts[i];
		if (fact->fatal && !strcmp(fact->test, test->name))
			return true;
	}
	return false;
}

void record_add_fact(struct record *record, const struct record_fact *fact)
{
	struct record_fact *copy;

	if (record->fact_count == FACTS_MAX)
		return;
	record->facts = mem_room(record->facts, record->fact_count,
				 sizeof(*copy));
	copy = &record->facts[record->fact_count++];
	*copy = *fact;
	copy->test = mem_line(fact->test);
	copy->expected = mem_line(fact->expected);
	copy->seen = mem_line(fact->seen);
	copy->calls = mem_dup(fact->calls);
	copy->trace = mem_line(fact->trace);
}

/* A place alone is no complaint, and many a complaint has its own. */
static void add_complaint(struct record_test *test, const char *line)
{
	const char *place = kmsg_place(line);
	char *longer;

	if (!test->kernel) {
		test->kernel = place ? NULL : mem_line(line);
		return;
	}
	if (!place || test->kernel_placed)
		return;
	test->kernel_placed = true;
	if (strstr(test->kernel, place))
		return;
	longer = mem_printf("%s, in %s", test->kernel, place);
	free(test->kernel);
	test->kernel = longer;
}

void record_add_kernel(struct record *record, const struct suite_binary *binary,
		       const char *test, const char *line)
{
	struct record_test *t = test ? record_test(record, binary, test) : NULL;

	if (t)
		add_complaint(t, line);
	if (record->kernel_count == KERNEL_MAX)
		return;
	record->kernel_log = mem_room(record->kernel_log, record->kernel_count,
				      sizeof(char *));
	record->kernel_log[record->kernel_count++] =
		mem_printf("%s: %s", test ? test : binary->name, line);
}

enum spec_severity record_severity(const struct record_fact *fact,
				   enum spec_profile profile)
{
	if (fact->fatal)
		return SEV_FAIL;
	if (fact->cell)
		return fact->cell->severity[profile];
	return spec_severity(fact->req,
			     fact->outcome == REPORT_LAPSE ? GRADE_LAPSE :
							     GRADE_BREACH,
			     profile);
}

static void free_strings(char **strings, u32 count)
{
	while (count)
		free(strings[--count]);
	free(strings);
}

void record_free(struct record *record)
{
	u32 i;

	for (i = 0; i < record->fact_count; i++) {
		free(record->facts[i].test);
		free(record->facts[i].expected);
		free(record->facts[i].seen);
		free(record->facts[i].calls);
		free(record->facts[i].trace);
	}
	for (i = 0; i < record->test_count; i++) {
		free(record->tests[i].name);
		free(record->tests[i].message);
		free(record->tests[i].harness);
		free(record->tests[i].kernel);
		free(record->tests[i].lost);
		free(record->tests[i].lost_why);
		free(record->tests[i].calls);
		free(record->tests[i].trace);
	}
	figures_free(&record->figures);
	for (i = 0; i < REQ_COUNT; i++)
		free(record->beyond[i]);
	free_strings(record->capabilities, record->capability_count);
	free_strings(record->kernel_log, record->kernel_count);
	free(record->facts);
	free(record->tests);
	free(record->driver);
	free(record->end_state);
	free(record->abandoned);
	memset(record, 0, sizeof(*record));
}

// SPDX-License-Identifier: GPL-2.0-only
/* The forms whose unit is a line for each test: tap, ktap, lava. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/say.h"
#include "report.h"

static u32 count_tests(const struct report_runs *runs)
{
	u32 i, count = 0;

	for (i = 0; i < runs->count; i++)
		count += (u32)report_length(runs->list[i], "tests");
	return count;
}

/* Which device of its run a test is of, from 1: the second's get a suffix. */
static u32 device_number(struct json_object *run, struct json_object *test)
{
	const char *uri = report_string(test, "device");
	size_t i;

	for (i = 0; i < report_length(run, "devices"); i++)
		if (!strcmp(report_string(report_item(run, "devices", i), "uri"),
			    uri))
			return (u32)i + 1;
	return 1;
}

static void say_name(struct json_object *run, u32 index, struct json_object *test)
{
	u32 device = device_number(run, test);

	say("%s", report_string(test, "name"));
	if (device > 1)
		say("-%u", device);
	if (index)
		say("-run%u", index + 1);
}

/* The first rule that failed in the test, or NULL. */
static struct json_object *failed_rule(struct json_object *run, const char *test)
{
	struct json_object *rule;
	size_t i;

	for (i = 0; i < report_length(run, "rules"); i++) {
		rule = report_item(run, "rules", i);
		if (!strcmp(report_string(rule, "verdict"), "fail") &&
		    !strcmp(report_string(rule, "test"), test))
			return rule;
	}
	return NULL;
}

static void say_failure(struct json_object *run, struct json_object *test)
{
	struct json_object *rule = failed_rule(run, report_string(test, "name"));
	char *story = report_story(rule ? rule : test);

	if (rule)
		say(" # %s: %s", report_string(rule, "number"), story);
	else if (story[0])
		say(" # %s", story);
	free(story);
}

static void say_test(struct json_object *run, u32 index,
		     struct json_object *test, u32 number)
{
	const char *verdict = report_string(test, "verdict");
	const char *word = report_word(REPORT_TAP, verdict);
	const char *message = report_string(test, "message");
	bool skip = !strcmp(word, "skip");

	if (skip && message[0])
		say("# %s: %s\n", report_string(test, "name"), message);
	say("%s %u ", strcmp(word, "not ok") ? "ok" : word, number);
	say_name(run, index, test);
	if (skip)
		say(" # SKIP");
	else if (!strcmp(word, "xfail"))
		say(" # XFAIL");
	else if (!strcmp(word, "not ok"))
		say_failure(run, test);
	say("\n");
}

static void say_stream(const struct report_runs *runs, const char *version)
{
	u32 i, number = 0;
	size_t k;

	say("%s\n1..%u\n", version, count_tests(runs));
	for (i = 0; i < runs->count; i++)
		for (k = 0; k < report_length(runs->list[i], "tests"); k++)
			say_test(runs->list[i], i,
				 report_item(runs->list[i], "tests", k),
				 ++number);
}

void report_as_tap(const struct report_runs *runs)
{
	say_stream(runs, "TAP version 13");
}

void report_as_ktap(const struct report_runs *runs)
{
	say_stream(runs, "KTAP version 1");
}

static void say_lava_set(const struct report_runs *runs, const char *key,
			 const char *name)
{
	struct json_object *run, *entry;
	size_t k;
	u32 i;

	say("lava-test-set start %s\n", key);
	for (i = 0; i < runs->count; i++) {
		run = runs->list[i];
		for (k = 0; k < report_length(run, key); k++) {
			entry = report_item(run, key, k);
			say("%s", report_string(entry, name));
			if (device_number(run, entry) > 1)
				say("-%u", device_number(run, entry));
			if (i)
				say("-run%u", i + 1);
			say(" %s\n", report_word(REPORT_LAVA,
						 report_string(entry, "verdict")));
		}
	}
	say("lava-test-set stop %s\n", key);
}

void report_as_lava(const struct report_runs *runs)
{
	say_lava_set(runs, "rules", "number");
	say_lava_set(runs, "tests", "name");
}

// SPDX-License-Identifier: GPL-2.0-only
/* The forms of test services: junit, tmt, kcidb. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "report.h"

enum { EXCERPT_MAX = 16384 }; /* of KCIDB */

static u32 count_word(struct json_object *run, const char *key,
		      enum report_consumer consumer, const char *word)
{
	u32 count = 0;
	size_t i;

	for (i = 0; i < report_length(run, key); i++)
		count += !strcmp(word, report_word(consumer,
			report_string(report_item(run, key, i), "verdict")));
	return count;
}

static void say_attribute(const char *name, const char *value)
{
	say(" %s=\"", name);
	report_say_escaped(value);
	say("\"");
}

/* A rule's class is its area, a test's the suite: readers key on both. */
static void say_case(struct json_object *entry, bool rule)
{
	const char *word = report_word(REPORT_JUNIT,
				       report_string(entry, "verdict"));
	const char *name = report_string(entry, rule ? "number" : "name");
	char *area = rule ? report_area(name) : mem_dup("tests");
	char *class = mem_printf("migcheck.%s", area);
	char *story = report_story(entry);

	say("    <testcase");
	say_attribute("classname", class);
	say_attribute("name", name);
	say(" time=\"%.3f\"", report_number(entry, "duration_s"));
	if (!strcmp(word, "pass")) {
		say("/>\n");
	} else {
		say("><");
		report_say_escaped(word);
		say_attribute("message", story);
		if (strcmp(word, "skipped"))
			say_attribute("type", report_string(entry, "verdict"));
		say("/></testcase>\n");
	}
	free(story);
	free(class);
	free(area);
}

static void say_suite(struct json_object *run, const char *key)
{
	char *name = mem_printf("migcheck %s of %s", key,
				report_string(report_item(run, "devices", 0),
					      "uri"));
	bool rules = !strcmp(key, "rules");
	size_t i;

	say("  <testsuite");
	say_attribute("name", name);
	say(" tests=\"%zu\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
	    report_length(run, key),
	    count_word(run, key, REPORT_JUNIT, "failure"),
	    count_word(run, key, REPORT_JUNIT, "error"),
	    count_word(run, key, REPORT_JUNIT, "skipped"));
	say(" time=\"%.3f\"", rules ? 0.0 : report_number(run, "duration_s"));
	say_attribute("timestamp", report_string(run, "started"));
	say_attribute("hostname", "localhost");
	say(">\n");
	for (i = 0; i < report_length(run, key); i++)
		say_case(report_item(run, key, i), rules);
	say("  </testsuite>\n");
	free(name);
}

void report_as_junit(const struct report_runs *runs)
{
	u32 i;

	say("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (i = 0; i < runs->count; i++) {
		say_suite(runs->list[i], "rules");
		say_suite(runs->list[i], "tests");
	}
	say("</testsuites>\n");
}

static void add(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void say_json(struct json_object *root)
{
	say("%s\n", json_object_to_json_string_ext(root,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

/* Appends what @convert makes of each rule or test to @array. */
static void convert_all(const struct report_runs *runs, const char *key,
			const char *name,
			struct json_object *(*convert)(struct json_object *run,
						       u32 index,
						       struct json_object *entry,
						       const char *name),
			struct json_object *array)
{
	struct json_object *entry;
	size_t k;
	u32 i;

	for (i = 0; i < runs->count; i++)
		for (k = 0; k < report_length(runs->list[i], key); k++) {
			entry = report_item(runs->list[i], key, k);
			json_object_array_add(array,
					      convert(runs->list[i], i, entry,
						      report_string(entry, name)));
		}
}

static struct json_object *tmt_result(struct json_object *run, u32 index,
				      struct json_object *entry, const char *name)
{
	struct json_object *result = json_object_new_object();
	struct json_object *notes = json_object_new_array();
	char *full = mem_printf(index ? "/%s/run%u" : "/%s", name, index + 1);
	u32 seconds = (u32)(report_number(entry, "duration_s") + 0.5);
	char *duration = mem_printf("%02u:%02u:%02u", seconds / 3600,
				    seconds / 60 % 60, seconds % 60);
	char *story = report_story(entry);

	(void)run;
	add(result, "name", full);
	add(result, "result", report_word(REPORT_TMT,
					  report_string(entry, "verdict")));
	if (story[0])
		json_object_array_add(notes, json_object_new_string(story));
	json_object_object_add(result, "note", notes);
	add(result, "duration", duration);
	free(story);
	free(duration);
	free(full);
	return result;
}

void report_as_tmt(const struct report_runs *runs)
{
	struct json_object *results = json_object_new_array();

	convert_all(runs, "rules", "number", tmt_result, results);
	convert_all(runs, "tests", "name", tmt_result, results);
	say_json(results);
}

static struct json_object *kcidb_test(struct json_object *run, u32 index,
				      struct json_object *entry, const char *name)
{
	struct json_object *test = json_object_new_object(), *host = NULL;
	const char *started = report_string(run, "started");
	char *id = mem_printf("migcheck:%s-%u-%s", started, index, name);
	char *path = mem_printf("vfio_migration.%s", name);
	char *story = report_story(entry), *build;

	json_object_object_get_ex(run, "host", &host);
	build = mem_printf("migcheck:%s", report_string(host, "kernel"));
	add(test, "id", id);
	add(test, "origin", "migcheck");
	add(test, "build_id", build);
	add(test, "path", path);
	add(test, "status", report_word(REPORT_KCIDB,
					report_string(entry, "verdict")));
	add(test, "start_time", started);
	json_object_object_add(test, "duration", json_object_new_double(
				       report_number(entry, "duration_s")));
	if (strlen(story) > EXCERPT_MAX)
		story[EXCERPT_MAX] = '\0';
	if (story[0])
		add(test, "log_excerpt", story);
	free(build);
	free(story);
	free(path);
	free(id);
	return test;
}

void report_as_kcidb(const struct report_runs *runs)
{
	struct json_object *root = json_object_new_object();
	struct json_object *version = json_object_new_object();
	struct json_object *tests = json_object_new_array();

	json_object_object_add(version, "major", json_object_new_int(5));
	json_object_object_add(version, "minor", json_object_new_int(3));
	json_object_object_add(root, "version", version);
	convert_all(runs, "rules", "number", kcidb_test, tests);
	convert_all(runs, "tests", "name", kcidb_test, tests);
	json_object_object_add(root, "tests", tests);
	say_json(root);
}

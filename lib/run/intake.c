// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../model/cells_v1.h"
#include "intake.h"
#include "mem.h"

/* The string at @key, or NULL. It belongs to @event. */
static const char *text_at(struct json_object *event, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(event, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static void replace(char **string, const char *value)
{
	if (!value)
		return;
	free(*string);
	*string = mem_line(value);
}

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* The strings of an array, a line each; free(). NULL where there is none. */
static char *lines_at(struct json_object *event, const char *key)
{
	struct json_object *array;
	char *all = NULL, *line, *longer;
	size_t i;

	if (!json_object_object_get_ex(event, key, &array) ||
	    !json_object_is_type(array, json_type_array))
		return NULL;
	for (i = 0; i < json_object_array_length(array); i++) {
		line = mem_line(json_object_get_string(
			json_object_array_get_idx(array, i)));
		longer = mem_printf("%s%s%s", all ? all : "", all ? "\n" : "",
				    line ? line : "");
		free(line);
		free(all);
		all = longer;
	}
	return all;
}

static void take_fact(struct record *record, const struct suite_binary *binary,
		      struct json_object *event)
{
	const char *rule = text_at(event, "rule");
	const char *outcome = text_at(event, "outcome");
	const char *cell = text_at(event, "cell");
	const char *test = text_at(event, "test");
	const struct spec_row *row = rule ? spec_find(rule) : NULL;
	struct record_fact fact = { 0 };

	if (!row || !outcome)
		return;
	if (!strcmp(outcome, "held")) {
		record->held[spec_req(row)] = true;
		if (test)
			record_test(record, binary, test)->held[spec_req(row)] = true;
		return;
	}
	fact.req = spec_req(row);
	fact.outcome = !strcmp(outcome, "lapse") ? REPORT_LAPSE : REPORT_BREACH;
	fact.cell = cell ? cell_v1_find(cell) : NULL;
	fact.test = (char *)test;
	fact.expected = (char *)text_at(event, "expected");
	fact.seen = (char *)text_at(event, "seen");
	fact.trace = (char *)file_name(text_at(event, "trace"));
	fact.calls = lines_at(event, "calls");
	record_add_fact(record, &fact);
	free(fact.calls);
}

static void take_test(struct record *record, const struct suite_binary *binary,
		      struct json_object *event)
{
	const char *name = text_at(event, "test");
	const char *outcome = text_at(event, "outcome");
	struct json_object *duration;
	struct record_test *test;
	int found = outcome ? record_outcome_find(outcome) : -EINVAL;

	if (!name || found < 0)
		return;
	test = record_test(record, binary, name);
	test->outcome = (enum record_outcome)found;
	replace(&test->message, text_at(event, "message"));
	if (json_object_object_get_ex(event, "duration_s", &duration))
		test->duration_s = json_object_get_double(duration);
	figures_test_ended(&record->figures, name,
			   test->outcome == RECORD_PASS);
}

static void take_figures(struct record *record, const struct suite_binary *binary,
			 struct json_object *event)
{
	(void)binary;
	figures_wait(&record->figures, event);
}

static void take_lost(struct record *record, const struct suite_binary *binary,
		      struct json_object *event)
{
	const char *name = text_at(event, "test");
	struct record_test *test;

	if (!name)
		return;
	test = record_test(record, binary, name);
	replace(&test->lost, text_at(event, "how"));
	replace(&test->lost_why, text_at(event, "why"));
	replace(&test->trace, file_name(text_at(event, "trace")));
	free(test->calls);
	test->calls = lines_at(event, "calls");
}

static void take_beyond(struct record *record, const struct suite_binary *binary,
			struct json_object *event)
{
	const char *rule = text_at(event, "rule");
	const struct spec_row *row = rule ? spec_find(rule) : NULL;

	(void)binary;
	if (row)
		replace(&record->beyond[spec_req(row)], text_at(event, "reason"));
}

static void take_device(struct record *record, const struct suite_binary *binary,
			struct json_object *event)
{
	struct json_object *caps, *cap;
	size_t i;

	(void)binary;
	replace(&record->driver, text_at(event, "driver"));
	if (record->capability_count ||
	    !json_object_object_get_ex(event, "capabilities", &caps) ||
	    !json_object_is_type(caps, json_type_array))
		return;
	for (i = 0; i < json_object_array_length(caps); i++) {
		cap = json_object_array_get_idx(caps, i);
		record->capabilities = mem_room(record->capabilities,
						record->capability_count,
						sizeof(char *));
		record->capabilities[record->capability_count++] =
			mem_line(json_object_get_string(cap));
	}
}

static void take_end(struct record *record, const struct suite_binary *binary,
		     struct json_object *event)
{
	(void)binary;
	replace(&record->end_state, text_at(event, "state"));
}

static void take_calls(struct record *record, const struct suite_binary *binary,
		       struct json_object *event)
{
	struct json_object *count;

	(void)binary;
	if (json_object_object_get_ex(event, "count", &count))
		record->calls += (u64)json_object_get_int64(count);
}

static const struct {
	const char *kind;
	void (*take)(struct record *record, const struct suite_binary *binary,
		     struct json_object *event);
} kinds[] = {
	{ "fact", take_fact },	   { "test", take_test },
	{ "device", take_device }, { "end", take_end },
	{ "calls", take_calls },   { "figures", take_figures },
	{ "lost", take_lost },	   { "beyond", take_beyond },
};

void intake_line(struct record *record, const struct suite_binary *binary,
		 const char *line)
{
	struct json_object *event = json_tokener_parse(line);
	const char *kind = event ? text_at(event, "event") : NULL;
	size_t i;

	for (i = 0; kind && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			kinds[i].take(record, binary, event);
	json_object_put(event);
}

int intake_file(struct record *record, const struct suite_binary *binary,
		const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0)
		intake_line(record, binary, line);
	free(line);
	fclose(file);
	return 0;
}

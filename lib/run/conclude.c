// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "conclude.h"
#include "death.h"
#include "intake.h"
#include "mem.h"

struct part {
	struct judgements *all;
	const struct suite *suite;
	const char *dir;
	u32 device; /* index in all, plus 1; 0 = none yet */
	char *test; /* that began last, or NULL */
	bool ended; /* the device was done with */
};

static const char *text_at(struct json_object *event, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(event, key, &value) ?
		       json_object_get_string(value) :
		       NULL;
}

static s64 number_at(struct json_object *event, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(event, key, &value) ?
		       json_object_get_int64(value) :
		       0;
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static struct judgement *part_judgement(struct part *p)
{
	return p->device ? &p->all->list[p->device - 1] : NULL;
}

static const struct suite_binary *part_binary(const struct part *p,
					      const char *test)
{
	const struct suite_binary *binary;
	u32 i, k;

	for (i = 0; i < p->suite->count; i++) {
		binary = &p->suite->binaries[i];
		for (k = 0; k < binary->test_count; k++)
			if (!strcmp(binary->tests[k].name, test))
				return binary;
	}
	return NULL;
}

/* ---- events ------------------------------------------------------------------ */

static void take_terms(struct judgements *all, struct json_object *event)
{
	const char *name = text_at(event, "profile");
	int profile = name ? spec_profile_find(name) : -EINVAL;

	all->profile = profile < 0 ? PROFILE_DEFAULT :
				     (enum spec_profile)profile;
	all->seed = (u64)number_at(event, "seed");
	copy(all->started, sizeof(all->started), text_at(event, "started"));
	copy(all->kernel, sizeof(all->kernel), text_at(event, "kernel"));
	copy(all->arch, sizeof(all->arch), text_at(event, "arch"));
}

static void take_new_device(struct judgements *all, const char *uri,
			    struct json_object *event)
{
	struct device *device;

	if (!all->count)
		take_terms(all, event);
	all->list = mem_room(all->list, all->count, sizeof(*all->list));
	device = &all->list[all->count++].device;
	copy(device->uri, sizeof(device->uri), uri);
	copy(device->driver, sizeof(device->driver), text_at(event, "driver"));
	copy(device->driver_version, sizeof(device->driver_version),
	     text_at(event, "driver_version"));
	device->generation = number_at(event, "generation") == 1 ? 1 : 2;
	device->caps = (u32)number_at(event, "caps");
	device->features = (u64)number_at(event, "features");
}

/* The state that a device was left in is that of the last machine. */
static void take_device(struct part *p, struct json_object *event)
{
	const char *uri = text_at(event, "uri");
	struct judgement *j;
	u32 i;

	if (!uri)
		return;
	for (i = 0; i < p->all->count; i++)
		if (!strcmp(p->all->list[i].device.uri, uri))
			break;
	if (i == p->all->count)
		take_new_device(p->all, uri, event);
	p->device = i + 1;
	p->ended = false;
	j = part_judgement(p);
	j->end_problem[0] = '\0';
	free(j->record.abandoned);
	j->record.abandoned = NULL;
}

static void take_start(struct part *p, struct json_object *event)
{
	free(p->test);
	p->test = mem_dup(text_at(event, "test"));
}

static void take_kernel(struct part *p, struct json_object *event)
{
	const char *test = text_at(event, "test");
	const char *line = text_at(event, "line");
	const struct suite_binary *binary = test ? part_binary(p, test) : NULL;

	if (binary && line)
		record_add_kernel(&part_judgement(p)->record, binary, test, line);
}

static void take_end(struct part *p, struct json_object *event)
{
	struct judgement *j = part_judgement(p);

	p->ended = true;
	copy(j->end_state, sizeof(j->end_state), text_at(event, "state"));
	copy(j->end_problem, sizeof(j->end_problem), text_at(event, "problem"));
	j->record.abandoned = mem_dup(text_at(event, "abandoned"));
}

static const struct {
	const char *kind;
	void (*take)(struct part *p, struct json_object *event);
} kinds[] = {
	{ "start", take_start }, { "kernel", take_kernel }, { "end", take_end },
};

static void take_line(struct part *p, const char *line)
{
	struct json_object *event = json_tokener_parse(line);
	const char *kind = event ? text_at(event, "event") : NULL;
	const char *test = event ? text_at(event, "test") : NULL;
	const struct suite_binary *binary = test ? part_binary(p, test) : NULL;
	size_t i;

	if (kind && !strcmp(kind, "device"))
		take_device(p, event);
	for (i = 0; kind && p->device && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			kinds[i].take(p, event);
	if (p->device && (binary || !test))
		intake_line(&part_judgement(p)->record, binary, line);
	json_object_put(event);
}

/* ---- parts ------------------------------------------------------------------- */

static void part_died(struct part *p)
{
	const struct suite_binary *binary =
		p->test ? part_binary(p, p->test) : NULL;
	struct judgement *j = part_judgement(p);
	char *path = mem_printf("%s/kernel.log", p->dir);
	struct death death;

	copy(j->end_state, sizeof(j->end_state), "lost with its machine");
	death_read(path, &death);
	if (binary)
		death_blame(&death, &j->record, binary, p->test);
	else
		snprintf(j->end_problem, sizeof(j->end_problem),
			 "the machine was lost before the first test%s%s",
			 death.cause ? ": " : "", death.cause ? death.cause : "");
	death_free(&death);
	free(path);
}

int conclude_part(struct judgements *all, const struct suite *suite,
		  const char *dir)
{
	struct part p = { .all = all, .suite = suite, .dir = dir };
	char *path = mem_printf("%s/events", dir), *line = NULL;
	FILE *file = fopen(path, "re");
	int err = errno;
	size_t size = 0;

	free(path);
	if (!file)
		return -err;
	while (getline(&line, &size, file) > 0)
		take_line(&p, line);
	if (p.device && !p.ended)
		part_died(&p);
	free(p.test);
	free(line);
	fclose(file);
	return p.device ? 0 : -ENODATA;
}

void conclude_missing(struct judgement *j, const struct suite *suite)
{
	struct suite_binary *binary;
	struct record_test *test;
	u32 i, k, known;

	for (i = 0; i < suite->count; i++) {
		binary = &suite->binaries[i];
		for (k = 0; k < binary->test_count; k++) {
			if (!binary->tests[k].selected ||
			    binary->generation != j->device.generation)
				continue;
			known = j->record.test_count;
			test = record_test(&j->record, binary,
					   binary->tests[k].name);
			if (j->record.test_count == known)
				continue;
			test->outcome = RECORD_NOT_RUN;
			free(test->message);
			test->message = mem_dup("not run in any part");
		}
	}
}

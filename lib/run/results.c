// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "mem.h"
#include "results.h"
#include "set.h"
#include "unused.h"

static void add(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key,
			       text ? json_object_new_string(text) : NULL);
}

static void append(void *ctx, const char *text)
{
	json_object_array_add(ctx, json_object_new_string(text));
}

static void add_lines(struct json_object *object, const char *key,
		      const char *lines)
{
	struct json_object *array = json_object_new_array();
	size_t len;

	for (; lines && *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		json_object_array_add(array,
				      json_object_new_string_len(lines, (int)len));
	}
	json_object_object_add(object, key, array);
}

static struct json_object *make_tool(void)
{
	struct json_object *tool = json_object_new_object();

	add(tool, "name", "migcheck");
	add(tool, "version", MIGCHECK_VERSION);
	return tool;
}

static struct json_object *make_host(const struct judgements *all)
{
	struct json_object *host = json_object_new_object();

	add(host, "kernel", all->kernel);
	add(host, "arch", all->arch);
	return host;
}

static struct json_object *make_figures(const struct judgements *all,
					const struct judgement *j)
{
	const struct figures *figures = &j->record.figures;
	struct json_object *json = figures_to_json(figures,
						   j->device.generation);

	json_object_object_add(json, "budgets",
			       budgets_to_json(all->budgets, all->budget_count,
					       figures));
	return json;
}

static struct json_object *make_device(const struct judgements *all,
				       const struct judgement *j)
{
	struct json_object *device = json_object_new_object();
	struct json_object *caps = json_object_new_array();
	u32 i;

	add(device, "uri", j->device.uri);
	json_object_object_add(device, "generation",
			       json_object_new_int(j->device.generation));
	add(device, "driver", j->device.driver);
	add(device, "driver_version", j->device.driver_version[0] ?
	    j->device.driver_version : NULL);
	for (i = 0; i < j->record.capability_count; i++)
		append(caps, j->record.capabilities[i]);
	if (!i)
		device_features(&j->device, append, caps);
	json_object_object_add(device, "capabilities", caps);
	add(device, "end_state", j->end_state);
	json_object_object_add(device, "calls",
			       json_object_new_int64((s64)j->record.calls));
	json_object_object_add(device, "figures", make_figures(all, j));
	return device;
}

static struct json_object *make_waiver(const struct waiver *waiver)
{
	struct json_object *object = json_object_new_object();

	add(object, "reason", waiver->reason);
	add(object, "link", waiver->link);
	add(object, "expires", waiver->expires);
	return object;
}

static struct json_object *make_rule(const struct judgement *j, enum req req)
{
	const struct verdict_rule *rule = &j->rules[req];
	const struct record_fact *fact = rule->fact;
	const struct spec_row *row = &spec_rows[req];
	struct json_object *object = json_object_new_object();
	struct json_object *checks = json_object_new_array();

	add(object, "number", row->number);
	add(object, "name", row->symbol);
	add(object, "level", spec_level_name(row->level));
	add(object, "verdict", verdict_name(rule->verdict));
	add(object, "expected",
	    fact ? (fact->expected ? fact->expected : row->sentence) : NULL);
	add(object, "seen", fact ? fact->seen : NULL);
	suite_check_names(j->in.suite, req, append, checks);
	json_object_object_add(object, "checks", checks);
	add_lines(object, "calls", fact ? fact->calls : NULL);
	add(object, "trace", fact ? fact->trace : NULL);
	add(object, "device", j->device.uri);
	add(object, "test", fact ? fact->test : NULL);
	add(object, "reason", rule->reason);
	add(object, "source", row->source);
	add(object, "sentence", row->sentence);
	json_object_object_add(object, "waiver", rule->verdict == VERDICT_WAIVED ?
			       make_waiver(rule->waiver) : NULL);
	return object;
}

static struct json_object *make_test(const struct judgement *j,
				     const struct record_test *test)
{
	struct json_object *object = json_object_new_object();

	add(object, "name", test->name);
	add(object, "verdict", verdict_name(verdict_test(&j->in, j->rules, test)));
	json_object_object_add(object, "duration_s",
			       json_object_new_double(test->duration_s));
	add(object, "device", j->device.uri);
	add(object, "message", test->kernel ? test->kernel : test->message);
	if (test->calls)
		add_lines(object, "calls", test->calls);
	if (test->trace)
		add(object, "trace", test->trace);
	return object;
}

static void add_judgement(const struct judgements *all,
			  const struct judgement *j, struct json_object *devices,
			  struct json_object *rules, struct json_object *tests,
			  struct json_object *kernel_log)
{
	int req;
	u32 i;

	json_object_array_add(devices, make_device(all, j));
	for (req = 0; req < REQ_COUNT; req++)
		if (j->rules[req].concerned)
			json_object_array_add(rules, make_rule(j, (enum req)req));
	for (i = 0; i < j->record.test_count; i++)
		json_object_array_add(tests, make_test(j, &j->record.tests[i]));
	for (i = 0; i < j->record.kernel_count; i++)
		append(kernel_log, j->record.kernel_log[i]);
}

/* One state where all agree; free(). */
static char *make_end_state(const struct judgements *all)
{
	char *text = mem_dup(""), *longer;
	bool same = true;
	u32 i;

	for (i = 1; i < all->count; i++)
		same &= !strcmp(all->list[i].end_state, all->list[0].end_state);
	for (i = 0; i < (same ? 0 : all->count); i++) {
		longer = mem_printf("%s%s%s: %s", text, i ? ", " : "",
				    all->list[i].device.uri,
				    all->list[i].end_state);
		free(text);
		text = longer;
	}
	if (same && all->count) {
		free(text);
		text = mem_dup(all->list[0].end_state);
	}
	return text;
}

static struct json_object *make_member(const struct set_member *m)
{
	struct json_object *member = json_object_new_object();
	struct json_object *findings = json_object_new_array();

	add(member, "uri", m->uri);
	json_object_object_add(member, "generation",
			       json_object_new_int(m->judgement ?
					m->judgement->device.generation : 0));
	json_object_object_add(member, "migratable",
			       json_object_new_boolean(set_member_fits(m)));
	set_keys(m, append, findings);
	json_object_object_add(member, "findings", findings);
	return member;
}

/* Only where there are several. */
static void add_set(struct json_object *root, const struct judgements *all)
{
	struct json_object *object = json_object_new_object();
	struct json_object *members = json_object_new_array();
	struct set set;
	u32 i;

	set_make(all, &set);
	json_object_object_add(object, "migratable",
			       json_object_new_boolean(set.migratable));
	add(object, "sentence", set.sentence);
	for (i = 0; i < set.count; i++)
		json_object_array_add(members, make_member(&set.members[i]));
	json_object_object_add(object, "members", members);
	if (set.count > 1)
		json_object_object_add(root, "set", object);
	else
		json_object_put(object);
	set_free(&set);
}

static struct json_object *make_results(const struct judgements *all)
{
	struct json_object *root = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *rules = json_object_new_array();
	struct json_object *tests = json_object_new_array();
	struct json_object *kernel_log = json_object_new_array();
	char *end_state = make_end_state(all);
	char hash[17];
	u32 i;

	for (i = 0; i < all->count; i++)
		add_judgement(all, &all->list[i], devices, rules, tests, kernel_log);
	spec_hash(hash);
	json_object_object_add(root, "tool", make_tool());
	add(root, "catalogue", hash);
	json_object_object_add(root, "host", make_host(all));
	json_object_object_add(root, "devices", devices);
	add_set(root, all);
	add(root, "profile", spec_profile_name(all->profile));
	json_object_object_add(root, "seed",
			       json_object_new_int64((s64)all->seed));
	add(root, "started", all->started);
	json_object_object_add(root, "duration_s",
			       json_object_new_double(all->duration_s));
	json_object_object_add(root, "rules", rules);
	json_object_object_add(root, "tests", tests);
	json_object_object_add(root, "kernel_log", kernel_log);
	json_object_object_add(root, "unused_waivers", unused_to_json(all));
	add(root, "end_state", end_state);
	free(end_state);
	return root;
}

int results_write(const struct judgements *all, const char *path)
{
	struct json_object *root = make_results(all);
	char *temporary = mem_printf("%s.%d", path, (int)getpid());
	int err = 0;

	errno = 0;
	if (json_object_to_file_ext(temporary, root,
				    JSON_C_TO_STRING_PRETTY |
				    JSON_C_TO_STRING_NOSLASHESCAPE) ||
	    rename(temporary, path)) {
		err = errno ? -errno : -EIO;
		unlink(temporary);
	}
	free(temporary);
	json_object_put(root);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "cmd.h"
#include "report.h"

/*
 * Two runs side by side. Devices are matched by their order, since the same
 * device may have another address the next day; rules by their number.
 */
struct run {
	const char *dir;
	struct json_object *root;
	struct entry *list;
	size_t count;
};

struct entry {
	struct json_object *rule;
	u32 device; /* its place in the run */
	bool matched;
};

/* What a verdict says of a rule, as far as two runs can differ in it. */
enum kind { JUDGED, FAILING, UNSEEN };

static enum kind kind_of(struct json_object *rule)
{
	static const struct {
		const char *verdict;
		enum kind kind;
	} kinds[] = {
		{ "pass", JUDGED },	   { "warn", JUDGED },
		{ "info", JUDGED },	   { "waived", JUDGED },
		{ "not-offered", UNSEEN }, { "skip", UNSEEN },
		{ "unchecked", UNSEEN },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].verdict, report_string(rule, "verdict")))
			return kinds[i].kind;
	return FAILING;
}

/* ---- reading ------------------------------------------------------------------ */

static u32 device_of(struct json_object *root, struct json_object *rule, u32 from)
{
	const char *uri = report_string(rule, "device");
	size_t i;

	for (i = from; i < report_length(root, "devices"); i++)
		if (!strcmp(uri, report_string(report_item(root, "devices", i),
					       "uri")))
			return (u32)i;
	return from;
}

static struct entry *find(struct run *run, u32 device, const char *number)
{
	size_t i;

	for (i = 0; i < run->count; i++)
		if (run->list[i].device == device &&
		    !strcmp(report_string(run->list[i].rule, "number"), number))
			return &run->list[i];
	return NULL;
}

/* One URI may stand for two devices of a run: the second has its rules later. */
static void add_rule(struct run *run, struct json_object *rule)
{
	const char *number = report_string(rule, "number");
	u32 device = device_of(run->root, rule, 0);

	if (find(run, device, number))
		device = device_of(run->root, rule, device + 1);
	run->list[run->count++] = (struct entry){ rule, device, false };
}

static int load(const char *dir, struct run *ret_run)
{
	char *path = mem_printf("%s/results.json", dir);
	size_t i, rules;

	errno = 0;
	*ret_run = (struct run){ .dir = dir, .root = json_object_from_file(path) };
	rules = report_length(ret_run->root, "rules");
	if (!rules) {
		say_error("%s: %s", path, !ret_run->root && errno ?
			  strerror(errno) : "no results of migcheck");
		free(path);
		return CMD_ENVIRONMENT;
	}
	free(path);
	ret_run->list = calloc(rules, sizeof(*ret_run->list));
	if (!ret_run->list)
		return CMD_ENVIRONMENT;
	for (i = 0; i < rules; i++)
		add_rule(ret_run, report_item(ret_run->root, "rules", i));
	return 0;
}

static void unload(struct run *run)
{
	free(run->list);
	json_object_put(run->root);
}

/* ---- comparing ----------------------------------------------------------------- */

struct group {
	const char *title;
	bool (*belongs)(struct json_object *before, struct json_object *after);
};

/* @before or @after is NULL where a run does not have the rule. */
static bool fails_now(struct json_object *before, struct json_object *after)
{
	return after && kind_of(after) == FAILING &&
	       (!before || kind_of(before) != FAILING);
}

static bool fixed_now(struct json_object *before, struct json_object *after)
{
	return before && after && kind_of(before) == FAILING &&
	       kind_of(after) == JUDGED;
}

static bool unseen_now(struct json_object *before, struct json_object *after)
{
	return before && after && kind_of(before) != UNSEEN &&
	       kind_of(after) == UNSEEN;
}

static bool gone_now(struct json_object *before, struct json_object *after)
{
	return before && !after;
}

static const struct group groups[] = {
	{ "new failures", fails_now },
	{ "fixed", fixed_now },
	{ "no longer looked at", unseen_now },
	{ "gone", gone_now },
};

static const char *verdict_of(struct json_object *rule)
{
	return rule ? report_string(rule, "verdict") : "absent";
}

static void say_pair(struct json_object *before, struct json_object *after)
{
	struct json_object *rule = after ? after : before;
	char *story = report_story(rule);
	char *head = mem_printf("  %s %s  %s: %s, was %s%s",
				report_string(rule, "number"),
				report_string(rule, "name"),
				report_string(rule, "device"), verdict_of(after),
				verdict_of(before), story[0] && after ? "; " : "");

	say("%s%s\n", head, after ? story : "");
	free(head);
	free(story);
}

static u32 say_one(const struct group *group, u32 count,
		   struct json_object *before, struct json_object *after)
{
	if (!group->belongs(before, after))
		return 0;
	if (!count)
		say("%s:\n", group->title);
	say_pair(before, after);
	return 1;
}

/* How many belong to @group; in the order of the later run, then the rest. */
static u32 say_group(const struct group *group, struct run *before,
		     struct run *after)
{
	struct entry *other;
	u32 count = 0;
	size_t i;

	for (i = 0; i < before->count; i++)
		before->list[i].matched = false;
	for (i = 0; i < after->count; i++) {
		other = find(before, after->list[i].device,
			     report_string(after->list[i].rule, "number"));
		if (other)
			other->matched = true;
		count += say_one(group, count, other ? other->rule : NULL,
				 after->list[i].rule);
	}
	for (i = 0; i < before->count; i++)
		if (!before->list[i].matched)
			count += say_one(group, count, before->list[i].rule,
					 NULL);
	return count;
}

static void say_difference(const struct run *before, const struct run *after,
			   const char *key, const char *what)
{
	const char *a = report_string(before->root, key);
	const char *b = report_string(after->root, key);

	if (strcmp(a, b))
		say("%s: %s, was %s\n", what, b, a);
}

static int compare(struct run *before, struct run *after)
{
	u32 counts[ARRAY_SIZE(groups)];
	size_t i;

	say_difference(before, after, "catalogue", "judged by other rules");
	say_difference(before, after, "profile", "another profile");
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		counts[i] = say_group(&groups[i], before, after);
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		say("%s%u %s", i ? ", " : "", counts[i], groups[i].title);
	say("\n");
	return counts[0] ? CMD_VIOLATION : CMD_GOOD;
}

/* ---- the verb -------------------------------------------------------------------- */

static const struct cmd_option options[] = { { NULL } };

static int run(int argc, char **argv)
{
	struct run before = { NULL }, after = { NULL };
	char **dirs;
	int status = cmd_parse(argc, argv, options, NULL, &dirs);

	if (status)
		return status;
	if (!dirs[0] || !dirs[1] || dirs[2])
		return cmd_usage("diff", "two directories of `migcheck run -o`");
	status = load(dirs[0], &before);
	if (!status)
		status = load(dirs[1], &after);
	if (!status)
		status = compare(&before, &after);
	unload(&before);
	unload(&after);
	return status;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.line = "compare two runs",
	.run = run,
	.help =
"usage: migcheck diff DIR DIR\n\n"
"Compares the results of two runs, the earlier one first: what fails now, what is\n"
"fixed, what is no longer looked at, and rules that are gone. The first device of\n"
"one is compared with the first of the other, and so on. Status 1 where something\n"
"fails that did not.\n\n"
"  migcheck diff results.monday results.tuesday\n"
"  migcheck run emu:v2 -o new && migcheck diff old new\n",
};

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "cmd.h"
#include "diff_figures.h"
#include "report.h"

/*
 * Two runs side by side. Devices are matched by their order, since the same
 * device may have another address the next day; rules by their number. Tests
 * are told of where they fail for what no rule says: a complaint of the kernel,
 * a crash, a deadline.
 */
struct run {
	const char *dir;
	struct json_object *root;
	struct entry *list;
	size_t count;
};

/* What a verdict says, as far as two runs can differ in it. */
enum kind { JUDGED, FAILING, UNSEEN };

struct entry {
	struct json_object *what; /* a rule or a test */
	const char *key;
	bool test;
	enum kind kind;
	u32 device; /* its place in the run */
	bool matched;
};

static enum kind kind_of(struct json_object *what)
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
		if (!strcmp(kinds[i].verdict, report_string(what, "verdict")))
			return kinds[i].kind;
	return FAILING;
}

/* ---- reading ------------------------------------------------------------------ */

static u32 device_of(struct json_object *root, struct json_object *what, u32 from)
{
	const char *uri = report_string(what, "device");
	size_t i;

	for (i = from; i < report_length(root, "devices"); i++)
		if (!strcmp(uri, report_string(report_item(root, "devices", i),
					       "uri")))
			return (u32)i;
	return from;
}

static struct entry *find(struct run *run, const struct entry *like, u32 device)
{
	struct entry *entry;

	for (entry = run->list; entry < run->list + run->count; entry++)
		if (entry->device == device && entry->test == like->test &&
		    !strcmp(entry->key, like->key))
			return entry;
	return NULL;
}

/* Does a rule that fails tell this test's story already? Rules come first. */
static bool told(const struct run *run, const struct entry *test)
{
	const struct entry *entry;

	for (entry = run->list; entry < run->list + run->count; entry++)
		if (!entry->test && entry->kind == FAILING &&
		    entry->device == test->device &&
		    !strcmp(report_string(entry->what, "test"), test->key))
			return true;
	return false;
}

/* One URI may stand for two devices of a run: the second has its rules later. */
static void add_entry(struct run *run, struct json_object *what, bool test)
{
	struct entry entry = {
		.what = what,
		.key = report_string(what, test ? "name" : "number"),
		.test = test,
		.kind = kind_of(what),
		.device = device_of(run->root, what, 0),
	};

	if (find(run, &entry, entry.device))
		entry.device = device_of(run->root, what, entry.device + 1);
	if (test && (entry.kind != FAILING || told(run, &entry)))
		entry.kind = JUDGED;
	run->list[run->count++] = entry;
}

static int load(const char *dir, struct run *ret_run)
{
	char *path = mem_printf("%s/results.json", dir);
	size_t i, rules, tests;

	errno = 0;
	*ret_run = (struct run){ .dir = dir, .root = json_object_from_file(path) };
	rules = report_length(ret_run->root, "rules");
	tests = report_length(ret_run->root, "tests");
	if (!rules) {
		say_error("%s: %s", path, !ret_run->root && errno ?
			  strerror(errno) : "no results of migcheck");
		free(path);
		return CMD_ENVIRONMENT;
	}
	free(path);
	ret_run->list = calloc(rules + tests, sizeof(*ret_run->list));
	if (!ret_run->list)
		return CMD_ENVIRONMENT;
	for (i = 0; i < rules; i++)
		add_entry(ret_run, report_item(ret_run->root, "rules", i), false);
	for (i = 0; i < tests; i++)
		add_entry(ret_run, report_item(ret_run->root, "tests", i), true);
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
	bool (*belongs)(const struct entry *before, const struct entry *after);
};

/* @before or @after is NULL where a run does not have it. */
static bool fails_now(const struct entry *before, const struct entry *after)
{
	return after && after->kind == FAILING &&
	       (!before || before->kind != FAILING);
}

static bool fixed_now(const struct entry *before, const struct entry *after)
{
	return before && after && before->kind == FAILING &&
	       after->kind == JUDGED;
}

static bool unseen_now(const struct entry *before, const struct entry *after)
{
	return before && after && before->kind != UNSEEN &&
	       after->kind == UNSEEN;
}

static bool gone_now(const struct entry *before, const struct entry *after)
{
	return before && !after && !before->test;
}

enum { NEW_FAILURES, FIXED, NEW_SKIPS, GONE, GROUPS };

static const struct group groups[GROUPS] = {
	[NEW_FAILURES] = { "new failures", fails_now },
	[FIXED] = { "fixed", fixed_now },
	[NEW_SKIPS] = { "no longer looked at", unseen_now },
	[GONE] = { "gone", gone_now },
};

static const char *verdict_of(const struct entry *entry)
{
	return entry ? report_string(entry->what, "verdict") : "absent";
}

static void say_pair(const struct entry *before, const struct entry *after)
{
	const struct entry *entry = after ? after : before;
	char *story = report_story(entry->what);
	bool tells = after && story[0];

	say("  %s%s %s  %s: %s, was %s%s%s\n", entry->test ? "test " : "",
	    entry->key, entry->test ? "" : report_string(entry->what, "name"),
	    report_string(entry->what, "device"),
	    verdict_of(after), verdict_of(before), tells ? "; " : "", tells ? story : "");
	free(story);
}

static u32 say_one(const struct group *group, u32 count,
		   const struct entry *before, const struct entry *after)
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
		other = find(before, &after->list[i], after->list[i].device);
		if (other)
			other->matched = true;
		count += say_one(group, count, other, &after->list[i]);
	}
	for (i = 0; i < before->count; i++)
		if (!before->list[i].matched)
			count += say_one(group, count, &before->list[i], NULL);
	return count;
}

static u32 say_moves(const struct run *before, const struct run *after,
		     enum diff_move move, const char *title)
{
	size_t i, devices = report_length(after->root, "devices");
	u32 count = 0;

	for (i = 0; i < devices && i < report_length(before->root, "devices");
	     i++)
		diff_figures(report_item(before->root, "devices", i),
			     report_item(after->root, "devices", i), move, title,
			     &count);
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

/* What closes the gate besides new failures. */
struct gate {
	bool latency, skips;
};

static int compare(const struct gate *gate, struct run *before, struct run *after)
{
	u32 counts[GROUPS], slower, faster;
	size_t i;

	say_difference(before, after, "catalogue", "judged by other rules");
	say_difference(before, after, "profile", "another profile");
	for (i = 0; i < GROUPS; i++)
		counts[i] = say_group(&groups[i], before, after);
	slower = say_moves(before, after, DIFF_SLOWER, "slower");
	faster = say_moves(before, after, DIFF_FASTER, "faster");
	for (i = 0; i < GROUPS; i++)
		say("%u %s, ", counts[i], groups[i].title);
	say("%u slower, %u faster\n", slower, faster);
	if (counts[NEW_FAILURES] || (gate->latency && slower) ||
	    (gate->skips && counts[NEW_SKIPS] + counts[GONE]))
		return CMD_VIOLATION;
	return CMD_GOOD;
}

/* ---- the verb -------------------------------------------------------------------- */

static int set_gate(void *ctx, const char *value)
{
	struct gate *gate = ctx;

	if (!strcmp(value, "latency"))
		gate->latency = true;
	else if (!strcmp(value, "skips"))
		gate->skips = true;
	else
		return cmd_usage("diff", "--gate: '%s' is neither latency nor "
				 "skips", value);
	return 0;
}

static const struct cmd_option options[] = {
	{ "gate", 'g', true, set_gate },
	{ NULL },
};

static int run(int argc, char **argv)
{
	struct run before = { NULL }, after = { NULL };
	struct gate gate = { false };
	char **dirs;
	int status = cmd_parse(argc, argv, options, &gate, &dirs);

	if (status)
		return status;
	if (!dirs[0] || !dirs[1] || dirs[2])
		return cmd_usage("diff", "two directories of `migcheck run -o`");
	status = load(dirs[0], &before);
	if (!status)
		status = load(dirs[1], &after);
	if (!status)
		status = compare(&gate, &before, &after);
	unload(&before);
	unload(&after);
	return status;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.line = "compare two runs",
	.run = run,
	.help =
"usage: migcheck diff DIR DIR [--gate latency] [--gate skips]\n\n"
"Compares the results of two runs, the earlier one first: what fails now, what is\n"
"fixed, what is no longer looked at, rules that are gone, and times that moved.\n"
"The first device of one is compared with the first of the other, and so on.\n"
"A time has moved where its medians differ by more than 20 % and 10 us, and each\n"
"lies outside the other run's spread from minimum to p99, of five samples or more.\n\n"
"Status 1 where something fails that did not.\n\n"
"  -g, --gate latency  status 1 also where something is slower\n"
"  -g, --gate skips    status 1 also where something is no longer looked at\n\n"
"  migcheck diff results.monday results.tuesday\n"
"  migcheck run emu:v2 -o new && migcheck diff --gate latency old new\n",
};

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

static const struct cmd_option options[] = { { NULL } };

static const struct {
	const char *name;
	void (*print)(const struct report_runs *runs);
} formats[] = {
	{ "text", report_as_text }, { "md", report_as_md },
	{ "html", report_as_html }, { "tap", report_as_tap },
	{ "ktap", report_as_ktap }, { "junit", report_as_junit },
	{ "lava", report_as_lava }, { "tmt", report_as_tmt },
	{ "kcidb", report_as_kcidb },
};

static const struct {
	const char *verdict;
	const char *words[REPORT_CONSUMERS];
} mapping[] = {
	{ "pass", { "ok", "pass", "pass", "pass", "PASS" } },
	{ "fail", { "not ok", "failure", "fail", "fail", "FAIL" } },
	{ "warn", { "ok", "pass", "pass", "info", "PASS" } },
	{ "info", { "ok", "pass", "pass", "info", "PASS" } },
	{ "not-offered", { "skip", "skipped", "skip", "skip", "SKIP" } },
	{ "skip", { "skip", "skipped", "skip", "skip", "SKIP" } },
	{ "waived", { "xfail", "skipped", "skip", "info", "SKIP" } },
	{ "unexpected-pass", { "not ok", "failure", "fail", "fail", "FAIL" } },
	{ "timeout", { "not ok", "failure", "fail", "fail", "FAIL" } },
	{ "unchecked", { "skip", "skipped", "skip", "skip", "SKIP" } },
	/* Last: what is no verdict is an error, too. */
	{ "error", { "not ok", "error", "unknown", "error", "ERROR" } },
};

const char *report_word(enum report_consumer consumer, const char *verdict)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(mapping) - 1 &&
	       strcmp(mapping[i].verdict, verdict))
		i++;
	return mapping[i].words[consumer];
}

const char *report_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

double report_number(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
		       json_object_get_double(value) : 0;
}

static struct json_object *array_at(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_array))
		return NULL;
	return value;
}

size_t report_length(struct json_object *object, const char *key)
{
	struct json_object *array = array_at(object, key);

	return array ? json_object_array_length(array) : 0;
}

struct json_object *report_item(struct json_object *object, const char *key,
				size_t index)
{
	return json_object_array_get_idx(array_at(object, key), index);
}

void report_say_escaped(const char *text)
{
	static const char *const replaced[128] = {
		['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;",
	};
	u8 c;

	for (; (c = (u8)*text); text++)
		if (c < 128 && replaced[c])
			say("%s", replaced[c]);
		else
			say("%c", (c < ' ' && c != '\n') || c == 0x7f ? ' ' : c);
}

char *report_area(const char *number)
{
	const char *dash = strrchr(number, '-');

	return mem_printf("%.*s", (int)(dash ? dash - number : 0), number);
}

char *report_story(struct json_object *entry)
{
	const char *seen = report_string(entry, "seen");
	const char *reason = report_string(entry, "reason");

	if (seen[0])
		return mem_printf("expected: %s; seen: %s",
				  report_string(entry, "expected"), seen);
	return mem_dup(reason[0] ? reason : report_string(entry, "message"));
}

static int load_run(struct report_runs *runs, const char *dir)
{
	char *path = mem_printf("%s/results.json", dir);
	struct json_object *root = json_object_from_file(path);
	int status = 0;

	if (!root || !json_object_is_type(root, json_type_object)) {
		say_error("%s: %s", path, errno ? strerror(errno) :
						  "no results of migcheck");
		json_object_put(root);
		status = CMD_ENVIRONMENT;
	} else {
		runs->dirs = mem_room(runs->dirs, runs->count, sizeof(dir));
		runs->list = mem_room(runs->list, runs->count, sizeof(root));
		runs->dirs[runs->count] = dir;
		runs->list[runs->count++] = root;
	}
	free(path);
	return status;
}

static void free_runs(struct report_runs *runs)
{
	while (runs->count)
		json_object_put(runs->list[--runs->count]);
	free(runs->list);
	free(runs->dirs);
}

static int no_such_format(const char *name)
{
	return cmd_usage("report", "no format '%s': text, md, junit, html, tap, "
			 "ktap, lava, tmt or kcidb", name);
}

static int run(int argc, char **argv)
{
	struct report_runs runs = { 0 };
	char **rest;
	size_t i;
	int status = cmd_parse(argc, argv, options, NULL, &rest);

	if (status)
		return status;
	if (!rest[0] || !rest[1])
		return cmd_usage("report", "needs a format and a directory");
	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(rest[0], formats[i].name))
			break;
	if (i == ARRAY_SIZE(formats))
		return no_such_format(rest[0]);
	errno = 0;
	for (rest++; *rest && !status; rest++)
		status = load_run(&runs, *rest);
	if (!status)
		formats[i].print(&runs);
	free_runs(&runs);
	return status;
}

const struct cmd cmd_report = {
	.name = "report",
	.line = "make another format from saved results",
	.run = run,
	.help =
"usage: migcheck report FORMAT DIR...\n\n"
"Prints the results that runs with -o DIR have left. FORMAT is text, md, html,\n"
"tap (flat TAP 13), ktap, junit, lava (for send-to-lava.sh), tmt (results.json\n"
"of a custom result) or kcidb (tests of schema 5.3).\n\n"
"  migcheck report md results >results.md\n"
"  migcheck report junit results-v1 results-v2 >junit.xml\n",
};

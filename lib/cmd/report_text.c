// SPDX-License-Identifier: GPL-2.0-only
/* The forms for people: text, md. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "report.h"

/* Verdicts that a person wants to see by name, worst first. */
static const char *const told[] = { "fail", "unexpected-pass", "timeout",
				    "error", "warn", "waived", "info" };

char *report_devices(struct json_object *run)
{
	char *all = mem_dup(""), *longer;
	struct json_object *device;
	size_t i;

	for (i = 0; i < report_length(run, "devices"); i++) {
		device = report_item(run, "devices", i);
		longer = mem_printf("%s%s%s (%s, v%.0f)", all, i ? ", " : "",
				    report_string(device, "uri"),
				    report_string(device, "driver"),
				    report_number(device, "generation"));
		free(all);
		all = longer;
	}
	return all;
}

static u32 count_rules(struct json_object *run, const char *area,
		       const char *verdict)
{
	size_t i, len = strlen(area);
	struct json_object *rule;
	const char *number;
	u32 count = 0;

	for (i = 0; i < report_length(run, "rules"); i++) {
		rule = report_item(run, "rules", i);
		number = report_string(rule, "number");
		count += (!len || (!strncmp(number, area, len) &&
				   strrchr(number, '-') == number + len)) &&
			 !strcmp(report_string(rule, "verdict"), verdict);
	}
	return count;
}

static char *counts_text(struct json_object *run, const char *area)
{
	static const char *const verdicts[] = {
		"pass", "fail", "unexpected-pass", "timeout", "error", "warn",
		"waived", "info", "not-offered", "skip", "unchecked",
	};
	char *all = mem_dup(""), *longer;
	size_t i;
	u32 n;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		n = count_rules(run, area, verdicts[i]);
		if (!n)
			continue;
		longer = mem_printf("%s%s%u %s", all, all[0] ? ", " : "", n,
				    verdicts[i]);
		free(all);
		all = longer;
	}
	return all;
}

static void each_area(struct json_object *run, const struct report_form *form)
{
	char *area, *last = mem_dup(""), *counts;
	size_t i;

	for (i = 0; i < report_length(run, "rules"); i++) {
		area = report_area(report_string(report_item(run, "rules", i),
						 "number"));
		if (strcmp(area, last)) {
			counts = counts_text(run, area);
			form->area(area, counts);
			free(counts);
		}
		free(last);
		last = area;
	}
	free(last);
	form->areas_end();
}

static void each_told(struct json_object *run, const char *key,
		      void (*print)(struct json_object *entry), size_t words)
{
	struct json_object *entry;
	size_t i, w;

	for (w = 0; w < words; w++)
		for (i = 0; i < report_length(run, key); i++) {
			entry = report_item(run, key, i);
			if (!strcmp(report_string(entry, "verdict"), told[w]))
				print(entry);
		}
}

void report_say_runs(const struct report_runs *runs,
		     const struct report_form *form)
{
	u32 i;

	for (i = 0; i < runs->count; i++) {
		form->run(runs->list[i], runs->dirs[i]);
		each_area(runs->list[i], form);
		each_told(runs->list[i], "rules", form->rule, ARRAY_SIZE(told));
		each_told(runs->list[i], "tests", form->test, 4);
		form->run_end(runs->list[i]);
	}
}

char *report_total(struct json_object *run)
{
	char *counts = counts_text(run, "");
	char *text = mem_printf("%zu rules: %s; left %s.",
				report_length(run, "rules"), counts,
				report_string(run, "end_state"));

	free(counts);
	return text;
}

/* ---- text ----------------------------------------------------------------- */

static void text_run(struct json_object *run, const char *dir)
{
	char *devices = report_devices(run);

	say("%s: %s  profile %s  rules %s  %s\n\n", dir, devices,
	    report_string(run, "profile"), report_string(run, "catalogue"),
	    report_string(run, "started"));
	free(devices);
}

static void text_area(const char *area, const char *counts)
{
	say("%-10s %s\n", area, counts);
}

static void text_areas_end(void)
{
	say("\n");
}

static void text_rule(struct json_object *rule)
{
	char *story = report_story(rule);

	say("%s %s %s\n", report_string(rule, "verdict"),
	    report_string(rule, "number"), report_string(rule, "name"));
	say_folded("     rule:   ", report_string(rule, "sentence"));
	say_folded("     source: ", report_string(rule, "source"));
	say_folded("     ", story);
	free(story);
}

static void text_test(struct json_object *test)
{
	say("%s test %s  %s\n", report_string(test, "verdict"),
	    report_string(test, "name"), report_string(test, "message"));
}

static void text_run_end(struct json_object *run)
{
	char *total = report_total(run);

	say("\n%s\n", total);
	free(total);
}

void report_as_text(const struct report_runs *runs)
{
	static const struct report_form form = { text_run, text_rule, text_area,
					  text_areas_end, text_test,
					  text_run_end };

	report_say_runs(runs, &form);
}

/* ---- md ------------------------------------------------------------------- */

static void md_run(struct json_object *run, const char *dir)
{
	char *devices = report_devices(run), *total = report_total(run);

	say("# %s\n\n%s\n\n%s, profile %s, rules %s, %s\n\n"
	    "| area | rules |\n|---|---|\n", devices, total, dir,
	    report_string(run, "profile"), report_string(run, "catalogue"),
	    report_string(run, "started"));
	free(devices);
	free(total);
}

static void md_area(const char *area, const char *counts)
{
	say("| %s | %s |\n", area, counts);
}

static void md_rule(struct json_object *rule)
{
	char *story = report_story(rule);

	say("## %s %s %s\n\n%s\n\n* %s\n* source: %s\n\n",
	    report_string(rule, "verdict"), report_string(rule, "number"),
	    report_string(rule, "name"), report_string(rule, "sentence"), story,
	    report_string(rule, "source"));
	free(story);
}

static void md_test(struct json_object *test)
{
	say("* test %s: %s %s\n", report_string(test, "name"),
	    report_string(test, "verdict"), report_string(test, "message"));
}

static void md_run_end(struct json_object *run)
{
	(void)run;
	say("\n");
}

void report_as_md(const struct report_runs *runs)
{
	static const struct report_form form = { md_run, md_rule, md_area,
					  text_areas_end, md_test, md_run_end };

	report_say_runs(runs, &form);
}

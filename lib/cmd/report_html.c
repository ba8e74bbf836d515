// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "report.h"

static void say_element(const char *element, const char *text)
{
	say("<%s>", element);
	report_say_escaped(text);
	say("</%s>", element);
}

static void html_run(struct json_object *run, const char *dir)
{
	char *devices = report_devices(run), *total = report_total(run);

	say_element("h1", devices);
	say_element("p", total);
	say_element("p", dir);
	say("\n<table>\n");
	free(devices);
	free(total);
}

static void html_area(const char *area, const char *counts)
{
	say("<tr>");
	say_element("td", area);
	say_element("td", counts);
	say("</tr>\n");
}

static void html_areas_end(void)
{
	say("</table>\n");
}

static void html_rule(struct json_object *rule)
{
	char *story = report_story(rule);
	char *head = mem_printf("%s %s %s", report_string(rule, "verdict"),
				report_string(rule, "number"),
				report_string(rule, "name"));

	say_element("h2", head);
	say_element("p", report_string(rule, "sentence"));
	say_element("p", report_string(rule, "source"));
	say_element("p", story);
	say("\n");
	free(head);
	free(story);
}

static void html_test(struct json_object *test)
{
	char *text = mem_printf("test %s: %s %s", report_string(test, "name"),
				report_string(test, "verdict"),
				report_string(test, "message"));

	say_element("p", text);
	say("\n");
	free(text);
}

static void html_run_end(struct json_object *run)
{
	(void)run;
	say("<hr>\n");
}

void report_as_html(const struct report_runs *runs)
{
	static const struct report_form form = { html_run, html_rule, html_area,
					  html_areas_end, html_test,
					  html_run_end };

	say("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<title>migcheck</title><style>body{font-family:sans-serif}"
	    "td{padding:0 1em;border-top:1px solid #ccc}</style></head><body>\n");
	report_say_runs(runs, &form);
	say("</body></html>\n");
}

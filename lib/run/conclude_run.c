// SPDX-License-Identifier: GPL-2.0-only
/* conclude_run(): from the parts to verdicts, text and files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign_state.h"
#include "conclude.h"
#include "mem.h"
#include "say.h"
#include "summary.h"
#include "unused.h"

static int take_parts(struct campaign *c, const char *const *parts)
{
	int err;

	for (; *parts; parts++) {
		err = conclude_part(&c->all, &c->suite, *parts);
		if (!err)
			continue;
		say_error("%s/events: %s", *parts, strerror(-err));
		return 99;
	}
	return 0;
}

static int take_selection(struct campaign *c, struct select *select)
{
	u32 i;

	for (i = 0; i < c->all.count; i++)
		select->generations[c->all.list[i].device.generation] = true;
	return campaign_select(c, select);
}

static void fetch_trace(const struct campaign *c, const char *trace,
			const char *const *parts)
{
	char *to = trace ? mem_printf("%s/%s", c->work.path, trace) : NULL;
	char *from;

	for (; to && *parts; parts++) {
		from = mem_printf("%s/%s", *parts, trace);
		rename(from, to);
		free(from);
	}
	free(to);
}

/* Traces that came out of a machine are beside its journal. */
static void fetch_traces(struct campaign *c, const struct record *record,
			 const char *const *parts)
{
	u32 i;

	for (i = 0; i < record->fact_count; i++)
		fetch_trace(c, record->facts[i].trace, parts);
	for (i = 0; i < record->test_count; i++)
		fetch_trace(c, record->tests[i].trace, parts);
}

static void judge(struct campaign *c, const char *const *parts)
{
	struct judgement *j;

	for (j = c->all.list; j < c->all.list + c->all.count; j++) {
		summary_begin(&c->all, &j->device);
		fetch_traces(c, &j->record, parts);
		conclude_missing(j, &c->suite);
		campaign_judge(c, j);
		summary_device(&c->all, j);
	}
}

int conclude_run(struct campaign_options *options, const char *const *parts)
{
	struct campaign c = { .options = options, .kmsg = { .fd = -1 } };
	int status;

	c.all.dir = options->dir;
	c.all.budgets = options->budgets;
	c.all.budget_count = options->budget_count;
	status = campaign_suite(&c.suite);
	if (!status)
		status = take_parts(&c, parts);
	options->profile = c.all.profile;
	if (!status)
		status = campaign_load_waivers(&c);
	if (!status)
		status = take_selection(&c, &options->select);
	if (!status)
		status = campaign_open_files(&c);
	if (!status) {
		judge(&c, parts);
		unused_find(&c.all, &c.waivers);
		status = campaign_publish(&c);
		summary_end(&c.all);
		status = status ? status : judgement_status(&c.all);
	}
	campaign_free(&c);
	return status;
}

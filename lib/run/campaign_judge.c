// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mig.h"
#include "campaign_state.h"
#include "child.h"
#include "journal.h"
#include "mem.h"
#include "progress.h"
#include "say.h"
#include "summary.h"
#include "supervise.h"

/* The other devices of its generation: tests of two devices may use them. */
static char *other_uris(const struct campaign *c, const struct judgement *j)
{
	char *text = mem_dup(""), *longer;
	u32 i;

	for (i = 0; i < c->all.count; i++) {
		const struct device *other = &c->all.list[i].device;

		if (other == &j->device ||
		    other->generation != j->device.generation)
			continue;
		longer = mem_printf("%s%s%s", text, text[0] ? " " : "",
				    other->uri);
		free(text);
		text = longer;
	}
	return text;
}

static void supervise(struct campaign *c, struct judgement *j)
{
	char *others = other_uris(c, j);
	u32 deadline = c->options->deadline_s;
	struct supervise_plan plan = {
		.suite = &c->suite,
		.uri = j->device.uri,
		.others = others,
		.generation = j->device.generation,
		.profile = c->options->profile,
		.seed = c->options->seed,
		.deadline_s = deadline ? deadline :
					 device_deadline(j->device.uri),
		.patient = !deadline,
		.work = c->work.path,
		.traces = c->options->dir ? c->work.path : "",
		.kmsg = j->device.caps & MIG_CAP_KERNEL ? &c->kmsg : NULL,
		.log = c->log,
		.settle = c->options->settle,
		.restart = c->restart.command ? &c->restart : NULL,
	};

	c->restart.deadline_ms = plan.deadline_s * 1000;
	progress_begin(plan.uri, supervise_tests(&plan));
	supervise_device(&plan, &j->record);
	progress_end();
	free(others);
}

/* A device that was given up is not touched again: it would hold us as well. */
static void restore(const struct campaign *c, struct judgement *j)
{
	struct device after;

	snprintf(j->end_state, sizeof(j->end_state), "%s", "unknown");
	if (j->record.abandoned) {
		snprintf(j->end_problem, sizeof(j->end_problem), "%s",
			 "it was given up");
		return;
	}
	if (c->restart.command) {
		snprintf(j->end_state, sizeof(j->end_state), "%s", "ended");
		return;
	}
	child_forget_interrupt();
	device_restore(j->device.uri, &after);
	if (after.state[0])
		snprintf(j->end_state, sizeof(j->end_state), "%s", after.state);
	if (after.error || strcmp(j->end_state, "RUNNING"))
		snprintf(j->end_problem, sizeof(j->end_problem), "%s",
			 after.message[0] ? after.message :
			 after.error ? strerror(-after.error) :
				       "reset does not bring it there");
}

void campaign_judge(struct campaign *c, struct judgement *j)
{
	const struct select *select = &c->options->select;

	if (j->record.driver)
		snprintf(j->device.driver, sizeof(j->device.driver), "%s",
			 j->record.driver);
	j->in = (struct verdict_input){
		.uri = j->device.uri,
		.driver = j->device.driver,
		.driver_version = j->device.driver_version,
		.generation = j->device.generation,
		.profile = c->options->profile,
		.suite = &c->suite,
		.record = &j->record,
		.waivers = &c->waivers,
		.kernel = c->all.kernel,
		.kernel_device = j->device.caps & MIG_CAP_KERNEL,
		.chosen = select->include_count ? select->chosen : NULL,
		.excluded = select->excluded,
	};
	judgement_make(j);
}

static void number_trace(const struct campaign *c, u32 index, char **trace)
{
	char *from, *to, *name;

	if (!*trace || strncmp(*trace, "trace-", 6))
		return;
	name = mem_printf("trace-%u-%s", index, *trace + 6);
	from = mem_printf("%s/%s", c->work.path, *trace);
	to = mem_printf("%s/%s", c->work.path, name);
	rename(from, to); /* two facts may share a trace: done already */
	free(from);
	free(to);
	free(*trace);
	*trace = name;
}

/* Traces of the second device and so on get its number, or they would collide. */
static void number_traces(struct campaign *c, struct judgement *j)
{
	u32 index = (u32)(j - c->all.list) + 1, i;

	for (i = 0; index > 1 && i < j->record.fact_count; i++)
		number_trace(c, index, &j->record.facts[i].trace);
	for (i = 0; index > 1 && i < j->record.test_count; i++)
		number_trace(c, index, &j->record.tests[i].trace);
}

int campaign_judge_devices(struct campaign *c)
{
	struct judgement *j;
	bool interrupted;

	for (j = c->all.list; j < c->all.list + c->all.count; j++) {
		summary_begin(&c->all, &j->device);
		journal_device(&c->all, &j->device);
		supervise(c, j);
		interrupted = j->record.interrupted || child_interrupted();
		restore(c, j);
		journal_end(j);
		if (interrupted) {
			say("interrupted; %s left %s, no results kept\n",
			    j->device.uri, j->end_state);
			return 99;
		}
		number_traces(c, j);
		campaign_judge(c, j);
		summary_device(&c->all, j);
	}
	return 0;
}

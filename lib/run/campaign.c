// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../mig.h"
#include "campaign_state.h"
#include "child.h"
#include "mem.h"
#include "say.h"
#include "summary.h"
#include "unused.h"

int campaign_suite(struct suite *ret_suite)
{
	if (!suite_load(ret_suite))
		return 0;
	say_error("no conformance tests in %s; build them, or name their place "
		  "in MIGCHECK_TESTS", ret_suite->dir);
	return 99;
}

int campaign_refuse(const struct device *device)
{
	const char *message = device->message, *advice = device_advice(device);

	if (!device->error && !device->generation) {
		say_error("%s offers no migration: neither a v1 region nor the v2 "
			  "feature; nothing to test", device->uri);
		return 4;
	}
	if (!device->error)
		return 0;
	if (!message[0])
		message = strerror(-device->error);
	if (strstr(message, device->uri))
		say_error("%s", message);
	else
		say_error("%s: %s%s%s", device->uri, message,
			  !device->message[0] && advice[0] ? "; " : "",
			  device->message[0] ? "" : advice);
	return device->error == -EINVAL ? 64 : 99;
}

static void describe_host(struct judgements *all)
{
	time_t now = time(NULL);
	struct utsname host;
	struct tm tm;

	uname(&host);
	snprintf(all->kernel, sizeof(all->kernel), "%.71s", host.release);
	snprintf(all->arch, sizeof(all->arch), "%.71s", host.machine);
	gmtime_r(&now, &tm);
	strftime(all->started, sizeof(all->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void add_bare(struct judgements *all, const char *uri)
{
	all->bare = mem_room(all->bare, all->bare_count, sizeof(*all->bare));
	all->bare[all->bare_count++] = mem_dup(uri);
}

/* The device as it is when a test meets it: with a server, and settled. */
static int probe_started(struct campaign *c, const char *uri,
			 struct device *ret_device)
{
	struct restart *restart = &c->restart;
	char how[100], said[120];
	int err = restart_begin(restart, uri, "probe");

	memset(ret_device, 0, sizeof(*ret_device));
	snprintf(ret_device->uri, sizeof(ret_device->uri), "%s", uri);
	if (err)
		return err;
	if (c->options->settle)
		device_settle(uri, c->options->settle, ret_device);
	else
		device_probe(uri, ret_device);
	restart_end(restart);
	if (!ret_device->error || !restart_casualty(restart))
		return 0;
	restart_describe(restart_casualty(restart), how, sizeof(how));
	restart_last_words(restart, said, sizeof(said));
	snprintf(restart->error, sizeof(restart->error),
		 "%.100s: its server %s when it was opened%s%s", uri, how,
		 said[0] ? "; it said: " : "", said);
	return -EIO;
}

static int probe(struct campaign *c, const char *uri, struct device *ret_device)
{
	int err = 0;

	if (c->restart.command) {
		c->restart.deadline_ms = 1000 * (c->options->deadline_s ?
			c->options->deadline_s : device_deadline(uri));
		err = restart_check(&c->restart, uri);
		if (!err)
			err = probe_started(c, uri, ret_device);
	} else if (c->options->settle) {
		device_settle(uri, c->options->settle, ret_device);
	} else {
		device_probe(uri, ret_device);
	}
	if (err)
		say_error("%s", c->restart.error);
	return err ? 99 : campaign_refuse(ret_device);
}

/* Devices without migration are passed over as long as others have it. */
static int probe_devices(struct campaign *c, struct select *select)
{
	struct judgements *all = &c->all;
	struct judgement *j;
	int status = 0;
	u32 i;

	for (i = 0; i < c->options->uri_count; i++) {
		all->list = mem_room(all->list, all->count, sizeof(*j));
		j = &all->list[all->count];
		status = probe(c, c->options->uris[i], &j->device);
		if (status && status != 4)
			return status;
		if (status) {
			add_bare(all, j->device.uri);
			continue;
		}
		select->generations[j->device.generation] = true;
		all->count++;
	}
	return all->count ? 0 : status;
}

int campaign_select(struct campaign *c, struct select *select)
{
	char *error = NULL;
	int err = select_apply(select, &c->suite, &error);

	if (err)
		say_error("%s", error);
	free(error);
	return err ? 64 : 0;
}

static void add_waivers(struct campaign *c, struct waivers *more, bool shared)
{
	struct waivers *all = &c->waivers;
	u32 i;

	for (i = 0; i < more->count; i++) {
		all->list = mem_room(all->list, all->count, sizeof(*all->list));
		more->list[i].shared = shared;
		all->list[all->count++] = more->list[i];
		if (more->list[i].expired)
			say("the waiver of %s has expired on %s: ignored\n",
			    spec_rows[more->list[i].req].number,
			    more->list[i].expires);
	}
	free(more->list); /* what it holds has moved */
}

int campaign_load_waivers(struct campaign *c)
{
	char today[11], *error = NULL;
	struct waivers more;
	int err = 0;
	u32 i;

	snprintf(today, sizeof(today), "%.10s", c->all.started);
	for (i = 0; !err && i < c->options->waiver_count; i++) {
		err = waivers_load(c->options->waivers[i].path, today, &more,
				   &error);
		if (!err)
			add_waivers(c, &more, c->options->waivers[i].shared);
	}
	if (err)
		say_error("%s", error);
	free(error);
	return err ? 64 : 0;
}

static void watch_kernel(struct campaign *c)
{
	bool counts = false;
	int err;
	u32 i;

	for (i = 0; i < c->all.count; i++)
		counts |= !!(c->all.list[i].device.caps & MIG_CAP_KERNEL);
	if (!counts)
		return;
	err = kmsg_open(&c->kmsg);
	if (err)
		say("the kernel log is not watched: %s\n", strerror(-err));
}

static double seconds_since(u64 start_ms)
{
	return (double)(child_clock_ms() - start_ms) / 1000;
}

static int judge(struct campaign *c)
{
	u64 start = child_clock_ms();
	int status;

	watch_kernel(c);
	status = campaign_judge_devices(c);
	if (status)
		return status;
	c->all.duration_s = seconds_since(start);
	unused_find(&c->all, &c->waivers);
	status = campaign_publish(c);
	summary_end(&c->all);
	return status ? status : judgement_status(&c->all);
}

void campaign_free(struct campaign *c)
{
	if (c->log)
		fclose(c->log);
	if (c->restart.command && c->restart.log >= 0)
		close(c->restart.log);
	kmsg_close(&c->kmsg);
	workdir_remove(&c->work);
	waivers_free(&c->waivers);
	judgements_free(&c->all);
	suite_free(&c->suite);
}

int campaign_run(struct campaign_options *options)
{
	struct campaign c = { .options = options, .kmsg = { .fd = -1 },
			      .restart = { .log = -1 } };
	int status;

	c.all.profile = options->profile;
	c.all.seed = options->seed;
	c.all.dir = options->dir;
	c.all.budgets = options->budgets;
	c.all.budget_count = options->budget_count;
	describe_host(&c.all);
	status = campaign_load_waivers(&c);
	if (!status)
		status = campaign_open_restart(&c);
	if (!status)
		status = probe_devices(&c, &options->select);
	if (!status)
		status = campaign_suite(&c.suite);
	if (!status)
		status = campaign_select(&c, &options->select);
	if (!status)
		status = campaign_open_files(&c);
	if (!status)
		status = judge(&c);

	campaign_free(&c);
	return status;
}

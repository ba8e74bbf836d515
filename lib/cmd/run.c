// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run/campaign.h"
#include "../run/mem.h"
#include "../run/restart.h"
#include "../run/say.h"
#include "cmd.h"

enum { SETTLE_MAX = 1000 };

static int set_profile(void *ctx, const char *value)
{
	struct campaign_options *options = ctx;
	int profile = spec_profile_find(value);

	if (profile < 0) {
		say_error("run: no profile '%s': default, strict, header-only, "
			  "vmm or hostile", value);
		return CMD_USAGE;
	}
	options->profile = (enum spec_profile)profile;
	return 0;
}

static int set_number(const char *name, const char *value, u64 *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(value, &end, 0);
	if (!errno && end != value && !*end && value[0] != '-')
		return 0;
	return cmd_usage("run", "--%s: '%s' is no number", name, value);
}

static int set_seed(void *ctx, const char *value)
{
	return set_number("seed", value, &((struct campaign_options *)ctx)->seed);
}

static int set_deadline(void *ctx, const char *value)
{
	u64 seconds;
	int status = set_number("deadline", value, &seconds);

	if (status)
		return status;
	if (!seconds || seconds > 3600)
		return cmd_usage("run", "--deadline: 1 to 3600 seconds");
	((struct campaign_options *)ctx)->deadline_s = (u32)seconds;
	return 0;
}

static int set_include(void *ctx, const char *value)
{
	select_include(&((struct campaign_options *)ctx)->select, value);
	return 0;
}

static int set_exclude(void *ctx, const char *value)
{
	select_exclude(&((struct campaign_options *)ctx)->select, value);
	return 0;
}

static int add_waivers(struct campaign_options *campaign, const char *path,
		       bool shared)
{
	u32 i = campaign->waiver_count;

	if (i == CAMPAIGN_WAIVERS)
		return cmd_usage("run", "--waivers: %d files at most",
				 CAMPAIGN_WAIVERS);
	campaign->waivers[i].path = path;
	campaign->waivers[i].shared = shared;
	campaign->waiver_count++;
	return 0;
}

static int set_waivers(void *ctx, const char *value)
{
	return add_waivers(ctx, value, false);
}

static int set_shared_waivers(void *ctx, const char *value)
{
	return add_waivers(ctx, value, true);
}

static int set_budget(void *ctx, const char *value)
{
	struct campaign_options *campaign = ctx;
	char *error = NULL;
	int status = 0;

	if (campaign->budget_count == CAMPAIGN_BUDGETS)
		return cmd_usage("run", "--budget: %d at most",
				 CAMPAIGN_BUDGETS);
	if (budget_parse(value, &campaign->budgets[campaign->budget_count],
			 &error))
		status = cmd_usage("run", "--budget: %s", error);
	else
		campaign->budget_count++;
	free(error);
	return status;
}

static int set_dir(void *ctx, const char *value)
{
	((struct campaign_options *)ctx)->dir = value;
	return 0;
}

static int set_restart(void *ctx, const char *value)
{
	if (!value[0])
		return cmd_usage("run", "--restart: which command?");
	((struct campaign_options *)ctx)->restart = value;
	return 0;
}

static int set_settle(void *ctx, const char *value)
{
	if (!value[0] || strlen(value) > SETTLE_MAX)
		return cmd_usage("run", "--settle: a command of 1 to %d bytes",
				 SETTLE_MAX);
	((struct campaign_options *)ctx)->settle = value;
	return 0;
}

const struct cmd_option cmd_run_options[] = {
	{ "profile", 'p', true, set_profile },
	{ "test", 't', true, set_include },
	{ "exclude", 'x', true, set_exclude },
	{ "waivers", 'w', true, set_waivers },
	{ "shared-waivers", 'W', true, set_shared_waivers },
	{ "budget", 'b', true, set_budget },
	{ "output", 'o', true, set_dir },
	{ "seed", 's', true, set_seed },
	{ "deadline", 'd', true, set_deadline },
	{ "restart", 0, true, set_restart },
	{ "settle", 0, true, set_settle },
	{ NULL },
};

/* The variable that users of selftests/vfio export already; free(). */
static char *device_of_environment(void)
{
	const char *bdf = getenv("VFIO_SELFTESTS_BDF");

	return bdf && bdf[0] ? mem_printf("vfio:%s", bdf) : NULL;
}

/* Only a device behind a socket has a server that can be started. */
static int check_restart(const struct campaign_options *campaign)
{
	char path[108];
	u32 i;

	for (i = 0; campaign->restart && i < campaign->uri_count; i++)
		if (!restart_path(campaign->uris[i], path, sizeof(path)))
			return cmd_usage("run", "--restart is for devices behind "
					 "a socket, vfio-user:PATH, not for %s",
					 campaign->uris[i]);
	return 0;
}

static int run(int argc, char **argv)
{
	struct campaign_options campaign = { .seed = 1 };
	char **uris, *fallback = NULL;
	int status = cmd_parse(argc, argv, cmd_run_options, &campaign, &uris);

	if (status)
		goto out;
	if (!*uris) {
		fallback = device_of_environment();
		uris = &fallback;
	}
	if (!*uris) {
		status = cmd_usage("run", "which device? migcheck list shows them, "
				   "emu:v1 is built in");
		goto out;
	}
	campaign.uris = (const char *const *)uris;
	campaign.uri_count = fallback ? 1 : (u32)(argv + argc - uris);
	status = check_restart(&campaign);
	if (!status)
		status = campaign_run(&campaign);
out:
	select_free(&campaign.select);
	free(fallback);
	return status;
}

const struct cmd cmd_run = {
	.name = "run",
	.line = "judge devices",
	.run = run,
	.help =
"usage: migcheck run URI... [OPTIONS]\n\n"
"Judges the migration uAPI of each device and leaves it RUNNING. A URI is\n"
"vfio:0000:3b:00.2 (PCI), vfio:UUID (mediated), vfio:/dev/vfio/devices/vfio3,\n"
"vfio-user:PATH (the socket of a server), or a built-in reference device:\n"
"emu:v1, emu:v2, emu:v2-precopy. Several are taken for the devices of one\n"
"machine: a sentence says whether they can be migrated together, which the\n"
"exit status does not depend on.\n\n"
"  -p, --profile P    default, strict (for new drivers: \"should\" fails too),\n"
"                     header-only, vmm, hostile (in a throw-away VM only)\n"
"  -t, --test GLOB    only these rules (number or symbol) or tests\n"
"  -x, --exclude GLOB not these\n"
"  -w, --waivers FILE known deviations; one that waives nothing fails the run\n"
"  -W, --shared-waivers FILE  the same, from a file about other devices too\n"
"  -b, --budget NAME=LIMIT[:warn]  a bound to a figure, else the run fails or\n"
"                     warns: downtime=300ms downtime-stop-copy= arc=5ms\n"
"                     save-rate=100MB/s restore-rate=; may be repeated\n"
"  -o, --output DIR   results.json, ktap, log, and a trace of each failure\n"
"  -s, --seed N       of everything random (1)\n"
"  -d, --deadline S   seconds that a test may take (30; 5 for emu:)\n"
"      --restart CMD  start a vfio-user server for each test and end it after\n"
"                     it, so that one that dies fails one test: sh -c CMD, $1\n"
"                     and MIGCHECK_SOCKET are the path of the socket\n"
"      --settle CMD   after each reset, what brings the device to where it can\n"
"                     run: sh -c CMD, $1 is its address, MIGCHECK_URI its URI;\n"
"                     within half of the deadline, and with status 0\n\n"
"  migcheck run emu:v1 emu:v2\n"
"  migcheck run emu:v2 --budget downtime=300ms --budget arc=5ms:warn\n"
"  migcheck run vfio:0000:3b:00.2 --profile strict -t 'V2-FSM-*' -o results\n"
"  migcheck run vfio-user:/tmp/s --restart 'exec my-server --socket \"$1\"'\n",
};

// SPDX-License-Identifier: GPL-2.0-only
#include "../run/campaign.h"
#include "../run/conclude.h"
#include "cmd.h"

static int run(int argc, char **argv)
{
	struct campaign_options campaign = { .seed = 1 };
	char **parts;
	int status = cmd_parse(argc, argv, cmd_run_options, &campaign, &parts);

	if (!status && !*parts)
		status = cmd_usage("conclude", "of which parts?");
	if (!status)
		status = conclude_run(&campaign, (const char *const *)parts);
	select_free(&campaign.select);
	return status;
}

const struct cmd cmd_conclude = {
	.name = "conclude",
	.line = "make verdicts from the journals of machines that died",
	.run = run,
	.help =
"usage: migcheck conclude PART... [OPTIONS OF run]\n\n"
"A PART is a directory that scripts/vm.sh --journal has left: events, the\n"
"journal of a run, and kernel.log. A test that a kernel died of has broken the\n"
"rules that it checks. Give -t, -x and -w as to the run. vm-hostile.sh does\n"
"all of this.\n\n"
"  -t, --test GLOB    only these rules (number or symbol) or tests\n"
"  -x, --exclude GLOB not these\n"
"  -w, --waivers FILE known deviations\n"
"  -o, --output DIR   results.json, ktap\n\n"
"  migcheck conclude build/hostile/vm-1 build/hostile/vm-2 -o results\n"
"  migcheck conclude vm-* -w waivers.json\n",
};

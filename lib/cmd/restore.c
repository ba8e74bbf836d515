// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "../run/binding.h"
#include "../run/campaign.h"
#include "../run/say.h"
#include "cmd.h"

static const struct cmd_option options[] = { { NULL } };

static int restore(const char *uri)
{
	struct device device;
	int status;

	device_restore(uri, &device);
	if (device.error && device.generation) {
		say_error("%s is %s: %s", uri,
			  device.state[0] ? device.state : "in an unknown state",
			  strerror(-device.error));
		return CMD_ENVIRONMENT;
	}
	status = campaign_refuse(&device);
	if (status)
		return status;
	say("%s is %s\n", uri, device.state);
	return strcmp(device.state, "RUNNING") ? CMD_ENVIRONMENT : CMD_GOOD;
}

static void restore_binding(void *ctx, const struct binding *binding)
{
	int *status = ctx;
	char told[200];

	if (binding_restore(binding, sizeof(told), told)) {
		say_error("%s is %s", binding->bdf, told);
		*status = CMD_ENVIRONMENT;
	} else {
		say("%s is %s\n", binding->bdf, told);
	}
}

static int restore_bindings(void)
{
	int status = CMD_GOOD, count = binding_each(restore_binding, &status);

	if (count < 0) {
		say_error("cannot read the records of bind.sh: %s",
			  strerror(-count));
		return CMD_ENVIRONMENT;
	}
	if (!count)
		say("bind.sh has bound nothing that is not back\n");
	return status;
}

static int run(int argc, char **argv)
{
	int status, worst = CMD_GOOD;
	char **uris;

	status = cmd_parse(argc, argv, options, NULL, &uris);
	if (status)
		return status;
	if (!*uris)
		return restore_bindings();
	for (; *uris; uris++) {
		status = restore(*uris);
		worst = status > worst ? status : worst;
	}
	return worst;
}

const struct cmd cmd_restore = {
	.name = "restore",
	.line = "bring devices back to RUNNING, or to their drivers",
	.run = run,
	.help =
"usage: migcheck restore [URI...]\n\n"
"Brings each device to RUNNING: by a state change where that works, by a reset\n"
"otherwise, which loses its contents. Says in which state it is then.\n\n"
"Without a device: gives the PCI functions that scripts/bind.sh has bound to\n"
"VFIO drivers back to the drivers they had. That works after a crash or a loss\n"
"of power too; MIGCHECK_STATE (/var/lib/migcheck) is where the records are.\n\n"
"  migcheck restore vfio:0000:3b:00.2\n"
"  migcheck restore\n",
};

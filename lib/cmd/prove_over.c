// SPDX-License-Identifier: GPL-2.0-only
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../run/say.h"
#include "cmd.h"
#include "prove_over.h"

enum { START_MS = 30000 };

static void find_server(char *ret_path, size_t size)
{
	const char *wish = getenv("MIGCHECK_SERVER");
	char exe[400] = "";
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	if (wish)
		snprintf(ret_path, size, "%s", wish);
	else
		snprintf(ret_path, size, "%s/refdev-server", dirname(exe));
}

int prove_over_check(const char *carrier)
{
	char server[420];

	if (strcmp(carrier, "vfio-user"))
		return cmd_usage("prove", "--over: no carrier '%s', only vfio-user",
				 carrier);
	find_server(server, sizeof(server));
	if (!access(server, X_OK))
		return 0;
	say_error("prove: no server %s; build it, or name it in MIGCHECK_SERVER",
		  server);
	return CMD_ENVIRONMENT;
}

static int begin(struct restart *restart, char *command, size_t size,
		 const char *device, const char *uri)
{
	char server[420];
	int err;

	find_server(server, sizeof(server));
	snprintf(command, size, "exec '%s' --device %s \"$1\"", server,
		 strchr(device, ':') + 1);
	*restart = (struct restart){ .command = command, .log = -1,
				     .deadline_ms = START_MS };
	err = restart_begin(restart, uri, device);
	if (err)
		say_error("prove: %s", restart->error);
	return err;
}

int prove_over_begin(struct prove_over *over, const char *device,
		     const char *other, const char *dir)
{
	int err;

	snprintf(over->uri, sizeof(over->uri), "vfio-user:%.90s/device", dir);
	snprintf(over->other_uri, sizeof(over->other_uri),
		 "vfio-user:%.90s/other", dir);
	err = begin(&over->device, over->command[0], sizeof(over->command[0]),
		    device, over->uri);
	if (!err)
		err = begin(&over->other, over->command[1],
			    sizeof(over->command[1]), other, over->other_uri);
	if (err)
		prove_over_end(over);
	return err;
}

void prove_over_end(struct prove_over *over)
{
	restart_end(&over->device);
	restart_end(&over->other);
}

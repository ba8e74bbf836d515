// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run/device.h"
#include "../run/mem.h"
#include "../run/say.h"
#include "../run/table.h"
#include "../transport/transport.h"
#include "cmd.h"

struct found {
	struct mig_found *list;
	u32 count;
	const struct mig_found *first; /* that offers migration, or NULL */
	bool denied; /* one could not be opened for want of rights */
};

static const struct cmd_option options[] = {
	{ "format", 'f', true, cmd_set_format },
	{ NULL },
};

static void keep(void *ctx, const struct mig_found *device)
{
	struct found *found = ctx;

	found->list = mem_room(found->list, found->count, sizeof(*device));
	found->list[found->count++] = *device;
}

/* "v1", "v2", "none", or why it is not to be known. */
static const char *generation_text(const struct device *device)
{
	static const char *const names[] = { "none", "v1", "v2" };

	return device->error ? strerror(-device->error) :
			       names[device->generation];
}

static bool add_device(struct table *table, struct found *all,
		       const struct mig_found *found)
{
	char command[sizeof(found->uri) + 16];
	const char *cells[] = { found->uri, "", found->driver, command };
	struct device device;
	bool usable;

	device_probe(found->uri, &device);
	usable = device.error || device.generation;
	snprintf(command, sizeof(command), "%s%s",
		 usable ? "migcheck run " : "", usable ? found->uri : "");
	cells[1] = generation_text(&device);
	table_row(table, cells);
	all->denied |= device.error == -EACCES || device.error == -EPERM;
	if (device.generation && !all->first)
		all->first = found;
	return device.generation > 0;
}

/* What to type now. */
static void say_next(const struct found *found)
{
	if (found->first) {
		say("\nNext, to judge one (it is reset; take no device that is in "
		    "use):\n  migcheck run %s -o results\n", found->first->uri);
		return;
	}
	say("%sNo VFIO device of this machine offers migration%s. A device shows "
	    "up here\nonce it is bound to a VFIO driver that implements it. Built "
	    "in are reference devices;\nnext, to see how a run looks:\n"
	    "  migcheck run emu:v1 emu:v2\n", found->count ? "\n" : "",
	    found->denied ? " to this user: try as root" : "");
}

static int run(int argc, char **argv)
{
	struct table table = {
		.names = { "device", "generation", "driver", "command" },
		.widths = { 44, 10, 16, 40 },
	};
	struct found found = { 0 };
	u32 usable = 0, i;
	char **rest;
	int status = cmd_parse(argc, argv, options, &table.format, &rest);

	if (status)
		return status;
	if (*rest)
		return cmd_usage("list", "takes no arguments: '%s'", *rest);
	device_list(keep, &found);
	if (found.count || table.format != TABLE_TEXT)
		table_begin(&table);
	for (i = 0; i < found.count; i++)
		usable += add_device(&table, &found, &found.list[i]);
	table_end(&table);
	if (table.format == TABLE_TEXT)
		say_next(&found);
	free(found.list);
	return usable ? CMD_GOOD : CMD_NOTHING;
}

const struct cmd cmd_list = {
	.name = "list",
	.line = "show the devices of this machine that offer migration",
	.run = run,
	.help =
"usage: migcheck list [--format text|tsv|json]\n\n"
"Opens each VFIO device of this machine and asks what it offers; nothing else is\n"
"done to it. Shows the generation of the protocol, the driver, and the command\n"
"that judges it.\n\n"
"  migcheck list\n"
"  migcheck list --format tsv\n",
};

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "../run/waiver.h"
#include "../run/waiver_file.h"
#include "../spec/spec.h"
#include "cmd.h"
#include "report.h"

/* What the command line says; NULL where it is silent. */
struct wish {
	const char *reason, *link, *expires, *kernel, *device, *driver, *file;
};

#define SET(field)                                                 \
	static int set_##field(void *ctx, const char *value)       \
	{                                                          \
		((struct wish *)ctx)->field = value;               \
		return 0;                                          \
	}

SET(reason)
SET(link)
SET(expires)
SET(kernel)
SET(device)
SET(driver)
SET(file)

static const struct cmd_option options[] = {
	{ "reason", 'r', true, set_reason },
	{ "link", 'l', true, set_link },
	{ "expires", 'e', true, set_expires },
	{ "kernel", 'k', true, set_kernel },
	{ "device", 'd', true, set_device },
	{ "driver", 'D', true, set_driver },
	{ "file", 'f', true, set_file },
	{ NULL },
};

static void add(struct json_object *waiver, const char *key, const char *value)
{
	if (value && value[0])
		json_object_object_add(waiver, key, json_object_new_string(value));
}

static struct json_object *device_of(struct json_object *root, const char *uri)
{
	struct json_object *device;
	size_t i;

	for (i = 0; i < report_length(root, "devices"); i++) {
		device = report_item(root, "devices", i);
		if (!strcmp(report_string(device, "uri"), uri))
			return device;
	}
	return NULL;
}

/* Only a kernel's driver changes with the kernel; "6.12" of "6.12.9-amd64". */
static char *kernel_seen(struct json_object *root, const char *uri)
{
	struct json_object *host;
	unsigned int major, minor;

	if (strncmp(uri, "vfio:", 5) ||
	    !json_object_object_get_ex(root, "host", &host) ||
	    sscanf(report_string(host, "kernel"), "%u.%u", &major, &minor) != 2)
		return NULL;
	return mem_printf("%u.%u", major, minor);
}

/* As narrow as what was seen: this driver, or device, and this kernel. */
static struct json_object *make_waiver(const struct wish *wish,
				       struct json_object *root,
				       struct json_object *rule)
{
	const char *uri = report_string(rule, "device");
	struct json_object *device = device_of(root, uri);
	struct json_object *waiver = json_object_new_object();
	const char *driver = device ? report_string(device, "driver") : "";
	bool told = wish->device || wish->driver, built_in = !strncmp(uri, "emu:", 4);
	char *kernel = kernel_seen(root, uri);

	add(waiver, "rule", report_string(rule, "number"));
	add(waiver, "device", told ? wish->device :
	    !driver[0] || built_in ? uri : NULL);
	add(waiver, "driver", told ? wish->driver : built_in ? NULL : driver);
	add(waiver, "kernel", wish->kernel ? wish->kernel : kernel);
	add(waiver, "reason", wish->reason);
	add(waiver, "link", wish->link);
	add(waiver, "expires", wish->expires);
	free(kernel);
	return waiver;
}

static bool known(struct json_object *waivers, struct json_object *waiver)
{
	size_t i;

	for (i = 0; i < json_object_array_length(waivers); i++)
		if (json_object_equal(json_object_array_get_idx(waivers, i),
				      waiver))
			return true;
	return false;
}

/* One for each device of the run on which @number is broken; their number. */
static u32 waive_rule(const struct wish *wish, struct json_object *root,
		      const char *number, struct json_object *waivers)
{
	struct json_object *rule, *waiver;
	const char *verdict;
	u32 count = 0;
	size_t i;

	for (i = 0; i < report_length(root, "rules"); i++) {
		rule = report_item(root, "rules", i);
		verdict = report_string(rule, "verdict");
		if (strcmp(report_string(rule, "number"), number) ||
		    (strcmp(verdict, "fail") && strcmp(verdict, "warn")))
			continue;
		count++;
		waiver = make_waiver(wish, root, rule);
		if (known(waivers, waiver)) /* two devices of one driver */
			json_object_put(waiver);
		else
			json_object_array_add(waivers, waiver);
	}
	return count;
}

static int waive_rules(const struct wish *wish, struct json_object *root,
		       const char *dir, char *const *rules,
		       struct json_object *waivers)
{
	const struct spec_row *row;

	for (; *rules; rules++) {
		row = spec_find(*rules);
		if (!row)
			return cmd_no_such_rule("waive", *rules);
		if (!waive_rule(wish, root, row->number, waivers))
			return cmd_usage("waive", "%s neither fails nor warns in "
					 "%s", row->number, dir);
	}
	return 0;
}

/* To standard output, or into the file. What a user typed is checked as read. */
static int deliver(const struct wish *wish, struct json_object *waivers)
{
	const char *text = json_object_to_json_string_ext(
		waivers, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				 JSON_C_TO_STRING_NOSLASHESCAPE);
	struct waivers read;
	char *error = NULL;
	int err = waivers_parse(text, "waive", "0000-00-00", &read, &error);

	if (!err) {
		waivers_free(&read);
		if (wish->file)
			err = waiver_file_append(wish->file, waivers, &error);
		else
			say("%s\n", text);
	}
	if (error)
		say_error("%s", error);
	free(error);
	return !err ? CMD_GOOD :
	       err == -EINVAL || err == -EEXIST ? CMD_USAGE : CMD_ENVIRONMENT;
}

static int waive(const struct wish *wish, const char *dir, char *const *rules)
{
	struct json_object *waivers = json_object_new_array(), *root;
	char *path = mem_printf("%s/results.json", dir);
	int status;

	root = json_object_from_file(path);
	if (report_length(root, "rules")) {
		status = waive_rules(wish, root, dir, rules, waivers);
		if (!status)
			status = deliver(wish, waivers);
	} else {
		say_error("%s: no results of migcheck", path);
		status = CMD_ENVIRONMENT;
	}
	json_object_put(root);
	json_object_put(waivers);
	free(path);
	return status;
}

static int run(int argc, char **argv)
{
	struct wish wish = { NULL };
	char **rest;
	int status = cmd_parse(argc, argv, options, &wish, &rest);

	if (status)
		return status;
	if (!rest[0] || !rest[1])
		return cmd_usage("waive", "a directory of `migcheck run -o` and "
				 "the rules that fail in it");
	if (!wish.reason || !wish.reason[0])
		return cmd_usage("waive", "--reason: why is this accepted?");
	return waive(&wish, rest[0], rest + 1);
}

const struct cmd cmd_waive = {
	.name = "waive",
	.line = "write waivers for failures of a run",
	.run = run,
	.help =
"usage: migcheck waive DIR RULE... --reason TEXT [OPTIONS]\n\n"
"Writes a waiver for each RULE that fails or warns in the results of DIR, as narrow\n"
"as what was seen: for this driver (or device, where no driver is known), and for a\n"
"device of the kernel for this kernel only. `migcheck run --waivers FILE` reads it.\n\n"
"  -r, --reason TEXT    why it is accepted\n"
"  -l, --link URL       where that is discussed\n"
"  -e, --expires DATE   YYYY-MM-DD, the last day on which it holds\n"
"  -k, --kernel RANGE   6.7, 6.7.., ..6.11 or 6.7..6.11\n"
"  -d, --device GLOB    for these devices, by URI,\n"
"  -D, --driver GLOB    for these drivers, instead\n"
"  -f, --file FILE      add it to FILE, instead of standard output\n\n"
"  migcheck waive results V2-FD-006 --reason 'fix is posted' --expires 2027-06-30\n"
"  migcheck waive results V2-FD-006 -r 'see link' -l https://example.org/1 -f known.json\n",
};

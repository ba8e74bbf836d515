// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <refdev/refdev.h>

#include "../run/say.h"
#include "cmd.h"
#include "prove_on.h"

enum { CONFIG_MAX = 256, INERT_MAX = 1 << 16 };

static int config_open(const char *uri, int flags)
{
	char path[128];

	if (strncmp(uri, "vfio:", 5))
		return -EINVAL;
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%.48s/config",
		 uri + 5);
	return open(path, flags | O_CLOEXEC);
}

int prove_on_add(struct prove_on *on, const char *uri)
{
	ssize_t n = -1;
	char *profile;
	int fd;

	if (on->count == PROVE_ON_MAX) {
		say_error("prove: more than %d devices", PROVE_ON_MAX);
		return CMD_USAGE;
	}
	profile = on->devices[on->count].profile;
	fd = config_open(uri, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, profile, sizeof(on->devices[0].profile) - 1);
		close(fd);
	}
	if (n <= 0) {
		say_error("prove: %s is no device of the reference driver: it "
			  "has no attribute config", uri);
		return CMD_USAGE;
	}
	profile[n] = '\0';
	profile[strcspn(profile, "+\n")] = '\0';
	on->devices[on->count++].uri = uri;
	return 0;
}

int prove_on_load_inert(struct prove_on *on, const char *path)
{
	size_t have = on->inert ? strlen(on->inert) : 0;
	char *text = realloc(on->inert, have + INERT_MAX);
	FILE *file = fopen(path, "re");

	if (text)
		on->inert = text;
	if (!file || !text) {
		say_error("prove: %s: %s", path, strerror(errno));
		if (file)
			fclose(file);
		return CMD_USAGE;
	}
	/* A line begin before each name makes them easy to find. */
	text += have;
	*text++ = '\n';
	text += fread(text, 1, INERT_MAX - 2, file);
	*text = '\0';
	fclose(file);
	return 0;
}

void prove_on_free(struct prove_on *on)
{
	free(on->inert);
}

static const char *row_base(const struct refdev_row *row)
{
	return strcmp(row->kind, "profile") ? row->base : row->name;
}

static bool device_fits(const struct prove_on *on, u32 i,
			const struct refdev_row *row)
{
	const char *base = row_base(row), *profile = on->devices[i].profile;

	return strcspn(base, "+") == strlen(profile) &&
	       !strncmp(base, profile, strlen(profile));
}

bool prove_on_fits(const struct prove_on *on, const struct refdev_row *row)
{
	u32 i;

	for (i = 0; i < on->count; i++)
		if (device_fits(on, i, row))
			return true;
	return false;
}

/* The reason behind the row's name in the list, NULL where it has none. */
static const char *find_reason(const struct prove_on *on,
			       const struct refdev_row *row)
{
	const char *at = on->inert ? on->inert : "";
	size_t len = strlen(row->name);

	if (!strcmp(row->kind, "profile"))
		return NULL;
	for (at = strchr(at, '\n'); at; at = strchr(at + 1, '\n'))
		if (!strncmp(at + 1, row->name, len) && at[len + 1] == ' ')
			return at + len + 2;
	return NULL;
}

bool prove_on_inert(const struct prove_on *on, const struct refdev_row *row)
{
	return find_reason(on, row);
}

void prove_on_reason(const struct prove_on *on, const struct refdev_row *row,
		     char *ret_reason, size_t size)
{
	const char *reason = find_reason(on, row);

	snprintf(ret_reason, size, "%.*s",
		 reason ? (int)strcspn(reason, "\n") : 0, reason ? reason : "");
}

static int config_write(const char *uri, const char *text)
{
	int fd = config_open(uri, O_WRONLY), ret = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

int prove_on_configure(const struct prove_on *on, const struct refdev_row *row,
		       bool foreign, const char **ret_uri,
		       const char **ret_other)
{
	const char *base = row_base(row), *uris[2] = { NULL, "" };
	const char *name = base == row->name ? "" : row->name;
	char text[CONFIG_MAX];
	u32 i, found = 0;
	int ret = 0;

	base += strcspn(base, "+");
	for (i = 0; !ret && i < on->count && found < ARRAY_SIZE(uris); i++) {
		if (!device_fits(on, i, row))
			continue;
		snprintf(text, sizeof(text), "%s%s%s\n", base,
			 *name ? "+" : "",
			 found && foreign ? "OTHER_MODEL" : name);
		uris[found++] = on->devices[i].uri;
		ret = config_write(on->devices[i].uri, text);
		if (ret && !prove_on_inert(on, row))
			say_error("prove: %s cannot become '%.*s': %s",
				  on->devices[i].uri, (int)strcspn(text, "\n"),
				  text, strerror(-ret));
	}
	if (ret)
		return ret;
	*ret_uri = uris[0];
	*ret_other = uris[1];
	return 0;
}

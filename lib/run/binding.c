// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../transport/kernel.h"
#include "binding.h"
#include "child.h"

enum { DEADLINE_MS = 60000, PATH_SIZE = 512 };

#define PCI "/sys/bus/pci/"

static void records_path(const char *name, char ret_path[PATH_SIZE])
{
	const char *state = getenv("MIGCHECK_STATE");

	snprintf(ret_path, PATH_SIZE, "%s/bindings/%s",
		 state && state[0] ? state : "/var/lib/migcheck", name);
}

static void sys_path(const char *bdf, const char *name, char ret_path[PATH_SIZE])
{
	snprintf(ret_path, PATH_SIZE, PCI "devices/%s/%s", bdf, name);
}

/* ---- records --------------------------------------------------------------- */

static void take_line(struct binding *binding, const char *line)
{
	char value[64];

	if (sscanf(line, "device %23s", binding->device) == 1)
		return;
	if (sscanf(line, "driver %63s", value) == 1 && strcmp(value, "-"))
		strcpy(binding->driver, value);
	if (sscanf(line, "override %63s", value) == 1 && strcmp(value, "-"))
		strcpy(binding->override, value);
}

static void record_read(const char *bdf, struct binding *ret_binding)
{
	char path[PATH_SIZE], line[128];
	FILE *file;

	memset(ret_binding, 0, sizeof(*ret_binding));
	snprintf(ret_binding->bdf, sizeof(ret_binding->bdf), "%.31s", bdf);
	records_path(bdf, path);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		take_line(ret_binding, line);
	fclose(file);
}

int binding_each(void (*visit)(void *ctx, const struct binding *binding),
		 void *ctx)
{
	char path[PATH_SIZE];
	struct dirent **entries;
	struct kernel_place place;
	struct binding binding;
	int count, found = 0, i;

	records_path("", path);
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < count; i++) {
		if (!kernel_place_name(entries[i]->d_name, &place) &&
		    place.pci) {
			record_read(entries[i]->d_name, &binding);
			visit(ctx, &binding);
			found++;
		}
		free(entries[i]);
	}
	free(entries);
	return found;
}

/* Gone from the disk when it returns. */
static int record_forget(const char *bdf)
{
	char path[PATH_SIZE];
	int dir;

	records_path(bdf, path);
	if (unlink(path) && errno != ENOENT)
		return -errno;
	dir = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fsync(dir);
	close(dir);
	return 0;
}

/* ---- the machine -------------------------------------------------------------- */

static int sys_read(const char *path, size_t size, char *ret_text)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	ret_text[0] = '\0';
	if (fgets(ret_text, (int)size, file))
		ret_text[strcspn(ret_text, "\n")] = '\0';
	fclose(file);
	return 0;
}

static int sys_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = write(fd, text, strlen(text));
	len = len < 0 ? -errno : 0;
	close(fd);
	return (int)len;
}

static void device_id(const char *bdf, char ret_id[24])
{
	char path[PATH_SIZE], vendor[8] = "", device[8] = "";

	sys_path(bdf, "vendor", path);
	sys_read(path, sizeof(vendor), vendor);
	sys_path(bdf, "device", path);
	sys_read(path, sizeof(device), device);
	snprintf(ret_id, 24, "%s:%s", vendor, device);
}

/* Does its driver look as it did? The override, too. */
static bool is_back(const struct binding *binding)
{
	char path[PATH_SIZE], override[64] = "";
	struct kernel_place place;

	sys_path(binding->bdf, "driver_override", path);
	sys_read(path, sizeof(override), override);
	if (!strcmp(override, "(null)"))
		override[0] = '\0';
	return !kernel_place_name(binding->bdf, &place) &&
	       !kernel_place_find(&place) &&
	       !strcmp(place.driver, binding->driver) &&
	       !strcmp(override, binding->override);
}

/* Writes to sysfs wait for drivers, so this runs in a child. */
static int work(void *arg, int out)
{
	const struct binding *binding = arg;
	char path[PATH_SIZE], text[80];
	struct kernel_place place;

	(void)out;
	snprintf(text, sizeof(text), "%s\n", binding->override);
	sys_path(binding->bdf, "driver_override", path);
	sys_write(path, text);
	if (!kernel_place_name(binding->bdf, &place) &&
	    !kernel_place_find(&place) && place.driver[0] &&
	    strcmp(place.driver, binding->driver)) {
		sys_path(binding->bdf, "driver/unbind", path);
		sys_write(path, binding->bdf);
	}
	if (!binding->driver[0])
		return 0;
	snprintf(path, sizeof(path), PCI "drivers/%s/bind", binding->driver);
	if (sys_write(path, binding->bdf))
		sys_write(PCI "drivers_probe", binding->bdf);
	return 0;
}

static bool is_held(const char *bdf, size_t size, char *ret_holder)
{
	struct kernel_place place;
	char path[PATH_SIZE];
	int noiommu;

	ret_holder[0] = '\0';
	if (kernel_place_name(bdf, &place) || kernel_place_find(&place))
		return false;
	for (noiommu = 0; place.group >= 0 && noiommu < 2; noiommu++) {
		kernel_group_path(place.group, noiommu, sizeof(path), path);
		if (!ret_holder[0])
			kernel_holder(path, size, ret_holder);
	}
	if (!ret_holder[0] && place.cdev[0])
		kernel_holder(place.cdev, size, ret_holder);
	return ret_holder[0];
}

static int give_back(const struct binding *binding)
{
	struct binding copy = *binding;
	struct child_result result;
	struct child child;
	int err = child_start_function(work, &copy, &child);

	if (err)
		return err;
	child_wait(&child, DEADLINE_MS, NULL, &result);
	if (result.end != CHILD_EXITED)
		return -ETIMEDOUT;
	return is_back(binding) ? 0 : -EIO;
}

/* Whether there is something to be done; says in words how it is. */
static bool is_away(const struct binding *binding, size_t size, char *ret_told)
{
	const char *driver = binding->driver[0] ? binding->driver : "no driver";
	struct kernel_place place;
	char id[24];

	snprintf(ret_told, size, "back with %s", driver);
	device_id(binding->bdf, id);
	if (kernel_place_name(binding->bdf, &place) ||
	    kernel_place_find(&place))
		snprintf(ret_told, size, "gone; it was with %s", driver);
	else if (strcmp(id, binding->device))
		snprintf(ret_told, size, "another device by now: %s instead of %s",
			 id, binding->device);
	else
		return !is_back(binding);
	return false;
}

int binding_restore(const struct binding *binding, size_t size, char *ret_told)
{
	char holder[80];
	int err;

	if (!binding->device[0]) {
		snprintf(ret_told, size, "not restored: its record is damaged");
		return -EINVAL;
	}
	if (!is_away(binding, size, ret_told))
		return record_forget(binding->bdf);
	if (is_held(binding->bdf, sizeof(holder), holder)) {
		snprintf(ret_told, size, "not restored: it is open%s", holder);
		return -EBUSY;
	}
	err = give_back(binding);
	if (err)
		snprintf(ret_told, size, "not restored: %s; the kernel log may say why",
			 strerror(-err));
	return err ? err : record_forget(binding->bdf);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

enum { PATH_SIZE = 512, UUID_LENGTH = 36 };

static const char *const bus_dirs[] = {
	"/sys/bus/mdev/devices",
	"/sys/bus/pci/devices",
};

/* ---- names ------------------------------------------------------------------ */

static bool uuid_parse(const char *text, char *ret_name)
{
	char name[UUID_LENGTH + 1];
	size_t i;

	if (strlen(text) != UUID_LENGTH)
		return false;
	for (i = 0; i < UUID_LENGTH; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23 ?
		    text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		name[i] = (char)tolower((unsigned char)text[i]);
	}
	memcpy(ret_name, name, UUID_LENGTH);
	ret_name[UUID_LENGTH] = '\0';
	return true;
}

static bool bdf_parse(const char *text, size_t size, char *ret_name)
{
	unsigned int domain = 0, bus = 0, slot = 0, function = 0;
	int end = -1;

	sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end);
	if (end < 0) {
		domain = 0;
		sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &end);
	}
	if (end < 0 || text[end] || slot > 31 || function > 7)
		return false;
	snprintf(ret_name, size, "%04x:%02x:%02x.%x", domain, bus, slot,
		 function);
	return true;
}

int kernel_place_name(const char *address, struct kernel_place *ret_place)
{
	struct kernel_place place = { .group = -1 };

	if (!uuid_parse(address, place.name)) {
		if (!bdf_parse(address, sizeof(place.name), place.name))
			return -EINVAL;
		place.pci = true;
	}
	*ret_place = place;
	return 0;
}

void kernel_group_path(int number, bool noiommu, size_t size, char *ret_path)
{
	snprintf(ret_path, size, "/dev/vfio/%s%d", noiommu ? "noiommu-" : "",
		 number);
}

/* ---- places ------------------------------------------------------------------- */

/* Last component of what the link @name of directory @dir points at. */
static int link_base(const char *dir, const char *name, size_t size,
		     char *ret_base)
{
	char path[PATH_SIZE], target[PATH_SIZE];
	const char *base;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	base = strrchr(target, '/');
	snprintf(ret_base, size, "%.*s", (int)size - 1,
		 base ? base + 1 : target);
	return 0;
}

/* The name of the VFIO device below @dir, where the kernel shows one. */
static int vfio_dev_name(const char *dir, size_t size, char *ret_name)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	int ret = -ENOENT;
	DIR *entries;

	snprintf(path, sizeof(path), "%s/vfio-dev", dir);
	entries = opendir(path);
	if (!entries)
		return -errno;
	while (ret && (entry = readdir(entries))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(ret_name, size, "%.32s", entry->d_name);
		ret = 0;
	}
	closedir(entries);
	return ret;
}

int kernel_place_find(struct kernel_place *place)
{
	char dir[128], name[64];
	int ret;

	snprintf(dir, sizeof(dir), "%s/%s", bus_dirs[place->pci], place->name);
	if (access(dir, F_OK))
		return errno == ENOENT ? -ENODEV : -errno;
	link_base(dir, "driver", sizeof(place->driver), place->driver);
	ret = link_base(dir, "iommu_group", sizeof(name), name);
	if (ret && ret != -ENOENT)
		return ret;
	if (!ret)
		place->group = atoi(name);

	place->vfio = !vfio_dev_name(dir, sizeof(name), name);
	if (place->vfio) {
		snprintf(place->cdev, sizeof(place->cdev),
			 KERNEL_CDEV_DIR "%s", name);
		if (access(place->cdev, F_OK))
			place->cdev[0] = '\0';
		return 0;
	}
	/* Before 6.1 nothing but the name tells a driver of VFIO. */
	place->vfio = place->driver[0] &&
		      (!place->pci || strstr(place->driver, "vfio"));
	return 0;
}

/* ---- who has it ----------------------------------------------------------------- */

/* Does process @pid have a descriptor of @path? */
static bool process_holds(const char *pid, const char *path)
{
	char dir[PATH_SIZE], target[PATH_SIZE];
	struct dirent *entry;
	bool holds = false;
	DIR *fds;
	ssize_t len;

	snprintf(dir, sizeof(dir), "/proc/%.16s/fd", pid);
	fds = opendir(dir);
	if (!fds)
		return false;
	while (!holds && (entry = readdir(fds))) {
		len = readlinkat(dirfd(fds), entry->d_name, target,
				 sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		holds = !strcmp(target, path);
	}
	closedir(fds);
	return holds;
}

static void process_name(const char *pid, size_t size, char *ret_name)
{
	char path[PATH_SIZE];
	FILE *file;

	ret_name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(ret_name, (int)size, file))
		ret_name[strcspn(ret_name, "\n")] = '\0';
	fclose(file);
}

void kernel_holder(const char *path, size_t size, char *ret_text)
{
	struct dirent *entry;
	char name[32];
	DIR *processes;

	ret_text[0] = '\0';
	processes = opendir("/proc");
	if (!processes)
		return;
	while (!ret_text[0] && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_holds(entry->d_name, path))
			continue;
		process_name(entry->d_name, sizeof(name), name);
		snprintf(ret_text, size, " by process %.16s (%s)",
			 entry->d_name, name);
	}
	closedir(processes);
}

/* ---- all of them ------------------------------------------------------------------ */

static void list_one(const char *name,
		     void (*found)(void *ctx, const struct mig_found *dev),
		     void *ctx)
{
	struct kernel_place place;
	struct mig_found dev;

	if (kernel_place_name(name, &place) || kernel_place_find(&place) ||
	    !place.vfio)
		return;
	snprintf(dev.uri, sizeof(dev.uri), "vfio:%s", place.name);
	snprintf(dev.driver, sizeof(dev.driver), "%s", place.driver);
	found(ctx, &dev);
}

int kernel_list(void (*found)(void *ctx, const struct mig_found *dev),
		void *ctx)
{
	struct dirent **entries;
	int i, count;
	size_t bus;

	for (bus = 0; bus < ARRAY_SIZE(bus_dirs); bus++) {
		count = scandir(bus_dirs[bus], &entries, NULL, alphasort);
		if (count < 0) {
			if (errno == ENOMEM)
				return -ENOMEM;
			continue; /* no such bus here */
		}
		for (i = 0; i < count; i++) {
			list_one(entries[i]->d_name, found, ctx);
			free(entries[i]);
		}
		free(entries);
	}
	return 0;
}

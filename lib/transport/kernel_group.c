// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

/* Requests and numbers that nothing but opening by group needs. */
enum {
	GET_API_VERSION = UAPI_IO(0),
	CHECK_EXTENSION = UAPI_IO(1),
	SET_IOMMU = UAPI_IO(2),
	GROUP_GET_STATUS = UAPI_IO(3),
	GROUP_SET_CONTAINER = UAPI_IO(4),
	GROUP_UNSET_CONTAINER = UAPI_IO(5),
	GROUP_GET_DEVICE_FD = UAPI_IO(6),

	API_VERSION = 0,
	TYPE1V2_IOMMU = 3,
	GROUP_VIABLE = 1 << 0,
};

struct group_status {
	u32 argsz;
	u32 flags;
};

/* For requests whose argument is a number or a string. */
static int group_ioctl(int fd, u32 request, const void *arg)
{
	return kernel_ioctl(fd, request, (void *)arg);
}

/* ---- the container ------------------------------------------------------------ */

static int container_map(int container, const struct kernel_map *map)
{
	struct uapi_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = UAPI_DMA_MAP_READ | UAPI_DMA_MAP_WRITE,
		.vaddr = map->vaddr,
		.iova = map->iova,
		.size = map->size,
	};

	return kernel_ioctl(container, UAPI_IOMMU_MAP_DMA, &arg);
}

int kernel_group_map(struct kernel_space *space, const struct kernel_map *map)
{
	return space->container < 0 ? 0 : container_map(space->container, map);
}

int kernel_group_unmap(struct kernel_space *space, const struct kernel_map *map)
{
	struct uapi_dma_unmap arg = {
		.argsz = offsetof(struct uapi_dma_unmap, bitmap),
		.iova = map->iova,
		.size = map->size,
	};

	if (space->container < 0)
		return 0;
	return kernel_ioctl(space->container, UAPI_IOMMU_UNMAP_DMA, &arg);
}

static int container_open(struct kernel_space *space)
{
	const char *path = space->compat ? "/dev/iommu" : "/dev/vfio/vfio";
	int container = kernel_open_path(space, path);

	if (container < 0)
		return container;
	if (group_ioctl(container, GET_API_VERSION, NULL) == API_VERSION &&
	    group_ioctl(container, CHECK_EXTENSION,
			(void *)(uintptr_t)TYPE1V2_IOMMU) > 0)
		return container;
	close(container);
	mig_open_errorf(space->ctx, "%s offers no type1v2 IOMMU: load it with modprobe vfio_iommu_type1",
			path);
	return -ENODEV;
}

/* Gives a container with its first group an IOMMU, and that the memory. */
static int container_start(struct kernel_space *space, int container,
			   bool *ret_logs)
{
	struct uapi_dirty_pages stop = {
		.argsz = offsetof(struct uapi_dirty_pages, iova),
		.flags = UAPI_DIRTY_STOP,
	};
	const struct kernel_map *map;
	int ret;

	ret = group_ioctl(container, SET_IOMMU,
			  (void *)(uintptr_t)TYPE1V2_IOMMU);
	if (ret) {
		mig_open_errorf(space->ctx, "the IOMMU cannot be used: %s%s",
				strerror(-ret), ret == -EPERM ?
				"; without interrupt remapping vfio_iommu_type1 needs allow_unsafe_interrupts=1" : "");
		return ret;
	}
	for (map = space->maps; map; map = map->next) {
		ret = container_map(container, map);
		if (!ret)
			continue;
		mig_open_errorf(space->ctx, "cannot map memory for DMA: %s; is the limit of locked memory (ulimit -l) too low?",
				strerror(-ret));
		return ret;
	}
	/* Nobody can have started logging yet, so a stop changes nothing. */
	*ret_logs = !kernel_ioctl(container, UAPI_IOMMU_DIRTY_PAGES, &stop);
	return 0;
}

/* ---- groups ------------------------------------------------------------------------ */

static int group_attach(struct kernel_space *space, struct kernel_group *group)
{
	int container = space->container, ret;
	bool logs = space->container_logs;

	if (container < 0)
		container = container_open(space);
	if (container < 0)
		return container;
	ret = kernel_ioctl(group->fd, GROUP_SET_CONTAINER, &container);
	if (ret) {
		mig_open_errorf(space->ctx, "group %d cannot join the container: %s",
				group->number, strerror(-ret));
		goto err_container;
	}
	if (space->container < 0)
		ret = container_start(space, container, &logs);
	if (ret)
		goto err_unset;
	space->container = container;
	space->container_logs = logs;
	return 0;

err_unset:
	group_ioctl(group->fd, GROUP_UNSET_CONTAINER, NULL);
err_container:
	if (space->container < 0)
		close(container);
	return ret;
}

static int group_check(struct kernel_space *space, struct kernel_group *group)
{
	struct group_status status = { .argsz = sizeof(status) };
	int ret = kernel_ioctl(group->fd, GROUP_GET_STATUS, &status);

	if (ret) {
		mig_open_errorf(space->ctx, "group %d tells no status: %s",
				group->number, strerror(-ret));
		return ret;
	}
	if (status.flags & GROUP_VIABLE)
		return 0;
	mig_open_errorf(space->ctx, "group %d is not viable: every device in /sys/kernel/iommu_groups/%d/devices must be unbound or have a VFIO driver",
			group->number, group->number);
	return -EPERM;
}

static struct kernel_group *group_find(struct kernel_space *space, int number)
{
	struct kernel_group *group = space->groups;

	while (group && group->number != number)
		group = group->next;
	return group;
}

static int group_get(struct kernel_space *space, int number,
		     struct kernel_group **ret_group)
{
	struct kernel_group *group = group_find(space, number);
	char path[64];
	int ret;

	if (group) {
		group->users++;
		*ret_group = group;
		return 0;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;
	kernel_group_path(number, false, sizeof(path), path);
	group->number = number;
	group->users = 1;
	ret = group->fd = kernel_open_path(space, path);
	if (ret < 0)
		goto err_free;
	ret = group_check(space, group);
	if (!ret)
		ret = group_attach(space, group);
	if (ret)
		goto err_close;
	group->next = space->groups;
	space->groups = group;
	*ret_group = group;
	return 0;

err_close:
	close(group->fd);
err_free:
	free(group);
	return ret;
}

void kernel_group_put(struct kernel_space *space, struct kernel_group *group)
{
	struct kernel_group **link = &space->groups;

	if (!group || --group->users)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	group_ioctl(group->fd, GROUP_UNSET_CONTAINER, NULL);
	close(group->fd);
	free(group);
	if (space->groups)
		return;
	/* The kernel takes a container's IOMMU away with its last group. */
	close(space->container);
	space->container = -1;
	space->container_logs = false;
}

/* ---- devices ------------------------------------------------------------------------- */

static void device_error(struct kernel_space *space,
			 const struct kernel_place *place, int error)
{
	const char *help = "";

	if (error == -ENODEV)
		help = "; is it bound to a VFIO driver?";
	else if (error == -EACCES)
		help = "; does its physical function demand a VF token?";
	mig_open_errorf(space->ctx, "group %d does not open %s (driver %s): %s%s",
			place->group, place->name,
			place->driver[0] ? place->driver : "none",
			strerror(-error), help);
}

int kernel_group_open(struct kernel_space *space,
		      const struct kernel_place *place,
		      struct kernel_group **ret_group)
{
	struct kernel_group *group = NULL;
	int fd, ret;

	ret = group_get(space, place->group, &group);
	if (ret)
		return ret;
	fd = group_ioctl(group->fd, GROUP_GET_DEVICE_FD, place->name);
	if (fd < 0) {
		device_error(space, place, fd);
		kernel_group_put(space, group);
		return fd;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	*ret_group = group;
	return fd;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static bool map_overlaps(const struct kernel_map *map, u64 iova, u64 size)
{
	return iova < map->iova + map->size && map->iova < iova + size;
}

static bool map_inside(const struct kernel_map *map, u64 iova, u64 size)
{
	return map->iova >= iova && map->iova + map->size <= iova + size;
}

static int map_enter(struct kernel_space *space, const struct kernel_map *wanted)
{
	struct kernel_map *map;
	int ret;

	for (map = space->maps; map; map = map->next)
		if (map_overlaps(map, wanted->iova, wanted->size))
			return -EEXIST;
	map = malloc(sizeof(*map));
	if (!map)
		return -ENOMEM;
	*map = *wanted;
	ret = kernel_group_map(space, map);
	if (ret)
		goto err_free;
	ret = kernel_cdev_map(space, map);
	if (ret)
		goto err_unmap;
	map->next = space->maps;
	space->maps = map;
	return 0;

err_unmap:
	kernel_group_unmap(space, map);
err_free:
	free(map);
	return ret;
}

int kernel_dma_map(void *opaque, u64 iova, void *addr, size_t len)
{
	struct kernel_map map = { iova, (uintptr_t)addr, len, NULL };
	struct kernel_space *space = opaque;
	int ret;

	if (!len || iova + len < iova)
		return -EINVAL;
	pthread_mutex_lock(&space->lock);
	ret = map_enter(space, &map);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

/* Takes out all that is inside; @container: of the container, too. */
static int maps_remove(struct kernel_space *space, u64 iova, u64 size,
		       bool container)
{
	struct kernel_map **link = &space->maps, *map;
	int ret = -ENOENT, failed;

	while ((map = *link)) {
		if (!map_inside(map, iova, size)) {
			link = &map->next;
			continue;
		}
		failed = container ? kernel_group_unmap(space, map) : 0;
		if (!failed)
			failed = kernel_cdev_unmap(space, map);
		if (failed)
			return failed;
		*link = map->next;
		free(map);
		ret = 0;
	}
	return ret;
}

int kernel_dma_unmap(void *opaque, u64 iova, size_t len)
{
	struct kernel_space *space = opaque;
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = maps_remove(space, iova, len, true);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

int kernel_container_ioctl(void *opaque, u32 request, void *arg)
{
	struct kernel_space *space = opaque;
	struct uapi_dma_unmap *unmap = arg;
	int ret;

	if (space->container < 0)
		return -ENOTTY;
	ret = kernel_ioctl(space->container, request, arg);
	if (ret || request != UAPI_IOMMU_UNMAP_DMA)
		return ret;
	/* The unmapping that fetches dirty bits goes this way. */
	pthread_mutex_lock(&space->lock);
	maps_remove(space, unmap->iova, unmap->size, false);
	pthread_mutex_unlock(&space->lock);
	return 0;
}

int kernel_space_create(struct mig_context *ctx, void **ret_space)
{
	struct kernel_space *space = calloc(1, sizeof(*space));

	if (!space)
		return -ENOMEM;
	space->ctx = ctx;
	space->container = -1;
	space->iommufd = -1;
	space->fault_fd = -1;
	pthread_mutex_init(&space->lock, NULL);
	*ret_space = space;
	return 0;
}

void kernel_space_destroy(void *opaque)
{
	struct kernel_space *space = opaque;
	struct kernel_map *map;

	if (!space)
		return;
	kernel_cdev_release(space);
	while ((map = space->maps)) {
		space->maps = map->next;
		free(map);
	}
	pthread_mutex_destroy(&space->lock);
	free(space);
}

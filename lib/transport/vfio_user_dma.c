// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the context: told to every server, and moved by message for those
 * that do not share it. Memory is shared by putting a memfd in the place of
 * the caller's private pages, with the same contents.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio_user.h"

enum { PAGE = 4096, ACCESS = UAPI_DMA_MAP_READ | UAPI_DMA_MAP_WRITE };

/* ---- sharing ------------------------------------------------------------ */

/* Whether [@addr, @addr + @len) is private memory with nothing behind it. */
static bool is_private(const void *addr, size_t len)
{
	unsigned long start, end, inode, at = (unsigned long)addr;
	FILE *maps = fopen("/proc/self/maps", "re");
	char mode[5], line[512];

	while (maps && at < (unsigned long)addr + len &&
	       fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end, mode,
			   &inode) == 4 &&
		    at >= start && at < end) {
			if (strcmp(mode, "rw-p") || inode ||
			    strstr(line, "[stack"))
				break;
			at = end;
		}
	if (maps)
		fclose(maps);
	return at >= (unsigned long)addr + len;
}

/* A descriptor for the memory, -1 where it stays private. */
static int share(void *addr, size_t len)
{
	int fd;

	if ((uintptr_t)addr % PAGE || len % PAGE || !is_private(addr, len))
		return -1;
	fd = memfd_create("migcheck", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)len) ||
	    pwrite(fd, addr, len, 0) != (ssize_t)len ||
	    mmap(addr, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- telling servers ---------------------------------------------------- */

int vfio_user_dma_tell(struct vfio_user_end *end, u64 iova, u64 size, int fd)
{
	const struct vfio_user_dma_map body = { .argsz = sizeof(body),
						.flags = ACCESS,
						.iova = iova,
						.size = size };
	struct vfio_user_call call;
	int ret;

	vfio_user_call_begin(&call, VFIO_USER_DMA_MAP);
	vfio_user_wire_add(&call.out, &body, sizeof(body));
	if (fd >= 0 && end->peer.max_msg_fds &&
	    !(end->options & VFIO_USER_MESSAGES)) {
		call.out.fds = &fd;
		call.out.nr_fds = 1;
	}
	ret = vfio_user_call(end, &call);
	vfio_user_wire_drop(&call.in);
	return ret;
}

int vfio_user_dma_untell(struct vfio_user_end *end, u64 iova, u64 size)
{
	const struct vfio_user_dma_unmap body = { .argsz = VFIO_USER_UNMAP_HEAD,
						  .iova = iova,
						  .size = size };
	struct vfio_user_call call;
	int ret;

	vfio_user_call_begin(&call, VFIO_USER_DMA_UNMAP);
	vfio_user_wire_add(&call.out, &body, VFIO_USER_UNMAP_HEAD);
	ret = vfio_user_call(end, &call);
	vfio_user_wire_drop(&call.in);
	return ret;
}

/* Each server is told; if one refuses, all forget it again. */
static int map_enter(struct vfio_user_space *space, struct vfio_user_map *map)
{
	struct vfio_user_end *end, *undo;
	int ret;

	for (end = space->ends; end; end = end->next) {
		if (!end->open)
			continue;
		ret = vfio_user_dma_tell(end, map->iova, map->len, map->fd);
		if (ret)
			goto err_unmap;
	}
	map->next = space->maps;
	space->maps = map;
	return 0;

err_unmap:
	for (undo = space->ends; undo != end; undo = undo->next)
		if (undo->open)
			vfio_user_dma_untell(undo, map->iova, map->len);
	return ret;
}

static int map_check(struct vfio_user_space *space, u64 iova, size_t len)
{
	struct vfio_user_map *map;

	if (!len || iova + len < iova || iova % PAGE || len % PAGE)
		return -EINVAL;
	for (map = space->maps; map; map = map->next)
		if (iova < map->iova + map->len && map->iova < iova + len)
			return -EEXIST;
	return 0;
}

static void map_free(struct vfio_user_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	free(map->kept);
	free(map);
}

static int map_new(struct vfio_user_space *space, u64 iova, void *addr,
		   size_t len)
{
	struct vfio_user_map *map;
	int ret = map_check(space, iova, len);

	if (ret)
		return ret;
	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	map->iova = iova;
	map->addr = addr;
	map->len = len;
	map->fd = share(addr, len);
	ret = map_enter(space, map);
	if (ret)
		map_free(map);
	return ret;
}

int vfio_user_dma_map(void *opaque, u64 iova, void *addr, size_t len)
{
	struct vfio_user_space *space = opaque;
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = map_new(space, iova, addr, len);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

int vfio_user_dma_forget(struct vfio_user_space *space, u64 iova, size_t len,
			 const struct vfio_user_end *done)
{
	struct vfio_user_map **link, *map;
	struct vfio_user_end *end;
	int ret = 0, failed;

	for (link = &space->maps; (map = *link); link = &map->next)
		if (map->iova == iova && map->len == len)
			break;
	if (!map)
		return -ENOENT;
	for (end = space->ends; end; end = end->next) {
		if (!end->open || end == done)
			continue;
		failed = vfio_user_dma_untell(end, iova, len);
		if (failed)
			ret = failed;
	}
	*link = map->next;
	map_free(map);
	return ret;
}

int vfio_user_dma_unmap(void *opaque, u64 iova, size_t len)
{
	struct vfio_user_space *space = opaque;
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = vfio_user_dma_forget(space, iova, len, NULL);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../uapi/iommufd.h"
#include "kernel.h"

static int ioas_unmap(int iommufd, u32 ioas, const struct kernel_map *map)
{
	struct uapi_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.iova = map->iova,
		.length = map->size,
	};

	return kernel_ioctl(iommufd, UAPI_IOMMUFD_IOAS_UNMAP, &arg);
}

static int ioas_map(int iommufd, u32 ioas, const struct kernel_map *map)
{
	struct uapi_ioas_map arg = {
		.size = sizeof(arg),
		.flags = UAPI_IOAS_MAP_FIXED_IOVA | UAPI_IOAS_MAP_READABLE |
			 UAPI_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = map->vaddr,
		.length = map->size,
		.iova = map->iova,
	};
	int ret;

	ret = kernel_ioctl(iommufd, UAPI_IOMMUFD_IOAS_MAP, &arg);
	/* iommufd keeps a mapping that it could not tell its user of. */
	if (ret == -EFAULT)
		ioas_unmap(iommufd, ioas, map);
	return ret;
}

int kernel_cdev_map(struct kernel_space *space, const struct kernel_map *map)
{
	if (space->iommufd < 0)
		return 0;
	return ioas_map(space->iommufd, space->ioas, map);
}

int kernel_cdev_unmap(struct kernel_space *space, const struct kernel_map *map)
{
	int ret;

	if (space->iommufd < 0)
		return 0;
	ret = ioas_unmap(space->iommufd, space->ioas, map);
	/* Gone already, where an earlier request failed after it was done. */
	return ret == -ENOENT ? 0 : ret;
}

static int iommufd_open(struct kernel_space *space)
{
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	const struct kernel_map *map;
	int fd, ret;

	if (space->iommufd >= 0)
		return 0;
	fd = kernel_open_path(space, "/dev/iommu");
	if (fd < 0)
		return fd;
	ret = kernel_ioctl(fd, UAPI_IOMMUFD_IOAS_ALLOC, &alloc);
	for (map = space->maps; !ret && map; map = map->next)
		ret = ioas_map(fd, alloc.out_ioas_id, map);
	if (ret) {
		mig_open_errorf(space->ctx, "/dev/iommu gives no address space with the memory for DMA: %s; is the limit of locked memory (ulimit -l) too low?",
				strerror(-ret));
		close(fd);
		return ret;
	}
	space->iommufd = fd;
	space->ioas = alloc.out_ioas_id;
	return 0;
}

static int device_bind(struct kernel_space *space, int fd, const char *path)
{
	struct uapi_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = space->iommufd,
	};
	int ret = kernel_ioctl(fd, UAPI_DEVICE_BIND_IOMMUFD, &bind);

	if (!ret)
		return 0;
	/* Says the kernel about a device that somebody else has opened. */
	if (ret == -EINVAL)
		ret = -EBUSY;
	if (ret == -EBUSY)
		mig_open_errorf(space->ctx, "%s is in use: a device that is open, or whose group is, cannot be opened by cdev",
				path);
	else
		mig_open_errorf(space->ctx, "%s cannot be bound to an iommufd: %s",
				path, strerror(-ret));
	return ret;
}

int kernel_cdev_open(struct kernel_space *space, const char *path,
		     bool *ret_dma)
{
	struct uapi_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	int fd, ret;

	fd = kernel_open_path(space, path);
	if (fd < 0)
		return fd;
	ret = iommufd_open(space);
	if (!ret)
		ret = device_bind(space, fd, path);
	if (ret) {
		close(fd);
		return ret;
	}
	attach.pt_id = space->ioas;
	/* Migration works without; only DMA needs it. */
	*ret_dma = !kernel_ioctl(fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	return fd;
}

void kernel_cdev_release(struct kernel_space *space)
{
	struct uapi_iommufd_destroy destroy = { .size = sizeof(destroy) };

	if (space->iommufd < 0)
		return;
	destroy.id = space->ioas;
	kernel_ioctl(space->iommufd, UAPI_IOMMUFD_DESTROY, &destroy);
	close(space->iommufd);
	space->iommufd = -1;
}

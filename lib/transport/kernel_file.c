// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel.h"

int kernel_ioctl(int fd, u32 request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* The line about an open(2) that failed. */
static void path_error(struct kernel_space *space, const char *path, int error)
{
	char holder[96];

	switch (error) {
	case -EACCES:
	case -EPERM:
		mig_open_errorf(space->ctx, "%s may not be opened: run as root, or give this user access to it",
				path);
		return;
	case -EBUSY:
		kernel_holder(path, sizeof(holder), holder);
		mig_open_errorf(space->ctx, "%s is in use%s: end that first",
				path, holder[0] ? holder :
				" by another process, or through the other of group and cdev");
		return;
	case -ENODEV:
		mig_open_errorf(space->ctx, "there is no %s: load the VFIO modules (%s) and the device's VFIO driver",
				path, strcmp(path, "/dev/iommu") ?
				"modprobe vfio vfio_iommu_type1" :
				"modprobe iommufd");
		return;
	default:
		mig_open_errorf(space->ctx, "%s cannot be opened: %s", path,
				strerror(-error));
	}
}

int kernel_open_path(struct kernel_space *space, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		return fd;
	/* However the kernel says that nothing is behind the name. */
	fd = errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	path_error(space, path, fd);
	return fd;
}

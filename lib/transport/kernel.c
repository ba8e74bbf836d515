// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

struct kernel_dev {
	struct mig_dev dev; /* first: see struct mig_transport */
	struct kernel_space *space;
	struct kernel_group *group; /* NULL: opened by cdev */
	struct kernel_peer *peers;
};

/* ---- files -------------------------------------------------------------------- */

static int file_ioctl(struct mig_file *file, u32 request, void *arg)
{
	return kernel_ioctl(file->fd, request, arg);
}

static ssize_t file_pread(struct mig_file *file, void *buf, size_t len,
			  u64 offset)
{
	ssize_t ret = pread(file->fd, buf, len, (off_t)offset);

	return ret < 0 ? -errno : ret;
}

static ssize_t file_pwrite(struct mig_file *file, const void *buf, size_t len,
			   u64 offset)
{
	ssize_t ret = pwrite(file->fd, buf, len, (off_t)offset);

	return ret < 0 ? -errno : ret;
}

static ssize_t file_read(struct mig_file *file, void *buf, size_t len)
{
	ssize_t ret = read(file->fd, buf, len);

	return ret < 0 ? -errno : ret;
}

static ssize_t file_write(struct mig_file *file, const void *buf, size_t len)
{
	ssize_t ret = write(file->fd, buf, len);

	return ret < 0 ? -errno : ret;
}

static int file_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
		     void **ret_addr)
{
	void *addr = mmap(NULL, len, prot, MAP_SHARED, file->fd, (off_t)offset);

	if (addr == MAP_FAILED)
		return -errno;
	*ret_addr = addr;
	return 0;
}

static int file_munmap(struct mig_file *file, void *addr, size_t len)
{
	(void)file;
	return munmap(addr, len) ? -errno : 0;
}

static int file_poll(struct mig_file *file, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = file->fd, .events = events };
	int ret = poll(&pfd, 1, timeout_ms);

	return ret < 0 ? -errno : pfd.revents;
}

static void session_close(struct mig_file *file)
{
	close(file->fd);
	free(file);
}

static void device_close(struct mig_file *file)
{
	struct kernel_dev *kdev = (struct kernel_dev *)file;
	struct kernel_space *space = kdev->space;

	kernel_peer_forget(space, &kdev->peers);
	close(file->fd);
	pthread_mutex_lock(&space->lock);
	kernel_group_put(space, kdev->group);
	pthread_mutex_unlock(&space->lock);
	free(kdev);
}

#define FILE_OPS(closes)                                                      \
	{                                                                     \
		.ioctl = file_ioctl, .pread = file_pread,                     \
		.pwrite = file_pwrite, .read = file_read,                     \
		.write = file_write, .mmap = file_mmap,                       \
		.munmap = file_munmap, .poll = file_poll, .close = (closes),  \
	}

static const struct mig_file_ops session_ops = FILE_OPS(session_close);
static const struct mig_file_ops device_ops = FILE_OPS(device_close);

static int kernel_session(struct mig_dev *dev, int data_fd,
			  struct mig_file **ret_file)
{
	struct mig_file *file;

	(void)dev;
	/* CLOEXEC stays as the kernel made it: it can be asked about. */
	if (fcntl(data_fd, F_GETFD) < 0)
		return -errno;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->ops = &session_ops;
	file->fd = data_fd;
	*ret_file = file;
	return 0;
}

static void kernel_idle(struct mig_dev *dev, u32 ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)dev;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

static int kernel_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova)
{
	struct kernel_dev *kdev = (struct kernel_dev *)dev;

	return kernel_peer_reach(dev, kdev->space, &kdev->peers, region,
				 ret_iova);
}

/* ---- opening -------------------------------------------------------------------- */

/* The line about a device that neither a group nor a cdev leads to. */
static int place_refuse(struct kernel_space *space,
			const struct kernel_place *place, bool cdev)
{
	struct mig_context *ctx = space->ctx;
	char path[64];

	kernel_group_path(place->group, true, sizeof(path), path);
	if (!access(path, F_OK))
		mig_open_errorf(ctx, "%s is in a no-IOMMU group (%s), where migration cannot be judged safely: switch the IOMMU on and unload vfio",
				place->name, path);
	else if (place->pci && place->group < 0)
		mig_open_errorf(ctx, "%s has no IOMMU group: switch the IOMMU on, in the firmware and with intel_iommu=on where needed",
				place->name);
	else if (!place->driver[0])
		mig_open_errorf(ctx, "%s is bound to no driver: bind it to its VFIO driver",
				place->name);
	else if (!place->vfio)
		mig_open_errorf(ctx, "%s is bound to %s, which is no VFIO driver: bind it to its VFIO driver",
				place->name, place->driver);
	else if (cdev)
		mig_open_errorf(ctx, "%s has no device file in /dev/vfio/devices (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6): open it without ?cdev",
				place->name);
	else
		mig_open_errorf(ctx, "%s has no /dev/vfio/%d: load the VFIO modules (modprobe vfio vfio_iommu_type1)",
				place->name, place->group);
	return -ENODEV;
}

static int open_cdev(struct kernel_dev *kdev, const char *path)
{
	bool dma;
	int fd = kernel_cdev_open(kdev->space, path, &dma);

	if (fd >= 0)
		kdev->dev.caps |= MIG_CAP_CDEV | (dma ? MIG_CAP_DMA : 0);
	return fd;
}

static int open_group(struct kernel_dev *kdev, const struct kernel_place *place)
{
	int fd = kernel_group_open(kdev->space, place, &kdev->group);

	if (fd < 0)
		return fd;
	kdev->dev.caps |= MIG_CAP_SECOND_OPEN | MIG_CAP_DMA;
	if (kdev->space->container_logs)
		kdev->dev.caps |= MIG_CAP_CONTAINER_LOG;
	return fd;
}

/* 1 or 0, or -errno where the kernel does not tell. */
static int file_exists(const char *path)
{
	if (!access(path, F_OK))
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static int open_place(struct kernel_dev *kdev, const char *address, bool cdev)
{
	struct mig_context *ctx = kdev->space->ctx;
	struct kernel_place place;
	char path[64];
	int group, ret;

	if (kernel_place_name(address, &place)) {
		mig_open_errorf(ctx, "'%s' is neither a PCI address (0000:3b:00.2), nor a UUID, nor a file in "
				KERNEL_CDEV_DIR,
				address);
		return -EINVAL;
	}
	ret = kernel_place_find(&place);
	if (ret == -ENODEV)
		mig_open_errorf(ctx, "there is no %s %s on this machine: see /sys/bus/%s/devices",
				place.pci ? "PCI device" : "mediated device",
				place.name, place.pci ? "pci" : "mdev");
	if (ret)
		return ret;
	kernel_group_path(place.group, false, sizeof(path), path);
	group = cdev ? 0 : file_exists(path);
	if (group)
		return group < 0 ? group : open_group(kdev, &place);
	if (place.cdev[0])
		return open_cdev(kdev, place.cdev);
	return place_refuse(kdev->space, &place, cdev);
}

static int open_address(struct kernel_dev *kdev, const char *address)
{
	char place[sizeof(kdev->dev.uri)];
	char *option;
	bool cdev;

	snprintf(place, sizeof(place), "%s", address);
	option = strchr(place, '?');
	if (option)
		*option++ = '\0';
	kdev->space->compat = option && !strcmp(option, "compat");
	cdev = option && !strcmp(option, "cdev");
	if (option && !cdev && !kdev->space->compat) {
		mig_open_errorf(kdev->space->ctx, "'%s': there is no ?%s, only ?cdev and ?compat",
				address, option);
		return -EINVAL;
	}
	if (!strncmp(place, KERNEL_CDEV_DIR, strlen(KERNEL_CDEV_DIR)))
		return open_cdev(kdev, place);
	return open_place(kdev, place, cdev);
}

static int kernel_open(struct mig_context *ctx, const char *address,
		       struct mig_dev **ret_dev)
{
	struct kernel_dev *kdev = calloc(1, sizeof(*kdev));
	int fd;

	if (!kdev)
		return -ENOMEM;
	kdev->space = mig_space(ctx, &transport_kernel);
	kdev->dev.caps = MIG_CAP_CORE | MIG_CAP_SESSIONS | MIG_CAP_POSITIONED |
			 MIG_CAP_CLOSE | MIG_CAP_BAD_POINTERS | MIG_CAP_POLL |
			 MIG_CAP_DESCRIPTORS | MIG_CAP_KERNEL;
	if (kernel_faults(kdev->space))
		kdev->dev.caps |= MIG_CAP_FAULTS;
	pthread_mutex_lock(&kdev->space->lock);
	fd = open_address(kdev, address);
	pthread_mutex_unlock(&kdev->space->lock);
	if (fd < 0) {
		free(kdev);
		return fd;
	}
	kdev->dev.file.ops = &device_ops;
	kdev->dev.file.fd = fd;
	*ret_dev = &kdev->dev;
	return 0;
}

const struct mig_transport transport_kernel = {
	.scheme = "vfio",
	.form = "BDF, UUID or /dev/vfio/devices/vfioN, by cdev with ?cdev",
	.open = kernel_open,
	.session = kernel_session,
	.idle = kernel_idle,
	.peer_iova = kernel_peer_iova,
	.space_create = kernel_space_create,
	.space_destroy = kernel_space_destroy,
	.dma_map = kernel_dma_map,
	.dma_unmap = kernel_dma_unmap,
	.container_ioctl = kernel_container_ioctl,
	.fault_arm = kernel_fault_arm,
	.fault_disarm = kernel_fault_disarm,
	.list = kernel_list,
};

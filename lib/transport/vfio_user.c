// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answers.h"
#include "vfio_user.h"

static s64 leave(struct vfio_user_end *end, s64 ret)
{
	pthread_mutex_unlock(&end->space->lock);
	return ret;
}

/* ---- device file -------------------------------------------------------- */

static struct vfio_user_end *enter_dev(struct mig_file *file)
{
	struct vfio_user_end *end = ((struct vfio_user_dev *)file)->end;

	pthread_mutex_lock(&end->space->lock);
	return end;
}

static int dev_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct vfio_user_end *end = enter_dev(file);

	return (int)leave(end, vfio_user_ioctl(end, request, arg));
}

static ssize_t dev_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	struct vfio_user_end *end = enter_dev(file);

	return (ssize_t)leave(end, vfio_user_pread(end, buf, len, offset));
}

static ssize_t dev_pwrite(struct mig_file *file, const void *buf, size_t len,
			  u64 offset)
{
	struct vfio_user_end *end = enter_dev(file);

	return (ssize_t)leave(end, vfio_user_pwrite(end, buf, len, offset));
}

static int dev_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
		    void **ret_addr)
{
	struct vfio_user_end *end = enter_dev(file);

	return (int)leave(end, vfio_user_mmap(end, len, prot, offset, ret_addr));
}

int vfio_user_munmap(struct mig_file *file, void *addr, size_t len)
{
	(void)file;
	return munmap(addr, len) ? -errno : 0;
}

int vfio_user_no_poll(struct mig_file *file, short events, int timeout_ms)
{
	(void)file, (void)events, (void)timeout_ms;
	return 0;
}

static void dev_close(struct mig_file *file)
{
	struct vfio_user_end *end = enter_dev(file);

	vfio_user_disconnect(end);
	leave(end, 0);
	free(file);
}

static const struct mig_file_ops dev_ops = {
	.ioctl = dev_ioctl,
	.pread = dev_pread,
	.pwrite = dev_pwrite,
	.read = answers_no_read,
	.write = answers_no_write,
	.mmap = dev_mmap,
	.munmap = vfio_user_munmap,
	.poll = vfio_user_no_poll,
	.close = dev_close,
};

/* ---- opening ------------------------------------------------------------ */

static struct vfio_user_end *end_find(struct vfio_user_space *space,
				      const char *address)
{
	struct vfio_user_end **link, *end;
	u32 number = 0;

	for (link = &space->ends; *link; link = &(*link)->next, number++)
		if (!strcmp((*link)->address, address))
			return *link;
	end = calloc(1, sizeof(*end));
	if (!end)
		return NULL;
	snprintf(end->address, sizeof(end->address), "%s", address);
	end->space = space;
	end->number = number;
	vfio_user_wire_init(&end->main, -1);
	vfio_user_wire_init(&end->twin, -1);
	*link = end;
	return end;
}

static int open_end(struct mig_context *ctx, struct vfio_user_dev *dev,
		    const char *address)
{
	struct vfio_user_space *space = mig_space(ctx, &transport_vfio_user);

	dev->end = end_find(space, address);
	if (!dev->end)
		return -ENOMEM;
	if (dev->end->open) {
		mig_open_errorf(ctx, "%s is open already: a vfio-user server has one client at a time",
				address);
		return -EBUSY;
	}
	return vfio_user_connect(ctx, dev->end);
}

static int vfio_user_open(struct mig_context *ctx, const char *address,
			  struct mig_dev **ret_dev)
{
	struct vfio_user_space *space = mig_space(ctx, &transport_vfio_user);
	struct vfio_user_dev *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return -ENOMEM;
	pthread_mutex_lock(&space->lock);
	ret = open_end(ctx, dev, address);
	pthread_mutex_unlock(&space->lock);
	if (ret) {
		free(dev);
		return ret;
	}
	dev->dev.file.ops = &dev_ops;
	dev->dev.file.fd = -1;
	dev->dev.caps = MIG_CAP_DMA |
			(dev->end->named ? MIG_CAP_CORE | MIG_CAP_SESSIONS | MIG_CAP_CLOSE : 0) |
			(dev->end->logs ? MIG_CAP_CONTAINER_LOG : 0);
	*ret_dev = &dev->dev;
	return 0;
}

static void vfio_user_idle(struct mig_dev *dev, u32 ms)
{
	vfio_user_attend(((struct vfio_user_dev *)dev)->end->space, ms);
}

static int vfio_user_lost(void *opaque, char *ret_why, size_t size)
{
	struct vfio_user_space *space = opaque;
	struct vfio_user_end *end;
	int lost = 0;

	pthread_mutex_lock(&space->lock);
	for (end = space->ends; end && !lost; end = end->next) {
		lost = end->lost || !end->open ? end->lost : end->main.broken;
		snprintf(ret_why, size, "%s",
			 end->lost ? end->lost_why : end->main.why);
	}
	pthread_mutex_unlock(&space->lock);
	return lost;
}

static int vfio_user_space_create(struct mig_context *ctx, void **ret_space)
{
	struct vfio_user_space *space = calloc(1, sizeof(*space));

	(void)ctx;
	if (!space)
		return -ENOMEM;
	pthread_mutex_init(&space->lock, NULL);
	space->serve = vfio_user_serve;
	*ret_space = space;
	return 0;
}

static void vfio_user_space_destroy(void *opaque)
{
	struct vfio_user_space *space = opaque;
	struct vfio_user_end *end;

	while ((end = space->ends)) {
		vfio_user_disconnect(end);
		space->ends = end->next;
		free(end);
	}
	while (space->maps)
		vfio_user_dma_forget(space, space->maps->iova, space->maps->len,
				     NULL);
	pthread_mutex_destroy(&space->lock);
	free(space);
}

const struct mig_transport transport_vfio_user = {
	.scheme = "vfio-user",
	.form = "PATH of a server's socket",
	.open = vfio_user_open,
	.session = vfio_user_session,
	.idle = vfio_user_idle,
	.peer_iova = vfio_user_peer_iova,
	.space_create = vfio_user_space_create,
	.space_destroy = vfio_user_space_destroy,
	.dma_map = vfio_user_dma_map,
	.dma_unmap = vfio_user_dma_unmap,
	.container_ioctl = vfio_user_log_ioctl,
	.lost = vfio_user_lost,
};

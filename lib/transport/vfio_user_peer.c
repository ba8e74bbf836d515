// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that write to one another. Each server is told the BARs of the
 * others as memory without descriptor, at the places that emu_space.h defines,
 * and what it writes there is written to the other one.
 */
#include <errno.h>

#include "emu_space.h"
#include "vfio_user.h"

static u64 peer_iova(const struct vfio_user_end *end)
{
	return EMU_PEER_IOVA + end->number * EMU_PEER_STRIDE;
}

int vfio_user_peer_enter(struct vfio_user_end *end)
{
	struct vfio_user_map *map;
	struct vfio_user_end *other;
	int ret = 0;

	for (map = end->space->maps; map && !ret; map = map->next)
		ret = vfio_user_dma_tell(end, map->iova, map->len, map->fd);
	for (other = end->space->ends; other && !ret; other = other->next) {
		if (other == end || !other->open)
			continue;
		ret = vfio_user_dma_tell(end, peer_iova(other), EMU_PEER_STRIDE,
					 -1);
		if (!ret)
			ret = vfio_user_dma_tell(other, peer_iova(end),
						 EMU_PEER_STRIDE, -1);
	}
	return ret;
}

void vfio_user_peer_leave(struct vfio_user_end *end)
{
	struct vfio_user_end *other;

	for (other = end->space->ends; other; other = other->next)
		if (other != end && other->open)
			vfio_user_dma_untell(other, peer_iova(end),
					     EMU_PEER_STRIDE);
}

/* BAR0 comes first in what a peer sees, and BAR2 behind it. */
static int bar0_size(struct vfio_user_end *end, u64 *ret_size)
{
	struct uapi_region_info bar0;
	int ret;

	ret = vfio_user_region_ask(end, UAPI_PCI_BAR0, sizeof(bar0), &bar0, NULL);
	if (ret < (int)sizeof(bar0))
		return ret < 0 ? ret : -EPROTO;
	*ret_size = bar0.size;
	return 0;
}

int vfio_user_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova)
{
	struct vfio_user_end *end = ((struct vfio_user_dev *)dev)->end;
	u64 before = 0;
	int ret = 0;

	if (region != UAPI_PCI_BAR0 && region != UAPI_PCI_BAR0 + 2)
		return -EINVAL;
	pthread_mutex_lock(&end->space->lock);
	if (region != UAPI_PCI_BAR0)
		ret = bar0_size(end, &before);
	pthread_mutex_unlock(&end->space->lock);
	if (!ret)
		*ret_iova = peer_iova(end) + before;
	return ret;
}

static int peer_write(struct vfio_user_end *end, u64 at, const void *src,
		      size_t len)
{
	u64 before;
	ssize_t n;

	if (bar0_size(end, &before))
		return -EFAULT;
	if (at >= before)
		at += 2 * VFIO_USER_STRIDE - before;
	n = vfio_user_pwrite(end, src, len, at);
	return n == (ssize_t)len ? 0 : -EFAULT;
}

int vfio_user_peer_write(struct vfio_user_end *from, u64 iova, const void *src,
			 size_t len)
{
	struct vfio_user_end *end;
	bool busy = from->busy;
	int ret = -EFAULT;

	for (end = from->space->ends; end; end = end->next)
		if (end != from && end->open && iova >= peer_iova(end) &&
		    iova - peer_iova(end) < EMU_PEER_STRIDE)
			break;
	if (!end)
		return ret;
	/* It waits for our answer: nobody may want one of it meanwhile. */
	from->busy = true;
	ret = peer_write(end, iova - peer_iova(end), src, len);
	from->busy = busy;
	return ret;
}

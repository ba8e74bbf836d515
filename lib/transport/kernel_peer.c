// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kernel.h"

/*
 * Addresses that any machine's IOMMU has, below those of its interrupts. The
 * begin of a region is enough to write to.
 */
#define PEER_IOVA 0xc0000000ull
enum { PEER_STRIDE = 1 << 20, PEER_REGIONS = 8, PEER_PAGE = 4096 };

static int peer_map(struct mig_dev *dev, struct kernel_space *space,
		    struct kernel_peer *peer)
{
	struct mig_region region;
	int ret;

	ret = mig_region_info(dev, peer->region, &region);
	if (ret)
		return ret;
	peer->len = region.size < PEER_STRIDE ? region.size : PEER_STRIDE;
	if (!(region.flags & UAPI_REGION_MMAP) || !peer->len ||
	    peer->len % PEER_PAGE)
		return -EINVAL;
	ret = mig_mmap(&dev->file, peer->len, PROT_READ | PROT_WRITE,
		       region.offset, &peer->memory);
	if (ret)
		return ret;
	ret = kernel_dma_map(space, peer->iova, peer->memory, peer->len);
	if (ret)
		munmap(peer->memory, peer->len);
	return ret;
}

int kernel_peer_reach(struct mig_dev *dev, struct kernel_space *space,
		      struct kernel_peer **peers, u32 region, u64 *ret_iova)
{
	struct kernel_peer *peer;
	int ret;

	for (peer = *peers; peer && peer->region != region; peer = peer->next)
		;
	if (!peer) {
		if (region >= PEER_REGIONS)
			return -EINVAL;
		peer = calloc(1, sizeof(*peer));
		if (!peer)
			return -ENOMEM;
		peer->region = region;
		peer->iova = PEER_IOVA + PEER_STRIDE *
			     (u64)(dev->index * PEER_REGIONS + region);
		ret = peer_map(dev, space, peer);
		if (ret) {
			free(peer);
			return ret;
		}
		peer->next = *peers;
		*peers = peer;
	}
	*ret_iova = peer->iova;
	return 0;
}

void kernel_peer_forget(struct kernel_space *space, struct kernel_peer **peers)
{
	struct kernel_peer *peer;

	while ((peer = *peers)) {
		*peers = peer->next;
		kernel_dma_unmap(space, peer->iova, peer->len);
		munmap(peer->memory, peer->len);
		free(peer);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/* What servers want of us: DMA to the memory of the context, or to a peer. */
#include <errno.h>
#include <string.h>

#include "vfio_user.h"

static struct vfio_user_map *map_at(struct vfio_user_space *space, u64 iova,
				    u64 len)
{
	struct vfio_user_map *map;

	for (map = space->maps; map; map = map->next)
		if (iova >= map->iova && iova - map->iova <= map->len &&
		    len <= map->len - (iova - map->iova))
			return map;
	return NULL;
}

static int serve_access(struct vfio_user_end *end, const struct vfio_user_in *in,
			struct vfio_user_dma_access *ret_access,
			struct vfio_user_out *out)
{
	bool write = in->head.command == VFIO_USER_DMA_WRITE;
	struct vfio_user_dma_access access;
	struct vfio_user_map *map;

	if ((!write && in->head.command != VFIO_USER_DMA_READ) ||
	    in->len < sizeof(access))
		return -EINVAL;
	memcpy(&access, in->body, sizeof(access));
	if (access.count > VFIO_USER_WIRE_DATA ||
	    (write && access.count > in->len - sizeof(access)))
		return -EINVAL;
	*ret_access = access;
	vfio_user_wire_add(out, ret_access, sizeof(access));
	map = map_at(end->space, access.address, access.count);
	if (map && write)
		memcpy(map->addr + (access.address - map->iova),
		       in->body + sizeof(access), access.count);
	else if (map)
		vfio_user_wire_add(out, map->addr + (access.address - map->iova),
				   access.count);
	else if (write)
		return vfio_user_peer_write(end, access.address,
					    in->body + sizeof(access),
					    access.count);
	return map ? 0 : -EFAULT;
}

int vfio_user_serve(struct vfio_user_end *end, struct vfio_user_wire *wire,
		    const struct vfio_user_in *in, u64 deadline)
{
	struct vfio_user_out out = { .nr_parts = 0 };
	struct vfio_user_dma_access access;
	int ret = serve_access(end, in, &access, &out);

	if (ret)
		out.nr_parts = 0;
	return vfio_user_wire_reply(wire, in, ret, &out, deadline);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as emulated devices see it: mappings of an I/O address space, the
 * container's dirty tracking over them (the type1 ioctls), and the BARs of
 * peers, which lie in the same space.
 */
#ifndef MIGCHECK_TRANSPORT_EMU_SPACE_H
#define MIGCHECK_TRANSPORT_EMU_SPACE_H

#include "../types.h"

struct emu_space;

/* The BARs of device n begin at this address plus n times the stride. */
#define EMU_PEER_IOVA 0xf0000000ull
#define EMU_PEER_STRIDE 0x100000ull

/* A peer's BAR is written; 0 or -EFAULT. */
typedef int (*emu_peer_write_fn)(void *machine, u32 peer, u64 offset,
				 const void *src, size_t len);

int emu_space_create(emu_peer_write_fn peer_write, void *machine,
		     struct emu_space **ret_space);
void emu_space_destroy(struct emu_space *space);

/* -EEXIST for an overlap, -EINVAL for an empty or wrapping range. */
int emu_space_map(struct emu_space *space, u64 iova, void *addr, size_t len);
/* Exactly a mapping, or -ENOENT. */
int emu_space_unmap(struct emu_space *space, u64 iova, size_t len);

/* DMA of a device: 0, or -EFAULT beyond what is mapped. */
int emu_space_read(struct emu_space *space, u64 iova, void *dst, size_t len);
int emu_space_write(struct emu_space *space, u64 iova, const void *src,
		    size_t len);

/*
 * The container becomes as odd as @quirks (enum refdev_container) say, beside
 * what it is already.
 */
void emu_space_twist(struct emu_space *space, u32 quirks);
/* Has it a dirty log at all? */
bool emu_space_logs(const struct emu_space *space);
/* A device was closed for the last time. */
void emu_space_detach(struct emu_space *space);

/* VFIO_IOMMU_GET_INFO, _DIRTY_PAGES and _UNMAP_DMA with bitmap. */
int emu_space_ioctl(struct emu_space *space, u32 request, void *arg,
		    bool starved);

#endif

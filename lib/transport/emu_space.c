// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/base.h"
#include "emu_space.h"

enum { PAGE = 4096, MAX_BITMAP_BYTES = 1 << 28 };

struct mapping {
	u64 iova;
	size_t len;
	u8 *addr;
	u8 *dirty; /* a byte a page */
	struct mapping *next;
};

struct emu_space {
	struct mapping *mappings;
	bool logging;
	emu_peer_write_fn peer_write;
	void *machine;
};

int emu_space_create(emu_peer_write_fn peer_write, void *machine,
		     struct emu_space **ret_space)
{
	struct emu_space *space = calloc(1, sizeof(*space));

	if (!space)
		return -ENOMEM;
	space->peer_write = peer_write;
	space->machine = machine;
	*ret_space = space;
	return 0;
}

static void mapping_free(struct mapping *m)
{
	free(m->dirty);
	free(m);
}

void emu_space_destroy(struct emu_space *space)
{
	struct mapping *m, *next;

	if (!space)
		return;
	for (m = space->mappings; m; m = next) {
		next = m->next;
		mapping_free(m);
	}
	free(space);
}

static struct mapping *mapping_at(struct emu_space *space, u64 iova, size_t len)
{
	struct mapping *m;

	for (m = space->mappings; m; m = m->next)
		if (iova >= m->iova && iova - m->iova < m->len &&
		    len <= m->len - (iova - m->iova))
			return m;
	return NULL;
}

int emu_space_map(struct emu_space *space, u64 iova, void *addr, size_t len)
{
	struct mapping *m;

	if (!len || iova + len < iova || iova % PAGE || len % PAGE)
		return -EINVAL;
	for (m = space->mappings; m; m = m->next)
		if (iova < m->iova + m->len && m->iova < iova + len)
			return -EEXIST;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->dirty = calloc(len / PAGE, 1);
	if (!m->dirty) {
		free(m);
		return -ENOMEM;
	}
	m->iova = iova;
	m->len = len;
	m->addr = addr;
	m->next = space->mappings;
	space->mappings = m;
	return 0;
}

int emu_space_unmap(struct emu_space *space, u64 iova, size_t len)
{
	struct mapping **link, *m;

	for (link = &space->mappings; *link; link = &(*link)->next) {
		m = *link;
		if (m->iova != iova || m->len != len)
			continue;
		*link = m->next;
		mapping_free(m);
		return 0;
	}
	return -ENOENT;
}

int emu_space_read(struct emu_space *space, u64 iova, void *dst, size_t len)
{
	struct mapping *m = mapping_at(space, iova, len);

	if (!m)
		return -EFAULT;
	memcpy(dst, m->addr + (iova - m->iova), len);
	return 0;
}

int emu_space_write(struct emu_space *space, u64 iova, const void *src,
		    size_t len)
{
	struct mapping *m = mapping_at(space, iova, len);
	u64 page;

	if (!m && iova >= EMU_PEER_IOVA)
		return space->peer_write(space->machine,
					 (u32)((iova - EMU_PEER_IOVA) /
					       EMU_PEER_STRIDE),
					 (iova - EMU_PEER_IOVA) %
						 EMU_PEER_STRIDE,
					 src, len);
	if (!m)
		return -EFAULT;
	memcpy(m->addr + (iova - m->iova), src, len);
	for (page = (iova - m->iova) / PAGE;
	     page <= (iova - m->iova + len - 1) / PAGE; page++)
		m->dirty[page] |= space->logging;
	return 0;
}

/* ---- the container's ioctls, as type1 answers them ------------------------- */

static int get_info(struct emu_space *space, void *arg)
{
	struct {
		struct uapi_iommu_info head;
		struct uapi_iommu_cap_migration cap;
	} info = { .head = { .argsz = sizeof(info),
			     .flags = UAPI_IOMMU_INFO_PGSIZES |
				      UAPI_IOMMU_INFO_CAPS,
			     .iova_pgsizes = PAGE },
		   .cap = { .header = { .id = UAPI_IOMMU_CAP_MIGRATION,
					.version = 1 },
			    .pgsize_bitmap = PAGE,
			    .max_dirty_bitmap_size = MAX_BITMAP_BYTES } };
	u32 argsz;

	(void)space;
	memcpy(&argsz, arg, sizeof(argsz));
	if (argsz < 16) /* up to iova_pgsizes */
		return -EINVAL;
	if (argsz >= sizeof(info))
		info.head.cap_offset = sizeof(info.head);
	memcpy(arg, &info, argsz < sizeof(info) ? argsz : sizeof(info));
	return 0;
}

static void mark_bits(const u8 *dirty, size_t pages, u8 *bitmap)
{
	size_t i;

	for (i = 0; i < pages; i++)
		if (dirty[i])
			bitmap[i / 8] |= (u8)(1 << (i % 8));
}

/* Whole mappings in [iova, iova + size), as type1 wants them. */
static int report(struct emu_space *space, u64 iova, u64 size,
		  const struct uapi_bitmap *bitmap)
{
	struct mapping *m;
	u64 need = (size / PAGE + 63) / 64 * 8;

	if (bitmap->pgsize != PAGE || !size || iova % PAGE || size % PAGE ||
	    iova + size < iova || bitmap->size < need ||
	    bitmap->size > MAX_BITMAP_BYTES)
		return -EINVAL;
	for (m = space->mappings; m; m = m->next) {
		if (m->iova + m->len <= iova || m->iova >= iova + size)
			continue;
		if (m->iova < iova || m->iova + m->len > iova + size ||
		    (m->iova - iova) / PAGE % 8)
			return -EINVAL;
		mark_bits(m->dirty, m->len / PAGE,
			  (u8 *)(uintptr_t)bitmap->data +
				  (m->iova - iova) / PAGE / 8);
		memset(m->dirty, 0, m->len / PAGE);
	}
	return 0;
}

static int dirty_pages(struct emu_space *space, void *arg)
{
	struct uapi_dirty_pages dirty = { 0 };
	struct mapping *m;

	memcpy(&dirty, arg, offsetof(struct uapi_dirty_pages, iova));
	if (dirty.argsz < offsetof(struct uapi_dirty_pages, iova))
		return -EINVAL;
	switch (dirty.flags) {
	case UAPI_DIRTY_START:
		for (m = space->mappings; m && !space->logging; m = m->next)
			memset(m->dirty, 0, m->len / PAGE);
		space->logging = true;
		return 0;
	case UAPI_DIRTY_STOP:
		space->logging = false;
		return 0;
	case UAPI_DIRTY_GET_BITMAP:
		if (dirty.argsz < sizeof(dirty) || !space->logging)
			return -EINVAL;
		memcpy(&dirty, arg, sizeof(dirty));
		return report(space, dirty.iova, dirty.size, &dirty.bitmap);
	default:
		return -EINVAL;
	}
}

static int unmap(struct emu_space *space, void *arg)
{
	const size_t head = offsetof(struct uapi_dma_unmap, bitmap);
	struct uapi_dma_unmap un = { 0 };
	int ret;

	memcpy(&un, arg, head);
	if (un.argsz < head ||
	    (un.flags & ~(u32)UAPI_DMA_UNMAP_GET_DIRTY_BITMAP))
		return -EINVAL;
	if (un.flags) {
		if (un.argsz < sizeof(un) || !space->logging)
			return -EINVAL;
		memcpy(&un, arg, sizeof(un));
		ret = report(space, un.iova, un.size, &un.bitmap);
		if (ret)
			return ret;
	}
	ret = emu_space_unmap(space, un.iova, un.size);
	if (ret)
		un.size = 0; /* nothing unmapped is no error to type1 */
	memcpy((u8 *)arg + offsetof(struct uapi_dma_unmap, size), &un.size,
	       sizeof(un.size));
	return 0;
}

int emu_space_ioctl(struct emu_space *space, u32 request, void *arg)
{
	switch (request) {
	case UAPI_IOMMU_GET_INFO:
		return get_info(space, arg);
	case UAPI_IOMMU_DIRTY_PAGES:
		return dirty_pages(space, arg);
	case UAPI_IOMMU_UNMAP_DMA:
		return unmap(space, arg);
	default:
		return -ENOTTY;
	}
}

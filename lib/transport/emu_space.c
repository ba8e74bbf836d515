// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../fixtures/refdev/refdev.h"
#include "../uapi/base.h"
#include "answers.h"
#include "emu_space.h"

enum { PAGE = 4096, LARGE_PAGE = 65536, MAX_BITMAP_BYTES = 1 << 28 };

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
	u32 quirks;	  /* enum refdev_container */
	u32 writes_missed; /* that are still to come (defects) */
	u32 since;	   /* log_ends when the log began */
	emu_peer_write_fn peer_write;
	void *machine;
};

static u32 log_ends; /* of all spaces that end those of others (defects) */

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

static bool is_odd(const struct emu_space *space, enum refdev_container how)
{
	return space->quirks & how;
}

void emu_space_twist(struct emu_space *space, u32 quirks)
{
	space->quirks |= quirks;
}

bool emu_space_logs(const struct emu_space *space)
{
	return !is_odd(space, REFDEV_CONTAINER_NO_LOG);
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
	if (space->writes_missed) {
		space->writes_missed--;
		return 0;
	}
	for (page = (iova - m->iova) / PAGE;
	     page <= (iova - m->iova + len - 1) / PAGE; page++)
		m->dirty[page] |= space->logging;
	return 0;
}

/* ---- the container's ioctls, as type1 answers them ------------------------- */

static void forget_marks(struct emu_space *space)
{
	struct mapping *m;

	for (m = space->mappings; m; m = m->next)
		memset(m->dirty, 0, m->len / PAGE);
}

void emu_space_detach(struct emu_space *space)
{
	if (is_odd(space, REFDEV_CONTAINER_DETACH))
		forget_marks(space);
}

static int get_info(struct emu_space *space, void *arg)
{
	struct answers_iommu iommu = {
		.pgsizes = PAGE, .bitmap_max = MAX_BITMAP_BYTES,
		.no_log = is_odd(space, REFDEV_CONTAINER_NO_LOG |
					REFDEV_CONTAINER_SILENT),
	};

	if (is_odd(space, REFDEV_CONTAINER_64K))
		iommu.pgsizes |= LARGE_PAGE;
	return answers_iommu_info(&iommu, arg);
}

/* The marks of @m, in a bitmap that begins @first bits before it. */
static void mark_bits(const struct emu_space *space, const struct mapping *m,
		      u64 iova, const struct uapi_bitmap *bitmap)
{
	bool all = is_odd(space, REFDEV_CONTAINER_ALL_DIRTY);
	u8 *bits = (u8 *)(uintptr_t)bitmap->data;
	size_t i, bit;

	for (i = 0; i < m->len / PAGE; i++) {
		bit = (m->iova - iova + i * PAGE) / bitmap->pgsize;
		if ((m->dirty[i] || all) && bit / 8 < bitmap->size)
			bits[bit / 8] |= (u8)(1 << (bit % 8));
	}
}

static bool takes_page_size(const struct emu_space *space, u64 size)
{
	return size == PAGE ||
	       (size == LARGE_PAGE && is_odd(space, REFDEV_CONTAINER_64K));
}

/* Has the bitmap the right size for that many pages? */
static bool has_room(const struct emu_space *space, u64 pages, u64 bytes)
{
	u64 need = (pages + 63) / 64 * 8;

	if (is_odd(space, REFDEV_CONTAINER_BYTES))
		return bytes == (pages + 7) / 8;
	if (is_odd(space, REFDEV_CONTAINER_SHORT))
		return bytes > 0;
	return bytes >= need;
}

/* Whole mappings in [iova, iova + size), as type1 wants them. */
static int report(struct emu_space *space, u64 iova, u64 size,
		  const struct uapi_bitmap *bitmap)
{
	struct mapping *m;
	u64 page = bitmap->pgsize;

	if (!takes_page_size(space, page) || !size || iova % page ||
	    size % page || iova + size < iova ||
	    !has_room(space, size / page, bitmap->size) ||
	    bitmap->size > MAX_BITMAP_BYTES)
		return -EINVAL;
	for (m = space->mappings; m; m = m->next) {
		if (m->iova + m->len <= iova || m->iova >= iova + size)
			continue;
		if (m->iova < iova || m->iova + m->len > iova + size ||
		    (m->iova - iova) / PAGE % 8)
			return -EINVAL;
		mark_bits(space, m, iova, bitmap);
		memset(m->dirty, 0, m->len / PAGE);
	}
	return 0;
}

static int start_log(struct emu_space *space)
{
	if (space->logging)
		return is_odd(space, REFDEV_CONTAINER_STRICT) ? -EINVAL : 0;
	forget_marks(space);
	space->writes_missed = is_odd(space, REFDEV_CONTAINER_LATE);
	space->logging = true;
	space->since = log_ends;
	return 0;
}

static int stop_log(struct emu_space *space)
{
	if (!space->logging && is_odd(space, REFDEV_CONTAINER_STRICT))
		return -EINVAL;
	space->logging = false;
	log_ends += is_odd(space, REFDEV_CONTAINER_GLOBAL);
	return 0;
}

/* A request for which there is no memory. */
static int starve(struct emu_space *space, u32 flags)
{
	if (flags == UAPI_DIRTY_START && is_odd(space, REFDEV_CONTAINER_HALF))
		start_log(space);
	if (flags == UAPI_DIRTY_GET_BITMAP &&
	    is_odd(space, REFDEV_CONTAINER_FORGETS))
		forget_marks(space);
	return -ENOMEM;
}

static int dirty_pages(struct emu_space *space, void *arg, bool starved)
{
	struct uapi_dirty_pages dirty = { 0 };

	if (!emu_space_logs(space))
		return -ENOTTY;
	memcpy(&dirty, arg, offsetof(struct uapi_dirty_pages, iova));
	space->logging &= space->since == log_ends;
	if (dirty.argsz < offsetof(struct uapi_dirty_pages, iova))
		return -EINVAL;
	if (dirty.flags & UAPI_DIRTY_START && is_odd(space, REFDEV_CONTAINER_LAX))
		dirty.flags = UAPI_DIRTY_START;
	if (starved)
		return starve(space, dirty.flags);
	switch (dirty.flags) {
	case UAPI_DIRTY_START:
		return start_log(space);
	case UAPI_DIRTY_STOP:
		return stop_log(space);
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
		ret = is_odd(space, REFDEV_CONTAINER_UNMAP) ? 0 :
			report(space, un.iova, un.size, &un.bitmap);
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

int emu_space_ioctl(struct emu_space *space, u32 request, void *arg,
		    bool starved)
{
	switch (request) {
	case UAPI_IOMMU_GET_INFO:
		return get_info(space, arg);
	case UAPI_IOMMU_DIRTY_PAGES:
		return dirty_pages(space, arg, starved);
	case UAPI_IOMMU_UNMAP_DMA:
		return unmap(space, arg);
	default:
		return -ENOTTY;
	}
}

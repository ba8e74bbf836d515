// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty tracking of a container: type1's requests as DIRTY_PAGES messages. A
 * page is dirty if any server of the space says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/mig1.h"
#include "answers.h"
#include "vfio_user.h"

enum {
	PAGE = 4096,
	BITMAP_MAX = VFIO_USER_WIRE_DATA / 2,
	INFO_MAX = 4096,
	REGIONS_MAX = 64,
};

/* ---- who logs ----------------------------------------------------------- */

static bool is_migration(const u8 *info, size_t size)
{
	struct uapi_region_info head;
	struct uapi_cap_type type;
	u32 at, links;

	memcpy(&head, info, sizeof(head));
	at = head.flags & UAPI_REGION_CAPS ? head.cap_offset : 0;
	for (links = 0; at && links < REGIONS_MAX; links++) {
		if (at > size || size - at < sizeof(type))
			return false;
		memcpy(&type, info + at, sizeof(type));
		if (type.header.id == UAPI_CAP_TYPE &&
		    type.type == MIG1_REGION_TYPE &&
		    type.subtype == MIG1_REGION_SUBTYPE)
			return head.size > 0;
		at = type.header.next;
	}
	return false;
}

static bool has_migration_region(struct vfio_user_end *end)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	struct uapi_region_info head;
	u8 whole[INFO_MAX];
	u32 i;
	int len;

	if (vfio_user_call_simple(end, VFIO_USER_GET_INFO, &info, sizeof(info)))
		return false;
	for (i = 0; i < info.num_regions && i < REGIONS_MAX; i++) {
		if (vfio_user_region_ask(end, i, sizeof(head), &head, NULL) !=
			    (int)sizeof(head) ||
		    head.argsz <= sizeof(head) || head.argsz > sizeof(whole))
			continue;
		len = vfio_user_region_ask(end, i, head.argsz, whole, NULL);
		if (len >= (int)sizeof(head) && is_migration(whole, (size_t)len))
			return true;
	}
	return false;
}

static int tell(struct vfio_user_end *end, u32 flags)
{
	const struct vfio_user_dirty_pages body = {
		.argsz = VFIO_USER_DIRTY_HEAD, .flags = flags };
	struct vfio_user_call call;
	int ret;

	vfio_user_call_begin(&call, VFIO_USER_DIRTY_PAGES);
	vfio_user_wire_add(&call.out, &body, VFIO_USER_DIRTY_HEAD);
	ret = vfio_user_call(end, &call);
	vfio_user_wire_drop(&call.in);
	return ret;
}

void vfio_user_log_probe(struct vfio_user_end *end)
{
	end->logs = has_migration_region(end) && !tell(end, UAPI_DIRTY_START);
	if (end->logs && !end->space->logging)
		tell(end, UAPI_DIRTY_STOP);
}

/* The next one that logs, after @end or the first. */
static struct vfio_user_end *next_log(struct vfio_user_space *space,
				      struct vfio_user_end *end)
{
	end = end ? end->next : space->ends;
	while (end && !(end->open && end->logs))
		end = end->next;
	return end;
}

/* ---- bitmaps ------------------------------------------------------------ */

/* A container reports whole mappings, and bits from the begin of a byte. */
static bool cuts_mapping(const struct vfio_user_space *space, u64 iova, u64 size)
{
	const struct vfio_user_map *map;

	for (map = space->maps; map; map = map->next) {
		if (map->iova + map->len <= iova || map->iova >= iova + size)
			continue;
		if (map->iova < iova || map->iova + map->len > iova + size ||
		    (map->iova - iova) / PAGE % 8)
			return true;
	}
	return false;
}

static int bitmap_check(const struct vfio_user_space *space, u64 iova, u64 size,
			const struct uapi_bitmap *bitmap)
{
	u64 need = (size / PAGE + 63) / 64 * 8;

	if (bitmap->pgsize != PAGE || !size || iova % PAGE || size % PAGE ||
	    iova + size < iova || bitmap->size < need ||
	    bitmap->size > BITMAP_MAX || cuts_mapping(space, iova, size))
		return -EINVAL;
	return bitmap->data ? 0 : -EFAULT;
}

/*
 * Sends a request with a bitmap, DIRTY_PAGES or DMA_UNMAP: the two have the
 * same layout. The bits are added to @bits.
 */
static int bitmap_ask(struct vfio_user_end *end, u16 command, u32 flags,
		      u64 iova, u64 size, u8 *bits, size_t len)
{
	const struct vfio_user_dirty_pages body = {
		.argsz = (u32)(sizeof(body) + len),
		.flags = flags,
		.iova = iova,
		.size = size,
		.bitmap = { PAGE, len },
	};
	struct vfio_user_call call;
	size_t i;
	int ret;

	_Static_assert(sizeof(struct vfio_user_dma_unmap) == sizeof(body), "");
	vfio_user_call_begin(&call, command);
	vfio_user_wire_add(&call.out, &body, sizeof(body));
	ret = vfio_user_call(end, &call);
	if (!ret && call.in.len < sizeof(body) + len)
		ret = -EPROTO;
	for (i = 0; !ret && i < len; i++)
		bits[i] |= call.in.body[sizeof(body) + i];
	vfio_user_wire_drop(&call.in);
	return ret;
}

static size_t map_bits(const struct vfio_user_map *map)
{
	return (map->len / PAGE + 63) / 64 * 8;
}

void vfio_user_log_leave(struct vfio_user_end *end)
{
	struct vfio_user_space *space = end->space;
	struct vfio_user_map *map;

	if (!space->logging || !end->logs || end->main.broken)
		return;
	for (map = space->maps; map; map = map->next) {
		if (!map->kept && map_bits(map) <= BITMAP_MAX)
			map->kept = calloc(1, map_bits(map));
		if (map->kept)
			bitmap_ask(end, VFIO_USER_DIRTY_PAGES,
				   UAPI_DIRTY_GET_BITMAP, map->iova, map->len,
				   map->kept, map_bits(map));
	}
}

/* What closed servers have left, of the mappings in the range; it is told once. */
static void take_kept(struct vfio_user_space *space, u64 iova, u64 size, u8 *bits)
{
	struct vfio_user_map *map;
	size_t i, at;

	for (map = space->maps; map; map = map->next) {
		if (!map->kept || map->iova < iova || map->iova - iova >= size)
			continue;
		at = (map->iova - iova) / PAGE / 8;
		for (i = 0; i < (map->len / PAGE + 7) / 8; i++)
			bits[at + i] |= map->kept[i];
		free(map->kept);
		map->kept = NULL;
	}
}

static int report(struct vfio_user_space *space,
		  const struct uapi_dirty_pages *dirty)
{
	struct vfio_user_end *end = NULL;
	int ret = bitmap_check(space, dirty->iova, dirty->size, &dirty->bitmap);
	size_t len = dirty->bitmap.size;
	u8 *bits;

	if (ret)
		return ret;
	bits = calloc(1, len);
	if (!bits)
		return -ENOMEM;
	while (!ret && (end = next_log(space, end)))
		ret = bitmap_ask(end, VFIO_USER_DIRTY_PAGES,
				 UAPI_DIRTY_GET_BITMAP, dirty->iova,
				 dirty->size, bits, len);
	if (!ret) {
		take_kept(space, dirty->iova, dirty->size, bits);
		memcpy((void *)(uintptr_t)dirty->bitmap.data, bits, len);
	}
	free(bits);
	return ret;
}

/* ---- requests ----------------------------------------------------------- */

static int get_info(struct vfio_user_space *space, void *arg)
{
	struct answers_iommu iommu = { .pgsizes = PAGE,
				       .bitmap_max = BITMAP_MAX };

	(void)space;
	return answers_iommu_info(&iommu, arg);
}

static int dirty_pages(struct vfio_user_space *space, void *arg)
{
	struct uapi_dirty_pages dirty = { 0 };
	struct vfio_user_end *end = NULL;
	int ret = 0;

	memcpy(&dirty, arg, VFIO_USER_DIRTY_HEAD);
	if (dirty.argsz < VFIO_USER_DIRTY_HEAD)
		return -EINVAL;
	if (dirty.flags == UAPI_DIRTY_GET_BITMAP) {
		if (dirty.argsz < sizeof(dirty))
			return -EINVAL;
		memcpy(&dirty, arg, sizeof(dirty));
		return report(space, &dirty);
	}
	if (dirty.flags != UAPI_DIRTY_START && dirty.flags != UAPI_DIRTY_STOP)
		return -EINVAL;
	while (!ret && (end = next_log(space, end)))
		ret = tell(end, dirty.flags);
	if (!ret)
		space->logging = dirty.flags == UAPI_DIRTY_START;
	return ret;
}

/* As type1, which says 0 bytes where nothing was mapped. */
static int unmap(struct vfio_user_space *space, void *arg)
{
	const size_t head = offsetof(struct uapi_dma_unmap, bitmap);
	struct vfio_user_end *end = NULL;
	struct uapi_dma_unmap un = { 0 };
	int ret = 0;

	memcpy(&un, arg, head);
	if (un.argsz < head || (un.flags & ~(u32)UAPI_DMA_UNMAP_GET_DIRTY_BITMAP))
		return -EINVAL;
	if (un.flags) {
		if (un.argsz < sizeof(un))
			return -EINVAL;
		memcpy(&un, arg, sizeof(un));
		ret = bitmap_check(space, un.iova, un.size, &un.bitmap);
		end = next_log(space, NULL);
	}
	if (!ret && end)
		ret = bitmap_ask(end, VFIO_USER_DMA_UNMAP, un.flags, un.iova,
				 un.size, (u8 *)(uintptr_t)un.bitmap.data,
				 un.bitmap.size);
	if (ret)
		return ret;
	if (vfio_user_dma_forget(space, un.iova, un.size, end))
		un.size = 0;
	memcpy((u8 *)arg + offsetof(struct uapi_dma_unmap, size), &un.size,
	       sizeof(un.size));
	return 0;
}

int vfio_user_log_ioctl(void *opaque, u32 request, void *arg)
{
	struct vfio_user_space *space = opaque;
	int ret = -ENOTTY;

	pthread_mutex_lock(&space->lock);
	if (!next_log(space, NULL))
		ret = -ENOTTY;
	else if (request == UAPI_IOMMU_GET_INFO)
		ret = get_info(space, arg);
	else if (request == UAPI_IOMMU_DIRTY_PAGES)
		ret = dirty_pages(space, arg);
	else if (request == UAPI_IOMMU_UNMAP_DMA)
		ret = unmap(space, arg);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

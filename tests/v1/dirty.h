/* SPDX-License-Identifier: GPL-2.0-only */
/* The container's requests for dirty pages, as tests of protocol v1 make them. */
#ifndef TESTS_V1_DIRTY_H
#define TESTS_V1_DIRTY_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bench.h"

enum {
	DIRTY_INFO_MAX = 4096,
	DIRTY_INFO_CAPS = 32,
};

/* The migration capability in the description, or -errno. */
static inline int dirty_capability(struct bench *b,
			   struct uapi_iommu_cap_migration *ret_cap)
{
	static u64 room[DIRTY_INFO_MAX / 8];
	struct uapi_iommu_info *info = (void *)room;
	struct uapi_cap_header header;
	u32 at, i;
	int ret;

	info->argsz = DIRTY_INFO_MAX;
	ret = mig_container_ioctl(b->ctx, UAPI_IOMMU_GET_INFO, info);
	if (ret)
		return ret;
	at = info->flags & UAPI_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	for (i = 0; at && at <= DIRTY_INFO_MAX - sizeof(*ret_cap) && i < DIRTY_INFO_CAPS; i++) {
		memcpy(&header, (u8 *)room + at, sizeof(header));
		if (header.id == UAPI_IOMMU_CAP_MIGRATION) {
			memcpy(ret_cap, (u8 *)room + at, sizeof(*ret_cap));
			return 0;
		}
		at = header.next;
	}
	return -ENOENT;
}

/* START or STOP, or what is neither: 0 or -errno. */
static inline int dirty_flags(struct bench *b, u32 flags)
{
	struct uapi_dirty_pages dirty = {
		.argsz = offsetof(struct uapi_dirty_pages, iova),
		.flags = flags,
	};

	return mig_container_ioctl(b->ctx, UAPI_IOMMU_DIRTY_PAGES, &dirty);
}

#endif

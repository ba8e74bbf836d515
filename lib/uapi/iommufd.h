/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What opening a device through its own character device needs: binding it to
 * an iommufd, and an I/O address space (IOAS) there. Linux 6.6 and later.
 */
#ifndef MIGCHECK_UAPI_IOMMUFD_H
#define MIGCHECK_UAPI_IOMMUFD_H

#include "base.h"

/* On a device file. Sizes are those of 6.6; later kernels take them too. */
struct uapi_bind_iommufd {
	u32 argsz;
	u32 flags;
	s32 iommufd;
	u32 out_devid;
};

struct uapi_attach_iommufd_pt {
	u32 argsz;
	u32 flags;
	u32 pt_id;
};

/* On /dev/iommu; every structure begins with its own size. */
enum uapi_iommufd_request {
	UAPI_IOMMUFD_DESTROY = 0x3b80,
	UAPI_IOMMUFD_IOAS_ALLOC = 0x3b81,
	UAPI_IOMMUFD_IOAS_MAP = 0x3b85,
	UAPI_IOMMUFD_IOAS_UNMAP = 0x3b86,
};

struct uapi_iommufd_destroy {
	u32 size;
	u32 id;
};

struct uapi_ioas_alloc {
	u32 size;
	u32 flags;
	u32 out_ioas_id;
};

enum {
	UAPI_IOAS_MAP_FIXED_IOVA = 1 << 0,
	UAPI_IOAS_MAP_WRITEABLE = 1 << 1,
	UAPI_IOAS_MAP_READABLE = 1 << 2,
};

struct uapi_ioas_map {
	u32 size;
	u32 flags;
	u32 ioas_id;
	u32 reserved;
	u64 user_va;
	u64 length;
	u64 iova;
};

struct uapi_ioas_unmap {
	u32 size;
	u32 ioas_id;
	u64 iova;
	u64 length; /* what was unmapped, on return */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfio-user protocol: VFIO calls as messages over a stream socket. Version
 * 0.1 (libvfio-user of 2020-2022, migration region) and 0.2 (DEVICE_FEATURE
 * and MIG_DATA messages) differ in the commands that a server knows.
 *
 * A message is a header and a body, in the byte order of the host. Structures
 * that are the kernel's own are not repeated here: GET_INFO, GET_REGION_INFO,
 * GET_IRQ_INFO and SET_IRQS carry those of base.h, DEVICE_FEATURE the header
 * and the payload of base.h and mig2.h, except where it has user pointers.
 */
#ifndef MIGCHECK_UAPI_VFIO_USER_H
#define MIGCHECK_UAPI_VFIO_USER_H

#include "base.h"

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_GET_INFO = 4,
	VFIO_USER_GET_REGION_INFO = 5,
	VFIO_USER_GET_IRQ_INFO = 7,
	VFIO_USER_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DMA_READ = 11,  /* server to client, like DMA_WRITE */
	VFIO_USER_DMA_WRITE = 12,
	VFIO_USER_RESET = 13,
	VFIO_USER_DIRTY_PAGES = 14, /* migration region only */
	VFIO_USER_FEATURE = 16,	    /* this and the next two: 0.2 only */
	VFIO_USER_MIG_DATA_READ = 17,
	VFIO_USER_MIG_DATA_WRITE = 18,

	/*
	 * Ours, and only after both sides have offered "sessions": data
	 * sessions have numbers, as they have descriptors in a kernel, and
	 * time passes for the device when the client says so.
	 */
	VFIO_USER_SESSION = 0x4d00,
	VFIO_USER_SESSION_IOCTL = 0x4d01,
	VFIO_USER_PASS = 0x4d02,
};

enum {
	VFIO_USER_MAJOR = 0,
	VFIO_USER_MINOR = 2,

	VFIO_USER_TYPE = 0xf,
	VFIO_USER_IS_COMMAND = 0,
	VFIO_USER_IS_REPLY = 1,
	VFIO_USER_NO_REPLY = 1 << 4,
	VFIO_USER_IS_ERROR = 1 << 5,
};

struct vfio_user_header {
	u16 id; /* a reply repeats id and command */
	u16 command;
	u32 size; /* of the message, header included */
	u32 flags;
	u32 error; /* positive errno, with IS_ERROR */
};

/* VERSION: JSON text with its NUL follows, or nothing. */
struct vfio_user_version {
	u16 major;
	u16 minor;
};

/* DMA_MAP, with the memory's descriptor where it can be shared. */
struct vfio_user_dma_map {
	u32 argsz;
	u32 flags; /* UAPI_DMA_MAP_* */
	u64 offset; /* in the descriptor */
	u64 iova;
	u64 size;
};

/* Follows DMA_UNMAP with GET_DIRTY_BITMAP and DIRTY_PAGES; the bits come next. */
struct vfio_user_bitmap {
	u64 pgsize;
	u64 size; /* bytes */
};

/* DMA_UNMAP and its reply. */
struct vfio_user_dma_unmap {
	u32 argsz; /* room for the reply */
	u32 flags;
	u64 iova;
	u64 size;
	struct vfio_user_bitmap bitmap; /* with GET_DIRTY_BITMAP only */
};

enum {
	VFIO_USER_UNMAP_HEAD = 24, /* without the bitmap */
	VFIO_USER_UNMAP_ALL = 1 << 1,
	VFIO_USER_DIRTY_HEAD = 8, /* of START and STOP */
};

/* DIRTY_PAGES and its reply, flags UAPI_DIRTY_*. */
struct vfio_user_dirty_pages {
	u32 argsz;
	u32 flags;
	u64 iova; /* the rest with GET_BITMAP only */
	u64 size;
	struct vfio_user_bitmap bitmap;
};

/* REGION_READ and REGION_WRITE and their replies; the data follow. */
struct vfio_user_region_access {
	u64 offset;
	u32 region;
	u32 count;
};

/* DMA_READ and DMA_WRITE and their replies; the data follow. */
struct vfio_user_dma_access {
	u64 address;
	u64 count;
};

/* MIG_DATA_READ and MIG_DATA_WRITE and the reply of the first; data follow. */
struct vfio_user_mig_data {
	u32 argsz;
	u32 size;
};

/* FEATURE of DMA_LOGGING_START: the ranges follow in place of a pointer. */
struct vfio_user_log_start {
	u64 page_size;
	u32 num_ranges;
	u32 reserved;
};

/* FEATURE of DMA_LOGGING_REPORT: in the reply the bitmap follows. */
struct vfio_user_log_report {
	u64 iova;
	u64 length;
	u64 page_size;
};

/* SESSION: MIG_DATA_READ and _WRITE mean this one from now on, or it is closed. */
enum { VFIO_USER_SESSION_USE, VFIO_USER_SESSION_CLOSE };

struct vfio_user_session {
	s32 data_fd; /* as the reply to SET named it */
	u32 action;
};

/* PASS and its reply, which comes when the device has done what it does in it. */
struct vfio_user_pass {
	u32 ms;
};

/* SESSION_IOCTL and its reply: the argument follows. */
struct vfio_user_session_ioctl {
	s32 data_fd;
	u32 request;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the VFIO device uAPI that both migration generations stand on,
 * under private names: a build host's <linux/vfio.h> may lack the newer half.
 * Layouts and numbers are the kernel's. No dependency but fixed-width types,
 * so that the reference device can use it inside a kernel.
 */
#ifndef MIGCHECK_UAPI_BASE_H
#define MIGCHECK_UAPI_BASE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "../types.h"
#endif

/* ioctl numbers are _IO(';', 100 + n): no size is encoded. */
#define UAPI_IO(n) (0x3b64u + (n))

enum uapi_request {
	UAPI_DEVICE_GET_INFO = UAPI_IO(7),
	UAPI_DEVICE_GET_REGION_INFO = UAPI_IO(8),
	UAPI_DEVICE_GET_IRQ_INFO = UAPI_IO(9),
	UAPI_DEVICE_SET_IRQS = UAPI_IO(10),
	UAPI_DEVICE_RESET = UAPI_IO(11),
	UAPI_DEVICE_FEATURE = UAPI_IO(17),
	UAPI_DEVICE_BIND_IOMMUFD = UAPI_IO(18),
	UAPI_DEVICE_ATTACH_IOMMUFD_PT = UAPI_IO(19),
	UAPI_MIG_GET_PRECOPY_INFO = UAPI_IO(21), /* on a data_fd */
	UAPI_IOMMU_GET_INFO = UAPI_IO(12),	 /* on a container */
	UAPI_IOMMU_MAP_DMA = UAPI_IO(13),
	UAPI_IOMMU_UNMAP_DMA = UAPI_IO(14),
	UAPI_IOMMU_DIRTY_PAGES = UAPI_IO(17),
};

enum {
	UAPI_DEVICE_FLAGS_RESET = 1 << 0,
	UAPI_DEVICE_FLAGS_PCI = 1 << 1,
};

struct uapi_device_info {
	u32 argsz;
	u32 flags;
	u32 num_regions;
	u32 num_irqs;
};

enum {
	UAPI_REGION_READ = 1 << 0,
	UAPI_REGION_WRITE = 1 << 1,
	UAPI_REGION_MMAP = 1 << 2,
	UAPI_REGION_CAPS = 1 << 3,
};

/* Fixed region indexes of a PCI device; device regions follow. */
enum {
	UAPI_PCI_BAR0 = 0,
	UAPI_PCI_CONFIG = 7,
	UAPI_PCI_NUM_REGIONS = 9,
};

struct uapi_region_info {
	u32 argsz;
	u32 flags;
	u32 index;
	u32 cap_offset;
	u64 size;
	u64 offset; /* in the device file */
};

enum {
	UAPI_CAP_SPARSE_MMAP = 1,
	UAPI_CAP_TYPE = 2,
};

struct uapi_cap_header {
	u16 id;
	u16 version;
	u32 next; /* from the start of the info structure, 0 = last */
};

struct uapi_cap_type {
	struct uapi_cap_header header;
	u32 type;
	u32 subtype;
};

struct uapi_area {
	u64 offset; /* in the region */
	u64 size;
};

struct uapi_cap_sparse {
	struct uapi_cap_header header;
	u32 nr_areas;
	u32 reserved;
	struct uapi_area areas[];
};

enum {
	UAPI_PCI_INTX = 0,
	UAPI_PCI_MSI = 1,
	UAPI_PCI_MSIX = 2,
	UAPI_PCI_NUM_IRQS = 5,
};

struct uapi_irq_info {
	u32 argsz;
	u32 flags;
	u32 index;
	u32 count;
};

enum {
	UAPI_IRQ_INFO_EVENTFD = 1 << 0,
	UAPI_IRQ_DATA_NONE = 1 << 0,
	UAPI_IRQ_DATA_BOOL = 1 << 1,
	UAPI_IRQ_DATA_EVENTFD = 1 << 2,
	UAPI_IRQ_ACTION_MASK = 1 << 3,
	UAPI_IRQ_ACTION_UNMASK = 1 << 4,
	UAPI_IRQ_ACTION_TRIGGER = 1 << 5,
};

struct uapi_irq_set {
	u32 argsz;
	u32 flags;
	u32 index;
	u32 start;
	u32 count;
	u8 data[];
};

/* VFIO_DEVICE_FEATURE: this header, then the payload at an 8-byte boundary. */
struct uapi_feature {
	u32 argsz; /* header and payload */
	u32 flags; /* index and method bits */
};

enum {
	UAPI_FEATURE_INDEX = 0xffff,
	UAPI_FEATURE_GET = 1 << 16,
	UAPI_FEATURE_SET = 1 << 17,
	UAPI_FEATURE_PROBE = 1 << 18,
};

/* Container ioctls of type1, as far as dirty tracking and mapping need them. */
enum {
	UAPI_DMA_MAP_READ = 1 << 0,
	UAPI_DMA_MAP_WRITE = 1 << 1,
	UAPI_DMA_UNMAP_GET_DIRTY_BITMAP = 1 << 0,
	UAPI_IOMMU_INFO_PGSIZES = 1 << 0,
	UAPI_IOMMU_INFO_CAPS = 1 << 1,
	UAPI_IOMMU_CAP_MIGRATION = 2,
	UAPI_DIRTY_START = 1 << 0,
	UAPI_DIRTY_STOP = 1 << 1,
	UAPI_DIRTY_GET_BITMAP = 1 << 2,
};

struct uapi_iommu_info {
	u32 argsz;
	u32 flags;
	u64 iova_pgsizes;
	u32 cap_offset;
	u32 pad;
};

struct uapi_iommu_cap_migration {
	struct uapi_cap_header header;
	u32 flags;
	u32 pad;
	u64 pgsize_bitmap;
	u64 max_dirty_bitmap_size;
};

struct uapi_dma_map {
	u32 argsz;
	u32 flags;
	u64 vaddr;
	u64 iova;
	u64 size;
};

struct uapi_bitmap {
	u64 pgsize;
	u64 size; /* bytes */
	u64 data; /* user pointer */
};

struct uapi_dma_unmap {
	u32 argsz;
	u32 flags;
	u64 iova;
	u64 size;
	struct uapi_bitmap bitmap; /* with GET_DIRTY_BITMAP only */
};

struct uapi_dirty_pages {
	u32 argsz;
	u32 flags;
	u64 iova; /* the rest with GET_BITMAP only */
	u64 size;
	struct uapi_bitmap bitmap;
};

#endif

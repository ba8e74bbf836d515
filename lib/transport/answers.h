/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers of carriers that have no kernel behind them, where all of them say
 * what the kernel says: of calls that a file does not have, and of the
 * container (VFIO type1).
 */
#ifndef MIGCHECK_TRANSPORT_ANSWERS_H
#define MIGCHECK_TRANSPORT_ANSWERS_H

#include "../mig.h"

/* A device file has no stream: -EINVAL. */
ssize_t answers_no_read(struct mig_file *file, void *buf, size_t len);
ssize_t answers_no_write(struct mig_file *file, const void *buf, size_t len);

/* A data session has no positions, -ESPIPE, and no pages, -ENODEV. */
ssize_t answers_no_pread(struct mig_file *file, void *buf, size_t len,
			 u64 offset);
ssize_t answers_no_pwrite(struct mig_file *file, const void *buf, size_t len,
			  u64 offset);
int answers_no_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
		    void **ret_addr);

/* What VFIO_IOMMU_GET_INFO may tell. */
struct answers_iommu {
	u64 pgsizes; /* that can be logged; mapped are pages of 4 KiB */
	u64 bitmap_max; /* bytes */
	bool no_log;	/* says nothing of dirty pages */
};

/* 0, or -EINVAL where argsz in @arg does not reach iova_pgsizes. */
int answers_iommu_info(const struct answers_iommu *iommu, void *arg);

#endif

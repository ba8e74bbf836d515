// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "answers.h"

enum { PAGE = 4096 };

ssize_t answers_no_read(struct mig_file *file, void *buf, size_t len)
{
	(void)file, (void)buf, (void)len;
	return -EINVAL;
}

ssize_t answers_no_write(struct mig_file *file, const void *buf, size_t len)
{
	(void)file, (void)buf, (void)len;
	return -EINVAL;
}

ssize_t answers_no_pread(struct mig_file *file, void *buf, size_t len,
			 u64 offset)
{
	(void)file, (void)buf, (void)len, (void)offset;
	return -ESPIPE;
}

ssize_t answers_no_pwrite(struct mig_file *file, const void *buf, size_t len,
			  u64 offset)
{
	(void)file, (void)buf, (void)len, (void)offset;
	return -ESPIPE;
}

int answers_no_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
		    void **ret_addr)
{
	(void)file, (void)len, (void)prot, (void)offset, (void)ret_addr;
	return -ENODEV;
}

int answers_iommu_info(const struct answers_iommu *iommu, void *arg)
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
			    .pgsize_bitmap = iommu->pgsizes,
			    .max_dirty_bitmap_size = iommu->bitmap_max } };
	u32 argsz;

	memcpy(&argsz, arg, sizeof(argsz));
	if (argsz < offsetof(struct uapi_iommu_info, cap_offset))
		return -EINVAL;
	if (iommu->no_log)
		info.head.flags &= ~(u32)UAPI_IOMMU_INFO_CAPS;
	else if (argsz >= sizeof(info))
		info.head.cap_offset = sizeof(info.head);
	memcpy(arg, &info, argsz < sizeof(info) ? argsz : sizeof(info));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Finding the migration region, and holding its description to stay. */
#include <stdlib.h>
#include <string.h>

#include "judge_v1_internal.h"

enum { REGIONS_MAX = 1024, INFO_MAX = 65536, LINKS_MAX = 64 };

/* Does the chain in @info have a type capability that says migration? */
static bool is_migration(const u8 *info, size_t len, u32 at)
{
	struct uapi_cap_type cap;
	unsigned int links;

	for (links = 0; at && links < LINKS_MAX; links++) {
		if (at > len || len - at < sizeof(cap.header))
			return false;
		memcpy(&cap.header, info + at, sizeof(cap.header));
		if (cap.header.id == UAPI_CAP_TYPE && len - at >= sizeof(cap)) {
			memcpy(&cap, info + at, sizeof(cap));
			return cap.type == MIG1_REGION_TYPE &&
			       cap.subtype == MIG1_REGION_SUBTYPE;
		}
		at = cap.header.next;
	}
	return false;
}

static bool ask(struct mig_dev *dev, u32 index, struct uapi_region_info *ret_info)
{
	struct uapi_region_info info = { .argsz = sizeof(info), .index = index };
	bool found = false;
	u8 *full;

	if (judge_ioctl(dev, UAPI_DEVICE_GET_REGION_INFO, &info) < 0 ||
	    info.argsz <= sizeof(info) || info.argsz > INFO_MAX)
		return false;
	full = calloc(1, info.argsz);
	if (!full)
		return false;
	memcpy(full, &info, sizeof(info));
	if (judge_ioctl(dev, UAPI_DEVICE_GET_REGION_INFO, full) >= 0) {
		memcpy(ret_info, full, sizeof(*ret_info));
		found = is_migration(full, info.argsz, ret_info->cap_offset);
	}
	free(full);
	return found;
}

bool judge_v1_find_region(struct judge_v1_model *m, struct mig_dev *dev)
{
	struct uapi_device_info device = { .argsz = sizeof(device) };
	u32 i;

	if (judge_ioctl(dev, UAPI_DEVICE_GET_INFO, &device) < 0)
		return false;
	for (i = 0; i < device.num_regions && i < REGIONS_MAX; i++)
		if (ask(dev, i, &m->region))
			return true;
	return false;
}

static void hold_info(struct judge *judge, struct judge_v1_model *m,
		      const struct uapi_region_info *info)
{
	judge_hold(judge, V1_REGION_INFO_IS_STABLE,
		   info->size == m->region.size &&
		   info->offset == m->region.offset &&
		   info->flags == m->region.flags,
		   "the description given first",
		   "flags 0x%x, size 0x%llx, offset 0x%llx; were 0x%x, 0x%llx, 0x%llx",
		   info->flags, (unsigned long long)info->size,
		   (unsigned long long)info->offset, m->region.flags,
		   (unsigned long long)m->region.size,
		   (unsigned long long)m->region.offset);
}

void judge_v1_look_at_info(struct judge *judge, struct judge_v1_model *m,
			 struct mig_dev *dev)
{
	struct uapi_region_info info = {
		.argsz = sizeof(info), .index = m->region.index,
	};

	if (!judge->passive &&
	    judge_ioctl(dev, UAPI_DEVICE_GET_REGION_INFO, &info) >= 0)
		hold_info(judge, m, &info);
}

void judge_v1_region_info(struct judge *judge, struct judge_v1_model *m,
			  const struct mig_call *call)
{
	struct uapi_region_info info;

	if (call->ret < 0 || call->blind || call->out_len < sizeof(info))
		return;
	memcpy(&info, call->out, sizeof(info));
	if (info.index != m->region.index)
		return;
	hold_info(judge, m, &info);
	if (!info.cap_offset)
		return;
	/* With all of its capabilities: the mappable areas must stay, too. */
	if (m->info_len == call->out_len)
		judge_hold(judge, V1_REGION_INFO_IS_STABLE,
			   !memcmp(m->info, call->out, m->info_len),
			   "the description given first",
			   "the capabilities of the region have changed");
	m->info_len = call->out_len;
	memcpy(m->info, call->out, call->out_len);
}

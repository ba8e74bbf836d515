// SPDX-License-Identifier: GPL-2.0-only
/* What VMMs do with the describing ioctls, over the plain calls of mig.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mig.h"
#include "uapi/mig1.h"

enum {
	REGION_INFO_MAX = 65536,
	REGION_INFO_ROOM = 1024,
	FEATURE_MAX = 4096,
	REGIONS_MAX = 1024,
};

int mig_device_info(struct mig_dev *dev, struct uapi_device_info *ret_info)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	int ret = mig_ioctl(&dev->file, UAPI_DEVICE_GET_INFO, &info);

	if (ret < 0)
		return ret;
	*ret_info = info;
	return 0;
}

int mig_reset(struct mig_dev *dev)
{
	int ret = mig_ioctl(&dev->file, UAPI_DEVICE_RESET, NULL);

	return ret < 0 ? ret : 0;
}

static void read_type(const u8 *cap, size_t len, struct mig_region *region)
{
	struct uapi_cap_type type;

	if (len < sizeof(type))
		return;
	memcpy(&type, cap, sizeof(type));
	region->has_type = true;
	region->type = type.type;
	region->subtype = type.subtype;
}

static void read_sparse(const u8 *cap, size_t len, struct mig_region *region)
{
	struct uapi_cap_sparse sparse;
	u32 i;

	if (len < sizeof(sparse))
		return;
	memcpy(&sparse, cap, sizeof(sparse));
	region->has_sparse = true;
	cap += sizeof(sparse);
	len -= sizeof(sparse);
	for (i = 0; i < sparse.nr_areas && i < MIG_AREAS; i++) {
		if ((i + 1) * sizeof(struct uapi_area) > len)
			return;
		memcpy(&region->areas[i], cap + i * sizeof(struct uapi_area),
		       sizeof(struct uapi_area));
		region->nr_areas = i + 1;
	}
}

/* Bounded by the structure and by its own length: a chain may have loops. */
static int read_chain(const u8 *info, size_t len, u32 at,
		      struct mig_region *region)
{
	struct uapi_cap_header cap;
	unsigned int links;

	for (links = 0; at; links++) {
		if (links > 64 || at > len || len - at < sizeof(cap))
			return -EPROTO;
		memcpy(&cap, info + at, sizeof(cap));
		if (cap.id == UAPI_CAP_TYPE)
			read_type(info + at, len - at, region);
		else if (cap.id == UAPI_CAP_SPARSE_MMAP)
			read_sparse(info + at, len - at, region);
		else if (cap.id == MIG1_REGION_CAP_NDMA)
			region->has_ndma = true;
		at = cap.next;
	}
	return 0;
}

int mig_region_info(struct mig_dev *dev, u32 index, struct mig_region *ret_region)
{
	struct uapi_region_info info = { .argsz = sizeof(info), .index = index };
	struct mig_region region = { .index = index };
	u8 *whole = NULL;
	int ret;

	ret = mig_ioctl(&dev->file, UAPI_DEVICE_GET_REGION_INFO, &info);
	/* It should have told the size instead, but that is for others to say. */
	if (ret < 0)
		info.argsz = REGION_INFO_ROOM;
	if (info.argsz > sizeof(info) && info.argsz <= REGION_INFO_MAX) {
		size_t len = info.argsz;

		whole = calloc(1, len);
		if (!whole)
			return -ENOMEM;
		memcpy(whole, &(struct uapi_region_info){ .argsz = (u32)len,
							  .index = index },
		       sizeof(info));
		ret = mig_ioctl(&dev->file, UAPI_DEVICE_GET_REGION_INFO, whole);
		if (ret < 0)
			goto out;
		memcpy(&info, whole, sizeof(info));
		if (info.flags & UAPI_REGION_CAPS)
			ret = read_chain(whole, len, info.cap_offset, &region);
	}
	region.flags = info.flags;
	region.size = info.size;
	region.offset = info.offset;
	if (ret >= 0) {
		*ret_region = region;
		ret = 0;
	}
out:
	free(whole);
	return ret;
}

int mig_find_region(struct mig_dev *dev, u32 type, u32 subtype,
		    struct mig_region *ret_region, u32 *ret_count)
{
	struct uapi_device_info info;
	struct mig_region region;
	u32 i, count = 0;
	int ret;

	ret = mig_device_info(dev, &info);
	if (ret)
		return ret;
	for (i = 0; i < info.num_regions && i < REGIONS_MAX; i++) {
		if (mig_region_info(dev, i, &region) || !region.has_type ||
		    region.type != type || region.subtype != subtype)
			continue;
		if (!count++)
			*ret_region = region;
	}
	if (ret_count)
		*ret_count = count;
	return count ? 0 : -ENOENT;
}

int mig_feature(struct mig_dev *dev, u32 flags, void *payload, size_t len)
{
	union {
		struct uapi_feature head;
		u8 bytes[sizeof(struct uapi_feature) + FEATURE_MAX];
	} buf = { .head = { .argsz = (u32)(sizeof(struct uapi_feature) + len),
			    .flags = flags } };
	int ret;

	if (len > FEATURE_MAX)
		return -EINVAL;
	if (len)
		memcpy(buf.bytes + sizeof(buf.head), payload, len);
	ret = mig_ioctl(&dev->file, UAPI_DEVICE_FEATURE, &buf);
	if (len)
		memcpy(payload, buf.bytes + sizeof(buf.head), len);
	return ret < 0 ? ret : 0;
}

int mig_irq(struct mig_dev *dev, u32 index, u32 vector, int eventfd)
{
	const struct uapi_irq_set head = {
		.argsz = sizeof(head) + sizeof(s32),
		.flags = UAPI_IRQ_DATA_EVENTFD | UAPI_IRQ_ACTION_TRIGGER,
		.index = index,
		.start = vector,
		.count = 1,
	};
	const s32 fd = eventfd;
	u8 set[sizeof(head) + sizeof(fd)] __attribute__((aligned(4)));
	int ret;

	memcpy(set, &head, sizeof(head));
	memcpy(set + sizeof(head), &fd, sizeof(fd));
	ret = mig_ioctl(&dev->file, UAPI_DEVICE_SET_IRQS, set);
	return ret < 0 ? ret : 0;
}

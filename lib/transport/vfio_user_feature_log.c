// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features whose payloads have a user pointer: what it points to travels in
 * its place, and argsz counts that.
 */
#include <errno.h>
#include <string.h>

#include "../uapi/mig2.h"
#include "vfio_user_feature.h"

enum {
	RANGES_MAX = 4096, /* more are refused without a look */
	BITMAP_MAX = VFIO_USER_WIRE_DATA / 2, /* and so are larger ones */
};

static size_t at_most(size_t len, size_t max)
{
	return len < max ? len : max;
}

/*
 * argsz for a payload that takes @ours bytes in the message and @theirs in the
 * kernel's structure: as much too long or as surely too short.
 */
static u32 translate(const struct vfio_user_ask *ask, size_t ours, size_t theirs)
{
	u64 argsz = ask->head.argsz;

	if (argsz < VFIO_USER_ASK_HEAD + theirs)
		return (u32)at_most(argsz, VFIO_USER_ASK_HEAD + ours - 1);
	argsz += ours - theirs;
	return argsz > UINT32_MAX ? UINT32_MAX : (u32)argsz;
}

static void put_argsz(struct vfio_user_ask *ask, u32 argsz)
{
	memcpy(ask->body, &argsz, sizeof(argsz));
}

int vfio_user_feature_start_pack(struct vfio_user_ask *ask)
{
	struct mig2_log_start start = { 0 };
	struct vfio_user_log_start wire;
	size_t ranges;

	memcpy(&start, ask->payload, at_most(ask->covered, sizeof(start)));
	wire = (struct vfio_user_log_start){ start.page_size, start.num_ranges,
					     start.reserved };
	ranges = start.num_ranges > RANGES_MAX ?
			 0 : start.num_ranges * sizeof(struct mig2_log_range);
	if (ranges && ask->covered >= sizeof(start) && !start.ranges)
		return -EFAULT;
	put_argsz(ask, translate(ask, sizeof(wire) + ranges, sizeof(start)));
	vfio_user_ask_put(ask, &wire, at_most(ask->covered, sizeof(wire)));
	if (ask->covered >= sizeof(start))
		vfio_user_ask_put(ask, (void *)(uintptr_t)start.ranges, ranges);
	return 0;
}

/* What is in use comes back in the place of what was asked for. */
int vfio_user_feature_start_unpack(struct vfio_user_ask *ask, const u8 *payload,
				   size_t len, int ret)
{
	if (!ret)
		memcpy(ask->payload, payload,
		       at_most(at_most(len, sizeof(u64)), ask->covered));
	return ret;
}

/* Bytes of bitmap, 0 where the request makes no sense or is too large. */
static size_t report_bits(const struct mig2_log_report *report)
{
	u64 pages;

	if (!report->page_size || !report->length)
		return 0;
	pages = (report->length - 1) / report->page_size + 1;
	return pages > BITMAP_MAX * 8ull ? 0 : (pages + 63) / 64 * 8;
}

int vfio_user_feature_report_pack(struct vfio_user_ask *ask)
{
	struct mig2_log_report report = { 0 };
	size_t bits;

	memcpy(&report, ask->payload, at_most(ask->covered, sizeof(report)));
	bits = report_bits(&report);
	if (ask->covered >= sizeof(report) && bits && !report.bitmap)
		return -EFAULT;
	put_argsz(ask, translate(ask, sizeof(struct vfio_user_log_report) + bits,
				 sizeof(report)));
	vfio_user_ask_put(ask, &report, at_most(ask->covered,
				  sizeof(struct vfio_user_log_report)));
	if (ask->end->named && ask->covered >= sizeof(report))
		vfio_user_ask_put(ask, (void *)(uintptr_t)report.bitmap, bits);
	return 0;
}

/* A kernel only sets bits; a server that was sent the bitmap has done so. */
int vfio_user_feature_report_unpack(struct vfio_user_ask *ask, const u8 *payload,
				    size_t len, int ret)
{
	const size_t head = sizeof(struct vfio_user_log_report);
	struct mig2_log_report report;
	size_t bits, i;
	u8 *bitmap;

	if (ret || ask->covered < sizeof(report))
		return ret;
	memcpy(&report, ask->payload, sizeof(report));
	bits = report_bits(&report);
	if (len < head + bits)
		return -EPROTO;
	bitmap = (u8 *)(uintptr_t)report.bitmap;
	for (i = 0; i < bits; i++)
		bitmap[i] = payload[head + i] | (ask->end->named ? 0 : bitmap[i]);
	return 0;
}

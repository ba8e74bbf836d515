// SPDX-License-Identifier: GPL-2.0-only
#include "bench_needs.h"

static bool probe(struct bench *b, u32 feature)
{
	return !mig_feature(b->dev, feature | UAPI_FEATURE_PROBE, NULL, 0);
}

static bool has_mmap(struct bench *b)
{
	const struct mig_region *r = &b->v1.region;

	return b->generation == 1 && (r->flags & UAPI_REGION_MMAP) &&
	       (!r->has_sparse || r->nr_areas);
}

static bool has_p2p(struct bench *b)
{
	return b->v2.caps & MIG2_CAP_P2P;
}

static bool has_pre_copy(struct bench *b)
{
	return b->v2.caps & MIG2_CAP_PRE_COPY;
}

static bool has_logging(struct bench *b)
{
	return b->generation == 1 ?
		       b->dev->caps & MIG_CAP_CONTAINER_LOG :
		       probe(b, MIG2_FEATURE_LOG_START);
}

static bool has_data_size(struct bench *b)
{
	return probe(b, MIG2_FEATURE_DATA_SIZE);
}

static bool has_info2(struct bench *b)
{
	return probe(b, MIG2_FEATURE_PRECOPY_INFO2);
}

static bool has_stimulus(struct bench *b)
{
	return b->stim && b->stim->ops->mark;
}

static bool has_activity(struct bench *b)
{
	return b->stim && b->stim->ops->activity_start;
}

static bool has_dma(struct bench *b)
{
	return has_activity(b) && (b->dev->caps & MIG_CAP_DMA);
}

static bool has_config_space(struct bench *b)
{
	struct mig_region region;

	return !mig_region_info(b->dev, UAPI_PCI_CONFIG, &region) &&
	       region.size;
}

static bool has_second(struct bench *b)
{
	return b->other;
}

static bool meets_peers(struct mig_dev *dev, struct stimulus *st)
{
	struct stimulus_window window;
	u64 iova;

	return st && st->ops->dma_submit && st->ops->dma_write &&
	       !stimulus_window(st, &window) &&
	       !mig_peer_iova(dev, window.region, &iova);
}

static bool has_peer(struct bench *b)
{
	return b->other && meets_peers(b->dev, b->stim) &&
	       meets_peers(b->other, b->other_stim);
}

static const struct {
	u32 need;
	bool (*met)(struct bench *b); /* NULL: the carrier has @cap */
	const char *reason;
	u32 cap;
} need_table[] = {
	{ NEED_MMAP, has_mmap, "not offered: the data section cannot be mapped" },
	{ NEED_P2P, has_p2p, "not offered: the P2P states" },
	{ NEED_PRE_COPY, has_pre_copy, "not offered: the pre-copy states" },
	{ NEED_LOGGING, has_logging, "not offered: dirty logging" },
	{ NEED_DATA_SIZE, has_data_size, "not offered: MIG_DATA_SIZE" },
	{ NEED_INFO2, has_info2, "not offered: MIG_PRECOPY_INFOv2" },
	{ NEED_STIMULUS, has_stimulus,
	  "skip: no stimulus knows this kind of device" },
	{ NEED_DMA, has_dma, "skip: nothing can make this device do DMA" },
	{ NEED_IRQ, has_activity,
	  "skip: nothing can make this device interrupt" },
	{ NEED_SECOND, has_second, "skip: needs a second device: name two URIs" },
	{ NEED_PEER, has_peer,
	  "skip: no second device that is known to write to this one" },
	{ NEED_CDEV, NULL, "skip: not opened through its own cdev",
	  MIG_CAP_CDEV },
	{ NEED_BAD_POINTERS, NULL,
	  "skip: this carrier does not see user pointers",
	  MIG_CAP_BAD_POINTERS },
	{ NEED_POLL, NULL, "skip: this carrier has no poll",
	  MIG_CAP_POLL },
	{ NEED_DESCRIPTORS, NULL,
	  "skip: sessions are no file descriptors on this carrier",
	  MIG_CAP_DESCRIPTORS },
	{ NEED_FAULTS, NULL,
	  "not offered: failures on demand, which a kernel for tests has",
	  MIG_CAP_FAULTS },
	{ NEED_CONFIG_SPACE, has_config_space,
	  "not offered: no PCI config region" },
};

static bool is_met(size_t row, struct bench *b)
{
	return need_table[row].met ? need_table[row].met(b) :
				     !!(b->dev->caps & need_table[row].cap);
}

const char *bench_unmet(struct bench *b, u32 needs, bench_second_fn *second)
{
	size_t i;

	if (needs & (NEED_SECOND | NEED_PEER) && !b->other)
		second(b);
	for (i = 0; i < ARRAY_SIZE(need_table); i++)
		if ((needs & need_table[i].need) && !is_met(i, b))
			return need_table[i].reason;
	return NULL;
}

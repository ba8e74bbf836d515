// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "refdev.h"

enum {
	REFDEV_PATIENCE_MS = 256, /* longest single wait for work, see below */
	REFDEV_JOB_STEPS = 16,	  /* of work that takes a while */
};

static u8 *refdev_page(struct stimulus *st, enum refdev_page page)
{
	struct refdev_stimulus *rs = st->priv;

	return rs->memory + page * REFDEV_PAGE;
}

static u64 refdev_iova(struct stimulus *st, enum refdev_page page)
{
	struct refdev_stimulus *rs = st->priv;

	return rs->iova + page * REFDEV_PAGE;
}

/* Maps the memory on first use; -EOPNOTSUPP where the carrier has no DMA. */
static int refdev_map_memory(struct stimulus *st)
{
	struct refdev_stimulus *rs = st->priv;
	size_t len = REFDEV_PAGES * REFDEV_PAGE;
	void *memory;
	u64 iova;
	int ret;

	if (rs->memory)
		return 0;
	if (!(st->dev->caps & MIG_CAP_DMA))
		return -EOPNOTSUPP;
	memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	iova = STIMULUS_IOVA + st->dev->index * STIMULUS_IOVA_SIZE;
	ret = mig_dma_map(st->dev->ctx, iova, memory, len);
	if (ret)
		goto err_unmap;
	rs->ctx = st->dev->ctx;
	rs->memory = memory;
	rs->iova = iova;
	return 0;

err_unmap:
	munmap(memory, len);
	return ret;
}

static int refdev_put64(struct stimulus *st, u32 reg, u64 value)
{
	int ret;

	ret = refdev_put(st, reg, (u32)value);
	return ret ? ret : refdev_put(st, reg + 4, (u32)(value >> 32));
}

static int refdev_order(struct stimulus *st, u64 dst, u64 src, u32 len,
			u32 steps)
{
	int ret;

	ret = refdev_put64(st, REFDEV_REG_WORK_SRC, src);
	if (!ret)
		ret = refdev_put64(st, REFDEV_REG_WORK_DST, dst);
	if (!ret)
		ret = refdev_put(st, REFDEV_REG_WORK_LEN, len);
	return ret ? ret : refdev_put(st, REFDEV_REG_DOORBELL, steps);
}

/* Waits twice as long each time, for about half a second in all. */
static int refdev_await(struct stimulus *st, u32 done_before)
{
	u32 done, queued, ms;
	int ret;

	for (ms = 1; ms <= REFDEV_PATIENCE_MS; ms *= 2) {
		mig_idle(st->dev, ms);
		ret = refdev_get(st, REFDEV_REG_WORK_DONE, &done);
		if (!ret)
			ret = refdev_get(st, REFDEV_REG_WORK_QUEUED, &queued);
		if (ret)
			return ret;
		if (done != done_before && !queued)
			return 0;
	}
	return -ETIMEDOUT;
}

static int refdev_copy(struct stimulus *st, u64 dst, u64 src, u32 len)
{
	u32 done;
	int ret;

	ret = refdev_get(st, REFDEV_REG_WORK_DONE, &done);
	if (!ret)
		ret = refdev_order(st, dst, src, len, 1);
	return ret ? ret : refdev_await(st, done);
}

int refdev_dma_write(struct stimulus *st, u64 iova, u32 len, u64 seed)
{
	int ret;

	if (len > REFDEV_WORK_MAX)
		return -EINVAL;
	ret = refdev_map_memory(st);
	if (ret)
		return ret;
	stimulus_fill(refdev_page(st, REFDEV_PAGE_WORK_SRC), len, seed, 0);
	return refdev_copy(st, iova, refdev_iova(st, REFDEV_PAGE_WORK_SRC),
			   len);
}

/* Two pages take turns, so that two orders can be under way. */
int refdev_dma_submit(struct stimulus *st, u64 iova, u32 len, u64 seed)
{
	struct refdev_stimulus *rs = st->priv;
	enum refdev_page page = rs->submits++ % 2 ? REFDEV_PAGE_JOB_SRC :
						    REFDEV_PAGE_WORK_SRC;
	int ret;

	if (len > REFDEV_WORK_MAX)
		return -EINVAL;
	ret = refdev_map_memory(st);
	if (ret)
		return ret;
	stimulus_fill(refdev_page(st, page), len, seed, 0);
	return refdev_order(st, iova, refdev_iova(st, page), len,
			    REFDEV_JOB_STEPS);
}

/* Without DMA the heart is the only thing that works by itself. */
static int refdev_work_heart(struct stimulus *st)
{
	u32 control, before, after;
	int ret;

	ret = refdev_get(st, REFDEV_REG_CONTROL, &control);
	if (!ret)
		ret = refdev_get(st, REFDEV_REG_BEATS, &before);
	if (!ret)
		ret = refdev_put(st, REFDEV_REG_CONTROL, REFDEV_CONTROL_HEART);
	if (ret)
		return ret;
	mig_idle(st->dev, REFDEV_PATIENCE_MS);
	ret = refdev_get(st, REFDEV_REG_BEATS, &after);
	if (!ret)
		ret = refdev_put(st, REFDEV_REG_CONTROL, control);
	if (ret)
		return ret;
	return after != before ? 0 : -ETIMEDOUT;
}

int refdev_work(struct stimulus *st)
{
	u8 *src, *dst;
	u32 done;
	int ret;

	ret = refdev_map_memory(st);
	if (ret == -EOPNOTSUPP)
		return refdev_work_heart(st);
	if (ret)
		return ret;
	/* Another pattern each time: what an earlier copy left is no proof. */
	ret = refdev_get(st, REFDEV_REG_WORK_DONE, &done);
	if (ret)
		return ret;
	src = refdev_page(st, REFDEV_PAGE_WORK_SRC);
	dst = refdev_page(st, REFDEV_PAGE_WORK_DST);
	memset(dst, 0, REFDEV_PAGE);
	ret = refdev_dma_write(st, refdev_iova(st, REFDEV_PAGE_WORK_DST),
			       REFDEV_PAGE, done);
	if (ret)
		return ret;
	return memcmp(src, dst, REFDEV_PAGE) ? -EIO : 0;
}

static u32 *refdev_heart(struct stimulus *st)
{
	return (u32 *)refdev_page(st, REFDEV_PAGE_HEART);
}

int refdev_activity_start(struct stimulus *st)
{
	struct refdev_stimulus *rs = st->priv;
	u32 control = REFDEV_CONTROL_HEART;
	int ret = 0;

	if (!refdev_map_memory(st)) {
		control |= REFDEV_CONTROL_HEART_DMA;
		__atomic_store_n(refdev_heart(st), REFDEV_NO_BEAT,
				 __ATOMIC_SEQ_CST);
		ret = refdev_put64(st, REFDEV_REG_HEART_IOVA,
				   refdev_iova(st, REFDEV_PAGE_HEART));
	}
	if (!ret)
		ret = refdev_get(st, REFDEV_REG_BEATS, &rs->beat);
	if (ret)
		return ret;
	if (!stimulus_route(st, UAPI_PCI_MSI))
		control |= REFDEV_CONTROL_IRQ;
	if (control == REFDEV_CONTROL_HEART)
		return -EOPNOTSUPP;
	return refdev_put(st, REFDEV_REG_CONTROL, control);
}

/* The end of an order raises one. */
int refdev_interrupt(struct stimulus *st)
{
	u32 control;
	int ret;

	ret = refdev_map_memory(st);
	if (!ret)
		ret = stimulus_route(st, UAPI_PCI_MSI);
	if (!ret)
		ret = refdev_get(st, REFDEV_REG_CONTROL, &control);
	if (!ret)
		ret = refdev_put(st, REFDEV_REG_CONTROL,
				 control | REFDEV_CONTROL_IRQ);
	return ret ? ret :
		     refdev_copy(st, refdev_iova(st, REFDEV_PAGE_WORK_DST),
				 refdev_iova(st, REFDEV_PAGE_WORK_SRC),
				 sizeof(u32));
}

int refdev_activity_stop(struct stimulus *st)
{
	int ret;

	ret = refdev_put(st, REFDEV_REG_CONTROL, 0);
	stimulus_unroute(st);
	return ret;
}

static void refdev_count_beats(struct stimulus *st)
{
	struct refdev_stimulus *rs = st->priv;
	u32 beat;

	/* The word is taken out: even a beat that is written again shows. */
	beat = __atomic_exchange_n(refdev_heart(st), REFDEV_NO_BEAT,
				   __ATOMIC_SEQ_CST);
	if (beat == REFDEV_NO_BEAT)
		return;
	rs->dma += beat > rs->beat ? beat - rs->beat : 1;
	rs->beat = beat;
}

int refdev_activity_seen(struct stimulus *st, u64 *ret_dma, u64 *ret_irq)
{
	struct refdev_stimulus *rs = st->priv;

	if (rs->memory)
		refdev_count_beats(st);
	*ret_dma = rs->dma;
	*ret_irq = stimulus_irqs(st);
	return 0;
}

int refdev_submit(struct stimulus *st, u64 seed)
{
	int ret;

	ret = refdev_map_memory(st);
	if (ret)
		return ret;
	stimulus_fill(refdev_page(st, REFDEV_PAGE_JOB_SRC), REFDEV_PAGE, seed, 0);
	memset(refdev_page(st, REFDEV_PAGE_JOB_DST), 0, REFDEV_PAGE);
	return refdev_order(st, refdev_iova(st, REFDEV_PAGE_JOB_DST),
			    refdev_iova(st, REFDEV_PAGE_JOB_SRC), REFDEV_PAGE,
			    REFDEV_JOB_STEPS);
}

int refdev_finished(struct stimulus *st, u64 seed)
{
	static const u8 untouched[REFDEV_PAGE];
	struct refdev_stimulus *rs = st->priv;
	u8 expected[REFDEV_PAGE];
	const u8 *dst;

	if (!rs->memory)
		return -EOPNOTSUPP;
	dst = refdev_page(st, REFDEV_PAGE_JOB_DST);
	stimulus_fill(expected, sizeof(expected), seed, 0);
	if (!memcmp(dst, expected, sizeof(expected)))
		return 0;
	return memcmp(dst, untouched, sizeof(untouched)) ? -EIO : -EAGAIN;
}

void refdev_dma_release(struct stimulus *st)
{
	struct refdev_stimulus *rs = st->priv;

	if (!rs->memory)
		return;
	mig_dma_unmap(rs->ctx, rs->iova, REFDEV_PAGES * REFDEV_PAGE);
	munmap(rs->memory, REFDEV_PAGES * REFDEV_PAGE);
}

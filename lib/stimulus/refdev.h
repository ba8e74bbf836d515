/* SPDX-License-Identifier: GPL-2.0-only */
/* The stimulus of the reference device: contents here, refdev_dma.c acts. */
#ifndef MIGCHECK_STIMULUS_REFDEV_H
#define MIGCHECK_STIMULUS_REFDEV_H

#include "../../fixtures/refdev/refdev.h"
#include "stimulus.h"

/* Pages of the memory that the device reads and writes by DMA. */
enum refdev_page {
	REFDEV_PAGE_HEART,
	REFDEV_PAGE_WORK_SRC,
	REFDEV_PAGE_WORK_DST,
	REFDEV_PAGE_JOB_SRC,
	REFDEV_PAGE_JOB_DST,
	REFDEV_PAGES
};

/* In the heart's word where no beat was written since we looked. */
#define REFDEV_NO_BEAT 0xffffffffu

struct refdev_stimulus {
	struct mig_context *ctx; /* of the mapping: outlives the device */
	u64 bar0, bar2;		 /* in the device file */
	u8 *memory;		 /* REFDEV_PAGES pages, NULL until needed */
	u64 iova;		 /* where the device finds it */
	u32 beat;		 /* last one seen in memory */
	u64 dma;
	u32 submits;
};

int refdev_get(struct stimulus *st, u32 reg, u32 *ret_value);
int refdev_put(struct stimulus *st, u32 reg, u32 value);

/* refdev_dma.c */
int refdev_work(struct stimulus *st);
int refdev_dma_write(struct stimulus *st, u64 iova, u32 len, u64 seed);
int refdev_dma_submit(struct stimulus *st, u64 iova, u32 len, u64 seed);
int refdev_activity_start(struct stimulus *st);
int refdev_interrupt(struct stimulus *st);
int refdev_activity_stop(struct stimulus *st);
int refdev_activity_seen(struct stimulus *st, u64 *ret_dma, u64 *ret_irq);
int refdev_submit(struct stimulus *st, u64 seed);
int refdev_finished(struct stimulus *st, u64 seed);
/* Takes away the memory. */
void refdev_dma_release(struct stimulus *st);

#endif

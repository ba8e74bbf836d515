/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two users of one machine: after bench_apart() the second device belongs to
 * a context of its own. What it does with memory and interrupts is its own
 * user's affair, even where the numbers are the same for both.
 *
 * The functions give 1 where the first user noticed nothing, 0 where he did,
 * or -errno where nothing can be said.
 */
#ifndef TESTS_ORDER_APART_H
#define TESTS_ORDER_APART_H

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"

enum {
	APART_PAGE = 4096,
	APART_SEED = 70, /* of what the other device writes */
	APART_WINDOW = 20, /* ms for an interrupt that comes late */
};

/* The address at which both users have memory. */
#define APART_IOVA 0x30000000ull

/* Parts the pair (set_pair() of the generation), or skips; orders_late() begins. */
#define APART(b)                                                 \
	do {                                                     \
		if (bench_apart())                               \
			SKIP(return, "%s", (b)->why);            \
		set_pair(b);                                     \
		orders_late();                                   \
	} while (0)

/* A page of memory for the context; it stays until the process ends. */
static inline int apart_map(struct mig_context *ctx, u8 **ret_page)
{
	u8 *page = mmap(NULL, APART_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int ret;

	if (page == MAP_FAILED)
		return -errno;
	ret = mig_dma_map(ctx, APART_IOVA, page, APART_PAGE);
	if (ret)
		munmap(page, APART_PAGE);
	else
		*ret_page = page;
	return ret;
}

static inline bool apart_is_empty(const u8 *page)
{
	static const u8 empty[APART_PAGE];

	return !memcmp(page, empty, sizeof(empty));
}

/* The other device writes to its memory, at an address that both have. */
static inline int apart_memory(struct bench *b)
{
	u8 *own, *other;
	int ret;

	if (!(b->dev->caps & MIG_CAP_DMA))
		return -EOPNOTSUPP;
	ret = apart_map(b->ctx, &own);
	if (!ret)
		ret = apart_map(b->other->ctx, &other);
	if (!ret)
		ret = stimulus_dma_write(b->other_stim, APART_IOVA, APART_PAGE,
					 APART_SEED);
	if (ret)
		return ret;
	mig_idle(b->dev, APART_WINDOW);
	if (!apart_is_empty(own))
		return 0;
	return apart_is_empty(other) ? -EIO : 1;
}

/* How many interrupts of a device have arrived so far. */
static inline int apart_irqs(struct stimulus *st, u64 *ret_irqs)
{
	u64 dma;

	mig_idle(st->dev, APART_WINDOW);
	return stimulus_activity_seen(st, &dma, ret_irqs);
}

/* The other device interrupts, and the own one awaits interrupts too. */
static inline int apart_interrupts(struct bench *b)
{
	u64 before, quiet, after, other, mine;
	int ret = stimulus_interrupt(b->stim);

	if (!ret)
		ret = apart_irqs(b->stim, &before);
	if (!ret)
		ret = apart_irqs(b->stim, &quiet);
	if (!ret)
		ret = apart_irqs(b->other_stim, &other);
	if (!ret)
		ret = stimulus_interrupt(b->other_stim);
	if (!ret)
		ret = apart_irqs(b->stim, &after);
	if (!ret)
		ret = apart_irqs(b->other_stim, &mine);
	if (ret)
		return ret;
	if (quiet != before)
		return -EAGAIN; /* it interrupts all the time */
	if (after != quiet)
		return 0;
	return mine == other ? -EIO : 1;
}

#endif

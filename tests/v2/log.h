/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of DMA logging share: the calls, and a piece of memory that
 * nothing but these tests uses, so that each dirty page of it has a cause.
 *
 * Functions give 0, or -errno as the device answered. None of them judges.
 */
#ifndef TESTS_V2_LOG_H
#define TESTS_V2_LOG_H

#include <sys/mman.h>

#include "common.h"

enum {
	LOG_PAGE = 4096,
	LOG_IOVA = 0x20000000, /* aligned to any page size that is used here */
	LOG_PAGES = 1024,
	LOG_SIZE = LOG_PAGES * LOG_PAGE,
	LOG_WORDS = LOG_PAGES / 64,
	/* Some devices report no less than 64 pages, within one range. */
	LOG_PART_PAGES = 64,
	LOG_PART = LOG_PART_PAGES * LOG_PAGE,
	LOG_UNIT_MAX = 2 << 20,
};

/* The memory of LOG_SIZE bytes at LOG_IOVA, NULL until it is needed. */
static u8 *log_memory;

/* START as it is; *@page_size is what was asked for, and what it became. */
static int log_start_raw(struct bench *b, u64 *page_size,
			 const struct mig2_log_range *ranges, u32 count)
{
	struct mig2_log_start start = {
		.page_size = *page_size,
		.num_ranges = count,
		.ranges = (u64)(uintptr_t)ranges,
	};
	int ret;

	ret = mig_feature(b->dev, MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET,
			  &start, sizeof(start));
	*page_size = start.page_size;
	return ret;
}

static int log_stop(struct bench *b)
{
	return mig_feature(b->dev, MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET,
			   NULL, 0);
}

/* START of one range, as often as it may fail; -errno of the last time. */
static int log_start_range(struct bench *b, u64 iova, u64 length,
			   u64 *page_size)
{
	struct mig2_log_range range = { iova, length };
	u64 page = *page_size;
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		*page_size = page;
		ret = log_start_raw(b, page_size, &range, 1);
		if (!ret)
			break;
	}
	return ret;
}

/* Maps the memory for DMA, once. */
static int log_map(struct bench *b)
{
	void *memory;
	int ret;

	if (log_memory)
		return 0;
	memory = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ret = mig_dma_map(b->ctx, LOG_IOVA, memory, LOG_SIZE);
	if (ret) {
		munmap(memory, LOG_SIZE);
		return ret;
	}
	log_memory = memory;
	return 0;
}

/*
 * The whole of the memory, by LOG_PAGE if the device agrees. It is mapped where
 * it can be: some log, or report, nothing else.
 */
static int log_start(struct bench *b)
{
	u64 page = LOG_PAGE;

	log_map(b);
	return log_start_range(b, LOG_IOVA, LOG_SIZE, &page);
}

static int log_report_raw(struct bench *b, u64 iova, u64 length, u64 page_size,
			  void *bitmap)
{
	struct mig2_log_report report = {
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.bitmap = (u64)(uintptr_t)bitmap,
	};

	return mig_feature(b->dev, MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET,
			   &report, sizeof(report));
}

/*
 * REPORT into an empty bitmap of LOG_WORDS words. Once: what a REPORT that
 * failed has done to the log nobody knows.
 */
static int log_report(struct bench *b, u64 iova, u64 length, u64 page_size,
		      u64 bitmap[LOG_WORDS])
{
	memset(bitmap, 0, LOG_WORDS * sizeof(*bitmap));
	return log_report_raw(b, iova, length, page_size, bitmap);
}

/* All of the memory, in pages. */
static int log_report_all(struct bench *b, u64 bitmap[LOG_WORDS])
{
	return log_report(b, LOG_IOVA, LOG_SIZE, LOG_PAGE, bitmap);
}

/* Does REPORT work at all? As often as it may fail; what it says is lost. */
static int log_answers(struct bench *b)
{
	u64 bitmap[LOG_WORDS];
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = log_report_all(b, bitmap);
		if (!ret)
			break;
	}
	return ret;
}

static bool log_bit(const u64 *bitmap, u64 n)
{
	return bitmap[n / 64] >> (n % 64) & 1;
}

static u32 log_count(const u64 *bitmap, u32 words)
{
	u32 i, count = 0;

	for (i = 0; i < words; i++)
		count += __builtin_popcountll(bitmap[i]);
	return count;
}

/* The device writes @len bytes at @offset of page @page. */
static int log_dirty(struct bench *b, u32 page, u32 offset, u32 len)
{
	return stimulus_dma_write(b->stim,
				  LOG_IOVA + (u64)page * LOG_PAGE + offset,
				  len, page + 1);
}

/* The device writes each of @pages in full; they are the memory's. */
static int log_dirty_pages(struct bench *b, const u32 *pages, u32 count)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++)
		ret = log_dirty(b, pages[i], 0, LOG_PAGE);
	return ret;
}

/*
 * A reset device, a log of the whole memory, and proof that REPORT works:
 * ready to be dirtied.
 */
static int log_begin(struct bench *b)
{
	int ret;

	log_stop(b);
	ret = bench_fresh();
	if (!ret)
		ret = log_map(b);
	if (!ret)
		ret = log_start(b);
	return ret ? ret : log_answers(b);
}

#endif

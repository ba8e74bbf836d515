// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dirty bitmap is right in each of its bits: whatever the size of pages, the
 * place of memory and of bitmap, the load, and the time at which it is read.
 */
#include "../bits.h"
#include "log.h"

V2_FIXTURE(v2_bitmap, NEED_LOGGING | NEED_DMA)

enum {
	MAP_WRITES = 24,      /* at random pages */
	MAP_WIDE = 512 << 20, /* its bitmap fills four pages */
	MAP_LOAD = 24,	      /* reports under load */
};

static struct bits bits;

/* The question of the oracle. */
static int map_report(struct bench *b)
{
	return log_report_raw(b, bits.iova, bits.length, bits.page, bits.map);
}

/* All bits of a REPORT that succeeded. @req: the rule that misses them. */
#define MAP_JUDGE(req, what, ...)                                             \
	do {                                                                  \
		EXPECT_REQ(req, !bits_lost(&bits),                            \
			   what ": %llu bits of written pages are not set",   \
			   ##__VA_ARGS__, (unsigned long long)bits_lost(&bits)); \
		EXPECT_REQ(V2_LOG_STAYS_IN_BITMAP, !bits_spilt(&bits),        \
			   what ": %llu bytes around the bits have changed",  \
			   ##__VA_ARGS__,                                     \
			   (unsigned long long)bits_spilt(&bits));            \
	} while (0)

/* MAP_WRITES random pages of the memory, and what a REPORT has to say of them. */
static int map_writes(struct bench *b)
{
	u32 i, page;
	int ret = 0;

	for (i = 0; i < MAP_WRITES && !ret; i++) {
		page = bench_random() % LOG_PAGES;
		ret = log_dirty(b, page, 0, LOG_PAGE);
		bits_wrote(&bits, LOG_IOVA + (u64)page * LOG_PAGE, LOG_PAGE);
	}
	return ret;
}

/* ---- each bit, wherever the bitmap lies ----------------------------------------- */

/* Random pages, bit by bit, with nothing but faults around the bitmap. */
TEST_F(v2_bitmap, each_bit_is_right)
{
	enum bits_place place;
	int ret;

	ROAD(log_begin(self->b));
	for (place = 0; place < BITS_PLACES; place++) {
		ROAD(bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, place));
		ROAD(map_writes(self->b));
		ret = map_report(self->b);
		EXPECT_REQ(V2_LOG_STAYS_IN_BITMAP, ret != -EFAULT,
			   "a bitmap of exact size is not enough: %s",
			   common_errno(ret));
		ROAD(ret);
		MAP_JUDGE(V2_LOG_REPORTS_ALL_WRITES, "place %d of the bitmap",
			  place);
	}
	log_stop(self->b);
}

/* Parts of the range, any length and beginning: in pages, from the first. */
static const struct {
	u32 first, pages, bytes; /* @bytes: the address is off by so much */
} odd_parts[] = {
	{ 0, 1, 0 },   { 5, 3, 0 },    { 7, 64, 0 },  { 63, 2, 0 },
	{ 1, 127, 0 }, { 100, 129, 0 }, { 3, 1021, 0 }, { 9, 65, 512 },
};

/* What begins and ends anywhere may be refused; if not, it is right. */
TEST_F(v2_bitmap, odd_parts_are_right)
{
	size_t i;

	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(odd_parts); i++) {
		ROAD(bits_ask(&bits,
			      LOG_IOVA + (u64)odd_parts[i].first * LOG_PAGE +
				      odd_parts[i].bytes,
			      (u64)odd_parts[i].pages * LOG_PAGE, LOG_PAGE,
			      i % BITS_PLACES));
		ROAD(map_writes(self->b));
		ROAD(log_dirty(self->b, odd_parts[i].first, 0, LOG_PAGE));
		bits_wrote(&bits, LOG_IOVA + (u64)odd_parts[i].first * LOG_PAGE,
			   LOG_PAGE);
		if (map_report(self->b))
			continue;
		MAP_JUDGE(V2_LOG_BIT_MAPPING, "%u pages from page %u + %u",
			  odd_parts[i].pages, odd_parts[i].first,
			  odd_parts[i].bytes);
	}
	log_stop(self->b);
}

/* Parts that suit every device are not refused, and make the whole. */
TEST_F(v2_bitmap, aligned_parts_are_right)
{
	static const u32 cuts[] = { 0, 64, 192, 512, 960, LOG_PAGES };
	u64 iova, length;
	size_t i;
	int ret;

	ROAD(log_begin(self->b));
	for (i = 0; i + 1 < ARRAY_SIZE(cuts); i++) {
		iova = LOG_IOVA + (u64)cuts[i] * LOG_PAGE;
		length = (u64)(cuts[i + 1] - cuts[i]) * LOG_PAGE;
		ROAD(bits_ask(&bits, iova, length, LOG_PAGE, BITS_LAST));
		ROAD(map_writes(self->b));
		ret = map_report(self->b);
		EXPECT_REQ(V2_LOG_REPORTS_SUB_RANGES, !ret,
			   "pages %u to %u of the range: %s", cuts[i],
			   cuts[i + 1], common_errno(ret));
		if (!ret)
			MAP_JUDGE(V2_LOG_BIT_MAPPING, "pages %u to %u", cuts[i],
				  cuts[i + 1]);
	}
	log_stop(self->b);
}

/* ---- any place of memory ----------------------------------------------------------- */

/* The device writes a page at @iova, where memory is for that time. */
static int map_write_at(struct bench *b, u64 iova)
{
	static u8 memory[LOG_PAGE] __attribute__((aligned(LOG_PAGE)));
	int ret;

	ret = mig_dma_map(b->ctx, iova, memory, LOG_PAGE);
	if (ret)
		return ret;
	ret = stimulus_dma_write(b->stim, iova, LOG_PAGE, iova);
	mig_dma_unmap(b->ctx, iova, LOG_PAGE);
	if (!ret)
		bits_wrote(&bits, iova, LOG_PAGE);
	return ret;
}

/* From the first page to the last that a range can have. */
static const struct mig2_log_range map_ends[] = {
	{ 0, LOG_PART },
	{ (1ull << 32) - LOG_PART, 2 * LOG_PART },
	{ 1ull << 40, LOG_PART },
	{ (1ull << 47) - LOG_PART, LOG_PART },
	{ 1ull << 62, LOG_PART },
	{ (1ull << 63) - LOG_PART, 2 * LOG_PART },
	{ -(u64)2 * LOG_PART, LOG_PART },
	{ -(u64)2 * LOG_PAGE, LOG_PAGE },
};

/* Both ends of @range, where device and container reach so far. */
static void map_reaches(struct __test_metadata *_metadata, struct bench *b,
			const struct mig2_log_range *range)
{
	u64 page = LOG_PAGE;

	if (log_start_range(b, range->iova, range->length, &page))
		return;
	ROAD(bits_ask(&bits, range->iova, range->length, LOG_PAGE, BITS_FIRST));
	/* A part that is too small for the device may be refused. */
	if (!map_write_at(b, range->iova) &&
	    !map_write_at(b, range->iova + (range->length - LOG_PAGE)) &&
	    !map_report(b))
		MAP_JUDGE(V2_LOG_BIT_MAPPING, "0x%llx bytes at 0x%llx",
			  (unsigned long long)range->length,
			  (unsigned long long)range->iova);
	log_stop(b);
}

TEST_F(v2_bitmap, every_address_is_right)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map_ends); i++)
		map_reaches(_metadata, self->b, &map_ends[i]);
}

/* A bitmap of several pages has borders of its own. */
TEST_F(v2_bitmap, wide_ranges_are_right)
{
	enum { BASE = LOG_IOVA, MAP_PAGE = BITS_PAGE * 8 };
	static const u32 pages[] = {
		0, MAP_PAGE - 1, MAP_PAGE, MAP_PAGE + 63, 2 * MAP_PAGE + 64,
		3 * MAP_PAGE + 63, MAP_WIDE / LOG_PAGE - 1,
	};
	u64 page = LOG_PAGE;
	enum bits_place place;
	size_t i;

	ROAD(log_start_range(self->b, BASE, MAP_WIDE, &page));
	for (place = 0; place < BITS_PLACES; place++) {
		ROAD(bits_ask(&bits, BASE, MAP_WIDE, LOG_PAGE, place));
		for (i = 0; i < ARRAY_SIZE(pages); i++)
			ROAD(map_write_at(self->b,
					  BASE + (u64)pages[i] * LOG_PAGE));
		ROAD(map_report(self->b));
		MAP_JUDGE(V2_LOG_BIT_MAPPING, "512 MiB, place %d", place);
	}
	log_stop(self->b);
}

/* ---- any size of pages ---------------------------------------------------------------- */

static void map_sizes(struct __test_metadata *_metadata, struct bench *b,
		      u64 tracked, u64 told)
{
	int ret;

	ROAD(bits_ask(&bits, LOG_IOVA, LOG_SIZE, told, BITS_LAST));
	ROAD(map_writes(b));
	ret = map_report(b);
	/* Units larger than the range may be refused. */
	EXPECT_REQ(V2_LOG_GRANULARITY_IS_FREE, !ret || told > LOG_SIZE,
		   "START with 0x%llx, REPORT with 0x%llx: %s",
		   (unsigned long long)tracked, (unsigned long long)told,
		   common_errno(ret));
	if (!ret)
		MAP_JUDGE(V2_LOG_GRANULARITY_IS_FREE, "0x%llx, told by 0x%llx",
			  (unsigned long long)tracked, (unsigned long long)told);
}

/* From 4 KiB to half of the address space, tracked and told. */
TEST_F(v2_bitmap, every_page_size_is_right)
{
	static const u32 shifts[] = { 12, 21, 32, 63 };
	struct mig2_log_range range = { LOG_IOVA, LOG_SIZE };
	u64 page, tracked;
	size_t i, k;

	ROAD(log_map(self->b));
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		page = tracked = 1ull << shifts[i];
		if (tracked > LOG_IOVA)
			range = (struct mig2_log_range){ 0, tracked };
		/* The device need not reach that far. */
		if (log_start_raw(self->b, &page, &range, 1))
			continue;
		for (k = 0; k < ARRAY_SIZE(shifts); k++)
			map_sizes(_metadata, self->b, tracked, 1ull << shifts[k]);
		log_stop(self->b);
	}
}

/* What START tells is a power of two, however much was asked for. */
TEST_F(v2_bitmap, page_sizes_are_powers_of_two)
{
	struct mig2_log_range range = { 0, 0 };
	u64 page;
	u32 shift;

	for (shift = 12; shift < 64; shift++) {
		page = range.length = 1ull << shift;
		if (log_start_raw(self->b, &page, &range, 1))
			continue;
		EXPECT_REQ(V2_LOG_PAGE_SIZE_IS_REPORTED,
			   page && !(page & (page - 1)),
			   "START with page_size 2^%u gives 0x%llx", shift,
			   (unsigned long long)page);
		log_stop(self->b);
	}
}

/* ---- several ranges ------------------------------------------------------------------- */

/* Ranges apart from each other, and what was refused before leaves no trace. */
TEST_F(v2_bitmap, each_range_is_right)
{
	static const struct mig2_log_range ranges[] = {
		{ LOG_IOVA + 9 * LOG_PART, 3 * LOG_PART },
		{ LOG_IOVA, LOG_PART },
		{ LOG_IOVA + 4 * LOG_PART, 2 * LOG_PART },
	};
	u64 page = LOG_PAGE;
	size_t i;

	ROAD(log_map(self->b));
	ROAD(log_start_raw(self->b, &page, ranges, ARRAY_SIZE(ranges)));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		ROAD(bits_ask(&bits, ranges[i].iova, ranges[i].length, LOG_PAGE,
			      BITS_LAST));
		ROAD(map_writes(self->b));
		ROAD(log_dirty(self->b, (u32)(ranges[i].iova - LOG_IOVA) / LOG_PAGE,
			       0, LOG_PAGE));
		bits_wrote(&bits, ranges[i].iova, LOG_PAGE);
		ROAD(map_report(self->b));
		MAP_JUDGE(V2_LOG_TAKES_A_PAGE_OF_RANGES, "range %zu of %zu",
			  i + 1, ARRAY_SIZE(ranges));
	}
	log_stop(self->b);
}

/* A START that fails at its second range has not taken the first. */
TEST_F(v2_bitmap, refused_start_leaves_no_residue)
{
	static const struct mig2_log_range bad[] = {
		{ LOG_IOVA, LOG_PART }, { LOG_IOVA + LOG_PART, LOG_PAGE + 512 },
	};
	u64 page = LOG_PAGE;
	int ret;

	ROAD(log_start(self->b));
	ROAD(log_stop(self->b));
	if (!log_start_raw(self->b, &page, bad, ARRAY_SIZE(bad)))
		NOT_OFFERED("a START that refuses an unaligned length");
	ret = log_start(self->b);
	EXPECT_REQ(V2_LOG_START_CHECKS_ARGUMENTS, !ret,
		   "START after one that was refused: %s", common_errno(ret));
	log_stop(self->b);
}

/* ---- load ------------------------------------------------------------------------------ */

/* More pages than a device may have room for: told, or an error, never lost. */
TEST_F(v2_bitmap, floods_are_told)
{
	u32 page;
	int ret;

	ROAD(log_begin(self->b));
	ROAD(bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, BITS_LAST));
	for (page = 0; page < LOG_PAGES; page++)
		ROAD(log_dirty(self->b, page, 8, 8));
	bits_wrote(&bits, LOG_IOVA, LOG_SIZE);
	ret = map_report(self->b);
	PREFER_REQ(V2_LOG_REPORTS_ALL_WRITES, !ret,
		   "after writes to %d pages: %s", LOG_PAGES, common_errno(ret));
	if (!ret)
		MAP_JUDGE(V2_LOG_REPORTS_ALL_WRITES, "%d pages", LOG_PAGES);
	log_stop(self->b);
}

/* REPORT after REPORT into one bitmap, until all but @left pages have landed. */
static void map_follow(struct __test_metadata *_metadata, struct bench *b,
		       u32 submitted, u32 left)
{
	u32 turn, landed = 0;

	for (turn = 0; turn < COMMON_PATIENCE && landed + left < submitted; turn++) {
		landed = bits_landed(&bits, log_memory, submitted);
		ROAD(map_report(b));
		EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES, !bits_lost(&bits),
			   "%u pages are written while reports are made, %llu are in none of them",
			   landed, (unsigned long long)bits_lost(&bits));
		mig_idle(b->dev, turn % 3);
	}
}

/* Reports while the device writes: nothing falls between two of them. */
TEST_F(v2_bitmap, nothing_is_lost_between_reports)
{
	u32 page;

	ROAD(log_begin(self->b));
	ROAD(bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, BITS_LAST));
	for (page = 0; page < MAP_LOAD; page++) {
		ROAD(bits_submit(self->stim, LOG_IOVA, page));
		map_follow(_metadata, self->b, page + 1, 1);
	}
	map_follow(_metadata, self->b, MAP_LOAD, 0);
	log_stop(self->b);
}

/* A write that is under way when logging starts, and lands behind that. */
static void map_start_under(struct __test_metadata *_metadata, struct bench *b,
			    u32 page, u32 wait)
{
	u64 size = LOG_PAGE;
	u32 turn, landed;

	ROAD(bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, BITS_LAST));
	ROAD(bits_submit(b->stim, LOG_IOVA, page));
	mig_idle(b->dev, wait);
	ROAD(log_start_range(b, LOG_IOVA, LOG_SIZE, &size));
	landed = bits_landed(&bits, log_memory, page + 1);
	for (turn = 0; turn < COMMON_PATIENCE && landed <= page; turn++) {
		mig_idle(b->dev, COMMON_WINDOW / 8);
		bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, BITS_LAST);
		if (bits_landed(&bits, log_memory, page + 1) <= page)
			continue;
		landed = page + 1;
		bits_ask(&bits, LOG_IOVA, LOG_SIZE, LOG_PAGE, BITS_LAST);
		bits_wrote(&bits, LOG_IOVA + (u64)page * LOG_PAGE, LOG_PAGE);
		ROAD(map_report(b));
		MAP_JUDGE(V2_LOG_REPORTS_ALL_WRITES,
			  "a page written right behind START");
	}
	log_stop(b);
}

/* From the return of START on each write counts. */
TEST_F(v2_bitmap, logging_starts_under_load)
{
	u32 wait;

	log_stop(self->b);
	ROAD(bench_fresh());
	ROAD(log_map(self->b));
	for (wait = 0; wait < 16; wait++)
		map_start_under(_metadata, self->b, wait, wait);
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A REPORT of DMA logging promises each page that the device has written since
 * the last one: in the bit that stands for it, whatever the size of pages and
 * ranges, without touching another bit, and no page twice.
 */
#include "log.h"

V2_FIXTURE(v2_report, NEED_LOGGING)

static const u32 report_pages[] = { 0, 1, 63, 64, 129, 500, 1023 };

/* How many of @pages are missing in @bitmap, whose pages begin with @first. */
static u32 missing(const u64 *bitmap, const u32 *pages, u32 count, u32 first)
{
	u32 i, lost = 0;

	for (i = 0; i < count; i++)
		lost += !log_bit(bitmap, pages[i] - first);
	return lost;
}

/* ---- arguments ------------------------------------------------------------------- */

/* Page sizes that are none, and ranges that are none, are refused. */
TEST_F(v2_report, bad_arguments_are_refused)
{
	static const struct {
		const char *what;
		u64 iova, length, page;
		int answer;
	} faults[] = {
		{ "page_size 0", LOG_IOVA, LOG_SIZE, 0, -EINVAL },
		{ "page_size 2048", LOG_IOVA, LOG_SIZE, 2048, -EINVAL },
		{ "page_size 12288", LOG_IOVA, LOG_SIZE, 12288, -EINVAL },
		{ "a range that overflows", -(u64)LOG_SIZE, 2 * LOG_SIZE,
		  LOG_PAGE, -EOVERFLOW },
	};
	u64 bitmap[2 * LOG_WORDS + 64] = { 0 };
	size_t i;
	int ret;

	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		ret = log_report_raw(self->b, faults[i].iova, faults[i].length,
				     faults[i].page, bitmap);
		EXPECT_REQ(V2_LOG_REPORT_CHECKS_ARGUMENTS, ret < 0,
			   "REPORT with %s: %s", faults[i].what,
			   common_errno(ret));
		PREFER_REQ(V2_LOG_REPORT_CHECKS_ARGUMENTS,
			   !ret || ret == faults[i].answer,
			   "REPORT with %s: %s", faults[i].what,
			   common_errno(ret));
	}
	log_stop(self->b);
}

/* ---- writes ---------------------------------------------------------------------- */

/* A log that was started can be reported. */
TEST_F(v2_report, report_works)
{
	int ret;

	ROAD(log_start(self->b));
	ret = log_answers(self->b);
	if (ret == -EOPNOTSUPP)
		NOT_OFFERED("REPORT, which this kernel was built without");
	EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES, !ret, "with a log running: %s",
		   common_errno(ret));
	log_stop(self->b);
}

/* Each page that the device wrote is in it, */
TEST_F(v2_report, written_pages_are_reported)
{
	u64 bitmap[LOG_WORDS];
	u32 lost;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	ROAD(log_dirty_pages(self->b, report_pages, ARRAY_SIZE(report_pages)));
	ROAD(log_report_all(self->b, bitmap));
	lost = missing(bitmap, report_pages, ARRAY_SIZE(report_pages), 0);
	EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES, !lost,
		   "%u of %zu written pages are not reported", lost,
		   ARRAY_SIZE(report_pages));
	log_stop(self->b);
}

/* were it only some bytes, at any place, across a border, */
TEST_F(v2_report, small_writes_are_reported)
{
	static const struct {
		u32 page, offset, len;
	} writes[] = { { 7, 0, 4 }, { 70, 4092, 4 }, { 700, 1024, 8 } };
	u64 bitmap[LOG_WORDS];
	size_t i;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(writes); i++)
		ROAD(log_dirty(self->b, writes[i].page, writes[i].offset,
			       writes[i].len));
	ROAD(log_report_all(self->b, bitmap));
	for (i = 0; i < ARRAY_SIZE(writes); i++)
		EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES,
			   log_bit(bitmap, writes[i].page),
			   "%u bytes written at offset %u of a page are not reported",
			   writes[i].len, writes[i].offset);
	log_stop(self->b);
}

/* whether it is asked for at once or in parts, */
TEST_F(v2_report, parts_make_the_whole)
{
	u64 bitmap[LOG_WORDS];
	u32 i, page, first, parts = LOG_PAGES / LOG_PART_PAGES;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	ROAD(log_dirty_pages(self->b, report_pages, ARRAY_SIZE(report_pages)));
	for (i = 0; i < parts; i++) {
		first = i * LOG_PART_PAGES;
		ROAD(log_report(self->b, LOG_IOVA + (u64)i * LOG_PART, LOG_PART,
				LOG_PAGE, bitmap));
		for (page = 0; page < ARRAY_SIZE(report_pages); page++)
			EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES,
				   report_pages[page] / LOG_PART_PAGES != i ||
					   log_bit(bitmap,
						   report_pages[page] - first),
				   "written page %u is not reported with its part",
				   report_pages[page]);
	}
	log_stop(self->b);
}

/* and again when it is written again. */
TEST_F(v2_report, writes_after_a_report_are_reported)
{
	u64 bitmap[LOG_WORDS];
	enum { PAGE = 42 };
	int i;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	for (i = 0; i < 3; i++) {
		ROAD(log_dirty(self->b, PAGE, 0, LOG_PAGE));
		ROAD(log_report_all(self->b, bitmap));
		EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES, log_bit(bitmap, PAGE),
			   "a page written for the %d. time is not reported",
			   i + 1);
	}
	log_stop(self->b);
}

/* ---- reading clears ----------------------------------------------------------------- */

/* What was told is not told again. */
TEST_F(v2_report, report_clears)
{
	u64 bitmap[LOG_WORDS];
	u32 count;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	ROAD(log_dirty_pages(self->b, report_pages, ARRAY_SIZE(report_pages)));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	ROAD(log_report_all(self->b, bitmap));
	ROAD(log_report_all(self->b, bitmap));
	count = log_count(bitmap, LOG_WORDS);
	EXPECT_REQ(V2_LOG_REPORT_CLEARS, !count,
		   "a second REPORT shows %u pages again", count);
	log_stop(self->b);
}

/* What was not asked for stays. */
TEST_F(v2_report, parts_clear_only_themselves)
{
	static const u32 pages[] = { 10, LOG_PAGES / 2 + 10 };
	u64 bitmap[LOG_WORDS], half = LOG_SIZE / 2;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	ROAD(log_dirty_pages(self->b, pages, ARRAY_SIZE(pages)));
	ROAD(log_report(self->b, LOG_IOVA, half, LOG_PAGE, bitmap));
	ROAD(log_report(self->b, LOG_IOVA + half, half, LOG_PAGE, bitmap));
	EXPECT_REQ(V2_LOG_REPORTS_SUB_RANGES, log_bit(bitmap, 10),
		   "a page of the second half is gone after a REPORT of the first");
	log_stop(self->b);
}

/* ---- the bitmap ------------------------------------------------------------------------ */

/* Bits that are set stay set. */
TEST_F(v2_report, bits_are_only_set)
{
	u64 bitmap[LOG_WORDS];
	u32 i, round, lost;

	ROAD(log_begin(self->b));
	for (round = 0; round < 2; round++) {
		memset(bitmap, 0xa5, sizeof(bitmap));
		ROAD(log_report_raw(self->b, LOG_IOVA, LOG_SIZE, LOG_PAGE,
				    bitmap));
		for (i = 0, lost = 0; i < LOG_WORDS; i++)
			lost += !!(0xa5a5a5a5a5a5a5a5ull & ~bitmap[i]);
		EXPECT_REQ(V2_LOG_BITS_ARE_ONLY_SET, !lost,
			   "%s dirty pages: bits were cleared in %u words",
			   round ? "with" : "without", lost);
		NEEDS(NEED_DMA);
		ROAD(log_dirty_pages(self->b, report_pages,
				     ARRAY_SIZE(report_pages)));
	}
	log_stop(self->b);
}

/* A page has the bit of its place in what was asked for. */
static void page_has_its_bit(struct __test_metadata *_metadata, struct bench *b,
			     u32 first, u32 pages, u64 *bitmap)
{
	u32 page = first + pages - 3;

	ROAD(log_dirty(b, page, 0, LOG_PAGE));
	memset(bitmap, 0, LOG_WORDS * sizeof(*bitmap));
	ROAD(log_report_raw(b, LOG_IOVA + (u64)first * LOG_PAGE,
			    (u64)pages * LOG_PAGE, LOG_PAGE, bitmap));
	EXPECT_REQ(V2_LOG_BIT_MAPPING, log_bit(bitmap, page - first),
		   "REPORT of %u pages from page %u: page %u has not bit %u",
		   pages, first, page, page - first);
}

/* Wherever that begins, and wherever the bitmap lies. */
TEST_F(v2_report, bits_count_from_the_beginning)
{
	static u64 room[LOG_PAGE / sizeof(u64) * 2]
		__attribute__((aligned(LOG_PAGE)));
	/* In words: at a page, within it, and across its end. */
	static const u32 places[] = { 0, 1, 511 };
	size_t i;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		page_has_its_bit(_metadata, self->b, 0, LOG_PAGES,
				 room + places[i]);
		page_has_its_bit(_metadata, self->b, LOG_PART_PAGES,
				 2 * LOG_PART_PAGES, room + places[i]);
		page_has_its_bit(_metadata, self->b, 3 * LOG_PART_PAGES,
				 LOG_PART_PAGES, room + places[i]);
		page_has_its_bit(_metadata, self->b, 5 * LOG_PART_PAGES,
				 3 * LOG_PART_PAGES, room + places[i]);
	}
	log_stop(self->b);
}

/* Bits of @words that belong to no page of @pages and are not as @fill. */
static u32 spilt(const u64 *bitmap, u32 words, u32 pages, u64 fill)
{
	u32 i, count = 0;

	for (i = pages; i < words * 64; i++)
		count += log_bit(bitmap, i) != log_bit(&fill, 0);
	return count;
}

static void stays_inside(struct __test_metadata *_metadata, struct bench *b,
			 u32 pages, u64 fill)
{
	u64 bitmap[LOG_WORDS + 4];
	u32 count;

	memset(bitmap, (int)fill, sizeof(bitmap));
	/* Odd sizes may be refused. */
	if (log_report_raw(b, LOG_IOVA, (u64)pages * LOG_PAGE, LOG_PAGE,
			   bitmap))
		return;
	count = spilt(bitmap, LOG_WORDS + 4, pages, fill);
	EXPECT_REQ(V2_LOG_STAYS_IN_BITMAP, !count,
		   "REPORT of %u pages changes %u bits that belong to none of them",
		   pages, count);
}

/* A REPORT writes to the bits that it was asked for, and nowhere else. */
TEST_F(v2_report, report_stays_in_the_bitmap)
{
	static const u32 sizes[] = { 64, 128, LOG_PAGES, 1, 63, 65, 100 };
	size_t i;

	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		stays_inside(_metadata, self->b, sizes[i], 0);
		stays_inside(_metadata, self->b, sizes[i], ~0ull);
	}
	log_stop(self->b);
}

/* Nor where pages on both sides of the border are dirty. */
TEST_F(v2_report, dirty_borders_stay_in_the_bitmap)
{
	static const u32 sizes[] = { 64, 128, 65, 100 };
	static const u32 pages[] = { 62, 63, 64, 65, 66, 99, 100, 127, 128 };
	size_t i;

	NEEDS(NEED_DMA);
	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ROAD(log_dirty_pages(self->b, pages, ARRAY_SIZE(pages)));
		stays_inside(_metadata, self->b, sizes[i], 0);
	}
	log_stop(self->b);
}

/* ---- page sizes --------------------------------------------------------------------- */

/* Pages written while @tracked was asked for, reported by @told. */
static void sizes_agree(struct __test_metadata *_metadata, struct bench *b,
			u64 tracked, u64 told)
{
	u64 bitmap[LOG_WORDS], page = tracked, at;
	size_t i;
	int ret;

	log_stop(b);
	ROAD(log_start_range(b, LOG_IOVA, LOG_SIZE, &page));
	ROAD(log_report(b, LOG_IOVA, LOG_SIZE, tracked, bitmap));
	ROAD(log_dirty_pages(b, report_pages, ARRAY_SIZE(report_pages)));
	ret = log_report(b, LOG_IOVA, LOG_SIZE, told, bitmap);
	EXPECT_REQ(V2_LOG_GRANULARITY_IS_FREE, !ret,
		   "START with 0x%llx, REPORT with 0x%llx: %s",
		   (unsigned long long)tracked, (unsigned long long)told,
		   common_errno(ret));
	for (i = 0; i < ARRAY_SIZE(report_pages) && !ret; i++) {
		at = (u64)report_pages[i] * LOG_PAGE / told;
		EXPECT_REQ(V2_LOG_GRANULARITY_IS_FREE, log_bit(bitmap, at),
			   "START with 0x%llx, REPORT with 0x%llx: page %u is written, bit %llu not set",
			   (unsigned long long)tracked,
			   (unsigned long long)told, report_pages[i],
			   (unsigned long long)at);
	}
}

/* The pages of a REPORT need not be those of START. */
TEST_F(v2_report, page_sizes_are_free)
{
	static const u64 sizes[] = { LOG_PAGE, 65536, LOG_UNIT_MAX };
	size_t i, k;

	NEEDS(NEED_DMA);
	ROAD(bench_fresh());
	ROAD(log_map(self->b));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (k = 0; k < ARRAY_SIZE(sizes); k++)
			sizes_agree(_metadata, self->b, sizes[i], sizes[k]);
	log_stop(self->b);
}

/* ---- what is not logged ------------------------------------------------------------ */

/* The log of a device is about that device: what the CPU writes is not in it. */
TEST_F(v2_report, cpu_writes_are_not_reported)
{
	u64 bitmap[LOG_WORDS];
	u32 count;

	NEEDS(NEED_DMA);
	ROAD(log_map(self->b));
	ROAD(log_start(self->b));
	memset(log_memory, 0x5a, LOG_SIZE / 2);
	ROAD(log_report_all(self->b, bitmap));
	count = log_count(bitmap, LOG_WORDS);
	EXPECT_REQ(V2_LOG_COUNTS_DEVICE_WRITES_ONLY, !count,
		   "the CPU has written, the device not: %u pages are reported",
		   count);
	log_stop(self->b);
}

/* Nor is what the device reads; more than was written is told. */
TEST_F(v2_report, over_reporting_is_told)
{
	u64 bitmap[LOG_WORDS], page = LOG_PAGE;
	u32 count;

	NEEDS(NEED_DMA);
	ROAD(log_map(self->b));
	ROAD(log_start_range(self->b, LOG_IOVA, LOG_SIZE, &page));
	ROAD(log_dirty(self->b, LOG_PAGES / 2, 0, LOG_PAGE));
	ROAD(log_report_all(self->b, bitmap));
	count = log_count(bitmap, LOG_WORDS);
	PREFER_REQ(V2_LOG_COUNTS_DEVICE_WRITES_ONLY, count <= page / LOG_PAGE,
		   "one page is written, %u are reported with a page_size of 0x%llx",
		   count, (unsigned long long)page);
	log_stop(self->b);
}

/* ---- stopped devices ---------------------------------------------------------------- */

/* A REPORT of the memory that the busy device writes to: pages, or -errno. */
static int report_activity(struct bench *b)
{
	u64 bitmap[STIMULUS_IOVA_SIZE / LOG_PAGE / 64] = { 0 };
	int ret;

	ret = log_report_raw(b, STIMULUS_IOVA +
			     b->dev->index * STIMULUS_IOVA_SIZE,
			     STIMULUS_IOVA_SIZE, LOG_PAGE, bitmap);
	return ret ? ret : (int)log_count(bitmap, ARRAY_SIZE(bitmap));
}

static void is_quiet(struct __test_metadata *_metadata, struct bench *b,
		     u32 state)
{
	u64 page = LOG_PAGE;
	int i, count;

	log_stop(b);
	ROAD(common_activity_start(b));
	ROAD(log_start_range(b, STIMULUS_IOVA +
			     b->dev->index * STIMULUS_IOVA_SIZE,
			     STIMULUS_IOVA_SIZE, &page));
	mig_idle(b->dev, COMMON_WINDOW);
	ROAD(v2_set(&b->v2, state, NULL));
	ROAD(report_activity(b));
	for (i = 0; i < 2; i++) {
		mig_idle(b->dev, COMMON_WINDOW);
		count = report_activity(b);
		ROAD(count);
		EXPECT_REQ(V2_LOG_IS_QUIET_WHEN_STOPPED, !count,
			   "in %s %d pages are reported although all was collected",
			   v2_state_name(state), count);
	}
}

/* A device that stands still makes no page dirty. */
TEST_F(v2_report, stopped_devices_are_quiet)
{
	NEEDS(NEED_DMA);
	is_quiet(_metadata, self->b, MIG2_STOP);
	is_quiet(_metadata, self->b, MIG2_STOP_COPY);
	log_stop(self->b);
}

/* A running one does, and its log knows. */
TEST_F(v2_report, running_devices_are_not)
{
	u64 page = LOG_PAGE, before, after, irq;
	int count;

	NEEDS(NEED_DMA);
	ROAD(common_activity_start(self->b));
	ROAD(log_start_range(self->b, STIMULUS_IOVA +
			     self->dev->index * STIMULUS_IOVA_SIZE,
			     STIMULUS_IOVA_SIZE, &page));
	ROAD(stimulus_activity_seen(self->stim, &before, &irq));
	ROAD(common_wakes(self->b));
	ROAD(stimulus_activity_seen(self->stim, &after, &irq));
	if (after == before)
		NOT_OFFERED("DMA that the device does by itself");
	count = report_activity(self->b);
	ROAD(count);
	EXPECT_REQ(V2_LOG_REPORTS_ALL_WRITES, count,
		   "the device writes to memory by itself, and no page is reported");
	log_stop(self->b);
}

EXPECT_MAIN

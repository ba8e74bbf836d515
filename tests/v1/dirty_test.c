// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages of protocol v1: the container logs what devices write, says so
 * in its description, checks what it is asked, and misses no page. When the
 * device has stopped, the bitmap is the last.
 */
#include "pages.h"
#include "trouble.h"

V1_FIXTURE(v1_dirty, NEED_LOGGING)

/* ---- what the container says ---------------------------------------------------- */

/* A container that can log says so, and with which pages. */
TEST_F(v1_dirty, logging_is_announced)
{
	struct uapi_iommu_cap_migration cap = { 0 };
	int ret;

	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
	ret = dirty_capability(self->b, &cap);
	EXPECT_REQ(V1_CONTAINER_ANNOUNCES_LOGGING, !ret,
		   "the capability of a container that logs: %s",
		   common_errno(ret));
	EXPECT_REQ(V1_CONTAINER_ANNOUNCES_LOGGING,
		   ret || (cap.pgsize_bitmap && cap.max_dirty_bitmap_size),
		   "page sizes 0x%llx, largest bitmap %llu bytes",
		   (unsigned long long)cap.pgsize_bitmap,
		   (unsigned long long)cap.max_dirty_bitmap_size);
}

/* ---- what it is asked -------------------------------------------------------------- */

/* Exactly one of start, stop and get bitmap is asked for at a time. */
TEST_F(v1_dirty, one_request_at_a_time)
{
	static const u32 bad[] = {
		0, UAPI_DIRTY_START | UAPI_DIRTY_STOP, 1 << 3, 1u << 31,
		UAPI_DIRTY_START | 1 << 3,
	};
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ret = dirty_flags(self->b, bad[i]);
		EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, ret < 0,
			   "flags 0x%x are accepted", bad[i]);
	}
	ret = dirty_flags(self->b, UAPI_DIRTY_START);
	EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, !ret, "start: %s",
		   common_errno(ret));
	ret = dirty_flags(self->b, UAPI_DIRTY_STOP);
	EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, !ret, "stop: %s",
		   common_errno(ret));
}

/* There is no bitmap while nothing is logged. */
TEST_F(v1_dirty, no_bitmap_without_logging)
{
	struct pages p;
	int ret;

	ROAD(pages_map(self->b, &p));
	ret = get_bitmap(&p);
	EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, ret < 0,
		   "a bitmap is given before logging began");
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
	ret = get_bitmap(&p);
	EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, ret < 0,
		   "a bitmap is given after logging ended");
}

static bool guard_is_whole(const struct pages *p)
{
	const u8 *guard = (const u8 *)p->bitmap + BITMAP;
	u32 i;

	for (i = 0; i < GUARD; i++)
		if (guard[i] != GUARD_BYTE)
			return false;
	return true;
}

/* A bitmap of one whole mapping is given, within its own bounds. */
TEST_F(v1_dirty, bitmap_of_mapping_is_given)
{
	struct pages p;
	int ret;

	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ret = get_bitmap(&p);
	EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED, !ret,
		   "the bitmap of a whole mapping: %s", common_errno(ret));
	EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED, guard_is_whole(&p),
		   "bytes behind the bitmap were written");
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/*
 * Bitmaps are counted in words of 64 bits, so that a mapping of any number of
 * pages has one, and users of other word sizes agree on it.
 */
TEST_F(v1_dirty, bitmaps_are_whole_words)
{
	static const u32 counts[] = { 1, 7, 8, 9, 63, 64, 65 };
	struct uapi_dirty_pages dirty;
	struct pages p;
	size_t i;
	u64 iova;
	int ret;

	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		iova = IOVA + (i + 1) * 2 * PAGES * PAGE;
		ROAD(mig_dma_map(self->b->ctx, iova, p.memory, counts[i] * PAGE));
		dirty = question(&p);
		dirty.iova = iova;
		dirty.size = counts[i] * PAGE;
		dirty.bitmap.size = (counts[i] + 63) / 64 * 8;
		ret = ask(&p, &dirty);
		EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED,
			   !ret && guard_is_whole(&p),
			   "the bitmap of %u pages, %llu bytes: %s", counts[i],
			   (unsigned long long)dirty.bitmap.size,
			   common_errno(ret));
	}
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* What is wrong with a question, and how it is asked. */
static const struct {
	const char *what;
	s64 iova, size, pgsize, bitmap; /* added to the good ones */
} flaws[] = {
	{ "pages of half the size", 0, 0, -(PAGE / 2), 0 },
	{ "pages of no size", 0, 0, -PAGE, 0 },
	{ "an unaligned address", PAGE / 2, -PAGE, 0, 0 },
	{ "an unaligned size", 0, -(PAGE / 2), 0, 0 },
	{ "no size", 0, -(s64)PAGES * PAGE, 0, 0 },
	{ "a bitmap that is too small", 0, 0, 0, -8 },
	{ "no bitmap", 0, 0, 0, -BITMAP },
	{ "a mapping without its end", 0, -64 * PAGE, 0, 0 },
	{ "a mapping without its beginning", 64 * PAGE, -64 * PAGE, 0, 0 },
};

/* A question that is not about whole mappings and pages is refused. */
TEST_F(v1_dirty, bad_question_is_refused)
{
	struct uapi_dirty_pages dirty;
	struct pages p;
	size_t i;
	int ret;

	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		dirty = question(&p);
		dirty.iova += (u64)flaws[i].iova;
		dirty.size += (u64)flaws[i].size;
		dirty.bitmap.pgsize += (u64)flaws[i].pgsize;
		dirty.bitmap.size += (u64)flaws[i].bitmap;
		ret = ask(&p, &dirty);
		EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED,
			   ret < 0 && guard_is_whole(&p),
			   "%s: the bitmap is given", flaws[i].what);
	}
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* ---- what it has seen ----------------------------------------------------------------- */

/* The other device writes, and is closed: 0 or -errno. */
static int write_and_leave(struct bench *b)
{
	u32 i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(written) && !ret; i++)
		ret = stimulus_dma_write(b->other_stim, IOVA + written[i] * PAGE,
					 64, DIRTY_SEED);
	if (ret)
		return ret;
	stimulus_destroy(b->other_stim);
	b->other_stim = NULL;
	v1_close(&b->other_v1);
	mig_close(b->other);
	b->other = NULL;
	return 0;
}

/* Pages that a device wrote stay marked when it has left the container. */
TEST_F(v1_dirty, pages_of_a_device_that_left_are_marked)
{
	struct pages p;

	NEEDS(NEED_DMA | NEED_SECOND);
	if (!self->b->other_stim || !self->b->other_stim->ops->dma_write)
		NOT_OFFERED("nothing can make the other device write to a page");
	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(write_and_leave(self->b));
	ROAD(get_bitmap(&p));
	EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, unmarked(&p) == PAGES,
		   "page %u was written by a device that is closed now, and is not marked",
		   unmarked(&p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* Each page that the device wrote is marked. */
TEST_F(v1_dirty, written_pages_are_marked)
{
	struct pages p;

	NEEDS(NEED_DMA);
	if (!self->stim->ops->dma_write)
		NOT_OFFERED("nothing can make this device write to a page");
	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(write_pages(self->b));
	ROAD(get_bitmap(&p));
	EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, unmarked(&p) == PAGES,
		   "page %u was written and is not marked", unmarked(&p));
	/* Once more: what is written after a bitmap is in the next. */
	ROAD(write_pages(self->b));
	ROAD(get_bitmap(&p));
	EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, unmarked(&p) == PAGES,
		   "page %u was written again and is not marked", unmarked(&p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* Pages that are unmapped give their marks to whoever unmaps them. */
TEST_F(v1_dirty, unmapping_gives_the_bitmap)
{
	struct uapi_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = UAPI_DMA_UNMAP_GET_DIRTY_BITMAP,
		.iova = IOVA, .size = PAGES * PAGE,
		.bitmap = { .pgsize = PAGE, .size = BITMAP },
	};
	struct pages p;
	int ret;

	ROAD(pages_map(self->b, &p));
	question(&p); /* empties the bitmap */
	unmap.bitmap.data = (u64)(uintptr_t)p.bitmap;
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ret = write_pages(self->b);
	if (ret != -EOPNOTSUPP)
		ROAD(ret);
	/* Nobody can write: what is left to see is the size. */
	ret = ret ? -EOPNOTSUPP : 0;
	EXPECT_REQ(V1_UNMAP_RETURNS_BITMAP,
		   !mig_container_ioctl(self->b->ctx, UAPI_IOMMU_UNMAP_DMA,
					&unmap) && unmap.size == PAGES * PAGE,
		   "unmapping with a bitmap fails, or unmaps %llu bytes",
		   (unsigned long long)unmap.size);
	EXPECT_REQ(V1_UNMAP_RETURNS_BITMAP, ret || unmarked(&p) == PAGES,
		   "page %u was written and is not marked", unmarked(&p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* ---- the last bitmap ---------------------------------------------------------------------- */

/* The first page that changed without a mark; PAGES if there is none. */
static u32 changed_unmarked(const struct pages *p, const u8 *before)
{
	u32 page;

	for (page = 0; page < PAGES; page++)
		if (memcmp(p->memory + page * PAGE, before + page * PAGE, PAGE) &&
		    !is_dirty(p, page))
			return page;
	return PAGES;
}

/* The bitmap behind the stop covers all that changed before it. */
TEST_F(v1_dirty, last_bitmap_covers_all)
{
	static u8 before[PAGES * PAGE];
	struct pages p;

	NEEDS(NEED_DMA);
	if (!self->stim->ops->dma_write)
		NOT_OFFERED("nothing can make this device write to a page");
	ROAD(pages_map(self->b, &p));
	memcpy(before, p.memory, sizeof(before));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(write_pages(self->b));
	ROAD(v1_set_state(self->v1, MIG1_STOP_COPY));
	ROAD(get_bitmap(&p));
	EXPECT_REQ(V1_LAST_BITMAP_IS_FINAL, changed_unmarked(&p, before) == PAGES,
		   "page %u has changed and is not marked",
		   changed_unmarked(&p, before));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

static int dma_writes(struct bench *b, u64 *ret_count)
{
	u64 irq;

	return stimulus_activity_seen(b->stim, ret_count, &irq);
}

/* And a device that kept on writing writes no more behind it. */
TEST_F(v1_dirty, nothing_is_written_after_the_last_bitmap)
{
	u64 before, after;
	struct pages p;

	NEEDS(NEED_DMA);
	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(stimulus_activity_start(self->stim));
	mig_idle(self->dev, COMMON_IDLE_MS);
	ROAD(v1_set_state(self->v1, MIG1_STOP_COPY));
	ROAD(get_bitmap(&p));
	ROAD(dma_writes(self->b, &before));
	mig_idle(self->dev, COMMON_IDLE_MS);
	ROAD(dma_writes(self->b, &after));
	EXPECT_REQ(V1_LAST_BITMAP_IS_FINAL, after == before,
		   "%llu writes to memory after the last bitmap",
		   (unsigned long long)(after - before));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* Work in flight is no exception: it is done before, or not at all. */
TEST_F(v1_dirty, no_late_work_after_the_last_bitmap)
{
	int before, after;
	struct pages p;

	NEEDS(NEED_DMA);
	if (!self->stim->ops->submit)
		NOT_OFFERED("this device has no work that takes a while");
	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(stimulus_submit(self->stim, DIRTY_SEED));
	ROAD(v1_set_state(self->v1, MIG1_STOP_COPY));
	ROAD(get_bitmap(&p));
	before = stimulus_finished(self->stim, DIRTY_SEED);
	mig_idle(self->dev, 2 * COMMON_IDLE_MS);
	after = stimulus_finished(self->stim, DIRTY_SEED);
	EXPECT_REQ(V1_LAST_BITMAP_IS_FINAL, after == before,
		   "the result of work reaches memory after the last bitmap");
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* ---- logging and states ----------------------------------------------------------------------- */

/* Logging and device_state have nothing to do with each other. */
TEST_F(v1_dirty, logging_is_independent_of_state)
{
	u32 state;
	int seen, start, stop;

	for (state = 0; state < ARRAY_SIZE(trouble_way); state++) {
		if (common_reach(self->b, trouble_way[state]))
			continue;
		start = dirty_flags(self->b, UAPI_DIRTY_START);
		stop = dirty_flags(self->b, UAPI_DIRTY_STOP);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_LOGGING_IS_INDEPENDENT_OF_STATE,
			   !start && !stop && seen == (int)state,
			   "logging in %s: start: %s, stop: %s, device_state shows %s",
			   v1_state_name(state), common_errno(start),
			   common_errno(stop), common_state_name(seen));
	}
}

EXPECT_MAIN

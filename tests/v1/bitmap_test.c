// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bitmaps of a container are right in each bit: for any number of pages,
 * at any address, of several mappings at once, under load, and also when the
 * device that made pages dirty is gone.
 */
#include <stdlib.h>

#include "../bits.h"
#include "dirty.h"
#include "trouble.h"

V1_FIXTURE(v1_bitmap, NEED_LOGGING | NEED_DMA)

enum {
	MAP_PAGES = 1024,
	MAP_SIZE = MAP_PAGES * BITS_PAGE,
	MAP_WRITES = 24, /* at random pages */
	MAP_LOAD = 24,	 /* pages written while bitmaps are read */
	MAP_PATIENCE = 200,
};

static const u64 MAP_IOVA = 0x40000000;
static struct bits bits = { .words = true };
static u8 *map_memory;

/* @pages pages of fresh memory at @iova: 0, or -errno of the container. */
static int map_at(struct bench *b, u64 iova, u32 pages)
{
	struct uapi_iommu_cap_migration cap;

	/* These tests count in pages of one size. */
	if (!dirty_capability(b, &cap) &&
	    (cap.pgsize_bitmap & -cap.pgsize_bitmap) != BITS_PAGE)
		return -EOPNOTSUPP;
	map_memory = mmap(NULL, (size_t)pages * BITS_PAGE,
			  PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (map_memory == MAP_FAILED)
		return -ENOMEM;
	return mig_dma_map(b->ctx, iova, map_memory, (size_t)pages * BITS_PAGE);
}

static void map_gone(struct bench *b, u64 iova, u32 pages)
{
	mig_dma_unmap(b->ctx, iova, (size_t)pages * BITS_PAGE);
	munmap(map_memory, (size_t)pages * BITS_PAGE);
}

/* The question of the oracle, put to the container. */
static int map_report(struct bench *b)
{
	struct uapi_dirty_pages dirty = {
		.argsz = sizeof(dirty),
		.flags = UAPI_DIRTY_GET_BITMAP,
		.iova = bits.iova,
		.size = bits.length,
		.bitmap = { .pgsize = bits.page, .size = bits_words(&bits) * 8,
			    .data = (u64)(uintptr_t)bits.map },
	};

	return mig_container_ioctl(b->ctx, UAPI_IOMMU_DIRTY_PAGES, &dirty);
}

/* A bitmap that was given, bit by bit. */
#define MAP_JUDGE(what, ...)                                                  \
	do {                                                                  \
		EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, !bits_lost(&bits),  \
			   what ": %llu written pages are not marked",        \
			   ##__VA_ARGS__, (unsigned long long)bits_lost(&bits)); \
		EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED,                   \
			   !bits_spilt(&bits),                                \
			   what ": %llu bytes around the bitmap have changed", \
			   ##__VA_ARGS__,                                     \
			   (unsigned long long)bits_spilt(&bits));            \
	} while (0)

/* The device writes a page of what is asked about. */
static int map_write(struct stimulus *st, u32 page)
{
	u64 iova = bits.iova + (u64)page * BITS_PAGE;
	int ret = stimulus_dma_write(st, iova, 64, page);

	if (!ret)
		bits_wrote(&bits, iova, 64);
	return ret;
}

static int map_writes(struct stimulus *st)
{
	u32 i;
	int ret = 0;

	for (i = 0; i < MAP_WRITES && !ret; i++)
		ret = map_write(st, bench_random() % (u32)bits.count);
	return ret;
}

/* ---- each bit ---------------------------------------------------------------------- */

/* Random pages, bit by bit, with nothing but faults around the bitmap. */
TEST_F(v1_bitmap, each_bit_is_right)
{
	enum bits_place place;
	int ret;

	ROAD(map_at(self->b, MAP_IOVA, MAP_PAGES));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	for (place = 0; place < BITS_PLACES; place++) {
		ROAD(bits_ask(&bits, MAP_IOVA, MAP_SIZE, BITS_PAGE, place));
		ROAD(map_writes(self->stim));
		ret = map_report(self->b);
		EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED, !ret,
			   "a bitmap of exact size: %s", common_errno(ret));
		if (!ret)
			MAP_JUDGE("place %d of the bitmap", place);
	}
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* First and last page of a mapping of @pages pages at @iova. */
static void map_edges(struct __test_metadata *_metadata, struct bench *b,
		      u64 iova, u32 pages)
{
	int ret;

	/* Not every container reaches that far. */
	if (map_at(b, iova, pages))
		return;
	ROAD(dirty_flags(b, UAPI_DIRTY_START));
	ROAD(bits_ask(&bits, iova, (u64)pages * BITS_PAGE, BITS_PAGE, BITS_LAST));
	if (!map_write(b->stim, 0) && !map_write(b->stim, pages - 1)) {
		ret = map_report(b);
		EXPECT_REQ(V1_BITMAP_ARGUMENTS_ARE_CHECKED, !ret,
			   "the bitmap of %u pages at 0x%llx: %s", pages,
			   (unsigned long long)iova, common_errno(ret));
		if (!ret)
			MAP_JUDGE("%u pages at 0x%llx", pages,
				  (unsigned long long)iova);
	}
	ROAD(dirty_flags(b, UAPI_DIRTY_STOP));
	map_gone(b, iova, pages);
}

/* A bitmap is counted in words of 64 bits, however few pages there are. */
TEST_F(v1_bitmap, every_number_of_pages_is_right)
{
	static const u32 counts[] = { 1, 2, 7, 63, 64, 65, 127, 129, 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		map_edges(_metadata, self->b, MAP_IOVA, counts[i]);
}

/* From the first page to the last that can be mapped. */
TEST_F(v1_bitmap, every_address_is_right)
{
	static const u64 places[] = {
		0, (1ull << 32) - BITS_PAGE, 1ull << 40,
		(1ull << 47) - 2 * BITS_PAGE, 1ull << 62,
		(1ull << 63) - BITS_PAGE, -(u64)3 * BITS_PAGE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		map_edges(_metadata, self->b, places[i], 2);
}

/* Mappings with a hole between them have one bitmap, if that is asked for. */
TEST_F(v1_bitmap, mappings_share_a_bitmap)
{
	enum { PART = 64 };
	u64 third = MAP_IOVA + 2ull * PART * BITS_PAGE;

	ROAD(map_at(self->b, MAP_IOVA, PART));
	ROAD(map_at(self->b, third, PART));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(bits_ask(&bits, MAP_IOVA, 3ull * PART * BITS_PAGE, BITS_PAGE,
		      BITS_LAST));
	ROAD(map_write(self->stim, 3));
	ROAD(map_write(self->stim, PART - 1));
	ROAD(map_write(self->stim, 2 * PART));
	ROAD(map_write(self->stim, 3 * PART - 1));
	ROAD(map_report(self->b));
	MAP_JUDGE("two mappings");
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* ---- load ------------------------------------------------------------------------------ */

/* Every page there is. */
TEST_F(v1_bitmap, floods_are_marked)
{
	u32 page;

	ROAD(map_at(self->b, MAP_IOVA, MAP_PAGES));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(bits_ask(&bits, MAP_IOVA, MAP_SIZE, BITS_PAGE, BITS_LAST));
	for (page = 0; page < MAP_PAGES; page++)
		ROAD(map_write(self->stim, page));
	ROAD(map_report(self->b));
	MAP_JUDGE("%d pages", MAP_PAGES);
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* A container may write over what was there: the marks of all bitmaps. */
static int map_report_more(struct bench *b)
{
	static u64 told[MAP_PAGES / 64];
	size_t i;
	int ret;

	ret = map_report(b);
	for (i = 0; !ret && i < ARRAY_SIZE(told); i++)
		bits.map[i] = told[i] |= bits.map[i];
	return ret;
}

/* Until all but @left pages have landed. */
static void map_follow(struct __test_metadata *_metadata, struct bench *b,
		       u32 submitted, u32 left)
{
	u32 turn, landed = 0;

	for (turn = 0; turn < MAP_PATIENCE && landed + left < submitted; turn++) {
		landed = bits_landed(&bits, map_memory, submitted);
		ROAD(map_report_more(b));
		EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, !bits_lost(&bits),
			   "%u pages are written while bitmaps are read, %llu are in none of them",
			   landed, (unsigned long long)bits_lost(&bits));
		mig_idle(b->dev, turn % 3);
	}
}

/* Bitmaps while the device writes: no page falls between two of them. */
TEST_F(v1_bitmap, nothing_is_lost_between_bitmaps)
{
	u32 page;

	if (!self->stim->ops->dma_submit)
		NOT_OFFERED("DMA that takes a while");
	ROAD(map_at(self->b, MAP_IOVA, MAP_PAGES));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(bits_ask(&bits, MAP_IOVA, MAP_SIZE, BITS_PAGE, BITS_LAST));
	for (page = 0; page < MAP_LOAD; page++) {
		ROAD(bits_submit(self->stim, MAP_IOVA, page));
		map_follow(_metadata, self->b, page + 1, 1);
	}
	map_follow(_metadata, self->b, MAP_LOAD, 0);
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

/* ---- devices that go ----------------------------------------------------------------------- */

static void map_part(struct bench *b)
{
	v1_close(&b->other_v1);
	stimulus_destroy(b->other_stim);
	b->other_stim = NULL;
	mig_close(b->other);
	b->other = NULL;
}

/* What a device has written stays marked when the device is closed. */
TEST_F(v1_bitmap, marks_outlive_their_device)
{
	NEEDS(NEED_SECOND);
	if (!self->b->other_stim || !self->b->other_stim->ops->dma_write)
		NOT_OFFERED("a second device that does DMA");
	ROAD(map_at(self->b, MAP_IOVA, MAP_PAGES));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	ROAD(bits_ask(&bits, MAP_IOVA, MAP_SIZE, BITS_PAGE, BITS_FIRST));
	ROAD(map_writes(self->b->other_stim));
	map_part(self->b);
	ROAD(map_report(self->b));
	MAP_JUDGE("by a device that was closed since");
	ROAD(dirty_flags(self->b, UAPI_DIRTY_STOP));
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks of migration data: where they lie, how they may be read, and that
 * all of them in order are the device as it was when it stopped.
 */
#include "common.h"

V1_FIXTURE(v1_data, NEED_NOTHING)

enum { SPLIT_MAX = 16384, SPLIT_CHUNKS = 2 };

static struct stream whole, pieces;

/* Stops the device and asks for its first chunk: as common_announce(). */
static int first_chunk(struct bench *b, u64 *ret_offset, u64 *ret_size)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = common_mark(b, COMMON_SEED);
		if (!ret)
			ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
		if (ret)
			continue;
		ret = common_announce(&b->v1, ret_offset, ret_size);
		if (ret >= 0)
			break;
	}
	return ret;
}

/* first_chunk() with something in it, or the test has nothing to look at. */
#define FIRST_CHUNK(offset, size)                                           \
	do {                                                                \
		ROAD(first_chunk(self->b, &(offset), &(size)));             \
		if (!(size))                                                \
			NOT_OFFERED("a chunk with data in it");             \
	} while (0)

/* The first @len bytes at @offset, from the start of @to. */
static int fetch_again(struct v1 *v1, u64 offset, size_t len, struct stream *to)
{
	stream_clear(to);
	return common_fetch_chunk(v1, offset, len, to);
}

/* When data_offset has been read, the chunk is there, and complete. */
TEST_F(v1_data, chunk_is_there_at_once)
{
	u64 offset, size = 0;
	int ret;

	FIRST_CHUNK(offset, size);
	ROAD(fetch_again(self->v1, offset, size, &whole));
	mig_idle(self->dev, COMMON_IDLE_MS);
	ret = fetch_again(self->v1, offset, size, &pieces);
	if (ret)
		NOT_OFFERED("a second look at a chunk");
	EXPECT_REQ(V1_OFFSET_READ_STAGES_CHUNK, stream_equal(&whole, &pieces),
		   "%llu bytes were others when they were first read",
		   (unsigned long long)size);
}

/* A chunk that cannot be fetched once it was announced was not there. */
TEST_F(v1_data, announced_chunk_can_be_fetched)
{
	u64 offset, size = 0;
	int i, ret = -EIO;

	for (i = 0; i < COMMON_TRIES && ret; i++) {
		FIRST_CHUNK(offset, size);
		ret = fetch_again(self->v1, offset, size, &whole);
	}
	EXPECT_REQ(V1_OFFSET_READ_STAGES_CHUNK, !ret,
		   "a read of %llu bytes at 0x%llx fails: %s",
		   (unsigned long long)size, (unsigned long long)offset,
		   common_errno(ret));
}

/* Header, chunk, end of region: in this order, for saves and restores. */
TEST_F(v1_data, chunks_lie_in_the_data_section)
{
	u64 pending, offset, size;
	int i;

	ROAD(common_reach(self->b, "2"));
	for (i = 0; i < COMMON_LOOK_MAX; i++) {
		ROAD(v1_pending(self->v1, &pending));
		if (!pending)
			break;
		ROAD(v1_offset(self->v1, &offset));
		ROAD(v1_size(self->v1, &size));
		EXPECT_REQ(V1_CHUNK_IS_INSIDE_REGION,
			   common_inside(self->v1, offset, size),
			   "%llu bytes at 0x%llx in a region of 0x%llx",
			   (unsigned long long)size, (unsigned long long)offset,
			   (unsigned long long)self->v1->region.size);
	}
	ROAD(common_reach(self->b, "4"));
	ROAD(v1_offset(self->v1, &offset));
	EXPECT_REQ(V1_CHUNK_IS_INSIDE_REGION, common_inside(self->v1, offset, 1),
		   "restored data is to go to 0x%llx", (unsigned long long)offset);
}

/* Offset and size of a chunk stay while it is at hand, in any order. */
TEST_F(v1_data, place_and_size_stay_in_an_iteration)
{
	u64 offset, size = 0, offset2, size2;
	int round;

	FIRST_CHUNK(offset, size);
	for (round = 0; round < 4; round++) {
		ROAD(round % 2 ? v1_offset(self->v1, &offset2) :
				 v1_size(self->v1, &size2));
		ROAD(round % 2 ? v1_size(self->v1, &size2) :
				 v1_offset(self->v1, &offset2));
		EXPECT_REQ(V1_CHUNK_IS_STABLE_IN_ITERATION,
			   offset2 == offset && size2 == size,
			   "%llu bytes at 0x%llx became %llu at 0x%llx",
			   (unsigned long long)size, (unsigned long long)offset,
			   (unsigned long long)size2,
			   (unsigned long long)offset2);
	}
}

static int save_looking_twice(struct bench *b, int arg, struct stream *stream)
{
	struct stream_budget budget;
	u64 offset, size, again;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	stream_budget_start(&budget);
	while (!ret) {
		ret = common_announce(&b->v1, &offset, &size);
		if (ret <= 0)
			return ret;
		ret = stream_budget_pay(&budget);
		if (!ret)
			ret = v1_offset(&b->v1, &again);
		if (!ret)
			ret = common_fetch_chunk(&b->v1, offset, size, stream);
		if (!ret)
			ret = v1_offset(&b->v1, &again);
	}
	return ret;
}

/* Nor does looking again stage anything new. */
TEST_F(v1_data, second_look_stages_nothing)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_looking_twice, NULL, 0));
	EXPECT_REQ(V1_CHUNK_IS_STABLE_IN_ITERATION, ret == 1,
		   "with data_offset read three times: %s",
		   common_differs(self->b));
}

/* ---- ways to read ---------------------------------------------------------- */

static const size_t steps[] = { 1, 8, 4095, 4096 };

/* QEMU moves as much as is aligned in the file: 8 bytes, or 4, 2, 1. */
static size_t qemu_step(u64 offset, size_t left)
{
	size_t step = 8;

	while (step > left || offset % step)
		step /= 2;
	return step;
}

/* Adds @len bytes to @to, in steps of @step bytes, or QEMU's where it is 0. */
static int fetch_in_steps(struct v1 *v1, u64 offset, size_t len, size_t step,
			  struct stream *to)
{
	size_t done, n;
	int ret = 0;
	u8 *at;

	for (done = 0; done < len && !ret; done += n) {
		n = step ? step : qemu_step(v1->region.offset + offset + done,
					    len - done);
		n = n < len - done ? n : len - done;
		ret = stream_reserve(to, n, &at);
		if (!ret)
			ret = common_fetch(v1, at, n, offset + done);
		to->len += ret ? 0 : n;
	}
	return ret;
}

/* Pieces of any size are the same bytes as the whole. */
TEST_F(v1_data, pieces_equal_the_whole)
{
	u64 offset, size = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		FIRST_CHUNK(offset, size);
		if (size > SPLIT_MAX)
			size = SPLIT_MAX;
		ROAD(fetch_again(self->v1, offset, size, &whole));
		stream_clear(&pieces);
		/* Whether it can be read again at all is another matter. */
		if (fetch_in_steps(self->v1, offset, size, steps[i], &pieces))
			continue;
		EXPECT_REQ(V1_CHUNK_READ_IN_ANY_SPLIT,
			   stream_equal(&whole, &pieces),
			   "steps of %zu bytes give others", steps[i]);
	}
}

/* The first chunks begin in small steps; all of it would take its time. */
static int save_in_steps(struct bench *b, int step, struct stream *stream)
{
	int i, ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	u64 offset, size, part;

	for (i = 0; i < SPLIT_CHUNKS && !ret; i++) {
		ret = common_announce(&b->v1, &offset, &size);
		if (ret <= 0)
			return ret;
		part = size < SPLIT_MAX ? size : SPLIT_MAX;
		ret = fetch_in_steps(&b->v1, offset, part, (size_t)step, stream);
		if (!ret)
			ret = common_fetch_chunk(&b->v1, offset + part,
						 size - part, stream);
	}
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* Nobody has to fetch a chunk at once. */
TEST_F(v1_data, save_in_pieces_restores)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(steps) && !bench_late(); i++) {
		ROAD(ret = common_trip(self->b, save_in_steps, NULL,
				       (int)steps[i]));
		EXPECT_REQ(V1_CHUNK_READ_IN_ANY_SPLIT, ret == 1,
			   "read in steps of %zu bytes: %s", steps[i],
			   common_differs(self->b));
	}
}

/* QEMU reads 8 bytes at a time, then 4, 2 and 1. */
TEST_F(v1_data, save_as_qemu_reads_restores)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_in_steps, NULL, 0));
	EXPECT_REQ(V1_CHUNK_READ_IN_ANY_SPLIT, ret == 1, "%s",
		   common_differs(self->b));
}

/* Reading does not consume: the second time, from the back, gives the same. */
TEST_F(v1_data, chunk_can_be_read_again)
{
	u64 offset, size = 0, half;
	int ret;

	FIRST_CHUNK(offset, size);
	ROAD(fetch_again(self->v1, offset, size, &whole));
	half = size / 2;
	ret = fetch_again(self->v1, offset + half, size - half, &pieces);
	EXPECT_REQ(V1_CHUNK_CAN_BE_REREAD,
		   ret || !memcmp(whole.bytes + half, pieces.bytes, size - half),
		   "the second half is another at the second read");
	if (!ret)
		ret = fetch_again(self->v1, offset, half, &pieces);
	EXPECT_REQ(V1_CHUNK_CAN_BE_REREAD,
		   ret || !memcmp(whole.bytes, pieces.bytes, half),
		   "the first half is another at the second read");
	PREFER_REQ(V1_CHUNK_CAN_BE_REREAD, !ret, "a second read fails: %s",
		   common_errno(ret));
}

static int save_rereading(struct bench *b, int arg, struct stream *stream)
{
	struct stream_budget budget;
	u64 offset, size;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	stream_budget_start(&budget);
	while (!ret) {
		ret = common_announce(&b->v1, &offset, &size);
		if (ret <= 0)
			return ret;
		ret = stream_budget_pay(&budget);
		if (!ret)
			ret = common_fetch_chunk(&b->v1, offset, size, stream);
		/* It may be refused, but not have consequences. */
		if (!ret)
			fetch_again(&b->v1, offset, size, &pieces);
	}
	return ret;
}

/* And the rest of the stream follows unharmed. */
TEST_F(v1_data, rereading_harms_no_other_chunk)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_rereading, NULL, 0));
	EXPECT_REQ(V1_CHUNK_CAN_BE_REREAD, ret == 1, "%s",
		   common_differs(self->b));
}

/* A mapping shows the bytes that a read gives, whenever it was made. */
TEST_F(v1_data, mapping_shows_what_is_read)
{
	u64 offset, size;
	void *view;
	int i, more;

	NEEDS(NEED_MMAP);
	ROAD(v1_map(self->v1));
	ROAD(common_reach(self->b, "2"));
	ROAD(more = common_announce(self->v1, &offset, &size));
	for (i = 0; more && i < COMMON_LOOK_MAX; i++) {
		ROAD(fetch_again(self->v1, offset, size, &whole));
		view = size ? v1_mapped(self->v1, offset, size) : NULL;
		EXPECT_REQ(V1_MAPPED_VIEW_EQUALS_READ,
			   !view || !memcmp(view, whole.bytes, size),
			   "%llu bytes at 0x%llx are others in the mapping",
			   (unsigned long long)size, (unsigned long long)offset);
		ROAD(more = common_announce(self->v1, &offset, &size));
	}
}

static int save_mapped(struct bench *b, int arg, struct stream *stream)
{
	struct v1_moving how = { .mapped = true };
	int ret = v1_map(&b->v1);

	return ret ? ret : v1_save(&b->v1, &how, V1_NO_PRE_COPY, stream);
}

/* A save through the mapping is as good as one by read. */
TEST_F(v1_data, mapped_save_restores)
{
	int ret;

	NEEDS(NEED_MMAP);
	ROAD(ret = common_trip(self->b, save_mapped, NULL, 0));
	EXPECT_REQ(V1_MAPPED_VIEW_EQUALS_READ, ret == 1, "%s",
		   common_differs(self->b));
}

/* Chunks may differ in place and size; whether they do is told. */
TEST_F(v1_data, chunks_may_vary)
{
	u64 offset = 0, size = 0, first, largest;
	int i, more, moved = 0;

	ROAD(common_reach(self->b, "2"));
	ROAD(more = common_announce(self->v1, &offset, &size));
	first = offset;
	largest = size;
	for (i = 0; more && i < COMMON_LOOK_MAX; i++) {
		moved += offset != first;
		largest = size > largest ? size : largest;
		ROAD(more = common_announce(self->v1, &offset, &size));
	}
	PREFER_REQ(V1_CHUNK_SIZE_AND_PLACE_VARY, moved,
		   "all chunks lie at 0x%llx, the largest has %llu bytes",
		   (unsigned long long)first, (unsigned long long)largest);
}

EXPECT_MAIN

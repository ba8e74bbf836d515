// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a malicious user of a device may do to himself alone: sizes that
 * nothing backs, streams that nobody saved, data written where none is due,
 * many threads at a time. Afterwards a reset makes the device as good as new.
 */
#include <pthread.h>
#include <sched.h>

#include "trouble.h"

V1_FIXTURE(v1_secure, NEED_NOTHING)

enum {
	FUZZ_ROUNDS = 6,
	FUZZ_ROUNDS_HOSTILE = 200,
	FUZZ_KINDS = 4,
	FUZZ_KINDS_HOSTILE = 5, /* lengths, too */
	SCRIBBLE_MAX = 1 << 16, /* bytes */
	THREADS = 3,
	THREAD_ROUNDS = 150,
};

static struct stream saved, spoilt;

/* A migration works before the trouble begins; the device is fresh then. */
static int begin(struct bench *b)
{
	int ret = trouble_baseline(b);

	if (!ret)
		ret = common_save(b, &saved);
	return ret ? ret : bench_fresh();
}

/* ---- data_size ------------------------------------------------------------------ */

/*
 * Hands over @size bytes that were never written: 0 where that did no harm.
 * Taken or refused, the device has its former contents or initial ones, or it
 * does not start.
 */
static int size_does_harm(struct bench *b, u64 size)
{
	int ret = bench_fresh();

	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RESUMING);
	if (ret)
		return ret;
	if (v1_write_size(&b->v1, size) ||
	    v1_set_state(&b->v1, MIG1_RUNNING))
		return 0;
	return !common_shows(b, COMMON_SEED) &&
	       stimulus_is_initial(b->stim) == 0;
}

static void judge_size(struct __test_metadata *_metadata, struct bench *b,
		       u64 size)
{
	const char *wrong;
	int ret = size_does_harm(b, size);

	if (ret < 0)
		return;
	EXPECT_REQ(V1_DATA_SIZE_WRITE_IS_BOUNDED, !ret,
		   "data_size 0x%llx without data is taken, and the device is neither what it was nor initial",
		   (unsigned long long)size);
	wrong = trouble_left(b, true);
	EXPECT_REQ(V1_DATA_SIZE_WRITE_IS_BOUNDED, !wrong,
		   "data_size 0x%llx without data was written: %s",
		   (unsigned long long)size, wrong);
}

/* A data_size that nothing backs is refused, or does nothing. */
TEST_F(v1_secure, size_beyond_window_does_nothing)
{
	u64 place;

	ROAD(begin(self->b));
	ROAD(common_reach(self->b, "4"));
	ROAD(v1_offset(self->v1, &place));
	if (place < self->v1->region.size)
		judge_size(_metadata, self->b,
			   self->v1->region.size - place + 1);
	judge_size(_metadata, self->b, self->v1->region.size);
	judge_size(_metadata, self->b, 2 * self->v1->region.size);
}

/* Nor does one that makes sums overflow. */
TEST_F(v1_secure, astronomic_size_does_nothing)
{
	static const u64 sizes[] = { 1ull << 31, (1ull << 32) - 1, 1ull << 32,
				     1ull << 63, ~0ull - 4095, ~0ull };
	size_t i;

	if (self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("only judged by profile hostile");
	ROAD(begin(self->b));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		judge_size(_metadata, self->b, sizes[i]);
}

/* A chunk that was written in part is not taken for a whole one. */
static int load_claiming_more(struct bench *b, int arg,
			      const struct stream *stream)
{
	u64 place;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	if (!ret)
		ret = v1_offset(&b->v1, &place);
	if (ret)
		return ret;
	if (stream->len && common_inside(&b->v1, place, 1))
		v1_pwrite(&b->v1, stream->bytes, 1, place);
	v1_write_size(&b->v1, b->v1.region.size - place);
	ret = trouble_reset(b);
	return ret ? ret : common_plain_load(b, 0, stream);
}

TEST_F(v1_secure, size_beyond_data_is_forgotten)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, NULL, load_claiming_more, 0));
	EXPECT_REQ(V1_DATA_SIZE_WRITE_IS_BOUNDED, ret == 1,
		   "data_size was more than was written, then came a reset and a restore: %s",
		   common_differs(self->b));
}

/* ---- streams ----------------------------------------------------------------------- */

/* Some words that a parser may take for a length. */
static void plant_length(struct stream *stream)
{
	static const u32 lengths[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	u32 length = lengths[bench_random() % ARRAY_SIZE(lengths)];

	if (stream->len >= sizeof(length))
		memcpy(stream->bytes + bench_random() %
			       (stream->len / sizeof(length)) * sizeof(length),
		       &length, sizeof(length));
}

/* Spoils the copy in one of FUZZ_KINDS_HOSTILE ways: 0 or -ENOMEM. */
static int spoil(u32 kind)
{
	size_t i, chunk;
	int ret = stream_copy(&saved, &spoilt);

	if (ret)
		return ret;
	chunk = bench_random() % saved.chunks;
	if (kind == 0)
		trouble_fill(spoilt.bytes, spoilt.len);
	else if (kind == 1)
		trouble_fill(spoilt.bytes + stream_chunk_start(&saved, chunk),
			     stream_chunk_len(&saved, chunk));
	for (i = 0; kind == 2 && i < 8; i++)
		trouble_flip(&spoilt, spoilt.len);
	if (kind == 4)
		plant_length(&spoilt);
	if (kind != 3)
		return 0;
	stream_clear(&spoilt);
	for (i = 0; i < saved.chunks && !ret; i++)
		ret = trouble_append_chunk(&spoilt, &saved,
					   (i + chunk) % saved.chunks);
	return ret;
}

/* A stream that nobody saved harms no longer than until the reset. */
TEST_F(v1_secure, fuzzed_stream_is_contained)
{
	bool hostile = self->b->profile == PROFILE_HOSTILE;
	u32 i, rounds = hostile ? FUZZ_ROUNDS_HOSTILE : FUZZ_ROUNDS;
	u32 kinds = hostile ? FUZZ_KINDS_HOSTILE : FUZZ_KINDS;
	const char *wrong;
	int state;

	ROAD(begin(self->b));
	if (!saved.len)
		NOT_OFFERED("the stream is empty");
	bench_late(); /* the clock runs from here */
	for (i = 0; i < rounds && !bench_late(); i++) {
		ROAD(spoil(i % kinds));
		v1_restore(self->v1, NULL, &spoilt);
		state = common_state(self->v1);
		EXPECT_REQ(V1_HOSTILE_STREAM_IS_CONTAINED,
			   state == MIG1_RUNNING || state == MIG1_RESUMING ||
				   state == MIG1_ERROR,
			   "device_state shows %s after a hostile restore",
			   common_state_name(state));
		EXPECT_REQ(V1_HOSTILE_STREAM_IS_CONTAINED,
			   !trouble_reset(self->b),
			   "reset fails after a hostile restore");
	}
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_HOSTILE_STREAM_IS_CONTAINED, !wrong,
		   "after hostile restores: %s", wrong);
}

/* ---- data where none is due ------------------------------------------------------------- */

static void scribble(struct v1 *v1, u64 offset, u64 size)
{
	u8 garbage[COMMON_PIECE];
	u64 done;
	size_t part;

	trouble_fill(garbage, sizeof(garbage));
	for (done = 0; done < size && done < SCRIBBLE_MAX; done += part) {
		part = size - done < sizeof(garbage) ? size - done :
						       sizeof(garbage);
		if (v1_pwrite(v1, garbage, part, offset + done) < 0)
			break;
	}
}

/* Writes garbage over each chunk that was read. */
static int save_scribbling(struct bench *b, int mapped, struct stream *stream)
{
	u64 pending, offset, size;
	int ret = mapped ? v1_map(&b->v1) : 0;

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	if (!ret)
		ret = v1_pending(&b->v1, &pending);
	while (!ret && pending && stream->len < stream_limits.bytes) {
		ret = v1_collect_chunk(&b->v1, NULL, stream);
		if (!ret)
			ret = v1_offset(&b->v1, &offset);
		if (!ret)
			ret = v1_size(&b->v1, &size);
		if (!ret && mapped && v1_mapped(&b->v1, offset, size))
			trouble_fill(v1_mapped(&b->v1, offset, size), size);
		else if (!ret && !mapped && common_inside(&b->v1, offset, size))
			scribble(&b->v1, offset, size);
		if (!ret)
			ret = v1_pending(&b->v1, &pending);
	}
	return ret;
}

/* Data written over a chunk that was read does not reach the rest. */
TEST_F(v1_secure, write_over_chunk_is_inert)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, save_scribbling, NULL, 0));
	EXPECT_REQ(V1_DATA_WRITES_OUTSIDE_RESUMING_ARE_INERT, ret == 1,
		   "chunks were overwritten after they had been read: %s",
		   common_differs(self->b));
}

/* By way of the mapping neither. */
TEST_F(v1_secure, store_over_chunk_is_inert)
{
	int ret;

	NEEDS(NEED_MMAP);
	ROAD(v1_map(self->v1));
	ROAD(ret = trouble_trip(self->b, save_scribbling, NULL, 1));
	EXPECT_REQ(V1_DATA_WRITES_OUTSIDE_RESUMING_ARE_INERT, ret == 1,
		   "chunks were overwritten in the mapping after they had been read: %s",
		   common_differs(self->b));
}

/* Data written in any other state does not land in the device. */
TEST_F(v1_secure, stray_data_is_inert)
{
	static const u32 states[] = { MIG1_RUNNING, MIG1_STOP, MIG1_PRE_COPY };
	u64 size = self->v1->region.size - MIG1_HEADER_SIZE;
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(bench_fresh());
		ROAD(common_mark(self->b, COMMON_SEED));
		if (v1_set_state(self->v1, states[i]))
			continue;
		scribble(self->v1, MIG1_HEADER_SIZE, size);
		scribble(self->v1, self->v1->region.size / 2 / COMMON_PIECE *
				   COMMON_PIECE, COMMON_PIECE);
		if (v1_set_state(self->v1, MIG1_RUNNING))
			continue;
		ROAD(ret = common_shows(self->b, COMMON_SEED));
		EXPECT_REQ(V1_DATA_WRITES_OUTSIDE_RESUMING_ARE_INERT, ret,
			   "data written in %s shows in the device: %s",
			   v1_state_name(states[i]), self->stim->differs);
	}
}

/* ---- threads ----------------------------------------------------------------------------- */

struct crowd {
	struct bench *b;
	pthread_barrier_t start;
	u64 seeds[THREADS];
	u32 joined;
};

static void access_at_random(struct v1 *v1, u64 dice)
{
	static const u32 states[] = { MIG1_STOP, MIG1_RUNNING, MIG1_STOP_COPY,
				      MIG1_PRE_COPY, MIG1_RESUMING };
	u64 value, offset, size;
	u8 bytes[256];

	switch (dice % 4) {
	case 0:
		v1_write_state(v1, states[dice / 4 % ARRAY_SIZE(states)]);
		break;
	case 1:
		v1_pending(v1, &value);
		break;
	case 2:
		if (v1_offset(v1, &offset) || v1_size(v1, &size) ||
		    !common_inside(v1, offset, size))
			break;
		v1_pread(v1, bytes, size < sizeof(bytes) ? size : sizeof(bytes),
			 offset);
		break;
	default:
		v1_set_state(v1, states[dice / 4 % ARRAY_SIZE(states)]);
	}
}

static void *join_crowd(void *arg)
{
	struct crowd *crowd = arg;
	u32 i, me = __atomic_fetch_add(&crowd->joined, 1, __ATOMIC_SEQ_CST);

	pthread_barrier_wait(&crowd->start);
	for (i = 0; i < THREAD_ROUNDS && !bench_late(); i++) {
		access_at_random(&crowd->b->v1,
				 stimulus_pattern(crowd->seeds[me], i) >> 8);
		sched_yield();
	}
	return NULL;
}

/* Several threads use the device: 0, or -errno where there are none. */
static int use_crowded(struct bench *b)
{
	static struct crowd crowd;
	pthread_t threads[THREADS];
	u32 i, begun;
	int ret = 0;

	crowd.b = b;
	bench_late(); /* its clock starts here, not in a thread */
	for (i = 0; i < THREADS; i++)
		crowd.seeds[i] = bench_random();
	pthread_barrier_init(&crowd.start, NULL, THREADS);
	mig_concurrent(b->ctx, true);
	for (begun = 0; begun < THREADS - 1 && !ret; begun++)
		ret = -pthread_create(&threads[begun], NULL, join_crowd, &crowd);
	/* This thread is the last; without all the others none can start. */
	if (!ret)
		join_crowd(&crowd);
	for (i = 0; i < begun && !ret; i++)
		pthread_join(threads[i], NULL);
	mig_concurrent(b->ctx, false);
	return ret;
}

/* Accesses of many threads take effect one after the other. */
TEST_F(v1_secure, crowded_device_is_sound)
{
	const char *wrong;
	int state;

	ROAD(begin(self->b));
	ROAD(use_crowded(self->b));
	state = common_state(self->v1);
	EXPECT_REQ(V1_ACCESSES_ARE_SERIALISED,
		   state >= 0 && state != MIG1_INVALID_5 &&
			   state != MIG1_INVALID_7,
		   "device_state shows %s after accesses from %d threads",
		   common_state_name(state), THREADS);
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_ACCESSES_ARE_SERIALISED, !wrong,
		   "after accesses from %d threads: %s", THREADS, wrong);
}

EXPECT_MAIN

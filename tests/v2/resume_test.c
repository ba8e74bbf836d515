// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading promises: a complete stream gives a device the contents that were
 * saved, however the stream was cut, taken and finished, and whatever the
 * device held before.
 */
#include "common.h"

V2_FIXTURE(v2_resume, NEED_NOTHING)

enum {
	RESUME_BYTEWISE = 16384, /* bytes at each end of a long stream */
	RESUME_MIDDLE = 65536,	 /* pieces between them */
	RESUME_SEEDS = 6,
};

/* How a stream gets into a device. */
struct way {
	struct v2_moving how;
	bool keep_open;	  /* data_fd, until RESUMING was left */
	bool bare;	  /* on a device as reset leaves it */
	u64 used;	  /* else on one with contents of this seed */
	u32 to, then;	  /* by this state, and from there to this one */
};

/* The ends of @stream cut as @how says, the middle of a long one in pieces. */
static int load_cut(struct mig_file *data, const struct v2_moving *how,
		    const struct stream *stream)
{
	static const struct v2_moving pieces = { .piece = RESUME_MIDDLE };
	size_t head = stream->len, tail = stream->len;
	int ret;

	if (how->piece && stream->len > 3 * RESUME_BYTEWISE) {
		head = RESUME_BYTEWISE;
		tail = stream->len - RESUME_BYTEWISE;
	}
	ret = v2_load(data, how, stream, 0, head);
	if (!ret)
		ret = v2_load(data, &pieces, stream, head, tail);
	return ret ? ret : v2_load(data, how, stream, tail, stream->len);
}

static int load_once(struct bench *b, const struct way *way,
		     const struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret;

	ret = bench_fresh();
	if (!ret && !way->bare)
		ret = common_mark(b, way->used);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RESUMING, &data);
	if (!ret)
		ret = data ? load_cut(data, &way->how, stream) : -EPROTO;
	if (!way->keep_open)
		mig_file_close(data);
	if (!ret)
		ret = v2_set(&b->v2, way->to, NULL);
	if (way->keep_open)
		mig_file_close(data);
	if (!ret && way->then)
		ret = v2_set(&b->v2, way->then, NULL);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

/* 0, -EILSEQ for wrong contents, or how the device refused, each time. */
static int load(struct bench *b, const struct way *way,
		const struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = load_once(b, way, stream);
		if (!ret || ret == -EILSEQ)
			break;
	}
	return ret;
}

static const char *outcome(struct bench *b, int ret)
{
	return ret == -EILSEQ && b->stim ? b->stim->differs : common_errno(ret);
}

/* ---- contents ------------------------------------------------------------------ */

/* From contents of @seed into others; verified to the last thing. */
static int round_trip(struct bench *b, u64 seed, struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, seed);
		if (!ret)
			ret = v2_save(&b->v2, NULL, 0, stream);
		if (!ret)
			ret = common_fresh(b, seed ^ 1);
		if (!ret)
			ret = v2_restore(&b->v2, NULL, stream);
		if (!ret)
			ret = stimulus_verify_all(b->stim, seed);
		if (!ret || ret == -EILSEQ)
			break;
	}
	return ret;
}

/* What was saved comes back, all of it. */
TEST_F(v2_resume, contents_come_back)
{
	struct stream stream;
	u64 seed;
	int ret;

	NEEDS(NEED_STIMULUS);
	stream_init(&stream);
	for (seed = 0; seed < RESUME_SEEDS; seed++) {
		ret = round_trip(self->b, seed, &stream);
		if (ret != -EILSEQ)
			ROAD(ret);
		EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret, "%s",
			   outcome(self->b, ret));
	}
}

/* Queues that are full or empty are contents like any others. */
TEST_F(v2_resume, full_and_empty_devices_come_back)
{
	static const u64 edges[] = { STIMULUS_FULL, STIMULUS_EMPTY };
	struct stream stream;
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	stream_init(&stream);
	ROAD(common_round_trip(self->b));
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		ret = round_trip(self->b, COMMON_SEED | edges[i], &stream);
		EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret, "with %s queues: %s",
			   i ? "empty" : "full", outcome(self->b, ret));
	}
}

/* On another device too, which is what all this is for. */
TEST_F(v2_resume, contents_move_to_another_device)
{
	struct bench *b = self->b;
	struct stream stream;
	int i, ret = 0;

	NEEDS(NEED_STIMULUS | NEED_SECOND);
	if (!stimulus_can_mark(b->other_stim))
		NOT_OFFERED("a stimulus for the second device");
	stream_init(&stream);
	ROAD(common_save(b, &stream));
	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(v2_recover(&b->other_v2));
		ROAD(stimulus_mark(b->other_stim, COMMON_NOISE));
		ret = v2_restore(&b->other_v2, NULL, &stream);
		if (!ret)
			break;
	}
	ROAD(ret);
	ret = stimulus_verify_all(b->other_stim, COMMON_SEED);
	if (ret != -EILSEQ)
		ROAD(ret);
	EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret, "on another device: %s",
		   b->other_stim->differs);
}

/* Work that was under way is finished by whoever got the stream. */
TEST_F(v2_resume, work_under_way_is_finished)
{
	enum { JOB = 77 };
	struct stream stream;
	int ret;

	NEEDS(NEED_DMA);
	stream_init(&stream);
	ROAD(stimulus_submit(self->stim, JOB));
	ROAD(v2_save(self->v2, NULL, 0, &stream));
	ret = stimulus_finished(self->stim, JOB);
	if (ret != -EAGAIN)
		NOT_OFFERED("work that takes long enough");
	ROAD(bench_fresh());
	ROAD(v2_restore(self->v2, NULL, &stream));
	ret = common_finished(self->b, JOB);
	EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret,
		   "work under way at the save is not finished after the load: %s",
		   common_errno(ret));
}

/* ---- cutting ------------------------------------------------------------------- */

static void loads_cut(struct __test_metadata *_metadata, struct bench *b,
		      const struct v2_moving *how)
{
	struct way way = { .how = *how, .used = COMMON_NOISE,
			   .to = MIG2_RUNNING };
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(b, &stream));
	ROAD(common_load(b, &stream));
	ret = load(b, &way, &stream);
	EXPECT_REQ(V2_ANY_SEGMENTATION_LOADS, !ret,
		   "written in %spieces of %zu bytes: %s",
		   how->seed ? "random " : "", how->piece, outcome(b, ret));
	stream_free(&stream);
}

/* Cutting is the user's business: bytes come one by one, */
TEST_F(v2_resume, bytewise_streams_load)
{
	static const struct v2_moving how = { .piece = 1 };

	loads_cut(_metadata, self->b, &how);
}

/* in pieces that fit nothing, */
TEST_F(v2_resume, odd_pieces_load)
{
	static const struct v2_moving odd[] = {
		{ .piece = 7 }, { .piece = 4095 }, { .piece = 4097 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		loads_cut(_metadata, self->b, &odd[i]);
}

/* in pieces of any size, */
TEST_F(v2_resume, random_pieces_load)
{
	struct v2_moving how = { .piece = 3000 };
	int i;

	for (i = 0; i < 3; i++) {
		how.seed = (unsigned int)bench_random() | 1;
		loads_cut(_metadata, self->b, &how);
	}
}

/* or all at once. */
TEST_F(v2_resume, a_single_write_loads)
{
	static const struct v2_moving pieces = { .piece = 1000 };
	struct way one = { .used = COMMON_NOISE, .to = MIG2_RUNNING };
	struct way many = { .how = pieces, .used = COMMON_NOISE,
			    .to = MIG2_RUNNING };
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(load(self->b, &many, &stream));
	ret = load(self->b, &one, &stream);
	EXPECT_REQ(V2_ANY_SEGMENTATION_LOADS, !ret,
		   "%zu bytes in a single write: %s", stream.len,
		   outcome(self->b, ret));
}

/* A write may take less than it was offered. */
TEST_F(v2_resume, short_writes_are_told)
{
	struct mig_file *data;
	struct stream stream;
	ssize_t taken;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	taken = mig_write(data, stream.bytes, stream.len);
	ROAD(taken);
	EXPECT_REQ(V2_SHORT_WRITES_ARE_LEGAL, (size_t)taken <= stream.len,
		   "%zd bytes taken of %zu", taken, stream.len);
	PREFER_REQ(V2_SHORT_WRITES_ARE_LEGAL, (size_t)taken == stream.len,
		   "%zd bytes taken of %zu", taken, stream.len);
}

/* ---- finishing -------------------------------------------------------------------- */

/* Closing data_fd gives nothing away: some VMMs do so before they go on. */
TEST_F(v2_resume, written_data_survives_the_close)
{
	struct way kept = { .keep_open = true, .used = COMMON_NOISE,
			    .to = MIG2_RUNNING };
	struct way closed = { .used = COMMON_NOISE, .to = MIG2_RUNNING };
	struct way stopped = { .used = COMMON_NOISE, .to = MIG2_STOP,
			       .then = MIG2_RUNNING };
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(load(self->b, &kept, &stream));
	ret = load(self->b, &closed, &stream);
	EXPECT_REQ(V2_WRITTEN_DATA_SURVIVES_CLOSE, !ret,
		   "data_fd closed before RUNNING: %s", outcome(self->b, ret));
	ret = load(self->b, &stopped, &stream);
	EXPECT_REQ(V2_WRITTEN_DATA_SURVIVES_CLOSE, !ret,
		   "data_fd closed before STOP: %s", outcome(self->b, ret));
}

/* Whatever is asked for next, the load comes first. */
TEST_F(v2_resume, requests_beyond_stop_load_first)
{
	struct way way = { .used = COMMON_NOISE, .to = MIG2_STOP,
			   .then = MIG2_RUNNING };
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(load(self->b, &way, &stream));
	COMMON_EACH_STATE(self->b, state) {
		if (state == MIG2_RESUMING || state == MIG2_STOP)
			continue;
		way.to = state;
		way.then = state == MIG2_RUNNING ? 0 : MIG2_RUNNING;
		ret = load(self->b, &way, &stream);
		EXPECT_REQ(V2_COMBINED_ARC_LOADS_FIRST, !ret,
			   "RESUMING to %s: %s", v2_state_name(state),
			   outcome(self->b, ret));
	}
}

/* A request that fails for the stream fails wherever it leads. */
TEST_F(v2_resume, requests_beyond_stop_check_too)
{
	struct mig_file *data;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	COMMON_EACH_STATE(self->b, state) {
		if (state == MIG2_RESUMING || state == MIG2_STOP)
			continue;
		ROAD(common_reach(self->b, MIG2_RESUMING, &data));
		ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
		ret = v2_set(self->v2, state, NULL);
		EXPECT_REQ(V2_COMBINED_ARC_LOADS_FIRST, ret < 0,
			   "half a stream, RESUMING to %s: %s",
			   v2_state_name(state), common_errno(ret));
		mig_file_close(data);
	}
}

/* ---- what it is loaded into, and what was loaded -------------------------------- */

/* What the device was used for before does not show through. */
TEST_F(v2_resume, used_devices_load)
{
	struct way way = { .bare = true, .to = MIG2_RUNNING };
	struct stream stream;
	int ret;

	NEEDS(NEED_STIMULUS);
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(load(self->b, &way, &stream));
	way.bare = false;
	for (way.used = 0; way.used < RESUME_SEEDS; way.used++) {
		ret = load(self->b, &way, &stream);
		if (ret != -EILSEQ)
			ROAD(ret);
		EXPECT_REQ(V2_USED_DEVICE_LOADS, !ret,
			   "loaded into a used device: %s",
			   outcome(self->b, ret));
	}
}

/* Loads @stream and saves again without running in between. */
static int save_again(struct bench *b, const struct stream *stream,
		      struct stream *ret_again)
{
	struct mig_file *data = NULL;
	int ret;

	stream_clear(ret_again);
	ret = common_fresh(b, COMMON_NOISE);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RESUMING, &data);
	if (!ret)
		ret = data ? v2_load(data, NULL, stream, 0, stream->len) :
			     -EPROTO;
	mig_file_close(data);
	data = NULL;
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP, NULL);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, &data);
	if (!ret)
		ret = data ? v2_collect(data, NULL, ret_again) : -EPROTO;
	mig_file_close(data);
	return ret;
}

/* A device that was loaded holds what it was loaded with, also for a save. */
TEST_F(v2_resume, loaded_devices_can_be_saved)
{
	struct stream stream, again;
	int i, whole, ret = -EAGAIN;

	NEEDS(NEED_STIMULUS);
	stream_init(&stream);
	stream_init(&again);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	for (i = 0; ret && i < COMMON_TRIES; i++)
		ret = save_again(self->b, &stream, &again);
	ROAD(ret);
	whole = common_restores(self->b, &again);
	ROAD(whole);
	EXPECT_REQ(V2_SAVE_AFTER_LOAD_IS_EQUIVALENT, whole,
		   "a stream saved right after a load does not restore what was loaded");
}

EXPECT_MAIN

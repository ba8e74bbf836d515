// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that are not what was saved: cut, altered, shuffled, foreign. They
 * are told no later than by the state write that ends the restore, and never
 * end in a success. What an unfinished restore has left is forgotten.
 */
#include "trouble.h"

V1_FIXTURE(v1_spoilt, NEED_NOTHING)

enum {
	FIRST_BYTES = 64, /* where a stream says what it is, if it does */
	FLIPS = 6,
	CUTS = 5,
	LONG_STREAM = 2048, /* chunks: too many for more than one cut */
};

static struct stream saved, spoilt;

/* RUNNING, unless something failed before. */
static int start(struct bench *b, int ret)
{
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* ---- bad streams ------------------------------------------------------------------------- */

enum answer {
	REFUSED,
	TAKEN_WRONG,
	TAKEN_RIGHT,
	TAKEN_UNSEEN, /* success all along, and nothing can look inside */
};

/* Restores what may not be right: how the device answers, or -errno. */
static int restore_spoilt(struct bench *b)
{
	int ret = bench_fresh();

	if (!ret)
		ret = common_mark(b, COMMON_SEED ^ 1);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RESUMING);
	if (ret)
		return ret;
	ret = start(b, v1_load(&b->v1, NULL, &spoilt));
	if (ret)
		return REFUSED;
	if (!stimulus_can_mark(b->stim))
		return TAKEN_UNSEEN;
	ret = common_shows(b, COMMON_SEED);
	return ret < 0 ? ret : ret ? TAKEN_RIGHT : TAKEN_WRONG;
}

/*
 * What is not seen may be a legal device all the same: then it is a lapse to
 * have noticed nothing.
 */
static void judge_answer(struct __test_metadata *_metadata, struct bench *b,
			 int answer, const char *what)
{
	PREFER_REQ(V1_BAD_STREAM_IS_DETECTED, answer != TAKEN_UNSEEN,
		   "with %s for a stream each call of a restore succeeds", what);
	EXPECT_REQ(V1_BAD_STREAM_IS_DETECTED, answer != TAKEN_WRONG,
		   "%s are taken for the whole: %s", what,
		   b->stim ? b->stim->differs : "");
}

static void judge_cut(struct __test_metadata *_metadata, struct bench *b,
		      size_t len)
{
	char what[64];
	int ret;

	if (!len || len >= saved.len || stream_copy(&saved, &spoilt))
		return;
	stream_truncate(&spoilt, len);
	ret = restore_spoilt(b);
	snprintf(what, sizeof(what), "%zu of %zu bytes", len, saved.len);
	if (ret >= 0)
		judge_answer(_metadata, b, ret, what);
}

/* A stream that lacks its end is refused, wherever it was cut. */
TEST_F(v1_spoilt, cut_stream_is_detected)
{
	size_t cuts, i, chunk;

	ROAD(common_save(self->b, &saved));
	if (saved.chunks < 2 && saved.len < 2)
		NOT_OFFERED("the stream is too short to be cut");
	judge_cut(_metadata, self->b, saved.len / 2);
	/* Unseen, a little at the end may have been of no account. */
	if (!stimulus_can_mark(self->stim))
		return;
	cuts = saved.chunks < LONG_STREAM ? CUTS : 1;
	judge_cut(_metadata, self->b, stream_chunk_start(&saved, saved.chunks - 1));
	for (i = 1; i <= cuts; i++) {
		chunk = saved.chunks * i / (cuts + 1);
		judge_cut(_metadata, self->b, stream_chunk_start(&saved, chunk));
		judge_cut(_metadata, self->b, stream_chunk_start(&saved, chunk) +
			  stream_chunk_len(&saved, chunk) / 2);
	}
	judge_cut(_metadata, self->b, saved.len - 1);
}

/* Altered data is refused, unless it describes a legal device, too. */
TEST_F(v1_spoilt, flipped_bits_are_detected)
{
	size_t i, below;
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	for (i = 0; saved.len && i < FLIPS; i++) {
		below = i % 2 || saved.len < FIRST_BYTES ? saved.len : FIRST_BYTES;
		ROAD(stream_copy(&saved, &spoilt));
		trouble_flip(&spoilt, below);
		ROAD(ret = restore_spoilt(self->b));
		PREFER_REQ(V1_BAD_STREAM_IS_DETECTED, ret != TAKEN_WRONG,
			   "a stream with a flipped bit is loaded: %s",
			   self->stim->differs);
	}
}

/* Data that means nothing is no device. */
TEST_F(v1_spoilt, random_stream_is_detected)
{
	char what[64];
	int ret;

	ROAD(common_save(self->b, &saved));
	if (!saved.len)
		NOT_OFFERED("migration data");
	ROAD(stream_copy(&saved, &spoilt));
	trouble_fill(spoilt.bytes, spoilt.len);
	ROAD(ret = restore_spoilt(self->b));
	snprintf(what, sizeof(what), "%zu random bytes", spoilt.len);
	judge_answer(_metadata, self->b, ret, what);
}

/* The order of the chunks is part of the stream. */
TEST_F(v1_spoilt, shuffled_stream_is_detected)
{
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	if (saved.chunks < 2)
		NOT_OFFERED("the stream is one chunk");
	stream_clear(&spoilt);
	for (i = 0; i < saved.chunks; i++)
		ROAD(trouble_append_chunk(&spoilt, &saved,
					  i < 2 ? 1 - i : i));
	ROAD(ret = restore_spoilt(self->b));
	PREFER_REQ(V1_BAD_STREAM_IS_DETECTED, ret != TAKEN_WRONG,
		   "a stream whose first chunks changed places is loaded: %s",
		   self->stim->differs);
}

/* So is their number: nothing comes twice, and nothing behind the end. */
TEST_F(v1_spoilt, repeated_chunk_is_detected)
{
	size_t twice, i;
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	for (twice = 0; twice < saved.chunks; twice += saved.chunks - 1) {
		stream_clear(&spoilt);
		for (i = 0; i < saved.chunks; i++) {
			ROAD(trouble_append_chunk(&spoilt, &saved, i));
			if (i == twice)
				ROAD(trouble_append_chunk(&spoilt, &saved, i));
		}
		ROAD(ret = restore_spoilt(self->b));
		PREFER_REQ(V1_BAD_STREAM_IS_DETECTED, ret != TAKEN_WRONG,
			   "a stream with chunk %zu of %zu twice is loaded: %s",
			   twice, saved.chunks, self->stim->differs);
		if (saved.chunks < 2)
			break;
	}
}

/* What config space says of the kind of device; 0 where it says nothing. */
static u64 kind_of(struct mig_dev *dev)
{
	struct mig_region config;
	u32 ids = 0, subsystem = 0;

	if (mig_region_info(dev, UAPI_PCI_CONFIG, &config) || config.size < 64)
		return 0;
	mig_pread(&dev->file, &ids, sizeof(ids), config.offset);
	mig_pread(&dev->file, &subsystem, sizeof(subsystem), config.offset + 0x2c);
	return (u64)subsystem << 32 | ids;
}

/* The stream of another kind of device is refused. */
TEST_F(v1_spoilt, foreign_stream_is_detected)
{
	int i, ret = 0;

	NEEDS(NEED_SECOND);
	if (kind_of(self->dev) == kind_of(self->b->other))
		NOT_OFFERED("the second device is of the same kind");
	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(v1_reset(&self->b->other_v1));
		ret = v1_save(&self->b->other_v1, NULL, V1_NO_PRE_COPY, &spoilt);
		if (!ret)
			break;
	}
	ROAD(ret);
	ROAD(ret = restore_spoilt(self->b));
	EXPECT_REQ(V1_BAD_STREAM_IS_DETECTED, ret == REFUSED,
		   "the stream of another kind of device is taken");
}

/* ---- swallowed errors ---------------------------------------------------------------- */

/* Restored with success all along, and yet nothing of it was taken? */
static int is_swallowed(struct bench *b)
{
	int ret = bench_fresh();

	if (!ret)
		ret = common_mark(b, COMMON_SEED ^ 1);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RESUMING);
	if (ret)
		return ret;
	if (v1_load(&b->v1, NULL, &spoilt) ||
	    v1_set_state(&b->v1, MIG1_RUNNING))
		return 0;
	return common_shows(b, COMMON_SEED ^ 1);
}

/* A restore that took nothing does not end in success. */
#define SWALLOWED(name, spoil)                                                \
	TEST_F(v1_spoilt, name##_is_not_swallowed)                             \
	{                                                                     \
		int ret;                                                      \
									      \
		NEEDS(NEED_STIMULUS);                                         \
		ROAD(common_save(self->b, &saved));                           \
		ROAD(stream_copy(&saved, &spoilt));                           \
		spoil;                                                        \
		ROAD(ret = is_swallowed(self->b));                            \
		EXPECT_REQ(V1_ERRORS_ARE_NOT_SWALLOWED, !ret,                 \
			   "each call of a restore succeeds, and the device is what it was"); \
	}

SWALLOWED(bad_data, trouble_fill(spoilt.bytes, spoilt.len))
SWALLOWED(missing_data, stream_truncate(&spoilt, saved.len / 2))

/*
 * Unseen, one of them may still be what the device makes of its bytes; who has
 * nothing to say of both reports no failure at all.
 */
TEST_F(v1_spoilt, something_bad_is_noticed)
{
	int half, noise;

	if (stimulus_can_mark(self->stim))
		NOT_OFFERED("a device that cannot be looked into");
	ROAD(common_save(self->b, &saved));
	if (saved.len < 2)
		NOT_OFFERED("migration data");
	ROAD(stream_copy(&saved, &spoilt));
	stream_truncate(&spoilt, saved.len / 2);
	ROAD(half = restore_spoilt(self->b));
	ROAD(stream_copy(&saved, &spoilt));
	trouble_fill(spoilt.bytes, spoilt.len);
	ROAD(noise = restore_spoilt(self->b));
	PREFER_REQ(V1_ERRORS_ARE_NOT_SWALLOWED, half == REFUSED || noise == REFUSED,
		   "each call of a restore succeeds, with half a stream and with random bytes");
}

/* ---- second tries, breaking off -------------------------------------------------------------- */

static int load_first_part(struct bench *b, const struct stream *stream)
{
	int ret = stream_copy(stream, &spoilt);

	if (ret)
		return ret;
	stream_truncate(&spoilt, stream->chunks > 1 ?
			stream_chunk_start(stream, stream->chunks - 1) :
			stream->len / 2);
	ret = v1_set_state(&b->v1, MIG1_RESUMING);
	return ret ? ret : v1_load(&b->v1, NULL, &spoilt);
}

/* Where the refusal left RESUMING, the missing chunk may make up for it. */
TEST_F(v1_spoilt, missing_chunk_can_be_supplied)
{
	size_t last;
	int ret;

	ROAD(common_save(self->b, &saved));
	if (saved.chunks < 2)
		NOT_OFFERED("the stream is one chunk");
	last = saved.chunks - 1;
	ROAD(bench_fresh());
	ROAD(load_first_part(self->b, &saved));
	if (!v1_set_state(self->v1, MIG1_RUNNING) ||
	    common_state(self->v1) != MIG1_RESUMING)
		NOT_OFFERED("the restore is over after its failure");
	ret = v1_load_chunk(self->v1, NULL, saved.bytes +
			    stream_chunk_start(&saved, last),
			    stream_chunk_len(&saved, last));
	if (!ret)
		ret = v1_set_state(self->v1, MIG1_RUNNING);
	PREFER_REQ(V1_RETRY_AFTER_FAILED_RESUME, !ret,
		   "RUNNING after the missing chunk: %s", common_errno(ret));
}

enum { BY_RESET = MIG1_STATES };

/* Breaks off a restore by reset or by a state write, then restores in full. */
static int load_after_half(struct bench *b, int how, const struct stream *stream)
{
	int ret = load_first_part(b, stream);

	if (ret)
		return ret;
	if (how == BY_RESET || v1_set_state(&b->v1, how))
		ret = trouble_reset(b);
	if (ret)
		return ret;
	if (v1_set_state(&b->v1, MIG1_RESUMING)) {
		ret = trouble_reset(b);
		if (!ret)
			ret = v1_set_state(&b->v1, MIG1_RESUMING);
	}
	return ret ? ret : start(b, v1_load(&b->v1, NULL, stream));
}

/* A restore does not begin with what an earlier one has left. */
#define STARTS_EMPTY_AFTER(name, how)                                         \
	TEST_F(v1_spoilt, restore_starts_empty_after_##name)                  \
	{                                                                     \
		int ret;                                                      \
									      \
		ROAD(ret = trouble_trip(self->b, NULL, load_after_half, how)); \
		EXPECT_REQ(V1_RESUME_STARTS_EMPTY, ret == 1,                  \
			   "after a restore was broken off: %s",              \
			   common_differs(self->b));                          \
	}

STARTS_EMPTY_AFTER(reset, BY_RESET)
STARTS_EMPTY_AFTER(stop, MIG1_STOP)
STARTS_EMPTY_AFTER(running, MIG1_RUNNING)

/* A state write may end an unfinished restore; a reset surely does. */
TEST_F(v1_spoilt, unfinished_restore_can_be_left)
{
	static const u32 outs[] = { MIG1_STOP, MIG1_RUNNING };
	size_t i;
	int ret, seen;

	ROAD(common_save(self->b, &saved));
	for (i = 0; i < ARRAY_SIZE(outs); i++) {
		ROAD(bench_fresh());
		ROAD(load_first_part(self->b, &saved));
		ret = v1_set_state(self->v1, outs[i]);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_RESUME_CAN_BE_ABORTED,
			   seen == (int)outs[i] || (ret && (seen == MIG1_RESUMING ||
							    seen == MIG1_ERROR)),
			   "%s after part of a stream: %s, device_state shows %s",
			   v1_state_name(outs[i]), common_errno(ret),
			   common_state_name(seen));
		ret = trouble_reset(self->b);
		EXPECT_REQ(V1_RESUME_CAN_BE_ABORTED, !ret, "reset: %s",
			   common_errno(ret));
	}
}

EXPECT_MAIN

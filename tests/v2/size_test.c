// SPDX-License-Identifier: GPL-2.0-only
/*
 * MIG_DATA_SIZE promises an estimate of what a stopped device would have to
 * say: in every state, useful for sizing buffers, and at no cost.
 */
#include "common.h"

V2_FIXTURE(v2_size, NEED_NOTHING)

enum {
	SIZE_SLACK = 65536, /* that an estimate may be off by in any case */
	SIZE_UNDER = 16, SIZE_OVER = 4, /* and by these factors beyond it */
	SIZE_PIECE = 1000,
	SIZE_READS = 200,
};

#define SIZE_LIMIT (1ull << 48)

/* As often as an access may fail. */
static int ask(struct bench *b, u64 *ret_length)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = v2_data_size(&b->v2, ret_length);
		if (!ret)
			break;
	}
	return ret;
}

/* MIG_DATA_SIZE came with pre-copy; the other feature is younger than both. */
static bool may_be_too_old(struct bench *b)
{
	return !(b->v2.caps & MIG2_CAP_PRE_COPY) &&
	       mig_feature(b->dev, MIG2_FEATURE_PRECOPY_INFO2 |
			   UAPI_FEATURE_PROBE, NULL, 0) == -ENOTTY;
}

/* Every device that migrates tells how much there is to move. */
TEST_F(v2_size, data_size_exists)
{
	u64 length = 0;
	int ret = ask(self->b, &length);

	if (ret == -ENOTTY && may_be_too_old(self->b))
		NOT_OFFERED("MIG_DATA_SIZE, as before Linux 6.2");
	EXPECT_REQ(V2_DATA_SIZE_EXISTS, !ret, "in RUNNING: %s",
		   common_errno(ret));
}

static void told_in(struct __test_metadata *_metadata, struct bench *b,
		    u32 state, const char *when)
{
	u64 length = 0;
	int ret = ask(b, &length);

	EXPECT_REQ(V2_DATA_SIZE_IN_EVERY_STATE, !ret, "in %s, %s: %s",
		   v2_state_name(state), when, common_errno(ret));
	EXPECT_REQ(V2_DATA_SIZE_IS_A_SIZE, ret || length < SIZE_LIMIT,
		   "in %s, %s: 0x%llx bytes, %lld as a signed number",
		   v2_state_name(state), when, (unsigned long long)length,
		   (long long)length);
}

/* It can be asked for in every state, */
TEST_F(v2_size, every_state_tells_it)
{
	struct mig_file *data;

	NEEDS(NEED_DATA_SIZE);
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		told_in(_metadata, self->b, state, "fresh");
		mig_file_close(data);
	}
}

/* and however far a session has come. */
TEST_F(v2_size, drained_sessions_tell_it)
{
	struct mig_file *data;
	struct stream stream;

	NEEDS(NEED_DATA_SIZE);
	stream_init(&stream);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) != FSM_SAVING)
			continue;
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_collect_some(data, SIZE_PIECE, &stream));
		told_in(_metadata, self->b, state, "half read");
		ROAD(v2_collect(data, NULL, &stream));
		told_in(_metadata, self->b, state, "drained");
		mig_file_close(data);
	}
	ROAD(common_reach_loaded(self->b, &stream, &data));
	told_in(_metadata, self->b, MIG2_RESUMING, "loaded");
}

/* ERROR is the one state where it may fail. */
TEST_F(v2_size, error_may_tell_it)
{
	struct mig_file *data;
	struct stream stream;
	u64 length;
	int ret;

	NEEDS(NEED_DATA_SIZE);
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
	if (!v2_set(self->v2, MIG2_STOP, NULL) ||
	    common_state(self->b) != MIG2_ERROR)
		NOT_OFFERED("a failure that leads to ERROR");
	ret = ask(self->b, &length);
	PREFER_REQ(V2_DATA_SIZE_IN_EVERY_STATE, !ret, "in ERROR: %s",
		   common_errno(ret));
}

/* Reads to the end of what there is now, asking before each read. */
static int read_asking(struct bench *b, struct mig_file *data,
		       struct stream *stream)
{
	size_t len;
	u64 length;
	int i, ret = 0;

	for (i = 0; i < SIZE_READS && !ret; i++) {
		len = stream->len;
		ret = ask(b, &length);
		if (!ret)
			ret = v2_collect_some(data, SIZE_PIECE, stream);
		if (!ret && stream->len - len < SIZE_PIECE)
			break;
	}
	return ret ? ret : v2_collect(data, NULL, stream);
}

/* Asking costs nothing: not a byte of the stream, */
TEST_F(v2_size, asking_leaves_the_stream_alone)
{
	struct mig_file *data;
	struct stream stream;
	u32 seen;
	int whole;

	NEEDS(NEED_DATA_SIZE);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(read_asking(self->b, data, &stream));
	ROAD(v2_state(self->v2, &seen));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_SIZE_IS_PURE, seen == MIG2_STOP_COPY && whole,
		   "asked for between reads: then %s, and the stream %s",
		   v2_state_name(seen),
		   whole ? "restores" : "does not restore");
}

/* in pre-copy neither. */
TEST_F(v2_size, asking_leaves_pre_copy_alone)
{
	struct mig_file *data;
	struct stream stream;
	int whole;

	NEEDS(NEED_DATA_SIZE | NEED_PRE_COPY);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(read_asking(self->b, data, &stream));
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
	ROAD(read_asking(self->b, data, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_SIZE_IS_PURE, whole,
		   "asked for between reads of PRE_COPY: the stream does not restore");
}

/* Nor does it touch what is being loaded. */
TEST_F(v2_size, asking_leaves_a_load_alone)
{
	struct mig_file *data;
	struct stream stream;
	u64 length;
	int i, ret = -EIO;

	NEEDS(NEED_DATA_SIZE);
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	for (i = 0; ret && i < COMMON_TRIES; i++) {
		ROAD(common_reach(self->b, MIG2_RESUMING, &data));
		ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
		ROAD(ask(self->b, &length));
		ret = v2_load(data, NULL, &stream, stream.len / 2, stream.len);
		if (!ret)
			ret = v2_set(self->v2, MIG2_RUNNING, NULL);
		mig_file_close(data);
	}
	EXPECT_REQ(V2_DATA_SIZE_IS_PURE, !ret,
		   "asked for within a load: the load gives %s",
		   common_errno(ret));
}

static void is_useful(struct __test_metadata *_metadata, u64 estimate,
		      u64 bytes, u32 state)
{
	EXPECT_REQ(V2_DATA_SIZE_IS_USEFUL,
		   bytes + SIZE_SLACK >= estimate / SIZE_UNDER &&
			   (bytes <= SIZE_SLACK ||
			    (bytes - SIZE_SLACK) / SIZE_OVER <= estimate),
		   "%llu bytes told in %s, %llu read in STOP_COPY",
		   (unsigned long long)estimate, v2_state_name(state),
		   (unsigned long long)bytes);
}

/* What it says is about what then comes. */
TEST_F(v2_size, estimates_are_useful)
{
	static const u32 states[] = { MIG2_RUNNING, MIG2_STOP,
				      MIG2_STOP_COPY };
	struct mig_file *data;
	struct stream stream;
	u64 estimate;
	size_t i;

	NEEDS(NEED_DATA_SIZE);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		stream_init(&stream);
		ROAD(common_reach(self->b, states[i], &data));
		ROAD(ask(self->b, &estimate));
		if (states[i] != MIG2_STOP_COPY)
			ROAD(v2_set(self->v2, MIG2_STOP_COPY, &data));
		ROAD(data ? 0 : -EPROTO);
		ROAD(v2_collect(data, NULL, &stream));
		is_useful(_metadata, estimate, stream.len, states[i]);
		stream_free(&stream);
		mig_file_close(data);
	}
}

/* And nothing is no size for a buffer. */
TEST_F(v2_size, estimates_are_not_zero)
{
	static const u32 states[] = { MIG2_RUNNING, MIG2_PRE_COPY };
	struct mig_file *data;
	u64 fresh = 0, used = 0;
	size_t i;

	NEEDS(NEED_DATA_SIZE);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!v2_has_state(self->v2, states[i]))
			continue;
		ROAD(bench_fresh());
		ROAD(v2_set(self->v2, states[i], NULL));
		ROAD(ask(self->b, &fresh));
		ROAD(common_reach(self->b, states[i], &data));
		ROAD(ask(self->b, &used));
		EXPECT_REQ(V2_DATA_SIZE_IS_NON_ZERO, fresh && used,
			   "in %s: %llu bytes fresh, %llu used",
			   v2_state_name(states[i]),
			   (unsigned long long)fresh,
			   (unsigned long long)used);
		mig_file_close(data);
	}
}

EXPECT_MAIN

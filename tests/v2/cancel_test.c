// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy is the user's choice: it can be cut short at any point, called off,
 * interrupted by PRE_COPY_P2P, and left out.
 */
#include "precopy.h"

V2_FIXTURE(v2_cancel, NEED_PRE_COPY)

enum { CANCEL_BOUNCES = 10 };

/* A stream of contents of COMMON_SEED, with @rounds of pre-copy: STOP. */
static int save_precopied(struct bench *b, unsigned int rounds,
			  struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, COMMON_SEED);
		if (!ret)
			ret = v2_save(&b->v2, NULL, rounds, stream);
		if (!ret)
			break;
	}
	return ret;
}

/* PRE_COPY, @part bytes, STOP_COPY, tried until the device lets us. */
static int switch_early(struct bench *b, u64 part, struct stream *stream)
{
	struct mig_file *data = NULL;
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		stream_clear(stream);
		ret = common_reach(b, MIG2_PRE_COPY, &data);
		if (!ret)
			ret = v2_collect_some(data, part, stream);
		if (!ret)
			ret = precopy_finish(b, data, stream);
		if (!ret)
			break;
	}
	return ret;
}

static void switches_early(struct __test_metadata *_metadata, struct bench *b,
			   u64 part)
{
	struct stream stream;
	int ret, whole = 0;

	stream_init(&stream);
	ret = switch_early(b, part, &stream);
	if (!ret) {
		whole = common_restores(b, &stream);
		ROAD(whole);
	}
	EXPECT_REQ(V2_EARLY_SWITCH_WORKS, !ret && whole,
		   "STOP_COPY with %llu bytes read: %s, the stream %s",
		   (unsigned long long)part, common_errno(ret),
		   whole ? "restores" : "does not restore");
	stream_free(&stream);
}

/* Bytes there are at first, by its word or, where nobody can ask, by reading: 0 or -errno. */
static int initial_bytes(struct bench *b, u64 *ret_bytes)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	struct stream stream;
	int ret;

	ret = common_reach(b, MIG2_PRE_COPY, &data);
	if (!ret && b->dev->caps & MIG_CAP_SESSIONS) {
		ret = precopy_ask(data, &info);
		*ret_bytes = ret ? 0 : info.initial_bytes;
	} else if (!ret) {
		stream_init(&stream);
		ret = v2_collect(data, NULL, &stream);
		*ret_bytes = stream.len;
		stream_free(&stream);
	}
	return ret;
}

/* Whoever is in a hurry may stop the device before all was read. */
TEST_F(v2_cancel, early_switch_works)
{
	u64 bytes;

	ROAD(initial_bytes(self->b, &bytes));
	switches_early(_metadata, self->b, 0);
	switches_early(_metadata, self->b, 1);
	switches_early(_metadata, self->b, bytes / 2);
	if (bytes > 1)
		switches_early(_metadata, self->b, bytes - 1);
}

/* From @from with @part bytes read back to @to: -errno where it fails. */
static int cancel(struct bench *b, u32 from, u32 to, u64 part,
		  struct mig_file **ret_data)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = common_reach(b, from, ret_data);
	if (!ret)
		ret = v2_collect_some(*ret_data, part, &stream);
	stream_free(&stream);
	return ret ? ret : v2_set(&b->v2, to, NULL);
}

static void cancels(struct __test_metadata *_metadata, struct bench *b,
		    u32 from, u32 to)
{
	static const u64 parts[] = { 0, 1000, 1 << 20 };
	struct mig_file *data;
	ssize_t moved;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		ROAD(cancel(b, from, to, parts[i], &data));
		moved = common_moves(data, FSM_SAVING);
		EXPECT_REQ(V2_CANCEL_ENDS_SESSION,
			   moved <= 0 && common_state(b) == to,
			   "%s to %s: in %s, and the old data_fd gives %zd",
			   v2_state_name(from), v2_state_name(to),
			   v2_state_name(common_state(b)), moved);
	}
}

/* Pre-copy can be called off: its session is over. */
TEST_F(v2_cancel, cancel_ends_the_session)
{
	cancels(_metadata, self->b, MIG2_PRE_COPY, MIG2_RUNNING);
	NEEDS(NEED_P2P);
	cancels(_metadata, self->b, MIG2_PRE_COPY_P2P, MIG2_RUNNING_P2P);
}

/* The device has not noticed. */
TEST_F(v2_cancel, cancelled_devices_work)
{
	struct mig_file *data;
	int works;

	NEEDS(NEED_STIMULUS);
	ROAD(bench_fresh());
	ROAD(stimulus_work(self->stim));
	ROAD(cancel(self->b, MIG2_PRE_COPY, MIG2_RUNNING, 1000, &data));
	works = stimulus_work(self->stim);
	EXPECT_REQ(V2_CANCEL_ENDS_SESSION, !works,
		   "after a cancelled pre-copy the device does not work: %s",
		   common_errno(works));
}

/* Whoever begins again gets all of it again. */
TEST_F(v2_cancel, the_next_session_is_complete)
{
	static const u64 parts[] = { 0, 1000, 1 << 20 };
	struct mig_file *data;
	struct stream stream;
	size_t i;
	int whole;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		stream_init(&stream);
		ROAD(cancel(self->b, MIG2_PRE_COPY, MIG2_RUNNING, parts[i],
			    &data));
		ROAD(v2_save(self->v2, NULL, 1, &stream));
		whole = common_restores(self->b, &stream);
		ROAD(whole);
		EXPECT_REQ(V2_CANCEL_ENDS_SESSION, whole,
			   "after a pre-copy cancelled at %llu bytes the next stream does not restore",
			   (unsigned long long)parts[i]);
	}
}

/* ---- doing without it ------------------------------------------------------------ */

/* Where pre-copy works, saving without it works too. */
TEST_F(v2_cancel, pre_copy_is_optional)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(save_precopied(self->b, 1, &stream));
	ROAD(common_load(self->b, &stream));
	ret = common_round_trip(self->b);
	EXPECT_REQ(V2_PRE_COPY_IS_OPTIONAL, !ret,
		   "a stream with pre-copy restores, one without: %s",
		   common_errno(ret));
}

/* ---- PRE_COPY_P2P and back --------------------------------------------------------- */

/* To and fro, reading: one session, one stream; -EPROTO for another fd. */
static int bounce(struct bench *b, struct mig_file *data, struct stream *stream)
{
	int i, ret = 0;
	s32 fd;

	for (i = 0; i < CANCEL_BOUNCES && !ret; i++) {
		ret = v2_collect_some(data, PRECOPY_PIECE, stream);
		if (!ret)
			ret = v2_set_raw(&b->v2, i % 2 ? MIG2_PRE_COPY :
					 MIG2_PRE_COPY_P2P, &fd);
		if (!ret && fd != -1)
			ret = -EPROTO;
	}
	return ret;
}

/* A session survives any number of moves between the two states. */
TEST_F(v2_cancel, moves_to_p2p_and_back_keep_the_stream)
{
	struct mig_file *data;
	struct stream stream;
	int ret, whole;

	NEEDS(NEED_P2P);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ret = bounce(self->b, data, &stream);
	EXPECT_REQ(V2_PRE_COPY_P2P_AND_BACK, ret != -EPROTO,
		   "a move between PRE_COPY and PRE_COPY_P2P returned a data_fd");
	ROAD(ret);
	ROAD(precopy_finish(self->b, data, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_PRE_COPY_P2P_AND_BACK, whole,
		   "read while moving between PRE_COPY and PRE_COPY_P2P, the stream does not restore");
}

/* Back in PRE_COPY the device does all that it did before. */
TEST_F(v2_cancel, back_from_p2p_the_device_works)
{
	int ret;

	NEEDS(NEED_P2P | NEED_STIMULUS);
	ROAD(common_activity_start(self->b));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, NULL));
	ROAD(common_wakes(self->b));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY_P2P, NULL));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, NULL));
	ret = common_wakes(self->b);
	EXPECT_REQ(V2_PRE_COPY_P2P_AND_BACK, !ret,
		   "in PRE_COPY after PRE_COPY_P2P nothing moves: %s",
		   common_errno(ret));
}

EXPECT_MAIN

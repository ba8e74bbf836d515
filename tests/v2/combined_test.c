// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests across several arcs promise: they are shorthand for the arcs, with
 * the same states, sessions and effect.
 */
#include "common.h"

V2_FIXTURE(v2_combined, NEED_NOTHING)

/* Arc by arc from @from to @to; *@ret_data is what was opened, or kept. */
static int walk(struct bench *b, u32 from, u32 to, struct mig_file **ret_data)
{
	struct mig_file *data;
	struct fsm_path path;
	u32 i;
	int ret;

	ret = fsm_path(b->v2.caps, from, to, &path);
	for (i = 1; !ret && i < path.count; i++) {
		ret = v2_set(&b->v2, path.states[i], &data);
		if (!ret && data)
			*ret_data = data;
	}
	return ret;
}

/* By one request. */
static int jump(struct bench *b, u32 from, u32 to, struct mig_file **ret_data)
{
	struct mig_file *data;
	int ret = v2_set(&b->v2, to, &data);

	if (!ret && data)
		*ret_data = data;
	return ret;
}

typedef int mover(struct bench *b, u32 from, u32 to, struct mig_file **ret_data);

/* A stream from STOP_COPY or, in part, from PRE_COPY. */
static int save_by(struct bench *b, mover *move, bool pre_copy,
		   struct stream *stream)
{
	u32 from = pre_copy ? MIG2_PRE_COPY : MIG2_RUNNING;
	struct mig_file *data = NULL;
	int ret;

	stream_clear(stream);
	ret = common_fresh(b, COMMON_SEED);
	if (!ret && pre_copy)
		ret = move(b, MIG2_RUNNING, from, &data);
	if (!ret && pre_copy)
		ret = data ? v2_collect(data, NULL, stream) : -EPROTO;
	if (!ret)
		ret = move(b, from, MIG2_STOP_COPY, &data);
	if (!ret)
		ret = data ? v2_collect(data, NULL, stream) : -EPROTO;
	return ret;
}

/* What a stream that was saved so restores. */
static int save_and_load(struct bench *b, mover *move, bool pre_copy)
{
	struct stream stream;
	int i, ret = 0;

	stream_init(&stream);
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = save_by(b, move, pre_copy, &stream);
		if (!ret)
			break;
	}
	if (!ret)
		ret = common_load(b, &stream);
	stream_free(&stream);
	return ret;
}

/* A save is the same, whether its arcs are asked for one by one or together. */
TEST_F(v2_combined, combined_save_equals_its_steps)
{
	int stepwise, direct;

	ROAD(v2_has_state(self->v2, MIG2_STOP_COPY) ? 0 : -EINVAL);
	stepwise = save_and_load(self->b, walk, false);
	direct = save_and_load(self->b, jump, false);
	if (stepwise && direct)
		ROAD(direct);
	EXPECT_REQ(V2_COMBINED_ARC_EQUALS_STEPS, !stepwise && !direct,
		   "saved by single arcs: %s; by one request: %s",
		   common_errno(stepwise), common_errno(direct));
}

/* After pre-copy too. */
TEST_F(v2_combined, combined_pre_copy_save_equals_its_steps)
{
	int stepwise, direct;

	NEEDS(NEED_PRE_COPY);
	ROAD(v2_has_state(self->v2, MIG2_PRE_COPY) ? 0 : -EINVAL);
	stepwise = save_and_load(self->b, walk, true);
	direct = save_and_load(self->b, jump, true);
	if (stepwise && direct)
		ROAD(direct);
	EXPECT_REQ(V2_COMBINED_ARC_EQUALS_STEPS, !stepwise && !direct,
		   "saved by single arcs: %s; by one request: %s",
		   common_errno(stepwise), common_errno(direct));
}

static int load_by(struct bench *b, mover *move, const struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret;

	ret = common_fresh(b, COMMON_NOISE);
	if (!ret)
		ret = move(b, MIG2_RUNNING, MIG2_RESUMING, &data);
	if (!ret)
		ret = data ? v2_load(data, NULL, stream, 0, stream->len) :
			     -EPROTO;
	if (!ret)
		ret = move(b, MIG2_RESUMING, MIG2_RUNNING, &data);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

/* And so is a load. */
TEST_F(v2_combined, combined_load_equals_its_steps)
{
	struct stream stream;
	int i, stepwise = -EAGAIN, direct = -EAGAIN;

	stream_init(&stream);
	ROAD(v2_has_state(self->v2, MIG2_RESUMING) ? 0 : -EINVAL);
	ROAD(common_save(self->b, &stream));
	for (i = 0; stepwise && i < COMMON_TRIES; i++)
		stepwise = load_by(self->b, walk, &stream);
	for (i = 0; direct && i < COMMON_TRIES; i++)
		direct = load_by(self->b, jump, &stream);
	if (stepwise && direct)
		ROAD(direct);
	EXPECT_REQ(V2_COMBINED_ARC_EQUALS_STEPS, !stepwise && !direct,
		   "loaded by single arcs: %s; by one request: %s",
		   common_errno(stepwise), common_errno(direct));
}

/* Moves within the saving group keep the session and all that is unread. */
TEST_F(v2_combined, moves_within_the_group_keep_the_stream)
{
	static const u32 moves[] = { MIG2_PRE_COPY_P2P, MIG2_PRE_COPY,
				     MIG2_PRE_COPY_P2P, MIG2_STOP_COPY };
	struct mig_file *data;
	struct stream stream;
	s32 fd = -1, opened = -1;
	size_t i;
	int whole;

	NEEDS(NEED_PRE_COPY);
	ROAD(v2_has_state(self->v2, MIG2_PRE_COPY) ? 0 : -EINVAL);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		ROAD(v2_collect_some(data, 1000, &stream));
		if (v2_has_state(self->v2, moves[i]))
			ROAD(v2_set_raw(self->v2, moves[i], &fd));
		opened = fd > opened ? fd : opened;
	}
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_SAVING_GROUP_KEEPS_SESSION, whole && opened == -1,
		   "the stream %s; data_fd of a move: %d",
		   whole ? "restores" : "does not restore", opened);
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers: in a P2P state a device does not write to others any more, and still
 * takes what others write to it. Here another device is the target, or the one
 * that writes: memory alone does not tell, since DMA to that may go on.
 */
#include "../v2/common.h"
#include "peer.h"

V2_FIXTURE(v2_peer, NEED_P2P | NEED_PEER)

enum { PEER_BYTES = PEER_LEN * PEER_SPOTS };

/* Both running and reset, and the window of none of them like a spot's bytes. */
static int both_fresh(struct bench *b)
{
	int ret = v2_reset(&b->other_v2);

	if (ret)
		ret = v2_recover(&b->other_v2);
	return ret ? ret : common_fresh(b, COMMON_SEED);
}

/* Waits until a spot of @st shows what was written: 0, -ETIMEDOUT, -errno. */
static int await_spot(struct bench *b, struct stimulus *st, u32 spot)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_PATIENCE && !ret; i++) {
		mig_idle(b->dev, COMMON_WINDOW);
		ret = peer_shows(st, spot);
	}
	return ret == 1 ? 0 : ret ? ret : -ETIMEDOUT;
}

/* ---- what goes out ---------------------------------------------------------------- */

/* With writes to its peer under way into @state, first to @before. */
static int write_and_go(struct bench *b, u32 before, u32 state)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = both_fresh(b);
		if (!ret && before == MIG2_PRE_COPY)
			ret = v2_set(&b->v2, before, NULL);
		if (!ret)
			ret = peer_submit(b->stim, b->other_stim);
		if (!ret && before == MIG2_STOP)
			ret = v2_set(&b->v2, before, NULL);
		if (!ret)
			ret = v2_set(&b->v2, state, NULL);
		if (!ret)
			break;
	}
	return ret;
}

/* 1 where nothing came to the peer any more, 0 where something did, -errno. */
static int is_quiet(struct bench *b)
{
	u8 before[PEER_BYTES], after[PEER_BYTES];
	int ret = peer_look(b->other_stim, before);

	mig_idle(b->dev, COMMON_WINDOW);
	if (!ret)
		ret = peer_look(b->other_stim, after);
	return ret ? ret : !memcmp(before, after, sizeof(before));
}

/* Work of that kind reaches the peer while both run, or nothing can be said. */
static int peer_is_reached(struct bench *b)
{
	int ret = write_and_go(b, MIG2_RUNNING, MIG2_RUNNING);

	return ret ? ret : await_spot(b, b->other_stim, PEER_SPOTS - 1);
}

/* From the return of the request on, nothing changes at the peer. */
TEST_F(v2_peer, nothing_goes_out_after_quiescing)
{
	int ret;

	ROAD(peer_is_reached(self->b));
	ROAD(write_and_go(self->b, MIG2_RUNNING, MIG2_RUNNING_P2P));
	ROAD(ret = is_quiet(self->b));
	EXPECT_REQ(V2_P2P_STOPS_OUTGOING, ret,
		   "in RUNNING_P2P the device writes to its peer");
	NEEDS(NEED_PRE_COPY);
	ROAD(write_and_go(self->b, MIG2_PRE_COPY, MIG2_PRE_COPY_P2P));
	ROAD(ret = is_quiet(self->b));
	EXPECT_REQ(V2_P2P_STOPS_OUTGOING, ret,
		   "in PRE_COPY_P2P the device writes to its peer");
}

/* On the way up the device does not begin before RUNNING. */
TEST_F(v2_peer, nothing_goes_out_on_the_way_up)
{
	int ret;

	ROAD(peer_is_reached(self->b));
	ROAD(write_and_go(self->b, MIG2_STOP, MIG2_RUNNING_P2P));
	ROAD(ret = is_quiet(self->b));
	EXPECT_REQ(V2_P2P_ON_THE_WAY_UP, ret,
		   "in RUNNING_P2P after STOP the device writes to its peer");
}

/* Saved with writes to its peer under way, restored, and in RUNNING_P2P. */
static int load_to_p2p(struct bench *b)
{
	struct mig_file *data = NULL;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = write_and_go(b, MIG2_STOP, MIG2_STOP);
	if (!ret)
		ret = v2_save(&b->v2, NULL, 0, &stream);
	if (!ret)
		ret = both_fresh(b);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RESUMING, &data);
	if (!ret)
		ret = data ? v2_load(data, NULL, &stream, 0, stream.len) :
			     -EPROTO;
	mig_file_close(data);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING_P2P, NULL);
	stream_free(&stream);
	return ret;
}

/* What was restored does not begin before RUNNING either, and then it does. */
TEST_F(v2_peer, restored_work_waits_for_running)
{
	int i, ret = -EIO;

	ROAD(peer_is_reached(self->b));
	for (i = 0; i < COMMON_TRIES && ret; i++)
		ret = load_to_p2p(self->b);
	ROAD(ret);
	ROAD(ret = is_quiet(self->b));
	EXPECT_REQ(V2_P2P_ON_THE_WAY_UP, ret,
		   "in RUNNING_P2P after a restore the device writes to its peer");
}

/* ---- what comes in ---------------------------------------------------------------- */

/* The peer writes to the device while that is in @state, which then runs. */
static int be_hit_in(struct bench *b, u32 state)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = both_fresh(b);
		if (!ret && state == MIG2_PRE_COPY_P2P)
			ret = v2_set(&b->v2, MIG2_PRE_COPY, NULL);
		if (!ret && state != MIG2_RUNNING)
			ret = v2_set(&b->v2, state, NULL);
		if (!ret)
			ret = peer_write(b->other_stim, b->stim, 0);
		if (!ret && state != MIG2_RUNNING)
			ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
		if (!ret)
			break;
	}
	return ret;
}

static int device_is_reached(struct bench *b)
{
	int ret = be_hit_in(b, MIG2_RUNNING);

	return ret ? ret : await_spot(b, b->stim, 0);
}

static void takes_in(struct __test_metadata *_metadata, struct bench *b,
		     u32 state)
{
	int ret;

	ROAD(device_is_reached(b));
	ROAD(be_hit_in(b, state));
	ret = await_spot(b, b->stim, 0);
	EXPECT_REQ(V2_P2P_ACCEPTS_INCOMING, !ret,
		   "what a peer wrote to the device in %s is not there in RUNNING: %s",
		   v2_state_name(state), common_errno(ret));
}

/* Its effect may show as late as in RUNNING, but it is not lost. */
TEST_F(v2_peer, writes_come_in)
{
	takes_in(_metadata, self->b, MIG2_RUNNING_P2P);
	NEEDS(NEED_PRE_COPY);
	takes_in(_metadata, self->b, MIG2_PRE_COPY_P2P);
}

static int migrate_on(struct bench *b, u32 state)
{
	struct mig_file *data = NULL, *fresh = NULL;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = both_fresh(b);
	if (!ret && state == MIG2_PRE_COPY_P2P)
		ret = v2_set(&b->v2, MIG2_PRE_COPY, &data);
	if (!ret && data)
		ret = v2_collect(data, NULL, &stream);
	if (!ret)
		ret = v2_set(&b->v2, state, NULL);
	if (!ret)
		ret = peer_write(b->other_stim, b->stim, 0);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, &fresh);
	if (!ret)
		ret = fresh || data ? v2_collect(fresh ? fresh : data, NULL,
						 &stream) : -EPROTO;
	if (!ret)
		ret = both_fresh(b);
	if (!ret)
		ret = v2_restore(&b->v2, NULL, &stream);
	mig_file_close(fresh);
	mig_file_close(data);
	stream_free(&stream);
	return ret;
}

static void takes_along(struct __test_metadata *_metadata, struct bench *b,
			u32 state)
{
	int i, ret = -EIO;

	ROAD(device_is_reached(b));
	for (i = 0; i < COMMON_TRIES && ret; i++)
		ret = migrate_on(b, state);
	ROAD(ret);
	ret = await_spot(b, b->stim, 0);
	EXPECT_REQ(V2_P2P_ACCEPTS_INCOMING, !ret,
		   "what a peer wrote to the device in %s is not in its image: %s",
		   v2_state_name(state), common_errno(ret));
}

/* Not even by a migration. */
TEST_F(v2_peer, writes_are_taken_along)
{
	takes_along(_metadata, self->b, MIG2_RUNNING_P2P);
	NEEDS(NEED_PRE_COPY);
	takes_along(_metadata, self->b, MIG2_PRE_COPY_P2P);
}

EXPECT_MAIN

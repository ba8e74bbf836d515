// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is stopped does not mind another that is held in a P2P state,
 * nor that one the first; and a device may be held there for however long.
 */
#include "v2_set.h"

V2_FIXTURE(v2_quiesced, NEED_P2P)

enum { HOLD_MS = 40, HOLD_LONG_MS = 1500 };

/* ---- stopped beside quiesced ------------------------------------------------------ */

/*
 * Something that the device judged does, @on: in company, else alone. 0,
 * -EILSEQ for wrong contents, -errno; -ECANCELED where the company fails.
 */
typedef int set_deed_fn(struct bench *b, u32 arg, bool on);

/* 1 the deed works in company, 0 it does so alone only, -errno. */
static int set_deed(struct bench *b, set_deed_fn *deed, u32 arg)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = deed(b, arg, true);
		if (!ret)
			return 1;
	}
	if (ret == -ECANCELED)
		return ret;
	snprintf(set_why, sizeof(set_why), "%s",
		 ret == -EILSEQ && b->stim ? b->stim->differs :
					     common_errno(ret));
	for (i = 0; i < COMMON_TRIES && ret; i++)
		ret = deed(b, arg, false);
	return ret;
}

static int set_restored(struct bench *b, const struct stream *stream)
{
	int ret = common_restores(b, stream);

	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

/* The company goes into @state; its session, if any, is set[1].data. */
static int other_goes(struct bench *b, u32 state)
{
	struct mig_file *data = NULL;

	if (v2_set(&b->other_v2, state, &data))
		return -ECANCELED;
	if (data) {
		mig_file_close(set[1].data);
		set[1].data = data;
	}
	return 0;
}

/* Saves while the other one, in P2P state @state, moves away and back. */
static int save_beside_quiesced(struct bench *b, u32 state, bool on)
{
	u32 full = state == MIG2_RUNNING_P2P ? MIG2_RUNNING : MIG2_PRE_COPY;
	int ret;

	set[0].course = SET_SAVE;
	ret = set_fresh(b);
	if (!ret && on && full == MIG2_PRE_COPY)
		ret = other_goes(b, full);
	if (!ret && on)
		ret = other_goes(b, state);
	while (!ret && set[0].steps < SET_STEPS) {
		set_step(&set[0]);
		ret = set[0].ret;
		if (!ret && on)
			ret = other_goes(b, set[0].steps % 2 ? full : state);
	}
	return ret ? ret : set_restored(b, &set[0].stream);
}

TEST_F(v2_quiesced, quiesced_device_does_not_hinder_saving)
{
	static const u32 states[] = { MIG2_RUNNING_P2P, MIG2_PRE_COPY_P2P };
	size_t i;
	int ret;

	NEEDS(NEED_SECOND);
	set_pair(self->b);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!v2_has_state(&self->b->other_v2, states[i]))
			continue;
		ROAD(ret = set_deed(self->b, save_beside_quiesced, states[i]));
		EXPECT_REQ(V2_STOPPED_AND_QUIESCED_COEXIST, ret,
			   "saved while another device is in %s: %s",
			   v2_state_name(states[i]), set_why);
	}
}

/* The ways through P2P states. */
static const u32 set_ways[][5] = {
	{ MIG2_RUNNING_P2P, MIG2_RUNNING },
	{ MIG2_RUNNING_P2P, MIG2_STOP, MIG2_RUNNING_P2P, MIG2_RUNNING },
	{ MIG2_RUNNING_P2P, MIG2_STOP_COPY, MIG2_STOP },
	{ MIG2_PRE_COPY, MIG2_PRE_COPY_P2P, MIG2_PRE_COPY, MIG2_RUNNING },
	{ MIG2_PRE_COPY, MIG2_PRE_COPY_P2P, MIG2_STOP_COPY, MIG2_STOP },
	{ MIG2_RUNNING_P2P, MIG2_PRE_COPY_P2P, MIG2_RUNNING_P2P, MIG2_RUNNING },
};

/* Is it there, and all the states on it? */
static bool way_exists(const struct v2 *v2, u32 way)
{
	u32 i;

	for (i = 0; set_ways[way][i]; i++)
		if (!v2_has_state(v2, set_ways[way][i]))
			return false;
	return true;
}

static int way_walk(struct v2 *v2, u32 way)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && set_ways[way][i]; i++)
		ret = v2_set(v2, set_ways[way][i], NULL);
	return ret;
}

/* Goes its way while the other one is being saved. */
static int move_beside_saving(struct bench *b, u32 way, bool on)
{
	int ret;

	set[0].course = SET_SAVE;
	ret = set_fresh(b);
	if (!ret && on)
		ret = other_goes(b, MIG2_STOP_COPY);
	if (!ret && on &&
	    v2_collect_some(set[1].data, SET_SOME, &set[1].stream))
		ret = -ECANCELED;
	return ret ? ret : way_walk(&b->v2, way);
}

TEST_F(v2_quiesced, saving_device_does_not_hinder_quiesced)
{
	u32 way;
	int ret;

	NEEDS(NEED_SECOND);
	set_pair(self->b);
	for (way = 0; way < ARRAY_SIZE(set_ways); way++) {
		if (!way_exists(self->v2, way))
			continue;
		ROAD(ret = set_deed(self->b, move_beside_saving, way));
		EXPECT_REQ(V2_STOPPED_AND_QUIESCED_COEXIST, ret,
			   "%s, and on to %s, while another device is saved: %s",
			   v2_state_name(set_ways[way][0]),
			   v2_state_name(set_ways[way][1]), set_why);
	}
}

/* ---- time in between ----------------------------------------------------------------- */

/* Stops by way of a P2P state, and waits there @on. */
static int hold_going_down(struct bench *b, u32 ms, bool on, u32 state)
{
	struct mig_file *data = NULL;
	int ret;

	set_forget(&set[0]);
	ret = common_fresh(b, COMMON_SEED);
	if (!ret && state == MIG2_PRE_COPY_P2P)
		ret = v2_set(&b->v2, MIG2_PRE_COPY, &set[0].data);
	if (!ret)
		ret = v2_set(&b->v2, state, NULL);
	if (!ret && on)
		mig_idle(b->dev, ms);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, &data);
	if (data)
		set[0].data = data;
	if (!ret)
		ret = set[0].data ? v2_collect(set[0].data, NULL,
					       &set[0].stream) : -EPROTO;
	return ret ? ret : set_restored(b, &set[0].stream);
}

static int hold_running_p2p(struct bench *b, u32 ms, bool on)
{
	return hold_going_down(b, ms, on, MIG2_RUNNING_P2P);
}

static int hold_pre_copy_p2p(struct bench *b, u32 ms, bool on)
{
	return hold_going_down(b, ms, on, MIG2_PRE_COPY_P2P);
}

/* Restores, and waits in RUNNING_P2P on the way up. */
static int hold_going_up(struct bench *b, u32 ms, bool on)
{
	int ret;

	set[0].course = SET_LOAD;
	set_forget(&set[0]);
	ret = common_fresh(b, COMMON_NOISE);
	while (!ret && set[0].steps < SET_STEPS - 1) {
		set_step(&set[0]);
		ret = set[0].ret;
	}
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING_P2P, NULL);
	if (!ret && on)
		mig_idle(b->dev, ms);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

static void may_be_held(struct __test_metadata *_metadata, struct bench *b,
			set_deed_fn *deed, const char *where)
{
	static const u32 times[] = { 0, 1, HOLD_MS, HOLD_LONG_MS };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		ROAD(ret = set_deed(b, deed, times[i]));
		EXPECT_REQ(V2_EXPLICIT_STEPS_EQUAL_COMBINED, ret,
			   "held for %u ms in %s: %s", times[i], where,
			   set_why);
	}
}

/* A device waits for the others, in whatever P2P state. */
TEST_F(v2_quiesced, p2p_state_may_be_held_going_down)
{
	set_pair(self->b);
	may_be_held(_metadata, self->b, hold_running_p2p, "RUNNING_P2P");
	NEEDS(NEED_PRE_COPY);
	may_be_held(_metadata, self->b, hold_pre_copy_p2p, "PRE_COPY_P2P");
}

TEST_F(v2_quiesced, p2p_state_may_be_held_going_up)
{
	set_pair(self->b);
	ROAD(common_save(self->b, &set[0].saved));
	may_be_held(_metadata, self->b, hold_going_up,
		    "RUNNING_P2P after a restore");
}

EXPECT_MAIN

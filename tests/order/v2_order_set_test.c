// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several devices migrate side by side: their sessions, failures and resets
 * are their own, and one that is stopped does not mind another that is held in
 * a P2P state, for however long.
 *
 * The device on the bench is held to it, the other one is its company: what
 * goes wrong with that counts when it is on the bench.
 */
#include <time.h>

#include "../v2/common.h"

V2_FIXTURE(v2_order_set, NEED_NOTHING)

enum {
	SET_STEPS = 4,
	SET_SOME = 700, /* bytes that a step moves where it does not move all */
	SET_SAMPLES = 6, /* orders tried of pairs that are not tried in all */
	SET_OTHER_SEED = COMMON_SEED + 20,
	SET_HOLD_MS = 40,
	SET_LONG_MS = 1500,
};

/* What a device does in four steps. */
enum set_course { SET_SAVE, SET_PRE_SAVE, SET_LOAD, SET_RESET, SET_GARBAGE };

static const char *const set_names[] = {
	"saved", "saved with pre-copy", "restored",
	"saved and then reset", "fed garbage and then reset",
};

struct set_member {
	struct v2 *v2;
	enum set_course course;
	struct mig_file *data;
	struct stream saved; /* is loaded in SET_LOAD */
	struct stream stream;
	u32 steps; /* done so far */
	int ret;   /* 0, or -errno that ended the course */
};

static struct set_member set[2];
static char set_why[200];

/* Half of the test's time has passed: large or slow devices get fewer orders. */
static bool set_late(void)
{
	static time_t begun;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!begun)
		begun = now.tv_sec;
	return now.tv_sec - begun > bench_deadline() / 2;
}

/* ---- courses ------------------------------------------------------------------- */

static int step_save(struct set_member *m)
{
	switch (m->steps) {
	case 0:
		return v2_set(m->v2, MIG2_STOP_COPY, &m->data);
	case 1:
		return v2_collect_some(m->data, SET_SOME, &m->stream);
	case 2:
		return v2_collect(m->data, NULL, &m->stream);
	default:
		return v2_set(m->v2, MIG2_STOP, NULL);
	}
}

static int step_pre_save(struct set_member *m)
{
	switch (m->steps) {
	case 0:
		return v2_set(m->v2, MIG2_PRE_COPY, &m->data);
	case 2:
		return v2_set(m->v2, MIG2_STOP_COPY, NULL);
	case 3:
		return v2_collect(m->data, NULL, &m->stream);
	default:
		return step_save(m);
	}
}

static int step_load(struct set_member *m)
{
	size_t half = m->saved.len / 2;

	switch (m->steps) {
	case 0:
		return v2_set(m->v2, MIG2_RESUMING, &m->data);
	case 1:
		return v2_load(m->data, NULL, &m->saved, 0, half);
	case 2:
		return v2_load(m->data, NULL, &m->saved, half, m->saved.len);
	default:
		return v2_set(m->v2, MIG2_RUNNING, NULL);
	}
}

static int step_reset(struct set_member *m)
{
	if (m->steps < 2)
		return step_save(m);
	return m->steps == 2 ? v2_reset(m->v2) : 0;
}

static int step_garbage(struct set_member *m)
{
	static const u8 garbage[64] = { 0xde, 0xad, 0xbe, 0xef };

	if (m->steps == 0)
		return step_load(m);
	if (m->steps == 1)
		mig_write(m->data, garbage, sizeof(garbage));
	else if (m->steps == 2)
		v2_set(m->v2, MIG2_STOP, NULL);
	return m->steps == 3 ? v2_reset(m->v2) : 0;
}

static void set_step(struct set_member *m)
{
	static int (*const courses[])(struct set_member *m) = {
		step_save, step_pre_save, step_load, step_reset, step_garbage,
	};

	if (!m->ret)
		m->ret = courses[m->course](m);
	/* Requests that should have opened a session. */
	if (!m->ret && !m->data)
		m->ret = -EPROTO;
	m->steps++;
}

/* ---- in company ------------------------------------------------------------------ */

static int other_fresh(struct bench *b)
{
	int ret = v2_reset(&b->other_v2);

	if (ret)
		ret = v2_recover(&b->other_v2);
	if (!ret && stimulus_can_mark(b->other_stim))
		ret = stimulus_mark(b->other_stim, SET_OTHER_SEED);
	return ret;
}

static void set_forget(struct set_member *m, struct v2 *v2)
{
	mig_file_close(m->data);
	m->data = NULL;
	m->v2 = v2;
	m->steps = 0;
	m->ret = 0;
	stream_clear(&m->stream);
}

static int set_fresh(struct bench *b)
{
	int ret;

	set_forget(&set[0], &b->v2);
	set_forget(&set[1], &b->other_v2);
	ret = common_fresh(b, set[0].course == SET_LOAD ? COMMON_NOISE :
							  COMMON_SEED);
	return ret ? ret : other_fresh(b);
}

/* @order: "AABBABAB". 1 the device judged came to its end and is right, 0 it
 * is wrong, -errno. */
static int run_order(struct bench *b, const char *order)
{
	int ret = set_fresh(b);

	for (; !ret && *order; order++)
		set_step(&set[*order - 'A']);
	if (!ret)
		ret = set[0].ret;
	if (ret)
		return ret;
	if (set[0].course == SET_LOAD)
		ret = common_verify(b, COMMON_SEED);
	else
		return common_restores(b, &set[0].stream);
	return ret == -EILSEQ ? 0 : ret ? ret : 1;
}

/* Nothing is said in company about a device that fails alone: 0 or -errno. */
static int set_alone(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = run_order(b, "AAAA");
		if (ret == 1)
			return 0;
	}
	return ret ? ret : -EILSEQ;
}

/* With tries, and 0 only where it works alone: else -errno. */
static int judge_order(struct bench *b, const char *order)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = run_order(b, order);
		if (ret == 1)
			return 1;
	}
	snprintf(set_why, sizeof(set_why), "%s",
		 ret < 0 ? common_errno(ret) :
		 b->stim ? b->stim->differs : "its stream does not restore");
	return set_alone(b);
}

static void holds_in_order(struct __test_metadata *_metadata, struct bench *b,
			   const char *order)
{
	int ret;

	ROAD(ret = judge_order(b, order));
	EXPECT_REQ(V2_DEVICES_ARE_INDEPENDENT, ret,
		   "device A, %s in the order %s of four steps each with device B that is %s: %s",
		   set_names[set[0].course], order, set_names[set[1].course],
		   set_why);
}

/* Streams of both devices, for those that are restored. */
static int set_begin(struct bench *b)
{
	int i, ret = common_save(b, &set[0].saved);

	if (ret)
		return ret;
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = other_fresh(b);
		if (!ret)
			ret = v2_save(&b->other_v2, NULL, 0, &set[1].saved);
		if (!ret)
			break;
	}
	return ret;
}

static void random_order(char *order)
{
	u32 i, k;
	char swap;

	for (i = 2 * SET_STEPS - 1; i; i--) {
		k = bench_random() % (i + 1);
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
	}
}

/* Two saves of four steps each can be interleaved in 70 ways. */
TEST_F(v2_order_set, every_order_of_two_saves)
{
	char order[2 * SET_STEPS + 1] = "";
	u32 bits, i;

	NEEDS(NEED_SECOND);
	set[0].course = set[1].course = SET_SAVE;
	ROAD(set_alone(self->b));
	for (bits = 0; bits < 1 << 2 * SET_STEPS && !set_late(); bits++) {
		if (__builtin_popcount(bits) != SET_STEPS)
			continue;
		for (i = 0; i < 2 * SET_STEPS; i++)
			order[i] = bits >> i & 1 ? 'A' : 'B';
		holds_in_order(_metadata, self->b, order);
	}
}

static bool can_follow(const struct v2 *v2, enum set_course course)
{
	return course != SET_PRE_SAVE || v2_has_state(v2, MIG2_PRE_COPY);
}

static void holds_beside(struct __test_metadata *_metadata, struct bench *b,
			 enum set_course own, enum set_course other)
{
	char order[] = "ABABABAB";
	u32 i;

	set[0].course = own;
	set[1].course = other;
	if (!can_follow(&b->v2, own) || !can_follow(&b->other_v2, other))
		return;
	ROAD(set_alone(b));
	for (i = 0; i < SET_SAMPLES && !set_late(); i++) {
		holds_in_order(_metadata, b, order);
		random_order(order);
	}
}

/* Whatever the one does, the other may save, and may restore. */
TEST_F(v2_order_set, sessions_go_side_by_side)
{
	enum set_course own, other;

	NEEDS(NEED_SECOND);
	ROAD(set_begin(self->b));
	for (own = SET_SAVE; own <= SET_LOAD; own++)
		for (other = SET_SAVE; other <= SET_LOAD; other++)
			holds_beside(_metadata, self->b, own, other);
}

/* A device that fails or is reset takes no other along. */
TEST_F(v2_order_set, reset_leaves_others_alone)
{
	enum set_course own;

	NEEDS(NEED_SECOND);
	ROAD(set_begin(self->b));
	for (own = SET_SAVE; own <= SET_LOAD; own++) {
		holds_beside(_metadata, self->b, own, SET_RESET);
		holds_beside(_metadata, self->b, own, SET_GARBAGE);
	}
}

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

TEST_F(v2_order_set, quiesced_device_does_not_hinder_saving)
{
	static const u32 states[] = { MIG2_RUNNING_P2P, MIG2_PRE_COPY_P2P };
	size_t i;
	int ret;

	NEEDS(NEED_P2P | NEED_SECOND);
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

TEST_F(v2_order_set, saving_device_does_not_hinder_quiesced)
{
	u32 way;
	int ret;

	NEEDS(NEED_P2P | NEED_SECOND);
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

	set_forget(&set[0], &b->v2);
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
	set_forget(&set[0], &b->v2);
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
	static const u32 times[] = { 0, 1, SET_HOLD_MS, SET_LONG_MS };
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
TEST_F(v2_order_set, p2p_state_may_be_held_going_down)
{
	NEEDS(NEED_P2P);
	may_be_held(_metadata, self->b, hold_running_p2p, "RUNNING_P2P");
	NEEDS(NEED_PRE_COPY);
	may_be_held(_metadata, self->b, hold_pre_copy_p2p, "PRE_COPY_P2P");
}

TEST_F(v2_order_set, p2p_state_may_be_held_going_up)
{
	NEEDS(NEED_P2P);
	ROAD(common_save(self->b, &set[0].saved));
	may_be_held(_metadata, self->b, hold_going_up,
		    "RUNNING_P2P after a restore");
}

EXPECT_MAIN

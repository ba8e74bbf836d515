// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three devices at the borders of a migration: stopped and saved in every
 * order, started in every order behind the barrier, and one that is saved too
 * early, while a peer still writes to it.
 */
#include "../v2/common.h"
#include "orders.h"
#include "peer.h"

V2_FIXTURE(v2_barrier, NEED_SECOND)

enum { SET_COUNT = 3, SET_SEED = COMMON_SEED + 20 };

struct member {
	struct v2 *v2;
	struct stimulus *stim;
	struct mig_file *data;
	struct stream stream;
	u32 steps; /* done so far */
	int ret;   /* 0, or -errno that ended it */
};

static struct member set[SET_COUNT];
static struct v2 third;
static struct stimulus *third_stim;
static char why[200];

/* The device judged comes first, then its company: 0 or -errno. */
static int set_open(struct bench *b)
{
	struct mig_dev *dev;
	int ret;

	ret = mig_clone(b->other, &dev);
	if (!ret)
		ret = v2_open(dev, &third);
	if (ret)
		return ret;
	if (stimulus_create(dev, &third_stim))
		third_stim = NULL;
	set[0] = (struct member){ .v2 = &b->v2, .stim = b->stim };
	set[1] = (struct member){ .v2 = &b->other_v2, .stim = b->other_stim };
	set[2] = (struct member){ .v2 = &third, .stim = third_stim };
	return 0;
}

static void set_close(void)
{
	v2_recover(&third);
	stimulus_destroy(third_stim);
}

/* All of them reset, RUNNING, and each with contents of its own. */
static int set_fresh(u64 seed)
{
	struct member *m;
	int ret = 0;

	for (m = set; m < set + SET_COUNT && !ret; m++) {
		mig_file_close(m->data);
		m->data = NULL;
		m->steps = 0;
		m->ret = 0;
		ret = v2_reset(m->v2);
		if (ret)
			ret = v2_recover(m->v2);
		if (!ret && stimulus_can_mark(m->stim))
			ret = stimulus_mark(m->stim, m == set ? seed : SET_SEED);
	}
	return ret;
}

/* ---- saving ------------------------------------------------------------------- */

static int step_quiesce(struct member *m)
{
	return v2_has_state(m->v2, MIG2_RUNNING_P2P) ?
		       v2_set(m->v2, MIG2_RUNNING_P2P, NULL) : 0;
}

static int step_stop(struct member *m)
{
	int ret = v2_set(m->v2, MIG2_STOP_COPY, &m->data);

	return ret ? ret : m->data ? 0 : -EPROTO;
}

static int step_collect(struct member *m)
{
	int ret;

	stream_clear(&m->stream);
	ret = v2_collect(m->data, NULL, &m->stream);
	return ret ? ret : v2_set(m->v2, MIG2_STOP, NULL);
}

/* By how many steps there are. */
static int (*const steps[][3])(struct member *m) = {
	[2] = { step_stop, step_collect },
	[3] = { step_quiesce, step_stop, step_collect },
};

/* 1 the device judged is saved and its stream restores, 0 not, -errno. */
static int save_in(struct bench *b, const char *order, u32 depth)
{
	struct member *m;
	int ret = set_fresh(COMMON_SEED);

	for (; *order && !ret; order++) {
		m = &set[*order - 'A'];
		if (!m->ret)
			m->ret = steps[depth][m->steps++](m);
	}
	if (!ret)
		ret = set[0].ret;
	return ret ? ret : common_restores(b, &set[0].stream);
}

/* With tries, and nothing is said of a device that fails alone. */
static int judge_order(struct bench *b, const char *order, u32 depth)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = save_in(b, order, depth);
	if (ret == 1)
		return 1;
	snprintf(why, sizeof(why), "%s",
		 ret < 0 ? common_errno(ret) : "its stream does not restore");
	for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = save_in(b, depth == 2 ? "AA" : "AAA", depth);
	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

/*
 * Three devices that are stopped and then collected: 90 ways. With the P2P
 * state before that 1680, which only profile strict tries.
 */
TEST_F(v2_barrier, every_order_of_three)
{
	u32 depth = self->b->profile == PROFILE_STRICT ? 3 : 2;
	char order[ORDERS_MAX + 1];
	int ret;

	if (set_open(self->b))
		NOT_OFFERED("a third device");
	orders_late();
	orders_first(order, SET_COUNT, depth);
	do {
		ROAD(ret = judge_order(self->b, order, depth));
		EXPECT_REQ(V2_DEVICES_ARE_INDEPENDENT, ret,
			   "three devices in the order %s of %u steps each: %s",
			   order, depth, why);
	} while (orders_next(order) && !orders_late());
	set_close();
}

/* ---- starting ------------------------------------------------------------------ */

static int load(struct member *m)
{
	int ret;

	mig_file_close(m->data);
	m->data = NULL;
	ret = v2_set(m->v2, MIG2_RESUMING, &m->data);
	if (!ret)
		ret = m->data ? v2_load(m->data, NULL, &m->stream, 0,
					m->stream.len) : -EPROTO;
	return ret;
}

/* All take a step to @state in @order: that of the device judged, or 0. */
static int all_to(const char *order, u32 state)
{
	struct member *m;

	for (; *order; order++) {
		m = &set[*order - 'A'];
		if (!m->ret && v2_has_state(m->v2, state))
			m->ret = v2_set(m->v2, state, NULL);
	}
	return set[0].ret;
}

/* Loaded, and started in @order: 0, -EILSEQ, -errno. */
static int start_in(struct bench *b, const char *order)
{
	int ret = set_fresh(COMMON_NOISE);
	u32 i;

	for (i = 0; i < SET_COUNT && !ret; i++)
		set[i].ret = load(&set[i]);
	if (!ret)
		ret = all_to(order, MIG2_RUNNING_P2P);
	if (!ret)
		ret = all_to(order, MIG2_RUNNING);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

/* When all are loaded they start, by way of P2P, in any of 6 orders. */
TEST_F(v2_barrier, every_order_of_starting)
{
	char order[ORDERS_MAX + 1];
	int i, ret;

	if (set_open(self->b))
		NOT_OFFERED("a third device");
	orders_late();
	ROAD(ret = judge_order(self->b, "AABBCC", 2));
	ROAD(ret ? 0 : -EILSEQ);
	ROAD(set_fresh(COMMON_SEED));
	for (i = 0; i < SET_COUNT; i++) {
		stream_clear(&set[i].stream);
		ROAD(v2_save(set[i].v2, NULL, 0, &set[i].stream));
	}
	orders_first(order, SET_COUNT, 1);
	do {
		for (i = 0, ret = -EIO; i < COMMON_TRIES && ret; i++)
			ret = start_in(self->b, order);
		EXPECT_REQ(V2_DEVICES_ARE_INDEPENDENT, !ret,
			   "three devices are loaded, then started in the order %s: %s",
			   order, ret == -EILSEQ && self->stim ?
				   self->stim->differs : common_errno(ret));
	} while (orders_next(order) && !orders_late());
	set_close();
}

/* ---- too early ------------------------------------------------------------------ */

/* Does the device its work, as far as anyone can tell? */
static bool works(struct stimulus *st)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = stimulus_work(st);
		if (!ret || ret == -EOPNOTSUPP)
			return true;
	}
	return false;
}

/* A VMM that forgot a device: that one writes to another which is collected. */
static int save_under_peer(struct bench *b)
{
	struct mig_file *data = NULL;
	struct stream stream;
	u32 i;
	int ret;

	stream_init(&stream);
	ret = common_fresh(b, COMMON_SEED);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, &data);
	for (i = 0; i < PEER_SPOTS && !ret; i++) {
		peer_write(b->other_stim, b->stim, i);
		v2_collect_some(data, 64, &stream);
	}
	if (!ret)
		v2_collect(data, NULL, &stream);
	mig_file_close(data);
	stream_free(&stream);
	return ret;
}

/*
 * That image may be of no use, and nothing else comes of it. In hardware such
 * writes may fail loudly.
 */
TEST_F(v2_barrier, early_collection_is_contained)
{
	int reset, trip;
	bool other;

	NEEDS(NEED_PEER);
	if ((self->dev->caps & MIG_CAP_KERNEL) &&
	    self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("only judged by profile hostile");
	ROAD(common_round_trip(self->b));
	ROAD(works(self->stim) && works(self->b->other_stim) ? 0 : -EIO);
	ROAD(save_under_peer(self->b));
	reset = common_reset(self->b);
	other = works(self->b->other_stim);
	trip = reset ? 0 : common_round_trip(self->b);
	EXPECT_REQ(V2_STOPPED_ACCESS_IS_CONTAINED,
		   !reset && !trip && works(self->stim),
		   "a peer wrote to the device while that was collected: then RESET %s, a cycle %s",
		   common_errno(reset), common_errno(trip));
	EXPECT_REQ(V2_STOPPED_ACCESS_IS_CONTAINED, other,
		   "a device that wrote to another while that was collected does not work any more");
}

EXPECT_MAIN

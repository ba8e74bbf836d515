// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three devices at the borders of a migration: stopped and saved in every
 * order, loaded and started in every order, in any order each on a course of
 * its own, and one that is saved too early, while a peer still writes to it.
 */
#include "orders.h"
#include "peer.h"
#include "v2_set.h"

V2_FIXTURE(v2_barrier, NEED_SECOND)

#define NEEDS_THREE(b)                                   \
	do {                                             \
		if (set_three(b))                        \
			NOT_OFFERED("a third device");   \
		orders_late();                           \
	} while (0)

/* Three devices on the same course of @steps steps, in all orders. */
static void every_order(struct __test_metadata *_metadata, struct bench *b,
			enum set_course course, u32 steps)
{
	char order[ORDERS_MAX + 1];

	set_all(course);
	ROAD(set_alone(b));
	orders_first(order, set_count, steps);
	do
		set_holds_in(_metadata, b, order);
	while (orders_next(order) && !orders_late());
}

/*
 * Three devices that are stopped and then collected: 90 ways. With the P2P
 * state before that 1680, which only profile strict tries.
 */
TEST_F(v2_barrier, every_order_of_three)
{
	NEEDS_THREE(self->b);
	if (self->b->profile == PROFILE_STRICT)
		every_order(_metadata, self->b, SET_QUIESCE, 3);
	else
		every_order(_metadata, self->b, SET_STOP, 2);
	set_drop_third();
}

/* Loading and starting go on side by side: as many ways. */
TEST_F(v2_barrier, every_order_of_starting)
{
	NEEDS_THREE(self->b);
	ROAD(set_begin(self->b));
	if (self->b->profile == PROFILE_STRICT)
		every_order(_metadata, self->b, SET_START_P2P, 3);
	else
		every_order(_metadata, self->b, SET_START, 2);
	set_drop_third();
}

/* All take a step to @state in @order: that of the device judged, or 0. */
static int all_to(const char *order, u32 state)
{
	struct set_member *m;

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
	int ret = set_fresh(b);
	u32 i;

	for (i = 0; i < set_count && !ret; i++)
		set_step(&set[i]);
	if (!ret)
		ret = all_to(order, MIG2_RUNNING_P2P);
	if (!ret)
		ret = all_to(order, MIG2_RUNNING);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

/* When all are loaded they start behind the barrier, by way of P2P. */
TEST_F(v2_barrier, every_order_behind_the_barrier)
{
	char order[ORDERS_MAX + 1];
	int i, ret;

	NEEDS_THREE(self->b);
	ROAD(set_begin(self->b));
	set_all(SET_START);
	ROAD(set_alone(self->b));
	orders_first(order, set_count, 1);
	do {
		for (i = 0, ret = -EIO; i < COMMON_TRIES && ret; i++)
			ret = start_in(self->b, order);
		EXPECT_REQ(V2_DEVICES_ARE_INDEPENDENT, !ret,
			   "three devices are loaded, then started in the order %s: %s",
			   order, ret == -EILSEQ && self->stim ?
				   self->stim->differs : common_errno(ret));
	} while (orders_next(order) && !orders_late());
	set_drop_third();
}

/* Any course for the company, one that can be judged for the first. */
static void draw_courses(void)
{
	u32 i;

	for (i = 0; i < set_count; i++)
		do
			set[i].course = bench_random() %
					(i ? SET_COURSES : SET_LOAD + 1u);
		while (!set_has(set[i].v2, set[i].course));
}

/* Of the 34650 orders of three times four steps, a few by the seed. */
TEST_F(v2_barrier, some_orders_of_three)
{
	char order[ORDERS_MAX + 1];
	u32 sample;

	NEEDS_THREE(self->b);
	ROAD(set_begin(self->b));
	orders_first(order, set_count, SET_STEPS);
	for (sample = 0; sample < orders_samples(self->b) && !orders_late();
	     sample++) {
		draw_courses();
		orders_shuffle(order);
		set_holds_in(_metadata, self->b, order);
	}
	set_drop_third();
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

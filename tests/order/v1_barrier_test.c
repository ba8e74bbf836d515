// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices beside each other at the borders of a migration: one is reset or
 * fails while another is saved, all start behind a barrier in any order, and
 * peers write when they should not any more. What they write to a stopped
 * device is in its image or refused; what comes later spoils that image alone.
 */
#include "../v1/trouble.h"
#include "orders.h"
#include "peer.h"
#include "v1_set.h"

V1_FIXTURE(v1_barrier, NEED_SECOND)

/* ---- company that fails --------------------------------------------------------------- */

/* What happens to B behind the step of A with the same number as @when. */
static u32 company_when;
static int (*company_deed)(struct v1 *v1);

static int deed_reset(struct v1 *v1)
{
	return v1_reset(v1);
}

static int deed_abort(struct v1 *v1)
{
	return v1_set_state(v1, MIG1_RUNNING);
}

/* Refused, or the way into the error state; then it is reset. */
static int deed_error(struct v1 *v1)
{
	v1_set_state(v1, MIG1_INVALID_5);
	v1_set_state(v1, MIG1_ERROR);
	return v1_reset(v1);
}

static int deed_garbage(struct v1 *v1)
{
	static const u8 garbage[64] = { 0xde, 0xad, 0xbe, 0xef };
	u64 offset;

	v1_reset(v1);
	if (!v1_set_state(v1, MIG1_RESUMING) && !v1_offset(v1, &offset) &&
	    common_inside(v1, offset, sizeof(garbage))) {
		v1_pwrite(v1, garbage, sizeof(garbage), offset);
		v1_write_size(v1, sizeof(garbage));
		v1_set_state(v1, MIG1_RUNNING);
	}
	return v1_reset(v1);
}

static const struct {
	const char *what;
	int (*deed)(struct v1 *v1);
} deeds[] = {
	{ "reset", deed_reset },
	{ "set RUNNING again", deed_abort },
	{ "given states that are none, and reset", deed_error },
	{ "fed garbage, and reset", deed_garbage },
};

/* B is saved too, up to a chunk in hand, when it happens. */
static int save_beside(const char *order)
{
	u32 step;

	save_in_order("BB");
	for (step = 0; step < SET_STEPS; step++) {
		set_step(&set[0]);
		if (step == company_when)
			company_deed(set[1].v1);
	}
	return set[0].ret;
}

/* Whatever becomes of one device, the others are saved as if it were not there. */
TEST_F(v1_barrier, others_are_left_alone)
{
	size_t i;
	int ret;

	set_pair(self->b);
	orders_late();
	ROAD(set_alone(self->b));
	for (i = 0; i < ARRAY_SIZE(deeds); i++) {
		company_deed = deeds[i].deed;
		for (company_when = 0; company_when < SET_STEPS && !orders_late();
		     company_when++) {
			ROAD(ret = set_trip(self->b, save_beside, ""));
			EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
				   "a device is saved, and behind step %u of 4 another is %s: %s",
				   company_when + 1, deeds[i].what, set_why);
		}
	}
}

/* ---- behind the barrier ------------------------------------------------------------------ */

/* All are loaded, then started in @order. 1 A shows its contents, 0, -errno. */
static int start_in(struct bench *b, const char *order)
{
	int ret = set_fresh(COMMON_SEED ^ 1);
	u32 i;

	for (i = 0; i < set_count && !ret; i++) {
		ret = v1_set_state(set[i].v1, MIG1_RESUMING);
		if (!ret)
			ret = v1_load(set[i].v1, NULL, &set[i].stream);
	}
	for (; *order && !ret; order++)
		set[*order - 'A'].ret = v1_set_state(set[*order - 'A'].v1,
						     MIG1_RUNNING);
	if (!ret)
		ret = set[0].ret;
	return ret ? ret : common_shows(b, COMMON_SEED);
}

/* Devices that were loaded are started one after the other: in 6 orders. */
TEST_F(v1_barrier, every_order_of_starting)
{
	char order[ORDERS_MAX + 1];
	int i, ret;

	if (set_three(self->b))
		NOT_OFFERED("a third device");
	orders_late();
	ROAD(set_alone(self->b));
	ROAD(ret = set_trip(self->b, save_in_order, "AAAABBBBCCCC"));
	ROAD(ret ? 0 : -EILSEQ);
	orders_first(order, 3, 1);
	do {
		for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
			ret = start_in(self->b, order);
		EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret == 1,
			   "three devices are loaded, then started in the order %s: %s",
			   order, ret < 0 ? common_errno(ret) :
					    common_differs(self->b));
	} while (orders_next(order) && !orders_late());
	set_drop_third();
}

/* ---- peers ------------------------------------------------------------------------------- */

static bool peer_taken;

/* A peer writes between the stop and the first pending_bytes read. */
static int save_hit_by_peer(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	peer_taken = !peer_write(b->other_stim, b->stim, 0) &&
		     peer_shows(b->stim, 0) == 1;
	return v1_collect(&b->v1, NULL, 0, stream, NULL);
}

TEST_F(v1_barrier, stopped_device_bears_peers)
{
	bool early, late;
	int ret;

	NEEDS(NEED_PEER | NEED_STIMULUS);
	set_pair(self->b);
	ROAD(set_fresh(COMMON_SEED));
	ROAD(peer_write(self->b->other_stim, self->stim, 0));
	ROAD(common_save(self->b, &set[0].stream));
	ret = common_save_by(self->b, save_hit_by_peer, 0, &set[0].stream);
	EXPECT_REQ(V1_STOPPED_DEVICE_TOLERATES_ACCESS, !ret,
		   "a peer wrote to the device in STOP_COPY, which was then saved: %s",
		   common_errno(ret));
	ROAD(ret);
	ROAD(ret = common_restores(self->b, &set[0].stream));
	early = ret == 1;
	late = peer_shows(self->stim, 0) == 1;
	EXPECT_REQ(V1_FIRST_PENDING_READ_FREEZES, early || late,
		   "what a peer wrote in STOP_COPY, before pending_bytes was read, is half in the image");
	PREFER_REQ(V1_FIRST_PENDING_READ_FREEZES, !early || !peer_taken,
		   "captured early: what a peer wrote in STOP_COPY, before pending_bytes was read, is not in the image");
}

/* A peer that nobody has stopped writes between the chunks. */
static int save_under_peer(struct bench *b, int arg, struct stream *stream)
{
	u64 pending;
	u32 i;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (!ret)
		ret = v1_pending(&b->v1, &pending);
	for (i = 0; i < PEER_SPOTS && !ret; i++)
		peer_write(b->other_stim, b->stim, i);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/*
 * Collected too early, while a peer still runs: that save may fail or be of no
 * use, and nothing else. In hardware such writes may fail loudly.
 */
TEST_F(v1_barrier, early_collection_is_contained)
{
	const char *wrong;
	bool works;

	NEEDS(NEED_PEER | NEED_STIMULUS);
	if ((self->dev->caps & MIG_CAP_KERNEL) &&
	    self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("only judged by profile hostile");
	set_pair(self->b);
	ROAD(set_alone(self->b));
	ROAD(stimulus_work(self->b->other_stim));
	common_save_by(self->b, save_under_peer, 0, &set[0].stream);
	works = !stimulus_work(self->b->other_stim) ||
		!stimulus_work(self->b->other_stim);
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_IS_CONTAINED, !wrong,
		   "a peer wrote to the device while that was collected: %s",
		   wrong);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_IS_CONTAINED, works,
		   "a device that wrote to another while that was collected does not work any more");
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices beside each other at the borders of a migration: one is reset or
 * fails while another is saved, and peers write when they should not any more. What they write to a stopped
 * device is in its image or refused; what comes later spoils that image alone.
 */
#include "../v1/trouble.h"
#include "orders.h"
#include "peer.h"
#include "v1_company.h"

V1_FIXTURE(v1_barrier, NEED_SECOND)

/* ---- company that fails --------------------------------------------------------------- */

/* Whatever becomes of one device, the others are saved as if it were not there. */
TEST_F(v1_barrier, others_are_left_alone)
{
	int ret;

	set_pair(self->b);
	orders_late();
	ROAD(set_alone(self->b));
	for (company_begin(); company_goes_on() && !orders_late();
	     company_next()) {
		ROAD(ret = set_trip(self->b, save_beside, ""));
		EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
			   "a device is saved, and behind step %u of 4 another is %s: %s",
			   company_when + 1, company_what(), set_why);
	}
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

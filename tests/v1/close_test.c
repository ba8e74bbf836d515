// SPDX-License-Identifier: GPL-2.0-only
/*
 * Close: whatever state the device is in, and whatever session is in flight,
 * the next open finds a RUNNING device that works and remembers nothing of it.
 */
#include "trouble.h"

V1_FIXTURE(v1_close, NEED_NOTHING)

static struct stream saved;

/* A device that is opened again is RUNNING, wherever it was closed. */
TEST_F(v1_close, reopened_device_is_running)
{
	enum common_hand hand;
	int state, seen;

	ROAD(common_save(self->b, &saved));
	TROUBLE_EACH_SITUATION(state, hand) {
		if (trouble_reach(self->b, state, hand, &saved))
			continue;
		ROAD(bench_reopen());
		seen = common_state(&self->b->v1);
		EXPECT_REQ(V1_REOPEN_GIVES_DEFAULT, seen == MIG1_RUNNING,
			   "closed in %s (%s): device_state shows %s",
			   v1_state_name((u32)state), common_hand_name(hand),
			   common_state_name(seen));
	}
}

/* And it works, before anyone resets it. */
TEST_F(v1_close, reopened_device_works)
{
	int state;

	ROAD(common_save(self->b, &saved));
	for (state = MIG1_STOP; state <= MIG1_RESUMING; state++) {
		if (trouble_reach(self->b, state, COMMON_HALF, &saved))
			continue;
		ROAD(bench_reopen());
		EXPECT_REQ(V1_REOPEN_GIVES_DEFAULT, trouble_works(self->b),
			   "closed in %s, the device does not work",
			   v1_state_name((u32)state));
	}
}

/* So it is when it was closed in the error state. */
TEST_F(v1_close, device_closed_in_error_is_running)
{
	int seen;

	if (!common_reach_error(self->b))
		NOT_OFFERED("no request led into the error state");
	ROAD(bench_reopen());
	seen = common_state(&self->b->v1);
	EXPECT_REQ(V1_REOPEN_GIVES_DEFAULT,
		   seen == MIG1_RUNNING && trouble_works(self->b),
		   "closed in the error state: device_state shows %s",
		   common_state_name(seen));
}

static int close_and_open(struct bench *b)
{
	(void)b;
	return bench_reopen();
}

static int save_after_close(struct bench *b, int hand, struct stream *stream)
{
	return trouble_save_behind(b, close_and_open, hand, stream);
}

static int load_after_close(struct bench *b, int hand, const struct stream *stream)
{
	return trouble_load_behind(b, close_and_open, hand, stream);
}

/* Nothing of a session outlives the last close. */
#define CLOSED(name, save, load, hand)                                        \
	TEST_F(v1_close, name)                                                \
	{                                                                     \
		int ret;                                                      \
									      \
		ROAD(ret = trouble_trip(self->b, save, load, hand));           \
		EXPECT_REQ(V1_REOPEN_GIVES_DEFAULT, ret == 1,                 \
			   "a session was cut off by close (%s), the next: %s", \
			   common_hand_name(hand), common_differs(self->b));  \
	}

CLOSED(half_save_ends_with_close, save_after_close, NULL, COMMON_SOME)
CLOSED(whole_save_ends_with_close, save_after_close, NULL, COMMON_ALL)
CLOSED(half_restore_ends_with_close, NULL, load_after_close, COMMON_SOME)
CLOSED(unapplied_restore_ends_with_close, NULL, load_after_close, COMMON_ALL)

EXPECT_MAIN

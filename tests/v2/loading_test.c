// SPDX-License-Identifier: GPL-2.0-only
/*
 * A resuming session promises to take a stream with any number of increments,
 * to end when it is told to, without effect if it was not finished, and to
 * leave alone what the user sets up meanwhile.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "common.h"

V2_FIXTURE(v2_loading, NEED_NOTHING)

/* The contents change after each of @rounds temporary ends, last to COMMON_SEED. */
static int save_increments(struct bench *b, int rounds, struct stream *stream)
{
	struct mig_file *data;
	int ret;

	stream_clear(stream);
	ret = common_reach(b, MIG2_PRE_COPY, &data);
	while (!ret && rounds--) {
		ret = v2_collect(data, NULL, stream);
		if (!ret)
			ret = common_mark(b, rounds % 2 ? COMMON_NOISE :
							  COMMON_SEED);
	}
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, NULL);
	return ret ? ret : v2_collect(data, NULL, stream);
}

/* Pre-copy may have sent the same thing any number of times. */
TEST_F(v2_loading, any_number_of_increments_loads)
{
	static const int rounds[] = { 0, 1, 2, 5 };
	struct stream stream;
	size_t i;
	int whole;

	NEEDS(NEED_PRE_COPY);
	for (i = 0; i < ARRAY_SIZE(rounds); i++) {
		stream_init(&stream);
		ROAD(save_increments(self->b, rounds[i], &stream));
		whole = common_restores(self->b, &stream);
		ROAD(whole);
		EXPECT_REQ(V2_ANY_NUMBER_OF_INCREMENTS_LOADS, whole,
			   "a stream with %d rounds of pre-copy does not restore",
			   rounds[i]);
	}
}

/* ---- the end of a session ------------------------------------------------------------ */

static void is_dead(struct __test_metadata *_metadata, struct bench *b,
		    struct mig_file *data, const char *after)
{
	ssize_t moved = common_moves(data, FSM_RESUMING);

	EXPECT_REQ(V2_RESUMING_FD_DIES_WITH_SESSION, moved <= 0,
		   "%zd bytes were taken after %s", moved, after);
}

/* Once RESUMING was left nothing is taken any more. */
TEST_F(v2_loading, data_fd_dies_with_the_session)
{
	struct mig_file *data;
	struct stream stream;
	int before, after;

	stream_init(&stream);
	ROAD(common_reach_loaded(self->b, &stream, &data));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	is_dead(_metadata, self->b, data, "STOP");
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	before = common_verify(self->b, COMMON_SEED);
	is_dead(_metadata, self->b, data, "RUNNING");
	after = common_verify(self->b, COMMON_SEED);
	EXPECT_REQ(V2_RESUMING_FD_DIES_WITH_SESSION,
		   before || after != -EILSEQ,
		   "a write after the load changed the device: %s",
		   self->stim ? self->stim->differs : "");
	ROAD(common_reset(self->b));
	is_dead(_metadata, self->b, data, "a reset");
}

/* A reset ends a load, however far it got. */
TEST_F(v2_loading, reset_abandons_a_load)
{
	struct mig_file *data;
	struct stream stream;
	size_t part;
	ssize_t moved;
	u32 state;
	int i, ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	for (i = 0; i < 3; i++) {
		part = stream.len * i / 2;
		ROAD(common_reach(self->b, MIG2_RESUMING, &data));
		ROAD(v2_load(data, NULL, &stream, 0, part));
		ret = common_reset(self->b);
		state = common_state(self->b);
		moved = common_moves(data, FSM_RESUMING);
		EXPECT_REQ(V2_RESUMING_IS_ABORTED_BY_RESET,
			   !ret && state == MIG2_RUNNING && moved <= 0,
			   "reset after %zu of %zu bytes: %s, %s, data_fd %zd",
			   part, stream.len, common_errno(ret),
			   v2_state_name(state), moved);
		mig_file_close(data);
	}
}

/* And leaves a device that can be loaded after all. */
TEST_F(v2_loading, abandoned_loads_can_be_repeated)
{
	struct mig_file *data;
	struct stream stream;
	int i, ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ROAD(common_load(self->b, &stream));
	for (i = 0; i < 3; i++) {
		ROAD(common_reach(self->b, MIG2_RESUMING, &data));
		ROAD(v2_load(data, NULL, &stream, 0, stream.len * i / 2));
		ROAD(common_reset(self->b));
		ret = common_round_trip(self->b);
		EXPECT_REQ(V2_RESUMING_IS_ABORTED_BY_RESET, !ret,
			   "a round trip after a load given up at %zu of %zu bytes: %s",
			   stream.len * i / 2, stream.len,
			   common_errno(ret));
		mig_file_close(data);
	}
}

/* ---- interrupts ------------------------------------------------------------------ */

/* Interrupts that came within a window, or more where that takes longer. */
static bool fires(struct bench *b, int eventfd)
{
	u64 count;
	int i;

	for (i = 0; i < COMMON_PATIENCE / 8; i++) {
		mig_idle(b->dev, COMMON_WINDOW);
		if (read(eventfd, &count, sizeof(count)) == sizeof(count))
			return true;
	}
	return false;
}

/* The index by which the busy device interrupts @eventfd, or -ENODATA. */
static int find_irq(struct bench *b, int eventfd)
{
	static const u32 indices[] = { UAPI_PCI_MSIX, UAPI_PCI_MSI,
				       UAPI_PCI_INTX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		if (mig_irq(b->dev, indices[i], 0, eventfd))
			continue;
		if (fires(b, eventfd))
			return (int)indices[i];
		mig_irq(b->dev, indices[i], 0, -1);
	}
	return -ENODATA;
}

/* Interrupts are the user's to set up, and he does so while it loads. */
TEST_F(v2_loading, interrupts_set_up_while_loading_fire)
{
	int eventfd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), index;
	struct mig_file *data;
	struct stream stream;
	u64 count;

	NEEDS(NEED_IRQ);
	stream_init(&stream);
	ROAD(common_activity_start(self->b));
	index = find_irq(self->b, eventfd_);
	ROAD(index);
	ROAD(v2_save(self->v2, NULL, 0, &stream));
	ROAD(bench_fresh());
	ROAD(mig_irq(self->dev, index, 0, -1));
	ROAD(v2_set(self->v2, MIG2_RESUMING, &data));
	ROAD(mig_irq(self->dev, index, 0, eventfd_));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len));
	while (read(eventfd_, &count, sizeof(count)) == sizeof(count))
		continue;
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	EXPECT_REQ(V2_SETUP_DURING_RESUMING_HOLDS, fires(self->b, eventfd_),
		   "an interrupt that was set up in RESUMING does not fire in RUNNING");
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data sessions promise: an fd of their own each, poll that wakes who waits
 * for data or its end, and nothing any more once the session is over.
 */
#include <poll.h>

#include "common.h"

V2_FIXTURE(v2_session, NEED_NOTHING)

enum { SESSION_WAIT_MS = 10000 }; /* that data of a stopped device may take */

/* ---- fds --------------------------------------------------------------------- */

/* While old ones are open, each session's fd is one that was not there before. */
TEST_F(v2_session, each_session_has_an_fd_of_its_own)
{
	static const u32 states[] = { MIG2_STOP_COPY, MIG2_RUNNING,
				      MIG2_PRE_COPY,  MIG2_RUNNING,
				      MIG2_STOP_COPY, MIG2_RESUMING };
	struct mig_file *data;
	u64 known = 0;
	int last = -1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!v2_has_state(self->v2, states[i]))
			continue;
		ROAD(v2_set(self->v2, states[i], &data));
		if (states[i] == MIG2_RUNNING)
			continue;
		EXPECT_REQ(V2_SESSION_ARC_OPENS_DATA_FD,
			   data && data->fd != last &&
				   !(known & 1ull << data->fd % 64),
			   "%s opened data_fd %d; the one before is %d",
			   v2_state_name(states[i]), data ? data->fd : -1, last);
		last = data ? data->fd : -1;
		known |= data ? 1ull << data->fd % 64 : 0;
	}
}

/* A request that fails gives no fd, though it might have opened a session. */
TEST_F(v2_session, failed_requests_return_no_fd)
{
	static const u32 targets[] = { MIG2_STOP, MIG2_STOP_COPY };
	struct mig_file *data;
	struct stream stream;
	size_t i;
	int ret;
	s32 fd;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		ROAD(common_reach(self->b, MIG2_RESUMING, &data));
		ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
		ret = v2_set_raw(self->v2, targets[i], &fd);
		EXPECT_REQ(V2_FAILED_SET_RETURNS_NO_FD, !ret || fd == -1,
			   "half a load, then SET %s: %s and data_fd %d",
			   v2_state_name(targets[i]), common_errno(ret), fd);
	}
}

/* Closes the session of @state at once and goes back to RUNNING. */
static int abandon(struct bench *b, u32 state, u32 *ret_left)
{
	struct mig_file *data;
	int ret;

	ret = common_reach(b, state, &data);
	if (ret)
		return ret;
	mig_file_close(data);
	ret = v2_state(&b->v2, ret_left);
	if (!ret && state != MIG2_RESUMING)
		ret = v2_set(&b->v2, MIG2_STOP, NULL);
	/* With nothing written, RESUMING need not be left but by a reset. */
	if (!ret && state == MIG2_RESUMING)
		ret = v2_reset(&b->v2);
	return ret ? ret : v2_set(&b->v2, MIG2_RUNNING, NULL);
}

/* Closing the fd is no abort, and nothing that the states would miss. */
TEST_F(v2_session, fd_may_be_closed_at_once)
{
	u32 left = MIG2_STATES;
	int i, ret = 0, before, trip;

	before = common_round_trip(self->b);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		for (i = 0; i < COMMON_TRIES; i++) {
			ret = abandon(self->b, state, &left);
			if (!ret)
				break;
		}
		EXPECT_REQ(V2_DATA_FD_MAY_BE_CLOSED_EARLY,
			   !ret && left == state,
			   "fd closed in %s: then %s, and back to RUNNING: %s",
			   v2_state_name(state), v2_state_name(left),
			   common_errno(ret));
		trip = before ? 0 : common_round_trip(self->b);
		EXPECT_REQ(V2_DATA_FD_MAY_BE_CLOSED_EARLY, !trip,
			   "fd closed in %s: a later cycle gives %s",
			   v2_state_name(state), common_errno(trip));
	}
}

/* ---- after the end of a session ------------------------------------------------ */

/* An old saving fd gives nothing, not even of the session that follows. */
TEST_F(v2_session, old_saving_fd_stays_dead)
{
	struct mig_file *old, *data;
	struct stream stream;
	ssize_t alone, beside;
	int whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &old));
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	alone = common_moves(old, FSM_SAVING);
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, &data));
	ROAD(data ? 0 : -EPROTO);
	beside = common_moves(old, FSM_SAVING);
	ROAD(v2_collect(data, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_DATA_FD_DIES_WITH_SESSION,
		   alone <= 0 && beside <= 0 && whole,
		   "the old fd read %zd bytes, %zd beside a new session, whose stream %s",
		   alone, beside, whole ? "restores" : "does not restore");
}

/* Whatever was read of it, a saving session is over when it is left. */
TEST_F(v2_session, read_sessions_die_as_well)
{
	static const u32 targets[] = { MIG2_STOP, MIG2_RUNNING, MIG2_STOP,
				       MIG2_RUNNING };
	struct mig_file *data;
	struct stream stream;
	ssize_t moved;
	size_t i;

	stream_init(&stream);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
		if (i < ARRAY_SIZE(targets) / 2)
			ROAD(v2_collect_some(data, 100, &stream));
		else
			ROAD(v2_collect(data, NULL, &stream));
		ROAD(v2_set(self->v2, targets[i], NULL));
		moved = common_moves(data, FSM_SAVING);
		EXPECT_REQ(V2_DATA_FD_DIES_WITH_SESSION, moved <= 0,
			   "a read session left for %s: the fd gave %zd bytes",
			   v2_state_name(targets[i]), moved);
		mig_file_close(data);
	}
}

/* An old resuming fd takes nothing, and spoils no load that follows. */
TEST_F(v2_session, old_resuming_fd_stays_dead)
{
	struct mig_file *old, *data;
	struct stream stream;
	ssize_t alone, beside;

	stream_init(&stream);
	ROAD(common_reach_loaded(self->b, &stream, &old));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	alone = common_moves(old, FSM_RESUMING);
	ROAD(v2_set(self->v2, MIG2_RESUMING, &data));
	ROAD(data ? 0 : -EPROTO);
	beside = common_moves(old, FSM_RESUMING);
	EXPECT_REQ(V2_DATA_FD_DIES_WITH_SESSION, alone <= 0 && beside <= 0,
		   "the old fd took %zd bytes, %zd beside a new session", alone,
		   beside);
}

/* A reset ends them as well. */
TEST_F(v2_session, reset_ends_each_session)
{
	struct mig_file *data;
	ssize_t moved;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach_ready(self->b, state, &data));
		ROAD(v2_reset(self->v2));
		moved = common_moves(data, fsm_session_in(state));
		EXPECT_REQ(V2_DATA_FD_DIES_WITH_SESSION, moved <= 0,
			   "after a reset in %s the fd moved %zd bytes",
			   v2_state_name(state), moved);
		mig_file_close(data);
	}
}

/* And the last close of the device. */
TEST_F(v2_session, close_of_the_device_ends_each_session)
{
	struct mig_file *data;
	ssize_t moved;
	int fd;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach_ready(self->b, state, &data));
		fd = data->fd;
		ROAD(bench_reopen());
		/* The file is known to the open that is gone; the fd is not. */
		ROAD(mig_session(self->b->dev, fd, &data));
		moved = common_moves(data, fsm_session_in(state));
		EXPECT_REQ(V2_DATA_FD_DIES_WITH_DEVICE, moved <= 0,
			   "device closed in %s: the fd moved %zd bytes",
			   v2_state_name(state), moved);
		mig_file_close(data);
		ROAD(bench_fresh());
	}
}

/* ---- poll ------------------------------------------------------------------------------ */

/* Whoever polls at the end is told to read, and finds the end. */
TEST_F(v2_session, poll_shows_the_end)
{
	struct mig_file *data;
	struct stream stream;
	int at_once, later;

	NEEDS(NEED_POLL);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect(data, NULL, &stream));
	at_once = mig_poll(data, POLLIN, 0);
	ROAD(at_once);
	mig_idle(self->dev, COMMON_WINDOW);
	later = mig_poll(data, POLLIN, 0);
	ROAD(later);
	EXPECT_REQ(V2_POLL_SHOWS_END, (at_once & POLLIN) && (later & POLLIN),
		   "poll at the end: events 0x%x, later 0x%x", at_once, later);
}

/* And whoever polls for data is woken when there is some. */
TEST_F(v2_session, poll_wakes_for_data)
{
	struct mig_file *data;
	struct stream stream;
	int fresh, final;

	NEEDS(NEED_POLL);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	fresh = final = mig_poll(data, POLLIN, SESSION_WAIT_MS);
	if (v2_has_state(self->v2, MIG2_PRE_COPY)) {
		ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
		ROAD(v2_collect(data, NULL, &stream));
		ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
		final = mig_poll(data, POLLIN, SESSION_WAIT_MS);
	}
	ROAD(fresh);
	ROAD(final);
	EXPECT_REQ(V2_POLL_SHOWS_END, (fresh & POLLIN) && (final & POLLIN),
		   "poll in STOP_COPY: events 0x%x, after pre-copy 0x%x", fresh,
		   final);
}

/* Whoever waits in poll when a session ends is let go. */
TEST_F(v2_session, poll_wakes_at_the_end_of_a_session)
{
	struct mig_file *data;
	int i, events;

	NEEDS(NEED_POLL);
	for (i = 0; i < 2; i++) {
		ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
		ROAD(i ? common_reset(self->b) :
			 v2_set(self->v2, MIG2_STOP, NULL));
		events = mig_poll(data, POLLIN, SESSION_WAIT_MS);
		EXPECT_REQ(V2_DATA_IO_IS_INTERRUPTIBLE, events,
			   "poll of a session that %s has ended shows nothing",
			   i ? "a reset" : "STOP");
		mig_file_close(data);
	}
}

/* ---- requests --------------------------------------------------------------------------- */

/* An ioctl that a session does not know fails and does nothing. */
static void ioctl_is_unknown(struct __test_metadata *_metadata, struct bench *b,
			     struct mig_file *data, u32 state, u32 request)
{
	struct mig2_precopy_info info = { .argsz = sizeof(info) };
	int ret = mig_ioctl(data, request, &info);
	u32 left = common_state(b);

	EXPECT_REQ(V2_UNKNOWN_DATA_IOCTL_IS_ENOTTY, ret < 0 && left == state,
		   "request 0x%x on a session in %s: %s, then %s", request,
		   v2_state_name(state), common_errno(ret), v2_state_name(left));
	PREFER_REQ(V2_UNKNOWN_DATA_IOCTL_IS_ENOTTY, ret >= 0 || ret == -ENOTTY,
		   "request 0x%x on a session in %s: %s", request,
		   v2_state_name(state), common_errno(ret));
}

TEST_F(v2_session, unknown_requests_fail)
{
	struct mig_file *data;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		ioctl_is_unknown(_metadata, self->b, data, state,
				 UAPI_DEVICE_RESET);
		ioctl_is_unknown(_metadata, self->b, data, state, UAPI_IO(99));
		if (state == MIG2_RESUMING ||
		    !v2_has_state(self->v2, MIG2_PRE_COPY))
			ioctl_is_unknown(_metadata, self->b, data, state,
					 UAPI_MIG_GET_PRECOPY_INFO);
		mig_file_close(data);
	}
}

EXPECT_MAIN

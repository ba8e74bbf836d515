// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that fails a request promises to say where it is left, and a reset
 * gets it out of there: also out of ERROR, which nothing else leaves. Failures
 * cannot be ordered, so these tests take them as they come.
 */
#include "common.h"

V2_FIXTURE(v2_error, NEED_NOTHING)

enum { ERROR_ASKS = 5 };

/* ---- failures ------------------------------------------------------------------ */

/* RESUMING with half a stream, or with one whose beginning is damaged. */
static int spoil_load(struct bench *b, bool damaged, struct mig_file **ret_data)
{
	struct stream stream;
	size_t i;
	int ret;

	stream_init(&stream);
	ret = common_save(b, &stream);
	if (!ret && stream.len < 2)
		ret = -ENODATA;
	if (!ret)
		ret = common_reach(b, MIG2_RESUMING, ret_data);
	for (i = 0; !ret && damaged && i < 8 && i < stream.len; i++)
		stream.bytes[i] ^= 0xff;
	/* A device may know a damaged stream at once, and say so. */
	if (!ret && v2_load(*ret_data, NULL, &stream, 0, stream.len / 2) &&
	    !damaged)
		ret = -EIO;
	stream_free(&stream);
	return ret;
}

/*
 * Into ERROR, where there is a way: 1. 0 where none was found. *@ret_data is
 * the session that was open when the device failed, of kind *@ret_kind.
 */
static int find_error(struct bench *b, struct mig_file **ret_data,
		      enum fsm_session *ret_kind)
{
	int i, ret;

	*ret_kind = FSM_RESUMING;
	for (i = 0; i < 2; i++) {
		ret = spoil_load(b, i, ret_data);
		if (ret)
			return ret;
		if (v2_set(&b->v2, MIG2_STOP, NULL) &&
		    common_state(b) == MIG2_ERROR)
			return 1;
		mig_file_close(*ret_data);
	}
	COMMON_EACH_STATE(b, state) {
		if (common_reach(b, state, ret_data))
			continue;
		*ret_kind = fsm_session_in(state);
		if (v2_set(&b->v2, MIG2_STOP, NULL) &&
		    common_state(b) == MIG2_ERROR)
			return 1;
		mig_file_close(*ret_data);
	}
	return 0;
}

#define ERROR_OR_SKIP(b, data, kind)                                  \
	do {                                                          \
		int found_ = find_error(b, data, kind);               \
		ROAD(found_);                                         \
		if (!found_)                                          \
			NOT_OFFERED("a failure that leads to ERROR"); \
	} while (0)

/* Where it was, on the way, or in ERROR; what is newer than this is not judged. */
static bool is_legal(struct bench *b, u32 from, u32 to, u32 seen)
{
	return seen >= MIG2_STATES ||
	       fsm_visible_after_failure(b->v2.caps, from, to, seen);
}

/* A load that is refused fails wherever it was to lead, and stays on the way. */
TEST_F(v2_error, refused_loads_leave_legal_states)
{
	struct mig_file *data;
	u32 seen;
	int ret;

	COMMON_EACH_STATE(self->b, to) {
		if (to == MIG2_RESUMING)
			continue;
		ROAD(spoil_load(self->b, false, &data));
		ret = v2_set(self->v2, to, NULL);
		ROAD(v2_state(self->v2, &seen));
		EXPECT_REQ(V2_FAILED_SET_LEAVES_LEGAL_STATE,
			   !ret || is_legal(self->b, MIG2_RESUMING, to, seen),
			   "RESUMING to %s: %s, then %s", v2_state_name(to),
			   common_errno(ret), v2_state_name(seen));
		mig_file_close(data);
	}
}

/* One request, and what GET shows if it fails. */
static void fails_legally(struct __test_metadata *_metadata, struct bench *b,
			  u32 from, u32 to)
{
	struct mig_file *data;
	u32 seen;
	s32 fd;
	int ret;

	ROAD(common_reach_ready(b, from, &data));
	ret = v2_set_raw(&b->v2, to, &fd);
	mig_file_close(data);
	if (!ret)
		return;
	ROAD(v2_state(&b->v2, &seen));
	EXPECT_REQ(V2_FAILED_SET_LEAVES_LEGAL_STATE,
		   is_legal(b, from, to, seen) || seen == from,
		   "%s to %s: %s, then %s", v2_state_name(from),
		   v2_state_name(to), common_errno(ret), v2_state_name(seen));
}

/* So does every request that happens to fail. */
TEST_F(v2_error, failed_requests_leave_legal_states)
{
	COMMON_EACH_STATE(self->b, from) {
		fails_legally(_metadata, self->b, from, MIG2_STOP);
		fails_legally(_metadata, self->b, from, MIG2_RUNNING);
		fails_legally(_metadata, self->b, from, MIG2_STOP_COPY);
		fails_legally(_metadata, self->b, from, MIG2_STATES + 1);
	}
}

/* Requests for states that nobody may ask for: -EPROTO where one is granted. */
static int be_refused(struct bench *b)
{
	static const u32 targets[] = { MIG2_ERROR, MIG2_STATES + 1 };
	size_t i;
	s32 fd;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (!v2_set_raw(&b->v2, targets[i], &fd))
			return -EPROTO;
	return 0;
}

/* A request that is refused outright stops nothing. */
TEST_F(v2_error, refused_requests_leave_activity_alone)
{
	int ret;

	NEEDS(NEED_IRQ);
	ROAD(common_activity_start(self->b));
	ROAD(be_refused(self->b));
	ret = common_wakes(self->b);
	EXPECT_REQ(V2_REFUSED_SET_HAS_NO_EFFECT, !ret,
		   "after refused requests in RUNNING nothing moves: %s",
		   common_errno(ret));
}

/* Nor does it spoil a stream, whatever the state it is read in. */
TEST_F(v2_error, refused_requests_leave_streams_alone)
{
	struct mig_file *data;
	struct stream stream;
	int rest, whole;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) != FSM_SAVING)
			continue;
		stream_init(&stream);
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_collect_some(data, 1000, &stream));
		ROAD(be_refused(self->b));
		ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
		rest = v2_collect(data, NULL, &stream);
		whole = common_restores(self->b, &stream);
		ROAD(whole);
		EXPECT_REQ(V2_REFUSED_SET_HAS_NO_EFFECT, !rest && whole,
			   "refused requests in %s: the rest is read with %s, the stream %s",
			   v2_state_name(state), common_errno(rest),
			   whole ? "restores" : "does not restore");
		mig_file_close(data);
	}
}

/* ---- ways out -------------------------------------------------------------------- */

/* After a failure the same may be asked again; a reset works in any case. */
TEST_F(v2_error, failures_can_be_tried_again)
{
	struct mig_file *data;
	int i, reset;

	for (i = 0; i < 2; i++) {
		ROAD(spoil_load(self->b, i, &data));
		if (!v2_set(self->v2, MIG2_STOP, NULL))
			NOT_OFFERED("a refusal of half a stream");
		if (common_state(self->b) != MIG2_ERROR)
			v2_set(self->v2, MIG2_STOP, NULL);
		reset = common_reset(self->b);
		EXPECT_REQ(V2_FAILED_SET_CAN_BE_RETRIED,
			   !reset && common_state(self->b) == MIG2_RUNNING,
			   "after a refused load, tried twice, reset: %s, then %s",
			   common_errno(reset),
			   v2_state_name(common_state(self->b)));
		mig_file_close(data);
	}
}

/* And what was reset migrates. */
TEST_F(v2_error, failures_are_recoverable)
{
	struct mig_file *data;
	int ret;

	ROAD(common_round_trip(self->b));
	ROAD(spoil_load(self->b, false, &data));
	v2_set(self->v2, MIG2_RUNNING, NULL);
	ret = common_reset(self->b);
	if (!ret)
		ret = common_round_trip(self->b);
	EXPECT_REQ(V2_FAILED_SET_CAN_BE_RETRIED, !ret,
		   "after a refused load, reset and round trip: %s",
		   common_errno(ret));
}

/* ---- ERROR ------------------------------------------------------------------------ */

/* Kernels warn about such a request, and may be told to panic at a warning. */
static bool may_ask_in_error(struct bench *b)
{
	return b->profile == PROFILE_HOSTILE ||
	       !(b->dev->caps & MIG_CAP_KERNEL);
}

/* No request leads out of ERROR. */
TEST_F(v2_error, requests_do_not_leave_error)
{
	enum fsm_session kind;
	struct mig_file *data;
	s32 fd;
	int ret;

	if (!may_ask_in_error(self->b))
		NOT_OFFERED("requests in ERROR, but by profile hostile");
	ERROR_OR_SKIP(self->b, &data, &kind);
	COMMON_EACH_STATE(self->b, to) {
		ret = v2_set_raw(self->v2, to, &fd);
		EXPECT_REQ(V2_ERROR_IS_LEFT_BY_RESET,
			   ret < 0 && common_state(self->b) == MIG2_ERROR,
			   "%s asked for in ERROR: %s, then %s",
			   v2_state_name(to), common_errno(ret),
			   v2_state_name(common_state(self->b)));
		PREFER_REQ(V2_SET_FROM_ERROR_WARNS, ret == -EINVAL,
			   "%s asked for in ERROR: %s", v2_state_name(to),
			   common_errno(ret));
	}
}

/* A reset does. */
TEST_F(v2_error, reset_leaves_error)
{
	enum fsm_session kind;
	struct mig_file *data;
	int ret;

	ERROR_OR_SKIP(self->b, &data, &kind);
	ret = common_reset(self->b);
	EXPECT_REQ(V2_ERROR_IS_LEFT_BY_RESET,
		   !ret && common_state(self->b) == MIG2_RUNNING,
		   "reset in ERROR: %s, then %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
}

/* What ERROR asked for in ERROR gives is nowhere written. */
TEST_F(v2_error, error_asked_for_in_error_is_told)
{
	enum fsm_session kind;
	struct mig_file *data;
	s32 fd;
	int ret;

	if (!may_ask_in_error(self->b))
		NOT_OFFERED("requests in ERROR, but by profile hostile");
	ERROR_OR_SKIP(self->b, &data, &kind);
	ret = v2_set_raw(self->v2, MIG2_ERROR, &fd);
	PREFER_REQ(V2_SET_ERROR_IN_ERROR, ret < 0, "ERROR asked for in ERROR: %s",
		   common_errno(ret));
	EXPECT_REQ(V2_SET_ERROR_IN_ERROR,
		   common_state(self->b) == MIG2_ERROR,
		   "ERROR asked for in ERROR: then %s",
		   v2_state_name(common_state(self->b)));
}

/* GET says ERROR, as often as it is asked. */
TEST_F(v2_error, get_works_in_error)
{
	struct mig2_device_state seen;
	enum fsm_session kind;
	struct mig_file *data;
	int i, ret;

	ERROR_OR_SKIP(self->b, &data, &kind);
	for (i = 0; i < ERROR_ASKS; i++) {
		seen = (struct mig2_device_state){ MIG2_STATES,
						   V2_FD_UNTOUCHED };
		ret = mig_feature(self->dev,
				  MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
				  &seen, sizeof(seen));
		EXPECT_REQ(V2_GET_WORKS_IN_ERROR,
			   !ret && seen.device_state == MIG2_ERROR &&
				   seen.data_fd == -1,
			   "GET in ERROR: %s, state %u, data_fd %d",
			   common_errno(ret), seen.device_state, seen.data_fd);
	}
}

/* A failure does not strike it dumb. */
TEST_F(v2_error, get_works_after_a_failure)
{
	struct mig_file *data;
	u32 seen = MIG2_STATES;
	int i, get = -EIO;

	ROAD(spoil_load(self->b, false, &data));
	if (!v2_set(self->v2, MIG2_STOP, NULL))
		NOT_OFFERED("a refusal of half a stream");
	for (i = 0; get && i < ERROR_ASKS; i++)
		get = v2_state(self->v2, &seen);
	ROAD(common_reset(self->b));
	EXPECT_REQ(V2_GET_WORKS_IN_ERROR, !get,
		   "after a refused load GET gives %s, until a reset",
		   common_errno(get));
}

/* A session is over when its device fails. */
TEST_F(v2_error, sessions_die_in_error)
{
	enum fsm_session kind;
	struct mig_file *data;
	ssize_t moved;

	ERROR_OR_SKIP(self->b, &data, &kind);
	if (kind == FSM_NO_SESSION)
		NOT_OFFERED("a session that was open");
	moved = common_moves(data, kind);
	EXPECT_REQ(V2_SESSIONS_DIE_IN_ERROR, moved <= 0,
		   "in ERROR data_fd moves %zd bytes", moved);
}

EXPECT_MAIN

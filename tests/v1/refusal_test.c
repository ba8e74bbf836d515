// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a state write fails: the error is told, device_state shows the old
 * value or the error state, and a device that shows the old one goes on as if
 * nothing had been asked.
 */
#include "trouble.h"

V1_FIXTURE(v1_refusal, NEED_NOTHING)

static struct stream saved, spoilt;

/* Whatever is asked for: success is what it says, failure too. */
static void judge_request(struct __test_metadata *_metadata, struct bench *b,
			  u32 from, u32 to)
{
	int ret, seen;

	if (common_reach(b, trouble_way[from]))
		return;
	ret = v1_set_state(&b->v1, to);
	seen = common_state(&b->v1);
	EXPECT_REQ(V1_FAILED_TRANSITION_IS_REPORTED, ret || seen == (int)to,
		   "%s written in %s: success, and device_state shows %s",
		   v1_state_name(to), v1_state_name(from), common_state_name(seen));
	if (!ret)
		return;
	EXPECT_REQ(V1_FAILED_TRANSITION_KEEPS_OR_ERRORS,
		   seen == (int)from || seen == MIG1_ERROR,
		   "%s written in %s: %s, and device_state shows %s",
		   v1_state_name(to), v1_state_name(from), common_errno(ret),
		   common_state_name(seen));
	EXPECT_REQ(V1_ERRNO_IS_FREE, ret > -4096, "error number %d", -ret);
	/* To leave RESUMING may be to fail the check of the data. */
	if (from != MIG1_RESUMING &&
	    cell_v1(from, to)->verdict != CELL_MUST_ACCEPT)
		PREFER_REQ(V1_FAILED_TRANSITION_KEEPS_OR_ERRORS,
			   seen != MIG1_ERROR,
			   "a mere request for %s in %s ends in the error state",
			   v1_state_name(to), v1_state_name(from));
}

/* A request that is not met is an error, and leaves the old state or 110b. */
TEST_F(v1_refusal, refused_request_is_told)
{
	u32 from, to;

	for (from = 0; from < ARRAY_SIZE(trouble_way); from++)
		for (to = 0; to < MIG1_STATES; to++)
			judge_request(_metadata, self->b, from, to);
}

/* So is the start of a device whose data is not complete. */
TEST_F(v1_refusal, refused_restore_is_told)
{
	int ret, seen;

	ROAD(common_save(self->b, &saved));
	ROAD(stream_copy(&saved, &spoilt));
	stream_truncate(&spoilt, saved.len / 2);
	ROAD(common_reach(self->b, "4"));
	ROAD(v1_load(self->v1, NULL, &spoilt));
	ret = v1_set_state(self->v1, MIG1_RUNNING);
	seen = common_state(self->v1);
	EXPECT_REQ(V1_FAILED_TRANSITION_IS_REPORTED, ret || seen == MIG1_RUNNING,
		   "RUNNING after half a stream: success, and device_state shows %s",
		   common_state_name(seen));
	EXPECT_REQ(V1_FAILED_TRANSITION_KEEPS_OR_ERRORS,
		   !ret || seen == MIG1_RESUMING || seen == MIG1_ERROR,
		   "RUNNING after half a stream: %s, and device_state shows %s",
		   common_errno(ret), common_state_name(seen));
}

/* A request was refused and the device claims to be where it was. */
static bool is_refused(struct v1 *v1, u32 from, u32 to)
{
	return v1_set_state(v1, to) && common_state(v1) == (int)from;
}

/* A device that is still RUNNING, as it says, works. */
TEST_F(v1_refusal, refusal_leaves_device_running)
{
	u32 to;

	if (stimulus_work(self->stim) == -EOPNOTSUPP)
		NOT_OFFERED("nothing can make this device work");
	for (to = 0; to < MIG1_STATES; to++) {
		ROAD(bench_fresh());
		if (!is_refused(self->v1, MIG1_RUNNING, to))
			continue;
		EXPECT_REQ(V1_REPORTED_STATE_IS_REAL, trouble_works(self->b),
			   "%s was refused, and the device that shows RUNNING does not work",
			   v1_state_name(to));
	}
}

/* In the midst of a transfer; 0, or 1 if the device is in 110b: then it is over. */
static int interrupt(struct bench *b, u32 to)
{
	int from = common_state(&b->v1);

	return from < 0 ? from : !is_refused(&b->v1, (u32)from, to);
}

static int save_interrupted(struct bench *b, int to, struct stream *stream)
{
	u64 pending = 1;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	int over = 0;

	while (!ret && !over && pending) {
		over = stream->chunks < 4 && interrupt(b, (u32)to);
		if (!over)
			ret = v1_collect(&b->v1, NULL, 1 + stream->chunks,
					 stream, &pending);
	}
	if (!over || ret)
		return ret;
	ret = bench_fresh();
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

/* A save whose state is still shown goes on to its end. */
TEST_F(v1_refusal, refusal_leaves_save_going)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, save_interrupted, NULL, MIG1_INVALID_5));
	EXPECT_REQ(V1_REPORTED_STATE_IS_REAL, ret == 1,
		   "a save with refused state writes in it: %s",
		   common_differs(self->b));
}

static int load_interrupted(struct bench *b, int to, const struct stream *stream)
{
	size_t i, len;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	for (i = 0; i < stream->chunks && !ret; i++) {
		if (i < 4 && interrupt(b, (u32)to)) {
			ret = bench_fresh();
			return ret ? ret : v1_restore(&b->v1, NULL, stream);
		}
		len = stream_chunk_len(stream, i);
		if (len)
			ret = v1_load_chunk(&b->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, i), len);
	}
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* A restore, too. */
TEST_F(v1_refusal, refusal_leaves_restore_going)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, NULL, load_interrupted, MIG1_INVALID_7));
	EXPECT_REQ(V1_REPORTED_STATE_IS_REAL, ret == 1,
		   "a restore with refused state writes in it: %s",
		   common_differs(self->b));
}

/* A device that is still stopped, as it says, stays still. */
TEST_F(v1_refusal, refusal_leaves_device_still)
{
	static const u32 states[] = { MIG1_STOP, MIG1_STOP_COPY, MIG1_RESUMING };
	size_t i;
	int ret;

	NEEDS(NEED_DMA);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(bench_fresh());
		ROAD(stimulus_activity_start(self->stim));
		if (v1_set_state(self->v1, states[i]) || trouble_acts(self->b) ||
		    !is_refused(self->v1, states[i], MIG1_INVALID_5))
			continue;
		ROAD(ret = trouble_acts(self->b));
		EXPECT_REQ(V1_REPORTED_STATE_IS_REAL, !ret,
			   "the device in %s acts after a refused state write",
			   v1_state_name(states[i]));
	}
}

/* Behind a state write that failed, a user looks where the device is. */
TEST_F(v1_refusal, user_looks_after_refusal)
{
	struct trouble_watch w;

	if (!v1_set_state(self->v1, MIG1_INVALID_7))
		NOT_OFFERED("nothing is refused");
	trouble_watch(self->b, &w);
	ROAD(v1_recover(self->v1));
	trouble_unwatch(self->b, &w);
	EXPECT_REQ(V1_USER_REREADS_AFTER_FAILED_WRITE, w.looked,
		   "the way out of a refusal does not begin with a look at device_state");
}

EXPECT_MAIN

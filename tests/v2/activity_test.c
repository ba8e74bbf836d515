// SPDX-License-Identifier: GPL-2.0-only
/*
 * States promise what a device does and does not do: stopped ones are silent
 * and still; RUNNING and PRE_COPY work in full, whatever was visited on the way
 * there.
 */
#include "common.h"

V2_FIXTURE(v2_activity, NEED_STIMULUS)

enum {
	ACTIVITY_SEED = 7,
	ACTIVITY_WINDOWS = 25,
	ACTIVITY_STOP = 400, /* ms that a device is left in STOP */
};

/* ---- silence ---------------------------------------------------------------- */

/* Once SET has returned, a device in STOP does nothing that can be seen. */
TEST_F(v2_activity, stop_is_silent)
{
	static const u32 sources[] = { MIG2_RUNNING, MIG2_RUNNING_P2P,
				       MIG2_PRE_COPY, MIG2_PRE_COPY_P2P };
	struct mig_file *data;
	long count;
	size_t i;

	NEEDS(NEED_IRQ);
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!v2_has_state(self->v2, sources[i]))
			continue;
		common_alone(self->b, true);
		ROAD(common_busy(self->b, sources[i], &data));
		ROAD(v2_set(self->v2, MIG2_STOP, NULL));
		count = common_activity(self->b);
		ROAD(count);
		common_alone(self->b, false);
		EXPECT_REQ(V2_TRANSITION_IS_SYNCHRONOUS, !count,
			   "%ld DMA writes or interrupts after SET STOP from %s",
			   count, v2_state_name(sources[i]));
		EXPECT_REQ(V2_STOP_IS_SILENT, !count,
			   "%ld DMA writes or interrupts in STOP", count);
		mig_file_close(data);
	}
}

/* Nor in STOP_COPY: before, while and after the stream is read. */
TEST_F(v2_activity, stop_copy_is_silent)
{
	struct mig_file *data;
	struct stream stream;
	long fresh, half, drained;

	NEEDS(NEED_IRQ);
	stream_init(&stream);
	common_alone(self->b, true);
	ROAD(common_busy(self->b, MIG2_STOP_COPY, &data));
	fresh = common_activity(self->b);
	ROAD(fresh);
	ROAD(v2_collect_some(data, 1000, &stream));
	half = common_activity(self->b);
	ROAD(half);
	ROAD(v2_collect(data, NULL, &stream));
	drained = common_activity(self->b);
	ROAD(drained);
	EXPECT_REQ(V2_STOP_COPY_AND_RESUMING_ARE_SILENT,
		   !fresh && !half && !drained,
		   "DMA writes and interrupts in STOP_COPY: %ld at first, %ld within the stream, %ld after it",
		   fresh, half, drained);
}

/* What STOP has silenced stays so while STOP_COPY is entered and left. */
TEST_F(v2_activity, saving_a_stopped_device_is_silent)
{
	struct mig_file *data;
	struct stream stream;
	u64 before, after;

	NEEDS(NEED_IRQ);
	stream_init(&stream);
	ROAD(common_busy(self->b, MIG2_STOP, &data));
	/* That it has come to rest is what another test is about. */
	mig_idle(self->dev, COMMON_WINDOW);
	ROAD(common_seen(self->b, &before));
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, &data));
	ROAD(v2_collect(data, NULL, &stream));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	ROAD(common_seen(self->b, &after));
	EXPECT_REQ(V2_STOP_COPY_AND_RESUMING_ARE_SILENT, after == before,
		   "%llu DMA writes or interrupts while a stopped device was saved",
		   (unsigned long long)(after - before));
}

/* A device that is being loaded does not start by itself. */
TEST_F(v2_activity, resuming_is_silent)
{
	struct mig_file *data;
	struct stream stream;
	long fresh, half, loaded;

	NEEDS(NEED_IRQ);
	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	common_alone(self->b, true);
	ROAD(common_busy(self->b, MIG2_RESUMING, &data));
	fresh = common_activity(self->b);
	ROAD(fresh);
	ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
	half = common_activity(self->b);
	ROAD(half);
	ROAD(v2_load(data, NULL, &stream, stream.len / 2, stream.len));
	loaded = common_activity(self->b);
	ROAD(loaded);
	EXPECT_REQ(V2_STOP_COPY_AND_RESUMING_ARE_SILENT,
		   !fresh && !half && !loaded,
		   "DMA writes and interrupts in RESUMING: %ld at first, %ld within the stream, %ld after it",
		   fresh, half, loaded);
}

/* Nor when a busy device's own stream is loaded into it. */
TEST_F(v2_activity, resuming_a_busy_device_is_silent)
{
	struct mig_file *data;
	struct stream stream;
	long count;

	NEEDS(NEED_IRQ);
	stream_init(&stream);
	ROAD(common_busy(self->b, MIG2_STOP_COPY, &data));
	ROAD(v2_collect(data, NULL, &stream));
	ROAD(v2_set(self->v2, MIG2_RESUMING, &data));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len));
	common_alone(self->b, true);
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	count = common_activity(self->b);
	ROAD(count);
	EXPECT_REQ(V2_STOP_IS_SILENT, !count,
		   "%ld DMA writes or interrupts in STOP after a load", count);
}

/* ---- stillness -------------------------------------------------------------- */

static int save_stopped(struct bench *b, struct stream *stream)
{
	struct mig_file *data;
	int ret;

	ret = v2_set(&b->v2, MIG2_STOP_COPY, &data);
	if (!ret)
		ret = data ? v2_collect(data, NULL, stream) : -EPROTO;
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP, NULL);
	return ret;
}

/* Are two streams of a device in STOP, a window apart, the same? 1, 0, -errno. */
static int still(struct bench *b)
{
	struct stream first, second;
	int ret;

	stream_init(&first);
	stream_init(&second);
	ret = save_stopped(b, &first);
	if (!ret)
		mig_idle(b->dev, COMMON_WINDOW);
	if (!ret)
		ret = save_stopped(b, &second);
	if (!ret)
		ret = stream_equal(&first, &second);
	stream_free(&first);
	stream_free(&second);
	return ret;
}

/*
 * Nothing goes on inside a device in STOP. Streams may differ for reasons of
 * their own; then those of an idle device do so too, and nothing can be said.
 */
TEST_F(v2_activity, stop_is_frozen)
{
	struct mig_file *data;
	int i, idle, at_work = 0;

	NEEDS(NEED_IRQ);
	for (i = 0; i < COMMON_TRIES && !at_work; i++) {
		ROAD(common_reach(self->b, MIG2_STOP, &data));
		idle = still(self->b);
		ROAD(idle);
		if (!idle)
			NOT_OFFERED("streams that are the same each time");
		ROAD(common_busy(self->b, MIG2_STOP, &data));
		at_work = still(self->b);
		ROAD(at_work);
	}
	EXPECT_REQ(V2_STOP_IS_FROZEN, at_work,
		   "streams of an idle device in STOP are the same, those of a device stopped at work are not, %d times of %d",
		   i, COMMON_TRIES);
}

/* Not even if nobody can set it to work: what was put there stays, for a while. */
TEST_F(v2_activity, contents_keep_in_stop)
{
	int i, ret = -EILSEQ;

	for (i = 0; i < COMMON_TRIES && ret == -EILSEQ; i++) {
		ROAD(common_fresh(self->b, COMMON_SEED));
		ROAD(v2_set(self->v2, MIG2_STOP, NULL));
		mig_idle(self->dev, ACTIVITY_STOP);
		ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
		ret = stimulus_verify(self->stim, COMMON_SEED);
	}
	ROAD(ret == -EILSEQ ? 0 : ret);
	EXPECT_REQ(V2_STOP_IS_FROZEN, !ret, "after %d ms in STOP: %s",
		   ACTIVITY_STOP, self->stim->differs);
}

/* ---- and back at work ----------------------------------------------------------- */

/* Into @state, a bit of its stream, and back: 0 or -errno. */
static int visit(struct bench *b, u32 state, bool drain)
{
	struct mig_file *data = NULL;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = v2_set(&b->v2, state, &data);
	if (!ret && data)
		ret = drain ? v2_collect(data, NULL, &stream) :
			      v2_collect_some(data, 100, &stream);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	mig_file_close(data);
	stream_free(&stream);
	return ret;
}

/* For each state from where RUNNING goes on with what was there before. */
#define EACH_DETOUR(b, state)                                               \
	COMMON_EACH_STATE(b, state)                                         \
		if (state != MIG2_RUNNING && state != MIG2_RESUMING)

/* Contents are not lost on any way round. */
TEST_F(v2_activity, contents_survive_each_detour)
{
	int drain, ret;

	for (drain = 0; drain < 2; drain++)
		EACH_DETOUR(self->b, state) {
			ROAD(common_fresh(self->b, COMMON_SEED));
			ROAD(visit(self->b, state, drain));
			ret = stimulus_verify(self->stim, COMMON_SEED);
			EXPECT_REQ(V2_RUNNING_AGAIN_WORKS, !ret,
				   "back from %s: %s", v2_state_name(state),
				   ret == -EILSEQ ? self->stim->differs :
						    common_errno(ret));
		}
}

/* Work that was under way gets done. */
TEST_F(v2_activity, pending_work_survives_each_detour)
{
	int ret = stimulus_submit(self->stim, ACTIVITY_SEED);

	if (ret == -EOPNOTSUPP)
		NOT_OFFERED("work that takes a while");
	ROAD(ret);
	ROAD(common_finished(self->b, ACTIVITY_SEED));
	EACH_DETOUR(self->b, state) {
		ROAD(bench_fresh());
		ROAD(stimulus_submit(self->stim, ACTIVITY_SEED + state));
		ROAD(visit(self->b, state, true));
		ret = common_finished(self->b, ACTIVITY_SEED + state);
		EXPECT_REQ(V2_RUNNING_AGAIN_WORKS, !ret,
			   "work submitted before %s: %s", v2_state_name(state),
			   common_errno(ret));
	}
}

/* And the device takes new work. */
TEST_F(v2_activity, new_work_succeeds_after_each_detour)
{
	int drain, ret;

	ROAD(stimulus_work(self->stim));
	for (drain = 0; drain < 2; drain++)
		EACH_DETOUR(self->b, state) {
			ROAD(bench_fresh());
			ROAD(visit(self->b, state, drain));
			ret = stimulus_work(self->stim);
			EXPECT_REQ(V2_RUNNING_AGAIN_WORKS, !ret,
				   "new work, back from %s: %s",
				   v2_state_name(state), common_errno(ret));
		}
}

/* ---- pre-copy ------------------------------------------------------------------- */

/* Activity of a device that may be slow: 0 only after many windows. */
static long slow_activity(struct bench *b)
{
	long count = 0;
	int i;

	for (i = 0; !count && i < ACTIVITY_WINDOWS; i++)
		count = common_activity(b);
	return count;
}

/* In PRE_COPY a busy device stays busy, while it is read and when it was. */
TEST_F(v2_activity, pre_copy_keeps_active)
{
	struct mig_file *data;
	struct stream stream;
	long fresh, read;

	NEEDS(NEED_PRE_COPY | NEED_IRQ);
	stream_init(&stream);
	ROAD(common_busy(self->b, MIG2_PRE_COPY, &data));
	fresh = slow_activity(self->b);
	ROAD(fresh);
	ROAD(v2_collect(data, NULL, &stream));
	read = slow_activity(self->b);
	ROAD(read);
	EXPECT_REQ(V2_PRE_COPY_KEEPS_WORKING, fresh && read,
		   "DMA writes and interrupts in PRE_COPY: %ld at first, %ld after a read",
		   fresh, read);
}

/* And takes and does new work. */
TEST_F(v2_activity, pre_copy_keeps_working)
{
	struct mig_file *data;
	struct stream stream;
	int fresh, read;

	NEEDS(NEED_PRE_COPY);
	stream_init(&stream);
	ROAD(stimulus_work(self->stim));
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	fresh = stimulus_work(self->stim);
	ROAD(v2_collect(data, NULL, &stream));
	read = stimulus_work(self->stim);
	EXPECT_REQ(V2_PRE_COPY_KEEPS_WORKING, !fresh && !read,
		   "work in PRE_COPY: %s at first, %s after a read",
		   common_errno(fresh), common_errno(read));
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * States promise what a device does and does not do: stopped ones are silent
 * and still, but their plumbing answers; RUNNING and PRE_COPY work in full,
 * whatever was visited on the way there.
 */
#include <sys/eventfd.h>

#include "common.h"

V2_FIXTURE(v2_activity, NEED_STIMULUS)
V2_FIXTURE(v2_stopped, NEED_NOTHING)

enum { ACTIVITY_SEED = 7, ACTIVITY_WINDOWS = 25 };

/* A device at work, by one request into @state. */
static int busy(struct bench *b, u32 state, struct mig_file **ret_data)
{
	int i, ret = 0;

	*ret_data = NULL;
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_activity_start(b);
		if (!ret && state != MIG2_RUNNING)
			ret = v2_set(&b->v2, state, ret_data);
		if (!ret)
			break;
	}
	return ret;
}

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
		ROAD(busy(self->b, sources[i], &data));
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
	ROAD(busy(self->b, MIG2_STOP_COPY, &data));
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
	ROAD(busy(self->b, MIG2_STOP, &data));
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
	ROAD(busy(self->b, MIG2_RESUMING, &data));
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
	ROAD(busy(self->b, MIG2_STOP_COPY, &data));
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
		ROAD(busy(self->b, MIG2_STOP, &data));
		at_work = still(self->b);
		ROAD(at_work);
	}
	EXPECT_REQ(V2_STOP_IS_FROZEN, at_work,
		   "streams of an idle device in STOP are the same, those of a device stopped at work are not, %d times of %d",
		   i, COMMON_TRIES);
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
	ROAD(busy(self->b, MIG2_PRE_COPY, &data));
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

/* ---- plumbing ---------------------------------------------------------------------- */

/* Enables and disables an interrupt. */
static int plumb_irq(struct bench *b, u32 index, int eventfd)
{
	int ret = mig_irq(b->dev, index, 0, eventfd);

	return ret ? ret : mig_irq(b->dev, index, 0, -1);
}

/* Reads identification and line of config space and writes the line back. */
static int plumb_config(struct bench *b)
{
	struct mig_region config;
	u8 line;
	u32 ids;

	if (mig_region_info(b->dev, UAPI_PCI_CONFIG, &config))
		return -EIO;
	if (mig_pread(&b->dev->file, &ids, sizeof(ids), config.offset) !=
		    sizeof(ids) ||
	    mig_pread(&b->dev->file, &line, 1, config.offset + 0x3c) != 1 ||
	    mig_pwrite(&b->dev->file, &line, 1, config.offset + 0x3c) != 1)
		return -EIO;
	return 0;
}

/* What answers, a bit for each part. */
static u32 plumbing(struct bench *b)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	u32 index, works = 0;

	for (index = UAPI_PCI_INTX; index <= UAPI_PCI_MSIX; index++)
		works |= !plumb_irq(b, index, fd) << index;
	works |= !plumb_config(b) << index;
	close(fd);
	return works;
}

/* How many regions GET_REGION_INFO describes, empty ones too. */
static u32 regions_described(struct bench *b)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	struct mig_region region;
	u32 index, count = 0;

	if (mig_device_info(b->dev, &info))
		return 0;
	for (index = 0; index < info.num_regions && index < 64; index++)
		count += !mig_region_info(b->dev, index, &region);
	return count;
}

/* What a device consists of is told in each state, migration or not. */
TEST_F(v2_stopped, regions_are_described)
{
	u32 running = regions_described(self->b), now;
	struct mig_file *data;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		now = regions_described(self->b);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS, now && now == running,
			   "GET_REGION_INFO describes %u regions in RUNNING, %u in %s",
			   running, now, v2_state_name(state));
		mig_file_close(data);
	}
}

/* Config space and interrupts can be set up while the device stands still. */
TEST_F(v2_stopped, plumbing_answers)
{
	static const u32 states[] = { MIG2_STOP, MIG2_STOP_COPY, MIG2_RESUMING };
	struct mig_file *data;
	u32 running, stopped;
	size_t i;

	NEEDS(NEED_CONFIG_SPACE);
	running = plumbing(self->b);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(common_reach(self->b, states[i], &data));
		stopped = plumbing(self->b);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS, !(running & ~stopped),
			   "INTx, MSI, MSI-X and config space answer by 0x%x in RUNNING, 0x%x in %s",
			   running, stopped, v2_state_name(states[i]));
		mig_file_close(data);
	}
}

/* The interrupts that reach an eventfd routed in @state, once RUNNING: or -errno. */
static long routed_in(struct bench *b, u32 state, u32 index)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct mig_file *data;
	u64 count = 0;
	int ret;

	ret = busy(b, state, &data);
	mig_file_close(data);
	if (!ret)
		ret = mig_irq(b->dev, index, 0, fd);
	if (!ret && state != MIG2_RUNNING)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	mig_idle(b->dev, COMMON_WINDOW);
	if (!ret && read(fd, &count, sizeof(count)) < 0)
		count = 0;
	mig_irq(b->dev, index, 0, -1);
	close(fd);
	return ret ? ret : (long)count;
}

/* And then they fire. */
TEST_F(v2_stopped, interrupts_set_up_in_stop_fire)
{
	long before, stopped;
	u32 index;

	NEEDS(NEED_STIMULUS | NEED_IRQ | NEED_CONFIG_SPACE);
	for (index = UAPI_PCI_INTX; index <= UAPI_PCI_MSIX; index++) {
		before = routed_in(self->b, MIG2_RUNNING, index);
		if (before <= 0)
			continue;
		stopped = routed_in(self->b, MIG2_STOP, index);
		ROAD(stopped);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS, stopped > 0,
			   "interrupt %u fires where it was set up in RUNNING, but not in STOP",
			   index);
	}
}

/* Reads and writes all over the regions; results do not matter. */
static void touch(struct bench *b)
{
	struct mig_region region;
	u32 index, word = 0;
	u64 at;

	for (index = 0; index < UAPI_PCI_NUM_REGIONS; index++) {
		if (mig_region_info(b->dev, index, &region) ||
		    index == UAPI_PCI_CONFIG)
			continue;
		for (at = 0; at < region.size; at += region.size / 16 + 4) {
			mig_pread(&b->dev->file, &word, sizeof(word),
				  region.offset + at);
			mig_pwrite(&b->dev->file, &word, sizeof(word),
				   region.offset + at);
		}
	}
}

/* Who touches a stopped device harms himself at most. */
TEST_F(v2_stopped, careless_access_is_contained)
{
	static const u32 states[] = { MIG2_STOP, MIG2_STOP_COPY, MIG2_RESUMING };
	struct mig_file *data;
	size_t i;
	int ret;

	if (self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("what is only done in profile hostile");
	ROAD(common_round_trip(self->b));
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(common_reach(self->b, states[i], &data));
		touch(self->b);
		mig_file_close(data);
		ret = common_round_trip(self->b);
		EXPECT_REQ(V2_STOPPED_ACCESS_IS_CONTAINED, !ret,
			   "regions touched in %s: then a reset and a cycle give %s",
			   v2_state_name(states[i]), common_errno(ret));
	}
}

EXPECT_MAIN

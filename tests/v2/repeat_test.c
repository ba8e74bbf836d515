// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the long run a device promises: its state is the user's alone, migration
 * may be done as often as one likes, from the very beginning, and by several
 * threads at once.
 */
#include <fcntl.h>
#include <pthread.h>

#include "common.h"

V2_FIXTURE(v2_repeat, NEED_NOTHING)

enum {
	REPEAT_CYCLES = 12,
	REPEAT_ROUNDS = 60,
	REPEAT_FDS = 4096,
	REPEAT_LOOKS = 20,
	REPEAT_WINDOW = 1000, /* ms that a state is watched, in as many looks */
};

/* The state is the user's: it does not move by itself. */
TEST_F(v2_repeat, states_stay)
{
	struct mig_file *data;
	u32 seen, i;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		for (i = 0, seen = state; i < REPEAT_LOOKS && seen == state; i++) {
			mig_idle(self->dev, REPEAT_WINDOW / REPEAT_LOOKS);
			ROAD(v2_state(self->v2, &seen));
		}
		EXPECT_REQ(V2_STATE_CHANGES_ONLY_BY_USER,
			   seen == state || seen == MIG2_ERROR,
			   "left in %s it went to %s", v2_state_name(state),
			   v2_state_name(seen));
		PREFER_REQ(V2_STATE_CHANGES_ONLY_BY_USER, seen != MIG2_ERROR,
			   "left in %s it went to ERROR", v2_state_name(state));
		mig_file_close(data);
	}
}

/* A device that no driver has touched yet can be migrated. */
TEST_F(v2_repeat, untouched_devices_migrate)
{
	struct stream stream;
	int i, save = -EAGAIN, load = 0;

	stream_init(&stream);
	for (i = 0; (save || load) && i < COMMON_TRIES; i++) {
		ROAD(bench_fresh());
		save = v2_save(self->v2, NULL, 0, &stream);
		load = save ? 0 : v2_restore(self->v2, NULL, &stream);
	}
	EXPECT_REQ(V2_UNTOUCHED_DEVICE_MIGRATES, !save && !load,
		   "nobody has programmed it: save %s, restore %s",
		   common_errno(save), common_errno(load));
}

/* One cycle: a save that is called off, one that is not, and a restore. */
static int cycle(struct bench *b, struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret;

	ret = v2_set(&b->v2, v2_has_state(&b->v2, MIG2_PRE_COPY) ?
				     MIG2_PRE_COPY : MIG2_STOP_COPY, &data);
	mig_file_close(data);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	if (!ret)
		ret = v2_save(&b->v2, NULL, 0, stream);
	if (!ret)
		ret = v2_restore(&b->v2, NULL, stream);
	return ret;
}

/* As cycle(), tried again on a reset device. */
static int cycle_patiently(struct bench *b, struct stream *stream)
{
	int i, ret = cycle(b, stream);

	for (i = 1; ret && i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = cycle(b, stream);
	}
	return ret;
}

static int open_fds(void)
{
	int fd, count = 0;

	for (fd = 0; fd < REPEAT_FDS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Migration may be tried, called off and done as often as one likes. */
TEST_F(v2_repeat, cycles_repeat)
{
	struct stream stream;
	int i, ret = 0, before;

	stream_init(&stream);
	ROAD(cycle_patiently(self->b, &stream));
	before = open_fds();
	for (i = 1; !ret && i < REPEAT_CYCLES; i++)
		ret = cycle_patiently(self->b, &stream);
	EXPECT_REQ(V2_CYCLES_REPEAT, !ret, "cycle %d of %d: %s", i, REPEAT_CYCLES,
		   common_errno(ret));
	EXPECT_REQ(V2_CYCLES_REPEAT, open_fds() == before,
		   "%d open descriptors after the first cycle, %d at the end",
		   before, open_fds());
}

/* ---- several threads ---------------------------------------------------------------- */

/* Saves and calls it off, over and over. */
static void *thread_saving(void *arg)
{
	struct bench *b = arg;
	struct mig_file *data;
	u8 bytes[256];
	int i;

	for (i = 0; i < REPEAT_ROUNDS && !bench_late(); i++) {
		data = NULL;
		v2_set(&b->v2, MIG2_STOP_COPY, &data);
		if (data)
			mig_read(data, bytes, sizeof(bytes));
		v2_set(&b->v2, MIG2_RUNNING, NULL);
		mig_file_close(data);
	}
	return NULL;
}

static void *thread_asking(void *arg)
{
	struct bench *b = arg;
	u64 size;
	int i;

	for (i = 0; i < 2 * REPEAT_ROUNDS && !bench_late(); i++) {
		common_state(b);
		v2_data_size(&b->v2, &size);
	}
	return NULL;
}

static void *thread_stopping(void *arg)
{
	struct bench *b = arg;
	s32 fd;
	int i;

	for (i = 0; i < REPEAT_ROUNDS && !bench_late(); i++)
		v2_set_raw(&b->v2, i % 2 ? MIG2_RUNNING : MIG2_STOP, &fd);
	return NULL;
}

static void *thread_resetting(void *arg)
{
	struct bench *b = arg;
	int i;

	for (i = 0; i < REPEAT_ROUNDS / 4 && !bench_late(); i++)
		v2_reset(&b->v2);
	return NULL;
}

static void run_together(struct bench *b)
{
	static void *(*const bodies[])(void *) = {
		thread_saving, thread_asking, thread_stopping, thread_resetting,
	};
	pthread_t threads[ARRAY_SIZE(bodies)];
	size_t i, count = 0;

	mig_concurrent(b->ctx, true);
	for (i = 0; i < ARRAY_SIZE(bodies); i++)
		count += !pthread_create(&threads[count], NULL, bodies[i], b);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	mig_concurrent(b->ctx, false);
}

/* Whatever threads ask for at once, a sane device is left behind. */
TEST_F(v2_repeat, requests_of_threads_are_serialised)
{
	int reset, trip;
	u32 state;

	ROAD(common_round_trip(self->b));
	run_together(self->b);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_REQUESTS_ARE_SERIALISED,
		   state >= MIG2_STATES || fsm_has(self->v2->caps, state),
		   "after requests of four threads: %s", v2_state_name(state));
	reset = bench_fresh();
	state = common_state(self->b);
	trip = reset ? 0 : common_round_trip(self->b);
	EXPECT_REQ(V2_REQUESTS_ARE_SERIALISED,
		   !reset && state == MIG2_RUNNING && !trip,
		   "after requests of four threads: RESET %s, then %s; a cycle %s",
		   common_errno(reset), v2_state_name(state),
		   common_errno(trip));
}

EXPECT_MAIN

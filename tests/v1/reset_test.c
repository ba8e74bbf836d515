// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset: whatever state the device is in, and whatever session is in flight,
 * it brings back a RUNNING device that works and remembers nothing of it.
 */
#include <pthread.h>
#include <sched.h>

#include "trouble.h"

V1_FIXTURE(v1_reset, NEED_NOTHING)

enum { RACE_SAVES = 40, RACE_SAVES_MAX = 1000, RACE_RESETS = 20, RACE_CHUNKS = 4 };

static struct stream saved;

/* ---- the offer ---------------------------------------------------------------- */

/* A device that can migrate can be reset: errors have no other way out. */
TEST_F(v1_reset, reset_is_offered)
{
	int i, ret = -EIO;

	for (i = 0; i < COMMON_TRIES && ret; i++)
		ret = mig_reset(self->dev);
	EXPECT_REQ(V1_RESET_IS_OFFERED, !ret, "VFIO_DEVICE_RESET in RUNNING: %s",
		   common_errno(ret));
	PREFER_REQ(V1_RESET_IS_OFFERED, trouble_has_reset(self->b),
		   "GET_INFO does not announce the reset that works");
}

/* ---- from everywhere -------------------------------------------------------------- */

/* A reset gives a RUNNING device, in each state and with any data in hand. */
TEST_F(v1_reset, reset_gives_running)
{
	enum common_hand hand;
	int state, ret, seen;

	if (!trouble_has_reset(self->b))
		NOT_OFFERED("no reset is announced");
	ROAD(common_save(self->b, &saved));
	TROUBLE_EACH_SITUATION(state, hand) {
		if (trouble_reach(self->b, state, hand, &saved))
			continue;
		ret = trouble_reset(self->b);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_RESET_GIVES_RUNNING, !ret && seen == MIG1_RUNNING,
			   "reset in %s (%s): %s, device_state shows %s",
			   v1_state_name((u32)state), common_hand_name(hand),
			   common_errno(ret), common_state_name(seen));
	}
}

/* And it works: it runs, not only by name. */
TEST_F(v1_reset, reset_device_works)
{
	int state;

	if (!trouble_has_reset(self->b) ||
	    stimulus_work(self->stim) == -EOPNOTSUPP)
		NOT_OFFERED("nothing can make this device work after a reset");
	ROAD(common_save(self->b, &saved));
	for (state = MIG1_STOP; state <= MIG1_RESUMING; state++) {
		if (trouble_reach(self->b, state, COMMON_HALF, &saved) ||
		    trouble_reset(self->b))
			continue;
		EXPECT_REQ(V1_RESET_GIVES_RUNNING, trouble_works(self->b),
			   "the device does not work after a reset in %s",
			   v1_state_name((u32)state));
	}
}

/* Out of the error state reset leads to a device as good as new. */
TEST_F(v1_reset, reset_recovers_from_error)
{
	const char *wrong;
	int ret;

	if (!common_reach_error(self->b))
		NOT_OFFERED("no request led into the error state");
	ret = mig_reset(self->dev);
	if (ret)
		ret = mig_reset(self->dev);
	EXPECT_REQ(V1_RESET_RECOVERS_FROM_ERROR, !ret,
		   "reset in the error state: %s", common_errno(ret));
	EXPECT_REQ(V1_RESET_RECOVERS_FROM_ERROR,
		   common_state(self->v1) == MIG1_RUNNING,
		   "device_state shows %s after it",
		   common_state_name(common_state(self->v1)));
	wrong = ret ? NULL : trouble_left(self->b, false);
	EXPECT_REQ(V1_RESET_RECOVERS_FROM_ERROR, !wrong, "%s", wrong);
}

/* And to one that migrates as if nothing had been. */
TEST_F(v1_reset, migration_works_after_an_error)
{
	int ret;

	if (!common_reach_error(self->b))
		NOT_OFFERED("no request led into the error state");
	ROAD(trouble_reset(self->b));
	ret = common_trip_once(self->b, NULL, NULL, 0);
	if (ret != 1) {
		/* Blame the error only where a new open helps. */
		ROAD(bench_reopen());
		ROAD(trouble_baseline(self->b));
	}
	EXPECT_REQ(V1_RESET_RECOVERS_FROM_ERROR, ret == 1,
		   "a save and restore after an error and a reset: %s",
		   ret < 0 ? common_errno(ret) : common_differs(self->b));
}

/* ---- sessions --------------------------------------------------------------------- */

static int save_after_reset(struct bench *b, int hand, struct stream *stream)
{
	return trouble_save_behind(b, trouble_reset, hand, stream);
}

static int save_after_live_reset(struct bench *b, int hand, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_PRE_COPY);

	if (!ret)
		ret = common_take(&b->v1, hand, NULL);
	if (!ret)
		ret = trouble_reset(b);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : v1_save(&b->v1, NULL, 1, stream);
}

static int load_after_reset(struct bench *b, int hand, const struct stream *stream)
{
	return trouble_load_behind(b, trouble_reset, hand, stream);
}

/* What was begun before a reset has no part in what is done after it. */
#define DROPPED(name, save, load, hand)                                       \
	TEST_F(v1_reset, name)                                                \
	{                                                                     \
		int ret;                                                      \
									      \
		ROAD(ret = trouble_trip(self->b, save, load, hand));           \
		EXPECT_REQ(V1_RESET_DROPS_SESSION, ret == 1,                  \
			   "a session was cut off by a reset (%s), the next: %s", \
			   common_hand_name(hand), common_differs(self->b));  \
	}

DROPPED(announced_chunk_is_dropped, save_after_reset, NULL, COMMON_ANNOUNCED)
DROPPED(half_chunk_is_dropped, save_after_reset, NULL, COMMON_HALF)
DROPPED(half_save_is_dropped, save_after_reset, NULL, COMMON_SOME)
DROPPED(whole_save_is_dropped, save_after_reset, NULL, COMMON_ALL)
DROPPED(half_restored_chunk_is_dropped, NULL, load_after_reset, COMMON_HALF)
DROPPED(half_restore_is_dropped, NULL, load_after_reset, COMMON_SOME)
DROPPED(unapplied_restore_is_dropped, NULL, load_after_reset, COMMON_ALL)

/* Pre-copy is a session as well. */
TEST_F(v1_reset, half_pre_copy_is_dropped)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "3"));
	if (!ret)
		NOT_OFFERED("PRE_COPY is refused");
	ROAD(ret = trouble_trip(self->b, save_after_live_reset, NULL, COMMON_SOME));
	EXPECT_REQ(V1_RESET_DROPS_SESSION, ret == 1,
		   "pre-copy was cut off by a reset, the next save: %s",
		   common_differs(self->b));
}

/* What was restored but never started does not come to life in a reset. */
TEST_F(v1_reset, reset_applies_no_data)
{
	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	ROAD(bench_fresh());
	ROAD(common_mark(self->b, COMMON_SEED ^ 1));
	ROAD(v1_set_state(self->v1, MIG1_RESUMING));
	ROAD(v1_load(self->v1, NULL, &saved));
	ROAD(trouble_reset(self->b));
	EXPECT_REQ(V1_RESET_DROPS_SESSION,
		   stimulus_verify(self->stim, COMMON_SEED) != 0,
		   "the device shows the contents of a restore that a reset cut off");
}

/* Cancels a save after the stop, changes the device, saves again. */
static int save_after_cancel(struct bench *b, int hand, struct stream *stream)
{
	int ret = common_mark(b, COMMON_SEED ^ 1);

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	if (!ret)
		ret = common_take(&b->v1, hand, NULL);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RUNNING);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

/* A cancelled save has no part in the next one, either. */
#define CANCELLED(name, hand)                                                 \
	TEST_F(v1_reset, name)                                                \
	{                                                                     \
		int ret;                                                      \
									      \
		ROAD(ret = common_accepts(self->b, "21"));                    \
		if (!ret)                                                     \
			NOT_OFFERED("a save cannot be cancelled");            \
		ROAD(ret = trouble_trip(self->b, save_after_cancel, NULL,      \
				       hand));                                \
		EXPECT_REQ(V1_SESSION_STARTS_NEW_STREAM, ret == 1,            \
			   "a save was cancelled (%s), the next: %s",         \
			   common_hand_name(hand), common_differs(self->b));  \
	}

CANCELLED(half_save_is_cancelled, COMMON_SOME)
CANCELLED(whole_save_is_cancelled, COMMON_ALL)

/* ---- races ------------------------------------------------------------------------------ */

struct race {
	struct bench *b;
	pthread_barrier_t start;
	u32 resets;
	bool over;
};

/* The beginning of a save, with gaps for the other thread. */
static void save_with_gaps(struct v1 *v1, u64 dice)
{
	u64 offset, size;
	u8 bytes[64];
	int i;

	v1_set_state(v1, MIG1_STOP_COPY);
	for (i = 0; i < RACE_CHUNKS; i++, dice >>= 2) {
		if (dice & 1)
			sched_yield();
		if (common_announce(v1, &offset, &size) <= 0)
			break;
		if (dice & 2)
			sched_yield();
		common_fetch(v1, bytes, size < sizeof(bytes) ? size :
			     sizeof(bytes), offset);
	}
	v1_set_state(v1, MIG1_RUNNING);
}

/* Saves again and again, whatever becomes of it. */
static void *save_and_save(void *arg)
{
	struct race *race = arg;
	u32 i;

	pthread_barrier_wait(&race->start);
	for (i = 0; i < RACE_SAVES ||
		    (i < RACE_SAVES_MAX &&
		     __atomic_load_n(&race->resets, __ATOMIC_ACQUIRE) <
			     RACE_RESETS); i++)
		save_with_gaps(&race->b->v1, stimulus_pattern(race->b->seed, i));
	__atomic_store_n(&race->over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* 0, or -errno where there are no threads. */
static int race_reset(struct bench *b)
{
	struct race race = { .b = b };
	pthread_t saver;
	int ret;

	pthread_barrier_init(&race.start, NULL, 2);
	mig_concurrent(b->ctx, true);
	ret = -pthread_create(&saver, NULL, save_and_save, &race);
	if (!ret) {
		pthread_barrier_wait(&race.start);
		while (!__atomic_load_n(&race.over, __ATOMIC_ACQUIRE)) {
			mig_reset(b->dev);
			__atomic_add_fetch(&race.resets, 1, __ATOMIC_RELEASE);
			sched_yield();
		}
		pthread_join(saver, NULL);
	}
	mig_concurrent(b->ctx, false);
	pthread_barrier_destroy(&race.start);
	return ret;
}

/* A reset that overtakes a save leaves one state or the other, and no harm. */
TEST_F(v1_reset, reset_races_with_save)
{
	const char *wrong;
	int seen;

	if (!trouble_has_reset(self->b))
		NOT_OFFERED("no reset is announced");
	ROAD(trouble_baseline(self->b));
	ROAD(race_reset(self->b));
	seen = common_state(self->v1);
	EXPECT_REQ(V1_RESET_RACES_SAFELY,
		   seen == MIG1_RUNNING || seen == MIG1_STOP_COPY ||
			   seen == MIG1_ERROR,
		   "device_state shows %s after saves and resets",
		   common_state_name(seen));
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_RESET_RACES_SAFELY, !wrong, "after saves and resets: %s",
		   wrong);
}

/* ---- other resets -------------------------------------------------------------------------- */

enum { PCI_CAP_LIST = 0x34, PCI_CAP_EXPRESS = 0x10, PCI_CAPS = 48 };

/* Of the Express capability in config space; 0 where there is none. */
static u64 express_at(struct mig_dev *dev, const struct mig_region *config)
{
	u8 at = 0, cap[2];
	int i;

	mig_pread(&dev->file, &at, 1, config->offset + PCI_CAP_LIST);
	for (i = 0; at >= 64 && i < PCI_CAPS; i++) {
		if (mig_pread(&dev->file, cap, 2, config->offset + at) != 2)
			break;
		if (cap[0] == PCI_CAP_EXPRESS)
			return config->offset + at;
		at = cap[1];
	}
	return 0;
}

/* 0 done, -EOPNOTSUPP where config space offers no function reset. */
static int reset_function(struct mig_dev *dev)
{
	struct mig_region config;
	u32 offer = 0;
	u16 control = 0;
	u64 at;
	int ret = mig_region_info(dev, UAPI_PCI_CONFIG, &config);

	at = ret ? 0 : express_at(dev, &config);
	if (at)
		mig_pread(&dev->file, &offer, sizeof(offer), at + 4);
	if (!(offer & 1u << 28))
		return -EOPNOTSUPP;
	mig_pread(&dev->file, &control, sizeof(control), at + 8);
	control |= 1u << 15;
	return mig_pwrite(&dev->file, &control, sizeof(control), at + 8) ==
	       sizeof(control) ? 0 : -EIO;
}

/* A function reset by config space ought to end a migration, too. */
TEST_F(v1_reset, function_reset_gives_running)
{
	int ret;

	NEEDS(NEED_CONFIG_SPACE);
	ROAD(common_reach(self->b, "2"));
	ret = reset_function(self->dev);
	if (ret == -EOPNOTSUPP)
		NOT_OFFERED("config space offers no function reset");
	ROAD(ret);
	PREFER_REQ(V1_OTHER_RESETS_DO_THE_SAME,
		   common_state(self->v1) == MIG1_RUNNING,
		   "device_state shows %s after a function reset in STOP_COPY",
		   common_state_name(common_state(self->v1)));
}

EXPECT_MAIN

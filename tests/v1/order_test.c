// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quiesce, then serialise: clearing RUNNING silences the device, the first
 * pending_bytes read in STOP_COPY freezes it at the latest. What reaches it in
 * between is in the image or refused. What reaches it later is the user's own
 * fault, and stays his own harm.
 */
#include <pthread.h>
#include <time.h>

#include "trouble.h"

V1_FIXTURE(v1_order, NEED_NOTHING)

enum {
	PATCH_SEED = 40,
	HAMMER_ROUNDS = 40,
	DRAIN_CHUNKS = 256,
	WAIT_MS = 50,
	WAIT_CHUNKS = 3, /* with a wait before each */
	LONG_WAIT_MS = 5000,
	LONG_WAIT_SHARE = 4, /* of a test's time at most, since there are three tries */
};

static struct stream saved;

static int save_to_end(struct bench *b, struct stream *stream)
{
	return v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* ---- before the capture ------------------------------------------------------ */

static int save_touched(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	stimulus_patch(b->stim, PATCH_SEED, 0);
	stimulus_verify_patch(b->stim, PATCH_SEED, 0);
	return save_to_end(b, stream);
}

/* Whatever the device makes of an access before the capture: it is saved. */
TEST_F(v1_order, stopped_device_bears_access)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(trouble_baseline(self->b));
	ret = common_save_by(self->b, save_touched, 0, &saved);
	EXPECT_REQ(V1_STOPPED_DEVICE_TOLERATES_ACCESS, !ret,
		   "the device was accessed in STOP_COPY, then saved: %s",
		   common_errno(ret));
	ret = ret ? ret : common_load_by(self->b, common_plain_load, 0, &saved);
	EXPECT_REQ(V1_STOPPED_DEVICE_TOLERATES_ACCESS, ret >= 0,
		   "the device was accessed in STOP_COPY, its stream restored: %s",
		   common_errno(ret));
}

static bool patch_taken;

static int save_patched(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	patch_taken = !stimulus_patch(b->stim, PATCH_SEED, 0) &&
		      !stimulus_verify_patch(b->stim, PATCH_SEED, 0);
	return save_to_end(b, stream);
}

/* A change before the first pending_bytes read is in the image as a whole. */
TEST_F(v1_order, change_before_capture_is_saved)
{
	bool early, late;
	int ret;

	NEEDS(NEED_STIMULUS);
	if (!self->stim->ops->patch)
		NOT_OFFERED("nothing can change this device a little");
	ROAD(trouble_baseline(self->b));
	ROAD(common_save_by(self->b, save_patched, 0, &saved));
	if (!patch_taken)
		NOT_OFFERED("the stopped device takes no changes");
	ROAD(ret = common_restores(self->b, &saved));
	early = ret == 1;
	late = !stimulus_verify_patch(self->stim, PATCH_SEED, 0);
	EXPECT_REQ(V1_FIRST_PENDING_READ_FREEZES, early || late,
		   "a change in STOP_COPY, before pending_bytes was read, is half in the image: %s",
		   self->stim->differs);
	PREFER_REQ(V1_FIRST_PENDING_READ_FREEZES, !early,
		   "captured early: a change in STOP_COPY, before pending_bytes was read, is not in the image");
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* Freezing and serialising may take its time. */
TEST_F(v1_order, first_pending_read_returns)
{
	u64 pending, began;

	ROAD(common_reach(self->b, "2"));
	began = now_ms();
	ROAD(v1_pending(self->v1, &pending));
	EXPECT_REQ(V1_FIRST_PENDING_READ_MAY_BE_SLOW,
		   now_ms() - began < 1000ull * (u64)bench_deadline(),
		   "the first pending_bytes read took %llu ms",
		   (unsigned long long)(now_ms() - began));
}

/* ---- the other regions ----------------------------------------------------------- */

/* Reads a little of each region that is not the migration region. */
static void read_regions(struct mig_dev *dev, u32 migration)
{
	struct mig_region region;
	u32 index, value;

	for (index = UAPI_PCI_BAR0; index <= UAPI_PCI_CONFIG; index++)
		if (index != migration && index != 6 &&
		    !mig_region_info(dev, index, &region) &&
		    region.size >= sizeof(value) &&
		    (region.flags & UAPI_REGION_READ))
			mig_pread(&dev->file, &value, sizeof(value),
				  region.offset);
}

/* Whether they answer or not while the device is stopped: it stays so. */
TEST_F(v1_order, other_regions_may_refuse)
{
	static const u32 states[] = { MIG1_STOP, MIG1_STOP_COPY, MIG1_RESUMING };
	size_t i;
	int seen;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (common_reach(self->b, trouble_way[states[i]]))
			continue;
		read_regions(self->dev, self->v1->region.index);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_STOPPED_REGIONS_MAY_REFUSE, seen == (int)states[i],
			   "device_state is %s after reads of other regions in %s",
			   common_state_name(seen), v1_state_name(states[i]));
	}
}

/* ---- after it: the user's fault ---------------------------------------------------- */

/* A user who keeps his part touches nothing but the migration region. */
TEST_F(v1_order, user_leaves_device_alone)
{
	struct trouble_watch w;
	int ret;

	ROAD(common_reach(self->b, "2"));
	trouble_watch(self->b, &w);
	ret = v1_collect(self->v1, NULL, 0, common_waste(), NULL);
	trouble_unwatch(self->b, &w);
	ROAD(ret);
	EXPECT_REQ(V1_USER_QUIESCES_ACCESS, !w.outside,
		   "the collection accesses other regions of the device");
}

/* Changes the device between two chunks. */
static int save_disturbed(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (!ret)
		ret = v1_collect(&b->v1, NULL, 1, stream, NULL);
	if (ret)
		return ret;
	patch_taken = !stimulus_patch(b->stim, PATCH_SEED, 0);
	return save_to_end(b, stream);
}

/* Where the device takes the change, the stream shows it, or shows it not. */
TEST_F(v1_order, change_in_collection_is_consistent)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	if (!self->stim->ops->patch)
		NOT_OFFERED("nothing can change this device a little");
	ROAD(common_save_by(self->b, save_disturbed, 0, &saved));
	if (!patch_taken)
		NOT_OFFERED("the frozen device takes no changes");
	ROAD(ret = common_restores(self->b, &saved));
	PREFER_REQ(V1_STREAM_MAY_RESTART,
		   ret == 1 || !stimulus_verify_patch(self->stim, PATCH_SEED, 0),
		   "a change during collection is half in the image: %s",
		   self->stim->differs);
}

/* Tries a save without any reset; the first success ends it. */
static int save_without_reset(struct bench *b)
{
	int i, ret = -EIO;

	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ret = v1_recover(&b->v1);
		if (!ret)
			ret = v1_save(&b->v1, NULL, V1_NO_PRE_COPY,
				      common_waste());
	}
	return ret;
}

/* A disturbed device may fail an access, but then the next save is clean. */
TEST_F(v1_order, fault_of_disturbance_passes)
{
	struct trouble_watch w;
	int ret, seen;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &saved));
	ROAD(bench_fresh());
	trouble_watch(self->b, &w);
	save_disturbed(self->b, 0, common_waste());
	trouble_unwatch(self->b, &w);
	if (!w.failed)
		NOT_OFFERED("the device bears the disturbance");
	seen = common_state(self->v1);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_MAY_FAULT, seen == w.before,
		   "device_state shows %s after the fault",
		   common_state_name(seen));
	ret = save_without_reset(self->b);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_MAY_FAULT, !ret,
		   "the saves after a fault, without a reset: %s",
		   common_errno(ret));
}

struct hammer {
	struct bench *b;
	bool over;
};

static void *hammer_device(void *arg)
{
	struct hammer *hammer = arg;
	u32 k;

	for (k = 0; k < HAMMER_ROUNDS ||
		    !__atomic_load_n(&hammer->over, __ATOMIC_ACQUIRE); k++) {
		stimulus_patch(hammer->b->stim, PATCH_SEED, k);
		stimulus_verify_patch(hammer->b->stim, PATCH_SEED, k);
	}
	return NULL;
}

/* Saves and restores while another thread accesses the device. */
static int migrate_hammered(struct bench *b)
{
	struct hammer hammer = { .b = b };
	pthread_t thread;
	int ret;

	mig_concurrent(b->ctx, true);
	ret = -pthread_create(&thread, NULL, hammer_device, &hammer);
	if (!ret) {
		v1_save(&b->v1, NULL, V1_NO_PRE_COPY, common_waste());
		v1_recover(&b->v1);
		v1_restore(&b->v1, NULL, &saved);
		__atomic_store_n(&hammer.over, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
	}
	mig_concurrent(b->ctx, false);
	return ret;
}

/* Who does not keep quiet spoils his own migration, and nothing that lasts. */
TEST_F(v1_order, hammered_device_recovers)
{
	const char *wrong;

	NEEDS(NEED_STIMULUS);
	ROAD(trouble_baseline(self->b));
	ROAD(common_save(self->b, &saved));
	ROAD(migrate_hammered(self->b));
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_IS_CONTAINED, !wrong,
		   "another thread accessed the device in a migration: %s", wrong);
}

/* Nor does one change at the worst moment. */
TEST_F(v1_order, disturbed_device_recovers)
{
	const char *wrong;

	NEEDS(NEED_STIMULUS);
	ROAD(trouble_baseline(self->b));
	ROAD(common_reach(self->b, ""));
	save_disturbed(self->b, 0, common_waste());
	wrong = trouble_left(self->b, true);
	EXPECT_REQ(V1_BROKEN_QUIESCENCE_IS_CONTAINED, !wrong,
		   "the device was changed during collection: %s", wrong);
}

/* ---- what pre-copy had nothing of ---------------------------------------------------- */

static bool drained;

/* Drains pre-copy, changes the whole device, stops it. */
static int save_after_drain(struct bench *b, int arg, struct stream *stream)
{
	u64 pending = 1;
	int i, ret = common_mark(b, COMMON_SEED ^ 1);

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_PRE_COPY);
	if (!ret)
		ret = v1_collect(&b->v1, NULL, DRAIN_CHUNKS, stream, &pending);
	drained = !pending;
	for (i = 0; i < 3 && !ret; i++)
		ret = v1_pending(&b->v1, &pending);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	return ret ? ret : save_to_end(b, stream);
}

/* That nothing was pending in pre-copy says nothing of the stopped device. */
TEST_F(v1_order, nothing_pending_does_not_stick)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(ret = common_accepts(self->b, "3"));
	if (!ret)
		NOT_OFFERED("PRE_COPY is refused");
	ROAD(ret = trouble_trip(self->b, save_after_drain, NULL, 0));
	EXPECT_REQ(V1_PRE_COPY_ZERO_DOES_NOT_STICK, ret == 1,
		   "changed and stopped after pending_bytes %s: %s",
		   drained ? "was 0" : "had gone down", common_differs(self->b));
}

/* ---- the ways into stop-and-copy ------------------------------------------------------- */

static const char *const doors[] = { "2", "32", "02" };

static int save_through(struct bench *b, int door, struct stream *stream)
{
	int ret = common_walk(&b->v1, doors[door]);

	return ret ? ret : save_to_end(b, stream);
}

/* The full state is captured by whichever way the device got there. */
#define DOOR(name, door)                                                      \
	TEST_F(v1_order, door_from_##name##_captures)                         \
	{                                                                     \
		int ret;                                                      \
									      \
		NEEDS(NEED_STIMULUS);                                         \
		ROAD(ret = common_accepts(self->b, doors[door]));             \
		if (!ret)                                                     \
			NOT_OFFERED("this way into STOP_COPY is refused");    \
		ROAD(ret = trouble_trip(self->b, save_through, NULL, door));   \
		EXPECT_REQ(V1_EVERY_DOOR_CAPTURES, ret == 1,                  \
			   "saved from " #name ": %s",                        \
			   common_differs(self->b));                          \
	}

DOOR(running, 0)
DOOR(pre_copy, 1)
DOOR(stop, 2)

/* ---- waiting ------------------------------------------------------------------------------ */

static int save_waiting(struct bench *b, int arg, struct stream *stream)
{
	u64 pending = 1;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	while (!ret && pending) {
		if (stream->chunks <= WAIT_CHUNKS)
			mig_idle(b->dev, WAIT_MS);
		ret = v1_collect(&b->v1, NULL, 1 + stream->chunks, stream,
				 &pending);
	}
	mig_idle(b->dev, WAIT_MS);
	return ret ? ret : v1_set_state(&b->v1, MIG1_STOP);
}

/* A stopped device waits for its user: before, in and after the collection. */
TEST_F(v1_order, stopped_device_waits)
{
	int ret;

	ROAD(ret = trouble_trip(self->b, save_waiting, NULL, 0));
	EXPECT_REQ(V1_STOPPED_DEVICE_WAITS, ret == 1,
		   "saved with waits of %d ms: %s", WAIT_MS,
		   common_differs(self->b));
}

/* Once for long; all that can be tried thrice has to fit into a test's time. */
static u32 long_wait_ms(void)
{
	u32 ms = (u32)bench_deadline() * 1000 / LONG_WAIT_SHARE;

	return ms < LONG_WAIT_MS ? ms : LONG_WAIT_MS;
}

/* The wait comes with the image frozen, and with part of it collected if any. */
static int save_waiting_long(struct bench *b, int begun, struct stream *stream)
{
	u64 pending;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (!ret && begun)
		ret = v1_collect(&b->v1, NULL, 1, stream, NULL);
	else if (!ret)
		ret = v1_pending(&b->v1, &pending);
	if (ret)
		return ret;
	mig_idle(b->dev, long_wait_ms());
	ret = save_to_end(b, stream);
	return ret ? ret : common_state(&b->v1) != MIG1_STOP_COPY;
}

/* For any length of time: the slowest device of a VM may take seconds. */
TEST_F(v1_order, image_does_not_expire)
{
	static struct stream waited;
	int ret, saved_well;

	ROAD(trouble_baseline(self->b));
	ROAD(common_save(self->b, &saved));
	saved_well = common_save_by(self->b, save_waiting_long,
				    saved.chunks > 1, &waited);
	EXPECT_REQ(V1_STOPPED_DEVICE_WAITS, !saved_well,
		   "a save with a wait of %u ms in it: %s", long_wait_ms(),
		   saved_well < 0 ? common_errno(saved_well) :
				    "device_state has changed");
	EXPECT_REQ(V1_STOPPED_DEVICE_WAITS, saved_well || waited.len || !saved.len,
		   "nothing is left to collect after a wait of %u ms",
		   long_wait_ms());
	if (saved_well || !waited.len)
		return;
	ret = common_load_by(self->b, common_plain_load, 0, &waited);
	if (ret < 0)
		ROAD(trouble_baseline(self->b));
	EXPECT_REQ(V1_STOPPED_DEVICE_WAITS, ret == 1,
		   "saved with a wait of %u ms, restored: %s", long_wait_ms(),
		   ret < 0 ? common_errno(ret) : common_differs(self->b));
}

EXPECT_MAIN

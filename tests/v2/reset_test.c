// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reset promises a clean slate: from whatever state, with or without a
 * session, in the middle of another request, it ends all of it and leaves a
 * device that runs and migrates.
 */
#include <pthread.h>

#include "common.h"

V2_FIXTURE(v2_reset, NEED_NOTHING)

enum {
	RESET_ROUNDS = 12,
	RESET_SEED = 7,
};

/* How much of a session has been moved when it ends. */
enum progress { FRESH, HALF, DRAINED, PROGRESS };

static const char *const progress_names[PROGRESS] = {
	"fresh", "half moved", "drained",
};

/* @stream is the device's own, for a session that resumes. */
static int move_on(struct mig_file *data, u32 state, enum progress progress,
		   const struct stream *own)
{
	size_t part = progress == HALF ? own->len / 2 : own->len;
	struct stream stream;
	int ret;

	if (progress == FRESH || fsm_session_in(state) == FSM_NO_SESSION)
		return 0;
	if (fsm_session_in(state) == FSM_RESUMING)
		return v2_load(data, NULL, own, 0, part);
	stream_init(&stream);
	ret = progress == HALF ? v2_collect_some(data, part, &stream) :
				 v2_collect(data, NULL, &stream);
	stream_free(&stream);
	return ret;
}

/* ---- state -------------------------------------------------------------------------- */

/* Wherever a device is, a reset brings it to RUNNING. */
TEST_F(v2_reset, reset_gives_running_from_every_state)
{
	struct mig_file *data;
	struct stream own;
	enum progress p;
	int ret;

	stream_init(&own);
	ROAD(common_save(self->b, &own));
	COMMON_EACH_STATE(self->b, state) {
		for (p = FRESH; p < PROGRESS; p++) {
			if (p && fsm_session_in(state) == FSM_NO_SESSION)
				continue;
			ROAD(common_reach(self->b, state, &data));
			ROAD(move_on(data, state, p, &own));
			ret = common_reset(self->b);
			EXPECT_REQ(V2_RESET_GIVES_RUNNING,
				   !ret && common_state(self->b) == MIG2_RUNNING,
				   "reset in %s (%s): %s, then %s",
				   v2_state_name(state), progress_names[p],
				   common_errno(ret),
				   v2_state_name(common_state(self->b)));
			mig_file_close(data);
		}
	}
}

/* Also where the fd of the session was closed before, */
TEST_F(v2_reset, reset_works_without_data_fd)
{
	struct mig_file *data;
	int ret;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		mig_file_close(data);
		ret = common_reset(self->b);
		EXPECT_REQ(V2_RESET_GIVES_RUNNING,
			   !ret && common_state(self->b) == MIG2_RUNNING,
			   "reset in %s with data_fd closed: %s, then %s",
			   v2_state_name(state), common_errno(ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* before first use, and twice. */
TEST_F(v2_reset, reset_works_before_first_use)
{
	int first, second;

	ROAD(bench_reopen());
	first = common_reset(self->b);
	second = common_reset(self->b);
	EXPECT_REQ(V2_RESET_GIVES_RUNNING,
		   !first && !second &&
			   common_state(self->b) == MIG2_RUNNING,
		   "right after open, reset: %s, again: %s, then %s",
		   common_errno(first), common_errno(second),
		   v2_state_name(common_state(self->b)));
}

/* Who migrates can be reset, and says so. */
TEST_F(v2_reset, reset_is_offered)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	int i, ret = -EIO;

	for (i = 0; ret && i < COMMON_TRIES; i++)
		ret = common_reset(self->b);
	EXPECT_REQ(V2_RESET_IS_OFFERED, !ret, "reset in RUNNING: %s",
		   common_errno(ret));
	ROAD(mig_device_info(self->dev, &info));
	PREFER_REQ(V2_RESET_IS_OFFERED, info.flags & UAPI_DEVICE_FLAGS_RESET,
		   "reset works, but the device info has flags 0x%x",
		   info.flags);
}

/* ---- sessions --------------------------------------------------------------------- */

/* Nothing moves through the fd of a session that was reset. */
TEST_F(v2_reset, reset_ends_sessions)
{
	struct mig_file *data;
	ssize_t moved;

	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		ROAD(common_reach(self->b, state, &data));
		ROAD(common_reset(self->b));
		moved = common_moves(data, fsm_session_in(state));
		EXPECT_REQ(V2_RESET_ENDS_SESSIONS, moved <= 0,
			   "reset in %s: data_fd moves %zd bytes",
			   v2_state_name(state), moved);
		mig_file_close(data);
	}
}

/* Not even while another session is open, which it does not disturb. */
TEST_F(v2_reset, dead_sessions_leave_the_next_alone)
{
	struct mig_file *data, *next;
	struct stream stream;
	ssize_t moved = 0;
	int i, whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	ROAD(common_reset(self->b));
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &next));
	for (i = 0; i < 4 && moved <= 0; i++) {
		moved = common_moves(data, FSM_SAVING);
		ROAD(v2_collect_some(next, 500, &stream));
	}
	mig_file_close(data);
	ROAD(v2_collect(next, NULL, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_RESET_ENDS_SESSIONS, moved <= 0 && whole,
		   "an fd from before a reset moves %zd bytes, and the next stream %s",
		   moved, whole ? "restores" : "does not restore");
}

/* Whatever it was reset from, a device migrates. */
TEST_F(v2_reset, migration_works_after_reset)
{
	struct mig_file *data;
	int closed, ret;

	ROAD(common_round_trip(self->b));
	COMMON_EACH_STATE(self->b, state) {
		for (closed = 0; closed < 2; closed++) {
			ROAD(common_reach(self->b, state, &data));
			if (closed)
				mig_file_close(data);
			ROAD(common_reset(self->b));
			ret = common_round_trip(self->b);
			EXPECT_REQ(V2_MIGRATION_WORKS_AFTER_RESET, !ret,
				   "a round trip after a reset in %s gives %s",
				   v2_state_name(state), common_errno(ret));
			if (!closed)
				mig_file_close(data);
		}
	}
}

/* ---- contents ------------------------------------------------------------------------ */

/* 1 where contents of RESET_SEED are gone after a reset, 0 where all are there. */
static int reset_clears(struct bench *b)
{
	int ret;

	ret = stimulus_mark(b->stim, RESET_SEED);
	if (!ret)
		ret = common_reset(b);
	if (!ret)
		ret = stimulus_verify(b->stim, RESET_SEED);
	return ret == -EILSEQ ? 1 : ret;
}

/* A reset is not only for the migration state; some devices think it is. */
TEST_F(v2_reset, reset_clears_contents)
{
	int initial, clears;

	NEEDS(NEED_STIMULUS);
	clears = reset_clears(self->b);
	ROAD(clears);
	PREFER_REQ(V2_RESET_CLEARS_CONTENTS, clears,
		   "a reset leaves all contents as they were");
	if (!clears)
		return;
	initial = stimulus_is_initial(self->stim);
	ROAD(initial);
	EXPECT_REQ(V2_RESET_CLEARS_CONTENTS, initial,
		   "a reset leaves contents that are not initial: %s",
		   self->stim->differs);
}

/* Nor for a device at rest. */
TEST_F(v2_reset, reset_stops_activity)
{
	int initial, clears;

	NEEDS(NEED_STIMULUS | NEED_IRQ);
	clears = reset_clears(self->b);
	ROAD(clears);
	if (!clears)
		NOT_OFFERED("a reset that clears contents");
	ROAD(common_activity_start(self->b));
	ROAD(common_reset(self->b));
	initial = stimulus_is_initial(self->stim);
	ROAD(initial);
	EXPECT_REQ(V2_RESET_CLEARS_CONTENTS, initial,
		   "a reset of a busy device leaves contents that are not initial: %s",
		   self->stim->differs);
}

/* Nor does it put in force what was loaded so far. */
TEST_F(v2_reset, reset_clears_what_was_loaded)
{
	struct mig_file *data;
	struct stream own;
	int initial, clears;

	NEEDS(NEED_STIMULUS);
	stream_init(&own);
	clears = reset_clears(self->b);
	ROAD(clears);
	if (!clears)
		NOT_OFFERED("a reset that clears contents");
	ROAD(common_reach_loaded(self->b, &own, &data));
	ROAD(common_reset(self->b));
	initial = stimulus_is_initial(self->stim);
	ROAD(initial);
	EXPECT_REQ(V2_RESET_CLEARS_CONTENTS, initial,
		   "a reset within a load leaves contents that are not initial: %s",
		   self->stim->differs);
}

/* ---- other ways ----------------------------------------------------------------------- */

enum {
	PCI_STATUS = 0x06,
	PCI_STATUS_CAPABILITIES = 0x10,
	PCI_FIRST_CAPABILITY = 0x34,
	PCI_CAPABILITIES = 48, /* more cannot be in 256 bytes */
	PCI_CAPABILITY_EXPRESS = 0x10,
	PCI_DEVICE_CAPABILITIES = 4,
	PCI_DEVICE_CONTROL = 8,
	PCI_FLR_OFFERED = 1 << 28,
	PCI_FLR = 1 << 15,
};

static u32 pci_read(struct mig_dev *dev, u64 offset, size_t len)
{
	u32 value = 0;

	return mig_pread(&dev->file, &value, len, offset) == (ssize_t)len ?
		       value : 0;
}

/* Where in the device file a function level reset is triggered, 0 nowhere. */
static u64 find_flr(struct mig_dev *dev)
{
	struct mig_region config;
	u64 at;
	u32 next;
	int i;

	if (mig_region_info(dev, UAPI_PCI_CONFIG, &config) ||
	    !(pci_read(dev, config.offset + PCI_STATUS, 2) &
	      PCI_STATUS_CAPABILITIES))
		return 0;
	next = pci_read(dev, config.offset + PCI_FIRST_CAPABILITY, 1);
	for (i = 0; next >= 0x40 && i < PCI_CAPABILITIES; i++) {
		at = config.offset + (next & ~3u);
		if (pci_read(dev, at, 1) == PCI_CAPABILITY_EXPRESS)
			return pci_read(dev, at + PCI_DEVICE_CAPABILITIES, 4) &
					       PCI_FLR_OFFERED ?
				       at + PCI_DEVICE_CONTROL : 0;
		next = pci_read(dev, at + 1, 1);
	}
	return 0;
}

static int trigger_flr(struct mig_dev *dev, u64 at)
{
	u16 control = (u16)pci_read(dev, at, 2) | PCI_FLR;
	ssize_t ret = mig_pwrite(&dev->file, &control, sizeof(control), at);

	mig_idle(dev, COMMON_WINDOW);
	return ret == sizeof(control) ? 0 : ret < 0 ? (int)ret : -EIO;
}

/* A function level reset by way of config space is a reset. */
TEST_F(v2_reset, function_level_reset_does_the_same)
{
	u64 at = find_flr(self->dev);
	struct mig_file *data;
	ssize_t moved;
	u32 seen;

	if (!at)
		NOT_OFFERED("function level reset");
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(trigger_flr(self->dev, at));
		ROAD(v2_state(self->v2, &seen));
		moved = data ? common_moves(data, fsm_session_in(state)) : 0;
		EXPECT_REQ(V2_OTHER_RESETS_DO_THE_SAME,
			   seen == MIG2_RUNNING && moved <= 0,
			   "function level reset in %s: then %s, data_fd moves %zd bytes",
			   v2_state_name(state), v2_state_name(seen), moved);
		mig_file_close(data);
	}
}

/* ---- races ------------------------------------------------------------------------ */

struct race {
	struct bench *b;
	u32 target;
	int set, reset;
};

static void *race_set(void *arg)
{
	struct race *race = arg;

	race->set = v2_set(&race->b->v2, race->target, NULL);
	return NULL;
}

static void *race_reset(void *arg)
{
	struct race *race = arg;

	race->reset = v2_reset(&race->b->v2);
	return NULL;
}

/* Both at once; the round decides who is likely to be first. */
static int run_race(struct race *race, bool reset_first)
{
	void *(*one)(void *) = reset_first ? race_reset : race_set;
	void *(*two)(void *) = reset_first ? race_set : race_reset;
	pthread_t first, second;
	int ret;

	mig_concurrent(race->b->ctx, true);
	ret = -pthread_create(&first, NULL, one, race);
	if (!ret) {
		ret = -pthread_create(&second, NULL, two, race);
		if (!ret)
			pthread_join(second, NULL);
		pthread_join(first, NULL);
	}
	mig_concurrent(race->b->ctx, false);
	return ret;
}

/* A reset and a request at the same time: one comes first, and none hangs. */
TEST_F(v2_reset, reset_races_requests)
{
	struct race race = { .b = self->b };
	u32 i, seen;

	COMMON_EACH_STATE(self->b, state) {
		race.target = state;
		for (i = 0; i < RESET_ROUNDS; i++) {
			ROAD(bench_fresh());
			ROAD(run_race(&race, i % 2));
			ROAD(v2_state(self->v2, &seen));
			EXPECT_REQ(V2_RESET_RACES_SAFELY,
				   seen == MIG2_RUNNING || seen == state ||
					   race.set || race.reset,
				   "reset (%s) against SET %s (%s): then %s",
				   common_errno(race.reset),
				   v2_state_name(state),
				   common_errno(race.set),
				   v2_state_name(seen));
		}
	}
}

/* Whoever won, the device can be reset again, and works. */
TEST_F(v2_reset, races_leave_a_working_device)
{
	struct race race = { .b = self->b, .target = MIG2_STOP_COPY };
	int i, reset = 0, ret;

	ROAD(common_round_trip(self->b));
	for (i = 0; i < RESET_ROUNDS && !reset; i++) {
		ROAD(run_race(&race, i % 2));
		reset = common_reset(self->b);
	}
	ret = common_round_trip(self->b);
	EXPECT_REQ(V2_RESET_RACES_SAFELY, !reset && !ret,
		   "after %d races, reset: %s, a round trip: %s", i,
		   common_errno(reset), common_errno(ret));
}

EXPECT_MAIN

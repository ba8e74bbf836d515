// SPDX-License-Identifier: GPL-2.0-only
/*
 * device_state: what each state means for the device, which transitions every
 * driver supports, and that nobody but the user moves it.
 */
#include <pthread.h>

#include "common.h"

V1_FIXTURE(v1_state, NEED_NOTHING)

/* ---- the field ------------------------------------------------------------- */

/* A device that was just opened is RUNNING, with no other bit set. */
TEST_F(v1_state, starts_running)
{
	int i, ret = -EIO;
	u32 state = 0;

	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ROAD(bench_reopen());
		ret = v1_state(self->v1, &state);
	}
	ROAD(ret);
	EXPECT_REQ(V1_STARTS_RUNNING, state == MIG1_RUNNING,
		   "device_state reads 0x%x after open", state);
}

/* What was written and accepted is what the field shows. */
TEST_F(v1_state, written_state_reads_back)
{
	static const char *const ways[] = { "0", "2", "3", "4", "01", "21", "31",
					    "32", "20", "320", "02", "04" };
	size_t i;
	int seen;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (common_reach(self->b, ways[i]))
			continue;
		seen = common_state(self->v1);
		EXPECT_REQ(V1_STATE_READS_BACK,
			   seen == ways[i][strlen(ways[i]) - 1] - '0',
			   "after \"1%s\" it shows %s", ways[i],
			   common_state_name(seen));
	}
}

/* Neither time nor any access but a state write or a reset changes it. */
TEST_F(v1_state, only_the_user_changes_it)
{
	static const char *const ways[] = { "", "0", "2", "3", "4", "32" };
	int before, after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (common_reach(self->b, ways[i]))
			continue;
		before = common_state(self->v1);
		common_take(self->v1, COMMON_ALL, NULL);
		mig_idle(self->dev, COMMON_IDLE_MS);
		after = common_state(self->v1);
		EXPECT_REQ(V1_STATE_CHANGES_ONLY_BY_USER, after == before,
			   "%s became %s", common_state_name(before),
			   common_state_name(after));
	}
}

struct watch {
	struct v1 *v1;
	volatile bool stop;
	u32 invalid, reads;
};

static void *watch_state(void *arg)
{
	struct watch *watch = arg;
	int state;

	while (!watch->stop) {
		state = common_state(watch->v1);
		watch->invalid += state == MIG1_INVALID_5 ||
				  state == MIG1_INVALID_7;
		watch->reads++;
	}
	return NULL;
}

/* 101b and 111b do not show, not even to another thread in the midst. */
TEST_F(v1_state, invalid_states_never_show)
{
	struct watch watch = { .v1 = self->v1 };
	pthread_t thread;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, watch_state, &watch));
	mig_concurrent(self->b->ctx, true);
	for (i = 0; i < 50; i++)
		common_walk(self->v1, i % 2 ? "01" : "4104320143210");
	watch.stop = true;
	pthread_join(thread, NULL);
	mig_concurrent(self->b->ctx, false);
	EXPECT_REQ(V1_INVALID_STATES_ARE_NEVER_SEEN, !watch.invalid,
		   "in %u of %u reads during transitions", watch.invalid,
		   watch.reads);
	for (i = 0; i < MIG1_INVALID_5; i++) {
		common_reach(self->b, (char[]){ (char)('0' + i), 0 });
		EXPECT_REQ(V1_INVALID_STATES_ARE_NEVER_SEEN,
			   common_state(self->v1) <= MIG1_RESUMING,
			   "behind a write of %s", v1_state_name(i));
	}
}

static int save_despite_invalid(struct bench *b, int arg, struct stream *stream)
{
	static const u32 invalid[] = { MIG1_INVALID_5, MIG1_ERROR, MIG1_INVALID_7 };
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(invalid); i++) {
		if (!v1_set_state(&b->v1, invalid[i]))
			return 1;
		if (!ret && !i)
			ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
		if (!ret && i)
			ret = v1_collect(&b->v1, NULL, 1, stream, NULL);
	}
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* A refused request for an invalid state leaves a save where it was. */
TEST_F(v1_state, refused_states_disturb_no_save)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_despite_invalid, NULL, 0));
	EXPECT_REQ(V1_INVALID_STATES_ARE_REFUSED, ret == 1, "%s",
		   common_differs(self->b));
}

/* ---- what a state demands of the device ------------------------------------ */

/* DMA writes and interrupts so far, or -errno. No call to the device. */
static s64 activity(struct bench *b)
{
	u64 dma = 0, irq = 0;
	int ret = stimulus_activity_seen(b->stim, &dma, &irq);

	return ret ? ret : (s64)(dma + irq);
}

/* Does it act of itself, for a while from now? 1, 0 or -errno. */
static int acts(struct bench *b)
{
	s64 before = activity(b), after;

	mig_idle(b->dev, COMMON_IDLE_MS);
	after = activity(b);
	if (before < 0 || after < 0)
		return (int)(before < 0 ? before : after);
	return after > before;
}

/* Resets the device, sets it to act, and makes sure that it does. */
static int make_act(struct bench *b)
{
	int ret = bench_fresh();

	if (!ret)
		ret = stimulus_activity_start(b->stim);
	if (ret)
		return ret;
	ret = acts(b);
	return ret ? (ret < 0 ? ret : 0) : -EIO;
}

/* An acting device goes along @way: does it act there? With tries. */
static int acts_after(struct bench *b, const char *way)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = make_act(b);
		if (!ret)
			ret = common_walk(&b->v1, way);
		if (!ret)
			return acts(b);
	}
	return ret;
}

/* With the first of @ways for the road; others may be refused. */
static int judge_silence(struct __test_metadata *_metadata, struct bench *b,
			 const char *const *ways)
{
	int ret, first = 0;
	size_t i;

	for (i = 0; ways[i]; i++) {
		ret = acts_after(b, ways[i]);
		if (!i)
			first = ret;
		if (ret < 0)
			continue;
		EXPECT_REQ(V1_STOPPED_DEVICE_IS_SILENT, !ret,
			   "after \"1%s\" DMA or interrupts go on", ways[i]);
	}
	return first;
}

#define SILENT(name, ...)                                                   \
	TEST_F(v1_state, name)                                              \
	{                                                                   \
		static const char *const ways[] = { __VA_ARGS__, NULL };    \
									    \
		NEEDS(NEED_IRQ);                                            \
		ROAD(judge_silence(_metadata, self->b, ways));              \
	}

/* A device that is not RUNNING starts nothing of itself. */
SILENT(silent_in_stop, "0", "20", "320", "30", "40")
SILENT(silent_in_stop_copy, "2", "32", "02", "22")
SILENT(silent_in_resuming, "4", "04", "24", "34")

/* It is silent from the return of the write on, not from some time later. */
TEST_F(v1_state, stop_is_complete_when_the_write_returns)
{
	static const u32 states[] = { MIG1_STOP, MIG1_STOP_COPY, MIG1_RESUMING };
	s64 before;
	u32 i;
	int ret;

	NEEDS(NEED_IRQ);
	for (i = 0; i < 10 * ARRAY_SIZE(states) && !bench_late(); i++) {
		ROAD(make_act(self->b));
		/* Else the judge reads first, and the first moment is over. */
		mig_concurrent(self->b->ctx, true);
		ret = v1_write_state(self->v1, states[i % ARRAY_SIZE(states)]);
		before = activity(self->b);
		mig_idle(self->dev, 2);
		mig_concurrent(self->b->ctx, false);
		if (ret)
			continue;
		EXPECT_REQ(V1_TRANSITION_IS_SYNCHRONOUS,
			   activity(self->b) == before,
			   "DMA or interrupts came after the write of %s returned",
			   v1_state_name(states[i % ARRAY_SIZE(states)]));
	}
}

/* Collecting the data, or its end, wakes nothing up. */
TEST_F(v1_state, silent_while_collected)
{
	enum common_hand hand;
	int ret;

	NEEDS(NEED_IRQ);
	for (hand = COMMON_ASKED; hand < COMMON_HANDS && !bench_late(); hand++) {
		ROAD(acts_after(self->b, "2"));
		ROAD(common_take(self->v1, hand, NULL));
		ROAD(ret = acts(self->b));
		EXPECT_REQ(V1_STOPPED_DEVICE_IS_SILENT, !ret,
			   "DMA or interrupts go on with %s",
			   common_hand_name(hand));
	}
}

/* Pre-copy is RUNNING with an eye on it: the device does its work. */
TEST_F(v1_state, pre_copy_keeps_working)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	if (common_works_after(self->b, "") != 1)
		NOT_OFFERED("work that the stimulus could have done");
	ROAD(ret = common_works_after(self->b, "3"));
	EXPECT_REQ(V1_PRE_COPY_KEEPS_WORKING, ret, "it does no work");
}

/* Likewise for what it does of itself. */
TEST_F(v1_state, pre_copy_keeps_acting)
{
	int ret;

	NEEDS(NEED_IRQ);
	ROAD(ret = acts_after(self->b, "3"));
	EXPECT_REQ(V1_PRE_COPY_KEEPS_WORKING, ret,
		   "DMA and interrupts have stopped");
}

/* Excursion: 1 contents are as before and it works, 0 not, -errno. */
static int survives(struct bench *b, const char *way)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = common_mark(b, COMMON_SEED);
		if (!ret)
			ret = common_walk(&b->v1, way);
		if (!ret)
			ret = common_shows(b, COMMON_SEED);
		if (ret >= 0)
			break;
	}
	return ret;
}

static const char *const excursions[] = { "01", "21", "31", "321", "201", "3201" };

/* Set to RUNNING again, the device has what it had. */
TEST_F(v1_state, running_again_keeps_contents)
{
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	for (i = 0; i < ARRAY_SIZE(excursions); i++) {
		ret = survives(self->b, excursions[i]);
		if (ret < 0)
			continue;
		EXPECT_REQ(V1_RUNNING_AGAIN_WORKS, ret, "after \"1%s\": %s",
			   excursions[i], self->stim->differs);
	}
}

/* And it works. */
TEST_F(v1_state, running_again_works)
{
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	if (common_works_after(self->b, "") != 1)
		NOT_OFFERED("work that the stimulus could have done");
	for (i = 0; i < ARRAY_SIZE(excursions); i++) {
		ret = common_works_after(self->b, excursions[i]);
		if (ret < 0)
			continue;
		EXPECT_REQ(V1_RUNNING_AGAIN_WORKS, ret,
			   "after \"1%s\" it does no work", excursions[i]);
	}
}

/* And what it did of itself goes on. */
TEST_F(v1_state, running_again_acts)
{
	size_t i;
	int ret;

	NEEDS(NEED_IRQ);
	for (i = 0; i < ARRAY_SIZE(excursions); i++) {
		ret = acts_after(self->b, excursions[i]);
		if (ret < 0)
			continue;
		EXPECT_REQ(V1_RUNNING_AGAIN_WORKS, ret,
			   "after \"1%s\" DMA and interrupts do not go on",
			   excursions[i]);
	}
}

/* ---- the user ------------------------------------------------------------------- */

struct habit {
	struct mig_observer observer;
	u64 at; /* device_state in the file */
	bool read_last;
	u32 seen;
	u32 writes, blind, altered;
};

static void habit_called(struct mig_observer *self, const struct mig_call *call)
{
	struct habit *habit = (struct habit *)self;
	bool state = call->offset == habit->at && call->len == 4;
	u32 value;

	if (call->op == MIG_PWRITE && state && call->in_len == 4) {
		memcpy(&value, call->in, sizeof(value));
		habit->writes++;
		habit->blind += !habit->read_last;
		habit->altered += (value ^ habit->seen) & ~(u32)MIG1_STATE_MASK &&
				  habit->read_last;
	}
	habit->read_last = call->op == MIG_PREAD && state && call->ret == 4;
	if (habit->read_last)
		memcpy(&habit->seen, call->out, sizeof(habit->seen));
}

/* The user of this suite reads device_state before he changes it. */
TEST_F(v1_state, user_reads_modifies_writes)
{
	static struct stream stream;
	struct habit habit = { .observer.called = habit_called,
			       .at = self->v1->region.offset };

	mig_observe(self->b->ctx, &habit.observer);
	common_save(self->b, &stream);
	common_restores(self->b, &stream);
	mig_unobserve(self->b->ctx, &habit.observer);
	EXPECT_REQ(V1_USER_READS_MODIFIES_WRITES,
		   habit.writes && !habit.blind && !habit.altered,
		   "%u of %u writes had no read before them, %u changed reserved bits",
		   habit.blind, habit.writes, habit.altered);
}

EXPECT_MAIN

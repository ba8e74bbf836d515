// SPDX-License-Identifier: GPL-2.0-only
/*
 * The P2P states promise a pause: a device in them starts no DMA to others,
 * and has lost nothing when they are left. Who does not offer them refuses
 * them. What one device alone can show is checked here.
 */
#include "common.h"

V2_FIXTURE(v2_p2p, NEED_NOTHING)

enum { P2P_JOB = 41 };

/* Busy, and then in @state by way of @before. */
static int be_busy_in(struct bench *b, u32 before, u32 state)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_activity_start(b);
		if (!ret && before != MIG2_RUNNING)
			ret = v2_set(&b->v2, before, NULL);
		if (!ret)
			ret = v2_set(&b->v2, state, NULL);
		if (!ret)
			break;
	}
	return ret;
}

/* DMA writes and interrupts within a window. */
static int watch(struct bench *b, u64 *ret_dma, u64 *ret_irq)
{
	u64 dma, irq;
	int ret;

	ret = stimulus_activity_seen(b->stim, &dma, &irq);
	if (ret)
		return ret;
	mig_idle(b->dev, COMMON_WINDOW);
	ret = stimulus_activity_seen(b->stim, ret_dma, ret_irq);
	*ret_dma -= dma;
	*ret_irq -= irq;
	return ret;
}

/* ---- the pause ---------------------------------------------------------------- */

/*
 * DMA has to stop where it could reach another device. A device that can tell
 * memory from others may go on writing to memory, which is all that is seen.
 */
TEST_F(v2_p2p, dma_stops_on_the_way_down)
{
	u64 dma, irq;

	NEEDS(NEED_P2P | NEED_DMA);
	ROAD(be_busy_in(self->b, MIG2_RUNNING, MIG2_RUNNING_P2P));
	ROAD(watch(self->b, &dma, &irq));
	PREFER_REQ(V2_P2P_STOPS_OUTGOING, !dma,
		   "in RUNNING_P2P: %llu DMA writes to memory",
		   (unsigned long long)dma);
	PREFER_REQ(V2_P2P_MAY_STOP_MORE, !dma && !irq,
		   "in RUNNING_P2P: %llu DMA writes, %llu interrupts",
		   (unsigned long long)dma, (unsigned long long)irq);
	NEEDS(NEED_PRE_COPY);
	ROAD(be_busy_in(self->b, MIG2_PRE_COPY, MIG2_PRE_COPY_P2P));
	ROAD(watch(self->b, &dma, &irq));
	PREFER_REQ(V2_P2P_STOPS_OUTGOING, !dma,
		   "in PRE_COPY_P2P: %llu DMA writes to memory",
		   (unsigned long long)dma);
}

/* On the way up it does not begin before RUNNING. */
TEST_F(v2_p2p, dma_waits_on_the_way_up)
{
	u64 dma, irq;

	NEEDS(NEED_P2P | NEED_DMA);
	ROAD(be_busy_in(self->b, MIG2_STOP, MIG2_RUNNING_P2P));
	ROAD(watch(self->b, &dma, &irq));
	PREFER_REQ(V2_P2P_ON_THE_WAY_UP, !dma,
		   "in RUNNING_P2P after STOP: %llu DMA writes to memory",
		   (unsigned long long)dma);
}

/* ---- after it ------------------------------------------------------------------- */

static void wakes_up(struct __test_metadata *_metadata, struct bench *b,
		     u32 before, u32 pause, u32 state)
{
	int ret;

	ROAD(be_busy_in(b, before, pause));
	mig_idle(b->dev, COMMON_WINDOW);
	ROAD(v2_set(&b->v2, state, NULL));
	ret = common_wakes(b);
	EXPECT_REQ(V2_LEAVING_P2P_RESUMES_WORK, !ret,
		   "%s to %s: nothing moves afterwards: %s",
		   v2_state_name(pause), v2_state_name(state),
		   common_errno(ret));
}

/* Whichever way it is left, the device goes on. */
TEST_F(v2_p2p, activity_comes_back)
{
	NEEDS(NEED_P2P | NEED_IRQ);
	wakes_up(_metadata, self->b, MIG2_RUNNING, MIG2_RUNNING_P2P,
		 MIG2_RUNNING);
	wakes_up(_metadata, self->b, MIG2_STOP, MIG2_RUNNING_P2P, MIG2_RUNNING);
	NEEDS(NEED_PRE_COPY);
	wakes_up(_metadata, self->b, MIG2_PRE_COPY, MIG2_PRE_COPY_P2P,
		 MIG2_PRE_COPY);
	wakes_up(_metadata, self->b, MIG2_PRE_COPY, MIG2_PRE_COPY_P2P,
		 MIG2_RUNNING);
	wakes_up(_metadata, self->b, MIG2_RUNNING, MIG2_RUNNING_P2P,
		 MIG2_PRE_COPY);
}

/* Submits work, visits @pause, goes on to @state: 0 when the work got done. */
static int work_through(struct bench *b, u32 pause, u32 state)
{
	int ret;

	ret = bench_fresh();
	if (!ret && state != MIG2_RUNNING)
		ret = v2_set(&b->v2, state, NULL);
	if (!ret)
		ret = stimulus_submit(b->stim, P2P_JOB);
	if (!ret)
		ret = v2_set(&b->v2, pause, NULL);
	if (!ret)
		ret = v2_set(&b->v2, state, NULL);
	return ret;
}

static void finishes(struct __test_metadata *_metadata, struct bench *b,
		     u32 pause, u32 state)
{
	int ret;

	ROAD(work_through(b, pause, state));
	ret = common_finished(b, P2P_JOB);
	EXPECT_REQ(V2_LEAVING_P2P_RESUMES_WORK, !ret,
		   "work that was under way in %s is not finished in %s: %s",
		   v2_state_name(pause), v2_state_name(state),
		   common_errno(ret));
}

/* What was under way gets finished, once and right. */
TEST_F(v2_p2p, work_under_way_is_finished)
{
	NEEDS(NEED_P2P | NEED_DMA);
	ROAD(stimulus_submit(self->stim, P2P_JOB));
	ROAD(common_finished(self->b, P2P_JOB));
	finishes(_metadata, self->b, MIG2_RUNNING_P2P, MIG2_RUNNING);
	NEEDS(NEED_PRE_COPY);
	finishes(_metadata, self->b, MIG2_PRE_COPY_P2P, MIG2_PRE_COPY);
}

/* Nor is any of the contents lost. */
TEST_F(v2_p2p, contents_stay)
{
	int ret;

	NEEDS(NEED_P2P | NEED_STIMULUS);
	ROAD(common_fresh(self->b, COMMON_SEED));
	ROAD(v2_set(self->v2, MIG2_RUNNING_P2P, NULL));
	mig_idle(self->dev, COMMON_WINDOW);
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	ret = common_verify(self->b, COMMON_SEED);
	if (ret != -EILSEQ)
		ROAD(ret);
	EXPECT_REQ(V2_LEAVING_P2P_RESUMES_WORK, !ret,
		   "RUNNING_P2P and back: %s", self->stim->differs);
}

/* ---- without it -------------------------------------------------------------------- */

/* Who does not offer the P2P states does not have them. */
TEST_F(v2_p2p, absent_states_are_refused)
{
	static const u32 states[] = { MIG2_RUNNING_P2P, MIG2_PRE_COPY_P2P };
	struct mig_file *data;
	size_t i;
	u32 seen;
	s32 fd;
	int ret;

	if (v2_has_state(self->v2, MIG2_PRE_COPY_P2P))
		NOT_OFFERED("a device that lacks a P2P state");
	COMMON_EACH_STATE(self->b, from) {
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			if (v2_has_state(self->v2, states[i]))
				continue;
			ROAD(common_reach(self->b, from, &data));
			ret = v2_set_raw(self->v2, states[i], &fd);
			ROAD(v2_state(self->v2, &seen));
			EXPECT_REQ(V2_P2P_NEEDS_THE_FLAG,
				   ret < 0 && fd == -1 && seen == from,
				   "%s in %s: %s, data_fd %d, then %s",
				   v2_state_name(states[i]),
				   v2_state_name(from), common_errno(ret), fd,
				   v2_state_name(seen));
			mig_file_close(data);
		}
	}
}

EXPECT_MAIN

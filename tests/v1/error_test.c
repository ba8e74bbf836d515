// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an access fails: the error is told, device_state keeps its value, and
 * the next state write settles what comes of it. Out of the error state leads
 * reset alone.
 *
 * Errors are provoked by what any user can do. Where a device bears it all
 * without an error there is nothing to judge.
 */
#include <sys/mman.h>

#include "trouble.h"

V1_FIXTURE(v1_error, NEED_NOTHING)

static struct stream saved, spoilt;

/* ---- failed accesses ------------------------------------------------------------ */

/* Does what may fail and stops at the first error. The device was just reset. */
typedef void provoke_fn(struct bench *b);

static void save_stopped(struct bench *b)
{
	v1_save(&b->v1, NULL, V1_NO_PRE_COPY, common_waste());
}

static void save_live(struct bench *b)
{
	v1_save(&b->v1, NULL, 2, common_waste());
}

static void save_in_small_pieces(struct bench *b)
{
	const struct v1_moving how = { .piece = 1024, .pending_reads = 3 };

	v1_save(&b->v1, &how, V1_NO_PRE_COPY, common_waste());
}

/* The user himself breaks the quiet that he owes the device. */
static void save_disturbed(struct bench *b)
{
	struct v1 *v1 = &b->v1;

	if (v1_set_state(v1, MIG1_STOP_COPY) ||
	    v1_collect(v1, NULL, 1, common_waste(), NULL))
		return;
	stimulus_patch(b->stim, COMMON_SEED, 0);
	v1_collect(v1, NULL, 0, common_waste(), NULL);
}

static void restore_whole(struct bench *b)
{
	v1_restore(&b->v1, NULL, &saved);
}

static void restore_random(struct bench *b)
{
	if (stream_copy(&saved, &spoilt))
		return;
	trouble_fill(spoilt.bytes, spoilt.len);
	if (!v1_set_state(&b->v1, MIG1_RESUMING))
		v1_load(&b->v1, NULL, &spoilt);
}

/* A commit of more than the region holds. */
static void restore_too_much(struct bench *b)
{
	u64 place;

	if (!v1_set_state(&b->v1, MIG1_RESUMING) && !v1_offset(&b->v1, &place))
		v1_write_size(&b->v1, b->v1.region.size);
}

static void write_while_saving(struct bench *b)
{
	u64 offset, size;

	if (v1_set_state(&b->v1, MIG1_STOP_COPY) ||
	    common_announce(&b->v1, &offset, &size) <= 0 || !size)
		return;
	v1_pwrite(&b->v1, &size, 1, offset);
}

/* Half a field. */
static void write_oddly(struct bench *b)
{
	u64 pending;
	u16 half = 0;

	if (!v1_set_state(&b->v1, MIG1_STOP_COPY) &&
	    !v1_pending(&b->v1, &pending))
		v1_pwrite(&b->v1, &half, sizeof(half), MIG1_OFF_SIZE);
}

static void ask_idle_device(struct bench *b)
{
	u64 value;

	if (!v1_set_state(&b->v1, MIG1_STOP) && !v1_size(&b->v1, &value))
		v1_offset(&b->v1, &value);
}

static void ask_into_bad_buffer(struct bench *b, u64 offset, size_t len)
{
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bad == MAP_FAILED)
		return;
	if (!v1_set_state(&b->v1, MIG1_STOP_COPY))
		v1_pread(&b->v1, bad, len, offset);
	munmap(bad, 4096);
}

static void pending_into_bad_buffer(struct bench *b)
{
	ask_into_bad_buffer(b, MIG1_OFF_PENDING, 8);
}

static void size_into_bad_buffer(struct bench *b)
{
	ask_into_bad_buffer(b, MIG1_OFF_SIZE, 8);
}

/* Saves again until it works, without any reset. Does it? */
static bool saves_again(struct bench *b)
{
	int i;

	for (i = 0; i < COMMON_TRIES; i++)
		if (!v1_recover(&b->v1) &&
		    !v1_save(&b->v1, NULL, V1_NO_PRE_COPY, common_waste()))
			return true;
	return false;
}

/* The state write behind a failed access, and what comes of it. */
static void judge_settling(struct __test_metadata *_metadata, struct bench *b,
			   const struct trouble_watch *w, bool was_good)
{
	int ret = v1_set_state(&b->v1, MIG1_RUNNING), seen = common_state(&b->v1);
	const char *wrong;

	EXPECT_REQ(V1_NEXT_STATE_WRITE_SETTLES,
		   ret ? seen == w->before || seen == MIG1_ERROR :
			 seen == MIG1_RUNNING,
		   "RUNNING after an error of %s: %s, and device_state shows %s",
		   trouble_where(w), common_errno(ret), common_state_name(seen));
	if (!ret && (w->before & MIG1_BIT_SAVING)) {
		EXPECT_REQ(V1_NEXT_STATE_WRITE_SETTLES, trouble_works(b),
			   "the device is RUNNING after an error of %s, but does not work",
			   trouble_where(w));
		EXPECT_REQ(V1_NEXT_STATE_WRITE_SETTLES,
			   saves_again(b) || common_save(b, &spoilt),
			   "no save succeeds after an error of %s, until a reset",
			   trouble_where(w));
	}
	wrong = trouble_left(b, was_good);
	EXPECT_REQ(V1_NEXT_STATE_WRITE_SETTLES, !wrong, "%s", wrong);
}

static void judge_access(struct __test_metadata *_metadata, struct bench *b,
			 const struct trouble_watch *w)
{
	int seen = common_state(&b->v1);

	if (w->offset == MIG1_OFF_PENDING)
		EXPECT_REQ(V1_PENDING_ERROR_KEEPS_STATE, seen == w->before,
			   "pending_bytes gave %s, and device_state went from %s to %s",
			   common_errno(w->err), common_state_name(w->before),
			   common_state_name(seen));
	else
		EXPECT_REQ(V1_ACCESS_ERROR_KEEPS_STATE, seen == w->before,
			   "%s gave %s, and device_state went from %s to %s",
			   trouble_where(w), common_errno(w->err),
			   common_state_name(w->before), common_state_name(seen));
	EXPECT_REQ(V1_ERRNO_IS_FREE, w->err > -4096, "%s gave error number %d",
		   trouble_where(w), -w->err);
	EXPECT_REQ(V1_USER_ABORTS_ON_ACCESS_ERROR, !w->carried_on,
		   "%u accesses follow the one to %s that failed", w->carried_on,
		   trouble_where(w));
}

/* 1 where an access failed, 0 where none did. The device was just reset. */
static int judge_fault(struct __test_metadata *_metadata, struct bench *b,
		       provoke_fn *provoke, bool was_good)
{
	struct trouble_watch w;

	common_mark(b, COMMON_SEED ^ 1);
	trouble_watch(b, &w);
	provoke(b);
	trouble_unwatch(b, &w);
	if (!w.failed)
		return 0;
	judge_access(_metadata, b, &w);
	judge_settling(_metadata, b, &w, was_good);
	return 1;
}

/* An error keeps the state, ends the loop, is settled by the next write. */
#define FAULT(name, provoke, needs)                                           \
	TEST_F(v1_error, name##_is_survived)                                  \
	{                                                                     \
		NEEDS(needs);                                                 \
		ROAD(trouble_baseline(self->b));                              \
		ROAD(common_save(self->b, &saved));                           \
		ROAD(bench_fresh());                                          \
		if (!judge_fault(_metadata, self->b, provoke, true))          \
			NOT_OFFERED("this causes no error");                  \
	}

FAULT(random_stream, restore_random, NEED_NOTHING)
FAULT(size_beyond_region, restore_too_much, NEED_NOTHING)
FAULT(write_while_saving, write_while_saving, NEED_NOTHING)
FAULT(odd_write, write_oddly, NEED_NOTHING)
FAULT(idle_field, ask_idle_device, NEED_NOTHING)
FAULT(bad_pending_buffer, pending_into_bad_buffer, NEED_BAD_POINTERS)
FAULT(bad_size_buffer, size_into_bad_buffer, NEED_BAD_POINTERS)
FAULT(disturbance, save_disturbed, NEED_STIMULUS)

/* So does an error that comes by itself, in the first use of the device. */
#define FIRST_FAULT(name, provoke)                                            \
	TEST_F(v1_error, error_in_##name##_is_survived)                       \
	{                                                                     \
		if (!judge_fault(_metadata, self->b, provoke, false))         \
			NOT_OFFERED("no access fails");                       \
	}

FIRST_FAULT(stopped_save, save_stopped)
FIRST_FAULT(live_save, save_live)
FIRST_FAULT(piecemeal_save, save_in_small_pieces)

/* And one in a restore that has nothing wrong in it. */
TEST_F(v1_error, error_in_restore_is_survived)
{
	ROAD(common_save(self->b, &saved));
	ROAD(bench_fresh());
	if (!judge_fault(_metadata, self->b, restore_whole, false))
		NOT_OFFERED("no access fails");
}

/* ---- the error state ------------------------------------------------------------------- */

/* State writes do not lead out of 110b, or to a device that works. */
TEST_F(v1_error, error_state_is_left_by_reset_only)
{
	u32 to;
	int ret, seen;

	for (to = 0; to < MIG1_STATES; to++) {
		if (!common_reach_error(self->b))
			break;
		ret = v1_set_state(self->v1, to);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_ERROR_IS_LEFT_BY_RESET,
			   ret ? seen == MIG1_ERROR : to < MIG1_INVALID_5,
			   "%s written in the error state: %s, and device_state shows %s",
			   v1_state_name(to), common_errno(ret),
			   common_state_name(seen));
		PREFER_REQ(V1_ERROR_IS_LEFT_BY_RESET, ret,
			   "%s is accepted in the error state", v1_state_name(to));
		if (!ret && !v1_set_state(self->v1, MIG1_RUNNING))
			EXPECT_REQ(V1_ERROR_IS_LEFT_BY_RESET,
				   trouble_works(self->b),
				   "%s leads out of the error state to a dead device",
				   v1_state_name(to));
	}
	if (!to)
		NOT_OFFERED("no request led into the error state");
}

/* 110b with a device that was active before: 1, 0 where it is not reached. */
static int reach_error_active(struct bench *b)
{
	static const char *const ways[] = { "2", "3", "4", "0", "23", "42" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (bench_fresh() || stimulus_activity_start(b->stim))
			break;
		common_walk(&b->v1, ways[i]);
		if (common_state(&b->v1) == MIG1_ERROR)
			return 1;
	}
	return 0;
}

/* A device in the error state had better keep silent. */
TEST_F(v1_error, error_state_is_silent)
{
	int ret;

	NEEDS(NEED_DMA);
	if (!reach_error_active(self->b))
		NOT_OFFERED("no request led into the error state");
	trouble_acts(self->b); /* what was on its way */
	ROAD(ret = trouble_acts(self->b));
	PREFER_REQ(V1_ERROR_STATE_IS_SILENT, !ret,
		   "the device writes memory or interrupts in the error state");
}

EXPECT_MAIN

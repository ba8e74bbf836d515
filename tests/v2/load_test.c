// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device under load falls silent when it is told to stop, keeps what the
 * load has left in it, and survives load that does not stop at all.
 */
#include "common.h"
#include "stimulus/load.h"

V2_FIXTURE(v2_load, NEED_STIMULUS)

enum { LOAD_STEPS = 8, LOAD_ROUNDS = 12 };

static struct load load;

/* ---- silence -------------------------------------------------------------------- */

/* Under load of a kind, then told to stop in @state: 0 or -errno. */
static int load_and_stop(struct bench *b, enum load_kind kind, u32 state)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = load_run(&load, 1u << kind, LOAD_STEPS);
		if (!ret)
			ret = v2_set(&b->v2, state, NULL);
		if (!ret)
			break;
	}
	return ret;
}

static void falls_silent(struct __test_metadata *_metadata, struct bench *b,
			 enum load_kind kind, u32 state)
{
	u64 before, after = 0, digest;
	int ret;

	common_alone(b, true);
	ROAD(load_and_stop(b, kind, state));
	digest = load_digest(&load);
	ret = common_seen(b, &before);
	mig_idle(b->dev, COMMON_WINDOW);
	if (!ret)
		ret = common_seen(b, &after);
	common_alone(b, false);
	EXPECT_REQ(V2_STOP_IS_SILENT, load_digest(&load) == digest,
		   "memory changes in %s after load of %s",
		   v2_state_name(state), load_name(kind));
	EXPECT_REQ(V2_STOP_IS_SILENT, ret || after == before,
		   "%llu interrupts or DMA writes in %s after load of %s",
		   (unsigned long long)(after - before), v2_state_name(state),
		   load_name(kind));
}

/* From the return of SET on: memory by its digest, interrupts by eventfd. */
TEST_F(v2_load, load_falls_silent)
{
	enum load_kind kind;

	ROAD(load_open(&load, self->stim, NULL, self->b->seed));
	for (kind = LOAD_REGISTERS; kind <= LOAD_INTERRUPTS; kind++) {
		if (!load_has(&load, kind))
			continue;
		falls_silent(_metadata, self->b, kind, MIG2_STOP);
		falls_silent(_metadata, self->b, kind, MIG2_STOP_COPY);
	}
	load_close(&load);
}

/* ---- what it leaves ---------------------------------------------------------------- */

/* Random load, pre-copy under it, and a stream: what was marked last is in it. */
static int migrate_loaded(struct bench *b)
{
	const u32 kinds = 1 << LOAD_REGISTERS | 1 << LOAD_DMA |
			  1 << LOAD_INTERRUPTS;
	struct mig_file *data = NULL, *fresh = NULL;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = bench_fresh();
	if (!ret)
		ret = load_run(&load, kinds, LOAD_STEPS);
	if (!ret && v2_has_state(&b->v2, MIG2_PRE_COPY))
		ret = v2_set(&b->v2, MIG2_PRE_COPY, &data);
	if (!ret && data)
		ret = v2_collect_some(data, 4096, &stream) < 0 ? -EIO : 0;
	if (!ret)
		ret = load_run(&load, kinds, LOAD_STEPS);
	if (!ret)
		ret = stimulus_mark(b->stim, COMMON_SEED);
	if (!ret)
		ret = v2_set(&b->v2, MIG2_STOP_COPY, &fresh);
	if (!ret)
		ret = fresh || data ? v2_collect(fresh ? fresh : data, NULL,
						 &stream) : -EPROTO;
	mig_file_close(fresh);
	mig_file_close(data);
	if (!ret)
		ret = common_restores(b, &stream) == 1 ? 0 : -EILSEQ;
	stream_free(&stream);
	return ret;
}

/* The load before it spoils no migration. */
TEST_F(v2_load, loaded_device_migrates)
{
	int i, round, ret = 0;

	if (!stimulus_can_mark(self->stim))
		NOT_OFFERED("contents that can be marked");
	ROAD(common_round_trip(self->b));
	ROAD(load_open(&load, self->stim, NULL, bench_random()));
	for (round = 0; round < LOAD_ROUNDS && !ret; round++) {
		for (i = 0, ret = -EIO; i < COMMON_TRIES && ret; i++)
			ret = migrate_loaded(self->b);
		EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret,
			   "saved after %u steps of load: %s", load.steps,
			   common_errno(ret));
	}
	load_close(&load);
}

/* ---- racing threads ------------------------------------------------------------------ */

/* One thread keeps the device busy and resets it, the other moves it about. */
static int race(struct bench *b)
{
	static const u32 way[] = { MIG2_STOP, MIG2_RUNNING, MIG2_STOP_COPY,
				   MIG2_STOP, MIG2_RESUMING, MIG2_STOP };
	struct mig_file *data;
	u32 round;
	int ret;

	ret = load_race(&load, LOAD_ALL);
	for (round = 0; round < LOAD_ROUNDS * ARRAY_SIZE(way) && !ret; round++) {
		data = NULL;
		v2_set(&b->v2, way[round % ARRAY_SIZE(way)], &data);
		mig_file_close(data);
	}
	load_race_end(&load);
	return ret;
}

/*
 * A guest that was not stopped harms his own migration only. In hardware such
 * accesses may fail loudly.
 */
TEST_F(v2_load, racing_load_is_contained)
{
	int reset, trip;

	if ((self->dev->caps & MIG_CAP_KERNEL) &&
	    self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("only judged by profile hostile");
	ROAD(common_round_trip(self->b));
	ROAD(load_open(&load, self->stim, NULL, self->b->seed));
	ROAD(race(self->b));
	reset = common_reset(self->b);
	trip = reset ? 0 : common_round_trip(self->b);
	EXPECT_REQ(V2_STOPPED_ACCESS_IS_CONTAINED, !reset && !trip,
		   "after %u steps of load beside transitions RESET %s, a cycle %s",
		   load.steps, common_errno(reset), common_errno(trip));
	load_close(&load);
}

EXPECT_MAIN

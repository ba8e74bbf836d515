// SPDX-License-Identifier: GPL-2.0-only
/* A device under load falls silent when it is told to stop. */
#include "common.h"
#include "stimulus/load.h"

V1_FIXTURE(v1_load, NEED_STIMULUS)

enum { LOAD_STEPS = 8 };

static struct load load;

/* Under load of a kind, then told to stop in the last state of @way. */
static int load_and_stop(struct bench *b, enum load_kind kind, const char *way)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = load_run(&load, 1u << kind, LOAD_STEPS);
		if (!ret)
			ret = common_walk(&b->v1, way);
		if (!ret)
			break;
	}
	return ret;
}

static int seen(struct bench *b, u64 *ret_count)
{
	u64 dma = 0, irq = 0;
	int ret = stimulus_activity_seen(b->stim, &dma, &irq);

	*ret_count = dma + irq;
	return ret;
}

static void falls_silent(struct __test_metadata *_metadata, struct bench *b,
			 enum load_kind kind, const char *way)
{
	u64 before = 0, after = 0, digest;
	int ret;

	mig_concurrent(b->ctx, true);
	ROAD(load_and_stop(b, kind, way));
	digest = load_digest(&load);
	ret = seen(b, &before);
	mig_idle(b->dev, 2 * COMMON_IDLE_MS);
	if (!ret)
		ret = seen(b, &after);
	mig_concurrent(b->ctx, false);
	EXPECT_REQ(V1_STOPPED_DEVICE_IS_SILENT, load_digest(&load) == digest,
		   "memory changes behind \"1%s\" after load of %s", way,
		   load_name(kind));
	EXPECT_REQ(V1_STOPPED_DEVICE_IS_SILENT, ret || after == before,
		   "%llu interrupts or DMA writes behind \"1%s\" after load of %s",
		   (unsigned long long)(after - before), way, load_name(kind));
}

/* From the return of the write on: memory by its digest, interrupts by eventfd. */
TEST_F(v1_load, load_falls_silent)
{
	static const char *const ways[] = { "0", "2", "32" };
	enum load_kind kind;
	size_t i;

	ROAD(load_open(&load, self->stim, NULL, self->b->seed));
	for (kind = LOAD_REGISTERS; kind <= LOAD_INTERRUPTS; kind++)
		for (i = 0; i < ARRAY_SIZE(ways) && load_has(&load, kind); i++)
			falls_silent(_metadata, self->b, kind, ways[i]);
	load_close(&load);
}

EXPECT_MAIN

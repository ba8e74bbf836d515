// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access may fail for want of memory, or because its bytes cannot be
 * copied, at any point within. A driver promises what it promises for each
 * failure: the state stays or is the error state, the next access is judged
 * on its own, and a reset leads out.
 */
#include "../fault.h"
#include "common.h"

V1_FIXTURE(v1_fault, NEED_FAULTS)

/* ---- state writes ----------------------------------------------------------- */

static void write_failed(struct __test_metadata *_metadata, struct fault *f,
			 const char *way, u32 to, int from)
{
	int seen = common_state(&f->b->v1), reset;

	EXPECT_REQ(V1_FAILED_TRANSITION_KEEPS_OR_ERRORS,
		   seen == from || seen == MIG1_ERROR || seen < 0,
		   "way %s, then %s fails at point %u with %s: %s", way,
		   v1_state_name(to), f->nth, common_errno((int)f->ret),
		   common_state_name(seen));
	reset = v1_reset(&f->b->v1);
	seen = common_state(&f->b->v1);
	EXPECT_REQ(V1_RESET_GIVES_RUNNING, reset || seen == MIG1_RUNNING,
		   "way %s, then %s fails at point %u, and after a reset: %s",
		   way, v1_state_name(to), f->nth, common_state_name(seen));
}

static void write_swept(struct __test_metadata *_metadata, struct bench *b,
			const char *way, u32 to)
{
	struct fault f;
	int from;

	fault_begin(&f, b, COMMON_TRIES);
	while (fault_next(&f)) {
		ROAD(common_reach(b, way));
		from = common_state(&b->v1);
		ROAD(from);
		fault_call(&f, v1_write_state(&b->v1, to));
		if (f.ret < 0)
			write_failed(_metadata, &f, way, to, from);
	}
	TH_LOG("way %s, then %s: %u points", way, v1_state_name(to), f.nth - 1);
}

/* Ways that every device goes, and the write that fails behind them. */
static const struct {
	const char *way;
	u32 to;
} writes[] = {
	{ "", MIG1_STOP }, { "", MIG1_PRE_COPY }, { "", MIG1_STOP_COPY },
	{ "", MIG1_RESUMING }, { "3", MIG1_STOP_COPY }, { "3", MIG1_RUNNING },
	{ "2", MIG1_STOP }, { "2", MIG1_RUNNING }, { "0", MIG1_RUNNING },
};

/* A state write that fails keeps the state, or ends in the error state. */
TEST_F(v1_fault, state_writes_come_through)
{
	struct stream stream;
	size_t i;
	int whole;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	for (i = 0; i < ARRAY_SIZE(writes); i++)
		write_swept(_metadata, self->b, writes[i].way, writes[i].to);
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V1_RESET_RECOVERS_FROM_ERROR, whole,
		   "after state writes that failed, and a reset, a stream does not restore");
	stream_free(&stream);
}

/* ---- accesses ------------------------------------------------------------------ */

/* Not device_state: that one cannot fail but for a bad buffer. */
enum access { ACCESS_PENDING, ACCESS_OFFSET, ACCESS_SIZE, ACCESSES };

static long access_make(struct v1 *v1, u32 access)
{
	u64 value;

	switch (access) {
	case ACCESS_PENDING:
		return v1_pending(v1, &value);
	case ACCESS_OFFSET:
		return v1_offset(v1, &value);
	default:
		return v1_size(v1, &value);
	}
}

/* 1 where the state of @way stays, 0 where it does not, -errno; @f tells the rest. */
static int access_swept(struct fault *f, const char *way, u32 access,
			int *ret_seen)
{
	struct bench *b = f->b;
	int from, ret;

	while (fault_next(f)) {
		ret = common_reach(b, way);
		from = ret ? ret : common_state(&b->v1);
		if (from < 0)
			return from;
		fault_call(f, access_make(&b->v1, access));
		*ret_seen = common_state(&b->v1);
		if (*ret_seen >= 0 && *ret_seen != from)
			return 0;
	}
	return 1;
}

static const char *const ways[] = { "", "3", "2", "4" };

/* A read of pending_bytes that fails leaves the state as it is. */
TEST_F(v1_fault, pending_bytes_come_through)
{
	struct fault f;
	int kept, seen;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		fault_begin(&f, self->b, COMMON_TRIES);
		kept = access_swept(&f, ways[i], ACCESS_PENDING, &seen);
		ROAD(kept);
		EXPECT_REQ(V1_PENDING_ERROR_KEEPS_STATE, kept,
			   "way %s: pending_bytes fails at point %u with %s, then %s",
			   ways[i], f.nth, common_errno((int)f.ret),
			   common_state_name(seen));
		TH_LOG("way %s, pending_bytes: %u points", ways[i], f.nth - 1);
	}
}

/* So does one of any other field. */
TEST_F(v1_fault, fields_come_through)
{
	struct fault f;
	int kept, seen;
	u32 access;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (access = ACCESS_OFFSET; access < ACCESSES; access++) {
			fault_begin(&f, self->b, COMMON_TRIES);
			kept = access_swept(&f, ways[i], access, &seen);
			ROAD(kept);
			EXPECT_REQ(V1_ACCESS_ERROR_KEEPS_STATE, kept,
				   "way %s: field %u fails at point %u with %s, then %s",
				   ways[i], access, f.nth,
				   common_errno((int)f.ret),
				   common_state_name(seen));
			TH_LOG("way %s, field %u: %u points", ways[i], access,
			       f.nth - 1);
		}
	}
}

/* A reset that fails can be made again. */
TEST_F(v1_fault, resets_come_through)
{
	struct fault f;
	size_t i;
	int seen;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		fault_begin(&f, self->b, COMMON_TRIES);
		while (fault_next(&f)) {
			ROAD(common_reach(self->b, ways[i]));
			fault_call(&f, v1_reset(self->v1));
		}
		TH_LOG("way %s, reset: %u points", ways[i], f.nth - 1);
		ROAD(f.ret);
		seen = common_state(self->v1);
		EXPECT_REQ(V1_RESET_GIVES_RUNNING, seen == MIG1_RUNNING,
			   "way %s: reset after %u failures gives %s", ways[i],
			   f.nth - 1, common_state_name(seen));
	}
}

EXPECT_MAIN

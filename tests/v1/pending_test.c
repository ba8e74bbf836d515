// SPDX-License-Identifier: GPL-2.0-only
/*
 * pending_bytes: reading it does no harm, it acknowledges the chunk before it,
 * and its first 0 in stop-and-copy is the end. Its other values say little.
 */
#include "common.h"

V1_FIXTURE(v1_pending, NEED_NOTHING)

enum {
	MANY = 50,
	FINAL_READS = 20,
	FINAL_IDLE_MS = 50, /* before each: what is left to itself for a while */
	TIMEOUT_SHARE = 3,
};

/* Tried more than once, an endless stream must not take a test's whole time. */
static void limit_time(void)
{
	u64 ms = (u64)bench_deadline() * 1000 / TIMEOUT_SHARE;

	if (ms < stream_limits.ms)
		stream_limits.ms = ms;
}

static int save_asking(struct bench *b, int reads, struct stream *stream)
{
	struct v1_moving how = { .pending_reads = (unsigned int)reads };

	return v1_save(&b->v1, &how, V1_NO_PRE_COPY, stream);
}

static int save_live_asking(struct bench *b, int reads, struct stream *stream)
{
	struct v1_moving how = { .pending_reads = (unsigned int)reads };

	return v1_save(&b->v1, &how, 3, stream);
}

/* However often it is asked for, nothing is skipped or made anew. */
TEST_F(v1_pending, rereads_do_no_harm)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_asking, NULL, MANY));
	EXPECT_REQ(V1_PENDING_REREAD_IS_PURE, ret == 1,
		   "%d reads an iteration: %s", MANY, common_differs(self->b));
	ROAD(common_reach(self->b, "32"));
	ROAD(ret = common_trip(self->b, save_live_asking, NULL, MANY));
	EXPECT_REQ(V1_PENDING_REREAD_IS_PURE, ret == 1,
		   "%d reads an iteration, with pre-copy: %s", MANY,
		   common_differs(self->b));
}

/* A device that gives the same stream each time gives it then, too. */
TEST_F(v1_pending, rereads_change_no_byte)
{
	static struct stream first, second, asked;

	ROAD(common_save(self->b, &first));
	ROAD(common_save(self->b, &second));
	if (!stream_equal(&first, &second))
		NOT_OFFERED("a stream that is the same each time");
	ROAD(common_save_by(self->b, save_asking, MANY, &asked));
	PREFER_REQ(V1_PENDING_REREAD_IS_PURE, stream_equal(&first, &asked),
		   "%zu bytes with %d reads an iteration, %zu with one each, or others",
		   asked.len, MANY, first.len);
}

/* The first 0 in stop-and-copy is final: nothing may appear behind it. */
TEST_F(v1_pending, zero_ends_the_stream)
{
	static struct stream stream;
	u64 pending;
	int i;

	ROAD(common_save(self->b, &stream));
	for (i = 0; i < FINAL_READS; i++) {
		/* The first read comes at once. */
		mig_idle(self->dev, i ? FINAL_IDLE_MS : 0);
		/* It may fail, but not rise. */
		if (v1_pending(self->v1, &pending))
			continue;
		EXPECT_REQ(V1_PENDING_ZERO_IS_FINAL, !pending,
			   "%llu at read %d behind the 0",
			   (unsigned long long)pending, i + 1);
	}
}

/* And what came before it is everything. */
TEST_F(v1_pending, zero_means_complete)
{
	static struct stream stream;
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &stream));
	ROAD(ret = common_restores(self->b, &stream));
	EXPECT_REQ(V1_PENDING_ZERO_IS_FINAL, ret, "%s", self->stim->differs);
}

/* Left alone, a stopped device comes to the end of its stream. */
TEST_F(v1_pending, stream_is_finite)
{
	static struct stream stream;
	int ret;

	limit_time();
	ret = common_save(self->b, &stream);
	if (ret != -ELOOP)
		ROAD(ret);
	EXPECT_REQ(V1_STREAM_IS_FINITE, !ret,
		   "no end after %zu bytes in %zu chunks", stream.len,
		   stream.chunks);
	ret = common_save_by(self->b, save_live_asking, 1, &stream);
	if (ret != -ELOOP)
		ROAD(ret);
	EXPECT_REQ(V1_STREAM_IS_FINITE, !ret,
		   "with pre-copy no end after %zu bytes in %zu chunks",
		   stream.len, stream.chunks);
}

/* No sum ties its values to the bytes that come; what it told is told. */
TEST_F(v1_pending, values_need_not_add_up)
{
	static struct stream stream;
	u64 first;

	ROAD(common_reach(self->b, "2"));
	ROAD(v1_pending(self->v1, &first));
	ROAD(v1_collect(self->v1, NULL, 0, &stream, NULL));
	PREFER_REQ(V1_PENDING_IS_NOT_ARITHMETIC, first == stream.len,
		   "it began with %llu, and %zu bytes came",
		   (unsigned long long)first, stream.len);
}

/* In pre-copy 0 is for now only; what follows is told. */
TEST_F(v1_pending, zero_in_pre_copy_is_temporary)
{
	u64 pending = 1, later = 0;

	ROAD(common_reach(self->b, "3"));
	ROAD(v1_collect(self->v1, NULL, COMMON_PRE_COPY_MAX, common_waste(),
			&pending));
	common_mark(self->b, COMMON_SEED);
	ROAD(v1_pending(self->v1, &later));
	PREFER_REQ(V1_PRE_COPY_ZERO_IS_TEMPORARY, !pending && later,
		   pending ? "it never was 0" : "it stays 0 when the device changes");
}

/* In pre-copy it is an estimate; how good a one is told. */
TEST_F(v1_pending, estimate_is_told)
{
	static struct stream stream;
	u64 estimate;

	ROAD(common_reach(self->b, "3"));
	ROAD(v1_pending(self->v1, &estimate));
	ROAD(v1_set_state(self->v1, MIG1_STOP_COPY));
	ROAD(v1_collect(self->v1, NULL, 0, &stream, NULL));
	PREFER_REQ(V1_PENDING_IS_AN_ESTIMATE,
		   estimate <= 2 * stream.len && 2 * estimate >= stream.len,
		   "pre-copy told %llu, and %zu bytes came",
		   (unsigned long long)estimate, stream.len);
}

/* An empty chunk ends the loop of VMMs: none may come with data behind it. */
TEST_F(v1_pending, no_chunk_is_empty)
{
	static struct stream stream;
	size_t i, empty = 0, inside = 0;

	ROAD(common_save(self->b, &stream));
	for (i = 0; i < stream.chunks; i++) {
		if (stream_chunk_len(&stream, i))
			continue;
		empty++;
		inside += stream_chunk_start(&stream, i) < stream.len;
	}
	EXPECT_REQ(V1_PENDING_MEANS_NON_EMPTY_CHUNK, !inside,
		   "%zu empty chunks with data behind them", inside);
	PREFER_REQ(V1_PENDING_MEANS_NON_EMPTY_CHUNK, !empty,
		   "%zu empty chunks", empty);
}

/* Everything of an iteration is read @times, but pending_bytes once. */
static int save_reading_again(struct bench *b, int times, struct stream *stream)
{
	struct stream_budget budget;
	u64 offset, size;
	int i, ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	stream_budget_start(&budget);
	while (!ret) {
		ret = common_announce(&b->v1, &offset, &size);
		if (ret <= 0)
			return ret;
		ret = stream_budget_pay(&budget);
		for (i = 1; i < times && !ret; i++)
			ret = v1_size(&b->v1, &size);
		if (!ret && size && !common_inside(&b->v1, offset, size))
			return 1;
		if (!ret)
			ret = common_fetch_chunk(&b->v1, offset, size, stream);
	}
	return ret;
}

/* Only pending_bytes goes on to the next chunk, other fields do not. */
TEST_F(v1_pending, nothing_else_acknowledges)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_reading_again, NULL, 3));
	EXPECT_REQ(V1_PENDING_READ_ACKNOWLEDGES, ret == 1,
		   "with data_size read three times: %s",
		   common_differs(self->b));
}

/* @to becomes @from without the chunks that are as the one before them. */
static int drop_repeated(const struct stream *from, struct stream *to)
{
	size_t i, len, last = 0;
	const u8 *at, *before = NULL;
	int ret = 0;

	stream_clear(to);
	for (i = 0; i < from->chunks && !ret; i++) {
		at = from->bytes + stream_chunk_start(from, i);
		len = stream_chunk_len(from, i);
		if (before && len == last && !memcmp(at, before, len)) {
			before = NULL;
			continue;
		}
		ret = stream_append(to, at, len);
		if (!ret)
			ret = stream_end_chunk(to);
		before = at;
		last = len;
	}
	return ret;
}

/* And it does so at once: no chunk comes twice. */
TEST_F(v1_pending, read_goes_on_to_the_next_chunk)
{
	static struct stream stream, once;
	int ret;

	ROAD(common_save(self->b, &stream));
	ret = common_restores(self->b, &stream);
	if (ret != 1) {
		ROAD(drop_repeated(&stream, &once));
		/* Not what is wrong with this stream. */
		if (once.len == stream.len ||
		    common_restores(self->b, &once) != 1)
			ROAD(ret < 0 ? ret : -EILSEQ);
	}
	EXPECT_REQ(V1_PENDING_READ_ACKNOWLEDGES, ret == 1,
		   "%zu of %zu bytes come twice, and the stream restores without them",
		   stream.len - once.len, stream.len);
}

struct habit {
	struct mig_observer observer;
	u64 base; /* of the region */
	bool zero; /* pending_bytes was read last, as 0 */
	u32 fetched, ended;
};

static void habit_called(struct mig_observer *self, const struct mig_call *call)
{
	struct habit *habit = (struct habit *)self;
	u64 at = call->offset - habit->base, pending;

	if (call->op != MIG_PREAD || call->ret != 8)
		return;
	habit->fetched += at == MIG1_OFF_OFFSET && habit->zero;
	if (at != MIG1_OFF_PENDING)
		return;
	memcpy(&pending, call->out, sizeof(pending));
	habit->zero = !pending;
	habit->ended += !pending;
}

/* The user of this suite iterates until 0, and no further. */
TEST_F(v1_pending, user_iterates_until_zero)
{
	static struct stream stream;
	struct habit habit = { .observer.called = habit_called,
			       .base = self->v1->region.offset };
	int ret;

	mig_observe(self->b->ctx, &habit.observer);
	ret = common_save(self->b, &stream);
	mig_unobserve(self->b->ctx, &habit.observer);
	ROAD(ret);
	EXPECT_REQ(V1_USER_ITERATES_UNTIL_ZERO, !habit.fetched && habit.ended,
		   "%u chunks were fetched behind a 0, %u times a 0 was seen",
		   habit.fetched, habit.ended);
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load that was refused stays refused: an error that the user ignores is not
 * forgotten, the device says where it is left, and a reset makes it good.
 */
#include "load.h"

V2_FIXTURE(v2_refusal, NEED_NOTHING)

/* ---- an error that is ignored --------------------------------------------------- */

/*
 * 1 where writes of @stream fail each time, so that its bytes are the reason;
 * 0 where they do not, or -errno.
 */
static int write_always_fails(struct bench *b, const struct stream *stream)
{
	struct load_verdict v;
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = load_try(b, stream, stream->len, MIG2_STOP, &v);
		if (ret || !v.write)
			return ret;
	}
	return 1;
}

static void stays_poisoned(struct __test_metadata *_metadata, struct bench *b,
			   const struct stream *stream, size_t resume, u32 to)
{
	struct load_verdict v;

	ROAD(load_try(b, stream, resume, to, &v));
	EXPECT_REQ(V2_FAILED_WRITE_POISONS_SESSION, v.set < 0,
		   "a write failed with %s, and after the bytes from %zu on RESUMING is left for %s",
		   common_errno(v.write), resume, v2_state_name(to));
}

/* Who ignores the error of a write and goes on does not get away with it. */
TEST_F(v2_refusal, ignored_write_errors_are_not_forgotten)
{
	struct stream stream;
	size_t head;
	int fails;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	head = load_head(&stream);
	load_invert(&stream, 0, head);
	fails = write_always_fails(self->b, &stream);
	ROAD(fails);
	if (!fails)
		NOT_OFFERED("a write that finds a damaged head");
	stays_poisoned(_metadata, self->b, &stream, stream.len, MIG2_STOP);
	stays_poisoned(_metadata, self->b, &stream, head, MIG2_STOP);
	stays_poisoned(_metadata, self->b, &stream, head, MIG2_RUNNING);
	stays_poisoned(_metadata, self->b, &stream, 0, MIG2_STOP);
}

/* The head by itself, refused; then the rest; 0 or -errno of the way. */
static int write_in_two(struct bench *b, const struct stream *stream,
			size_t head, struct load_verdict *ret_verdict)
{
	struct load_verdict v = { .write = 0 };
	struct mig_file *data;
	int ret;

	ret = common_reach(b, MIG2_RESUMING, &data);
	if (ret)
		return ret;
	v.write = load_push(data, stream, 0, head, &v.taken);
	if (!v.write)
		v.write = load_push(data, stream, head, stream->len, &v.taken);
	else
		load_push(data, stream, head, stream->len, &v.taken);
	v.set = v2_set(&b->v2, MIG2_STOP, NULL);
	mig_file_close(data);
	*ret_verdict = v;
	return 0;
}

/* Not even if the damaged bytes came by themselves. */
TEST_F(v2_refusal, a_refused_head_spoils_the_rest)
{
	struct stream stream;
	struct load_verdict v;
	int i;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	load_invert(&stream, 0, load_head(&stream));
	for (i = 0; i < 2; i++) {
		ROAD(write_in_two(self->b, &stream, load_head(&stream), &v));
		if (!v.write)
			NOT_OFFERED("a write that finds a damaged head");
	}
	EXPECT_REQ(V2_FAILED_WRITE_POISONS_SESSION, v.set < 0,
		   "the head was refused with %s, and after the rest RESUMING is left",
		   common_errno(v.write));
}

/* After that the device is as good as ever. */
TEST_F(v2_refusal, reset_heals_a_poisoned_session)
{
	struct stream stream;
	struct load_verdict v;
	int ret;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	load_invert(&stream, 0, load_head(&stream));
	ROAD(load_try(self->b, &stream, stream.len, MIG2_STOP, &v));
	if (!v.write)
		NOT_OFFERED("a write that finds a damaged head");
	ROAD(common_reset(self->b));
	ret = common_round_trip(self->b);
	EXPECT_REQ(V2_FAILED_WRITE_POISONS_SESSION, !ret,
		   "after a refused write and a reset a round trip gives %s",
		   common_errno(ret));
}

/* ---- afterwards ------------------------------------------------------------------- */

/* States that are legal after a request from RESUMING to @to was refused. */
static bool may_stay(u32 state, u32 to)
{
	return state == MIG2_RESUMING || state == MIG2_ERROR ||
	       state >= MIG2_STATES || (state == MIG2_STOP && to != MIG2_STOP);
}

/* A refusal leaves the load unfinished, or the device failed. */
TEST_F(v2_refusal, refused_loads_leave_a_legal_state)
{
	struct stream stream;
	struct load_verdict v;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	stream_truncate(&stream, stream.len / 2);
	COMMON_EACH_STATE(self->b, to) {
		if (to == MIG2_RESUMING)
			continue;
		ROAD(load_try(self->b, &stream, stream.len, to, &v));
		if (!load_refused(&v))
			NOT_OFFERED("a refusal of half a stream");
		EXPECT_REQ(V2_REFUSED_LOAD_IS_RECOVERABLE,
			   may_stay(v.state, to),
			   "half a stream, and %s: %s, then %s",
			   v2_state_name(to), common_errno(v.set),
			   v2_state_name(v.state));
	}
}

/* A reset makes good: RUNNING, and a load that restores. */
TEST_F(v2_refusal, refused_loads_are_recoverable)
{
	struct stream stream, part;
	struct load_verdict v;
	int i, reset, loaded;

	stream_init(&stream);
	stream_init(&part);
	ROAD(load_good(self->b, &stream));
	for (i = 0; i < 2; i++) {
		ROAD(stream_copy(&stream, &part));
		if (i)
			load_invert(&part, 0, load_head(&part));
		else
			stream_truncate(&part, stream.len / 2);
		ROAD(load_try(self->b, &part, part.len, MIG2_STOP, &v));
		reset = common_reset(self->b);
		loaded = common_load(self->b, &stream);
		EXPECT_REQ(V2_REFUSED_LOAD_IS_RECOVERABLE, !reset && !loaded,
			   "after %s, reset: %s, a good load: %s",
			   i ? "a damaged stream" : "half a stream",
			   common_errno(reset), common_errno(loaded));
	}
}

/* Some devices let the user go on after a refusal. */
TEST_F(v2_refusal, going_on_after_a_refusal_is_told)
{
	struct mig_file *data;
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	ROAD(v2_load(data, NULL, &stream, 0, stream.len / 2));
	if (!v2_set(self->v2, MIG2_STOP, NULL))
		NOT_OFFERED("a refusal of half a stream");
	if (common_state(self->b) != MIG2_RESUMING)
		NOT_OFFERED("RESUMING after a refusal");
	ret = v2_load(data, NULL, &stream, stream.len / 2, stream.len);
	if (!ret)
		ret = v2_set(self->v2, MIG2_STOP, NULL);
	PREFER_REQ(V2_REFUSED_LOAD_MAY_CONTINUE, !ret,
		   "the rest of the stream after a refusal: %s",
		   common_errno(ret));
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream of a saving session comes whole whatever sizes are read, its end
 * is told once and for all, and the device that gave it takes it back.
 */
#include "common.h"

V2_FIXTURE(v2_stream, NEED_NOTHING)

enum { STREAM_READS = 20000 }; /* most reads of a small size */

/* ---- the end of the stream ------------------------------------------------------- */

/* Reads on: bytes that came, 0 where each read gave 0, or the first -errno. */
static ssize_t read_on(struct mig_file *data)
{
	u8 bytes[64];
	ssize_t count = 0;
	int i;

	for (i = 0; !count && i < 4; i++)
		count = mig_read(data, bytes, sizeof(bytes));
	return count;
}

/* Reads until there is no more: 0, or the -errno that came instead. */
static ssize_t drain(struct mig_file *data)
{
	static u8 bytes[65536];
	struct stream_budget budget;
	u64 total = 0;
	ssize_t count;

	stream_budget_start(&budget);
	do {
		count = mig_read(data, bytes, sizeof(bytes));
		total += count > 0 ? (u64)count : 0;
		if (total > stream_limits.bytes || stream_budget_pay(&budget))
			return -ELOOP;
	} while (count > 0 || count == -EINTR);
	return count;
}

/* A stream ends with 0, and behind the first 0 there is nothing but 0. */
TEST_F(v2_stream, end_of_stream_is_permanent)
{
	struct mig_file *data;
	ssize_t end = 0, at_once = 0, later = 0;
	int i;

	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
		end = drain(data);
		if (end)
			continue;
		at_once = read_on(data);
		mig_idle(self->dev, COMMON_WINDOW);
		later = read_on(data);
		/* An error may have passed by; data will not be unread. */
		if (at_once >= 0 && later >= 0)
			break;
	}
	ROAD(end == -ELOOP ? -ELOOP : 0);
	EXPECT_REQ(V2_END_OF_STREAM_IS_PERMANENT, !end,
		   "each of %d streams of STOP_COPY ends with an error: %s",
		   COMMON_TRIES, common_errno((int)end));
	EXPECT_REQ(V2_END_OF_STREAM_IS_PERMANENT, !at_once && !later,
		   "reads behind the end gave %zd, later %zd", at_once, later);
}

/* A stopped device has no temporary end, whatever was read before. */
TEST_F(v2_stream, stop_copy_has_no_temporary_end)
{
	struct mig_file *data;
	struct stream stream;
	ssize_t end;
	int before;

	NEEDS(NEED_PRE_COPY);
	stream_init(&stream);
	for (before = 0; before < 3; before++) {
		ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
		if (before == 1)
			ROAD(v2_collect_some(data, 100, &stream));
		if (before == 2)
			ROAD(v2_collect(data, NULL, &stream));
		ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
		end = drain(data);
		EXPECT_REQ(V2_NO_ENOMSG_IN_STOP_COPY, end != -ENOMSG,
			   "pre-copy data read: %s; then STOP_COPY ended with ENOMSG",
			   before == 2 ? "all" : before ? "some" : "none");
		mig_file_close(data);
	}
}

/* ---- sizes ------------------------------------------------------------------------- */

/* Reads of @piece bytes, @piece 0: of any size; *@ret_early: data after a 0. */
static int read_pieces(struct bench *b, size_t piece, struct stream *stream,
		       size_t *ret_early)
{
	size_t before, size, told_end;
	struct mig_file *data;
	int i, ret;

	ret = common_reach(b, MIG2_STOP_COPY, &data);
	for (i = 0; !ret && i < STREAM_READS; i++) {
		size = piece ? piece : 1 + bench_random() % 5000;
		before = stream->len;
		ret = v2_collect_some(data, size, stream);
		if (stream->len - before < size)
			break;
	}
	told_end = stream->len;
	if (!ret)
		ret = v2_collect(data, NULL, stream);
	*ret_early = i < STREAM_READS ? stream->len - told_end : 0;
	return ret;
}

static void whole_in_pieces(struct __test_metadata *_metadata, struct bench *b,
			    size_t piece)
{
	struct stream stream;
	size_t early;
	int whole;

	stream_init(&stream);
	ROAD(read_pieces(b, piece, &stream, &early));
	whole = common_restores(b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_NO_PREMATURE_END, !early && whole,
		   "reads of %zu bytes: %zu came after an end, the stream %s",
		   piece, early, whole ? "restores" : "does not restore");
}

/* The sizes that are read in do not matter: nothing is lost, no end is false. */
TEST_F(v2_stream, reads_of_1_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 1);
}

TEST_F(v2_stream, reads_of_7_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 7);
}

TEST_F(v2_stream, reads_of_4095_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 4095);
}

TEST_F(v2_stream, reads_of_4096_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 4096);
}

TEST_F(v2_stream, reads_of_1M_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 1 << 20);
}

TEST_F(v2_stream, reads_of_any_size_give_it_all)
{
	whole_in_pieces(_metadata, self->b, 0);
}

/* ---- streams ------------------------------------------------------------------------------ */

/* A saving session has something to say. */
TEST_F(v2_stream, streams_are_not_empty)
{
	struct stream stream;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	EXPECT_REQ(V2_STREAM_IS_NON_EMPTY_AND_OWN, stream.len,
		   "the stream of a complete save has no byte");
}

/* And the device that has said it understands it. */
TEST_F(v2_stream, own_streams_are_accepted)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_save(self->b, &stream));
	ret = common_load(self->b, &stream);
	EXPECT_REQ(V2_STREAM_IS_NON_EMPTY_AND_OWN, !ret || ret == -EILSEQ,
		   "a device's own stream of %zu bytes: %s", stream.len,
		   common_errno(ret));
	/* What is in a device need not be known to see that it is not restored. */
	EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret || ret == -EILSEQ,
		   "a complete stream of %zu bytes is not taken in %d loads: %s",
		   stream.len, COMMON_TRIES, common_errno(ret));
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A migration promises to leave nothing behind for the next one: what was
 * checked is checked again, what was cut short is given back, and a device
 * that went away and came back is as good as one that stayed.
 */
#include "load.h"

V2_FIXTURE(v2_again, NEED_NOTHING)

enum { CUT_LOADS = 12 };

/* ---- checks ------------------------------------------------------------------ */

/* One good load does not spare the next stream its examination. */
TEST_F(v2_again, streams_are_examined_each_time)
{
	struct bench *b = self->b;
	struct stream foreign, own;
	struct load_verdict v;
	int alike;

	NEEDS(NEED_SECOND | NEED_CONFIG_SPACE);
	stream_init(&foreign);
	stream_init(&own);
	ROAD(alike = load_alike(b->dev, b->other));
	if (alike)
		NOT_OFFERED("a second device of another model");
	ROAD(v2_recover(&b->other_v2));
	ROAD(v2_save(&b->other_v2, NULL, 0, &foreign));
	ROAD(load_good(b, &own));
	ROAD(bench_reopen());
	ROAD(load_try(b, &foreign, foreign.len, MIG2_RUNNING, &v));
	EXPECT_REQ(V2_FOREIGN_STREAM_IS_REFUSED,
		   load_refused(&v) && v.state != MIG2_RUNNING,
		   "the stream of another model, after a good load: write %s, RUNNING %s, then %s",
		   common_errno(v.write), common_errno(v.set),
		   v2_state_name(v.state));
	ROAD(common_reset(b));
	EXPECT_REQ(V2_FOREIGN_STREAM_IS_REFUSED, common_load(b, &own) == 0,
		   "a good stream after a foreign one is not restored");
}

/* ---- what is given back --------------------------------------------------------- */

/* Half a stream is written, and the device closed. */
static int cut_load(struct bench *b, const struct stream *stream)
{
	struct mig_file *data;
	int ret;

	ret = common_reach(b, MIG2_RESUMING, &data);
	if (!ret)
		ret = v2_load(data, NULL, stream, 0, stream->len / 2);
	if (!ret)
		ret = bench_reopen();
	mig_file_close(data);
	return ret;
}

/* Loads that a close cuts short take up no room. */
TEST_F(v2_again, cut_loads_are_given_back)
{
	struct stream stream;
	int i, ret = 0;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	ROAD(cut_load(self->b, &stream));
	for (i = 1; i < CUT_LOADS && !ret; i++)
		ret = cut_load(self->b, &stream);
	if (!ret)
		ret = common_load(self->b, &stream);
	EXPECT_REQ(V2_CLOSE_IS_A_FULL_STOP, !ret,
		   "after %d loads that a close has cut short: %s", i,
		   common_errno(ret));
}

/* ---- there and back --------------------------------------------------------------- */

/* From one device to the other: 0 or -errno. */
static int move(struct v2 *from, struct v2 *to, struct stream *stream)
{
	int ret;

	stream_clear(stream);
	ret = v2_save(from, NULL, 0, stream);
	if (!ret)
		ret = v2_recover(to);
	if (!ret)
		ret = v2_restore(to, NULL, stream);
	return ret;
}

/* A device that went to another one and came back is what it was. */
TEST_F(v2_again, there_and_back_twice)
{
	struct bench *b = self->b;
	struct stream stream;
	int i, alike, ret = -EIO;

	NEEDS(NEED_STIMULUS | NEED_SECOND | NEED_CONFIG_SPACE);
	stream_init(&stream);
	ROAD(alike = load_alike(b->dev, b->other));
	if (!alike)
		NOT_OFFERED("a second device of the same model");
	ROAD(common_round_trip(b));
	for (i = 0; i < COMMON_TRIES && ret && ret != -EILSEQ; i++) {
		ROAD(common_fresh(b, COMMON_SEED));
		ret = move(&b->v2, &b->other_v2, &stream);
		ret = ret ? ret : move(&b->other_v2, &b->v2, &stream);
		ret = ret ? ret : move(&b->v2, &b->other_v2, &stream);
		ret = ret ? ret : move(&b->other_v2, &b->v2, &stream);
		ret = ret ? ret : common_verify(b, COMMON_SEED);
	}
	EXPECT_REQ(V2_ROUND_TRIP_RESTORES, !ret,
		   "to another device and back, twice: %s",
		   ret == -EILSEQ ? b->stim->differs : common_errno(ret));
}

EXPECT_MAIN

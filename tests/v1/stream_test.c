// SPDX-License-Identifier: GPL-2.0-only
/*
 * All chunks of a session, before the stop and behind it, are one stream: the
 * device as it stopped, and nothing of any other session.
 */
#include "common.h"

V1_FIXTURE(v1_stream, NEED_NOTHING)

enum { LEAK_PIECE = 32 };

/* What kernels fill memory with that nobody has set: freed, handed out. */
static const u8 poison[] = { 0x6b, 0x5a };

static int save_after_broken_off(struct bench *b, int hand, struct stream *stream)
{
	int ret = common_mark(b, COMMON_SEED + 4);

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	if (!ret)
		ret = common_take(&b->v1, hand, NULL);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RUNNING);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

/* A new session begins a new stream, of the device as it is then. */
TEST_F(v1_stream, new_session_has_nothing_of_the_last)
{
	enum common_hand hand;
	int ret;

	NEEDS(NEED_STIMULUS);
	for (hand = COMMON_ASKED; hand < COMMON_HANDS && !bench_late(); hand++) {
		ROAD(ret = common_trip(self->b, save_after_broken_off, NULL,
				       hand));
		EXPECT_REQ(V1_SESSION_STARTS_NEW_STREAM, ret == 1,
			   "after a session with %s: %s", common_hand_name(hand),
			   common_differs(self->b));
	}
}

static int save_live(struct bench *b, int chunks, struct stream *stream)
{
	return v1_save(&b->v1, NULL, chunks, stream);
}

/* What was read before the stop and behind it, in this order, is the stream. */
TEST_F(v1_stream, pre_copy_and_the_rest_are_one_stream)
{
	static const int amounts[] = { 0, 1, 2, V1_ALL_PRE_COPY };
	size_t i;
	int ret;

	ROAD(common_reach(self->b, "32"));
	for (i = 0; i < ARRAY_SIZE(amounts) && !bench_late(); i++) {
		ROAD(ret = common_trip(self->b, save_live, NULL, amounts[i]));
		EXPECT_REQ(V1_PRE_COPY_AND_STOP_COPY_ARE_ONE_STREAM, ret == 1,
			   "with %d pre-copy chunks (%d = all): %s", amounts[i],
			   V1_ALL_PRE_COPY, common_differs(self->b));
	}
}

/* The device gets its contents between pre-copy and the stop. */
static int save_changing(struct bench *b, int chunks, struct stream *stream)
{
	int ret = common_mark(b, COMMON_SEED + 4);

	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_PRE_COPY);
	if (!ret)
		ret = v1_collect(&b->v1, NULL, chunks, stream, NULL);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* The stream shows the device as it stopped, whatever was sent before. */
TEST_F(v1_stream, changes_until_the_stop_are_in_the_stream)
{
	static const int amounts[] = { 1, COMMON_PRE_COPY_MAX };
	size_t i;
	int ret;

	NEEDS(NEED_STIMULUS);
	ROAD(common_reach(self->b, "32"));
	for (i = 0; i < ARRAY_SIZE(amounts) && !bench_late(); i++) {
		ROAD(ret = common_trip(self->b, save_changing, NULL, amounts[i]));
		EXPECT_REQ(V1_STREAM_SHOWS_DEVICE_AS_STOPPED, ret == 1,
			   "changed behind %d pre-copy chunks at most: %s",
			   amounts[i], common_differs(self->b));
	}
}

/* @keep: the chunk that is announced at the stop is collected behind it. */
static int save_in_flight(struct bench *b, int keep, struct stream *stream)
{
	u64 offset, size;
	int ret = v1_set_state(&b->v1, MIG1_PRE_COPY);

	if (ret)
		return ret;
	ret = common_announce(&b->v1, &offset, &size);
	if (ret < 0)
		return ret;
	keep &= ret;
	ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	if (!ret && keep)
		ret = common_fetch_chunk(&b->v1, offset, size, stream);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* What becomes of a chunk that is announced at the stop is told. */
TEST_F(v1_stream, chunk_in_flight_is_told)
{
	int kept, dropped;

	ROAD(common_reach(self->b, "32"));
	kept = common_trip_once(self->b, save_in_flight, NULL, true);
	dropped = common_trip_once(self->b, save_in_flight, NULL, false);
	PREFER_REQ(V1_CHUNK_IN_FLIGHT_AT_STOP, kept == 1,
		   dropped == 1 ? "it is sent again behind the stop" :
				  "it is lost, collected or not");
}

static int save_out_of_sequence(struct bench *b, int arg, struct stream *stream)
{
	u64 value;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	v1_size(&b->v1, &value);
	if (!ret)
		ret = v1_collect(&b->v1, NULL, 1, stream, NULL);
	v1_size(&b->v1, &value);
	if (!ret)
		ret = v1_collect(&b->v1, NULL, 0, stream, NULL);
	v1_offset(&b->v1, &value);
	v1_size(&b->v1, &value);
	return ret;
}

/* Fields read out of turn do no harm to the proper sequence. */
TEST_F(v1_stream, reads_out_of_turn_do_no_harm)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_out_of_sequence, NULL, 0));
	EXPECT_REQ(V1_OUT_OF_SEQUENCE_READS_ARE_HARMLESS, ret == 1, "%s",
		   common_differs(self->b));
}

/* ---- leaks --------------------------------------------------------------------- */

/* Is it distinctive: many different bytes, and not in @other? */
static bool is_distinctive(const u8 *piece, const struct stream *other)
{
	u8 seen[32] = { 0 };
	int i, different = 0;

	for (i = 0; i < LEAK_PIECE; i++) {
		different += !(seen[piece[i] / 8] >> (piece[i] % 8) & 1);
		seen[piece[i] / 8] |= 1 << (piece[i] % 8);
	}
	return different >= LEAK_PIECE / 2 &&
	       !memmem(other->bytes, other->len, piece, LEAK_PIECE);
}

static bool is_poison(const u8 *piece, const struct stream *present)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(poison); i++)
		if (piece[0] == poison[i] &&
		    !memcmp(piece, piece + 1, LEAK_PIECE - 1))
			return !memmem(present->bytes, present->len, piece,
				       LEAK_PIECE);
	return false;
}

static u32 count_pieces(const u8 *bytes, size_t len, const struct stream *former,
			const struct stream *present)
{
	const u8 *piece;
	u32 leaks = 0;

	for (piece = bytes; piece + LEAK_PIECE <= bytes + len; piece += LEAK_PIECE)
		leaks += is_poison(piece, present) ||
			 (is_distinctive(piece, present) &&
			  memmem(former->bytes, former->len, piece, LEAK_PIECE));
	return leaks;
}

/* What the region shows, outside of the chunk at hand, of anything else. */
static u32 count_leaks(struct v1 *v1, u64 offset, u64 size,
		       const struct stream *former, const struct stream *present)
{
	static u8 page[COMMON_PIECE];
	u64 at, len;
	u32 leaks = 0;

	for (at = MIG1_HEADER_SIZE; at < v1->region.size; at += len) {
		if (at >= offset && at < offset + size)
			at = offset + size;
		len = v1->region.size - at;
		if (at < offset && len > offset - at)
			len = offset - at;
		if (len > sizeof(page))
			len = sizeof(page);
		if (!len)
			break;
		if (v1_pread(v1, page, len, at) == (ssize_t)len)
			leaks += count_pieces(page, len, former, present);
	}
	return leaks;
}

static int save_other(struct bench *b, int arg, struct stream *stream)
{
	int ret = common_mark(b, COMMON_SEED + 4);

	return ret ? ret : common_plain_save(b, 0, stream);
}

/* Outside of the chunk nothing is left of an earlier session. */
TEST_F(v1_stream, nothing_leaks_of_an_earlier_session)
{
	static struct stream former, present;
	u64 offset = 0, size = 0;
	u32 leaks;

	NEEDS(NEED_STIMULUS);
	ROAD(common_save(self->b, &present));
	ROAD(common_save_by(self->b, save_other, 0, &former));
	ROAD(bench_fresh());
	ROAD(common_mark(self->b, COMMON_SEED));
	ROAD(v1_set_state(self->v1, MIG1_STOP_COPY));
	ROAD(common_announce(self->v1, &offset, &size));
	leaks = count_leaks(self->v1, offset, size, &former, &present);
	EXPECT_REQ(V1_NOTHING_LEAKS_PAST_CHUNK, !leaks,
		   "%u pieces of %d bytes can be read outside of the chunk",
		   leaks, LEAK_PIECE);
}

EXPECT_MAIN

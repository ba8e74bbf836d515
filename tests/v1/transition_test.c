// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transition table: each of its 64 cells is one test, from every way into
 * the source state and with every amount of migration data in hand. Behind
 * them: a transition that nobody drew either works in full or fails cleanly,
 * and no bit that means nothing changes the ones that do.
 */
#include "common.h"

V1_FIXTURE(v1_transition, NEED_NOTHING)

enum { WAYS = 4 };

/* How to get into each state; the first way is the one that must work. */
static const char *const ways[MIG1_STATES][WAYS] = {
	[MIG1_STOP] = { "0", "20", "30", "40" },
	[MIG1_RUNNING] = { "", "01", "21", "31" },
	[MIG1_STOP_COPY] = { "2", "32", "02" },
	[MIG1_PRE_COPY] = { "3", "03", "23" },
	[MIG1_RESUMING] = { "4", "04", "24", "34" },
};

static struct stream saved; /* what is loaded in RESUMING */

static bool is_observable(u32 state)
{
	return state < MIG1_INVALID_5;
}

static bool is_transferring(u32 state)
{
	return state >= MIG1_STOP_COPY && state <= MIG1_RESUMING;
}

/* As common_accepts(); *@ret_seen is device_state after it. */
static int try_cell(struct bench *b, const struct cell_v1 *cell, const char *way,
		    enum common_hand hand, int *ret_seen)
{
	char whole[8];
	int ret;

	snprintf(whole, sizeof(whole), "%s%u", way, cell->to);
	ret = common_accepts_holding(b, whole, hand, &saved);
	*ret_seen = common_state(&b->v1);
	return ret;
}

/* What is in hand can make up for a refusal in some cells. */
static bool is_judged(const struct cell_v1 *cell, const char *way,
		      enum common_hand hand)
{
	bool loaded = hand == COMMON_ALL && saved.len;

	if (cell->verdict == CELL_MAY_ACCEPT)
		return way == ways[cell->from][0] &&
		       (cell->from == MIG1_RESUMING ? loaded :
						      hand == COMMON_NOTHING);
	if (cell->from == MIG1_RESUMING && cell->to == MIG1_RUNNING)
		return loaded;
	return true;
}

static bool is_kept(const struct cell_v1 *cell, int accepted, int seen)
{
	if (cell->verdict == CELL_MUST_REJECT)
		return !accepted && seen == (int)cell->from;
	return accepted && seen == (int)cell->to;
}

static int judge_situation(struct __test_metadata *_metadata, struct bench *b,
			   const struct cell_v1 *cell, const char *way,
			   enum common_hand hand)
{
	int seen = -1, accepted = try_cell(b, cell, way, hand, &seen);

	if (accepted < 0)
		return accepted;
	if (is_judged(cell, way, hand))
		EXPECT_CELL(cell, is_kept(cell, accepted, seen),
			    "from %s (written: \"1%s\", %s) %s was %s and device_state shows %s",
			    v1_state_name(cell->from), way,
			    common_hand_name(hand), v1_state_name(cell->to),
			    accepted ? "accepted" : "refused",
			    common_state_name(seen));
	if (cell->verdict == CELL_MAY_ACCEPT)
		EXPECT_REQ(V1_UNDRAWN_ARC_WORKS_OR_FAILS_CLEANLY,
			   accepted || seen == (int)cell->from ||
				   seen == MIG1_ERROR,
			   "%s was refused in %s and device_state shows %s",
			   v1_state_name(cell->to), v1_state_name(cell->from),
			   common_state_name(seen));
	return 0;
}

/* 0 where the first way into the source was there, -errno otherwise. */
static int judge_cell(struct __test_metadata *_metadata, struct bench *b,
		      const struct cell_v1 *cell)
{
	enum common_hand hand, hands = is_transferring(cell->from) ?
					       COMMON_HANDS : 1;
	int i, ret, first;

	if (cell->from == MIG1_RESUMING)
		common_save(b, &saved);
	first = judge_situation(_metadata, b, cell, ways[cell->from][0],
				COMMON_NOTHING);
	for (hand = 1; hand < hands && !first && !bench_late(); hand++)
		judge_situation(_metadata, b, cell, ways[cell->from][0], hand);
	for (i = 1; i < WAYS && ways[cell->from][i] && !bench_late(); i++) {
		hand = cell->from == MIG1_RESUMING ? COMMON_ALL : COMMON_NOTHING;
		ret = judge_situation(_metadata, b, cell, ways[cell->from][i],
				      hand);
		first = ret ? first : 0;
	}
	return first;
}

/* 101b and 111b are no sources: whatever is done, they do not show. */
static void judge_unseen(struct __test_metadata *_metadata, struct bench *b,
			 const struct cell_v1 *cell)
{
	u32 state;
	int seen;

	for (state = 0; is_observable(state); state++) {
		if (common_reach(b, ways[state][0]))
			continue;
		v1_set_state(&b->v1, cell->from);
		seen = common_state(&b->v1);
		EXPECT_CELL(cell, seen != (int)cell->from,
			    "device_state shows %s after a write of it in %s",
			    v1_state_name(cell->from), v1_state_name(state));
	}
}

static void judge_error(struct __test_metadata *_metadata, struct bench *b,
			const struct cell_v1 *cell)
{
	int seen, ret = v1_set_state(&b->v1, cell->to);

	seen = common_state(&b->v1);
	EXPECT_CELL(cell, ret && seen == MIG1_ERROR,
		    "%s was %s in the error state and device_state shows %s",
		    v1_state_name(cell->to), ret ? "refused" : "accepted",
		    common_state_name(seen));
}

/* 0 judged, 1 no way led into the error state, -errno the road is blocked. */
static int judge_any(struct __test_metadata *_metadata, struct bench *b,
		     const struct cell_v1 *cell)
{
	if (is_observable(cell->from))
		return judge_cell(_metadata, b, cell);
	if (cell->from != MIG1_ERROR)
		judge_unseen(_metadata, b, cell);
	else if (!common_reach_error(b))
		return 1;
	else
		judge_error(_metadata, b, cell);
	return 0;
}

/* A cell that must be accepted is, one that must be refused is, and so on. */
#define CELL(source, target)                                                \
	TEST_F(v1_transition, cell_##source##_##target)                     \
	{                                                                   \
		int unreached;                                              \
									    \
		ROAD(unreached = judge_any(_metadata, self->b,              \
					   cell_v1(0b##source, 0b##target))); \
		if (unreached)                                              \
			NOT_OFFERED("no request led into the error state"); \
	}

#define CELLS_FROM(source)                                                  \
	CELL(source, 000) CELL(source, 001) CELL(source, 010)               \
	CELL(source, 011) CELL(source, 100) CELL(source, 101)               \
	CELL(source, 110) CELL(source, 111)

CELLS_FROM(000)
CELLS_FROM(001)
CELLS_FROM(010)
CELLS_FROM(011)
CELLS_FROM(100)
CELLS_FROM(101)
CELLS_FROM(110)
CELLS_FROM(111)

/* Unread data is no reason to keep the user in a saving state. */
TEST_F(v1_transition, unread_data_blocks_no_way_out)
{
	static const struct { u32 from, to; } outs[] = {
		{ MIG1_STOP_COPY, MIG1_STOP }, { MIG1_STOP_COPY, MIG1_RUNNING },
		{ MIG1_STOP_COPY, MIG1_RESUMING }, { MIG1_PRE_COPY, MIG1_STOP },
		{ MIG1_PRE_COPY, MIG1_RUNNING }, { MIG1_PRE_COPY, MIG1_STOP_COPY },
		{ MIG1_PRE_COPY, MIG1_RESUMING },
	};
	enum common_hand hand;
	size_t i;
	int seen;

	for (i = 0; i < ARRAY_SIZE(outs) && !bench_late(); i++) {
		const struct cell_v1 *cell = cell_v1(outs[i].from, outs[i].to);
		const char *way = ways[cell->from][0];

		/* Is the target refused whatever was read? */
		if (try_cell(self->b, cell, way, COMMON_ALL, &seen) != 1)
			continue;
		for (hand = COMMON_NOTHING; hand < COMMON_ALL; hand++)
			EXPECT_REQ(V1_UNREAD_DATA_NEVER_BLOCKS,
				   try_cell(self->b, cell, way, hand, &seen),
				   "%s is refused in %s with %s, but not with all read",
				   v1_state_name(cell->to),
				   v1_state_name(cell->from),
				   common_hand_name(hand));
	}
}

/* ---- undrawn transitions, to their end ----------------------------------- */

/* Where the transition was refused: nothing to see but that all else works. */
static int save_instead(struct bench *b, struct stream *stream)
{
	int ret = bench_fresh();

	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

static int load_instead(struct bench *b, const struct stream *stream)
{
	int ret = bench_fresh();

	if (!ret)
		ret = common_mark(b, COMMON_SEED ^ 1);
	return ret ? ret : common_plain_load(b, 0, stream);
}

static int save_from_stop(struct bench *b, int arg, struct stream *stream)
{
	if (common_walk(&b->v1, "02"))
		return save_instead(b, stream);
	return v1_collect(&b->v1, NULL, 0, stream, NULL);
}

static int save_live_from_stop(struct bench *b, int arg, struct stream *stream)
{
	int ret;

	if (common_walk(&b->v1, "03"))
		return save_instead(b, stream);
	ret = v1_collect(&b->v1, NULL, 2, stream, NULL);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* The session goes on: all that is read, in order, is one stream. */
static int save_with_second_thoughts(struct bench *b, int chunks,
				     struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (!ret)
		ret = v1_collect(&b->v1, NULL, chunks, stream, NULL);
	if (ret)
		return ret;
	if (!v1_set_state(&b->v1, MIG1_PRE_COPY))
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	else if (common_state(&b->v1) != MIG1_STOP_COPY)
		return save_instead(b, stream); /* the refusal has ended it */
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* A restored device that never ran is saved again, by way of @to. */
static int save_what_was_loaded(struct bench *b, int to, struct stream *stream)
{
	int ret = common_plain_save(b, 0, &saved);

	if (!ret)
		ret = bench_fresh();
	if (!ret)
		ret = common_mark(b, COMMON_SEED ^ 1);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RESUMING);
	if (!ret)
		ret = v1_load(&b->v1, NULL, &saved);
	if (ret)
		return ret;
	if (v1_set_state(&b->v1, to))
		return save_instead(b, stream);
	if (to == MIG1_PRE_COPY)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* @from is the state in which RESUMING is written. */
static int load_from(struct bench *b, int from, const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, from);

	if (!ret)
		ret = common_take(&b->v1, COMMON_HALF, NULL);
	if (ret)
		return ret;
	if (v1_set_state(&b->v1, MIG1_RESUMING))
		return load_instead(b, stream);
	ret = v1_load(&b->v1, NULL, stream);
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

static int load_into_stop(struct bench *b, int arg, const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	if (!ret)
		ret = v1_load(&b->v1, NULL, stream);
	if (!ret && !common_walk(&b->v1, "01"))
		return 0;
	return ret ? ret : load_instead(b, stream);
}

#define WORKS_OR_FAILS(name, save, load, arg)                               \
	TEST_F(v1_transition, name)                                         \
	{                                                                   \
		int ret;                                                    \
									    \
		ROAD(ret = common_trip(self->b, save, load, arg));          \
		EXPECT_REQ(V1_UNDRAWN_ARC_WORKS_OR_FAILS_CLEANLY, ret == 1, \
			   "%s", common_differs(self->b));                  \
	}

/* Each carries the contents over, or it is refused and harms nothing. */
WORKS_OR_FAILS(pre_copy_from_stop_saves_all, save_live_from_stop, NULL, 0)
WORKS_OR_FAILS(pre_copy_again_goes_on, save_with_second_thoughts, NULL, 1)
WORKS_OR_FAILS(pre_copy_after_the_end_is_sound, save_with_second_thoughts, NULL, 0)
WORKS_OR_FAILS(loaded_device_can_be_saved, save_what_was_loaded, NULL, MIG1_STOP_COPY)
WORKS_OR_FAILS(loaded_device_can_be_saved_live, save_what_was_loaded, NULL, MIG1_PRE_COPY)
WORKS_OR_FAILS(resuming_from_stop_copy_loads, NULL, load_from, MIG1_STOP_COPY)
WORKS_OR_FAILS(restore_may_end_in_stop, NULL, load_into_stop, 0)

/* Nor can one tell of a state that is never reached. */
TEST_F(v1_transition, resuming_from_pre_copy_loads)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "3"));
	if (!ret)
		NOT_OFFERED("PRE_COPY is refused");
	ROAD(ret = common_trip(self->b, NULL, load_from, MIG1_PRE_COPY));
	EXPECT_REQ(V1_UNDRAWN_ARC_WORKS_OR_FAILS_CLEANLY, ret == 1, "%s",
		   common_differs(self->b));
}

/* A paused device can be saved, and then the full state is in the stream. */
TEST_F(v1_transition, stopped_device_can_be_saved)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "02"));
	EXPECT_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret, "STOP_COPY is refused in STOP");
	if (!ret)
		return;
	ROAD(ret = common_trip(self->b, save_from_stop, NULL, 0));
	EXPECT_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret == 1, "saved from STOP: %s",
		   common_differs(self->b));
}

/* A paused device can be loaded. */
TEST_F(v1_transition, stopped_device_can_be_loaded)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "04"));
	PREFER_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret, "RESUMING is refused in STOP");
	if (!ret)
		return;
	ROAD(ret = common_trip(self->b, NULL, load_from, MIG1_STOP));
	EXPECT_REQ(V1_STOP_TO_SAVE_OR_RESUME, ret == 1, "loaded in STOP: %s",
		   common_differs(self->b));
}

/* ---- reserved bits ------------------------------------------------------------ */

/* Bits 3 to 31 may be ignored or refused, but do not move the three others. */
TEST_F(v1_transition, reserved_bits_move_no_state)
{
	u32 state, bit;
	int ret, seen;

	for (state = 0; is_observable(state); state++) {
		for (bit = 3; bit < 32; bit++) {
			if (common_state(self->v1) != (int)state &&
			    common_reach(self->b, ways[state][0]))
				break;
			ret = v1_write_state(self->v1, state | 1u << bit);
			seen = common_state(self->v1);
			EXPECT_REQ(V1_RESERVED_STATE_BITS,
				   seen == (int)state ||
					   (ret && seen == MIG1_ERROR),
				   "0x%x written in %s: %s, device_state shows %s",
				   state | 1u << bit, v1_state_name(state),
				   common_errno(ret), common_state_name(seen));
		}
	}
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transitions that every driver supports, at any time: to stop, save, restore,
 * cancel and continue, and the state that holds already, written again.
 */
#include <limits.h>

#include "common.h"

V1_FIXTURE(v1_arc, NEED_NOTHING)

/* STOP is accepted, and no other state insists on it. */
TEST_F(v1_arc, stop_is_no_duty)
{
	static const char *const targets[] = { "2", "3", "4" };
	char way[3] = "0";
	size_t i;
	int ret;

	ROAD(ret = common_accepts(self->b, "0"));
	EXPECT_REQ(V1_STOP_IS_SUPPORTED_NOT_REQUIRED, ret,
		   "STOP is refused in RUNNING");
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		way[1] = targets[i][0];
		EXPECT_REQ(V1_STOP_IS_SUPPORTED_NOT_REQUIRED,
			   common_accepts(self->b, targets[i]) == 1 ||
				   common_accepts(self->b, way) != 1,
			   "%s is accepted in STOP only",
			   v1_state_name(way[1] - '0'));
	}
}

static int save_live(struct bench *b, int chunks, struct stream *stream)
{
	return v1_save(&b->v1, NULL, chunks, stream);
}

/* A save needs no pre-copy: the full state comes without it. */
TEST_F(v1_arc, stop_copy_needs_no_pre_copy)
{
	int ret, live;

	ROAD(ret = common_accepts(self->b, "2"));
	EXPECT_REQ(V1_STOP_COPY_DIRECTLY_FROM_RUNNING, ret,
		   "STOP_COPY is refused in RUNNING");
	if (!ret)
		return;
	ret = common_trip_once(self->b, NULL, NULL, 0);
	live = ret == 1 ? 1 : common_trip_once(self->b, save_live, NULL,
					       V1_ALL_PRE_COPY);
	if (live != 1)
		ROAD(ret < 0 ? ret : -EILSEQ);
	EXPECT_REQ(V1_STOP_COPY_DIRECTLY_FROM_RUNNING, ret == 1,
		   "a save restores with pre-copy, but not without: %s",
		   ret < 0 ? common_errno(ret) : common_differs(self->b));
}

/* Pre-copy is accepted, also by a device with nothing to give there. */
TEST_F(v1_arc, pre_copy_is_supported)
{
	u64 pending = 0;
	int ret, told;

	ROAD(ret = common_accepts(self->b, "3"));
	EXPECT_REQ(V1_PRE_COPY_IS_SUPPORTED, ret, "PRE_COPY is refused in RUNNING");
	told = v1_pending(self->v1, &pending);
	PREFER_REQ(V1_PENDING_IS_AN_ESTIMATE, !told,
		   "pending_bytes cannot be read in PRE_COPY: %s",
		   common_errno(told));
}

/* From pre-copy on to the stop, whatever is pending. */
TEST_F(v1_arc, pre_copy_is_left_at_any_pending)
{
	enum common_hand hand;
	int ret;

	for (hand = COMMON_NOTHING; hand < COMMON_HANDS && !bench_late();
	     hand++) {
		ROAD(ret = common_accepts_holding(self->b, "32", hand, NULL));
		EXPECT_REQ(V1_PRE_COPY_LEFT_AT_ANY_PENDING, ret,
			   "STOP_COPY is refused in PRE_COPY with %s",
			   common_hand_name(hand));
	}
}

/* A save ends in STOP. */
TEST_F(v1_arc, save_ends_in_stop)
{
	int ret;

	ROAD(ret = common_accepts_holding(self->b, "20", COMMON_ALL, NULL));
	EXPECT_REQ(V1_STOP_COPY_TO_STOP, ret, "STOP is refused after a save");
	ROAD(ret = common_accepts_holding(self->b, "320", COMMON_ALL, NULL));
	EXPECT_REQ(V1_STOP_COPY_TO_STOP, ret,
		   "STOP is refused after a save with pre-copy");
}

/* A restore can begin in any RUNNING device, whatever it has done. */
TEST_F(v1_arc, resuming_has_no_precondition)
{
	static const char *const pasts[] = { "4", "014", "214", "314", "3214" };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(pasts); i++) {
		ret = common_accepts(self->b, pasts[i]);
		if (!i)
			ROAD(ret);
		if (ret < 0)
			continue;
		EXPECT_REQ(V1_RESUMING_WITHOUT_PRECONDITION, ret,
			   "refused after \"1%s\"", pasts[i]);
	}
}

static int load_after_use(struct bench *b, int arg, const struct stream *stream)
{
	int ret = common_walk(&b->v1, "2");

	if (!ret)
		ret = common_take(&b->v1, COMMON_HALF, NULL);
	if (!ret && v1_set_state(&b->v1, MIG1_RUNNING))
		ret = bench_fresh();
	if (!ret)
		ret = common_mark(b, COMMON_SEED ^ 1);
	return ret ? ret : v1_restore(&b->v1, NULL, stream);
}

/* And what the device did before has no part in what is restored. */
TEST_F(v1_arc, used_device_restores)
{
	int ret;

	ROAD(ret = common_trip(self->b, NULL, load_after_use, 0));
	EXPECT_REQ(V1_RESUMING_WITHOUT_PRECONDITION, ret == 1, "%s",
		   common_differs(self->b));
}

/* A restore whose data is complete can be started. */
TEST_F(v1_arc, loaded_device_runs)
{
	static struct stream stream;
	int ret;

	ROAD(common_save(self->b, &stream));
	if (!stream.len)
		NOT_OFFERED("migration data");
	ROAD(ret = common_accepts_holding(self->b, "41", COMMON_ALL, &stream));
	EXPECT_REQ(V1_RESUMING_TO_RUNNING, ret,
		   "RUNNING is refused after a complete restore");
	EXPECT_REQ(V1_RESUMING_TO_RUNNING,
		   !ret || common_state(self->v1) == MIG1_RUNNING,
		   "device_state does not show it");
}

/* ---- cancelling and continuing ------------------------------------------------- */

/* A migration is cancelled by writing RUNNING, at any point. */
TEST_F(v1_arc, save_can_be_cancelled)
{
	static const char *const ways[] = { "21", "31", "321" };
	enum common_hand hand;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (hand = COMMON_NOTHING; hand < COMMON_HANDS && !bench_late();
		     hand++) {
			ROAD(ret = common_accepts_holding(self->b, ways[i], hand,
							  NULL));
			EXPECT_REQ(V1_SAVE_CAN_BE_CANCELLED, ret,
				   "\"1%s\" is refused with %s", ways[i],
				   common_hand_name(hand));
		}
	}
}

static int second_chunks; /* of pre-copy in the second save */

static int save_at_second_try(struct bench *b, int how, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, how / COMMON_HANDS);

	if (!ret)
		ret = common_take(&b->v1, how % COMMON_HANDS, NULL);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_RUNNING);
	return ret ? ret : v1_save(&b->v1, NULL, second_chunks, stream);
}

/* And the next one succeeds; without pre-copy where that is refused. */
TEST_F(v1_arc, cancelled_save_can_be_repeated)
{
	static const u32 states[] = { MIG1_STOP_COPY, MIG1_PRE_COPY };
	enum common_hand hand;
	size_t i;
	int ret, live;

	ROAD(live = common_accepts(self->b, "3"));
	second_chunks = live ? 1 : V1_NO_PRE_COPY;
	for (i = 0; i < (live ? 2 : 1); i++) {
		for (hand = COMMON_NOTHING; hand < COMMON_HANDS && !bench_late();
		     hand++) {
			ROAD(ret = common_trip(self->b, save_at_second_try, NULL,
					       (int)states[i] * COMMON_HANDS + hand));
			EXPECT_REQ(V1_SAVE_CAN_BE_CANCELLED, ret == 1,
				   "after a cancel in %s with %s: %s",
				   v1_state_name(states[i]),
				   common_hand_name(hand),
				   common_differs(self->b));
		}
	}
}

/* A paused device can be continued. */
TEST_F(v1_arc, stopped_device_continues)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "01"));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret, "RUNNING is refused in STOP");
	if (!ret)
		return;
	ROAD(ret = common_accepts(self->b, "201"));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret,
		   "RUNNING is refused in STOP after a save, though not before");
	if (common_works_after(self->b, "") != 1)
		return;
	ROAD(ret = common_works_after(self->b, "01"));
	EXPECT_REQ(V1_STOP_TO_RUNNING, ret, "the continued device does no work");
}

/* ---- the same state again -------------------------------------------------------- */

static int save_twice_stopped(struct bench *b, int arg, struct stream *stream)
{
	int ret = common_walk(&b->v1, "3322");

	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

static int save_twice_stopped_only(struct bench *b, int arg,
				   struct stream *stream)
{
	int ret = common_walk(&b->v1, "122");

	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* VMMs write STOP_COPY twice, and RUNNING to a running device. */
TEST_F(v1_arc, same_state_before_the_data_is_inert)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_twice_stopped_only, NULL, 0));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret == 1, "%s",
		   common_differs(self->b));
	/* Refused PRE_COPY in PRE_COPY is a lapse, and another test's. */
	if (common_accepts(self->b, "33") != 1)
		return;
	ROAD(ret = common_trip(self->b, save_twice_stopped, NULL, 0));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret == 1,
		   "with pre-copy: %s", common_differs(self->b));
}

static struct stream tail; /* what came after the repeated write */

static int save_again_between(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	size_t i;

	if (!ret)
		ret = v1_collect(&b->v1, NULL, 1, stream, NULL);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	stream_clear(&tail);
	if (!ret)
		ret = v1_collect(&b->v1, NULL, 0, &tail, NULL);
	for (i = 0; i < tail.chunks && !ret; i++) {
		ret = stream_append(stream,
				    tail.bytes + stream_chunk_start(&tail, i),
				    stream_chunk_len(&tail, i));
		if (!ret)
			ret = stream_end_chunk(stream);
	}
	return ret;
}

/* Between chunks too; a stream that starts over then is a lapse. */
TEST_F(v1_arc, same_state_between_chunks_is_inert)
{
	bool restarted = false;
	int ret;

	ROAD(ret = common_trip(self->b, save_again_between, NULL, 0));
	if (ret != 1 && tail.len)
		restarted = common_restores(self->b, &tail) == 1;
	PREFER_REQ(V1_SAME_STATE_WRITE_IS_INERT, !restarted,
		   "the stream starts over");
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret == 1 || restarted, "%s",
		   common_differs(self->b));
}

/* RESUMING is written again behind each of the first @times chunks. */
static int load_again_between(struct bench *b, int times,
			      const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);
	size_t i, len;

	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		if (len)
			ret = v1_load_chunk(&b->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, i), len);
		if (!ret && times-- > 0)
			v1_set_state(&b->v1, MIG1_RESUMING);
	}
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* RESUMING written again, accepted or refused, keeps what was written. */
TEST_F(v1_arc, same_state_in_a_restore_is_inert)
{
	int ret;

	ROAD(ret = common_trip(self->b, NULL, load_again_between, INT_MAX));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret == 1, "%s",
		   common_differs(self->b));
}

/*
 * Where nothing can be seen of the contents, who drops it all each time has the
 * restore of nothing accepted: but not the rest of a stream.
 */
TEST_F(v1_arc, same_state_early_in_a_restore_is_inert)
{
	int ret;

	ROAD(ret = common_trip(self->b, NULL, load_again_between, 1));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret == 1,
		   "once, behind the first chunk: %s", common_differs(self->b));
}

/* RUNNING and STOP_COPY are accepted in themselves; others by preference. */
TEST_F(v1_arc, same_state_is_accepted)
{
	int ret;

	ROAD(ret = common_accepts(self->b, "1"));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret, "RUNNING is refused in RUNNING");
	ROAD(ret = common_accepts(self->b, "22"));
	EXPECT_REQ(V1_SAME_STATE_WRITE_IS_INERT, ret,
		   "STOP_COPY is refused in STOP_COPY");
	PREFER_REQ(V1_SAME_STATE_WRITE_IS_INERT, common_accepts(self->b, "00"),
		   "STOP is refused in STOP");
	PREFER_REQ(V1_SAME_STATE_WRITE_IS_INERT, common_accepts(self->b, "33"),
		   "PRE_COPY is refused in PRE_COPY");
	PREFER_REQ(V1_SAME_STATE_WRITE_IS_INERT, common_accepts(self->b, "44"),
		   "RESUMING is refused in RESUMING");
}

EXPECT_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the v1 tests have in common: ways through the states, what a user has
 * in hand when he turns away, and round trips that are judged by contents.
 *
 * A way is a string of states, each a digit, that are written one after the
 * other to a device which was just reset: "32" is PRE_COPY, then STOP_COPY.
 *
 * A legal device may refuse any request or access once in a while. So whatever
 * a test wants to see succeed is tried COMMON_TRIES times, each time on a
 * device that was reset, before the device is called to account.
 */
#ifndef MIGCHECK_TESTS_V1_COMMON_H
#define MIGCHECK_TESTS_V1_COMMON_H

#include <errno.h>
#include <string.h>
#include <time.h>

#include "expect.h"

enum {
	COMMON_TRIES = 3,
	COMMON_SEED = 2, /* contents of round trips; the complement is seed 3 */
	COMMON_IDLE_MS = 20,
	COMMON_PRE_COPY_MAX = 1024, /* chunks; pre-copy may be endless */
	COMMON_PIECE = 4096,
	COMMON_LOOK_MAX = 4096, /* chunks; who only looks has then seen enough */
};

/* The states that a user can bring about. */
static const char common_states[] = "01234";

static inline const char *common_errno(int ret)
{
	return ret < 0 ? strerror(-ret) : "success";
}

/* The three low bits of device_state, or -errno. */
static inline int common_state(struct v1 *v1)
{
	u32 state;
	int ret = v1_state(v1, &state);

	return ret ? ret : (int)(state & MIG1_STATE_MASK);
}

static inline const char *common_state_name(int state)
{
	return state < 0 ? strerror(-state) : v1_state_name((u32)state);
}

/* ---- ways ---------------------------------------------------------------- */

/* Writes the states of @way: 0, or -errno of the first that was refused. */
static inline int common_walk(struct v1 *v1, const char *way)
{
	int ret = 0;

	for (; *way && !ret; way++)
		ret = v1_set_state(v1, *way - '0');
	return ret;
}

/* Resets the device and takes it along @way, with tries: 0 or -errno. */
static inline int common_reach(struct bench *b, const char *way)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = common_walk(&b->v1, way);
		if (!ret)
			break;
	}
	return ret;
}

/* ---- what a user has in hand --------------------------------------------- */

enum common_hand {
	COMMON_NOTHING,
	COMMON_ASKED,	  /* saving: pending_bytes; restoring: data_offset */
	COMMON_ANNOUNCED, /* a chunk was announced, no byte of it read */
	COMMON_HALF,	  /* half a chunk was read, or written uncommitted */
	COMMON_SOME,	  /* one chunk was acknowledged, or committed */
	COMMON_ALL,	  /* pending_bytes reads 0, or all was committed */
	COMMON_HANDS
};

static inline const char *common_hand_name(enum common_hand hand)
{
	static const char *const names[COMMON_HANDS] = {
		"nothing in hand", "pending_bytes or data_offset read",
		"a chunk announced", "half a chunk moved", "one chunk moved",
		"all chunks moved",
	};

	return names[hand];
}

/* A place for what nobody wants. */
static inline struct stream *common_waste(void)
{
	static struct stream waste;

	stream_clear(&waste);
	return &waste;
}

static inline bool common_inside(const struct v1 *v1, u64 offset, u64 size)
{
	return offset >= MIG1_HEADER_SIZE && offset <= v1->region.size &&
	       size <= v1->region.size - offset;
}

/*
 * Is there room at @place, but not for a chunk of @size? Then it cannot be
 * replayed as it came, which is a lapse of the device at most.
 */
static inline bool common_is_narrow(const struct v1 *v1, u64 place, u64 size)
{
	return common_inside(v1, place, 1) && !common_inside(v1, place, size);
}

/*
 * The head of a saving iteration: 1 with a chunk announced, 0 where
 * pending_bytes reads 0, -errno; -EPROTO where the chunk is out of bounds.
 */
static inline int common_announce(struct v1 *v1, u64 *ret_offset, u64 *ret_size)
{
	u64 pending, offset, size;
	int ret;

	ret = v1_pending(v1, &pending);
	if (ret < 0)
		return ret;
	if (!pending)
		return 0;
	ret = v1_offset(v1, &offset);
	if (!ret)
		ret = v1_size(v1, &size);
	if (ret < 0)
		return ret;
	if (size && !common_inside(v1, offset, size))
		return -EPROTO;
	*ret_offset = offset;
	*ret_size = size;
	return 1;
}

/* Bytes of a chunk; short reads are continued. 0 or -errno. */
static inline int common_fetch(struct v1 *v1, void *buf, size_t len, u64 offset)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = v1_pread(v1, (u8 *)buf + done, len - done, offset + done);
		if (n < 0)
			return (int)n;
		if (!n || (size_t)n > len - done)
			return -EPROTO;
		done += (size_t)n;
	}
	return 0;
}

/* The announced chunk, whole, goes to the end of @stream: 0 or -errno. */
static inline int common_fetch_chunk(struct v1 *v1, u64 offset, u64 size,
				     struct stream *stream)
{
	u8 *at;
	int ret = stream_reserve(stream, size, &at);

	/* As v1_collect() tells of a stream without an end. */
	if (ret == -EFBIG)
		return -ELOOP;
	if (!ret)
		ret = common_fetch(v1, at, size, offset);
	if (ret)
		return ret;
	stream->len += size;
	return stream_end_chunk(stream);
}

static inline int common_take_saving(struct v1 *v1, enum common_hand hand)
{
	u64 pending, offset = 0, size = 0;
	u8 bytes[COMMON_PIECE];
	int ret;

	if (hand == COMMON_NOTHING)
		return 0;
	if (hand == COMMON_ASKED)
		return v1_pending(v1, &pending);
	if (hand == COMMON_SOME)
		return v1_collect(v1, NULL, 1, common_waste(), NULL);
	if (hand == COMMON_ALL)
		return v1_collect(v1, NULL, common_state(v1) == MIG1_PRE_COPY ?
				  COMMON_PRE_COPY_MAX : 0, common_waste(), NULL);
	ret = common_announce(v1, &offset, &size);
	if (ret <= 0 || hand == COMMON_ANNOUNCED)
		return ret < 0 ? ret : 0;
	size = size / 2 < sizeof(bytes) ? size / 2 : sizeof(bytes);
	return common_fetch(v1, bytes, size, offset);
}

static inline int common_take_resuming(struct v1 *v1, enum common_hand hand,
				       const struct stream *stream)
{
	size_t len = stream->chunks ? stream_chunk_len(stream, 0) : 0;
	u64 offset;
	ssize_t n;
	int ret;

	if (hand == COMMON_NOTHING)
		return 0;
	if (hand == COMMON_ALL)
		return v1_load(v1, NULL, stream);
	if (hand == COMMON_SOME)
		return len ? v1_load_chunk(v1, NULL, stream->bytes, len) : 0;
	ret = v1_offset(v1, &offset);
	if (ret || hand != COMMON_HALF || len < 2)
		return ret;
	if (!common_inside(v1, offset, len))
		return -EPROTO;
	n = v1_pwrite(v1, stream->bytes, len / 2, offset);
	return n < 0 ? (int)n : 0;
}

/*
 * Goes that far with the session that exists in the present state; in a state
 * without one there is nothing to do. @stream is what a restore takes, and may
 * be NULL for saves. 0 or -errno.
 */
static inline int common_take(struct v1 *v1, enum common_hand hand,
			      const struct stream *stream)
{
	int state = common_state(v1);

	if (state == MIG1_PRE_COPY || state == MIG1_STOP_COPY)
		return common_take_saving(v1, hand);
	if (state == MIG1_RESUMING && stream)
		return common_take_resuming(v1, hand, stream);
	return state < 0 ? state : 0;
}

/*
 * Does the device accept the last state of @way, with that much in hand? 1 it
 * does and is there now, 0 it refused each time, -errno: it never came so far.
 */
static inline int common_accepts_holding(struct bench *b, const char *way,
					 enum common_hand hand,
					 const struct stream *stream)
{
	size_t last = strlen(way) - 1;
	int i, ret = 0, refused = 0;
	char before[8] = "";

	memcpy(before, way, last);
	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_reach(b, before);
		if (!ret)
			ret = common_take(&b->v1, hand, stream);
		if (!ret && !v1_set_state(&b->v1, way[last] - '0'))
			return 1;
		refused |= !ret;
		if (ret == -ELOOP)
			break;
	}
	return refused ? 0 : ret;
}

static inline int common_accepts(struct bench *b, const char *way)
{
	return common_accepts_holding(b, way, COMMON_NOTHING, NULL);
}

/* ---- round trips ----------------------------------------------------------- */

/* Gives the running device the contents of @seed, where anything can. */
static inline int common_mark(struct bench *b, u64 seed)
{
	return stimulus_can_mark(b->stim) ? stimulus_mark(b->stim, seed) : 0;
}

/* 1 the contents are those of @seed (or cannot be seen), 0 not, -errno. */
static inline int common_shows(struct bench *b, u64 seed)
{
	int ret = 0;

	if (stimulus_can_mark(b->stim))
		ret = stimulus_verify(b->stim, seed);
	if (ret)
		return ret == -EILSEQ ? 0 : ret;
	return 1;
}

/*
 * Saves into the stream, from a running device: 0 or -errno; 1 where it has
 * seen the rule broken. @arg is the test's own.
 */
typedef int common_save_fn(struct bench *b, int arg, struct stream *stream);
/* Restores the stream into a running device, which must run again: likewise. */
typedef int common_load_fn(struct bench *b, int arg, const struct stream *stream);

static inline int common_plain_save(struct bench *b, int arg,
				    struct stream *stream)
{
	(void)arg;
	return v1_save(&b->v1, NULL, V1_NO_PRE_COPY, stream);
}

static inline int common_plain_load(struct bench *b, int arg,
				    const struct stream *stream)
{
	(void)arg;
	return v1_restore(&b->v1, NULL, stream);
}

/* With tries: 0 and @stream, saved by @save with contents COMMON_SEED. */
static inline int common_save_by(struct bench *b, common_save_fn *save, int arg,
				 struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		stream_clear(stream);
		ret = bench_fresh();
		if (!ret)
			ret = common_mark(b, COMMON_SEED);
		if (!ret)
			ret = save(b, arg, stream);
		/* An endless stream is endless each time. */
		if (ret >= 0 || ret == -ELOOP)
			break;
	}
	return ret;
}

/*
 * With tries: 1 where @load brings the contents COMMON_SEED back to a device
 * that had others, 0 where they are wrong, -errno.
 */
static inline int common_load_by(struct bench *b, common_load_fn *load, int arg,
				 const struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = common_mark(b, COMMON_SEED ^ 1);
		if (!ret)
			ret = load(b, arg, stream);
		if (ret > 0)
			return 0;
		if (!ret)
			ret = common_shows(b, COMMON_SEED);
		if (ret >= 0)
			break;
	}
	return ret;
}

/* A plain save; the device is left in STOP_COPY. 0 or -errno. */
static inline int common_save(struct bench *b, struct stream *stream)
{
	return common_save_by(b, common_plain_save, 0, stream);
}

static inline int common_restores(struct bench *b, const struct stream *stream)
{
	return common_load_by(b, common_plain_load, 0, stream);
}

static inline int common_trip_once(struct bench *b, common_save_fn *save,
				   common_load_fn *load, int arg)
{
	static struct stream stream;
	int ret;

	ret = common_save_by(b, save ? save : common_plain_save, arg, &stream);
	if (ret)
		return ret < 0 ? ret : 0;
	return common_load_by(b, load ? load : common_plain_load, arg, &stream);
}

/*
 * A round trip in a special manner (NULL = the plain one): 1 where the
 * contents come back, 0 where they do not. A trip that is refused every time
 * is a 0 only if a plain one works; otherwise it is -errno, as the road is
 * blocked for all.
 */
static inline int common_trip(struct bench *b, common_save_fn *save,
			      common_load_fn *load, int arg)
{
	int ret = common_trip_once(b, save, load, arg);

	if (ret < 0 && ret != -ELOOP &&
	    common_trip_once(b, NULL, NULL, 0) == 1)
		ret = 0;
	return ret;
}

/* What a trip that gave 0 has shown last. */
static inline const char *common_differs(struct bench *b)
{
	return b->stim && b->stim->differs[0] ?
		       b->stim->differs :
		       "the save or the restore is refused each time, a plain one is not";
}

/*
 * 1 the device does its work in the last state of @way, 0 it is dead, -errno;
 * -EOPNOTSUPP where nothing can make it work.
 */
static inline int common_works_after(struct bench *b, const char *way)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_reach(b, way);
		if (!ret)
			ret = stimulus_work(b->stim);
		if (!ret)
			return 1;
	}
	return ret == -ETIMEDOUT || ret == -EIO ? 0 : ret;
}

/* ---- the error state ---------------------------------------------------------- */

/*
 * Tries to bring the device into 110b by requests that may fail. 1 it is
 * there, 0 no way was found.
 */
static inline int common_reach_error(struct bench *b)
{
	static const char *const ways[] = { "32", "21", "4", "02", "31", "23",
					    "42", "43", "24", "34", "03" };
	static const u8 garbage[64] = { 0xde, 0xad, 0xbe, 0xef };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (bench_fresh())
			break;
		common_walk(&b->v1, ways[i]);
		if (common_state(&b->v1) == MIG1_ERROR)
			return 1;
	}
	/* A restore of data that means nothing. */
	if (!bench_fresh() && !v1_set_state(&b->v1, MIG1_RESUMING)) {
		v1_load_chunk(&b->v1, NULL, garbage, sizeof(garbage));
		v1_set_state(&b->v1, MIG1_RUNNING);
	}
	return common_state(&b->v1) == MIG1_ERROR;
}

#endif

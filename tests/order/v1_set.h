/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of two or three v1 devices that are stopped, saved and restored in
 * company. The device on the bench, A, is judged; the others are its company.
 */
#ifndef TESTS_ORDER_V1_SET_H
#define TESTS_ORDER_V1_SET_H

#include "../v1/common.h"

enum {
	SET_MAX = 3,
	SET_STEPS = 4, /* of a save: stop, announce a chunk, read it, the rest */
};

struct set_member {
	struct v1 *v1;
	struct stimulus *stim;
	struct stream stream;
	u64 offset, size; /* the chunk at hand */
	u32 steps;	  /* done so far */
	size_t chunk;	  /* the next one to be loaded */
	int ret;	  /* 0, or -errno that ended it */
};

static struct set_member set[SET_MAX];
static u32 set_count;
static u32 set_depth = SET_STEPS; /* or less, see set_steps */
static char set_why[200]; /* a trip in company failed */

static struct v1 third_v1;
static struct stimulus *third_stim;

static void set_pair(struct bench *b)
{
	set[0].v1 = &b->v1;
	set[0].stim = b->stim;
	set[1].v1 = &b->other_v1;
	set[1].stim = b->other_stim;
	set_count = 2;
}

static int set_three(struct bench *b)
{
	struct mig_dev *third;
	int ret;

	set_pair(b);
	ret = mig_clone(b->other, &third);
	if (!ret)
		ret = v1_open(third, &third_v1);
	if (ret)
		return ret;
	if (stimulus_create(third, &third_stim))
		third_stim = NULL;
	set[2].v1 = &third_v1;
	set[2].stim = third_stim;
	set_count = 3;
	return 0;
}

static void set_drop_third(void)
{
	v1_recover(&third_v1);
	v1_close(&third_v1);
	stimulus_destroy(third_stim);
}

/* All of them reset, running, and each with contents of its own. */
static int set_fresh(u64 seed)
{
	struct set_member *m;
	int ret = 0;
	u32 i;

	for (i = 0; i < set_count && !ret; i++) {
		m = &set[i];
		m->steps = 0;
		m->ret = 0;
		if (v1_reset(m->v1))
			ret = v1_recover(m->v1);
		if (!ret && stimulus_can_mark(m->stim))
			ret = stimulus_mark(m->stim, seed + 2 * i);
	}
	return ret;
}

static int set_announce(struct set_member *m)
{
	int ret;

	m->offset = m->size = 0;
	ret = common_announce(m->v1, &m->offset, &m->size);
	return ret < 0 ? ret : 0;
}

static int step_stop(struct set_member *m)
{
	stream_clear(&m->stream);
	return v1_set_state(m->v1, MIG1_STOP_COPY);
}

static int step_announce(struct set_member *m)
{
	return set_announce(m);
}

static int step_fetch(struct set_member *m)
{
	return m->size ? common_fetch_chunk(m->v1, m->offset, m->size,
					    &m->stream) : 0;
}

static int step_chunk(struct set_member *m)
{
	int ret = step_announce(m);

	return ret ? ret : step_fetch(m);
}

static int step_rest(struct set_member *m)
{
	return v1_collect(m->v1, NULL, 0, &m->stream, NULL);
}

/* Loads what is in front of chunk @end of the stream. */
static int set_load_to(struct set_member *m, size_t end)
{
	const struct stream *stream = &m->stream;
	size_t len;
	int ret = 0;

	for (; m->chunk < end && !ret; m->chunk++) {
		len = stream_chunk_len(stream, m->chunk);
		if (len)
			ret = v1_load_chunk(m->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, m->chunk),
					    len);
	}
	return ret;
}

static int step_resume(struct set_member *m)
{
	m->chunk = 0;
	return v1_set_state(m->v1, MIG1_RESUMING);
}

static int step_half(struct set_member *m)
{
	return set_load_to(m, m->stream.chunks / 2);
}

static int step_load(struct set_member *m)
{
	return set_load_to(m, m->stream.chunks);
}

static int step_resume_load(struct set_member *m)
{
	int ret = step_resume(m);

	return ret ? ret : step_load(m);
}

static int step_run(struct set_member *m)
{
	return v1_set_state(m->v1, MIG1_RUNNING);
}

typedef int (*set_steps_table[SET_STEPS + 1][SET_STEPS])(struct set_member *m);

/* The steps of a restore, by how many there are, */
static const set_steps_table set_load_steps = {
	[2] = { step_resume_load, step_run },
	[3] = { step_resume, step_load, step_run },
	[4] = { step_resume, step_half, step_load, step_run },
};

/* and of a save. */
static const set_steps_table set_steps = {
	[2] = { step_stop, step_rest },
	[3] = { step_stop, step_chunk, step_rest },
	[4] = { step_stop, step_announce, step_fetch, step_rest },
};

/* The next step; no more after the first that failed. */
static void set_step_of(const set_steps_table *table, struct set_member *m)
{
	if (!m->ret && m->steps < set_depth)
		m->ret = (*table)[set_depth][m->steps++](m);
}

static void set_step(struct set_member *m)
{
	set_step_of(&set_steps, m);
}

/* ---- judging ------------------------------------------------------------------ */

/* Stops and collects the set in a manner: 0, or -errno of the device judged. */
typedef int set_save_fn(const char *order);

/*
 * 1 where the device on the bench was saved in company so that its stream
 * restores, 0 where it was not though that works alone, -errno.
 */
static int set_trip(struct bench *b, set_save_fn *save, const char *order)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = set_fresh(COMMON_SEED);
		if (!ret)
			ret = save(order);
		if (!ret)
			ret = common_restores(b, &set[0].stream);
		/* An endless stream is endless each time, alone too. */
		if (ret == 1 || ret == -ELOOP)
			return ret;
	}
	snprintf(set_why, sizeof(set_why), "%s",
		 ret < 0 ? common_errno(ret) : common_differs(b));
	if (set_fresh(COMMON_SEED))
		return ret ? ret : -EIO;
	ret = common_trip(b, NULL, NULL, 0);
	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

/* @order: for each step the letter of who makes it, "AABBABAB". */
static int save_in_order(const char *order)
{
	for (; *order; order++)
		set_step(&set[*order - 'A']);
	return set[0].ret;
}

/* Nothing is said in company about a device that cannot be saved alone. */
static int set_alone(struct bench *b)
{
	int ret = set_trip(b, save_in_order, "AAAA");

	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

static void holds_in_order(struct __test_metadata *_metadata, struct bench *b,
			   const char *order)
{
	int ret;

	ROAD(ret = set_trip(b, save_in_order, order));
	EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
		   "seed %llu, device A, saved with others in the order %s (%u steps: each stops, announces a chunk, reads it, and reads the rest): %s",
		   (unsigned long long)b->seed, order, set_depth, set_why);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of two or three v2 devices that go their courses side by side. The
 * device on the bench, A, is judged; the others are its company: what goes
 * wrong with them counts when they are on the bench.
 */
#ifndef TESTS_ORDER_V2_SET_H
#define TESTS_ORDER_V2_SET_H

#include "../v2/common.h"

enum {
	SET_MAX = 3,
	SET_STEPS = 4, /* of a course, at most */
	SET_SOME = 700, /* bytes that a step moves where it does not move all */
	SET_SEED = COMMON_SEED + 20, /* contents of the company, and up from there */
};

/* What a device does, step by step. */
enum set_course {
	SET_SAVE,
	SET_PRE_SAVE,
	SET_LOAD,
	SET_RESET,
	SET_GARBAGE,
	SET_COURSES, /* those above have four steps each */
	SET_STOP = SET_COURSES,
	SET_QUIESCE,
	SET_START,
	SET_START_P2P,
};

struct set_member {
	struct v2 *v2;
	struct stimulus *stim;
	enum set_course course;
	struct mig_file *data;
	struct stream saved; /* is loaded in the courses that load */
	struct stream stream;
	u32 steps; /* done so far */
	int ret;   /* 0, or -errno that ended the course */
};

static struct set_member set[SET_MAX];
static u32 set_count;
static char set_why[200];

static struct v2 third_v2;
static struct stimulus *third_stim;

static inline void set_pair(struct bench *b)
{
	set[0].v2 = &b->v2;
	set[0].stim = b->stim;
	set[1].v2 = &b->other_v2;
	set[1].stim = b->other_stim;
	set_count = 2;
}

/* 0, or -errno where there is no third device. */
static inline int set_three(struct bench *b)
{
	struct mig_dev *dev;
	int ret;

	set_pair(b);
	ret = mig_clone(b->other, &dev);
	if (!ret)
		ret = v2_open(dev, &third_v2);
	if (ret)
		return ret;
	if (stimulus_create(dev, &third_stim))
		third_stim = NULL;
	set[2].v2 = &third_v2;
	set[2].stim = third_stim;
	set_count = 3;
	return 0;
}

static inline void set_drop_third(void)
{
	v2_recover(&third_v2);
	stimulus_destroy(third_stim);
}

/* ---- steps ----------------------------------------------------------------------- */

static int set_opens(struct set_member *m, u32 state)
{
	int ret;

	mig_file_close(m->data);
	m->data = NULL;
	ret = v2_set(m->v2, state, &m->data);
	return ret ? ret : m->data ? 0 : -EPROTO;
}

static int step_stop_copy(struct set_member *m)
{
	return set_opens(m, MIG2_STOP_COPY);
}

static int step_pre_copy(struct set_member *m)
{
	return set_opens(m, MIG2_PRE_COPY);
}

static int step_some(struct set_member *m)
{
	return v2_collect_some(m->data, SET_SOME, &m->stream);
}

static int step_freeze(struct set_member *m)
{
	return v2_set(m->v2, MIG2_STOP_COPY, NULL);
}

static int step_rest(struct set_member *m)
{
	return v2_collect(m->data, NULL, &m->stream);
}

static int step_stop(struct set_member *m)
{
	return v2_set(m->v2, MIG2_STOP, NULL);
}

static int step_collect(struct set_member *m)
{
	int ret = step_rest(m);

	return ret ? ret : step_stop(m);
}

static int step_quiesce(struct set_member *m)
{
	return v2_has_state(m->v2, MIG2_RUNNING_P2P) ?
		       v2_set(m->v2, MIG2_RUNNING_P2P, NULL) : 0;
}

static int step_resume(struct set_member *m)
{
	return set_opens(m, MIG2_RESUMING);
}

static int step_half(struct set_member *m)
{
	return v2_load(m->data, NULL, &m->saved, 0, m->saved.len / 2);
}

static int step_other_half(struct set_member *m)
{
	return v2_load(m->data, NULL, &m->saved, m->saved.len / 2,
		       m->saved.len);
}

static int step_load(struct set_member *m)
{
	int ret = step_resume(m);

	return ret ? ret : v2_load(m->data, NULL, &m->saved, 0, m->saved.len);
}

static int step_run(struct set_member *m)
{
	return v2_set(m->v2, MIG2_RUNNING, NULL);
}

static int step_reset(struct set_member *m)
{
	return v2_reset(m->v2);
}

static int step_garbage(struct set_member *m)
{
	static const u8 garbage[64] = { 0xde, 0xad, 0xbe, 0xef };

	mig_write(m->data, garbage, sizeof(garbage));
	return 0;
}

/* Which may well fail. */
static int step_judge_garbage(struct set_member *m)
{
	v2_set(m->v2, MIG2_STOP, NULL);
	return 0;
}

static const struct {
	const char *name;
	int (*steps[SET_STEPS])(struct set_member *m);
} set_courses[] = {
	[SET_SAVE] = { "saved",
		{ step_stop_copy, step_some, step_rest, step_stop } },
	[SET_PRE_SAVE] = { "saved with pre-copy",
		{ step_pre_copy, step_some, step_freeze, step_rest } },
	[SET_LOAD] = { "restored",
		{ step_resume, step_half, step_other_half, step_run } },
	[SET_RESET] = { "saved and then reset",
		{ step_stop_copy, step_some, step_reset } },
	[SET_GARBAGE] = { "fed garbage and then reset",
		{ step_resume, step_garbage, step_judge_garbage, step_reset } },
	[SET_STOP] = { "stopped, and collected",
		{ step_stop_copy, step_collect } },
	[SET_QUIESCE] = { "quiesced, stopped, and collected",
		{ step_quiesce, step_stop_copy, step_collect } },
	[SET_START] = { "loaded, and started", { step_load, step_run } },
	[SET_START_P2P] = { "loaded, quiesced, and started",
		{ step_load, step_quiesce, step_run } },
};

static bool set_loads(enum set_course course)
{
	return course == SET_LOAD || course == SET_START ||
	       course == SET_START_P2P;
}

/* Can the device go it? */
static bool set_has(const struct v2 *v2, enum set_course course)
{
	return course != SET_PRE_SAVE || v2_has_state(v2, MIG2_PRE_COPY);
}

static void set_all(enum set_course course)
{
	u32 i;

	for (i = 0; i < set_count; i++)
		set[i].course = course;
}

/* The next step; no more after the first that failed, or behind the last. */
static void set_step(struct set_member *m)
{
	int (*step)(struct set_member *m);

	step = m->steps < SET_STEPS ? set_courses[m->course].steps[m->steps] :
				      NULL;
	if (!m->ret && step)
		m->ret = step(m);
	m->steps++;
}

/* ---- all of them ------------------------------------------------------------------- */

static void set_forget(struct set_member *m)
{
	mig_file_close(m->data);
	m->data = NULL;
	m->steps = 0;
	m->ret = 0;
	stream_clear(&m->stream);
}

/* The company: reset, RUNNING, and each with contents of its own. */
static int set_member_fresh(struct set_member *m, u64 seed)
{
	int ret = v2_reset(m->v2);

	if (ret)
		ret = v2_recover(m->v2);
	return !ret && stimulus_can_mark(m->stim) ?
		       stimulus_mark(m->stim, seed) : ret;
}

/* Ready to begin their courses. */
static int set_fresh(struct bench *b)
{
	int ret;
	u32 i;

	for (i = 0; i < set_count; i++)
		set_forget(&set[i]);
	ret = common_fresh(b, set_loads(set[0].course) ? COMMON_NOISE :
							 COMMON_SEED);
	for (i = 1; i < set_count && !ret; i++)
		ret = set_member_fresh(&set[i], SET_SEED + 2 * i);
	return ret;
}

/* Streams of all devices, for those that are restored. */
static int set_begin(struct bench *b)
{
	int ret = common_save(b, &set[0].saved), tries;
	u32 i;

	for (i = 1; i < set_count && !ret; i++) {
		for (tries = 0, ret = -EIO; tries < COMMON_TRIES && ret; tries++) {
			stream_clear(&set[i].saved);
			ret = set_member_fresh(&set[i], SET_SEED + 2 * i);
			if (!ret)
				ret = v2_save(set[i].v2, NULL, 0,
					      &set[i].saved);
		}
	}
	return ret;
}

/* ---- judging ----------------------------------------------------------------------- */

/*
 * @order: for each step the letter of who makes it, "AABBABAB". 1 the device
 * judged came to its end and is right, 0 it is wrong, -errno.
 */
static int set_run(struct bench *b, const char *order)
{
	int ret = set_fresh(b);

	for (; !ret && *order; order++)
		set_step(&set[*order - 'A']);
	if (!ret)
		ret = set[0].ret;
	if (ret)
		return ret;
	if (!set_loads(set[0].course))
		return common_restores(b, &set[0].stream);
	ret = common_verify(b, COMMON_SEED);
	return ret == -EILSEQ ? 0 : ret ? ret : 1;
}

/* Nothing is said in company about a device that fails alone: 0 or -errno. */
static int set_alone(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = set_run(b, "AAAA");
		if (ret == 1)
			return 0;
	}
	return ret ? ret : -EILSEQ;
}

/* 1 in order, with tries; 0, and set_why, where it works alone only; -errno. */
static int set_judge(struct bench *b, const char *order)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = set_run(b, order);
		if (ret == 1)
			return 1;
	}
	snprintf(set_why, sizeof(set_why), "%s",
		 ret < 0 ? common_errno(ret) :
		 b->stim ? b->stim->differs : "its stream does not restore");
	return set_alone(b);
}

static void set_holds_in(struct __test_metadata *_metadata, struct bench *b,
			 const char *order)
{
	int ret;

	ROAD(ret = set_judge(b, order));
	EXPECT_REQ(V2_DEVICES_ARE_INDEPENDENT, ret,
		   "seed %llu, steps in the order %s: A, %s, beside B that is %s%s%s: %s",
		   (unsigned long long)b->seed, order,
		   set_courses[set[0].course].name,
		   set_courses[set[1].course].name,
		   set_count > 2 ? ", and C that is " : "",
		   set_count > 2 ? set_courses[set[2].course].name : "",
		   set_why);
}

#endif

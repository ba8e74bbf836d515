// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of two users: whatever one of them does to his device, the other
 * one's keeps its session, its contents, its memory, its interrupts and its
 * dirty log.
 */
#include "../v2/log.h"
#include "apart.h"
#include "orders.h"
#include "v2_set.h"

V2_FIXTURE(v2_apart, NEED_SECOND)

enum { APART_SAMPLES = 4 };

static void holds_beside(struct __test_metadata *_metadata, struct bench *b,
			 enum set_course own, enum set_course other)
{
	char order[] = "ABABABAB";
	u32 i;
	int ret;

	set[0].course = own;
	set[1].course = other;
	if (!set_has(set[0].v2, own) || !set_has(set[1].v2, other))
		return;
	ROAD(set_alone(b));
	for (i = 0; i < APART_SAMPLES && !orders_late(); i++) {
		ROAD(ret = set_judge(b, order));
		EXPECT_REQ(V2_USERS_ARE_APART, ret,
			   "seed %llu, steps in the order %s: A, %s, while another user's B is %s: %s",
			   (unsigned long long)b->seed, order,
			   set_courses[own].name, set_courses[other].name,
			   set_why);
		orders_shuffle(order);
	}
}

TEST_F(v2_apart, sessions_are_left_alone)
{
	enum set_course own, other;

	APART(self->b);
	ROAD(set_begin(self->b));
	for (own = SET_SAVE; own <= SET_LOAD; own++)
		for (other = SET_SAVE; other < SET_COURSES; other++)
			holds_beside(_metadata, self->b, own, other);
}

/* 0 the running device shows what was in it before, -EILSEQ it does not. */
static int keeps_contents(struct bench *b, enum set_course other)
{
	int ret;
	u32 i;

	set[0].course = SET_SAVE;
	set[1].course = other;
	ret = set_fresh(b);
	for (i = 0; i < SET_STEPS && !ret; i++)
		set_step(&set[1]);
	return ret ? ret : common_verify(b, COMMON_SEED);
}

TEST_F(v2_apart, contents_are_left_alone)
{
	enum set_course other;
	int ret;

	NEEDS(NEED_STIMULUS);
	APART(self->b);
	ROAD(set_begin(self->b));
	for (other = SET_SAVE; other < SET_COURSES; other++) {
		ret = keeps_contents(self->b, other);
		ROAD(ret == -EILSEQ ? 0 : ret);
		EXPECT_REQ(V2_USERS_ARE_APART, !ret,
			   "a device runs while another user's is %s: %s",
			   set_courses[other].name, self->stim->differs);
	}
}

TEST_F(v2_apart, memory_is_left_alone)
{
	int ret;

	NEEDS(NEED_DMA);
	APART(self->b);
	ROAD(ret = apart_memory(self->b));
	EXPECT_REQ(V2_USERS_ARE_APART, ret,
		   "another user's device writes to its memory, and this one's memory changes");
}

TEST_F(v2_apart, interrupts_do_not_stray)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	APART(self->b);
	ROAD(ret = apart_interrupts(self->b));
	EXPECT_REQ(V2_USERS_ARE_APART, ret,
		   "another user's device interrupts, and that arrives at this one's vector");
}

/* The log of the other device comes and goes, and the device is reset. */
static void other_logs(struct bench *b)
{
	struct bench away = { .dev = b->other };

	log_start(&away);
	log_stop(&away);
	v2_reset(&b->other_v2);
}

/* 1 a page that is written shows in the log, 0 not, -errno. */
static int logs(struct bench *b, bool other)
{
	u64 bitmap[LOG_WORDS];
	int ret = log_begin(b);

	if (!ret && other)
		other_logs(b);
	if (!ret)
		ret = log_dirty(b, 3, 0, LOG_PAGE);
	if (!ret)
		ret = log_report_all(b, bitmap);
	log_stop(b);
	return ret ? ret : log_bit(bitmap, 3);
}

TEST_F(v2_apart, log_is_left_alone)
{
	int i, ret;

	NEEDS(NEED_LOGGING | NEED_DMA);
	APART(self->b);
	ROAD(ret = logs(self->b, false));
	ROAD(ret ? 0 : -ENODATA);
	for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = logs(self->b, true);
	if (ret != 1)
		ROAD(logs(self->b, false) == 1 ? 0 : -ENODATA);
	EXPECT_REQ(V2_USERS_ARE_APART, ret == 1,
		   "the log of another user's device came and went: a page that was written is %s",
		   ret < 0 ? common_errno(ret) : "not in the log");
}

EXPECT_MAIN

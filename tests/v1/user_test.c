// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user has duties, too: the loops by which this suite saves and restores are
 * held to the rules that bind users, on whatever device they meet.
 */
#include "common.h"
#include "model/lint_user.h"

V1_FIXTURE(v1_user, NEED_NOTHING)

enum { USER_CHUNKS = 2 };

static struct stream saved;

/* A rule of which the calls have given no occasion to speak is left out. */
#define EXPECT_MANNERS(lint, req)                                        \
	do {                                                             \
		if (lint_user_spoke(lint, req))                          \
			EXPECT_REQ(req, !lint_user_seen(lint, req), "%s", \
				   lint_user_seen(lint, req));           \
	} while (0)

/* 0 or -errno; a device that refuses once in a while is reset and asked again. */
static int save(struct bench *b, const struct v1_moving *how, int chunks)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = v1_save(&b->v1, how, chunks, &saved);
		if (!ret || ret == -ELOOP)
			break;
	}
	return ret;
}

static int restore(struct bench *b, const struct v1_moving *how)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = v1_restore(&b->v1, how, &saved);
		if (!ret)
			break;
	}
	return ret;
}

static void watched_trip(struct __test_metadata *_metadata, struct bench *b,
			 const struct v1_moving *how, int chunks)
{
	struct lint_user *lint;
	int ret;

	ROAD(lint_user_create(b->ctx, 1, NULL, &lint));
	ret = save(b, how, chunks);
	if (!ret)
		ret = restore(b, how);
	lint_user_end(lint);
	EXPECT_MANNERS(lint, V1_USER_READS_MODIFIES_WRITES);
	EXPECT_MANNERS(lint, V1_USER_ITERATES_UNTIL_ZERO);
	EXPECT_MANNERS(lint, V1_USER_REPLAYS_SAME_TRANSACTIONS);
	EXPECT_MANNERS(lint, V1_USER_ABORTS_ON_ACCESS_ERROR);
	EXPECT_MANNERS(lint, V1_USER_REREADS_AFTER_FAILED_WRITE);
	EXPECT_MANNERS(lint, V1_USER_QUIESCES_ACCESS);
	lint_user_destroy(lint);
	ROAD(ret);
}

TEST_F(v1_user, stopped_migration_keeps_the_rules)
{
	watched_trip(_metadata, self->b, NULL, V1_NO_PRE_COPY);
}

TEST_F(v1_user, live_migration_keeps_the_rules)
{
	watched_trip(_metadata, self->b, NULL, USER_CHUNKS);
}

TEST_F(v1_user, migration_in_qemus_way_keeps_the_rules)
{
	struct v1_moving how = { .like_qemu = true };

	watched_trip(_metadata, self->b, &how, USER_CHUNKS);
}

/* A stream that is refused: the user looks, and resets where there is need. */
TEST_F(v1_user, failed_restore_keeps_the_rules)
{
	struct lint_user *lint;
	int ret;

	ROAD(save(self->b, NULL, V1_NO_PRE_COPY));
	stream_truncate(&saved, saved.len / 2);
	ROAD(bench_fresh());
	ROAD(lint_user_create(self->b->ctx, 1, NULL, &lint));
	v1_restore(self->v1, NULL, &saved);
	ret = v1_recover(self->v1);
	EXPECT_MANNERS(lint, V1_USER_REREADS_AFTER_FAILED_WRITE);
	EXPECT_MANNERS(lint, V1_USER_ABORTS_ON_ACCESS_ERROR);
	lint_user_destroy(lint);
	ROAD(ret);
}

static int stop_both(struct bench *b)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	return ret ? ret : v1_set_state(&b->other_v1, MIG1_STOP_COPY);
}

/* Both devices get the stream of the first: the other one's is for show. */
static int save_both(struct bench *b)
{
	int ret = stop_both(b);

	stream_clear(common_waste());
	if (!ret)
		ret = v1_collect(&b->other_v1, NULL, 0, common_waste(), NULL);
	stream_clear(&saved);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, &saved, NULL);
}

static int load_both(struct bench *b)
{
	struct v1 *both[] = { &b->v1, &b->other_v1 };
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = v1_set_state(both[i], MIG1_RESUMING);
	for (i = 0; i < 2 && !ret; i++)
		ret = v1_load(both[i], NULL, &saved);
	for (i = 0; i < 2 && !ret; i++)
		ret = v1_set_state(both[i], MIG1_RUNNING);
	return ret;
}

/* Each step is made with all devices before the next is made with any. */
TEST_F(v1_user, migration_of_two_keeps_the_order)
{
	struct lint_user *lint;
	int ret;

	NEEDS(NEED_SECOND);
	ROAD(v1_recover(&self->b->other_v1));
	ROAD(lint_user_create(self->b->ctx, 1, NULL, &lint));
	ret = save_both(self->b);
	if (!ret)
		ret = load_both(self->b);
	EXPECT_MANNERS(lint, V1_USER_STOPS_ALL_BEFORE_COLLECTING);
	EXPECT_MANNERS(lint, V1_USER_RESUMES_ALL_THEN_RUNS);
	EXPECT_MANNERS(lint, V1_USER_QUIESCES_ACCESS);
	lint_user_destroy(lint);
	v1_recover(&self->b->other_v1);
	ROAD(ret);
}

EXPECT_MAIN

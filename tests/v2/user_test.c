// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user has duties, too: the loops by which this suite saves and restores are
 * held to the rules that bind users, on whatever device they meet.
 */
#include "log.h"
#include "model/lint_user.h"

V2_FIXTURE(v2_user, NEED_NOTHING)

enum { USER_ROUNDS = 2, USER_QUERIES = 64 };

static struct stream saved, waste;

/* A rule of which the calls have given no occasion to speak is left out. */
#define EXPECT_MANNERS(lint, req)                                        \
	do {                                                             \
		if (lint_user_spoke(lint, req))                          \
			EXPECT_REQ(req, !lint_user_seen(lint, req), "%s", \
				   lint_user_seen(lint, req));           \
	} while (0)

/* 0 or -errno; a device that refuses once in a while is reset and asked again. */
static int save(struct bench *b, unsigned int rounds)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = v2_save(&b->v2, NULL, rounds, &saved);
		if (!ret || ret == -ELOOP)
			break;
	}
	return ret;
}

static int restore(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		if (!ret)
			ret = v2_restore(&b->v2, NULL, &saved);
		if (!ret)
			break;
	}
	return ret;
}

static void watched_trip(struct __test_metadata *_metadata, struct bench *b,
			 unsigned int rounds)
{
	struct lint_user *lint;
	int ret;

	ROAD(lint_user_create(b->ctx, 2, NULL, &lint));
	ret = save(b, rounds);
	if (!ret)
		ret = restore(b);
	lint_user_end(lint);
	EXPECT_MANNERS(lint, V2_USER_FILLS_THE_IOCTL);
	EXPECT_MANNERS(lint, V2_USER_TOLERATES_UNKNOWN_STATES);
	EXPECT_MANNERS(lint, V2_USER_KEEPS_STREAM_ORDER);
	EXPECT_MANNERS(lint, V2_USER_KEEPS_HANDS_OFF_IN_P2P);
	lint_user_destroy(lint);
	ROAD(ret);
}

TEST_F(v2_user, stopped_migration_keeps_the_rules)
{
	watched_trip(_metadata, self->b, 0);
}

TEST_F(v2_user, live_migration_keeps_the_rules)
{
	NEEDS(NEED_PRE_COPY);
	watched_trip(_metadata, self->b, USER_ROUNDS);
}

/* A stream that is refused: the user looks where that has left the device. */
TEST_F(v2_user, failed_restore_keeps_the_rules)
{
	struct lint_user *lint;
	int ret;

	ROAD(save(self->b, 0));
	stream_truncate(&saved, saved.len / 2);
	ROAD(bench_fresh());
	ROAD(lint_user_create(self->b->ctx, 2, NULL, &lint));
	v2_restore(self->v2, NULL, &saved);
	ret = v2_recover(self->v2);
	lint_user_end(lint);
	EXPECT_MANNERS(lint, V2_USER_TOLERATES_UNKNOWN_STATES);
	EXPECT_MANNERS(lint, V2_USER_FILLS_THE_IOCTL);
	lint_user_destroy(lint);
	ROAD(ret);
}

/* ---- with more than the plain loops ---------------------------------------------- */

static int ask_until_ready(struct mig_file *data)
{
	struct mig2_precopy_info info = { .initial_bytes = 1 };
	int i, ret = 0;

	stream_clear(&waste);
	for (i = 0; i < USER_QUERIES && !ret && info.initial_bytes; i++) {
		ret = v2_collect(data, NULL, &waste);
		if (!ret)
			ret = v2_precopy_info(data, &info);
	}
	return !ret && info.initial_bytes ? -ETIMEDOUT : ret;
}

/* Whoever has opted in waits for all initial data. */
TEST_F(v2_user, opted_in_user_waits)
{
	struct mig_file *data = NULL;
	struct lint_user *lint;
	int ret;

	NEEDS(NEED_PRE_COPY | NEED_INFO2);
	ROAD(lint_user_create(self->b->ctx, 2, NULL, &lint));
	ret = mig_feature(self->dev, MIG2_FEATURE_PRECOPY_INFO2 |
			  UAPI_FEATURE_SET, NULL, 0);
	if (!ret)
		ret = v2_set(self->v2, MIG2_PRE_COPY, &data);
	if (!ret)
		ret = ask_until_ready(data);
	if (!ret)
		ret = v2_set(self->v2, MIG2_STOP_COPY, NULL);
	mig_file_close(data);
	EXPECT_MANNERS(lint, V2_USER_WAITS_FOR_NEW_INITIAL_DATA);
	lint_user_destroy(lint);
	ROAD(ret);
}

/* Logging goes on until the device has stopped, and was asked once more. */
TEST_F(v2_user, logging_brackets_the_copy)
{
	u64 bitmap[LOG_WORDS];
	struct lint_user *lint;
	int ret;

	NEEDS(NEED_LOGGING);
	ROAD(lint_user_create(self->b->ctx, 2, NULL, &lint));
	ret = log_start(self->b);
	if (!ret)
		ret = v2_set(self->v2, MIG2_STOP_COPY, NULL);
	if (!ret)
		ret = log_report_all(self->b, bitmap);
	if (!ret)
		ret = log_stop(self->b);
	EXPECT_MANNERS(lint, V2_USER_BRACKETS_COPY_WITH_LOG);
	EXPECT_MANNERS(lint, V2_USER_TREATS_ERROR_AS_ALL_DIRTY);
	lint_user_destroy(lint);
	log_stop(self->b);
	ROAD(ret);
}

/* ---- two devices ------------------------------------------------------------------ */

struct pair {
	struct v2 *v2[2];
	struct mig_file *data[2];
};

static int both(struct pair *p, u32 state, bool keep)
{
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = v2_set(p->v2[i], state, keep ? &p->data[i] : NULL);
	return ret;
}

static void close_both(struct pair *p)
{
	mig_file_close(p->data[0]);
	mig_file_close(p->data[1]);
	p->data[0] = p->data[1] = NULL;
}

static int quiesce_and_stop(struct pair *p)
{
	int ret = both(p, MIG2_RUNNING_P2P, false);

	return ret ? ret : both(p, MIG2_STOP_COPY, true);
}

/* Both devices get the stream of the first: the other one's is for show. */
static int save_both(struct pair *p)
{
	int ret = quiesce_and_stop(p);

	stream_clear(&saved);
	stream_clear(&waste);
	if (!ret)
		ret = v2_collect(p->data[0], NULL, &saved);
	if (!ret)
		ret = v2_collect(p->data[1], NULL, &waste);
	if (!ret)
		ret = both(p, MIG2_STOP, false);
	close_both(p);
	return ret;
}

static int load_both(struct pair *p)
{
	int i, ret = both(p, MIG2_RESUMING, true);

	for (i = 0; i < 2 && !ret; i++)
		ret = v2_load(p->data[i], NULL, &saved, 0, saved.len);
	close_both(p);
	if (!ret)
		ret = both(p, MIG2_RUNNING_P2P, false);
	return ret ? ret : both(p, MIG2_RUNNING, false);
}

static int roll_back(struct pair *p)
{
	int ret = quiesce_and_stop(p);

	close_both(p);
	if (!ret)
		ret = both(p, MIG2_RUNNING_P2P, false);
	return ret ? ret : both(p, MIG2_RUNNING, false);
}

/* Each step is made with all devices before the next is made with any. */
TEST_F(v2_user, migration_of_two_keeps_the_order)
{
	struct pair pair = { { self->v2, &self->b->other_v2 }, { NULL } };
	struct lint_user *lint;
	int ret;

	NEEDS(NEED_P2P | NEED_SECOND);
	ROAD(lint_user_create(self->b->ctx, 2, NULL, &lint));
	ret = save_both(&pair);
	if (!ret)
		ret = load_both(&pair);
	EXPECT_MANNERS(lint, V2_USER_QUIESCES_ALL_BEFORE_STOPPING);
	EXPECT_MANNERS(lint, V2_USER_SERIALISES_WHEN_QUIET);
	EXPECT_MANNERS(lint, V2_USER_NEEDS_P2P_FOR_SETS);
	EXPECT_MANNERS(lint, V2_USER_STARTS_IN_REVERSE);
	EXPECT_MANNERS(lint, V2_USER_LOADS_ALL_BEFORE_START);
	EXPECT_MANNERS(lint, V2_USER_KEEPS_HANDS_OFF_IN_P2P);
	lint_user_destroy(lint);
	v2_recover(&self->b->other_v2);
	ROAD(ret);
}

TEST_F(v2_user, cancelled_migration_of_two_keeps_the_order)
{
	struct pair pair = { { self->v2, &self->b->other_v2 }, { NULL } };
	struct lint_user *lint;
	int ret;

	NEEDS(NEED_P2P | NEED_SECOND);
	ROAD(lint_user_create(self->b->ctx, 2, NULL, &lint));
	ret = roll_back(&pair);
	EXPECT_MANNERS(lint, V2_USER_ROLLS_BACK_IN_ORDER);
	EXPECT_MANNERS(lint, V2_USER_KEEPS_HANDS_OFF_IN_P2P);
	lint_user_destroy(lint);
	v2_recover(&self->b->other_v2);
	ROAD(ret);
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* The v2 judge on states and features: silent on legal stories only. */
#include <errno.h>

#include "fake_v2.h"
#include "unit.h"

static void refusals(struct fake *f)
{
	fake_set(f, MIG2_ERROR, -EINVAL, FAKE_FD_NONE, MIG2_RUNNING);
	fake_set(f, 99, -EINVAL, FAKE_FD_NONE, MIG2_RUNNING);
	fake_enter(f, MIG2_STOP_COPY);
	fake_set(f, MIG2_PRE_COPY, -EINVAL, FAKE_FD_NONE, MIG2_STOP_COPY);
	fake_go(f, MIG2_STOP_COPY);
	fake_read(f, 1, 64, 64);
	fake_set(f, MIG2_RESUMING, -EIO, FAKE_FD_NONE, MIG2_STOP);
	fake_read(f, 1, 64, 0);
	fake_set(f, MIG2_RUNNING, -EIO, FAKE_FD_NONE, MIG2_ERROR);
	fake_get(f, 0, MIG2_ERROR, FAKE_FD_NONE);
	fake_set(f, MIG2_STOP, -EIO, FAKE_FD_NONE, MIG2_ERROR);
	fake_set(f, MIG2_ERROR, 0, FAKE_FD_NONE, MIG2_ERROR);
	fake_reset(f, -EAGAIN, MIG2_ERROR);
	fake_reset(f, 0, MIG2_RUNNING);
}

/* A descriptor that nobody could hand over: the state is reached all the same. */
static void lost_fd(struct fake *f)
{
	fake_set(f, MIG2_PRE_COPY, -EMFILE, FAKE_FD_UNTOUCHED, MIG2_PRE_COPY);
	fake_go(f, MIG2_RUNNING);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info(f, 1, 100, 0);
	fake_read(f, 1, 64, 64);
}

static void reopening(struct fake *f)
{
	fake_opt_in(f);
	fake_go(f, MIG2_STOP);
	fake_op(f, MIG_CLOSE);
	f->state = MIG2_RUNNING;
	f->dev.sessions = 0;
	fake_op(f, MIG_OPEN);
	fake_op(f, MIG_IDLE);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info(f, 1, 10, 0);
}

static void newer_kernel(struct fake *f)
{
	f->caps = 0xf;
	f->dev.index = 1;
	fake_op(f, MIG_OPEN);
	fake_set(f, 8, 0, FAKE_FD_NONE, 8);
	fake_get(f, 0, 8, FAKE_FD_NONE);
	fake_go(f, MIG2_RUNNING);
}

static void second_thread(struct fake *f)
{
	f->concurrent = true;
	fake_enter(f, MIG2_PRE_COPY);
	fake_go(f, MIG2_STOP);
	fake_get(f, 0, MIG2_RUNNING, FAKE_FD_NONE);
	f->concurrent = false;
	fake_set(f, MIG2_STOP_COPY, -EIO, FAKE_FD_NONE, MIG2_STOP);
	fake_go(f, MIG2_RUNNING);
	fake_read(f, 1, 64, 0);
}

static void (*const legal[])(struct fake *f) = {
	refusals, lost_fd, reopening, newer_kernel, second_thread,
};

static void get_gives_fd(struct fake *f)
{
	fake_get(f, 0, MIG2_RUNNING, FAKE_FD);
}

static void get_shows_absent_state(struct fake *f)
{
	f->caps = MIG2_CAP_STOP_COPY;
	f->dev.index = 1;
	fake_op(f, MIG_OPEN);
	fake_get(f, 0, MIG2_RUNNING_P2P, FAKE_FD_NONE);
}

static void state_lags(struct fake *f)
{
	fake_set(f, MIG2_STOP, 0, FAKE_FD_NONE, MIG2_RUNNING);
}

static void state_drifts(struct fake *f)
{
	fake_go(f, MIG2_STOP);
	f->state = MIG2_RUNNING;
	fake_op(f, MIG_IDLE);
}

static void back_to_pre_copy(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_go(f, MIG2_PRE_COPY);
}

static void error_on_request(struct fake *f)
{
	fake_go(f, MIG2_ERROR);
}

static void refused_target_moves(struct fake *f)
{
	fake_set(f, 99, -EINVAL, FAKE_FD_NONE, MIG2_STOP);
}

static void same_state_fails(struct fake *f)
{
	fake_set(f, MIG2_RUNNING, -EINVAL, FAKE_FD_NONE, MIG2_RUNNING);
}

static void same_state_gives_fd(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_set(f, MIG2_PRE_COPY, 0, FAKE_FD, MIG2_PRE_COPY);
}

static void session_without_fd(struct fake *f)
{
	fake_set(f, MIG2_STOP_COPY, 0, FAKE_FD_NONE, MIG2_STOP_COPY);
}

static void fd_without_session(struct fake *f)
{
	fake_set(f, MIG2_STOP, 0, FAKE_FD_UNTOUCHED, MIG2_STOP);
}

static void second_fd_in_group(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_set(f, MIG2_STOP_COPY, 0, FAKE_FD, MIG2_STOP_COPY);
}

static void failure_gives_fd(struct fake *f)
{
	fake_set(f, MIG2_STOP_COPY, -EINVAL, FAKE_FD, MIG2_RUNNING);
}

static void failure_off_the_path(struct fake *f)
{
	fake_set(f, MIG2_PRE_COPY_P2P, -EIO, FAKE_FD_NONE, MIG2_PRE_COPY);
}

static void failure_at_the_target(struct fake *f)
{
	fake_set(f, MIG2_STOP, -EIO, FAKE_FD_NONE, MIG2_STOP);
}

static void error_left_by_request(struct fake *f)
{
	fake_set(f, MIG2_STOP, -EIO, FAKE_FD_NONE, MIG2_ERROR);
	fake_go(f, MIG2_RUNNING);
}

static void error_breaks_get(struct fake *f)
{
	fake_set(f, MIG2_STOP, -EIO, FAKE_FD_NONE, MIG2_ERROR);
	fake_get(f, -EIO, MIG2_ERROR, FAKE_FD_NONE);
}

static void reset_keeps_state(struct fake *f)
{
	fake_go(f, MIG2_STOP);
	fake_reset(f, 0, MIG2_STOP);
}

static void opens_stopped(struct fake *f)
{
	fake_go(f, MIG2_STOP);
	fake_op(f, MIG_CLOSE);
	fake_op(f, MIG_OPEN);
}

static void caps_change(struct fake *f)
{
	fake_tell_caps(f, MIG2_CAP_STOP_COPY);
}

static void caps_lack_stop_copy(struct fake *f)
{
	fake_tell_caps(f, MIG2_CAP_P2P);
}

static void size_is_errno(struct fake *f)
{
	fake_tell_size(f, (u64)-ENOTTY);
}

static const struct fake_story illegal[] = {
	{ V2_GET_RETURNS_STATE_AND_NO_FD, get_gives_fd },
	{ V2_GET_RETURNS_STATE_AND_NO_FD, get_shows_absent_state },
	{ V2_LEGAL_ARCS_ARE_ACCEPTED, state_lags },
	{ V2_STATE_CHANGES_ONLY_BY_USER, state_drifts },
	{ V2_ILLEGAL_TARGETS_ARE_REFUSED, back_to_pre_copy },
	{ V2_ILLEGAL_TARGETS_ARE_REFUSED, error_on_request },
	{ V2_ILLEGAL_TARGETS_ARE_REFUSED, refused_target_moves },
	{ V2_SAME_STATE_IS_A_NO_OP, same_state_fails },
	{ V2_SAME_STATE_IS_A_NO_OP, same_state_gives_fd },
	{ V2_SESSION_ARC_OPENS_DATA_FD, session_without_fd },
	{ V2_OTHER_ARCS_OPEN_NONE, fd_without_session },
	{ V2_OTHER_ARCS_OPEN_NONE, second_fd_in_group },
	{ V2_FAILED_SET_RETURNS_NO_FD, failure_gives_fd },
	{ V2_FAILED_SET_LEAVES_LEGAL_STATE, failure_off_the_path },
	{ V2_FAILED_SET_LEAVES_LEGAL_STATE, failure_at_the_target },
	{ V2_PATH_IS_SHORTEST, failure_off_the_path },
	{ V2_ERROR_IS_LEFT_BY_RESET, error_left_by_request },
	{ V2_GET_WORKS_IN_ERROR, error_breaks_get },
	{ V2_RESET_GIVES_RUNNING, reset_keeps_state },
	{ V2_STARTS_RUNNING, opens_stopped },
	{ V2_CAPABILITIES_ARE_STATIC, caps_change },
	{ V2_MIGRATION_IMPLIES_STOP_COPY, caps_lack_stop_copy },
	{ V2_CAPABILITIES_ARE_DEFINED, caps_lack_stop_copy },
	{ V2_DATA_SIZE_IS_A_SIZE, size_is_errno },
	{ REQ_COUNT, NULL },
};

static void unknown_capability(struct fake *f)
{
	f->caps = 0xf;
	f->dev.index = 1;
	fake_op(f, MIG_OPEN);
	fake_tell_caps(f, 0xf);
}

static const struct fake_story ill_advised[] = {
	{ V2_CAPABILITIES_ARE_DEFINED, unknown_capability },
	{ REQ_COUNT, NULL },
};

START_TEST(legal_story_is_not_complained_of)
{
	fake_expect_silence(2, legal[_i]);
}
END_TEST

START_TEST(illegal_story_names_its_rule)
{
	fake_expect_breach(2, &illegal[_i]);
}
END_TEST

START_TEST(ill_advised_story_is_a_lapse_only)
{
	fake_expect_lapse(2, &ill_advised[_i]);
}
END_TEST

START_TEST(every_rule_has_a_story)
{
	const enum req *rule;

	for (rule = judge_v2_rules; *rule != REQ_COUNT; rule++)
		ck_assert_msg(fake_has_story(illegal, *rule) ||
			      fake_has_story(fake_sessions, *rule) ||
			      fake_has_story(fake_sessions_advised, *rule),
			      "%s", spec_rows[*rule].symbol);
}
END_TEST

START_TEST(device_without_migration_is_left_alone)
{
	struct fake f;

	fake_open(&f, 1);
	judge_destroy(f.judge);
	judge_v2_create(f.ctx, &f.sink, &f.judge);
	fake_op(&f, MIG_OPEN);
	fake_go(&f, MIG2_ERROR);
	ck_assert_int_eq(fake_complaints(&f), 0);
	fake_close(&f);
}
END_TEST

UNIT_SUITE(judge_v2)
{
	TCase *tc = unit_case(suite, "stories");

	tcase_add_loop_test(tc, legal_story_is_not_complained_of, 0,
			    ARRAY_SIZE(legal));
	tcase_add_loop_test(tc, illegal_story_names_its_rule, 0,
			    ARRAY_SIZE(illegal) - 1);
	tcase_add_loop_test(tc, ill_advised_story_is_a_lapse_only, 0,
			    ARRAY_SIZE(ill_advised) - 1);
	tcase_add_test(tc, every_rule_has_a_story);
	tcase_add_test(tc, device_without_migration_is_left_alone);
}

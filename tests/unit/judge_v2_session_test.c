// SPDX-License-Identifier: GPL-2.0-only
/* The v2 judge on data sessions: silent on legal stories only. */
#include <errno.h>

#include "fake_v2.h"
#include "unit.h"

static void live_save(struct fake *f)
{
	fake_tell_caps(f, MIG2_CAP_KNOWN);
	fake_tell_size(f, 0);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info(f, 1, 100, 0);
	fake_read(f, 1, 64, 64);
	fake_info(f, 1, 36, 50);
	fake_read(f, 1, 64, 0);
	fake_read(f, 1, 64, 64);
	fake_read(f, 1, 64, -ENOMSG);
	fake_go(f, MIG2_PRE_COPY_P2P);
	fake_go(f, MIG2_STOP_COPY);
	fake_info_fails(f, 1, -EINVAL);
	fake_read(f, 1, 64, 64);
	fake_read(f, 1, 64, 0);
	fake_read(f, 1, 64, 0);
	fake_go(f, MIG2_STOP);
	fake_read(f, 1, 64, -ENODEV);
	fake_session_close(f, 1);
	fake_go(f, MIG2_RUNNING);
}

static void restore(struct fake *f)
{
	fake_enter(f, MIG2_RESUMING);
	fake_write(f, 1, 64, 10);
	fake_write(f, 1, 54, -EAGAIN);
	fake_write(f, 1, 54, 54);
	fake_set(f, MIG2_STOP, -EINVAL, FAKE_FD_NONE, MIG2_RESUMING);
	fake_write(f, 1, 1, 1);
	fake_session_close(f, 1);
	fake_go(f, MIG2_RUNNING);
}

static void poisoned_load(struct fake *f)
{
	fake_enter(f, MIG2_RESUMING);
	fake_write(f, 1, 64, -EINVAL);
	fake_set(f, MIG2_STOP, -EINVAL, FAKE_FD_NONE, MIG2_RESUMING);
	fake_reset(f, 0, MIG2_RUNNING);
	fake_write(f, 1, 64, -ENODEV);
}

static void two_sessions(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_read(f, 1, 64, 64);
	fake_go(f, MIG2_RUNNING);
	fake_enter(f, MIG2_PRE_COPY);
	fake_read(f, 1, 64, 0);
	fake_info_fails(f, 1, -ENODEV);
	fake_info(f, 2, 10, 0);
	fake_read(f, 2, 64, 10);
}

static void reinit(struct fake *f)
{
	struct mig2_precopy_info out = { .flags = MIG2_PRECOPY_REINIT,
					 .initial_bytes = 500 };

	fake_enter(f, MIG2_PRE_COPY);
	fake_info(f, 1, 100, 0);
	fake_opt_in(f);
	fake_info_with(f, 1, sizeof(out), 0xdeadbeef, out, 0);
	fake_info(f, 1, 400, 30);
}

static void (*const legal[])(struct fake *f) = {
	live_save, restore, poisoned_load, two_sessions, reinit,
};

static void closing_changes_state(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	f->state = MIG2_RUNNING;
	fake_session_close(f, 1);
}

static void dead_fd_reads(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_go(f, MIG2_STOP);
	fake_enter(f, MIG2_STOP_COPY);
	fake_read(f, 1, 64, 64);
}

static void dead_fd_writes(struct fake *f)
{
	fake_enter(f, MIG2_RESUMING);
	fake_write(f, 1, 64, 64);
	fake_go(f, MIG2_RUNNING);
	fake_write(f, 1, 64, 64);
}

static void reset_leaves_session(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_reset(f, 0, MIG2_RUNNING);
	fake_read(f, 1, 64, 64);
}

static void error_leaves_session(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_set(f, MIG2_STOP, -EIO, FAKE_FD_NONE, MIG2_ERROR);
	fake_read(f, 1, 64, 64);
}

static void data_after_the_end(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_read(f, 1, 64, 0);
	fake_read(f, 1, 64, 64);
}

static void enomsg_in_stop_copy(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_read(f, 1, 64, -ENOMSG);
}

static void info_is_missing(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_info_fails(f, 1, -ENOTTY);
}

static void info_takes_short_argsz(struct fake *f)
{
	struct mig2_precopy_info out = { 0 };

	fake_enter(f, MIG2_PRE_COPY);
	fake_info_with(f, 1, 16, 0, out, 0);
}

static void info_in_stop_copy(struct fake *f)
{
	fake_enter(f, MIG2_STOP_COPY);
	fake_info(f, 1, 0, 0);
}

static void info_refused_in_pre_copy(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_info_fails(f, 1, -EINVAL);
}

static void initial_bytes_rise(struct fake *f)
{
	fake_enter(f, MIG2_PRE_COPY);
	fake_info(f, 1, 100, 0);
	fake_info(f, 1, 101, 0);
}

static void reinit_without_opt_in(struct fake *f)
{
	struct mig2_precopy_info out = { .flags = MIG2_PRECOPY_REINIT };

	fake_enter(f, MIG2_PRE_COPY);
	fake_info_with(f, 1, sizeof(out), 0, out, 0);
}

static void flags_are_echoed(struct fake *f)
{
	struct mig2_precopy_info out = { .flags = 0xbee0 };

	fake_opt_in(f);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info_with(f, 1, sizeof(out), 0xbee0, out, 0);
}

static void reinit_keeps_dirty(struct fake *f)
{
	struct mig2_precopy_info out = { .flags = MIG2_PRECOPY_REINIT,
					 .initial_bytes = 5, .dirty_bytes = 5 };

	fake_opt_in(f);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info_with(f, 1, sizeof(out), 0, out, 0);
}

static void poison_is_forgotten(struct fake *f)
{
	fake_enter(f, MIG2_RESUMING);
	fake_write(f, 1, 64, -EINVAL);
	fake_write(f, 1, 64, 64);
	fake_go(f, MIG2_STOP);
}

const struct fake_story fake_sessions[] = {
	{ V2_DATA_FD_MAY_BE_CLOSED_EARLY, closing_changes_state },
	{ V2_DATA_FD_DIES_WITH_SESSION, dead_fd_reads },
	{ V2_DATA_FD_DIES_WITH_SESSION, dead_fd_writes },
	{ V2_RESUMING_FD_DIES_WITH_SESSION, dead_fd_writes },
	{ V2_RESET_ENDS_SESSIONS, reset_leaves_session },
	{ V2_SESSIONS_DIE_IN_ERROR, error_leaves_session },
	{ V2_END_OF_STREAM_IS_PERMANENT, data_after_the_end },
	{ V2_NO_ENOMSG_IN_STOP_COPY, enomsg_in_stop_copy },
	{ V2_PRECOPY_INFO_IS_MANDATORY, info_is_missing },
	{ V2_PRECOPY_INFO_ARGSZ, info_takes_short_argsz },
	{ V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, info_in_stop_copy },
	{ V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, info_refused_in_pre_copy },
	{ V2_INITIAL_BYTES_FALL_BY_READING, initial_bytes_rise },
	{ V2_NO_REINIT_WITHOUT_OPT_IN, reinit_without_opt_in },
	{ V2_INFO2_FLAGS_ARE_OUTPUT, flags_are_echoed },
	{ V2_REINIT_RESTARTS_COUNTERS, reinit_keeps_dirty },
	{ V2_FAILED_WRITE_POISONS_SESSION, poison_is_forgotten },
	{ REQ_COUNT, NULL },
};

static void empty_load_works(struct fake *f)
{
	fake_enter(f, MIG2_RESUMING);
	fake_session_close(f, 1);
	fake_go(f, MIG2_STOP);
}

static void unknown_info_flag(struct fake *f)
{
	struct mig2_precopy_info out = { .flags = 2 };

	fake_opt_in(f);
	fake_enter(f, MIG2_PRE_COPY);
	fake_info_with(f, 1, sizeof(out), 0, out, 0);
}

const struct fake_story fake_sessions_advised[] = {
	{ V2_EMPTY_STREAM_IS_REFUSED, empty_load_works },
	{ V2_INFO2_RESERVED_BITS_ARE_ZERO, unknown_info_flag },
	{ REQ_COUNT, NULL },
};

START_TEST(legal_story_is_not_complained_of)
{
	fake_expect_silence(2, legal[_i]);
}
END_TEST

START_TEST(illegal_story_names_its_rule)
{
	fake_expect_breach(2, &fake_sessions[_i]);
}
END_TEST

START_TEST(ill_advised_story_is_a_lapse_only)
{
	fake_expect_lapse(2, &fake_sessions_advised[_i]);
}
END_TEST

UNIT_SUITE(judge_v2_session)
{
	TCase *tc = unit_case(suite, "stories");

	tcase_add_loop_test(tc, legal_story_is_not_complained_of, 0,
			    ARRAY_SIZE(legal));
	tcase_add_loop_test(tc, illegal_story_names_its_rule, 0,
			    ARRAY_SIZE(fake_sessions) - 1);
	tcase_add_loop_test(tc, ill_advised_story_is_a_lapse_only, 0,
			    ARRAY_SIZE(fake_sessions_advised) - 1);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The v1 judge: silent on legal stories, and naming the rule of each other. */
#include <errno.h>

#include "../../lib/stream.h"
#include "fake.h"
#include "unit.h"

static void get_state(struct fake *f, u32 value)
{
	f->state = value;
	fake_pread(f, MIG1_OFF_STATE, 4, value, 4);
}

/* A write of @to that gives @ret and leaves @left. */
static void set_state(struct fake *f, u32 to, s64 ret, u32 left)
{
	f->state = left;
	fake_pwrite(f, MIG1_OFF_STATE, 4, to, ret);
}

static void go(struct fake *f, u32 to)
{
	set_state(f, to, 4, to);
}

static void get_field(struct fake *f, u64 offset, u64 value)
{
	fake_pread(f, offset, 8, value, 8);
}

/* A whole iteration of @size bytes at @offset. */
static void chunk(struct fake *f, u64 offset, u64 size)
{
	get_field(f, MIG1_OFF_PENDING, 100);
	get_field(f, MIG1_OFF_OFFSET, offset);
	get_field(f, MIG1_OFF_SIZE, size);
	fake_pread(f, offset, size, 0, (s64)size);
}

static void tell_region(struct fake *f, u64 size)
{
	struct uapi_region_info info = {
		.argsz = sizeof(info), .index = 9,
		.flags = UAPI_REGION_READ | UAPI_REGION_WRITE | UAPI_REGION_CAPS,
		.offset = FAKE_REGION_OFFSET, .size = size,
	};

	fake_ioctl(f, 0, UAPI_DEVICE_GET_REGION_INFO, &info, &info,
		   sizeof(info), 0);
}

static void live_save(struct fake *f)
{
	get_state(f, MIG1_RUNNING);
	go(f, MIG1_PRE_COPY);
	get_field(f, MIG1_OFF_PENDING, 0);
	chunk(f, 0x1000, 64);
	get_field(f, MIG1_OFF_OFFSET, 0x1000);
	get_field(f, MIG1_OFF_SIZE, 64);
	go(f, MIG1_STOP_COPY);
	go(f, MIG1_STOP_COPY);
	chunk(f, 0x1000, 0x1000);
	chunk(f, 0x20, 1);
	get_field(f, MIG1_OFF_PENDING, 0);
	get_field(f, MIG1_OFF_PENDING, 0);
	get_field(f, MIG1_OFF_OFFSET, 0);
	go(f, MIG1_STOP);
	go(f, MIG1_RUNNING);
}

static void restore(struct fake *f)
{
	go(f, MIG1_RESUMING);
	get_field(f, MIG1_OFF_OFFSET, 0x1000);
	get_field(f, MIG1_OFF_OFFSET, 0x1000);
	fake_pwrite(f, 0x1000, 8, 0, 8);
	fake_pwrite(f, MIG1_OFF_SIZE, 8, 8, 8);
	get_field(f, MIG1_OFF_OFFSET, 0x1008);
	set_state(f, MIG1_RUNNING, -EINVAL, MIG1_RESUMING);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_ERROR);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_ERROR);
	fake_reset(f, 0, MIG1_RUNNING);
}

static void refusals(struct fake *f)
{
	set_state(f, MIG1_INVALID_5, -EINVAL, MIG1_RUNNING);
	set_state(f, MIG1_ERROR, -EINVAL, MIG1_RUNNING);
	set_state(f, 0xffffffff, -EINVAL, MIG1_RUNNING);
	set_state(f, MIG1_RUNNING | 8, 4, MIG1_RUNNING | 8);
	go(f, MIG1_STOP);
	set_state(f, MIG1_RUNNING, -EINVAL, MIG1_STOP);
	fake_pread(f, 2, 4, 0, -EINVAL);
	fake_pread(f, MIG1_OFF_PENDING, 8, 0, -EINVAL);
	fake_pread(f, MIG1_OFF_STATE, 4, 0, -EFAULT);
	fake_pread(f, 0x1ff0, 32, 0, 16);
}

static void resets(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	fake_reset(f, 0, MIG1_RUNNING);
	go(f, MIG1_STOP);
	fake_reset(f, -EAGAIN, MIG1_STOP);
	fake_op(f, MIG_CLOSE);
	f->state = MIG1_RUNNING;
	fake_op(f, MIG_OPEN);
	tell_region(f, FAKE_REGION_SIZE);
	fake_op(f, MIG_IDLE);
}

/* A device that was touched may start over and may fault. */
static void broken_quiescence(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	get_field(f, MIG1_OFF_PENDING, 0);
	fake_pwrite(f, 0x100000, 4, 0, 4);
	get_field(f, MIG1_OFF_PENDING, 50);
	fake_pread(f, MIG1_OFF_OFFSET, 8, 0, -EIO);
	get_field(f, MIG1_OFF_PENDING, 0);
}

static void second_thread(struct fake *f)
{
	f->concurrent = true;
	get_state(f, MIG1_STOP_COPY);
	get_state(f, MIG1_RUNNING);
	f->concurrent = false;
	get_state(f, MIG1_STOP);
	go(f, MIG1_RUNNING);
}

static void (*const legal[])(struct fake *f) = {
	live_save, restore, refusals, resets, broken_quiescence, second_thread,
};

static void state_lags(struct fake *f)
{
	set_state(f, MIG1_STOP_COPY, 4, MIG1_RUNNING);
}

static void state_drifts(struct fake *f)
{
	go(f, MIG1_STOP);
	f->state = MIG1_RUNNING;
	fake_op(f, MIG_IDLE);
}

static void failure_shows_third_state(struct fake *f)
{
	go(f, MIG1_RESUMING);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_STOP);
}

static void invalid_is_accepted(struct fake *f)
{
	set_state(f, MIG1_ERROR, 4, MIG1_ERROR);
}

static void refused_invalid_moves(struct fake *f)
{
	set_state(f, MIG1_INVALID_7, -EINVAL, MIG1_STOP);
}

static void invalid_shows(struct fake *f)
{
	set_state(f, MIG1_RESUMING, 4, MIG1_INVALID_5);
}

static void invalid_shows_to_thread(struct fake *f)
{
	f->concurrent = true;
	get_state(f, MIG1_INVALID_5);
}

static void state_is_unreadable(struct fake *f)
{
	f->state_ret = -EIO;
	set_state(f, MIG1_STOP, -EIO, MIG1_RUNNING);
}

static void pending_reads_nothing(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	fake_pread(f, MIG1_OFF_PENDING, 8, 0, 0);
}

static void returns_too_much(struct fake *f)
{
	fake_pread(f, 0x1000, 4, 0, 8);
}

static void passes_the_end(struct fake *f)
{
	fake_pread(f, 0x1ffc, 8, 0, 8);
}

static void reserved_is_set(struct fake *f)
{
	fake_pread(f, MIG1_OFF_RESERVED, 4, 1, 4);
}

static void odd_access_moves_state(struct fake *f)
{
	f->state = MIG1_STOP;
	fake_pwrite(f, MIG1_OFF_STATE, 2, 0, 2);
}

static void pending_fails_into_error(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	f->state = MIG1_ERROR;
	fake_pread(f, MIG1_OFF_PENDING, 8, 0, -EIO);
}

static void access_fails_into_stop(struct fake *f)
{
	go(f, MIG1_RESUMING);
	f->state = MIG1_STOP;
	fake_pwrite(f, MIG1_OFF_SIZE, 8, 8, -EINVAL);
}

static void zero_is_not_final(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	get_field(f, MIG1_OFF_PENDING, 0);
	get_field(f, MIG1_OFF_PENDING, 8);
}

static void chunk_passes_the_end(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	chunk(f, 0x1000, 0x1001);
}

static void chunk_in_header(struct fake *f)
{
	go(f, MIG1_PRE_COPY);
	get_field(f, MIG1_OFF_PENDING, 8);
	get_field(f, MIG1_OFF_OFFSET, 0);
}

static void chunk_moves(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	chunk(f, 0x1000, 8);
	get_field(f, MIG1_OFF_OFFSET, 0x1008);
}

static void empty_chunk_inside(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	chunk(f, 0x1000, 0);
	chunk(f, 0x1000, 8);
}

static void no_place_to_load(struct fake *f)
{
	go(f, MIG1_RESUMING);
	get_field(f, MIG1_OFF_OFFSET, 0x2000);
}

static void place_moves(struct fake *f)
{
	go(f, MIG1_RESUMING);
	get_field(f, MIG1_OFF_OFFSET, 0x1000);
	get_field(f, MIG1_OFF_OFFSET, 0x1010);
}

static void endless_stream(struct fake *f)
{
	struct stream_limits limits = stream_limits;
	int i;

	stream_limits.iterations = 2;
	go(f, MIG1_STOP_COPY);
	for (i = 0; i < 3; i++)
		chunk(f, 0x1000, 1);
	stream_limits = limits;
}

static void region_grows(struct fake *f)
{
	tell_region(f, FAKE_REGION_SIZE * 2);
}

static void region_grows_by_state(struct fake *f)
{
	f->region_size *= 2;
	go(f, MIG1_STOP_COPY);
}

static void reset_keeps_state(struct fake *f)
{
	go(f, MIG1_STOP);
	fake_reset(f, 0, MIG1_STOP);
}

static void reset_fails_in_error(struct fake *f)
{
	go(f, MIG1_RESUMING);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_ERROR);
	fake_reset(f, -EINVAL, MIG1_ERROR);
}

static void failed_write_leaves_error(struct fake *f)
{
	go(f, MIG1_RESUMING);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_ERROR);
	set_state(f, MIG1_STOP, -EIO, MIG1_STOP);
}

static void opens_stopped(struct fake *f)
{
	fake_close(f);
	fake_open(f, 1);
	f->dev.index = 1;
	f->state = MIG1_STOP;
	fake_op(f, MIG_OPEN);
}

static void reopens_stopped(struct fake *f)
{
	fake_op(f, MIG_CLOSE);
	f->state = MIG1_STOP_COPY;
	fake_op(f, MIG_OPEN);
}

static const struct fake_story illegal[] = {
	{ V1_STATE_READS_BACK, state_lags },
	{ V1_FAILED_TRANSITION_IS_REPORTED, state_lags },
	{ V1_STATE_CHANGES_ONLY_BY_USER, state_drifts },
	{ V1_FAILED_TRANSITION_KEEPS_OR_ERRORS, failure_shows_third_state },
	{ V1_INVALID_STATES_ARE_REFUSED, invalid_is_accepted },
	{ V1_INVALID_STATES_ARE_REFUSED, refused_invalid_moves },
	{ V1_INVALID_STATES_ARE_NEVER_SEEN, invalid_shows },
	{ V1_INVALID_STATES_ARE_NEVER_SEEN, invalid_shows_to_thread },
	{ V1_STATE_IS_ALWAYS_READABLE, state_is_unreadable },
	{ V1_ACCESS_MOVES_WHOLE_FIELD, pending_reads_nothing },
	{ V1_ACCESS_STAYS_IN_REQUEST, returns_too_much },
	{ V1_REGION_BOUNDS_HOLD, passes_the_end },
	{ V1_RESERVED_IS_ZERO, reserved_is_set },
	{ V1_ODD_ACCESS_IS_REFUSED, odd_access_moves_state },
	{ V1_PENDING_ERROR_KEEPS_STATE, pending_fails_into_error },
	{ V1_ACCESS_ERROR_KEEPS_STATE, access_fails_into_stop },
	{ V1_PENDING_ZERO_IS_FINAL, zero_is_not_final },
	{ V1_CHUNK_IS_INSIDE_REGION, chunk_passes_the_end },
	{ V1_CHUNK_IS_INSIDE_REGION, chunk_in_header },
	{ V1_CHUNK_IS_STABLE_IN_ITERATION, chunk_moves },
	{ V1_PENDING_MEANS_NON_EMPTY_CHUNK, empty_chunk_inside },
	{ V1_RESUMING_OFFSET_IS_USABLE, no_place_to_load },
	{ V1_RESUMING_OFFSET_IS_USABLE, place_moves },
	{ V1_STREAM_IS_FINITE, endless_stream },
	{ V1_REGION_INFO_IS_STABLE, region_grows },
	{ V1_REGION_INFO_IS_STABLE, region_grows_by_state },
	{ V1_RESET_GIVES_RUNNING, reset_keeps_state },
	{ V1_RESET_RECOVERS_FROM_ERROR, reset_fails_in_error },
	{ V1_ERROR_IS_LEFT_BY_RESET, failed_write_leaves_error },
	{ V1_STARTS_RUNNING, opens_stopped },
	{ V1_REOPEN_GIVES_DEFAULT, reopens_stopped },
	{ REQ_COUNT, NULL },
};

static void error_left_by_write(struct fake *f)
{
	go(f, MIG1_RESUMING);
	set_state(f, MIG1_RUNNING, -EIO, MIG1_ERROR);
	go(f, MIG1_RUNNING);
}

static void empty_chunk_last(struct fake *f)
{
	go(f, MIG1_STOP_COPY);
	chunk(f, 0x1000, 0);
	get_field(f, MIG1_OFF_PENDING, 0);
}

static void odd_access_works(struct fake *f)
{
	fake_pread(f, MIG1_OFF_PENDING, 4, 0, 4);
}

static const struct fake_story ill_advised[] = {
	{ V1_ERROR_IS_LEFT_BY_RESET, error_left_by_write },
	{ V1_PENDING_MEANS_NON_EMPTY_CHUNK, empty_chunk_last },
	{ V1_ODD_ACCESS_IS_REFUSED, odd_access_works },
	{ REQ_COUNT, NULL },
};

START_TEST(legal_story_is_not_complained_of)
{
	fake_expect_silence(1, legal[_i]);
}
END_TEST

START_TEST(illegal_story_names_its_rule)
{
	fake_expect_breach(1, &illegal[_i]);
}
END_TEST

START_TEST(ill_advised_story_is_a_lapse_only)
{
	fake_expect_lapse(1, &ill_advised[_i]);
}
END_TEST

START_TEST(every_rule_has_a_story)
{
	const enum req *rule;

	for (rule = judge_v1_rules; *rule != REQ_COUNT; rule++)
		ck_assert_msg(fake_has_story(illegal, *rule), "%s",
			      spec_rows[*rule].symbol);
}
END_TEST

START_TEST(one_rule_is_told_a_few_times_only)
{
	struct fake f;
	int i;

	fake_open(&f, 1);
	for (i = 0; i < 20; i++)
		fake_pread(&f, MIG1_OFF_RESERVED, 4, 1, 4);
	ck_assert_int_eq(f.facts[V1_RESERVED_IS_ZERO][REPORT_BREACH], 4);
	ck_assert_int_eq(f.facts[V1_STATE_IS_ALWAYS_READABLE][REPORT_HELD], 1);
	fake_close(&f);
}
END_TEST

START_TEST(device_without_a_region_is_left_alone)
{
	struct fake f;

	fake_open(&f, 2);
	judge_destroy(f.judge);
	f.region_size = 0;
	judge_v1_create(f.ctx, &f.sink, &f.judge);
	fake_op(&f, MIG_OPEN);
	fake_pread(&f, MIG1_OFF_STATE, 4, MIG1_INVALID_5, 4);
	ck_assert_int_eq(fake_complaints(&f), 0);
	fake_close(&f);
}
END_TEST

UNIT_SUITE(judge_v1)
{
	TCase *tc = unit_case(suite, "stories");

	tcase_add_loop_test(tc, legal_story_is_not_complained_of, 0,
			    ARRAY_SIZE(legal));
	tcase_add_loop_test(tc, illegal_story_names_its_rule, 0,
			    ARRAY_SIZE(illegal) - 1);
	tcase_add_loop_test(tc, ill_advised_story_is_a_lapse_only, 0,
			    ARRAY_SIZE(ill_advised) - 1);
	tcase_add_test(tc, every_rule_has_a_story);
	tcase_add_test(tc, one_rule_is_told_a_few_times_only);
	tcase_add_test(tc, device_without_a_region_is_left_alone);
}

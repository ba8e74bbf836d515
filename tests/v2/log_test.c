// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA logging promises to begin and end when it is told to, once at a time and
 * any number of times, in any state of the device, and to refuse nonsense.
 */
#include "log.h"

V2_FIXTURE(v2_log, NEED_NOTHING)

enum {
	LOG_RANGES = LOG_PAGE / sizeof(struct mig2_log_range),
	LOG_WIDE = 0x40000000, /* where many ranges lie, not mapped */
	LOG_CYCLES = 8,
};

/* ---- the features -------------------------------------------------------------- */

/* Whoever can start a log can stop and report it. */
TEST_F(v2_log, features_come_together)
{
	static const u32 features[] = {
		MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET,
		MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET,
		MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET,
	};
	int ret[3], i;

	for (i = 0; i < 3; i++)
		ret[i] = mig_feature(self->dev, features[i] | UAPI_FEATURE_PROBE,
				     NULL, 0);
	EXPECT_REQ(V2_LOGGING_COMES_TOGETHER,
		   !ret[0] == !ret[1] && !ret[1] == !ret[2],
		   "START: %s, STOP: %s, REPORT: %s", common_errno(ret[0]),
		   common_errno(ret[1]), common_errno(ret[2]));
	PREFER_REQ(V2_LOGGING_COMES_TOGETHER, !ret[0] || ret[0] == -ENOTTY,
		   "logging is absent: %s", common_errno(ret[0]));
}

/* A kernel may have REPORT compiled out. */
TEST_F(v2_log, report_may_be_compiled_out)
{
	int ret;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ret = log_answers(self->b);
	PREFER_REQ(V2_LOG_REPORT_MAY_BE_COMPILED_OUT, ret != -EOPNOTSUPP,
		   "START works, REPORT: %s", common_errno(ret));
	log_stop(self->b);
}

/* ---- nonsense ------------------------------------------------------------------- */

/* What no log can be started with, and what START says to it. */
struct fault {
	const char *what;
	struct mig2_log_range ranges[2];
	u32 count;
	int answer;
};

static const struct fault faults[] = {
	{ "no range", { { LOG_IOVA, LOG_PAGE } }, 0, -EINVAL },
	{ "an unaligned address", { { LOG_IOVA + 512, LOG_PAGE } }, 1,
	  -EINVAL },
	{ "an unaligned length", { { LOG_IOVA, LOG_PAGE + 512 } }, 1,
	  -EINVAL },
	{ "a range that overflows", { { -(u64)LOG_PAGE, 2 * LOG_PAGE } }, 1,
	  -EOVERFLOW },
	{ "the same range twice",
	  { { LOG_IOVA, LOG_PAGE }, { LOG_IOVA, LOG_PAGE } }, 2, -EINVAL },
	{ "ranges that overlap",
	  { { LOG_IOVA, 4 * LOG_PAGE }, { LOG_IOVA + LOG_PAGE, LOG_PAGE } }, 2,
	  -EINVAL },
};

static void start_refuses(struct __test_metadata *_metadata, struct bench *b,
			  const char *what, const struct mig2_log_range *ranges,
			  u32 count, int answer)
{
	u64 page = LOG_PAGE;
	int ret = log_start_raw(b, &page, ranges, count);

	EXPECT_REQ(V2_LOG_START_CHECKS_ARGUMENTS, ret < 0, "START with %s: %s",
		   what, common_errno(ret));
	PREFER_REQ(V2_LOG_START_CHECKS_ARGUMENTS, !ret || ret == answer,
		   "START with %s: %s", what, common_errno(ret));
	if (!ret)
		log_stop(b);
}

/* Ranges have to be ranges. */
TEST_F(v2_log, start_refuses_bad_ranges)
{
	size_t i;

	NEEDS(NEED_LOGGING);
	log_stop(self->b); /* or it refuses whatever the ranges are */
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		start_refuses(_metadata, self->b, faults[i].what,
			      faults[i].ranges, faults[i].count,
			      faults[i].answer);
}

/* One page of each second: ranges from @base on. */
static void many_ranges(struct mig2_log_range *ranges, u32 count, u64 length)
{
	u32 i;

	for (i = 0; i < count; i++)
		ranges[i] = (struct mig2_log_range){ LOG_WIDE + 2 * i * length,
						     length };
}

/* They have to fit into a page of the kernel, however large that may be. */
TEST_F(v2_log, start_refuses_too_many_ranges)
{
	u32 count = sysconf(_SC_PAGESIZE) / sizeof(struct mig2_log_range) + 1;
	struct mig2_log_range *ranges = calloc(count, sizeof(*ranges));

	NEEDS(NEED_LOGGING);
	ASSERT_NE(NULL, ranges);
	many_ranges(ranges, count, LOG_PAGE);
	start_refuses(_metadata, self->b, "too many ranges", ranges, count,
		      -E2BIG);
}

/* And be where they are said to be. */
TEST_F(v2_log, start_refuses_a_bad_pointer)
{
	NEEDS(NEED_LOGGING | NEED_BAD_POINTERS);
	start_refuses(_metadata, self->b, "ranges at address 8", (void *)8, 1,
		      -EFAULT);
}

/* What was refused has not begun. */
TEST_F(v2_log, refused_starts_start_nothing)
{
	size_t i;
	u64 page;
	int ret;

	NEEDS(NEED_LOGGING);
	if (!log_answers(self->b))
		NOT_OFFERED("a REPORT that needs a log");
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		page = LOG_PAGE;
		if (!log_start_raw(self->b, &page, faults[i].ranges,
				   faults[i].count))
			NOT_OFFERED("a START that refuses %s", faults[i].what);
		ret = log_answers(self->b);
		EXPECT_REQ(V2_LOG_START_CHECKS_ARGUMENTS, ret < 0,
			   "START was refused for %s, and REPORT works",
			   faults[i].what);
	}
}

/* What nobody checks a device may answer as it likes; some divide by it. */
TEST_F(v2_log, corners_are_told)
{
	static const struct mig2_log_range nothing = { LOG_IOVA, 0 };
	static const struct mig2_log_range some = { LOG_IOVA, 3 * LOG_PAGE };
	u64 zero = 0, odd = 3 * LOG_PAGE;
	int ret;

	NEEDS(NEED_LOGGING);
	if (self->b->profile != PROFILE_HOSTILE &&
	    (self->dev->caps & MIG_CAP_KERNEL))
		NOT_OFFERED("only judged by profile hostile");
	ret = log_start_raw(self->b, &zero, &nothing, 1);
	PREFER_REQ(V2_LOG_CORNERS_ARE_UNCHECKED, ret < 0,
		   "START with page_size 0: %s", common_errno(ret));
	log_stop(self->b);
	ret = log_start_raw(self->b, &odd, &some, 1);
	PREFER_REQ(V2_LOG_CORNERS_ARE_UNCHECKED, ret < 0,
		   "START with page_size 12288: %s", common_errno(ret));
	log_stop(self->b);
}

/* ---- START --------------------------------------------------------------------- */

/* As many ranges as fit into 4096 bytes are not too many. */
TEST_F(v2_log, a_page_of_ranges_is_taken)
{
	struct mig2_log_range ranges[LOG_RANGES];
	u64 page;
	int i, ret = -EIO;

	NEEDS(NEED_LOGGING);
	many_ranges(ranges, LOG_RANGES, LOG_PART);
	for (i = 0; ret && i < COMMON_TRIES; i++) {
		page = LOG_PAGE;
		ret = log_start_raw(self->b, &page, ranges, LOG_RANGES);
	}
	EXPECT_REQ(V2_LOG_TAKES_A_PAGE_OF_RANGES, !ret,
		   "START with %zu ranges: %s", (size_t)LOG_RANGES,
		   common_errno(ret));
	log_stop(self->b);
}

/* One page of @memory at the beginning of each of @ranges is written. */
static int dirty_ranges(struct bench *b, const struct mig2_log_range *ranges,
			u32 step)
{
	u8 *memory = aligned_alloc(LOG_PAGE, LOG_PAGE);
	int ret = memory ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; i < LOG_RANGES && !ret; i += step) {
		ret = mig_dma_map(b->ctx, ranges[i].iova, memory, LOG_PAGE);
		if (!ret)
			ret = stimulus_dma_write(b->stim, ranges[i].iova,
						 LOG_PAGE, i);
		mig_dma_unmap(b->ctx, ranges[i].iova, LOG_PAGE);
	}
	free(memory);
	return ret;
}

/* And each of them is tracked. */
TEST_F(v2_log, each_of_many_ranges_is_tracked)
{
	struct mig2_log_range ranges[LOG_RANGES];
	u64 bitmap[LOG_WORDS], page = LOG_PAGE;
	enum { STEP = 51 };
	u32 i;

	NEEDS(NEED_LOGGING | NEED_DMA);
	many_ranges(ranges, LOG_RANGES, LOG_PART);
	ROAD(log_start_raw(self->b, &page, ranges, LOG_RANGES));
	ROAD(dirty_ranges(self->b, ranges, STEP));
	for (i = 0; i < LOG_RANGES; i += STEP) {
		ROAD(log_report(self->b, ranges[i].iova, ranges[i].length,
				LOG_PAGE, bitmap));
		EXPECT_REQ(V2_LOG_TAKES_A_PAGE_OF_RANGES, log_bit(bitmap, 0),
			   "range %u of %zu: a page that was written is not reported",
			   i, (size_t)LOG_RANGES);
	}
	log_stop(self->b);
}

/* The page size in use is one. */
TEST_F(v2_log, page_size_is_a_power_of_two)
{
	static const u64 sizes[] = { 4096, 65536, 2 << 20, 1 << 30 };
	u64 page;
	size_t i;
	int ret;

	NEEDS(NEED_LOGGING);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		page = sizes[i];
		ret = log_start_range(self->b, LOG_WIDE, 1 << 30, &page);
		if (ret)
			continue;
		EXPECT_REQ(V2_LOG_PAGE_SIZE_IS_REPORTED,
			   page && !(page & (page - 1)),
			   "START with page_size 0x%llx gives 0x%llx",
			   (unsigned long long)sizes[i],
			   (unsigned long long)page);
		log_stop(self->b);
	}
}

/* A log that runs is not started again, and goes on. */
TEST_F(v2_log, second_start_fails)
{
	int again, before, after;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	before = log_answers(self->b);
	again = log_start(self->b);
	after = log_answers(self->b);
	EXPECT_REQ(V2_ONE_LOG_AT_A_TIME, again < 0 && (before || !after),
		   "a second START: %s, then REPORT: %s", common_errno(again),
		   common_errno(after));
	log_stop(self->b);
}

/* With all that it holds. */
TEST_F(v2_log, second_start_loses_nothing)
{
	u64 bitmap[LOG_WORDS], page = LOG_PAGE;
	struct mig2_log_range range = { LOG_WIDE, LOG_PAGE };
	enum { PAGE = 77 };

	NEEDS(NEED_LOGGING | NEED_DMA);
	ROAD(log_begin(self->b));
	ROAD(log_dirty(self->b, PAGE, 0, LOG_PAGE));
	log_start_raw(self->b, &page, &range, 1);
	ROAD(log_report_all(self->b, bitmap));
	EXPECT_REQ(V2_ONE_LOG_AT_A_TIME, log_bit(bitmap, PAGE),
		   "a page written before a second START is not reported");
	log_stop(self->b);
}

/* ---- STOP ---------------------------------------------------------------------- */

/* A STOP too many does no harm. */
TEST_F(v2_log, stop_without_a_log_is_graceful)
{
	int i, ret;

	NEEDS(NEED_LOGGING);
	log_stop(self->b);
	for (i = 0; i < 2; i++) {
		ret = log_start(self->b);
		EXPECT_REQ(V2_LOG_STOP_IS_GRACEFUL, !ret,
			   "START after a STOP without a log: %s",
			   common_errno(ret));
		log_stop(self->b);
		log_stop(self->b);
	}
}

/* Without a log there is nothing to report, which is not the same as no page. */
TEST_F(v2_log, report_needs_a_log)
{
	int before, after;

	NEEDS(NEED_LOGGING);
	before = log_answers(self->b);
	EXPECT_REQ(V2_LOG_REPORT_NEEDS_A_LOG, before < 0,
		   "REPORT before any START succeeds");
	ROAD(log_start(self->b));
	ROAD(log_stop(self->b));
	after = log_answers(self->b);
	EXPECT_REQ(V2_LOG_REPORT_NEEDS_A_LOG, after < 0,
		   "REPORT after STOP succeeds");
}

/* Logs come and go. */
TEST_F(v2_log, logging_restarts)
{
	int i, start = 0, stop = 0;

	NEEDS(NEED_LOGGING);
	for (i = 0; i < LOG_CYCLES && !start && !stop; i++) {
		start = log_start(self->b);
		if (!start)
			stop = log_stop(self->b);
	}
	EXPECT_REQ(V2_LOG_RESTARTS, !start && !stop,
		   "cycle %d of %d: START %s, STOP %s", i, LOG_CYCLES,
		   common_errno(start), common_errno(stop));
}

/* And each begins empty. */
TEST_F(v2_log, new_logs_are_empty)
{
	u64 bitmap[LOG_WORDS];
	enum { PAGE = 300 };
	int i;

	NEEDS(NEED_LOGGING | NEED_DMA);
	ROAD(log_begin(self->b));
	for (i = 0; i < 2; i++) {
		ROAD(log_dirty(self->b, PAGE, 0, LOG_PAGE));
		ROAD(log_stop(self->b));
		ROAD(log_start(self->b));
		ROAD(log_report_all(self->b, bitmap));
		EXPECT_REQ(V2_LOG_RESTARTS, !log_bit(bitmap, PAGE),
			   "a new log shows a page written in the one before");
	}
	log_stop(self->b);
}

/* ---- the state of the device ---------------------------------------------------- */

/* A log goes on wherever the device goes. */
TEST_F(v2_log, logs_outlast_transitions)
{
	int ret;

	NEEDS(NEED_LOGGING);
	COMMON_EACH_STATE(self->b, state) {
		ROAD(log_begin(self->b));
		ROAD(v2_set(self->v2, state, NULL));
		ret = log_answers(self->b);
		EXPECT_REQ(V2_LOG_IS_INDEPENDENT_OF_STATE, !ret,
			   "a log started in RUNNING, REPORT in %s: %s",
			   v2_state_name(state), common_errno(ret));
	}
	log_stop(self->b);
}

/* Also through a whole migration, to the end of it. */
TEST_F(v2_log, logs_outlast_a_migration)
{
	static const u32 steps[] = { MIG2_PRE_COPY, MIG2_PRE_COPY_P2P,
				     MIG2_STOP_COPY };
	size_t i;
	int ret;

	NEEDS(NEED_LOGGING);
	ROAD(log_begin(self->b));
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (!v2_has_state(self->v2, steps[i]))
			continue;
		ROAD(v2_set(self->v2, steps[i], NULL));
		ret = log_answers(self->b);
		EXPECT_REQ(V2_LOG_IS_INDEPENDENT_OF_STATE, !ret,
			   "REPORT in %s: %s", v2_state_name(steps[i]),
			   common_errno(ret));
	}
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	ret = log_answers(self->b);
	PREFER_REQ(V2_LOG_IS_INDEPENDENT_OF_STATE, !ret,
		   "REPORT after STOP_COPY was left: %s", common_errno(ret));
	log_stop(self->b);
}

/* And can begin and end there. */
TEST_F(v2_log, logs_start_in_any_state)
{
	struct mig_file *data;
	int start, stop;

	NEEDS(NEED_LOGGING);
	ROAD(log_start(self->b));
	ROAD(log_stop(self->b));
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		start = log_start(self->b);
		stop = start ? 0 : log_stop(self->b);
		EXPECT_REQ(V2_LOG_IS_INDEPENDENT_OF_STATE, !start && !stop,
			   "in %s START: %s, STOP: %s", v2_state_name(state),
			   common_errno(start), common_errno(stop));
		mig_file_close(data);
	}
}

EXPECT_MAIN

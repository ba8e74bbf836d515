/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vocabulary of conformance tests: the only header that knows both the
 * table of requirements and the kselftest harness.
 *
 *   ROAD(call)               on the way: ends the test as "road blocked" where
 *                            the call gives -errno. No verdict: another test
 *                            has that call for its destination.
 *   EXPECT_REQ(req, c, ...)  the destination: holds the device to req.
 *   PREFER_REQ(req, c, ...)  legal either way, but req advises c (a lapse).
 *   EXPECT_CELL(cell, c, ..) a cell of the v1 transition table.
 *   NEEDS(needs)             skips the test where something is not offered.
 *   NOT_OFFERED(...)         skips for an optional feature that is absent.
 *
 * The trailing arguments say what was seen, in printf form. All but ROAD work
 * in helpers too, which take `struct __test_metadata *_metadata`.
 */
#ifndef MIGCHECK_EXPECT_H
#define MIGCHECK_EXPECT_H

#include <kselftest.h>

#include "bench.h"
#include "model/cells_v1.h"
#include "run/tap.h"

/* Takes the place of the harness's own result line, which is not flat. */
static void expect_result(int exit_code, const char *name, const char *fmt, ...)
{
	char reason[400] = "";
	va_list ap;

	switch (exit_code) {
	case KSFT_PASS:
		ksft_inc_pass_cnt();
		break;
	case KSFT_SKIP:
		ksft_inc_xskip_cnt();
		break;
	default:
		ksft_inc_fail_cnt();
	}
	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(reason, sizeof(reason), fmt, ap);
		va_end(ap);
	}
	tap_result(ksft_test_num(), exit_code, name, reason);
}

/* As the harness ends, but a program that skipped all says so. */
static void expect_exit(bool passed)
{
	ksft_print_cnts();
	if (passed && ksft_test_num() && ksft_get_xskip_cnt() == (int)ksft_test_num())
		exit(KSFT_SKIP);
	exit(passed ? KSFT_PASS : KSFT_FAIL);
}

#define ksft_test_result_code expect_result
#undef ksft_exit
#define ksft_exit(passed) expect_exit(passed)

#include <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT bench_deadline()

#define REQ_SITE(symbol)                                                  \
	static const struct req_site req_site_                            \
		__attribute__((used, section("req_sites"))) =             \
			{ symbol, __func__ }

#define EXPECT_FACT_(symbol, outcome_if_not, cell, condition, ...)        \
	do {                                                              \
		REQ_SITE(symbol);                                         \
		(void)req_site_;                                          \
		if (bench_fact(symbol,                                    \
			       (condition) ? REPORT_HELD : outcome_if_not, \
			       cell, __VA_ARGS__))                        \
			_metadata->exit_code = KSFT_FAIL;                 \
	} while (0)

#define EXPECT_REQ(symbol, condition, ...) \
	EXPECT_FACT_(symbol, REPORT_BREACH, NULL, condition, __VA_ARGS__)

#define PREFER_REQ(symbol, condition, ...) \
	EXPECT_FACT_(symbol, REPORT_LAPSE, NULL, condition, __VA_ARGS__)

#define EXPECT_CELL(cell_, condition, ...)                                  \
	do {                                                                \
		const struct cell_v1 *c_ = (cell_);                         \
		if (bench_fact(c_->req,                                     \
			       (condition) ? REPORT_HELD : REPORT_BREACH,   \
			       c_->name, __VA_ARGS__))                      \
			_metadata->exit_code = KSFT_FAIL;                   \
	} while (0)

/* What the device answered, or that the library has had enough of it. */
static inline const char *expect_road(long error)
{
	return error == -ELOOP ? "more data, or more time, than a stream may take here" :
				 strerror((int)-error);
}

#define ROAD(call)                                                          \
	do {                                                                \
		long road_ = (long)(call);                                  \
		if (road_ < 0)                                              \
			SKIP(return, "road blocked: %s: %s", #call,         \
			     expect_road(road_));                           \
	} while (0)

#define NEEDS(needs)                                                 \
	do {                                                         \
		if (bench_needs(needs))                              \
			SKIP(return, "%s", bench_here()->why);       \
	} while (0)

#define NOT_OFFERED(...) SKIP(return, "not offered: " __VA_ARGS__)

/*
 * A fixture whose devices speak @generation and offer @needs. Members:
 *   b     the bench          dev   the device (after bench_reopen(): b->dev)
 *   stim  its stimulus or NULL
 */
#define BENCH_FIXTURE(topic, generation_, needs_)                         \
	FIXTURE(topic)                                                    \
	{                                                                \
		struct bench *b;                                         \
		struct v1 *v1;                                           \
		struct v2 *v2;                                           \
		struct mig_dev *dev;                                     \
		struct stimulus *stim;                                   \
	};                                                               \
	FIXTURE_SETUP(topic)                                              \
	{                                                                \
		bench_name(#topic, _metadata->name);                      \
		if (bench_open(generation_, needs_))                     \
			SKIP(return, "%s", bench_here()->why);           \
		self->b = bench_here();                                  \
		self->v1 = &self->b->v1;                                 \
		self->v2 = &self->b->v2;                                 \
		self->dev = self->b->dev;                                \
		self->stim = self->b->stim;                              \
	}                                                                \
	FIXTURE_TEARDOWN(topic)                                           \
	{                                                                \
		if (bench_close()) {                                     \
			TH_LOG("%s", bench_here()->told);                \
			_metadata->exit_code = KSFT_FAIL;                \
		}                                                        \
	}

#define V1_FIXTURE(name, needs) BENCH_FIXTURE(name, 1, needs)
#define V2_FIXTURE(name, needs) BENCH_FIXTURE(name, 2, needs)

/* main(): the harness's, and --contents: its list (-l), then the checks. */
extern const struct req_site __start_req_sites[] __attribute__((weak));
extern const struct req_site __stop_req_sites[] __attribute__((weak));

#define EXPECT_MAIN                                                      \
	int main(int argc, char **argv)                                  \
	{                                                                \
		char *list[] = { argv[0], "-l", NULL };                  \
                                                                         \
		if (tap_begin(argc, argv)) {                             \
			test_harness_run(2, list);                       \
			tap_sites(__start_req_sites, __stop_req_sites);  \
			return 0;                                        \
		}                                                        \
		bench_take_along();                                      \
		return test_harness_run(argc, argv);                     \
	}

#endif

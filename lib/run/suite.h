/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conformance binaries and what they contain, as they say themselves:
 * `BINARY --contents` lists its tests, then where it checks which rule.
 *
 * They are looked for in $MIGCHECK_TESTS, else in tests/ beside the tool, else
 * in ../libexec/migcheck/tests from there. Below it v1/ and v2/ hold NAME_test
 * for devices of a generation, order/ v1_NAME_test and v2_NAME_test for sets.
 *
 * A site lies in a test function or in a helper; which tests use a helper is
 * not known, so that its rules count for all tests of its binary.
 */
#ifndef MIGCHECK_RUN_SUITE_H
#define MIGCHECK_RUN_SUITE_H

#include "../spec/spec.h"

struct suite_test {
	char *name;	/* as in events, "fixture-test" or "fixture-variant-test" */
	char *run;	/* as option -r wants it, "fixture.test" */
	char *function; /* as in sites, "fixture_test" */
	bool selected;
};

struct suite_site {
	enum req req;
	char *function;
	bool helper; /* function is no test */
};

struct suite_binary {
	char *path;
	const char *name; /* last part of path */
	int generation;
	struct suite_test *tests;
	u32 test_count;
	struct suite_site *sites;
	u32 site_count;
};

struct suite {
	char dir[4096];
	struct suite_binary *binaries;
	u32 count;
};

/*
 * Finds and asks all binaries; all tests are selected. -ENOENT where there are
 * none: ret_suite->dir says where they should be. Binaries that do not
 * answer are kept without tests, so that a run of them tells why.
 */
int suite_load(struct suite *ret_suite);
void suite_free(struct suite *suite);

/* The function that @test (name as in events) is; "" where @binary has none. */
const char *suite_function(const struct suite_binary *binary, const char *test);

/* Does @test (name as in events) of @binary hold a device to @req? */
bool suite_checks(const struct suite_binary *binary, const char *test,
		  enum req req);
/* Does anything in @binary? */
bool suite_binary_checks(const struct suite_binary *binary, enum req req);

/* The generation whose rules @req belongs to, 1 or 2. */
int suite_generation(enum req req);
/* Does the judge of its generation speak of @req? */
bool suite_judged(enum req req);

/* How many functions check @req, the judge being one. */
u32 suite_check_count(const struct suite *suite, enum req req);

/*
 * Calls @visit with the name of each of them: test names, helper functions,
 * "judge".
 */
void suite_check_names(const struct suite *suite, enum req req,
		       void (*visit)(void *ctx, const char *name), void *ctx);

#endif

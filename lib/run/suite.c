// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../model/judge.h"
#include "mem.h"
#include "suite.h"
#include "suite_load.h"

static const struct {
	const char *path; /* what a path below the directory begins with */
	int generation;
} beginnings[] = {
	{ "v1/", 1 }, { "v2/", 2 }, { "order/v1_", 1 }, { "order/v2_", 2 },
};

/* Directories to look in, best first; NULL where @n is past the last. */
static char *place(int n)
{
	char exe[4096];
	ssize_t len;

	if (getenv("MIGCHECK_TESTS"))
		return n ? NULL : mem_dup(getenv("MIGCHECK_TESTS"));
	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (len <= 0 || n > 1)
		return NULL;
	exe[len] = '\0';
	return mem_printf(n ? "%s/../libexec/migcheck/tests" : "%s/tests",
			  dirname(exe));
}

static void add_binary(struct suite *suite, const char *path, int generation)
{
	struct suite_binary *binary;

	if (access(path, X_OK))
		return;
	suite->binaries = mem_room(suite->binaries, suite->count,
				   sizeof(*binary));
	binary = &suite->binaries[suite->count++];
	binary->path = mem_dup(path);
	binary->name = strrchr(binary->path, '/') + 1;
	binary->generation = generation;
	suite_load_binary(binary);
}

static void add_binaries(struct suite *suite, const char *path, int generation)
{
	char *pattern = mem_printf("%s/%s*_test", suite->dir, path);
	glob_t found = { 0 };
	size_t i;

	if (!glob(pattern, 0, NULL, &found))
		for (i = 0; i < found.gl_pathc; i++)
			add_binary(suite, found.gl_pathv[i], generation);
	globfree(&found);
	free(pattern);
}

int suite_load(struct suite *ret_suite)
{
	char *dir;
	size_t i;
	int n;

	memset(ret_suite, 0, sizeof(*ret_suite));
	for (n = 0; !ret_suite->count && (dir = place(n)); n++) {
		snprintf(ret_suite->dir, sizeof(ret_suite->dir), "%s", dir);
		free(dir);
		for (i = 0; i < ARRAY_SIZE(beginnings); i++)
			add_binaries(ret_suite, beginnings[i].path,
				     beginnings[i].generation);
	}
	if (ret_suite->count)
		return 0;
	dir = place(0);
	snprintf(ret_suite->dir, sizeof(ret_suite->dir), "%s", dir ? dir : "?");
	free(dir);
	return -ENOENT;
}

static void free_binary(struct suite_binary *binary)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++) {
		free(binary->tests[i].name);
		free(binary->tests[i].run);
		free(binary->tests[i].function);
	}
	for (i = 0; i < binary->site_count; i++)
		free(binary->sites[i].function);
	free(binary->tests);
	free(binary->sites);
	free(binary->path);
}

void suite_free(struct suite *suite)
{
	u32 i;

	for (i = 0; i < suite->count; i++)
		free_binary(&suite->binaries[i]);
	free(suite->binaries);
	memset(suite, 0, sizeof(*suite));
}

const char *suite_function(const struct suite_binary *binary, const char *test)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++)
		if (!strcmp(binary->tests[i].name, test))
			return binary->tests[i].function;
	return "";
}

bool suite_checks(const struct suite_binary *binary, const char *test,
		  enum req req)
{
	const char *function = suite_function(binary, test);
	const struct suite_site *site;
	u32 i;

	for (i = 0; i < binary->site_count; i++) {
		site = &binary->sites[i];
		if (site->req == req &&
		    (site->helper || !strcmp(site->function, function)))
			return true;
	}
	return false;
}

bool suite_binary_checks(const struct suite_binary *binary, enum req req)
{
	u32 i;

	for (i = 0; i < binary->site_count; i++)
		if (binary->sites[i].req == req)
			return true;
	return false;
}

int suite_generation(enum req req)
{
	return spec_rows[req].number[1] - '0';
}

bool suite_judged(enum req req)
{
	const enum req *rule = suite_generation(req) == 1 ? judge_v1_rules :
							    judge_v2_rules;

	for (; *rule != REQ_COUNT; rule++)
		if (*rule == req)
			return true;
	return false;
}

/* Is site @k of @binary the first of its rule in its function? */
static bool first_site(const struct suite_binary *binary, u32 k)
{
	const struct suite_site *sites = binary->sites;
	u32 i;

	for (i = 0; i < k; i++)
		if (sites[i].req == sites[k].req &&
		    !strcmp(sites[i].function, sites[k].function))
			return false;
	return true;
}

static const char *site_name(const struct suite_binary *binary,
			     const struct suite_site *site)
{
	u32 i;

	for (i = 0; i < binary->test_count; i++)
		if (!strcmp(binary->tests[i].function, site->function))
			return binary->tests[i].name;
	return site->function;
}

void suite_check_names(const struct suite *suite, enum req req,
		       void (*visit)(void *ctx, const char *name), void *ctx)
{
	const struct suite_binary *binary;
	u32 i, k;

	for (i = 0; i < suite->count; i++) {
		binary = &suite->binaries[i];
		for (k = 0; k < binary->site_count; k++)
			if (binary->sites[k].req == req && first_site(binary, k))
				visit(ctx, site_name(binary, &binary->sites[k]));
	}
	if (suite_judged(req))
		visit(ctx, "judge");
}

static void count_name(void *ctx, const char *name)
{
	(void)name;
	++*(u32 *)ctx;
}

u32 suite_check_count(const struct suite *suite, enum req req)
{
	u32 count = 0;

	suite_check_names(suite, req, count_name, &count);
	return count;
}

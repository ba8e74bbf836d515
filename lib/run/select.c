// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "nearest.h"
#include "select.h"

void select_include(struct select *select, const char *glob)
{
	select->include = mem_room(select->include, select->include_count,
				   sizeof(glob));
	select->include[select->include_count++] = glob;
}

void select_exclude(struct select *select, const char *glob)
{
	select->exclude = mem_room(select->exclude, select->exclude_count,
				   sizeof(glob));
	select->exclude[select->exclude_count++] = glob;
}

static bool matches(const char *glob, const char *name)
{
	return !fnmatch(glob, name, FNM_CASEFOLD);
}

bool select_matches_rule(const char *glob, enum req req)
{
	return matches(glob, spec_rows[req].number) ||
	       matches(glob, spec_rows[req].symbol);
}

static bool matches_test(const char *glob, const struct suite_binary *binary,
			 const struct suite_test *test)
{
	return matches(glob, test->name) || matches(glob, test->run) ||
	       matches(glob, test->function) || matches(glob, binary->name);
}

/* Is there a site of @req anywhere? */
static bool has_site(const struct suite *suite, enum req req)
{
	u32 i;

	for (i = 0; i < suite->count; i++)
		if (suite_binary_checks(&suite->binaries[i], req))
			return true;
	return false;
}

/* Calls @visit for all tests at hand. */
static void each_test(const struct select *select, struct suite *suite,
		      void (*visit)(struct suite_binary *binary,
				    struct suite_test *test, const void *arg),
		      const void *arg)
{
	struct suite_binary *binary;
	u32 i, k;

	for (i = 0; i < suite->count; i++) {
		binary = &suite->binaries[i];
		for (k = 0; k < binary->test_count; k++)
			if (select->generations[binary->generation])
				visit(binary, &binary->tests[k], arg);
	}
}

/* A glob at work. */
struct match {
	const char *glob;
	enum req req;	  /* that the tests must check; REQ_COUNT: match by name */
	bool all, select; /* any test; what its selection becomes */
	bool *found;
};

static bool has_own_site(const struct suite_binary *binary,
			 const struct suite_test *test, enum req req)
{
	u32 i;

	for (i = 0; i < binary->site_count; i++)
		if (binary->sites[i].req == req &&
		    !strcmp(binary->sites[i].function, test->function))
			return true;
	return false;
}

/* Taking tests out is for those that check a rule themselves only. */
static void apply_to_test(struct suite_binary *binary, struct suite_test *test,
			  const void *arg)
{
	const struct match *m = arg;
	bool hit = m->all;

	if (!hit && m->req == REQ_COUNT)
		hit = matches_test(m->glob, binary, test);
	else if (!hit && m->select)
		hit = suite_checks(binary, test->name, m->req);
	else if (!hit)
		hit = has_own_site(binary, test, m->req);
	if (!hit)
		return;
	test->selected = m->select;
	*m->found = true;
}

static bool apply_glob(struct select *select, struct suite *suite,
		       const char *glob, bool include)
{
	bool *rules = include ? select->chosen : select->excluded;
	bool found = false;
	struct match m = { .glob = glob, .req = REQ_COUNT, .select = include,
			   .found = &found };
	int req;

	each_test(select, suite, apply_to_test, &m);
	for (req = 0; req < REQ_COUNT; req++) {
		if (!select->generations[suite_generation((enum req)req)] ||
		    !select_matches_rule(glob, (enum req)req))
			continue;
		rules[req] = true;
		found = true;
		m.req = (enum req)req;
		m.all = include && !has_site(suite, m.req) && suite_judged(m.req);
		each_test(select, suite, apply_to_test, &m);
	}
	return found;
}

static void offer_test(struct suite_binary *binary, struct suite_test *test,
		       const void *arg)
{
	(void)binary;
	nearest_offer(*(struct nearest *const *)arg, test->name);
}

static char *explain_miss(const struct select *select, struct suite *suite,
			  const char *glob)
{
	struct nearest nearest = { .wanted = glob }, *arg = &nearest;
	char *names, *text;
	int req;

	for (req = 0; req < REQ_COUNT; req++) {
		if (!select->generations[suite_generation((enum req)req)])
			continue;
		nearest_offer(&nearest, spec_rows[req].number);
		nearest_offer(&nearest, spec_rows[req].symbol);
	}
	each_test(select, suite, offer_test, &arg);
	names = nearest_text(&nearest);
	text = mem_printf("'%s' matches no rule and no test; nearest: %s", glob,
			  names);
	free(names);
	return text;
}

static void deselect(struct suite_binary *binary, struct suite_test *test,
		     const void *arg)
{
	(void)binary;
	(void)arg;
	test->selected = false;
}

/* The rules that a selected test checks are what the run is about, too. */
static void choose_rules(struct suite_binary *binary, struct suite_test *test,
			 const void *arg)
{
	struct select *select = *(struct select *const *)arg;
	u32 i;

	for (i = 0; test->selected && i < binary->site_count; i++)
		if (!strcmp(binary->sites[i].function, test->function))
			select->chosen[binary->sites[i].req] = true;
}

int select_apply(struct select *select, struct suite *suite, char **ret_error)
{
	const char *miss = NULL;
	u32 i;

	if (select->include_count)
		each_test(select, suite, deselect, NULL);
	for (i = 0; !miss && i < select->include_count; i++)
		if (!apply_glob(select, suite, select->include[i], true))
			miss = select->include[i];
	for (i = 0; !miss && i < select->exclude_count; i++)
		if (!apply_glob(select, suite, select->exclude[i], false))
			miss = select->exclude[i];
	if (miss) {
		*ret_error = explain_miss(select, suite, miss);
		return -ENOENT;
	}
	each_test(select, suite, choose_rules, &select);
	return 0;
}

void select_free(struct select *select)
{
	free(select->include);
	free(select->exclude);
}

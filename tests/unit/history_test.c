// SPDX-License-Identifier: GPL-2.0-only
/* The table of historical bugs: what it names exists, and says the same. */
#include <stdio.h>
#include <string.h>

#include <refdev/refdev.h>

#include "../../lib/spec/spec.h"
#include "unit.h"

struct bug {
	int generation;
	const char *seen, *reference, *text;
	const char *names, *rule; /* NULL where it is beyond reach */
	const char *reason;
};

static const struct bug bugs[] = {
#define CAUGHT(generation, seen, reference, text, names, rule) \
	{ generation, seen, reference, text, names, rule, NULL },
#define BEYOND(generation, seen, reference, text, reason) \
	{ generation, seen, reference, text, NULL, NULL, reason },
#include "../prove/history.def"
#undef CAUGHT
#undef BEYOND
};

enum { BUGS = sizeof(bugs) / sizeof(bugs[0]) };

/* Defects that somebody is said to have had. */
static const struct {
	const char *name, *base, *seen;
} defects[] = {
#define DEFECT(name, base, rule, seen, text) { #name, base, seen },
#include <refdev/defects.def>
#undef DEFECT
};

enum { DEFECTS = sizeof(defects) / sizeof(defects[0]) };

static bool lists(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static const struct refdev_row *row_named(int generation, const char *name,
					  size_t len)
{
	const struct refdev_row *row;
	u32 i;

	for (i = 0; (row = refdev_row(i)); i++)
		if (row->base[1] - '0' == generation &&
		    strlen(row->name) == len && !memcmp(row->name, name, len))
			return row;
	return NULL;
}

START_TEST(bugs_are_told_in_full)
{
	const struct bug *bug = &bugs[_i];

	ck_assert(bug->seen[0] && bug->reference[0] && bug->text[0]);
	if (bug->names)
		ck_assert(bug->names[0] && spec_find(bug->rule));
	else
		ck_assert(bug->reason[0]);
}
END_TEST

START_TEST(bugs_name_what_shows_them)
{
	const struct bug *bug = &bugs[_i];
	const struct refdev_row *row;
	const char *name = bug->names ? bug->names : "";
	size_t len;

	for (; *name; name += len + (name[len] == ',')) {
		len = strcspn(name, ",");
		row = row_named(bug->generation, name, len);
		ck_assert_msg(row, "%.*s is no row of the tables", (int)len, name);
		ck_assert_msg(lists(row->rules, bug->rule),
			      "%s is for %s, not %s", row->name, row->rules,
			      bug->rule);
	}
}
END_TEST

START_TEST(bugs_are_told_once)
{
	int other;

	for (other = 0; other < _i; other++)
		ck_assert_str_ne(bugs[other].text, bugs[_i].text);
}
END_TEST

START_TEST(defects_with_a_past_are_in_the_table)
{
	int bug;

	if (!defects[_i].seen[0])
		return;
	for (bug = 0; bug < BUGS; bug++)
		if (bugs[bug].names &&
		    bugs[bug].generation == defects[_i].base[1] - '0' &&
		    lists(bugs[bug].names, defects[_i].name))
			return;
	ck_abort_msg("%s was seen in %s, which history.def does not tell",
		     defects[_i].name, defects[_i].seen);
}
END_TEST

UNIT_SUITE(history)
{
	TCase *tc = unit_case(suite, "table");

	tcase_add_loop_test(tc, bugs_are_told_in_full, 0, BUGS);
	tcase_add_loop_test(tc, bugs_name_what_shows_them, 0, BUGS);
	tcase_add_loop_test(tc, bugs_are_told_once, 0, BUGS);
	tcase_add_loop_test(tc, defects_with_a_past_are_in_the_table, 0, DEFECTS);
}

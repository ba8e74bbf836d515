// SPDX-License-Identifier: GPL-2.0-only
/* The table of open questions: each has a device, and a verdict per profile. */
#include <string.h>

#include <refdev/refdev.h>

#include "../../lib/spec/spec.h"
#include "unit.h"

struct question {
	const char *text, *name, *rule;
	enum spec_grade grade;
	const char *letters;
};

static const struct question questions[] = {
#define AMBIGUOUS(text, name, rule, grade, letters) \
	{ text, #name, rule, GRADE_##grade, letters },
#include "../prove/ambiguous.def"
#undef AMBIGUOUS
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static const struct refdev_row *row_named(const char *name)
{
	const struct refdev_row *row;
	u32 i;

	for (i = 0; (row = refdev_row(i)); i++)
		if (row->base[1] == '1' && !strcmp(row->name, name))
			return row;
	return NULL;
}

START_TEST(questions_have_a_device)
{
	const struct question *q = &questions[_i];
	const struct refdev_row *row = row_named(q->name);

	ck_assert_msg(row, "%s is no row of the tables", q->name);
	ck_assert_msg(strstr(row->rules, q->rule), "%s is for %s, not %s",
		      q->name, row->rules, q->rule);
}
END_TEST

START_TEST(questions_have_their_verdicts)
{
	static const char letter[] = { 'I', 'W', 'F' };
	const struct question *q = &questions[_i];
	const struct spec_row *row = spec_find(q->rule);
	enum req req;
	int p;

	ck_assert_ptr_nonnull(row);
	req = spec_req(row);
	/* A row that only tells is the same for all grades. */
	for (p = 0; p < PROFILE_COUNT; p++)
		ck_assert_msg(letter[spec_severity(req, q->grade, p)] ==
				      q->letters[p],
			      "%s in %s", q->rule, spec_profile_name(p));
}
END_TEST

START_TEST(questions_are_asked_once)
{
	int other;

	for (other = 0; other < _i; other++)
		ck_assert_str_ne(questions[other].text, questions[_i].text);
}
END_TEST

UNIT_SUITE(ambiguous)
{
	TCase *tc = unit_case(suite, "table");

	tcase_add_loop_test(tc, questions_have_a_device, 0, QUESTIONS);
	tcase_add_loop_test(tc, questions_have_their_verdicts, 0, QUESTIONS);
	tcase_add_loop_test(tc, questions_are_asked_once, 0, QUESTIONS);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "lint_world.h"
#include "unit.h"

static void world_open(struct world *w, int generation)
{
	int i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < 2; i++) {
		fake_open(&w->f[i], generation);
		w->f[i].dev.index = (u32)i;
	}
	lint_user_create(w->f[0].ctx, generation, NULL, &w->lint);
	for (i = 0; i < 2; i++) {
		w->f[i].lint = w->lint;
		fake_op(&w->f[i], MIG_OPEN);
	}
}

static void world_close(struct world *w)
{
	lint_user_destroy(w->lint);
	fake_close(&w->f[0]);
	fake_close(&w->f[1]);
}

/* Nothing but the rule of the story may be complained of. */
static void tell_right(int generation, const struct lint_story *story)
{
	struct world w;
	int req;

	world_open(&w, generation);
	story->right(&w);
	lint_user_end(w.lint);
	ck_assert_msg(lint_user_spoke(w.lint, story->rule), "%s is not spoken of",
		      spec_rows[story->rule].symbol);
	for (req = 0; req < REQ_COUNT; req++)
		ck_assert_msg(!lint_user_seen(w.lint, (enum req)req), "%s: %s",
			      spec_rows[req].symbol,
			      lint_user_seen(w.lint, (enum req)req));
	world_close(&w);
}

static void tell_wrong(int generation, const struct lint_story *story)
{
	struct world w;

	world_open(&w, generation);
	story->wrong(&w);
	lint_user_end(w.lint);
	ck_assert_msg(lint_user_seen(w.lint, story->rule) != NULL, "%s",
		      spec_rows[story->rule].symbol);
	world_close(&w);
}

START_TEST(v1_user_in_the_right)
{
	tell_right(1, &lint_v1_stories[_i]);
}
END_TEST

START_TEST(v1_user_in_the_wrong)
{
	tell_wrong(1, &lint_v1_stories[_i]);
}
END_TEST

START_TEST(v2_user_in_the_right)
{
	tell_right(2, &lint_v2_stories[_i]);
}
END_TEST

START_TEST(v2_user_in_the_wrong)
{
	tell_wrong(2, &lint_v2_stories[_i]);
}
END_TEST

static bool has_story(const struct lint_story *stories, u32 count, enum req rule)
{
	while (count--)
		if (stories[count].rule == rule)
			return true;
	return false;
}

START_TEST(every_rule_has_a_story)
{
	const enum req *rule;

	for (rule = lint_user_v1_rules; *rule != REQ_COUNT; rule++)
		ck_assert_msg(has_story(lint_v1_stories, lint_v1_story_count,
					*rule), "%s", spec_rows[*rule].symbol);
	for (rule = lint_user_v2_rules; *rule != REQ_COUNT; rule++)
		ck_assert_msg(has_story(lint_v2_stories, lint_v2_story_count,
					*rule), "%s", spec_rows[*rule].symbol);
}
END_TEST

START_TEST(rules_bind_users)
{
	const enum req *rule;

	for (rule = lint_user_v1_rules; *rule != REQ_COUNT; rule++)
		ck_assert_int_eq(spec_rows[*rule].who, USER);
	for (rule = lint_user_v2_rules; *rule != REQ_COUNT; rule++)
		ck_assert_int_eq(spec_rows[*rule].who, USER);
}
END_TEST

UNIT_SUITE(lint_user)
{
	TCase *tc = unit_case(suite, "users");

	tcase_add_loop_test(tc, v1_user_in_the_right, 0,
			    (int)lint_v1_story_count);
	tcase_add_loop_test(tc, v1_user_in_the_wrong, 0,
			    (int)lint_v1_story_count);
	tcase_add_loop_test(tc, v2_user_in_the_right, 0,
			    (int)lint_v2_story_count);
	tcase_add_loop_test(tc, v2_user_in_the_wrong, 0,
			    (int)lint_v2_story_count);
	tcase_add_test(tc, every_rule_has_a_story);
	tcase_add_test(tc, rules_bind_users);
}

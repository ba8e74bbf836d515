// SPDX-License-Identifier: GPL-2.0-only
/* The derived machine against the full table of all capability sets. */
#include <errno.h>
#include <string.h>

#include "../../lib/model/fsm.h"
#include "unit.h"

struct row {
	u64 caps;
	u32 from;
	const char *to[MIG2_STATES];
};

static const struct row rows[] = {
#define ROW(caps, from, ...) { caps, MIG2_##from, { __VA_ARGS__ } },
#include "fsm_table.def"
#undef ROW
};

static const char letters[] = "ESRCLrPp"; /* in the order of the enum */

enum { OTHER_TARGETS = 3 };
static const u32 other_targets[OTHER_TARGETS] = { 8, 99, 0xffffffff };

static const struct row *row_of(u64 caps, u32 from)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].caps == caps && rows[i].from == from)
			return &rows[i];
	return NULL;
}

/* Path and sessions as the model gives them, in the notation of the table. */
static void cell_write(u64 caps, u32 from, u32 to, char ret_cell[16])
{
	static const char kinds[] = { [FSM_SAVING] = 's', [FSM_RESUMING] = 'r' };
	struct fsm_path path;
	char *out = ret_cell;
	u32 i;

	if (fsm_path(caps, from, to, &path)) {
		strcpy(out, from == MIG2_ERROR && to == MIG2_ERROR ? "?" : ".");
		return;
	}
	for (i = 0; i < path.count; i++)
		*out++ = letters[path.states[i]];
	if (fsm_closes(caps, from, to)) {
		*out++ = '-';
		*out++ = kinds[fsm_session_in(from)];
	}
	if (fsm_opens(caps, from, to)) {
		*out++ = '+';
		*out++ = kinds[fsm_opens(caps, from, to)];
	}
	*out = '\0';
}

START_TEST(every_cell_is_as_in_the_table)
{
	const struct row *row = &rows[_i];
	char cell[16];
	u32 to;

	for (to = 0; to < MIG2_STATES; to++) {
		cell_write(row->caps, row->from, to, cell);
		ck_assert_msg(!strcmp(cell, row->to[to]),
			      "caps %llx, %c to %c: %s, not %s",
			      (unsigned long long)row->caps, letters[row->from],
			      letters[to], cell, row->to[to]);
	}
}
END_TEST

START_TEST(targets_outside_the_enum_are_refused)
{
	struct fsm_path path;
	size_t i;

	for (i = 0; i < OTHER_TARGETS; i++)
		ck_assert_int_eq(fsm_path(rows[_i].caps, rows[_i].from,
					  other_targets[i], &path), -EINVAL);
}
END_TEST

START_TEST(sources_without_a_row_do_not_exist)
{
	static const u64 sets[] = { 1, 3, 5, 7 };
	u32 from;

	for (from = 0; from < MIG2_STATES; from++)
		ck_assert_int_eq(fsm_has(sets[_i], from),
				 row_of(sets[_i], from) != NULL);
}
END_TEST

/* What a failure may leave: each letter before the last, and ERROR. */
START_TEST(failure_leaves_a_state_of_the_path)
{
	const struct row *row = &rows[_i];
	u32 to, seen;

	for (to = 0; to < MIG2_STATES; to++) {
		const char *path = row->to[to];
		size_t states = strspn(path, letters);
		const char *at;

		for (seen = 0; seen < MIG2_STATES; seen++) {
			bool may = seen == row->from;

			at = strchr(path, letters[seen]);
			if (states > 1 && at && at - path < (long)states - 1)
				may = true;
			if (states > 1 && seen == MIG2_ERROR)
				may = true;
			ck_assert_int_eq(fsm_visible_after_failure(row->caps,
						row->from, to, seen), may);
		}
	}
}
END_TEST

START_TEST(stopped_states_are_silent)
{
	static const bool silent[MIG2_STATES] = {
		[MIG2_ERROR] = true, [MIG2_STOP] = true,
		[MIG2_STOP_COPY] = true, [MIG2_RESUMING] = true,
	};
	u32 state;

	for (state = 0; state < MIG2_STATES; state++)
		ck_assert_int_eq(fsm_silent(state), silent[state]);
}
END_TEST

UNIT_SUITE(fsm)
{
	TCase *tc = unit_case(suite, "table");
	int count = (int)ARRAY_SIZE(rows);

	tcase_add_loop_test(tc, every_cell_is_as_in_the_table, 0, count);
	tcase_add_loop_test(tc, targets_outside_the_enum_are_refused, 0, count);
	tcase_add_loop_test(tc, sources_without_a_row_do_not_exist, 0, 4);
	tcase_add_loop_test(tc, failure_leaves_a_state_of_the_path, 0, count);
	tcase_add_test(tc, stopped_states_are_silent);
}

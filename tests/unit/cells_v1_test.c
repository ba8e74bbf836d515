// SPDX-License-Identifier: GPL-2.0-only
/* The v1 table against matrices: row = source, column = target, 000 to 111. */
#include <string.h>

#include "../../lib/model/cells_v1.h"
#include "unit.h"

/* + accept, - reject, m may accept, = no effect, . not described */
static const char *const verdicts[MIG1_STATES] = {
	"=mmmm---",
	"+=+++---",
	"++=mm---",
	"m++=m---",
	"m+mm=---",
	"........",
	"------.-",
	"........",
};

/* F fail, W warn, i told */
static const char *const severities_default[MIG1_STATES] = {
	"WWWiWFFF",
	"FFFFFFFF",
	"FFFiiFFF",
	"iFFWiFFF",
	"iFiiWFFF",
	"FFFFFFFF",
	"WWWWWFiF",
	"FFFFFFFF",
};

static const char *const severities_strict[MIG1_STATES] = {
	"FFFiFFFF",
	"FFFFFFFF",
	"FFFiiFFF",
	"iFFFiFFF",
	"iFiiFFFF",
	"FFFFFFFF",
	"FFFFFFiF",
	"FFFFFFFF",
};

static const char *const severities_header_only[MIG1_STATES] = {
	"iiiiiFFF",
	"FWFFFFFF",
	"FWWiiFFF",
	"iWFiiFFF",
	"iFiiiFFF",
	"FFFFFFFF",
	"WWWWWFiF",
	"FFFFFFFF",
};

static const char *const severities_vmm[MIG1_STATES] = {
	"WFFiWFFF",
	"FFFFFFFF",
	"FFFiiFFF",
	"iFFWiFFF",
	"iFiiWFFF",
	"FFFFFFFF",
	"WWWWWFiF",
	"FFFFFFFF",
};

static const char *const *const severities[PROFILE_COUNT] = {
	[PROFILE_DEFAULT] = severities_default,
	[PROFILE_STRICT] = severities_strict,
	[PROFILE_HEADER_ONLY] = severities_header_only,
	[PROFILE_VMM] = severities_vmm,
	[PROFILE_HOSTILE] = severities_default,
};

START_TEST(verdicts_are_as_in_the_matrix)
{
	static const char letters[] = "+-m=.";
	u32 from, to;

	for (from = 0; from < MIG1_STATES; from++)
		for (to = 0; to < MIG1_STATES; to++)
			ck_assert_msg(letters[cell_v1(from, to)->verdict] ==
				      verdicts[from][to],
				      "%s", cell_v1(from, to)->name);
}
END_TEST

START_TEST(severities_are_as_in_the_matrix)
{
	static const char letters[] = "iWF";
	u32 from, to;

	for (from = 0; from < MIG1_STATES; from++)
		for (to = 0; to < MIG1_STATES; to++)
			ck_assert_msg(letters[cell_v1(from, to)->severity[_i]] ==
				      severities[_i][from][to],
				      "%s in %d", cell_v1(from, to)->name, _i);
}
END_TEST

START_TEST(each_cell_is_found_by_its_name)
{
	const struct cell_v1 *cell;

	for (cell = cells_v1; cell < cells_v1 + ARRAY_SIZE(cells_v1); cell++) {
		ck_assert_ptr_eq(cell_v1_find(cell->name), cell);
		ck_assert_ptr_eq(cell_v1(cell->from, cell->to), cell);
		ck_assert_int_gt((int)strlen(cell->why), 0);
	}
	ck_assert_ptr_null(cell_v1_find("001-10"));
}
END_TEST

START_TEST(requirements_follow_from_source_and_target)
{
	u32 from, to;

	for (from = 0; from < MIG1_STATES; from++) {
		for (to = 0; to < MIG1_STATES; to++) {
			enum req req = cell_v1(from, to)->req;

			if (from == MIG1_INVALID_5 || from == MIG1_INVALID_7)
				ck_assert_int_eq(req, V1_INVALID_STATES_ARE_NEVER_SEEN);
			else if (from == MIG1_ERROR)
				ck_assert_int_eq(req, V1_ERROR_IS_LEFT_BY_RESET);
			else if (to >= MIG1_INVALID_5)
				ck_assert_int_eq(req, V1_INVALID_STATES_ARE_REFUSED);
			else if (from == to)
				ck_assert_int_eq(req, V1_SAME_STATE_WRITE_IS_INERT);
		}
	}
	ck_assert_int_eq(cell_v1_find("001-010")->req,
			 V1_STOP_COPY_DIRECTLY_FROM_RUNNING);
}
END_TEST

UNIT_SUITE(cells_v1)
{
	TCase *tc = unit_case(suite, "table");

	tcase_add_test(tc, verdicts_are_as_in_the_matrix);
	tcase_add_loop_test(tc, severities_are_as_in_the_matrix, 0, PROFILE_COUNT);
	tcase_add_test(tc, each_cell_is_found_by_its_name);
	tcase_add_test(tc, requirements_follow_from_source_and_target);
}

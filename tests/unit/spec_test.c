// SPDX-License-Identifier: GPL-2.0-only
/* The table of requirements, and what a breach means in each profile. */
#include <errno.h>
#include <string.h>

#include "../../lib/spec/spec.h"
#include "unit.h"

/* Columns: default, strict, header-only, vmm, hostile; I, W, F. */
static const struct {
	enum spec_class class;
	const char *breach, *lapse;
} matrix[CLASS_COUNT] = {
	{ CLASS_MUST, "FFFFF", "WWIWW" },
	{ CLASS_MUST_PROPOSED, "FFWFF", "WWIWW" },
	{ CLASS_MUST_BEYOND_VMM, "FFFWF", "WWIWW" },
	{ CLASS_SHOULD, "WFWWW", "WWIWW" },
	{ CLASS_SHOULD_PROPOSED, "WFIWW", "WWIWW" },
	{ CLASS_SHOULD_VMM, "WFWFW", "WWIWW" },
	{ CLASS_SHOULD_DATA, "FFIFF", "WWIWW" },
	{ CLASS_FREE, "IIIII", "IIIII" },
};

static void check_row(enum req req, enum spec_grade grade, const char *columns)
{
	static const char letters[] = { 'I', 'W', 'F' };
	int p;

	for (p = 0; p < PROFILE_COUNT; p++)
		ck_assert_int_eq(letters[spec_severity(req, grade, p)],
				 columns[p]);
}

START_TEST(severity_follows_the_class)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++) {
		enum spec_class class = spec_rows[req].class;

		ck_assert_int_eq(matrix[class].class, class);
		check_row(req, GRADE_BREACH, matrix[class].breach);
		check_row(req, GRADE_LAPSE, matrix[class].lapse);
	}
}
END_TEST

START_TEST(rows_are_complete)
{
	const struct spec_row *row = &spec_rows[_i];

	ck_assert_ptr_nonnull(row->number);
	ck_assert(row->since[0]);
	ck_assert_ptr_nonnull(row->until);
	ck_assert_ptr_nonnull(row->tolerates);
	ck_assert_int_eq(row->number[1], row->symbol[1]);
}
END_TEST

START_TEST(names_are_unique)
{
	int other;

	for (other = 0; other < _i; other++) {
		ck_assert_str_ne(spec_rows[other].number, spec_rows[_i].number);
		ck_assert_str_ne(spec_rows[other].symbol, spec_rows[_i].symbol);
	}
}
END_TEST

START_TEST(row_is_found_by_number_and_symbol)
{
	const struct spec_row *row = spec_find("v1-pend-002");

	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_eq(row, spec_find(row->symbol));
	ck_assert_int_eq(spec_req(row), row - spec_rows);
	ck_assert_ptr_null(spec_find("V1-PEND"));
	ck_assert_ptr_null(spec_find(""));
}
END_TEST

START_TEST(free_rows_are_those_that_bind_nobody)
{
	const struct spec_row *row = &spec_rows[_i];

	ck_assert_int_eq(row->class == CLASS_FREE,
			 row->level == MAY || row->level == INFO);
}
END_TEST

START_TEST(profiles_have_names)
{
	int p;

	for (p = 0; p < PROFILE_COUNT; p++)
		ck_assert_int_eq(spec_profile_find(spec_profile_name(p)), p);
	ck_assert_int_eq(spec_profile_find("nosuch"), -EINVAL);
}
END_TEST

START_TEST(hash_is_stable_hexadecimal)
{
	char a[17], b[17];

	spec_hash(a);
	spec_hash(b);
	ck_assert_str_eq(a, b);
	ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 16);
}
END_TEST

UNIT_SUITE(spec)
{
	TCase *tc = unit_case(suite, "table");

	tcase_add_test(tc, severity_follows_the_class);
	tcase_add_loop_test(tc, rows_are_complete, 0, REQ_COUNT);
	tcase_add_loop_test(tc, names_are_unique, 0, REQ_COUNT);
	tcase_add_loop_test(tc, free_rows_are_those_that_bind_nobody, 0,
			    REQ_COUNT);
	tcase_add_test(tc, row_is_found_by_number_and_symbol);
	tcase_add_test(tc, profiles_have_names);
	tcase_add_test(tc, hash_is_stable_hexadecimal);
}

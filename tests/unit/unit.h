/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests: each file makes one suite and is linked into build/unit, whose
 * main() runs all of them.
 *
 *   UNIT_SUITE(fsm)
 *   {
 *           TCase *tc = unit_case(suite, "table");
 *
 *           tcase_add_test(tc, ...);
 *   }
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>

struct unit {
	const char *name;
	void (*fill)(Suite *suite);
};

/* An array of pointers made by the linker: adding a file adds its suite. */
#define UNIT_SUITE(name)                                                    \
	static void name##_fill(Suite *suite);                              \
	static const struct unit name##_unit = { #name, name##_fill };      \
	static const struct unit *const name##_entry                        \
		__attribute__((used, section("unit_suites"))) = &name##_unit; \
	static void name##_fill(Suite *suite)

static inline TCase *unit_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	suite_add_tcase(suite, tc);
	return tc;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "unit.h"

extern const struct unit *const __start_unit_suites[];
extern const struct unit *const __stop_unit_suites[];

int main(void)
{
	const struct unit *const *unit;
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (unit = __start_unit_suites; unit < __stop_unit_suites; unit++) {
		Suite *suite = suite_create((*unit)->name);

		(*unit)->fill(suite);
		srunner_add_suite(runner, suite);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The proof of one row of the reference device's tables: the suite judges the
 * device that the row makes.
 *
 *   reference, variant  legal: no rule may be broken, in any profile
 *   defect              the rule that it names must be broken, in profile
 *                       strict, or the tests that check it must end badly
 */
#ifndef MIGCHECK_CMD_PROVE_ROW_H
#define MIGCHECK_CMD_PROVE_ROW_H

#include "../run/suite.h"

struct prove_on;
struct refdev_row;

enum prove_verdict {
	PROVE_OK,
	PROVE_MISSED,
	PROVE_FALSE_ALARM,
	PROVE_CRASH,
	PROVE_INERT, /* a defect that does not survive on this host */
	PROVE_VERDICTS
};

struct prove_result {
	enum prove_verdict verdict;
	bool stale; /* listed as inert, but a defect is caught, a variant passes */
	char failed[1000]; /* numbers of broken rules, and tests that ended badly */
};

/* "emu:v1+NAME", "emu:v1" for a reference. */
void prove_uri(const struct refdev_row *row, char *ret_uri, size_t size);
/* "reference", "variant" or "defect". */
const char *prove_kind(const struct refdev_row *row);

/*
 * Runs what the proof needs, on the devices of @on where it has any. The
 * selection of tests in @suite is lost. False where the tool was interrupted.
 */
bool prove_row(struct suite *suite, const struct refdev_row *row,
	       const struct prove_on *on, struct prove_result *ret_result);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test binary says: flat TAP 13 on stdout, names of [A-Za-z0-9_-]
 * only, a bare "# SKIP", the reason on a line of its own; and the same as an
 * event of the event file.
 */
#ifndef MIGCHECK_RUN_TAP_H
#define MIGCHECK_RUN_TAP_H

#include "../spec/spec.h"

/* Where a requirement is checked: `migcheck rules` counts these. */
struct req_site {
	enum req req;
	const char *test; /* function: fixture_test, or a helper's name */
} __attribute__((aligned(16)));

/*
 * Result @number of a test named "fixture.test". @exit_code is the harness's
 * (0, 1 or 4); @reason is empty or says why it was skipped.
 */
void tap_result(unsigned int number, int exit_code, const char *name,
		const char *reason);

/* Before all else. True where the command line asks for --contents. */
bool tap_begin(int argc, char **argv);
void tap_sites(const struct req_site *first, const struct req_site *last);

#endif

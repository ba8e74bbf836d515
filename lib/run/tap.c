// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../bench.h"
#include "tap.h"

enum { TAP_PASS = 0, TAP_SKIP = 4 };

static const char *outcome_of(int exit_code, const char *reason)
{
	static const struct {
		const char *prefix, *outcome;
	} skips[] = {
		{ "not offered: ", "not-offered" },
		{ "road blocked: ", "blocked" },
		{ "error: ", "crash" },
		{ "", "skip" },
	};
	size_t i = 0;

	if (exit_code == TAP_PASS)
		return "pass";
	if (exit_code != TAP_SKIP)
		return "fail";
	while (strncmp(reason, skips[i].prefix, strlen(skips[i].prefix)))
		i++;
	return skips[i].outcome;
}

static double seconds_since_last(void)
{
	static struct timespec last;
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!last.tv_sec)
		last = now;
	seconds = (double)(now.tv_sec - last.tv_sec) +
		  (double)(now.tv_nsec - last.tv_nsec) / 1e9;
	last = now;
	return seconds;
}

void tap_result(unsigned int number, int exit_code, const char *name,
		const char *reason)
{
	bool ok = exit_code == TAP_PASS || exit_code == TAP_SKIP;
	char flat[256];
	char *c;

	snprintf(flat, sizeof(flat), "%s", name);
	for (c = flat; *c; c++)
		if (*c == '.')
			*c = '-';
	if (reason[0])
		printf("# %s: %s\n", flat, reason);
	printf("%s %u %s%s\n", ok ? "ok" : "not ok", number, flat,
	       exit_code == TAP_SKIP ? " # SKIP" : "");
	fflush(stdout);
	bench_test_ended(flat, outcome_of(exit_code, reason), reason,
			 seconds_since_last());
}

bool tap_begin(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	seconds_since_last();
	return argc == 2 && !strcmp(argv[1], "--contents");
}

void tap_sites(const struct req_site *first, const struct req_site *last)
{
	const struct req_site *site;

	for (site = first; site < last; site++)
		printf("%s\t%s\n", spec_rows[site->req].symbol, site->test);
}

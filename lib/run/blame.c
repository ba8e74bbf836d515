// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "blame.h"

static void blame(struct record *record, const struct record_test *test,
		  enum req req, const struct record_fact *like)
{
	struct record_fact fact = {
		.req = req, .outcome = REPORT_BREACH, .fatal = true,
		.test = test->name, .seen = like->seen, .calls = like->calls,
		.trace = like->trace,
	};

	record_add_fact(record, &fact);
}

u32 blame_function(struct record *record, const struct record_test *test,
		   const struct record_fact *like)
{
	const struct suite_binary *binary = test->binary;
	const char *function = suite_function(binary, test->name);
	bool done[REQ_COUNT] = { false };
	const struct suite_site *site;
	u32 i, count = 0;

	for (i = 0; i < binary->site_count; i++) {
		site = &binary->sites[i];
		if (done[site->req] || strcmp(site->function, function))
			continue;
		done[site->req] = true;
		blame(record, test, site->req, like);
		count++;
	}
	return count;
}

/* Of what the judge speaks of, any test does. */
static bool spoken_of(const struct record_test *test, enum req req)
{
	return test->held[req] && !suite_judged(req);
}

u32 blame_helpers(struct record *record, const struct record_test *test,
		  bool heard, const struct record_fact *like)
{
	const struct suite_binary *binary = test->binary;
	bool done[REQ_COUNT] = { false };
	const struct suite_site *site;
	u32 i, count = 0;

	for (i = 0; i < binary->site_count; i++) {
		site = &binary->sites[i];
		if (done[site->req] || !site->helper ||
		    (heard && !spoken_of(test, site->req)))
			continue;
		done[site->req] = true;
		blame(record, test, site->req, like);
		count++;
	}
	return count;
}

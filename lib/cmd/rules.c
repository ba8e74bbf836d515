// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "../run/say.h"
#include "../run/select.h"
#include "../run/table.h"
#include "cmd.h"
#include "proof.h"

static const struct cmd_option options[] = {
	{ "format", 'f', true, cmd_set_format },
	{ NULL },
};

static void add_rule(struct table *table, const struct suite *suite, enum req req)
{
	const struct spec_row *row = &spec_rows[req];
	char *proof = proof_text(req);
	char checks[12];
	const char *cells[] = {
		row->number, row->symbol, spec_level_name(row->level),
		spec_who_name(row->who), row->since, row->until, checks, proof,
	};

	snprintf(checks, sizeof(checks), "%u", suite_check_count(suite, req));
	table_row(table, cells);
	free(proof);
}

static bool wanted(char *const *globs, enum req req)
{
	if (!*globs)
		return true;
	for (; *globs; globs++)
		if (select_matches_rule(*globs, req))
			return true;
	return false;
}

static const char *unmatched(char *const *globs)
{
	int req;

	for (; *globs; globs++) {
		for (req = 0; req < REQ_COUNT; req++)
			if (select_matches_rule(*globs, (enum req)req))
				break;
		if (req == REQ_COUNT)
			return *globs;
	}
	return NULL;
}

static int run(int argc, char **argv)
{
	struct table table = {
		.names = { "number", "name", "level", "who", "since", "until",
			   "checks", "proof" },
		.widths = { 13, 44, 6, 11, 5, 5, 6, 20 },
	};
	struct suite suite;
	char **globs;
	int req, status = cmd_parse(argc, argv, options, &table.format, &globs);

	if (status)
		return status;
	if (unmatched(globs))
		return cmd_no_such_rule("rules", unmatched(globs));
	if (suite_load(&suite))
		say_error("no tests in %s: only checks of the judge are counted",
			  suite.dir);
	table_begin(&table);
	for (req = 0; req < REQ_COUNT; req++)
		if (wanted(globs, (enum req)req))
			add_rule(&table, &suite, (enum req)req);
	table_end(&table);
	suite_free(&suite);
	return CMD_GOOD;
}

const struct cmd cmd_rules = {
	.name = "rules",
	.line = "list the rules, what checks them and what proves the checks",
	.run = run,
	.help =
"usage: migcheck rules [GLOB...] [--format text|tsv|json]\n\n"
"Lists the rules whose number or symbol matches. Columns: number, name, level\n"
"(in profile default), whom it binds, first and last kernel, how many checks it\n"
"has, and the defects of the reference device that prove them.\n\n"
"  migcheck rules 'V2-PRE-*'\n"
"  migcheck rules --format tsv | cut -f 1,8 | grep unproven\n",
};

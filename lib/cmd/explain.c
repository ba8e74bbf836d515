// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <refdev/refdev.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "../run/suite.h"
#include "cmd.h"
#include "proof.h"

static const struct cmd_option options[] = { { NULL } };

static const struct {
	u32 need;
	const char *name;
} needs[] = {
	{ NEED_MMAP, "a data section that can be mapped" },
	{ NEED_P2P, "the P2P states" },
	{ NEED_PRE_COPY, "the pre-copy states" },
	{ NEED_LOGGING, "dirty page logging" },
	{ NEED_DATA_SIZE, "the data size feature" },
	{ NEED_INFO2, "the second pre-copy info feature" },
	{ NEED_STIMULUS, "a stimulus that knows the device" },
	{ NEED_DMA, "a stimulus that makes it do DMA" },
	{ NEED_IRQ, "a stimulus that makes it interrupt" },
	{ NEED_SECOND, "a second device of its kind" },
	{ NEED_PEER, "a second device that it can write to" },
	{ NEED_CDEV, "its own character device" },
	{ NEED_BAD_POINTERS, "a carrier that sees user pointers" },
	{ NEED_POLL, "a carrier with poll" },
	{ NEED_DESCRIPTORS, "sessions that are file descriptors" },
	{ NEED_ERROR_STATE, "a way into the error state" },
	{ NEED_CONFIG_SPACE, "a PCI config region" },
	{ NEED_FAULTS, "a kernel that makes calls fail on demand" },
};

#define INDENT "       "

static void say_section(const char *title)
{
	say("%s\n", say_strong(title));
}

static void say_text(const char *text)
{
	say_folded(INDENT, text);
}

static void say_source(const struct spec_row *row)
{
	char *text = mem_printf("%s; binds the %s; Linux %s to %s",
				spec_level_name(row->level),
				spec_who_name(row->who), row->since,
				row->until[0] ? row->until : "now");
	size_t i;

	say_text(row->source);
	say_text(text);
	free(text);
	for (i = 0; i < ARRAY_SIZE(needs); i++)
		if (row->needs & needs[i].need)
			say(INDENT "needs %s\n", needs[i].name);
}

static void say_severities(enum req req)
{
	int p;

	say(INDENT "%-12s  %-6s  %s\n", "profile", "breach", "lapse");
	for (p = 0; p < PROFILE_COUNT; p++)
		say(INDENT "%-12s  %-6s  %s\n", spec_profile_name(p),
		    spec_severity_name(spec_severity(req, GRADE_BREACH, p)),
		    spec_severity_name(spec_severity(req, GRADE_LAPSE, p)));
	say(INDENT "A breach breaks the rule; a lapse is legal, but the rule "
	    "advises against it.\n");
}

static void say_check(void *ctx, const char *name)
{
	(void)ctx;
	say(INDENT "  %s\n", name);
}

static void say_checks(const struct spec_row *row)
{
	enum req req = spec_req(row);
	const char *reason = spec_unchecked_reason(req);
	struct suite suite;

	say_text(row->check);
	suite_load(&suite);
	suite_check_names(&suite, req, say_check, NULL);
	if (!suite_check_count(&suite, req) && reason)
		say_folded(INDENT "unchecked: ", reason);
	else if (!suite_check_count(&suite, req))
		say(INDENT "nothing yet\n");
	suite_free(&suite);
}

/* Rows of the reference device; how many there were. */
static u32 say_rows(const char *kind, enum req req)
{
	const struct refdev_row *row;
	u32 i, count = 0;

	for (i = 0; (row = refdev_row(i)); i++) {
		if (!proof_names(row, kind, req))
			continue;
		say(INDENT "emu:%s+%s\n", row->base, row->name);
		say_folded(INDENT "  ", row->text);
		count++;
	}
	return count;
}

static void say_proof(enum req req)
{
	char *text = proof_text(req);

	if (!say_rows("defect", req))
		say_text(text);
	free(text);
}

static void say_tolerated(const struct spec_row *row)
{
	if (row->tolerates[0])
		say_text(row->tolerates);
	if (!say_rows("variant", spec_req(row)) && !row->tolerates[0])
		say_text("nothing beside what it says");
}

static void explain(const struct spec_row *row)
{
	enum req req = spec_req(row);

	say_section("NAME");
	say(INDENT "%s, %s\n\n", row->number, row->symbol);
	say_section("SOURCE");
	say_source(row);
	say("\n");
	say_section("DESCRIPTION");
	say_text(row->sentence);
	say("\n");
	say_section("CHECKED BY");
	say_checks(row);
	say("\n");
	say_section("PROVEN BY");
	say_proof(req);
	say("\n");
	say_section("TOLERATES");
	say_tolerated(row);
	say("\n");
	say_section("SEVERITY BY PROFILE");
	say_severities(req);
	say("\n");
	say_section("TRY");
	say(INDENT "migcheck run URI -t %s\n" INDENT "migcheck prove %s\n",
	    row->number, row->number);
}

static int run(int argc, char **argv)
{
	const struct spec_row *row;
	char **rules, **rule;
	int status = cmd_parse(argc, argv, options, NULL, &rules);

	if (status)
		return status;
	if (!*rules)
		return cmd_usage("explain", "which rule?");
	for (rule = rules; *rule; rule++)
		if (!spec_find(*rule))
			return cmd_no_such_rule("explain", *rule);
	for (rule = rules; *rule; rule++) {
		row = spec_find(*rule);
		say("%s", rule == rules ? "" : "\n");
		explain(row);
	}
	return CMD_GOOD;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.line = "tell all about a rule",
	.run = run,
	.help =
"usage: migcheck explain RULE...\n\n"
"Shows the text of a rule (number or symbol), its source, what a breach means\n"
"in each profile, how it is checked, the defect that proves the check, and the\n"
"legal variants that the check must tolerate.\n\n"
"  migcheck explain V1-PEND-002\n"
"  migcheck explain V2_DATA_FD_DIES_WITH_SESSION\n",
};

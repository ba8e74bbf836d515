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
};

static void say_needs(const struct spec_row *row)
{
	const char *head = "needs:     ";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		if (!(row->needs & needs[i].need))
			continue;
		say("%s%s\n", head, needs[i].name);
		head = "           ";
	}
}

static void say_levels(enum req req)
{
	int p;

	say("a breach:  ");
	for (p = 0; p < PROFILE_COUNT; p++)
		say("%s%s %s", p ? ", " : "", spec_profile_name(p),
		    spec_severity_name(spec_severity(req, GRADE_BREACH, p)));
	say("\na lapse:   ");
	for (p = 0; p < PROFILE_COUNT; p++)
		say("%s%s %s", p ? ", " : "", spec_profile_name(p),
		    spec_severity_name(spec_severity(req, GRADE_LAPSE, p)));
	say("\n");
}

static void say_check(void *ctx, const char *name)
{
	const char **head = ctx;

	say("%s%s\n", *head, name);
	*head = "           ";
}

static void say_checks(enum req req)
{
	const char *head = "checks:    ", *reason = spec_unchecked_reason(req);
	struct suite suite;

	suite_load(&suite);
	suite_check_names(&suite, req, say_check, &head);
	if (!suite_check_count(&suite, req) && reason)
		say_folded("unchecked: ", reason);
	else if (!suite_check_count(&suite, req))
		say("checks:    none\n");
	suite_free(&suite);
}

static void say_rows(const char *kind, const char *head, enum req req)
{
	const struct refdev_row *row;
	char *text;
	u32 i;

	for (i = 0; (row = refdev_row(i)); i++) {
		if (!proof_names(row, kind, req))
			continue;
		text = mem_printf("emu:%s+%s  %s", row->base, row->name,
				  row->text);
		say_folded(head, text);
		free(text);
		head = "           ";
	}
}

static void say_proof(enum req req)
{
	char *defects = proof_list("defect", req);
	char *text = proof_text(req);

	if (defects[0])
		say_rows("defect", "proof:     ", req);
	else
		say_folded("proof:     ", text);
	free(defects);
	free(text);
}

static void explain(const struct spec_row *row)
{
	enum req req = spec_req(row);

	say("%s %s\n", row->number, row->symbol);
	say_folded("           ", row->sentence);
	say("level:     %s, binds the %s\n", spec_level_name(row->level),
	    spec_who_name(row->who));
	say("kernels:   %s to %s\n", row->since,
	    row->until[0] ? row->until : "now");
	say_folded("source:    ", row->source);
	say_needs(row);
	say_levels(req);
	say_folded("checked:   ", row->check);
	say_checks(req);
	if (row->tolerates[0])
		say_folded("tolerates: ", row->tolerates);
	say_rows("variant", "variants:  ", req);
	say_proof(req);
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

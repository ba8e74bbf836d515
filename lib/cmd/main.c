// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../environment.h"
#include "../run/child.h"
#include "../run/judgement.h"
#include "../run/say.h"
#include "cmd.h"

static const struct cmd *const verbs[] = {
	&cmd_run,     &cmd_list,  &cmd_rules,   &cmd_explain,
	&cmd_prove,   &cmd_report, &cmd_diff, &cmd_waive,	 &cmd_replay,
	&cmd_restore, &cmd_conclude,
};

static void say_verbs(void)
{
	size_t i;

	say("migcheck judges the migration uAPI of VFIO devices.\n\n"
	    "usage: migcheck [VERB [ARGUMENTS]]\n\n");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		say("  %-9s %s\n", verbs[i]->name, verbs[i]->line);
	say("\nWithout a verb: list. `migcheck VERB --help` tells more. Each verb takes\n"
	    "--color auto|always|never; NO_COLOR is heeded.\n"
	    "Exit status: 0 good, 1 a violation, 4 nothing could be tested,\n"
	    "64 wrong usage, 99 the harness or its environment failed.\n\n"
	    "  migcheck run emu:v1 emu:v2\n"
	    "  migcheck run vfio:0000:3b:00.2 --profile strict -o results\n");
}

static int run_verb(const struct cmd *cmd, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h"))
			continue;
		say("%s", cmd->help);
		return CMD_GOOD;
	}
	return cmd->run(argc, argv);
}

/* --color may stand before the verb, too. Takes it out; a status, or 0. */
static int take_color(int *argc, char ***argv)
{
	const char *arg = *argc > 1 ? (*argv)[1] : "", *value;
	int used = 1;

	if (strncmp(arg, "--color", 7) || (arg[7] && arg[7] != '='))
		return 0;
	value = arg[7] ? arg + 8 : NULL;
	if (!value && *argc > 2)
		value = (*argv)[++used];
	*argc -= used;
	*argv += used;
	return cmd_set_color(value ? value : "");
}

static int dispatch(int argc, char **argv)
{
	const char *verb, *wrong = environment_wrong();
	int status = take_color(&argc, &argv);
	size_t i;

	if (status)
		return status;
	if (wrong) {
		say_error("%s is '%s', not a number that fits; unset it, or see migcheck(1)",
			  wrong, getenv(wrong));
		return CMD_USAGE;
	}
	verb = argc > 1 ? argv[1] : "list";
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h") ||
	    !strcmp(verb, "help")) {
		say_verbs();
		return CMD_GOOD;
	}
	if (!strcmp(verb, "--version")) {
		say("migcheck %s\n", MIGCHECK_VERSION);
		return CMD_GOOD;
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i]->name))
			return run_verb(verbs[i], argc > 1 ? argc - 1 : 1,
					argc > 1 ? argv + 1 : argv);
	say_error("no verb '%s'; migcheck --help names them", verb);
	return CMD_USAGE;
}

int main(int argc, char **argv)
{
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	child_prepare();
	status = dispatch(argc, argv);
	if (say_flush() && (status == CMD_GOOD || status == CMD_VIOLATION))
		return CMD_ENVIRONMENT; /* the verdict got lost */
	return status;
}

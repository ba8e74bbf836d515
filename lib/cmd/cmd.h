/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of migcheck. Each file makes one struct cmd; main.c lists them.
 *
 * A verb gets argv with itself in argv[0] and returns the exit status: 0 good,
 * 1 a violation or a proof that failed, 4 nothing could be tested, 64 usage,
 * 99 the harness or its environment failed. Other values mean something else to
 * the runners in use and are never returned.
 */
#ifndef MIGCHECK_CMD_CMD_H
#define MIGCHECK_CMD_CMD_H

#include "../types.h"

enum cmd_status {
	CMD_GOOD = 0,
	CMD_VIOLATION = 1,
	CMD_NOTHING = 4,
	CMD_USAGE = 64,
	CMD_ENVIRONMENT = 99,
};

struct cmd {
	const char *name;
	const char *line; /* what it does, for the list of verbs */
	const char *help; /* synopsis, options, two examples */
	int (*run)(int argc, char **argv);
};

extern const struct cmd cmd_run, cmd_rules, cmd_explain, cmd_list, cmd_prove,
	cmd_report, cmd_restore, cmd_conclude, cmd_replay, cmd_diff, cmd_waive;

/* An option of a verb. The letter is 0 for long options only. */
struct cmd_option {
	const char *name;
	char letter;
	bool has_value;
	/* 0, or a status after it has said what is wrong. */
	int (*set)(void *ctx, const char *value);
};

/* Those of run; the context is its struct campaign_options. */
extern const struct cmd_option cmd_run_options[];

/*
 * Takes the options out of @argv, wherever they stand, and does what --color
 * says, which is an option of every verb; *@ret_rest is the first
 * of the other arguments, which end with NULL. 0, or CMD_USAGE after a line on
 * standard error. @options ends with a NULL name.
 */
int cmd_parse(int argc, char **argv, const struct cmd_option *options,
	      void *ctx, char ***ret_rest);

/* Says what is wrong, and where help is. CMD_USAGE. */
int cmd_usage(const char *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The value of --color. */
int cmd_set_color(const char *value);

/* "text", "tsv" or "json" into the enum table_format at @ctx. */
int cmd_set_format(void *ctx, const char *value);

/* Says that @glob matches no rule, and the nearest. CMD_USAGE. */
int cmd_no_such_rule(const char *verb, const char *glob);

#endif

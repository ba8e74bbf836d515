// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../run/nearest.h"
#include "../run/say.h"
#include "../run/table.h"
#include "cmd.h"

enum { OPTIONS_MAX = 24, LONG_ONLY = 256, COLOR = 512 };

/* getopt's two views of the table. */
struct views {
	char letters[3 * OPTIONS_MAX + 2];
	struct option longs[OPTIONS_MAX + 2];
};

static void make_views(const struct cmd_option *options, struct views *ret_views)
{
	char *letter = ret_views->letters;
	int i;

	*letter++ = ':'; /* tells a missing value from an unknown option */
	for (i = 0; options[i].name; i++) {
		ret_views->longs[i] = (struct option){
			.name = options[i].name,
			.has_arg = options[i].has_value,
			.val = LONG_ONLY + i,
		};
		if (!options[i].letter)
			continue;
		*letter++ = options[i].letter;
		if (options[i].has_value)
			*letter++ = ':';
	}
	*letter = '\0';
	ret_views->longs[i++] = (struct option){ /* of every verb */
		.name = "color", .has_arg = true, .val = COLOR,
	};
	ret_views->longs[i] = (struct option){ .name = NULL };
}

static const struct cmd_option *find_option(const struct cmd_option *options,
					    int found)
{
	if (found >= LONG_ONLY)
		return &options[found - LONG_ONLY];
	while (options->letter != found)
		options++;
	return options;
}

int cmd_parse(int argc, char **argv, const struct cmd_option *options,
	      void *ctx, char ***ret_rest)
{
	struct views views = { .letters = "" };
	int found, status;

	make_views(options, &views);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, views.letters, views.longs,
				    NULL)) != -1) {
		if (found == ':')
			return cmd_usage(argv[0], "%s needs a value",
					 argv[optind - 1]);
		if (found == '?')
			return cmd_usage(argv[0], "no option %s",
					 argv[optind - 1]);
		status = found == COLOR ? cmd_set_color(optarg) :
			 find_option(options, found)->set(ctx, optarg);
		if (status)
			return status;
	}
	*ret_rest = argv + optind;
	return 0;
}

int cmd_usage(const char *verb, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_error("%s: %s (migcheck %s --help)", verb, text, verb);
	return CMD_USAGE;
}

int cmd_set_color(const char *value)
{
	if (!say_set_color(value))
		return 0;
	say_error("--color: '%s' is none of auto, always, never", value);
	return CMD_USAGE;
}

int cmd_set_format(void *ctx, const char *value)
{
	int format = table_format_find(value);

	if (format < 0) {
		say_error("no format '%s': text, tsv or json", value);
		return CMD_USAGE;
	}
	*(enum table_format *)ctx = (enum table_format)format;
	return 0;
}

int cmd_no_such_rule(const char *verb, const char *glob)
{
	struct nearest nearest = { .wanted = glob };
	char *names;

	nearest_offer_rules(&nearest);
	names = nearest_text(&nearest);
	say_error("%s: '%s' is no rule; nearest: %s", verb, glob, names);
	free(names);
	return CMD_USAGE;
}

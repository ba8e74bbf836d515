// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other forms of results.json are made by the Python package lib/report; this
 * is the way to it. A guest of a VM or an initramfs has no Python: there the
 * results are carried out and reported elsewhere.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../run/mem.h"
#include "../run/say.h"
#include "cmd.h"

/* Below the directory of the tool: installed, and in the build tree. */
static const char *const places[] = {
	"../libexec/migcheck/report", "../lib/report", "../../lib/report",
};

static const struct cmd_option options[] = { { NULL } };

/* The directory of the package, or NULL; free(). */
static char *find_package(void)
{
	char exe[4096], *dir, *main;
	bool found;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t i;

	if (len <= 0)
		return NULL;
	exe[len] = '\0';
	dirname(exe);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		dir = mem_printf("%s/%s", exe, places[i]);
		main = mem_printf("%s/__main__.py", dir);
		found = !access(main, R_OK);
		free(main);
		if (found)
			return dir;
		free(dir);
	}
	return NULL;
}

/* Becomes python3; returns only where that is impossible. */
static int become_python(char *package, char **rest)
{
	char **argv;
	size_t n = 0;

	while (rest[n])
		n++;
	argv = calloc(n + 4, sizeof(*argv));
	if (!argv)
		return CMD_ENVIRONMENT;
	argv[0] = "python3";
	argv[1] = "-IB"; /* nothing but its own modules, and no file left */
	argv[2] = package;
	memcpy(argv + 3, rest, n * sizeof(*argv));
	say_flush();
	execvp(argv[0], argv);
	say_error("report: cannot start python3, which makes the reports: %s",
		  strerror(errno));
	free(argv);
	return CMD_ENVIRONMENT;
}

static int run(int argc, char **argv)
{
	char **rest, *package;
	int status = cmd_parse(argc, argv, options, NULL, &rest);

	if (status)
		return status;
	if (!rest[0] || !rest[1])
		return cmd_usage("report", "needs a format and a directory");
	package = find_package();
	if (package) {
		status = become_python(package, rest);
		free(package);
	} else {
		say_error("report: the Python package that makes the reports is "
			  "not installed beside migcheck");
		status = CMD_ENVIRONMENT;
	}
	return status;
}

const struct cmd cmd_report = {
	.name = "report",
	.line = "make another format from saved results",
	.run = run,
	.help =
"usage: migcheck report FORMAT DIR...\n\n"
"Prints the results that runs with -o DIR have left, several side by side.\n"
"Needs python3. FORMAT is\n\n"
"  text          for a terminal\n"
"  md            12 to 20 plain lines a device, for a cover letter\n"
"  html          one page: state machine, matrix of rules, failures\n"
"  junit         XML for build servers\n"
"  tap           flat TAP 13\n"
"  ktap          flat KTAP; ktap-nested for kunit.py\n"
"  lava          result file of send-to-lava.sh; lava-signals for a console\n"
"  tmt           results.yaml of a custom result\n"
"  kcidb         tests of schema 5.3\n\n"
"  migcheck report html results-v1 results-v2 >results.html\n"
"  migcheck report junit results >junit.xml\n",
};

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <refdev/refdev.h>

#include "../run/campaign.h"
#include "../run/child.h"
#include "../run/mem.h"
#include "../run/nearest.h"
#include "../run/progress.h"
#include "../run/say.h"
#include "../run/select.h"
#include "../run/table.h"
#include "cmd.h"
#include "proof.h"
#include "prove_on.h"
#include "prove_over.h"
#include "prove_row.h"

enum { WORKERS_MAX = 8, EXCEPT_MAX = 16 };

/* A row and its proof. Shared with the worker that makes it. */
struct job {
	const struct refdev_row *row;
	struct prove_result result;
	pid_t worker;
	bool done;
};

struct prove {
	struct suite suite;
	struct prove_on on;
	const char *kind; /* only rows of it, NULL for all */
	const char *except[EXCEPT_MAX];
	u32 excepts;
	struct job *jobs;
	u32 count, started, told;
	struct table table;
	u32 totals[PROVE_VERDICTS], stale;
};

static const char *const verdict_names[PROVE_VERDICTS] = {
	"ok",
	"missed",
	"false-alarm",
	"crash",
	"inert",
};

static int set_format(void *ctx, const char *value)
{
	return cmd_set_format(&((struct prove *)ctx)->table.format, value);
}

static int set_over(void *ctx, const char *value)
{
	((struct prove *)ctx)->on.over = true;
	return prove_over_check(value);
}

static int set_on(void *ctx, const char *value)
{
	return prove_on_add(&((struct prove *)ctx)->on, value);
}

static int set_inert(void *ctx, const char *value)
{
	return prove_on_load_inert(&((struct prove *)ctx)->on, value);
}

static int set_kind(void *ctx, const char *value)
{
	static const char *const kinds[] = { "reference", "variant", "defect" };
	struct prove *prove = ctx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i], value))
			prove->kind = kinds[i];
	if (prove->kind)
		return 0;
	return cmd_usage("prove", "no kind '%s': reference, variant or defect",
			 value);
}

static int set_except(void *ctx, const char *value)
{
	struct prove *prove = ctx;

	if (prove->excepts == EXCEPT_MAX)
		return cmd_usage("prove", "more than %d times -x", EXCEPT_MAX);
	prove->except[prove->excepts++] = value;
	return 0;
}

static const struct cmd_option options[] = {
	{ "exclude", 'x', true, set_except },
	{ "format", 'f', true, set_format },
	{ "kind", 'k', true, set_kind },
	{ "on", 0, true, set_on },
	{ "over", 0, true, set_over },
	{ "inert", 0, true, set_inert },
	{ NULL },
};

static bool matches(const char *glob, const struct refdev_row *row)
{
	char uri[256];
	int req;

	prove_uri(row, uri, sizeof(uri));
	if (!fnmatch(glob, row->name, FNM_CASEFOLD) ||
	    !fnmatch(glob, uri, FNM_CASEFOLD))
		return true;
	for (req = 0; req < REQ_COUNT; req++)
		if (proof_names(row, "defect", (enum req)req) &&
		    select_matches_rule(glob, (enum req)req))
			return true;
	return false;
}

static bool wanted(const struct prove *prove, char *const *globs,
		   const struct refdev_row *row)
{
	u32 i;

	if (prove->on.count && !prove_on_fits(&prove->on, row))
		return false;
	if (prove->kind && strcmp(prove->kind, prove_kind(row)))
		return false;
	for (i = 0; i < prove->excepts; i++)
		if (matches(prove->except[i], row))
			return false;
	if (!*globs)
		return true;
	for (; *globs; globs++)
		if (matches(*globs, row))
			return true;
	return false;
}

static int no_such_row(const char *glob)
{
	struct nearest nearest = { .wanted = glob };
	const struct refdev_row *row;
	char *names;
	u32 i;

	for (i = 0; (row = refdev_row(i)); i++)
		nearest_offer(&nearest, row->name);
	names = nearest_text(&nearest);
	say_error("prove: '%s' matches no profile, variant, defect or rule of a "
		  "defect; nearest: %s", glob, names);
	free(names);
	return CMD_USAGE;
}

static int make_jobs(struct prove *prove, char *const *globs)
{
	const struct refdev_row *row;
	u32 rows = 0, i;

	while (refdev_row(rows))
		rows++;
	prove->jobs =
		mmap(NULL, (rows + 1) * sizeof(struct job),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (prove->jobs == MAP_FAILED) {
		say_error("prove: %s", strerror(errno));
		return CMD_ENVIRONMENT;
	}
	for (i = 0; (row = refdev_row(i)); i++)
		if (wanted(prove, globs, row))
			prove->jobs[prove->count++].row = row;
	return prove->count ? 0 : no_such_row(*globs ? *globs : "*");
}

static void start_job(struct prove *prove)
{
	struct job *job = &prove->jobs[prove->started++];
	pid_t worker;

	job->result.verdict = PROVE_CRASH; /* unless it says better */
	fflush(stdout);
	worker = fork();
	if (!worker) {
		child_prepare();
		_exit(!prove_row(&prove->suite, job->row, &prove->on,
				 &job->result));
	}
	job->worker = worker;
	job->done = worker < 0;
}

static void tell_job(struct prove *prove, const struct job *job)
{
	enum prove_verdict verdict = job->result.verdict;
	char uri[256];
	const char *cells[] = {
		prove_kind(job->row),
		uri,
		job->row->rules ? job->row->rules : "",
		job->result.failed,
		verdict_names[verdict],
	};

	prove_uri(job->row, uri, sizeof(uri));
	progress_step();
	progress_at(uri);
	prove->totals[verdict]++;
	prove->stale += job->result.stale;
	if (job->result.stale)
		say_error("prove: %s is listed as inert, and is not",
			  job->row->name);
	table_row(&prove->table, cells);
}

/* In the order of the tables, whoever is ready first. */
static void tell_ready(struct prove *prove)
{
	while (prove->told < prove->started && prove->jobs[prove->told].done)
		tell_job(prove, &prove->jobs[prove->told++]);
}

/* Waits for one worker to end. False where the tool is to end. */
static bool reap_job(struct prove *prove)
{
	pid_t pid = waitpid(-1, NULL, 0);
	bool none = pid < 0 && errno == ECHILD;
	u32 i;

	for (i = prove->told; i < prove->started; i++)
		if (none || prove->jobs[i].worker == pid)
			prove->jobs[i].done = true;
	return !child_interrupted();
}

static u32 busy_workers(const struct prove *prove)
{
	u32 i, busy = 0;

	for (i = prove->told; i < prove->started; i++)
		busy += !prove->jobs[i].done;
	return busy;
}

static void stop_workers(struct prove *prove)
{
	u32 i;

	for (i = prove->told; i < prove->started; i++)
		if (!prove->jobs[i].done)
			kill(prove->jobs[i].worker, SIGTERM);
	while (busy_workers(prove))
		reap_job(prove);
}

static int prove_all(struct prove *prove)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	u32 workers = cpus < 1 ? 1 : (u32)cpus;

	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	if (prove->on.count) /* rows take turns on the same devices */
		workers = 1;
	while (prove->told < prove->count) {
		while (prove->started < prove->count &&
		       busy_workers(prove) < workers)
			start_job(prove);
		if (busy_workers(prove) && !reap_job(prove)) {
			stop_workers(prove);
			say_error("prove: interrupted");
			return CMD_ENVIRONMENT;
		}
		tell_ready(prove);
	}
	return 0;
}

static int finish(struct prove *prove)
{
	const u32 *t = prove->totals;

	table_end(&prove->table);
	if (prove->table.format == TABLE_TEXT)
		say("%u ok, %u missed, %u false-alarm, %u crash%s", t[PROVE_OK],
		    t[PROVE_MISSED], t[PROVE_FALSE_ALARM], t[PROVE_CRASH],
		    prove->on.count || prove->on.over ? "" : "\n");
	if (prove->table.format == TABLE_TEXT &&
	    (prove->on.count || prove->on.over))
		say(", %u inert\n", t[PROVE_INERT]);
	return t[PROVE_OK] + t[PROVE_INERT] == prove->count && !prove->stale ?
		       CMD_GOOD : CMD_VIOLATION;
}

static int run(int argc, char **argv)
{
	struct prove prove = {
		.table = {
			.names = { "kind", "uri", "rule", "failed", "verdict" },
			.widths = { 9, 44, 13, 24, 11 },
		},
	};
	char **globs;
	int status = cmd_parse(argc, argv, options, &prove, &globs);

	if (!status)
		status = make_jobs(&prove, globs);
	if (!status)
		status = campaign_suite(&prove.suite);
	if (status)
		return status;
	table_begin(&prove.table);
	progress_begin("prove", prove.count);
	status = prove_all(&prove);
	progress_end();
	if (!status)
		status = finish(&prove);
	suite_free(&prove.suite);
	prove_on_free(&prove.on);
	return status;
}

const struct cmd cmd_prove = {
	.name = "prove",
	.line = "prove the checks on deliberately broken devices",
	.run = run,
	.help =
"usage: migcheck prove [GLOB...] [-x GLOB]... [--kind reference|variant|defect]\n"
"                      [--on URI]... [--inert FILE]... [--over vfio-user] [--format text|tsv|json]\n\n"
"Runs the suite on every reference device, every legal variant and every defect\n"
"(or those whose name, URI or rule matches). Legal devices must break no rule, a\n"
"defect must break the rule that it names. Verdicts: ok, missed (a defect that\n"
"nobody noticed), false-alarm (a legal device blamed), crash (of the harness).\n"
"The rules of a variant are those that must tolerate it.\n\n"
"With --on the rows are made of mediated devices of the reference driver, one or\n"
"two of each profile; rows without a device of their profile are left out. FILE\n"
"names, a line each, defects that the kernel lets nobody see, and variants that no\n"
"driver in it can be: verdict inert.\n\n"
"With --over vfio-user each row is a process of refdev-server behind a socket.\n"
"Defects that this carrier cannot express are listed in a FILE, too; the column\n"
"failed says what it lacks. Out of the emulation variants run the tests of their\n"
"rules only.\n\n"
"  migcheck prove\n"
"  migcheck prove 'V1-PEND-*' --format tsv\n",
};

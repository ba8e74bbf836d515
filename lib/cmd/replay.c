// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run/campaign.h"
#include "../run/child.h"
#include "../run/say.h"
#include "cmd.h"
#include "replay.h"

enum { SLACK_MS = 30 * 1000 }; /* for what comes after the last call */

static void pass_on(void *ctx, const char *line)
{
	(void)ctx;
	say("%s\n", line);
}

static int work_apart(struct replay_job *job)
{
	struct child_watch watch = { .line = pass_on, .fd = -1 };
	struct child_result result;
	struct child child;

	if (child_start_function(replay_work, job, &child))
		return CMD_ENVIRONMENT;
	child_wait(&child, REPLAY_DEADLINE_MS + SLACK_MS, &watch, &result);
	if (result.end == CHILD_EXITED)
		return result.status;
	say_error("replay: the process that repeated the calls %s",
		  result.end == CHILD_KILLED ? "died" :
		  result.end == CHILD_ABANDONED ? "is stuck in the kernel" :
						  "was stopped");
	return CMD_ENVIRONMENT;
}

/* ---- the verb -------------------------------------------------------------------- */

static int set_judge(void *ctx, const char *value)
{
	(void)value;
	((struct replay_job *)ctx)->judge_only = true;
	return 0;
}

static const struct cmd_option options[] = {
	{ "judge", 'j', false, set_judge },
	{ NULL },
};

static int load(struct replay_job *job)
{
	int err = trace_reader_open(job->path, &job->reader);

	if (err) {
		say_error("%s: %s", job->path, job->reader.error);
		return err == -EINVAL || err == -EFBIG ? CMD_USAGE :
							 CMD_ENVIRONMENT;
	}
	if (job->reader.generation < 0 || job->reader.generation > REPLAY_GENERATIONS) {
		say_error("%s: no generation %d", job->path,
			  job->reader.generation);
		return CMD_USAGE;
	}
	if (job->reader.calls && job->reader.device_uris[0])
		return 0;
	say_error("%s: no calls in it, nothing to repeat", job->path);
	return CMD_NOTHING;
}

/* Asks before anything is repeated: it may be another device altogether. */
static int check_device(struct replay_job *job)
{
	struct device device;
	int status;

	if (!job->uri)
		job->uri = job->reader.device_uris[0];
	if (job->judge_only)
		return 0;
	device_probe(job->uri, &device);
	status = campaign_refuse(&device);
	if (status || !job->reader.generation ||
	    device.generation == job->reader.generation)
		return status;
	say_error("%s speaks protocol v%d, the trace v%d", job->uri,
		  device.generation, job->reader.generation);
	return CMD_NOTHING;
}

static int run(int argc, char **argv)
{
	struct replay_job job = { .path = NULL };
	char **rest;
	int status = cmd_parse(argc, argv, options, &job, &rest);

	if (status)
		return status;
	if (!rest[0] || (rest[1] && (rest[2] || job.judge_only)))
		return cmd_usage("replay", job.judge_only ?
				 "--judge takes one trace and no device" :
				 "a trace, and perhaps a device");
	job.path = rest[0];
	job.uri = rest[1];
	status = load(&job);
	if (!status)
		status = check_device(&job);
	if (!status)
		status = work_apart(&job);
	trace_reader_close(&job.reader);
	return status;
}

const struct cmd cmd_replay = {
	.name = "replay",
	.line = "repeat a recorded trace on a device",
	.run = run,
	.help =
"usage: migcheck replay FILE [URI]\n"
"       migcheck replay --judge FILE\n\n"
"Repeats the calls of a trace, one after the other, on the device of the trace\n"
"or on URI, holds what comes back against the rules, and leaves the device\n"
"RUNNING. Calls that give something else than before are told. What only the\n"
"test knew (the contents that it had put into the device) is not judged.\n\n"
"  -j, --judge        open no device: hold the recorded calls, and the user who\n"
"                     made them, against the rules\n\n"
"`migcheck run -o DIR` keeps a trace of each failure.\n\n"
"  migcheck replay results/trace-v2_session-old_fd_is_dead.txt\n"
"  migcheck replay --judge results/trace-v1_pending-zero_is_final.txt\n",
};

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/judge.h"
#include "../model/lint_user.h"
#include "../run/campaign.h"
#include "../run/child.h"
#include "../run/say.h"
#include "../trace/recorded.h"
#include "../trace/replay.h"
#include "../v1.h"
#include "../v2.h"
#include "cmd.h"
#include "replay.h"

enum {
	DEADLINE_MS = 300 * 1000,
	SLACK_MS = 30 * 1000, /* for what comes after the last call */
	TOLD_MAX = 20,
	GENERATIONS = 2,
};

struct job {
	const char *path, *uri;
	bool judge_only;
	struct trace_reader reader;
	struct replay_facts facts;
	struct mig_context *ctx;
	struct judge *judges[GENERATIONS];
	struct lint_user *lints[GENERATIONS]; /* where nothing but the user is */
};

/* ---- judges ----------------------------------------------------------------- */

static int attach_judge(struct job *job, int generation)
{
	static int (*const create[])(struct mig_context *ctx,
				     struct report_sink *sink,
				     struct judge **ret_judge) = {
		judge_v1_create, judge_v2_create,
	};
	struct report_sink *sink = &job->facts.sink;
	int i = generation - 1;
	int ret = create[i](job->ctx, sink, &job->judges[i]);

	if (ret || !job->judge_only)
		return ret;
	judge_passive(job->judges[i]);
	return lint_user_create(job->ctx, generation, sink, &job->lints[i]);
}

/* A trace from elsewhere may not say what it is of. */
static int attach_judges(struct job *job)
{
	int given = job->reader.generation, generation, ret = 0;

	for (generation = 1; !ret && generation <= GENERATIONS; generation++)
		if (!given || given == generation)
			ret = attach_judge(job, generation);
	return ret;
}

static void detach_judges(struct job *job)
{
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		judge_destroy(job->judges[i]);
		lint_user_destroy(job->lints[i]);
		job->judges[i] = NULL;
		job->lints[i] = NULL;
	}
}

/* ---- on a device ------------------------------------------------------------ */

struct teller {
	struct replay_teller base; /* first */
	u32 told;
};

static void differs(struct replay_teller *self, const struct trace_step *step,
		    const char *text)
{
	struct teller *teller = (struct teller *)self;

	if (teller->told++ < TOLD_MAX)
		say("call %llu %u.%u %s: %s\n", (unsigned long long)step->seq,
		    step->device, step->session, trace_op_name(step->op), text);
}

/* RUNNING, whatever it took; the state that it is in if not. */
static int leave_running(struct job *job, const char *uri)
{
	struct mig_dev *dev;
	struct v1 v1;
	struct v2 v2;
	int ret = mig_open(job->ctx, uri, &dev);

	if (!ret && !v1_open(dev, &v1))
		ret = v1_recover(&v1);
	else if (!ret && !v2_open(dev, &v2))
		ret = v2_recover(&v2);
	say(ret ? "%s is not RUNNING: %s\n" : "%s is RUNNING%s\n", uri,
	    ret ? strerror(-ret) : "");
	return ret;
}

static void say_result(const struct job *job, const struct replay_result *result)
{
	say("%llu calls repeated on %s: %llu gave something else, %llu left out\n",
	    (unsigned long long)result->repeated, job->uri,
	    (unsigned long long)result->differing,
	    (unsigned long long)result->left_out);
	if (result->late)
		say("stopped after %d s: the trace goes on\n",
		    DEADLINE_MS / 1000);
	if (job->reader.mapped)
		say("data moved through mappings is not in a trace and was not moved\n");
}

static int repeat(struct job *job)
{
	struct teller teller = { .base.differs = differs };
	struct replay_options options = {
		.teller = &teller.base, .deadline_ms = DEADLINE_MS,
		.uri = strcmp(job->uri, job->reader.device_uris[0]) ? job->uri :
								      NULL,
	};
	struct replay_result result;
	int err = replay_run(&job->reader, job->ctx, &options, &result);

	detach_judges(job);
	if (err) {
		say("%s: %s\n", job->uri, result.devices ? job->reader.error :
		    mig_open_error(job->ctx));
		return CMD_ENVIRONMENT;
	}
	say_result(job, &result);
	replay_facts_say(&job->facts);
	replay_facts_say_kept(&job->facts, job->uri, "repeated");
	err = leave_running(job, job->uri);
	if (job->facts.fails)
		return CMD_VIOLATION;
	return err || result.late ? CMD_ENVIRONMENT : CMD_GOOD;
}

/* ---- on no device ------------------------------------------------------------ */

struct listener {
	struct recorded_listener base; /* first */
	struct job *job;
};

static void feed(struct recorded_listener *self, const struct mig_call *call)
{
	struct job *job = ((struct listener *)self)->job;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		if (job->judges[i])
			judge_feed(job->judges[i], call);
		if (job->lints[i])
			lint_user_feed(job->lints[i], call);
	}
}

static int judge_calls(struct job *job)
{
	struct listener listener = { .base.called = feed, .job = job };
	int i, err;

	err = recorded_tell(&job->reader, job->ctx, &listener.base);
	for (i = 0; !err && i < GENERATIONS; i++)
		if (job->lints[i])
			lint_user_end(job->lints[i]);
	detach_judges(job);
	if (err) {
		say("%s: %s\n", job->path, job->reader.error);
		return CMD_ENVIRONMENT;
	}
	say("%llu calls held against the rules, no device opened\n",
	    (unsigned long long)job->reader.calls);
	replay_facts_say(&job->facts);
	replay_facts_say_kept(&job->facts, job->uri, "not repeated");
	return job->facts.fails ? CMD_VIOLATION : CMD_GOOD;
}

/* ---- in a process of its own -------------------------------------------------- */

static void say_trace(const struct job *job)
{
	const struct trace_reader *r = &job->reader;
	char hash[17];

	spec_hash(hash);
	say("%s: %s, %llu calls, seed %llu%s\n", job->path,
	    r->test[0] ? r->test : "a trace", (unsigned long long)r->calls,
	    (unsigned long long)r->seed, r->cut ? ", cut at its limit" : "");
	if (r->rules[0] && strcmp(r->rules, hash))
		say("recorded under rules %s, judged by rules %s\n", r->rules,
		    hash);
}

static int work(void *arg, int out)
{
	struct job *job = arg;
	int status = CMD_ENVIRONMENT;

	(void)out;
	replay_facts_init(&job->facts, &job->reader);
	say_trace(job);
	if (!mig_context_create(&job->ctx) && !attach_judges(job))
		status = job->judge_only ? judge_calls(job) : repeat(job);
	detach_judges(job);
	replay_facts_free(&job->facts);
	mig_context_destroy(job->ctx);
	return say_flush() ? CMD_ENVIRONMENT : status;
}

static void pass_on(void *ctx, const char *line)
{
	(void)ctx;
	say("%s\n", line);
}

static int work_apart(struct job *job)
{
	struct child_watch watch = { .line = pass_on, .fd = -1 };
	struct child_result result;
	struct child child;

	if (child_start_function(work, job, &child))
		return CMD_ENVIRONMENT;
	child_wait(&child, DEADLINE_MS + SLACK_MS, &watch, &result);
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
	((struct job *)ctx)->judge_only = true;
	return 0;
}

static const struct cmd_option options[] = {
	{ "judge", 'j', false, set_judge },
	{ NULL },
};

static int load(struct job *job)
{
	int err = trace_reader_open(job->path, &job->reader);

	if (err) {
		say_error("%s: %s", job->path, job->reader.error);
		return err == -EINVAL || err == -EFBIG ? CMD_USAGE :
							 CMD_ENVIRONMENT;
	}
	if (job->reader.generation < 0 || job->reader.generation > GENERATIONS) {
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
static int check_device(struct job *job)
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
	struct job job = { .path = NULL };
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

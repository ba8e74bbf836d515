// SPDX-License-Identifier: GPL-2.0-only
/* A replay itself: in a process of its own, since a device may hold it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../run/say.h"
#include "../trace/recorded.h"
#include "../trace/replay.h"
#include "../v1.h"
#include "../v2.h"
#include "cmd.h"
#include "replay.h"

enum { TOLD_MAX = 20 };

/* ---- judges ----------------------------------------------------------------- */

static int attach_judge(struct replay_job *job, int generation)
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
static int attach_judges(struct replay_job *job)
{
	int given = job->reader.generation, generation, ret = 0;

	for (generation = 1; !ret && generation <= REPLAY_GENERATIONS; generation++)
		if (!given || given == generation)
			ret = attach_judge(job, generation);
	return ret;
}

static void detach_judges(struct replay_job *job)
{
	int i;

	for (i = 0; i < REPLAY_GENERATIONS; i++) {
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

/* RUNNING, whatever it took. */
static int leave_running(struct replay_job *job, const char *uri)
{
	struct mig_dev *dev = NULL;
	struct v1 v1;
	struct v2 v2;
	int ret = mig_open(job->ctx, uri, &dev);

	if (!ret && !v1_open(dev, &v1))
		ret = v1_recover(&v1);
	else if (!ret && !v2_open(dev, &v2))
		ret = v2_recover(&v2);
	say("%s is %sRUNNING%s%s\n", uri, ret ? "not " : "", ret ? ": " : "",
	    ret ? strerror(-ret) : "");
	mig_close(dev);
	return ret;
}

/* Of the siblings of a device that was named no URI is known; they are gone. */
static int leave_all_running(struct replay_job *job, bool named)
{
	int i, ret = leave_running(job, job->uri);

	for (i = 1; i < TRACE_DEVICES && !named; i++)
		if (job->reader.device_uris[i] &&
		    leave_running(job, job->reader.device_uris[i]))
			ret = -EIO;
	return ret;
}

static void say_result(const struct replay_job *job, const struct replay_result *result)
{
	say("%llu calls repeated on %s: %llu gave something else, %llu left out\n",
	    (unsigned long long)result->repeated, job->uri,
	    (unsigned long long)result->differing,
	    (unsigned long long)result->left_out);
	if (result->late)
		say("stopped after %d s: the trace goes on\n",
		    REPLAY_DEADLINE_MS / 1000);
	if (job->reader.mapped)
		say("data moved through mappings is not in a trace and was not moved\n");
}

static int repeat(struct replay_job *job)
{
	struct teller teller = { .base.differs = differs };
	struct replay_options options = {
		.teller = &teller.base, .deadline_ms = REPLAY_DEADLINE_MS,
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
	err = leave_all_running(job, options.uri);
	if (job->facts.fails)
		return CMD_VIOLATION;
	return err || result.late ? CMD_ENVIRONMENT : CMD_GOOD;
}

/* ---- on no device ------------------------------------------------------------ */

struct listener {
	struct recorded_listener base; /* first */
	struct replay_job *job;
};

static void feed(struct recorded_listener *self, const struct mig_call *call)
{
	struct replay_job *job = ((struct listener *)self)->job;
	int i;

	for (i = 0; i < REPLAY_GENERATIONS; i++) {
		if (job->judges[i])
			judge_feed(job->judges[i], call);
		if (job->lints[i])
			lint_user_feed(job->lints[i], call);
	}
}

static int judge_calls(struct replay_job *job)
{
	struct listener listener = { .base.called = feed, .job = job };
	int i, err;

	err = recorded_tell(&job->reader, job->ctx, &listener.base);
	for (i = 0; !err && i < REPLAY_GENERATIONS; i++)
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

static void say_trace(const struct replay_job *job)
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

int replay_work(void *arg, int out)
{
	struct replay_job *job = arg;
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

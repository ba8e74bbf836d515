/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a replay finds out: facts are collected while calls are repeated or
 * told, and said afterwards.
 */
#ifndef MIGCHECK_CMD_REPLAY_H
#define MIGCHECK_CMD_REPLAY_H

#include "../model/judge.h"
#include "../model/lint_user.h"
#include "../report.h"
#include "../trace/reader.h"

enum {
	REPLAY_FACTS = 64,
	REPLAY_DEADLINE_MS = 300 * 1000,
	REPLAY_GENERATIONS = 2,
};

struct replay_fact {
	enum req req;
	enum spec_severity severity;
	u64 line; /* of the trace */
	char *expected, *seen;
};

struct replay_facts {
	struct report_sink sink; /* first: it is one */
	const struct trace_reader *reader;
	enum spec_profile profile;
	bool held[REQ_COUNT], broken[REQ_COUNT];
	struct replay_fact list[REPLAY_FACTS];
	u32 count;
	bool fails; /* something fails in this profile */
};

void replay_facts_init(struct replay_facts *facts,
		       const struct trace_reader *reader);
void replay_facts_free(struct replay_facts *facts);

/* What held, and each fact that is not that. */
void replay_facts_say(const struct replay_facts *facts);

/*
 * Whether the rules for which the trace was kept are broken again, and if not,
 * where they have to be looked for. @how: "repeated" or "told".
 */
void replay_facts_say_kept(const struct replay_facts *facts, const char *uri,
			   const char *how);

/* One replay: a trace, and the device or none. */
struct replay_job {
	const char *path, *uri;
	bool judge_only;
	struct trace_reader reader;
	struct replay_facts facts;
	struct mig_context *ctx;
	struct judge *judges[REPLAY_GENERATIONS];
	struct lint_user *lints[REPLAY_GENERATIONS]; /* where nothing but the user is */
};

/*
 * Does it, in a child: says what it finds, and gives the exit status. @arg is
 * the job, with its reader open; @out is not used.
 */
int replay_work(void *arg, int out);

#endif

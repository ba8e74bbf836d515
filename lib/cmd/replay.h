/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a replay finds out: facts are collected while calls are repeated or
 * told, and said afterwards.
 */
#ifndef MIGCHECK_CMD_REPLAY_H
#define MIGCHECK_CMD_REPLAY_H

#include "../report.h"
#include "../trace/reader.h"

enum { REPLAY_FACTS = 64 };

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

#endif

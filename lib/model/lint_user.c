// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lint_user_internal.h"

struct lint_user {
	struct report_sink sink; /* first: it is one, of its judge */
	struct report_sink *onward;
	struct judge *judge;
	int generation;
	bool spoke[REQ_COUNT];
	char *seen[REQ_COUNT];
};

static void take_fact(struct report_sink *sink, const struct report_fact *fact)
{
	struct lint_user *lint = (struct lint_user *)sink;

	lint->spoke[fact->req] = true;
	if (fact->outcome != REPORT_HELD && !lint->seen[fact->req])
		lint->seen[fact->req] = strdup(fact->seen ? fact->seen : "");
	if (lint->onward)
		lint->onward->fact(lint->onward, fact);
}

int lint_user_create(struct mig_context *ctx, int generation,
		     struct report_sink *sink, struct lint_user **ret_lint)
{
	struct lint_user *lint = calloc(1, sizeof(*lint));
	int ret;

	if (!lint)
		return -ENOMEM;
	lint->sink.fact = take_fact;
	lint->onward = sink;
	lint->generation = generation;
	ret = judge_create(ctx, &lint->sink, generation == 1 ?
			   &lint_user_v1_kind : &lint_user_v2_kind,
			   &lint->judge);
	if (ret) {
		free(lint);
		return ret;
	}
	*ret_lint = lint;
	return 0;
}

void lint_user_destroy(struct lint_user *lint)
{
	int req;

	if (!lint)
		return;
	judge_destroy(lint->judge);
	for (req = 0; req < REQ_COUNT; req++)
		free(lint->seen[req]);
	free(lint);
}

void lint_user_feed(struct lint_user *lint, const struct mig_call *call)
{
	judge_feed(lint->judge, call);
}

void lint_user_end(struct lint_user *lint)
{
	if (lint->generation == 2)
		lint_user_v2_end(lint->judge);
}

bool lint_user_spoke(const struct lint_user *lint, enum req req)
{
	return lint->spoke[req];
}

const char *lint_user_seen(const struct lint_user *lint, enum req req)
{
	return lint->seen[req];
}

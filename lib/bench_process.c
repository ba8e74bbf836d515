// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include <json-c/json.h>

#include "bench.h"
#include "events.h"

int bench_deadline(void)
{
	const char *text = getenv("MIGCHECK_DEADLINE");
	int seconds = text ? atoi(text) : 0;

	return seconds > 0 ? seconds : 30;
}

static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void bench_take_along(void)
{
	pthread_atfork(NULL, NULL, die_with_parent);
}

void bench_test_ended(const char *name, const char *outcome, const char *message,
		      double seconds)
{
	struct json_object *event = events_new("test");

	events_add(event, "test", name);
	events_add(event, "outcome", outcome);
	events_add(event, "message", message);
	if (event)
		json_object_object_add(event, "duration_s",
				       json_object_new_double(seconds));
	events_emit(event);
}

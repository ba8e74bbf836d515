// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include <json-c/json.h>

#include "bench.h"
#include "environment.h"
#include "events.h"

int bench_deadline(void)
{
	return (int)environment_deadline(ENVIRONMENT_DEADLINE_S);
}

bool bench_late(void)
{
	static time_t begun;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!begun)
		begun = now.tv_sec;
	return now.tv_sec - begun > bench_deadline() / 2;
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

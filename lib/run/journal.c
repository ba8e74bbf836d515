// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>

#include "../events.h"
#include "journal.h"

void journal_device(const struct judgements *all, const struct device *device)
{
	struct json_object *event = events_new("device");

	events_add(event, "uri", device->uri);
	events_add_number(event, "generation", device->generation);
	events_add(event, "driver", device->driver);
	events_add(event, "driver_version", device->driver_version);
	events_add_number(event, "caps", device->caps);
	events_add_number(event, "features", (s64)device->features);
	events_add(event, "profile", spec_profile_name(all->profile));
	events_add_number(event, "seed", (s64)all->seed);
	events_add(event, "started", all->started);
	events_add(event, "kernel", all->kernel);
	events_add(event, "arch", all->arch);
	events_emit(event);
}

void journal_kernel(const char *test, const char *line)
{
	struct json_object *event = events_new("kernel");

	events_add(event, "test", test);
	events_add(event, "line", line);
	events_emit(event);
}

void journal_test(const struct record_test *test)
{
	struct json_object *event = events_new("test");

	events_add(event, "test", test->name);
	events_add(event, "outcome", record_outcome_name(test->outcome));
	events_add(event, "message", test->message);
	if (event)
		json_object_object_add(event, "duration_s",
				       json_object_new_double(test->duration_s));
	events_emit(event);
}

void journal_end(const struct judgement *j)
{
	struct json_object *event = events_new("end");

	events_add(event, "state", j->end_state);
	events_add(event, "problem", j->end_problem);
	events_add(event, "abandoned", j->record.abandoned);
	events_emit(event);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>

#include "../run/mem.h"
#include "report.h"

const char *report_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static struct json_object *array_at(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_array))
		return NULL;
	return value;
}

size_t report_length(struct json_object *object, const char *key)
{
	struct json_object *array = array_at(object, key);

	return array ? json_object_array_length(array) : 0;
}

struct json_object *report_item(struct json_object *object, const char *key,
				size_t index)
{
	return json_object_array_get_idx(array_at(object, key), index);
}

char *report_story(struct json_object *entry)
{
	const char *seen = report_string(entry, "seen");
	const char *reason = report_string(entry, "reason");

	if (seen[0])
		return mem_printf("expected: %s; seen: %s",
				  report_string(entry, "expected"), seen);
	return mem_dup(reason[0] ? reason : report_string(entry, "message"));
}

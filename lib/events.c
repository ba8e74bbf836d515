// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <json-c/json.h>

#include "events.h"

struct json_object *events_new(const char *kind)
{
	struct json_object *event = json_object_new_object();

	events_add(event, "event", kind);
	return event;
}

void events_add(struct json_object *event, const char *key, const char *value)
{
	if (event && value)
		json_object_object_add(event, key,
				       json_object_new_string(value));
}

void events_add_number(struct json_object *event, const char *key, s64 value)
{
	if (event)
		json_object_object_add(event, key, json_object_new_int64(value));
}

/* Stays open from the first line on: there are some for each test. */
struct sink {
	const char *variable; /* that names the file */
	int fd;
	bool tty;
};

static struct sink events = { "MIGCHECK_EVENTS", -1, false };
static struct sink journal = { "MIGCHECK_JOURNAL", -1, false };
static struct sink marks = { "MIGCHECK_MARKS", -1, false };

static bool sink_ready(struct sink *sink)
{
	const char *path = sink->fd < 0 ? getenv(sink->variable) : NULL;

	if (path && path[0]) {
		sink->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					      O_NOCTTY, 0644);
		sink->tty = isatty(sink->fd);
	}
	return sink->fd >= 0;
}

/* A full disk shows as results that are missing. */
static void append(struct sink *sink, const char *line, size_t len)
{
	ssize_t n;

	if (!sink_ready(sink))
		return;
	n = write(sink->fd, line, len);
	(void)n;
	if (sink->tty)
		tcdrain(sink->fd);
}

static void append_event(const char *text, size_t len)
{
	char *line = malloc(len + 1);

	if (!line)
		return;
	memcpy(line, text, len);
	line[len] = '\n';
	append(&events, line, len + 1);
	append(&journal, line, len + 1);
	free(line);
}

void events_emit(struct json_object *event)
{
	const char *text;
	size_t len;

	if (!event)
		return;
	text = json_object_to_json_string_length(event, JSON_C_TO_STRING_PLAIN,
						 &len);
	if (text)
		append_event(text, len);
	json_object_put(event);
}

bool events_marked(void)
{
	const char *path = getenv("MIGCHECK_MARKS");

	return path && path[0];
}

void events_mark(const char *kind, const char *text)
{
	char line[960];
	int len;

	if (!events_marked())
		return;
	len = snprintf(line, sizeof(line), "%s%.900s\n", kind, text);
	append(&marks, line, (size_t)len);
}

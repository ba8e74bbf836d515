// SPDX-License-Identifier: GPL-2.0-only
/* child_output(): a child whose words are the result. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "child.h"

struct output {
	char *text;
	size_t size, len;
};

static void keep_line(void *ctx, const char *line)
{
	struct output *o = ctx;
	size_t room = o->size - o->len;

	if (strlen(line) + 2 > room)
		return;
	o->len += (size_t)snprintf(o->text + o->len, room, "%s\n", line);
}

int child_output(const char *const *argv, u32 deadline_ms, char *ret_text,
		 size_t size)
{
	struct output o = { .text = ret_text, .size = size };
	struct child_watch watch = { .ctx = &o, .line = keep_line, .fd = -1 };
	struct child_result result;
	struct child child;
	int err;

	ret_text[0] = '\0';
	err = child_start(argv, NULL, &child);
	if (err)
		return err;
	child_wait(&child, deadline_ms, &watch, &result);
	if (result.end == CHILD_TIMEOUT || result.end == CHILD_ABANDONED)
		return -ETIMEDOUT;
	return result.end == CHILD_EXITED ? result.status : -EIO;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { COLUMNS = 96 };

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void say_error(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fflush(stdout); /* so that a log keeps the order */
	fprintf(stderr, "migcheck: %s\n", line);
}

/* Bytes of @text that fit into @room columns, up to a blank if there is one. */
static size_t line_length(const char *text, size_t room)
{
	size_t newline = strcspn(text, "\n");
	size_t n = room;

	if (newline <= room)
		return newline;
	while (n && text[n] != ' ')
		n--;
	return n ? n : strcspn(text, " \n");
}

void say_folded(const char *head, const char *text)
{
	size_t indent = strlen(head);
	size_t room = indent < COLUMNS - 30 ? COLUMNS - indent : 30;
	size_t n;

	printf("%s", head);
	for (;;) {
		n = line_length(text, room);
		printf("%.*s\n", (int)n, text);
		text += n + strspn(text + n, " \n");
		if (!*text)
			return;
		printf("%*s", (int)indent, "");
	}
}

static bool painting(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb");
}

const char *say_painted(const char *word, int alarm)
{
	static char painted[64];

	if (!alarm || !painting())
		return word;
	snprintf(painted, sizeof(painted), "\033[%dm%s\033[0m",
		 alarm > 1 ? 31 : 33, word);
	return painted;
}

int say_flush(void)
{
	if (fflush(stdout) || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "say.h"

enum { COLUMNS = 96 };

void say(const char *fmt, ...)
{
	va_list ap;

	progress_clear();
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
	progress_clear();
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

	progress_clear();
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

static enum say_color color;

int say_set_color(const char *when)
{
	static const char *const names[] = { "auto", "always", "never" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], when))
			continue;
		color = (enum say_color)i;
		return 0;
	}
	return -EINVAL;
}

static bool painting(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	if (color != SAY_COLOR_AUTO)
		return color == SAY_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && no[0]) && term && term[0] &&
	       strcmp(term, "dumb");
}

static const char *paint(const char *word, int code)
{
	static char painted[64];

	if (!painting())
		return word;
	snprintf(painted, sizeof(painted), "\033[%dm%s\033[0m", code, word);
	return painted;
}

const char *say_painted(const char *word, int alarm)
{
	return alarm ? paint(word, alarm > 1 ? 31 : 33) : word;
}

const char *say_strong(const char *word)
{
	return paint(word, 1);
}

int say_flush(void)
{
	if (fflush(stdout) || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

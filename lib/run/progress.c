// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "child.h"
#include "progress.h"

enum { REDRAW_MS = 50, COLUMNS = 80, LINE = 256 };

static struct {
	bool active, shown;
	char title[64], what[160];
	u32 total, done;
	u64 since_ms, drawn_ms;
} progress;

static bool watched(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && term[0] && strcmp(term, "dumb");
}

/* Less one: a full line makes some terminals begin the next. */
static int columns(void)
{
	struct winsize size = { 0 };
	int wide = COLUMNS;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		wide = size.ws_col;
	return wide < LINE ? wide - 1 : LINE - 1;
}

static void draw(void)
{
	u64 now = child_clock_ms();
	char line[LINE];

	if (!progress.active || now - progress.drawn_ms < REDRAW_MS)
		return;
	progress.drawn_ms = now;
	progress.shown = true;
	snprintf(line, sizeof(line), "%s  %u/%u  %llu s  %s", progress.title,
		 progress.done, progress.total,
		 (unsigned long long)(now - progress.since_ms) / 1000,
		 progress.what);
	fprintf(stderr, "\r%.*s\033[K", columns(), line);
	fflush(stderr);
}

void progress_begin(const char *title, u32 total)
{
	progress_clear();
	memset(&progress, 0, sizeof(progress));
	progress.active = watched();
	progress.since_ms = child_clock_ms();
	progress.total = total;
	snprintf(progress.title, sizeof(progress.title), "%s", title);
}

bool progress_active(void)
{
	return progress.active;
}

void progress_at(const char *what)
{
	snprintf(progress.what, sizeof(progress.what), "%s", what);
	draw();
}

void progress_step(void)
{
	progress.done++;
}

void progress_tick(void)
{
	draw();
}

void progress_clear(void)
{
	if (!progress.shown)
		return;
	progress.shown = false;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
}

void progress_end(void)
{
	progress_clear();
	progress.active = false;
}

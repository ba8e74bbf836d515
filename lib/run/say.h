/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tool's voice: all that it prints goes through here. Results go to
 * standard output, complaints as single lines to standard error.
 */
#ifndef MIGCHECK_RUN_SAY_H
#define MIGCHECK_RUN_SAY_H

#include "../types.h"

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "migcheck: ..." and a newline, on standard error. */
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * @text folded at blanks to lines of at most 96 columns. The first begins with
 * @head, the others with as many blanks.
 */
void say_folded(const char *head, const char *text);

/*
 * Colours: where a person is looking (standard output is a terminal, and
 * neither NO_COLOR nor TERM=dumb is set), always, or never.
 */
enum say_color { SAY_COLOR_AUTO, SAY_COLOR_ALWAYS, SAY_COLOR_NEVER };

/* "auto", "always" or "never"; -EINVAL for others. */
int say_set_color(const char *when);

/* @word in red or yellow (@alarm 2 or 1). Good until the next one. */
const char *say_painted(const char *word, int alarm);
/* @word in bold. Good until the next one. */
const char *say_strong(const char *word);

/* Everything said so far is on its way; 0, or -errno where it got lost. */
int say_flush(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a kernel died, from the text of its console. What counts begins behind
 * the mark of the test that ran (events.h); the first alarming line (kmsg.h)
 * and what follows are its last words.
 */
#ifndef MIGCHECK_RUN_DEATH_H
#define MIGCHECK_RUN_DEATH_H

#include "record.h"

enum { DEATH_CALLS = 12, DEATH_LINES = 60 };

struct death {
	char *cause; /* one line, or NULL where it said nothing */
	char *calls[DEATH_CALLS]; /* the last, in a ring */
	u32 call_count;
	char *lines[DEATH_LINES];
	u32 line_count;
	bool in_function, in_module; /* these are in cause */
	bool over; /* the words are */
};

/* Reads the console at @path; a file that is not there says nothing. */
void death_read(const char *path, struct death *ret_death);
void death_free(struct death *death);

/*
 * @test of @binary was at work: it crashed, and the rules that it checks are
 * broken; where it checks none itself, those of its helpers. A kernel that was
 * silent may only have been too slow: a timeout, which breaks no rule.
 */
void death_blame(const struct death *death, struct record *record,
		 const struct suite_binary *binary, const char *test);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was found out: facts on their way from whoever established them (a
 * check, a judge, an observer of the kernel log) to whoever makes verdicts.
 *
 * A fact says: this requirement held here, or lapsed, or was broken, and what
 * was seen. It carries no severity; that is the table's (spec.h).
 *
 * The facts of a test process travel as one JSON object a line, each in one
 * write(2), appended to the file named by MIGCHECK_EVENTS; a process that dies
 * has lost nothing but its last line. run/ collects them.
 *
 *   {"event":"fact","test":T,"rule":"V1-PEND-002","outcome":"held"|"lapse"|
 *    "breach","cell":"001-010"?, "expected":E,"seen":S,"trace":FILE?}
 *   {"event":"test","test":T,"outcome":"pass"|"fail"|"skip"|"not-offered"|
 *    "blocked"|"timeout"|"crash","message":M,"duration_s":D}
 *   {"event":"device","uri":U,"generation":G,"driver":D,"capabilities":[...]}
 *   {"event":"end","state":S}      state the device was left in
 *   {"event":"calls","count":N}    uAPI calls made and judged by a test
 */
#ifndef MIGCHECK_REPORT_H
#define MIGCHECK_REPORT_H

#include "spec/spec.h"

enum report_outcome { REPORT_HELD, REPORT_LAPSE, REPORT_BREACH };

struct report_fact {
	enum req req;
	enum report_outcome outcome;
	/* A cell of a table with severities of its own ("001-010"), or NULL. */
	const char *cell;
	const char *expected; /* every legal alternative; NULL: the sentence */
	const char *seen;     /* what the device did; NULL if it held */
};

/* Whoever wants facts. Called from the thread that established them. */
struct report_sink {
	void (*fact)(struct report_sink *self, const struct report_fact *fact);
};

#endif

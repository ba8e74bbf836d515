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
 *   {"event":"start","test":T,"device":URI}  about to open the device
 *   {"event":"beyond","rule":R,"reason":S}  the carrier cannot show it
 *   {"event":"lost","test":T,"how":H,"why":S,"calls":[LINE...],"trace":FILE?}
 *    "hung up", "silent" or "nonsense": the carrier has lost the device, by the
 *    last of the calls
 *   {"event":"calls","count":N}    uAPI calls made and judged by a test
 *   {"event":"figures","test":T,"arcs":[{"from":N,"to":N,HISTOGRAM}],
 *    "phases":[{"bytes":N,HISTOGRAM}],"rates":[{HISTOGRAM}],
 *    "blackout":[{HISTOGRAM}]}  phases: of each way (meter.h) one after the other
 *                                 what meter.h has measured in a test; counts
 *                                 where the test, which ends next, passes
 *
 * A journal (events.h) tells a run from end to end, so that a verdict can be
 * had of one whose machine died. The supervisor adds to it:
 *
 *   {"event":"device","uri":U,"generation":G,"driver":D,
 *    "driver_version":V,"caps":N,"features":N,"profile":P,"seed":N,
 *    "started":TIME,"kernel":RELEASE,"arch":A}  what follows is about this device
 *   {"event":"kernel","test":T?,"line":L}    a complaint of the kernel
 *   {"event":"test",...}           again, where it knows better
 *   {"event":"end","state":S,"problem":P,"abandoned":A?}  the last of a device
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

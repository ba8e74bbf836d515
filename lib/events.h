/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writing end of the event file (report.h has the format): one JSON object
 * a line, each line one write(2) in append mode, so that several processes can
 * share the file and a dying one loses nothing that it had said.
 *
 * A kernel that dies takes files with it. So there may be a journal besides,
 * $MIGCHECK_JOURNAL: a serial line or a file that gets each event too and has
 * it when events_emit() returns. And $MIGCHECK_MARKS, /dev/kmsg most likely,
 * is told which test begins and each call it has made, so that these stand
 * between the kernel's own words:
 *   migcheck: test T
 *   migcheck: call LINE	(a line of trace.h)
 */
#ifndef MIGCHECK_EVENTS_H
#define MIGCHECK_EVENTS_H

#include "types.h"

#define EVENTS_MARK_TEST "migcheck: test "
#define EVENTS_MARK_CALL "migcheck: call "

struct json_object;

/*
 * Appends @event to $MIGCHECK_EVENTS and to the journal, those that are set,
 * and drops the reference.
 */
void events_emit(struct json_object *event);

/* An object {"event": @kind}, or NULL without memory (emit takes that too). */
struct json_object *events_new(const char *kind);
void events_add(struct json_object *event, const char *key, const char *value);
void events_add_number(struct json_object *event, const char *key, s64 value);

/* Are marks wanted? */
bool events_marked(void);
/* One mark: EVENTS_MARK_* and @text, cut at 900 bytes. */
void events_mark(const char *kind, const char *text);

#endif

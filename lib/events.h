/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writing end of the event file (report.h has the format): one JSON object
 * a line, each line one write(2) in append mode, so that several processes can
 * share the file and a dying one loses nothing that it had said.
 */
#ifndef MIGCHECK_EVENTS_H
#define MIGCHECK_EVENTS_H

#include "types.h"

struct json_object;

/* Appends @event to $MIGCHECK_EVENTS, if set, and drops the reference. */
void events_emit(struct json_object *event);

/* An object {"event": @kind}, or NULL without memory (emit takes that too). */
struct json_object *events_new(const char *kind);
void events_add(struct json_object *event, const char *key, const char *value);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reading end of the event file (report.h has the format). Lines that are
 * no event are passed over: the last line of a process that died may be half.
 */
#ifndef MIGCHECK_RUN_INTAKE_H
#define MIGCHECK_RUN_INTAKE_H

#include "record.h"

/* Takes in the events that @binary has left in @path. -errno of opening it. */
int intake_file(struct record *record, const struct suite_binary *binary,
		const char *path);

/* One line of it. */
void intake_line(struct record *record, const struct suite_binary *binary,
		 const char *line);

#endif

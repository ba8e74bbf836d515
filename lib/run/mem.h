/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the tool itself. What runs here holds no device, so an allocation
 * that fails ends the process with a line and status 99: nobody could go on.
 * All results are freed with free().
 */
#ifndef MIGCHECK_RUN_MEM_H
#define MIGCHECK_RUN_MEM_H

#include "../types.h"

char *mem_dup(const char *s); /* NULL gives NULL */
/* A copy on one line: control characters become blanks. NULL gives NULL. */
char *mem_line(const char *s);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Room for element @count of @array (elements of @each bytes), which has grown
 * one by one from NULL. The new element is zero.
 */
void *mem_room(void *array, u32 count, size_t each);

#endif

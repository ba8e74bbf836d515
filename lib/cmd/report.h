/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saved results in C, for verbs that compare them. Other forms of them are made
 * by the Python package lib/report.
 */
#ifndef MIGCHECK_CMD_REPORT_H
#define MIGCHECK_CMD_REPORT_H

#include "../types.h"

struct json_object;

/* The string at @key, "" where there is none. */
const char *report_string(struct json_object *object, const char *key);
/* Elements of the array at @key, 0 where there is none. */
size_t report_length(struct json_object *object, const char *key);
struct json_object *report_item(struct json_object *object, const char *key,
				size_t index);

/* What a rule or test has to tell beside its verdict, one line; free(). */
char *report_story(struct json_object *entry);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables for people and for scripts. The columns are named once; each row is
 * as many strings. text aligns them, tsv begins with the line of names, json
 * is an array of objects.
 */
#ifndef MIGCHECK_RUN_TABLE_H
#define MIGCHECK_RUN_TABLE_H

#include "../types.h"

enum { TABLE_COLUMNS = 10 };

enum table_format { TABLE_TEXT, TABLE_TSV, TABLE_JSON };

/* "text", "tsv", "json"; -EINVAL for anything else. */
int table_format_find(const char *name);

struct json_object;

struct table {
	enum table_format format;
	const char *names[TABLE_COLUMNS + 1]; /* NULL behind the last */
	int widths[TABLE_COLUMNS]; /* of text; 0 = column is not shown there */
	struct json_object *rows;
};

void table_begin(struct table *table);
void table_row(struct table *table, const char *const *cells);
void table_end(struct table *table);

#endif

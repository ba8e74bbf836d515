// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "say.h"
#include "table.h"

static const char *const format_names[] = { "text", "tsv", "json" };

int table_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(format_names); i++)
		if (!strcmp(format_names[i], name))
			return (int)i;
	return -EINVAL;
}

static void tsv_line(const struct table *table, const char *const *cells)
{
	size_t i;

	for (i = 0; table->names[i]; i++)
		say("%s%s", i ? "\t" : "", cells[i]);
	say("\n");
}

static void text_line(const struct table *table, const char *const *cells)
{
	int owed = 0; /* blanks before the next cell: none at the line's end */
	size_t i;

	for (i = 0; table->names[i]; i++) {
		if (!table->widths[i] || !cells[i][0]) {
			owed += table->widths[i] ? table->widths[i] + 2 : 0;
			continue;
		}
		say("%*s%s", owed, "", cells[i]);
		owed = table->widths[i] - (int)strlen(cells[i]);
		owed = owed < 0 ? 2 : owed + 2;
	}
	say("\n");
}

/* Counts are numbers in JSON, all else is text. */
static struct json_object *json_cell(const char *cell)
{
	if (cell[0] && !cell[strspn(cell, "0123456789")])
		return json_object_new_int64(atoll(cell));
	return json_object_new_string(cell);
}

static void json_row(struct table *table, const char *const *cells)
{
	struct json_object *row = json_object_new_object();
	size_t i;

	for (i = 0; table->names[i]; i++)
		json_object_object_add(row, table->names[i],
				       json_cell(cells[i]));
	json_object_array_add(table->rows, row);
}

void table_row(struct table *table, const char *const *cells)
{
	if (table->format == TABLE_JSON)
		json_row(table, cells);
	else if (table->format == TABLE_TSV)
		tsv_line(table, cells);
	else
		text_line(table, cells);
}

void table_begin(struct table *table)
{
	if (table->format == TABLE_JSON)
		table->rows = json_object_new_array();
	else
		table_row(table, table->names);
}

void table_end(struct table *table)
{
	if (table->format != TABLE_JSON)
		return;
	say("%s\n", json_object_to_json_string_ext(table->rows,
						   JSON_C_TO_STRING_PRETTY |
						   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(table->rows);
	table->rows = NULL;
}

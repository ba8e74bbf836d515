// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

enum { NUMBERS = 4, TEXT_MAX = 64 };

struct version {
	unsigned long numbers[NUMBERS];
	u32 count; /* 0: none */
};

/* Returns what follows it. */
static const char *parse(const char *text, struct version *ret_version)
{
	struct version v = { .count = 0 };
	char *end;

	while (v.count < NUMBERS && isdigit((unsigned char)*text)) {
		v.numbers[v.count++] = strtoul(text, &end, 10);
		text = end;
		if (*text != '.' || !isdigit((unsigned char)text[1]))
			break;
		text++;
	}
	*ret_version = v;
	return text;
}

/* As far as @bound goes. A number that @v lacks is 0. */
static int compare(const struct version *v, const struct version *bound)
{
	u32 i;

	for (i = 0; i < bound->count; i++)
		if (v->numbers[i] != bound->numbers[i])
			return v->numbers[i] < bound->numbers[i] ? -1 : 1;
	return 0;
}

/* An open end has count 0. */
static bool parse_range(const char *range, struct version *ret_first,
			struct version *ret_last)
{
	const char *rest = parse(range, ret_first);

	if (strncmp(rest, "..", 2)) {
		*ret_last = *ret_first;
		return ret_first->count && !*rest;
	}
	rest = parse(rest + 2, ret_last);
	if (*rest || !(ret_first->count + ret_last->count))
		return false;
	return !ret_first->count || !ret_last->count ||
	       compare(ret_first, ret_last) <= 0;
}

bool version_range_valid(const char *range)
{
	struct version first, last;

	return strlen(range) < TEXT_MAX && parse_range(range, &first, &last);
}

bool version_in_range(const char *version, const char *range)
{
	struct version v, first, last;

	parse(version, &v);
	return v.count && parse_range(range, &first, &last) &&
	       compare(&v, &first) >= 0 && compare(&v, &last) <= 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <string.h>

#include "../spec/spec.h"
#include "mem.h"
#include "nearest.h"

enum { LONGEST = 96 };

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[LONGEST + 1], i, j, diagonal, up;
	size_t len = strnlen(b, LONGEST);

	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; a[i - 1] && i <= LONGEST; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= len; j++) {
			up = row[j];
			diagonal += toupper((u8)a[i - 1]) != toupper((u8)b[j - 1]);
			row[j] = min3(diagonal, up + 1, row[j - 1] + 1);
			diagonal = up;
		}
	}
	return row[len];
}

void nearest_offer(struct nearest *n, const char *name)
{
	unsigned int d = distance(n->wanted, name);
	int i = NEAREST_KEPT, j;

	while (i && (!n->names[i - 1] || d < n->distances[i - 1]))
		i--;
	if (i == NEAREST_KEPT)
		return;
	for (j = NEAREST_KEPT - 1; j > i; j--) {
		n->names[j] = n->names[j - 1];
		n->distances[j] = n->distances[j - 1];
	}
	n->names[i] = name;
	n->distances[i] = d;
}

void nearest_offer_rules(struct nearest *n)
{
	int req;

	for (req = 0; req < REQ_COUNT; req++) {
		nearest_offer(n, spec_rows[req].number);
		nearest_offer(n, spec_rows[req].symbol);
	}
}

char *nearest_text(const struct nearest *n)
{
	const char *second = n->names[1], *third = n->names[2];

	return mem_printf("%s%s%s%s%s", n->names[0] ? n->names[0] : "",
			  second ? ", " : "", second ? second : "",
			  third ? ", " : "", third ? third : "");
}

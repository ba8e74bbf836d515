// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "say.h"

static void *mem_have(void *p)
{
	if (!p) {
		say_error("out of memory");
		exit(99);
	}
	return p;
}

char *mem_dup(const char *s)
{
	return s ? mem_have(strdup(s)) : NULL;
}

char *mem_line(const char *s)
{
	char *copy = mem_dup(s), *p;

	for (p = copy; p && *p; p++)
		if ((u8)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return mem_have(n < 0 ? NULL : s);
}

void *mem_room(void *array, u32 count, size_t each)
{
	/* Doubles when the count reaches a power of two. */
	if (!(count & (count - 1)))
		array = mem_have(reallocarray(array, count ? 2 * count : 1, each));
	memset((char *)array + count * each, 0, each);
	return array;
}

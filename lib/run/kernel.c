// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "kernel.h"

u32 kernel_number(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%3u.%4u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor;
}

/* Both ends; an open one is 0 or the largest number. */
static bool parse_range(const char *range, u32 *ret_first, u32 *ret_last)
{
	const char *dots = strstr(range, "..");
	u32 first, last;

	first = range == dots ? 0 : kernel_number(range);
	if (!dots)
		last = first;
	else
		last = dots[2] ? kernel_number(dots + 2) : UINT32_MAX;
	if ((!first && range != dots) || !last || last < first)
		return false;
	*ret_first = first;
	*ret_last = last;
	return true;
}

bool kernel_range_valid(const char *range)
{
	u32 first, last;

	return parse_range(range, &first, &last);
}

bool kernel_in_range(const char *release, const char *range)
{
	u32 number = kernel_number(release), first, last;

	return parse_range(range, &first, &last) && number >= first &&
	       number <= last;
}

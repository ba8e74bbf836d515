// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "kernel.h"

u32 kernel_number(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%3u.%4u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor;
}

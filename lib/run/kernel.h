/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel releases, compared by their first two numbers: "6.12.9-amd64" is 6.12. */
#ifndef MIGCHECK_RUN_KERNEL_H
#define MIGCHECK_RUN_KERNEL_H

#include "../types.h"

/* 0x6000c for "6.12"; 0 where @release is none. */
u32 kernel_number(const char *release);

#endif

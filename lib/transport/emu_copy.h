/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies from and to pointers that may be bad, as a kernel does them: a fault
 * is -EFAULT and kills nobody. The first use takes over SIGSEGV and SIGBUS of
 * the process; faults elsewhere get what they would have got before.
 */
#ifndef MIGCHECK_TRANSPORT_EMU_COPY_H
#define MIGCHECK_TRANSPORT_EMU_COPY_H

#include "../types.h"

/* 0, or -EFAULT where either side cannot be reached. Any thread. */
int emu_copy(void *dst, const void *src, size_t len);

#endif

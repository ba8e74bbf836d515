/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices a test is about. A test that the supervisor starts is told; one
 * that a kselftest runner starts may have to look around:
 *
 *   $MIGCHECK_DEVICES     URIs, separated by blanks
 *   $VFIO_SELFTESTS_BDF   a PCI function, as the kernel's own VFIO tests take it
 *   otherwise             the VFIO devices of this machine that offer migration
 *                         by the generation at hand and that nobody else uses
 */
#ifndef MIGCHECK_BENCH_FIND_H
#define MIGCHECK_BENCH_FIND_H

#include "types.h"

/*
 * Their URIs, separated by blanks: the device itself, then what can serve as
 * its second. 0, or -ENODEV where this machine has none. Looking around opens
 * devices and asks what they offer; nothing else is done to them.
 */
int bench_find(int generation, char *ret_uris, size_t size);

struct mig_dev;

/* Whether the device speaks that protocol; 0: it cannot migrate at all. */
bool bench_speaks(struct mig_dev *dev, int generation);

#endif

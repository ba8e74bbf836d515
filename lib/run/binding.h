/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions that scripts/bind.sh took from their drivers, and giving them
 * back. Each has a record in $MIGCHECK_STATE/bindings (/var/lib/migcheck), made
 * before the change and removed here after it is undone; bind.sh has its form.
 * So this works after a crash of the tool, of the script, or of the machine:
 * what a reboot has already brought back is found to be as it was.
 */
#ifndef MIGCHECK_RUN_BINDING_H
#define MIGCHECK_RUN_BINDING_H

#include "../types.h"

struct binding {
	char bdf[32];
	char device[24];   /* "0xVENDOR:0xDEVICE" */
	char driver[64];   /* "" where it had none */
	char override[64]; /* "" likewise */
};

/*
 * Calls @visit for each record. The number of records, or -errno; a record that
 * cannot be understood comes with an empty device.
 */
int binding_each(void (*visit)(void *ctx, const struct binding *binding),
		 void *ctx);

/*
 * Brings the function back to its driver and forgets the record; one that is
 * gone, or that has made room for another, has nothing to be brought back to.
 * 0, or -errno, and the record stays:
 *   -EINVAL     the record is not understood
 *   -EBUSY      a process has the device open
 *   -EIO        the driver does not take it
 *   -ETIMEDOUT  the kernel does not let go of it
 * Either way @ret_told says in words how it is now.
 */
int binding_restore(const struct binding *binding, size_t size, char *ret_told);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command of the user's that brings a device to where it can run: it is run
 * after each reset that makes a device fresh, while the device is open, by
 * `sh -c` with the address of the device (its URI without the scheme) as $1
 * and the URI in MIGCHECK_URI. What it leaves running may go on until the test
 * ends. Then the device is brought to RUNNING if it is not.
 */
#ifndef MIGCHECK_SETTLE_H
#define MIGCHECK_SETTLE_H

#include "types.h"

/*
 * Waits for @command, at most @deadline_ms, then kills it with its process
 * group. 0 where it ended with status 0; else -errno, and how it ended with
 * the last line that it said in @ret_words.
 */
int settle_run(const char *command, const char *uri, u32 deadline_ms,
	       char *ret_words, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions of processes, seen through /proc. The tests of a binary run in
 * process groups of their own, so that the group of their parent does not
 * find them; the session does.
 */
#ifndef MIGCHECK_RUN_SESSION_H
#define MIGCHECK_RUN_SESSION_H

#include "../types.h"

/* Sends @sig to all living members; how many there are. Zombies do not count. */
int session_signal(int sid, int sig);

/* Reaps dead members that are our children, the leader's orphans included. */
void session_reap(int sid);

/*
 * A member that is left, its pid or 0, and the kernel function in which it
 * sleeps ("" where that is not to be known).
 */
int session_stuck(int sid, char *ret_where, size_t size);

#endif

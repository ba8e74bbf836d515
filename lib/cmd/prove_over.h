/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proofs through a carrier: the row's device in a process of its own, behind a
 * vfio-user socket, and a second one beside it for tests that want two. What
 * serves is refdev-server, found beside the tool or in MIGCHECK_SERVER.
 */
#ifndef MIGCHECK_CMD_PROVE_OVER_H
#define MIGCHECK_CMD_PROVE_OVER_H

#include "../run/restart.h"

struct prove_over {
	struct restart device, other;
	char uri[160], other_uri[160];
	char command[2][600];
};

/* 0, or a status of enum cmd_status after a line: no such carrier, no server. */
int prove_over_check(const char *carrier);

/*
 * Starts what the URIs @device and @other name in the emulation, with sockets
 * in @dir. 0, or -errno after a line.
 */
int prove_over_begin(struct prove_over *over, const char *device,
		     const char *other, const char *dir);
void prove_over_end(struct prove_over *over);

#endif

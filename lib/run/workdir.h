/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a run puts its files. While it lasts they are in a directory of their
 * own, below the directory of -o or of temporary files, which is removed in the
 * end; a run that comes to its end moves what it has made to -o first. So a
 * stopped run leaves nothing behind.
 */
#ifndef MIGCHECK_RUN_WORKDIR_H
#define MIGCHECK_RUN_WORKDIR_H

#include "../types.h"

struct workdir {
	char path[4096]; /* of the temporary directory, "" = none */
	const char *dir; /* of -o, or NULL */
};

/* @dir, which may be NULL, is made if it is missing. 0 or -errno. */
int workdir_create(const char *dir, struct workdir *ret_workdir);

/*
 * Moves all files to -o, where traces of an earlier run make room. Does
 * nothing without -o. 0 or -errno.
 */
int workdir_publish(struct workdir *workdir);

/* Removes it with all files in it. NULL and a failed create are fine. */
void workdir_remove(struct workdir *workdir);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sheet: a text file that grows by pieces and that outlives its writer. It is
 * mapped, so that a piece costs a copy and no system call, and what was added
 * is in the file even when the writer dies with the next instruction. Such a
 * file ends in zero bytes; sheet_trim() takes them off.
 */
#ifndef MIGCHECK_TRACE_SHEET_H
#define MIGCHECK_TRACE_SHEET_H

#include "../types.h"

struct sheet {
	int fd; /* -1: closed */
	char *text;
	size_t room, len; /* bytes: mapped, written */
};

/* Makes or empties the file @path. 0 or -errno. */
int sheet_open(const char *path, struct sheet *ret_sheet);

/* Appends. 0 or -errno: nothing of the piece was added. */
int sheet_add(struct sheet *sheet, const char *piece, size_t len);

/* Writes over what was added at @at; @len bytes from there must exist. */
void sheet_put(struct sheet *sheet, size_t at, const char *piece, size_t len);

/* The file is as long as its text. A closed sheet is fine. */
void sheet_close(struct sheet *sheet);

/* Takes off what a writer that died has left unused. 0 or -errno. */
int sheet_trim(const char *path);

#endif

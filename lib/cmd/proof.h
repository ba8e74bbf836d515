/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tables of the reference device say about a rule: the defects that
 * must make its checks fail, and the variants that they must tolerate.
 */
#ifndef MIGCHECK_CMD_PROOF_H
#define MIGCHECK_CMD_PROOF_H

#include "../spec/spec.h"

struct refdev_row;

/* Does @row of @kind ("defect", "variant") name @req among its rules? */
bool proof_names(const struct refdev_row *row, const char *kind, enum req req);

/* The names of such rows, comma separated, "" where there are none; free(). */
char *proof_list(const char *kind, enum req req);

/* The defects, or "unproven: REASON"; free(). */
char *proof_text(enum req req);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The lies of hostile servers: mutations.def as a table. */
#ifndef SERVER_SPOIL_H
#define SERVER_SPOIL_H

#include <errno.h>

#include "conversation.h"

/* Where a lie is told; each place is a server of its own. */
enum mutation_cases {
	ALL,	   /* in every answer to the command */
	A_REPLY,   /* in one; all answers that differ in command or size */
	BUT_LAST,  /* as A_REPLY, but for the last, after which nobody listens */
	A_COMMAND, /* in one; the first answer to each command */
	A_BYTE,	   /* as A_REPLY, at each byte */
	A_WORD,	   /* as A_REPLY, at each word of the body */
};

enum { V1 = 1, V2 = 2, BOTH = V1 | V2 };

enum {
	ANY = 0,
	LOST_NONSENSE = EPROTO,
	LOST_SILENT = ETIMEDOUT,
	LOST_GONE = ECONNRESET,
};

struct lie;

struct mutation {
	u32 generations;
	const char *name;
	u16 command; /* 0: any */
	enum mutation_cases cases;
	void (*apply)(struct spoilt *answer, const struct lie *lie);
	u32 at, value;
	int verdict;
	const char *words;
};

extern const struct mutation mutations[];
extern const u32 mutation_count;

/* A row in one of its places. */
struct lie {
	const struct mutation *row;
	int turn; /* -1: all */
	u32 place;
};

/* See spoil_fn; the argument is a struct lie. */
bool spoil(struct spoilt *answer, u32 turn, u16 command, void *arg);

#endif

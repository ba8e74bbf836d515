/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers that keep what is written to them, as a table: what most devices
 * have, and all that mark(), verify(), patch() and is_initial() of a simple one
 * need. A device may have several banks with the same table.
 */
#ifndef MIGCHECK_STIMULUS_BANK_H
#define MIGCHECK_STIMULUS_BANK_H

#include "stimulus.h"

struct bank_field {
	const char *name;
	u32 at;	   /* from the bank's base */
	u32 bytes; /* 1, 2, 4 or 8, little endian */
	u64 mask;  /* bits that can be set to anything */
	u64 fixed; /* bits that a mark sets besides */
	u64 initial; /* after power-on */
	u64 inverts; /* bits that read inverted */
	bool patched; /* may be changed by a patch */
};

struct bank {
	const struct bank_field *fields;
	u32 count;
	u64 base;   /* in the device file */
	u32 number; /* banks with different numbers have different contents */
};

/* One register, as it is. */
int bank_get(struct stimulus *st, const struct bank *bank, u32 at, u32 bytes,
	     u64 *ret_value);
int bank_put(struct stimulus *st, const struct bank *bank, u32 at, u32 bytes,
	     u64 value);

/* A byte of further contents of the bank; @place is any number below 2^16. */
u8 bank_byte(const struct bank *bank, u64 seed, u32 place);

/*
 * A device of one bank in each of its first BARs, a file of its own for that:
 *
 *   static const struct bank_kind card = { ... };
 *   STIMULUS(card) = { .name = "card", .banks = &card, BANK_OPS(card_probe) };
 *
 * The functions, all may be NULL, add what is no plain register: 0, -EILSEQ
 * with st->differs, or -errno.
 */
struct bank_kind {
	const struct bank_field *fields;
	u32 count;
	u32 bars;     /* at most BANKS_MAX, at least one of them is there */
	u64 bar_size; /* of each */
	int (*mark)(struct stimulus *st, const struct bank *bank, u64 seed);
	int (*verify)(struct stimulus *st, const struct bank *bank, u64 seed);
	int (*is_initial)(struct stimulus *st, const struct bank *bank);
	int (*work)(struct stimulus *st, const struct bank *bank);
};

enum { BANKS_MAX = 4 };

/* st->priv of such a device. */
struct banks {
	struct bank bank[BANKS_MAX];
	u32 count;
};

int banks_attach(struct stimulus *st);
/* First what is no register, then the fields in the order of the table. */
int banks_mark(struct stimulus *st, u64 seed);
/* The other way round. */
int banks_verify(struct stimulus *st, u64 seed);
/* One of the fields that may be patched, in turn. */
int banks_patch(struct stimulus *st, u64 seed, u32 k);
int banks_verify_patch(struct stimulus *st, u64 seed, u32 k);
int banks_is_initial(struct stimulus *st);
int banks_work(struct stimulus *st);

#define BANK_OPS(probe_)                                              \
	.priv_size = sizeof(struct banks), .probe = probe_,           \
	.attach = banks_attach, .mark = banks_mark,                   \
	.verify = banks_verify, .verify_all = banks_verify,           \
	.patch = banks_patch, .verify_patch = banks_verify_patch,     \
	.is_initial = banks_is_initial, .work = banks_work

#endif

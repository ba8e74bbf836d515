/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several devices of one virtual machine migrate together or not at all. What
 * a run has found about each of them decides whether they can, and is told in
 * one sentence.
 *
 * A finding either stands in the way of the set, or says what the set lacks
 * though it can be migrated. The findings are a table (set.c): a key, a
 * condition on one member, and the words for it.
 *
 *   blocks  no migration; a violated rule; no P2P states, without which a v2
 *           device cannot be quiesced while others may write to it; another
 *           generation than the rest, since no VMM drives both
 *   limits  no dirty logging, so that pre-copy of memory needs an IOMMU that
 *           tracks what the device writes
 *
 * v1 has no P2P states: there the rules V1-ORD stand for them.
 */
#ifndef MIGCHECK_RUN_SET_H
#define MIGCHECK_RUN_SET_H

#include "judgement.h"

struct set_member {
	const char *uri;
	const struct judgement *judgement; /* NULL: it offers no migration */
	u32 violated;	/* rules */
	enum req first; /* the first of them */
	u32 findings;	/* bits, see set_keys() */
};

struct set {
	struct set_member *members;
	u32 count;
	bool migratable;
	char *sentence; /* whole, with its full stop */
};

/* Looks at @all, which has to outlive @ret_set. */
void set_make(const struct judgements *all, struct set *ret_set);
void set_free(struct set *set);

/* Could @member be migrated with the others, were they without fault? */
bool set_member_fits(const struct set_member *member);

/* Calls @visit with the key of each finding about @member: "no-p2p". */
void set_keys(const struct set_member *member,
	      void (*visit)(void *ctx, const char *key), void *ctx);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What mig.c (calls) and mig_context.c (contexts, opening, memory) share. */
#ifndef MIGCHECK_MIG_INTERNAL_H
#define MIGCHECK_MIG_INTERNAL_H

#include <pthread.h>

#include "mig.h"
#include "transport/transport.h"

enum { SPACES = 4, DEVICES = 64 };

struct mig_context {
	pthread_mutex_t lock; /* sequence and observers */
	u64 seq;
	u64 watched_ns;
	bool concurrent;
	struct mig_observer *observers;
	struct {
		const struct mig_transport *transport;
		void *space;
	} spaces[SPACES];
	struct mig_dev *open[DEVICES];
	char *known[DEVICES]; /* URIs in the order of first opening */
	struct mig_file *sessions; /* open ones */
	u32 fault;  /* for the next call, 0: none */
	const struct mig_transport *faulty; /* which has it now, or NULL */
	bool struck; /* the last one */
	struct ghost *ghosts;
	char error[256];
};

/* What sessions belong to that have outlived their open of the device. */
struct ghost {
	struct mig_dev dev;
	struct ghost *next;
};

struct pending_call {
	struct mig_call call;
	u8 in[MIG_ARG_SEEN];
	u8 out[MIG_ARG_SEEN];
};

/* Every call begins and ends here; the end tells the observers. */
void mig_call_begin(struct pending_call *pc, enum mig_op op,
		    struct mig_file *file);
s64 mig_call_end(struct pending_call *pc, s64 ret);

/* Around whatever mig_fault_next() is about. */
void mig_fault_arm(struct mig_context *ctx,
		   const struct mig_transport *transport);
void mig_fault_disarm(struct mig_context *ctx);

#endif

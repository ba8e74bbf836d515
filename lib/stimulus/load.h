/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load: what a guest keeps doing to its device while somebody is about to
 * migrate it. It is made of steps, of any kind that the device's stimulus has:
 *
 *   registers   contents are marked anew, or patched
 *   DMA         the device writes to memory, at once or a while later
 *   interrupts  the device raises one
 *   peers       the device writes to the window of another
 *   resets      VFIO_DEVICE_RESET
 *
 * A seed decides each step: the same seed gives the same load. load_run()
 * takes steps one after the other; load_race() takes them in a thread of its
 * own, beside whatever the caller does meanwhile, which no seed can repeat.
 */
#ifndef MIGCHECK_STIMULUS_LOAD_H
#define MIGCHECK_STIMULUS_LOAD_H

#include <pthread.h>

#include "stimulus.h"

enum load_kind {
	LOAD_REGISTERS,
	LOAD_DMA,
	LOAD_INTERRUPTS,
	LOAD_PEERS,
	LOAD_RESETS,
	LOAD_KINDS
};

enum {
	LOAD_PAGES = 4,
	LOAD_MEMORY = LOAD_PAGES * 4096, /* bytes that the device writes to */
	LOAD_ALL = (1 << LOAD_KINDS) - 1,
};

struct load {
	struct stimulus *st, *peer; /* the device; one that it writes to, or NULL */
	u64 seed;
	u32 steps; /* done so far */
	u8 *memory; /* LOAD_MEMORY bytes, NULL where there is no DMA */
	u64 iova;
	pthread_t thread;
	u32 racers; /* kinds of its steps */
	bool racing;
	bool over; /* the thread has to end */
};

/*
 * Load for the device of @st, which must be open, as long as the load is. 0,
 * or -errno. A device may lack any of the kinds.
 */
int load_open(struct load *load, struct stimulus *st, struct stimulus *peer,
	      u64 seed);
/* Ends a race too. Fine for a load that is all zero. */
void load_close(struct load *load);

const char *load_name(enum load_kind kind);
bool load_has(const struct load *load, enum load_kind kind);

/* @steps steps of @kinds (bits 1 << kind), as far as the device has them: 0,
 * -EOPNOTSUPP where it has none, or -errno of the step that failed. */
int load_run(struct load *load, u32 kinds, u32 steps);

/* Steps of @kinds in a thread until load_race_end(), whatever they return. */
int load_race(struct load *load, u32 kinds);
/* How many there were. The contents of the device are anybody's guess. */
u32 load_race_end(struct load *load);

/* A number that changes when the memory does; 0 without memory. */
u64 load_digest(const struct load *load);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that emulated devices of one context are in: slots, the memory
 * they share, device time, and what the core of a device may ask of its host.
 *
 * A slot keeps its device while the context lives, open or not.
 */
#ifndef MIGCHECK_TRANSPORT_EMU_MACHINE_H
#define MIGCHECK_TRANSPORT_EMU_MACHINE_H

#include <pthread.h>

#include "../../fixtures/refdev/refdev.h"
#include "emu_space.h"
#include "transport.h"

enum { EMU_DEVICES = 32, EMU_DATA_FD_BASE = 1000 };

struct emu_machine;

struct emu_slot {
	struct emu_machine *machine;
	struct refdev *refdev; /* NULL: empty */
	char *address;
	unsigned int opens;
};

struct emu_machine {
	pthread_mutex_t lock;
	struct emu_space *space;
	struct emu_slot slots[EMU_DEVICES];
	struct emu_machine *next; /* of all in this process */
};

/* As the hooks of struct mig_transport. */
int emu_machine_create(struct mig_context *ctx, void **ret_machine);
void emu_machine_destroy(void *machine);
int emu_machine_map(void *machine, u64 iova, void *addr, size_t len);
int emu_machine_unmap(void *machine, u64 iova, size_t len);
int emu_machine_ioctl(void *machine, u32 request, void *arg);
void emu_machine_fault_arm(void *machine, u32 nth);
bool emu_machine_fault_disarm(void *machine);

/* The slot of @address, with its device in it: 0, or -errno with its line said. */
int emu_machine_slot(struct emu_machine *machine, struct mig_context *ctx,
		     const char *address, struct emu_slot **ret_slot);

/* All devices in use get @steps of device time. The caller holds the lock. */
void emu_machine_step(struct emu_machine *machine, u32 steps);

#endif

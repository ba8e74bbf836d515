// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu_copy.h"
#include "emu_machine.h"

static struct emu_machine *machines;

/* ---- what the core may ask of its host -------------------------------------- */

static int host_copy_in(void *ctx, void *dst, u64 user, size_t len)
{
	struct emu_slot *slot = ctx;

	if (refdev_strikes(slot->refdev))
		return -EFAULT;
	return emu_copy(dst, (const void *)(uintptr_t)user, len);
}

static int host_copy_out(void *ctx, u64 user, const void *src, size_t len)
{
	struct emu_slot *slot = ctx;

	if (refdev_strikes(slot->refdev))
		return -EFAULT;
	return emu_copy((void *)(uintptr_t)user, src, len);
}

static int host_dma_read(void *ctx, u64 iova, void *dst, size_t len)
{
	struct emu_slot *slot = ctx;

	return emu_space_read(slot->machine->space, iova, dst, len);
}

static int host_dma_write(void *ctx, u64 iova, const void *src, size_t len)
{
	struct emu_slot *slot = ctx;

	return emu_space_write(slot->machine->space, iova, src, len);
}

static void host_irq(void *ctx, s32 fd)
{
	u64 one = 1;
	ssize_t n;

	(void)ctx;
	n = write(fd, &one, sizeof(one));
	(void)n; /* a full eventfd stays signalled */
}

static int host_session_fd(void *ctx, u32 session)
{
	struct emu_slot *slot = ctx;

	if (refdev_strikes(slot->refdev))
		return -ENOMEM;
	return EMU_DATA_FD_BASE + (int)session;
}

/* The next one that is in use; with two devices each is the other's. */
static struct refdev *host_peer(void *ctx)
{
	struct emu_slot *slot = ctx, *slots = slot->machine->slots;
	size_t own = (size_t)(slot - slots), i;

	for (i = own + 1; i < own + EMU_DEVICES; i++)
		if (slots[i % EMU_DEVICES].opens)
			return slots[i % EMU_DEVICES].refdev;
	return NULL;
}

/* A device in use by another context of this process, if any. */
static struct refdev *host_stranger(void *ctx)
{
	const struct emu_slot *slot = ctx;
	struct emu_machine *machine;
	size_t i;

	for (machine = machines; machine; machine = machine->next)
		for (i = 0; machine != slot->machine && i < EMU_DEVICES; i++)
			if (machine->slots[i].opens)
				return machine->slots[i].refdev;
	return NULL;
}

static int machine_peer_write(void *ctx, u32 peer, u64 offset, const void *src,
			      size_t len)
{
	struct emu_machine *machine = ctx;

	if (peer >= EMU_DEVICES || !machine->slots[peer].refdev)
		return -EFAULT;
	return refdev_peer_write(machine->slots[peer].refdev, offset, src, len);
}

/* ---- slots ---------------------------------------------------------------- */

/* Zeroed; of a device most pages are never touched, and cost nothing then. */
static struct refdev *device_alloc(void)
{
	void *memory = mmap(NULL, sizeof(struct refdev), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void device_free(struct refdev *refdev)
{
	if (refdev)
		munmap(refdev, sizeof(*refdev));
}

static int slot_power_on(struct mig_context *ctx, struct emu_slot *slot,
			 const char *address)
{
	const struct refdev_host host = {
		.ctx = slot,
		.copy_in = host_copy_in,
		.copy_out = host_copy_out,
		.dma_read = host_dma_read,
		.dma_write = host_dma_write,
		.irq = host_irq,
		.session_fd = host_session_fd,
		.peer = host_peer,
		.stranger = host_stranger,
	};
	struct refdev_config config;
	char *description = strdup(address);
	char bad[64];
	int ret = -ENOMEM;

	if (!description)
		return ret;
	description[strcspn(description, "#")] = '\0';
	ret = refdev_configure(description, &config, bad, sizeof(bad));
	if (ret) {
		mig_open_errorf(ctx, "emu:%s: '%s' is no profile, variant or defect of the reference device (migcheck prove lists them)",
				description, bad);
		goto out;
	}
	ret = -ENOMEM;
	slot->address = strdup(address);
	slot->refdev = device_alloc();
	if (!slot->address || !slot->refdev) {
		free(slot->address);
		device_free(slot->refdev);
		slot->address = NULL;
		slot->refdev = NULL;
		goto out;
	}
	refdev_init(slot->refdev, &config, &host);
	ret = 0;
out:
	free(description);
	return ret;
}

int emu_machine_slot(struct emu_machine *machine, struct mig_context *ctx,
		     const char *address, struct emu_slot **ret_slot)
{
	struct emu_slot *slot;
	size_t i;
	int ret;

	for (i = 0; i < EMU_DEVICES && machine->slots[i].refdev; i++)
		if (!strcmp(machine->slots[i].address, address))
			break;
	if (i == EMU_DEVICES)
		return -ENOSPC;
	slot = &machine->slots[i];
	slot->machine = machine;
	ret = slot->refdev ? 0 : slot_power_on(ctx, slot, address);
	if (!ret)
		*ret_slot = slot;
	return ret;
}

/* ---- time --------------------------------------------------------------------- */

void emu_machine_step(struct emu_machine *machine, u32 steps)
{
	size_t i;

	while (steps--)
		for (i = 0; i < EMU_DEVICES && machine->slots[i].refdev; i++)
			if (machine->slots[i].opens)
				refdev_step(machine->slots[i].refdev, 1);
}

/* ---- the machine itself ------------------------------------------------------- */

int emu_machine_create(struct mig_context *ctx, void **ret_space)
{
	struct emu_machine *machine = calloc(1, sizeof(*machine));

	(void)ctx;
	if (!machine)
		return -ENOMEM;
	if (emu_space_create(machine_peer_write, machine, &machine->space)) {
		free(machine);
		return -ENOMEM;
	}
	pthread_mutex_init(&machine->lock, NULL);
	machine->next = machines;
	machines = machine;
	*ret_space = machine;
	return 0;
}

void emu_machine_destroy(void *space)
{
	struct emu_machine *machine = space, **link = &machines;
	size_t i;

	while (*link != machine)
		link = &(*link)->next;
	*link = machine->next;
	for (i = 0; i < EMU_DEVICES; i++) {
		device_free(machine->slots[i].refdev);
		free(machine->slots[i].address);
	}
	emu_space_destroy(machine->space);
	pthread_mutex_destroy(&machine->lock);
	free(machine);
}

int emu_machine_map(void *space, u64 iova, void *addr, size_t len)
{
	return emu_space_map(((struct emu_machine *)space)->space, iova, addr, len);
}

int emu_machine_unmap(void *space, u64 iova, size_t len)
{
	return emu_space_unmap(((struct emu_machine *)space)->space, iova, len);
}

int emu_machine_ioctl(void *space, u32 request, void *arg)
{
	struct emu_machine *machine = space;
	/* The container's memory is a point like those of the first device. */
	bool starved = request == UAPI_IOMMU_DIRTY_PAGES &&
		       machine->slots[0].refdev &&
		       refdev_strikes(machine->slots[0].refdev);

	return emu_space_ioctl(machine->space, request, arg, starved);
}

void emu_machine_fault_arm(void *space, u32 nth)
{
	struct emu_machine *machine = space;
	size_t i;

	pthread_mutex_lock(&machine->lock);
	for (i = 0; i < EMU_DEVICES && machine->slots[i].refdev; i++)
		refdev_fault(machine->slots[i].refdev, nth);
	pthread_mutex_unlock(&machine->lock);
}

bool emu_machine_fault_disarm(void *space)
{
	struct emu_machine *machine = space;
	bool struck = false;
	size_t i;

	pthread_mutex_lock(&machine->lock);
	for (i = 0; i < EMU_DEVICES && machine->slots[i].refdev; i++) {
		struck |= refdev_struck(machine->slots[i].refdev);
		refdev_fault(machine->slots[i].refdev, 0);
	}
	pthread_mutex_unlock(&machine->lock);
	return struck;
}

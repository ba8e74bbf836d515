// SPDX-License-Identifier: GPL-2.0-only
/*
 * emu: the reference device in this process.
 *
 *   emu:PROFILE[+VARIANT|+DEFECT]...[#INSTANCE]
 *
 * A context holds one machine; the devices in it live as long as the context,
 * so that closing and opening meets the same device. One step of device time
 * passes with each call and each millisecond of mig_idle(), for every device
 * of the machine: runs are reproducible.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../fixtures/refdev/refdev.h"
#include "emu_copy.h"
#include "emu_space.h"
#include "transport.h"

enum { DEVICES = 32, DATA_FD_BASE = 1000, IDLE_STEPS_MAX = 4096 };

struct emu_machine;

struct emu_slot {
	struct emu_machine *machine;
	struct refdev *refdev;
	char *address;
	unsigned int opens;
};

struct emu_machine {
	pthread_mutex_t lock;
	struct emu_space *space;
	struct emu_slot slots[DEVICES];
	struct emu_machine *next; /* of all in this process */
};

static struct emu_machine *machines;

struct emu_dev {
	struct mig_dev dev;
	struct emu_slot *slot;
};

struct emu_session {
	struct mig_file file;
	struct emu_slot *slot;
	u32 number;
};

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
	return DATA_FD_BASE + (int)session;
}

/* The next one that is in use; with two devices each is the other's. */
static struct refdev *host_peer(void *ctx)
{
	struct emu_slot *slot = ctx, *slots = slot->machine->slots;
	size_t own = (size_t)(slot - slots), i;

	for (i = own + 1; i < own + DEVICES; i++)
		if (slots[i % DEVICES].opens)
			return slots[i % DEVICES].refdev;
	return NULL;
}

/* A device in use by another context of this process, if any. */
static struct refdev *host_stranger(void *ctx)
{
	const struct emu_slot *slot = ctx;
	struct emu_machine *machine;
	size_t i;

	for (machine = machines; machine; machine = machine->next)
		for (i = 0; machine != slot->machine && i < DEVICES; i++)
			if (machine->slots[i].opens)
				return machine->slots[i].refdev;
	return NULL;
}

static int machine_peer_write(void *ctx, u32 peer, u64 offset, const void *src,
			      size_t len)
{
	struct emu_machine *machine = ctx;

	if (peer >= DEVICES || !machine->slots[peer].refdev)
		return -EFAULT;
	return refdev_peer_write(machine->slots[peer].refdev, offset, src, len);
}

/* ---- time --------------------------------------------------------------------- */

static void machine_step(struct emu_machine *machine, u32 steps)
{
	size_t i;

	while (steps--)
		for (i = 0; i < DEVICES && machine->slots[i].refdev; i++)
			if (machine->slots[i].opens)
				refdev_step(machine->slots[i].refdev, 1);
}

static struct refdev *enter(struct emu_slot *slot)
{
	pthread_mutex_lock(&slot->machine->lock);
	machine_step(slot->machine, 1);
	return slot->refdev;
}

static s64 leave(struct emu_slot *slot, s64 ret)
{
	pthread_mutex_unlock(&slot->machine->lock);
	return ret;
}

/* ---- device file -------------------------------------------------------------- */

static struct emu_slot *dev_slot(struct mig_file *file)
{
	return ((struct emu_dev *)file)->slot;
}

static int dev_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct emu_slot *slot = dev_slot(file);

	return (int)leave(slot, refdev_ioctl(enter(slot), request,
					     (u64)(uintptr_t)arg));
}

static ssize_t dev_pread(struct mig_file *file, void *buf, size_t len, u64 offset)
{
	struct emu_slot *slot = dev_slot(file);

	return (ssize_t)leave(slot, refdev_pread(enter(slot),
						 (u64)(uintptr_t)buf, len,
						 offset));
}

static ssize_t dev_pwrite(struct mig_file *file, const void *buf, size_t len,
			  u64 offset)
{
	struct emu_slot *slot = dev_slot(file);

	return (ssize_t)leave(slot, refdev_pwrite(enter(slot),
						  (u64)(uintptr_t)buf, len,
						  offset));
}

static ssize_t dev_read(struct mig_file *file, void *buf, size_t len)
{
	(void)file, (void)buf, (void)len;
	return -EINVAL;
}

static ssize_t dev_write(struct mig_file *file, const void *buf, size_t len)
{
	(void)file, (void)buf, (void)len;
	return -EINVAL;
}

static int dev_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
		    void **ret_addr)
{
	struct emu_slot *slot = dev_slot(file);

	(void)prot;
	return (int)leave(slot, refdev_map(enter(slot), offset, len, ret_addr));
}

static int file_munmap(struct mig_file *file, void *addr, size_t len)
{
	(void)file, (void)addr, (void)len;
	return 0;
}

static int dev_poll(struct mig_file *file, short events, int timeout_ms)
{
	(void)file, (void)events, (void)timeout_ms;
	return 0;
}

static void dev_close(struct mig_file *file)
{
	struct emu_slot *slot = dev_slot(file);

	pthread_mutex_lock(&slot->machine->lock);
	if (!--slot->opens) {
		refdev_close(slot->refdev);
		emu_space_detach(slot->machine->space);
	}
	pthread_mutex_unlock(&slot->machine->lock);
	free(file);
}

static const struct mig_file_ops dev_ops = {
	.ioctl = dev_ioctl,
	.pread = dev_pread,
	.pwrite = dev_pwrite,
	.read = dev_read,
	.write = dev_write,
	.mmap = dev_mmap,
	.munmap = file_munmap,
	.poll = dev_poll,
	.close = dev_close,
};

/* ---- data sessions -------------------------------------------------------------- */

static struct emu_session *as_session(struct mig_file *file)
{
	return (struct emu_session *)file;
}

static int session_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct emu_session *s = as_session(file);

	return (int)leave(s->slot, refdev_session_ioctl(enter(s->slot), s->number,
							request,
							(u64)(uintptr_t)arg));
}

static ssize_t session_read(struct mig_file *file, void *buf, size_t len)
{
	struct emu_session *s = as_session(file);

	return (ssize_t)leave(s->slot,
			      refdev_session_read(enter(s->slot), s->number,
						  (u64)(uintptr_t)buf, len));
}

static ssize_t session_write(struct mig_file *file, const void *buf, size_t len)
{
	struct emu_session *s = as_session(file);

	return (ssize_t)leave(s->slot,
			      refdev_session_write(enter(s->slot), s->number,
						   (u64)(uintptr_t)buf, len));
}

static ssize_t session_pread(struct mig_file *file, void *buf, size_t len,
			     u64 offset)
{
	struct emu_session *s = as_session(file);

	(void)offset; /* whatever it is, a stream has none */
	return (ssize_t)leave(s->slot,
			      refdev_session_pread(enter(s->slot), s->number,
						   (u64)(uintptr_t)buf, len));
}

static ssize_t session_pwrite(struct mig_file *file, const void *buf, size_t len,
			      u64 offset)
{
	(void)file, (void)buf, (void)len, (void)offset;
	return -ESPIPE;
}

static int session_mmap(struct mig_file *file, size_t len, int prot, u64 offset,
			void **ret_addr)
{
	(void)file, (void)len, (void)prot, (void)offset, (void)ret_addr;
	return -ENODEV;
}

/* Nothing in the machine changes while we would wait, so nobody waits. */
static int session_poll(struct mig_file *file, short events, int timeout_ms)
{
	struct emu_session *s = as_session(file);
	int revents = (int)leave(s->slot, refdev_session_poll(enter(s->slot),
							      s->number));

	(void)timeout_ms;
	return revents < 0 ? revents : revents & (events | POLLERR | POLLHUP);
}

static void session_close(struct mig_file *file)
{
	struct emu_session *s = as_session(file);

	refdev_session_close(enter(s->slot), s->number);
	leave(s->slot, 0);
	free(s);
}

static const struct mig_file_ops session_ops = {
	.ioctl = session_ioctl,
	.pread = session_pread,
	.pwrite = session_pwrite,
	.read = session_read,
	.write = session_write,
	.mmap = session_mmap,
	.munmap = file_munmap,
	.poll = session_poll,
	.close = session_close,
};

static int emu_session(struct mig_dev *dev, int data_fd, struct mig_file **ret_file)
{
	struct emu_session *s;

	if (data_fd < DATA_FD_BASE)
		return -EBADF;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->file.ops = &session_ops;
	s->slot = ((struct emu_dev *)dev)->slot;
	s->number = (u32)(data_fd - DATA_FD_BASE);
	*ret_file = &s->file;
	return 0;
}

/* ---- opening ---------------------------------------------------------------------- */

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
	slot->refdev = aligned_alloc(4096, (sizeof(*slot->refdev) + 4095) &
						   ~(size_t)4095);
	if (!slot->address || !slot->refdev) {
		free(slot->address);
		free(slot->refdev);
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

static int emu_open(struct mig_context *ctx, const char *address,
		    struct mig_dev **ret_dev)
{
	struct emu_machine *machine = mig_space(ctx, &transport_emu);
	struct emu_dev *dev;
	struct emu_slot *slot;
	size_t i;
	int ret;

	for (i = 0; i < DEVICES && machine->slots[i].refdev; i++)
		if (!strcmp(machine->slots[i].address, address))
			break;
	if (i == DEVICES)
		return -ENOSPC;
	slot = &machine->slots[i];
	slot->machine = machine;
	if (!slot->refdev) {
		ret = slot_power_on(ctx, slot, address);
		if (ret)
			return ret;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	dev->slot = slot;
	dev->dev.file.ops = &dev_ops;
	dev->dev.file.fd = -1;
	dev->dev.caps = MIG_CAP_SESSIONS | MIG_CAP_POSITIONED |
			MIG_CAP_CLOSE | MIG_CAP_POLL | MIG_CAP_SECOND_OPEN | MIG_CAP_CLONE |
			MIG_CAP_DMA | MIG_CAP_BAD_POINTERS | MIG_CAP_FAULTS;
	emu_space_twist(machine->space, refdev_container(slot->refdev));
	if (emu_space_logs(machine->space))
		dev->dev.caps |= MIG_CAP_CONTAINER_LOG;
	pthread_mutex_lock(&machine->lock);
	if (!slot->opens++)
		refdev_open(slot->refdev);
	pthread_mutex_unlock(&machine->lock);
	*ret_dev = &dev->dev;
	return 0;
}

static void emu_idle(struct mig_dev *dev, u32 ms)
{
	struct emu_slot *slot = ((struct emu_dev *)dev)->slot;

	pthread_mutex_lock(&slot->machine->lock);
	machine_step(slot->machine, ms < IDLE_STEPS_MAX ? ms : IDLE_STEPS_MAX);
	pthread_mutex_unlock(&slot->machine->lock);
}

static int emu_clone(struct mig_dev *dev, char *ret_uri, size_t size)
{
	const char *address = ((struct emu_dev *)dev)->slot->address;
	const char *hash = strchr(address, '#');
	unsigned long instance = hash ? strtoul(hash + 1, NULL, 10) : 1;

	snprintf(ret_uri, size, "emu:%.*s#%lu", (int)strcspn(address, "#"),
		 address, instance + 1);
	return 0;
}

/* BAR0 and BAR2, one behind the other: see refdev_peer_write(). */
static int emu_peer_iova(struct mig_dev *dev, u32 region, u64 *ret_iova)
{
	struct emu_slot *slot = ((struct emu_dev *)dev)->slot;
	u64 number = (u64)(slot - slot->machine->slots);

	if (region != UAPI_PCI_BAR0 && region != UAPI_PCI_BAR0 + 2)
		return -EINVAL;
	*ret_iova = EMU_PEER_IOVA + number * EMU_PEER_STRIDE +
		    (region == UAPI_PCI_BAR0 ? 0 : REFDEV_BAR0_SIZE);
	return 0;
}

/* ---- the machine ------------------------------------------------------------------- */

static int machine_create(struct mig_context *ctx, void **ret_space)
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

static void machine_destroy(void *space)
{
	struct emu_machine *machine = space, **link = &machines;
	size_t i;

	while (*link != machine)
		link = &(*link)->next;
	*link = machine->next;
	for (i = 0; i < DEVICES; i++) {
		free(machine->slots[i].refdev);
		free(machine->slots[i].address);
	}
	emu_space_destroy(machine->space);
	pthread_mutex_destroy(&machine->lock);
	free(machine);
}

static int machine_map(void *space, u64 iova, void *addr, size_t len)
{
	return emu_space_map(((struct emu_machine *)space)->space, iova, addr, len);
}

static int machine_unmap(void *space, u64 iova, size_t len)
{
	return emu_space_unmap(((struct emu_machine *)space)->space, iova, len);
}

static int machine_ioctl(void *space, u32 request, void *arg)
{
	return emu_space_ioctl(((struct emu_machine *)space)->space, request, arg);
}

static void machine_fault_arm(void *space, u32 nth)
{
	struct emu_machine *machine = space;
	size_t i;

	pthread_mutex_lock(&machine->lock);
	for (i = 0; i < DEVICES && machine->slots[i].refdev; i++)
		refdev_fault(machine->slots[i].refdev, nth);
	pthread_mutex_unlock(&machine->lock);
}

static bool machine_fault_disarm(void *space)
{
	struct emu_machine *machine = space;
	bool struck = false;
	size_t i;

	pthread_mutex_lock(&machine->lock);
	for (i = 0; i < DEVICES && machine->slots[i].refdev; i++) {
		struck |= refdev_struck(machine->slots[i].refdev);
		refdev_fault(machine->slots[i].refdev, 0);
	}
	pthread_mutex_unlock(&machine->lock);
	return struck;
}

const struct mig_transport transport_emu = {
	.scheme = "emu",
	.form = "PROFILE[+VARIANT|+DEFECT]...",
	.open = emu_open,
	.session = emu_session,
	.idle = emu_idle,
	.clone = emu_clone,
	.peer_iova = emu_peer_iova,
	.space_create = machine_create,
	.space_destroy = machine_destroy,
	.dma_map = machine_map,
	.dma_unmap = machine_unmap,
	.container_ioctl = machine_ioctl,
	.fault_arm = machine_fault_arm,
	.fault_disarm = machine_fault_disarm,
};

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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "emu_machine.h"

enum { IDLE_STEPS_MAX = 4096 };

struct emu_dev {
	struct mig_dev dev;
	struct emu_slot *slot;
};

struct emu_session {
	struct mig_file file;
	struct emu_slot *slot;
	u32 number;
};

/* ---- calls, each a step of device time ---------------------------------------- */

static struct refdev *enter(struct emu_slot *slot)
{
	pthread_mutex_lock(&slot->machine->lock);
	emu_machine_step(slot->machine, 1);
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
	.read = answers_no_read,
	.write = answers_no_write,
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
	.pwrite = answers_no_pwrite,
	.read = session_read,
	.write = session_write,
	.mmap = answers_no_mmap,
	.munmap = file_munmap,
	.poll = session_poll,
	.close = session_close,
};

static int emu_session(struct mig_dev *dev, int data_fd, struct mig_file **ret_file)
{
	struct emu_session *s;

	if (data_fd < EMU_DATA_FD_BASE)
		return -EBADF;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->file.ops = &session_ops;
	s->slot = ((struct emu_dev *)dev)->slot;
	s->number = (u32)(data_fd - EMU_DATA_FD_BASE);
	*ret_file = &s->file;
	return 0;
}

/* ---- opening ---------------------------------------------------------------------- */

static int emu_open(struct mig_context *ctx, const char *address,
		    struct mig_dev **ret_dev)
{
	struct emu_machine *machine = mig_space(ctx, &transport_emu);
	struct emu_dev *dev;
	struct emu_slot *slot;
	int ret = emu_machine_slot(machine, ctx, address, &slot);

	if (ret)
		return ret;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	dev->slot = slot;
	dev->dev.file.ops = &dev_ops;
	dev->dev.file.fd = -1;
	dev->dev.caps = MIG_CAP_CORE | MIG_CAP_SESSIONS | MIG_CAP_POSITIONED |
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
	emu_machine_step(slot->machine, ms < IDLE_STEPS_MAX ? ms : IDLE_STEPS_MAX);
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

const struct mig_transport transport_emu = {
	.scheme = "emu",
	.form = "PROFILE[+VARIANT|+DEFECT]...",
	.open = emu_open,
	.session = emu_session,
	.idle = emu_idle,
	.clone = emu_clone,
	.peer_iova = emu_peer_iova,
	.space_create = emu_machine_create,
	.space_destroy = emu_machine_destroy,
	.dma_map = emu_machine_map,
	.dma_unmap = emu_machine_unmap,
	.container_ioctl = emu_machine_ioctl,
	.fault_arm = emu_machine_fault_arm,
	.fault_disarm = emu_machine_fault_disarm,
};

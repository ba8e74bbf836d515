// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stimulus to begin with: QEMU's educational card "edu" (docs/specs/edu.rst
 * there). Copy this file, rename edu_, and replace what is about that card.
 *
 *   BAR0 + 0x04  inverts what is written to it
 *          0x08  computes a factorial; 0x20 bit 0: busy
 *          0x24  interrupts that are raised; 0x60 raises them, 0x64 takes back
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stimulus.h"

enum {
	EDU_IDS = 0x11e81234, /* device and vendor */
	EDU_LIVENESS = 0x04,
	EDU_FACTORIAL = 0x08,
	EDU_STATUS = 0x20,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
	EDU_TRIES = 100, /* ms for a factorial */
};

/* What the stimulus remembers: st->priv. */
struct edu {
	u64 bar0; /* in the device file */
	int eventfd;
	u64 irqs;
};

/* probe: is this my device? Reads only, since it may be any other. */
static bool edu_probe(struct mig_dev *dev)
{
	struct mig_region config;
	u32 ids;

	return !mig_region_info(dev, UAPI_PCI_CONFIG, &config) &&
	       config.size >= sizeof(ids) &&
	       mig_pread(&dev->file, &ids, sizeof(ids), config.offset) ==
		       sizeof(ids) &&
	       le32toh(ids) == EDU_IDS;
}

static int edu_get(struct stimulus *st, u32 reg, u32 *ret_value)
{
	struct edu *edu = st->priv;

	return stimulus_read(st, edu->bar0 + reg, ret_value, sizeof(*ret_value));
}

static int edu_put(struct stimulus *st, u32 reg, u32 value)
{
	struct edu *edu = st->priv;

	return stimulus_write(st, edu->bar0 + reg, &value, sizeof(value));
}

/* init: again for each open of the device, where things may have moved. */
static int edu_attach(struct stimulus *st)
{
	struct edu *edu = st->priv ? st->priv : calloc(1, sizeof(*edu));
	struct mig_region bar;
	int ret;

	if (!edu)
		return -ENOMEM;
	if (!st->priv)
		edu->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	st->priv = edu;
	ret = mig_region_info(st->dev, UAPI_PCI_BAR0, &bar);
	edu->bar0 = bar.offset;
	return ret;
}

/* dirty: contents that depend on the seed alone. */
static int edu_mark(struct stimulus *st, u64 seed)
{
	return edu_put(st, EDU_LIVENESS, (u32)stimulus_pattern(seed, 0));
}

/* verify: are they there? Looking must not change them. */
static int edu_verify(struct stimulus *st, u64 seed)
{
	u32 expected = ~(u32)stimulus_pattern(seed, 0), value;
	int ret = edu_get(st, EDU_LIVENESS, &value);

	if (!ret && value != expected)
		ret = stimulus_differ(st, "the register is 0x%08x, not 0x%08x",
				      value, expected);
	return ret;
}

/* work: its job, done once and checked. */
static int edu_work(struct stimulus *st)
{
	u32 value, busy = 1, i;
	int ret = edu_put(st, EDU_FACTORIAL, 5);

	for (i = 0; i < EDU_TRIES && !ret && busy; i++) {
		mig_idle(st->dev, 1);
		ret = edu_get(st, EDU_STATUS, &busy);
		busy &= 1;
	}
	if (!ret)
		ret = edu_get(st, EDU_FACTORIAL, &value);
	if (ret)
		return ret;
	return busy ? -ETIMEDOUT : value == 120 ? 0 : -EIO;
}

/* One interrupt, for interrupt load. */
static int edu_interrupt(struct stimulus *st)
{
	struct edu *edu = st->priv;
	int ret = mig_irq(st->dev, UAPI_PCI_MSI, 0, edu->eventfd);

	if (!ret)
		ret = edu_put(st, EDU_IRQ_RAISE, 1);
	return ret ? ret : edu_put(st, EDU_IRQ_ACK, 1);
}

/* observe: whatever the device has done by itself so far. */
static int edu_activity_seen(struct stimulus *st, u64 *ret_dma, u64 *ret_irq)
{
	struct edu *edu = st->priv;
	u64 count;

	if (read(edu->eventfd, &count, sizeof(count)) == sizeof(count))
		edu->irqs += count;
	*ret_dma = 0;
	*ret_irq = edu->irqs;
	return 0;
}

static void edu_release(struct stimulus *st)
{
	struct edu *edu = st->priv;

	if (edu)
		close(edu->eventfd);
	free(edu);
}

STIMULUS(edu) = {
	.name = "edu",
	.probe = edu_probe,
	.attach = edu_attach,
	.mark = edu_mark,
	.verify = edu_verify,
	.work = edu_work,
	.interrupt = edu_interrupt,
	.activity_seen = edu_activity_seen,
	.release = edu_release,
};

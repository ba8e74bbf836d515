// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stimulus to begin with: QEMU's educational card "edu" (docs/specs/edu.rst
 * there). Copy this file, rename edu_, and replace what is about that card.
 *
 *   BAR0 + 0x04  inverts what is written to it
 *          0x08  computes a factorial; 0x20 bit 0: busy
 *          0x24  interrupts that are raised; 0x60 raises them, 0x64 takes back
 */
#include <errno.h>

#include "bank.h"

enum {
	EDU_IDS = 0x11e81234, /* device and vendor */
	EDU_FACTORIAL = 0x08,
	EDU_STATUS = 0x20,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
	EDU_BAR_SIZE = 1 << 20,
	EDU_TRIES = 100, /* ms for a factorial */
};

/* Registers that keep what they are given: contents are made of them. */
static const struct bank_field edu_fields[] = {
	{ "liveness", 0x04, 4, .mask = ~0u, .inverts = ~0u },
};

/* probe: is this my device? Reads only, since it may be any other. */
static bool edu_probe(struct mig_dev *dev)
{
	return stimulus_pci_ids(dev) == EDU_IDS;
}

/* work: its job, done once and checked. */
static int edu_work(struct stimulus *st, const struct bank *bank)
{
	int ret = bank_put(st, bank, EDU_FACTORIAL, 4, 5);
	u64 value, busy = 1;
	u32 i;

	for (i = 0; i < EDU_TRIES && !ret && busy; i++) {
		mig_idle(st->dev, 1);
		ret = bank_get(st, bank, EDU_STATUS, 4, &busy);
		busy &= 1;
	}
	if (!ret)
		ret = bank_get(st, bank, EDU_FACTORIAL, 4, &value);
	if (ret)
		return ret;
	return busy ? -ETIMEDOUT : value == 120 ? 0 : -EIO;
}

/* One interrupt, for interrupt load. */
static int edu_interrupt(struct stimulus *st)
{
	int ret = stimulus_route(st, UAPI_PCI_MSI);

	if (!ret)
		ret = bank_put(st, st->priv, EDU_IRQ_RAISE, 4, 1);
	return ret ? ret : bank_put(st, st->priv, EDU_IRQ_ACK, 4, 1);
}

/*
 * The rest comes with the bank: init (attach), dirty (mark, patch) and verify.
 * A device with more than registers adds .mark and .verify, as mtty does; one
 * with DMA adds its own operations behind BANK_OPS.
 */
static const struct bank_kind edu_kind = {
	.fields = edu_fields,
	.count = ARRAY_SIZE(edu_fields),
	.bars = 1,
	.bar_size = EDU_BAR_SIZE,
	.work = edu_work,
};

STIMULUS(edu) = {
	.name = "edu",
	.banks = &edu_kind,
	BANK_OPS(edu_probe),
	.interrupt = edu_interrupt,
};

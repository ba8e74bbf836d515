// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's sample serial card (mtty): one or two UARTs, each a BAR of
 * eight byte registers, whose transmitter always feeds its own receiver. It
 * does no DMA. Accesses are not bounded by the driver, so nothing outside
 * these registers is ever touched.
 */
#include <errno.h>
#include <string.h>

#include "bank.h"

enum { MTTY_DATA = 0, MTTY_IER = 1, MTTY_FCR = 2, MTTY_LCR = 3, MTTY_LSR = 5 };

enum {
	MTTY_IDS = 0x32534348, /* device and vendor */
	MTTY_BAR_SIZE = 8,
	MTTY_FIFO = 16,
	MTTY_BYTES = 8, /* kept in the FIFO: half of it, see mtty_turn() */

	MTTY_FCR_CLEAR = 0x07, /* FIFO on, both directions emptied */
	MTTY_IER_DATA = 0x01,  /* interrupt for a byte received */
	MTTY_LSR_READY = 0x01,
	MTTY_LSR_IDLE = 0x60, /* transmitter and its register are empty */
};

/*
 * LCR never with the divisor latch, which hides other registers. The interrupts
 * that IER enables are those that the traffic of verify() does not raise.
 */
static const struct bank_field mtty_fields[] = {
	{ "LCR", MTTY_LCR, 1, .mask = 0x7f, .patched = true },
	{ "MCR", 4, 1, .mask = 0x0f, .fixed = 0x10 },
	{ "SCR", 7, 1, .mask = 0xff, .patched = true },
	{ "IER", MTTY_IER, 1, .mask = 0x0c },
	/* Tells of the FIFO; writes are lost. */
	{ "LSR", MTTY_LSR, 1, .fixed = MTTY_LSR_READY, .initial = MTTY_LSR_IDLE },
};

static bool mtty_probe(struct mig_dev *dev)
{
	struct mig_region bar;

	return stimulus_pci_ids(dev) == MTTY_IDS &&
	       !mig_region_info(dev, UAPI_PCI_BAR0, &bar) &&
	       bar.size == MTTY_BAR_SIZE;
}

/* The port quiet, with @bytes in its FIFO. */
static int mtty_fill(struct stimulus *st, const struct bank *port,
		     const u8 *bytes, u32 count)
{
	int ret = bank_put(st, port, MTTY_LCR, 1, 0x03);
	u32 i;

	if (!ret)
		ret = bank_put(st, port, MTTY_IER, 1, 0);
	if (!ret)
		ret = bank_put(st, port, MTTY_FCR, 1, MTTY_FCR_CLEAR);
	for (i = 0; i < count && !ret; i++)
		ret = bank_put(st, port, MTTY_DATA, 1, bytes[i]);
	return ret;
}

/* All that is there; an empty FIFO would give bytes that mean nothing. */
static int mtty_pop(struct stimulus *st, const struct bank *port,
		    u8 bytes[MTTY_FIFO], u32 *ret_count)
{
	u64 status, byte;
	u32 count;
	int ret = 0;

	for (count = 0; count < MTTY_FIFO && !ret; count++) {
		ret = bank_get(st, port, MTTY_LSR, 1, &status);
		if (ret || !(status & MTTY_LSR_READY))
			break;
		ret = bank_get(st, port, MTTY_DATA, 1, &byte);
		bytes[count] = (u8)byte;
	}
	*ret_count = count;
	return ret;
}

/*
 * Takes the FIFO out and puts it back. Half a ring later all is as before for
 * the guest; the second turn brings the ring itself back to where it was.
 */
static int mtty_turn(struct stimulus *st, const struct bank *port,
		     u8 bytes[MTTY_FIFO], u32 *ret_count)
{
	u32 turn, i;
	int ret = 0;

	for (turn = 0; turn < MTTY_FIFO / MTTY_BYTES && !ret; turn++) {
		ret = mtty_pop(st, port, bytes, ret_count);
		for (i = 0; !ret && i < *ret_count; i++)
			ret = bank_put(st, port, MTTY_DATA, 1, bytes[i]);
	}
	return ret;
}

static void mtty_bytes(const struct bank *port, u64 seed, u8 bytes[MTTY_BYTES])
{
	u32 i;

	for (i = 0; i < MTTY_BYTES; i++)
		bytes[i] = bank_byte(port, seed, i);
}

static int mtty_mark(struct stimulus *st, const struct bank *port, u64 seed)
{
	u8 bytes[MTTY_FIFO];
	u32 count;
	int ret;

	mtty_bytes(port, seed, bytes);
	ret = mtty_fill(st, port, bytes, MTTY_BYTES);
	if (!ret) /* so that both halves of the ring are known */
		ret = mtty_turn(st, port, bytes, &count);
	return ret;
}

static int mtty_verify(struct stimulus *st, const struct bank *port, u64 seed)
{
	u8 bytes[MTTY_FIFO], expected[MTTY_BYTES];
	u32 count;
	int ret = mtty_turn(st, port, bytes, &count);

	mtty_bytes(port, seed, expected);
	if (!ret && (count != MTTY_BYTES || memcmp(bytes, expected, MTTY_BYTES)))
		ret = stimulus_differ(st, "port %u: FIFO holds %u bytes from 0x%02x on, not %u from 0x%02x on",
				      port->number, count, count ? bytes[0] : 0,
				      MTTY_BYTES, expected[0]);
	return ret;
}

static int mtty_work(struct stimulus *st, const struct bank *port)
{
	static const u8 bytes[MTTY_BYTES] = "migcheck";
	u8 back[MTTY_FIFO] = { 0 };
	u32 count;
	int ret = mtty_fill(st, port, bytes, MTTY_BYTES);

	if (!ret)
		ret = mtty_pop(st, port, back, &count);
	if (!ret && (count != MTTY_BYTES || memcmp(back, bytes, MTTY_BYTES)))
		ret = -EIO;
	return ret;
}

/* A byte comes round while that interrupts. */
static int mtty_interrupt(struct stimulus *st)
{
	const struct bank *port = st->priv; /* the first */
	int ret = stimulus_route(st, UAPI_PCI_MSI);

	if (!ret)
		ret = mtty_fill(st, port, NULL, 0);
	if (!ret)
		ret = bank_put(st, port, MTTY_IER, 1, MTTY_IER_DATA);
	if (!ret)
		ret = bank_put(st, port, MTTY_DATA, 1, 'm');
	return ret ? ret : mtty_fill(st, port, NULL, 0);
}

static const struct bank_kind mtty_kind = {
	.fields = mtty_fields,
	.count = ARRAY_SIZE(mtty_fields),
	.bars = 2,
	.bar_size = MTTY_BAR_SIZE,
	.mark = mtty_mark,
	.verify = mtty_verify,
	.work = mtty_work,
};

STIMULUS(mtty) = {
	.name = "mtty",
	.banks = &mtty_kind,
	BANK_OPS(mtty_probe),
	.interrupt = mtty_interrupt,
};

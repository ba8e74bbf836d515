// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's sample serial card (mtty): one or two UARTs, each a BAR of
 * eight byte registers, whose transmitter always feeds its own receiver. It
 * does no DMA. Accesses are not bounded by the driver, so nothing outside
 * these registers is ever touched.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus.h"

enum mtty_register {
	MTTY_DATA = 0,
	MTTY_IER = 1,
	MTTY_FCR = 2, /* write only */
	MTTY_LCR = 3,
	MTTY_MCR = 4,
	MTTY_LSR = 5,
	MTTY_SCR = 7,
};

enum {
	MTTY_IDS = 0x32534348, /* device and vendor */
	MTTY_BAR_SIZE = 8,
	MTTY_PORTS = 2,
	MTTY_FIFO = 16,
	MTTY_BYTES = 8, /* kept in the FIFO: half of it, see mtty_turn() */

	MTTY_FCR_CLEAR = 0x07, /* FIFO on, both directions emptied */
	MTTY_MCR_LOOP = 0x10,
	MTTY_LSR_READY = 0x01,
	MTTY_LSR_IDLE = 0x60, /* transmitter and its register are empty */
};

struct mtty {
	u64 bar[MTTY_PORTS];
	u32 ports;
};

/*
 * What a mark sets, in this order: LCR without the divisor latch first, which
 * hides other registers. The interrupts that IER can enable here are those
 * that the traffic of verify() does not raise.
 */
static const struct {
	u8 reg, mask, fixed;
	const char *name;
} mtty_fields[] = {
	{ MTTY_LCR, 0x7f, 0, "LCR" },
	{ MTTY_MCR, 0x0f, MTTY_MCR_LOOP, "MCR" },
	{ MTTY_SCR, 0xff, 0, "SCR" },
	{ MTTY_IER, 0x0c, 0, "IER" },
};

static const u8 mtty_patched[] = { MTTY_SCR, MTTY_LCR };

static bool mtty_probe(struct mig_dev *dev)
{
	struct uapi_device_info info;
	struct mig_region config, bar;
	u32 ids;

	/* Asked first: until then the driver bounds other requests by zero. */
	if (mig_device_info(dev, &info) || info.num_regions <= UAPI_PCI_CONFIG ||
	    mig_region_info(dev, UAPI_PCI_CONFIG, &config) ||
	    config.size < sizeof(ids) || !(config.flags & UAPI_REGION_READ) ||
	    mig_pread(&dev->file, &ids, sizeof(ids), config.offset) !=
		    sizeof(ids) ||
	    le32toh(ids) != MTTY_IDS)
		return false;
	return !mig_region_info(dev, UAPI_PCI_BAR0, &bar) &&
	       bar.size == MTTY_BAR_SIZE;
}

static int mtty_attach(struct stimulus *st)
{
	struct mtty *mtty = st->priv;
	struct mig_region bar;
	u32 i;
	int ret;

	if (!mtty) {
		mtty = calloc(1, sizeof(*mtty));
		if (!mtty)
			return -ENOMEM;
		st->priv = mtty;
	}
	mtty->ports = 0;
	for (i = 0; i < MTTY_PORTS; i++) {
		ret = mig_region_info(st->dev, UAPI_PCI_BAR0 + i, &bar);
		if (ret)
			return ret;
		if (bar.size != MTTY_BAR_SIZE)
			break;
		mtty->bar[i] = bar.offset;
		mtty->ports++;
	}
	return mtty->ports ? 0 : -ENODEV;
}

static int mtty_get(struct stimulus *st, u32 port, u8 reg, u8 *ret_value)
{
	struct mtty *mtty = st->priv;

	return stimulus_read(st, mtty->bar[port] + reg, ret_value, 1);
}

static int mtty_put(struct stimulus *st, u32 port, u8 reg, u8 value)
{
	struct mtty *mtty = st->priv;

	return stimulus_write(st, mtty->bar[port] + reg, &value, 1);
}

static u8 mtty_pattern(u64 seed, u32 port, u32 place)
{
	return stimulus_pattern(seed, port * 256 + place);
}

static u8 mtty_field(u64 seed, u32 port, size_t i)
{
	return (mtty_pattern(seed, port, mtty_fields[i].reg) &
		mtty_fields[i].mask) |
	       mtty_fields[i].fixed;
}

static u8 mtty_byte(u64 seed, u32 port, u32 i)
{
	return mtty_pattern(seed, port, 64 + i);
}

static int mtty_push(struct stimulus *st, u32 port, const u8 *bytes, u32 count)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++)
		ret = mtty_put(st, port, MTTY_DATA, bytes[i]);
	return ret;
}

/* All that is there; an empty FIFO would give bytes that mean nothing. */
static int mtty_pop(struct stimulus *st, u32 port, u8 bytes[MTTY_FIFO],
		    u32 *ret_count)
{
	u32 count = 0;
	u8 status;
	int ret;

	for (;;) {
		ret = mtty_get(st, port, MTTY_LSR, &status);
		if (ret)
			return ret;
		if (!(status & MTTY_LSR_READY) || count == MTTY_FIFO)
			break;
		ret = mtty_get(st, port, MTTY_DATA, &bytes[count++]);
		if (ret)
			return ret;
	}
	*ret_count = count;
	return 0;
}

/*
 * Takes the FIFO out and puts it back. Half a ring later all is as before for
 * the guest; the second turn brings the ring itself back to where it was.
 */
static int mtty_turn(struct stimulus *st, u32 port, u8 bytes[MTTY_FIFO],
		     u32 *ret_count)
{
	u32 turn;
	int ret;

	for (turn = 0; turn < MTTY_FIFO / MTTY_BYTES; turn++) {
		ret = mtty_pop(st, port, bytes, ret_count);
		if (!ret)
			ret = mtty_push(st, port, bytes, *ret_count);
		if (ret)
			return ret;
	}
	return 0;
}

static int mtty_mark_fifo(struct stimulus *st, u32 port, u64 seed)
{
	u8 bytes[MTTY_FIFO];
	u32 i, count;
	int ret;

	for (i = 0; i < MTTY_BYTES; i++)
		bytes[i] = mtty_byte(seed, port, i);
	ret = mtty_put(st, port, MTTY_FCR, MTTY_FCR_CLEAR);
	if (!ret)
		ret = mtty_push(st, port, bytes, MTTY_BYTES);
	/* So that both halves of the ring are known. */
	return ret ? ret : mtty_turn(st, port, bytes, &count);
}

static int mtty_mark_port(struct stimulus *st, u32 port, u64 seed)
{
	size_t i;
	int ret;

	ret = mtty_put(st, port, MTTY_LCR, mtty_field(seed, port, 0));
	if (!ret)
		ret = mtty_put(st, port, MTTY_IER, 0);
	if (!ret)
		ret = mtty_mark_fifo(st, port, seed);
	for (i = 1; i < ARRAY_SIZE(mtty_fields) && !ret; i++)
		ret = mtty_put(st, port, mtty_fields[i].reg,
			       mtty_field(seed, port, i));
	return ret;
}

static int mtty_mark(struct stimulus *st, u64 seed)
{
	struct mtty *mtty = st->priv;
	int ret = 0;
	u32 port;

	for (port = 0; port < mtty->ports && !ret; port++)
		ret = mtty_mark_port(st, port, seed);
	return ret;
}

static int mtty_expect(struct stimulus *st, u32 port, u8 reg, u8 expected,
		       const char *name)
{
	u8 value;
	int ret;

	ret = mtty_get(st, port, reg, &value);
	if (!ret && value != expected)
		ret = stimulus_differ(st, "port %u: %s is 0x%02x, not 0x%02x",
				      port, name, value, expected);
	return ret;
}

static int mtty_verify_fifo(struct stimulus *st, u32 port, u64 seed)
{
	u8 bytes[MTTY_FIFO];
	u32 i, count;
	int ret;

	ret = mtty_turn(st, port, bytes, &count);
	if (ret)
		return ret;
	if (count != MTTY_BYTES)
		return stimulus_differ(st, "port %u: %u bytes in the FIFO, not %u",
				       port, count, MTTY_BYTES);
	for (i = 0; i < MTTY_BYTES; i++)
		if (bytes[i] != mtty_byte(seed, port, i))
			return stimulus_differ(st,
				"port %u: byte %u of the FIFO is 0x%02x, not 0x%02x",
				port, i, bytes[i], mtty_byte(seed, port, i));
	return 0;
}

static int mtty_verify_port(struct stimulus *st, u32 port, u64 seed)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mtty_fields) && !ret; i++)
		ret = mtty_expect(st, port, mtty_fields[i].reg,
				  mtty_field(seed, port, i),
				  mtty_fields[i].name);
	if (!ret)
		ret = mtty_expect(st, port, MTTY_LSR, MTTY_LSR_READY, "LSR");
	return ret ? ret : mtty_verify_fifo(st, port, seed);
}

static int mtty_verify(struct stimulus *st, u64 seed)
{
	struct mtty *mtty = st->priv;
	int ret = 0;
	u32 port;

	for (port = 0; port < mtty->ports && !ret; port++)
		ret = mtty_verify_port(st, port, seed);
	return ret;
}

/* Never what the mark has there: a few bits that depend on @k are turned. */
static u8 mtty_patch_value(u64 seed, u32 k, u8 reg)
{
	return (mtty_pattern(seed, 0, reg) ^ (1 + k % 0x7f)) &
	       (reg == MTTY_LCR ? 0x7f : 0xff);
}

static int mtty_patch(struct stimulus *st, u64 seed, u32 k)
{
	u8 reg = mtty_patched[k % ARRAY_SIZE(mtty_patched)];

	return mtty_put(st, 0, reg, mtty_patch_value(seed, k, reg));
}

static int mtty_verify_patch(struct stimulus *st, u64 seed, u32 k)
{
	u8 reg = mtty_patched[k % ARRAY_SIZE(mtty_patched)];

	return mtty_expect(st, 0, reg, mtty_patch_value(seed, k, reg), "patch");
}

static int mtty_work_port(struct stimulus *st, u32 port)
{
	static const u8 bytes[MTTY_BYTES] = "migcheck";
	u8 back[MTTY_FIFO] = { 0 };
	u32 count;
	int ret;

	ret = mtty_put(st, port, MTTY_LCR, 0x03);
	if (!ret)
		ret = mtty_put(st, port, MTTY_FCR, MTTY_FCR_CLEAR);
	if (!ret)
		ret = mtty_push(st, port, bytes, sizeof(bytes));
	if (!ret)
		ret = mtty_pop(st, port, back, &count);
	if (!ret && (count != sizeof(bytes) || memcmp(back, bytes, sizeof(bytes))))
		ret = -EIO;
	return ret;
}

static int mtty_work(struct stimulus *st)
{
	struct mtty *mtty = st->priv;
	int ret = 0;
	u32 port;

	for (port = 0; port < mtty->ports && !ret; port++)
		ret = mtty_work_port(st, port);
	return ret;
}

static int mtty_is_initial(struct stimulus *st)
{
	struct mtty *mtty = st->priv;
	int ret = 0;
	size_t i;
	u32 port;

	for (port = 0; port < mtty->ports && !ret; port++) {
		for (i = 0; i < ARRAY_SIZE(mtty_fields) && !ret; i++)
			ret = mtty_expect(st, port, mtty_fields[i].reg, 0,
					  mtty_fields[i].name);
		if (!ret)
			ret = mtty_expect(st, port, MTTY_LSR, MTTY_LSR_IDLE,
					  "LSR");
	}
	if (ret == -EILSEQ)
		return 0;
	return ret ? ret : 1;
}

static void mtty_release(struct stimulus *st)
{
	free(st->priv);
}

STIMULUS(mtty) = {
	.name = "mtty",
	.probe = mtty_probe,
	.attach = mtty_attach,
	.mark = mtty_mark,
	.verify = mtty_verify,
	.verify_all = mtty_verify,
	.patch = mtty_patch,
	.verify_patch = mtty_verify_patch,
	.work = mtty_work,
	.is_initial = mtty_is_initial,
	.release = mtty_release,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What moves a device from outside, and reads what became of it.
 *
 * The migration uAPI says nothing about what is inside a device, but most of
 * its promises are about that. A stimulus knows one kind of device: how to
 * recognise it, how to bring it into a state that depends on a number only,
 * and how to tell whether it is in that state.
 *
 * A driver author adds one file of about a hundred lines to lib/stimulus, and
 * edits no other: STIMULUS() lets the linker find the table in it. template.c
 * is a whole one to begin with, for QEMU's "edu" card; bank.h does the most of
 * it where contents are registers. What to fill in, in the order in which it
 * pays:
 *   probe     is this my device?                    needed
 *   attach    init: where are the registers?        needed
 *   mark      dirty: contents that tell a seed      round trips are judged
 *   verify    are they there?
 *   patch, verify_patch   one change more           pre-copy, late changes
 *   work      does it do its job?                   after restores and resets
 *   activity_start, _stop, _seen   observe: DMA and interrupts by itself
 *                                                   silence when stopped
 *   dma_write, dma_submit                           dirty logs, P2P
 *
 * Only the device's normal regions are used, never migration itself. The
 * functions return 0, or -errno of the access that failed. -EOPNOTSUPP: this
 * kind of device cannot do that; the operation may also be NULL.
 */
#ifndef MIGCHECK_STIMULUS_H
#define MIGCHECK_STIMULUS_H

#include "../mig.h"

struct stimulus;

/* Bits of a seed, see mark(); who has no queues takes them for a number. */
#define STIMULUS_FULL (1ull << 63)
#define STIMULUS_EMPTY (1ull << 62)

/* Bytes of a region that keep what is written to them, and can be read back. */
struct stimulus_window {
	u32 region;
	u64 offset;
	u32 len;
};

struct stimulus_ops {
	const char *name;
	bool generic; /* knows little of many devices: is asked last */
	const struct bank_kind *banks; /* see bank.h, or NULL */
	size_t priv_size; /* of what st->priv points to: zeroes at first */

	/* Is this my kind of device? Read-only, must be safe on any device. */
	bool (*probe)(struct mig_dev *dev);

	/*
	 * Gets ready for st->dev: after probe(), and again for each new open of
	 * the device, with priv as it was.
	 */
	int (*attach)(struct stimulus *st);

	/*
	 * Puts all guest-visible contents into the state that belongs to
	 * @seed. Seeds 0 and 1 must give different contents everywhere. With
	 * STIMULUS_FULL or STIMULUS_EMPTY in the seed queues are as full as
	 * they get, or empty: states that a careless load takes for errors.
	 */
	int (*mark)(struct stimulus *st, u64 seed);

	/*
	 * 0 where the contents are those of mark(@seed), -EILSEQ where they
	 * are not, with one line in st->differs. Must not change them.
	 */
	int (*verify)(struct stimulus *st, u64 seed);
	/* Also looks at what can only be read by using it up: changes them. */
	int (*verify_all)(struct stimulus *st, u64 seed);

	/*
	 * A small change that a marked device then shows: patch(@seed, @k).
	 * Patches @k and @k + 1 touch different places. verify_patch() looks
	 * at the patched places alone.
	 */
	int (*patch)(struct stimulus *st, u64 seed, u32 k);
	int (*verify_patch)(struct stimulus *st, u64 seed, u32 k);

	/*
	 * Makes the device do its work once and checks that it got done:
	 * 0 works, -ETIMEDOUT or -EIO dead. Contents may change.
	 */
	int (*work)(struct stimulus *st);

	/*
	 * The device writes @len bytes of pattern @seed by DMA to @iova, at
	 * most one page. Returns when they are written; errors as work().
	 */
	int (*dma_write)(struct stimulus *st, u64 iova, u32 len, u64 seed);

	/*
	 * The same without waiting, and slow: the device gets it done a while
	 * after the call returned. At least two of them can be under way.
	 */
	int (*dma_submit)(struct stimulus *st, u64 iova, u32 len, u64 seed);

	/*
	 * Where the DMA of another device may write to, and that it did shows.
	 * Part of the migrated contents.
	 */
	int (*window)(struct stimulus *st, struct stimulus_window *ret_window);

	/* Self-driven activity: DMA and interrupts that need no further call. */
	int (*activity_start)(struct stimulus *st);
	/* One interrupt, raised on return; activity_seen() counts it too. */
	int (*interrupt)(struct stimulus *st);
	int (*activity_stop)(struct stimulus *st);
	/*
	 * Grows with each DMA write and interrupt seen so far. NULL with an
	 * interrupt(): those of stimulus_route() count.
	 */
	int (*activity_seen)(struct stimulus *st, u64 *ret_dma, u64 *ret_irq);

	/*
	 * Work that takes a while: submit(), then the device finishes it on
	 * its own. finished() gives 0 when done right, -EAGAIN not yet, -EIO
	 * when done wrong. It looks at memory alone, so that it also tells of
	 * work which another device of the context has finished.
	 */
	int (*submit)(struct stimulus *st, u64 seed);
	int (*finished)(struct stimulus *st, u64 seed);

	/* True (1) where contents are as after power-on; 0 not; -errno. */
	int (*is_initial)(struct stimulus *st);

	/* What attach() and the others have got, but priv and interrupts. */
	void (*release)(struct stimulus *st);
};

struct stimulus {
	const struct stimulus_ops *ops;
	struct mig_dev *dev;
	void *priv; /* the ops' own */
	int eventfd; /* of stimulus_route(), -1 before it */
	s64 routed;  /* index of its interrupt, -1 where it goes nowhere */
	u64 irqs;    /* that have arrived */
	char differs[160];
};

/* The ops that recognise @dev; -ENODEV where none does. */
int stimulus_create(struct mig_dev *dev, struct stimulus **ret_stimulus);
/*
 * While its device is open, or after stimulus_rebind(st, NULL), and in any
 * case before the context goes. NULL is fine.
 */
void stimulus_destroy(struct stimulus *st);
/*
 * The same stimulus on a new open of the device, or on none (NULL) while it
 * is closed: then all calls give -ENODEV. @st NULL is fine.
 */
int stimulus_rebind(struct stimulus *st, struct mig_dev *dev);
/* Can it bring the device into a state and recognise that state? */
bool stimulus_can_mark(const struct stimulus *st);

/* Each forwards, -EOPNOTSUPP where the ops lack it or @st is NULL. */
int stimulus_mark(struct stimulus *st, u64 seed);
int stimulus_verify(struct stimulus *st, u64 seed);
int stimulus_verify_all(struct stimulus *st, u64 seed);
int stimulus_patch(struct stimulus *st, u64 seed, u32 k);
int stimulus_verify_patch(struct stimulus *st, u64 seed, u32 k);
int stimulus_work(struct stimulus *st);
int stimulus_dma_write(struct stimulus *st, u64 iova, u32 len, u64 seed);
int stimulus_dma_submit(struct stimulus *st, u64 iova, u32 len, u64 seed);
int stimulus_window(struct stimulus *st, struct stimulus_window *ret_window);
int stimulus_activity_start(struct stimulus *st);
int stimulus_interrupt(struct stimulus *st);
int stimulus_activity_stop(struct stimulus *st);
int stimulus_activity_seen(struct stimulus *st, u64 *ret_dma, u64 *ret_irq);
int stimulus_submit(struct stimulus *st, u64 seed);
int stimulus_finished(struct stimulus *st, u64 seed);
int stimulus_is_initial(struct stimulus *st);

/*
 * For the authors of ops.
 *
 * Contents come from stimulus_pattern(): 64 bits that depend on @seed and
 * @place only. Seeds 2n and 2n + 1 give each other's complement, so that even
 * a field of one bit tells them apart. stimulus_fill() makes bytes of it, and
 * is what dma_write() writes, with place 0.
 */
u64 stimulus_pattern(u64 seed, u64 place);
void stimulus_fill(void *buf, size_t len, u64 seed, u64 place);

/* Exactly @len bytes at @offset of the device file: 0, -errno, -EIO if short. */
int stimulus_read(struct stimulus *st, u64 offset, void *ret_buf, size_t len);
int stimulus_write(struct stimulus *st, u64 offset, const void *buf, size_t len);

/* The device and vendor number that @dev has in its config space, 0: none. */
u32 stimulus_pci_ids(struct mig_dev *dev);
/* Where BAR @index of @size bytes lies in the device file; -ENODEV. */
int stimulus_bar(struct stimulus *st, u32 index, u64 size, u64 *ret_offset);

/*
 * Lets vector 0 of interrupt @index (UAPI_PCI_MSI...) come here from now on,
 * until this open ends; stimulus_irqs() says how many came so far.
 */
int stimulus_route(struct stimulus *st, u32 index);
void stimulus_unroute(struct stimulus *st);
u64 stimulus_irqs(struct stimulus *st);

/* Puts the line into st->differs; always -EILSEQ. */
int stimulus_differ(struct stimulus *st, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A stimulus maps its memory here: STIMULUS_IOVA_SIZE bytes for each device,
 * by dev->index. Other users of the context stay out of it.
 */
#define STIMULUS_IOVA 0x10000000ull
#define STIMULUS_IOVA_SIZE 0x100000ull

/*
 * Introduces a table to stimulus_create():
 *
 *   STIMULUS(mtty) = { .name = "mtty", .probe = mtty_probe, ... };
 */
#define STIMULUS(name_)                                                     \
	static const struct stimulus_ops name_##_stimulus;                 \
	static const struct stimulus_ops *const name_##_entry              \
		__attribute__((used, section("stimuli"))) = &name_##_stimulus; \
	static const struct stimulus_ops name_##_stimulus

#endif

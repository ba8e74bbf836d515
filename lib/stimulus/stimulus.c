// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stimulus.h"

/* Made by the linker from all files that have a STIMULUS(). */
extern const struct stimulus_ops *const __start_stimuli[];
extern const struct stimulus_ops *const __stop_stimuli[];

static const struct stimulus_ops *stimulus_among(struct mig_dev *dev,
						 bool generic)
{
	const struct stimulus_ops *const *ops;

	for (ops = __start_stimuli; ops != __stop_stimuli; ops++)
		if ((*ops)->generic == generic && (*ops)->probe(dev))
			return *ops;
	return NULL;
}

static const struct stimulus_ops *stimulus_of(struct mig_dev *dev)
{
	const struct stimulus_ops *ops = stimulus_among(dev, false);

	return ops ? ops : stimulus_among(dev, true);
}

int stimulus_create(struct mig_dev *dev, struct stimulus **ret_stimulus)
{
	const struct stimulus_ops *ops;
	struct uapi_device_info info;
	struct stimulus *st;
	int ret;

	/* Some drivers answer nothing else right before this was asked. */
	ret = mig_device_info(dev, &info);
	if (ret)
		return ret;
	ops = stimulus_of(dev);
	if (!ops)
		return -ENODEV;
	st = calloc(1, sizeof(*st));
	if (!st)
		return -ENOMEM;
	st->ops = ops;
	st->eventfd = -1;
	st->routed = -1;
	ret = -ENOMEM;
	st->priv = ops->priv_size ? calloc(1, ops->priv_size) : NULL;
	if (ops->priv_size && !st->priv)
		goto err_destroy;
	ret = stimulus_rebind(st, dev);
	if (ret)
		goto err_destroy;
	*ret_stimulus = st;
	return 0;

err_destroy:
	stimulus_destroy(st);
	return ret;
}

void stimulus_destroy(struct stimulus *st)
{
	if (!st)
		return;
	/* Before the descriptor: its number may soon name something else. */
	stimulus_unroute(st);
	if (st->ops->release && st->priv)
		st->ops->release(st);
	if (st->eventfd >= 0)
		close(st->eventfd);
	free(st->priv);
	free(st);
}

int stimulus_rebind(struct stimulus *st, struct mig_dev *dev)
{
	struct uapi_device_info info;
	int ret;

	if (!st)
		return 0;
	st->dev = dev;
	st->routed = -1;
	if (!dev || !st->ops->attach)
		return 0;
	ret = mig_device_info(dev, &info);
	return ret ? ret : st->ops->attach(st);
}

bool stimulus_can_mark(const struct stimulus *st)
{
	return st && st->ops->mark && st->ops->verify;
}

#define STIMULUS_FORWARD(st, op, ...)                      \
	do {                                               \
		if (!(st) || !(st)->ops->op)               \
			return -EOPNOTSUPP;                \
		if (!(st)->dev)                            \
			return -ENODEV;                    \
		return (st)->ops->op(st, ##__VA_ARGS__);   \
	} while (0)

int stimulus_mark(struct stimulus *st, u64 seed)
{
	STIMULUS_FORWARD(st, mark, seed);
}

int stimulus_verify(struct stimulus *st, u64 seed)
{
	STIMULUS_FORWARD(st, verify, seed);
}

int stimulus_verify_all(struct stimulus *st, u64 seed)
{
	STIMULUS_FORWARD(st, verify_all, seed);
}

int stimulus_patch(struct stimulus *st, u64 seed, u32 k)
{
	STIMULUS_FORWARD(st, patch, seed, k);
}

int stimulus_verify_patch(struct stimulus *st, u64 seed, u32 k)
{
	STIMULUS_FORWARD(st, verify_patch, seed, k);
}

int stimulus_work(struct stimulus *st)
{
	STIMULUS_FORWARD(st, work);
}

int stimulus_dma_write(struct stimulus *st, u64 iova, u32 len, u64 seed)
{
	STIMULUS_FORWARD(st, dma_write, iova, len, seed);
}

int stimulus_dma_submit(struct stimulus *st, u64 iova, u32 len, u64 seed)
{
	STIMULUS_FORWARD(st, dma_submit, iova, len, seed);
}

int stimulus_window(struct stimulus *st, struct stimulus_window *ret_window)
{
	STIMULUS_FORWARD(st, window, ret_window);
}

int stimulus_activity_start(struct stimulus *st)
{
	STIMULUS_FORWARD(st, activity_start);
}

int stimulus_interrupt(struct stimulus *st)
{
	STIMULUS_FORWARD(st, interrupt);
}

int stimulus_activity_stop(struct stimulus *st)
{
	STIMULUS_FORWARD(st, activity_stop);
}

int stimulus_activity_seen(struct stimulus *st, u64 *ret_dma, u64 *ret_irq)
{
	/* Interrupts that were routed here are counted for everyone. */
	if (st && st->dev && !st->ops->activity_seen && st->ops->interrupt) {
		*ret_dma = 0;
		*ret_irq = stimulus_irqs(st);
		return 0;
	}
	STIMULUS_FORWARD(st, activity_seen, ret_dma, ret_irq);
}

int stimulus_submit(struct stimulus *st, u64 seed)
{
	STIMULUS_FORWARD(st, submit, seed);
}

int stimulus_finished(struct stimulus *st, u64 seed)
{
	STIMULUS_FORWARD(st, finished, seed);
}

int stimulus_is_initial(struct stimulus *st)
{
	STIMULUS_FORWARD(st, is_initial);
}

/* splitmix64 */
static u64 stimulus_mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

u64 stimulus_pattern(u64 seed, u64 place)
{
	u64 pattern = stimulus_mix(stimulus_mix(seed >> 1) + place);

	return seed & 1 ? ~pattern : pattern;
}

void stimulus_fill(void *buf, size_t len, u64 seed, u64 place)
{
	u8 *at = buf;
	u64 word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		word = stimulus_pattern(seed, place++);
		memcpy(at, &word, sizeof(word));
	}
	word = stimulus_pattern(seed, place);
	memcpy(at, &word, len);
}

static int stimulus_exact(ssize_t count, size_t len)
{
	if (count < 0)
		return count;
	return (size_t)count == len ? 0 : -EIO;
}

int stimulus_read(struct stimulus *st, u64 offset, void *ret_buf, size_t len)
{
	return stimulus_exact(mig_pread(&st->dev->file, ret_buf, len, offset),
			      len);
}

int stimulus_write(struct stimulus *st, u64 offset, const void *buf, size_t len)
{
	return stimulus_exact(mig_pwrite(&st->dev->file, buf, len, offset), len);
}

u32 stimulus_pci_ids(struct mig_dev *dev)
{
	struct uapi_device_info info;
	struct mig_region config;
	u32 ids;

	/* Asked first: until then some drivers bound other requests by zero. */
	if (mig_device_info(dev, &info) || info.num_regions <= UAPI_PCI_CONFIG ||
	    mig_region_info(dev, UAPI_PCI_CONFIG, &config) ||
	    config.size < sizeof(ids) || !(config.flags & UAPI_REGION_READ) ||
	    mig_pread(&dev->file, &ids, sizeof(ids), config.offset) !=
		    sizeof(ids))
		return 0;
	return le32toh(ids);
}

int stimulus_bar(struct stimulus *st, u32 index, u64 size, u64 *ret_offset)
{
	struct mig_region bar;
	int ret = mig_region_info(st->dev, UAPI_PCI_BAR0 + index, &bar);

	if (ret)
		return ret;
	if (bar.size != size)
		return -ENODEV;
	*ret_offset = bar.offset;
	return 0;
}

int stimulus_route(struct stimulus *st, u32 index)
{
	int ret;

	if (st->eventfd < 0)
		st->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (st->eventfd < 0)
		return -errno;
	ret = mig_irq(st->dev, index, 0, st->eventfd);
	if (!ret)
		st->routed = index;
	return ret;
}

void stimulus_unroute(struct stimulus *st)
{
	if (st->routed >= 0 && st->dev)
		mig_irq(st->dev, (u32)st->routed, 0, -1);
	st->routed = -1;
}

u64 stimulus_irqs(struct stimulus *st)
{
	u64 count;

	if (st->eventfd >= 0 &&
	    read(st->eventfd, &count, sizeof(count)) == sizeof(count))
		st->irqs += count;
	return st->irqs;
}

int stimulus_differ(struct stimulus *st, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(st->differs, sizeof(st->differs), fmt, args);
	va_end(args);
	return -EILSEQ;
}

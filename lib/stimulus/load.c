// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xxhash.h>

#include "load.h"

enum { LOAD_DMA_MAX = 512 };

/* What decides a step: different in each, the same for each seed. */
static u64 load_draw(const struct load *load, u32 what)
{
	return stimulus_pattern(load->seed & ~1ull,
				(u64)load->steps * 8 + what);
}

/* ---- steps ------------------------------------------------------------------- */

static int load_registers(struct load *load)
{
	u64 seed = load_draw(load, 1);
	int ret;

	if (load->steps % 4 == 0)
		return stimulus_mark(load->st, seed);
	ret = stimulus_patch(load->st, seed, load->steps);
	return ret == -EOPNOTSUPP ? stimulus_mark(load->st, seed) : ret;
}

static int load_dma(struct load *load)
{
	u64 seed = load_draw(load, 1), at = load_draw(load, 2);
	u32 len = 4 + load_draw(load, 3) % (LOAD_DMA_MAX / 4) * 4;

	at = load->iova + at % ((LOAD_MEMORY - LOAD_DMA_MAX) / 4) * 4;
	if (load->st->ops->dma_submit && seed & 1)
		return stimulus_dma_submit(load->st, at, len, seed);
	return stimulus_dma_write(load->st, at, len, seed);
}

static int load_interrupt(struct load *load)
{
	return stimulus_interrupt(load->st);
}

static int load_peer(struct load *load)
{
	struct stimulus_window window;
	u32 len = 4 + load_draw(load, 2) % (LOAD_DMA_MAX / 4) * 4;
	u64 iova;
	int ret;

	ret = stimulus_window(load->peer, &window);
	if (!ret)
		ret = mig_peer_iova(load->peer->dev, window.region, &iova);
	if (ret)
		return ret;
	if (len > window.len)
		len = window.len;
	return stimulus_dma_write(load->st, iova + window.offset, len,
				  load_draw(load, 1));
}

static int load_reset(struct load *load)
{
	return mig_reset(load->st->dev);
}

static bool has_registers(const struct load *load)
{
	return stimulus_can_mark(load->st);
}

static bool has_dma(const struct load *load)
{
	return load->memory && load->st->ops->dma_write;
}

static bool has_interrupts(const struct load *load)
{
	return load->st->ops->interrupt;
}

static bool has_peers(const struct load *load)
{
	return load->peer && load->peer->ops->window &&
	       load->st->ops->dma_write;
}

static bool has_resets(const struct load *load)
{
	struct uapi_device_info info;

	return !mig_device_info(load->st->dev, &info) &&
	       (info.flags & UAPI_DEVICE_FLAGS_RESET);
}

static const struct {
	const char *name;
	bool (*has)(const struct load *load);
	int (*step)(struct load *load);
} load_kinds[LOAD_KINDS] = {
	[LOAD_REGISTERS] = { "registers", has_registers, load_registers },
	[LOAD_DMA] = { "DMA", has_dma, load_dma },
	[LOAD_INTERRUPTS] = { "interrupts", has_interrupts, load_interrupt },
	[LOAD_PEERS] = { "writes to a peer", has_peers, load_peer },
	[LOAD_RESETS] = { "resets", has_resets, load_reset },
};

const char *load_name(enum load_kind kind)
{
	return load_kinds[kind].name;
}

bool load_has(const struct load *load, enum load_kind kind)
{
	return load->st && load_kinds[kind].has(load);
}

/* Those of @kinds that the device has, in @ret_kinds; how many. */
static u32 load_choose(const struct load *load, u32 kinds,
		       enum load_kind ret_kinds[LOAD_KINDS])
{
	u32 kind, count = 0;

	for (kind = 0; kind < LOAD_KINDS; kind++)
		if (kinds & 1u << kind && load_has(load, kind))
			ret_kinds[count++] = kind;
	return count;
}

int load_run(struct load *load, u32 kinds, u32 steps)
{
	enum load_kind some[LOAD_KINDS];
	u32 count = load_choose(load, kinds, some);
	int ret = count ? 0 : -EOPNOTSUPP;

	for (; steps && !ret; steps--) {
		ret = load_kinds[some[load_draw(load, 0) % count]].step(load);
		load->steps++;
	}
	return ret;
}

/* ---- a thread of its own -------------------------------------------------------- */

static void *load_thread(void *arg)
{
	struct load *load = arg;

	while (!__atomic_load_n(&load->over, __ATOMIC_ACQUIRE))
		if (load_run(load, load->racers, 1) == -EOPNOTSUPP)
			break;
	return NULL;
}

int load_race(struct load *load, u32 kinds)
{
	int ret;

	mig_concurrent(load->st->dev->ctx, true);
	load->over = false;
	load->racers = kinds;
	ret = -pthread_create(&load->thread, NULL, load_thread, load);
	if (ret)
		mig_concurrent(load->st->dev->ctx, false);
	load->racing = !ret;
	return ret;
}

u32 load_race_end(struct load *load)
{
	if (!load->racing)
		return load->steps;
	__atomic_store_n(&load->over, true, __ATOMIC_RELEASE);
	pthread_join(load->thread, NULL);
	mig_concurrent(load->st->dev->ctx, false);
	load->racing = false;
	return load->steps;
}

/* ---- memory ------------------------------------------------------------------------ */

/* In the second half of what belongs to the stimulus of the device. */
static int load_map(struct load *load)
{
	struct mig_dev *dev = load->st->dev;
	u8 *memory;
	int ret;

	memory = mmap(NULL, LOAD_MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	load->iova = STIMULUS_IOVA + dev->index * STIMULUS_IOVA_SIZE +
		     STIMULUS_IOVA_SIZE / 2;
	ret = mig_dma_map(dev->ctx, load->iova, memory, LOAD_MEMORY);
	if (ret)
		munmap(memory, LOAD_MEMORY);
	else
		load->memory = memory;
	return ret;
}

int load_open(struct load *load, struct stimulus *st, struct stimulus *peer,
	      u64 seed)
{
	memset(load, 0, sizeof(*load));
	if (!st || !st->dev)
		return -ENODEV;
	load->st = st;
	load->peer = peer;
	load->seed = seed;
	return st->dev->caps & MIG_CAP_DMA ? load_map(load) : 0;
}

void load_close(struct load *load)
{
	load_race_end(load);
	if (!load->memory)
		return;
	mig_dma_unmap(load->st->dev->ctx, load->iova, LOAD_MEMORY);
	munmap(load->memory, LOAD_MEMORY);
	load->memory = NULL;
}

u64 load_digest(const struct load *load)
{
	return load->memory ? XXH3_64bits(load->memory, LOAD_MEMORY) : 0;
}

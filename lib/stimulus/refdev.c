// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "refdev.h"

/* Runs of registers that a mark fills; the masks keep each value settable. */
static const struct refdev_run {
	u32 reg, words;
	u32 last_mask; /* of the last word */
	const char *name;
} refdev_runs[] = {
	{ REFDEV_REG_HEART_IOVA, 7, 0x7ff, "heart and work register" },
	{ REFDEV_REG_SCRATCH, REFDEV_SCRATCH, 0xffffffff, "scratch" },
};

enum {
	REFDEV_RUN_MAX = 16,
	REFDEV_FIFO_MARK = REFDEV_FIFO / 2, /* most that a mark pushes */
};

/* Places of stimulus_pattern(), in words of 8 bytes. */
enum {
	REFDEV_AT_REGS = 0,
	REFDEV_AT_FIFO = 1024,
	REFDEV_AT_MEM = 2048,
	REFDEV_AT_PATCH = 1 << 20,
};

/* Registers that read 0 after power-on; reading these changes nothing. */
static const u32 refdev_zero[] = {
	REFDEV_REG_CONTROL, REFDEV_REG_BEATS, REFDEV_REG_WORK_DONE,
	REFDEV_REG_WORK_QUEUED, REFDEV_REG_FIFO_COUNT,
};

int refdev_get(struct stimulus *st, u32 reg, u32 *ret_value)
{
	struct refdev_stimulus *rs = st->priv;

	return stimulus_read(st, rs->bar0 + reg, ret_value, sizeof(*ret_value));
}

int refdev_put(struct stimulus *st, u32 reg, u32 value)
{
	struct refdev_stimulus *rs = st->priv;

	return stimulus_write(st, rs->bar0 + reg, &value, sizeof(value));
}

static int refdev_regions(struct mig_dev *dev, struct mig_region *ret_bar0,
			  struct mig_region *ret_bar2)
{
	int ret;

	ret = mig_region_info(dev, UAPI_PCI_BAR0, ret_bar0);
	if (!ret)
		ret = mig_region_info(dev, UAPI_PCI_BAR0 + 2, ret_bar2);
	if (!ret && (ret_bar0->size != REFDEV_BAR0_SIZE ||
		     ret_bar2->size != REFDEV_MEM_SIZE))
		ret = -ENODEV;
	return ret;
}

static bool refdev_probe(struct mig_dev *dev)
{
	struct mig_region bar0, bar2;
	u32 id;

	/* The sizes come first: reading registers of others has effects. */
	return !refdev_regions(dev, &bar0, &bar2) &&
	       mig_pread(&dev->file, &id, sizeof(id),
			 bar0.offset + REFDEV_REG_ID) == sizeof(id) &&
	       id == REFDEV_ID;
}

static int refdev_attach(struct stimulus *st)
{
	struct refdev_stimulus *rs = st->priv;
	struct mig_region bar0, bar2;
	int ret;

	ret = refdev_regions(st->dev, &bar0, &bar2);
	if (ret)
		return ret;
	rs->bar0 = bar0.offset;
	rs->bar2 = bar2.offset;
	return 0;
}

static void refdev_run_fill(const struct refdev_run *run, u64 seed,
			    u32 words[REFDEV_RUN_MAX])
{
	stimulus_fill(words, run->words * sizeof(*words), seed,
		      REFDEV_AT_REGS + run->reg);
	words[run->words - 1] &= run->last_mask;
}

static u32 refdev_fifo_count(u64 seed)
{
	if (seed & STIMULUS_FULL)
		return REFDEV_FIFO;
	if (seed & STIMULUS_EMPTY)
		return 0;
	return 1 + stimulus_pattern(seed, REFDEV_AT_FIFO) % REFDEV_FIFO_MARK;
}

static u32 refdev_fifo_word(u64 seed, u32 i)
{
	return stimulus_pattern(seed, REFDEV_AT_FIFO + 1 + i);
}

static void refdev_page_fill(u8 page[REFDEV_PAGE], u64 seed, u32 index)
{
	stimulus_fill(page, REFDEV_PAGE, seed,
		      REFDEV_AT_MEM + index * REFDEV_PAGE / sizeof(u64));
}

static int refdev_fifo_empty(struct stimulus *st)
{
	u32 i, count, word;
	int ret;

	ret = refdev_get(st, REFDEV_REG_FIFO_COUNT, &count);
	if (!ret && count > REFDEV_FIFO)
		ret = -EIO;
	for (i = 0; !ret && i < count; i++)
		ret = refdev_get(st, REFDEV_REG_FIFO, &word);
	return ret;
}

static int refdev_mark_regs(struct stimulus *st, u64 seed)
{
	struct refdev_stimulus *rs = st->priv;
	u32 words[REFDEV_RUN_MAX];
	size_t i;
	int ret;

	/* First: marked addresses are not where a heart may beat. */
	ret = refdev_put(st, REFDEV_REG_CONTROL, 0);
	for (i = 0; i < ARRAY_SIZE(refdev_runs) && !ret; i++) {
		refdev_run_fill(&refdev_runs[i], seed, words);
		ret = stimulus_write(st, rs->bar0 + refdev_runs[i].reg, words,
				     refdev_runs[i].words * sizeof(*words));
	}
	return ret;
}

static int refdev_mark_fifo(struct stimulus *st, u64 seed)
{
	u32 i;
	int ret;

	ret = refdev_fifo_empty(st);
	for (i = 0; i < refdev_fifo_count(seed) && !ret; i++)
		ret = refdev_put(st, REFDEV_REG_FIFO, refdev_fifo_word(seed, i));
	return ret;
}

static int refdev_mark(struct stimulus *st, u64 seed)
{
	struct refdev_stimulus *rs = st->priv;
	u8 page[REFDEV_PAGE];
	u32 i;
	int ret;

	ret = refdev_mark_regs(st, seed);
	if (!ret)
		ret = refdev_mark_fifo(st, seed);
	for (i = 0; i < REFDEV_MEM_PAGES && !ret; i++) {
		refdev_page_fill(page, seed, i);
		ret = stimulus_write(st, rs->bar2 + i * REFDEV_PAGE, page,
				     sizeof(page));
	}
	return ret;
}

static int refdev_expect(struct stimulus *st, u32 reg, u32 expected,
			 const char *name)
{
	u32 value;
	int ret;

	ret = refdev_get(st, reg, &value);
	if (!ret && value != expected)
		ret = stimulus_differ(st, "%s is 0x%x, not 0x%x", name, value,
				      expected);
	return ret;
}

static int refdev_verify_run(struct stimulus *st, const struct refdev_run *run,
			     const u32 *expected)
{
	struct refdev_stimulus *rs = st->priv;
	u32 words[REFDEV_RUN_MAX];
	u32 i;
	int ret;

	ret = stimulus_read(st, rs->bar0 + run->reg, words,
			    run->words * sizeof(*words));
	if (ret)
		return ret;
	for (i = 0; i < run->words; i++)
		if (words[i] != expected[i])
			return stimulus_differ(st, "%s %u is 0x%x, not 0x%x",
					       run->name, i, words[i],
					       expected[i]);
	return 0;
}

static int refdev_verify_page(struct stimulus *st, u32 index,
			      const u8 expected[REFDEV_PAGE])
{
	struct refdev_stimulus *rs = st->priv;
	u8 page[REFDEV_PAGE];
	u32 i;
	int ret;

	ret = stimulus_read(st, rs->bar2 + index * REFDEV_PAGE, page,
			    sizeof(page));
	if (ret)
		return ret;
	for (i = 0; i < sizeof(page); i++)
		if (page[i] != expected[i])
			return stimulus_differ(st,
				"byte 0x%x of memory page %u is 0x%02x, not 0x%02x",
				i, index, page[i], expected[i]);
	return 0;
}

static int refdev_verify(struct stimulus *st, u64 seed)
{
	u32 words[REFDEV_RUN_MAX], page;
	u8 bytes[REFDEV_PAGE];
	size_t i;
	int ret;

	ret = refdev_expect(st, REFDEV_REG_CONTROL, 0, "control");
	for (i = 0; i < ARRAY_SIZE(refdev_runs) && !ret; i++) {
		refdev_run_fill(&refdev_runs[i], seed, words);
		ret = refdev_verify_run(st, &refdev_runs[i], words);
	}
	if (!ret)
		ret = refdev_expect(st, REFDEV_REG_FIFO_COUNT,
				    refdev_fifo_count(seed), "FIFO count");
	for (page = 0; page < REFDEV_MEM_PAGES && !ret; page++) {
		refdev_page_fill(bytes, seed, page);
		ret = refdev_verify_page(st, page, bytes);
	}
	return ret;
}

static int refdev_verify_all(struct stimulus *st, u64 seed)
{
	u32 i;
	int ret;

	ret = refdev_verify(st, seed);
	for (i = 0; i < refdev_fifo_count(seed) && !ret; i++)
		ret = refdev_expect(st, REFDEV_REG_FIFO,
				    refdev_fifo_word(seed, i), "FIFO word");
	return ret;
}

/* What patch @k writes: a whole page, and one scratch register. */
static u32 refdev_patch_fill(u64 seed, u32 k, u8 page[REFDEV_PAGE])
{
	u64 place = REFDEV_AT_PATCH + k * 1024ull;

	stimulus_fill(page, REFDEV_PAGE, seed, place);
	return stimulus_pattern(seed, place + REFDEV_PAGE / sizeof(u64));
}

static u32 refdev_patch_reg(u32 k)
{
	return REFDEV_REG_SCRATCH + 4 * (k % REFDEV_SCRATCH);
}

static int refdev_patch(struct stimulus *st, u64 seed, u32 k)
{
	struct refdev_stimulus *rs = st->priv;
	u8 page[REFDEV_PAGE];
	u32 word = refdev_patch_fill(seed, k, page);
	int ret;

	ret = refdev_put(st, refdev_patch_reg(k), word);
	if (ret)
		return ret;
	return stimulus_write(st, rs->bar2 +
			      (k % REFDEV_MEM_PAGES) * REFDEV_PAGE,
			      page, sizeof(page));
}

static int refdev_verify_patch(struct stimulus *st, u64 seed, u32 k)
{
	u8 page[REFDEV_PAGE];
	u32 word = refdev_patch_fill(seed, k, page);
	int ret;

	ret = refdev_expect(st, refdev_patch_reg(k), word, "patched scratch");
	return ret ? ret : refdev_verify_page(st, k % REFDEV_MEM_PAGES, page);
}

static int refdev_is_initial(struct stimulus *st)
{
	static const u32 words[REFDEV_RUN_MAX];
	static const u8 bytes[REFDEV_PAGE];
	size_t i;
	u32 page;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(refdev_zero) && !ret; i++)
		ret = refdev_expect(st, refdev_zero[i], 0, "a register");
	for (i = 0; i < ARRAY_SIZE(refdev_runs) && !ret; i++)
		ret = refdev_verify_run(st, &refdev_runs[i], words);
	for (page = 0; page < REFDEV_MEM_PAGES && !ret; page++)
		ret = refdev_verify_page(st, page, bytes);
	if (ret == -EILSEQ)
		return 0;
	return ret ? ret : 1;
}

static int refdev_window(struct stimulus *st, struct stimulus_window *ret_window)
{
	(void)st;
	*ret_window = (struct stimulus_window){
		.region = UAPI_PCI_BAR0 + 2,
		.len = REFDEV_MEM_SIZE,
	};
	return 0;
}

STIMULUS(refdev) = {
	.name = "refdev",
	.priv_size = sizeof(struct refdev_stimulus),
	.probe = refdev_probe,
	.attach = refdev_attach,
	.mark = refdev_mark,
	.verify = refdev_verify,
	.verify_all = refdev_verify_all,
	.patch = refdev_patch,
	.verify_patch = refdev_verify_patch,
	.work = refdev_work,
	.dma_write = refdev_dma_write,
	.dma_submit = refdev_dma_submit,
	.window = refdev_window,
	.activity_start = refdev_activity_start,
	.interrupt = refdev_interrupt,
	.activity_stop = refdev_activity_stop,
	.activity_seen = refdev_activity_seen,
	.submit = refdev_submit,
	.finished = refdev_finished,
	.is_initial = refdev_is_initial,
	.release = refdev_dma_release,
};

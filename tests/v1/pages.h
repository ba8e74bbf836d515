/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory whose dirty pages a container logs, and what a test knows of it. */
#ifndef TESTS_V1_PAGES_H
#define TESTS_V1_PAGES_H

#include <sys/mman.h>

#include "dirty.h"

enum {
	PAGE = 4096,
	PAGES = 128,
	BITMAP = PAGES / 8, /* bytes */
	GUARD = 64,
	GUARD_BYTE = 0xa5,
	DIRTY_SEED = 60,
};

/* Far from what stimuli map. */
static const u64 IOVA = 0x40000000;

/* PAGES pages of memory, mapped for the device, and what is known of them. */
struct pages {
	struct mig_context *ctx;
	u8 *memory;
	u64 bitmap[(BITMAP + GUARD) / 8]; /* the guard is behind the bits */
};

static const u32 written[] = { 0, 3, 7, 64, PAGES - 1 };

/* 0 or -errno. They stay mapped until the context goes. */
static inline int pages_map(struct bench *b, struct pages *ret_pages)
{
	struct uapi_iommu_cap_migration cap;
	struct pages p = { .ctx = b->ctx };
	int ret;

	/* These tests count in pages of one size. */
	if (!dirty_capability(b, &cap) &&
	    (cap.pgsize_bitmap & -cap.pgsize_bitmap) != PAGE)
		return -EOPNOTSUPP;
	p.memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p.memory == MAP_FAILED)
		return -ENOMEM;
	ret = mig_dma_map(b->ctx, IOVA, p.memory, PAGES * PAGE);
	if (!ret)
		*ret_pages = p;
	return ret;
}

static inline struct uapi_dirty_pages question(struct pages *p)
{
	memset(p->bitmap, 0, BITMAP);
	memset((u8 *)p->bitmap + BITMAP, GUARD_BYTE, GUARD);
	return (struct uapi_dirty_pages){
		.argsz = sizeof(struct uapi_dirty_pages),
		.flags = UAPI_DIRTY_GET_BITMAP,
		.iova = IOVA,
		.size = PAGES * PAGE,
		.bitmap = { .pgsize = PAGE, .size = BITMAP,
			    .data = (u64)(uintptr_t)p->bitmap },
	};
}

static inline int ask(struct pages *p, struct uapi_dirty_pages *dirty)
{
	return mig_container_ioctl(p->ctx, UAPI_IOMMU_DIRTY_PAGES, dirty);
}

static inline int get_bitmap(struct pages *p)
{
	struct uapi_dirty_pages dirty = question(p);

	return ask(p, &dirty);
}

static inline bool is_dirty(const struct pages *p, u32 page)
{
	return p->bitmap[page / 64] >> page % 64 & 1;
}

/* The page that was written and is not marked; PAGES if there is none. */
static inline u32 unmarked(const struct pages *p)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(written); i++)
		if (!is_dirty(p, written[i]))
			return written[i];
	return PAGES;
}

/* The device writes those pages: 0 or -errno. */
static inline int write_pages(struct bench *b)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(written) && !ret; i++)
		ret = stimulus_dma_write(b->stim, IOVA + written[i] * PAGE, 64,
					 DIRTY_SEED);
	return ret;
}

#endif

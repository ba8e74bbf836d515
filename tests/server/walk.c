// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../fixtures/refdev/refdev.h"
#include "../../lib/v1.h"
#include "../../lib/v2.h"
#include "walk.h"

enum { PAGE = 4096, PAGES = 8, REGIONS = 10, BAR2 = UAPI_PCI_BAR0 + 2 };
#define IOVA 0x100000ull

static u8 memory[PAGES * PAGE] __attribute__((aligned(PAGE)));

static void describe(struct mig_dev *dev)
{
	struct uapi_irq_info irq = { .argsz = sizeof(irq), .index = 1 };
	struct uapi_device_info info;
	struct mig_region region;
	void *addr;
	u32 i;

	mig_device_info(dev, &info);
	for (i = 0; i < REGIONS; i++)
		mig_region_info(dev, i, &region);
	if (!mig_region_info(dev, BAR2, &region) &&
	    !mig_mmap(&dev->file, PAGE, PROT_READ, region.offset, &addr))
		mig_munmap(&dev->file, addr, PAGE);
	mig_ioctl(&dev->file, UAPI_DEVICE_GET_IRQ_INFO, &irq);
}

static void interrupt(struct mig_dev *dev)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	mig_irq(dev, 1, 0, fd);
	mig_irq(dev, 1, 0, -1);
	close(fd);
}

/* The device copies from memory to memory. */
static void work(struct mig_dev *dev)
{
	const u32 words[] = { (u32)IOVA, 0, (u32)IOVA + PAGE, 0, 64 };
	const u32 once = 1;
	struct mig_region bar;
	u32 id, i;

	if (mig_region_info(dev, UAPI_PCI_BAR0, &bar))
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		mig_pwrite(&dev->file, &words[i], sizeof(u32),
			   bar.offset + REFDEV_REG_WORK_SRC + i * sizeof(u32));
	mig_pwrite(&dev->file, &once, sizeof(once),
		   bar.offset + REFDEV_REG_DOORBELL);
	for (i = 0; i < 4; i++)
		mig_pread(&dev->file, &id, sizeof(id), bar.offset);
}

static void migrate_v1(struct mig_dev *dev, struct stream *stream)
{
	u64 bits[1] = { 0 };
	struct uapi_dirty_pages dirty = {
		.argsz = offsetof(struct uapi_dirty_pages, iova),
		.flags = UAPI_DIRTY_START };
	struct v1 v1;

	mig_container_ioctl(dev->ctx, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	work(dev);
	dirty = (struct uapi_dirty_pages){
		.argsz = sizeof(dirty), .flags = UAPI_DIRTY_GET_BITMAP,
		.iova = IOVA, .size = sizeof(memory),
		.bitmap = { PAGE, sizeof(bits), (u64)(uintptr_t)bits } };
	mig_container_ioctl(dev->ctx, UAPI_IOMMU_DIRTY_PAGES, &dirty);
	if (v1_open(dev, &v1))
		return;
	if (!v1_save(&v1, NULL, 1, stream))
		v1_restore(&v1, NULL, stream);
	v1_recover(&v1);
	v1_close(&v1);
}

static void track_v2(struct mig_dev *dev)
{
	u64 bits[1] = { 0 }, range[2] = { IOVA, sizeof(memory) };
	struct mig2_log_start start = { PAGE, 1, 0, (u64)(uintptr_t)range };
	struct mig2_log_report report = { IOVA, sizeof(memory), PAGE,
					  (u64)(uintptr_t)bits };

	mig_feature(dev, MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET, &start,
		    sizeof(start));
	work(dev);
	mig_feature(dev, MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET, &report,
		    sizeof(report));
	mig_feature(dev, MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET, NULL, 0);
}

static void migrate_v2(struct mig_dev *dev, struct stream *stream)
{
	struct v2_moving how = { .piece = 2048 };
	struct v2 v2;

	if (v2_open(dev, &v2))
		return;
	track_v2(dev);
	if (!v2_save(&v2, &how, 1, stream))
		v2_restore(&v2, &how, stream);
	v2_recover(&v2);
}

static void use(struct mig_dev *dev, int generation)
{
	struct stream stream;
	struct mig_region config;
	u32 word;

	stream_init(&stream);
	describe(dev);
	interrupt(dev);
	if (!mig_region_info(dev, UAPI_PCI_CONFIG, &config))
		mig_pread(&dev->file, &word, sizeof(word), config.offset);
	if (generation == 1)
		migrate_v1(dev, &stream);
	else
		migrate_v2(dev, &stream);
	mig_reset(dev);
	stream_free(&stream);
}

static void tell(struct mig_context *ctx, struct walk *w)
{
	char why[64];

	if (w->error) {
		snprintf(w->line, sizeof(w->line), "%s", mig_open_error(ctx));
		return;
	}
	w->error = mig_lost(ctx);
	mig_lost_why(ctx, why, sizeof(why));
	if (w->error)
		snprintf(w->line, sizeof(w->line), "%s: %s", strerror(-w->error),
			 why);
}

void walk(const char *uri, int generation, struct walk *ret_walk)
{
	struct walk w = { .error = 0 };
	struct mig_context *ctx;
	struct mig_dev *dev;

	if (mig_context_create(&ctx))
		return;
	w.error = mig_open(ctx, uri, &dev);
	if (!w.error) {
		mig_dma_map(ctx, IOVA, memory, sizeof(memory));
		use(dev, generation);
		mig_close(dev);
	}
	tell(ctx, &w);
	mig_context_destroy(ctx);
	*ret_walk = w;
}

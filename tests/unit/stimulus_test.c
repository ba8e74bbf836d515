// SPDX-License-Identifier: GPL-2.0-only
/* The stimulus that authors begin with, on a card that exists as answers only. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/stimulus/load.h"
#include "../../lib/stimulus/stimulus.h"
#include "../../lib/transport/transport.h"
#include "unit.h"

enum { CARD_BAR0 = 0x1000, CARD_CONFIG = 0x7000, CARD_IDS = 0x11e81234 };

static struct {
	struct mig_dev dev;
	u32 ids, liveness, factorial, busy;
	int eventfd;
	bool wrong; /* computes nonsense */
} card;

static int card_ioctl(struct mig_file *file, u32 request, void *arg)
{
	struct uapi_device_info info = {
		.argsz = sizeof(info), .flags = UAPI_DEVICE_FLAGS_PCI,
		.num_regions = UAPI_PCI_CONFIG + 1,
	};
	struct uapi_region_info region;

	(void)file;
	if (request == UAPI_DEVICE_GET_INFO)
		memcpy(arg, &info, sizeof(info));
	if (request == UAPI_DEVICE_SET_IRQS)
		memcpy(&card.eventfd, (u8 *)arg + sizeof(struct uapi_irq_set),
		       sizeof(card.eventfd));
	if (request != UAPI_DEVICE_GET_REGION_INFO)
		return 0;
	memcpy(&region, arg, sizeof(region));
	region.flags = UAPI_REGION_READ | UAPI_REGION_WRITE;
	region.size = region.index == UAPI_PCI_CONFIG ? 0x100 : 1 << 20;
	region.offset = region.index == UAPI_PCI_CONFIG ? CARD_CONFIG : CARD_BAR0;
	memcpy(arg, &region, sizeof(region));
	return 0;
}

static ssize_t card_pread(struct mig_file *file, void *buf, size_t len,
			  u64 offset)
{
	u32 value = 0;

	(void)file;
	if (offset == CARD_CONFIG)
		value = card.ids;
	if (offset == CARD_BAR0 + 0x04)
		value = ~card.liveness;
	if (offset == CARD_BAR0 + 0x08)
		value = card.factorial;
	if (offset == CARD_BAR0 + 0x20)
		value = card.busy > 0;
	if (offset == CARD_BAR0 + 0x20 && card.busy)
		card.busy--;
	memcpy(buf, &value, len);
	return (ssize_t)len;
}

static ssize_t card_pwrite(struct mig_file *file, const void *buf, size_t len,
			   u64 offset)
{
	u64 one = 1;
	u32 value;

	(void)file;
	memcpy(&value, buf, sizeof(value));
	if (offset == CARD_BAR0 + 0x04)
		card.liveness = value;
	if (offset == CARD_BAR0 + 0x08)
		card.factorial = card.wrong ? 0 : 120;
	if (offset == CARD_BAR0 + 0x60 && card.eventfd >= 0 &&
	    write(card.eventfd, &one, sizeof(one)) != sizeof(one))
		return -EIO;
	return (ssize_t)len;
}

static void card_idle(struct mig_dev *dev, u32 ms)
{
	(void)dev, (void)ms;
}

static const struct mig_file_ops card_ops = {
	.ioctl = card_ioctl, .pread = card_pread, .pwrite = card_pwrite,
};
static const struct mig_transport card_transport = { .idle = card_idle };
static struct mig_context *ctx;
static struct stimulus *st;

static void setup(void)
{
	memset(&card, 0, sizeof(card));
	ck_assert_int_eq(mig_context_create(&ctx), 0);
	card.dev.ctx = ctx;
	card.dev.transport = &card_transport;
	card.dev.file.dev = &card.dev;
	card.dev.file.ops = &card_ops;
	card.ids = CARD_IDS;
	card.eventfd = -1;
	ck_assert_int_eq(stimulus_create(&card.dev, &st), 0);
}

static void teardown(void)
{
	stimulus_destroy(st);
	mig_context_destroy(ctx);
}

START_TEST(file_is_found)
{
	ck_assert_str_eq(st->ops->name, "edu");
	ck_assert(stimulus_can_mark(st));
}
END_TEST

START_TEST(others_get_the_generic)
{
	stimulus_destroy(st);
	card.ids = 0x10de10de;
	ck_assert_int_eq(stimulus_create(&card.dev, &st), 0);
	ck_assert_str_eq(st->ops->name, "pci");
	ck_assert_int_eq(stimulus_mark(st, 1), -EOPNOTSUPP);
}
END_TEST

START_TEST(contents_tell_their_seed)
{
	ck_assert_int_eq(stimulus_mark(st, 4), 0);
	ck_assert_int_eq(stimulus_verify(st, 4), 0);
	ck_assert_int_eq(stimulus_verify(st, 5), -EILSEQ);
	ck_assert_ptr_nonnull(strstr(st->differs, "liveness is 0x"));
}
END_TEST

START_TEST(work_is_checked)
{
	card.busy = 3;
	ck_assert_int_eq(stimulus_work(st), 0);
	card.wrong = true;
	ck_assert_int_eq(stimulus_work(st), -EIO);
	card.busy = 1000;
	ck_assert_int_eq(stimulus_work(st), -ETIMEDOUT);
}
END_TEST

START_TEST(interrupts_are_seen)
{
	u64 dma, irq;

	ck_assert_int_eq(stimulus_interrupt(st), 0);
	ck_assert_int_eq(stimulus_interrupt(st), 0);
	ck_assert_int_eq(stimulus_activity_seen(st, &dma, &irq), 0);
	ck_assert_uint_eq(irq, 2);
}
END_TEST

START_TEST(closed_devices_are_left_alone)
{
	ck_assert_int_eq(stimulus_rebind(st, NULL), 0);
	ck_assert_int_eq(stimulus_work(st), -ENODEV);
	ck_assert_int_eq(stimulus_rebind(st, &card.dev), 0);
	ck_assert_int_eq(stimulus_work(st), 0);
}
END_TEST

/* What the register holds after ten steps of load. */
static u32 loaded(u64 seed)
{
	struct load load;

	ck_assert_int_eq(load_open(&load, st, NULL, seed), 0);
	ck_assert_int_eq(load_run(&load, LOAD_ALL, 10), 0);
	ck_assert_uint_eq(load.steps, 10);
	load_close(&load);
	return card.liveness;
}

START_TEST(load_follows_its_seed)
{
	u32 first = loaded(2);

	ck_assert_uint_ne(loaded(4), first);
	ck_assert_uint_eq(loaded(2), first);
}
END_TEST

START_TEST(load_is_what_the_stimulus_has)
{
	struct load load;

	ck_assert_int_eq(load_open(&load, st, NULL, 1), 0);
	ck_assert(load_has(&load, LOAD_REGISTERS));
	ck_assert(load_has(&load, LOAD_INTERRUPTS));
	ck_assert(!load_has(&load, LOAD_DMA));
	ck_assert(!load_has(&load, LOAD_PEERS));
	ck_assert_int_eq(load_run(&load, 1 << LOAD_DMA, 1), -EOPNOTSUPP);
	load_close(&load);
}
END_TEST

START_TEST(load_races_and_ends)
{
	struct load load;

	ck_assert_int_eq(load_open(&load, st, NULL, 1), 0);
	ck_assert_int_eq(load_race(&load, 1 << LOAD_REGISTERS), 0);
	while (!__atomic_load_n(&card.liveness, __ATOMIC_RELAXED))
		card_idle(&card.dev, 0);
	ck_assert_uint_gt(load_race_end(&load), 0);
	load_close(&load);
}
END_TEST

UNIT_SUITE(template)
{
	TCase *tc = unit_case(suite, "edu");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, file_is_found);
	tcase_add_test(tc, others_get_the_generic);
	tcase_add_test(tc, contents_tell_their_seed);
	tcase_add_test(tc, work_is_checked);
	tcase_add_test(tc, interrupts_are_seen);
	tcase_add_test(tc, closed_devices_are_left_alone);
	tcase_add_test(tc, load_follows_its_seed);
	tcase_add_test(tc, load_is_what_the_stimulus_has);
	tcase_add_test(tc, load_races_and_ends);
}

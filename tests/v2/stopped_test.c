// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plumbing of a stopped device answers: regions, config space and interrupts
 * can be set up, and who touches more than that harms himself at most.
 */
#include <sys/eventfd.h>

#include "common.h"

V2_FIXTURE(v2_stopped, NEED_NOTHING)

/* Enables and disables an interrupt. */
static int plumb_irq(struct bench *b, u32 index, int eventfd)
{
	int ret = mig_irq(b->dev, index, 0, eventfd);

	return ret ? ret : mig_irq(b->dev, index, 0, -1);
}

/* Reads identification and line of config space and writes the line back. */
static int plumb_config(struct bench *b)
{
	struct mig_region config;
	u8 line;
	u32 ids;

	if (mig_region_info(b->dev, UAPI_PCI_CONFIG, &config))
		return -EIO;
	if (mig_pread(&b->dev->file, &ids, sizeof(ids), config.offset) !=
		    sizeof(ids) ||
	    mig_pread(&b->dev->file, &line, 1, config.offset + 0x3c) != 1 ||
	    mig_pwrite(&b->dev->file, &line, 1, config.offset + 0x3c) != 1)
		return -EIO;
	return 0;
}

/* What answers, a bit for each part. */
static u32 plumbing(struct bench *b)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	u32 index, works = 0;

	for (index = UAPI_PCI_INTX; index <= UAPI_PCI_MSIX; index++)
		works |= !plumb_irq(b, index, fd) << index;
	works |= !plumb_config(b) << index;
	close(fd);
	return works;
}

/*
 * How many regions GET_REGION_INFO describes, empty ones too; -ENODEV where
 * GET_INFO announces none, else its -errno.
 */
static int regions_described(struct bench *b)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	struct mig_region region;
	u32 index;
	int count = mig_device_info(b->dev, &info);

	if (count || !info.num_regions)
		return count ? count : -ENODEV;
	for (index = 0; index < info.num_regions && index < 64; index++)
		count += !mig_region_info(b->dev, index, &region);
	return count;
}

/* What a device consists of is told in each state, migration or not. */
TEST_F(v2_stopped, regions_are_described)
{
	int running = regions_described(self->b), now;
	struct mig_file *data;

	if (running == -ENODEV)
		NOT_OFFERED("regions");
	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		now = regions_described(self->b);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS,
			   now > 0 && now == running,
			   "GET_REGION_INFO describes %d regions in RUNNING, %d in %s",
			   running, now, v2_state_name(state));
		mig_file_close(data);
	}
}

/* Config space and interrupts can be set up while the device stands still. */
TEST_F(v2_stopped, plumbing_answers)
{
	static const u32 states[] = { MIG2_STOP, MIG2_STOP_COPY, MIG2_RESUMING };
	struct mig_file *data;
	u32 running, stopped;
	size_t i;

	NEEDS(NEED_CONFIG_SPACE);
	running = plumbing(self->b);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(common_reach(self->b, states[i], &data));
		stopped = plumbing(self->b);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS, !(running & ~stopped),
			   "INTx, MSI, MSI-X and config space answer by 0x%x in RUNNING, 0x%x in %s",
			   running, stopped, v2_state_name(states[i]));
		mig_file_close(data);
	}
}

/* The interrupts that reach an eventfd routed in @state, once RUNNING: or -errno. */
static long routed_in(struct bench *b, u32 state, u32 index)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct mig_file *data;
	u64 count = 0;
	int ret;

	ret = common_busy(b, state, &data);
	mig_file_close(data);
	if (!ret)
		ret = mig_irq(b->dev, index, 0, fd);
	if (!ret && state != MIG2_RUNNING)
		ret = v2_set(&b->v2, MIG2_RUNNING, NULL);
	mig_idle(b->dev, COMMON_WINDOW);
	if (!ret && read(fd, &count, sizeof(count)) < 0)
		count = 0;
	mig_irq(b->dev, index, 0, -1);
	close(fd);
	return ret ? ret : (long)count;
}

/* And then they fire. */
TEST_F(v2_stopped, interrupts_set_up_in_stop_fire)
{
	long before, stopped;
	u32 index;

	NEEDS(NEED_STIMULUS | NEED_IRQ | NEED_CONFIG_SPACE);
	for (index = UAPI_PCI_INTX; index <= UAPI_PCI_MSIX; index++) {
		before = routed_in(self->b, MIG2_RUNNING, index);
		if (before <= 0)
			continue;
		stopped = routed_in(self->b, MIG2_STOP, index);
		ROAD(stopped);
		EXPECT_REQ(V2_STOPPED_PLUMBING_ANSWERS, stopped > 0,
			   "interrupt %u fires where it was set up in RUNNING, but not in STOP",
			   index);
	}
}

/* Reads and writes all over the regions; results do not matter. */
static void touch(struct bench *b)
{
	struct mig_region region;
	u32 index, word = 0;
	u64 at;

	for (index = 0; index < UAPI_PCI_NUM_REGIONS; index++) {
		if (mig_region_info(b->dev, index, &region) ||
		    index == UAPI_PCI_CONFIG)
			continue;
		for (at = 0; at < region.size; at += region.size / 16 + 4) {
			mig_pread(&b->dev->file, &word, sizeof(word),
				  region.offset + at);
			mig_pwrite(&b->dev->file, &word, sizeof(word),
				   region.offset + at);
		}
	}
}

/* Who touches a stopped device harms himself at most. */
TEST_F(v2_stopped, careless_access_is_contained)
{
	static const u32 states[] = { MIG2_STOP, MIG2_STOP_COPY, MIG2_RESUMING };
	struct mig_file *data;
	size_t i;
	int ret;

	if (self->b->profile != PROFILE_HOSTILE)
		NOT_OFFERED("what is only done in profile hostile");
	ROAD(common_round_trip(self->b));
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ROAD(common_reach(self->b, states[i], &data));
		touch(self->b);
		mig_file_close(data);
		ret = common_round_trip(self->b);
		EXPECT_REQ(V2_STOPPED_ACCESS_IS_CONTAINED, !ret,
			   "regions touched in %s: then a reset and a cycle give %s",
			   v2_state_name(states[i]), common_errno(ret));
	}
}

EXPECT_MAIN

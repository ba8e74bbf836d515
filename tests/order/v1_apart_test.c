// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of two users: whatever one of them does to his device, the other
 * one's keeps its state, its contents, its memory, its interrupts and its
 * dirty log.
 */
#include "../bits.h"
#include "../v1/dirty.h"
#include "apart.h"
#include "orders.h"
#include "v1_company.h"

V1_FIXTURE(v1_apart, NEED_SECOND)

TEST_F(v1_apart, saving_is_left_alone)
{
	int ret;

	APART(self->b);
	ROAD(set_alone(self->b));
	for (company_begin(); company_goes_on() && !orders_late();
	     company_next()) {
		ROAD(ret = set_trip(self->b, save_beside, ""));
		EXPECT_REQ(V1_USERS_ARE_APART, ret,
			   "a device is saved, and behind step %u of 4 another user's is %s: %s",
			   company_when + 1, company_what(), set_why);
	}
}

/* Restores, and B's deed is done behind a quarter of the chunks, or two... */
static int load_beside(struct bench *b, int arg, const struct stream *stream)
{
	size_t chunk, when = stream->chunks * company_when / SET_STEPS;
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);

	(void)arg;
	for (chunk = 0; chunk < stream->chunks && !ret; chunk++) {
		if (chunk == when)
			company_act();
		if (stream_chunk_len(stream, chunk))
			ret = v1_load_chunk(&b->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, chunk),
					    stream_chunk_len(stream, chunk));
	}
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

TEST_F(v1_apart, restoring_is_left_alone)
{
	int ret;

	APART(self->b);
	ROAD(set_alone(self->b));
	for (company_begin(); company_goes_on() && !orders_late();
	     company_next()) {
		ROAD(ret = common_trip(self->b, NULL, load_beside, 0));
		EXPECT_REQ(V1_USERS_ARE_APART, ret,
			   "a device is restored, and behind %u of 4 parts another user's is %s: %s",
			   company_when, company_what(),
			   common_differs(self->b));
	}
}

/* 1 the running device shows what was in it before the deed, 0 not, -errno. */
static int keeps_contents(struct bench *b)
{
	int ret = set_fresh(COMMON_SEED);

	if (!ret)
		company_act();
	return ret ? ret : common_shows(b, COMMON_SEED);
}

TEST_F(v1_apart, contents_are_left_alone)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	APART(self->b);
	for (company_begin(); company_goes_on(); company_deed++) {
		ROAD(ret = keeps_contents(self->b));
		EXPECT_REQ(V1_USERS_ARE_APART, ret,
			   "a device runs, and another user's is %s: %s",
			   company_what(), common_differs(self->b));
	}
}

TEST_F(v1_apart, memory_is_left_alone)
{
	int ret;

	NEEDS(NEED_DMA);
	APART(self->b);
	ROAD(ret = apart_memory(self->b));
	EXPECT_REQ(V1_USERS_ARE_APART, ret,
		   "another user's device writes to its memory, and this one's memory changes");
}

TEST_F(v1_apart, interrupts_do_not_stray)
{
	int ret;

	NEEDS(NEED_STIMULUS);
	APART(self->b);
	ROAD(ret = apart_interrupts(self->b));
	EXPECT_REQ(V1_USERS_ARE_APART, ret,
		   "another user's device interrupts, and that arrives at this one's vector");
}

/* Is the page of the mapping dirty? 1, 0, -errno. */
static int is_logged(struct bench *b)
{
	u64 word = 0;
	struct uapi_dirty_pages dirty = {
		.argsz = sizeof(dirty),
		.flags = UAPI_DIRTY_GET_BITMAP,
		.iova = APART_IOVA,
		.size = APART_PAGE,
		.bitmap = { .pgsize = APART_PAGE, .size = sizeof(word),
			    .data = (u64)(uintptr_t)&word },
	};
	int ret = mig_container_ioctl(b->ctx, UAPI_IOMMU_DIRTY_PAGES, &dirty);

	return ret ? ret : (int)(word & 1);
}

/* Whether a write shows in the log, after the other one's came and went. */
static int logs_beside(struct bench *b, bool other)
{
	struct bench away = { .ctx = b->other->ctx };
	int ret = dirty_flags(b, UAPI_DIRTY_START);

	if (!ret && other) {
		dirty_flags(&away, UAPI_DIRTY_START);
		dirty_flags(&away, UAPI_DIRTY_STOP);
	}
	if (!ret)
		ret = stimulus_dma_write(b->stim, APART_IOVA, APART_PAGE,
					 APART_SEED);
	if (!ret)
		ret = is_logged(b);
	dirty_flags(b, UAPI_DIRTY_STOP);
	return ret;
}

TEST_F(v1_apart, log_is_left_alone)
{
	u8 *page;
	int ret;

	NEEDS(NEED_LOGGING | NEED_DMA);
	APART(self->b);
	ROAD(apart_map(self->b->ctx, &page));
	ROAD(ret = logs_beside(self->b, false));
	ROAD(ret ? 0 : -ENODATA);
	ret = logs_beside(self->b, true);
	if (ret != 1)
		ret = logs_beside(self->b, true);
	EXPECT_REQ(V1_USERS_ARE_APART, ret == 1,
		   "the log of another container came and went: a page that was written is %s",
		   ret < 0 ? common_errno(ret) : "not in the log");
}

EXPECT_MAIN

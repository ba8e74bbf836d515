// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container may fail for want of memory, or because a bitmap cannot be
 * copied, at any point within. What it has not said it does not do, and what
 * it has not given it keeps.
 */
#include "../fault.h"
#include "common.h"
#include "pages.h"

V1_FIXTURE(v1_dirty_fault, NEED_FAULTS | NEED_LOGGING)

/* A START that fails logs nothing, and the next one does. */
TEST_F(v1_dirty_fault, log_starts_or_not)
{
	struct fault f;
	struct pages p;
	int given;

	ROAD(pages_map(self->b, &p));
	fault_begin(&f, self->b, COMMON_TRIES);
	while (fault_next(&f)) {
		fault_call(&f, dirty_flags(self->b, UAPI_DIRTY_START));
		given = get_bitmap(&p);
		EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, f.ret >= 0 || given < 0,
			   "start fails at point %u with %s, and a bitmap is given",
			   f.nth, common_errno((int)f.ret));
		dirty_flags(self->b, UAPI_DIRTY_STOP);
	}
	EXPECT_REQ(V1_LOGGING_FLAGS_ARE_CHECKED, fault_done(&f),
		   "left alone after %u failures start gives %s", f.nth - 1,
		   common_errno((int)f.ret));
	TH_LOG("start: %u points", f.nth - 1);
}

/* The next bitmap has all that one had which was not given. */
TEST_F(v1_dirty_fault, marks_are_given_or_kept)
{
	struct fault f;
	struct pages p;
	int again;

	NEEDS(NEED_DMA);
	ROAD(pages_map(self->b, &p));
	ROAD(dirty_flags(self->b, UAPI_DIRTY_START));
	fault_begin(&f, self->b, COMMON_TRIES);
	while (fault_next(&f)) {
		ROAD(write_pages(self->b));
		fault_call(&f, get_bitmap(&p));
		again = f.ret < 0 ? get_bitmap(&p) : 0;
		EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED,
			   !again && unmarked(&p) == PAGES,
			   "a bitmap fails at point %u with %s; then: %s, the first written page not marked: %u",
			   f.nth, common_errno((int)f.ret), common_errno(again),
			   unmarked(&p));
	}
	EXPECT_REQ(V1_WRITTEN_PAGES_ARE_REPORTED, fault_done(&f),
		   "left alone after %u failures a bitmap: %s", f.nth - 1,
		   common_errno((int)f.ret));
	TH_LOG("bitmap: %u points", f.nth - 1);
}

EXPECT_MAIN

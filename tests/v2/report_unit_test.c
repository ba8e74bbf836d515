// SPDX-License-Identifier: GPL-2.0-only
/*
 * REPORT promises to take any power of two for its pages, up to the largest
 * that 64 bits hold, or to refuse it: a page that covers all has one bit.
 */
#include "log.h"

V2_FIXTURE(v2_report_unit, NEED_LOGGING | NEED_DMA)

enum {
	UNIT_PAGE = 300,   /* that is written */
	UNIT_AREA = 65536, /* bytes that a lost bit may fall into */
	UNIT_FIRST = 32, UNIT_LAST = 63, /* powers of two beyond all memory */
};

static u64 area[UNIT_AREA / sizeof(u64)];

static bool is_clear_behind_first_bit(void)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(area); i++)
		if (area[i])
			return false;
	return !(area[0] & ~1ull);
}

/* Pages larger than all that is logged have the first bit and no other. */
TEST_F(v2_report_unit, huge_pages_have_one_bit)
{
	u32 shift;
	int ret;

	ROAD(bench_fresh());
	ROAD(log_map(self->b));
	ROAD(log_start(self->b));
	for (shift = UNIT_FIRST; shift <= UNIT_LAST; shift++) {
		memset(area, 0, sizeof(area));
		ROAD(stimulus_dma_write(self->stim, LOG_IOVA + UNIT_PAGE *
					LOG_PAGE, 64, COMMON_SEED));
		ret = log_report_raw(self->b, LOG_IOVA, LOG_SIZE, 1ull << shift,
				     area);
		EXPECT_REQ(V2_LOG_STAYS_IN_BITMAP,
			   ret || is_clear_behind_first_bit(),
			   "REPORT with pages of 2^%u bytes sets bits that stand for nothing",
			   shift);
		EXPECT_REQ(V2_LOG_GRANULARITY_IS_FREE, ret || area[0] & 1,
			   "REPORT with pages of 2^%u bytes: page %u was written, and no bit is set",
			   shift, UNIT_PAGE);
	}
	log_stop(self->b);
}

EXPECT_MAIN

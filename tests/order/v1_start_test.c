// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three devices are restored and started, in any order: none of them waits for
 * another to be loaded, or to run.
 */
#include "orders.h"
#include "v1_set.h"

V1_FIXTURE(v1_start, NEED_SECOND)

/* Three devices, and a stream of each. */
#define START_THREE(b)                                               \
	do {                                                         \
		int start_ret;                                       \
		if (set_three(b))                                    \
			NOT_OFFERED("a third device");               \
		orders_late();                                       \
		ROAD(set_alone(b));                                  \
		ROAD(start_ret = set_trip(b, save_in_order, "AAAABBBBCCCC")); \
		ROAD(start_ret ? 0 : -EILSEQ);                       \
	} while (0)

/* All are loaded, then started in @order. 1 A shows its contents, 0, -errno. */
static int start_in(struct bench *b, const char *order)
{
	int ret = set_fresh(COMMON_SEED ^ 1);
	u32 i;

	for (i = 0; i < set_count && !ret; i++) {
		ret = v1_set_state(set[i].v1, MIG1_RESUMING);
		if (!ret)
			ret = v1_load(set[i].v1, NULL, &set[i].stream);
	}
	for (; *order && !ret; order++)
		set[*order - 'A'].ret = v1_set_state(set[*order - 'A'].v1,
						     MIG1_RUNNING);
	if (!ret)
		ret = set[0].ret;
	return ret ? ret : common_shows(b, COMMON_SEED);
}

/* Devices that were loaded are started one after the other: in 6 orders. */
TEST_F(v1_start, every_order_behind_the_barrier)
{
	char order[ORDERS_MAX + 1];
	int i, ret;

	START_THREE(self->b);
	orders_first(order, 3, 1);
	do {
		for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
			ret = start_in(self->b, order);
		EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret == 1,
			   "three devices are loaded, then started in the order %s: %s",
			   order, ret < 0 ? common_errno(ret) :
					    common_differs(self->b));
	} while (orders_next(order) && !orders_late());
	set_drop_third();
}

/* Each loads and starts by its steps, in @order. 1 A shows its contents, 0, -errno. */
static int load_in(struct bench *b, const char *order)
{
	int ret = set_fresh(COMMON_SEED ^ 1);

	for (; *order && !ret; order++)
		set_step_of(&set_load_steps, &set[*order - 'A']);
	if (!ret)
		ret = set[0].ret;
	return ret ? ret : common_shows(b, COMMON_SEED);
}

/* With tries, and nothing is said of a device that cannot load alone. */
static int judge_load(struct bench *b, const char *order)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = load_in(b, order);
	if (ret == 1)
		return 1;
	snprintf(set_why, sizeof(set_why), "%s",
		 ret < 0 ? common_errno(ret) : common_differs(b));
	for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = load_in(b, "AAAA");
	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

static void loads_in(struct __test_metadata *_metadata, struct bench *b,
		     const char *order)
{
	int ret;

	ROAD(ret = judge_load(b, order));
	EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
		   "seed %llu, device A, restored with others in the order %s (%u steps: from RESUMING to RUNNING): %s",
		   (unsigned long long)b->seed, order, set_depth, set_why);
}

/*
 * Loading and starting go on side by side: 90 ways. With RESUMING as a step of
 * its own 1680, which only profile strict tries.
 */
TEST_F(v1_start, every_order_of_loading)
{
	char order[ORDERS_MAX + 1];

	START_THREE(self->b);
	set_depth = self->b->profile == PROFILE_STRICT ? 3 : 2;
	orders_first(order, 3, set_depth);
	do
		loads_in(_metadata, self->b, order);
	while (orders_next(order) && !orders_late());
	set_drop_third();
}

/* In two halves each: of 34650 orders, a few by the seed. */
TEST_F(v1_start, some_orders_of_loading)
{
	char order[ORDERS_MAX + 1];
	u32 sample;

	START_THREE(self->b);
	orders_first(order, 3, SET_STEPS);
	for (sample = 0; sample < orders_samples(self->b) && !orders_late();
	     sample++) {
		orders_shuffle(order);
		loads_in(_metadata, self->b, order);
	}
	set_drop_third();
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two devices migrate side by side: their sessions, failures and resets are
 * their own.
 */
#include "orders.h"
#include "v2_set.h"

V2_FIXTURE(v2_order_set, NEED_SECOND)

/* Of pairs of courses that are not tried in all orders. */
enum { PAIR_SAMPLES = 6 };

/* Two saves of four steps each can be interleaved in 70 ways. */
TEST_F(v2_order_set, every_order_of_two_saves)
{
	char order[ORDERS_MAX + 1];

	set_pair(self->b);
	orders_late();
	set_all(SET_SAVE);
	ROAD(set_alone(self->b));
	orders_first(order, 2, SET_STEPS);
	do
		set_holds_in(_metadata, self->b, order);
	while (orders_next(order) && !orders_late());
}

static void holds_beside(struct __test_metadata *_metadata, struct bench *b,
			 enum set_course own, enum set_course other)
{
	char order[] = "ABABABAB";
	u32 i;

	set[0].course = own;
	set[1].course = other;
	if (!set_has(set[0].v2, own) || !set_has(set[1].v2, other))
		return;
	ROAD(set_alone(b));
	for (i = 0; i < PAIR_SAMPLES && !orders_late(); i++) {
		set_holds_in(_metadata, b, order);
		orders_shuffle(order);
	}
}

/* Whatever the one does, the other may save, and may restore. */
TEST_F(v2_order_set, sessions_go_side_by_side)
{
	enum set_course own, other;

	set_pair(self->b);
	orders_late();
	ROAD(set_begin(self->b));
	for (own = SET_SAVE; own <= SET_LOAD; own++)
		for (other = SET_SAVE; other <= SET_LOAD; other++)
			holds_beside(_metadata, self->b, own, other);
}

/* A device that fails or is reset takes no other along. */
TEST_F(v2_order_set, reset_leaves_others_alone)
{
	enum set_course own;

	set_pair(self->b);
	orders_late();
	ROAD(set_begin(self->b));
	for (own = SET_SAVE; own <= SET_LOAD; own++) {
		holds_beside(_metadata, self->b, own, SET_RESET);
		holds_beside(_metadata, self->b, own, SET_GARBAGE);
	}
}

EXPECT_MAIN

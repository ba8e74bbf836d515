// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several devices are stopped, saved and restored in any order: none of them
 * needs another to run, waits for it, or mixes up its data with that of
 * another.
 *
 * The device on the bench is held to it, the others are its company: what goes
 * wrong with them counts when they are on the bench.
 */
#include "orders.h"
#include "v1_set.h"

V1_FIXTURE(v1_order_set, NEED_SECOND)

/* ---- every order ---------------------------------------------------------------- */

/* Two saves of four steps each can be interleaved in 70 ways. */
TEST_F(v1_order_set, every_order_of_two)
{
	char order[ORDERS_MAX + 1];

	set_pair(self->b);
	orders_late();
	ROAD(set_alone(self->b));
	orders_first(order, 2, SET_STEPS);
	do
		holds_in_order(_metadata, self->b, order);
	while (orders_next(order) && !orders_late());
}

/*
 * Three devices that stop and are then collected: 90 ways. With the first chunk
 * as a step of its own 1680, which only profile strict tries.
 */
TEST_F(v1_order_set, every_order_of_three)
{
	char order[ORDERS_MAX + 1];

	if (set_three(self->b))
		NOT_OFFERED("a third device");
	orders_late();
	ROAD(set_alone(self->b));
	set_depth = self->b->profile == PROFILE_STRICT ? 3 : 2;
	orders_first(order, 3, set_depth);
	do
		holds_in_order(_metadata, self->b, order);
	while (orders_next(order) && !orders_late());
	set_drop_third();
}

/* Of the 34650 orders of three devices and four steps, a few by the seed. */
TEST_F(v1_order_set, some_orders_of_three)
{
	char order[ORDERS_MAX + 1];
	u32 sample;

	if (set_three(self->b))
		NOT_OFFERED("a third device");
	orders_late();
	ROAD(set_alone(self->b));
	orders_first(order, 3, SET_STEPS);
	for (sample = 0; sample < orders_samples(self->b) && !orders_late();
	     sample++) {
		orders_shuffle(order);
		holds_in_order(_metadata, self->b, order);
	}
	set_drop_third();
}

/* ---- chunk by chunk ---------------------------------------------------------------- */

/* One chunk announced by each, then read by each: whether any is left. */
static bool collect_round(void)
{
	bool more = false;
	u32 i;

	for (i = 0; i < set_count; i++)
		if (!set[i].ret)
			set[i].ret = set_announce(&set[i]);
	for (i = 0; i < set_count; i++) {
		if (set[i].ret || !set[i].size)
			continue;
		set[i].ret = common_fetch_chunk(set[i].v1, set[i].offset,
						set[i].size, &set[i].stream);
		more = true;
	}
	return more;
}

static int save_in_turn(const char *order)
{
	struct stream_budget budget;

	save_in_order(order);
	stream_budget_start(&budget);
	while (collect_round() && !set[0].ret)
		if (stream_budget_pay(&budget))
			return -ELOOP;
	/* What comes after an empty chunk. */
	if (!set[0].ret)
		set[0].ret = v1_collect(set[0].v1, NULL, 0, &set[0].stream,
					NULL);
	return set[0].ret;
}

/* Each device has a chunk in hand all the time. */
TEST_F(v1_order_set, chunks_in_turn)
{
	int ret;

	set_pair(self->b);
	ROAD(set_alone(self->b));
	ROAD(ret = set_trip(self->b, save_in_turn, "BA"));
	EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
		   "two devices, collected chunk by chunk in turn: %s", set_why);
}

/* ---- restoring side by side ----------------------------------------------------------- */

/* Puts a chunk into the window of a restoring device, uncommitted. */
static int set_fill(struct set_member *m, size_t chunk)
{
	size_t len = stream_chunk_len(&m->stream, chunk), done = 0;
	const u8 *bytes = m->stream.bytes + stream_chunk_start(&m->stream, chunk);
	ssize_t n;
	int ret;

	ret = v1_offset(m->v1, &m->offset);
	if (!ret && !common_inside(m->v1, m->offset, len))
		ret = -EPROTO;
	while (!ret && done < len) {
		n = v1_pwrite(m->v1, bytes + done, len - done, m->offset + done);
		if (n <= 0)
			ret = n ? (int)n : -EPROTO;
		else
			done += (size_t)n;
	}
	return ret;
}

/* Both windows are filled before either chunk is committed. */
static void load_round(size_t chunk)
{
	bool due[SET_MAX];
	u32 i;

	for (i = 0; i < set_count; i++) {
		due[i] = !set[i].ret && chunk < set[i].stream.chunks &&
			 stream_chunk_len(&set[i].stream, chunk);
		if (due[i])
			set[i].ret = set_fill(&set[i], chunk);
	}
	for (i = 0; i < set_count; i++)
		if (due[i] && !set[i].ret)
			set[i].ret = v1_write_size(set[i].v1,
				stream_chunk_len(&set[i].stream, chunk));
}

/* 1 the contents came back, 0 not, -errno of the device judged. */
static int load_in_turn(struct bench *b)
{
	size_t chunk;
	int ret;
	u32 i;

	ret = set_fresh(COMMON_SEED ^ 1);
	for (i = 0; i < set_count && !ret; i++)
		set[i].ret = v1_set_state(set[i].v1, MIG1_RESUMING);
	for (chunk = 0; !ret && chunk < set[0].stream.chunks; chunk++)
		load_round(chunk);
	for (i = set_count; i-- > 0 && !ret;)
		if (!set[i].ret)
			set[i].ret = v1_set_state(set[i].v1, MIG1_RUNNING);
	if (!ret)
		ret = set[0].ret;
	return ret ? ret : common_shows(b, COMMON_SEED);
}

/* And no device gets the data of another. */
TEST_F(v1_order_set, restores_in_turn)
{
	int i, ret;

	set_pair(self->b);
	ROAD(set_alone(self->b));
	ROAD(ret = set_trip(self->b, save_in_order, "AAAABBBB"));
	ROAD(ret ? 0 : -EILSEQ);
	for (i = 0, ret = 0; i < COMMON_TRIES && ret != 1; i++)
		ret = load_in_turn(self->b);
	if (ret != 1) {
		set_fresh(COMMON_SEED);
		ROAD(common_restores(self->b, &set[0].stream) == 1 ? 0 : -EIO);
	}
	EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret == 1,
		   "two devices, restored chunk by chunk in turn: %s",
		   ret < 0 ? common_errno(ret) : common_differs(self->b));
}

EXPECT_MAIN

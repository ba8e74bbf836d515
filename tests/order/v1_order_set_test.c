// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several devices are stopped, saved and restored in any order: none of them
 * needs another to run, waits for it, or mixes up its data with that of
 * another. What peers write to a stopped device is in its image or refused.
 *
 * The device on the bench is held to it, the others are its company: what goes
 * wrong with them counts when they are on the bench.
 */
#include "../v1/common.h"
#include "peer.h"

V1_FIXTURE(v1_order_set, NEED_SECOND)

enum {
	SET_MAX = 3,
	SET_STEPS = 4, /* of a save: stop, announce a chunk, read it, the rest */
	SET_SAMPLES = 16, /* orders tried where they are too many for all */
};

struct set_member {
	struct v1 *v1;
	struct stimulus *stim;
	struct stream stream;
	u64 offset, size; /* the chunk at hand */
	u32 steps;	  /* done so far */
	int ret;	  /* 0, or -errno that ended the save */
};

static struct set_member set[SET_MAX];
static u32 set_count;
static char set_why[200]; /* a trip in company failed */

static struct v1 third_v1;
static struct stimulus *third_stim;

static void set_pair(struct bench *b)
{
	set[0].v1 = &b->v1;
	set[0].stim = b->stim;
	set[1].v1 = &b->other_v1;
	set[1].stim = b->other_stim;
	set_count = 2;
}

static int set_three(struct bench *b)
{
	struct mig_dev *third;
	int ret;

	set_pair(b);
	ret = mig_clone(b->other, &third);
	if (!ret)
		ret = v1_open(third, &third_v1);
	if (ret)
		return ret;
	if (stimulus_create(third, &third_stim))
		third_stim = NULL;
	set[2].v1 = &third_v1;
	set[2].stim = third_stim;
	set_count = 3;
	return 0;
}

static void set_drop_third(void)
{
	v1_recover(&third_v1);
	v1_close(&third_v1);
	stimulus_destroy(third_stim);
}

/* All of them reset, running, and each with contents of its own. */
static int set_fresh(u64 seed)
{
	struct set_member *m;
	int ret = 0;
	u32 i;

	for (i = 0; i < set_count && !ret; i++) {
		m = &set[i];
		m->steps = 0;
		m->ret = 0;
		if (v1_reset(m->v1))
			ret = v1_recover(m->v1);
		if (!ret && stimulus_can_mark(m->stim))
			ret = stimulus_mark(m->stim, seed + 2 * i);
	}
	return ret;
}

static int set_announce(struct set_member *m)
{
	int ret;

	m->offset = m->size = 0;
	ret = common_announce(m->v1, &m->offset, &m->size);
	return ret < 0 ? ret : 0;
}

/* The next step of a save; no more after the first that failed. */
static void set_step(struct set_member *m)
{
	if (m->ret)
		return;
	switch (m->steps++) {
	case 0:
		stream_clear(&m->stream);
		m->ret = v1_set_state(m->v1, MIG1_STOP_COPY);
		break;
	case 1:
		m->ret = set_announce(m);
		break;
	case 2:
		if (m->size)
			m->ret = common_fetch_chunk(m->v1, m->offset, m->size,
						    &m->stream);
		break;
	default:
		m->ret = v1_collect(m->v1, NULL, 0, &m->stream, NULL);
	}
}

/* ---- judging ------------------------------------------------------------------ */

/* Stops and collects the set in a manner: 0, or -errno of the device judged. */
typedef int set_save_fn(const char *order);

/*
 * 1 where the device on the bench was saved in company so that its stream
 * restores, 0 where it was not though that works alone, -errno.
 */
static int set_trip(struct bench *b, set_save_fn *save, const char *order)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = set_fresh(COMMON_SEED);
		if (!ret)
			ret = save(order);
		if (!ret)
			ret = common_restores(b, &set[0].stream);
		/* An endless stream is endless each time, alone too. */
		if (ret == 1 || ret == -ELOOP)
			return ret;
	}
	snprintf(set_why, sizeof(set_why), "%s",
		 ret < 0 ? common_errno(ret) : common_differs(b));
	if (set_fresh(COMMON_SEED))
		return ret ? ret : -EIO;
	ret = common_trip(b, NULL, NULL, 0);
	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

/* @order: for each step the letter of who makes it, "AABBABAB". */
static int save_in_order(const char *order)
{
	for (; *order; order++)
		set_step(&set[*order - 'A']);
	return set[0].ret;
}

/* Nothing is said in company about a device that cannot be saved alone. */
static int set_alone(struct bench *b)
{
	int ret = set_trip(b, save_in_order, "AAAA");

	return ret == 1 ? 0 : ret ? ret : -EILSEQ;
}

static void holds_in_order(struct __test_metadata *_metadata, struct bench *b,
			   const char *order)
{
	int ret;

	ROAD(ret = set_trip(b, save_in_order, order));
	EXPECT_REQ(V1_STOP_ORDER_IS_FREE, ret,
		   "device A, saved with others in the order %s (each stops, announces a chunk, reads it, reads the rest): %s",
		   order, set_why);
}

/* ---- every order ---------------------------------------------------------------- */

/* Two saves of four steps each can be interleaved in 70 ways. */
TEST_F(v1_order_set, every_order_of_two)
{
	char order[2 * SET_STEPS + 1] = "";
	u32 bits, i;

	set_pair(self->b);
	ROAD(set_alone(self->b));
	for (bits = 0; bits < 1 << 2 * SET_STEPS && !common_late(); bits++) {
		if (__builtin_popcount(bits) != SET_STEPS)
			continue;
		for (i = 0; i < 2 * SET_STEPS; i++)
			order[i] = bits >> i & 1 ? 'A' : 'B';
		holds_in_order(_metadata, self->b, order);
	}
}

/* Of three devices' orders, 34650, a few; the same for each seed. */
TEST_F(v1_order_set, some_orders_of_three)
{
	char order[] = "AAAABBBBCCCC", swap;
	u32 sample, i, k;

	if (set_three(self->b))
		NOT_OFFERED("a third device");
	ROAD(set_alone(self->b));
	for (sample = 0; sample < SET_SAMPLES && !common_late(); sample++) {
		for (i = sizeof(order) - 2; i; i--) {
			k = bench_random() % (i + 1);
			swap = order[i];
			order[i] = order[k];
			order[k] = swap;
		}
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

/* ---- peers ------------------------------------------------------------------------------- */

static bool peer_taken;

/* A peer writes between the stop and the first pending_bytes read. */
static int save_hit_by_peer(struct bench *b, int arg, struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	peer_taken = !peer_write(b->other_stim, b->stim, 0) &&
		     peer_shows(b->stim, 0) == 1;
	return v1_collect(&b->v1, NULL, 0, stream, NULL);
}

TEST_F(v1_order_set, stopped_device_bears_peers)
{
	bool early, late;
	int ret;

	NEEDS(NEED_PEER | NEED_STIMULUS);
	set_pair(self->b);
	ROAD(set_fresh(COMMON_SEED));
	ROAD(peer_write(self->b->other_stim, self->stim, 0));
	ROAD(common_save(self->b, &set[0].stream));
	ret = common_save_by(self->b, save_hit_by_peer, 0, &set[0].stream);
	EXPECT_REQ(V1_STOPPED_DEVICE_TOLERATES_ACCESS, !ret,
		   "a peer wrote to the device in STOP_COPY, which was then saved: %s",
		   common_errno(ret));
	ROAD(ret);
	ROAD(ret = common_restores(self->b, &set[0].stream));
	early = ret == 1;
	late = peer_shows(self->stim, 0) == 1;
	EXPECT_REQ(V1_FIRST_PENDING_READ_FREEZES, early || late,
		   "what a peer wrote in STOP_COPY, before pending_bytes was read, is half in the image");
	PREFER_REQ(V1_FIRST_PENDING_READ_FREEZES, !early || !peer_taken,
		   "captured early: what a peer wrote in STOP_COPY, before pending_bytes was read, is not in the image");
}

EXPECT_MAIN

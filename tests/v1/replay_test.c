// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring, from the user's side of the window: data goes where data_offset
 * says, chunk by chunk, written or stored, and devices at the edge of what they
 * can hold come back as well.
 */
#include "trouble.h"

V1_FIXTURE(v1_replay, NEED_NOTHING)

static struct stream saved;

/* ---- places -------------------------------------------------------------------- */

/* Puts @len bytes where data_offset says: 0 or -errno, -ENOSPC without room. */
static int put_where_told(struct v1 *v1, const u8 *bytes, size_t len)
{
	u64 place;
	ssize_t n;
	int ret = v1_offset(v1, &place);

	if (ret)
		return ret;
	if (common_is_narrow(v1, place, len))
		return -ENOSPC;
	n = v1_pwrite(v1, bytes, len, place);
	return n < 0 ? (int)n : n == (ssize_t)len ? 0 : -EPROTO;
}

/* The first chunk that does not fit its place; all of them where each does. */
static size_t put_all(struct v1 *v1, int *ret_put)
{
	size_t i, len;
	const u8 *bytes;
	int ret = 0;

	for (i = 0; i < saved.chunks && !ret; i++) {
		len = stream_chunk_len(&saved, i);
		bytes = saved.bytes + stream_chunk_start(&saved, i);
		*ret_put = len ? put_where_told(v1, bytes, len) : 0;
		ret = *ret_put;
		/* What becomes of it then is another matter. */
		if (!ret && len && v1_write_size(v1, len))
			break;
	}
	return i;
}

/* A chunk can be put where data_offset says, each time anew. */
TEST_F(v1_replay, place_takes_each_chunk)
{
	size_t done = 0;
	int i, ret = -EIO;

	ROAD(common_save(self->b, &saved));
	for (i = 0; i < COMMON_TRIES && ret; i++) {
		ROAD(common_reach(self->b, "4"));
		ret = 0;
		done = put_all(self->v1, &ret);
	}
	if (ret == -ENOSPC)
		ROAD(ret);
	EXPECT_REQ(V1_RESUMING_OFFSET_IS_USABLE, !ret,
		   "chunk %zu of %zu cannot be written where data_offset says: %s",
		   done, saved.chunks, common_errno(ret));
}

/* ---- the same transactions ------------------------------------------------------- */

struct sizes {
	struct mig_observer observer; /* first */
	u64 at; /* of data_size in the device file */
	const struct stream *stream;
	size_t next;
	bool same;
};

static void size_seen(struct mig_observer *self, const struct mig_call *call)
{
	struct sizes *s = (struct sizes *)self;
	u64 size = 0;

	if (call->op != MIG_PWRITE || call->offset != s->at ||
	    call->in_len != sizeof(size))
		return;
	memcpy(&size, call->in, sizeof(size));
	while (s->next < s->stream->chunks &&
	       !stream_chunk_len(s->stream, s->next))
		s->next++;
	s->same &= s->next < s->stream->chunks &&
		   size == stream_chunk_len(s->stream, s->next++);
}

/* A user replays each chunk with one data_size write of the chunk's own size. */
TEST_F(v1_replay, replay_keeps_the_transactions)
{
	struct sizes sizes = { .observer.called = size_seen, .stream = &saved,
			       .same = true };
	int ret;

	sizes.at = self->v1->region.offset + MIG1_OFF_SIZE;
	ROAD(common_save(self->b, &saved));
	ROAD(bench_fresh());
	mig_observe(self->b->ctx, &sizes.observer);
	ret = v1_restore(self->v1, NULL, &saved);
	mig_unobserve(self->b->ctx, &sizes.observer);
	ROAD(ret);
	EXPECT_REQ(V1_USER_REPLAYS_SAME_TRANSACTIONS, sizes.same,
		   "the replay has other sizes than the %zu chunks", saved.chunks);
}

/* ---- through the mapping ---------------------------------------------------------- */

enum answer { REFUSED, TAKEN };

/* How a restore of @stream ends, or -errno. *@ret_stored: bytes not written. */
static int restore_by(struct bench *b, bool mapped, const struct stream *stream,
		      u64 *ret_stored)
{
	struct v1_moving how = { .mapped = mapped };
	size_t i, len;
	u64 place;
	int ret = common_reach(b, "4");

	*ret_stored = 0;
	if (ret)
		return ret;
	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		if (!len)
			continue;
		ret = v1_offset(&b->v1, &place);
		if (!ret && mapped && v1_mapped(&b->v1, place, 1))
			*ret_stored += len;
		if (!ret)
			ret = v1_load_chunk(&b->v1, &how, stream->bytes +
					    stream_chunk_start(stream, i), len);
	}
	return ret || v1_set_state(&b->v1, MIG1_RUNNING) ? REFUSED : TAKEN;
}

/*
 * Who does not count stored bytes has the restore of nothing accepted, and a
 * whole stream shows it to those only who can look inside. So half a stream that
 * is refused where it was written is stored.
 */
TEST_F(v1_replay, stored_chunks_are_looked_at)
{
	static struct stream half;
	u64 stored;
	int i, ret;

	NEEDS(NEED_MMAP);
	ROAD(v1_map(self->v1));
	ROAD(common_save(self->b, &saved));
	ROAD(stream_copy(&saved, &half));
	stream_truncate(&half, saved.len / 2);
	for (i = 0; i < COMMON_TRIES; i++) {
		ROAD(ret = restore_by(self->b, false, &half, &stored));
		if (ret == TAKEN)
			NOT_OFFERED("a device that refuses half a stream");
	}
	ROAD(ret = restore_by(self->b, true, &half, &stored));
	if (!stored)
		NOT_OFFERED("no chunk is restored at a place that is mapped");
	EXPECT_REQ(V1_MAPPED_WRITE_EQUALS_WRITE, ret == REFUSED,
		   "%zu of %zu bytes are refused where they were written, and taken where they were stored",
		   half.len, saved.len);
}

/* ---- edges ------------------------------------------------------------------------ */

static int round_trip(struct bench *b, u64 seed)
{
	int ret = bench_fresh();

	stream_clear(&saved);
	if (!ret)
		ret = stimulus_mark(b->stim, seed);
	if (!ret)
		ret = v1_save(&b->v1, NULL, V1_NO_PRE_COPY, &saved);
	if (!ret)
		ret = bench_fresh();
	if (!ret)
		ret = stimulus_mark(b->stim, seed ^ 1);
	if (!ret)
		ret = v1_restore(&b->v1, NULL, &saved);
	return ret ? ret : stimulus_verify_all(b->stim, seed);
}

/* Queues that are full or empty are contents like any others. */
TEST_F(v1_replay, full_and_empty_devices_come_back)
{
	static const u64 edges[] = { STIMULUS_FULL, STIMULUS_EMPTY };
	size_t i;
	int try, ret;

	NEEDS(NEED_STIMULUS);
	ROAD(trouble_trip(self->b, NULL, NULL, 0));
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		ret = -EIO;
		for (try = 0; try < COMMON_TRIES && ret && ret != -EILSEQ; try++)
			ret = round_trip(self->b, COMMON_SEED | edges[i]);
		EXPECT_REQ(V1_ROUND_TRIP_RESTORES, !ret, "with %s queues: %s",
			   i ? "empty" : "full", ret == -EILSEQ ?
			   self->stim->differs : common_errno(ret));
	}
}

EXPECT_MAIN

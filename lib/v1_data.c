// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "v1_region.h"

/* What V1_ALL_PRE_COPY takes of a device that is never done. */
enum {
	V1_ROUND = 64,		    /* chunks between two looks at these: */
	V1_PRE_COPY_CHUNKS = 4096,
	V1_PRE_COPY_SHARE = 8,	    /* of stream_limits.bytes */
};

static const struct v1_moving v1_plain;

/* One move of data through the region, in either direction. */
struct v1_move {
	const struct v1_moving *how;
	const struct stream_budget *budget;
	u8 *in;		/* from the device, or NULL */
	const u8 *out;	/* to the device, or NULL */
};

static size_t v1_width(const struct v1 *v1, const struct v1_moving *how,
		       u64 offset, size_t len)
{
	size_t width;

	if (how->like_qemu) {
		for (width = 8; width > 1; width /= 2)
			if (len >= width &&
			    !((v1->region.offset + offset) % width))
				break;
		return width;
	}
	return how->piece && how->piece < len ? how->piece : len;
}

/* Bytes moved: a device may move fewer than asked for, QEMU bears it not. */
static ssize_t v1_move_trapped(struct v1 *v1, struct v1_move *move, u64 offset,
			       size_t len)
{
	ssize_t count;

	if (move->in)
		count = v1_pread(v1, move->in, len, offset);
	else
		count = v1_pwrite(v1, move->out, len, offset);
	if (!count || (count > 0 && (size_t)count > len) ||
	    (count > 0 && (size_t)count < len && move->how->like_qemu))
		return -EPROTO;
	return count;
}

/* One access: bytes moved, or -errno. */
static ssize_t v1_move_once(struct v1 *v1, struct v1_move *move, u64 offset,
			    size_t len)
{
	u8 *addr = NULL;

	if (move->how->mapped)
		len = v1_span(v1, offset, len, &addr);
	if (!addr)
		return v1_move_trapped(v1, move, offset,
				       v1_width(v1, move->how, offset, len));
	if (move->in)
		memcpy(move->in, addr, len);
	else
		memcpy(addr, move->out, len);
	return len;
}

static int v1_move(struct v1 *v1, struct v1_move *move, u64 offset, size_t len)
{
	ssize_t count;
	int ret;

	while (len) {
		ret = stream_budget_late(move->budget);
		if (ret)
			return ret;
		count = v1_move_once(v1, move, offset, len);
		if (count < 0)
			return count;
		if (move->in)
			move->in += count;
		else
			move->out += count;
		offset += count;
		len -= count;
	}
	return 0;
}

static int v1_collect_within(struct v1 *v1, const struct v1_moving *how,
			     const struct stream_budget *budget,
			     struct stream *stream)
{
	struct v1_move move = { .how = how, .budget = budget };
	u64 offset, size;
	int ret;

	ret = v1_offset(v1, &offset);
	if (!ret)
		ret = v1_size(v1, &size);
	if (ret)
		return ret;
	if (size && !v1_holds(v1, offset, size))
		return -EPROTO;
	ret = stream_reserve(stream, size, &move.in);
	if (ret)
		return ret == -EFBIG ? -ELOOP : ret;
	ret = v1_move(v1, &move, offset, size);
	if (ret)
		return ret;
	stream->len += size;
	return stream_end_chunk(stream);
}

int v1_collect_chunk(struct v1 *v1, const struct v1_moving *how,
		     struct stream *stream)
{
	struct stream_budget budget;

	stream_budget_start(&budget);
	return v1_collect_within(v1, how ? how : &v1_plain, &budget, stream);
}

static int v1_pending_again(struct v1 *v1, unsigned int reads, u64 *ret_pending)
{
	unsigned int i;
	int ret;

	for (i = 0; i < (reads ? reads : 1); i++) {
		ret = v1_pending(v1, ret_pending);
		if (ret)
			return ret;
	}
	return 0;
}

int v1_collect(struct v1 *v1, const struct v1_moving *how, u64 max_chunks,
	       struct stream *stream, u64 *ret_pending)
{
	struct stream_budget budget;
	u64 pending, chunks;
	int ret;

	if (!how)
		how = &v1_plain;
	stream_budget_start(&budget);
	/* The read after the last chunk is what acknowledges that chunk. */
	for (chunks = 0;; chunks++) {
		ret = v1_pending_again(v1, how->pending_reads, &pending);
		if (ret)
			return ret;
		if (!pending || (max_chunks && chunks == max_chunks))
			break;
		ret = stream_budget_pay(&budget);
		if (!ret)
			ret = v1_collect_within(v1, how, &budget, stream);
		if (ret)
			return ret;
	}
	if (ret_pending)
		*ret_pending = pending;
	return 0;
}

static int v1_load_part(struct v1 *v1, struct v1_move *move, size_t len,
			size_t *ret_part)
{
	size_t part = len;
	u64 offset;
	int ret;

	ret = v1_offset(v1, &offset);
	if (ret)
		return ret;
	if (!part)
		goto commit;
	if (!v1_holds(v1, offset, 1))
		return -EPROTO;
	if (move->how->like_qemu && part > v1->region.size - offset)
		part = v1->region.size - offset;
	if (!v1_holds(v1, offset, part))
		return -EPROTO;
	ret = v1_move(v1, move, offset, part);
	if (ret)
		return ret;
commit:
	ret = v1_write_size(v1, part);
	if (ret)
		return ret;
	*ret_part = part;
	return 0;
}

static int v1_load_within(struct v1 *v1, const struct v1_moving *how,
			  struct stream_budget *budget, const void *bytes,
			  size_t len)
{
	struct v1_move move = { .how = how, .budget = budget, .out = bytes };
	size_t part;
	int ret;

	do {
		ret = stream_budget_pay(budget);
		if (!ret)
			ret = v1_load_part(v1, &move, len, &part);
		if (ret)
			return ret;
		len -= part;
	} while (len);
	return 0;
}

int v1_load_chunk(struct v1 *v1, const struct v1_moving *how, const void *bytes,
		  size_t len)
{
	struct stream_budget budget;

	stream_budget_start(&budget);
	return v1_load_within(v1, how ? how : &v1_plain, &budget, bytes, len);
}

int v1_load(struct v1 *v1, const struct v1_moving *how,
	    const struct stream *stream)
{
	struct stream_budget budget;
	size_t i, len;
	int ret;

	stream_budget_start(&budget);
	for (i = 0; i < stream->chunks; i++) {
		len = stream_chunk_len(stream, i);
		if (!len)
			continue;
		ret = v1_load_within(v1, how ? how : &v1_plain, &budget,
				     stream->bytes + stream_chunk_start(stream, i),
				     len);
		if (ret)
			return ret;
	}
	return 0;
}

static int v1_collect_most(struct v1 *v1, const struct v1_moving *how,
			   struct stream *stream)
{
	u64 pending;
	int ret;

	do {
		ret = v1_collect(v1, how, V1_ROUND, stream, &pending);
	} while (!ret && pending && stream->chunks < V1_PRE_COPY_CHUNKS &&
		 stream->len < stream_limits.bytes / V1_PRE_COPY_SHARE);
	return ret;
}

static int v1_save_running(struct v1 *v1, const struct v1_moving *how,
			   int precopy_chunks, struct stream *stream)
{
	int ret;

	ret = v1_set_state(v1, MIG1_PRE_COPY);
	if (!ret && precopy_chunks == V1_ALL_PRE_COPY)
		ret = v1_collect_most(v1, how, stream);
	else if (!ret && precopy_chunks > 0)
		ret = v1_collect(v1, how, precopy_chunks, stream, NULL);
	if (ret)
		return ret;
	stream->precopy_len = stream->len;
	stream->precopy_chunks = stream->chunks;
	return 0;
}

int v1_save(struct v1 *v1, const struct v1_moving *how, int precopy_chunks,
	    struct stream *stream)
{
	int ret = 0;

	stream_clear(stream);
	if (precopy_chunks != V1_NO_PRE_COPY)
		ret = v1_save_running(v1, how, precopy_chunks, stream);
	if (!ret)
		ret = v1_set_state(v1, MIG1_STOP_COPY);
	if (!ret)
		ret = v1_collect(v1, how, 0, stream, NULL);
	return ret;
}

int v1_restore(struct v1 *v1, const struct v1_moving *how,
	       const struct stream *stream)
{
	int ret;

	ret = v1_set_state(v1, MIG1_RESUMING);
	if (!ret)
		ret = v1_load(v1, how, stream);
	if (!ret)
		ret = v1_set_state(v1, MIG1_RUNNING);
	return ret;
}

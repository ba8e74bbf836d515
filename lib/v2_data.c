// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "v2.h"

enum {
	V2_PIECE = 1 << 20,
	V2_POLL_MS = 100,
	V2_ROUND = 1024, /* reads of a pre-copy round before its end is looked for */
};

/* One loop over a data session. */
struct v2_loop {
	struct mig_file *data;
	const struct v2_moving *how;
	struct stream_budget budget;
	u64 random;
};

static void v2_loop_start(struct v2_loop *loop, struct mig_file *data,
			  const struct v2_moving *how)
{
	static const struct v2_moving plain;

	loop->data = data;
	loop->how = how ? how : &plain;
	loop->random = loop->how->seed;
	stream_budget_start(&loop->budget);
}

/* Bytes of the next access, at least 1 and at most @left. */
static size_t v2_piece(struct v2_loop *loop, size_t left)
{
	size_t piece = loop->how->piece ? loop->how->piece : V2_PIECE;

	if (loop->how->seed) {
		loop->random = loop->random * 6364136223846793005ull +
			       1442695040888963407ull;
		piece = 1 + (loop->random >> 33) % piece;
	}
	return piece < left ? piece : left;
}

static bool v2_nonblocking(struct mig_file *data)
{
	int flags;

	if (data->fd < 0 || !(data->dev->caps & MIG_CAP_DESCRIPTORS))
		return false;
	flags = fcntl(data->fd, F_GETFL);
	return flags >= 0 && (flags & O_NONBLOCK);
}

/* 0 where an access that gave @error is worth another try, else -errno. */
static int v2_wait(struct v2_loop *loop, int error, short events)
{
	int ret;

	if (error == -EINTR)
		return 0;
	if (error != -EAGAIN || !v2_nonblocking(loop->data))
		return error;
	ret = mig_poll(loop->data, events, V2_POLL_MS);
	return ret < 0 && ret != -EINTR ? ret : 0;
}

/* One read that counts: bytes, 0 at the end, -errno. */
static ssize_t v2_read(struct v2_loop *loop, size_t len, struct stream *stream)
{
	u64 room = stream_limits.bytes - stream->len;
	ssize_t count;
	u8 *at;
	int ret;

	if (stream->len >= stream_limits.bytes)
		return -ELOOP;
	if (len > room)
		len = room;
	do {
		ret = stream_budget_pay(&loop->budget);
		if (!ret)
			ret = stream_reserve(stream, len, &at);
		if (ret)
			return ret;
		count = mig_read(loop->data, at, len);
		if (count >= 0)
			break;
		ret = v2_wait(loop, count, POLLIN);
	} while (!ret);
	if (ret)
		return ret;
	if ((size_t)count > len)
		return -EPROTO;
	stream->len += count;
	return count;
}

/*
 * Devices may be written to faster than they are read, so that a round of
 * pre-copy never meets a temporary end. It is over when its reads are many and
 * nothing initial is left; a user may switch at any time.
 */
static bool v2_round_is_over(struct mig_file *data)
{
	struct mig2_precopy_info info;
	struct mig2_device_state now;

	if (data->dev->caps & MIG_CAP_SESSIONS)
		return !v2_precopy_info(data, &info) && !info.initial_bytes;
	return !mig_feature(data->dev, MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
			    &now, sizeof(now)) &&
	       (now.device_state == MIG2_PRE_COPY ||
		now.device_state == MIG2_PRE_COPY_P2P);
}

/* As v2_collect(), but a temporary end, or one that stands for it, is -ENOMSG. */
static int v2_drain(struct mig_file *data, const struct v2_moving *how,
		    struct stream *stream)
{
	struct v2_loop loop;
	ssize_t count;
	u32 reads = 0;
	int ret;

	v2_loop_start(&loop, data, how);
	do {
		count = v2_read(&loop, v2_piece(&loop, SIZE_MAX), stream);
		if (count > 0 && ++reads % V2_ROUND == 0 && v2_round_is_over(data))
			count = -ENOMSG;
	} while (count > 0);
	if (count && count != -ENOMSG)
		return count;
	ret = stream_end_chunk(stream);
	return ret ? ret : (int)count;
}

int v2_collect(struct mig_file *data, const struct v2_moving *how,
	       struct stream *stream)
{
	int ret = v2_drain(data, how, stream);

	return ret == -ENOMSG ? 0 : ret;
}

int v2_collect_some(struct mig_file *data, size_t len, struct stream *stream)
{
	struct v2_loop loop;
	ssize_t count = 1;

	v2_loop_start(&loop, data, NULL);
	while (len && count > 0) {
		count = v2_read(&loop, v2_piece(&loop, len), stream);
		if (count > 0)
			len -= count;
	}
	return count < 0 && count != -ENOMSG ? count : 0;
}

int v2_load(struct mig_file *data, const struct v2_moving *how,
	    const struct stream *stream, size_t from, size_t to)
{
	struct v2_loop loop;
	ssize_t count;
	size_t len;
	int ret;

	if (to > stream->len)
		to = stream->len;
	v2_loop_start(&loop, data, how);
	while (from < to) {
		ret = stream_budget_pay(&loop.budget);
		if (ret)
			return ret;
		len = v2_piece(&loop, to - from);
		count = mig_write(data, stream->bytes + from, len);
		if (!count || (count > 0 && (size_t)count > len))
			return -EPROTO;
		ret = count < 0 ? v2_wait(&loop, count, POLLOUT) : 0;
		if (ret)
			return ret;
		if (count > 0)
			from += count;
	}
	return 0;
}

static int v2_save_rounds(struct mig_file *data, const struct v2_moving *how,
			  unsigned int rounds, struct stream *stream)
{
	int ret;

	while (rounds--) {
		ret = v2_collect(data, how, stream);
		if (ret)
			return ret;
	}
	stream->precopy_len = stream->len;
	stream->precopy_chunks = stream->chunks;
	return 0;
}

/* The session that pre-copy has opened goes on in STOP_COPY: no second one. */
static int v2_stop_saving(struct v2 *v2, struct mig_file **data)
{
	struct mig_file *fresh = NULL;
	int ret;

	ret = v2_set(v2, MIG2_STOP_COPY, &fresh);
	if (ret)
		return ret;
	if (*data && fresh) {
		mig_file_close(fresh);
		return -EPROTO;
	}
	if (fresh)
		*data = fresh;
	return *data ? 0 : -EPROTO;
}

int v2_save(struct v2 *v2, const struct v2_moving *how, unsigned int rounds,
	    struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret = 0;

	stream_clear(stream);
	if (rounds) {
		ret = v2_set(v2, MIG2_PRE_COPY, &data);
		if (!ret && !data)
			ret = -EPROTO;
		if (!ret)
			ret = v2_save_rounds(data, how, rounds, stream);
	}
	if (!ret)
		ret = v2_stop_saving(v2, &data);
	if (!ret)
		ret = v2_drain(data, how, stream);
	if (!ret)
		ret = v2_set(v2, MIG2_STOP, NULL);
	mig_file_close(data);
	return ret;
}

int v2_restore(struct v2 *v2, const struct v2_moving *how,
	       const struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret;

	ret = v2_set(v2, MIG2_RESUMING, &data);
	if (!ret && !data)
		ret = -EPROTO;
	if (!ret)
		ret = v2_load(data, how, stream, 0, stream->len);
	mig_file_close(data);
	return ret ? ret : v2_set(v2, MIG2_RUNNING, NULL);
}

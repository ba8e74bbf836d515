// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "environment.h"
#include "stream.h"

struct stream_limits stream_limits = {
	.bytes = 256ull << 20,
	.iterations = 1000000,
	.ms = 60000,
};

/* Before main(), so that a test may still set limits of its own. */
__attribute__((constructor)) static void stream_limits_init(void)
{
	stream_limits.bytes = environment_number(ENVIRONMENT_STREAM_MAX,
						 UINT64_MAX, stream_limits.bytes);
}

static u64 stream_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

void stream_budget_start(struct stream_budget *budget)
{
	budget->iterations = stream_limits.iterations;
	budget->deadline_ms = stream_now_ms() + stream_limits.ms;
}

int stream_budget_late(const struct stream_budget *budget)
{
	return stream_now_ms() > budget->deadline_ms ? -ELOOP : 0;
}

int stream_budget_pay(struct stream_budget *budget)
{
	if (!budget->iterations)
		return -ELOOP;
	budget->iterations--;
	return stream_budget_late(budget);
}

void stream_init(struct stream *s)
{
	memset(s, 0, sizeof(*s));
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	free(s->bytes);
	free(s->ends);
	stream_init(s);
}

void stream_clear(struct stream *s)
{
	s->len = 0;
	s->chunks = 0;
	s->precopy_len = 0;
	s->precopy_chunks = 0;
}

static size_t stream_roomier(size_t room, size_t need)
{
	size_t roomier = room ? room : 64;

	while (roomier < need)
		roomier *= 2;
	return roomier;
}

int stream_reserve(struct stream *s, size_t len, u8 **ret_at)
{
	size_t room;
	u8 *bytes;

	if (s->len > stream_limits.bytes || len > stream_limits.bytes - s->len)
		return -EFBIG;
	if (!s->bytes || len > s->room - s->len) {
		room = stream_roomier(s->room, s->len + len);
		bytes = realloc(s->bytes, room);
		if (!bytes)
			return -ENOMEM;
		s->bytes = bytes;
		s->room = room;
	}
	*ret_at = s->bytes + s->len;
	return 0;
}

int stream_append(struct stream *s, const void *bytes, size_t len)
{
	u8 *at;
	int ret;

	ret = stream_reserve(s, len, &at);
	if (ret)
		return ret;
	if (len)
		memcpy(at, bytes, len);
	s->len += len;
	return 0;
}

int stream_end_chunk(struct stream *s)
{
	size_t room, *ends;

	if (s->chunks == s->ends_room) {
		room = stream_roomier(s->ends_room, s->chunks + 1);
		ends = reallocarray(s->ends, room, sizeof(*ends));
		if (!ends)
			return -ENOMEM;
		s->ends = ends;
		s->ends_room = room;
	}
	s->ends[s->chunks++] = s->len;
	return 0;
}

int stream_copy(const struct stream *from, struct stream *to)
{
	struct stream copy = *from;

	copy.room = stream_roomier(0, from->len);
	copy.ends_room = stream_roomier(0, from->chunks);
	copy.bytes = malloc(copy.room);
	copy.ends = calloc(copy.ends_room, sizeof(*copy.ends));
	if (!copy.bytes || !copy.ends)
		goto err_free;
	if (from->len)
		memcpy(copy.bytes, from->bytes, from->len);
	if (from->chunks)
		memcpy(copy.ends, from->ends, from->chunks * sizeof(*copy.ends));
	stream_free(to);
	*to = copy;
	return 0;

err_free:
	free(copy.bytes);
	free(copy.ends);
	return -ENOMEM;
}

void stream_truncate(struct stream *s, size_t len)
{
	size_t kept = 0;

	if (len >= s->len)
		return;
	while (kept < s->chunks && s->ends[kept] <= len)
		kept++;
	if (kept < s->chunks && stream_chunk_start(s, kept) < len)
		s->ends[kept++] = len;
	s->chunks = kept;
	s->len = len;
	if (s->precopy_len > len)
		s->precopy_len = len;
	if (s->precopy_chunks > kept)
		s->precopy_chunks = kept;
}

size_t stream_chunk_start(const struct stream *s, size_t chunk)
{
	return chunk ? s->ends[chunk - 1] : 0;
}

size_t stream_chunk_len(const struct stream *s, size_t chunk)
{
	return s->ends[chunk] - stream_chunk_start(s, chunk);
}

bool stream_equal(const struct stream *a, const struct stream *b)
{
	return a->len == b->len &&
	       (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

u64 stream_digest(const struct stream *s)
{
	return XXH3_64bits(s->bytes, s->len);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A saved device: the bytes in the order of reading, and where each v1 chunk
 * (one transaction) or v2 phase ended. v1 streams are replayed chunk by chunk.
 */
#ifndef MIGCHECK_STREAM_H
#define MIGCHECK_STREAM_H

#include "types.h"

struct stream {
	u8 *bytes;
	size_t len, room;
	size_t *ends; /* chunk k is bytes [ends[k-1], ends[k]) */
	size_t chunks, ends_room;
	size_t precopy_len;    /* bytes read before the device was stopped */
	size_t precopy_chunks;
};

/* What a device may make us hold or do before we call its stream endless. */
struct stream_limits {
	u64 bytes;
	u64 iterations;
	u64 ms;
};

/* 256 MiB, a million iterations, 60 s; MIGCHECK_STREAM_MAX (bytes) overrides. */
extern struct stream_limits stream_limits;

/* What is left of stream_limits for one loop over a device. */
struct stream_budget {
	u64 iterations;
	u64 deadline_ms; /* monotonic */
};

void stream_budget_start(struct stream_budget *budget);
/* Pays for one iteration: 0, or -ELOOP where iterations or time are used up. */
int stream_budget_pay(struct stream_budget *budget);
/* Looks at the time only, for accesses within an iteration. */
int stream_budget_late(const struct stream_budget *budget);

void stream_init(struct stream *s);
void stream_free(struct stream *s);
void stream_clear(struct stream *s);

/* -ENOMEM; -EFBIG beyond stream_limits.bytes. */
int stream_append(struct stream *s, const void *bytes, size_t len);
/*
 * Room for @len more bytes behind the last, for a reader that then adds what
 * it got to s->len. Errors as stream_append(); good until the next append.
 */
int stream_reserve(struct stream *s, size_t len, u8 **ret_at);
/* Ends the chunk at hand; a chunk may be empty. */
int stream_end_chunk(struct stream *s);
/* @to becomes a second copy; what it held is dropped. -ENOMEM. */
int stream_copy(const struct stream *from, struct stream *to);
/* Keeps the first @len bytes; a chunk that is cut then ends there. */
void stream_truncate(struct stream *s, size_t len);

size_t stream_chunk_start(const struct stream *s, size_t chunk);
size_t stream_chunk_len(const struct stream *s, size_t chunk);
/* The same bytes, however they were cut into chunks. */
bool stream_equal(const struct stream *a, const struct stream *b);
u64 stream_digest(const struct stream *s); /* XXH3 over the bytes */

#endif

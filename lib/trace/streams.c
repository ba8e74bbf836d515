// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "streams.h"

struct trace_stream {
	struct trace_stream *next;
	u32 device, session;
	u8 *bytes;
	size_t len, room;
	bool cut; /* something behind these bytes was dropped */
};

void trace_streams_init(struct trace_streams *streams, u64 limit)
{
	*streams = (struct trace_streams){ .limit = limit };
}

void trace_streams_free(struct trace_streams *streams)
{
	struct trace_stream *stream;

	while ((stream = streams->list)) {
		streams->list = stream->next;
		free(stream->bytes);
		free(stream);
	}
	streams->held = 0;
}

static struct trace_stream *find(const struct trace_streams *streams, u32 device,
				 u32 session)
{
	struct trace_stream *stream;

	for (stream = streams->list; stream; stream = stream->next)
		if (stream->device == device && stream->session == session)
			return stream;
	return NULL;
}

static struct trace_stream *make(struct trace_streams *streams, u32 device,
				 u32 session)
{
	struct trace_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->device = device;
	stream->session = session;
	stream->next = streams->list;
	streams->list = stream;
	return stream;
}

static int grow(struct trace_stream *stream, size_t len)
{
	size_t room = stream->room ? stream->room : 4096;
	u8 *bytes;

	while (room - stream->len < len)
		room *= 2;
	if (room == stream->room)
		return 0;
	bytes = realloc(stream->bytes, room);
	if (!bytes)
		return -ENOMEM;
	stream->bytes = bytes;
	stream->room = room;
	return 0;
}

int trace_streams_add(struct trace_streams *streams, u32 device, u32 session,
		      const void *bytes, size_t len)
{
	struct trace_stream *stream = find(streams, device, session);
	int ret;

	if (!stream)
		stream = make(streams, device, session);
	if (!stream)
		return -ENOMEM;
	ret = len > streams->limit - streams->held || stream->cut ?
		      -EFBIG : grow(stream, len);
	if (ret) {
		stream->cut = true;
		return ret;
	}
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
	streams->held += len;
	return 0;
}

const u8 *trace_streams_at(const struct trace_streams *streams,
			   const struct trace_place *place, size_t len)
{
	const struct trace_stream *stream = find(streams, place->device,
						 place->session);

	if (!stream || place->offset > stream->len ||
	    len > stream->len - place->offset)
		return NULL;
	return stream->bytes + place->offset;
}

int trace_streams_find(struct trace_streams *streams, const void *bytes,
		       size_t len, struct trace_place *ret_place)
{
	const u8 *at = trace_streams_at(streams, &streams->next, len);
	const struct trace_stream *stream;

	/* Streams are loaded in order: the guess is right but for the first. */
	if (at && !memcmp(at, bytes, len))
		goto found;
	for (stream = streams->list; stream; stream = stream->next) {
		at = stream->len < len ? NULL :
		     memmem(stream->bytes, stream->len, bytes, len);
		if (!at)
			continue;
		streams->next.device = stream->device;
		streams->next.session = stream->session;
		streams->next.offset = (u64)(at - stream->bytes);
		goto found;
	}
	return -ENOENT;
found:
	*ret_place = streams->next;
	streams->next.offset += len;
	return 0;
}

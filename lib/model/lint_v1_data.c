// SPDX-License-Identifier: GPL-2.0-only
/* The chunks of a v1 stream: what was collected, and what is loaded of it. */
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "lint_v1.h"

void lint_v1_stream_begin(struct lint_v1_stream *s)
{
	s->count = 0;
	s->unread = s->has_offset = s->has_size = false;
	s->done = 0;
	if (!s->digest)
		s->digest = XXH3_createState();
	s->spoilt = !s->digest;
	if (s->digest)
		XXH3_64bits_reset(s->digest);
}

void lint_v1_stream_free(struct lint_v1_stream *s)
{
	XXH3_freeState(s->digest);
	free(s->chunks);
	s->digest = NULL;
	s->chunks = NULL;
}

void lint_v1_chunk_offset(struct lint_v1_stream *s, u64 offset)
{
	/* A second look in the same iteration says the same. */
	if (s->has_offset && s->offset == offset)
		return;
	s->has_offset = true;
	s->offset = offset;
	s->done = 0;
}

void lint_v1_chunk_size(struct lint_v1_stream *s, u64 size)
{
	s->has_size = true;
	s->size = size;
}

void lint_v1_chunk_moved(struct lint_v1_stream *s, u64 offset, const void *bytes,
			 size_t len)
{
	/* Any order is legal, but only the plain one can be compared. */
	if (!s->has_offset || offset != s->offset + s->done || !bytes ||
	    s->spoilt) {
		s->unread = true;
		return;
	}
	XXH3_64bits_update(s->digest, bytes, len);
	s->done += len;
}

static bool add_chunk(struct lint_v1_stream *s, u64 size, bool full)
{
	u32 room = s->room ? s->room : 64;
	struct lint_v1_chunk *chunks;

	if (s->count == LINT_V1_CHUNKS)
		return false;
	while (room <= s->count)
		room *= 2;
	if (room != s->room) {
		chunks = realloc(s->chunks, room * sizeof(*chunks));
		if (!chunks)
			return false;
		s->chunks = chunks;
		s->room = room;
	}
	s->chunks[s->count++] = (struct lint_v1_chunk){ size, full };
	return true;
}

void lint_v1_chunk_end(struct lint_v1_stream *s, u64 region_size)
{
	bool full = s->has_offset && s->offset < region_size &&
		    s->size == region_size - s->offset;

	/* An empty chunk carries nothing, and users leave it out. */
	if (s->has_size && s->size && !add_chunk(s, s->size, full))
		s->spoilt = true;
	if (s->has_size && s->done != s->size)
		s->unread = true;
	s->has_offset = s->has_size = false;
	s->done = 0;
}

void lint_v1_save_end(struct lint_v1_model *m)
{
	struct lint_v1_stream *save = NULL;

	if (m->save_count < LINT_V1_SAVES && !m->saving.spoilt)
		save = malloc(sizeof(*save));
	if (!save) {
		m->saves_lost = true;
		return;
	}
	*save = m->saving;
	save->next = m->saves;
	m->saves = save;
	m->save_count++;
	memset(&m->saving, 0, sizeof(m->saving));
	m->saving.spoilt = true; /* what comes behind the end is no save */
}

/* Does @load have the chunks of @save? Large ones may come in full windows. */
static bool same_chunks(const struct lint_v1_stream *save,
			const struct lint_v1_stream *load)
{
	u32 i, j = 0;
	u64 sum;

	for (i = 0; i < save->count; i++) {
		for (sum = 0; j < load->count && sum < save->chunks[i].size;) {
			sum += load->chunks[j].size;
			if (!load->chunks[j++].full)
				break;
		}
		if (sum != save->chunks[i].size)
			return false;
	}
	return j == load->count;
}

static bool same_stream(const struct lint_v1_stream *save,
			const struct lint_v1_stream *load)
{
	if (!same_chunks(save, load))
		return false;
	return save->unread || load->unread ||
	       XXH3_64bits_digest(save->digest) ==
		       XXH3_64bits_digest(load->digest);
}

void lint_v1_hold_load(struct judge *judge, struct lint_v1_model *m)
{
	const struct lint_v1_stream *save;
	struct judge_model *other;
	bool same = false, lost = false, any = false;

	if (m->loading.spoilt || !m->loading.count)
		return;
	for (other = judge->models; other; other = other->next) {
		lost |= lint_v1_model(other)->saves_lost;
		for (save = lint_v1_model(other)->saves; save; save = save->next) {
			any = true;
			same |= same_stream(save, &m->loading);
		}
	}
	/* A stream that was saved elsewhere cannot be compared. */
	if (same || (any && !lost))
		judge_hold(judge, V1_USER_REPLAYS_SAME_TRANSACTIONS, same,
			   "the chunks of one save, in their order and with their sizes",
			   "%u chunks were loaded, which no save of this device or its peers has collected so",
			   m->loading.count);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The save and restore loops of v1, field by field. */
#include <string.h>

#include "../stream.h"
#include "judge_v1_internal.h"

static u64 value_of(const struct judge_v1_access *a)
{
	u64 value = 0;

	memcpy(&value, a->call->out, a->call->out_len < sizeof(value) ?
	       a->call->out_len : sizeof(value));
	return value;
}

static bool is_saving(const struct judge_v1_model *m)
{
	return m->state == MIG1_PRE_COPY || m->state == MIG1_STOP_COPY;
}

void judge_v1_forget_loop(struct judge_v1_model *m)
{
	memset(&m->iteration, 0, sizeof(m->iteration));
	m->zero_seen = m->empty_seen = m->disturbed = m->place_known = false;
	m->chunks = m->bytes = 0;
}

/*
 * What a peer does to this device is not seen here. So where another device
 * of the context is not known to stand still, this one counts as disturbed.
 */
bool judge_v1_disturbed(const struct judge *judge,
			const struct judge_v1_model *m)
{
	const struct judge_model *other;
	const struct judge_v1_model *o;

	for (other = judge->models; other; other = other->next) {
		o = (const struct judge_v1_model *)other;
		if (o != m && other->opens &&
		    (!o->speaks || o->state == JUDGE_V1_UNKNOWN ||
		     (o->state & MIG1_BIT_RUNNING)))
			return true;
	}
	return m->disturbed || m->mapped;
}

static void end_of_stream(const struct judge_v1_access *a)
{
	struct judge_v1_model *m = a->model;

	if (m->empty_seen && !judge_v1_disturbed(a->judge, m))
		judge_tell(a->judge, V1_PENDING_MEANS_NON_EMPTY_CHUNK,
			   REPORT_LAPSE, "chunks of at least one byte",
			   "an empty chunk at the end of the stream");
	m->empty_seen = false;
	m->zero_seen = true;
}

void judge_v1_pending_read(const struct judge_v1_access *a)
{
	struct judge_v1_model *m = a->model;
	u64 pending = value_of(a);

	memset(&m->iteration, 0, sizeof(m->iteration));
	if (!is_saving(m))
		return;
	m->iteration.pending_known = true;
	m->iteration.pending = pending;
	if (m->state != MIG1_STOP_COPY)
		return;
	if (m->zero_seen && !judge_v1_disturbed(a->judge, m))
		judge_hold(a->judge, V1_PENDING_ZERO_IS_FINAL, pending == 0,
			   "0, or an error",
			   "pending_bytes is %llu after it had been 0 in STOP_COPY",
			   (unsigned long long)pending);
	else if (m->zero_seen && pending)
		m->zero_seen = false; /* disturbed: it may start over */
	if (!pending)
		end_of_stream(a);
}

static void hold_inside(const struct judge_v1_access *a)
{
	const struct judge_v1_iteration *it = &a->model->iteration;
	u64 size = it->size_known ? it->size : 0, end = a->model->region.size;

	judge_hold(a->judge, V1_CHUNK_IS_INSIDE_REGION,
		   it->offset >= MIG1_HEADER_SIZE && it->offset <= end &&
		   size <= end - it->offset,
		   "a chunk behind the 32-byte header and inside the region",
		   "data_offset 0x%llx and data_size 0x%llx in a region of 0x%llx bytes",
		   (unsigned long long)it->offset, (unsigned long long)size,
		   (unsigned long long)end);
}

static void hold_stable(const struct judge_v1_access *a, const char *field,
			u64 first)
{
	if (a->model->state == MIG1_STOP_COPY &&
	    judge_v1_disturbed(a->judge, a->model))
		return;
	judge_hold(a->judge, V1_CHUNK_IS_STABLE_IN_ITERATION,
		   value_of(a) == first,
		   "the same value until pending_bytes is read",
		   "%s is 0x%llx, was 0x%llx in the same iteration", field,
		   (unsigned long long)value_of(a), (unsigned long long)first);
}

static void place_read(const struct judge_v1_access *a)
{
	struct judge_v1_model *m = a->model;
	u64 place = value_of(a);

	judge_hold(a->judge, V1_RESUMING_OFFSET_IS_USABLE,
		   place >= MIG1_HEADER_SIZE && place < m->region.size,
		   "a place behind the header and inside the region",
		   "data_offset 0x%llx in RESUMING, in a region of 0x%llx bytes",
		   (unsigned long long)place,
		   (unsigned long long)m->region.size);
	if (m->place_known)
		judge_hold(a->judge, V1_RESUMING_OFFSET_IS_USABLE,
			   place == m->place,
			   "the same value while nothing is written",
			   "data_offset 0x%llx in RESUMING, read as 0x%llx just before",
			   (unsigned long long)place,
			   (unsigned long long)m->place);
	m->place_known = true;
	m->place = place;
}

void judge_v1_offset_read(const struct judge_v1_access *a)
{
	struct judge_v1_iteration *it = &a->model->iteration;

	if (a->model->state == MIG1_RESUMING)
		place_read(a);
	/* Without anything pending the field has no defined value. */
	if (!is_saving(a->model) || !it->pending_known || !it->pending)
		return;
	if (it->offset_known)
		hold_stable(a, "data_offset", it->offset);
	it->offset = value_of(a);
	it->offset_known = true;
	hold_inside(a);
}

/* A chunk of STOP_COPY was announced. */
static void count_chunk(const struct judge_v1_access *a, u64 size)
{
	struct judge_v1_model *m = a->model;

	if (judge_v1_disturbed(a->judge, m))
		return;
	if (m->empty_seen && size)
		judge_hold(a->judge, V1_PENDING_MEANS_NON_EMPTY_CHUNK, false,
			   "chunks of at least one byte",
			   "an empty chunk in front of one of %llu bytes",
			   (unsigned long long)size);
	m->empty_seen = !size;
	m->chunks++;
	if (__builtin_add_overflow(m->bytes, size, &m->bytes))
		m->bytes = UINT64_MAX;
	judge_hold(a->judge, V1_STREAM_IS_FINITE,
		   m->chunks <= stream_limits.iterations &&
		   m->bytes <= stream_limits.bytes,
		   "pending_bytes 0 after a finite number of chunks",
		   "%llu chunks with %llu bytes and no end",
		   (unsigned long long)m->chunks,
		   (unsigned long long)m->bytes);
}

void judge_v1_size_read(const struct judge_v1_access *a)
{
	struct judge_v1_iteration *it = &a->model->iteration;

	/* Before data_offset was read the size has no defined value. */
	if (!is_saving(a->model) || !it->offset_known)
		return;
	if (it->size_known) {
		hold_stable(a, "data_size", it->size);
		return;
	}
	it->size = value_of(a);
	it->size_known = true;
	hold_inside(a);
	if (a->model->state == MIG1_STOP_COPY)
		count_chunk(a, it->size);
}

void judge_v1_reserved_read(const struct judge_v1_access *a)
{
	judge_hold(a->judge, V1_RESERVED_IS_ZERO, value_of(a) == 0, NULL,
		   "the reserved word reads 0x%llx",
		   (unsigned long long)value_of(a));
}

void judge_v1_wrote(const struct judge_v1_access *a)
{
	/* A commit, or a user who writes where nothing is to be written. */
	a->model->place_known = false;
	memset(&a->model->iteration, 0, sizeof(a->model->iteration));
}

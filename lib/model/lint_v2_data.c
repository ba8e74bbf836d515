// SPDX-License-Identifier: GPL-2.0-only
/* Users of v2: what becomes of each data_fd, and of the bytes in it. */
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "lint_v2.h"

/* ---- descriptors ------------------------------------------------------------------- */

void lint_v2_fd_given(struct lint_v2_model *m, s32 fd, u64 seq)
{
	struct lint_v2_fd *given = calloc(1, sizeof(*given));

	if (!given)
		return;
	given->fd = fd;
	given->seq = seq;
	given->next = m->fds;
	m->fds = given;
}

static struct lint_v2_fd **find_fd(struct lint_v2_model *m, u32 session, s64 fd)
{
	struct lint_v2_fd **link = &m->fds;

	while (*link && ((*link)->session != session ||
			 (fd >= 0 && (*link)->fd != fd)))
		link = &(*link)->next;
	return link;
}

void lint_v2_session(struct judge *judge, struct judge_model *base,
		     const struct mig_call *call)
{
	struct lint_v2_fd *given = *find_fd(lint_v2_model(base), 0,
					    (s64)call->len);

	(void)judge;
	if (given)
		given->session = call->session;
}

void lint_v2_session_close(struct judge *judge, struct judge_model *base,
			   const struct mig_call *call)
{
	struct lint_v2_model *m = lint_v2_model(base);
	struct lint_v2_fd **link = find_fd(m, call->session, -1), *given;

	(void)judge;
	/* A trace that does not tell which fd became which session. */
	if (!*link)
		link = find_fd(m, 0, -1);
	given = *link;
	if (!given)
		return;
	m->closed_one = true;
	*link = given->next;
	free(given);
}

/* ---- streams ------------------------------------------------------------------------ */

static struct lint_v2_stream *stream_of(struct lint_v2_model *m, u32 session,
					bool load)
{
	struct lint_v2_stream *stream;

	for (stream = m->streams; stream; stream = stream->next)
		if (stream->session == session && stream->load == load)
			return stream;
	if (m->stream_count == LINT_V2_STREAMS)
		return NULL;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->digest = XXH3_createState();
	stream->unknown = !stream->digest;
	if (stream->digest)
		XXH3_64bits_reset(stream->digest);
	stream->session = session;
	stream->load = load;
	stream->next = m->streams;
	m->streams = stream;
	m->stream_count++;
	return stream;
}

void lint_v2_move(struct judge *judge, struct judge_model *base,
		  const struct mig_call *call)
{
	struct lint_v2_model *m = lint_v2_model(base);
	bool load = call->op == MIG_WRITE;
	const void *bytes = load ? call->in : call->out;
	size_t known = load ? call->in_len : call->out_len, len;
	struct lint_v2_stream *stream;

	(void)judge;
	if (!m->speaks || call->ret <= 0)
		return;
	stream = stream_of(m, call->session, load);
	if (!stream)
		return;
	len = (u64)call->ret < call->len ? (size_t)call->ret : call->len;
	stream->len += len;
	stream->unknown |= !bytes || known < len;
	if (!stream->unknown)
		XXH3_64bits_update(stream->digest, bytes, len);
}

void lint_v2_move_unordered(struct lint_v2_model *m, const struct mig_call *call)
{
	struct lint_v2_stream *stream;

	if (!m->speaks || (call->op != MIG_READ && call->op != MIG_WRITE))
		return;
	stream = stream_of(m, call->session, call->op == MIG_WRITE);
	if (stream)
		stream->unknown = true;
}

static bool same_stream(const struct lint_v2_stream *a,
			const struct lint_v2_stream *b)
{
	return a->len == b->len && (a->unknown || b->unknown ||
	       XXH3_64bits_digest(a->digest) == XXH3_64bits_digest(b->digest));
}

/* The stream that was loaded last, if any. */
static struct lint_v2_stream *loaded(struct lint_v2_model *m)
{
	struct lint_v2_stream *stream = m->streams;

	while (stream && (!stream->load || !stream->session))
		stream = stream->next;
	return stream;
}

void lint_v2_hold_load(struct judge *judge, struct lint_v2_model *m)
{
	const struct lint_v2_stream *save;
	struct lint_v2_stream *load = loaded(m);
	struct judge_model *other;
	bool same = false, any = false, lost = false;

	if (!load)
		return;
	for (other = judge->models; other; other = other->next) {
		lost |= lint_v2_model(other)->stream_count == LINT_V2_STREAMS;
		for (save = lint_v2_model(other)->streams; save;
		     save = save->next) {
			any |= !save->load;
			lost |= save->unknown;
			same |= !save->load && same_stream(save, load);
		}
	}
	/* A stream that was saved elsewhere cannot be compared. */
	if (same || (any && !lost))
		judge_hold(judge, V2_USER_KEEPS_STREAM_ORDER, same,
			   "the bytes of one saving data_fd, in order",
			   "%llu bytes were loaded that were not read so from any one",
			   (unsigned long long)load->len);
	load->session = 0;
}

void lint_v2_close_streams(struct lint_v2_model *m)
{
	struct lint_v2_stream *stream;

	for (stream = m->streams; stream; stream = stream->next)
		stream->session = 0;
}

void lint_v2_free_sessions(struct lint_v2_model *m)
{
	struct lint_v2_stream *stream;
	struct lint_v2_fd *given;

	while ((stream = m->streams)) {
		m->streams = stream->next;
		XXH3_freeState(stream->digest);
		free(stream);
	}
	while ((given = m->fds)) {
		m->fds = given->next;
		free(given);
	}
}

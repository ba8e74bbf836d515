/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VMMs do with a v2 device, call by call: QEMU 8 to 11, and
 * cloud-hypervisor. Functions give 0, or -errno as the device answered;
 * -EPROTO for a session too many or too few. None of them judges.
 */
#ifndef TESTS_V2_VMM_H
#define TESTS_V2_VMM_H

#include "common.h"

enum {
	VMM_BUFFER = 1 << 20, /* QEMU's copy buffer, at most */
	VMM_ROUNDS = 16,      /* of pre-copy, then the VM stops in any case */
};

/* A story, and what is special in it. */
enum vmm_way {
	VMM_PRE_COPY = 1 << 0, /* with rounds before the stop */
	VMM_PAUSED = 1 << 1,   /* the VM was paused before, and stays so */
	VMM_AGAIN = 1 << 2,    /* SET STOP_COPY in STOP_COPY: QEMU up to 9 */
	VMM_CLOSES_LATE = 1 << 3, /* data_fd closed after the start: since 9.2 */
	VMM_DIRECT = 1 << 4, /* cloud-hypervisor: combined arcs */
};

struct vmm_source {
	struct bench *b;
	int way;
	struct mig_file *data;
	struct v2_moving how; /* pieces as large as the buffer */
	struct stream *stream;
};

/* SET that must not open a session: one is held, or none is due. */
static int vmm_set(struct bench *b, u32 state)
{
	struct mig_file *data;
	int ret = v2_set(&b->v2, state, &data);

	if (!ret && data) {
		mig_file_close(data);
		ret = -EPROTO;
	}
	return ret;
}

static int vmm_set_opening(struct bench *b, u32 state, struct mig_file **ret_data)
{
	int ret = v2_set(&b->v2, state, ret_data);

	return !ret && !*ret_data ? -EPROTO : ret;
}

static bool vmm_has_p2p(struct bench *b)
{
	return b->v2.caps & MIG2_CAP_P2P;
}

/* ---- the VM stops and starts: all devices P2P first ---------------------------- */

static int vmm_stop(struct bench *b, u32 quiet, u32 stopped)
{
	int ret = vmm_has_p2p(b) ? vmm_set(b, quiet) : 0;

	return ret ? ret : vmm_set(b, stopped);
}

static int vmm_start(struct bench *b)
{
	int ret = vmm_has_p2p(b) ? vmm_set(b, MIG2_RUNNING_P2P) : 0;

	return ret ? ret : vmm_set(b, MIG2_RUNNING);
}

/* ---- the source -------------------------------------------------------------------- */

/* Sizes that cannot be told are no reason to give up. */
static void vmm_estimate(struct vmm_source *s)
{
	struct mig2_precopy_info info;
	u64 length;

	v2_data_size(&s->b->v2, &length);
	if (s->data)
		v2_precopy_info(s->data, &info);
}

static int vmm_save_setup(struct vmm_source *s)
{
	u64 length = 0;
	int ret;

	/* A buffer of no bytes is judged by itself. */
	if (v2_data_size(&s->b->v2, &length) || !length || length > VMM_BUFFER)
		length = VMM_BUFFER;
	s->how.piece = length;
	if (!(s->way & VMM_PRE_COPY))
		return 0;
	ret = vmm_set_opening(s->b, MIG2_PRE_COPY, &s->data);
	if (!ret)
		vmm_estimate(s);
	return ret;
}

/* One read a round; nothing (0) and not now (ENOMSG) are the same to QEMU. */
static int vmm_save_rounds(struct vmm_source *s)
{
	ssize_t count = 1;
	int i;
	u8 *at;

	for (i = 0; s->data && i < VMM_ROUNDS && count > 0; i++) {
		count = stream_reserve(s->stream, s->how.piece, &at);
		if (!count)
			count = mig_read(s->data, at, s->how.piece);
		if (count > (ssize_t)s->how.piece)
			return -EPROTO;
		if (count > 0)
			s->stream->len += (size_t)count;
		vmm_estimate(s);
	}
	/* EAGAIN is the wrong word for it, which has a rule of its own. */
	return count < 0 && count != -ENOMSG && count != -EAGAIN ? (int)count : 0;
}

static int vmm_save_stop(struct vmm_source *s)
{
	if (s->way & (VMM_PAUSED | VMM_DIRECT))
		return 0;
	if (s->way & VMM_PRE_COPY)
		return vmm_stop(s->b, MIG2_PRE_COPY_P2P, MIG2_STOP_COPY);
	return vmm_stop(s->b, MIG2_RUNNING_P2P, MIG2_STOP);
}

/* The rest of the stream, from a device that is in STOP_COPY then. */
static int vmm_save_rest(struct vmm_source *s)
{
	int ret = 0;

	if (!s->data)
		ret = vmm_set_opening(s->b, MIG2_STOP_COPY, &s->data);
	if (!ret && s->way & VMM_AGAIN)
		ret = vmm_set(s->b, MIG2_STOP_COPY);
	return ret ? ret : v2_collect(s->data, &s->how, s->stream);
}

/* The data_fd goes, whatever has become of the migration. */
static int vmm_save(struct bench *b, int way, struct stream *stream)
{
	struct vmm_source s = { .b = b, .way = way, .stream = stream };
	int ret = 0;

	if (way & VMM_PAUSED)
		ret = vmm_stop(b, MIG2_RUNNING_P2P, MIG2_STOP);
	if (!ret)
		ret = vmm_save_setup(&s);
	if (!ret)
		ret = vmm_save_rounds(&s);
	if (!ret)
		ret = vmm_save_stop(&s);
	if (!ret)
		ret = vmm_save_rest(&s);
	if (!ret)
		ret = vmm_set(b, MIG2_STOP);
	mig_file_close(s.data);
	return ret;
}

/* ---- the destination ----------------------------------------------------------------- */

static int vmm_load(struct bench *b, int way, const struct stream *stream)
{
	struct mig_file *data = NULL;
	int ret = vmm_set_opening(b, MIG2_RESUMING, &data);

	if (!ret)
		ret = v2_load(data, NULL, stream, 0, stream->len);
	if (!(way & VMM_CLOSES_LATE)) {
		mig_file_close(data);
		data = NULL;
	}
	if (!ret)
		ret = way & VMM_DIRECT ? vmm_set(b, MIG2_RUNNING) : vmm_start(b);
	mig_file_close(data);
	return ret;
}

/* ---- stories ---------------------------------------------------------------------------- */

/* Saves into @stream: 0, 1 where a rule was seen broken, or -errno. */
typedef int vmm_save_fn(struct bench *b, int way, struct stream *stream);

static int vmm_save_by(struct bench *b, vmm_save_fn *save, int way,
		       struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		stream_clear(stream);
		ret = common_fresh(b, COMMON_SEED);
		if (!ret)
			ret = save(b, way, stream);
		if (ret >= 0 || ret == -ELOOP)
			break;
	}
	return ret;
}

static int vmm_load_by(struct bench *b, int way, const struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, COMMON_NOISE);
		if (!ret)
			ret = vmm_load(b, way, stream);
		if (!ret)
			ret = common_verify(b, COMMON_SEED);
		if (!ret || ret == -EILSEQ)
			break;
	}
	return ret;
}

/*
 * A migration: 1 the contents are there, 0 they are not, or it is refused each
 * time though a plain one is not. -errno where plain ones are refused too, or
 * the stream has no end. @way goes to @save, and without one (NULL) it is that
 * of both sides.
 */
static int vmm_trip(struct bench *b, vmm_save_fn *save, int way)
{
	struct stream stream;
	bool broken;
	int ret;

	if (b->stim)
		b->stim->differs[0] = 0;
	stream_init(&stream);
	ret = vmm_save_by(b, save ? save : vmm_save, way, &stream);
	broken = ret > 0;
	if (!ret)
		ret = vmm_load_by(b, save ? 0 : way, &stream);
	stream_free(&stream);
	if (!ret || broken || ret == -EILSEQ)
		return !ret;
	return ret == -ELOOP || common_round_trip(b) ? ret : 0;
}

/* What a trip that gave 0 has shown last. */
static const char *vmm_differs(struct bench *b)
{
	return b->stim && b->stim->differs[0] ? b->stim->differs :
	       "refused each time, another way is not";
}

#endif

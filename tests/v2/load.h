/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of bad streams share: loads that are meant to fail. Functions
 * give 0, or -errno as the device answered on the way. None of them judges.
 */
#ifndef TESTS_V2_LOAD_H
#define TESTS_V2_LOAD_H

#include "common.h"

enum { LOAD_HEAD = 8 }; /* bytes that surely identify a stream */

/* What a load came to. */
struct load_verdict {
	int write;     /* 0, or the first error of a write */
	size_t taken;  /* bytes that writes have taken */
	int set;       /* SET that leaves RESUMING */
	u32 state;     /* afterwards */
};

/* Writes [@from, @to), to the first error: that, and the bytes taken. */
static int load_push(struct mig_file *data, const struct stream *stream,
		     size_t from, size_t to, size_t *taken)
{
	ssize_t count;

	while (from < to) {
		count = mig_write(data, stream->bytes + from, to - from);
		if (count <= 0 || (size_t)count > to - from)
			return count < 0 ? (int)count : -EPROTO;
		from += count;
		*taken += count;
	}
	return 0;
}

/*
 * Loads @stream, and goes on at offset @resume where a write fails; not at all
 * where that is beyond the end. Then SET @to. 0, or -errno of the way.
 */
static int load_try(struct bench *b, const struct stream *stream, size_t resume,
		    u32 to, struct load_verdict *ret_verdict)
{
	struct load_verdict v = { .write = 0 };
	struct mig_file *data;
	int ret;

	ret = common_reach(b, MIG2_RESUMING, &data);
	if (ret)
		return ret;
	v.write = load_push(data, stream, 0, stream->len, &v.taken);
	if (v.write && resume < stream->len)
		load_push(data, stream, resume, stream->len, &v.taken);
	v.set = v2_set(&b->v2, to, NULL);
	ret = v2_state(&b->v2, &v.state);
	mig_file_close(data);
	*ret_verdict = v;
	return ret;
}

/* Was it refused, here or there? */
static bool load_refused(const struct load_verdict *v)
{
	return v->write || v->set;
}

/* Turns each bit of [@from, @to). */
static void load_invert(struct stream *stream, size_t from, size_t to)
{
	for (; from < to && from < stream->len; from++)
		stream->bytes[from] ^= 0xff;
}

/* How many of its first bytes are damaged where its head is. */
static size_t load_head(const struct stream *stream)
{
	return stream->len <= LOAD_HEAD ? stream->len - 1 : LOAD_HEAD;
}

/* A stream that loads; -ENODATA for an empty one. */
static int load_good(struct bench *b, struct stream *ret_stream)
{
	int ret = common_save(b, ret_stream);

	if (!ret && ret_stream->len < 2)
		return -ENODATA;
	return ret ? ret : common_load(b, ret_stream);
}

/* ---- models ------------------------------------------------------------------ */

enum { LOAD_PCI_IDS = 4, LOAD_PCI_SUBSYSTEM = 0x2c };

/* Vendor, device, revision and subsystem: what tells models apart. */
static int load_model(struct mig_dev *dev, u32 ret_ids[3])
{
	static const u32 places[3] = { 0, 8, LOAD_PCI_SUBSYSTEM };
	struct mig_region config;
	int i, ret;

	ret = mig_region_info(dev, UAPI_PCI_CONFIG, &config);
	for (i = 0; i < 3 && !ret; i++)
		if (mig_pread(&dev->file, &ret_ids[i], LOAD_PCI_IDS,
			      config.offset + places[i]) != LOAD_PCI_IDS)
			ret = -EIO;
	return ret;
}

/* 1 two devices of one model, 0 of two, -errno where config space is mute. */
static int load_alike(struct mig_dev *one, struct mig_dev *other)
{
	u32 ours[3], theirs[3];
	int ret = load_model(one, ours);

	if (!ret)
		ret = load_model(other, theirs);
	return ret ? ret : !memcmp(ours, theirs, sizeof(ours));
}

#endif

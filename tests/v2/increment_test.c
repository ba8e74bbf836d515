// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that changes while it is pre-copied promises to send again what has
 * changed: what is restored is what it was when it stopped.
 */
#include "precopy.h"

V2_FIXTURE(v2_increment, NEED_PRE_COPY | NEED_STIMULUS)

/* From a session whose device changes to COMMON_SEED after @part bytes. */
static int save_changed(struct bench *b, size_t part, struct stream *stream)
{
	struct mig_file *data;
	int ret;

	ret = common_reach(b, MIG2_PRE_COPY, &data);
	if (!ret)
		ret = common_mark(b, COMMON_NOISE);
	if (!ret)
		ret = part ? v2_collect_some(data, part, stream) :
			     v2_collect(data, NULL, stream);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : precopy_finish(b, data, stream);
}

/* What changes after it was read is sent again. */
TEST_F(v2_increment, changes_after_the_end_are_sent)
{
	struct stream stream;
	int whole;

	stream_init(&stream);
	ROAD(save_changed(self->b, 0, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_LATER_CHANGES_ARE_SENT, whole,
		   "contents that changed after a temporary end: the stream does not restore the latest");
}

/* However much of it had been read. */
TEST_F(v2_increment, changes_within_the_stream_are_sent)
{
	static const size_t parts[] = { 1, 5000, 12345 };
	struct stream stream;
	size_t i;
	int whole;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		stream_init(&stream);
		ROAD(save_changed(self->b, parts[i], &stream));
		whole = common_restores(self->b, &stream);
		ROAD(whole);
		EXPECT_REQ(V2_LATER_CHANGES_ARE_SENT, whole,
			   "contents that changed after %zu bytes: the stream does not restore the latest",
			   parts[i]);
	}
}

/* One change after each temporary end: all of them arrive. */
static int save_patched(struct bench *b, u32 patches, struct stream *stream)
{
	struct mig_file *data;
	int ret;
	u32 k;

	ret = common_reach(b, MIG2_PRE_COPY, &data);
	for (k = 0; k < patches && !ret; k++) {
		ret = v2_collect(data, NULL, stream);
		if (!ret)
			ret = stimulus_patch(b->stim, COMMON_SEED, k);
	}
	return ret ? ret : precopy_finish(b, data, stream);
}

static int load_patched(struct bench *b, u32 patches,
			const struct stream *stream)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = common_fresh(b, COMMON_NOISE);
		if (!ret)
			ret = v2_restore(&b->v2, NULL, stream);
		if (!ret)
			break;
	}
	/* Only the last is sure to show. */
	return ret ? ret :
		     stimulus_verify_patch(b->stim, COMMON_SEED, patches - 1);
}

/* Small changes count as much as large ones. */
TEST_F(v2_increment, each_change_is_sent)
{
	enum { PATCHES = 4 };
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(common_round_trip(self->b));
	ROAD(save_patched(self->b, PATCHES, &stream));
	ret = load_patched(self->b, PATCHES, &stream);
	if (ret != -EILSEQ)
		ROAD(ret);
	EXPECT_REQ(V2_LATER_CHANGES_ARE_SENT, !ret,
		   "the last change made between two temporary ends was not restored: %s",
		   self->stim->differs);
}

EXPECT_MAIN

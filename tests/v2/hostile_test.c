// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is loaded promises to know a bad stream: what is incomplete,
 * damaged, foreign or too long does not leave RESUMING.
 */
#include "load.h"

V2_FIXTURE(v2_hostile, NEED_NOTHING)

enum {
	HOSTILE_FIELDS = 128,  /* bytes that lengths and versions lie in */
	HOSTILE_TAIL = 4096,
	HOSTILE_CUTS = 24,
	HOSTILE_MUTATIONS = 64,
	HOSTILE_BARS = 2,
	HOSTILE_REGISTERS = 8,
	HOSTILE_SHORT = 80,    /* a stream of which each truncation is tried */
};

/*
 * Data that a device may take in good faith and then stumble over: only where
 * no kernel can fall, or where its user wants to know.
 */
static bool may_harm(struct bench *b)
{
	return b->profile == PROFILE_HOSTILE ||
	       !(b->dev->caps & MIG_CAP_KERNEL);
}

/* ---- incomplete ------------------------------------------------------------- */

/* Where to cut a stream: everywhere, or at places of every kind. */
static size_t cut_at(const struct stream *stream, u32 i)
{
	static const size_t small[] = { 1, 2, 4, 8, 12, 16, 24, 32, 48, 64 };
	size_t len = stream->len;

	if (len <= HOSTILE_SHORT)
		return i + 1;
	if (i < ARRAY_SIZE(small))
		return small[i];
	i -= ARRAY_SIZE(small);
	if (i < 4)
		return len - small[i];
	return i < 7 ? len * (i - 3) / 4 : 1 + bench_random() % (len - 1);
}

/* A part of a stream is no stream, wherever it was cut. */
TEST_F(v2_hostile, truncated_streams_are_refused)
{
	struct stream stream, part;
	struct load_verdict v;
	u32 i, cuts;

	stream_init(&stream);
	stream_init(&part);
	ROAD(load_good(self->b, &stream));
	cuts = stream.len <= HOSTILE_SHORT ? stream.len - 1 : HOSTILE_CUTS;
	for (i = 0; i < cuts; i++) {
		ROAD(stream_copy(&stream, &part));
		stream_truncate(&part, cut_at(&stream, i));
		ROAD(load_try(self->b, &part, part.len, MIG2_STOP, &v));
		if (v.write)
			continue;
		EXPECT_REQ(V2_INCOMPLETE_STREAM_IS_REFUSED, v.set < 0,
			   "RESUMING is left with %zu of %zu bytes", part.len,
			   stream.len);
	}
}

/* Nor does a device run on it. */
TEST_F(v2_hostile, truncated_streams_do_not_run)
{
	struct stream stream;
	struct load_verdict v;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	stream_truncate(&stream, stream.len - 1);
	ROAD(load_try(self->b, &stream, stream.len, MIG2_RUNNING, &v));
	EXPECT_REQ(V2_INCOMPLETE_STREAM_IS_REFUSED,
		   v.set < 0 && v.state != MIG2_RUNNING,
		   "RUNNING without the last byte: %s, then %s",
		   common_errno(v.set), v2_state_name(v.state));
}

/* A stream with pre-copy that stops before the device did is none either. */
TEST_F(v2_hostile, pre_copy_alone_is_refused)
{
	struct mig_file *data;
	struct stream stream;
	struct load_verdict v;

	NEEDS(NEED_PRE_COPY);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_collect(data, NULL, &stream));
	if (!stream.len)
		NOT_OFFERED("anything to read in PRE_COPY");
	ROAD(load_try(self->b, &stream, stream.len, MIG2_STOP, &v));
	EXPECT_REQ(V2_INCOMPLETE_STREAM_IS_REFUSED, load_refused(&v),
		   "RESUMING is left with the %zu bytes of pre-copy alone",
		   stream.len);
}

/* Nothing at all is the shortest incomplete stream; some devices take it. */
TEST_F(v2_hostile, empty_streams_should_be_refused)
{
	struct mig_file *data;
	int set, reset, trip;

	ROAD(common_round_trip(self->b));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	set = v2_set(self->v2, MIG2_STOP, NULL);
	PREFER_REQ(V2_EMPTY_STREAM_IS_REFUSED, set < 0,
		   "RESUMING is left with nothing written");
	reset = common_reset(self->b);
	EXPECT_REQ(V2_EMPTY_STREAM_IS_REFUSED,
		   !reset && common_state(self->b) == MIG2_RUNNING,
		   "after an empty load, reset: %s, then %s",
		   common_errno(reset), v2_state_name(common_state(self->b)));
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_EMPTY_STREAM_IS_REFUSED, !trip,
		   "after an empty load and a reset a round trip gives %s",
		   common_errno(trip));
}

/* And the device works. */
TEST_F(v2_hostile, empty_streams_leave_a_working_device)
{
	struct mig_file *data;
	int works;

	NEEDS(NEED_STIMULUS);
	ROAD(stimulus_work(self->stim));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	v2_set(self->v2, MIG2_STOP, NULL);
	ROAD(common_reset(self->b));
	works = stimulus_work(self->stim);
	EXPECT_REQ(V2_EMPTY_STREAM_IS_REFUSED, !works,
		   "after an empty load and a reset the device does not work: %s",
		   common_errno(works));
}

/* ---- damaged ---------------------------------------------------------------- */

/* 1 where a load of @stream is refused, 0 where it is taken, or -errno. */
static int is_refused(struct bench *b, const struct stream *stream)
{
	struct mig_file *data;
	size_t taken = 0;
	int ret, reset;

	ret = common_reach(b, MIG2_RESUMING, &data);
	if (ret)
		return ret;
	/*
	 * Refused by a write it is not asked again, by nobody: a device that
	 * forgets its refusal would load what it cannot bear.
	 */
	ret = load_push(data, stream, 0, stream->len, &taken) ||
	      v2_set(&b->v2, MIG2_STOP, NULL);
	mig_file_close(data);
	reset = common_reset(b);
	return reset ? reset : ret;
}

/* What does not look like a stream at all is not taken for one. */
TEST_F(v2_hostile, noise_is_refused)
{
	struct stream stream;
	size_t i;
	int ret;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	for (i = 0; i < stream.len; i++)
		stream.bytes[i] = (u8)bench_random();
	ret = is_refused(self->b, &stream);
	ROAD(ret);
	EXPECT_REQ(V2_INVALID_STREAM_IS_REFUSED, ret,
		   "%zu bytes of noise are taken, and RESUMING is left",
		   stream.len);
}

/* Nor should be one whose first bytes are wrong. */
TEST_F(v2_hostile, damaged_heads_are_told)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	load_invert(&stream, 0, load_head(&stream));
	ret = is_refused(self->b, &stream);
	ROAD(ret);
	PREFER_REQ(V2_INVALID_STREAM_IS_REFUSED, ret,
		   "a stream whose first %zu bytes were inverted is taken, and RESUMING is left",
		   load_head(&stream));
}

enum { FIELD_KINDS = 4 };

/* The word at @at made zero, all ones, one more or one bit different. */
static void damage_field(struct stream *stream, size_t at, u32 kind)
{
	u32 field;

	memcpy(&field, stream->bytes + at, sizeof(field));
	field = kind == 0 ? 0 : kind == 1 ? ~0u : kind == 2 ? field + 1 :
							      field ^ 0x10000;
	memcpy(stream->bytes + at, &field, sizeof(field));
}

/* Each field may be payload that nothing protects; better if it is not. */
TEST_F(v2_hostile, damaged_fields_are_told)
{
	struct stream good, bad;
	u32 kind, taken = 0, tried = 0;
	size_t at;
	int ret;

	if (!may_harm(self->b))
		NOT_OFFERED("only judged by profile hostile");
	stream_init(&good);
	stream_init(&bad);
	ROAD(load_good(self->b, &good));
	for (at = 0; at + 4 <= good.len && at < HOSTILE_FIELDS; at += 4) {
		for (kind = 0; kind < FIELD_KINDS; kind++) {
			ROAD(stream_copy(&good, &bad));
			damage_field(&bad, at, kind);
			if (stream_equal(&good, &bad))
				continue;
			ret = is_refused(self->b, &bad);
			ROAD(ret);
			taken += !ret;
			tried++;
		}
	}
	PREFER_REQ(V2_INVALID_STREAM_IS_REFUSED, !taken,
		   "%u of %u streams with a damaged word near the beginning are taken",
		   taken, tried);
}

/* ---- too long ------------------------------------------------------------------- */

/* Bytes beyond @stream that a device has taken: above 0 only if it then loads. */
static ssize_t taken_behind(struct bench *b, const struct stream *stream,
			    const struct stream *tail)
{
	struct mig_file *data;
	size_t taken = 0;
	int ret;

	ret = common_reach(b, MIG2_RESUMING, &data);
	if (!ret)
		ret = v2_load(data, NULL, stream, 0, stream->len);
	if (ret)
		return ret;
	load_push(data, tail, 0, tail->len, &taken);
	if (taken && v2_set(&b->v2, MIG2_STOP, NULL))
		taken = 0;
	mig_file_close(data);
	return (ssize_t)taken;
}

static void is_too_long(struct __test_metadata *_metadata, struct bench *b,
			const struct stream *good, u8 filler, size_t extra)
{
	static u8 bytes[HOSTILE_TAIL];
	struct stream tail;
	ssize_t taken;

	stream_init(&tail);
	memset(bytes, filler, sizeof(bytes));
	ROAD(stream_append(&tail, bytes, extra));
	taken = taken_behind(b, good, &tail);
	ROAD(taken);
	EXPECT_REQ(V2_OVERLONG_STREAM_IS_REFUSED, !taken,
		   "%zd bytes of 0x%02x behind the stream are taken, and RESUMING is left",
		   taken, filler);
	stream_free(&tail);
}

/* What comes behind a stream is refused, now or at the end. */
TEST_F(v2_hostile, overlong_streams_are_refused)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	is_too_long(_metadata, self->b, &stream, 0, 1);
	is_too_long(_metadata, self->b, &stream, 0xa5, 1);
	is_too_long(_metadata, self->b, &stream, 0, HOSTILE_TAIL);
	is_too_long(_metadata, self->b, &stream, 0xa5, HOSTILE_TAIL);
	ROAD(common_reset(self->b));
	ret = common_round_trip(self->b);
	EXPECT_REQ(V2_OVERLONG_STREAM_IS_REFUSED, !ret,
		   "after a stream that was too long a round trip gives %s",
		   common_errno(ret));
}

/* Another stream is too much as well. */
TEST_F(v2_hostile, two_streams_are_too_long)
{
	struct stream stream;
	ssize_t taken;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	taken = taken_behind(self->b, &stream, &stream);
	ROAD(taken);
	EXPECT_REQ(V2_OVERLONG_STREAM_IS_REFUSED, !taken,
		   "the stream twice over: %zd bytes too many are taken, and RESUMING is left",
		   taken);
}

/* At once with the stream they are no better. */
TEST_F(v2_hostile, a_longer_write_is_too_long)
{
	struct stream stream;
	struct load_verdict v;
	size_t len;

	stream_init(&stream);
	ROAD(load_good(self->b, &stream));
	len = stream.len;
	ROAD(stream_append(&stream, "\245", 1));
	ROAD(load_try(self->b, &stream, stream.len, MIG2_STOP, &v));
	EXPECT_REQ(V2_OVERLONG_STREAM_IS_REFUSED, v.set < 0 || v.taken <= len,
		   "%zu bytes of a stream of %zu are taken, and RESUMING is left",
		   v.taken, len);
}

/* ---- foreign --------------------------------------------------------------------- */

/* The stream of another model has no business here. */
TEST_F(v2_hostile, foreign_streams_are_refused)
{
	struct bench *b = self->b;
	struct stream stream;
	struct load_verdict v;
	int alike;

	NEEDS(NEED_SECOND | NEED_CONFIG_SPACE);
	stream_init(&stream);
	ROAD(alike = load_alike(b->dev, b->other));
	if (alike)
		NOT_OFFERED("a second device of another model");
	ROAD(v2_recover(&b->other_v2));
	ROAD(v2_save(&b->other_v2, NULL, 0, &stream));
	ROAD(load_try(b, &stream, stream.len, MIG2_RUNNING, &v));
	EXPECT_REQ(V2_FOREIGN_STREAM_IS_REFUSED,
		   load_refused(&v) && v.state != MIG2_RUNNING,
		   "the stream of another model: write %s, RUNNING %s, then %s",
		   common_errno(v.write), common_errno(v.set),
		   v2_state_name(v.state));
}

/* ---- hostile ------------------------------------------------------------------------- */

/* Some bytes, some words, a copy of some part elsewhere, or the end cut off. */
static void mutate(struct stream *stream)
{
	size_t at = bench_random() % stream->len;
	size_t len = 1 + bench_random() % (stream->len - at);

	switch (bench_random() % 4) {
	case 0:
		stream->bytes[at] ^= 1 << bench_random() % 8;
		break;
	case 1:
		memset(stream->bytes + at, 0xff, len < 4 ? len : 4);
		break;
	case 2:
		memmove(stream->bytes, stream->bytes + at, len);
		break;
	default:
		stream_truncate(stream, at + 1);
	}
}

/* Whatever a user writes harms nobody else. */
TEST_F(v2_hostile, mutated_streams_are_contained)
{
	struct stream good, stream;
	struct load_verdict v;
	int i, ret = 0;

	if (!may_harm(self->b))
		NOT_OFFERED("only judged by profile hostile");
	stream_init(&good);
	stream_init(&stream);
	ROAD(load_good(self->b, &good));
	for (i = 0; i < HOSTILE_MUTATIONS && !ret; i++) {
		ROAD(stream_copy(&good, &stream));
		mutate(&stream);
		mutate(&stream);
		ROAD(load_try(self->b, &stream, 0, MIG2_RUNNING, &v));
		common_verify(self->b, COMMON_SEED);
		ret = common_reset(self->b);
	}
	if (!ret)
		ret = common_load(self->b, &good);
	EXPECT_REQ(V2_HOSTILE_STREAM_IS_CONTAINED, !ret,
		   "after %d mutated streams a reset or a good load gives %s",
		   i, common_errno(ret));
}

/* What a byte can be that counts or points to something. */
static const u8 extremes[] = { 0xc9, 0xff };

/* Writes the first registers, as a guest that knows nothing would. */
static void poke(struct bench *b)
{
	struct mig_region bar;
	const u8 byte = 0x5a;
	u32 i;
	u64 at;

	for (i = 0; i < HOSTILE_BARS; i++) {
		if (mig_region_info(b->dev, UAPI_PCI_BAR0 + i, &bar))
			continue;
		for (at = 0; at < bar.size && at < HOSTILE_REGISTERS; at++)
			mig_pwrite(&b->dev->file, &byte, 1, bar.offset + at);
	}
}

/* Nor does a device follow a single byte, wherever it lies, out of bounds. */
TEST_F(v2_hostile, extreme_bytes_are_contained)
{
	struct stream good, stream;
	struct load_verdict v;
	size_t at, i;
	int ret = 0;

	if (!may_harm(self->b))
		NOT_OFFERED("only judged by profile hostile");
	stream_init(&good);
	stream_init(&stream);
	ROAD(load_good(self->b, &good));
	for (at = 0; at < good.len && at < HOSTILE_FIELDS && !ret; at++) {
		for (i = 0; i < ARRAY_SIZE(extremes) && !ret; i++) {
			ROAD(stream_copy(&good, &stream));
			stream.bytes[at] = extremes[i];
			ROAD(load_try(self->b, &stream, stream.len,
				      MIG2_RUNNING, &v));
			poke(self->b);
			common_verify(self->b, COMMON_SEED);
			ret = common_reset(self->b);
		}
	}
	if (!ret)
		ret = common_load(self->b, &good);
	EXPECT_REQ(V2_HOSTILE_STREAM_IS_CONTAINED, !ret,
		   "after %zu bytes were made extreme a reset or a good load gives %s",
		   at, common_errno(ret));
}

/* A load that its user closed on is over: no later request completes it. */
TEST_F(v2_hostile, closed_loads_are_over)
{
	struct mig_file *data;
	u32 seen;
	int set, trip;

	if (!may_harm(self->b))
		NOT_OFFERED("only judged by profile hostile");
	ROAD(common_round_trip(self->b));
	ROAD(common_reach(self->b, MIG2_RESUMING, &data));
	ROAD(bench_reopen());
	ROAD(v2_state(self->v2, &seen));
	set = v2_set(self->v2, MIG2_STOP, NULL);
	ROAD(bench_fresh());
	trip = common_round_trip(self->b);
	EXPECT_REQ(V2_CLOSE_IS_A_FULL_STOP,
		   (seen != MIG2_RESUMING || set) && !trip,
		   "closed in RESUMING, opened in %s, STOP %s, then a cycle %s",
		   v2_state_name(seen), common_errno(set), common_errno(trip));
}

EXPECT_MAIN

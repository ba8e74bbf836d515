// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to the region that are not the protocol: of odd width and place, to
 * fields that belong to the driver, beyond the end, with values that mean
 * nothing. They are refused or inert, and harm nobody.
 */
#include "common.h"

V1_FIXTURE(v1_access, NEED_NOTHING)

enum { GUARD = 64, GUARD_BYTE = 0xa5, BIG = 1 << 20, RANDOM_VALUES = 32 };

static const struct {
	u64 offset;
	size_t width;
} fields[] = {
	{ MIG1_OFF_STATE, 4 }, { MIG1_OFF_RESERVED, 4 }, { MIG1_OFF_PENDING, 8 },
	{ MIG1_OFF_OFFSET, 8 }, { MIG1_OFF_SIZE, 8 },
};

static const char *const all_states[] = { "", "0", "2", "3", "4" };

static bool is_field(u64 offset, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].offset == offset && fields[i].width == len)
			return true;
	return false;
}

/* ---- odd accesses ------------------------------------------------------------ */

static u8 guarded[GUARD + BIG + GUARD];

static bool is_intact(size_t len)
{
	size_t i;

	for (i = 0; i < GUARD; i++)
		if (guarded[i] != GUARD_BYTE ||
		    guarded[GUARD + len + i] != GUARD_BYTE)
			return false;
	return true;
}

/* A read into the guarded buffer; true where it kept within @len. */
static bool read_guarded(struct v1 *v1, u64 offset, size_t len, ssize_t *ret_n)
{
	memset(guarded, GUARD_BYTE, GUARD + len + GUARD);
	*ret_n = v1_pread(v1, guarded + GUARD, len, offset);
	return *ret_n <= (ssize_t)len && is_intact(len);
}

struct odd {
	unsigned int served, overruns, moved;
	u64 offset; /* the last that was served */
	size_t len;
};

/* One odd access; the state that it finds is the one that it has to leave. */
static void try_odd(struct v1 *v1, bool write, u64 offset, size_t len,
		    struct odd *odd)
{
	static const u8 zeros[MIG1_HEADER_SIZE];
	int before = common_state(v1);
	ssize_t n;

	if (write)
		n = v1_pwrite(v1, zeros, len, offset);
	else if (!read_guarded(v1, offset, len, &n))
		odd->overruns++;
	if (n > 0) {
		odd->served++;
		odd->offset = offset;
		odd->len = len;
	}
	odd->moved += common_state(v1) != before;
}

/* All accesses within the header that hit no field as they should. */
static struct odd try_all_odd(struct v1 *v1, bool write)
{
	struct odd odd = { 0 };
	size_t len;
	u64 offset;

	for (offset = 0; offset < MIG1_HEADER_SIZE; offset++)
		for (len = 1; len <= MIG1_HEADER_SIZE - offset; len++)
			if (!is_field(offset, len))
				try_odd(v1, write, offset, len, &odd);
	return odd;
}

static void judge_odd(struct __test_metadata *_metadata, struct bench *b,
		      bool write)
{
	struct odd odd = try_all_odd(&b->v1, write);
	const char *what = write ? "writes" : "reads";

	PREFER_REQ(V1_ODD_ACCESS_IS_REFUSED, !odd.served,
		   "%u odd %s were served, the last of %zu bytes at %llu",
		   odd.served, what, odd.len, (unsigned long long)odd.offset);
	EXPECT_REQ(V1_ODD_ACCESS_IS_REFUSED, !odd.moved,
		   "%u odd %s changed device_state", odd.moved, what);
	EXPECT_REQ(V1_ACCESS_STAYS_IN_REQUEST, !odd.overruns,
		   "%u odd %s exceeded the request", odd.overruns, what);
}

/* A field is read as a whole and alone; all else fails and moves nothing. */
TEST_F(v1_access, odd_reads_are_refused)
{
	judge_odd(_metadata, self->b, false);
	ROAD(common_reach(self->b, "2"));
	ROAD(common_take(self->v1, COMMON_ANNOUNCED, NULL));
	judge_odd(_metadata, self->b, false);
}

/* Likewise for writes. */
TEST_F(v1_access, odd_writes_are_refused)
{
	judge_odd(_metadata, self->b, true);
	ROAD(common_reach(self->b, "2"));
	ROAD(common_take(self->v1, COMMON_ANNOUNCED, NULL));
	judge_odd(_metadata, self->b, true);
}

/* An access of native width moves the whole field or fails, in any state. */
TEST_F(v1_access, a_field_moves_as_a_whole)
{
	size_t i, f;
	ssize_t n;

	for (i = 0; i < ARRAY_SIZE(all_states); i++) {
		if (common_reach(self->b, all_states[i]) ||
		    common_take(self->v1, COMMON_ALL, NULL))
			continue;
		for (f = 0; f < ARRAY_SIZE(fields); f++) {
			EXPECT_REQ(V1_ACCESS_STAYS_IN_REQUEST,
				   read_guarded(self->v1, fields[f].offset,
						fields[f].width, &n),
				   "a read at %llu overran its buffer",
				   (unsigned long long)fields[f].offset);
			EXPECT_REQ(V1_ACCESS_MOVES_WHOLE_FIELD,
				   n < 0 || n == (ssize_t)fields[f].width ||
				   (!n && fields[f].offset == MIG1_OFF_RESERVED),
				   "a read at %llu moved %zd bytes",
				   (unsigned long long)fields[f].offset, n);
		}
	}
}

/* ---- fields that belong to the driver -------------------------------------- */

/* The reserved word is 0, whatever is written to it. */
TEST_F(v1_access, reserved_word_stays_zero)
{
	const u32 ones = ~0u;
	int state, round;
	u32 word = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_states); i++) {
		if (common_reach(self->b, all_states[i]))
			continue;
		state = common_state(self->v1);
		for (round = 0; round < 2; round++) {
			PREFER_REQ(V1_RESERVED_IS_ZERO,
				   v1_pread(self->v1, &word, 4, MIG1_OFF_RESERVED) == 4,
				   "it cannot be read");
			EXPECT_REQ(V1_RESERVED_IS_ZERO, !word, "it reads 0x%x", word);
			PREFER_REQ(V1_RESERVED_IS_ZERO,
				   v1_pwrite(self->v1, &ones, 4, MIG1_OFF_RESERVED) == 4,
				   "a write is not ignored but refused");
		}
		EXPECT_REQ(V1_RESERVED_IS_ZERO, common_state(self->v1) == state,
			   "a write of it moved device_state");
	}
}

static void write_read_only(struct v1 *v1)
{
	static const u64 values[] = { 0, ~0ull, 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		v1_pwrite(v1, &values[i], 8, MIG1_OFF_PENDING);
		v1_pwrite(v1, &values[i], 8, MIG1_OFF_OFFSET);
	}
}

static int save_writing_fields(struct bench *b, int arg, struct stream *stream)
{
	u64 offset, size, again;
	int ret;

	write_read_only(&b->v1);
	v1_set_state(&b->v1, MIG1_PRE_COPY);
	write_read_only(&b->v1);
	ret = v1_set_state(&b->v1, MIG1_STOP_COPY);
	write_read_only(&b->v1);
	if (ret)
		return ret;
	ret = common_announce(&b->v1, &offset, &size);
	if (ret <= 0)
		return ret;
	write_read_only(&b->v1);
	ret = v1_offset(&b->v1, &again);
	if (!ret && again != offset)
		return 1;
	if (!ret)
		ret = common_fetch_chunk(&b->v1, offset, size, stream);
	write_read_only(&b->v1);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* A write to pending_bytes or data_offset changes nothing of a save. */
TEST_F(v1_access, read_only_fields_keep_the_save)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_writing_fields, NULL, 0));
	EXPECT_REQ(V1_READ_ONLY_FIELDS_STAY, ret == 1, "%s",
		   common_differs(self->b));
}

static int load_writing_fields(struct bench *b, int arg,
			       const struct stream *stream)
{
	int ret = v1_set_state(&b->v1, MIG1_RESUMING);
	size_t i, len;
	u64 offset, again;

	for (i = 0; i < stream->chunks && !ret; i++) {
		len = stream_chunk_len(stream, i);
		ret = v1_offset(&b->v1, &offset);
		write_read_only(&b->v1);
		if (!ret)
			ret = v1_offset(&b->v1, &again);
		if (!ret && again != offset)
			return 1;
		if (!ret && len)
			ret = v1_load_chunk(&b->v1, NULL, stream->bytes +
					    stream_chunk_start(stream, i), len);
	}
	return ret ? ret : v1_set_state(&b->v1, MIG1_RUNNING);
}

/* Nor of a restore. */
TEST_F(v1_access, read_only_fields_keep_the_restore)
{
	int ret;

	ROAD(ret = common_trip(self->b, NULL, load_writing_fields, 0));
	EXPECT_REQ(V1_READ_ONLY_FIELDS_STAY, ret == 1, "%s",
		   common_differs(self->b));
}

static int save_writing_size(struct bench *b, int arg, struct stream *stream)
{
	u64 offset, size, again;
	int ret = v1_set_state(&b->v1, MIG1_STOP_COPY);

	if (ret)
		return ret;
	ret = common_announce(&b->v1, &offset, &size);
	if (ret <= 0)
		return ret;
	v1_write_size(&b->v1, 1);
	if (!v1_size(&b->v1, &again) && again != size)
		return 1;
	ret = common_fetch_chunk(&b->v1, offset, size, stream);
	return ret ? ret : v1_collect(&b->v1, NULL, 0, stream, NULL);
}

/* While saving, data_size is the driver's: a write resizes no chunk. */
TEST_F(v1_access, size_written_while_saving_cuts_nothing)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_writing_size, NULL, 0));
	EXPECT_REQ(V1_DATA_SIZE_WRITE_WHILE_SAVING_IS_INERT, ret == 1, "%s",
		   common_differs(self->b));
}

static void read_idle_fields(struct v1 *v1)
{
	u64 value;

	v1_pending(v1, &value);
	v1_offset(v1, &value);
	v1_size(v1, &value);
}

static int save_after_idle_reads(struct bench *b, int arg, struct stream *stream)
{
	int ret = common_mark(b, COMMON_SEED + 4);

	read_idle_fields(&b->v1);
	if (!ret)
		ret = v1_set_state(&b->v1, MIG1_STOP);
	read_idle_fields(&b->v1);
	if (ret || v1_set_state(&b->v1, MIG1_RUNNING))
		ret = bench_fresh();
	read_idle_fields(&b->v1);
	if (!ret)
		ret = common_mark(b, COMMON_SEED);
	return ret ? ret : common_plain_save(b, 0, stream);
}

/* Reading fields where they mean nothing has no part in the next save. */
TEST_F(v1_access, idle_fields_leave_no_trace)
{
	int ret;

	ROAD(ret = common_trip(self->b, save_after_idle_reads, NULL, 0));
	EXPECT_REQ(V1_FIELDS_OUTSIDE_THEIR_STATES_ARE_HARMLESS, ret == 1, "%s",
		   common_differs(self->b));
	EXPECT_REQ(V1_SESSION_STARTS_NEW_STREAM, ret == 1,
		   "behind reads of fields in RUNNING and STOP: %s",
		   common_differs(self->b));
}

/* device_state can be read behind whatever failed. */
TEST_F(v1_access, state_is_readable_after_failures)
{
	static const u32 invalid[] = { MIG1_INVALID_5, MIG1_ERROR, MIG1_INVALID_7 };
	size_t i, k;
	u32 state;
	u8 byte = 0;

	for (i = 0; i < ARRAY_SIZE(all_states); i++) {
		if (common_reach(self->b, all_states[i]))
			continue;
		for (k = 0; k < ARRAY_SIZE(invalid); k++) {
			v1_write_state(self->v1, invalid[k]);
			EXPECT_REQ(V1_STATE_IS_ALWAYS_READABLE,
				   !v1_state(self->v1, &state),
				   "not after a write of %u", invalid[k]);
		}
		v1_pwrite(self->v1, &byte, 1, MIG1_OFF_STATE);
		EXPECT_REQ(V1_STATE_IS_ALWAYS_READABLE,
			   !v1_state(self->v1, &state),
			   "not after a write of one byte");
	}
}

/* ---- values, bounds ----------------------------------------------------------- */

/* What a write of @value may leave; a legal device ignores reserved bits or not. */
static bool is_safe(u32 value, int ret, int before, int after)
{
	if (ret)
		return after == before || after == MIG1_ERROR;
	return after == (int)(value & MIG1_STATE_MASK) && after < MIG1_INVALID_5;
}

static void judge_value(struct __test_metadata *_metadata, struct bench *b,
			const char *way, u32 value)
{
	int ret, before, after;

	if (common_state(&b->v1) != (way[0] ? way[0] - '0' : MIG1_RUNNING) &&
	    common_reach(b, way))
		return;
	before = common_state(&b->v1);
	ret = v1_write_state(&b->v1, value);
	after = common_state(&b->v1);
	EXPECT_REQ(V1_ANY_STATE_VALUE_IS_SAFE,
		   is_safe(value, ret, before, after),
		   "0x%x written in %s: %s, device_state shows %s", value,
		   common_state_name(before), common_errno(ret),
		   common_state_name(after));
}

static u32 invalid_code(u64 any)
{
	return MIG1_INVALID_5 + (u32)(any % 3);
}

/* Any 32 bits can be written to device_state; invalid codes stay refused. */
TEST_F(v1_access, any_state_value_is_safe)
{
	const char *way;
	size_t i;
	u32 k, any;

	for (i = 0; i < ARRAY_SIZE(all_states); i++) {
		way = all_states[i];
		for (k = 3; k < 32; k++)
			judge_value(_metadata, self->b, way,
				    1u << k | invalid_code(k));
		judge_value(_metadata, self->b, way, ~0u);
		for (k = 0; k < RANDOM_VALUES && !bench_late(); k++) {
			any = (u32)bench_random() & ~(u32)MIG1_STATE_MASK;
			judge_value(_metadata, self->b, way,
				    any | invalid_code(k));
			/* These may move it, and the way back takes time. */
			if (!(k % 4))
				judge_value(_metadata, self->b, way, any);
		}
	}
}

/* An access at, across or beyond the end is refused or cut. */
static void judge_bounds(struct __test_metadata *_metadata, struct bench *b,
			 bool write)
{
	u64 end = b->v1.region.size;
	const struct { u64 offset; size_t len; } beyond[] = {
		{ end - 1, 2 }, { end - 8, 16 }, { end, 1 }, { end, 4096 },
		{ end + 4096, 8 }, { end - 8, BIG }, { 0xfffffff8, 16 },
		{ 1ull << 32, 8 }, { (1ull << 32) + end - 4, 8 },
		{ MIG1_HEADER_SIZE, BIG },
	};
	ssize_t n, room;
	bool kept;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		room = beyond[i].offset < end ? (ssize_t)(end - beyond[i].offset) : 0;
		kept = write || read_guarded(&b->v1, beyond[i].offset,
					     beyond[i].len, &n);
		if (write)
			n = v1_pwrite(&b->v1, guarded, beyond[i].len,
				      beyond[i].offset);
		EXPECT_REQ(V1_REGION_BOUNDS_HOLD, n <= room && kept,
			   "%s of %zu bytes at 0x%llx of 0x%llx moved %zd%s",
			   write ? "a write" : "a read", beyond[i].len,
			   (unsigned long long)beyond[i].offset,
			   (unsigned long long)end, n,
			   kept ? "" : " and overran the buffer");
	}
}

/* Reads end where the region ends. */
TEST_F(v1_access, reads_end_with_the_region)
{
	judge_bounds(_metadata, self->b, false);
	ROAD(common_reach(self->b, "2"));
	ROAD(common_take(self->v1, COMMON_ANNOUNCED, NULL));
	judge_bounds(_metadata, self->b, false);
}

/* And so do writes. */
TEST_F(v1_access, writes_end_with_the_region)
{
	judge_bounds(_metadata, self->b, true);
	ROAD(common_reach(self->b, "4"));
	judge_bounds(_metadata, self->b, true);
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copy promises: what a running device has to say is announced, can be
 * read, and comes to an end that is none.
 */
#include <poll.h>

#include "precopy.h"

V2_FIXTURE(v2_precopy, NEED_PRE_COPY)

enum {
	PRECOPY_READS = 64,   /* small reads that a session is watched for */
	PRECOPY_STRETCH = 256, /* reads after which it is asked, end or not */
	PRECOPY_ROUNDS = 20,  /* temporary ends until a device should be calm */
	PRECOPY_INFO_SIZE = 24,
};

/* ---- the query -------------------------------------------------------------- */

/* Whoever offers pre-copy tells how much there is to read. */
TEST_F(v2_precopy, info_is_given)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	struct stream stream;
	int first, later;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	first = precopy_ask(data, &info);
	ROAD(v2_collect_some(data, 100, &stream));
	later = precopy_ask(data, &info);
	EXPECT_REQ(V2_PRECOPY_INFO_IS_MANDATORY, !first && !later,
		   "in PRE_COPY: %s, after some reads: %s", common_errno(first),
		   common_errno(later));
}

struct asked {
	struct mig2_precopy_info info;
	u8 behind[4096];
};

/* A query with @argsz, until it gives 0 or @settled. */
static int ask_sized(struct mig_file *data, u32 argsz, int settled,
		     struct asked *ret_asked)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		memset(ret_asked, 0x5a, sizeof(*ret_asked));
		ret_asked->info.argsz = argsz;
		ret_asked->info.flags = 0;
		ret = mig_ioctl(data, UAPI_MIG_GET_PRECOPY_INFO, ret_asked);
		if (!ret || ret == settled)
			break;
	}
	return ret;
}

/* An answer that does not fit into argsz is not given. */
TEST_F(v2_precopy, short_argsz_is_refused)
{
	static const u32 sizes[] = { 0, PRECOPY_INFO_SIZE - 1 };
	struct mig_file *data;
	struct asked asked;
	size_t i;
	int ret;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ret = ask_sized(data, sizes[i], -EINVAL, &asked);
		EXPECT_REQ(V2_PRECOPY_INFO_ARGSZ, ret < 0, "argsz %u: %s",
			   sizes[i], common_errno(ret));
		PREFER_REQ(V2_PRECOPY_INFO_ARGSZ, !ret || ret == -EINVAL,
			   "argsz %u: %s", sizes[i], common_errno(ret));
	}
}

static size_t changed_behind(const struct asked *asked)
{
	size_t i, changed = 0;

	for (i = 0; i < sizeof(asked->behind); i++)
		changed += asked->behind[i] != 0x5a;
	return changed;
}

/* One that leaves room is taken, and the room is left alone. */
TEST_F(v2_precopy, long_argsz_is_taken)
{
	static const u32 sizes[] = { PRECOPY_INFO_SIZE, PRECOPY_INFO_SIZE + 8,
				     4096 };
	struct mig_file *data;
	struct asked asked;
	size_t i, changed;
	int ret;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ret = ask_sized(data, sizes[i], 0, &asked);
		changed = changed_behind(&asked);
		EXPECT_REQ(V2_PRECOPY_INFO_ARGSZ, !ret && !changed,
			   "argsz %u: %s, %zu bytes written behind the structure",
			   sizes[i], common_errno(ret), changed);
	}
}

/* And one that is nowhere faults. */
TEST_F(v2_precopy, bad_pointer_faults)
{
	struct mig_file *data;
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ret = mig_ioctl_blind(data, UAPI_MIG_GET_PRECOPY_INFO, NULL);
	EXPECT_REQ(V2_PRECOPY_INFO_ARGSZ, ret == -EFAULT, "NULL: %s",
		   common_errno(ret));
}

/* Both pre-copy states answer. */
TEST_F(v2_precopy, info_is_given_in_both_states)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	int ret;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ret = precopy_ask(data, &info);
	EXPECT_REQ(V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, !ret, "in PRE_COPY: %s",
		   common_errno(ret));
	NEEDS(NEED_P2P);
	ROAD(common_reach(self->b, MIG2_PRE_COPY_P2P, &data));
	ret = precopy_ask(data, &info);
	EXPECT_REQ(V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, !ret,
		   "in PRE_COPY_P2P: %s", common_errno(ret));
}

static void info_is_refused(struct __test_metadata *_metadata,
			    struct mig_file *data, const char *where)
{
	struct mig2_precopy_info info;
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = v2_precopy_info(data, &info);
		if (!ret || ret == -EINVAL || ret == -ENODEV)
			break;
	}
	EXPECT_REQ(V2_PRECOPY_INFO_ONLY_IN_PRE_COPY, ret < 0, "%s: %s", where,
		   common_errno(ret));
	PREFER_REQ(V2_PRECOPY_INFO_ONLY_IN_PRE_COPY,
		   !ret || ret == -EINVAL || ret == -ENODEV, "%s: %s", where,
		   common_errno(ret));
}

/* STOP_COPY does not, whichever way led there. */
TEST_F(v2_precopy, info_is_refused_in_stop_copy)
{
	struct mig_file *data;

	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	info_is_refused(_metadata, data, "in STOP_COPY");
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
	info_is_refused(_metadata, data, "in STOP_COPY after PRE_COPY");
}

/* Nor does a session that is over, whatever came after it. */
TEST_F(v2_precopy, info_is_refused_by_the_dead)
{
	struct mig_file *data;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	info_is_refused(_metadata, data, "after STOP");
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	info_is_refused(_metadata, data, "after RUNNING");
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, NULL));
	info_is_refused(_metadata, data, "while a later session is open");
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(v2_reset(self->v2));
	info_is_refused(_metadata, data, "after a reset");
}

/* ---- the counters -------------------------------------------------------------- */

/* A session that begins has something to give, and nothing to give again. */
TEST_F(v2_precopy, counters_start_with_initial_data)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	int i;

	for (i = 0; i < 2; i++) {
		ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
		ROAD(precopy_ask(data, &info));
		EXPECT_REQ(V2_INITIAL_BYTES_START_NON_ZERO,
			   info.initial_bytes > 0,
			   "initial_bytes 0 before the first read");
		EXPECT_REQ(V2_DIRTY_BYTES_START_AT_ZERO, !info.dirty_bytes,
			   "dirty_bytes %llu before the first read",
			   (unsigned long long)info.dirty_bytes);
	}
}

/* initial_bytes never rises by itself. */
TEST_F(v2_precopy, initial_bytes_never_rise)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	struct stream stream;
	u64 last, before = 0, after = 0;
	int i;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(precopy_ask(data, &info));
	for (i = 0; i < PRECOPY_READS; i++) {
		last = info.initial_bytes;
		ROAD(v2_collect_some(data, PRECOPY_PIECE, &stream));
		ROAD(precopy_ask(data, &info));
		if (info.initial_bytes > last) {
			before = last;
			after = info.initial_bytes;
		}
	}
	EXPECT_REQ(V2_INITIAL_BYTES_FALL_BY_READING, !after,
		   "initial_bytes rose from %llu to %llu",
		   (unsigned long long)before, (unsigned long long)after);
}

/* It falls as they are read, in steps as coarse as its own last digits. */
TEST_F(v2_precopy, initial_bytes_fall)
{
	struct mig2_precopy_info first, later;
	struct mig_file *data;
	struct stream stream;
	u64 part, step;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(precopy_ask(data, &first));
	step = first.initial_bytes & -first.initial_bytes;
	part = first.initial_bytes / 4 * 3;
	if (part < step)
		part = step;
	ROAD(v2_collect_some(data, part, &stream));
	ROAD(precopy_ask(data, &later));
	if (stream.len < part)
		NOT_OFFERED("as much initial data as was announced");
	EXPECT_REQ(V2_INITIAL_BYTES_FALL_BY_READING,
		   !first.initial_bytes ||
			   later.initial_bytes < first.initial_bytes,
		   "initial_bytes %llu, and %llu after %zu bytes were read",
		   (unsigned long long)first.initial_bytes,
		   (unsigned long long)later.initial_bytes, stream.len);
}

/* The counters are estimates; by how much they are off is worth knowing. */
TEST_F(v2_precopy, estimates_are_told)
{
	struct mig2_precopy_info first, later;
	struct mig_file *data;
	struct stream stream;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(precopy_ask(data, &first));
	ROAD(v2_collect(data, NULL, &stream));
	ROAD(v2_collect(data, NULL, &stream));
	ROAD(precopy_ask(data, &later));
	PREFER_REQ(V2_PRECOPY_ESTIMATES_ARE_FREE,
		   first.initial_bytes / 100 <= stream.len &&
			   stream.len / 100 <= first.initial_bytes,
		   "%llu bytes announced, %zu read before a temporary end",
		   (unsigned long long)first.initial_bytes, stream.len);
	PREFER_REQ(V2_PRECOPY_ESTIMATES_ARE_FREE, !later.dirty_bytes,
		   "%llu dirty bytes on an idle device that was read to the end",
		   (unsigned long long)later.dirty_bytes);
}

/* Without the opt-in flags carry no answer; some devices echo them. */
TEST_F(v2_precopy, flags_are_no_answer)
{
	struct mig2_precopy_info info = { .argsz = sizeof(info),
					  .flags = 0xdeadbeee };
	struct mig_file *data;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(mig_ioctl(data, UAPI_MIG_GET_PRECOPY_INFO, &info));
	PREFER_REQ(V2_PRECOPY_FLAGS_ARE_NO_OUTPUT,
		   !info.flags || info.flags == 0xdeadbeee,
		   "flags 0xdeadbeee came back as 0x%x", info.flags);
}

/* ---- the temporary end --------------------------------------------------------- */

/*
 * Reads until nothing is announced any more: 0; -EBUSY where that never comes,
 * or no end to ask at. What a read says at an end does not matter here.
 */
static int settle(struct mig_file *data)
{
	struct mig2_precopy_info info;
	struct stream_budget budget;
	int rounds = 0, reads = 0, ret = 0;
	static u8 bytes[65536];
	bool more;

	stream_budget_start(&budget);
	while (!ret && rounds < PRECOPY_ROUNDS) {
		more = mig_read(data, bytes, sizeof(bytes)) > 0;
		ret = stream_budget_pay(&budget);
		if (ret || (more && ++reads % PRECOPY_STRETCH))
			continue;
		ret = precopy_ask(data, &info);
		if (!ret && !info.initial_bytes && !info.dirty_bytes)
			return 0;
		rounds += !more || !info.initial_bytes;
	}
	return ret ? ret : -EBUSY;
}

/* What a read gives at a temporary end, where nothing was announced. */
static ssize_t read_at_end(struct mig_file *data)
{
	ssize_t ret = 0;
	u8 bytes[64];
	int i;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = mig_read(data, bytes, sizeof(bytes));
		if (ret >= 0 || ret == -ENOMSG)
			break;
	}
	return ret;
}

/* It is told by ENOMSG; some devices say 0, as they would at the real end. */
TEST_F(v2_precopy, temporary_end_is_enomsg)
{
	struct mig_file *data;
	ssize_t ret;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(settle(data));
	ret = read_at_end(data);
	EXPECT_REQ(V2_TEMPORARY_END_IS_ENOMSG, ret >= 0 || ret == -ENOMSG,
		   "nothing is announced, and read gives %s",
		   common_errno((int)ret));
	PREFER_REQ(V2_TEMPORARY_END_IS_ENOMSG, ret,
		   "nothing is announced, and read gives 0");
}

/* There poll may wait, or not. */
TEST_F(v2_precopy, poll_at_temporary_end_is_told)
{
	struct mig_file *data;
	int events;

	NEEDS(NEED_POLL);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(settle(data));
	events = mig_poll(data, POLLIN, 0);
	ROAD(events);
	PREFER_REQ(V2_POLL_WAITS_AT_TEMPORARY_END, !(events & POLLIN),
		   "readable although nothing is announced");
}

/* Beyond it comes the rest, and with that the stream is whole. */
TEST_F(v2_precopy, the_rest_follows_a_temporary_end)
{
	struct mig_file *data;
	struct stream stream;
	int i, whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < 3; i++)
		ROAD(v2_collect(data, NULL, &stream));
	ROAD(precopy_finish(self->b, data, &stream));
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_TEMPORARY_END_IS_NOT_FATAL, whole,
		   "read to its temporary end and then in STOP_COPY, the stream does not restore");
}

enum reading { READ_DATA, READ_END, READ_ENOMSG, READ_WITHDRAWN };

/* What comes of an announcement, given some time. */
static enum reading read_announced(struct mig_file *data)
{
	struct mig2_precopy_info info;
	ssize_t ret = 0;
	u8 bytes[4096];
	int i;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = mig_read(data, bytes, sizeof(bytes));
		if (ret > 0)
			return READ_DATA;
		mig_idle(data->dev, COMMON_WINDOW);
		if (precopy_ask(data, &info) ||
		    (!info.initial_bytes && !info.dirty_bytes))
			return READ_WITHDRAWN;
	}
	return ret ? READ_ENOMSG : READ_END;
}

/* Initial data that is announced can be read. */
TEST_F(v2_precopy, initial_bytes_are_readable)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	enum reading got;

	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(precopy_ask(data, &info));
	if (!info.initial_bytes)
		NOT_OFFERED("initial data");
	got = read_announced(data);
	EXPECT_REQ(V2_ANNOUNCED_BYTES_ARE_READABLE,
		   got == READ_DATA || got == READ_WITHDRAWN,
		   "%llu initial bytes are announced, and none can be read",
		   (unsigned long long)info.initial_bytes);
}

/* So can changes, even after an end: it was a temporary one. */
TEST_F(v2_precopy, dirty_bytes_are_readable)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	enum reading got;

	NEEDS(NEED_STIMULUS);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(settle(data));
	ROAD(common_mark(self->b, COMMON_NOISE));
	ROAD(precopy_ask(data, &info));
	if (!info.dirty_bytes && !info.initial_bytes)
		NOT_OFFERED("an announcement of changes");
	got = read_announced(data);
	EXPECT_REQ(V2_ANNOUNCED_BYTES_ARE_READABLE,
		   got == READ_DATA || got == READ_WITHDRAWN,
		   "%llu dirty bytes are announced, and none can be read",
		   (unsigned long long)info.dirty_bytes);
	EXPECT_REQ(V2_TEMPORARY_END_IS_NOT_FATAL, got != READ_END,
		   "%llu dirty bytes are announced after a temporary end, and read gives 0",
		   (unsigned long long)info.dirty_bytes);
}

EXPECT_MAIN

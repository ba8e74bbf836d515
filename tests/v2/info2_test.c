// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRECOPY_INFOv2 promises: a user who opts in, once for as long as the device
 * is open, gets flags that mean something, and learns of new initial data.
 * Whoever has not opted in gets neither.
 */
#include <sys/utsname.h>

#include "common.h"

V2_FIXTURE(v2_info2, NEED_NOTHING)

enum {
	INFO2 = MIG2_FEATURE_PRECOPY_INFO2,
	INFO2_PIECE = 777, /* bytes of a read */
	INFO2_READS = 48,  /* reads that a session is watched for */
};

/* Two patterns that have no bit in common, but all bits except REINIT. */
static const u32 info2_patterns[] = { 0xa5a5a5a4, 0x5a5a5a5a };

static int call(struct bench *b, u32 methods)
{
	return mig_feature(b->dev, INFO2 | methods, NULL, 0);
}

/* The opt-in, as often as an access may fail. */
static int opt_in(struct bench *b)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = call(b, UAPI_FEATURE_SET);
		if (!ret)
			break;
	}
	return ret;
}

static int query(struct mig_file *data, u32 flags,
		 struct mig2_precopy_info *ret_info)
{
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		*ret_info = (struct mig2_precopy_info){
			.argsz = sizeof(*ret_info), .flags = flags,
		};
		ret = mig_ioctl(data, UAPI_MIG_GET_PRECOPY_INFO, ret_info);
		if (!ret)
			break;
	}
	return ret;
}

/*
 * Flags that both patterns bring back (*@ret_set), and those that come back
 * only where they were passed (*@ret_echoed); REINIT is in neither.
 */
static int query_patterns(struct mig_file *data, u32 *ret_set, u32 *ret_echoed)
{
	const u32 known = MIG2_PRECOPY_REINIT;
	struct mig2_precopy_info one, two;
	int ret;

	ret = query(data, info2_patterns[0], &one);
	if (!ret)
		ret = query(data, info2_patterns[1], &two);
	if (ret)
		return ret;
	*ret_set = one.flags & two.flags & ~known;
	*ret_echoed = ((one.flags & info2_patterns[0]) |
		       (two.flags & info2_patterns[1])) &
		      ~*ret_set & ~known;
	return 0;
}

/* ---- the feature ----------------------------------------------------------- */

/* Where there is pre-copy the feature can be probed, which opts nobody in. */
TEST_F(v2_info2, it_probes_with_pre_copy)
{
	int alone, with_set;

	NEEDS(NEED_PRE_COPY);
	alone = call(self->b, UAPI_FEATURE_PROBE);
	with_set = call(self->b, UAPI_FEATURE_PROBE | UAPI_FEATURE_SET);
	if (alone == -ENOTTY && with_set == -ENOTTY)
		NOT_OFFERED("MIG_PRECOPY_INFOv2, as before Linux 7.1");
	EXPECT_REQ(V2_INFO2_PROBES, !alone && !with_set,
		   "PROBE: %s, with SET: %s", common_errno(alone),
		   common_errno(with_set));
}

/* A probe is a question: an echo of flags goes on. */
TEST_F(v2_info2, probes_do_not_opt_in)
{
	u32 set, before, after;
	struct mig_file *data;

	NEEDS(NEED_INFO2);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(query_patterns(data, &set, &before));
	ROAD(call(self->b, UAPI_FEATURE_PROBE | UAPI_FEATURE_SET));
	ROAD(query_patterns(data, &set, &after));
	EXPECT_REQ(V2_INFO2_PROBES, before == after,
		   "echoed flags 0x%x before a probe, 0x%x after it", before,
		   after);
}

static bool is_absence(int ret)
{
	return ret == -EINVAL || ret == -ENOTTY;
}

/* Without pre-copy there is no such feature. */
TEST_F(v2_info2, it_needs_pre_copy)
{
	static const u32 methods[] = {
		UAPI_FEATURE_PROBE, UAPI_FEATURE_PROBE | UAPI_FEATURE_SET,
		UAPI_FEATURE_SET,
	};
	size_t i;
	int ret;

	if (self->v2->caps & MIG2_CAP_PRE_COPY)
		NOT_OFFERED("a device without pre-copy");
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ret = call(self->b, methods[i]);
		EXPECT_REQ(V2_INFO2_NEEDS_PRE_COPY, ret < 0,
			   "flags 0x%x without PRE_COPY: %s", methods[i],
			   common_errno(ret));
		PREFER_REQ(V2_INFO2_NEEDS_PRE_COPY, !ret || is_absence(ret),
			   "flags 0x%x without PRE_COPY: %s", methods[i],
			   common_errno(ret));
	}
}

/* It can be set, any number of times, and not be got. */
TEST_F(v2_info2, it_can_only_be_set)
{
	int get, probe, first, second;

	NEEDS(NEED_INFO2);
	get = call(self->b, UAPI_FEATURE_GET);
	probe = call(self->b, UAPI_FEATURE_PROBE | UAPI_FEATURE_GET);
	EXPECT_REQ(V2_INFO2_IS_SET_ONLY, get < 0 && probe < 0,
		   "GET: %s, PROBE of it: %s", common_errno(get),
		   common_errno(probe));
	PREFER_REQ(V2_INFO2_IS_SET_ONLY, get == -EINVAL && probe == -EINVAL,
		   "GET: %s, PROBE of it: %s", common_errno(get),
		   common_errno(probe));
	first = opt_in(self->b);
	second = opt_in(self->b);
	EXPECT_REQ(V2_INFO2_IS_SET_ONLY, !first && !second,
		   "SET: %s, again: %s", common_errno(first),
		   common_errno(second));
}

/* ---- flags ------------------------------------------------------------------- */

/* Kernels that came after this was written may define more. */
static bool may_know_more(struct bench *b)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (!(b->dev->caps & MIG_CAP_KERNEL) || uname(&name) ||
	    sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 7 || (major == 7 && minor > 2);
}

static void flags_are_output(struct __test_metadata *_metadata,
			     struct bench *b, struct mig_file *data)
{
	bool newer = may_know_more(b);
	u32 set, echoed;

	ROAD(query_patterns(data, &set, &echoed));
	EXPECT_REQ(V2_INFO2_FLAGS_ARE_OUTPUT, !echoed,
		   "in %s flags 0x%x come back where they were passed",
		   v2_state_name(common_state(b)), echoed);
	EXPECT_REQ(V2_INFO2_RESERVED_BITS_ARE_ZERO, !set || newer,
		   "in %s reserved flags 0x%x are set",
		   v2_state_name(common_state(b)), set);
	PREFER_REQ(V2_INFO2_RESERVED_BITS_ARE_ZERO, !set,
		   "in %s flags 0x%x, which are not known here",
		   v2_state_name(common_state(b)), set);
}

/* After the opt-in what goes in does not come out. */
TEST_F(v2_info2, flags_are_an_output)
{
	struct mig_file *data;

	NEEDS(NEED_INFO2);
	COMMON_EACH_STATE(self->b, state) {
		if (state != MIG2_PRE_COPY && state != MIG2_PRE_COPY_P2P)
			continue;
		ROAD(common_reach(self->b, state, &data));
		ROAD(opt_in(self->b));
		flags_are_output(_metadata, self->b, data);
	}
}

/* At any time in a session. */
TEST_F(v2_info2, reserved_flags_stay_zero)
{
	struct mig_file *data;
	struct stream stream;
	int i;

	NEEDS(NEED_INFO2);
	stream_init(&stream);
	ROAD(opt_in(self->b));
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < INFO2_READS; i++) {
		ROAD(v2_collect_some(data, INFO2_PIECE, &stream));
		flags_are_output(_metadata, self->b, data);
	}
}

/* The next event of a session that is watched: data read, the device changed. */
static int go_on(struct bench *b, struct mig_file *data, int i)
{
	struct stream stream;
	int ret;

	stream_init(&stream);
	ret = v2_collect_some(data, INFO2_PIECE, &stream);
	stream_free(&stream);
	if (!ret && i % 8 == 7 && stimulus_can_mark(b->stim))
		ret = common_mark(b, COMMON_NOISE + i / 8 % 2);
	return ret;
}

/* Whoever has not opted in hears nothing of new initial data. */
TEST_F(v2_info2, without_opt_in_there_is_no_reinit)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	u32 seen = 0;
	int i;

	NEEDS(NEED_PRE_COPY);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	for (i = 0; i < INFO2_READS; i++) {
		ROAD(query(data, 0, &info));
		seen |= info.flags;
		ROAD(go_on(self->b, data, i));
	}
	EXPECT_REQ(V2_NO_REINIT_WITHOUT_OPT_IN, !seen,
		   "flags 0x%x came back without opt-in", seen);
}

/* ---- REINIT ----------------------------------------------------------------- */

/* Queries and reads until REINIT: 1, 0 where none came, or -errno. */
static int await_reinit(struct bench *b, struct mig_file *data,
			struct mig2_precopy_info *ret_info)
{
	int i, ret;

	for (i = 0; i < INFO2_READS; i++) {
		ret = query(data, 0, ret_info);
		if (ret)
			return ret;
		if (ret_info->flags & MIG2_PRECOPY_REINIT)
			return 1;
		ret = go_on(b, data, i);
		if (ret)
			return ret;
	}
	return 0;
}

/* New initial data starts the counters anew. */
TEST_F(v2_info2, reinit_restarts_the_counters)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	int came;

	NEEDS(NEED_INFO2);
	ROAD(opt_in(self->b));
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	came = await_reinit(self->b, data, &info);
	ROAD(came);
	if (!came)
		NOT_OFFERED("new initial data");
	EXPECT_REQ(V2_REINIT_RESTARTS_COUNTERS,
		   !info.dirty_bytes && info.initial_bytes,
		   "REINIT with %llu initial and %llu dirty bytes",
		   (unsigned long long)info.initial_bytes,
		   (unsigned long long)info.dirty_bytes);
}

/* Reading brings them down again, unless more of it comes. */
TEST_F(v2_info2, reinit_data_can_be_read)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	struct stream stream;
	u64 announced;
	int i, came;

	NEEDS(NEED_INFO2);
	stream_init(&stream);
	ROAD(opt_in(self->b));
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	came = await_reinit(self->b, data, &info);
	ROAD(came);
	if (!came)
		NOT_OFFERED("new initial data");
	announced = info.initial_bytes;
	for (i = 0; i < COMMON_TRIES && info.initial_bytes; i++) {
		ROAD(v2_collect(data, NULL, &stream));
		ROAD(query(data, 0, &info));
		if (info.flags & MIG2_PRECOPY_REINIT)
			NOT_OFFERED("an end of new initial data");
	}
	EXPECT_REQ(V2_REINIT_RESTARTS_COUNTERS, !info.initial_bytes,
		   "%llu of %llu new initial bytes are left at the end",
		   (unsigned long long)info.initial_bytes,
		   (unsigned long long)announced);
}

/* ---- how long it lasts --------------------------------------------------------- */

/* The flags that a new session echoes. */
static int session_echoes(struct bench *b, u32 *ret_echoed)
{
	struct mig_file *data;
	u32 set;
	int ret;

	ret = common_reach(b, MIG2_PRE_COPY, &data);
	return ret ? ret : query_patterns(data, &set, ret_echoed);
}

/* It works at once, within a session. */
TEST_F(v2_info2, it_works_within_a_session)
{
	struct mig_file *data;
	u32 set, echoed;

	NEEDS(NEED_INFO2);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	ROAD(opt_in(self->b));
	ROAD(query_patterns(data, &set, &echoed));
	EXPECT_REQ(V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, !echoed,
		   "opted in within a session, flags 0x%x are still echoed",
		   echoed);
}

/* It outlasts sessions, and a reset. */
TEST_F(v2_info2, it_outlasts_sessions_and_resets)
{
	struct mig_file *data;
	u32 set, echoed;

	NEEDS(NEED_INFO2);
	ROAD(opt_in(self->b));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, NULL));
	ROAD(v2_set(self->v2, MIG2_RUNNING, NULL));
	ROAD(v2_set(self->v2, MIG2_PRE_COPY, &data));
	ROAD(query_patterns(data, &set, &echoed));
	EXPECT_REQ(V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, !echoed,
		   "in the second session after the opt-in flags 0x%x are echoed",
		   echoed);
	ROAD(bench_fresh());
	ROAD(session_echoes(self->b, &echoed));
	EXPECT_REQ(V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, !echoed,
		   "after a reset flags 0x%x are echoed", echoed);
	PREFER_REQ(V2_RESET_KEEPS_INFO2_OPT_IN, !echoed,
		   "after a reset flags 0x%x are echoed", echoed);
}

/* And ends where nobody has the device open: an echo comes back. */
TEST_F(v2_info2, it_ends_at_the_last_close)
{
	u32 before, after;

	NEEDS(NEED_INFO2);
	ROAD(session_echoes(self->b, &before));
	ROAD(opt_in(self->b));
	ROAD(bench_reopen());
	ROAD(session_echoes(self->b, &after));
	EXPECT_REQ(V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, before == after,
		   "echoed flags 0x%x before the opt-in, 0x%x after a reopen",
		   before, after);
}

/* And nobody is told of new initial data any more. */
TEST_F(v2_info2, no_reinit_after_the_last_close)
{
	struct mig2_precopy_info info;
	struct mig_file *data;
	int came;

	NEEDS(NEED_INFO2);
	ROAD(opt_in(self->b));
	ROAD(bench_reopen());
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	came = await_reinit(self->b, data, &info);
	ROAD(came);
	EXPECT_REQ(V2_INFO2_OPT_IN_LASTS_UNTIL_CLOSE, !came,
		   "REINIT after a reopen without a new opt-in");
}

EXPECT_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE promises: headers and sizes are checked before anything
 * happens, a probe only tells, a device's abilities never change, and GET of
 * the state may come at any time and tells the truth.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "uapi/iommufd.h"

V2_FIXTURE(v2_feature, NEED_NOTHING)

enum {
	FEATURE_GET_SET = UAPI_FEATURE_GET | UAPI_FEATURE_SET,
	FEATURE_STATE_SIZE = sizeof(struct uapi_feature) +
			     sizeof(struct mig2_device_state),
	FEATURE_LONGER = 64,
	FEATURE_LOG_PAGES = 256,
};

/* What Linux defines, but for PRECOPY_INFOv2. */
static const struct feature {
	u32 index;
	u32 methods;
	u32 size; /* of the payload */
} features[] = {
	{ MIG2_FEATURE_MIGRATION, UAPI_FEATURE_GET,
	  sizeof(struct mig2_migration) },
	{ MIG2_FEATURE_DEVICE_STATE, FEATURE_GET_SET,
	  sizeof(struct mig2_device_state) },
	{ MIG2_FEATURE_LOG_START, UAPI_FEATURE_SET,
	  sizeof(struct mig2_log_start) },
	{ MIG2_FEATURE_LOG_STOP, UAPI_FEATURE_SET, 0 },
	{ MIG2_FEATURE_LOG_REPORT, UAPI_FEATURE_GET,
	  sizeof(struct mig2_log_report) },
	{ MIG2_FEATURE_DATA_SIZE, UAPI_FEATURE_GET,
	  sizeof(struct mig2_data_size) },
};

/* A header as one likes, before more room than any honest argsz claims. */
union feature_call {
	struct {
		struct uapi_feature head;
		union {
			struct mig2_device_state state;
			struct mig2_log_start start;
			struct mig2_log_report report;
		};
	};
	u8 room[256];
};

static int feature_call(struct bench *b, u32 argsz, u32 flags,
			union feature_call *call)
{
	int ret;

	call->head = (struct uapi_feature){ .argsz = argsz, .flags = flags };
	ret = mig_ioctl(&b->dev->file, UAPI_DEVICE_FEATURE, call);
	return ret < 0 ? ret : 0;
}

/* A call about DEVICE_STATE that names @state. */
static int feature_ask(struct bench *b, u32 argsz, u32 methods, u32 state)
{
	union feature_call call = { .room = { 0 } };

	call.state.device_state = state;
	return feature_call(b, argsz, MIG2_FEATURE_DEVICE_STATE | methods, &call);
}

/* Tried again on a reset device where it fails. */
static int feature_patient(struct bench *b, u32 argsz, u32 flags, u32 state)
{
	union feature_call call = { .room = { 0 } };
	int i, ret = 0;

	for (i = 0; i < COMMON_TRIES; i++) {
		ret = bench_fresh();
		call.state.device_state = state;
		if (!ret)
			ret = feature_call(b, argsz, flags, &call);
		if (!ret)
			break;
	}
	return ret;
}

static bool feature_offered(struct bench *b, const struct feature *f)
{
	return !mig_feature(b->dev, f->index | UAPI_FEATURE_PROBE, NULL, 0);
}

/* ---- what is offered ------------------------------------------------------- */

/* Whoever migrates can at least stop and copy. */
TEST_F(v2_feature, migration_implies_stop_copy)
{
	struct mig2_migration migration = { 0 };

	ROAD(mig_feature(self->dev, MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET,
			 &migration, sizeof(migration)));
	EXPECT_REQ(V2_MIGRATION_IMPLIES_STOP_COPY,
		   migration.flags & MIG2_CAP_STOP_COPY, "the flags are 0x%llx",
		   (unsigned long long)migration.flags);
}

/* P2P and PRE_COPY come on top of STOP_COPY, never alone. */
TEST_F(v2_feature, capabilities_form_a_defined_set)
{
	u64 flags = self->v2->caps;
	u64 known = flags & MIG2_CAP_KNOWN;

	EXPECT_REQ(V2_CAPABILITIES_ARE_DEFINED,
		   known == MIG2_CAP_STOP_COPY ||
			   known == (MIG2_CAP_STOP_COPY | MIG2_CAP_P2P) ||
			   known == (MIG2_CAP_STOP_COPY | MIG2_CAP_PRE_COPY) ||
			   known == MIG2_CAP_KNOWN,
		   "the flags are 0x%llx", (unsigned long long)flags);
	PREFER_REQ(V2_CAPABILITIES_ARE_DEFINED, flags == known,
		   "flags 0x%llx have bits that are not known here",
		   (unsigned long long)flags);
}

/* The features of migration come together. */
TEST_F(v2_feature, migration_comes_with_device_state)
{
	u32 state = 0;

	EXPECT_REQ(V2_NO_MIGRATION_IS_ENOTTY,
		   feature_offered(self->b, &features[0]) &&
			   feature_offered(self->b, &features[1]) &&
			   v2_state(self->v2, &state) != -ENOTTY,
		   "MIGRATION works, but its probe or DEVICE_STATE does not");
}

/* DATA_SIZE is there, or each call says that it is not. */
TEST_F(v2_feature, data_size_is_there_or_enotty)
{
	u64 length;
	int probe, get;

	probe = mig_feature(self->dev,
			    MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_PROBE, NULL, 0);
	get = v2_data_size(self->v2, &length);
	EXPECT_REQ(V2_NO_MIGRATION_IS_ENOTTY,
		   probe ? probe == -ENOTTY && get == -ENOTTY : get != -ENOTTY,
		   "the probe says %s, GET %s", common_errno(probe),
		   common_errno(get));
}

/* What a device can do does not depend on what it is doing. */
TEST_F(v2_feature, capabilities_are_the_same_in_each_state)
{
	struct mig_file *data;
	struct v2 now;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_open(self->dev, &now));
		EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC,
			   now.caps == self->v2->caps,
			   "0x%llx at first, 0x%llx in %s",
			   (unsigned long long)self->v2->caps,
			   (unsigned long long)now.caps, v2_state_name(state));
		mig_file_close(data);
	}
}

/* Nor on a reset, or on the user who opened it. */
TEST_F(v2_feature, capabilities_outlast_reset_and_close)
{
	u64 first = self->v2->caps;
	struct v2 now;

	ROAD(bench_fresh());
	ROAD(v2_open(self->dev, &now));
	EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC, now.caps == first,
		   "0x%llx at first, 0x%llx after a reset",
		   (unsigned long long)first, (unsigned long long)now.caps);
	ROAD(bench_reopen());
	EXPECT_REQ(V2_CAPABILITIES_ARE_STATIC, self->v2->caps == first,
		   "0x%llx at first, 0x%llx when opened again",
		   (unsigned long long)first,
		   (unsigned long long)self->v2->caps);
}

/* ---- headers ------------------------------------------------------------------ */

/* An argsz that does not even cover the header names nothing. */
TEST_F(v2_feature, short_headers_are_refused)
{
	u32 argsz;
	int ret;

	for (argsz = 0; argsz < sizeof(struct uapi_feature); argsz++) {
		ret = feature_ask(self->b, argsz, UAPI_FEATURE_SET, MIG2_STOP);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
			   ret == -EINVAL &&
				   common_state(self->b) == MIG2_RUNNING,
			   "SET with argsz %u: %s, then %s", argsz,
			   common_errno(ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* Bits that mean nothing yet are refused, not ignored. */
TEST_F(v2_feature, undefined_flags_are_refused)
{
	u32 bit;
	int ret;

	for (bit = UAPI_FEATURE_PROBE << 1; bit; bit <<= 1) {
		ret = feature_ask(self->b, FEATURE_STATE_SIZE,
				  UAPI_FEATURE_SET | bit, MIG2_STOP);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
			   ret == -EINVAL &&
				   common_state(self->b) == MIG2_RUNNING,
			   "SET with flag 0x%x: %s, then %s", bit,
			   common_errno(ret),
			   v2_state_name(common_state(self->b)));
	}
}

/* One call cannot both get and set. */
TEST_F(v2_feature, get_with_set_is_refused)
{
	int ret = feature_ask(self->b, FEATURE_STATE_SIZE, FEATURE_GET_SET,
			      MIG2_STOP);

	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
		   ret == -EINVAL && common_state(self->b) == MIG2_RUNNING,
		   "GET with SET: %s, then %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
}

/* A call has to say what it wants. */
TEST_F(v2_feature, no_method_is_refused)
{
	int ret = feature_ask(self->b, FEATURE_STATE_SIZE, 0, MIG2_STOP);

	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED,
		   ret == -EINVAL && common_state(self->b) == MIG2_RUNNING,
		   "no method: %s, then %s", common_errno(ret),
		   v2_state_name(common_state(self->b)));
}

/* A feature refuses the method that it lacks. */
TEST_F(v2_feature, missing_methods_are_refused)
{
	static const u32 methods[] = { UAPI_FEATURE_GET, UAPI_FEATURE_SET };
	union feature_call call = { .room = { 0 } };
	size_t i, m;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features) * ARRAY_SIZE(methods); i++) {
		const struct feature *f = &features[i / ARRAY_SIZE(methods)];

		m = methods[i % ARRAY_SIZE(methods)];
		if ((f->methods & m) || !feature_offered(self->b, f))
			continue;
		ret = feature_call(self->b, sizeof(call), f->index | m, &call);
		EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED, ret == -EINVAL,
			   "%s of feature %u: %s",
			   m == UAPI_FEATURE_GET ? "GET" : "SET", f->index,
			   common_errno(ret));
	}
}

/* What cannot be read cannot be obeyed. */
TEST_F(v2_feature, unreadable_headers_are_efault)
{
	u8 *at = common_edge(0, PROT_NONE);
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ASSERT_NE(NULL, at);
	ret = mig_ioctl_blind(&self->dev->file, UAPI_DEVICE_FEATURE, at);
	EXPECT_REQ(V2_FEATURE_HEADER_IS_CHECKED, ret == -EFAULT,
		   "a header that cannot be read: %s", common_errno(ret));
}

/* ---- sizes -------------------------------------------------------------------- */

/* The payload has to be there as a whole, whatever is missing of it. */
TEST_F(v2_feature, short_payloads_are_refused)
{
	union feature_call call = { .room = { 0 } };
	u32 argsz, method;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (!feature_offered(self->b, f))
			continue;
		method = f->methods & UAPI_FEATURE_SET ? UAPI_FEATURE_SET :
							 UAPI_FEATURE_GET;
		for (argsz = sizeof(call.head);
		     argsz < sizeof(call.head) + f->size; argsz++) {
			call.state.device_state = MIG2_RUNNING;
			ret = feature_call(self->b, argsz, f->index | method,
					   &call);
			EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, ret == -EINVAL,
				   "feature %u with argsz %u: %s", f->index,
				   argsz, common_errno(ret));
		}
	}
}

/* Nor may GET of the state write to a payload that is not all there. */
TEST_F(v2_feature, short_get_of_state_is_refused)
{
	u32 argsz;
	int ret;

	for (argsz = sizeof(struct uapi_feature); argsz < FEATURE_STATE_SIZE;
	     argsz++) {
		ret = feature_ask(self->b, argsz, UAPI_FEATURE_GET, 0);
		EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, ret == -EINVAL,
			   "GET with argsz %u: %s", argsz, common_errno(ret));
	}
}

/* What is larger than needed today may be needed one day. */
TEST_F(v2_feature, long_payloads_are_accepted)
{
	static const struct {
		u32 flags, state;
	} calls[] = {
		{ MIG2_FEATURE_MIGRATION | UAPI_FEATURE_GET, 0 },
		{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET, 0 },
		{ MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_SET, MIG2_STOP },
		{ MIG2_FEATURE_DATA_SIZE | UAPI_FEATURE_GET, 0 },
	};
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		ret = feature_patient(self->b, FEATURE_STATE_SIZE,
				      calls[i].flags, calls[i].state);
		if (ret)
			continue;
		ret = feature_patient(self->b,
				      FEATURE_STATE_SIZE + FEATURE_LONGER,
				      calls[i].flags, calls[i].state);
		EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, !ret,
			   "flags 0x%x work with argsz %u, but with %u: %s",
			   calls[i].flags, FEATURE_STATE_SIZE,
			   FEATURE_STATE_SIZE + FEATURE_LONGER,
			   common_errno(ret));
	}
}

/* A log of one range, by a call that is @longer than it has to be. */
static int feature_log_start(struct bench *b, u32 longer, u64 *ret_page)
{
	struct mig2_log_range range = {
		.iova = 1ull << 30, .length = FEATURE_LOG_PAGES * 4096,
	};
	union feature_call call = { .room = { 0 } };
	int ret;

	call.start = (struct mig2_log_start){ .page_size = 4096,
					      .num_ranges = 1,
					      .ranges = (uintptr_t)&range };
	ret = feature_call(b, sizeof(call.head) + sizeof(call.start) + longer,
			   MIG2_FEATURE_LOG_START | UAPI_FEATURE_SET, &call);
	*ret_page = call.start.page_size;
	return ret;
}

static int feature_log_report(struct bench *b, u32 longer, u64 page)
{
	u64 bitmap[FEATURE_LOG_PAGES / 64] = { 0 };
	union feature_call call = { .room = { 0 } };

	call.report = (struct mig2_log_report){
		.iova = 1ull << 30,
		.length = FEATURE_LOG_PAGES * 4096,
		.page_size = page,
		.bitmap = (uintptr_t)bitmap,
	};
	return feature_call(b, sizeof(call.head) + sizeof(call.report) + longer,
			    MIG2_FEATURE_LOG_REPORT | UAPI_FEATURE_GET, &call);
}

static int feature_log_stop(struct bench *b, u32 longer)
{
	union feature_call call = { .room = { 0 } };

	return feature_call(b, sizeof(call.head) + longer,
			    MIG2_FEATURE_LOG_STOP | UAPI_FEATURE_SET, &call);
}

/* That holds for the calls of logging too. */
TEST_F(v2_feature, long_log_payloads_are_accepted)
{
	int start, report, stop;
	u64 page;

	NEEDS(NEED_LOGGING);
	ROAD(feature_log_start(self->b, 0, &page));
	ROAD(feature_log_report(self->b, 0, page));
	report = feature_log_report(self->b, FEATURE_LONGER, page);
	ROAD(feature_log_stop(self->b, 0));
	start = feature_log_start(self->b, FEATURE_LONGER, &page);
	stop = start ? 0 : feature_log_stop(self->b, FEATURE_LONGER);
	EXPECT_REQ(V2_FEATURE_ARGSZ_IS_CHECKED, !start && !report && !stop,
		   "longer by %u: START %s, REPORT %s, STOP %s", FEATURE_LONGER,
		   common_errno(start), common_errno(report),
		   common_errno(stop));
}

/* ---- probing -------------------------------------------------------------------- */

/* A probe succeeds where the feature has every method that it names. */
TEST_F(v2_feature, probe_knows_the_methods)
{
	u32 named, methods;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(features) * 4; i++) {
		const struct feature *f = &features[i / 4];

		named = i % 4 * UAPI_FEATURE_GET;
		methods = named & FEATURE_GET_SET;
		if (!feature_offered(self->b, f))
			continue;
		ret = mig_feature(self->dev,
				  f->index | UAPI_FEATURE_PROBE | methods, NULL,
				  0);
		EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT,
			   ret == (methods & ~f->methods ? -EINVAL : 0),
			   "probe of feature %u with methods 0x%x: %s", f->index,
			   methods, common_errno(ret));
	}
}

/* A probe of a request is no request, not even with all that it would need. */
TEST_F(v2_feature, probe_changes_no_state)
{
	u32 state;
	int ret;

	ret = feature_ask(self->b, FEATURE_STATE_SIZE,
			  UAPI_FEATURE_PROBE | UAPI_FEATURE_SET, MIG2_STOP);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT, !ret && state == MIG2_RUNNING,
		   "probe of SET STOP: %s, then %s", common_errno(ret),
		   v2_state_name(state));
}

/* Nor does it start, read or stop a log. */
TEST_F(v2_feature, probe_leaves_the_log_alone)
{
	u32 index;
	u64 page;
	int ret;

	NEEDS(NEED_LOGGING);
	ROAD(feature_log_start(self->b, 0, &page));
	ROAD(feature_log_report(self->b, 0, page));
	for (index = MIG2_FEATURE_LOG_START; index <= MIG2_FEATURE_LOG_REPORT;
	     index++)
		mig_feature(self->dev, index | UAPI_FEATURE_PROBE, NULL, 0);
	ret = feature_log_report(self->b, 0, page);
	EXPECT_REQ(V2_PROBE_HAS_NO_EFFECT, !ret,
		   "REPORT works, but after probes of logging: %s",
		   common_errno(ret));
}

/* Nobody knows these numbers. */
TEST_F(v2_feature, unknown_features_are_enotty)
{
	static const u32 indices[] = { 0x7ff0, 0xfff0, 0xffff };
	static const u32 methods[] = { UAPI_FEATURE_PROBE, UAPI_FEATURE_GET,
				       UAPI_FEATURE_SET };
	union feature_call call = { .room = { 0 } };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(indices) * ARRAY_SIZE(methods); i++) {
		u32 flags = indices[i / ARRAY_SIZE(methods)] |
			    methods[i % ARRAY_SIZE(methods)];

		ret = feature_call(self->b, sizeof(call), flags, &call);
		EXPECT_REQ(V2_UNKNOWN_FEATURE_IS_ENOTTY, ret < 0,
			   "flags 0x%x: %s", flags, common_errno(ret));
		PREFER_REQ(V2_UNKNOWN_FEATURE_IS_ENOTTY, ret == -ENOTTY,
			   "flags 0x%x: %s", flags, common_errno(ret));
	}
}

/* ---- GET of the state ------------------------------------------------------------- */

/* GET names a state that is on offer, and never an fd. */
TEST_F(v2_feature, get_returns_state_and_no_fd)
{
	struct mig2_device_state seen;
	struct mig_file *data;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		seen = (struct mig2_device_state){ 0x5a5a5a5a, V2_FD_UNTOUCHED };
		ROAD(mig_feature(self->dev,
				 MIG2_FEATURE_DEVICE_STATE | UAPI_FEATURE_GET,
				 &seen, sizeof(seen)));
		EXPECT_REQ(V2_GET_RETURNS_STATE_AND_NO_FD,
			   seen.data_fd == -1 &&
				   (seen.device_state >= MIG2_STATES ||
				    fsm_has(self->v2->caps, seen.device_state)),
			   "in %s: state %u (%s), data_fd %d",
			   v2_state_name(state), seen.device_state,
			   v2_state_name(seen.device_state), seen.data_fd);
		PREFER_REQ(V2_GET_RETURNS_STATE_AND_NO_FD,
			   seen.device_state < MIG2_STATES,
			   "in %s: state %u, which is not known here",
			   v2_state_name(state), seen.device_state);
		mig_file_close(data);
	}
}

/* The first GET after a request knows as much as the next. */
TEST_F(v2_feature, get_tells_the_truth_at_once)
{
	u32 first, second;
	struct mig_file *data;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		ROAD(v2_state(self->v2, &first));
		ROAD(v2_state(self->v2, &second));
		EXPECT_REQ(V2_GET_IS_PURE, first == second,
			   "after SET %s: %s, then %s", v2_state_name(state),
			   v2_state_name(first), v2_state_name(second));
		mig_file_close(data);
	}
}

/* Reads to the end, with GETs before each read: how many told another state. */
static int feature_read_with_gets(struct bench *b, struct mig_file *data,
				  struct stream *stream)
{
	u32 state, first;
	size_t len;
	int wrong = 0, i, ret;

	ret = v2_state(&b->v2, &first);
	for (i = 0; !ret && i < 64; i++) {
		len = stream->len;
		ret = v2_state(&b->v2, &state);
		wrong += !ret && state != first;
		if (!ret)
			ret = v2_collect_some(data, 777, stream);
		if (!ret && stream->len - len < 777)
			break;
	}
	if (!ret)
		ret = v2_collect(data, NULL, stream);
	return ret ? ret : wrong;
}

/* Asking for the state costs the stream nothing. */
TEST_F(v2_feature, get_leaves_the_stream_alone)
{
	struct mig_file *data;
	struct stream stream;
	int wrong, whole;

	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_STOP_COPY, &data));
	wrong = feature_read_with_gets(self->b, data, &stream);
	ROAD(wrong);
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_GET_IS_PURE, !wrong && whole,
		   "%d GETs told another state; the stream read between them %s",
		   wrong, whole ? "restores" : "does not restore");
}

/* Nor in pre-copy. */
TEST_F(v2_feature, get_leaves_pre_copy_alone)
{
	struct mig_file *data;
	struct stream stream;
	int wrong, more, whole;

	NEEDS(NEED_PRE_COPY);
	stream_init(&stream);
	ROAD(common_reach(self->b, MIG2_PRE_COPY, &data));
	wrong = feature_read_with_gets(self->b, data, &stream);
	ROAD(wrong);
	ROAD(v2_set(self->v2, MIG2_STOP_COPY, NULL));
	more = feature_read_with_gets(self->b, data, &stream);
	ROAD(more);
	whole = common_restores(self->b, &stream);
	ROAD(whole);
	EXPECT_REQ(V2_GET_IS_PURE, !wrong && !more && whole,
		   "%d GETs told another state; the stream read between them %s",
		   wrong + more, whole ? "restores" : "does not restore");
}

/* ---- opens ------------------------------------------------------------------------- */

/* Whoever opens a device finds it RUNNING and free to save. */
TEST_F(v2_feature, opened_devices_are_running)
{
	struct mig_file *data;
	u32 found;

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		mig_file_close(data);
		ROAD(bench_reopen());
		ROAD(v2_state(self->v2, &found));
		EXPECT_REQ(V2_STARTS_RUNNING, found == MIG2_RUNNING,
			   "closed in %s, opened in %s", v2_state_name(state),
			   v2_state_name(found));
		if (found != MIG2_RUNNING)
			continue;
		ROAD(v2_set(self->v2, MIG2_STOP_COPY, &data));
		EXPECT_REQ(V2_STARTS_RUNNING, data,
			   "closed in %s: the next user's session got no fd",
			   v2_state_name(state));
		mig_file_close(data);
	}
}

/* Two opens of a device are two views of one state. */
TEST_F(v2_feature, all_opens_share_one_state)
{
	struct mig_dev *again;
	struct v2 v2;
	u32 state;

	if (!(self->dev->caps & MIG_CAP_SECOND_OPEN))
		NOT_OFFERED("a second open of the device");
	ROAD(mig_open(self->b->ctx, self->dev->uri, &again));
	ROAD(v2_open(again, &v2));
	ROAD(v2_set(self->v2, MIG2_STOP, NULL));
	ROAD(v2_state(&v2, &state));
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, state == MIG2_STOP,
		   "STOP by one open, %s by the other", v2_state_name(state));
	mig_close(again);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, state == MIG2_STOP,
		   "in STOP one of two opens was closed: %s",
		   v2_state_name(state));
}

/* Through its own character device it can be opened but once. */
TEST_F(v2_feature, cdev_admits_one_open)
{
	struct mig_dev *again = NULL;
	int ret;

	NEEDS(NEED_CDEV);
	ret = mig_open(self->b->ctx, self->dev->uri, &again);
	EXPECT_REQ(V2_STATE_BELONGS_TO_DEVICE, ret < 0,
		   "a second bind of the opened device succeeds");
	mig_close(again);
}

static int feature_raw_ioctl(int fd, u32 request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

/* Before it is bound the character device does nothing at all. */
TEST_F(v2_feature, cdev_is_gated_by_bind)
{
	union feature_call call = { .head = { 16, MIG2_FEATURE_MIGRATION |
						  UAPI_FEATURE_GET } };
	char name[64], path[256] = "";
	int fd, feature;
	ssize_t count;

	NEEDS(NEED_CDEV);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", self->dev->file.fd);
	ASSERT_LT(0, readlink(name, path, sizeof(path) - 1));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ROAD(fd < 0 ? -errno : 0);
	feature = feature_raw_ioctl(fd, UAPI_DEVICE_FEATURE, &call);
	count = pread(fd, &call, sizeof(call), 0);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND, feature == -EINVAL && count < 0,
		   "unbound: MIGRATION %s, pread %zd", common_errno(feature),
		   count);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND,
		   mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED,
		   "unbound: mmap succeeds");
	close(fd);
}

/* And once bound it migrates, attached to an address space or not. */
TEST_F(v2_feature, cdev_migrates_without_attach)
{
	union feature_call call = { .head = { 16, MIG2_FEATURE_MIGRATION |
						  UAPI_FEATURE_GET } };
	struct uapi_bind_iommufd bind = { .argsz = sizeof(bind) };
	char name[64], path[256] = "";
	int fd, ret;

	NEEDS(NEED_CDEV);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", self->dev->file.fd);
	ASSERT_LT(0, readlink(name, path, sizeof(path) - 1));
	mig_close(self->dev);
	self->b->dev = NULL;
	fd = open(path, O_RDWR | O_CLOEXEC);
	bind.iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	ROAD(fd < 0 || bind.iommufd < 0 ? -errno : 0);
	ROAD(feature_raw_ioctl(fd, UAPI_DEVICE_BIND_IOMMUFD, &bind));
	ret = feature_raw_ioctl(fd, UAPI_DEVICE_FEATURE, &call);
	EXPECT_REQ(V2_CDEV_IS_GATED_BY_BIND, !ret,
		   "bound, but not attached: MIGRATION %s", common_errno(ret));
	close(fd);
	close(bind.iommufd);
	ROAD(bench_reopen());
}

/* ---- faults ------------------------------------------------------------------------- */

/* A request that cannot be read is not carried out. */
TEST_F(v2_feature, unreadable_requests_do_nothing)
{
	u32 state;
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ret = common_faulty(self->b, UAPI_FEATURE_SET, MIG2_STOP, PROT_NONE);
	ROAD(v2_state(self->v2, &state));
	EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT,
		   ret == -EFAULT && state == MIG2_RUNNING,
		   "SET with an unreadable payload: %s, then %s",
		   common_errno(ret), v2_state_name(state));
}

/* One whose answer cannot be written has been carried out all the same. */
TEST_F(v2_feature, unwritable_answers_come_too_late)
{
	u32 seen = MIG2_STATES;
	int i, ret = 0;

	NEEDS(NEED_BAD_POINTERS);
	COMMON_EACH_STATE(self->b, state) {
		if (fsm_session_in(state) == FSM_NO_SESSION)
			continue;
		for (i = 0; i < COMMON_TRIES; i++) {
			ROAD(bench_fresh());
			ret = common_faulty(self->b, UAPI_FEATURE_SET, state,
					     PROT_READ);
			ROAD(v2_state(self->v2, &seen));
			if (ret == -EFAULT || !ret)
				break;
		}
		EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT,
			   ret == -EFAULT && seen == state,
			   "SET %s with an unwritable payload: %s, then %s",
			   v2_state_name(state), common_errno(ret),
			   v2_state_name(seen));
	}
}

/* GET has nowhere to put its answer. */
TEST_F(v2_feature, unwritable_get_is_efault)
{
	int ret;

	NEEDS(NEED_BAD_POINTERS);
	ret = common_faulty(self->b, UAPI_FEATURE_GET, 0, PROT_READ);
	EXPECT_REQ(V2_COPY_FAULTS_ARE_EFAULT, ret == -EFAULT,
		   "GET with an unwritable payload: %s", common_errno(ret));
}

/* ---- debugfs ------------------------------------------------------------------------- */

/* The state as debugfs shows it, "" where it does not. */
static void feature_debugfs(struct bench *b, char *ret_text, size_t size)
{
	const char *colon = strchr(b->dev->uri, ':');
	char path[400];
	FILE *file;

	ret_text[0] = '\0';
	snprintf(path, sizeof(path),
		 "/sys/kernel/debug/vfio/%s/migration/state",
		 colon ? colon + 1 : "");
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(ret_text, (int)size, file))
		ret_text[strcspn(ret_text, "\n")] = '\0';
	fclose(file);
}

/* What debugfs shows is no uAPI, but should not mislead whoever looks. */
TEST_F(v2_feature, debugfs_agrees_with_get)
{
	struct mig_file *data;
	char text[64];

	COMMON_EACH_STATE(self->b, state) {
		ROAD(common_reach(self->b, state, &data));
		feature_debugfs(self->b, text, sizeof(text));
		if (!text[0])
			NOT_OFFERED("the migration state in debugfs");
		PREFER_REQ(V2_DEBUGFS_MIRRORS_STATE,
			   !strcmp(text, v2_state_name(state)),
			   "in %s debugfs shows %s", v2_state_name(state), text);
		mig_file_close(data);
	}
}

EXPECT_MAIN
